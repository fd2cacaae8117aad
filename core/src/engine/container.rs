//! Containers by name, what happens when their first process ends, and how they are removed.

use crate::agenda::Task;
use crate::container::ContainerId;
use crate::container::state::{HealthStatus, Status};
use crate::engine::{DaemonError, World, network, process};
use crate::event::What;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::process::{ExitStatus, Pid, Wait};
use crate::kernel::signal::Signal;
use crate::net::NetId;
use crate::shared::Map;
use crate::time::Span;

/// The container that a learner means by a name, an id, or the beginning of an id.
pub fn find(world: &World, key: &str) -> Result<u64, DaemonError> {
    let bare = key.strip_prefix('/').unwrap_or(key);
    if let Some(number) = world.container_names.get(bare) {
        return Ok(*number);
    }
    let id = ContainerId(bare.into());
    let mut matching =
        world.container_ids.starting_at(&id).take_while(|(id, _)| !bare.is_empty() && id.0.starts_with(bare));
    match (matching.next(), matching.next()) {
        (Some((_, number)), None) => Ok(*number),
        (Some(_), Some(_)) => {
            Err(DaemonError::new(400, format!("multiple IDs found with provided prefix: {bare}")))
        }
        (None, _) => Err(DaemonError::new(404, format!("No such container: {key}")).because(format!(
            "No container has {key} for a name or the beginning of its id.{}",
            super::rule::nearest(bare, world.container_names.keys().map(String::as_str))
        ))),
    }
}

/// Notes what the daemon did to a container.
pub fn note(world: &mut World, number: u64, action: &str, more: &[(&str, String)]) {
    let Some(container) = world.container(number) else { return };
    let mut attributes: Map<String, String> = container.config.labels.clone();
    attributes.insert("image".to_owned(), container.image_name.clone());
    attributes.insert("name".to_owned(), container.name.clone());
    for (key, value) in more {
        attributes.insert((*key).to_owned(), value.clone());
    }
    let id = container.id.clone();
    world.note(What::Container { id, action: action.to_owned(), attributes });
}

/// A process has ended: it may be the first one of a container, or one that `docker exec` began.
pub fn process_ended(world: &mut World, pid: Pid, status: ExitStatus) {
    if let Some(number) = world.executions.remove(&pid) {
        super::exec::ended(world, number, status);
        return;
    }
    if super::build::process_ended(world, pid, status) {
        return;
    }
    let group = world.kernel.process(pid).map(|p| p.cgroup);
    let found = group
        .and_then(|g| world.cgroup_container(g))
        .filter(|n| world.container(*n).is_some_and(|c| c.state.pid == Some(pid)));
    if let Some(number) = found {
        ended(world, number, status);
    }
}

/// The first process of a container has ended: its network goes, its files stay.
fn ended(world: &mut World, number: u64, status: ExitStatus) {
    let now = world.now;
    let Some(container) = world.container_mut(number) else { return };
    container.state.pid = None;
    container.state.status = Status::Exited;
    container.state.exit_code = i64::from(status.code());
    container.state.finished = Some(now);
    if let Some(health) = &mut container.state.health {
        health.status = HealthStatus::Unhealthy;
    }
    container.log.finish(now);
    let (auto_remove, networks) =
        (container.host.auto_remove, container.networks.keys().cloned().collect::<Vec<_>>());
    let code = container.state.exit_code.to_string();
    let duration = container.state.started.map_or(0, |s| now.since(s).as_seconds());
    note(world, number, "die", &[("execDuration", duration.to_string()), ("exitCode", code)]);
    for name in networks {
        network::disconnect(world, number, &name);
    }
    let mounts = world.container(number).map(|c| c.mounts.clone()).unwrap_or_default();
    for mount in mounts.iter().filter(|m| !m.name.is_empty()) {
        super::volume::note(world, &mount.name, "unmount", Some(number));
    }
    release(world, number);
    let stopping = world.container_mut(number).map(|c| std::mem::take(&mut c.state.stopping));
    if stopping == Some(true) {
        note(world, number, "stop", &[]);
    }
    if let Some(delay) = super::stop::restart_delay(world, number) {
        let run = world.container(number).map_or(0, |c| c.state.run);
        if let Some(container) = world.container_mut(number) {
            container.state.status = Status::Restarting;
        }
        let id = world.container(number).map(|c| c.id.clone());
        if let Some(container) = id {
            world.schedule(delay, Task::Restart { container, run });
        }
    } else if auto_remove {
        forget(world, number);
    }
    world.wake(Wait::Daemon(number));
}

/// Gives back what a run of a container held: namespaces, control group, shim.
pub fn release(world: &mut World, number: u64) {
    let Some(container) = world.container_mut(number) else { return };
    let (net, cgroup) = (container.net.take(), container.cgroup.take());
    container.input = None;
    container.terminal = None;
    let namespaces = container.namespaces.take();
    if let Some(net) = net {
        world.network.remove_stack(NetId(net.0));
        world.kernel.namespaces.remove(&net);
    }
    if let Some(own) = namespaces {
        let host = crate::kernel::namespace::Namespaces::default();
        for (id, initial) in [
            (own.pid, host.pid),
            (own.mnt, host.mnt),
            (own.uts, host.uts),
            (own.ipc, host.ipc),
            (own.cgroup, host.cgroup),
        ] {
            if id != initial {
                world.kernel.leave_namespace(id);
            }
        }
    }
    if let Some(cgroup) = cgroup {
        world.kernel.cgroups.remove(&cgroup);
        world.cgroup_containers.remove(&cgroup);
    }
    let shim = world.shims.remove(&number);
    if let Some(shim) = shim {
        process::exit(world, shim, ExitStatus::Code(0));
    }
}

/// A member of a container's control group asked for more memory than its limit.
pub fn out_of_memory(world: &mut World, group: CgroupId) {
    let Some(number) = world.cgroup_container(group) else { return };
    if let Some(container) = world.container_mut(number) {
        container.state.oom_killed = true;
    }
    note(world, number, "oom", &[]);
}

/// `docker rm`.
pub fn remove(world: &mut World, key: &str, force: bool, volumes: bool) -> Result<(), DaemonError> {
    let number = find(world, key)?;
    let Some(container) = world.container(number) else { return Ok(()) };
    let status = container.state.status;
    if matches!(status, Status::Running | Status::Starting | Status::Restarting | Status::Paused) && !force {
        let (word, advice) = match status {
            Status::Paused => {
                ("paused", "unpause and then stop the container before removing or force remove")
            }
            Status::Restarting => ("restarting", "stop the container before removing or force remove"),
            _ => ("running", "stop the container before removing or force remove"),
        };
        let message = format!("cannot remove container \"{key}\": container is {word}: {advice}");
        return Err(DaemonError::new(409, message).because(format!(
            "Container {} is {word}; only one that has ended can be removed.",
            container.name
        )));
    }
    let anonymous: Vec<String> =
        container.mounts.iter().filter(|m| m.name.len() == 64).map(|m| m.name.clone()).collect();
    if container.state.is_running() {
        if let Some(container) = world.container_mut(number) {
            container.state.stopped_by_hand = true;
            container.host.auto_remove = false;
        }
        super::stop::signal(world, number, Signal::KILL);
    }
    forget(world, number);
    if volumes {
        for name in anonymous {
            let used = world.containers.values().any(|c| c.mounts.iter().any(|m| m.name == name));
            if !used {
                world.volumes.remove(&name);
                super::volume::note(world, &name, "destroy", None);
            }
        }
    }
    Ok(())
}

/// Takes a container out of the World: its writable layer, log and name are gone.
pub fn forget(world: &mut World, number: u64) {
    note(world, number, "destroy", &[]);
    let Some(container) = world.containers.remove(&number) else { return };
    world.container_ids.remove(&container.id);
    world.container_names.remove(&container.name);
    world.kernel.filesystems.remove(&container.root);
    world.streams.remove(&number);
    super::registry::forget(world, container.root);
    if container.host.auto_remove {
        for mount in container.mounts.iter().filter(|m| m.name.len() == 64) {
            if let Some(volume) = world.volumes.remove(&mount.name) {
                super::registry::forget(world, volume.filesystem);
            }
        }
    }
    world.wake(Wait::Daemon(number));
}

/// `docker rename`.
pub fn rename(world: &mut World, key: &str, name: &str) -> Result<(), DaemonError> {
    let number = find(world, key)?;
    let bare = name.strip_prefix('/').unwrap_or(name);
    if bare.is_empty() {
        return Err(DaemonError::new(400, "Neither old nor new names may be empty".to_owned()));
    }
    if world.container(number).is_some_and(|c| c.name == bare) {
        let words = "Renaming a container with the same name as its current name";
        return Err(DaemonError::new(400, words.to_owned()));
    }
    super::create::check_name(world, &format!("/{bare}")).map_err(|mut error| {
        error.message = format!("Error when allocating new name: {}", error.message);
        error
    })?;
    let Some(container) = world.container_mut(number) else { return Ok(()) };
    let old = std::mem::replace(&mut container.name, bare.to_owned());
    world.container_names.remove(&old);
    world.container_names.insert(bare.to_owned(), number);
    note(world, number, "rename", &[("oldName", format!("/{old}"))]);
    Ok(())
}

/// How long a start takes: the runtime makes namespaces, mounts the layers and plugs in the network.
pub const START: Span = Span::millis(220);
