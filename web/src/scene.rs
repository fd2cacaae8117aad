//! What to draw for a World and a time: plain data, and a function of nothing else (law 8).

mod build;
mod kernel;
mod layers;
mod shelves;
mod traffic;
mod union;

pub use build::{Card, Graph, Lane, Turn, builds, graph, seconds, turns};
pub use kernel::{Column, Gauge, KEEPS, Leaf, PRICES, Sheet, sheet};
pub use layers::{Branch, Choice, Known, Pile, Row, Tower, image_name, instructions, pile};
pub use shelves::{Shelf, Shelves, shelves};
pub use traffic::{Blob, Flight, Station, Traffic, traffic};
pub use union::{Cell, CellKind, Change, Trace, subject};

use crate::look::{Look, look};
use drydock::container::Container;
use drydock::container::state::{HealthStatus, State, Status};
use drydock::engine::World;
use drydock::engine::syscall::{FileKind, Sys};
use drydock::engine::transfer::{Direction, LayerState, Transfer};
use drydock::event::What;
use drydock::shared::sort_by;

/// What a person can point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// The `docker` client.
    Client,
    /// What the last HTTP reply on the learner's machine said.
    Browser,
    /// The learner's files.
    Files,
    /// The daemon.
    Daemon,
    /// The kernel.
    Kernel,
    /// A Docker network by its name.
    Network(String),
    /// A port of the host.
    Port(u16),
    /// A container by its name.
    Container(String),
    /// An image by its id, or by its name while it arrives.
    Image(String),
    /// A layer by its diff id, or by its blob's digest while that is all that is known.
    Layer(String),
    /// A path in a container or an image: what people call that, and the path.
    File(String, String),
    /// A build by its number.
    Build(u64),
    /// A step of a build: the build, the stage, the step.
    Step(u64, usize, usize),
    /// What was sent for a build.
    Sent(u64),
    /// A tag of a registry: host, repository, tag.
    Tag(String, String, String),
    /// A process by its pid on the host.
    Process(u32),
    /// A namespace by its inode number.
    Namespace(u32),
    /// Containers beside virtual machines.
    Machines,
    /// Something on its way, by its number.
    Packet(u64),
    /// An entry of the glossary.
    Term(String),
}

impl Object {
    /// The object as text, for the page's elements.
    pub fn key(&self) -> String {
        match self {
            Self::Client => "client".to_owned(),
            Self::Browser => "browser".to_owned(),
            Self::Files => "files".to_owned(),
            Self::Daemon => "daemon".to_owned(),
            Self::Kernel => "kernel".to_owned(),
            Self::Network(name) => format!("network {name}"),
            Self::Port(port) => format!("port {port}"),
            Self::Container(name) => format!("container {name}"),
            Self::Image(id) => format!("image {id}"),
            Self::Layer(id) => format!("layer {id}"),
            Self::File(owner, path) => format!("file {owner} {path}"),
            Self::Build(number) => format!("build {number}"),
            Self::Step(number, stage, step) => format!("step {number} {stage} {step}"),
            Self::Sent(number) => format!("sent {number}"),
            Self::Tag(host, repository, tag) => format!("tag {host} {repository} {tag}"),
            Self::Process(pid) => format!("process {pid}"),
            Self::Namespace(inode) => format!("namespace {inode}"),
            Self::Machines => "machines".to_owned(),
            Self::Packet(number) => format!("packet {number}"),
            Self::Term(term) => format!("term {term}"),
        }
    }
}

/// A picture, without what moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// The learner's directory and what is in it; a directory ends with a slash.
    pub files: (String, Vec<String>),
    /// The last HTTP reply that came to the learner's machine: whom it was asked of, what it says, who sent it.
    pub reply: Option<[String; 3]>,
    /// Bridges: the Docker network, the interface, gateway and prefix.
    pub bridges: Vec<[String; 3]>,
    /// Published ports: the host's port and the container's name.
    pub doors: Vec<(u16, String)>,
    /// Containers, oldest first.
    pub berths: Vec<Berth>,
    /// Images of the store, and those that arrive.
    pub images: Vec<Stack>,
    /// The registries.
    pub shelves: Vec<Shelves>,
}

/// A container.
#[derive(Clone, Debug, PartialEq)]
pub struct Berth {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its addresses, with the number of the bridge that each is on.
    pub addresses: Vec<(usize, String)>,
    /// The class of its state: `running`, `healthy`, `unhealthy`, `paused`, `starting`, `exited`.
    pub state: &'static str,
    /// The word of its state.
    pub word: String,
    /// Its processes: own pid, program, host pid.
    pub processes: Vec<(u32, String, u32)>,
    /// Its layers, the base first.
    pub layers: Vec<Look>,
    /// Its network namespace's number, for packets.
    pub net: Option<u32>,
    /// What its ports say, such as `port 8080 to 80`.
    pub ports: String,
}

/// An image.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// What it is.
    pub object: Object,
    /// Its name.
    pub name: String,
    /// What is said under its name.
    pub note: String,
    /// Its layers, the base first.
    pub layers: Vec<Slot>,
}

/// A layer's place in a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The layer.
    pub look: Look,
    /// How far it is.
    pub state: SlotState,
}

/// How far the layer of a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// In its place.
    Here,
    /// Here, above its slot, until the layers below it are.
    Waits,
    /// Not here.
    Missing,
}

/// The picture of a World.
pub fn scene(world: &World) -> Scene {
    let bridges = world.network.bridges();
    let bridges: Vec<[String; 3]> = bridges
        .iter()
        .map(|(interface, address)| {
            let network = world.networks.iter().find(|n| n.bridge.as_deref() == Some(interface));
            let name = network.map_or_else(|| interface.to_string(), |n| n.name.clone());
            [name, interface.to_string(), address.to_string()]
        })
        .collect();
    let host = world.network.stack(world.network.host);
    let mut doors: Vec<(u16, String)> = Vec::new();
    for publication in host.iter().flat_map(|h| &h.publications) {
        if !doors.iter().any(|(port, _)| *port == publication.port) {
            doors.push((publication.port, publication.owner.to_string()));
        }
    }
    let berths: Vec<Berth> = world.containers.values().map(|c| berth(world, c, &bridges)).collect();
    Scene {
        files: files(world),
        reply: reply(world),
        bridges,
        doors,
        berths,
        images: images(world),
        shelves: shelves(world),
    }
}

/// The learner's directory.
fn files(world: &World) -> (String, Vec<String>) {
    let mut looked = world.clone();
    let shell = looked.shell;
    let sys = Sys::new(&mut looked, shell);
    let directory = sys.directory();
    let entries = sys.read_directory(&directory).unwrap_or_default();
    let mut names: Vec<String> = entries
        .into_iter()
        .filter(|(name, _)| !name.starts_with('.'))
        .map(|(name, kind)| if kind == FileKind::Directory { format!("{name}/") } else { name })
        .collect();
    sort_by(&mut names, Ord::cmp);
    let home = sys.variable("HOME").unwrap_or_default();
    let shown = match directory.strip_prefix(home.as_str()) {
        Some(rest) if !home.is_empty() && (rest.is_empty() || rest.starts_with('/')) => format!("~{rest}"),
        _ => directory,
    };
    (shown, names)
}

fn reply(world: &World) -> Option<[String; 3]> {
    world.events.iter().rev().find_map(|e| match &*e.what {
        What::Replied { host, port, status, title, from_host: true } => {
            let publications = world.network.stack(world.network.host).map(|h| &h.publications);
            let sender = publications.and_then(|all| all.iter().find(|p| p.port == *port));
            let sender =
                sender.map_or_else(|| format!("status {status}"), |p| format!("sent by {}", p.owner));
            Some([host.clone(), title.clone(), sender])
        }
        _ => None,
    })
}

/// How the state of a container looks: its class and its word.
fn state_words(state: &State) -> (&'static str, String) {
    let health = state.health.as_ref().map(|h| h.status);
    let (class, word) = match (state.status, health) {
        (Status::Running, Some(HealthStatus::Healthy)) => ("healthy", "healthy"),
        (Status::Running, Some(HealthStatus::Unhealthy)) => ("unhealthy", "unhealthy"),
        (Status::Running, Some(HealthStatus::Starting)) | (Status::Starting, _) => ("starting", "starting"),
        (Status::Running, None) => ("running", "running"),
        (Status::Paused, _) => ("paused", "paused"),
        (Status::Restarting, _) => ("starting", "restarting"),
        (Status::Created, _) => ("exited", "created"),
        _ => return ("exited", format!("exited {}", state.exit_code)),
    };
    (class, word.to_owned())
}

fn berth(world: &World, container: &Container, bridges: &[[String; 3]]) -> Berth {
    let state = &container.state;
    let (class, word) = state_words(state);
    let group = container.cgroup.and_then(|g| world.kernel.cgroups.get(&g));
    let processes = group
        .into_iter()
        .flat_map(|g| &g.processes)
        .filter_map(|pid| world.kernel.process(*pid).map(|p| (p.own_pid(), p.command_name(), pid.0)))
        .collect();
    let addresses = container
        .networks
        .iter()
        .filter_map(|(name, endpoint)| {
            let bridge = bridges.iter().position(|[network, ..]| network == name)?;
            Some((bridge, endpoint.address?.to_string()))
        })
        .collect();
    let image = world.images.get(&container.image);
    let layers = image.map(|i| i.layers.iter().map(|l| look(&l.diff_id)).collect());
    let ports: Vec<String> = world
        .network
        .stack(world.network.host)
        .iter()
        .flat_map(|h| &h.publications)
        .filter(|p| *p.owner == *container.name)
        .map(|p| format!("port {} to {}", p.port, p.target.1))
        .collect();
    Berth {
        name: container.name.clone(),
        image: container.image_name.clone(),
        addresses,
        state: class,
        word,
        processes,
        layers: layers.unwrap_or_default(),
        net: container.net.filter(|_| state.is_running()).map(|n| n.0),
        ports: ports.first().cloned().unwrap_or_default(),
    }
}

/// The images in the order in which they came, then those on their way.
fn images(world: &World) -> Vec<Stack> {
    let came = |name: &str| {
        world.events.iter().position(|e| match &*e.what {
            What::Image { id, attributes, .. } => {
                id == name || attributes.get("name").is_some_and(|n| n == name)
            }
            _ => false,
        })
    };
    let mut stacks: Vec<(usize, Stack)> = world
        .images
        .iter()
        .map(|image| {
            let names = world.images.names(&image.id);
            let name = names.first().map_or_else(|| image.id.short(), |n| n.familiar());
            let id = image.id.to_string();
            let place = came(&name).or_else(|| came(&id)).unwrap_or(usize::MAX);
            let layers = image
                .layers
                .iter()
                .map(|l| Slot { look: look(&l.diff_id), state: SlotState::Here })
                .collect();
            let tags = names.iter().filter(|n| n.tag().is_some()).count();
            let note = if tags > 1 { format!("and {} more", tags - 1) } else { String::new() };
            (place, Stack { object: Object::Image(id), name, note, layers })
        })
        .collect();
    sort_by(&mut stacks, |a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    let pulls = world.transfers.values().filter(|t| t.direction == Direction::Pull && t.outcome.is_none());
    stacks.into_iter().map(|(_, s)| s).chain(pulls.filter_map(|t| arriving(world, t))).collect()
}

/// A pull that has read its manifest, as a stack with slots.
fn arriving(world: &World, transfer: &Transfer) -> Option<Stack> {
    if transfer.layers.is_empty() {
        return None;
    }
    let looks = shelves::transfer_looks(world, transfer);
    let mut below = true;
    let mut here = 0;
    let layers = transfer
        .layers
        .iter()
        .zip(looks)
        .map(|(layer, look)| {
            let state = match layer.state {
                LayerState::Complete | LayerState::Present => SlotState::Here,
                LayerState::Extracting(..) if below => SlotState::Here,
                LayerState::Arrived | LayerState::Extracting(..) => SlotState::Waits,
                _ => SlotState::Missing,
            };
            here += usize::from(state != SlotState::Missing);
            below &= state == SlotState::Here;
            Slot { look, state }
        })
        .collect();
    let name = transfer.reference.familiar();
    let note = format!("{here} of {} here", transfer.layers.len());
    Some(Stack { object: Object::Image(name.clone()), name, note, layers })
}

#[cfg(test)]
mod tests;
