//! `POST /containers/create`: a container is made from an image and what was asked for.

use crate::container::config::{Config, HealthCheck, HostConfig};
use crate::container::state::State;
use crate::container::{Container, ContainerId, Endpoint};
use crate::engine::{DaemonError, World, container, limit, network};
use crate::files::Overlay;
use crate::image::Image;
use crate::kernel::mount::FileSystem;
use crate::kernel::signal::Signal;
use crate::shared::Map;
use crate::time::Span;
use serde_json::Value;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateRequest {
    /// The name; empty for one that Docker finds.
    pub name: String,
    /// The image as written.
    pub image: String,
    /// What differs from the image.
    pub config: Config,
    /// What the host grants and limits.
    pub host: HostConfig,
    /// Aliases on the network.
    pub aliases: Vec<String>,
    /// The address asked for.
    pub address: Option<Ipv4Addr>,
}

/// Makes a container; it does not run yet.
pub fn create(world: &mut World, request: CreateRequest) -> Result<u64, DaemonError> {
    check_name(world, &request.name)?;
    limit::check_limits(&request.host)?;
    let image = world
        .images
        .resolve(&request.image)
        .cloned()
        .ok_or_else(|| DaemonError::new(404, format!("No such image: {}", with_tag(&request.image))))?;
    check_modes(world, &request)?;
    let number = world.kernel.fresh_id();
    let id = ContainerId(world.random.hex(64).into());
    let name = if request.name.is_empty() { free_name(world) } else { request.name.clone() };
    let mut config = merge(&image, request.config);
    let shares_host_names = request.host.uts_mode == "host" || request.host.network_mode == "host";
    let joined = request.host.network_mode.strip_prefix("container:");
    if let Some(other) =
        joined.and_then(|name| container::find(world, name).ok()).and_then(|n| world.container(n))
    {
        config.hostname.clone_from(&other.config.hostname);
    }
    if config.hostname.is_empty() {
        config.hostname =
            if shares_host_names { super::boot::HOSTNAME.to_owned() } else { id.short().to_owned() };
    }
    let command: Vec<String> =
        config.entrypoint.iter().flatten().chain(config.cmd.iter().flatten()).cloned().collect();
    let Some((path, arguments)) = command.split_first() else {
        return Err(DaemonError::new(400, "no command specified".to_owned()));
    };
    let mut lowers = image.lowers();
    lowers.insert(0, Rc::new(super::mounts::init_layer(world.now)));
    let root = world.kernel.add_filesystem(FileSystem::Overlay(Overlay::new(lowers)));
    let container = Container {
        number,
        name: name.clone(),
        created: world.now,
        image: image.id,
        image_name: request.image.clone(),
        path: path.clone(),
        arguments: arguments.to_vec(),
        config,
        state: State::default(),
        restart_count: 0,
        root,
        namespaces: None,
        net: None,
        cgroup: None,
        networks: endpoints(&request.host, &request.aliases, request.address),
        mounts: Vec::new(),
        log: Default::default(),
        input: None,
        terminal: None,
        host: request.host,
        id: id.clone(),
    };
    world.containers.insert(number, Rc::new(container));
    world.container_ids.insert(id, number);
    world.container_names.insert(name, number);
    if let Err(error) = super::volume::prepare(world, number, &image) {
        container::forget(world, number);
        return Err(error);
    }
    container::note(world, number, "create", &[]);
    Ok(number)
}

fn with_tag(image: &str) -> String {
    crate::reference::Reference::parse(image)
        .map(|r| r.with_default_tag().familiar())
        .unwrap_or_else(|_| image.to_owned())
}

fn endpoints(host: &HostConfig, aliases: &[String], wanted: Option<Ipv4Addr>) -> Map<String, Endpoint> {
    let name = network::mode_name(&host.network_mode);
    if name.starts_with("container:") {
        return Map::new();
    }
    let endpoint = Endpoint::new("".into(), aliases.to_vec(), wanted);
    Map::from([(name.to_owned(), endpoint)])
}

/// Names that Docker allows, and that nobody has.
pub fn check_name(world: &World, name: &str) -> Result<(), DaemonError> {
    if name.is_empty() {
        return Ok(());
    }
    let bare = name.strip_prefix('/').unwrap_or(name);
    let good = bare.len() >= 2
        && bare
            .bytes()
            .enumerate()
            .all(|(n, b)| b.is_ascii_alphanumeric() || (n > 0 && matches!(b, b'_' | b'.' | b'-')));
    if !good {
        let message = format!("Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
        return Err(DaemonError::new(400, message)
            .because("A container's name has at least two of these characters."));
    }
    match world.container_names.get(bare).and_then(|n| world.container(*n)) {
        None => Ok(()),
        Some(holder) => Err(DaemonError::new(409, name_conflict(bare, &holder.id)).because(format!(
            "Container {} has the name {bare} already; it is {}.",
            holder.id.short(),
            holder.state.word()
        ))),
    }
}

/// The words about a name that is taken.
pub fn name_conflict(name: &str, holder: &ContainerId) -> String {
    format!(
        "Conflict. The container name \"/{name}\" is already in use by container \"{holder}\". You have to remove (or rename) that container to be able to reuse that name."
    )
}

fn check_modes(world: &World, request: &CreateRequest) -> Result<(), DaemonError> {
    let host = &request.host;
    check_joined(request)?;
    let refuse = |words: String| Err(DaemonError::new(400, words));
    if !request.config.working_dir.is_empty() && !request.config.working_dir.starts_with('/') {
        let directory = &request.config.working_dir;
        return refuse(format!(
            "the working directory '{directory}' is invalid, it needs to be an absolute path"
        ));
    }
    if let Some(signal) = request.config.stop_signal.as_ref().filter(|s| Signal::parse(s).is_none()) {
        return refuse(format!("invalid signal: {signal}"));
    }
    let ipc = host.ipc_mode.as_str();
    if !matches!(ipc, "" | "none" | "private" | "shareable" | "host") && !ipc.starts_with("container:") {
        return refuse(format!("invalid IPC mode: {ipc}"));
    }
    for (path, options) in &host.tmpfs {
        if !path.starts_with('/') {
            return refuse(format!("invalid mount path: '{path}' mount path must be absolute"));
        }
        let known = |o: &str| {
            let name = o.split('=').next().unwrap_or_default();
            matches!(name, "size" | "mode" | "uid" | "gid" | "nr_inodes" | "nr_blocks" | "mpol")
                || "ro rw exec noexec suid nosuid dev nodev sync async atime noatime relatime norelatime strictatime".split(' ').any(|k| k == name)
        };
        if let Some(option) = options.split(',').find(|o| !o.is_empty() && !known(o)) {
            return refuse(format!("invalid tmpfs option [\"{option}\"]"));
        }
    }
    if host.uts_mode == "host" && !request.config.hostname.is_empty() {
        return Err(DaemonError::new(400, "conflicting options: hostname and the UTS mode".to_owned()));
    }
    let name = network::mode_name(&host.network_mode);
    network::check_address(world, name, request.address).map_err(|mut error| {
        error.message = format!("invalid config for network {name}: {}", error.message);
        error
    })?;
    if host.network_mode == "host" && !host.links.is_empty() {
        let words = LINKS.replace("container type network", "host type networking");
        return refuse(format!("conflicting options: {words}"));
    }
    for (target, _) in host.links.iter().map(|l| super::link::parts(l)) {
        container::find(world, target).map_err(|mut error| {
            error.message = format!("could not get container for {target}: {}", error.message);
            error
        })?;
    }
    for mode in [&host.pid_mode, &host.ipc_mode] {
        if let Some(name) = mode.strip_prefix("container:") {
            let number = container::find(world, name)?;
            let donor = world.container(number).filter(|c| c.host.ipc_mode == "private");
            if let Some(donor) = donor.filter(|_| mode == &host.ipc_mode) {
                return refuse(format!(
                    "can't join IPC of container {}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)",
                    donor.id
                ));
            }
        }
    }
    Ok(())
}

const LINKS: &str =
    "container type network can't be used with links. This would result in undefined behavior";

/// What cannot be asked for when the network is another container's.
fn check_joined(request: &CreateRequest) -> Result<(), DaemonError> {
    let host = &request.host;
    let Some(joined) = host.network_mode.strip_prefix("container:") else { return Ok(()) };
    if joined.is_empty() {
        let words = "invalid network mode: invalid container format container:<name|id>";
        return Err(DaemonError::new(400, words.to_owned()));
    }
    let conflicts = [
        (!request.config.hostname.is_empty(), "hostname and the network mode"),
        (!host.links.is_empty(), LINKS),
        (!host.dns.is_empty(), "dns and the network mode"),
        (!host.extra_hosts.is_empty(), "custom host-to-IP mapping and the network mode"),
        (!host.ports.is_empty() || host.publish_all, "port publishing and the container type network mode"),
        (!request.config.exposed_ports.is_empty(), "port exposing and the container type network mode"),
    ];
    match conflicts.iter().find(|(conflict, _)| *conflict) {
        Some((_, words)) => Err(DaemonError::new(400, format!("conflicting options: {words}"))),
        None => Ok(()),
    }
}

/// The image's configuration with what was asked for on top of it.
fn merge(image: &Image, mut config: Config) -> Config {
    let text = |name: &str| image.setting(name).as_str().unwrap_or_default().to_owned();
    if config.user.is_empty() {
        config.user = text("User");
    }
    if config.working_dir.is_empty() {
        config.working_dir = text("WorkingDir");
    }
    let own: Vec<String> = config.env.iter().filter_map(|e| e.split('=').next().map(str::to_owned)).collect();
    let inherited = image.list("Env").unwrap_or_default();
    let kept = inherited.into_iter().filter(|e| !own.iter().any(|o| e.split('=').next() == Some(o)));
    config.env = config.env.drain(..).chain(kept).collect();
    // The command of the image goes with its entrypoint only.
    if config.entrypoint.is_none() {
        if config.cmd.is_none() {
            config.cmd = image.list("Cmd");
        }
        config.entrypoint = image.list("Entrypoint");
    } else if config.entrypoint.as_ref().is_some_and(|e| e.is_empty() || e[0].is_empty()) {
        config.entrypoint = None;
    }
    for port in image.keys("ExposedPorts") {
        if !config.exposed_ports.contains(&port) {
            config.exposed_ports.push(port);
        }
    }
    for volume in image.keys("Volumes") {
        if !config.volumes.contains(&volume) {
            config.volumes.push(volume);
        }
    }
    if let Some(labels) = image.setting("Labels").as_object() {
        for (key, value) in labels {
            let value = value.as_str().unwrap_or_default().to_owned();
            config.labels.get_or_insert_with(key.clone(), || value);
        }
    }
    if config.stop_signal.is_none() {
        config.stop_signal = Some(text("StopSignal")).filter(|s| !s.is_empty());
    }
    config.health = merge_health(config.health.take(), image.setting("Healthcheck"));
    config
}

fn merge_health(own: Option<HealthCheck>, image: &Value) -> Option<HealthCheck> {
    let span = |name: &str| image[name].as_u64().filter(|n| *n > 0).map(|nanos| Span(nanos / 1000));
    let base = image.as_object().map(|_| HealthCheck {
        test: image["Test"]
            .as_array()
            .map(|t| t.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
            .unwrap_or_default(),
        interval: span("Interval"),
        timeout: span("Timeout"),
        start_period: span("StartPeriod"),
        start_interval: span("StartInterval"),
        retries: image["Retries"].as_u64().filter(|n| *n > 0),
    });
    match (own, base) {
        (None, base) => base,
        (own, None) => own,
        (Some(own), Some(base)) => Some(HealthCheck {
            test: if own.test.is_empty() { base.test } else { own.test },
            interval: own.interval.or(base.interval),
            timeout: own.timeout.or(base.timeout),
            start_period: own.start_period.or(base.start_period),
            start_interval: own.start_interval.or(base.start_interval),
            retries: own.retries.or(base.retries),
        }),
    }
}

const LEFT: [&str; 16] = [
    "amber", "brave", "calm", "clever", "eager", "gentle", "happy", "keen", "lucid", "nimble", "quiet",
    "sharp", "steady", "sunny", "vivid", "wise",
];
const RIGHT: [&str; 16] = [
    "archimedes",
    "banach",
    "curie",
    "darwin",
    "euler",
    "fermat",
    "gauss",
    "hopper",
    "joliot",
    "kepler",
    "lovelace",
    "noether",
    "pascal",
    "ritchie",
    "turing",
    "wozniak",
];

/// A name that nobody has: an adjective and a scientist.
fn free_name(world: &mut World) -> String {
    loop {
        let (l, r) = (world.random.below(16) as usize, world.random.below(16) as usize);
        let mut name = format!("{}_{}", LEFT[l], RIGHT[r]);
        if world.container_names.contains_key(&name) {
            name = format!("{name}{}", world.random.below(100_000));
        }
        if !world.container_names.contains_key(&name) {
            return name;
        }
    }
}
