//! `POST /containers/{id}/start`: namespaces, mounts, network, limits, and then the first process.

use crate::agenda::Task;
use crate::container::Container;
use crate::container::config::HostConfig;
use crate::container::state::Status;
use crate::engine::mounts::mount_root;
use crate::engine::spawn::make_process;
use crate::engine::{DaemonError, World, container, network};
use crate::kernel::cgroup::{Cgroup, CgroupId};
use crate::kernel::namespace::{NamespaceId, NamespaceKind, Namespaces};
use crate::kernel::process::{Pid, Wait};
use crate::net::NetId;
use crate::net::link::Publication;
use crate::time::Span;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Begins a start. The refusal that shows at once comes at once; the rest when the runtime is done.
pub fn begin(world: &mut World, number: u64) -> Result<(), DaemonError> {
    let Some(container) = world.container_mut(number) else { return Ok(()) };
    match container.state.status {
        Status::Running | Status::Starting => return Ok(()),
        Status::Paused => {
            return Err(DaemonError::new(
                409,
                "cannot start a paused container, try unpause instead".to_owned(),
            ));
        }
        Status::Removing | Status::Dead => {
            return Err(DaemonError::new(
                409,
                "container is marked for removal and cannot be started".to_owned(),
            ));
        }
        Status::Created | Status::Restarting | Status::Exited => {}
    }
    container.state.before = container.state.status;
    container.state.status = Status::Starting;
    container.state.error.clear();
    container.state.stopped_by_hand = false;
    let id = container.id.clone();
    world.schedule(container::START, Task::Start(id));
    Ok(())
}

/// The runtime is done: the container runs, or it says why not.
pub fn perform(world: &mut World, number: u64) {
    if world.container(number).is_none_or(|c| c.state.status != Status::Starting) {
        return;
    }
    if let Err((code, error)) = run(world, number) {
        undo(world, number);
        if let Some(container) = world.container_mut(number) {
            container.state.status = if container.state.run == 0 { Status::Created } else { Status::Exited };
            container.state.exit_code = code;
            container.state.error = error.message.clone();
        }
        if !error.cause.is_empty() {
            world.refusal = Some(Rc::new((error.message, error.cause)));
        }
    }
    world.wake(Wait::Daemon(number));
}

pub(super) type Failure = (i64, DaemonError);

pub(super) fn plain(error: DaemonError) -> Failure {
    (128, error)
}

fn networking(error: DaemonError) -> Failure {
    let message = format!("failed to set up container networking: {}", error.message);
    plain(DaemonError { message, ..error })
}

fn run(world: &mut World, number: u64) -> Result<(), Failure> {
    let now = world.now;
    let Some(container) = world.container(number).cloned() else { return Ok(()) };
    super::link::children(world, &container).map_err(plain)?;
    let namespaces = make_namespaces(world, &container).map_err(plain)?;
    world.kernel.hold_namespaces(&namespaces);
    let cgroup = make_cgroup(world, &container);
    if let Some(shown) = world.container_mut(number) {
        shown.namespaces = Some(namespaces);
        shown.cgroup = Some(cgroup);
        shown.net = (owns_net(&container.host)).then_some(namespaces.net);
    }
    world.cgroup_containers.insert(cgroup, number);
    if owns_net(&container.host) {
        for name in container.networks.keys() {
            network::connect(world, number, namespaces.net, name).map_err(networking)?;
        }
        publish(world, number, namespaces.net).map_err(plain)?;
    }
    mount_root(world, number, &namespaces).map_err(plain)?;
    let shim_line = format!("/usr/bin/containerd-shim-runc-v2 -namespace moby -id {}", container.id);
    let shim = world.start_daemon(&shim_line, "containerd-shim");
    world.shims.insert(number, shim);
    let pid = make_process(world, number, shim, namespaces, cgroup)?;
    if let Some(container) = world.container_mut(number) {
        container.state.status = Status::Running;
        container.state.pid = Some(pid);
        container.state.started = Some(now);
        container.state.exit_code = 0;
        container.state.oom_killed = false;
        container.state.run += 1;
    }
    container::note(world, number, "start", &[]);
    super::health::begin(world, number);
    world.ready(pid, Span::millis(2));
    Ok(())
}

/// Gives back what a start that failed had taken.
fn undo(world: &mut World, number: u64) {
    let networks: Vec<String> =
        world.container(number).map(|c| c.networks.keys().cloned().collect()).unwrap_or_default();
    let connected = world.container(number).is_some_and(|c| c.net.is_some());
    for name in networks {
        if connected {
            network::disconnect(world, number, &name);
        }
    }
    container::release(world, number);
}

fn owns_net(host: &HostConfig) -> bool {
    let mode = network::mode_name(&host.network_mode);
    mode != "host" && !mode.starts_with("container:")
}

/// The namespace that a mode shares, if it names a container that runs.
fn shared(world: &World, mode: &str, kind: NamespaceKind) -> Result<Option<NamespaceId>, DaemonError> {
    let Some(name) = mode.strip_prefix("container:") else { return Ok(None) };
    let number = container::find(world, name)?;
    let found = world.container(number).and_then(|c| c.namespaces).map(|n| n.get(kind));
    match (found, world.container(number)) {
        (Some(id), _) => Ok(Some(id)),
        (None, Some(other)) if kind == NamespaceKind::Net => Err(DaemonError::new(
            409,
            format!("cannot join network namespace of a non running container: {}", other.id),
        )),
        (None, _) => Err(DaemonError::new(
            409,
            format!("cannot join {} namespace of a non running container: {name}", kind.name()),
        )),
    }
}

fn make_namespaces(world: &mut World, container: &Container) -> Result<Namespaces, DaemonError> {
    let initial = Namespaces::default();
    let host = &container.host;
    let joined_net = shared(world, &host.network_mode, NamespaceKind::Net).map_err(|mut e| {
        if e.status == 404 {
            e.message = format!("joining network namespace of container: {}", e.message);
        }
        e
    })?;
    let (joined_pid, joined_ipc) = (
        shared(world, &host.pid_mode, NamespaceKind::Pid)?,
        shared(world, &host.ipc_mode, NamespaceKind::Ipc)?,
    );
    let make = |world: &mut World, kind, parent, hostname: &str| {
        world.kernel.create_namespace(kind, parent, hostname)
    };
    let pid = match (joined_pid, host.pid_mode.as_str()) {
        (Some(id), _) => id,
        (None, "host") => initial.pid,
        _ => make(world, NamespaceKind::Pid, Some(initial.pid), ""),
    };
    let net = match (joined_net, host.network_mode.as_str()) {
        (Some(id), _) => id,
        (None, "host") => initial.net,
        _ => {
            let id = make(world, NamespaceKind::Net, None, "");
            world.network.create_stack(NetId(id.0));
            id
        }
    };
    let uts = if host.uts_mode == "host" {
        initial.uts
    } else {
        make(world, NamespaceKind::Uts, None, &container.config.hostname)
    };
    let ipc = match (joined_ipc, host.ipc_mode.as_str()) {
        (Some(id), _) => id,
        (None, "host") => initial.ipc,
        _ => make(world, NamespaceKind::Ipc, None, ""),
    };
    let cgroup = if host.cgroupns_mode == "host" {
        initial.cgroup
    } else {
        make(world, NamespaceKind::Cgroup, None, "")
    };
    let mnt = make(world, NamespaceKind::Mnt, None, "");
    Ok(Namespaces { pid, net, mnt, uts, ipc, user: initial.user, cgroup })
}

fn make_cgroup(world: &mut World, container: &Container) -> CgroupId {
    let id = CgroupId(world.kernel.fresh_id());
    let path = format!("/system.slice/docker-{}.scope", container.id);
    let mut group = Cgroup { path, ..Cgroup::default() };
    super::limit::set(&mut group, &container.host);
    world.kernel.cgroups.insert(id, group);
    id
}

/// Opens the doors in the host's wall: one published port after the other.
fn publish(world: &mut World, number: u64, net: NamespaceId) -> Result<(), DaemonError> {
    let Some(container) = world.container(number) else { return Ok(()) };
    let Some(address) = container.networks.values().find_map(|e| e.address) else { return Ok(()) };
    let (name, id) = (container.name.clone(), container.id.clone());
    let mut wanted = container.host.ports.clone();
    if container.host.publish_all {
        for port in &container.config.exposed_ports {
            if !wanted.iter().any(|w| w.container == *port) {
                wanted.push(crate::container::config::PortBinding {
                    container: port.clone(),
                    ..Default::default()
                });
            }
        }
    }
    for binding in wanted {
        let (inner, protocol) = binding.container.split_once('/').unwrap_or((&binding.container, "tcp"));
        let udp = protocol == "udp";
        let inner: u16 = inner.parse().unwrap_or(0);
        let at: Ipv4Addr = binding.address.parse().unwrap_or(Ipv4Addr::UNSPECIFIED);
        let port = match binding.port.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => (32_768..61_000).find(|p| world.network.publication(at, *p, udp).is_none()).unwrap_or(0),
        };
        if let Some(holder) = world.network.publication(at, port, udp) {
            let owner = holder.owner.clone();
            return Err(DaemonError::new(500, format!("failed to set up container networking: driver failed programming external connectivity on endpoint {name} ({id}): Bind for {at}:{port} failed: port is already allocated"))
                .because(format!("Port {port} is held by container {owner}.")));
        }
        if super::traffic::listener(world, Namespaces::default().net, at, port).is_some() && !udp {
            return Err(DaemonError::new(500, format!("failed to set up container networking: driver failed programming external connectivity on endpoint {name} ({id}): failed to bind host port for {at}:{port}:{address}:{inner}/tcp: address already in use"))
                .because(format!("A process of the host listens on port {port}.")));
        }
        let owner = name.as_str().into();
        world.network.publish(Publication {
            address: at,
            port,
            udp,
            target: (address, inner),
            net: NetId(net.0),
            owner,
        });
    }
    Ok(())
}

/// A size such as `64m`, in bytes.
pub fn parse_size(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
    let number: u64 = lower[..at].parse().ok()?;
    let factor = match lower[at..].trim_end_matches("ib").trim_end_matches('b') {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

pub(super) fn kept_clients(world: &World, number: u64) -> Vec<(Pid, bool, bool)> {
    world.streams.get(&number).map(|s| s.clients.clone()).unwrap_or_default()
}

pub(super) fn runtime_error(message: &str) -> DaemonError {
    DaemonError::new(
        400,
        format!(
            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {message}: unknown"
        ),
    )
}
