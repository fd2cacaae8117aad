//! Programs for the shell: where they are, their environment, and how they begin.

use super::children::{cannot_fork, child_of, wait_in_front};
use super::{Turn, complain};
use crate::engine::syscall::Sys;
use crate::kernel::errno::Errno;
use crate::memory::Memory;
use crate::memory::environment::Environment;
use crate::memory::shell::{Execution, FrameKind, Shell, Source};
use crate::time::Span;
use std::rc::Rc;

/// The environment of a program: exported variables and those before the command. The shells of Almquist's
/// family keep their variables in a table of 39 rows, and give them in the order of its rows.
pub fn environment(shell: &Shell, assigned: &[(Rc<str>, String)]) -> Environment {
    let exported = shell.variables.iter().filter(|(_, v)| v.exported);
    let exported = exported.map(|(k, v)| (k.to_string(), v.value.to_string()));
    let mut all: Environment =
        exported.chain(assigned.iter().map(|(k, v)| (k.to_string(), v.clone()))).collect();
    all.sort_by_key(|name| {
        let first = name.bytes().next().map_or(0, u32::from);
        (name.bytes().map(u32::from).sum::<u32>() + (first << 4)) % 39
    });
    all
}

/// Where a command is, or what the shell says about it.
pub fn find(sys: &mut Sys<'_>, shell: &mut Shell, name: &str, line: u32) -> Option<String> {
    let path = shell.get("PATH");
    match sys.find_program(name, path.as_deref()) {
        Ok(path) => Some(path),
        Err(errno) => {
            let slash = name.contains('/');
            let (message, status) = match (errno, &*sys.program()) {
                (Errno::ENOENT, "bash") if !slash => (format!("{name}: command not found"), 127),
                (Errno::ENOENT, "bash") => (format!("{name}: No such file or directory"), 127),
                (Errno::ENOENT, _) => (format!("{name}: not found"), 127),
                (Errno::EACCES, "bash") if sys.read_directory(name).is_ok() => {
                    (format!("{name}: Is a directory"), 126)
                }
                (other, _) => (format!("{name}: {}", other.text()), 126),
            };
            complain(sys, shell, line, &message);
            shell.status = status;
            None
        }
    }
}

/// Runs a program: as a child, or in the shell's own place when nothing follows.
pub fn external(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    fields: &[Rc<str>],
    assigned: &[(Rc<str>, String)],
    line: u32,
    strict: bool,
) -> Option<Turn> {
    let path = find(sys, shell, &fields[0], line)?;
    let arguments = fields.iter().map(|f| f.to_string()).collect();
    let execution = Execution { path, arguments, environment: environment(shell, assigned) };
    if is_last(shell) {
        return Some(execute(sys, shell, &execution));
    }
    let mut child = child_of(shell);
    child.execute = Some(Rc::new(execution));
    child.setup = Some((Vec::new(), Vec::new()));
    match sys.fork(Memory::Shell(Rc::new(child))) {
        Ok(pid) => Some(wait_in_front(sys, shell, vec![pid], strict)),
        Err(errno) => Some(cannot_fork(sys, shell, errno)),
    }
}

/// True when nothing follows: the shell need not stay to wait for its last command.
fn is_last(shell: &Shell) -> bool {
    let [frame] = shell.frames.as_slice() else { return false };
    shell.source == Source::Text
        && frame.kind == FrameKind::Main
        && frame.at >= frame.code.ops.len()
        && frame.saved.is_empty()
        && shell.traps.is_empty()
        && shell.leaving.is_none()
        && shell.jobs.is_empty()
}

/// Becomes a program.
pub fn execute(sys: &mut Sys<'_>, shell: &mut Shell, execution: &Execution) -> Turn {
    match sys.execute(&execution.path, execution.arguments.clone(), execution.environment.clone()) {
        Ok(()) => {
            sys.spend(Span::millis(1));
            Turn::Replaced
        }
        Err(Errno::ENOEXEC) => {
            // A file without `#!` is a script for the shell itself.
            let mut arguments = vec!["sh".to_owned(), execution.path.clone()];
            arguments.extend(execution.arguments.iter().skip(1).cloned());
            let environment = execution.environment.clone();
            let found = sys.find_program("sh", environment.get("PATH").map(String::as_str));
            match found.and_then(|path| sys.execute(&path, arguments, environment)) {
                Ok(()) => Turn::Replaced,
                Err(_) => Turn::Exit(126),
            }
        }
        Err(errno) => {
            let name = execution.arguments.first().cloned().unwrap_or_default();
            let status = if errno == Errno::ENOENT { 127 } else { 126 };
            complain(
                sys,
                shell,
                1,
                &format!("{name}: {}", if errno == Errno::ENOENT { "not found" } else { errno.text() }),
            );
            Turn::Exit(status)
        }
    }
}
