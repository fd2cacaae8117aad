//! `POST /containers/{id}/start`: namespaces, mounts, network, limits, and then the first process.

use crate::agenda::Task;
use crate::container::config::HostConfig;
use crate::container::state::Status;
use crate::container::{Container, MountKind};
use crate::engine::boot::{HOST_DISK, blank_process, device_tree, mount};
use crate::engine::stream::Stream;
use crate::engine::syscall::Sys;
use crate::engine::{DaemonError, World, container, descriptor, execute, network};
use crate::files::{Inode, Tree};
use crate::kernel::cgroup::{Cgroup, CgroupId};
use crate::kernel::descriptor::{DescriptionId, Object};
use crate::kernel::errno::Errno;
use crate::kernel::filesystem::unix_micros;
use crate::kernel::mount::{FileSystem, Mount};
use crate::kernel::namespace::{NamespaceId, NamespaceKind, Namespaces};
use crate::kernel::process::{Credentials, Pid, Wait};
use crate::kernel::terminal::{Terminal, TerminalId};
use crate::net::link::Publication;
use crate::net::{NetId, names};
use crate::shared::{Map, own};
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
            container.state.error = error.message;
        }
    }
    world.wake(Wait::Daemon(number));
}

type Failure = (i64, DaemonError);

fn plain(error: DaemonError) -> Failure {
    (128, error)
}

fn run(world: &mut World, number: u64) -> Result<(), Failure> {
    let now = world.now;
    let Some(container) = world.container(number).cloned() else { return Ok(()) };
    let namespaces = make_namespaces(world, &container).map_err(plain)?;
    let cgroup = make_cgroup(world, &container);
    if let Some(shown) = world.container_mut(number) {
        shown.namespaces = Some(namespaces);
        shown.cgroup = Some(cgroup);
        shown.net = (owns_net(&container.host)).then_some(namespaces.net);
    }
    world.cgroup_containers.insert(cgroup, number);
    if owns_net(&container.host) {
        for name in container.networks.keys() {
            network::connect(world, number, namespaces.net, name).map_err(plain)?;
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
    let positive = |n: i64| u64::try_from(n).ok().filter(|n| *n > 0);
    let group = Cgroup {
        path: format!("/system.slice/docker-{}.scope", container.id),
        memory_max: positive(container.host.memory),
        pids_max: container.host.pids_limit.and_then(positive),
        cpu_max: positive(container.host.nano_cpus / 1_000_000),
        ..Cgroup::default()
    };
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

/// The mount table of a container: the layers, what the kernel makes up, the daemon's files, and its mounts.
fn mount_root(world: &mut World, number: u64, namespaces: &Namespaces) -> Result<(), DaemonError> {
    let Some(container) = world.container(number).cloned() else { return Ok(()) };
    let proc = world.kernel.add_filesystem(FileSystem::Proc);
    let sys = world.kernel.add_filesystem(FileSystem::Sys);
    let dev = world.kernel.add_filesystem(device_tree());
    let mut root = mount(
        "/",
        container.root,
        "overlay",
        "overlay",
        "relatime,lowerdir=/var/lib/docker/overlay2,upperdir=diff,workdir=work",
    );
    root.read_only = container.host.read_only;
    let mut sysfs = mount("/sys", sys, "sysfs", "sysfs", "nosuid,nodev,noexec,relatime");
    sysfs.read_only = !container.host.privileged;
    let mut mounts = vec![
        root,
        mount("/proc", proc, "proc", "proc", "nosuid,nodev,noexec,relatime"),
        mount("/dev", dev, "tmpfs", "tmpfs", "nosuid,size=65536k,mode=755"),
        sysfs,
    ];
    write_daemon_files(world, &container, &mut mounts);
    for (target, options) in &container.host.tmpfs {
        let limit = options.split(',').find_map(|o| o.strip_prefix("size=")).and_then(parse_size);
        let tree = Tree::default();
        let id = world.kernel.add_filesystem(FileSystem::Tree { tree, limit });
        make_mount_point(world, container.root, target, true);
        mounts.push(mount(target, id, "tmpfs", "tmpfs", "nosuid,nodev,noexec,relatime"));
    }
    for point in &container.mounts {
        let mut shown = match point.kind {
            MountKind::Volume => {
                let id = super::volume::ensure(world, &point.name, point.name.len() == 64, Map::new());
                super::volume::note(world, &point.name, "mount", Some(number));
                mount(&point.destination, id, "ext4", "/dev/vda1", "relatime")
            }
            MountKind::Tmpfs => {
                let id = world.kernel.add_filesystem(FileSystem::Tree { tree: Tree::default(), limit: None });
                mount(&point.destination, id, "tmpfs", "tmpfs", "nosuid,nodev,noexec,relatime")
            }
            MountKind::Bind => bind(world, &point.source, &point.destination),
        };
        shown.read_only = point.read_only;
        let directory = !is_file(world, &shown);
        make_mount_point(world, container.root, &point.destination, directory);
        mounts.push(shown);
    }
    if let Some(namespace) = world.kernel.namespace_mut(namespaces.mnt) {
        namespace.mounts = mounts;
    }
    Ok(())
}

/// A bind mount of the host's disk; a missing source is made, as a directory.
fn bind(world: &mut World, source: &str, destination: &str) -> Mount {
    let now = unix_micros(world.now);
    if let Some(FileSystem::Tree { tree, .. }) = world.kernel.filesystem_mut(HOST_DISK) {
        if tree.find(source).is_none() {
            tree.make_path(source, 0o755, now);
        }
    }
    let mut shown = mount(destination, HOST_DISK, "ext4", "/dev/vda1", "relatime");
    source.clone_into(&mut shown.root);
    shown
}

fn is_file(world: &World, mount: &Mount) -> bool {
    let Some(filesystem) = world.kernel.filesystems.get(&mount.filesystem) else { return false };
    let node = filesystem.find(&mount.root);
    node.and_then(|n| filesystem.inode(&n).map(|i| !i.is_directory())).unwrap_or(false)
}

fn make_mount_point(
    world: &mut World,
    root: crate::kernel::mount::FileSystemId,
    target: &str,
    directory: bool,
) {
    let now = unix_micros(world.now);
    let Some(filesystem) = world.kernel.filesystem_mut(root) else { return };
    let parts: Vec<&str> = target.split('/').filter(|s| !s.is_empty()).collect();
    let mut parent = String::from("/");
    for (n, name) in parts.iter().enumerate() {
        let path = format!("{}/{name}", parent.trim_end_matches('/'));
        if filesystem.find(&path).is_none() {
            let inode = if directory || n + 1 < parts.len() {
                Inode::directory(0o755, now)
            } else {
                Inode::file(Vec::new(), 0o644, now)
            };
            if filesystem.insert(&parent, name, inode).is_err() {
                return;
            }
        }
        parent = path;
    }
}

/// /etc/hostname, /etc/hosts and /etc/resolv.conf, which the daemon writes and mounts.
fn write_daemon_files(world: &mut World, container: &Container, mounts: &mut Vec<Mount>) {
    let now = unix_micros(world.now);
    let directory = format!("/var/lib/docker/containers/{}", container.id);
    let current = world.container(container.number).cloned();
    let networks = current.map(|c| c.networks).unwrap_or_default();
    let name = &container.config.hostname;
    let addresses: Vec<(Ipv4Addr, String)> =
        networks.values().filter_map(|e| e.address.map(|a| (a, name.clone()))).collect();
    let extra: Vec<(String, String)> = container
        .host
        .extra_hosts
        .iter()
        .filter_map(|h| h.split_once([':', '=']))
        .map(|(n, a)| {
            (n.to_owned(), if a == "host-gateway" { "172.17.0.1".to_owned() } else { a.to_owned() })
        })
        .collect();
    let embedded = networks.keys().any(|n| !matches!(n.as_str(), "bridge" | "host" | "none"));
    let texts = [
        ("hostname", format!("{name}\n")),
        ("hosts", names::hosts_file(&addresses, &extra)),
        ("resolv.conf", names::resolv_conf(embedded, &container.host.dns)),
    ];
    for (file, text) in texts {
        if let Some(FileSystem::Tree { tree, .. }) = world.kernel.filesystem_mut(HOST_DISK) {
            let ino = tree.make_path(&directory, 0o710, now);
            tree.insert(ino, file, Inode::file(text.into_bytes(), 0o644, now));
        }
        let mut shown = mount(&format!("/etc/{file}"), HOST_DISK, "ext4", "/dev/vda1", "relatime");
        shown.root = format!("{directory}/{file}");
        mounts.push(shown);
    }
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

fn make_process(
    world: &mut World,
    number: u64,
    shim: Pid,
    namespaces: Namespaces,
    cgroup: CgroupId,
) -> Result<Pid, Failure> {
    let Some(container) = world.container(number).cloned() else {
        return Err(plain(DaemonError::new(404, String::new())));
    };
    let mut command = vec![container.path.clone()];
    command.extend(container.arguments.iter().cloned());
    let init = container.host.init == Some(true);
    let stream = Stream {
        container: Some(number),
        clients: kept_clients(world, number),
        terminal: container.config.tty,
        exec: None,
    };
    world.streams.insert(number, Rc::new(stream));
    let spec = Spec {
        command,
        environment: environment(&container, &container.config.env),
        user: container.config.user.clone(),
        directory: container.config.working_dir.clone(),
        namespaces,
        cgroup,
        parent: shim,
        privileged: container.host.privileged,
        host: container.host.clone(),
    };
    let terminal = container.config.tty.then(|| open_terminal(world, number));
    let (pid, input) = spawn(world, spec, number, terminal, container.config.open_stdin)
        .map_err(|(code, message)| (code, runtime_error(&message)))?;
    if init {
        super::exec::wrap_in_init(world, pid);
    }
    if let Some(container) = world.container_mut(number) {
        container.input = input;
        container.terminal = terminal;
    }
    Ok(pid)
}

fn kept_clients(world: &World, number: u64) -> Vec<(Pid, bool, bool)> {
    world.streams.get(&number).map(|s| s.clients.clone()).unwrap_or_default()
}

fn runtime_error(message: &str) -> DaemonError {
    DaemonError::new(
        400,
        format!(
            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {message}: unknown"
        ),
    )
}

/// A terminal of its own, whose output goes to the stream of this number.
pub fn open_terminal(world: &mut World, stream: u64) -> TerminalId {
    let id = TerminalId(world.kernel.fresh_id());
    let mut terminal = Terminal::default();
    terminal.stream = Some(stream);
    world.kernel.terminals.insert(id, Rc::new(terminal));
    id
}

/// A process to begin inside a container.
#[derive(Clone, Debug)]
pub struct Spec {
    /// `argv`.
    pub command: Vec<String>,
    /// Its environment.
    pub environment: Map<String, String>,
    /// `user[:group]`.
    pub user: String,
    /// Where it begins; empty for `/`.
    pub directory: String,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// Its control group.
    pub cgroup: CgroupId,
    /// Its parent: the shim.
    pub parent: Pid,
    /// Every capability.
    pub privileged: bool,
    /// What the host grants.
    pub host: HostConfig,
}

/// The environment that the runtime gives: PATH and HOSTNAME first, then what was asked for.
pub fn environment(container: &Container, asked: &[String]) -> Map<String, String> {
    let mut all = Map::from([
        ("HOSTNAME".to_owned(), container.config.hostname.clone()),
        ("PATH".to_owned(), execute::DEFAULT_PATH.to_owned()),
    ]);
    if container.config.tty {
        all.insert("TERM".to_owned(), "xterm".to_owned());
    }
    for line in asked {
        if let Some((name, value)) = line.split_once('=') {
            all.insert(name.to_owned(), value.to_owned());
        }
    }
    all
}

/// Begins a process inside a container; its pid and the pipe to its standard input. A refusal carries the exit
/// code that Docker gives it and the runtime's words.
pub fn spawn(
    world: &mut World,
    spec: Spec,
    stream: u64,
    terminal: Option<TerminalId>,
    open_stdin: bool,
) -> Result<(Pid, Option<crate::kernel::descriptor::PipeId>), (i64, String)> {
    let mut process = blank_process(spec.command.clone(), "", world.now);
    process.parent = spec.parent;
    process.namespaces = spec.namespaces;
    process.cgroup = spec.cgroup;
    process.environment = Rc::new(spec.environment.clone());
    process.terminal = terminal;
    process.credentials.capabilities = super::exec::capabilities(&spec.host, spec.privileged);
    process.credentials.no_new_privileges =
        spec.host.security.iter().any(|s| s.starts_with("no-new-privileges"));
    let pid = world.kernel.add_process(process);
    let result = prepare(world, pid, &spec);
    if let Err(failure) = result {
        world.kernel.remove_process(pid);
        return Err(failure);
    }
    if let Some(process) = world.kernel.process_mut(pid) {
        process.group = pid;
    }
    let mut input = None;
    let mut stdin = |world: &mut World| -> DescriptionId {
        if open_stdin {
            let pipe = descriptor::new_pipe(world);
            if let Some(pipe) = world.kernel.pipes.get_mut(&pipe) {
                pipe.writers = 1;
            }
            input = Some(pipe);
            return descriptor::describe(world, Object::PipeReader(pipe), true, false);
        }
        descriptor::describe(world, Object::Null, true, false)
    };
    let descriptions = match terminal {
        Some(terminal) => {
            if let Some(terminal) = world.kernel.terminals.get_mut(&terminal) {
                own(terminal).foreground = Some(pid);
            }
            let one = |world: &mut World| descriptor::describe(world, Object::Terminal(terminal), true, true);
            [one(world), one(world), one(world)]
        }
        None => [
            stdin(world),
            descriptor::describe(world, Object::Output { container: stream, error: false }, false, true),
            descriptor::describe(world, Object::Output { container: stream, error: true }, false, true),
        ],
    };
    for (number, description) in descriptions.into_iter().enumerate() {
        descriptor::install_at(world, pid, description, number as u32);
    }
    Ok((pid, input))
}

/// User, directory and program of a new process.
fn prepare(world: &mut World, pid: Pid, spec: &Spec) -> Result<(), (i64, String)> {
    let mut sys = Sys::new(world, pid);
    let who = super::exec::user(&mut sys, &spec.user).map_err(|message| (126, message))?;
    let directory = if spec.directory.is_empty() { "/" } else { &spec.directory };
    if sys.stat(directory).is_err() {
        let mut made = String::new();
        for name in directory.split('/').filter(|s| !s.is_empty()) {
            made = format!("{made}/{name}");
            let _ = sys.make_directory(&made, 0o755);
        }
    }
    let program = spec.command.first().cloned().unwrap_or_default();
    let words = |errno: Errno| match errno {
        Errno::ENOENT if !program.contains('/') => {
            (127, format!("exec: \"{program}\": executable file not found in $PATH"))
        }
        Errno::ENOENT => (127, format!("exec: \"{program}\": stat {program}: no such file or directory")),
        Errno::EACCES => (126, format!("exec: \"{program}\": permission denied")),
        Errno::ENOEXEC => (126, format!("exec {program}: exec format error")),
        other => (126, format!("exec: \"{program}\": {}", other.text().to_lowercase())),
    };
    sys.change_directory(directory).map_err(|e| {
        (
            126,
            format!("chdir to cwd (\"{directory}\") set in config.json failed: {}", e.text().to_lowercase()),
        )
    })?;
    let capabilities = sys.credentials().capabilities;
    let no_new_privileges = sys.credentials().no_new_privileges;
    let path = spec.environment.get("PATH").cloned();
    let found = sys.find_program(&program, path.as_deref()).map_err(words)?;
    let mut environment = spec.environment.clone();
    environment.get_or_insert_with("HOME".to_owned(), || who.home);
    sys.execute(&found, spec.command.clone(), environment).map_err(words)?;
    let capabilities = if who.uid == 0 { capabilities } else { 0 };
    if let Some(process) = world.kernel.process_mut(pid) {
        process.credentials =
            Credentials { uid: who.uid, gid: who.gid, groups: who.groups, capabilities, no_new_privileges };
    }
    Ok(())
}
