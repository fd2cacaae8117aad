//! Linux networking inside one host, as data: a stack for each network namespace, links between them,
//! address translation, and the way that a packet takes.

pub mod address;
pub mod link;
pub mod names;
pub mod packet;
pub mod walk;

use crate::shared::{Map, own};
use address::Mac;
use ipnet::Ipv4Net;
use link::{Interface, InterfaceKind, Publication, Route, Stack};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A network namespace, by its inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetId(pub u32);

/// The network of the host and of everything on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    stacks: Map<NetId, Rc<Stack>>,
    /// The host's own network namespace.
    pub host: NetId,
    /// Translations that replies are turned back by (`conntrack`): what a reply would look like, and what
    /// the address it comes from, and the one it goes to, are turned into.
    tracked: Map<Flow, (Endpoint, Endpoint)>,
    next_index: u32,
}

/// An address and a port.
pub type Endpoint = (Ipv4Addr, u16);

/// Where a reply comes from and where it goes.
pub type Flow = (Endpoint, Endpoint);

impl Network {
    /// A host with a loopback, `eth0` to the outside, and nothing else.
    pub fn new(host: NetId) -> Self {
        let mut network = Self { stacks: Map::new(), host, tracked: Map::new(), next_index: 1 };
        network.create_stack(host);
        let address = Ipv4Addr::new(192, 168, 65, 3);
        let index = network.index();
        let interface = Interface {
            index,
            name: "eth0".into(),
            mac: Mac([0x02, 0x50, 0, 0, 0, 1]),
            kind: InterfaceKind::Physical,
            master: None,
            addresses: vec![Ipv4Net::new_assert(address, 24)],
            up: true,
            mtu: 1500,
        };
        if let Some(stack) = network.stack_mut(host) {
            stack.add(interface);
            stack.routes.push(Route {
                destination: Ipv4Net::default(),
                via: Some(Ipv4Addr::new(192, 168, 65, 1)),
                interface: index,
                source: None,
            });
        }
        network
    }

    fn index(&mut self) -> u32 {
        self.next_index += 1;
        self.next_index - 1
    }

    /// Sets an interface up or down; false when there is none of this name.
    pub fn set_up(&mut self, id: NetId, name: &str, up: bool) -> bool {
        let Some(stack) = self.stack_mut(id) else { return false };
        let index = stack.interfaces.values().find(|i| &*i.name == name).map(|i| i.index);
        let found = index.and_then(|index| stack.interfaces.get_mut(&index));
        found.map(|interface| interface.up = up).is_some()
    }

    /// The stack of a namespace.
    pub fn stack(&self, id: NetId) -> Option<&Rc<Stack>> {
        self.stacks.get(&id)
    }

    fn stack_mut(&mut self, id: NetId) -> Option<&mut Stack> {
        self.stacks.get_mut(&id).map(own)
    }

    /// A new stack with its loopback up.
    pub fn create_stack(&mut self, id: NetId) {
        let mut stack = Stack::default();
        stack.add(Interface {
            index: 1,
            name: "lo".into(),
            mac: Mac([0; 6]),
            kind: InterfaceKind::Loopback,
            master: None,
            addresses: vec![Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8)],
            up: true,
            mtu: 65_536,
        });
        self.next_index = self.next_index.max(2);
        self.stacks.insert(id, Rc::new(stack));
    }

    /// Removes a stack; the other ends of its veth pairs go with it.
    pub fn remove_stack(&mut self, id: NetId) {
        let Some(stack) = self.stacks.remove(&id) else { return };
        for interface in stack.interfaces.values() {
            if let InterfaceKind::Veth { net, index } = interface.kind {
                if let Some(other) = self.stack_mut(net) {
                    other.remove(index);
                }
            }
        }
        self.forget_publications(id);
    }

    /// Makes a bridge on the host with the gateway's address.
    pub fn create_bridge(&mut self, name: &str, gateway: Ipv4Addr, prefix: u8) {
        let index = self.index();
        let net = Ipv4Net::new(gateway, prefix).unwrap_or_default();
        let interface = Interface {
            index,
            name: name.into(),
            mac: Mac::of(gateway),
            kind: InterfaceKind::Bridge,
            master: None,
            addresses: vec![net],
            up: true,
            mtu: 1500,
        };
        let host = self.host;
        if let Some(stack) = self.stack_mut(host) {
            stack.add(interface);
            stack.masquerade.push((net.trunc(), name.into()));
        }
    }

    /// Removes a bridge of the host.
    pub fn remove_bridge(&mut self, name: &str) {
        let host = self.host;
        let Some(stack) = self.stack_mut(host) else { return };
        let index = stack.interface(name).map(|i| i.index);
        stack.masquerade.retain(|(_, bridge)| &**bridge != name);
        if let Some(index) = index {
            stack.remove(index);
        }
    }

    /// Connects a namespace to a bridge of the host by a veth pair. The inner end gets the lowest free
    /// `eth` name, the address and, with a gateway, the default route if there is none.
    pub fn attach(
        &mut self,
        bridge: &str,
        net: NetId,
        address: Ipv4Addr,
        prefix: u8,
        gateway: Option<Ipv4Addr>,
    ) -> Mac {
        let mac = Mac::of(address);
        let (inner, outer) = (self.index(), self.index());
        let host = self.host;
        let master = self.stack(host).and_then(|s| s.interface(bridge)).map(|i| i.index);
        if let Some(stack) = self.stack_mut(net) {
            let number = (0..).find(|n| stack.interface(&format!("eth{n}")).is_none()).unwrap_or(0);
            stack.add(Interface {
                index: inner,
                name: format!("eth{number}").into(),
                mac,
                kind: InterfaceKind::Veth { net: host, index: outer },
                master: None,
                addresses: vec![Ipv4Net::new(address, prefix).unwrap_or_default()],
                up: true,
                mtu: 1500,
            });
            let default = stack.routes.iter().any(|r| r.destination.prefix_len() == 0);
            if let (Some(via), false) = (gateway, default) {
                let destination = Ipv4Net::default();
                stack.routes.insert(0, Route { destination, via: Some(via), interface: inner, source: None });
            }
        }
        if let Some(stack) = self.stack_mut(host) {
            let [.., c, d] = address.octets();
            stack.add(Interface {
                index: outer,
                name: format!("veth{c:02x}{d:02x}{outer:03x}").into(),
                mac: Mac([0xfe, 0x42, 0, 0, c, d]),
                kind: InterfaceKind::Veth { net, index: inner },
                master,
                addresses: Vec::new(),
                up: true,
                mtu: 1500,
            });
        }
        mac
    }

    /// Takes the interface with this address out of a namespace, and its other end from the host.
    pub fn detach(&mut self, net: NetId, address: Ipv4Addr) {
        let Some(stack) = self.stack_mut(net) else { return };
        let found = stack.interfaces.values().find(|i| i.has(address)).map(|i| (i.index, i.kind.clone()));
        let Some((index, kind)) = found else { return };
        stack.remove(index);
        if let InterfaceKind::Veth { net: other, index } = kind {
            if let Some(stack) = self.stack_mut(other) {
                stack.remove(index);
            }
        }
    }

    /// The address that packets from `net` to `to` carry; nothing without a route.
    pub fn source_address(&self, net: NetId, to: Ipv4Addr) -> Option<Ipv4Addr> {
        self.stack(net)?.source_address(to)
    }

    /// Publishes a port of the host: what comes in for it goes to `target` (DNAT).
    pub fn publish(&mut self, publication: Publication) {
        let host = self.host;
        if let Some(stack) = self.stack_mut(host) {
            stack.publications.push(publication);
        }
    }

    /// Takes back what was published for a namespace.
    pub fn forget_publications(&mut self, net: NetId) {
        let host = self.host;
        if let Some(stack) = self.stack_mut(host) {
            stack.publications.retain(|p| p.net != net);
        }
    }

    /// The publication that answers at a port of the host.
    pub fn publication(&self, address: Ipv4Addr, port: u16, udp: bool) -> Option<&Publication> {
        let stack = self.stack(self.host)?;
        stack.publications.iter().find(|p| {
            p.port == port
                && p.udp == udp
                && (p.address.is_unspecified() || address.is_unspecified() || p.address == address)
        })
    }

    /// Where connections to a published port of the host arrive.
    pub fn published(&self, address: Ipv4Addr, port: u16) -> Option<(NetId, Ipv4Addr, u16)> {
        self.publication(address, port, false).map(|p| (p.net, p.target.0, p.target.1))
    }

    /// The host's bridges with their addresses.
    pub fn bridges(&self) -> Vec<(Rc<str>, Ipv4Net)> {
        let stack = self.stack(self.host);
        stack
            .into_iter()
            .flat_map(|s| s.interfaces.values())
            .filter(|i| matches!(i.kind, InterfaceKind::Bridge))
            .filter_map(|i| Some((i.name.clone(), *i.addresses.first()?)))
            .collect()
    }

    /// How many network namespaces there are.
    pub fn stacks(&self) -> Map<NetId, Rc<Stack>> {
        self.stacks.iter().map(|(id, stack)| (*id, stack.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
