//! Builtins about signals and children: `trap`, `kill`, `wait`.

use super::{Turn, complain, print, set_trap};
use crate::engine::syscall::{Io, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::shell::{Shell, Waiting};
use crate::shared::own;

pub fn trap(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> u8 {
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

pub fn kill(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String], line: u32) -> u8 {
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

/// The builtin `wait`.
pub fn wait_for(sys: &mut Sys<'_>, shell: &mut Shell, job: Option<u32>) -> Turn {
    let wanted: Vec<u32> = match job {
        Some(pid) => vec![pid],
        None => shell.jobs.iter().map(|j| j.0).collect(),
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
