//! Sockets: who listens, who is connected to whom, and what has arrived.

use super::errno::Errno;
use super::namespace::NamespaceId;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SocketId(pub u64);

/// An IPv4 address and a port.
pub type Endpoint = (Ipv4Addr, u16);

/// A socket and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Socket {
    /// The network namespace it lives in.
    pub net: NamespaceId,
    /// Its own address.
    pub local: Endpoint,
    /// The other side's address as this side sees it.
    pub remote: Endpoint,
    /// What it is doing.
    pub state: SocketState,
    /// Bytes that have arrived and were not read yet.
    pub received: VecDeque<u8>,
    /// The other side sends no more.
    pub finished: bool,
    /// The registry that answers here, by its key in the World, when the listener is one.
    pub registry: Option<String>,
    /// Next sequence number to send and to expect.
    pub sequence: (u32, u32),
}

/// The state of a socket (RFC 9293 section 3.3.2, the part learners meet; ICMP for `ping`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SocketState {
    /// Waiting for connections; those that were made and not yet accepted.
    Listening(VecDeque<SocketId>),
    /// SYN sent.
    Connecting,
    /// Both sides agree. The peer's socket, when it lives on this host.
    Established(Option<SocketId>),
    /// Refused, timed out or reset, with the reason.
    Failed(Errno),
    /// Closed by this side.
    Closed,
    /// An ICMP echo socket: replies by sequence number with the time to live they arrived with.
    Echo(Vec<EchoReply>),
}

/// An answer to a `ping`, or the news that there will be none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchoReply {
    /// The sequence number asked with.
    pub sequence: u16,
    /// Time to live of the answer, or why there is none.
    pub outcome: Result<u8, Rc<str>>,
    /// Who answered.
    pub from: Ipv4Addr,
}
