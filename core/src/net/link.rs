//! A network namespace's stack: interfaces, routes and the host's translation rules.

use super::address::Mac;
use super::{Endpoint, NetId};
use crate::shared::Map;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// What an interface is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InterfaceKind {
    /// `lo`.
    Loopback,
    /// A card that leads out of the host.
    Physical,
    /// A bridge.
    Bridge,
    /// One end of a veth pair; the other end.
    Veth {
        /// The other end's namespace.
        net: NetId,
        /// The other end's index.
        index: u32,
    },
}

/// A network interface (`man 7 netdevice`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: Rc<str>,
    /// Its hardware address.
    pub mac: Mac,
    /// What it is.
    pub kind: InterfaceKind,
    /// The bridge it is a port of.
    pub master: Option<u32>,
    /// Its addresses.
    pub addresses: Vec<Ipv4Net>,
    /// It is up.
    pub up: bool,
    /// The longest packet, in bytes.
    pub mtu: u32,
}

impl Interface {
    /// True when it has this address.
    pub fn has(&self, address: Ipv4Addr) -> bool {
        self.addresses.iter().any(|a| a.addr() == address)
    }
}

/// A route besides those to connected subnets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Where to.
    pub destination: Ipv4Net,
    /// Through which gateway.
    pub via: Option<Ipv4Addr>,
    /// Over which interface.
    pub interface: u32,
    /// With which source address.
    pub source: Option<Ipv4Addr>,
}

/// A published port: a DNAT rule of the host's chain DOCKER.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    /// The host's address; unspecified for all.
    pub address: Ipv4Addr,
    /// The host's port.
    pub port: u16,
    /// UDP rather than TCP.
    pub udp: bool,
    /// Where it leads.
    pub target: Endpoint,
    /// The container's namespace.
    pub net: NetId,
    /// The container's name, for people.
    pub owner: Rc<str>,
}

/// The stack of one network namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Interfaces by number.
    pub interfaces: Map<u32, Interface>,
    /// Routes besides those to connected subnets.
    pub routes: Vec<Route>,
    /// Published ports (on the host).
    pub publications: Vec<Publication>,
    /// Subnets whose packets leave with the host's address, with their bridge (on the host).
    pub masquerade: Vec<(Ipv4Net, Rc<str>)>,
}

impl Stack {
    /// Adds an interface.
    pub fn add(&mut self, interface: Interface) {
        self.interfaces.insert(interface.index, interface);
    }
    /// Removes an interface and the routes over it.
    pub fn remove(&mut self, index: u32) {
        self.interfaces.remove(&index);
        self.routes.retain(|r| r.interface != index);
    }
    /// The interface of this name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.values().find(|i| &*i.name == name)
    }
    /// True for an address of this stack.
    pub fn is_local(&self, address: Ipv4Addr) -> bool {
        address.is_loopback() || self.interfaces.values().any(|i| i.has(address))
    }
    /// The interface and the next hop for an address: the longest matching prefix.
    pub fn route(&self, to: Ipv4Addr) -> Option<(&Interface, Ipv4Addr)> {
        let connected = self.interfaces.values().filter(|i| i.up).flat_map(|i| {
            i.addresses.iter().filter(|net| net.contains(&to)).map(move |net| (net.prefix_len(), i, to))
        });
        let routed = self.routes.iter().filter(|r| r.destination.contains(&to)).filter_map(|r| {
            let interface = self.interfaces.get(&r.interface).filter(|i| i.up)?;
            Some((r.destination.prefix_len(), interface, r.via.unwrap_or(to)))
        });
        connected.chain(routed).max_by_key(|c| c.0).map(|(_, interface, next)| (interface, next))
    }
    /// The source address of packets to `to`.
    pub fn source_address(&self, to: Ipv4Addr) -> Option<Ipv4Addr> {
        if to.is_loopback() {
            return Some(Ipv4Addr::LOCALHOST);
        }
        if self.is_local(to) {
            return Some(to);
        }
        let (interface, _) = self.route(to)?;
        interface.addresses.first().map(Ipv4Net::addr)
    }
}
