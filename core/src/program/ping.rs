//! `ping`: one echo request after another, and its statistics.

use super::{C, Outcome};
use crate::decimal::fixed;
use crate::engine::syscall::{Step, Sys};
use crate::kernel::process::Wait;
use crate::memory::tool::{Ping, State, Tool};
use crate::program::network::fail;
use crate::time::Time;
use std::net::Ipv4Addr;

pub fn ping(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = match c.options("qn46", "ciWws") {
        Ok(found) => found,
        Err(code) => return Outcome::Done(code),
    };
    let Some(host) = c.arguments.first().cloned() else { return fail(c, 1, "a host is missing") };
    let Some(address) = c.sys.resolve(&host).and_then(|a| a.first().copied()) else {
        let busybox = c.sys.is_busybox();
        return fail(
            c,
            if busybox { 1 } else { 2 },
            &if busybox {
                format!("bad address '{host}'")
            } else {
                format!("{host}: Name or service not known")
            },
        );
    };
    let _ = values;
    // Busybox opens a raw socket, which asks for a capability.
    let raw = c.sys.is_busybox() && !c.sys.has(crate::engine::syscall::Capability::NetRaw);
    let socket = c.sys.echo_socket().unwrap_or(0);
    let now = c.sys.now().0;
    c.print(&if c.sys.is_busybox() {
        format!("PING {host} ({address}): 56 data bytes\n")
    } else {
        format!("PING {host} ({address}) 56(84) bytes of data.\n")
    });
    if raw {
        return fail(c, 1, "permission denied (are you root?)");
    }
    Outcome::State(State::Ping(Ping {
        socket,
        address: address.octets(),
        began: now,
        answered: true,
        ..Ping::default()
    }))
}

/// How many requests, and how long to wait for an answer.
fn ping_limits(sys: &Sys<'_>) -> (u64, u64, String) {
    let arguments = sys.arguments();
    let value = |flag: &str| {
        let at = arguments.iter().position(|a| a.starts_with(flag))?;
        let attached = arguments[at][flag.len()..].to_owned();
        if attached.is_empty() { arguments.get(at + 1)?.parse().ok() } else { attached.parse().ok() }
    };
    let host = arguments.iter().skip(1).rfind(|a| !a.starts_with('-')).cloned().unwrap_or_default();
    (value("-c").unwrap_or(u64::MAX), value("-W").unwrap_or(10), host)
}

/// Sends the next request, or looks for the answer to the last.
pub fn go_on_pinging(sys: &mut Sys<'_>, tool: &mut Tool, mut ping: Ping) -> Option<Step> {
    let (count, patience, host) = ping_limits(sys);
    let now = sys.now().0;
    let address = Ipv4Addr::from(ping.address);
    while let Some(reply) = sys.take_echo(ping.socket) {
        ping.answered = true;
        let sequence = if sys.is_busybox() { reply.sequence.saturating_sub(1) } else { reply.sequence };
        if let Ok(ttl) = reply.outcome {
            let trip = now - ping.at;
            ping.received += 1;
            ping.trips.push(trip);
            let (label, size) = if sys.is_busybox() { ("seq", "64 bytes") } else { ("icmp_seq", "64 bytes") };
            let line = format!(
                "{size} from {}: {label}={sequence} ttl={ttl} time={} ms\n",
                reply.from,
                fixed(trip as f64 / 1e3, 3)
            );
            tool.pending[0].extend_from_slice(line.as_bytes());
        }
    }
    let timed_out = !ping.answered && now >= ping.at + patience * 1_000_000;
    let due = ping.sent == 0 || now >= ping.at + 1_000_000;
    if u64::from(ping.sent) >= count && (ping.answered || timed_out) {
        let summary = statistics(sys, &ping, &host);
        tool.pending[0].extend_from_slice(summary.as_bytes());
        tool.state = State::Done(u8::from(ping.received == 0));
        return None;
    }
    if due && u64::from(ping.sent) < count {
        ping.sent += 1;
        ping.at = now;
        ping.answered = false;
        let (socket, sequence) = (ping.socket, ping.sent);
        tool.state = State::Ping(ping);
        if let Err(errno) = sys.send_echo(socket, address, sequence, 56) {
            let line = format!("ping: sendto: {errno}\n");
            tool.pending[1].extend_from_slice(line.as_bytes());
            tool.state = State::Done(1);
        }
        return None;
    }
    let next =
        if u64::from(ping.sent) >= count { ping.at + patience * 1_000_000 } else { ping.at + 1_000_000 };
    let wait = sys.socket_wait(ping.socket);
    tool.state = State::Ping(ping);
    if !tool.pending[0].is_empty() {
        return None;
    }
    Some(Step::Block(vec![wait, Wait::Until(Time(next))]))
}

fn statistics(sys: &Sys<'_>, ping: &Ping, host: &str) -> String {
    let lost = 100 * u64::from(ping.sent - ping.received) / u64::from(ping.sent.max(1));
    let ms = |t: u64| fixed(t as f64 / 1e3, 3);
    let (min, max) =
        (ping.trips.iter().min().copied().unwrap_or(0), ping.trips.iter().max().copied().unwrap_or(0));
    let average = ping.trips.iter().sum::<u64>() / ping.trips.len().max(1) as u64;
    let mut text = format!("\n--- {host} ping statistics ---\n");
    if sys.is_busybox() {
        text.push_str(&format!(
            "{} packets transmitted, {} packets received, {lost}% packet loss\n",
            ping.sent, ping.received
        ));
        if ping.received > 0 {
            text.push_str(&format!("round-trip min/avg/max = {}/{}/{} ms\n", ms(min), ms(average), ms(max)));
        }
    } else {
        let time = (sys.now().0 - ping.began) / 1000;
        text.push_str(&format!(
            "{} packets transmitted, {} received, {lost}% packet loss, time {time}ms\n",
            ping.sent, ping.received
        ));
        if ping.received > 0 {
            text.push_str(&format!(
                "rtt min/avg/max/mdev = {}/{}/{}/0.000 ms\n",
                ms(min),
                ms(average),
                ms(max)
            ));
        }
    }
    text
}
