//! Programs: what the commands of every day do, over the system calls of their process.

/// The options of a program, or its end when there is one that it does not know.
macro_rules! options {
    ($c:expr, $flags:literal, $valued:literal) => {
        match $c.options($flags, $valued) {
            Ok(found) => found,
            Err(code) => return Outcome::Done(code),
        }
    };
}

mod table;
use table::PROGRAMS;
pub use table::{lookup, names};
mod files;
mod accounts;
mod awk;
mod columns;
mod interfaces;
mod nodes;
mod batch;
mod bytes;
mod namespace;
mod find;
mod date;
mod disk;
mod edit;
mod mode;
mod list;
mod listen;
pub mod http;
mod network;
mod transfer;
mod application;
pub mod packages;
mod ping;
pub mod service;
mod system;
mod processes;
mod identity;
mod text;
mod lines;
mod search;
mod sed;
mod tar;
mod private;
mod teacher;

use crate::engine::syscall::{Io, Open, Step, Sys};
use crate::kernel::descriptor::Object;
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::kernel::signal::{Disposition, Signal};
use crate::memory::Memory;
use crate::memory::tool::{Input, State, Tool};
use crate::shared::own;
use crate::time::{Span, Time};
use std::rc::Rc;
pub use system::begin_init;

/// A program at work: its arguments, and what it prints.
pub struct Context<'a, 'w> {
    /// System calls.
    pub sys: &'a mut Sys<'w>,
    /// The name it was called by.
    pub name: String,
    /// Its arguments without the name.
    pub arguments: Vec<String>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
    /// Standard input, once it was read to its end.
    pub input: Option<Vec<u8>>,
}

/// A program at work, to go on with.
pub(crate) type C<'a, 'b, 'w> = &'a mut Context<'b, 'w>;

/// How a program has ended.
pub enum Outcome {
    /// With this code.
    Done(u8),
    /// It must read standard input to its end first, and is then begun anew.
    NeedsInput,
    /// It goes on in this state.
    State(State),
}

impl Context<'_, '_> {
    /// Prints.
    pub fn print(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
    /// Prints on standard error, with the program's name.
    pub fn complain(&mut self, text: &str) {
        let line = format!("{}: {text}\n", self.name);
        self.err.extend_from_slice(line.as_bytes());
    }
    /// Complains about a file as this program's family words it.
    pub fn complain_file(&mut self, gnu_verb: &str, path: &str, errno: Errno) {
        if self.sys.is_busybox() || gnu_verb.is_empty() {
            let text = match (self.name.as_str(), errno) {
                ("mkdir", _) => format!("can't create directory '{path}': {errno}"),
                ("rmdir", _) => format!("'{path}': {errno}"),
                ("stat", _) => format!("can't stat '{path}': {errno}"),
                ("cp", Errno::EISDIR) => format!("omitting directory '{path}'"),
                ("unlink", _) => format!("can't remove file '{path}': {errno}"),
                ("mkfifo", _) => format!("{path}: {errno}"),
                ("cp" | "mv", _) => format!("can't create '{path}': {errno}"),
                _ => format!("{path}: {errno}"),
            };
            self.complain(&text);
        } else {
            self.complain(&format!("{gnu_verb} '{path}': {errno}"));
        }
    }
    /// Takes leading options: letters that stand alone, and letters that take a value.
    pub fn options(&mut self, flags: &str, valued: &str) -> Result<(String, Vec<(char, String)>), u8> {
        let mut set = String::new();
        let mut values = Vec::new();
        let mut rest = Vec::new();
        let mut arguments = std::mem::take(&mut self.arguments).into_iter();
        let mut only_operands = false;
        while let Some(argument) = arguments.next() {
            if only_operands || !argument.starts_with('-') || argument == "-" {
                rest.push(argument);
                continue;
            }
            if argument == "--" {
                only_operands = true;
                continue;
            }
            let mut letters = argument[1..].chars();
            while let Some(letter) = letters.next() {
                if valued.contains(letter) {
                    let attached: String = letters.by_ref().collect();
                    let value = if attached.is_empty() { arguments.next() } else { Some(attached) };
                    let Some(value) = value else {
                        self.complain(&format!("option requires an argument -- '{letter}'"));
                        return Err(1);
                    };
                    values.push((letter, value));
                } else if flags.contains(letter) {
                    set.push(letter);
                } else {
                    let words = match argument.starts_with("--") {
                        true => format!("unrecognized option '{argument}'"),
                        false => format!("invalid option -- '{letter}'"),
                    };
                    self.complain(&words);
                    let two = matches!(self.name.as_str(), "ls" | "grep" | "sort") && !self.sys.is_busybox();
                    return Err(if two { 2 } else { 1 });
                }
            }
        }
        self.arguments = rest;
        Ok((set, values))
    }
    /// The content of a file, or with `-` standard input; nothing when input must be read first.
    pub fn content(&mut self, path: &str) -> Option<Result<Rc<[u8]>, Errno>> {
        if path == "-" {
            return self.input.clone().map(|bytes| Ok(bytes.into()));
        }
        match self.sys.read_file(path) {
            // A device or a pipe by name is read like standard input; /dev/null is at its end at once.
            Err(Errno::EINVAL) => {
                let empty = self.sys.open(path, Open::READ).and_then(|fd| {
                    let end = matches!(self.sys.object(fd), Some(Object::Null));
                    self.sys.close(fd).map(|()| end)
                });
                match (empty, &self.input) {
                    (Ok(true), _) => Some(Ok([].into())),
                    (Ok(false), Some(bytes)) => Some(Ok(bytes.as_slice().into())),
                    (Ok(false), None) => match self.sys.take_input(path) {
                        Ok(()) => None,
                        Err(errno) => Some(Err(errno)),
                    },
                    (Err(errno), _) => Some(Err(errno)),
                }
            }
            other => Some(other),
        }
    }
}

/// Runs a program for a while.
pub fn step(sys: &mut Sys<'_>, mut memory: Rc<Tool>) -> (Memory, Step) {
    let tool = own(&mut memory);
    let step = run(sys, tool);
    match step {
        Step::Exit(_) | Step::Replaced => (Memory::Fresh, step),
        other => (Memory::Tool(memory), other),
    }
}

fn run(sys: &mut Sys<'_>, tool: &mut Tool) -> Step {
    // Others get their turn too, when input and output never make it wait.
    for _ in 0..64 {
        if sys.is_out_of_memory() {
            return Step::Block(vec![Wait::Signal]);
        }
        if let Some(wait) = flush(sys, tool) {
            return Step::Block(vec![wait]);
        }
        if sys.is_dying() {
            return Step::Block(vec![Wait::Signal]);
        }
        let state = std::mem::take(&mut tool.state);
        match state {
            State::Done(code) => return Step::Exit(code),
            State::Begin => begin(sys, tool, None),
            State::Input(mut input) => match sys.read(0, 65_536) {
                Ok(Io::Ready(bytes)) if !bytes.is_empty() => {
                    input.bytes.extend(bytes);
                    sys.spend(Span(100));
                    let base = *input.base.get_or_insert(sys.resident());
                    if sys.set_resident(base + input.bytes.len() as u64) {
                        return Step::Block(vec![Wait::Signal]);
                    }
                    if is_head(sys) && text::has_enough(&sys.arguments(), &input.bytes) {
                        begin(sys, tool, Some(input.bytes));
                    } else {
                        tool.state = State::Input(input);
                    }
                }
                Ok(Io::Blocked(wait)) => {
                    tool.state = State::Input(input);
                    return Step::Block(vec![wait]);
                }
                _ => begin(sys, tool, Some(input.bytes)),
            },
            State::Sleep(until) => {
                if sys.now() >= Time(until) {
                    tool.state = State::Done(0);
                } else {
                    tool.state = State::Sleep(until);
                    return Step::Block(vec![Wait::Until(Time(until))]);
                }
            }
            State::Copy(follow) => {
                if let Some(step) = text::copy(sys, tool, follow) {
                    return step;
                }
            }
            State::Child(pid) => {
                if let Some(step) = system::wait_for_child(sys, tool, pid) {
                    return step;
                }
            }
            State::Ping(ping) => {
                if let Some(step) = ping::go_on_pinging(sys, tool, ping) {
                    return step;
                }
            }
            State::Exchange(exchange) => {
                if let Some(step) = transfer::exchange(sys, tool, exchange) {
                    return step;
                }
            }
            State::Serve(server) => {
                if let Some(step) = service::serve(sys, tool, server) {
                    return step;
                }
            }
            State::Application(running) => {
                if let Some(step) = application::go_on(sys, tool, running) {
                    return step;
                }
            }
            State::Watch(watch) => {
                if let Some(step) = packages::watch(sys, tool, watch) {
                    return step;
                }
            }
            State::Repeat(line) => {
                tool.pending[0] = line.repeat(4096 / line.len().max(1) + 1).into_bytes();
                tool.state = State::Repeat(line);
                sys.spend(Span::millis(1));
            }
            State::Batch(batch) => {
                if let Some(step) = batch::go_on(sys, tool, batch) {
                    return step;
                }
            }
            State::Edit(edit) => {
                if let Some(step) = edit::go_on(sys, tool, edit) {
                    return step;
                }
            }
            State::Replaced => return Step::Replaced,
        }
    }
    Step::Continue
}

fn is_head(sys: &Sys<'_>) -> bool {
    let arguments = sys.arguments();
    &*sys.program() == "gnu/head" || arguments.first().is_some_and(|a| a.rsplit('/').next() == Some("head"))
}

/// Begins a program, or begins it anew with its input.
fn begin(sys: &mut Sys<'_>, tool: &mut Tool, input: Option<Vec<u8>>) {
    let arguments = sys.arguments();
    let zeroth = arguments.first().map_or("", String::as_str);
    let mut name = zeroth.rsplit('/').next().unwrap_or(zeroth).to_owned();
    let mut rest: Vec<String> = arguments.iter().skip(1).cloned().collect();
    let declared = sys.program();
    if let Some(own) = declared.strip_prefix("gnu/") {
        own.clone_into(&mut name);
    } else if &*declared != "busybox" {
        declared.to_string().clone_into(&mut name);
    } else if name == "busybox" && !rest.is_empty() {
        name = rest.remove(0);
    }
    if listen::version(sys, tool, &name, &rest)
        || service::begin(sys, tool, &name)
        || application::begin(sys, tool, &name, &rest)
        || packages::begin(sys, tool, &name, &rest)
    {
        return;
    }
    let Some(program) = lookup(&name) else {
        let text = format!(
            "{name}: this program is there, but Drydock does not simulate what it does; `help` lists what can be typed\n"
        );
        tool.pending[1] = text.into_bytes();
        tool.state = State::Done(1);
        return;
    };
    let mut context = Context { sys, name, arguments: rest, out: Vec::new(), err: Vec::new(), input };
    let outcome = (program.run)(&mut context);
    let (out, err) = (context.out, context.err);
    match outcome {
        Outcome::Done(code) => {
            tool.state = State::Done(code);
            tool.pending = [out, err];
        }
        Outcome::NeedsInput => tool.state = State::Input(Input::default()),
        Outcome::State(state) => {
            tool.state = state;
            tool.pending = [out, err];
        }
    }
}

/// Gives output away; a wait when it is not taken.
fn flush(sys: &mut Sys<'_>, tool: &mut Tool) -> Option<Wait> {
    for (n, fd) in [(0, 1), (1, 2)] {
        while !tool.pending[n].is_empty() {
            match sys.write(fd, &tool.pending[n]) {
                Ok(Io::Ready(count)) => {
                    tool.pending[n].drain(..count);
                }
                Ok(Io::Blocked(wait)) => return Some(wait),
                Err(errno) => {
                    tool.pending[n].clear();
                    if fd == 1 && errno != Errno::EPIPE {
                        tool.state = State::Done(1);
                    }
                }
            }
        }
    }
    None
}

/// Waits for a while.
pub fn after(sys: &Sys<'_>, span: Span) -> State {
    State::Sleep((sys.now() + span).0)
}

/// Signals that a long-running program ends cleanly by.
pub fn ends_by(sys: &mut Sys<'_>, signals: &[Signal]) {
    for signal in signals {
        sys.set_disposition(*signal, Some(Disposition::Handle));
    }
}

/// Reads what has come over a connection, and adds what has to be waited for; true when the other side has ended.
pub fn receive(sys: &mut Sys<'_>, fd: u32, received: &mut Vec<u8>, waits: &mut Vec<Wait>) -> bool {
    loop {
        match sys.read(fd, 1 << 20) {
            Ok(Io::Ready(bytes)) if !bytes.is_empty() => received.extend(bytes),
            Ok(Io::Blocked(wait)) => {
                waits.push(wait);
                return false;
            }
            _ => return true,
        }
    }
}
