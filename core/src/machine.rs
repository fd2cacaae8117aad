//! The machine: it takes what is due off the agenda, and steps processes.

use crate::agenda::Task;
use crate::engine::syscall::{Step, Sys};
use crate::engine::{World, perform, process};
use crate::kernel::process::{ExitStatus, Pid, ProcessState, Wait};
use crate::kernel::terminal::TerminalId;
use crate::memory::Memory;
use crate::shared::own;
use crate::time::{Span, Time};
use crate::{cli, program, shell};
use std::rc::Rc;

/// Brings a World to a time: everything due until then is done, in order. True when there was something to do.
pub fn reach(world: &mut World, until: Time) -> bool {
    let mut done = false;
    while let Some((id, entry)) = world.agenda.take_due(until) {
        world.now = id.due;
        done = true;
        match entry.task {
            Task::Run(pid) => run(world, pid),
            task => perform::perform(world, task),
        }
    }
    world.now = world.now.max(until);
    done
}

/// Does the next thing that is due; false when nothing is.
pub fn advance(world: &mut World) -> bool {
    let Some(due) = world.agenda.next_due() else { return false };
    reach(world, due);
    true
}

/// Steps a process once.
fn run(world: &mut World, pid: Pid) {
    let Some(process) = world.kernel.process_mut(pid) else { return };
    process.scheduled = false;
    if process.frozen || process.state != ProcessState::Ready {
        return;
    }
    let memory = std::mem::take(&mut process.memory);
    let mut sys = Sys::new(world, pid);
    let (memory, step) = dispatch(&mut sys, memory);
    let spent = sys.settle();
    let Some(process) = world.kernel.process_mut(pid).filter(|p| !p.is_zombie()) else { return };
    process.cpu = process.cpu + spent;
    match step {
        Step::Exit(code) => process::exit(world, pid, ExitStatus::Code(code)),
        // What it did before a pipe was full or empty takes its time, or two ends of one would never let time pass.
        Step::Block(waits)
            if spent.0 > 0 && pays(&memory) && waits.iter().any(|w| matches!(w, Wait::Pipe(_))) =>
        {
            process.memory = memory;
            world.ready(pid, spent);
        }
        Step::Block(waits) => {
            process.memory = memory;
            world.sleep(pid, waits);
            let pending = world.kernel.process(pid).is_some_and(|p| !p.pending.is_empty());
            if pending && world.kernel.unblock(pid) {
                world.ready(pid, Span(1));
            }
        }
        Step::Continue => {
            process.memory = memory;
            world.ready(pid, Span(spent.0.max(1)));
        }
        Step::Replaced => world.ready(pid, Span(spent.0.max(1))),
    }
}

/// Programs that spend time only on what they do, never on waiting.
const fn pays(memory: &Memory) -> bool {
    matches!(memory, Memory::Shell(_) | Memory::Tool(_))
}

fn dispatch(sys: &mut Sys<'_>, memory: Memory) -> (Memory, Step) {
    match memory {
        Memory::Shell(shell) => shell::step(sys, shell),
        Memory::Client(client) => cli::step(sys, client),
        Memory::Tool(tool) => program::step(sys, tool),
        Memory::Fresh => {
            let program = sys.program();
            let arguments = sys.arguments();
            let zeroth = arguments.first().map_or("", String::as_str);
            let name = zeroth.rsplit('/').next().unwrap_or(zeroth).trim_start_matches('-');
            if shell::is_shell(&program, name) {
                let memory = shell::begin(sys);
                shell::step(sys, memory)
            } else if &*program == "docker" {
                cli::step(sys, Rc::default())
            } else {
                program::step(sys, Rc::default())
            }
        }
    }
}

/// Types a line at the learner's terminal, as if a person did: it is shown, and whoever reads there gets it.
pub fn type_line(world: &mut World, line: &str) {
    let Some(terminal) = world.kernel.terminals.get_mut(&TerminalId::LEARNER).map(own) else {
        return;
    };
    let text = format!("{line}\n");
    terminal.write(text.as_bytes());
    terminal.input.push_back(text.as_str().into());
    world.note(crate::event::What::Typed(line.to_owned()));
    world.wake(Wait::Terminal(TerminalId::LEARNER));
}

/// Ctrl-D: the end of input.
pub fn type_end(world: &mut World) {
    let Some(terminal) = world.kernel.terminals.get_mut(&TerminalId::LEARNER).map(own) else {
        return;
    };
    terminal.input.push_back("".into());
    world.wake(Wait::Terminal(TerminalId::LEARNER));
}

/// Ctrl-C: SIGINT for the foreground of the learner's terminal.
pub fn interrupt(world: &mut World) {
    let Some(terminal) = world.kernel.terminals.get_mut(&TerminalId::LEARNER).map(own) else {
        return;
    };
    terminal.write(b"^C");
    let Some(group) = terminal.foreground else { return };
    for pid in process::group_members(world, group) {
        process::send(world, pid, crate::kernel::signal::Signal::INT, false);
    }
}

/// What one command of a fed shell has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit status; nothing when the command never ended.
    pub status: Option<u8>,
}

/// The longest that one command may take: an hour of simulated time, and so many things done.
const PATIENCE: (Span, u64) = (Span::seconds(3_600), 20_000_000);

/// Runs one command in a World made by [`World::measured`], until it has ended.
pub fn run_command(world: &mut World, command: &str) -> Outcome {
    let pid = world.shell;
    settle(world, pid);
    if let Some(Memory::Shell(memory)) = world.kernel.process_mut(pid).map(|p| &mut p.memory) {
        shell::feed(own(memory), command);
    }
    let began = world.now;
    world.kernel.unblock(pid);
    world.ready(pid, Span::millis(1));
    let ended = settle_within(world, pid, began + PATIENCE.0);
    let stdout = collect(world, pid, 1);
    let stderr = collect(world, pid, 2);
    let status = match world.kernel.process(pid).map(|p| (&p.memory, &p.state)) {
        Some((Memory::Shell(shell), _)) if ended => Some(shell.status),
        Some((_, ProcessState::Zombie(status))) => Some(status.code()),
        _ => None,
    };
    Outcome { stdout, stderr, status }
}

fn settle(world: &mut World, pid: Pid) {
    let until = world.now + PATIENCE.0;
    settle_within(world, pid, until);
}

fn settle_within(world: &mut World, pid: Pid, until: Time) -> bool {
    for _ in 0..PATIENCE.1 {
        let idle = match world.kernel.process(pid) {
            Some(process) => match &process.memory {
                Memory::Shell(shell) => {
                    shell::is_idle(shell) && matches!(process.state, ProcessState::Sleeping(_))
                }
                _ => process.is_zombie(),
            },
            None => true,
        };
        if idle {
            return true;
        }
        if world.now > until || !advance(world) {
            return false;
        }
    }
    false
}

fn collect(world: &mut World, pid: Pid, fd: u32) -> String {
    use crate::kernel::descriptor::Object;
    let id = world.kernel.process(pid).and_then(|p| p.descriptors.get(&fd).copied());
    let description = id.and_then(|id| world.kernel.descriptions.get_mut(&id));
    match description.map(|d| &mut d.object) {
        Some(Object::Capture(bytes)) => String::from_utf8_lossy(&std::mem::take(bytes)).into_owned(),
        _ => String::new(),
    }
}
