//! `curl`, `wget` and `nc`: a connection, what goes over it, and what is printed of it.

use super::http::{self, Message};
use super::{C, Outcome};
use crate::engine::syscall::{Connection, Io, Step, Sys};
use crate::kernel::errno::Errno;
use crate::memory::tool::{Exchange, State, Tool};
use crate::program::network::fail;
use crate::time::Span;
use std::net::Ipv4Addr;

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
                            'u' => {
                                let shown = crate::base64::encode(value.as_bytes());
                                headers.push(format!("Authorization: Basic {shown}"));
                            }
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
            .replace("%{time_total}", &crate::decimal::fixed(seconds, 6))
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
