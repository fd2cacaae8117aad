//! Calls of an application to other servers: redis (RESP), HTTP, databases.

use super::wire;
use crate::application::{Ask, Language};
use crate::engine::syscall::{Connection, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::memory::application::{Call, Running};
use crate::time::{Span, Time};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

type Answer = Result<Value, (String, String)>;

/// Begins a call: it is made when it is its turn.
pub fn begin(running: &mut Running, task: u32, ask: Ask) {
    let call = Call {
        task,
        ask,
        fd: None,
        sent: false,
        reused: false,
        received: Vec::new(),
        again: 0,
        address: [0; 4],
    };
    running.calls.push(call);
}

/// Goes on with every call; true when one was answered.
pub fn go_on(sys: &mut Sys<'_>, running: &mut Running, waits: &mut Vec<Wait>) -> bool {
    let mut busy = false;
    let mut kept = Vec::new();
    for mut call in std::mem::take(&mut running.calls) {
        match step(sys, running, &mut call, waits) {
            Some(answer) => {
                running.application.answer(call.task, answer);
                busy = true;
            }
            None => kept.push(call),
        }
    }
    running.calls = kept;
    busy
}

/// Where a call goes.
fn target(ask: &Ask) -> (String, u16) {
    match ask {
        Ask::Redis(host, port, _) | Ask::Http(host, port, _) | Ask::Connect(host, port, _) => {
            (host.clone(), *port)
        }
        Ask::Database(protocol, options, ..) => {
            let option = |name: &str| options.iter().find(|o| o.0 == name).map(|o| o.1.clone());
            let port = option("port").and_then(|p| p.parse().ok());
            let host = option("host").unwrap_or_else(|| "localhost".to_owned());
            (host, port.unwrap_or(if protocol == "mysql" { 3306 } else { 5432 }))
        }
        _ => (String::new(), 0),
    }
}

fn step(sys: &mut Sys<'_>, running: &mut Running, call: &mut Call, waits: &mut Vec<Wait>) -> Option<Answer> {
    let (host, port) = target(&call.ask);
    let language = running.application.language;
    if call.again > sys.now().0 {
        waits.push(Wait::Until(Time(call.again)));
        return None;
    }
    if call.fd.is_none() {
        if let Some(at) = running.idle.iter().position(|i| i.0 == host && i.1 == port) {
            call.fd = Some(running.idle.remove(at).2);
            call.reused = true;
        } else {
            let Some(address) = sys.resolve(&host).and_then(|a| a.first().copied()) else {
                return failed(sys, call, language, None);
            };
            call.address = address.octets();
            match sys.connect(address, port) {
                Ok(fd) => call.fd = Some(fd),
                Err(errno) => return failed(sys, call, language, Some(errno)),
            }
        }
    }
    let fd = call.fd?;
    match sys.connection(fd) {
        Connection::Connecting(wait) => {
            waits.push(wait);
            return None;
        }
        Connection::Failed(errno) if !call.reused => {
            let _ = sys.close(fd);
            call.fd = None;
            return failed(sys, call, language, Some(errno));
        }
        _ => {}
    }
    if let Ask::Connect(..) = call.ask {
        let _ = sys.close(fd);
        return Some(Ok(json!({ "open": true })));
    }
    if !call.sent {
        let _ = sys.write(fd, &request(&call.ask));
        call.sent = true;
    }
    let over = crate::program::receive(sys, fd, &mut call.received, waits);
    if let Some(answer) = reply(&call.ask, &call.received, language, over) {
        match over || matches!(call.ask, Ask::Http(..)) {
            true => {
                let _ = sys.close(fd);
            }
            false => running.idle.push((host, port, fd)),
        }
        return Some(answer);
    }
    if !over {
        return None;
    }
    let _ = sys.close(fd);
    call.fd = None;
    if call.reused {
        // The other side ended a connection that was kept: a new one is made.
        (call.reused, call.sent) = (false, false);
        call.received.clear();
        return step(sys, running, call, waits);
    }
    failed(sys, call, language, Some(Errno::ECONNRESET))
}

/// The bytes of a request.
fn request(ask: &Ask) -> Vec<u8> {
    match ask {
        Ask::Redis(_, _, words) => {
            let mut text = format!("*{}\r\n", words.len());
            for word in words {
                text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
            }
            text.into_bytes()
        }
        Ask::Http(_, _, text) => text.clone().into_bytes(),
        Ask::Database(_, options, statement, values) => {
            let cells = values.iter().map(|v| match v {
                crate::sql::Cell::Null => Value::Null,
                crate::sql::Cell::Number(n) if n.fract() == 0.0 => Value::from(*n as i64),
                crate::sql::Cell::Number(n) => Value::from(crate::decimal::brief(*n, 12)),
                crate::sql::Cell::Text(text) => Value::from(text.as_str()),
            });
            let option = |name: &str| options.iter().find(|o| o.0 == name).map_or("", |o| o.1.as_str());
            let login = json!({ "user": option("user"), "password": option("password"), "database": option("database") });
            let query = json!({ "sql": statement, "values": cells.collect::<Vec<_>>() });
            format!("Login {login}\nQuery {query}\n").into_bytes()
        }
        _ => Vec::new(),
    }
}

/// What a server has answered, once it is whole.
fn reply(ask: &Ask, received: &[u8], language: Language, over: bool) -> Option<Answer> {
    match ask {
        Ask::Redis(..) => {
            let (value, _) = resp(received)?;
            Some(match value {
                Ok(value) => Ok(value),
                Err(words) => Err((
                    if language == Language::Python {
                        "redis.exceptions.ResponseError"
                    } else {
                        "ReplyError"
                    }
                    .to_owned(),
                    words,
                )),
            })
        }
        Ask::Http(..) => {
            let message = wire::parse(received)?;
            let whole = message.length().map_or(over, |l| message.body.len() >= l);
            whole.then(|| {
                let status: u16 = message.second().parse().unwrap_or(0);
                let headers: serde_json::Map<String, Value> =
                    message.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), Value::from(v.as_str()))).collect();
                Ok(json!({ "status": status, "text": String::from_utf8_lossy(&message.body), "headers": headers }))
            })
        }
        Ask::Database(..) => {
            let text = std::str::from_utf8(received).ok()?;
            let line = text.lines().next().filter(|_| text.ends_with('\n'))?;
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            Some(match kind {
                "Rows" => Ok(serde_json::from_str(rest).unwrap_or(Value::Null)),
                _ => Err(("Error".to_owned(), rest.to_owned())),
            })
        }
        _ => None,
    }
}

/// A reply of redis (RESP), and what follows it.
fn resp(bytes: &[u8]) -> Option<(Result<Value, String>, &[u8])> {
    let end = bytes.windows(2).position(|w| w == b"\r\n")?;
    let (line, rest) = (std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 2..]);
    let (kind, text) = line.split_at(line.chars().next()?.len_utf8());
    Some(match kind {
        "+" => (Ok(Value::from(text)), rest),
        "-" => (Err(text.to_owned()), rest),
        ":" => (Ok(Value::from(text.parse::<i64>().unwrap_or(0))), rest),
        "$" => match text.parse::<usize>() {
            Ok(length) => {
                let body = rest.get(..length)?;
                (Ok(Value::from(String::from_utf8_lossy(body).into_owned())), rest.get(length + 2..)?)
            }
            Err(_) => (Ok(Value::Null), rest),
        },
        "*" => {
            let mut items = Vec::new();
            let mut left = rest;
            for _ in 0..text.parse::<usize>().unwrap_or(0) {
                let (item, after) = resp(left)?;
                items.push(item.unwrap_or(Value::Null));
                left = after;
            }
            (Ok(Value::Array(items)), left)
        }
        _ => (Ok(Value::Null), rest),
    })
}

/// A connection came to nothing: tried again when that was asked for, else the library's own words.
fn failed(sys: &Sys<'_>, call: &mut Call, language: Language, errno: Option<Errno>) -> Option<Answer> {
    let (host, port) = target(&call.ask);
    if let Ask::Connect(_, _, until) = call.ask {
        if sys.now().0 >= until {
            return Some(Ok(json!({ "open": false })));
        }
        call.again = (sys.now() + Span::millis(1_000)).0;
        call.fd = None;
        return None;
    }
    let address = Ipv4Addr::from(call.address);
    let (kind, words) = match (language, &call.ask, errno) {
        (Language::Python, Ask::Redis(..), None) => (
            "redis.exceptions.ConnectionError",
            format!("Error -2 connecting to {host}:{port}. Name or service not known."),
        ),
        (Language::Python, Ask::Redis(..), Some(Errno::ECONNRESET)) => {
            ("redis.exceptions.ConnectionError", "Connection closed by server.".to_owned())
        }
        (Language::Python, Ask::Redis(..), Some(errno)) => (
            "redis.exceptions.ConnectionError",
            format!("Error {} connecting to {host}:{port}. {}.", number(errno), errno.text()),
        ),
        (Language::Python, Ask::Http(..), errno) => {
            let why = errno.map_or_else(
                || format!("NameResolutionError(\"Failed to resolve '{host}' ([Errno -2] Name or service not known)\")"),
                |e| format!("NewConnectionError('Failed to establish a new connection: [Errno {}] {}')", number(e), e.text()),
            );
            let words = format!(
                "HTTPConnectionPool(host='{host}', port={port}): Max retries exceeded (Caused by {why})"
            );
            ("requests.exceptions.ConnectionError", words)
        }
        (Language::Python, _, errno) => {
            let why = errno.map_or("Name or service not known", |e| e.text());
            ("OperationalError", format!("Can't connect to server on '{host}:{port}' ({why})"))
        }
        (Language::JavaScript, _, None) => ("Error", format!("getaddrinfo ENOTFOUND {host}")),
        (Language::JavaScript, _, Some(Errno::ECONNRESET)) => ("Error", "read ECONNRESET".to_owned()),
        (Language::JavaScript, _, Some(errno)) => ("Error", format!("connect {errno:?} {address}:{port}")),
    };
    Some(Err((kind.to_owned(), words)))
}

/// The number of an error, for libraries that print it.
pub const fn number(errno: Errno) -> u32 {
    match errno {
        Errno::ENOENT => 2,
        Errno::EACCES => 13,
        Errno::EEXIST => 17,
        Errno::ENOTDIR => 20,
        Errno::EISDIR => 21,
        Errno::EROFS => 30,
        Errno::ENETUNREACH => 101,
        Errno::ETIMEDOUT => 110,
        Errno::ECONNREFUSED => 111,
        _ => 5,
    }
}
