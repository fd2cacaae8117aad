//! The `docker` client: it reads a command line, asks the daemon, waits, and prints.

mod account;
mod archive;
mod behaviour;
pub mod complete;
mod build;
mod buildx;
mod check;
mod container;
mod copy;
mod create;
mod events;
mod help;
mod image;
mod inspect;
mod list;
mod manifest;
mod mount;
mod network;
mod filter;
pub mod parse;
mod prune;
mod ports;
mod rows;
mod system;
pub mod table;
pub mod template;
pub mod units;
mod usage;
mod volume;

use crate::engine::DaemonError;
use crate::engine::syscall::{Io, Step, Sys};
use crate::event::What;
use crate::kernel::process::Wait;
use crate::memory::Memory;
use crate::memory::client::{Client, Stage};
use crate::shared::own;
use crate::time::Span;
pub use inspect::{look, pretty};
use parse::{Invocation, Refusal};
use std::rc::Rc;

/// What a step of a command has come to.
pub enum Turn {
    /// It has ended with this status.
    Done(u8),
    /// It waits.
    Wait(Vec<Wait>),
    /// It goes on at once.
    Go,
}

/// A command at work.
pub struct Context<'a, 'w> {
    /// System calls.
    pub sys: &'a mut Sys<'w>,
    /// The command line.
    pub line: &'a Invocation,
    /// How far it has come.
    pub client: &'a mut Client,
}

impl Context<'_, '_> {
    /// Prints.
    pub fn print(&mut self, text: &str) {
        let _ = self.sys.write(1, text.as_bytes());
    }
    /// Prints on standard error.
    pub fn complain(&mut self, text: &str) {
        let _ = self.sys.write(2, text.as_bytes());
    }
    /// Prints a refusal of the daemon.
    pub fn refused(&mut self, error: &DaemonError) {
        self.note(error);
        let text = format!("Error response from daemon: {}\n", error.message);
        self.complain(&text);
        self.client.failed = true;
    }
    /// Remembers a refusal for `explain` and the Narrator.
    pub fn note(&mut self, error: &DaemonError) {
        crate::engine::rule::refuse(self.sys.world, &error.message, &error.cause);
    }
    /// Prints bytes that may be more than a pipe takes at once, and ends.
    pub fn deliver(&mut self, bytes: Vec<u8>) -> Turn {
        self.client.input = bytes;
        self.client.stage = Stage::Delivering;
        Turn::Go
    }
    /// Reads standard input to its end, into the client's memory: what to wait for, or nothing when all is there.
    pub fn read_input(&mut self) -> Option<Wait> {
        while !self.client.input_done {
            match self.sys.read(0, 65_536) {
                Ok(Io::Blocked(wait)) => return Some(wait),
                Ok(Io::Ready(bytes)) if !bytes.is_empty() => self.client.input.extend(bytes),
                _ => self.client.input_done = true,
            }
        }
        None
    }
    /// Ends with 1 when an argument failed.
    pub fn end(&self) -> Turn {
        Turn::Done(u8::from(self.client.failed))
    }
}

/// The daemon's own words: what is asked for lives in a swarm, and there is none here.
const NO_SWARM: &str = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

/// What is said about a command that is not simulated; nothing for words that are no command. `second` is the word
/// after the first, for a group of which some commands are simulated.
pub fn not_simulated(first: &str, second: Option<&str>) -> Option<String> {
    let [_, below, near] = table::absent().find(|row| row[0] == first)?;
    if second.is_some_and(|word| !below.split(' ').any(|b| b == word)) {
        return None;
    }
    if near == "swarm" {
        return Some(format!("{}{NO_SWARM}\n", parse::DAEMON));
    }
    let path = second.map_or_else(|| first.to_owned(), |word| format!("{first} {word}"));
    Some(format!("docker {path}: not simulated here; {near}\n"))
}

/// Runs the client for a while.
pub fn step(sys: &mut Sys<'_>, mut memory: Rc<Client>) -> (Memory, Step) {
    let client = own(&mut memory);
    let arguments = sys.arguments();
    let line = match parse::parse(&arguments[1.min(arguments.len())..]) {
        Ok(line) => line,
        Err(refusal) => return (Memory::Fresh, refuse(sys, &refusal)),
    };
    if sys.stat("/var/run/docker.sock").is_err() {
        let text = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
        return (Memory::Fresh, refuse(sys, &Refusal::error(1, text)));
    }
    let mut turns = 0;
    let step = loop {
        turns += 1;
        let mut context = Context { sys, line: &line, client };
        match run(&mut context) {
            Ok(Turn::Done(status)) => break Step::Exit(status),
            Ok(Turn::Wait(waits)) => break Step::Block(waits),
            Ok(Turn::Go) if turns < 10_000 => {}
            Ok(Turn::Go) => break Step::Continue,
            Err(refusal) => break refuse(sys, &refusal),
        }
    };
    sys.spend(Span::millis(8));
    (Memory::Client(memory), step)
}

fn refuse(sys: &mut Sys<'_>, refusal: &Refusal) -> Step {
    let _ = sys.write(1, refusal.stdout.as_bytes());
    let _ = sys.write(2, refusal.stderr.as_bytes());
    if !refusal.stderr.is_empty() && refusal.status != 0 {
        // Of a build that failed, the error stands under the lines around the mistake.
        const BUILD: &str = "ERROR: failed to build: ";
        let mut lines = refusal.stderr.lines();
        let first = lines.clone().next().unwrap_or_default();
        let message = lines.find_map(|l| l.strip_prefix(BUILD)).unwrap_or(first);
        let message = message.strip_prefix("docker: ").unwrap_or(message);
        let message = message.strip_prefix(parse::DAEMON).unwrap_or(message);
        // What was noted already, with the fact behind it, is not noted again.
        let last = sys.world.events.last().filter(|e| e.time == sys.world.now);
        let noted = last
            .is_some_and(|e| matches!(&*e.what, What::Refused { message: m, .. } if m.starts_with(message)));
        if !noted {
            crate::engine::rule::refuse(sys.world, message, &refusal.cause);
        }
    }
    Step::Exit(refusal.status)
}

/// Goes on with [`Context::deliver`].
fn drain(c: &mut Context<'_, '_>) -> Turn {
    while !c.client.input.is_empty() {
        match c.sys.write(1, &c.client.input) {
            Ok(Io::Blocked(wait)) => return Turn::Wait(vec![wait]),
            Ok(Io::Ready(count)) => drop(c.client.input.drain(..count)),
            Err(_) => return Turn::Done(1),
        }
    }
    Turn::Done(0)
}

fn run(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if c.client.stage == Stage::Delivering {
        return Ok(drain(c));
    }
    let path = c.line.command.path;
    match behaviour::behaviour(path) {
        Some(behaviour) => behaviour(c),
        None => {
            let name = path.strip_prefix("container ").unwrap_or(path);
            let text = format!(
                "docker {name}: not simulated yet; `docker --help` lists the commands, and `help` the programs beside it\n"
            );
            Err(Refusal::error(1, text))
        }
    }
}

/// The stage after a wait: nothing when the command has not begun.
pub fn begun(c: &Context<'_, '_>) -> bool {
    c.client.stage != Stage::Begin
}
