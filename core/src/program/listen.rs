//! Programs of images that are not simulated: what they say of their version, and those that listen and answer nothing.

use crate::engine::syscall::Sys;
use crate::kernel::signal::Signal;
use crate::memory::tool::{Server, State, Tool};
use std::net::Ipv4Addr;

/// How programs are asked for their version.
const VERSION: [&str; 5] = ["--version", "-V", "-v", "-version", "version"];

/// What the program's own file says of its version; nothing when it says nothing.
pub fn says(sys: &Sys<'_>) -> String {
    let file = sys.read_any("/proc/self/exe").unwrap_or_else(|_| [].into());
    let text = String::from_utf8_lossy(&file).into_owned();
    text.split_once('\n').map_or_else(String::new, |(_, says)| says.to_owned())
}

/// Prints the version, when nothing else is asked for and the program's file says it.
pub fn version(sys: &Sys<'_>, tool: &mut Tool, name: &str, arguments: &[String]) -> bool {
    let Some((last, others)) = arguments.split_last() else { return false };
    if !VERSION.contains(&last.as_str()) || !others.iter().all(|a| a.starts_with('-')) {
        return false;
    }
    let text = says(sys);
    if text.is_empty() || name == "hello" {
        return false;
    }
    tool.pending[usize::from(name == "nginx")] = text.into_bytes();
    tool.state = State::Done(0);
    true
}

/// Begins a server that is not simulated, `listens/PORT,…/NAME`: it says so, and listens where the real one would. False for
/// other programs.
pub fn begin(sys: &mut Sys<'_>, tool: &mut Tool, name: &str) -> bool {
    let Some((ports, name)) = name.strip_prefix("listens/").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let mut listeners = Vec::new();
    for port in ports.split(',').filter_map(|p| p.parse().ok()) {
        match sys.listen(Ipv4Addr::UNSPECIFIED, port) {
            Ok(fd) => listeners.push(fd),
            Err(errno) => {
                tool.pending[1] = format!("{name}: bind to port {port}: {errno}\n").into_bytes();
                tool.state = State::Done(1);
                return true;
            }
        }
    }
    super::ends_by(sys, &[Signal::TERM, Signal::INT, Signal::QUIT, Signal(10), Signal(28)]);
    let ports = ports.replace(',', ", ");
    let words = format!(
        "{name}: Drydock does not simulate what this program does; it listens on port {ports} and answers nothing\n"
    );
    tool.pending[1] = words.into_bytes();
    let listener = listeners.pop().unwrap_or_default();
    let (kind, key) = ("unread".to_owned(), name.to_owned());
    tool.state = State::Serve(Server { kind, key, listener, more: listeners, ..Server::default() });
    true
}

/// What such a server answers: to HTTP that it is not simulated, to anything else nothing.
pub fn answer(name: &str, bytes: &[u8]) -> Vec<u8> {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    if !line.ends_with(b"HTTP/1.1\r") && !line.ends_with(b"HTTP/1.0\r") {
        return Vec::new();
    }
    let body = format!("{name} runs here, but Drydock does not simulate what it answers.\n");
    let length = body.len();
    let head = "HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    format!("{head}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}
