//! Processes, namespaces and virtual machines in the Inspector.

use super::{Body, Card, Table};
use crate::place::size;
use crate::scene::{KEEPS, PRICES, sheet};
use drydock::engine::World;
use drydock::kernel::namespace::{NamespaceId, NamespaceKind};
use drydock::kernel::process::{Pid, Process};

fn facts(title: String, sub: String, tables: Vec<Table>) -> Card {
    let tables = tables.into_iter().filter(|t| !t.rows.is_empty()).collect();
    Card { title, sub, tabs: vec![("Facts", Body::Facts(tables))] }
}

/// The container that a process is in.
fn owner<'a>(world: &'a World, process: &Process) -> Option<&'a str> {
    let container = world.cgroup_container(process.cgroup).and_then(|n| world.container(n))?;
    Some(&container.name)
}

/// A process: its numbers, its namespaces.
#[inline(never)]
pub fn process(world: &World, pid: u32) -> Option<Card> {
    let process = world.kernel.process(Pid(pid))?;
    let parent = world.kernel.process(process.parent).filter(|_| pid > 1);
    let main = Table::new("Process")
        .row("Command", process.arguments.join(" "))
        .row(
            "Parent",
            parent.map(|p| format!("{} {}", process.parent.0, p.command_name())).unwrap_or_default(),
        )
        .row("User", process.credentials.uid)
        .row("Memory", size(process.resident))
        .row("Cgroup", world.kernel.cgroups.get(&process.cgroup).map(|g| g.path.clone()).unwrap_or_default());
    let mut pids = Table::new("Pids");
    pids.note = "one in each pid namespace that sees it";
    for (id, number) in process.pids.iter().rev() {
        pids = pids.row(&id.0.to_string(), number);
    }
    let mut namespaces = Table::new("Namespaces");
    for (kind, initial) in NamespaceKind::INITIAL {
        let id = process.namespaces.get(kind).0;
        namespaces = namespaces
            .row(kind.name(), if id == initial { format!("{id}, the host's") } else { id.to_string() });
    }
    let sub = match owner(world, process) {
        Some(name) => format!("Process of container {name}"),
        None => "Process of the host".to_owned(),
    };
    Some(facts(process.command_name(), sub, vec![main, pids, namespaces]))
}

/// A namespace: its members.
#[inline(never)]
pub fn namespace(world: &World, inode: u32) -> Option<Card> {
    let id = NamespaceId(inode);
    let kind = world.kernel.namespaces.get(&id)?.kind;
    let place = NamespaceKind::INITIAL.iter().position(|(k, _)| *k == kind).unwrap_or(0);
    let main =
        Table::new("Namespace").row("Kind", kind.name()).row("Inode", inode).row("Keeps apart", KEEPS[place]);
    let mut members = Table::new("Processes in it");
    for (pid, process) in world.kernel.processes.iter().filter(|(_, p)| p.namespaces.get(kind) == id) {
        let whose = owner(world, process).unwrap_or("host");
        let own = process.pid_in(id).filter(|own| *own != pid.0).map(|own| format!(", pid {own} in it"));
        let words = format!("{} of {whose}{}", process.command_name(), own.unwrap_or_default());
        members = members.row(&pid.0.to_string(), words);
    }
    let count = members.rows.len();
    let sub = format!("Namespace, {count} {}", if count == 1 { "process" } else { "processes" });
    Some(facts(format!("{} {inode}", kind.name()), sub, vec![main, members]))
}

/// What virtual machines and containers take, and who says so.
#[inline(never)]
pub fn machines(world: &World) -> Card {
    let all = sheet(world).machines;
    let mut prices = Table::new("One virtual machine");
    for price in &PRICES {
        let each = if price.each < 1 << 20 { format!("{} ms", price.each / 1000) } else { size(price.each) };
        prices = prices.row(price.what, format!("{each}: {}", price.source));
    }
    let containers = Table::new("The containers that run")
        .row("Containers", all.count)
        .row(
            "start",
            all.start.map(|s| format!("{} ms, from created to running", s.0 / 1000)).unwrap_or_default(),
        )
        .row("memory", format!("{}, the shims beside their own programs", size(all.memory)))
        .row("disk", format!("{}, every layer of their images once", size(all.disk)));
    let mut table = Table::new("What differs");
    for (name, value) in [
        ("Kernel", "each machine boots one; containers share the host's"),
        ("System", "each machine has one; an image brings the files that its program needs"),
        (
            "Wall",
            "the processor's own around a machine; around a container the kernel's namespaces, which is weaker",
        ),
    ] {
        table = table.row(name, value);
    }
    facts("Virtual machines".to_owned(), "Beside containers".to_owned(), vec![prices, containers, table])
}
