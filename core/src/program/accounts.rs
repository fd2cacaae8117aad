//! Users and groups: `su`, `adduser`, `addgroup`, `useradd`, `groupadd`, `usermod`, `deluser`, `delgroup`.

use super::{C, Outcome};
use crate::kernel::errno::Errno;
use crate::program::system::execute_in;

/// An account or a group of `/etc/passwd` or `/etc/group`.
pub struct Account {
    /// Its number.
    pub id: u32,
    /// All the fields of its line.
    pub fields: Vec<String>,
}

fn lines(c: C<'_, '_, '_>, file: &str) -> Vec<Account> {
    let bytes = c.sys.peek_file(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let split = |line: &str| {
        let fields: Vec<String> = line.split(':').map(str::to_owned).collect();
        Some(Account { id: fields.get(2)?.parse().ok()?, fields })
    };
    text.lines().filter_map(split).collect()
}

/// The account of this name.
pub fn find(c: C<'_, '_, '_>, file: &str, name: &str) -> Option<Account> {
    lines(c, file).into_iter().find(|a| a.fields[0] == name)
}

fn rewrite(c: C<'_, '_, '_>, file: &str, all: &[Account]) -> Result<(), Errno> {
    let text: String = all.iter().map(|a| a.fields.join(":") + "\n").collect();
    c.sys.write_file(file, text.as_bytes())
}

/// Adds a line to a file of accounts; a failure is said.
fn append(c: C<'_, '_, '_>, file: &str, fields: &[&str]) -> Result<(), Outcome> {
    let mut bytes = c.sys.read_file(file).map(|b| b.to_vec()).unwrap_or_default();
    bytes.extend(fields.join(":").bytes());
    bytes.push(b'\n');
    c.sys.write_file(file, &bytes).map_err(|errno| {
        let words = match (c.sys.is_busybox(), c.sys.credentials().uid) {
            (true, 1..) => "must be superuser".to_owned(),
            (true, 0) => format!("{file}: {errno}"),
            (false, _) => format!("{errno}.\n{}: cannot lock {file}; try again later.", c.name),
        };
        c.complain(&words);
        Outcome::Done(1)
    })
}

/// The first free number for people, or for the system.
fn free(c: C<'_, '_, '_>, file: &str, system: bool) -> u32 {
    let taken: Vec<u32> = lines(c, file).iter().map(|a| a.id).collect();
    let mut candidates: Vec<u32> = match (system, c.sys.is_busybox()) {
        (true, true) => (100..1000).collect(),
        (true, false) => (100..1000).rev().collect(),
        (false, _) => (1000..60_000).collect(),
    };
    candidates.retain(|id| !taken.contains(id));
    candidates.first().copied().unwrap_or(60_000)
}

/// What was asked of a program that adds an account.
#[derive(Default)]
struct Wanted {
    system: bool,
    id: Option<u32>,
    group: Option<String>,
    more: Vec<String>,
    home: Option<String>,
    /// Make the home, or do not; else as the program does of its own.
    make_home: Option<bool>,
    shell: Option<String>,
    comment: String,
    append: bool,
    names: Vec<String>,
}

/// The options of all these programs: letters mean the same nearly everywhere.
fn wanted(c: C<'_, '_, '_>) -> Result<Wanted, Outcome> {
    let useradd = matches!(c.name.as_str(), "useradd" | "usermod" | "groupadd");
    let mut wanted = Wanted::default();
    let mut arguments = std::mem::take(&mut c.arguments).into_iter();
    while let Some(argument) = arguments.next() {
        if !argument.starts_with('-') {
            wanted.names.push(argument);
            continue;
        }
        let (flag, inline) = match argument.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let letters = if flag.starts_with("--") {
            vec![flag.clone()]
        } else {
            flag.chars().skip(1).map(|l| format!("-{l}")).collect()
        };
        for letter in letters {
            let mut value = || inline.clone().or_else(|| arguments.next()).unwrap_or_default();
            match (letter.as_str(), useradd) {
                ("-S" | "--system", _) | ("-r", true) => wanted.system = true,
                ("-u" | "--uid" | "--gid", _) if letter != "--gid" || c.name.contains("group") => {
                    wanted.id = value().parse().ok()
                }
                ("-g", _) if c.name.contains("group") => wanted.id = value().parse().ok(),
                ("-G" | "--ingroup", false) | ("-g" | "--gid", true) => wanted.group = Some(value()),
                ("-G" | "--groups", true) => wanted.more = value().split(',').map(str::to_owned).collect(),
                ("-h" | "--home", false) | ("-d" | "--home-dir", true) => wanted.home = Some(value()),
                ("-s" | "--shell", _) => wanted.shell = Some(value()),
                ("-g" | "--gecos", false) | ("-c" | "--comment", true) => wanted.comment = value(),
                ("-H" | "--no-create-home", _) | ("-M", true) => wanted.make_home = Some(false),
                ("-m" | "--create-home", true) => wanted.make_home = Some(true),
                ("-a" | "--append", true) => wanted.append = true,
                (
                    "-D"
                    | "--disabled-password"
                    | "--disabled-login"
                    | "--group"
                    | "-N"
                    | "--quiet"
                    | "-q"
                    | "-U"
                    | "--user-group"
                    | "-l"
                    | "-o"
                    | "-f",
                    _,
                ) => {
                    wanted.more.extend((letter == "--group").then(|| "--group".to_owned()));
                }
                _ => {
                    c.complain(&format!("unrecognized option: {}", letter.trim_start_matches('-')));
                    return Err(Outcome::Done(if useradd { 2 } else { 1 }));
                }
            }
        }
    }
    if wanted.names.is_empty() {
        c.complain(&format!("usage: {} [options] NAME", c.name));
        return Err(Outcome::Done(if useradd { 2 } else { 1 }));
    }
    Ok(wanted)
}

fn in_use(c: C<'_, '_, '_>, kind: &str, name: &str) -> Outcome {
    let (words, code) = match c.name.as_str() {
        "useradd" | "groupadd" => (format!("{kind} '{name}' already exists"), 9),
        _ if c.sys.is_busybox() => (format!("{kind} '{name}' in use"), 1),
        _ => (format!("The {kind} `{name}' already exists."), 1),
    };
    c.complain(&words);
    Outcome::Done(code)
}

/// `addgroup` and `groupadd`; `addgroup USER GROUP` makes a user a member.
pub fn add_group(c: C<'_, '_, '_>) -> Outcome {
    let wanted = match wanted(c) {
        Ok(wanted) => wanted,
        Err(outcome) => return outcome,
    };
    if let [user, group] = wanted.names.as_slice() {
        return match join(c, user, group) {
            Ok(()) => Outcome::Done(0),
            Err(outcome) => outcome,
        };
    }
    let name = &wanted.names[0];
    if find(c, "/etc/group", name).is_some() {
        return in_use(c, "group", name);
    }
    let id = wanted.id.unwrap_or_else(|| free(c, "/etc/group", wanted.system));
    match append(c, "/etc/group", &[name, "x", &id.to_string(), ""]) {
        Ok(()) => Outcome::Done(0),
        Err(outcome) => outcome,
    }
}

/// Makes a user a member of a group.
fn join(c: C<'_, '_, '_>, user: &str, group: &str) -> Result<(), Outcome> {
    let mut all = lines(c, "/etc/group");
    let Some(entry) = all.iter_mut().find(|g| g.fields[0] == group) else {
        let words = if c.sys.is_busybox() {
            format!("unknown group {group}")
        } else {
            format!("group '{group}' does not exist")
        };
        c.complain(&words);
        return Err(Outcome::Done(if c.sys.is_busybox() { 1 } else { 6 }));
    };
    entry.fields.resize(4, String::new());
    let members = &mut entry.fields[3];
    if !members.split(',').any(|m| m == user) {
        *members = if members.is_empty() { user.to_owned() } else { format!("{members},{user}") };
    }
    rewrite(c, "/etc/group", &all).map_err(|errno| {
        c.complain(&format!("/etc/group: {errno}"));
        Outcome::Done(1)
    })
}

pub fn add_user(c: C<'_, '_, '_>) -> Outcome {
    match wanted(c).and_then(|wanted| added(c, wanted)) {
        Ok(()) => Outcome::Done(0),
        Err(outcome) => outcome,
    }
}

/// The group of a new user: the one asked for, one of its own, or nobody's.
fn group_of(c: C<'_, '_, '_>, wanted: &Wanted, name: &str, id: u32) -> Result<u32, Outcome> {
    let own = wanted.more.iter().any(|m| m == "--group") || c.name == "useradd" || !wanted.system;
    match &wanted.group {
        Some(group) => match find(c, "/etc/group", group).map(|g| g.id).or_else(|| group.parse().ok()) {
            Some(id) => Ok(id),
            None => {
                let words = if c.sys.is_busybox() {
                    format!("unknown group {group}")
                } else {
                    format!("group '{group}' does not exist")
                };
                c.complain(&words);
                Err(Outcome::Done(if c.sys.is_busybox() { 1 } else { 6 }))
            }
        },
        None if own => match find(c, "/etc/group", name) {
            Some(group) => Ok(group.id),
            None => {
                let taken = lines(c, "/etc/group").iter().any(|g| g.id == id);
                let id = if taken { free(c, "/etc/group", wanted.system) } else { id };
                append(c, "/etc/group", &[name, "x", &id.to_string(), ""]).map(|()| id)
            }
        },
        None => Ok(find(c, "/etc/group", "nogroup").map_or(65_533, |g| g.id)),
    }
}

fn added(c: C<'_, '_, '_>, wanted: Wanted) -> Result<(), Outcome> {
    let name = wanted.names[0].clone();
    if let Some(group) = wanted.names.get(1) {
        return join(c, &name, group);
    }
    if find(c, "/etc/passwd", &name).is_some() {
        return Err(in_use(c, "user", &name));
    }
    let busybox = c.sys.is_busybox();
    let id = wanted.id.unwrap_or_else(|| free(c, "/etc/passwd", wanted.system));
    if lines(c, "/etc/passwd").iter().any(|a| a.id == id) {
        c.complain(&if busybox { format!("uid '{id}' in use") } else { format!("UID {id} is not unique") });
        return Err(Outcome::Done(if busybox { 1 } else { 4 }));
    }
    let gid = group_of(c, &wanted, &name, id)?;
    let home = wanted.home.clone().unwrap_or_else(|| format!("/home/{name}"));
    let nologin = if busybox { "/sbin/nologin" } else { "/usr/sbin/nologin" };
    let plain = wanted.system && c.name != "useradd";
    let shell = wanted.shell.clone().unwrap_or_else(|| {
        if plain {
            nologin
        } else if c.name == "adduser" && !busybox {
            "/bin/bash"
        } else {
            "/bin/sh"
        }
        .to_owned()
    });
    append(
        c,
        "/etc/passwd",
        &[&name, "x", &id.to_string(), &gid.to_string(), &wanted.comment, &home, &shell],
    )?;
    if c.sys.stat("/etc/shadow").is_ok() {
        append(c, "/etc/shadow", &[&name, "!", "20000", "0", "99999", "7", "", "", ""])?;
    }
    let makes = wanted.make_home.unwrap_or(c.name == "adduser" && (busybox || !wanted.system));
    if makes && c.sys.stat(&home).is_err() {
        let made = super::files::make_directories(c, &home, 0o755)
            .and_then(|()| c.sys.change_mode(&home, if busybox && !wanted.system { 0o2755 } else { 0o755 }))
            .and_then(|()| c.sys.change_owner(&home, Some(id), Some(gid)));
        if let Err(errno) = made {
            c.complain(&format!("{home}: {errno}"));
        }
    }
    let more = wanted.more.iter().filter(|m| *m != "--group");
    more.cloned().collect::<Vec<_>>().iter().try_for_each(|group| join(c, &name, group))
}

/// `usermod`: groups, home, shell.
pub fn usermod(c: C<'_, '_, '_>) -> Outcome {
    let wanted = match wanted(c) {
        Ok(wanted) => wanted,
        Err(outcome) => return outcome,
    };
    let name = wanted.names[0].clone();
    let mut all = lines(c, "/etc/passwd");
    let Some(account) = all.iter_mut().find(|a| a.fields[0] == name) else {
        c.complain(&format!("user '{name}' does not exist"));
        return Outcome::Done(6);
    };
    account.fields.resize(7, String::new());
    let group = wanted.group.as_ref().and_then(|g| find(c, "/etc/group", g)).map(|g| g.id.to_string());
    for (field, new) in
        [(2, wanted.id.map(|id| id.to_string())), (3, group), (5, wanted.home), (6, wanted.shell)]
    {
        if let Some(new) = new {
            account.fields[field] = new;
        }
    }
    if let Err(errno) = rewrite(c, "/etc/passwd", &all) {
        c.complain(&format!("/etc/passwd: {errno}"));
        return Outcome::Done(1);
    }
    if !wanted.append && !wanted.more.is_empty() {
        let mut groups = lines(c, "/etc/group");
        for group in &mut groups {
            group.fields.resize(4, String::new());
            let kept: Vec<&str> = group.fields[3].split(',').filter(|m| *m != name).collect();
            group.fields[3] = kept.join(",");
        }
        let _ = rewrite(c, "/etc/group", &groups);
    }
    match wanted.more.iter().try_for_each(|group| join(c, &name, group)) {
        Ok(()) => Outcome::Done(0),
        Err(outcome) => outcome,
    }
}

/// `deluser`, `userdel`, `delgroup`, `groupdel`.
pub fn delete(c: C<'_, '_, '_>) -> Outcome {
    c.arguments.retain(|a| !a.starts_with('-'));
    let Some(name) = c.arguments.first().cloned() else {
        return super::network::fail(c, 1, "a name is missing");
    };
    let (kind, files): (_, &[&str]) = if c.name.contains("group") {
        ("group", &["/etc/group"])
    } else {
        ("user", &["/etc/passwd", "/etc/shadow", "/etc/group"])
    };
    if find(c, files[0], &name).is_none() {
        let words = if c.sys.is_busybox() {
            format!("unknown {kind} {name}")
        } else {
            format!("{kind} '{name}' does not exist")
        };
        c.complain(&words);
        return Outcome::Done(if c.sys.is_busybox() { 1 } else { 6 });
    }
    for file in files {
        let mut all = lines(c, file);
        all.retain(|a| a.fields[0] != name);
        if c.sys.stat(file).is_ok() && *file != "/etc/shadow" {
            let _ = rewrite(c, file, &all);
        }
    }
    Outcome::Done(0)
}

/// Another user's shell, or a command of it.
pub fn su(c: C<'_, '_, '_>) -> Outcome {
    let (mut login, mut command, mut shell, mut names) = (false, None, None, Vec::new());
    let mut arguments = std::mem::take(&mut c.arguments).into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-" | "-l" | "--login" => login = true,
            "-c" | "--command" => command = arguments.next(),
            "-s" | "--shell" => shell = arguments.next(),
            "-m" | "-p" => {}
            _ => names.push(argument),
        }
    }
    let name = if names.is_empty() { "root".to_owned() } else { names.remove(0) };
    let busybox = c.sys.is_busybox();
    let Some(account) = find(c, "/etc/passwd", &name) else {
        c.complain(&if busybox {
            format!("unknown user {name}")
        } else {
            format!("user {name} does not exist or the user entry does not contain all the required fields")
        });
        return Outcome::Done(1);
    };
    let user = crate::engine::exec::user(c.sys, &name, &[]);
    let changed = user.map_err(|_| Errno::EPERM).and_then(|u| c.sys.set_user(u.uid, u.gid, u.groups));
    if changed.is_err() {
        let words = if busybox { "must be suid to work properly" } else { "Authentication failure" };
        c.complain(words);
        return Outcome::Done(1);
    }
    let field = |n: usize, otherwise: &str| {
        account.fields.get(n).filter(|f| !f.is_empty()).map_or(otherwise, |f| f).to_owned()
    };
    let (home, shell) = (field(5, "/"), shell.unwrap_or_else(|| field(6, "/bin/sh")));
    let mut environment = (*c.sys.environment()).clone();
    let user_name = (name != "root" || login).then_some(name);
    for (key, value) in [
        ("HOME", Some(home.clone())),
        ("SHELL", Some(shell.clone())),
        ("USER", user_name.clone()),
        ("LOGNAME", user_name),
    ] {
        if let Some(value) = value {
            environment.insert(key.to_owned(), value);
        }
    }
    if login {
        let _ = c.sys.change_directory(&home);
    }
    let mut line = vec![shell];
    line.extend(command.into_iter().flat_map(|command| ["-c".to_owned(), command]));
    line.extend(names);
    execute_in(c, line, environment)
}
