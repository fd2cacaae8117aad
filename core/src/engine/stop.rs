//! Ending containers: signals, the patience of `docker stop`, pausing, and the restart policy.

use crate::agenda::Task;
use crate::container::state::Status;
use crate::engine::{DaemonError, World, container, process};
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::time::Span;

/// Sends a signal to the first process of a container, as the daemon does: from outside its pid namespace.
pub fn signal(world: &mut World, number: u64, signal: Signal) {
    if let Some(pid) = world.container(number).and_then(|c| c.state.pid) {
        container::note(world, number, "kill", &[("signal", signal.0.to_string())]);
        if signal == Signal::KILL {
            thaw(world, number);
        }
        process::send(world, pid, signal, true);
    }
}

/// The signal that a container is stopped with.
pub fn stop_signal(world: &World, number: u64) -> Signal {
    let text = world.container(number).and_then(|c| c.config.stop_signal.clone());
    text.and_then(|t| Signal::parse(&t)).unwrap_or(Signal::TERM)
}

/// `docker stop`: the stop signal now, SIGKILL when patience ends. True when there is something to wait for.
pub fn stop(world: &mut World, number: u64, patience: Option<i64>, with: Option<Signal>) -> bool {
    let Some(target) = world.container_mut(number) else { return false };
    if target.state.status == Status::Restarting {
        target.state.status = Status::Exited;
        target.state.stopped_by_hand = true;
        return false;
    }
    if !target.state.is_running() {
        return false;
    }
    target.state.stopped_by_hand = true;
    target.state.stopping = true;
    let patience = patience.or(target.config.stop_timeout).unwrap_or(10);
    let (id, run) = (target.id.clone(), target.state.run);
    thaw(world, number);
    let with = with.unwrap_or_else(|| stop_signal(world, number));
    signal(world, number, with);
    let running = world.container(number).is_some_and(|c| c.state.is_running());
    if running && patience >= 0 {
        let span = Span::seconds(patience.unsigned_abs());
        world.schedule(span, Task::StopTimeout { container: id, run });
    }
    running
}

/// `docker kill`.
pub fn kill(world: &mut World, key: &str, with: Signal) -> Result<(), DaemonError> {
    let number = container::find(world, key).map_err(|mut error| {
        error.message = format!("cannot kill container: {key}: {}", error.message);
        error
    })?;
    let Some(target) = world.container_mut(number) else { return Ok(()) };
    if !target.state.is_running() {
        let message = format!("cannot kill container: {key}: container {} is not running", target.id);
        return Err(DaemonError::new(409, message)
            .because(format!("Container {} has no process that a signal could reach.", target.name)));
    }
    if with == Signal::KILL {
        target.state.stopped_by_hand = true;
    }
    signal(world, number, with);
    Ok(())
}

/// Patience has ended.
pub fn timed_out(world: &mut World, number: u64, run: u64) {
    let current = world.container(number).is_some_and(|c| c.state.run == run && c.state.is_running());
    if current {
        signal(world, number, Signal::KILL);
    }
}

/// `docker pause` and `docker unpause`: the control group is frozen or thawed.
pub fn pause(world: &mut World, key: &str, freeze: bool) -> Result<(), DaemonError> {
    let number = container::find(world, key)?;
    let Some(target) = world.container_mut(number) else { return Ok(()) };
    let (status, id) = (target.state.status, target.id.clone());
    match (status, freeze) {
        (Status::Running, true) => target.state.status = Status::Paused,
        (Status::Paused, false) => target.state.status = Status::Running,
        (Status::Paused, true) => {
            return Err(DaemonError::new(409, format!("Container {id} is already paused")));
        }
        (_, true) => return Err(DaemonError::new(409, format!("container {id} is not running"))),
        (_, false) => return Err(DaemonError::new(409, format!("Container {id} is not paused"))),
    }
    set_frozen(world, number, freeze);
    container::note(world, number, if freeze { "pause" } else { "unpause" }, &[]);
    world.wake(Wait::Daemon(number));
    Ok(())
}

fn thaw(world: &mut World, number: u64) {
    if let Some(target) = world.container_mut(number) {
        if target.state.status == Status::Paused {
            target.state.status = Status::Running;
        }
    }
    set_frozen(world, number, false);
}

fn set_frozen(world: &mut World, number: u64, frozen: bool) {
    let group = world.container(number).and_then(|c| c.cgroup);
    let Some(group) = group.and_then(|g| world.kernel.cgroups.get_mut(&g)) else { return };
    group.frozen = frozen;
    for member in group.processes.clone() {
        process::freeze(world, member, frozen);
    }
}

/// When the restart policy starts a container again, if it does: 100 ms, doubled at each restart, at most a
/// minute.
pub fn restart_delay(world: &World, number: u64) -> Option<Span> {
    let target = world.container(number)?;
    if target.state.stopped_by_hand {
        return None;
    }
    let again = match target.host.restart.name.as_str() {
        "always" | "unless-stopped" => true,
        "on-failure" => {
            let maximum = target.host.restart.maximum;
            target.state.exit_code != 0 && (maximum == 0 || target.restart_count < maximum)
        }
        _ => false,
    };
    let ran_long = target.state.started.is_some_and(|s| world.now.since(s) > Span::seconds(10));
    let power = if ran_long { 0 } else { target.restart_count.min(10) };
    again.then(|| Span::millis((100 << power).min(60_000)))
}

/// The restart policy's delay has passed.
pub fn restart_due(world: &mut World, number: u64, run: u64) {
    let Some(target) = world.container_mut(number) else { return };
    if target.state.run != run || target.state.status != Status::Restarting {
        return;
    }
    target.restart_count += 1;
    target.state.status = Status::Exited;
    let _ = super::start::begin(world, number);
}
