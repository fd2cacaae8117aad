//! The table of all programs: names, what each is for, and what it does.

use super::{
    Context, Outcome, accounts, awk, batch, bytes, columns, date, disk, edit, files, find, identity,
    interfaces, lines, list, mode, namespace, network, nodes, ping, private, processes, search, sed, service,
    system, tar, teacher, text, transfer,
};

type Behaviour = fn(&mut Context<'_, '_>) -> Outcome;

/// One program.
pub struct Program {
    /// Its names.
    pub names: &'static str,
    /// What it is for, in a few words.
    pub summary: &'static str,
    pub(super) run: Behaviour,
}

const fn program(names: &'static str, summary: &'static str, run: Behaviour) -> Program {
    Program { names, summary, run }
}

/// The names of all programs, for completion.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().flat_map(|p| p.names.split(' '))
}

/// Every program that has no state of its own to begin with.
pub const PROGRAMS: &[Program] = &[
    program("true", "do nothing, successfully", |_| Outcome::Done(0)),
    program("false", "do nothing, unsuccessfully", |_| Outcome::Done(1)),
    program("echo", "print words", text::echo),
    program("printf", "print by a format", text::printf),
    program("cat", "print files", text::cat),
    program("head", "print the first lines", text::head),
    program("tail", "print the last lines", text::tail),
    program("grep egrep fgrep", "print lines that match", search::grep),
    program("wc", "count lines, words and bytes", text::wc),
    program("sort", "sort lines", lines::sort),
    program("uniq", "leave repeated lines out", lines::uniq),
    program("cut", "print parts of lines", lines::cut),
    program("tr", "translate characters", lines::tr),
    program("sed", "edit lines", sed::sed),
    program("awk", "do something with lines and their fields", awk::awk),
    program("tee", "copy input to files", text::tee),
    program("xargs", "build commands from input", batch::xargs),
    program("seq", "print numbers", text::seq),
    program("shuf", "put lines into an order by chance", lines::shuf),
    program("rev", "turn lines round", text::rev),
    program("tac", "print the last line first", columns::tac),
    program("nl", "number lines", columns::nl),
    program("fold", "cut long lines", columns::fold),
    program("paste", "put lines side by side", columns::paste),
    program("comm", "compare sorted files", columns::comm),
    program("split", "cut a file into parts", columns::split),
    program("expand", "write tabulators as blanks", columns::expand),
    program("strings", "find texts among bytes", columns::strings),
    program("more less", "print files a page at a time", text::cat),
    program("ls", "list a directory", list::ls),
    program("pwd", "print the working directory", files::pwd),
    program("mkdir", "make directories", files::mkdir),
    program("rmdir", "remove empty directories", files::rmdir),
    program("touch", "make a file, or set its time", nodes::touch),
    program("truncate", "cut files, or make them longer", nodes::truncate),
    program("mkfifo", "make named pipes", nodes::mkfifo),
    program("install", "copy files with a mode and an owner", nodes::install),
    program("link unlink", "make or take away one name of a file", nodes::unlink),
    program("rm", "remove files", files::rm),
    program("cp", "copy files", files::cp),
    program("mv", "move files", files::mv),
    program("ln", "make links", files::ln),
    program("readlink realpath", "print where a link leads", files::readlink),
    program("chmod", "change permission bits", mode::chmod),
    program("chown chgrp", "change owners and groups", mode::chown),
    program("stat", "show what is known of a file", list::stat),
    program("find", "find files", find::find),
    program("tar", "pack and unpack archives", tar::tar),
    program("dd", "copy bytes", disk::dd),
    program("basename", "the last part of a path", files::basename),
    program("dirname", "a path without its last part", files::dirname),
    program("test [", "check something", files::test),
    program("which", "where a program is", files::which),
    program("mount", "list mounts", disk::mount),
    program("df", "space of file systems", disk::df),
    program("du", "space that files take", disk::du),
    program("ps", "list processes", system::ps),
    program("kill", "send a signal", system::kill),
    program("hostname", "show or set the host name", identity::hostname),
    program("whoami", "show the user's name", identity::whoami),
    program("id", "show user and groups", identity::id),
    program("groups", "show the groups of a user", identity::groups),
    program("su", "run a shell as another user", accounts::su),
    program("adduser useradd", "add a user", accounts::add_user),
    program("addgroup groupadd", "add a group, or a user to a group", accounts::add_group),
    program("usermod", "change a user", accounts::usermod),
    program("deluser userdel delgroup groupdel", "remove a user or a group", accounts::delete),
    program("env printenv", "show or set the environment", identity::env),
    program("uname", "show what system this is", identity::uname),
    program("date", "show the time", date::date),
    program("gzip gunzip zcat", "compress and uncompress", bytes::gzip),
    program("sha256sum sha1sum md5sum", "print or check digests", bytes::sums),
    program("base64", "write bytes as letters, and back", bytes::base64),
    program("od hexdump xxd", "show bytes", bytes::dump),
    program("diff cmp", "compare files", lines::diff),
    program("mktemp", "make a file with a new name", files::mktemp),
    program("expr", "reckon", text::expr),
    program("yes", "print the same line for ever", text::yes),
    program("timeout", "end a command after a time", batch::timeout),
    program("nohup", "run a command that outlives its terminal", batch::nohup),
    program("top", "show processes and load once", processes::top),
    program("pstree", "show processes as a tree", processes::pstree),
    program("uptime", "show how long the system runs", processes::uptime),
    program("pidof pgrep", "find processes by name", processes::pgrep),
    program("pkill killall", "send a signal by name", processes::pgrep),
    program("lsns", "list namespaces", namespace::lsns),
    program("nsenter", "run a command in the namespaces of a process", namespace::nsenter),
    program("unshare", "run a command in namespaces of its own", namespace::unshare),
    program("watch", "repeat a command", system::watch),
    program("usleep", "wait for millionths of a second", system::sleep),
    program(
        "nice setsid",
        "run a command, with less right to the processor or in a session of its own",
        batch::nohup,
    ),
    program("arch", "show what processor this is", |c| {
        c.print("x86_64\n");
        Outcome::Done(0)
    }),
    program("sync", "write caches to the disk", |_| Outcome::Done(0)),
    program("tty", "print the terminal's name", identity::tty),
    program("nproc", "show the number of processors", system::nproc),
    program("free", "show memory", system::free),
    program("sleep", "wait", system::sleep),
    program("clear", "clear the screen", system::clear),
    program("help", "list what can be typed", system::help),
    program("explain", "say why the last command was refused", system::explain),
    program("htpasswd", "make the accounts of a registry", private::htpasswd),
    program("drydock", "decide how the registries behave", teacher::drydock),
    program("hello", "greet", system::hello),
    program("vi vim nano edit", "edit a file", edit::begin),
    program("ip", "show interfaces and routes", network::ip),
    program("ifconfig", "show interfaces", interfaces::ifconfig),
    program("route", "show routes", interfaces::route),
    program("netstat", "show sockets and routes", interfaces::netstat),
    program("arp", "show neighbours", interfaces::arp),
    program("ping", "ask an address for an echo", ping::ping),
    program("curl", "fetch a URL", transfer::curl),
    program("wget", "fetch a URL", transfer::wget),
    program("nc", "connect or listen", transfer::nc),
    program("nslookup", "look a name up", network::nslookup),
    program("httpd", "serve files over HTTP", service::httpd),
];

/// The program of this name.
pub fn lookup(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|p| p.names.split(' ').any(|n| n == name))
}
