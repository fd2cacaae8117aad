//! What command-line tools and services remember while they wait.

use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A tool that waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Output that was not taken yet, on standard output and standard error.
    pub pending: [Vec<u8>; 2],
    /// What it does when it goes on.
    pub state: State,
}

/// How far a tool has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum State {
    /// Not begun.
    #[default]
    Begin,
    /// Ended, with output still to be taken.
    Done(u8),
    /// Reading input until its end: descriptors that are open, what has come.
    Input(Input),
    /// Sleeping until this time (microseconds).
    Sleep(u64),
    /// `ping`.
    Ping(Ping),
    /// A client of TCP: `curl`, `wget`, `nc`, `redis-cli`.
    Exchange(Exchange),
    /// A server.
    Serve(Server),
    /// A learner's application.
    Application(Box<super::application::Running>),
    /// A program that is started again when files change.
    Watch(Watch),
    /// Waiting for a child process.
    Child(u32),
    /// Copying standard input, or with a path the growing end of a file, to standard output.
    Copy(Option<Follow>),
    /// Another program was executed.
    Replaced,
    /// Printing the same line for ever.
    Repeat(String),
    /// Running commands one after the other.
    Batch(Batch),
    /// An editor: whoever sits at its terminal has the file.
    Edit(Box<Edit>),
}

/// An editor at work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// The name it was called by.
    pub name: String,
    /// The file as it was named; empty without one.
    pub file: String,
    /// Its absolute path in the process's mount namespace.
    pub path: String,
    /// The file's text as it was read, or saved last.
    pub text: Rc<str>,
    /// The process may not write the file.
    pub read_only: bool,
    /// The status line.
    pub said: String,
    /// The last save failed.
    pub failed: bool,
    /// Counts what the status line says.
    pub turn: u32,
    /// What was asked for at the editor and is not done yet.
    pub wish: Option<Wish>,
    /// Further files, the next one last.
    pub rest: Vec<String>,
}

/// What is asked for at an editor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    /// To write this text into the file.
    Save(Rc<str>),
    /// To leave the file: the program goes on with the next one, or ends.
    Leave,
}

/// Commands that are run one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// What is still to be run, the next one last.
    pub commands: Vec<Vec<String>>,
    /// The child that runs, or zero.
    pub child: u32,
    /// The exit code so far.
    pub status: u8,
    /// The exit code when a child fails; without one, the child's own.
    pub failed: Option<u8>,
    /// When the child is sent the signal (microseconds), or zero.
    pub until: u64,
    /// Which signal.
    pub signal: u8,
    /// It was sent.
    pub expired: bool,
}

/// A program that is started again when files change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The child that runs, or zero.
    pub child: u32,
    /// What the files were like.
    pub seen: u64,
    /// When they are looked at again (microseconds).
    pub again: u64,
    /// The child is to end, and then begin again.
    pub restarting: bool,
    /// The child is to end, and then all is over.
    pub ending: bool,
}

/// Input that is read to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Bytes that were read and not used yet.
    pub bytes: Vec<u8>,
    /// What the program held before it read, in bytes.
    pub base: Option<u64>,
}

/// A file whose end is followed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Follow {
    /// The file.
    pub path: String,
    /// How far it was shown.
    pub offset: usize,
}

/// `ping` at work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ping {
    /// The socket's descriptor.
    pub socket: u32,
    /// The address.
    pub address: [u8; 4],
    /// Requests sent, answers had.
    pub sent: u16,
    /// Answers had.
    pub received: u16,
    /// When the last request was sent (microseconds).
    pub at: u64,
    /// When the first request was sent (microseconds).
    pub began: u64,
    /// Round trips in microseconds.
    pub trips: Vec<u64>,
    /// An answer to the last request is there, or is not expected any more.
    pub answered: bool,
}

/// A request and its answer over TCP.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Which program: `curl`, `wget`, `nc`, `redis-cli`.
    pub kind: String,
    /// What is sent.
    pub request: Vec<u8>,
    /// The host as it was written.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Options that matter later.
    pub flags: String,
    /// The format of `curl -w`.
    pub format: String,
    /// The file that takes the body.
    pub output: String,
    /// A listener that waits for its connection.
    pub listening: bool,
    /// The socket's descriptor.
    pub socket: u32,
    /// The request was sent.
    pub sent: bool,
    /// What has come back.
    pub received: Vec<u8>,
    /// When it began (microseconds).
    pub began: u64,
    /// Standard input has ended.
    pub input_done: bool,
    /// The address it is for, for messages.
    pub address: [u8; 4],
}

/// A server at work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Which: `nginx`, `httpd`, `redis`, `registry`, `python`.
    pub kind: String,
    /// Where its files are.
    pub root: String,
    /// The key of a registry.
    pub key: String,
    /// The listening descriptor.
    pub listener: u32,
    /// Further listening descriptors.
    pub more: Vec<u32>,
    /// Connections: descriptor and what has come in.
    pub connections: Vec<(u32, Vec<u8>)>,
    /// For redis: keys and values.
    pub values: crate::shared::Map<String, String>,
    /// Child processes that must end with it.
    pub workers: Vec<u32>,
}
