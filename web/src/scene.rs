//! What to draw for a World and a time: plain data, and a function of nothing else.

use crate::look::{Look, look};
use drydock::agenda::Task;
use drydock::container::state::Status;
use drydock::engine::World;
use drydock::engine::transfer::{Direction, LayerState};
use drydock::time::Time;

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Containers, oldest first.
    pub berths: Vec<Berth>,
    /// Images of the store.
    pub images: Vec<Stack>,
    /// Bridges with their addresses.
    pub bridges: Vec<(String, String)>,
    /// Published ports: the host's port and the container's name.
    pub doors: Vec<(u16, String)>,
    /// Layers on their way.
    pub blobs: Vec<Blob>,
    /// Packets on their way: what each says, and how far it is (0 to 1).
    pub packets: Vec<(String, f64)>,
    /// What is asked of a registry right now.
    pub request: Option<String>,
}

/// A container.
#[derive(Clone, Debug, PartialEq)]
pub struct Berth {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its address.
    pub address: String,
    /// The class of its state.
    pub state: &'static str,
    /// The word of its state.
    pub word: String,
    /// Its processes: own pid, program, host pid.
    pub processes: Vec<(u32, String, u32)>,
    /// Its layers, the base first.
    pub layers: Vec<Look>,
}

/// An image.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its layers, the base first.
    pub layers: Vec<Look>,
}

/// A layer between a registry and the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    /// Twelve digits of the blob.
    pub digits: String,
    /// How far it is (0 to 1).
    pub part: f64,
    /// Bytes that travel.
    pub size: u64,
    /// Towards the registry.
    pub push: bool,
}

/// The picture of a World at a time.
pub fn scene(world: &World, now: Time) -> Scene {
    let stack = world.network.stack(world.network.host);
    Scene {
        berths: world.containers.values().map(|c| berth(world, c)).collect(),
        images: world
            .images
            .iter()
            .map(|image| Stack {
                name: world
                    .images
                    .names(&image.id)
                    .first()
                    .map_or_else(|| image.id.short(), |n| n.familiar()),
                layers: image.layers.iter().map(|l| look(&l.diff_id)).collect(),
            })
            .collect(),
        bridges: world.network.bridges().iter().map(|(n, a)| (n.to_string(), a.to_string())).collect(),
        doors: stack
            .map(|s| s.publications.iter().map(|p| (p.port, p.owner.to_string())).collect())
            .unwrap_or_default(),
        blobs: world.transfers.values().flat_map(|t| blobs(t, now)).collect(),
        packets: world
            .agenda
            .iter()
            .filter_map(|(id, entry)| packet(&entry.task, entry.since, id.due, now))
            .collect(),
        request: world
            .transfers
            .values()
            .flat_map(|t| t.requests.values())
            .next()
            .map(|r| format!("{} {}", r.method, r.path)),
    }
}

/// How far something is that began at `since` and is due at `due`.
fn part(since: Time, due: Time, now: Time) -> f64 {
    (now.since(since).0 as f64 / due.since(since).0.max(1) as f64).clamp(0.0, 1.0)
}

fn packet(task: &Task, since: Time, due: Time, now: Time) -> Option<(String, f64)> {
    match task {
        Task::Packet(flight) => Some((flight.label.to_string(), part(since, due, now))),
        _ => None,
    }
}

fn blobs(transfer: &drydock::engine::transfer::Transfer, now: Time) -> Vec<Blob> {
    let push = transfer.direction == Direction::Push;
    transfer
        .layers
        .iter()
        .filter_map(|layer| match layer.state {
            LayerState::Moving(since, due) => {
                Some(Blob { digits: layer.blob.short(), part: part(since, due, now), size: layer.size, push })
            }
            _ => None,
        })
        .collect()
}

fn berth(world: &World, container: &drydock::container::Container) -> Berth {
    let (state, word) = match container.state.status {
        Status::Running => ("running", "running".to_owned()),
        Status::Paused => ("paused", "paused".to_owned()),
        Status::Starting => ("starting", "starting".to_owned()),
        Status::Restarting => ("starting", "restarting".to_owned()),
        Status::Created => ("exited", "created".to_owned()),
        _ => ("exited", format!("exited {}", container.state.exit_code)),
    };
    let group = container.cgroup.and_then(|g| world.kernel.cgroups.get(&g));
    let processes = group
        .into_iter()
        .flat_map(|g| &g.processes)
        .filter_map(|pid| world.kernel.process(*pid).map(|p| (p.own_pid(), p.command_name(), pid.0)))
        .collect();
    let address =
        container.networks.values().find_map(|e| e.address).map(|a| a.to_string()).unwrap_or_default();
    let layers =
        world.images.get(&container.image).map(|i| i.layers.iter().map(|l| look(&l.diff_id)).collect());
    Berth {
        name: container.name.clone(),
        image: container.image_name.clone(),
        address,
        state,
        word,
        processes,
        layers: layers.unwrap_or_default(),
    }
}

/// The picture in words: what a screen reader reads.
pub fn outline(scene: &Scene) -> String {
    let mut text = format!("{} images in the store. ", scene.images.len());
    for berth in &scene.berths {
        text.push_str(&format!("Container {}, {}, {}. ", berth.name, berth.word, berth.image));
    }
    for (port, owner) in &scene.doors {
        text.push_str(&format!("Port {port} of the host leads to {owner}. "));
    }
    for blob in &scene.blobs {
        text.push_str(&format!("Layer {} is on its way. ", blob.digits));
    }
    text
}

#[cfg(test)]
mod tests;
