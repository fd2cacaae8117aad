//! Services: what a long-running program does when a message arrives.

use crate::engine::registry;
use crate::engine::syscall::{FileKind, Io, Step, Sys};
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::tool::{Server, State, Tool};
use crate::program::http as wire;
use crate::program::{self, Context, Outcome, listen, private};
use crate::time::Calendar;
use std::net::Ipv4Addr;

/// Begins a service; false when this program is none.
pub fn begin(sys: &mut Sys<'_>, tool: &mut Tool, name: &str) -> bool {
    let (kind, port, root) = match name {
        "nginx" => ("nginx", 80, "/usr/share/nginx/html"),
        "httpd" if !sys.is_busybox() => ("apache", 80, "/usr/local/apache2/htdocs"),
        "redis-server" => ("redis", 6379, ""),
        "registry" => return private_registry(sys, tool),
        "tini" => {
            program::begin_init(sys, tool);
            return true;
        }
        "systemd" | "dockerd" | "containerd" | "containerd-shim" => {
            tool.state = State::Serve(Server { kind: "idle".to_owned(), ..Server::default() });
            return true;
        }
        _ => return listen::begin(sys, tool, name),
    };
    open(sys, tool, kind, port, root);
    true
}

/// A registry: its settings come from its environment.
fn private_registry(sys: &mut Sys<'_>, tool: &mut Tool) -> bool {
    match private::settings(sys) {
        Ok(settings) => {
            open(sys, tool, "registry", settings.port, "");
            if let State::Serve(server) = &mut tool.state {
                server.key = sys.serve_registry(server.listener, settings.access, settings.keeps_all);
                tool.pending[1].splice(0..0, settings.said.into_bytes());
            }
        }
        Err(words) => {
            tool.pending[1] = format!("{words}\n").into_bytes();
            tool.state = State::Done(2);
        }
    }
    true
}

/// `python -m http.server`.
pub fn http_server(sys: &mut Sys<'_>, tool: &mut Tool, arguments: &[String]) {
    let port = arguments.iter().find_map(|p| p.parse().ok()).unwrap_or(8000);
    let directory = arguments.iter().position(|a| a == "-d" || a == "--directory");
    let root = directory.and_then(|at| arguments.get(at + 1).cloned()).unwrap_or_else(|| sys.directory());
    open(sys, tool, "python", port, &root);
    if matches!(tool.state, State::Serve(_)) {
        tool.pending[0] =
            format!("Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ...\n").into_bytes();
    }
}

/// `httpd` of busybox: `-f` stays in front, `-p` port, `-h` directory.
pub fn httpd(c: &mut Context<'_, '_>) -> Outcome {
    let (flags, values) = match c.options("fvi", "phc") {
        Ok(found) => found,
        Err(code) => return Outcome::Done(code),
    };
    let value = |key: char| values.iter().find(|v| v.0 == key).map(|v| v.1.clone());
    let port = value('p').and_then(|p| p.rsplit(':').next()?.parse().ok()).unwrap_or(80);
    let root = value('h').unwrap_or_else(|| c.sys.directory());
    if !flags.contains('f') {
        c.complain("running in the background is not simulated; use -f");
        return Outcome::Done(1);
    }
    let mut tool = Tool::default();
    open(c.sys, &mut tool, "busybox", port, &root);
    c.err.extend(std::mem::take(&mut tool.pending[1]));
    Outcome::State(tool.state)
}

/// Listens, and says what such a program says as it starts.
fn open(sys: &mut Sys<'_>, tool: &mut Tool, kind: &str, port: u16, root: &str) {
    let mut listener = (0..16).map(|n| n + 3).find(|fd| sys.is_open(*fd) && sys.local(*fd).is_some());
    if listener.is_none() {
        match sys.listen(Ipv4Addr::UNSPECIFIED, port) {
            Ok(fd) => listener = Some(fd),
            Err(errno) => {
                let words = match kind {
                    "nginx" => format!("nginx: [emerg] bind() to 0.0.0.0:{port} failed (98: {errno})\n"),
                    "busybox" => format!("httpd: bind: {errno}\n"),
                    _ => format!("bind to port {port}: {errno}\n"),
                };
                tool.pending[1] = words.into_bytes();
                tool.state = State::Done(1);
                return;
            }
        }
    }
    let key = match kind {
        // What it says of itself ends with its version, such as `nginx/1.27.5`.
        "nginx" | "apache" => {
            let says = listen::says(sys);
            says.split_whitespace().find(|w| w.contains('/')).unwrap_or(kind).to_owned()
        }
        _ => String::new(),
    };
    program::ends_by(sys, &[Signal::TERM, Signal::INT, Signal::QUIT, Signal(28)]);
    let started = match kind {
        "nginx" => "nginx: start worker processes\n".to_owned(),
        "apache" => "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 127.0.0.1. Set the 'ServerName' directive globally to suppress this message\n".to_owned(),
        "redis" => "1:M * Ready to accept connections tcp\n".to_owned(),
        "registry" => format!("level=info msg=\"listening on [::]:{port}\"\n"),
        _ => String::new(),
    };
    tool.pending[if kind == "redis" { 0 } else { 1 }] = started.into_bytes();
    let server = Server {
        kind: kind.to_owned(),
        root: root.to_owned(),
        key,
        listener: listener.unwrap_or(3),
        ..Server::default()
    };
    tool.state = State::Serve(server);
}

/// Serves whoever has asked.
pub fn serve(sys: &mut Sys<'_>, tool: &mut Tool, mut server: Server) -> Option<Step> {
    if server.kind == "idle" {
        tool.state = State::Serve(server);
        return Some(Step::Block(vec![Wait::Signal]));
    }
    if let Some(signal) = sys.take_signal() {
        let code = if server.kind == "busybox" || server.kind == "python" { 128 + signal.0 } else { 0 };
        tool.state = State::Done(code);
        return None;
    }
    let mut waits = vec![Wait::Signal];
    let mut listeners = server.more.clone();
    loop {
        match sys.accept(listeners.last().copied().unwrap_or(server.listener)) {
            Ok(Io::Ready(fd)) => {
                server.connections.push((fd, Vec::new()));
                continue;
            }
            Ok(Io::Blocked(wait)) => waits.push(wait),
            Err(_) => {}
        }
        if listeners.pop().is_none() {
            break;
        }
    }
    let mut open_connections = Vec::new();
    for (fd, mut bytes) in std::mem::take(&mut server.connections) {
        let ended = program::receive(sys, fd, &mut bytes, &mut waits);
        let (reply, close) = answer(sys, tool, &mut server, fd, &mut bytes);
        if !reply.is_empty() {
            let _ = sys.write(fd, &reply);
        }
        if ended || close {
            let _ = sys.close(fd);
        } else {
            open_connections.push((fd, bytes));
        }
    }
    server.connections = open_connections;
    tool.state = State::Serve(server);
    if tool.pending.iter().any(|p| !p.is_empty()) {
        return None;
    }
    Some(Step::Block(waits))
}

/// The answer to what has come over a connection, and whether it ends.
fn answer(
    sys: &mut Sys<'_>,
    tool: &mut Tool,
    server: &mut Server,
    fd: u32,
    bytes: &mut Vec<u8>,
) -> (Vec<u8>, bool) {
    if server.kind == "redis" {
        return (redis(server, bytes), false);
    }
    if server.kind == "unread" {
        return (listen::answer(&server.key, bytes), !bytes.is_empty());
    }
    let Some(request) = wire::parse(bytes) else { return (Vec::new(), false) };
    if request.length().is_some_and(|l| request.body.len() < l) {
        return (Vec::new(), false);
    }
    bytes.clear();
    let close = request.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
    if server.kind == "registry" {
        return (registry_answer(sys, &server.key, &request), close);
    }
    let (code, kind, body) = file(sys, server, &request);
    let peer = sys.peer(fd).map_or_else(|| "-".to_owned(), |p| p.0.to_string());
    log(sys, tool, server, &peer, &request, code, body.len());
    let phrase = match code {
        200 => "OK",
        301 => "Moved Permanently",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Not Allowed",
        _ => "Error",
    };
    let name = match server.kind.as_str() {
        "nginx" => format!("Server: {}\r\n", server.key),
        "apache" => format!("Server: {} (Unix)\r\n", server.key),
        "python" => "Server: SimpleHTTP/0.6 Python/3.13.9\r\n".to_owned(),
        _ => String::new(),
    };
    let mut reply = format!(
        "HTTP/1.1 {code} {phrase}\r\n{name}Date: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: {}\r\n\r\n",
        http_date(sys),
        body.len(),
        if close { "close" } else { "keep-alive" }
    )
    .into_bytes();
    if request.first() != "HEAD" {
        reply.extend(body);
    }
    (reply, close)
}

/// The time as HTTP writes it.
pub fn http_date(sys: &Sys<'_>) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let c: Calendar = sys.now().calendar();
    let month = MONTHS[(c.month as usize).clamp(1, 12) - 1];
    format!(
        "{}, {:02} {month} {} {:02}:{:02}:{:02} GMT",
        DAYS[c.weekday as usize % 7],
        c.day,
        c.year,
        c.hour,
        c.minute,
        c.second
    )
}

/// The file that a request names, from the server's own mount namespace.
fn file(sys: &mut Sys<'_>, server: &Server, request: &wire::Message) -> (u16, &'static str, Vec<u8>) {
    if !matches!(request.first(), "GET" | "HEAD") {
        return (405, "text/html", page(server, 405, "Not Allowed"));
    }
    let path = request.second().split(['?', '#']).next().unwrap_or("/").to_owned();
    if path.split('/').any(|p| p == "..") {
        return (404, "text/html", page(server, 404, "Not Found"));
    }
    let mut full = format!("{}{path}", server.root.trim_end_matches('/'));
    if sys.stat(&full).is_ok_and(|s| s.kind == FileKind::Directory) {
        full = format!("{}/index.html", full.trim_end_matches('/'));
        if sys.stat(&full).is_err() && server.kind == "nginx" {
            return (403, "text/html", page(server, 403, "Forbidden"));
        }
    }
    match sys.read_file(&full) {
        Ok(bytes) => {
            let kind = match full.rsplit('.').next().unwrap_or_default() {
                "html" | "htm" => "text/html",
                "css" => "text/css",
                "js" => "text/javascript",
                "json" => "application/json",
                "txt" => "text/plain",
                "svg" => "image/svg+xml",
                _ => "application/octet-stream",
            };
            (200, kind, bytes.to_vec())
        }
        Err(_) => (404, "text/html", page(server, 404, "Not Found")),
    }
}

/// The page of an error, as each server makes it.
fn page(server: &Server, code: u16, phrase: &str) -> Vec<u8> {
    match server.kind.as_str() {
        "nginx" => format!("<html>\r\n<head><title>{code} {phrase}</title></head>\r\n<body>\r\n<center><h1>{code} {phrase}</h1></center>\r\n<hr><center>{}</center>\r\n</body>\r\n</html>\r\n", server.key),
        _ => format!("<HTML><HEAD><TITLE>{code} {phrase}</TITLE></HEAD>\n<BODY><H1>{code} {phrase}</H1>\nThe requested URL was not found\n</BODY></HTML>\n"),
    }
    .into_bytes()
}

/// The time as access logs write it.
pub fn log_date(sys: &Sys<'_>) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let t = sys.now().calendar();
    let month = MONTHS[(t.month as usize).clamp(1, 12) - 1];
    format!("{:02}/{month}/{}:{:02}:{:02}:{:02} +0000", t.day, t.year, t.hour, t.minute, t.second)
}

fn log(
    sys: &Sys<'_>,
    tool: &mut Tool,
    server: &Server,
    peer: &str,
    request: &wire::Message,
    code: u16,
    size: usize,
) {
    let when = log_date(sys);
    let agent = request.header("user-agent").unwrap_or("-");
    let (stream, line) = match server.kind.as_str() {
        "nginx" => {
            (0, format!("{peer} - - [{when}] \"{}\" {code} {size} \"-\" \"{agent}\" \"-\"\n", request.start))
        }
        "apache" => (0, format!("{peer} - - [{when}] \"{}\" {code} {size}\n", request.start)),
        "python" => (1, format!("{peer} - - [{when}] \"{}\" {code} -\n", request.start)),
        _ => return,
    };
    tool.pending[stream].extend_from_slice(line.as_bytes());
}

/// A registry answers over a connection as it does to the daemon.
fn registry_answer(sys: &mut Sys<'_>, key: &str, request: &wire::Message) -> Vec<u8> {
    let mut builder = http::Request::builder().method(request.first()).uri(request.second());
    for (name, value) in &request.headers {
        if let Some(name) = crate::registry::header(name) {
            builder = builder.header(name, value.as_str());
        }
    }
    let body: std::rc::Rc<[u8]> = request.body.as_slice().into();
    let response = builder.body(body).ok().and_then(|r| registry::handle(sys.world, key, r));
    let Some(response) = response else {
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec();
    };
    let mut text = format!("HTTP/1.1 {}\r\n", response.status());
    for (name, value) in response.headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    if !response.headers().contains_key(http::header::CONTENT_LENGTH) {
        text.push_str(&format!("content-length: {}\r\n", response.body().len()));
    }
    text.push_str("\r\n");
    let mut reply = text.into_bytes();
    reply.extend_from_slice(response.body());
    reply
}

/// Commands of redis, inline or as arrays of bulk strings (RESP).
fn redis(server: &mut Server, bytes: &mut Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if !text.ends_with('\n') {
        return Vec::new();
    }
    bytes.clear();
    let mut out = String::new();
    let mut lines = text.split("\r\n").flat_map(|l| l.split('\n')).filter(|l| !l.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let words: Vec<String> = match line.strip_prefix('*').and_then(|n| n.parse::<usize>().ok()) {
            Some(count) => (0..count)
                .filter_map(|_| {
                    lines.next();
                    lines.next()
                })
                .map(str::to_owned)
                .collect(),
            None => line.split_whitespace().map(str::to_owned).collect(),
        };
        out.push_str(&redis_command(server, &words));
    }
    out.into_bytes()
}

fn redis_command(server: &mut Server, words: &[String]) -> String {
    let bulk = |v: Option<&String>| v.map_or("$-1\r\n".to_owned(), |v| format!("${}\r\n{v}\r\n", v.len()));
    let name = words.first().map(|w| w.to_ascii_uppercase()).unwrap_or_default();
    let key = words.get(1).cloned().unwrap_or_default();
    match name.as_str() {
        "PING" => "+PONG\r\n".to_owned(),
        "ECHO" => bulk(words.get(1)),
        "SET" if words.len() >= 3 => {
            server.values.insert(key, words[2].clone());
            "+OK\r\n".to_owned()
        }
        "GET" => bulk(server.values.get(&key)),
        "DEL" => format!(":{}\r\n", words[1..].iter().filter(|k| server.values.remove(*k).is_some()).count()),
        "EXISTS" => format!(":{}\r\n", u8::from(server.values.contains_key(&key))),
        "INCR" | "DECR" => match server.values.get(&key).map_or(Ok(0), |v| v.parse::<i64>()) {
            Ok(value) => {
                let value = if name == "INCR" { value + 1 } else { value - 1 };
                server.values.insert(key, value.to_string());
                format!(":{value}\r\n")
            }
            Err(_) => "-ERR value is not an integer or out of range\r\n".to_owned(),
        },
        "QUIT" => "+OK\r\n".to_owned(),
        _ => format!("-ERR unknown command '{}'\r\n", words.first().map_or("", String::as_str)),
    }
}
