//! A container in the Inspector.

use super::{Body, Card, Table, json, moment};
use drydock::cli::units::human_duration;
use drydock::container::Container;
use drydock::engine::World;
use drydock::files::overlay::Change;
use drydock::kernel::mount::FileSystem;
use drydock::kernel::namespace::NamespaceKind;

/// The card of the container with this name.
pub fn card(world: &World, name: &str) -> Option<Card> {
    let container = world.containers.values().find(|c| c.name == name)?;
    let state = &container.state;
    let sub = match (state.is_running(), state.started) {
        (true, Some(since)) => format!("{}, Up {}", state.word(), human_duration(world.now.since(since))),
        _ if state.word() == "exited" => format!("exited with code {}", state.exit_code),
        _ => state.word().to_owned(),
    };
    let mut tabs = vec![("Facts", Body::Facts(facts(world, container)))];
    tabs.push(("Files", Body::Text(files(world, container))));
    if state.is_running() {
        tabs.push(("Processes", Body::Facts(processes(world, container))));
    }
    let log: Vec<u8> = container.log.entries.iter().flat_map(|e| e.bytes.iter().copied()).collect();
    let log = String::from_utf8_lossy(&log).into_owned();
    tabs.push(("Log", Body::Text(if log.is_empty() { "Nothing was printed.".to_owned() } else { log })));
    tabs.push(("JSON", json(world, name, "container")));
    Some(Card { title: name.to_owned(), sub: format!("Container, {sub}"), tabs })
}

fn facts(world: &World, container: &Container) -> Vec<Table> {
    let command = std::iter::once(&container.path).chain(&container.arguments);
    let state = &container.state;
    let main = Table::new("Container")
        .row("Id", container.id.short())
        .row("Image", &container.image_name)
        .row("Command", command.cloned().collect::<Vec<_>>().join(" "))
        .row("Created", moment(container.created))
        .row("Started", state.started.map(moment).unwrap_or_default())
        .row("Finished", state.finished.filter(|_| !state.is_running()).map(moment).unwrap_or_default())
        .row("User", &container.config.user)
        .row("Directory", &container.config.working_dir)
        .row("Restart", &container.host.restart.name);
    let mut network = Table::new("Network");
    for (name, endpoint) in &container.networks {
        let address =
            endpoint.address.map_or_else(|| "no address".to_owned(), |a| format!("{a}/{}", endpoint.prefix));
        network =
            network.row(name, address).row("MAC", endpoint.mac.map(|m| m.to_string()).unwrap_or_default());
    }
    let host = world.network.stack(world.network.host);
    for publication in host.iter().flat_map(|h| &h.publications).filter(|p| *p.owner == *container.name) {
        let port = format!("{} to {}", publication.port, publication.target.1);
        network = network.row("Port", port);
    }
    let mut environment = Table::new("Environment");
    for (name, value) in container.config.env.iter().filter_map(|e| e.split_once('=')) {
        environment = environment.row(name, value);
    }
    let mut namespaces = Table::new("Namespaces");
    namespaces.note = "what it sees alone";
    if let Some(all) = &container.namespaces {
        for (kind, id) in [
            (NamespaceKind::Pid, all.pid),
            (NamespaceKind::Net, all.net),
            (NamespaceKind::Mnt, all.mnt),
            (NamespaceKind::Uts, all.uts),
            (NamespaceKind::Ipc, all.ipc),
        ] {
            namespaces = namespaces.row(kind.name(), id.0);
        }
    }
    [main, network, environment, namespaces].into_iter().filter(|t| !t.rows.is_empty()).collect()
}

/// What the writable layer holds, as `docker diff` says it.
fn files(world: &World, container: &Container) -> String {
    let Some(FileSystem::Overlay(overlay)) = world.kernel.filesystems.get(&container.root).map(|f| &**f)
    else {
        return String::new();
    };
    let lines: Vec<String> = overlay
        .changes()
        .into_iter()
        .map(|(change, path)| {
            let letter = match change {
                Change::Added => 'A',
                Change::Changed => 'C',
                Change::Deleted => 'D',
            };
            format!("{letter} {path}")
        })
        .collect();
    if lines.is_empty() { "The writable layer is empty.".to_owned() } else { lines.join("\n") }
}

fn processes(world: &World, container: &Container) -> Vec<Table> {
    let group = container.cgroup.and_then(|g| world.kernel.cgroups.get(&g));
    let pids = group.into_iter().flat_map(|g| &g.processes);
    pids.filter_map(|pid| {
        let process = world.kernel.process(*pid)?;
        let table = Table::new(process.command_name())
            .row("Pid here", process.own_pid())
            .row("Pid on the host", pid.0)
            .row("User", process.credentials.uid)
            .row("Command", process.arguments.join(" "));
        Some(table)
    })
    .collect()
}
