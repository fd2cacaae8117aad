//! Programs that run other programs one after the other: `xargs`, `find -exec`, `timeout`, `nohup`.

use super::{C, Outcome};
use crate::engine::syscall::{Io, Step, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::{ExitStatus, Wait};
use crate::kernel::signal::Signal;
use crate::memory::Memory;
use crate::memory::environment::Environment;
use crate::memory::shell::{Execution, Shell};
use crate::memory::tool::{Batch, State, Tool};
use crate::program::system::execute;
use crate::time::{Span, Time};
use std::rc::Rc;

/// Begins a child that runs a command; its pid.
pub fn spawn(sys: &mut Sys<'_>, arguments: Vec<String>, name: &str) -> Result<u32, Errno> {
    let environment = (*sys.environment()).clone();
    spawn_in(sys, arguments, name, environment)
}

/// Begins a child in an environment of its own; its pid.
pub fn spawn_in(
    sys: &mut Sys<'_>,
    arguments: Vec<String>,
    name: &str,
    environment: Environment,
) -> Result<u32, Errno> {
    let wanted = arguments.first().map_or("", String::as_str);
    let path = sys.find_program(wanted, environment.get("PATH").map(String::as_str)).unwrap_or_default();
    let child = Shell {
        execute: Some(Rc::new(Execution { path, arguments, environment })),
        setup: Some((Vec::new(), Vec::new())),
        name: name.into(),
        ..Shell::default()
    };
    sys.fork(Memory::Shell(Rc::new(child)))
}

/// Runs commands in their order.
pub fn all(mut commands: Vec<Vec<String>>, failed: u8) -> Outcome {
    commands.reverse();
    Outcome::State(State::Batch(Batch { commands, failed: Some(failed), ..Batch::default() }))
}

/// Goes on: waits for the child, then begins the next one.
pub fn go_on(sys: &mut Sys<'_>, tool: &mut Tool, mut batch: Batch) -> Option<Step> {
    if batch.child != 0 {
        match sys.wait_child(Some(batch.child)) {
            Ok(Io::Ready((_, status))) => {
                batch.child = 0;
                let code = status.code();
                match batch.failed {
                    Some(failed) if code != 0 => batch.status = failed,
                    Some(_) => {}
                    None if batch.expired
                        && !sys.is_busybox()
                        && status != ExitStatus::Signal(Signal::KILL) =>
                    {
                        batch.status = 124;
                    }
                    None => {
                        batch.status = code;
                        // The command is busybox's own process, which the signal ends.
                        if batch.expired && matches!(status, ExitStatus::Signal(_)) {
                            let _ = sys.kill(i64::from(sys.pid()), Signal(batch.signal));
                        }
                    }
                }
            }
            Ok(Io::Blocked(wait)) => {
                let due = Time(batch.until);
                if batch.until != 0 && !batch.expired && sys.now() >= due {
                    batch.expired = true;
                    let _ = sys.kill(i64::from(batch.child), Signal(batch.signal));
                    tool.state = State::Batch(batch);
                    return None;
                }
                let mut waits = vec![wait];
                if batch.until != 0 && !batch.expired {
                    waits.push(Wait::Until(due));
                }
                tool.state = State::Batch(batch);
                return Some(Step::Block(waits));
            }
            Err(_) => batch.child = 0,
        }
    }
    let Some(command) = batch.commands.pop() else {
        tool.state = State::Done(batch.status);
        return None;
    };
    let name = sys.arguments().first().cloned().unwrap_or_default();
    match spawn(sys, command, &name) {
        Ok(pid) => {
            batch.child = pid;
            tool.state = State::Batch(batch);
        }
        Err(errno) => {
            tool.pending[1] = format!("{name}: can't fork: {errno}\n").into_bytes();
            tool.state = State::Done(1);
        }
    }
    None
}

pub fn timeout(c: C<'_, '_, '_>) -> Outcome {
    let mut signal = Signal::TERM;
    while let Some(flag) = c.arguments.first().filter(|a| a.starts_with('-')).cloned() {
        c.arguments.remove(0);
        if flag == "-s" || flag == "-k" {
            let value = if c.arguments.is_empty() { String::new() } else { c.arguments.remove(0) };
            signal = Signal::parse(&value).filter(|_| flag == "-s").unwrap_or(signal);
        }
    }
    if c.arguments.len() < 2 {
        c.complain("missing operand");
        return Outcome::Done(if c.sys.is_busybox() { 1 } else { 125 });
    }
    let text = c.arguments.remove(0);
    let Some(span) = super::system::duration(&text) else {
        c.complain(&format!("invalid time interval '{text}'"));
        return Outcome::Done(if c.sys.is_busybox() { 1 } else { 125 });
    };
    let until = if span == Span(0) { 0 } else { (c.sys.now() + span).0 };
    let commands = vec![std::mem::take(&mut c.arguments)];
    Outcome::State(State::Batch(Batch { commands, until, signal: signal.0, ..Batch::default() }))
}

pub fn nohup(c: C<'_, '_, '_>) -> Outcome {
    let mut command = std::mem::take(&mut c.arguments);
    if c.name != "nohup" {
        while command.first().is_some_and(|a| a.starts_with('-')) {
            let takes = command.remove(0) == "-n";
            command.drain(..usize::from(takes && !command.is_empty()));
        }
        if command.is_empty() {
            c.print("0\n");
            return Outcome::Done(0);
        }
        if c.name == "setsid" {
            let own = c.sys.pid();
            c.sys.new_group(own, own);
        }
        return execute(c, command);
    }
    if command.is_empty() {
        c.complain("missing operand");
        return Outcome::Done(125);
    }
    c.sys.set_disposition(Signal::HUP, Some(crate::kernel::signal::Disposition::Ignore));
    execute(c, command)
}

pub fn xargs(c: C<'_, '_, '_>) -> Outcome {
    let (mut skip_empty, mut zero, mut most, mut mark) = (false, false, usize::MAX, None);
    while let Some(flag) = c.arguments.first().filter(|a| a.starts_with('-')).cloned() {
        c.arguments.remove(0);
        skip_empty |= flag.contains('r');
        zero |= flag.contains('0');
        let letter = flag.chars().nth(1).unwrap_or(' ');
        if matches!(letter, 'n' | 'I' | 'L' | 'P') {
            let value = match flag.get(2..) {
                Some(rest) if !rest.is_empty() => rest.to_owned(),
                _ if c.arguments.is_empty() => String::new(),
                _ => c.arguments.remove(0),
            };
            match letter {
                'I' => mark = Some(value),
                'n' | 'L' => most = value.parse().unwrap_or(1).max(1),
                _ => {}
            }
        }
    }
    let Some(bytes) = c.input.clone() else { return Outcome::NeedsInput };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let words: Vec<String> = match (&mark, zero) {
        (_, true) => text.split('\0').filter(|w| !w.is_empty()).map(str::to_owned).collect(),
        (Some(_), _) => {
            text.lines().filter(|l| !l.trim().is_empty()).map(|l| l.trim_start().to_owned()).collect()
        }
        _ => text.split_whitespace().map(|w| w.replace(['\'', '"'], "")).collect(),
    };
    let mut command = std::mem::take(&mut c.arguments);
    if command.is_empty() {
        command.push("echo".to_owned());
    }
    let commands = match mark {
        Some(mark) => words.iter().map(|w| command.iter().map(|a| a.replace(&mark, w)).collect()).collect(),
        None if words.is_empty() && !skip_empty => vec![command],
        None => words.chunks(most.min(5000)).map(|part| [&command[..], part].concat()).collect(),
    };
    all(commands, 123)
}
