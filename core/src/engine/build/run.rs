//! RUN: a command in a container of its own, on the layers of its stage.

use super::step::{self, Step, stage_run_mut};
use super::{StageRun, StageState, get, progress};
use crate::agenda::Task;
use crate::build::Fault;
use crate::build::dockerfile::Instruction;
use crate::container::config::HostConfig;
use crate::engine::spawn::{self, Spec};
use crate::engine::stream::Stream;
use crate::engine::{World, mounts as engine_mounts, process};
use crate::image::change;
use crate::kernel::cgroup::{Cgroup, CgroupId};
use crate::kernel::mount::{FileSystem, FileSystemId, Mount};
use crate::kernel::namespace::{NamespaceKind, Namespaces};
use crate::kernel::process::{ExitStatus, Pid};
use crate::kernel::signal::Signal;
use crate::memory::environment::Environment;
use crate::shared::Map;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// The command of a RUN, and everything that its result depends on.
pub(super) fn command(run: &StageRun, instruction: &Instruction) -> Result<(Vec<String>, String), String> {
    let mut text = instruction.text.clone();
    for document in &instruction.documents {
        let alone =
            text.trim_start_matches(['<', '-', '"', '\'']).trim_end_matches(['"', '\'']) == document.name;
        text = if alone {
            document.text.clone()
        } else {
            format!("{text}\n{}{}\n", document.text, document.name)
        };
    }
    let shell: Vec<String> = serde_json::from_value(config(run)["Shell"].clone()).unwrap_or_default();
    let command = change::command(&text, &shell)?;
    if command.is_empty() {
        return Err("RUN requires at least one argument".to_owned());
    }
    let config = config(run);
    let about = [config["Env"].to_string(), config["WorkingDir"].to_string(), config["User"].to_string()];
    Ok((command.clone(), format!("{}\n{about:?}{:?}", history(run, &command), instruction.flags)))
}

/// A RUN as the image's history names it: the ARGs in reach before the command.
pub(super) fn history(run: &StageRun, command: &[String]) -> String {
    let mut seen: Map<&str, &str> = Map::new();
    run.arguments.iter().for_each(|(name, value)| {
        seen.insert(name, value);
    });
    let arguments: Vec<String> = seen.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let before = match arguments.len() {
        0 => String::new(),
        n => format!("|{n} {} ", arguments.join(" ")),
    };
    format!("RUN {before}{} # buildkit", command.join(" "))
}

/// Begins the command; a refusal of the runtime is the build's.
pub(super) fn start(
    world: &mut World,
    number: u64,
    at: usize,
    step: Step,
    vertex: usize,
    (command, mounts): (Vec<String>, Vec<Mount>),
) -> Result<(), Fault> {
    let Some(run) = step::stage_run(world, number, at).cloned() else { return Ok(()) };
    let environment: Environment = run.arguments.iter().cloned().chain(step::environment(&run)).collect();
    let config = config(&run);
    let text = |name: &str| config[name].as_str().unwrap_or_default().to_owned();
    let root = world.kernel.add_filesystem(step::merged(&run.layers));
    let initial = Namespaces::default();
    let mut make = |kind| {
        world.kernel.create_namespace(
            kind,
            Some(initial.pid).filter(|_| kind == NamespaceKind::Pid),
            HOSTNAME,
        )
    };
    let namespaces = Namespaces {
        pid: make(NamespaceKind::Pid),
        mnt: make(NamespaceKind::Mnt),
        uts: make(NamespaceKind::Uts),
        ipc: make(NamespaceKind::Ipc),
        cgroup: make(NamespaceKind::Cgroup),
        ..initial
    };
    let cgroup = CgroupId(world.kernel.fresh_id());
    let path = format!("/system.slice/docker.service/buildkit-{}", cgroup.0);
    world.kernel.cgroups.insert(cgroup, Cgroup { path, ..Cgroup::default() });
    engine_mounts::mount_build(world, root, &namespaces, HOSTNAME, mounts);
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
    let mut running =
        Running { pid: Pid(0), stream, root, namespaces, cgroup, vertex, shown: command.join(" "), step };
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
            let message = format!(
                "runc run failed: unable to start container process: error during container init: {words}"
            );
            progress::failed(
                world,
                number,
                vertex,
                &format!("process \"{}\" did not complete successfully: {message}", running.shown),
            );
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
    let upper = match world.kernel.filesystems.get(&running.root).map(Rc::as_ref) {
        Some(FileSystem::Overlay(overlay)) => overlay.upper.clone(),
        _ => crate::files::Tree::default(),
    };
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
