//! Programs about the network.

use super::http::{self, Message};
use super::{Context, Outcome};
use crate::engine::syscall::{Connection, Io, Step, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::memory::tool::{Exchange, Ping, State, Tool};
use crate::net::link::{Interface, InterfaceKind};
use crate::time::{Span, Time};
use std::net::Ipv4Addr;

type C<'a, 'b, 'w> = &'a mut Context<'b, 'w>;

fn fail(c: C<'_, '_, '_>, code: u8, words: &str) -> Outcome {
    c.complain(words);
    Outcome::Done(code)
}

pub fn ip(c: C<'_, '_, '_>) -> Outcome {
    let words: Vec<String> = c.arguments.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    let brief = c.arguments.iter().any(|a| a == "-br" || a == "-brief");
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
        _ => return fail(c, 1, "only `ip addr`, `ip link` and `ip route` are simulated, and only to look"),
    }
    Outcome::Done(0)
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
        (true, _) => "LOOPBACK,UP,LOWER_UP",
        (false, true) => "BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN",
        (false, false) => "BROADCAST,MULTICAST,UP,LOWER_UP",
    };
    let state = if loopback { "UNKNOWN" } else { "UP" };
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
    let socket = c.sys.echo_socket().unwrap_or(0);
    let now = c.sys.now().0;
    c.print(&if c.sys.is_busybox() {
        format!("PING {host} ({address}): 56 data bytes\n")
    } else {
        format!("PING {host} ({address}) 56(84) bytes of data.\n")
    });
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
                "{size} from {}: {label}={sequence} ttl={ttl} time={:.3} ms\n",
                reply.from,
                trip as f64 / 1e3
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
    let ms = |t: u64| t as f64 / 1e3;
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
            text.push_str(&format!(
                "round-trip min/avg/max = {:.3}/{:.3}/{:.3} ms\n",
                ms(min),
                ms(average),
                ms(max)
            ));
        }
    } else {
        let time = (sys.now().0 - ping.began) / 1000;
        text.push_str(&format!(
            "{} packets transmitted, {} received, {lost}% packet loss, time {time}ms\n",
            ping.sent, ping.received
        ));
        if ping.received > 0 {
            text.push_str(&format!(
                "rtt min/avg/max/mdev = {:.3}/{:.3}/{:.3}/0.000 ms\n",
                ms(min),
                ms(average),
                ms(max)
            ));
        }
    }
    text
}

/// Begins a connection for an exchange, or says why not.
fn start(c: C<'_, '_, '_>, mut exchange: Exchange, unknown: (u8, String)) -> Outcome {
    let Some(address) = c.sys.resolve(&exchange.host).and_then(|a| a.first().copied()) else {
        return fail(c, unknown.0, &unknown.1);
    };
    exchange.address = address.octets();
    exchange.began = c.sys.now().0;
    match c.sys.connect(address, exchange.port) {
        Ok(socket) => {
            exchange.socket = socket;
            Outcome::State(State::Exchange(exchange))
        }
        Err(errno) => {
            let words = refusal(&exchange, c.sys.now().0, errno);
            c.err.extend_from_slice(words.1.as_bytes());
            Outcome::Done(words.0)
        }
    }
}

pub fn curl(c: C<'_, '_, '_>) -> Outcome {
    let mut exchange = Exchange { kind: "curl".to_owned(), ..Exchange::default() };
    let (mut method, mut body, mut headers, mut url) = (None::<String>, None::<String>, Vec::new(), None);
    let mut arguments = std::mem::take(&mut c.arguments).into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--silent" => exchange.flags.push('s'),
            "--fail" => exchange.flags.push('f'),
            "--include" => exchange.flags.push('i'),
            "--head" => exchange.flags.push('I'),
            "--max-time" | "--connect-timeout" | "--retry" => {
                arguments.next();
            }
            flags if flags.starts_with('-') && !flags.starts_with("--") && flags.len() > 1 => {
                let mut letters = flags[1..].chars();
                while let Some(letter) = letters.next() {
                    if "XdHowmAu".contains(letter) {
                        let rest: String = letters.by_ref().collect();
                        let value = if rest.is_empty() { arguments.next().unwrap_or_default() } else { rest };
                        match letter {
                            'X' => method = Some(value),
                            'd' => body = Some(value),
                            'H' => headers.push(value),
                            'o' => exchange.output = value,
                            'w' => exchange.format = value,
                            _ => {}
                        }
                    } else if "sSfiIvLkgO".contains(letter) {
                        exchange.flags.push(letter);
                    } else {
                        return fail(c, 2, &format!("option -{letter}: is unknown"));
                    }
                }
            }
            flag if flag.starts_with("--") => return fail(c, 2, &format!("option {flag}: is unknown")),
            _ => url = Some(argument),
        }
    }
    let Some(url) = url else { return fail(c, 2, "(2) no URL specified") };
    let Some((host, port, path)) = http::split_url(&url) else {
        return fail(c, 3, &format!("(3) URL rejected: {url}"));
    };
    if exchange.flags.contains('O') {
        exchange.output = path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let verb = method.unwrap_or_else(|| {
        if exchange.flags.contains('I') {
            "HEAD"
        } else if body.is_some() {
            "POST"
        } else {
            "GET"
        }
        .to_owned()
    });
    let shown = if port == 80 { host.clone() } else { format!("{host}:{port}") };
    let mut request =
        format!("{verb} {path} HTTP/1.1\r\nHost: {shown}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n");
    for header in headers {
        request.push_str(&format!("{header}\r\n"));
    }
    if let Some(body) = &body {
        request.push_str(&format!(
            "Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            body.len()
        ));
    }
    request.push_str("\r\n");
    request.push_str(&body.unwrap_or_default());
    exchange.request = request.into_bytes();
    let unknown = (6, format!("(6) Could not resolve host: {host}"));
    (exchange.host, exchange.port) = (host, port);
    let silent = exchange.flags.contains('s') && !exchange.flags.contains('S');
    let outcome = start(c, exchange, unknown);
    if silent && matches!(outcome, Outcome::Done(_)) {
        c.err.clear();
    }
    outcome
}

pub fn wget(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = match c.options("qSc", "OTtPU") {
        Ok(found) => found,
        Err(code) => return Outcome::Done(code),
    };
    let Some(url) = c.arguments.first().cloned() else { return fail(c, 1, "missing URL") };
    let Some((host, port, path)) = http::split_url(&url) else {
        return fail(c, 1, &format!("bad address '{url}'"));
    };
    let default = path.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("index.html").to_owned();
    let output = values.iter().find(|v| v.0 == 'O').map_or(default, |v| v.1.clone());
    let shown = if port == 80 { host.clone() } else { format!("{host}:{port}") };
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {shown}\r\nUser-Agent: Wget\r\nConnection: close\r\n\r\n")
            .into_bytes();
    let unknown = (if c.sys.is_busybox() { 1 } else { 4 }, format!("bad address '{host}'"));
    let exchange =
        Exchange { kind: "wget".to_owned(), flags, output, request, host, port, ..Exchange::default() };
    start(c, exchange, unknown)
}

pub fn nc(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = match c.options("lvznkuN", "pwq") {
        Ok(found) => found,
        Err(code) => return Outcome::Done(code),
    };
    let port_flag = values.iter().find(|v| v.0 == 'p').and_then(|v| v.1.parse::<u16>().ok());
    let last = c.arguments.last().and_then(|p| p.parse::<u16>().ok());
    let Some(port) = port_flag.or(last) else { return fail(c, 1, "a port is missing") };
    let mut exchange = Exchange { kind: "nc".to_owned(), port, flags: flags.clone(), ..Exchange::default() };
    if flags.contains('l') {
        return match c.sys.listen(Ipv4Addr::UNSPECIFIED, port) {
            Ok(socket) => {
                exchange.socket = socket;
                exchange.listening = true;
                Outcome::State(State::Exchange(exchange))
            }
            Err(errno) => fail(c, 1, &format!("bind: {errno}")),
        };
    }
    exchange.host = c.arguments.first().cloned().unwrap_or_default();
    let unknown = (1, format!("bad address '{}'", exchange.host));
    start(c, exchange, unknown)
}

/// The exit code and words about a connection that came to nothing.
fn refusal(exchange: &Exchange, now: u64, errno: Errno) -> (u8, String) {
    let (host, port, address) = (&exchange.host, exchange.port, Ipv4Addr::from(exchange.address));
    match exchange.kind.as_str() {
        "curl" if exchange.flags.contains('s') && !exchange.flags.contains('S') => {
            (if errno == Errno::ETIMEDOUT { 28 } else { 7 }, String::new())
        }
        "curl" => {
            let ms = (now - exchange.began) / 1000;
            let why = if errno == Errno::ECONNREFUSED { "Couldn't connect to server" } else { errno.text() };
            (
                if errno == Errno::ETIMEDOUT { 28 } else { 7 },
                format!("curl: (7) Failed to connect to {host} port {port} after {ms} ms: {why}\n"),
            )
        }
        "wget" => (1, format!("wget: can't connect to remote host ({address}): {errno}\n")),
        _ => (1, format!("nc: can't connect to remote host ({address}): {errno}\n")),
    }
}

/// Goes on with an exchange.
pub fn exchange(sys: &mut Sys<'_>, tool: &mut Tool, mut exchange: Exchange) -> Option<Step> {
    if exchange.listening {
        match sys.accept(exchange.socket) {
            Ok(Io::Ready(connection)) => {
                let _ = sys.close(exchange.socket);
                exchange.socket = connection;
                exchange.listening = false;
            }
            Ok(Io::Blocked(wait)) => {
                tool.state = State::Exchange(exchange);
                return Some(Step::Block(vec![wait]));
            }
            Err(_) => {
                tool.state = State::Done(1);
                return None;
            }
        }
    }
    match sys.connection(exchange.socket) {
        Connection::Connecting(wait) => {
            tool.state = State::Exchange(exchange);
            return Some(Step::Block(vec![wait]));
        }
        Connection::Failed(errno) if exchange.received.is_empty() => {
            let (code, words) = refusal(&exchange, sys.now().0, errno);
            tool.pending[1].extend_from_slice(words.as_bytes());
            tool.state = State::Done(code);
            return None;
        }
        _ => {}
    }
    if exchange.kind == "nc" {
        return pipe(sys, tool, exchange);
    }
    if !exchange.sent {
        let request = std::mem::take(&mut exchange.request);
        let _ = sys.write(exchange.socket, &request);
        exchange.sent = true;
    }
    loop {
        match sys.read(exchange.socket, 1 << 20) {
            Ok(Io::Ready(bytes)) if !bytes.is_empty() => exchange.received.extend(bytes),
            Ok(Io::Blocked(wait)) => {
                let head_only = exchange.flags.contains('I');
                if let Some(message) = http::parse(&exchange.received) {
                    if head_only || message.length().is_some_and(|l| message.body.len() >= l) {
                        return finish(sys, tool, &exchange, message);
                    }
                }
                tool.state = State::Exchange(exchange);
                return Some(Step::Block(vec![wait]));
            }
            _ => {
                let message = http::parse(&exchange.received).unwrap_or_default();
                return finish(sys, tool, &exchange, message);
            }
        }
    }
}

/// The answer is whole: it is shown or kept.
fn finish(sys: &mut Sys<'_>, tool: &mut Tool, exchange: &Exchange, message: Message) -> Option<Step> {
    let _ = sys.close(exchange.socket);
    let code: u16 = message.second().parse().unwrap_or(0);
    if message.start.is_empty() {
        let words = if exchange.kind == "curl" {
            "curl: (52) Empty reply from server\n"
        } else {
            "wget: error getting response\n"
        };
        tool.pending[1].extend_from_slice(words.as_bytes());
        tool.state = State::Done(if exchange.kind == "curl" { 52 } else { 1 });
        return None;
    }
    sys.note_reply(&exchange.host, exchange.port, code, &http::title(&message.body));
    let mut status = 0;
    let mut body = message.body.clone();
    if exchange.kind == "wget" {
        if code >= 400 {
            let line = format!("wget: server returned error: {}\n", message.start);
            tool.pending[1].extend_from_slice(line.as_bytes());
            tool.state = State::Done(1);
            return None;
        }
        if !exchange.flags.contains('q') {
            let line = format!(
                "Connecting to {} ({}:{})\n",
                exchange.host,
                Ipv4Addr::from(exchange.address),
                exchange.port
            );
            tool.pending[1].extend_from_slice(line.as_bytes());
        }
    } else {
        if exchange.flags.contains('f') && code >= 400 {
            body.clear();
            status = 22;
            if !exchange.flags.contains('s') || exchange.flags.contains('S') {
                let line = format!("curl: (22) The requested URL returned error: {code}\n");
                tool.pending[1].extend_from_slice(line.as_bytes());
            }
        }
        if exchange.flags.contains(['i', 'I']) {
            let mut head = format!("{}\r\n\r\n", message.head).into_bytes();
            head.extend(body);
            body = head;
        }
    }
    if exchange.output.is_empty() || exchange.output == "-" {
        tool.pending[0].extend(body);
    } else if let Err(errno) = sys.write_file(&exchange.output, &body) {
        let line = format!("{}: can't open '{}': {errno}\n", exchange.kind, exchange.output);
        tool.pending[1].extend_from_slice(line.as_bytes());
        status = if exchange.kind == "curl" { 23 } else { 1 };
    }
    if !exchange.format.is_empty() {
        let seconds = Span(sys.now().0 - exchange.began).as_seconds_f64();
        let text = crate::shell::printf::escapes(&exchange.format)
            .replace("%{http_code}", &format!("{code:03}"))
            .replace("%{response_code}", &format!("{code:03}"))
            .replace("%{time_total}", &format!("{seconds:.6}"))
            .replace("%{size_download}", &message.body.len().to_string());
        tool.pending[0].extend_from_slice(text.as_bytes());
    }
    tool.state = State::Done(status);
    None
}

/// `nc`: standard input to the connection, the connection to standard output.
fn pipe(sys: &mut Sys<'_>, tool: &mut Tool, mut exchange: Exchange) -> Option<Step> {
    if exchange.flags.contains('z') {
        tool.state = State::Done(0);
        return None;
    }
    let mut waits = Vec::new();
    while !exchange.input_done {
        match sys.read(0, 65_536) {
            Ok(Io::Ready(bytes)) if !bytes.is_empty() => {
                let _ = sys.write(exchange.socket, &bytes);
            }
            Ok(Io::Blocked(wait)) => {
                waits.push(wait);
                break;
            }
            _ => {
                exchange.input_done = true;
                sys.shut_down(exchange.socket);
            }
        }
    }
    match sys.read(exchange.socket, 65_536) {
        Ok(Io::Ready(bytes)) if !bytes.is_empty() => {
            tool.pending[0].extend(bytes);
            tool.state = State::Exchange(exchange);
            None
        }
        Ok(Io::Blocked(wait)) => {
            waits.push(wait);
            tool.state = State::Exchange(exchange);
            Some(Step::Block(waits))
        }
        _ => {
            let _ = sys.close(exchange.socket);
            tool.state = State::Done(0);
            None
        }
    }
}
