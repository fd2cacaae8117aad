//! Programs about the network.

use super::{C, Outcome};
use crate::engine::syscall::Capability;
use crate::kernel::errno::Errno;
use crate::net::link::{Interface, InterfaceKind};

pub fn fail(c: C<'_, '_, '_>, code: u8, words: &str) -> Outcome {
    c.complain(words);
    Outcome::Done(code)
}

pub fn ip(c: C<'_, '_, '_>) -> Outcome {
    let words: Vec<String> = c.arguments.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let has = |flag: &str| c.arguments.iter().any(|a| a == flag);
    let (single, inet) = (has("-o") || has("-oneline"), has("-4"));
    let brief = c.arguments.iter().any(|a| a == "-br" || a == "-brief");
    if matches!(words.get(1).map(String::as_str), Some("set" | "add" | "del" | "delete" | "flush")) {
        let up = match words.last().map(String::as_str) {
            Some("up") => true,
            Some("down") => false,
            _ if c.sys.has(Capability::NetAdmin) => {
                return fail(
                    c,
                    1,
                    "only `ip link set DEVICE up` and `down` change something in the simulation",
                );
            }
            _ => true,
        };
        let name = words.iter().skip(2).find(|w| *w != "dev").cloned().unwrap_or_default();
        let words = match c.sys.set_link(&name, up) {
            Ok(()) => return Outcome::Done(0),
            Err(Errno::EPERM) if c.sys.is_busybox() => "SIOCSIFFLAGS: Operation not permitted".to_owned(),
            Err(Errno::EPERM) => {
                c.err.extend_from_slice(b"RTNETLINK answers: Operation not permitted\n");
                return Outcome::Done(2);
            }
            Err(_) => format!("can't find device '{name}'"),
        };
        return fail(c, 1, &words);
    }
    let Some(stack) = c.sys.stack() else { return Outcome::Done(1) };
    let device = words
        .iter()
        .position(|w| w == "dev")
        .and_then(|n| words.get(n + 1))
        .or_else(|| words.get(2).filter(|w| *w != "dev"));
    match words.first().map_or("", String::as_str) {
        "a" | "addr" | "address" | "link" | "l" => {
            let link = words[0].starts_with('l');
            for interface in stack.interfaces.values().filter(|i| device.is_none_or(|d| *d == *i.name)) {
                let text = if brief {
                    brief_line(interface)
                } else {
                    interface_text(interface, link, c.sys.is_busybox())
                };
                let text = if single { one_line(&text, inet && !link) } else { text };
                c.print(&text);
            }
        }
        "r" | "route" => {
            let busybox = c.sys.is_busybox();
            for route in &stack.routes {
                let device = stack.interfaces.get(&route.interface).map_or("?", |i| &i.name);
                if let Some(via) = route.via {
                    c.print(&format!("default via {via} dev {device} \n"));
                }
            }
            for interface in stack.interfaces.values().filter(|i| !matches!(i.kind, InterfaceKind::Loopback))
            {
                for net in &interface.addresses {
                    let kernel = if busybox { "" } else { "proto kernel " };
                    let line = format!(
                        "{} dev {} {kernel}scope link  src {} \n",
                        net.trunc(),
                        interface.name,
                        net.addr()
                    );
                    c.print(&line);
                }
            }
        }
        _ => return fail(c, 1, "only `ip addr`, `ip link` and `ip route` are simulated"),
    }
    Outcome::Done(0)
}

/// `-o`: a record on one line, its own line ends as `\\`; of a family that was asked for only the addresses.
fn one_line(text: &str, addresses: bool) -> String {
    let head = text.split(": <").next().unwrap_or_default().split('@').next().unwrap_or_default();
    let mut out = String::new();
    for (n, line) in text.trim_end().lines().enumerate() {
        match line.trim_start().strip_prefix("inet ") {
            Some(rest) => out.push_str(&format!("\n{head}    inet {rest}")),
            None if n == 0 && addresses => {}
            None if addresses && out.is_empty() => {}
            None if n == 0 => out.push_str(line),
            None => out.push_str(&format!("\\{line}")),
        }
    }
    format!("{}\n", out.trim_start_matches('\n'))
}

fn shown_name(interface: &Interface) -> String {
    match interface.kind {
        InterfaceKind::Veth { index, .. } => format!("{}@if{index}", interface.name),
        _ => interface.name.to_string(),
    }
}

fn brief_line(interface: &Interface) -> String {
    let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
    let state = if matches!(interface.kind, InterfaceKind::Loopback) { "UNKNOWN" } else { "UP" };
    format!("{:<16} {state:<14} {} \n", shown_name(interface), addresses.join(" "))
}

fn interface_text(interface: &Interface, link_only: bool, busybox: bool) -> String {
    let loopback = matches!(interface.kind, InterfaceKind::Loopback);
    let flags = match (loopback, busybox) {
        (true, _) if !interface.up => "LOOPBACK",
        (false, _) if !interface.up => "BROADCAST,MULTICAST",
        (true, _) => "LOOPBACK,UP,LOWER_UP",
        (false, true) => "BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN",
        (false, false) => "BROADCAST,MULTICAST,UP,LOWER_UP",
    };
    let state = match (interface.up, loopback) {
        (false, _) => "DOWN",
        (true, true) => "UNKNOWN",
        (true, false) => "UP",
    };
    let mut text = format!(
        "{}: {}: <{flags}> mtu {} qdisc noqueue state {state} {}\n    link/{} {} brd {}\n",
        interface.index,
        shown_name(interface),
        interface.mtu,
        if busybox { "qlen 1000" } else { "group default qlen 1000" },
        if loopback { "loopback" } else { "ether" },
        interface.mac,
        if loopback { "00:00:00:00:00:00" } else { "ff:ff:ff:ff:ff:ff" }
    );
    for net in interface.addresses.iter().filter(|_| !link_only) {
        let broadcast = if loopback { String::new() } else { format!("brd {} ", net.broadcast()) };
        let scope = if loopback { "host" } else { "global" };
        text.push_str(&format!(
            "    inet {net} {broadcast}scope {scope} {}\n       valid_lft forever preferred_lft forever\n",
            interface.name
        ));
    }
    text
}

pub fn nslookup(c: C<'_, '_, '_>) -> Outcome {
    c.arguments.retain(|a| !a.starts_with('-'));
    let Some(name) = c.arguments.first().cloned() else { return fail(c, 1, "a name is missing") };
    let conf = c.sys.peek_file("/etc/resolv.conf").unwrap_or_default();
    let text = String::from_utf8_lossy(&conf).into_owned();
    let server = text.lines().find_map(|l| l.strip_prefix("nameserver ")).unwrap_or("127.0.0.1").to_owned();
    c.print(&format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n"));
    match c.sys.resolve(&name) {
        Some(addresses) => {
            c.print("Non-authoritative answer:\n");
            for address in addresses {
                c.print(&format!("Name:\t{name}\nAddress: {address}\n"));
            }
            c.print("\n");
            Outcome::Done(0)
        }
        None => {
            c.print(&format!("** server can't find {name}: NXDOMAIN\n\n"));
            Outcome::Done(1)
        }
    }
}
