//! A packet in the Inspector: its headers, its hops, its body.

use super::{Body, Card, Rows, Table};
use drydock::agenda::{Flight, Task};
use drydock::engine::World;
use drydock::net::packet::Transport;
use drydock::net::walk::{End, Hop, Role};
use drydock::time::Time;

/// The card of what is on its way under this number.
#[inline(never)]
pub fn card(world: &World, now: Time, number: u64) -> Option<Card> {
    let (id, entry) = world.agenda.iter().find(|(id, _)| id.order == number)?;
    let Task::Packet(flight) = &entry.task else { return None };
    let hops = &flight.walk.hops;
    let (passed, all) = (now.since(entry.since).0, id.due.since(entry.since).0.max(1));
    let at = ((hops.len() as u64 * passed / all) as usize).min(hops.len().saturating_sub(1));
    let hop = hops.get(at)?;
    let sub = format!("{}, hop {} of {}: at {}", flight.label, at + 1, hops.len(), hop.interface);
    let (strip, tables) = headers(hop);
    let mut tabs = vec![("Headers", Body::Wire(strip, tables)), ("Hops", Body::Facts(vec![ways(flight)]))];
    if !hop.packet.payload.is_empty() {
        tabs.push(("Body", Body::Text(String::from_utf8_lossy(&hop.packet.payload).into_owned())));
    }
    Some(Card { title: format!("Packet {number}"), sub, tabs })
}

/// The bytes by header, and a table for each, the outermost first.
fn headers(hop: &Hop) -> (Vec<(usize, &'static str)>, Vec<Table>) {
    let packet = &hop.packet;
    let caption = |caption: &str, note, colour| {
        Table(Box::new(Rows { caption: caption.to_owned(), note, colour, rows: Vec::new() }))
    };
    let (from, to) = packet.ethernet;
    let mut tables = vec![
        caption("Ethernet II", "to the next port", "ns-user").row("From", from).row("To", to),
        caption("IPv4", "host to host", "ns-net")
            .row("From", packet.from)
            .row("To", packet.to)
            .row("TTL", packet.ttl),
    ];
    let mut strip = vec![(14, "ns-user"), (20, "ns-net")];
    match &packet.transport {
        Transport::Tcp { source, destination, sequence, acknowledgement, flags } => {
            strip.push((20, "ns-mnt"));
            tables.push(
                caption("TCP", "program to program", "ns-mnt")
                    .row("From port", source)
                    .row("To port", destination)
                    .row("Flags", flags.names().replace(' ', ", "))
                    .row("Seq", sequence)
                    .row("Ack", acknowledgement),
            );
        }
        Transport::Icmp { request, identifier, sequence } => {
            strip.push((8, "ns-mnt"));
            let kind = if *request { "echo request (8)" } else { "echo reply (0)" };
            tables.push(
                caption("ICMP", "is anybody there", "ns-mnt")
                    .row("Type", kind)
                    .row("Identifier", identifier)
                    .row("Sequence", sequence),
            );
        }
    }
    if !packet.payload.is_empty() {
        strip.push((packet.payload.len(), "ns-uts"));
        let text = String::from_utf8_lossy(&packet.payload).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n").filter(|(h, _)| h.contains("HTTP/")) {
            let mut lines = head.split("\r\n");
            let mut table =
                caption("HTTP", "the message", "ns-uts").row("Line", lines.next().unwrap_or_default());
            for (name, value) in lines.filter_map(|l| l.split_once(": ")) {
                table = table.row(name, value);
            }
            tables.push(table);
        }
    }
    (strip, tables)
}

/// Every hop, and where the way ends.
fn ways(flight: &Flight) -> Table {
    let mut table = Table::new("Hops");
    for (n, hop) in flight.walk.hops.iter().enumerate() {
        let what = match &hop.role {
            Role::Origin => "a process sends it".to_owned(),
            Role::Veth => "through the veth pair".to_owned(),
            Role::Bridge => "the bridge forwards it".to_owned(),
            Role::Route => "the host routes it".to_owned(),
            Role::Door(port) => format!("published port {port}: the destination becomes {}", hop.packet.to),
            Role::Masquerade => "it leaves with the host's address".to_owned(),
            Role::Loopback => "it stays on the loopback".to_owned(),
            Role::Arrive => "it is there".to_owned(),
            Role::Leave => "it leaves the host".to_owned(),
        };
        table = table.row(&format!("{} {}", n + 1, hop.interface), what);
    }
    if let End::Dropped { at, rule, reason, .. } = &flight.walk.end {
        table = table.row("Dropped", format!("at {at} by {rule}: {reason}"));
    }
    table
}
