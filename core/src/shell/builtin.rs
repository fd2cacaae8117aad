//! Builtins.

use super::prompt::{self, set_option};
use super::run::{self, make_local};
use super::{Turn, compile, complain, leave, print, printf, push, set_trap, test};
use crate::engine::syscall::{Io, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::shell::{Execution, FrameKind, Shell, Variable, Waiting};
use crate::shared::own;
use std::rc::Rc;

/// The names of the builtins.
pub const NAMES: [&str; 36] = [
    ":", ".", "source", "[", "test", "echo", "printf", "cd", "pwd", "export", "unset", "set", "shift",
    "return", "exit", "break", "continue", "read", "eval", "exec", "trap", "wait", "jobs", "kill", "umask",
    "true", "false", "type", "command", "local", "readonly", "let", "hash", "alias", "unalias", "times",
];

/// True for a builtin.
pub fn is_builtin(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Runs a builtin: what follows, and whether its redirections stay.
pub fn run(sys: &mut Sys<'_>, shell: &mut Shell, fields: &[Rc<str>], line: u32) -> (Option<Turn>, bool) {
    let arguments: Vec<String> = fields[1..].iter().map(|f| f.to_string()).collect();
    let turn = match &*fields[0] {
        "exec" => return exec(sys, shell, &arguments, line),
        "exit" => {
            let code = arguments.first().map_or(i64::from(shell.status), |a| a.parse().unwrap_or(2));
            Some(leave(sys, shell, code as u8))
        }
        "eval" => inline(sys, shell, &arguments.join(" ")),
        "." | "source" => source(sys, shell, &arguments, line),
        "return" => {
            shell.status =
                arguments.first().and_then(|a| a.parse::<i64>().ok()).map_or(shell.status, |n| n as u8);
            while let Some(frame) = shell.frames.last_mut() {
                frame.at = frame.code.ops.len();
                if !matches!(frame.kind, FrameKind::Inline) {
                    break;
                }
                super::finish_frame(sys, shell);
            }
            Some(Turn::Go)
        }
        "break" | "continue" => {
            let count = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(1);
            jump(sys, shell, &*fields[0] == "break", count);
            Some(Turn::Go)
        }
        "wait" => {
            let job = arguments.first().and_then(|a| a.trim_start_matches('%').parse().ok());
            shell.waiting = Waiting::Job(job);
            Some(Turn::Go)
        }
        "read" => read(sys, shell, &arguments),
        "command" if arguments.first().is_some_and(|a| a != "-v" && a != "-V") => {
            return if is_builtin(&arguments[0]) {
                run(sys, shell, &fields[1..], line)
            } else {
                command(sys, shell, &arguments, line)
            };
        }
        name => {
            shell.status = plain(sys, shell, name, &arguments, line);
            None
        }
    };
    (turn, false)
}

/// `command` with a program: as without `command`.
fn command(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> (Option<Turn>, bool) {
    let text: Vec<String> = arguments.iter().map(|a| format!("'{}'", a.replace('\'', "'\\''"))).collect();
    let _ = line;
    (inline(sys, shell, &text.join(" ")), false)
}

/// Builtins that only do something and have a status.
fn plain(sys: &mut Sys<'_>, shell: &mut Shell, name: &str, arguments: &[String], line: u32) -> u8 {
    match name {
        ":" | "true" | "hash" | "alias" | "unalias" | "times" => 0,
        "false" => 1,
        "echo" => {
            let bash = &*sys.program() == "bash";
            let dash = &*sys.program() == "dash";
            let bytes = echo(arguments, dash, bash);
            shell.status = 0;
            print(sys, shell, 1, &bytes);
            shell.status
        }
        "printf" => {
            let (bytes, wrong) = printf::format(arguments);
            print(sys, shell, 1, &bytes);
            match wrong {
                Some(text) => {
                    complain(sys, shell, line, &format!("printf: {text}: invalid number"));
                    1
                }
                None => 0,
            }
        }
        "test" | "[" => {
            let mut arguments = arguments.to_vec();
            if name == "[" && arguments.pop().as_deref() != Some("]") {
                complain(sys, shell, line, "[: missing ]");
                return 2;
            }
            match test::evaluate(sys, &arguments) {
                Ok(answer) => u8::from(!answer),
                Err(message) => {
                    complain(sys, shell, line, &format!("{name}: {message}"));
                    2
                }
            }
        }
        "cd" => change_directory(sys, shell, arguments, line),
        "pwd" => {
            let text = sys.directory() + "\n";
            print(sys, shell, 1, text.as_bytes());
            0
        }
        "export" | "readonly" | "local" => declare(sys, shell, name, arguments),
        "unset" => {
            for name in arguments.iter().filter(|a| !a.starts_with('-')) {
                own(&mut shell.variables).remove(name.as_str());
                own(&mut shell.functions).remove(name.as_str());
            }
            0
        }
        "set" => set(sys, shell, arguments),
        "shift" => {
            let count: usize = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(1);
            if count > shell.positional.len() {
                return 1;
            }
            shell.positional = shell.positional[count..].into();
            0
        }
        "trap" => trap(sys, shell, arguments),
        "jobs" => {
            let jobs = shell.jobs.clone();
            for (n, (pid, _)) in jobs.iter().enumerate().filter(|(_, j)| j.1.is_none()) {
                let text = format!("[{}]+  Running                 {pid}\n", n + 1);
                print(sys, shell, 1, text.as_bytes());
            }
            0
        }
        "kill" => kill(sys, shell, arguments, line),
        "umask" => match arguments.first().and_then(|a| u32::from_str_radix(a, 8).ok()) {
            Some(mask) => {
                sys.set_umask(mask);
                0
            }
            None => {
                let text = format!("{:04o}\n", sys.umask());
                print(sys, shell, 1, text.as_bytes());
                0
            }
        },
        "type" | "command" => lookup(sys, shell, name, arguments),
        "let" => {
            let mut last = 0;
            for expression in arguments {
                match super::arithmetic::evaluate(expression, shell) {
                    Ok(value) => last = value,
                    Err(message) => {
                        complain(sys, shell, line, &message);
                        return 1;
                    }
                }
            }
            u8::from(last == 0)
        }
        _ => 0,
    }
}

/// What `echo` prints: dash and busybox always, bash with `-e`, turn escapes into what they stand for.
pub fn echo(arguments: &[String], escapes: bool, bash: bool) -> Vec<u8> {
    let mut escapes = escapes;
    let mut newline = true;
    let mut rest = arguments;
    while let Some(flags) = rest.first() {
        let known = flags.len() > 1
            && flags.starts_with('-')
            && flags[1..].bytes().all(|b| b == b'n' || ((bash || !escapes) && matches!(b, b'e' | b'E')));
        if !known {
            break;
        }
        newline &= !flags.contains('n');
        escapes |= flags.contains('e');
        rest = &rest[1..];
    }
    let text = rest.join(" ");
    let mut out = if escapes {
        let (bytes, stop) = printf::escaped(&text);
        newline &= !stop;
        bytes
    } else {
        text.into_bytes()
    };
    if newline {
        out.push(b'\n');
    }
    out
}

fn exec(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> (Option<Turn>, bool) {
    let Some(name) = arguments.first() else {
        shell.status = 0;
        return (None, true);
    };
    let Some(path) = run::find(sys, shell, name, line) else {
        let status = shell.status;
        return (Some(leave(sys, shell, status)), true);
    };
    let execution =
        Execution { path, arguments: arguments.to_vec(), environment: run::environment(shell, &[]) };
    (Some(run::execute(sys, shell, &execution)), true)
}

fn inline(sys: &mut Sys<'_>, shell: &mut Shell, text: &str) -> Option<Turn> {
    match compile::compile(text, &*sys.program() != "dash") {
        Ok(code) => {
            push(shell, Rc::new(code), FrameKind::Inline);
            Some(Turn::Go)
        }
        Err(error) => {
            super::syntax_error(sys, shell, &error, text);
            None
        }
    }
}

fn source(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> Option<Turn> {
    let Some(path) = arguments.first() else {
        shell.status = 2;
        return None;
    };
    match prompt::source_file(sys, path) {
        Ok(text) => inline(sys, shell, &text),
        Err(_) => {
            complain(sys, shell, line, &format!(".: can't open '{path}': No such file or directory"));
            shell.status = 2;
            None
        }
    }
}

fn jump(sys: &mut Sys<'_>, shell: &mut Shell, end: bool, count: usize) {
    for _ in 1..count.max(1) {
        if let Some(frame) = shell.frames.last_mut().filter(|f| f.loops.len() > 1) {
            frame.loops.pop();
        }
    }
    shell.status = 0;
    while shell.frames.len() > 1
        && shell.frames.last().is_some_and(|f| f.loops.is_empty() && f.kind == FrameKind::Inline)
    {
        super::finish_frame(sys, shell);
    }
    let Some(frame) = shell.frames.last_mut() else { return };
    let Some(current) = frame.loops.last() else { return };
    frame.at = if end { current.end } else { current.next };
    let extra = frame.saved.split_off(current.saved.min(frame.saved.len()));
    for saved in extra.into_iter().rev() {
        run::put_back(sys, saved);
    }
}

fn change_directory(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> u8 {
    let home = shell.get("HOME").map_or_else(|| "/".to_owned(), |h| h.to_string());
    let target = match arguments.first().map(String::as_str) {
        None | Some("--") => home,
        Some("-") => shell.get("OLDPWD").map(|v| v.to_string()).unwrap_or_default(),
        Some(path) => path.to_owned(),
    };
    let before = sys.directory();
    match sys.change_directory(&target) {
        Ok(()) => {
            let now = sys.directory();
            let _ = shell.set("OLDPWD", &before);
            let _ = shell.set("PWD", &now);
            if arguments.first().is_some_and(|a| a == "-") {
                print(sys, shell, 1, format!("{now}\n").as_bytes());
            }
            0
        }
        Err(errno) => {
            let message = match &*sys.program() {
                "bash" => format!("cd: {target}: {}", errno.text()),
                "dash" => format!("cd: can't cd to {target}"),
                _ => format!("cd: can't cd to {target}: {}", errno.text()),
            };
            complain(sys, shell, line, &message);
            if &*sys.program() == "dash" { 2 } else { 1 }
        }
    }
}

fn declare(sys: &mut Sys<'_>, shell: &mut Shell, kind: &str, arguments: &[String]) -> u8 {
    if arguments.is_empty() || arguments[0] == "-p" {
        let lines: String = shell
            .variables
            .iter()
            .filter(|(_, v)| if kind == "readonly" { v.read_only } else { v.exported })
            .map(|(name, v)| format!("{kind} {name}='{}'\n", v.value.replace('\'', "'\\''")))
            .collect();
        print(sys, shell, 1, lines.as_bytes());
        return 0;
    }
    for argument in arguments.iter().filter(|a| !a.starts_with('-')) {
        let (name, value) = argument.split_once('=').map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let good = name
            .bytes()
            .enumerate()
            .all(|(n, b)| b == b'_' || b.is_ascii_alphabetic() || (n > 0 && b.is_ascii_digit()));
        if name.is_empty() || !good {
            complain(sys, shell, 1, &format!("{kind}: {name}: bad variable name"));
            return 2;
        }
        if kind == "local" {
            make_local(shell, name);
        }
        if let Some(value) = value {
            if let Err(message) = shell.set(name, value) {
                complain(sys, shell, 1, &message);
                return 2;
            }
        }
        let blank = Variable { value: "".into(), exported: false, read_only: false };
        if kind == "local" && value.is_none() {
            let _ = shell.set(name, "");
        }
        let variables = own(&mut shell.variables);
        if kind != "local" && (value.is_some() || variables.contains_key(name) || kind == "readonly") {
            let variable = variables.get_or_insert_with(name.into(), || blank);
            variable.exported |= kind == "export";
            variable.read_only |= kind == "readonly";
        }
    }
    0
}

fn set(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> u8 {
    if arguments.is_empty() {
        let lines: String = shell.variables.iter().map(|(n, v)| format!("{n}='{}'\n", v.value)).collect();
        print(sys, shell, 1, lines.as_bytes());
        return 0;
    }
    let mut rest = arguments;
    while let Some(flags) = rest.first() {
        if flags == "--" {
            rest = &rest[1..];
            shell.positional = rest.iter().map(|a| a.as_str().into()).collect();
            return 0;
        }
        if !flags.starts_with(['-', '+']) || flags.len() < 2 {
            break;
        }
        let on = flags.starts_with('-');
        if &flags[1..] == "o" {
            let letter = match rest.get(1).map(String::as_str) {
                Some("errexit") => 'e',
                Some("nounset") => 'u',
                Some("xtrace") => 'x',
                Some("noglob") => 'f',
                _ => ' ',
            };
            set_option(shell, letter, on);
            rest = &rest[1..];
        } else {
            flags.chars().skip(1).for_each(|f| set_option(shell, f, on));
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        shell.positional = rest.iter().map(|a| a.as_str().into()).collect();
    }
    0
}

fn trap(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> u8 {
    let rest: Vec<&String> = arguments.iter().filter(|a| *a != "--").collect();
    let Some((command, names)) = rest.split_first() else {
        let lines: String = shell.traps.iter().map(|(n, c)| format!("trap -- '{c}' {n}\n")).collect();
        print(sys, shell, 1, lines.as_bytes());
        return 0;
    };
    let reset = command.as_str() == "-" || names.is_empty();
    let names = if names.is_empty() { rest.as_slice() } else { names };
    for name in names {
        let key = match name.as_str() {
            "0" | "EXIT" => "EXIT".to_owned(),
            other => match Signal::parse(other) {
                Some(signal) => {
                    set_trap(sys, signal, (!reset).then_some(command.as_str()));
                    signal.name()
                }
                None => {
                    complain(sys, shell, 1, &format!("trap: {other}: bad trap"));
                    return 1;
                }
            },
        };
        let traps = own(&mut shell.traps);
        if reset {
            traps.remove(&key);
        } else {
            traps.insert(key, (*command).clone());
        }
    }
    0
}

fn kill(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> u8 {
    let mut signal = Signal::TERM;
    let mut rest = arguments;
    match rest.first().map(String::as_str) {
        Some("-l") => {
            let names: String = Signal::all().map(|s| s.name() + "\n").collect();
            print(sys, shell, 1, names.as_bytes());
            return 0;
        }
        Some("-s") => {
            signal = rest.get(1).and_then(|n| Signal::parse(n)).unwrap_or(signal);
            rest = rest.get(2..).unwrap_or_default();
        }
        Some(flag) if flag.starts_with('-') && flag.len() > 1 => {
            match Signal::parse(&flag[1..]) {
                Some(found) => signal = found,
                None => {
                    complain(sys, shell, line, &format!("kill: bad signal name '{}'", &flag[1..]));
                    return 1;
                }
            }
            rest = &rest[1..];
        }
        _ => {}
    }
    let mut status = 0;
    for target in rest {
        let pid = match target.strip_prefix('%').and_then(|n| n.parse::<usize>().ok()) {
            Some(job) => shell.jobs.get(job.wrapping_sub(1)).map(|j| i64::from(j.0)),
            None => target.parse().ok(),
        };
        let result = pid.ok_or(Errno::ESRCH).and_then(|pid| sys.kill(pid, signal));
        if let Err(errno) = result {
            let text = match &*sys.program() {
                "bash" => format!("kill: ({target}) - {}", errno.text()),
                "dash" => format!("kill: {}", errno.text()),
                _ => format!("kill: can't kill pid {target}: {}", errno.text()),
            };
            complain(sys, shell, line, &text);
            status = 1;
        }
    }
    status
}

fn lookup(sys: &mut Sys<'_>, shell: &mut Shell, kind: &str, arguments: &[String]) -> u8 {
    let mut status = 0;
    for name in arguments.iter().filter(|a| !a.starts_with('-')) {
        let path = shell.get("PATH");
        let line = if is_builtin(name) {
            Some(if kind == "type" { format!("{name} is a shell builtin") } else { name.clone() })
        } else if shell.functions.contains_key(name.as_str()) {
            Some(if kind == "type" { format!("{name} is a function") } else { name.clone() })
        } else {
            let found = sys.find_program(name, path.as_deref()).ok();
            found.map(|p| if kind == "type" { format!("{name} is {p}") } else { p })
        };
        match line {
            Some(line) => print(sys, shell, 1, format!("{line}\n").as_bytes()),
            None => {
                if kind == "type" {
                    print(sys, shell, 2, format!("{name}: not found\n").as_bytes());
                }
                status = 127;
            }
        }
    }
    status
}

/// The builtin `wait`.
pub fn wait_for(sys: &mut Sys<'_>, shell: &mut Shell, job: Option<u32>) -> Turn {
    let wanted: Vec<u32> = match job {
        Some(pid) => vec![pid],
        None => shell.jobs.iter().filter(|j| j.1.is_none()).map(|j| j.0).collect(),
    };
    let mut status = 0;
    for pid in wanted {
        match sys.wait_child(Some(pid)) {
            Ok(Io::Blocked(_)) => {
                shell.waiting = Waiting::Job(job);
                return Turn::Wait(vec![Wait::Child(sys.host_pid())]);
            }
            Ok(Io::Ready((_, ended))) => {
                status = ended.code();
                shell.jobs.retain(|j| j.0 != pid);
            }
            Err(_) => {
                shell.jobs.retain(|j| j.0 != pid);
                status = 127;
            }
        }
    }
    shell.status = if job.is_some() { status } else { 0 };
    Turn::Go
}

fn read(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> Option<Turn> {
    let mut raw = false;
    let mut names: Vec<Rc<str>> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-r" => raw = true,
            "-p" => {
                let prompt = rest.next().cloned().unwrap_or_default();
                print(sys, shell, 2, prompt.as_bytes());
            }
            "-t" | "-n" => {
                rest.next();
            }
            flag if flag.starts_with('-') => raw |= flag.contains('r'),
            name => names.push(name.into()),
        }
    }
    if names.is_empty() {
        names.push("REPLY".into());
    }
    Some(go_on_reading(sys, shell, names.into(), Vec::new(), raw))
}

/// The builtin `read`: byte by byte, so that nothing behind the line is lost to others.
pub fn go_on_reading(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    names: Rc<[Rc<str>]>,
    mut bytes: Vec<u8>,
    raw: bool,
) -> Turn {
    let mut ended = false;
    loop {
        match sys.read(0, 1) {
            Ok(Io::Ready(more)) if more.is_empty() => {
                ended = true;
                break;
            }
            Ok(Io::Ready(more)) if more == b"\n" => {
                if !raw && bytes.last() == Some(&b'\\') {
                    bytes.pop();
                    continue;
                }
                break;
            }
            Ok(Io::Ready(more)) => bytes.extend(more),
            Ok(Io::Blocked(wait)) => {
                shell.waiting = Waiting::Read(names, bytes, raw);
                return Turn::Wait(vec![wait]);
            }
            Err(_) => {
                ended = true;
                break;
            }
        }
    }
    shell.status = u8::from(ended);
    let mut line = String::from_utf8_lossy(&bytes).into_owned();
    if !raw {
        line = line.replace("\\\\", "\u{0}").replace('\\', "").replace('\u{0}', "\\");
    }
    let ifs = shell.get("IFS").map_or_else(|| " \t\n".to_owned(), |v| v.to_string());
    let mut rest = line.trim_matches(|c: char| ifs.contains(c) && c.is_whitespace());
    for (n, name) in names.iter().enumerate() {
        let value = if n + 1 == names.len() {
            std::mem::take(&mut rest)
        } else {
            let at = rest.find(|c: char| ifs.contains(c)).unwrap_or(rest.len());
            let (value, after) = rest.split_at(at);
            let mut chars = after.chars();
            chars.next();
            rest = chars.as_str().trim_start_matches(|c: char| ifs.contains(c) && c.is_whitespace());
            value
        };
        let _ = shell.set(name, value);
    }
    Turn::Go
}
