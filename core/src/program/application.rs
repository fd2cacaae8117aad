//! A learner's application as a process: how it begins, and its turn after turn.

mod calls;
mod files;
mod launch;

use super::http as wire;
use crate::application::{Application, Ask, Reply, Request, TaskState};
use crate::engine::syscall::{Io, Step, Sys};
use crate::kernel::process::Wait;
use crate::kernel::signal::{Disposition, Signal};
use crate::memory::application::{Connection, Running};
use crate::memory::tool::{State, Tool};
use crate::time::{Span, Time};
use std::net::Ipv4Addr;

pub use launch::begin;

/// Memory that such a program holds before it has objects, in bytes.
const BASE: u64 = 12_000_000;

/// Goes on with an application.
pub fn go_on(sys: &mut Sys<'_>, tool: &mut Tool, mut running: Box<Running>) -> Option<Step> {
    for _ in 0..200 {
        let mut waits = vec![Wait::Signal];
        signals(sys, &mut running);
        let app = &mut running.application;
        app.now = (sys.now().0, sys.now().unix_micros());
        while app.entropy.len() < 64 {
            let drawn = sys.random().below(u64::MAX);
            app.entropy.push(drawn);
        }
        let tired = app.run();
        // A turn that was cut short has used its processor all the time.
        sys.spend(if tired { Span::millis(20) } else { Span(500) });
        if tired && sys.set_resident(BASE + 256 * app.heap.len() as u64) {
            tool.state = State::Application(running);
            return Some(Step::Block(vec![Wait::Signal]));
        }
        print(tool, app);
        handle_signals(sys, &running.application);
        let mut busy = tired;
        busy |= answer_asks(sys, &mut running, &mut waits);
        busy |= calls::go_on(sys, &mut running, &mut waits);
        busy |= replies(sys, tool, &mut running);
        if !busy {
            settle(sys, tool, &mut running);
            busy |= listen(sys, tool, &mut running);
            busy |= serve(sys, &mut running, &mut waits);
        }
        print(tool, &mut running.application);
        if let Some(code) = ended(&running) {
            tool.state = State::Done(code);
            return None;
        }
        if tool.pending.iter().any(|p| !p.is_empty()) {
            tool.state = State::Application(running);
            return None;
        }
        if !busy {
            tool.state = State::Application(running);
            return Some(Step::Block(waits));
        }
        if tired {
            break;
        }
    }
    tool.state = State::Application(running);
    Some(Step::Continue)
}

/// What it has printed goes to its outputs.
fn print(tool: &mut Tool, app: &mut Application) {
    for (error, text) in std::mem::take(&mut app.prints) {
        tool.pending[usize::from(error)].extend_from_slice(text.as_bytes());
    }
}

/// The exit code of an application that has nothing left to do.
fn ended(running: &Running) -> Option<u8> {
    let app = &running.application;
    if app.ended.is_some() {
        return app.ended;
    }
    let idle = app.tasks.is_empty() && app.listening.is_none() && running.settled;
    idle.then_some(0)
}

fn signals(sys: &mut Sys<'_>, running: &mut Running) {
    while let Some(signal) = sys.take_signal() {
        let name = match signal {
            Signal::INT => "SIGINT",
            Signal::TERM => "SIGTERM",
            Signal::HUP => "SIGHUP",
            _ => "SIGUSR2",
        };
        if !running.application.signal(name) {
            running.application.ended =
                Some(if running.application.server.is_empty() { 128 + signal.0 } else { 0 });
        }
    }
}

/// Signals that the application handles reach it; the others do what the kernel says.
fn handle_signals(sys: &mut Sys<'_>, app: &Application) {
    for (name, signal) in
        [("SIGINT", Signal::INT), ("SIGTERM", Signal::TERM), ("SIGHUP", Signal::HUP), ("SIGUSR2", Signal(12))]
    {
        let own = app.server.as_ref() != "" && matches!(name, "SIGINT" | "SIGTERM");
        if (own || app.signals.iter().any(|s| &*s.0 == name)) && sys.disposition(signal).is_none() {
            sys.set_disposition(signal, Some(Disposition::Handle));
        }
    }
}

/// Answers what can be answered at once, and begins the rest.
fn answer_asks(sys: &mut Sys<'_>, running: &mut Running, waits: &mut Vec<Wait>) -> bool {
    let asked: Vec<(u32, Ask)> = running
        .application
        .tasks
        .iter()
        .filter_map(|t| match &t.state {
            TaskState::Asking(ask) if !running.calls.iter().any(|c| c.task == t.id) => {
                Some((t.id, ask.clone()))
            }
            _ => None,
        })
        .collect();
    let mut busy = false;
    for (task, ask) in asked {
        let answer = match ask {
            Ask::Until(u64::MAX) => continue,
            Ask::Until(until) if sys.now().0 < until => {
                waits.push(Wait::Until(Time(until)));
                continue;
            }
            Ask::Until(_) => Ok(serde_json::Value::Null),
            Ask::Redis(..) | Ask::Http(..) | Ask::Connect(..) | Ask::Database(..) => {
                calls::begin(running, task, ask);
                busy = true;
                continue;
            }
            ask => files::answer(sys, running, &ask),
        };
        running.application.answer(task, answer);
        busy = true;
    }
    busy
}

/// The main module has run: a server of its own begins, and what could not be read is said.
fn settle(sys: &mut Sys<'_>, tool: &mut Tool, running: &mut Running) {
    let waits =
        running.application.tasks.iter().any(|t| !matches!(t.state, TaskState::Asking(Ask::Until(u64::MAX))));
    if running.settled || waits {
        return;
    }
    running.settled = true;
    if running.application.ended.is_some() || running.application.listening.is_some() {
        return;
    }
    if let Some((host, port)) = running.told.clone() {
        launch::serve_named(sys, running, &host, port);
        return;
    }
    let unread = running.application.found.iter().any(|f| f.kind == crate::application::FoundKind::Unread);
    if !unread || !running.application.tasks.is_empty() {
        return;
    }
    let variable = running.application.variable("PORT").and_then(|p| p.parse().ok());
    match variable.or_else(|| sys.announced_port()) {
        Some(port) => {
            let line = format!(
                "drydock: no server was found in this source; listening on port {port}, as announced, and answering that nothing was read\n"
            );
            tool.pending[1].extend_from_slice(line.as_bytes());
            let nothing =
                crate::application::value::Value::Unknown("no server was found in this source".into());
            running.application.listening = Some((port, nothing));
        }
        None => {
            let line = "drydock: no server was found in this source, and no port is announced (EXPOSE, PORT): it ends here\n";
            tool.pending[1].extend_from_slice(line.as_bytes());
        }
    }
}

fn listen(sys: &mut Sys<'_>, tool: &mut Tool, running: &mut Running) -> bool {
    let Some((port, _)) = running.application.listening else { return false };
    if running.listener.is_some() {
        return false;
    }
    let address = if running.application.loopback { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
    match sys.listen(address, port) {
        Ok(fd) => {
            running.listener = Some(fd);
            true
        }
        Err(_) => {
            let words = match running.application.language {
                crate::application::Language::JavaScript => {
                    format!("Error: listen EADDRINUSE: address already in use :::{port}\n")
                }
                crate::application::Language::Python => {
                    format!(
                        "Address already in use\nPort {port} is in use by another program. Either identify and stop that program, or start the server with a different port.\n"
                    )
                }
            };
            tool.pending[1].extend_from_slice(words.as_bytes());
            running.application.ended = Some(1);
            false
        }
    }
}

/// Takes connections and requests.
fn serve(sys: &mut Sys<'_>, running: &mut Running, waits: &mut Vec<Wait>) -> bool {
    let Some(listener) = running.listener else { return false };
    if running.application.listening.is_none() {
        let _ = sys.close(listener);
        running.listener = None;
        return true;
    }
    loop {
        match sys.accept(listener) {
            Ok(Io::Ready(fd)) => {
                running.taken += 1;
                running.connections.push(Connection { number: running.taken, fd, ..Connection::default() });
            }
            Ok(Io::Blocked(wait)) => {
                waits.push(wait);
                break;
            }
            Err(_) => break,
        }
    }
    let mut busy = false;
    let mut kept = Vec::new();
    for mut connection in std::mem::take(&mut running.connections) {
        let over = crate::program::receive(sys, connection.fd, &mut connection.bytes, waits);
        if connection.asked.is_none() {
            busy |= take_request(sys, &mut running.application, &mut connection);
        }
        if over && connection.asked.is_none() {
            let _ = sys.close(connection.fd);
        } else {
            kept.push(connection);
        }
    }
    running.connections = kept;
    busy
}

fn take_request(sys: &Sys<'_>, app: &mut Application, connection: &mut Connection) -> bool {
    let Some(message) = wire::parse(&connection.bytes) else { return false };
    if message.length().is_some_and(|l| message.body.len() < l) {
        return false;
    }
    connection.bytes.clear();
    let closes = message.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
    connection.asked = Some((message.first().to_owned(), message.second().to_owned(), closes));
    app.request(Request {
        connection: connection.number,
        method: message.first().to_owned(),
        target: message.second().to_owned(),
        headers: message.headers.clone(),
        body: String::from_utf8_lossy(&message.body).into_owned(),
        peer: sys.peer(connection.fd).map_or_else(|| "-".to_owned(), |p| p.0.to_string()),
    });
    true
}

/// Sends the replies that are ready.
fn replies(sys: &mut Sys<'_>, tool: &mut Tool, running: &mut Running) -> bool {
    let ready = std::mem::take(&mut running.application.replies);
    let busy = !ready.is_empty();
    for reply in ready {
        let Some(at) = running.connections.iter().position(|c| c.number == reply.connection) else {
            continue;
        };
        let fd = running.connections[at].fd;
        let Some((method, target, closes)) = running.connections[at].asked.take() else { continue };
        access_log(sys, tool, running, fd, (&method, &target), &reply);
        let bytes = message(sys, &running.application, &reply, &method, closes);
        let _ = sys.write(fd, &bytes);
        if closes {
            let _ = sys.close(fd);
            running.connections.remove(at);
        }
    }
    busy
}

fn message(sys: &Sys<'_>, app: &Application, reply: &Reply, method: &str, closes: bool) -> Vec<u8> {
    use crate::application::Language;
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, crate::application::phrase(reply.status));
    let python = app.language == Language::Python && !app.server.starts_with("drydock");
    if python {
        let version = app.variable("PYTHON_VERSION").map_or("3.13.9", |v| v);
        head.push_str(&match &*app.server {
            "gunicorn" => "Server: gunicorn\r\n".to_owned(),
            "uvicorn" => "server: uvicorn\r\n".to_owned(),
            _ => format!("Server: Werkzeug/3.1.3 Python/{version}\r\n"),
        });
    }
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.status != 204 {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    head.push_str(&format!(
        "Date: {}\r\nConnection: {}\r\n\r\n",
        super::service::http_date(sys),
        if closes || python { "close" } else { "keep-alive" }
    ));
    let mut bytes = head.into_bytes();
    if method != "HEAD" && reply.status != 204 {
        bytes.extend_from_slice(&reply.body);
    }
    bytes
}

fn access_log(
    sys: &Sys<'_>,
    tool: &mut Tool,
    running: &Running,
    fd: u32,
    asked: (&str, &str),
    reply: &Reply,
) {
    if running.application.language != crate::application::Language::Python {
        return;
    }
    let Some((address, port)) = sys.peer(fd) else { return };
    let (method, target) = asked;
    let line = match &*running.application.server {
        "gunicorn" | "drydock" => return,
        "uvicorn" => {
            let phrase = crate::application::phrase(reply.status);
            format!("INFO:     {address}:{port} - \"{method} {target} HTTP/1.1\" {} {phrase}\n", reply.status)
        }
        _ => format!(
            "{address} - - [{}] \"{method} {target} HTTP/1.1\" {} -\n",
            super::service::log_date(sys).replacen(':', " ", 1).trim_end_matches(" +0000"),
            reply.status
        ),
    };
    let stream = usize::from(&*running.application.server != "uvicorn");
    tool.pending[stream].extend_from_slice(line.as_bytes());
}
