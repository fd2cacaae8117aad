//! Children of the shell: forks, pipelines, substitutions and the wait for them.

use super::{Turn, complain, leave, print, push};
use crate::engine::syscall::{Io, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::{ExitStatus, Wait};
use crate::kernel::signal::Signal;
use crate::memory::Memory;
use crate::memory::shell::code::Code;
use crate::memory::shell::{FrameKind, Shell, Source, Waiting};
use crate::shell::run::check;
use crate::time::Span;
use std::rc::Rc;

/// A copy of the shell for a child: it runs only what it is given.
pub fn child_of(shell: &Shell) -> Shell {
    let mut child = shell.clone();
    child.frames.clear();
    child.source = Source::Text;
    child.waiting = Waiting::Nothing;
    child.traps = Rc::default();
    child.jobs.clear();
    child.pending.clear();
    child.options.interactive = false;
    child.leaving = None;
    child
}

/// Forks a child that runs code.
pub fn fork_code(
    sys: &mut Sys<'_>,
    shell: &Shell,
    code: &Rc<Code>,
    moves: Vec<(u32, u32)>,
    closes: Vec<u32>,
) -> Result<u32, Errno> {
    let mut child = child_of(shell);
    push(&mut child, code.clone(), FrameKind::Main);
    if let Some(frame) = child.frames.last_mut() {
        frame.lenient = shell.frames.iter().any(|f| f.lenient);
    }
    child.setup = Some((moves, closes));
    sys.fork(Memory::Shell(Rc::new(child)))
}

pub fn cannot_fork(sys: &mut Sys<'_>, shell: &mut Shell, errno: Errno) -> Turn {
    let message = match &*sys.program() {
        "bash" => format!("fork: retry: {}", errno.text()),
        "busybox" => format!("can't fork: {}", errno.text()),
        _ => "Cannot fork".to_owned(),
    };
    complain(sys, shell, 1, &message);
    shell.status = 2;
    if shell.options.interactive { Turn::Go } else { leave(sys, shell, 2) }
}

pub fn substitute(sys: &mut Sys<'_>, shell: &mut Shell, code: &Rc<Code>) -> Turn {
    let (read, write) = sys.pipe();
    let child = fork_code(sys, shell, code, vec![(write, 1)], vec![read, write]);
    let _ = sys.close(write);
    match child {
        Ok(pid) => {
            shell.waiting = Waiting::Output(read, pid, Vec::new());
            Turn::Go
        }
        Err(errno) => {
            let _ = sys.close(read);
            cannot_fork(sys, shell, errno)
        }
    }
}

/// Collects what a command substitution prints, until its end.
pub fn output(sys: &mut Sys<'_>, shell: &mut Shell, fd: u32, pid: u32, mut bytes: Vec<u8>) -> Turn {
    loop {
        match sys.read(fd, 65_536) {
            Ok(Io::Ready(more)) if !more.is_empty() => {
                bytes.extend(more);
                sys.spend(Span(100));
                if sys.set_resident(620 * 1024 + bytes.len() as u64) {
                    return Turn::Wait(vec![Wait::Signal]);
                }
            }
            Ok(Io::Blocked(wait)) => {
                shell.waiting = Waiting::Output(fd, pid, bytes);
                return Turn::Wait(vec![wait]);
            }
            Ok(Io::Ready(_)) | Err(_) => break,
        }
    }
    match sys.wait_child(Some(pid)) {
        Ok(Io::Blocked(wait)) => {
            shell.waiting = Waiting::Output(fd, pid, bytes);
            return Turn::Wait(vec![wait]);
        }
        Ok(Io::Ready((_, status))) => shell.status = status.code(),
        Err(_) => {}
    }
    let _ = sys.close(fd);
    bytes.retain(|b| *b != 0);
    let text = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
    if let Some(frame) = shell.frames.last_mut() {
        frame.outputs.push(text.into());
    }
    Turn::Go
}

pub fn pipeline(sys: &mut Sys<'_>, shell: &mut Shell, parts: &[Rc<Code>], strict: bool) -> Turn {
    let mut pids = Vec::new();
    let mut input: Option<u32> = None;
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        let pipe = (!last).then(|| sys.pipe());
        let mut moves: Vec<(u32, u32)> = Vec::new();
        let mut closes: Vec<u32> = Vec::new();
        if let Some(fd) = input {
            moves.push((fd, 0));
            closes.push(fd);
        }
        if let Some((read, write)) = pipe {
            moves.push((write, 1));
            closes.extend([read, write]);
        }
        let child = fork_code(sys, shell, part, moves, closes);
        if let Some(fd) = input {
            let _ = sys.close(fd);
        }
        input = pipe.map(|(read, write)| {
            let _ = sys.close(write);
            read
        });
        match child {
            Ok(pid) => pids.push(pid),
            Err(errno) => {
                if let Some(fd) = input {
                    let _ = sys.close(fd);
                }
                return cannot_fork(sys, shell, errno);
            }
        }
    }
    wait_in_front(sys, shell, pids, strict)
}

/// Waits for children; on a terminal they are its foreground.
pub fn wait_in_front(sys: &mut Sys<'_>, shell: &mut Shell, pids: Vec<u32>, strict: bool) -> Turn {
    if shell.options.interactive {
        let leader = pids.first().copied().unwrap_or(0);
        for pid in &pids {
            sys.new_group(*pid, leader);
        }
        sys.set_foreground(leader);
    }
    shell.waiting = Waiting::Children(pids.into_iter().map(|p| (p, None)).collect(), strict);
    Turn::Go
}

/// Children in front: go on when all have ended. `strict`: a failure counts for `set -e`.
pub fn children(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    mut pids: Vec<(u32, Option<u8>)>,
    strict: bool,
) -> Turn {
    let last = pids.last().map_or(0, |p| p.0);
    for (pid, code) in pids.iter_mut().filter(|p| p.1.is_none()) {
        match sys.wait_child(Some(*pid)) {
            Ok(Io::Ready((_, status))) => {
                *code = Some(status.code());
                if *pid == last {
                    announce(sys, shell, status);
                }
            }
            Ok(Io::Blocked(_)) => {}
            Err(_) => *code = Some(shell.status),
        }
    }
    if pids.iter().any(|p| p.1.is_none()) {
        shell.waiting = Waiting::Children(pids, strict);
        return Turn::Wait(vec![Wait::Child(sys.host_pid())]);
    }
    let mut codes = pids.iter().rev().filter_map(|p| p.1);
    let code = codes.next().unwrap_or(0);
    let failed = if shell.options.pipefail && code == 0 { codes.find(|c| *c != 0) } else { None };
    shell.status = failed.unwrap_or(code);
    if shell.options.interactive {
        let own = sys.pid();
        sys.set_foreground(own);
        while sys.take_signal().is_some() {}
    }
    check(sys, shell, strict)
}

/// What a shell says about a child that a signal ended.
fn announce(sys: &mut Sys<'_>, shell: &mut Shell, status: ExitStatus) {
    let ExitStatus::Signal(signal) = status else { return };
    match signal {
        Signal::INT if shell.options.interactive => print(sys, shell, 2, b"\n"),
        Signal::KILL if &*sys.program() != "busybox" => print(sys, shell, 2, b"Killed\n"),
        Signal::TERM if shell.options.interactive => print(sys, shell, 2, b"Terminated\n"),
        _ => {}
    }
}

pub fn background(sys: &mut Sys<'_>, shell: &mut Shell, code: &Rc<Code>, text: &Rc<str>) -> Turn {
    let moves = if shell.options.interactive { Vec::new() } else { vec![(u32::MAX, 0)] };
    match fork_code(sys, shell, code, moves, Vec::new()) {
        Ok(pid) => {
            if shell.options.interactive {
                sys.new_group(pid, pid);
                let line = format!("[{}] {pid}\n", shell.jobs.len() + 1);
                print(sys, shell, 2, line.as_bytes());
            }
            shell.jobs.push((pid, text.clone()));
            shell.last_background = Some(pid);
            shell.status = 0;
            Turn::Go
        }
        Err(errno) => cannot_fork(sys, shell, errno),
    }
}
