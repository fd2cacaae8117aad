//! A running shell as data: compiled code, where it is in it, its variables, and what it waits for.

pub mod code;

use super::environment::Environment;
use crate::shared::Map;
use code::Code;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A shell. `Clone` is cheap: that is `fork`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shell {
    /// Code that runs, the innermost last.
    pub frames: Vec<Frame>,
    /// Variables.
    pub variables: Rc<Map<Rc<str>, Variable>>,
    /// Functions.
    pub functions: Rc<Map<Rc<str>, Rc<Code>>>,
    /// Traps: `TERM`, `EXIT` and the like, with their commands.
    pub traps: Rc<Map<String, String>>,
    /// `$0`.
    pub name: Rc<str>,
    /// `$1` and the rest.
    pub positional: Rc<[Rc<str>]>,
    /// `$?`.
    pub status: u8,
    /// `$$`.
    pub pid: u32,
    /// `$!`.
    pub last_background: Option<u32>,
    /// Children in the background, by pid, with their text.
    pub jobs: Vec<(u32, Rc<str>)>,
    /// `set -e`, `-u`, `-x`, `-f`.
    pub options: Options,
    /// Where commands come from.
    pub source: Source,
    /// What it waits for.
    pub waiting: Waiting,
    /// A child that has not begun: descriptors to move, then to close.
    pub setup: Option<(Vec<(u32, u32)>, Vec<u32>)>,
    /// A command to execute at once: this is a child that was forked for it.
    pub execute: Option<Rc<Execution>>,
    /// Bytes that a builtin has printed and that were not taken yet, with their descriptor.
    pub pending: Vec<(u32, Vec<u8>)>,
    /// Steps done since the last pause.
    pub steps: u64,
    /// An exit is on its way: the EXIT trap has been started.
    pub leaving: Option<u8>,
    /// The words that `sh -c` and files begin their error messages with.
    pub reads_file: bool,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// Its value.
    pub value: Rc<str>,
    /// Children get it.
    pub exported: bool,
    /// It cannot be changed.
    pub read_only: bool,
}

/// Shell options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// `-e`: end at the first failure.
    pub errexit: bool,
    /// `-u`: an unset variable is an error.
    pub nounset: bool,
    /// `-x`: show commands.
    pub xtrace: bool,
    /// `-f`: no globs.
    pub noglob: bool,
    /// `-i`: interactive.
    pub interactive: bool,
    /// `-o pipefail`: a pipeline fails with any part of it.
    pub pipefail: bool,
}

/// Where commands come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// Not decided yet.
    #[default]
    Fresh,
    /// A text that is known whole: `-c`, a file.
    Text,
    /// Standard input, line by line; lines that are not a whole command yet.
    Input(String),
    /// Whoever drives the shell gives it one command after the other.
    Fed(Option<Rc<str>>),
}

/// Code at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The code.
    pub code: Rc<Code>,
    /// The next instruction.
    pub at: usize,
    /// What it is.
    pub kind: FrameKind,
    /// Loops it is in: where `break` and `continue` lead.
    pub loops: Vec<Loop>,
    /// What command substitutions have printed, for the next command.
    pub outputs: Vec<Rc<str>>,
    /// Subjects of `case`.
    pub subjects: Vec<Rc<str>>,
    /// Descriptors to put back, innermost last.
    pub saved: Vec<Vec<Saved>>,
    /// Somebody looks at the status of all this: `set -e` does not apply.
    pub lenient: bool,
}

/// A descriptor to put back: its number and where it was kept, if it was open.
pub type Saved = (u32, Option<u32>);

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FrameKind {
    /// The script itself.
    Main,
    /// A function: the caller's positional parameters and the variables that `local` hides.
    Function(Rc<[Rc<str>]>, Vec<(Rc<str>, Option<Variable>)>),
    /// `eval`, `.`: like the code around it.
    Inline,
    /// A trap: `$?` is put back.
    Trap(u8),
}

/// A loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    /// Where `break` leads.
    pub end: usize,
    /// Where `continue` leads.
    pub next: usize,
    /// Values of `for` that are left, the next one last.
    pub values: Vec<Rc<str>>,
    /// How many redirections were open around it.
    pub saved: usize,
}

/// What a shell waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Waiting {
    /// Nothing.
    #[default]
    Nothing,
    /// Children of a pipeline, with their exit codes when known; `true`: a failure counts for `set -e`.
    Children(Vec<(u32, Option<u8>)>, bool),
    /// A command substitution: the pipe, the child, what has come.
    Output(u32, u32, Vec<u8>),
    /// The builtin `wait`: for one child, or all.
    Job(Option<u32>),
    /// The builtin `read`: the variables, what has come, raw.
    Read(Rc<[Rc<str>]>, Vec<u8>, bool),
}

/// A command for a forked child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The file.
    pub path: String,
    /// `argv`.
    pub arguments: Vec<String>,
    /// The environment.
    pub environment: Environment,
}
