//! Sockets at work: connections made, bytes sent and received, each as packets that take their way.

use crate::agenda::{Flight, Task};
use crate::engine::World;
use crate::engine::syscall::Io;
use crate::event::What;
use crate::kernel::errno::Errno;
use crate::kernel::namespace::NamespaceId;
use crate::kernel::process::Wait;
use crate::kernel::socket::{EchoReply, Endpoint, Socket, SocketId, SocketState};
use crate::net::NetId;
use crate::net::packet::{Packet, TcpFlags};
use crate::net::walk::End;
use crate::time::Span;
use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// The most bytes of one packet's payload that are sent at once: a whole application message travels as
/// one packet, so that a learner can follow it; longer ones are split.
const SEGMENT: usize = 64 * 1024;

/// Puts a new socket into the table.
pub fn open(
    world: &mut World,
    net: NamespaceId,
    local: Endpoint,
    remote: Endpoint,
    state: SocketState,
) -> SocketId {
    let id = SocketId(world.kernel.fresh_id());
    let socket = Socket {
        net,
        local,
        remote,
        state,
        received: VecDeque::new(),
        finished: false,
        registry: None,
        sequence: (1, 1),
    };
    world.kernel.sockets.insert(id, socket);
    id
}

/// The socket that listens at an address of a network namespace.
pub fn listener(world: &World, net: NamespaceId, address: Ipv4Addr, port: u16) -> Option<SocketId> {
    let at = |wanted: Ipv4Addr| {
        world.kernel.listeners.get(&(net, port)).and_then(|all| {
            all.iter().copied().find(|id| world.kernel.sockets.get(id).is_some_and(|s| s.local.0 == wanted))
        })
    };
    at(address).or_else(|| at(Ipv4Addr::UNSPECIFIED))
}

/// Begins to listen (`man 2 listen`).
pub fn listen(world: &mut World, net: NamespaceId, address: Ipv4Addr, port: u16) -> Result<SocketId, Errno> {
    let taken = world.kernel.listeners.get(&(net, port)).is_some_and(|all| {
        all.iter().any(|id| {
            world.kernel.sockets.get(id).is_some_and(|s| {
                s.local.0 == address || s.local.0.is_unspecified() || address.is_unspecified()
            })
        })
    });
    if taken {
        return Err(Errno::EADDRINUSE);
    }
    let id = open(
        world,
        net,
        (address, port),
        (Ipv4Addr::UNSPECIFIED, 0),
        SocketState::Listening(VecDeque::new()),
    );
    let mut all = world.kernel.listeners.get(&(net, port)).cloned().unwrap_or_default();
    all.push(id);
    world.kernel.listeners.insert((net, port), all);
    Ok(id)
}

/// Begins a connection: the SYN is on its way (`man 2 connect`).
pub fn connect(world: &mut World, net: NamespaceId, to: Endpoint) -> Result<SocketId, Errno> {
    let source = world.network.source_address(NetId(net.0), to.0).ok_or(Errno::ENETUNREACH)?;
    let port = 32_768 + (world.kernel.fresh_id() % 28_000) as u16;
    let id = open(world, net, (source, port), to, SocketState::Connecting);
    transmit(world, id, TcpFlags::SYN, &[], "SYN");
    Ok(id)
}

/// Sends one TCP packet from a socket; it arrives, or is found dropped, after its way.
fn transmit(world: &mut World, id: SocketId, flags: TcpFlags, payload: &[u8], label: &str) {
    let Some(socket) = world.kernel.sockets.get_mut(&id) else { return };
    let (net, local, remote, (sequence, acknowledgement)) =
        (socket.net, socket.local, socket.remote, socket.sequence);
    socket.sequence.0 = sequence.wrapping_add(payload.len() as u32 + u32::from(flags.is_counted()));
    let to = match &socket.state {
        SocketState::Established(peer) => *peer,
        _ => None,
    };
    let packet = Packet::tcp(local, remote, sequence, acknowledgement, flags, payload);
    let walk = world.network.walk(NetId(net.0), packet.clone());
    let span = walk.duration();
    let flight = Flight { packet, walk, from: id, to, label: label.into() };
    world.schedule(span, Task::Packet(Rc::new(flight)));
}

/// What a packet says, for people: the first line of its text, or its flags.
fn label_of(payload: &[u8]) -> String {
    let line = payload.split(|b| *b == b'\r' || *b == b'\n').next().unwrap_or_default();
    let text: String = String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).take(48).collect();
    if text.is_empty() { format!("{} bytes", payload.len()) } else { text }
}

/// Sends bytes over a connection (`man 2 send`).
pub fn send(world: &mut World, id: SocketId, bytes: &[u8]) -> Result<Io<usize>, Errno> {
    let socket = world.kernel.sockets.get(&id).ok_or(Errno::EBADF)?;
    match &socket.state {
        SocketState::Established(_) => {}
        SocketState::Failed(Errno::ECONNRESET) | SocketState::Closed => return Err(Errno::EPIPE),
        SocketState::Failed(errno) => return Err(*errno),
        SocketState::Connecting => return Ok(Io::Blocked(Wait::Socket(id))),
        SocketState::Listening(_) | SocketState::Echo(_) => return Err(Errno::ENOTCONN),
    }
    for piece in bytes.chunks(SEGMENT) {
        let label = label_of(piece);
        transmit(world, id, TcpFlags::PUSH_ACK, piece, &label);
    }
    Ok(Io::Ready(bytes.len()))
}

/// Takes bytes that have arrived; none when the other side has finished (`man 2 recv`).
pub fn receive(world: &mut World, id: SocketId, most: usize) -> Result<Io<Vec<u8>>, Errno> {
    let socket = world.kernel.sockets.get_mut(&id).ok_or(Errno::EBADF)?;
    if !socket.received.is_empty() {
        let count = most.min(socket.received.len());
        return Ok(Io::Ready(socket.received.drain(..count).collect()));
    }
    match &socket.state {
        SocketState::Failed(errno) => Err(*errno),
        SocketState::Listening(_) | SocketState::Echo(_) => Err(Errno::ENOTCONN),
        _ if socket.finished => Ok(Io::Ready(Vec::new())),
        _ => Ok(Io::Blocked(Wait::Socket(id))),
    }
}

/// Sends no more: a FIN is on its way (`man 2 shutdown`).
pub fn finish(world: &mut World, id: SocketId) {
    let established =
        world.kernel.sockets.get(&id).is_some_and(|s| matches!(s.state, SocketState::Established(_)));
    if established {
        transmit(world, id, TcpFlags::FIN_ACK, &[], "FIN");
    }
}

/// The last descriptor of a socket was closed.
pub fn close(world: &mut World, id: SocketId) {
    let Some(socket) = world.kernel.sockets.get(&id) else { return };
    match socket.state.clone() {
        SocketState::Listening(waiting) => {
            let key = (socket.net, socket.local.1);
            if let Some(all) = world.kernel.listeners.get_mut(&key) {
                all.retain(|other| *other != id);
                if all.is_empty() {
                    world.kernel.listeners.remove(&key);
                }
            }
            world.kernel.sockets.remove(&id);
            for connection in waiting {
                close(world, connection);
            }
        }
        SocketState::Established(_) => {
            finish(world, id);
            if let Some(socket) = world.kernel.sockets.get_mut(&id) {
                socket.state = SocketState::Closed;
            }
            world.kernel.sockets.remove(&id);
        }
        _ => {
            world.kernel.sockets.remove(&id);
        }
    }
}

/// A packet has come to the end of its way.
pub fn arrive(world: &mut World, flight: &Flight) {
    match &flight.walk.end {
        End::Delivered { net, .. } => deliver(world, flight, NamespaceId(net.0)),
        End::Outside { .. } => fail(world, flight.from, Errno::ETIMEDOUT, Span::seconds(3)),
        End::Dropped { at, rule, reason, .. } => {
            let errno = match &**rule {
                "no route to host" => Errno::EHOSTUNREACH,
                "network is unreachable" => Errno::ENETUNREACH,
                _ => Errno::ETIMEDOUT,
            };
            world.note(What::Dropped {
                place: at.to_string(),
                rule: rule.to_string(),
                reason: reason.to_string(),
            });
            fail(world, flight.from, errno, Span(0));
        }
    }
}

fn fail(world: &mut World, id: SocketId, errno: Errno, _after: Span) {
    let Some(socket) = world.kernel.sockets.get_mut(&id) else { return };
    if let SocketState::Echo(replies) = &mut socket.state {
        let (sequence, from) = (socket.sequence.1 as u16, socket.local.0);
        replies.push(EchoReply { sequence, outcome: Err(errno.text().into()), from });
    } else if matches!(socket.state, SocketState::Connecting) {
        socket.state = SocketState::Failed(errno);
    }
    world.wake(Wait::Socket(id));
}

fn deliver(world: &mut World, flight: &Flight, net: NamespaceId) {
    let arrived = flight.walk.hops.last().map_or(&flight.packet, |hop| &hop.packet);
    if let Some(echo) = arrived.icmp_echo() {
        return answer_echo(world, flight, arrived, echo);
    }
    let Some(tcp) = arrived.as_tcp() else { return };
    let (source, destination) = (arrived.source(), arrived.destination());
    if tcp.flags == TcpFlags::SYN {
        accept_syn(world, flight, net, destination, source);
    } else if let Some(to) = flight.to {
        receive_segment(world, flight, to, tcp.flags, &arrived.payload);
    }
}

/// A SYN has arrived: a listener answers SYN/ACK, otherwise the answer is RST.
fn accept_syn(world: &mut World, flight: &Flight, net: NamespaceId, local: Endpoint, remote: Endpoint) {
    let Some(server) = listener(world, net, local.0, local.1) else {
        let reset = open(world, net, local, remote, SocketState::Established(Some(flight.from)));
        transmit(world, reset, TcpFlags::RESET, &[], "RST");
        world.kernel.sockets.remove(&reset);
        return;
    };
    let connection = open(world, net, local, remote, SocketState::Established(Some(flight.from)));
    transmit(world, connection, TcpFlags::SYN_ACK, &[], "SYN ACK");
    if let Some(SocketState::Listening(waiting)) = world.kernel.sockets.get_mut(&server).map(|s| &mut s.state)
    {
        waiting.push_back(connection);
    }
    world.wake(Wait::Socket(server));
}

fn receive_segment(world: &mut World, flight: &Flight, to: SocketId, flags: TcpFlags, payload: &[u8]) {
    let Some(socket) = world.kernel.sockets.get_mut(&to) else { return };
    socket.sequence.1 = socket.sequence.1.wrapping_add(payload.len() as u32 + u32::from(flags.is_counted()));
    if flags == TcpFlags::SYN_ACK {
        socket.state = SocketState::Established(Some(flight.from));
        let (from, to_text) = (socket.local, socket.remote);
        world.note(What::Connected {
            from: format!("{}:{}", from.0, from.1),
            to: format!("{}:{}", to_text.0, to_text.1),
        });
        transmit(world, to, TcpFlags::ACK, &[], "ACK");
    } else if flags == TcpFlags::RESET {
        socket.state = match socket.state {
            SocketState::Connecting => SocketState::Failed(Errno::ECONNREFUSED),
            _ => SocketState::Failed(Errno::ECONNRESET),
        };
    } else {
        socket.received.extend(payload);
        if flags == TcpFlags::FIN_ACK {
            socket.finished = true;
        }
    }
    world.wake(Wait::Socket(to));
}

fn answer_echo(world: &mut World, flight: &Flight, arrived: &Packet, echo: crate::net::packet::Echo) {
    if echo.is_request {
        let End::Delivered { net, .. } = &flight.walk.end else { return };
        let reply = arrived.echo_reply();
        let walk = world.network.walk(*net, reply.clone());
        let span = walk.duration();
        let back = Flight {
            packet: reply,
            walk,
            from: flight.from,
            to: Some(flight.from),
            label: "echo reply".into(),
        };
        world.schedule(span, Task::Packet(Rc::new(back)));
        return;
    }
    let Some(socket) = world.kernel.sockets.get_mut(&flight.from) else { return };
    if let SocketState::Echo(replies) = &mut socket.state {
        let (from, _) = arrived.source();
        replies.push(EchoReply { sequence: echo.sequence, outcome: Ok(arrived.ttl()), from });
    }
    world.wake(Wait::Socket(flight.from));
}

/// Sends an ICMP echo request (`ping`).
pub fn send_echo(
    world: &mut World,
    id: SocketId,
    to: Ipv4Addr,
    sequence: u16,
    size: usize,
) -> Result<(), Errno> {
    let socket = world.kernel.sockets.get_mut(&id).ok_or(Errno::EBADF)?;
    socket.sequence.1 = u32::from(sequence);
    let net = NetId(socket.net.0);
    let source = world.network.source_address(net, to).ok_or(Errno::ENETUNREACH)?;
    if let Some(socket) = world.kernel.sockets.get_mut(&id) {
        socket.local.0 = source;
    }
    let packet = Packet::echo_request(source, to, id.0 as u16, sequence, size);
    let walk = world.network.walk(net, packet.clone());
    let span = walk.duration();
    let flight = Flight { packet, walk, from: id, to: None, label: "echo request".into() };
    world.schedule(span, Task::Packet(Rc::new(flight)));
    Ok(())
}
