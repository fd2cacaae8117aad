//! The whole way of one packet: routing, translation, bridges and veth pairs, hop by hop.

use super::link::{InterfaceKind, Stack};
use super::packet::Packet;
use super::{NetId, Network};
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A place on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// In which namespace.
    pub net: NetId,
    /// At which interface.
    pub interface: Rc<str>,
    /// What happens there.
    pub role: Role,
    /// The packet as it is there.
    pub packet: Packet,
}

/// What happens at a hop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Role {
    /// A process sends it.
    Origin,
    /// It enters or leaves a veth pair.
    Veth,
    /// A bridge forwards it.
    Bridge,
    /// The host routes it.
    Route,
    /// A published port: the destination is translated.
    Door(u16),
    /// It leaves with the host's address.
    Masquerade,
    /// It stays on the loopback.
    Loopback,
    /// It is there.
    Arrive,
    /// It leaves the host.
    Leave,
}

/// Where a way ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// At a stack.
    Delivered {
        /// Which.
        net: NetId,
    },
    /// Outside the host.
    Outside {
        /// The address it is for.
        address: Ipv4Addr,
    },
    /// Nowhere.
    Dropped {
        /// At which interface or place.
        at: Rc<str>,
        /// The rule's real name.
        rule: Rc<str>,
        /// Why, in one sentence.
        reason: Rc<str>,
        /// What would let it through.
        remedy: Rc<str>,
    },
}

/// A packet's way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// The hops.
    pub hops: Vec<Hop>,
    /// Where it ends.
    pub end: End,
}

/// Time that each hop takes.
const HOP: Span = Span(15);
/// The most hops of one way.
const MOST: usize = 32;

impl Walk {
    /// How long the way takes.
    pub fn duration(&self) -> Span {
        Span(HOP.0 * self.hops.len().max(1) as u64)
    }
}

fn dropped(at: &str, rule: &str, reason: String, remedy: &str) -> End {
    End::Dropped { at: at.into(), rule: rule.into(), reason: reason.into(), remedy: remedy.into() }
}

impl Network {
    /// Takes a packet its way from a namespace.
    pub fn walk(&mut self, from: NetId, packet: Packet) -> Walk {
        let mut hops = Vec::new();
        let end = self.send(from, packet, &mut hops);
        Walk { hops, end }
    }

    fn send(&mut self, from: NetId, mut packet: Packet, hops: &mut Vec<Hop>) -> End {
        let Some(stack) = self.stack(from).cloned() else {
            return dropped(
                "nowhere",
                "network is unreachable",
                "The sender's network namespace is gone.".into(),
                "",
            );
        };
        let out = stack.route(packet.to).map_or_else(|| "lo".into(), |(i, _)| i.name.clone());
        hops.push(hop(from, &out, Role::Origin, &packet));
        if from == self.host {
            self.enter_door(&stack, &mut packet, hops);
        }
        if stack.is_local(packet.to) {
            hops.push(hop(from, "lo", Role::Loopback, &packet));
            hops.push(hop(from, "lo", Role::Arrive, &packet));
            return End::Delivered { net: from };
        }
        if from == self.host {
            self.forward(&stack, packet, hops, None)
        } else {
            self.leave(from, &stack, packet, hops)
        }
    }

    /// A published port of the host: DNAT, and the way back is remembered.
    fn enter_door(&mut self, stack: &Stack, packet: &mut Packet, hops: &mut Vec<Hop>) {
        if packet.as_tcp().is_none() || !stack.is_local(packet.to) {
            return;
        }
        let (client, door) = (packet.source(), packet.destination());
        let Some(publication) = self.publication(door.0, door.1, false).cloned() else { return };
        hops.push(hop(self.host, "lo", Role::Door(door.1), packet));
        packet.set_destination(publication.target);
        let mut source = client;
        if packet.from.is_loopback() || stack.is_local(packet.from) {
            if let Some(address) = stack.source_address(publication.target.0) {
                source.0 = address;
                packet.set_source(source);
            }
        }
        self.tracked.insert((publication.target, source), (door, client));
    }

    /// Turns a reply that has reached the host back into what its asker expects (`conntrack`).
    fn untrack(&self, packet: &mut Packet) {
        let key = (packet.source(), packet.destination());
        if let Some((source, destination)) = self.tracked.get(&key).copied() {
            packet.set_source(source);
            packet.set_destination(destination);
        }
    }

    /// From a container: over its interface's veth pair to the bridge of the host.
    fn leave(&mut self, from: NetId, stack: &Stack, mut packet: Packet, hops: &mut Vec<Hop>) -> End {
        let Some((interface, next)) = stack.route(packet.to) else {
            let reason = format!("No route of this network namespace leads to {}.", packet.to);
            return dropped("the sender", "network is unreachable", reason, "a network with a way out");
        };
        let InterfaceKind::Veth { net, index } = interface.kind else {
            return dropped(&interface.name, "no route to host", "The interface leads nowhere.".into(), "");
        };
        hops.push(hop(from, &interface.name, Role::Veth, &packet));
        let Some(host) = self.stack(net).cloned() else { return End::Outside { address: packet.to } };
        let Some(outer) = host.interfaces.get(&index) else {
            return dropped(
                &interface.name,
                "no route to host",
                "The other end of the veth pair is gone.".into(),
                "",
            );
        };
        hops.push(hop(net, &outer.name, Role::Veth, &packet));
        let Some(bridge) = outer.master.and_then(|m| host.interfaces.get(&m)) else {
            return dropped(&outer.name, "no route to host", "The interface is on no bridge.".into(), "");
        };
        hops.push(hop(net, &bridge.name, Role::Bridge, &packet));
        if next == packet.to && !bridge.has(next) {
            return self.cross_bridge(&host, bridge.index, packet, hops);
        }
        packet.ttl = packet.ttl.saturating_sub(1);
        self.enter_door(&host, &mut packet, hops);
        self.untrack(&mut packet);
        if host.is_local(packet.to) {
            hops.push(hop(net, &bridge.name, Role::Arrive, &packet));
            return End::Delivered { net };
        }
        self.forward(&host, packet, hops, Some(bridge.name.clone()))
    }

    /// Within one bridge: to the port behind which the address is.
    fn cross_bridge(&mut self, host: &Stack, bridge: u32, packet: Packet, hops: &mut Vec<Hop>) -> End {
        let ports: Vec<(NetId, u32, Rc<str>)> = host
            .interfaces
            .values()
            .filter(|i| i.master == Some(bridge))
            .filter_map(|i| match i.kind {
                InterfaceKind::Veth { net, index } => Some((net, index, i.name.clone())),
                _ => None,
            })
            .collect();
        for (net, index, name) in ports {
            let Some(stack) = self.stack(net).cloned() else { continue };
            let Some(inner) = stack.interfaces.get(&index).filter(|i| i.has(packet.to)) else { continue };
            hops.push(hop(self.host, &name, Role::Veth, &packet));
            hops.push(hop(net, &inner.name, Role::Arrive, &packet));
            return End::Delivered { net };
        }
        let name = host.interfaces.get(&bridge).map_or("bridge", |b| &b.name).to_owned();
        let reason = format!("Nobody on {name} answers for {}: no such neighbour.", packet.to);
        dropped(&name, "no route to host", reason, "an address that a container has")
    }

    /// The host routes between its interfaces.
    fn forward(
        &mut self,
        host: &Stack,
        mut packet: Packet,
        hops: &mut Vec<Hop>,
        came: Option<Rc<str>>,
    ) -> End {
        if hops.len() > MOST || packet.ttl == 0 {
            return dropped("the host", "TTL exceeded", "The packet's time to live has run out.".into(), "");
        }
        let Some((interface, _)) = host.route(packet.to) else {
            let reason = format!("The host has no route to {}.", packet.to);
            return dropped("the host", "network is unreachable", reason, "");
        };
        hops.push(hop(self.host, &interface.name, Role::Route, &packet));
        match (&interface.kind, came) {
            (InterfaceKind::Bridge, Some(from)) if from != interface.name => {
                let reason = format!(
                    "Containers of {from} are not let through to {}: the two networks are isolated from each other.",
                    interface.name
                );
                dropped(
                    &interface.name,
                    "DOCKER-ISOLATION-STAGE-2",
                    reason,
                    "a network that both containers are on",
                )
            }
            (InterfaceKind::Bridge, _) => {
                hops.push(hop(self.host, &interface.name, Role::Bridge, &packet));
                self.cross_bridge(host, interface.index, packet, hops)
            }
            _ => {
                if host.masquerade.iter().any(|(net, _)| net.contains(&packet.from)) {
                    hops.push(hop(self.host, &interface.name, Role::Masquerade, &packet));
                    let own = interface.addresses.first().map_or(packet.from, |a| a.addr());
                    packet.from = own;
                }
                hops.push(hop(self.host, &interface.name, Role::Leave, &packet));
                End::Outside { address: packet.to }
            }
        }
    }
}

fn hop(net: NetId, interface: &str, role: Role, packet: &Packet) -> Hop {
    Hop { net, interface: interface.into(), role, packet: packet.clone() }
}
