//! Builtins.

use super::launch;
use super::prompt::{self};
use super::{Turn, compile, complain, leave, print, printf, push, test};
use crate::engine::syscall::Sys;
use crate::kernel::errno::Errno;
use crate::memory::shell::{Execution, FrameKind, Shell, Source, Waiting};
use crate::shared::own;
use crate::shell::job::{kill, trap};
use crate::shell::option::getopts;
use crate::shell::variable::{declare, read, set};
use std::rc::Rc;

/// The names of the builtins.
pub const NAMES: [&str; 39] = [
    ":", ".", "source", "[", "test", "echo", "printf", "cd", "pwd", "export", "unset", "set", "shift",
    "return", "exit", "break", "continue", "read", "eval", "exec", "trap", "wait", "jobs", "kill", "umask",
    "true", "false", "type", "command", "local", "readonly", "let", "hash", "alias", "unalias", "times",
    "getopts", "fg", "ulimit",
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
            let code = arguments.first().map_or(i64::from(shell.status), |a| {
                a.parse().unwrap_or_else(|_| {
                    let bash = &*sys.program() == "bash";
                    let wrong = if bash {
                        format!("{a}: numeric argument required")
                    } else {
                        format!("Illegal number: {a}")
                    };
                    complain(sys, shell, line, &format!("exit: {wrong}"));
                    2
                })
            });
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
        "fg" if !shell.jobs.is_empty() => {
            let wanted = arguments.first().and_then(|a| a.trim_start_matches('%').parse::<usize>().ok());
            let at = wanted.unwrap_or(shell.jobs.len()).clamp(1, shell.jobs.len()) - 1;
            let (pid, text) = shell.jobs.remove(at);
            print(sys, shell, 1, format!("{text}\n").as_bytes());
            Some(super::children::wait_in_front(sys, shell, vec![pid], false))
        }
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
pub fn command(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    arguments: &[String],
    line: u32,
) -> (Option<Turn>, bool) {
    let text: Vec<String> = arguments.iter().map(|a| format!("'{}'", a.replace('\'', "'\\''"))).collect();
    let _ = line;
    (inline(sys, shell, &text.join(" ")), false)
}

/// Builtins that only do something and have a status.
fn plain(sys: &mut Sys<'_>, shell: &mut Shell, name: &str, arguments: &[String], line: u32) -> u8 {
    match name {
        ":" | "true" | "hash" | "alias" | "unalias" | "times" => 0,
        "fg" => {
            complain(sys, shell, line, "fg: No current job");
            1
        }
        "getopts" => getopts(sys, shell, arguments),
        "ulimit" => {
            let text: &[u8] = if arguments.iter().any(|a| a == "-n") { b"1048576\n" } else { b"unlimited\n" };
            print(sys, shell, 1, text);
            0
        }
        "false" => 1,
        "echo" => {
            let bash = &*sys.program() == "bash";
            let dash = &*sys.program() == "dash";
            let bytes = echo(arguments, dash, bash);
            shell.status = 0;
            print(sys, shell, 1, &bytes);
            shell.status
        }
        "printf" => formatted(sys, shell, arguments, line),
        "test" | "[" => tested(sys, shell, name, arguments, line),
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
            for (n, (_, text)) in jobs.iter().enumerate() {
                let mark = if n + 1 == jobs.len() { '+' } else { '-' };
                let text = format!("[{}]{mark}  Running                 {text} &\n", n + 1);
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
                match super::expand::calculate(sys, shell, expression) {
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

fn formatted(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> u8 {
    let (bytes, wrong) = printf::format(arguments);
    print(sys, shell, 1, &bytes);
    match wrong {
        Some(text) => {
            let words = match &*sys.program() {
                "dash" => format!("printf: {text}: expected numeric value"),
                // Its shell and its `printf` are one program, which names itself and no line.
                "busybox" => {
                    print(sys, shell, 2, format!("sh: invalid number '{text}'\n").as_bytes());
                    return 1;
                }
                _ => format!("printf: {text}: invalid number"),
            };
            complain(sys, shell, line, &words);
            1
        }
        None => 0,
    }
}

fn tested(sys: &mut Sys<'_>, shell: &mut Shell, name: &str, arguments: &[String], line: u32) -> u8 {
    let mut arguments = arguments.to_vec();
    if name == "[" && arguments.pop().as_deref() != Some("]") {
        let words = match &*sys.program() {
            "dash" => "[: missing ]",
            "bash" => "[: missing `]'",
            _ => "missing ]",
        };
        complain(sys, shell, line, words);
        return 2;
    }
    match test::evaluate(sys, &arguments) {
        Ok(answer) => u8::from(!answer),
        Err(message) => {
            if sys.is_busybox() {
                complain(sys, shell, line, &message);
            } else {
                complain(sys, shell, line, &format!("{name}: {message}"));
            }
            2
        }
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
    let path = match sys.find_program(name, shell.get("PATH").as_deref()) {
        Ok(path) => path,
        Err(errno) => {
            let missing = errno == Errno::ENOENT;
            complain(
                sys,
                shell,
                line,
                &format!("exec: {name}: {}", if missing { "not found" } else { errno.text() }),
            );
            return (Some(leave(sys, shell, if missing { 127 } else { 126 })), true);
        }
    };
    let execution =
        Execution { path, arguments: arguments.to_vec(), environment: launch::environment(shell, &[]) };
    (Some(launch::execute(sys, shell, &execution)), true)
}

fn inline(sys: &mut Sys<'_>, shell: &mut Shell, text: &str) -> Option<Turn> {
    match compile::compile(text, &sys.program()) {
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
        Err(errno) => {
            let words = match &*sys.program() {
                "bash" => format!("{path}: {errno}"),
                "dash" => format!(".: cannot open {path}: No such file"),
                _ => format!(".: can't open '{path}': {errno}"),
            };
            complain(sys, shell, line, &words);
            shell.status = if &*sys.program() == "bash" { 1 } else { 2 };
            // A special builtin that fails ends a POSIX shell that nobody types at.
            let ends = shell.status == 2 && shell.source == Source::Text;
            ends.then(|| leave(sys, shell, 2))
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
        super::redirection::put_back(sys, saved);
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

/// Words of the grammar, which `type` and `command -v` know too.
const KEYWORDS: [&str; 14] =
    ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "!"];

fn lookup(sys: &mut Sys<'_>, shell: &mut Shell, kind: &str, arguments: &[String]) -> u8 {
    let mut status = 0;
    for name in arguments.iter().filter(|a| !a.starts_with('-')) {
        let path = shell.get("PATH");
        let line = if KEYWORDS.contains(&name.as_str()) {
            Some(if kind == "type" { format!("{name} is a shell keyword") } else { name.clone() })
        } else if is_builtin(name) {
            Some(if kind == "type" { format!("{name} is a shell builtin") } else { name.clone() })
        } else if shell.functions.contains_key(name.as_str()) {
            Some(if kind == "type" {
                match &*sys.program() {
                    "dash" => format!("{name} is a shell function"),
                    _ => format!("{name} is a function"),
                }
            } else {
                name.clone()
            })
        } else {
            let found = sys.find_program(name, path.as_deref()).ok();
            found.map(|p| if kind == "type" { format!("{name} is {p}") } else { p })
        };
        match line {
            Some(line) => print(sys, shell, 1, format!("{line}\n").as_bytes()),
            None => {
                let bash = &*sys.program() == "bash";
                match (kind == "type", bash) {
                    (true, true) => complain(sys, shell, 1, &format!("type: {name}: not found")),
                    (true, false) => print(sys, shell, 1, format!("{name}: not found\n").as_bytes()),
                    _ => {}
                }
                status = if bash { 1 } else { 127 };
            }
        }
    }
    status
}
