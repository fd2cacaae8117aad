//! What the `docker` client remembers while it waits for the daemon.

use serde::{Deserialize, Serialize};

/// A client at work. Its arguments are the process's own; here is only how far it has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// What it waits for.
    pub stage: Stage,
    /// The container it works on, by number.
    pub container: Option<u64>,
    /// Which of several arguments it is at.
    pub position: usize,
    /// What is still to be done, by name: the tags of `docker pull --all-tags`.
    pub names: Vec<String>,
    /// One of them brought something new.
    pub newer: bool,
    /// Something went wrong with an earlier argument.
    pub failed: bool,
    /// How many lines of a transfer, or entries of a log, were shown.
    pub shown: usize,
    /// Lines of progress on the screen that are rewritten in place.
    pub drawn: usize,
    /// Standard input, as far as it was read; then what is still to go to standard output.
    pub input: Vec<u8>,
    /// Standard input has ended.
    pub input_done: bool,
}

/// What a client waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    /// Nothing yet.
    #[default]
    Begin,
    /// A pull or push.
    Transfer(u64),
    /// A container that starts.
    Starting,
    /// A container's first process to end, its output shown meanwhile.
    Attached,
    /// A container to stop.
    Stopping,
    /// A container to stop, and then to start again.
    Restarting,
    /// A process of `docker exec`, by its stream.
    Executing(u64),
    /// A build.
    Building(u64),
    /// More of a log.
    Following,
    /// A container to end (`docker wait`).
    Waiting,
    /// Standard output to take what is kept.
    Delivering,
}
