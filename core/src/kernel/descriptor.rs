//! Open files: descriptions, and the pipes they may lead to.

use super::mount::FileSystemId;
use super::socket::SocketId;
use super::terminal::TerminalId;
use crate::files::NodeRef;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::rc::Rc;

/// An entry of the open file table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DescriptionId(pub u64);

/// A pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PipeId(pub u64);

/// An open file description (`man 2 open`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// What it leads to.
    pub object: Object,
    /// Descriptors that share it.
    pub holders: u32,
    /// Where the next read or write happens.
    pub offset: u64,
    /// Opened for reading.
    pub readable: bool,
    /// Opened for writing.
    pub writable: bool,
    /// Each write goes to the end.
    pub append: bool,
}

/// What an open file description leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Object {
    /// A file or directory of a file system.
    Node {
        /// The file system.
        filesystem: FileSystemId,
        /// The file in it.
        node: NodeRef,
        /// The path it was opened by.
        path: String,
    },
    /// A text the kernel made when it was opened (`/proc`, `/sys`).
    Text(Rc<[u8]>),
    /// The end of a pipe that is read.
    PipeReader(PipeId),
    /// The end of a pipe that is written.
    PipeWriter(PipeId),
    /// A terminal.
    Terminal(TerminalId),
    /// A socket.
    Socket(SocketId),
    /// `/dev/null`.
    Null,
    /// `/dev/zero`.
    Zero,
    /// `/dev/urandom`.
    Random,
    /// `/dev/full`.
    Full,
    /// The output of a container's first process, which its log keeps.
    Output {
        /// The container's number.
        container: u64,
        /// Standard error instead of standard output.
        error: bool,
    },
    /// Bytes that whoever asked for a command collects.
    Capture(Rc<Vec<u8>>),
}

/// A pipe (`man 7 pipe`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pipe {
    /// Bytes written and not yet read.
    pub bytes: VecDeque<u8>,
    /// Open reading ends.
    pub readers: u32,
    /// Open writing ends.
    pub writers: u32,
}

impl Pipe {
    /// How many bytes a pipe holds before a writer must wait.
    pub const CAPACITY: usize = 65_536;
}
