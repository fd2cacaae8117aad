//! The places themselves in the Inspector: the client, the daemon, the kernel, the learner's files.

use super::{Body, Card, Table};
use crate::scene;
use drydock::cli::units::human_size;
use drydock::engine::World;
use drydock::event::What;

fn facts(title: &str, sub: &str, tables: Vec<Table>) -> Card {
    Card { title: title.to_owned(), sub: sub.to_owned(), tabs: vec![("Facts", Body::Facts(tables))] }
}

/// The `docker` client.
#[inline(never)]
pub fn client(world: &World) -> Card {
    let typed: Vec<String> = world
        .events
        .iter()
        .rev()
        .filter_map(|e| match &*e.what {
            What::Typed(line) if line.trim_start().starts_with("docker") => Some(line.clone()),
            _ => None,
        })
        .take(8)
        .collect();
    let about = Table::new("Client")
        .row("Program", "docker")
        .row("Talks to", "unix:///var/run/docker.sock")
        .row("Protocol", "HTTP, the Engine API 1.51");
    let mut last = Table::new("Asked last");
    for (n, line) in typed.iter().enumerate() {
        last = last.row(&(n + 1).to_string(), line);
    }
    let tables = [about, last].into_iter().filter(|t| !t.rows.is_empty()).collect();
    facts("docker", "The client: it asks the daemon and prints the answer", tables)
}

/// The daemon.
#[inline(never)]
pub fn daemon(world: &World) -> Card {
    let running = world.containers.values().filter(|c| c.state.is_running()).count();
    let mut stored = 0;
    let mut seen = drydock::shared::Set::new();
    for layer in world.images.iter().flat_map(|i| &i.layers) {
        if seen.insert(layer.diff_id) {
            stored += layer.size();
        }
    }
    let table = Table::new("Daemon")
        .row("Containers", format!("{running} running, {} in all", world.containers.len()))
        .row("Images", world.images.len())
        .row("Layers", format!("{} different, {}", seen.len(), human_size(stored)))
        .row("Networks", world.networks.iter().map(|n| n.name.clone()).collect::<Vec<_>>().join(", "))
        .row("Volumes", world.volumes.len());
    facts("dockerd", "The daemon: it keeps images and containers", vec![table])
}

/// The kernel, with every process of the host as the host sees it.
#[inline(never)]
pub fn kernel(world: &World) -> Card {
    let mut text = String::from("   PID  COMMAND\n");
    let roots: Vec<_> = world.kernel.processes.keys().filter(|p| p.0 == 1).copied().collect();
    let mut rest: Vec<(drydock::kernel::process::Pid, usize)> = roots.into_iter().map(|p| (p, 0)).collect();
    while let Some((pid, depth)) = rest.pop() {
        let Some(process) = world.kernel.process(pid) else { continue };
        let container = world.cgroup_container(process.cgroup).and_then(|n| world.container(n));
        let inside =
            container.map(|c| format!("  (pid {} in {})", process.own_pid(), c.name)).unwrap_or_default();
        text.push_str(&format!("{:>6}  {}{}{inside}\n", pid.0, "  ".repeat(depth), process.command_name()));
        rest.extend(process.children.iter().rev().map(|child| (*child, depth + 1)));
    }
    let table = Table::new("Kernel")
        .row("Release", drydock::kernel::RELEASE)
        .row("Processes", world.kernel.processes.len())
        .row("Namespaces", world.kernel.namespaces.len());
    let mut card = facts("Kernel", "One for the host and for every container", vec![table]);
    card.tabs.push(("Processes", Body::Text(text)));
    card
}

/// The learner's directory.
#[inline(never)]
pub fn files(world: &World) -> Card {
    let (directory, names) = scene::scene(world).files;
    let text = if names.is_empty() { "Nothing is here yet.".to_owned() } else { names.join("\n") };
    let sub = "Files on your machine".to_owned();
    Card { title: directory, sub, tabs: vec![("Files", Body::Text(text))] }
}

/// The last reply.
#[inline(never)]
pub fn reply(world: &World) -> Option<Card> {
    world.events.iter().rev().find_map(|e| match &*e.what {
        What::Replied { host, port, status, title, from_host: true } => {
            let table = Table::new("Reply")
                .row("From", format!("{host}:{port}"))
                .row("Status", status)
                .row("Says", title);
            Some(facts(title, "The last HTTP reply that came to your machine", vec![table]))
        }
        _ => None,
    })
}

/// An entry of the glossary.
#[inline(never)]
pub fn term(word: &str) -> Option<Card> {
    let entry = drydock_lessons::entry(word)?;
    let tabs = vec![("Meaning", Body::Prose(entry.meaning))];
    Some(Card { title: entry.term.to_owned(), sub: "From the glossary".to_owned(), tabs })
}
