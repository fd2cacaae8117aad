//! Linux networking inside one host, as data: stacks, links, routes, rules, and the way of one packet.
//!
//! Absent on purpose: IPv6, VLANs, ARP timeouts and sockets. A stack knows who may be spoken to and how the
//! bytes travel; who listens at the end is for others to say.

pub mod address;
pub mod conntrack;
pub mod endpoint;
pub mod link;
pub mod names;
pub mod nat;
pub mod packet;
pub mod route;
pub mod rules;
pub mod show;
pub mod walk;

use address::Mac;
use conntrack::Conntrack;
use imbl::OrdMap;
use link::Interface;
use nat::Published;
use route::Route;
use rules::Rules;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A network namespace, by its inode number (the one in `net:[4026531840]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetId(pub u32);

impl fmt::Display for NetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "net:[{}]", self.0)
    }
}

/// What a neighbour table remembers of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The interface it was met on.
    pub interface: u32,
    /// The address on the wire, or nothing when nobody answered.
    pub mac: Option<Mac>,
}

/// The network stack of one network namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// The interfaces by index.
    pub interfaces: OrdMap<u32, Rc<Interface>>,
    /// The main routing table, in the order it is listed.
    pub routes: Vec<Route>,
    /// What the stack's netfilter does.
    pub rules: Rc<Rules>,
    /// Ports of this stack that stand for a port elsewhere (each has a `docker-proxy` holding it open).
    pub published: OrdMap<u64, Published>,
    /// The neighbour (ARP) table.
    pub neighbours: OrdMap<Ipv4Addr, Neighbour>,
    /// Whether packets for others are passed on (`net.ipv4.ip_forward`).
    pub forwarding: bool,
    /// The ids by which this stack knows the namespaces at the far end of its veth pairs (`link-netnsid`).
    pub known: OrdMap<u32, NetId>,
}

/// All the stacks of one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The stacks by namespace.
    pub stacks: OrdMap<NetId, Rc<Stack>>,
    /// The connections that are tracked.
    pub conntrack: Conntrack,
    /// The host's own namespace, where bridges and the way out are.
    pub host: NetId,
    next_index: u32,
    next_published: u64,
}

/// The host's own address and subnet.
pub const HOST_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 65, 3);
/// The router that leads out of the host's subnet.
pub const HOST_GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 65, 1);

impl Network {
    /// A host with loopback, `eth0` (192.168.65.3/24, gateway 192.168.65.1) and Docker's empty chains.
    pub fn new(host: NetId) -> Self {
        let mut network =
            Self { stacks: OrdMap::new(), conntrack: Conntrack::default(), host, next_index: 2, next_published: 0 };
        network.create_stack(host);
        network.add_uplink(host);
        if let Some(stack) = network.stack_mut(host) {
            stack.forwarding = true;
            stack.rules = Rc::new(nat::docker_chains());
        }
        network
    }
    /// The stack of a namespace.
    pub fn stack(&self, net: NetId) -> Option<&Stack> {
        self.stacks.get(&net).map(Rc::as_ref)
    }
    /// The stack of a namespace, to change.
    pub fn stack_mut(&mut self, net: NetId) -> Option<&mut Stack> {
        self.stacks.get_mut(&net).map(Rc::make_mut)
    }
    /// An interface of a stack.
    pub fn interface(&self, net: NetId, index: u32) -> Option<&Interface> {
        self.stack(net)?.interface(index)
    }
    /// An interface of a stack, to change.
    pub fn interface_mut(&mut self, net: NetId, index: u32) -> Option<&mut Interface> {
        self.stack_mut(net)?.interface_mut(index)
    }
}

impl Stack {
    /// The interface with an index.
    pub fn interface(&self, index: u32) -> Option<&Interface> {
        self.interfaces.get(&index).map(Rc::as_ref)
    }
    /// The interface with an index, to change.
    pub fn interface_mut(&mut self, index: u32) -> Option<&mut Interface> {
        self.interfaces.get_mut(&index).map(Rc::make_mut)
    }
    /// The interface with a name.
    pub fn named(&self, name: &str) -> Option<&Interface> {
        self.interfaces.values().map(Rc::as_ref).find(|i| i.name == name)
    }
    /// Whether an address belongs to this stack itself: one of its interfaces' own, or any of 127.0.0.0/8.
    pub fn is_local(&self, address: Ipv4Addr) -> bool {
        address.is_loopback()
            || self.interfaces.values().any(|i| i.addresses.iter().any(|net| net.addr() == address))
    }
    /// Whether an interface carries: it is up, and a bridge has a port (`LOWER_UP`, `state UP`).
    pub fn carrier(&self, interface: &Interface) -> bool {
        match &interface.kind {
            link::Kind::Bridge { ports, .. } => {
                interface.up && ports.iter().any(|p| self.interface(*p).is_some_and(|i| i.up))
            }
            _ => interface.up,
        }
    }
}

#[cfg(test)]
mod topology;
