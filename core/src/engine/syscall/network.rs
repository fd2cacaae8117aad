//! Sockets, names and interfaces of the own network namespace.

use super::{Io, Sys};
use crate::engine::{descriptor, network, registry, traffic};
use crate::kernel::descriptor::Object;
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::kernel::socket::{EchoReply, Endpoint, Socket, SocketId, SocketState};
use crate::net::link::Stack;
use crate::net::{NetId, Network};
use crate::registry::access::Access;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// How far a connection has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    /// The SYN is on its way.
    Connecting(Wait),
    /// Both sides agree.
    Open,
    /// It came to nothing.
    Failed(Errno),
}

impl Sys<'_> {
    fn socket_id(&self, fd: u32) -> Option<SocketId> {
        match self.object(fd) {
            Some(Object::Socket(id)) => Some(*id),
            _ => None,
        }
    }

    fn socket(&self, fd: u32) -> Option<&Socket> {
        self.world.kernel.sockets.get(&self.socket_id(fd)?)
    }

    fn install_socket(&mut self, id: SocketId) -> Result<u32, Errno> {
        let description = descriptor::describe(self.world, Object::Socket(id), true, true);
        descriptor::install(self.world, self.pid, description, 3)
    }

    /// The own network namespace.
    pub fn net(&self) -> NetId {
        NetId(self.process().namespaces.net.0)
    }

    /// Interfaces, routes and rules of the own network namespace.
    pub fn stack(&self) -> Option<Rc<Stack>> {
        self.world.network.stack(self.net()).cloned()
    }

    /// The process that has a socket open, when the own pid namespace shows it: its pid and name.
    pub fn socket_holder(&self, socket: SocketId) -> Option<(u32, String)> {
        let kernel = &self.world.kernel;
        let leads = |d| kernel.descriptions.get(d).is_some_and(|d| d.object == Object::Socket(socket));
        self.processes().into_iter().find_map(|row| {
            let pid = kernel.find(self.process().namespaces.pid, row.pid)?;
            let held = kernel.process(pid)?.descriptors.values().any(leads);
            held.then_some((row.pid, row.command))
        })
    }

    /// Sets an interface of the own network namespace up or down.
    ///
    /// # Errors
    /// `EPERM` without CAP_NET_ADMIN, `ENODEV`.
    pub fn set_link(&mut self, name: &str, up: bool) -> Result<(), Errno> {
        self.must_have(super::Capability::NetAdmin)?;
        let net = self.net();
        if self.world.network.set_up(net, name, up) { Ok(()) } else { Err(Errno::ENODEV) }
    }

    /// The host's whole network.
    pub fn network(&self) -> &Network {
        &self.world.network
    }

    /// The addresses of a name: a literal one, /etc/hosts, then the name server of /etc/resolv.conf.
    pub fn resolve(&self, name: &str) -> Option<Vec<Ipv4Addr>> {
        if let Ok(address) = name.parse() {
            return Some(vec![address]);
        }
        let hosts = self.peek_file("/etc/hosts").unwrap_or_default();
        let text = String::from_utf8_lossy(&hosts);
        let found: Vec<Ipv4Addr> = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default())
            .filter(|line| line.split_whitespace().skip(1).any(|n| n.eq_ignore_ascii_case(name)))
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        if !found.is_empty() {
            return Some(found);
        }
        let answers = network::resolve(self.world, self.process().namespaces.net, name);
        (!answers.is_empty()).then_some(answers)
    }

    /// Begins a connection (`man 2 connect`); [`Sys::connection`] tells how far it is.
    ///
    /// # Errors
    /// `ENETUNREACH` without a route.
    pub fn connect(&mut self, address: Ipv4Addr, port: u16) -> Result<u32, Errno> {
        let net = self.process().namespaces.net;
        let id = traffic::connect(self.world, net, (address, port))?;
        self.install_socket(id)
    }

    /// How far a connection has come.
    pub fn connection(&self, fd: u32) -> Connection {
        match (self.socket(fd).map(|s| &s.state), self.socket_id(fd)) {
            (Some(SocketState::Connecting), Some(id)) => Connection::Connecting(Wait::Socket(id)),
            (Some(SocketState::Failed(errno)), _) => Connection::Failed(*errno),
            (Some(_), _) => Connection::Open,
            (None, _) => Connection::Failed(Errno::EBADF),
        }
    }

    /// Listens at an address and port (`man 2 bind`, `man 2 listen`).
    ///
    /// # Errors
    /// `EADDRINUSE`; `EACCES` for a port below 1024 without CAP_NET_BIND_SERVICE.
    pub fn listen(&mut self, address: Ipv4Addr, port: u16) -> Result<u32, Errno> {
        let net = self.process().namespaces.net;
        let id = traffic::listen(self.world, net, address, port)?;
        self.install_socket(id)
    }

    /// Makes a registry answer behind a listening socket; its key. Its content lives as long as the volume or the
    /// directory at `/var/lib/registry`, or as the container when nothing is mounted there.
    pub fn serve_registry(&mut self, fd: u32, access: Access, keeps_all: bool) -> String {
        let Some(id) = self.socket_id(fd) else { return String::new() };
        if let Some(key) = self.world.kernel.sockets.get(&id).and_then(|s| s.registry.clone()) {
            return key;
        }
        let mounts = self.mounts();
        let place = crate::engine::path::locate(&mounts, "/var/lib/registry");
        let key = place.map(|(mount, rest)| registry::storage(mount.filesystem, &rest));
        let key = key.unwrap_or_default();
        registry::create(self.world, &key, access, keeps_all);
        if let Some(socket) = self.world.kernel.sockets.get_mut(&id) {
            socket.registry = Some(key.clone());
        }
        key
    }

    /// The first port that whoever started the process has announced (`EXPOSE`): the simulation's own hint for
    /// an application that cannot be read, which the process itself would not need.
    pub fn announced_port(&self) -> Option<u16> {
        let number = self.world.cgroup_container(self.process().cgroup)?;
        let config = &self.world.container(number)?.config;
        config.exposed_ports.iter().find_map(|p| p.split('/').next()?.parse().ok())
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// `EBADF`, `EINVAL` for a socket that does not listen.
    pub fn accept(&mut self, fd: u32) -> Result<Io<u32>, Errno> {
        let id = self.socket_id(fd).ok_or(Errno::EBADF)?;
        let socket = self.world.kernel.sockets.get_mut(&id).ok_or(Errno::EBADF)?;
        let SocketState::Listening(waiting) = &mut socket.state else { return Err(Errno::EINVAL) };
        let Some(connection) = waiting.pop_front() else { return Ok(Io::Blocked(Wait::Socket(id))) };
        self.install_socket(connection).map(Io::Ready)
    }

    /// The other side's address.
    pub fn peer(&self, fd: u32) -> Option<Endpoint> {
        self.socket(fd).map(|s| s.remote)
    }

    /// The own address.
    pub fn local(&self, fd: u32) -> Option<Endpoint> {
        self.socket(fd).map(|s| s.local)
    }

    /// Sends no more over a connection.
    pub fn shut_down(&mut self, fd: u32) {
        if let Some(id) = self.socket_id(fd) {
            traffic::finish(self.world, id);
        }
    }

    /// What to wait for until something happens to a socket.
    pub fn socket_wait(&self, fd: u32) -> Wait {
        self.socket_id(fd).map_or(Wait::Signal, Wait::Socket)
    }

    /// A socket to send ICMP echo requests with.
    ///
    /// # Errors
    /// `EMFILE`.
    pub fn echo_socket(&mut self) -> Result<u32, Errno> {
        let net = self.process().namespaces.net;
        let nobody = (Ipv4Addr::UNSPECIFIED, 0);
        let id = traffic::open(self.world, net, nobody, nobody, SocketState::Echo(Vec::new()));
        self.install_socket(id)
    }

    /// Sends an ICMP echo request with `size` bytes.
    ///
    /// # Errors
    /// `ENETUNREACH` without a route.
    pub fn send_echo(&mut self, fd: u32, to: Ipv4Addr, sequence: u16, size: usize) -> Result<(), Errno> {
        let id = self.socket_id(fd).ok_or(Errno::EBADF)?;
        traffic::send_echo(self.world, id, to, sequence, size)
    }

    /// Takes an answer to an echo request.
    pub fn take_echo(&mut self, fd: u32) -> Option<EchoReply> {
        let id = self.socket_id(fd)?;
        match &mut self.world.kernel.sockets.get_mut(&id)?.state {
            SocketState::Echo(replies) if !replies.is_empty() => Some(replies.remove(0)),
            _ => None,
        }
    }
}
