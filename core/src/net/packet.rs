//! Packets with the headers they have on the wire: Ethernet II, IPv4 (RFC 791), TCP (RFC 9293), ICMP (RFC 792).

use super::Endpoint;
use super::address::Mac;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// TCP control bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// SYN.
    pub const SYN: Self = Self(0x02);
    /// SYN and ACK.
    pub const SYN_ACK: Self = Self(0x12);
    /// ACK.
    pub const ACK: Self = Self(0x10);
    /// PSH and ACK.
    pub const PUSH_ACK: Self = Self(0x18);
    /// FIN and ACK.
    pub const FIN_ACK: Self = Self(0x11);
    /// RST and ACK.
    pub const RESET: Self = Self(0x14);

    /// SYN and FIN take a sequence number.
    pub const fn is_counted(self) -> bool {
        self.0 & 0x03 != 0
    }
    /// The names of the bits.
    pub fn names(self) -> String {
        let all = ["FIN", "SYN", "RST", "PSH", "ACK"];
        let set: Vec<&str> =
            all.iter().enumerate().filter(|(n, _)| self.0 >> n & 1 == 1).map(|(_, s)| *s).collect();
        set.join(" ")
    }
}

/// What IPv4 carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Transport {
    /// TCP.
    Tcp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// Sequence number.
        sequence: u32,
        /// Acknowledgement number.
        acknowledgement: u32,
        /// Control bits.
        flags: TcpFlags,
    },
    /// ICMP echo.
    Icmp {
        /// A request rather than a reply.
        request: bool,
        /// Identifier.
        identifier: u16,
        /// Sequence number.
        sequence: u16,
    },
}

/// A packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packet {
    /// Hardware addresses: from, to.
    pub ethernet: (Mac, Mac),
    /// Source address.
    pub from: Ipv4Addr,
    /// Destination address.
    pub to: Ipv4Addr,
    /// Time to live.
    pub ttl: u8,
    /// What IPv4 carries.
    pub transport: Transport,
    /// What TCP or ICMP carries.
    pub payload: Rc<[u8]>,
}

/// The part of an ICMP echo that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// A request rather than a reply.
    pub is_request: bool,
    /// Its sequence number.
    pub sequence: u16,
}

/// The part of a TCP header that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpView {
    /// Control bits.
    pub flags: TcpFlags,
}

impl Packet {
    const NOWHERE: (Mac, Mac) = (Mac([0; 6]), Mac([0; 6]));

    /// A TCP segment.
    pub fn tcp(
        from: Endpoint,
        to: Endpoint,
        sequence: u32,
        acknowledgement: u32,
        flags: TcpFlags,
        payload: &[u8],
    ) -> Self {
        let transport =
            Transport::Tcp { source: from.1, destination: to.1, sequence, acknowledgement, flags };
        Self { ethernet: Self::NOWHERE, from: from.0, to: to.0, ttl: 64, transport, payload: payload.into() }
    }

    /// An ICMP echo request with `size` bytes.
    pub fn echo_request(from: Ipv4Addr, to: Ipv4Addr, identifier: u16, sequence: u16, size: usize) -> Self {
        let payload: Vec<u8> = (0..size.min(65_507)).map(|n| n as u8).collect();
        let transport = Transport::Icmp { request: true, identifier, sequence };
        Self { ethernet: Self::NOWHERE, from, to, ttl: 64, transport, payload: payload.into() }
    }

    /// The answer to an echo request.
    #[must_use]
    pub fn echo_reply(&self) -> Self {
        let mut reply = self.clone();
        (reply.from, reply.to, reply.ttl) = (self.to, self.from, 64);
        if let Transport::Icmp { request, .. } = &mut reply.transport {
            *request = false;
        }
        reply
    }

    /// Source address and port; an ICMP echo's identifier stands for the port.
    pub const fn source(&self) -> Endpoint {
        match self.transport {
            Transport::Tcp { source, .. } => (self.from, source),
            Transport::Icmp { identifier, .. } => (self.from, identifier),
        }
    }

    /// Destination address and port.
    pub const fn destination(&self) -> Endpoint {
        match self.transport {
            Transport::Tcp { destination, .. } => (self.to, destination),
            Transport::Icmp { identifier, .. } => (self.to, identifier),
        }
    }

    /// Changes where it comes from (source translation).
    pub fn set_source(&mut self, to: Endpoint) {
        self.from = to.0;
        if let Transport::Tcp { source, .. } = &mut self.transport {
            *source = to.1;
        }
    }

    /// Changes where it goes (destination translation).
    pub fn set_destination(&mut self, to: Endpoint) {
        self.to = to.0;
        if let Transport::Tcp { destination, .. } = &mut self.transport {
            *destination = to.1;
        }
    }

    /// Time to live.
    pub const fn ttl(&self) -> u8 {
        self.ttl
    }

    /// The echo it carries.
    pub const fn icmp_echo(&self) -> Option<Echo> {
        match self.transport {
            Transport::Icmp { request, sequence, .. } => Some(Echo { is_request: request, sequence }),
            Transport::Tcp { .. } => None,
        }
    }

    /// The segment it carries.
    pub const fn as_tcp(&self) -> Option<TcpView> {
        match self.transport {
            Transport::Tcp { flags, .. } => Some(TcpView { flags }),
            Transport::Icmp { .. } => None,
        }
    }

    /// Its length on the wire with the Ethernet header, in bytes.
    pub fn length(&self) -> usize {
        let header = match self.transport {
            Transport::Tcp { .. } => 20,
            Transport::Icmp { .. } => 8,
        };
        14 + 20 + header + self.payload.len()
    }
}
