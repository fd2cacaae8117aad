//! Older programs about the network: `ifconfig`, `route`, `netstat`, `arp`.

use super::{C, Outcome};
use crate::kernel::socket::SocketState;
use crate::net::link::InterfaceKind;
use std::net::Ipv4Addr;

pub fn ifconfig(c: C<'_, '_, '_>) -> Outcome {
    let Some(stack) = c.sys.stack() else { return Outcome::Done(1) };
    let all = c.arguments.first().is_some_and(|a| a == "-a");
    let wanted = c.arguments.iter().find(|a| !a.starts_with('-')).cloned();
    if let Some(change) = c.arguments.get(1).cloned().filter(|w| w == "up" || w == "down") {
        let name = wanted.unwrap_or_default();
        return match c.sys.set_link(&name, change == "up") {
            Ok(()) => Outcome::Done(0),
            Err(errno) => {
                c.complain(&format!("SIOCSIFFLAGS: {errno}"));
                Outcome::Done(1)
            }
        };
    }
    let mut interfaces: Vec<_> = stack.interfaces.values().cloned().collect();
    crate::shared::sort_by(&mut interfaces, |a, b| a.name.cmp(&b.name));
    interfaces.retain(|i| wanted.as_ref().map_or(all || i.up, |w| **w == *i.name));
    if let (Some(name), true) = (wanted, interfaces.is_empty()) {
        c.complain(&format!("{name}: error fetching interface information: Device not found"));
        return Outcome::Done(1);
    }
    for interface in interfaces {
        let loopback = matches!(interface.kind, InterfaceKind::Loopback);
        let mac = interface.mac.to_string().to_uppercase();
        let encapsulation =
            if loopback { "Local Loopback  ".to_owned() } else { format!("Ethernet  HWaddr {mac}  ") };
        c.print(&format!("{:<9} Link encap:{encapsulation}\n", interface.name));
        if let Some(net) = interface.addresses.first() {
            let broadcast = if loopback { String::new() } else { format!("Bcast:{}  ", net.broadcast()) };
            c.print(&format!("          inet addr:{}  {broadcast}Mask:{}\n", net.addr(), net.netmask()));
        }
        let flags = match (loopback, interface.up) {
            (true, true) => "UP LOOPBACK RUNNING ",
            (true, false) => "LOOPBACK ",
            (false, true) => "UP BROADCAST RUNNING MULTICAST ",
            (false, false) => "BROADCAST MULTICAST ",
        };
        c.print(&format!("          {flags} MTU:{}  Metric:1\n", interface.mtu));
        // What an interface has carried is not counted in the simulation.
        c.print("\n");
    }
    Outcome::Done(0)
}

/// The routing table: destination, gateway, mask, flags, interface.
fn table(c: C<'_, '_, '_>) -> Vec<[String; 5]> {
    let Some(stack) = c.sys.stack() else { return Vec::new() };
    let mut rows = Vec::new();
    let any = Ipv4Addr::UNSPECIFIED;
    for route in &stack.routes {
        let device = stack.interfaces.get(&route.interface).map_or("?", |i| &i.name);
        let to = route.destination;
        let flags = if route.via.is_some() { "UG" } else { "U" };
        rows.push([
            to.network().to_string(),
            route.via.unwrap_or(any).to_string(),
            to.netmask().to_string(),
            flags.to_owned(),
            device.to_owned(),
        ]);
    }
    for interface in stack.interfaces.values().filter(|i| i.up && !matches!(i.kind, InterfaceKind::Loopback))
    {
        for net in &interface.addresses {
            rows.push([
                net.network().to_string(),
                any.to_string(),
                net.netmask().to_string(),
                "U".to_owned(),
                interface.name.to_string(),
            ]);
        }
    }
    rows
}

pub fn route(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "nee", "A");
    if !c.arguments.is_empty() {
        return super::network::fail(c, 1, "only listing routes is simulated");
    }
    let numeric = flags.contains('n');
    c.print("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n");
    for [to, via, mask, flags, device] in table(c) {
        let to = if !numeric && mask == "0.0.0.0" { "default".to_owned() } else { to };
        let via = if !numeric && flags == "U" { "*".to_owned() } else { via };
        c.print(&format!("{to:<15} {via:<15} {mask:<15} {flags:<5} 0      0        0 {device}\n"));
    }
    Outcome::Done(0)
}

pub fn netstat(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "ralntuwxpe", "");
    if flags.contains('r') {
        c.print("Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n");
        for [to, via, mask, flags, device] in table(c) {
            c.print(&format!("{to:<15} {via:<15} {mask:<15} {flags:<9} 0 0          0 {device}\n"));
        }
        return Outcome::Done(0);
    }
    let which = match (flags.contains('a'), flags.contains('l')) {
        (true, _) => "servers and established",
        (_, true) => "only servers",
        _ => "w/o servers",
    };
    let programs = flags.contains('p');
    let last = if programs { "State       PID/Program name" } else { "State       " };
    c.print(&format!("Active Internet connections ({which})\nProto Recv-Q Send-Q Local Address           Foreign Address         {last}\n"));
    let net = c.sys.net().0;
    let mut rows = Vec::new();
    for (id, socket) in c.sys.world.kernel.sockets.iter().filter(|(_, s)| s.net.0 == net) {
        let (state, shown) = match socket.state {
            SocketState::Listening(_) => ("LISTEN", flags.contains(['l', 'a'])),
            SocketState::Connecting => ("SYN_SENT", !flags.contains('l')),
            SocketState::Established(_) => ("ESTABLISHED", !flags.contains('l')),
            _ => continue,
        };
        if shown && (flags.contains('t') || !flags.contains(['u', 'w', 'x'])) {
            let port = |port: u16| if port == 0 { "*".to_owned() } else { port.to_string() };
            let listens = state == "LISTEN";
            let remote = if listens {
                "0.0.0.0:*".to_owned()
            } else {
                format!("{}:{}", socket.remote.0, socket.remote.1)
            };
            rows.push((
                *id,
                format!("{}:{}", socket.local.0, port(socket.local.1)),
                remote,
                state,
                socket.received.len(),
            ));
        }
    }
    for (id, local, remote, state, waiting) in rows {
        let owner = c
            .sys
            .socket_holder(id)
            .filter(|_| programs)
            .map_or(String::new(), |(pid, name)| format!("{pid}/{name}"));
        c.print(&format!("tcp   {waiting:>6}      0 {local:<23} {remote:<23} {state:<12}{owner}\n"));
    }
    Outcome::Done(0)
}

/// Neighbours: the gateway, which every packet out of the subnet goes to.
pub fn arp(c: C<'_, '_, '_>) -> Outcome {
    let Some(stack) = c.sys.stack() else { return Outcome::Done(1) };
    for route in &stack.routes {
        let device = stack.interfaces.get(&route.interface).map_or("?", |i| &i.name);
        if let Some(via) = route.via {
            let mac = crate::net::address::Mac::of(via);
            c.print(&format!("? ({via}) at {mac} [ether]  on {device}\n"));
        }
    }
    Outcome::Done(0)
}
