//! RUN: a command in a container of its own, on the layers of its stage.

use super::configure::environment;
use super::step::{self, Step, stage_run_mut};
use super::{StageRun, StageState, get, progress};
use crate::agenda::Task;
use crate::build::Fault;
use crate::build::cause::{Input, Inputs, Kind};
use crate::build::dockerfile::Instruction;
use crate::container::config::HostConfig;
use crate::engine::boot::HOST_DISK;
use crate::engine::spawn::{self, Spec};
use crate::engine::stream::Stream;
use crate::engine::{World, mounts as engine_mounts, network as engine_network, process};
use crate::files::{InodeKind, Tree};
use crate::image::change;
use crate::kernel::cgroup::{Cgroup, CgroupId};
use crate::kernel::mount::{FileSystem, FileSystemId, Mount};
use crate::kernel::namespace::{NamespaceKind, Namespaces};
use crate::kernel::process::{ExitStatus, Pid};
use crate::kernel::signal::Signal;
use crate::memory::environment::Environment;
use crate::net::NetId;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A command at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// Its first process.
    pub pid: Pid,
    /// Where its output goes.
    pub stream: u64,
    /// Its root file system.
    pub root: FileSystemId,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// Its address on the default bridge.
    pub address: Option<Ipv4Addr>,
    /// What was made for its mounts, and goes with them when nothing is in it.
    pub stubs: Vec<String>,
    /// Its control group.
    pub cgroup: CgroupId,
    /// Its line of progress.
    pub vertex: usize,
    /// The command, for messages.
    pub shown: String,
    /// The step it is for.
    pub step: Step,
}

/// The name of the host that a RUN sees itself on.
const HOSTNAME: &str = "buildkitsandbox";

fn config(run: &StageRun) -> Value {
    serde_json::from_str(&run.config).unwrap_or_default()
}

/// What a command sees of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// An interface on the default bridge, behind the host's address.
    Bridge,
    /// The host's own.
    Host,
    /// Nothing but itself.
    None,
}

/// True when the only thing a RUN has is one here-document.
pub(super) fn alone(instruction: &Instruction) -> bool {
    let word = instruction.text.trim_start_matches(['<', '-', '"', '\'']).trim_end_matches(['"', '\'']);
    instruction.documents.len() == 1 && instruction.documents[0].name == word
}

/// The command of a RUN.
pub(super) fn command(run: &StageRun, instruction: &Instruction) -> Result<Vec<String>, String> {
    let shell: Vec<String> = serde_json::from_value(config(run)["Shell"].clone()).unwrap_or_default();
    let mut text = instruction.text.clone();
    match instruction.documents.first() {
        Some(document) if alone(instruction) && document.text.starts_with("#!") => {
            text = format!("/dev/pipes/{}", document.name);
        }
        Some(document) if alone(instruction) => text.clone_from(&document.text),
        _ => {
            for document in &instruction.documents {
                text.push_str(&format!("\n{}{}", document.text, document.name));
            }
        }
    }
    let command = if instruction.documents.is_empty() && !text.is_empty() {
        change::command(&text, &shell)?
    } else {
        change::shell_command(&text, &shell)
    };
    Ok(command)
}

/// What the result of a command depends on beside its text and the files before it.
pub(super) fn inputs(run: &StageRun, inputs: &mut Inputs) {
    for (name, value) in arguments(run) {
        inputs.push(Input::Value(Kind::Argument, name.into(), value.into()));
    }
    for (name, value) in environment(run) {
        inputs.push(Input::Value(Kind::Environment, name.into(), value.into()));
    }
    let config = config(run);
    for (name, field) in [("WORKDIR", "WorkingDir"), ("USER", "User"), ("SHELL", "Shell")] {
        inputs.push(Input::Value(Kind::Setting, name.into(), config[field].to_string().into()));
    }
}

/// The network of a RUN: its own flag, or that of the build.
pub(super) fn network(
    world: &World,
    number: u64,
    instruction: &Instruction,
    inputs: &mut Inputs,
) -> Result<Network, Fault> {
    if instruction.flag("security").is_some_and(|s| s == "insecure") {
        return Err(instruction.fault("security.insecure is not allowed"));
    }
    let Some(request) = get(world, number).map(|b| &b.request) else { return Ok(Network::Bridge) };
    let asked = instruction.flag("network");
    let name = asked.filter(|n| *n != "default").unwrap_or(&request.network);
    if asked == Some("host") && !request.allow_host {
        return Err(instruction.fault("network.host is not allowed"));
    }
    inputs.push(Input::Value(Kind::Setting, "the network".into(), name.into()));
    Ok(match name {
        "host" => Network::Host,
        "none" => Network::None,
        _ => Network::Bridge,
    })
}

/// The ARGs in reach with their values, each name once, where it came first.
fn arguments(run: &StageRun) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, _) in &run.arguments {
        if !all.iter().any(|(n, _)| n == name) {
            let value = super::configure::variable(run, name).unwrap_or_default();
            all.push((name.clone(), value));
        }
    }
    all
}

/// A RUN as the image's history names it: the ARGs in reach before the command.
pub(super) fn history(run: &StageRun, command: &[String]) -> String {
    let arguments: Vec<String> =
        arguments(run).iter().map(|(name, value)| format!("{name}={value}")).collect();
    let before = match arguments.len() {
        0 => String::new(),
        n => format!("|{n} {} ", arguments.join(" ")),
    };
    format!("RUN {before}{} # buildkit", command.join(" "))
}

/// Proxies that a command hears of without an ARG, in both spellings; they are in no history and no key.
fn proxies(given: &[(String, String)]) -> Vec<(String, String)> {
    const NAMES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];
    let known = given.iter().filter(|(name, _)| NAMES.iter().any(|n| n.eq_ignore_ascii_case(name)));
    known
        .flat_map(|(name, value)| {
            [(name.to_ascii_uppercase(), value.clone()), (name.to_ascii_lowercase(), value.clone())]
        })
        .collect()
}

/// The namespaces of a command, its address, and what its /etc/hosts says of it.
fn namespaces(world: &mut World, network: Network) -> (Namespaces, Option<Ipv4Addr>) {
    let initial = Namespaces::default();
    let mut make = |kind| {
        let parent = Some(initial.pid).filter(|_| kind == NamespaceKind::Pid);
        world.kernel.create_namespace(kind, parent, HOSTNAME)
    };
    let mut all = Namespaces {
        pid: make(NamespaceKind::Pid),
        mnt: make(NamespaceKind::Mnt),
        uts: make(NamespaceKind::Uts),
        ipc: make(NamespaceKind::Ipc),
        cgroup: make(NamespaceKind::Cgroup),
        ..initial
    };
    if network == Network::Host {
        return (all, None);
    }
    all.net = make(NamespaceKind::Net);
    world.network.create_stack(NetId(all.net.0));
    let address = match network {
        Network::Bridge => engine_network::lease(world, all.net, "bridge"),
        _ => None,
    };
    (all, address)
}

/// A command, its network, its mounts and the secrets that are variables.
type Work = (Vec<String>, Network, (Vec<Mount>, Vec<(String, String)>));

/// The paths that are made because something is mounted there.
fn stubs(world: &World, root: FileSystemId, mounts: &[Mount]) -> Vec<String> {
    let Some(filesystem) = world.kernel.filesystems.get(&root) else { return Vec::new() };
    let mut stubs = Vec::new();
    for mount in mounts {
        let mut path = mount.target.as_str();
        while !path.is_empty() && filesystem.find(path).is_none() {
            stubs.push(path.to_owned());
            path = path.rsplit_once('/').map_or("", |p| p.0);
        }
    }
    stubs
}

/// Takes away what was made for mounts and has nothing in it.
fn clean(tree: &mut Tree, stubs: &[String]) {
    for path in stubs {
        let Some(ino) = tree.find(path) else { continue };
        let empty = tree.get(ino).is_some_and(|inode| match &inode.kind {
            InodeKind::Directory(entries) => entries.is_empty(),
            InodeKind::File { bytes, .. } => bytes.is_empty(),
            _ => false,
        });
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(parent) = tree.find(above).filter(|_| empty) {
            tree.remove(parent, name);
        }
    }
}

/// Begins the command; a refusal of the runtime is the build's.
pub(super) fn start(
    world: &mut World,
    number: u64,
    at: usize,
    step: Step,
    vertex: usize,
    (command, network, (mounts, secrets)): Work,
) -> Result<(), Fault> {
    let Some(run) = step::stage_run(world, number, at).cloned() else { return Ok(()) };
    let Some(request) = get(world, number).map(|b| b.request.clone()) else { return Ok(()) };
    let values = run.arguments.iter().filter_map(|(n, v)| Some((n.clone(), v.clone()?)));
    let environment: Environment = proxies(&request.arguments)
        .into_iter()
        .chain(environment(&run))
        .chain(values)
        .chain(secrets)
        .collect();
    let config = config(&run);
    let text = |name: &str| config[name].as_str().unwrap_or_default().to_owned();
    let root = world.kernel.add_filesystem(step::merged(&run.layers));
    let stubs = stubs(world, root, &mounts);
    let (namespaces, address) = namespaces(world, network);
    let cgroup = CgroupId(world.kernel.fresh_id());
    let path = format!("/system.slice/docker.service/buildkit-{}", cgroup.0);
    world.kernel.cgroups.insert(cgroup, Cgroup { path, ..Cgroup::default() });
    let own_address = address.unwrap_or(Ipv4Addr::LOCALHOST);
    let about = (own_address, HOSTNAME, request.hosts.as_slice(), request.shm);
    engine_mounts::mount_build(world, root, &namespaces, about, mounts);
    let stream = world.kernel.fresh_id();
    let output = Stream { build: Some((number, vertex)), ..Stream::default() };
    world.streams.insert(stream, Rc::new(output));
    let daemon = world.kernel.processes.iter().find(|(_, p)| &*p.program == "dockerd").map(|(pid, _)| *pid);
    let spec = Spec {
        command: command.clone(),
        environment,
        user: text("User"),
        directory: text("WorkingDir"),
        namespaces,
        cgroup,
        parent: daemon.unwrap_or(Pid(1)),
        makes_directory: true,
        privileged: false,
        host: HostConfig::default(),
    };
    let shown = command.join(" ");
    let mut running =
        Running { pid: Pid(0), stream, root, namespaces, address, stubs, cgroup, vertex, shown, step };
    match spawn::spawn(world, spec, stream, None, false) {
        Ok((pid, _)) => {
            running.pid = pid;
            if let Some(run) = stage_run_mut(world, number, at) {
                run.state = StageState::Running(Rc::new(running));
            }
            world.ready(pid, Span::millis(40));
            Ok(())
        }
        Err((_, words)) => {
            release(world, &running);
            let shown = format!("process \"{}\" did not complete successfully", running.shown);
            // Who the user is the builder looks up itself; the rest is the runtime's word.
            let message = if words.contains("no matching entries") {
                format!("{shown}: {words}")
            } else {
                let said = format!(
                    "runc run failed: unable to start container process: error during container init: {words}\n"
                );
                progress::printed(world, number, vertex, said.as_bytes());
                format!("{shown}: exit code: 1")
            };
            progress::failed(world, number, vertex, &message);
            Err(Fault { first: running.step.lines.0, last: running.step.lines.1, message })
        }
    }
}

/// A process has ended: true when it was a RUN's first.
pub fn process_ended(world: &mut World, pid: Pid, status: ExitStatus) -> bool {
    let found = world.builder.builds.iter().find_map(|(number, build)| {
        build.stages.iter().enumerate().find_map(|(at, run)| match &run.state {
            StageState::Running(running) if running.pid == pid => Some((*number, at, running.clone())),
            _ => None,
        })
    });
    let Some((number, at, running)) = found else { return false };
    let mut upper = match world.kernel.filesystems.get(&running.root).map(Rc::as_ref) {
        Some(FileSystem::Overlay(overlay)) => overlay.upper.clone(),
        _ => Tree::default(),
    };
    clean(&mut upper, &running.stubs);
    release(world, &running);
    if let Some(run) = stage_run_mut(world, number, at) {
        run.state = StageState::Idle;
    }
    let step = &running.step;
    if status.code() == 0 {
        progress::close(world, number, running.vertex);
        step::finish(world, number, at, step, &upper);
        world.schedule(Span::millis(5), Task::Build { build: number, stage: at });
    } else if get(world, number).is_some_and(|b| b.outcome.is_none()) {
        let message = format!(
            "process \"{}\" did not complete successfully: exit code: {}",
            running.shown,
            status.code()
        );
        progress::failed(world, number, running.vertex, &message);
        super::fail(world, number, &Fault { first: step.lines.0, last: step.lines.1, message });
    }
    true
}

/// Gives back what a command held.
fn release(world: &mut World, running: &Running) {
    let own = &running.namespaces;
    let mounts = world.kernel.namespaces.get(&own.mnt).map(|n| n.mounts.clone()).unwrap_or_default();
    for mount in mounts {
        let kept = world.builder.mounts.values().any(|id| *id == mount.filesystem);
        if !kept && mount.filesystem != HOST_DISK {
            world.kernel.filesystems.remove(&mount.filesystem);
        }
    }
    if own.net != Namespaces::default().net {
        engine_network::give_back(world, own.net, "bridge", running.address);
        world.kernel.namespaces.remove(&own.net);
    }
    for id in [own.pid, own.mnt, own.uts, own.ipc, own.cgroup] {
        world.kernel.namespaces.remove(&id);
    }
    world.kernel.cgroups.remove(&running.cgroup);
    world.kernel.filesystems.remove(&running.root);
    world.streams.remove(&running.stream);
}

/// Ends every command of a build.
pub(super) fn stop_all(world: &mut World, number: u64) {
    let Some(build) = get(world, number) else { return };
    let pids: Vec<Pid> = build
        .stages
        .iter()
        .filter_map(|run| match &run.state {
            StageState::Running(running) => Some(running.pid),
            _ => None,
        })
        .collect();
    for pid in pids {
        process::exit(world, pid, ExitStatus::Signal(Signal::KILL));
    }
}
