//! Outputs that leave a container: to its log, and to the clients that are attached.

use crate::engine::World;
use crate::kernel::process::{Pid, Wait};
use crate::shared::own;
use serde::{Deserialize, Serialize};

/// Where the output of a container's first process, or of a `docker exec`, goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// The container whose log keeps it.
    pub container: Option<u64>,
    /// The clients that are attached, with whether they want standard output and standard error.
    pub clients: Vec<(Pid, bool, bool)>,
    /// It comes through a terminal.
    pub terminal: bool,
    /// For a RUN of a build: the build and its line of progress.
    pub build: Option<(u64, usize)>,
    /// For `docker exec`: the container, the process, and how it ended.
    pub exec: Option<Exec>,
}

/// A process that `docker exec` began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exec {
    /// The container's number.
    pub container: u64,
    /// The process.
    pub pid: Option<Pid>,
    /// How it ended.
    pub status: Option<u8>,
    /// Its standard input.
    pub input: Option<crate::kernel::descriptor::PipeId>,
    /// Its terminal.
    pub pty: Option<crate::kernel::terminal::TerminalId>,
}

/// Sends what was printed to the log and to every attached client's own output.
pub fn write(world: &mut World, number: u64, error: bool, bytes: &[u8]) {
    let Some(stream) = world.streams.get(&number).cloned() else { return };
    let translated: Vec<u8>;
    let mut out = bytes;
    if stream.terminal {
        translated = with_carriage_returns(bytes);
        out = &translated;
    }
    let now = world.now;
    if let Some(container) = stream.container.and_then(|n| world.container_mut(n)) {
        container.log.write(now, error, out);
    }
    if let Some(exec) = &stream.exec {
        super::health::printed(world, number, exec.container, out);
    }
    if let Some((build, vertex)) = stream.build {
        super::build::printed(world, build, vertex, out);
    }
    for (client, stdout, stderr) in &stream.clients {
        if (error && *stderr) || (!error && *stdout) {
            let descriptor = if error { 2 } else { 1 };
            super::syscall::write_as(world, *client, descriptor, out);
        }
    }
    world.wake(Wait::Daemon(number));
}

fn with_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    for b in bytes {
        if *b == b'\n' {
            out.push(b'\r');
        }
        out.push(*b);
    }
    out
}

/// Adds a client to a stream.
pub fn attach(world: &mut World, number: u64, client: Pid, stdout: bool, stderr: bool) {
    if let Some(stream) = world.streams.get_mut(&number) {
        own(stream).clients.push((client, stdout, stderr));
    }
}

/// Takes a client off every stream it is attached to.
pub fn detach(world: &mut World, number: u64, client: Pid) {
    if let Some(stream) = world.streams.get_mut(&number) {
        own(stream).clients.retain(|c| c.0 != client);
    }
}
