//! Compiled shell code: flat lists of instructions with jumps.

use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A list of instructions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// The instructions.
    pub ops: Vec<Op>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Runs code in a child and keeps what it prints for the next command.
    Substitute(Rc<Code>),
    /// A simple command. With `true`, a failure ends the shell under `set -e`.
    Simple(Rc<Simple>, bool),
    /// Each part in a child, connected by pipes; `true` as above.
    Pipeline(Rc<[Rc<Code>]>, bool),
    /// Code in a child that is not waited for, with its text.
    Background(Rc<Code>, Rc<str>),
    /// Code in a child.
    Subshell(Rc<Code>, bool),
    /// Redirections for the code until [`Op::Restore`]; past it when they fail.
    Redirect(Rc<[Redirect]>, usize),
    /// Puts descriptors back.
    Restore,
    /// Turns the status round.
    Not,
    /// Goes on there.
    Jump(usize),
    /// Goes on there when the status is not zero.
    JumpIfFailed(usize),
    /// Goes on there when the status is zero.
    JumpIfDone(usize),
    /// Enters a loop: its end and where it goes on.
    Enter(usize, usize),
    /// Enters a `for` over words; without words, over `"$@"`.
    EnterFor(Option<Rc<[Word]>>, usize, usize),
    /// Takes the next value of `for` into a variable, or goes there.
    Next(Rc<str>, usize),
    /// Leaves a loop.
    Leave,
    /// Begins a `case`.
    Case(Rc<Word>),
    /// Goes there when no pattern fits.
    Match(Rc<[Word]>, usize),
    /// Ends a `case`.
    EndCase,
    /// Defines a function.
    Function(Rc<str>, Rc<Code>),
    /// Sets the status.
    Status(u8),
    /// `(( ))`.
    Arithmetic(Rc<Word>, bool),
    /// `[[ ]]`.
    Test(Rc<TestExpression>, bool),
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Simple {
    /// Assignments: name, value, appended.
    pub assignments: Vec<(Rc<str>, Word, bool)>,
    /// Words.
    pub words: Vec<Word>,
    /// Redirections.
    pub redirects: Vec<Redirect>,
    /// The line it begins in.
    pub line: u32,
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redirect {
    /// Which descriptor.
    pub fd: u32,
    /// To what.
    pub target: Target,
}

/// What a descriptor is redirected to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// A file for reading.
    Read(Word),
    /// A file, emptied.
    Write(Word),
    /// A file, at its end.
    Append(Word),
    /// A file for both.
    Both(Word),
    /// Another descriptor, or `-`.
    Duplicate(Word),
    /// A text: a here-document or here-string.
    Text(Word),
    /// Standard output and standard error to a file; `true` at its end.
    All(Word, bool),
}

/// A word: parts that are expanded one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The parts.
    pub parts: Vec<Part>,
}

/// A part of a word. The flag says that it is quoted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// A text.
    Text(Rc<str>, bool),
    /// A parameter.
    Parameter(Rc<Parameter>, bool),
    /// The output of the command substitution with this number.
    Output(usize, bool),
    /// An arithmetic expression.
    Arithmetic(Rc<Word>, bool),
    /// `~` or `~user`.
    Tilde(Rc<str>),
}

/// A parameter and what is done with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name: a variable, a number, or one of `@*#?-$!0`.
    pub name: Rc<str>,
    /// What is done.
    pub action: Action,
}

/// What is done with a parameter's value. The flag: an empty value counts as unset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// Nothing.
    Value,
    /// `${x:-w}`.
    Default(Word, bool),
    /// `${x:=w}`.
    Assign(Word, bool),
    /// `${x:?w}`.
    Require(Word, bool),
    /// `${x:+w}`.
    Alternative(Word, bool),
    /// `${#x}`.
    Length,
    /// `${x#w}`, `${x##w}`.
    Prefix(Word, bool),
    /// `${x%w}`, `${x%%w}`.
    Suffix(Word, bool),
    /// `${x:offset:length}`.
    Substring(Word, Option<Word>),
    /// `${x/pattern/text}`; the flag: everywhere.
    Replace(Word, Word, bool),
    /// `${x^^}` and `${x,,}`, `${x^}` and `${x,}`: upper, whole.
    Case(bool, bool),
    /// Something this shell does not know, as it was written.
    Bad(Rc<str>),
}

/// An expression of `[[ ]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TestExpression {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// One.
    Or(Box<Self>, Box<Self>),
    /// Not.
    Not(Box<Self>),
    /// An operator and its operands.
    Primary(Vec<Word>, Rc<str>),
}
