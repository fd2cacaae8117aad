//! What a process remembers that runs a learner's application: the application, and its connections.

use crate::application::{Application, Ask};
use serde::{Deserialize, Serialize};

/// An application as a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// The application.
    pub application: Application,
    /// The listening descriptor.
    pub listener: Option<u32>,
    /// Connections of clients.
    pub connections: Vec<Connection>,
    /// Calls to others.
    pub calls: Vec<Call>,
    /// Connections to others that are not in use: host, port, descriptor.
    pub idle: Vec<(String, u16, u32)>,
    /// Connections that were taken so far.
    pub taken: u32,
    /// A database that is nowhere but in memory.
    pub memory: Vec<u8>,
    /// The address that the server of its own was told: host and port.
    pub told: Option<(String, u16)>,
    /// It was begun: what follows its main module has been looked at.
    pub settled: bool,
}

/// A connection of a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its number.
    pub number: u32,
    /// Its descriptor.
    pub fd: u32,
    /// What has come and was not used.
    pub bytes: Vec<u8>,
    /// The request that is being answered: method, target, and whether the connection ends after it.
    pub asked: Option<(String, String, bool)>,
}

/// A call to another server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The task that waits.
    pub task: u32,
    /// What it asked.
    pub ask: Ask,
    /// The descriptor.
    pub fd: Option<u32>,
    /// The request was sent.
    pub sent: bool,
    /// It goes over a connection that was used before.
    pub reused: bool,
    /// What has come back.
    pub received: Vec<u8>,
    /// When it is tried again (microseconds).
    pub again: u64,
    /// The address, for messages.
    pub address: [u8; 4],
}
