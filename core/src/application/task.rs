//! Tasks: what an application is in the middle of, as a stack of what is still to be done.

use super::value::Value;
use crate::sql::Cell;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What an application asks of the system, and waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// The text of a file.
    Read(String),
    /// To write a text to a file, at its end with `true`.
    Write(String, String, bool),
    /// Whether something is at a path.
    Exists(String),
    /// The names in a directory.
    List(String),
    /// To make a directory and those above it.
    MakeDirectory(String),
    /// To remove a file.
    Remove(String),
    /// A module by its file: its text.
    Load(String),
    /// To wait until a time (microseconds).
    Until(u64),
    /// The answer of a redis server to a command.
    Redis(String, u16, Vec<String>),
    /// The answer of an HTTP server: host, port, the request.
    Http(String, u16, String),
    /// To be connected: host, port, and until when to try again (microseconds).
    Connect(String, u16, u64),
    /// A statement for a database in a file.
    Sqlite(String, String, Vec<Cell>),
    /// A statement for a database server: the protocol's name, the connection's options, statement, values.
    Database(String, Vec<(String, String)>, String, Vec<Cell>),
}

/// How what is running comes to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Completion {
    /// `return`.
    Return(Value),
    /// An exception.
    Throw(Value),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// What happens with a value once it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum After {
    /// It settles a promise.
    Settle(u32),
    /// A callback gets it: `(error, value)`.
    Callback(Value),
    /// Another value takes its place.
    Give(Value),
    /// `new`: an object takes its place, unless it is one itself.
    Construct(u32),
    /// A file's text is the answer to a request; without one the next handler is asked.
    File(u32, String),
    /// A text is filled in as a template with these values.
    Render(Value),
    /// It is the reply of a handler (Flask).
    Reply(u32),
    /// The text of a module that is to be run.
    Module(String),
    /// A module has run: this is what it gives.
    Exports(u32),
    /// What a module gives is taken by these names (Python); without such a file, what is installed.
    Names(u32),
    /// The library is installed: these names are taken of it.
    Installed(u32),
    /// When there is no such file, this kind of error with these words.
    Missing(Rc<str>, Rc<str>),
    /// The text is JSON.
    Json,
    /// It must be what a library makes of an answer.
    Shape(Rc<str>),
    /// The next of some paths is tried when there is none.
    Paths(Vec<String>),
}

/// What is still to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Frame {
    /// A node: its module, itself, how far it has come, where its values begin.
    Node(u32, u32, u32, u32),
    /// A function: the scope to go back to, where its values begin, module and name for a trace.
    Call(u32, u32, u32, Rc<str>),
    /// Something is done with each item of a list: what, the function, items left (the next one last), results.
    Each(Rc<str>, Value, Vec<Value>, Vec<Value>, u32),
    /// A value is waited for.
    After(After, u32),
    /// A `finally` is gone through; then it ends so.
    Complete(Completion),
}

/// What a task waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum TaskState {
    /// Nothing.
    #[default]
    Ready,
    /// An answer of the system.
    Asking(Ask),
    /// A promise.
    Promise(u32),
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its number.
    pub id: u32,
    /// What is still to be done, the next one last.
    pub frames: Vec<Frame>,
    /// Values that were reckoned and not used yet.
    pub values: Vec<Value>,
    /// The scope it is in.
    pub scope: u32,
    /// What it waits for.
    pub state: TaskState,
    /// The response object that it makes, for a request.
    pub response: u32,
    /// The promise that it settles.
    pub promise: u32,
    /// It has made another task that goes first.
    pub yields: bool,
}

/// What a step has come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// A value.
    Value(Value),
    /// An exception.
    Throw(Value),
    /// The system is asked.
    Ask(Ask),
    /// A function is called: function, arguments, `this`.
    Call(Value, Vec<Value>, Value),
    /// A frame is put on the stack.
    Push(Frame),
    /// What is running ends so.
    Complete(Completion),
    /// All is done.
    Done,
    /// Something is done with the value of another flow.
    After(After, Box<Flow>),
}

impl Flow {
    /// No value.
    pub const NOTHING: Self = Self::Value(Value::Nothing);
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Value(Value::Text(text.into()))
    }
    /// What is done with its value.
    pub fn then(self, after: After) -> Self {
        Self::After(after, Box::new(self))
    }
}
