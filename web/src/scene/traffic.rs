//! What is on its way: requests and blobs between the daemon and a registry, packets over the bridges.

use super::shelves::transfer_looks;
use crate::look::Look;
use drydock::agenda::Task;
use drydock::engine::World;
use drydock::engine::transfer::{Direction, LayerState};
use drydock::net::walk::{End, Role, Walk};
use drydock::time::Time;

/// Everything that moves at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Layers between a registry and the host.
    pub blobs: Vec<Blob>,
    /// Requests to registries: the registry's host, the first line, how far, and whether the answer is on its way back.
    pub requests: Vec<Request>,
    /// Packets.
    pub flights: Vec<Flight>,
}

/// A request to a registry, or its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The registry's host.
    pub host: String,
    /// Its first line.
    pub line: String,
    /// How far it is (0 to 1): there in the first half, back in the second.
    pub part: f64,
}

/// A layer between a registry and the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    /// The registry's host.
    pub host: String,
    /// The repository and tag.
    pub tag: (String, String),
    /// Twelve digits of the blob.
    pub digits: String,
    /// How the layer looks.
    pub look: Look,
    /// How far it is (0 to 1).
    pub part: f64,
    /// Bytes that travel.
    pub size: u64,
    /// Towards the registry.
    pub push: bool,
    /// The image's name in the store.
    pub image: String,
    /// Which of its layers, from the base.
    pub layer: usize,
}

/// A packet on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// Its number on the agenda.
    pub number: u64,
    /// What it says.
    pub label: String,
    /// How far it is (0 to 1).
    pub part: f64,
    /// The places on its way.
    pub way: Vec<Station>,
    /// It is found to be dropped at the end of its way.
    pub dropped: bool,
}

/// A place that a packet passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Station {
    /// A program on the host itself.
    Host,
    /// A published port.
    Door(u16),
    /// A network namespace.
    Net(u32),
    /// Beyond the host.
    Outside,
}

/// How far something is that began at `since` and is due at `due`.
fn part(since: Time, due: Time, now: Time) -> f64 {
    (now.since(since).0 as f64 / due.since(since).0.max(1) as f64).clamp(0.0, 1.0)
}

/// What moves in a World at a time.
pub fn traffic(world: &World, now: Time) -> Traffic {
    let mut all = Traffic::default();
    for transfer in world.transfers.values().filter(|t| t.outcome.is_none()) {
        let mut looks = None;
        for (n, layer) in transfer.layers.iter().enumerate() {
            let LayerState::Moving(since, due) = layer.state else { continue };
            let looks = looks.get_or_insert_with(|| transfer_looks(world, transfer));
            let Some(look) = looks.get(n).cloned() else { continue };
            let tag = transfer.reference.tag().unwrap_or("latest").to_owned();
            all.blobs.push(Blob {
                host: transfer.registry.clone(),
                tag: (transfer.reference.path().to_owned(), tag),
                digits: layer.blob.short(),
                look,
                part: part(since, due, now),
                size: layer.size,
                push: transfer.direction == Direction::Push,
                image: transfer.reference.familiar(),
                layer: n,
            });
        }
        for request in transfer.requests.values().filter(|r| r.size < 100_000) {
            let line = format!("{} {}", request.method, request.path.split('?').next().unwrap_or_default());
            let part = part(request.since, request.due, now);
            all.requests.push(Request { host: transfer.registry.clone(), line, part });
        }
    }
    for (id, entry) in world.agenda.iter() {
        let Task::Packet(flight) = &entry.task else { continue };
        all.flights.push(Flight {
            number: id.order,
            label: flight.label.to_string(),
            part: part(entry.since, id.due, now),
            way: way(world, &flight.walk),
            dropped: matches!(flight.walk.end, End::Dropped { .. }),
        });
    }
    all
}

/// The places of a walk, each once.
pub fn way(world: &World, walk: &Walk) -> Vec<Station> {
    let host = world.network.host;
    let mut way: Vec<Station> = Vec::new();
    let last = walk.hops.len().saturating_sub(1);
    for (n, hop) in walk.hops.iter().enumerate() {
        let station = match &hop.role {
            Role::Door(port) => Station::Door(*port),
            Role::Leave => Station::Outside,
            _ if hop.net != host => Station::Net(hop.net.0),
            Role::Origin | Role::Loopback => Station::Host,
            Role::Arrive if n == last => Station::Host,
            _ => continue,
        };
        if way.last() != Some(&station) {
            way.push(station);
        }
    }
    if matches!(walk.end, End::Outside { .. }) && way.last() != Some(&Station::Outside) {
        way.push(Station::Outside);
    }
    way
}
