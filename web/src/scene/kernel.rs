//! What the Kernel lens shows: the process tree, which namespaces are shared, what cgroups count, and what as many virtual
//! machines would take.

use super::state_words;
use drydock::container::Container;
use drydock::engine::World;
use drydock::event::What;
use drydock::kernel::cgroup::Cgroup;
use drydock::kernel::namespace::{NamespaceKind, Namespaces};
use drydock::kernel::process::{Pid, Process};
use drydock::shared::Set;
use drydock::time::Span;

/// The Kernel lens, without what moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The processes of the host, parents before their children.
    pub tree: Vec<Leaf>,
    /// How many daemons of the host are not among them.
    pub others: usize,
    /// The host, then every container with a process; who shares a namespace stands together.
    pub columns: Vec<Column>,
    /// Containers without a process.
    pub idle: Vec<String>,
    /// Containers beside virtual machines.
    pub machines: Machines,
}

/// A process.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Its pid on the host.
    pub pid: u32,
    /// Its pid in its own pid namespace, when it is in a container.
    pub own: Option<u32>,
    /// Its short name.
    pub name: String,
    /// How deep it stands in the tree.
    pub depth: usize,
    /// Its container.
    pub container: String,
}

/// The host, or a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its first process.
    pub program: String,
    /// The class of its state, and the word; empty for the host.
    pub state: (&'static str, String),
    /// The inode numbers of its namespaces, in the order of `NamespaceKind::INITIAL`.
    pub namespaces: [u32; 7],
    /// What its cgroup counts; the host's has no limit and is not drawn.
    pub gauge: Option<Gauge>,
}

/// What a cgroup counts, each with its limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauge {
    /// Bytes of memory.
    pub memory: (u64, Option<u64>),
    /// Processes.
    pub pids: (u64, Option<u64>),
    /// Thousandths of a processor, since its first process began.
    pub cpu: (u64, Option<u64>),
}

/// What the running containers take beside their programs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machines {
    /// How many run.
    pub count: u64,
    /// The memory of the processes that look after them.
    pub memory: u64,
    /// The layers of their images, each once.
    pub disk: u64,
    /// How long the last of them took from its creation to its first process.
    pub start: Option<Span>,
}

/// What one virtual machine takes.
pub struct Price {
    /// What is counted.
    pub what: &'static str,
    /// How much: microseconds or bytes.
    pub each: u64,
    /// Who says so.
    pub source: &'static str,
}

/// A small virtual machine with a system of its own: time to start, memory, disk.
pub const PRICES: [Price; 3] = [
    Price {
        what: "start",
        each: 880_000,
        source: "an Ubuntu guest on an Apple M3 Max: microsoft.github.io/quicksand, Performance",
    },
    Price {
        what: "memory",
        each: 256 << 20,
        source: "the least for a Debian 11 without a desktop: debian.org, installation guide, 3.4",
    },
    Price {
        what: "disk",
        each: 2 << 30,
        source: "the least for a Debian 11 without a desktop: debian.org, installation guide, 3.4",
    },
];

/// Each kind of namespace with what it keeps apart.
pub const KEEPS: [&str; 7] = [
    "which processes are seen",
    "addresses, routes and ports",
    "which files are seen",
    "the host name",
    "shared memory",
    "who is root",
    "the tree of cgroups",
];

fn inodes(all: &Namespaces) -> [u32; 7] {
    NamespaceKind::INITIAL.map(|(kind, _)| all.get(kind).0)
}

/// The Kernel lens of a World.
pub fn sheet(world: &World) -> Sheet {
    let mut sheet = Sheet { machines: machines(world), ..Sheet::default() };
    grow(world, Pid(1), 0, &mut sheet);
    let initial = Namespaces::default();
    let host = Column {
        name: "host".to_owned(),
        program: world.kernel.process(Pid(1)).map(Process::command_name).unwrap_or_default(),
        state: ("", String::new()),
        namespaces: inodes(&initial),
        gauge: None,
    };
    let mut waiting: Vec<Column> = Vec::new();
    for container in world.containers.values() {
        match column(world, container) {
            Some(column) => waiting.push(column),
            None => sheet.idle.push(container.name.clone()),
        }
    }
    sheet.columns.push(host);
    while !waiting.is_empty() {
        // Next to the last one stands who shares most with it; the user namespace is everybody's.
        let last = &sheet.columns[sheet.columns.len() - 1];
        let shared = |other: &Column| {
            (0..7).filter(|n| *n != 5 && other.namespaces[*n] == last.namespaces[*n]).count()
        };
        let best = waiting.iter().map(shared).max().unwrap_or(0);
        let at = waiting.iter().position(|c| shared(c) == best).unwrap_or(0);
        let next = waiting.remove(at);
        sheet.columns.push(next);
    }
    sheet
}

/// Adds a process and its descendants; daemons of the host that have no children are only counted.
fn grow(world: &World, pid: Pid, depth: usize, sheet: &mut Sheet) {
    let Some(process) = world.kernel.process(pid) else { return };
    let name = process.command_name();
    let container = world.cgroup_container(process.cgroup).and_then(|n| world.container(n));
    let known = matches!(name.as_str(), "containerd" | "dockerd" | "containerd-shim");
    if depth == 1 && container.is_none() && !known && process.children.is_empty() && pid != world.shell {
        sheet.others += 1;
        return;
    }
    sheet.tree.push(Leaf {
        pid: pid.0,
        own: container.map(|_| process.own_pid()),
        name,
        depth,
        container: container.map(|c| c.name.clone()).unwrap_or_default(),
    });
    for child in &process.children {
        grow(world, *child, depth + 1, sheet);
    }
}

fn column(world: &World, container: &Container) -> Option<Column> {
    let namespaces = container.namespaces.as_ref().filter(|_| container.state.is_running())?;
    let group = world.kernel.cgroups.get(&container.cgroup?)?;
    let first = container.state.pid.and_then(|pid| world.kernel.process(pid));
    Some(Column {
        name: container.name.clone(),
        program: first.map(Process::command_name).unwrap_or_default(),
        state: state_words(&container.state),
        namespaces: inodes(namespaces),
        gauge: Some(gauge(world, group)),
    })
}

fn gauge(world: &World, group: &Cgroup) -> Gauge {
    let members = || group.processes.iter().filter_map(|pid| world.kernel.process(*pid));
    let busy: u64 = members().map(|p| p.cpu.0).sum();
    let since = members().map(|p| p.started).min().unwrap_or(world.now);
    Gauge {
        memory: (members().map(|p| p.resident).sum(), group.memory_max),
        pids: (group.processes.len() as u64, group.pids_max),
        cpu: (busy * 1000 / world.now.since(since).0.max(1), group.cpu_max),
    }
}

fn machines(world: &World) -> Machines {
    let mut all = Machines::default();
    let mut seen = Set::new();
    for (number, container) in world.containers.iter().filter(|(_, c)| c.state.is_running()) {
        all.count += 1;
        let shim = world.shims.get(number).and_then(|pid| world.kernel.process(*pid));
        all.memory += shim.map_or(0, |p| p.resident);
        for layer in world.images.get(&container.image).iter().flat_map(|i| &i.layers) {
            if seen.insert(layer.diff_id) {
                all.disk += layer.size();
            }
        }
        let at = |wanted: &str| {
            world.events.iter().find_map(|e| match &*e.what {
                What::Container { id, action, .. } if *id == container.id && action == wanted => Some(e.time),
                _ => None,
            })
        };
        if let (Some(created), Some(started)) = (at("create"), at("start")) {
            all.start = Some(started.since(created));
        }
    }
    all
}
