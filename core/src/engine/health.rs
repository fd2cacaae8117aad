//! Health checks (`HEALTHCHECK`): run at their interval, counted, and shown in the container's state.

use crate::agenda::Task;
use crate::container::state::{Health, HealthResult, HealthStatus};
use crate::engine::exec::{self, ExecRequest};
use crate::engine::{World, container};
use crate::kernel::process::Wait;
use crate::time::Span;

/// The check of a container as a command, if it has one.
fn command(world: &World, number: u64) -> Option<Vec<String>> {
    let check = world.container(number)?.config.health.as_ref()?;
    let (kind, rest) = check.test.split_first()?;
    match kind.as_str() {
        "CMD" => Some(rest.to_vec()),
        "CMD-SHELL" => Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.join(" ")]),
        _ => None,
    }
}

/// A container has started: its health is unknown, the first check is due after an interval.
pub fn begin(world: &mut World, number: u64) {
    let checked = command(world, number).is_some();
    let Some(target) = world.container_mut(number) else { return };
    target.state.health =
        checked.then(|| Health { status: HealthStatus::Starting, streak: 0, log: Vec::new(), running: None });
    if checked {
        schedule(world, number);
    }
}

fn schedule(world: &mut World, number: u64) {
    let Some(target) = world.container(number) else { return };
    let Some(check) = &target.config.health else { return };
    let normal = check.interval.unwrap_or(Span::seconds(30));
    let starting = target.state.started.is_some_and(|s| {
        world.now.since(s) < check.start_period.unwrap_or(Span(0))
            && target.state.health.as_ref().is_some_and(|h| h.status == HealthStatus::Starting)
    });
    let span = if starting { check.start_interval.unwrap_or(Span::seconds(5)).min(normal) } else { normal };
    let (container, run) = (target.id.clone(), target.state.run);
    world.schedule(span, Task::Health { container, run });
}

/// A check is due.
pub fn due(world: &mut World, number: u64, run: u64) {
    let current = world.container(number).is_some_and(|c| c.state.run == run && c.state.is_running());
    let Some(command) = command(world, number).filter(|_| current) else { return };
    let Some(id) = world.container(number).map(|c| c.id.to_string()) else { return };
    let request = ExecRequest { command, ..ExecRequest::default() };
    match exec::begin(world, &id, &request, None) {
        Ok(stream) => {
            let now = world.now;
            if let Some(health) = world.container_mut(number).and_then(|c| c.state.health.as_mut()) {
                health.running = Some(stream);
                health.log.push(HealthResult { start: now, end: now, exit_code: -2, output: String::new() });
            }
            if let Some(span) = world.container(number).map(patience) {
                world.schedule(span, Task::HealthTimeout { stream });
            }
        }
        Err((code, error)) => result(world, number, i64::from(code), error.message),
    }
}

/// A process of `docker exec` has ended: it may have been a check.
pub fn checked(world: &mut World, stream: u64) {
    let Some((number, code)) = world
        .streams
        .get(&stream)
        .and_then(|s| s.exec.as_ref())
        .map(|e| (e.container, e.status.unwrap_or(0)))
    else {
        return;
    };
    let ours = world
        .container(number)
        .and_then(|c| c.state.health.as_ref())
        .is_some_and(|h| h.running == Some(stream));
    if ours {
        let mut output = String::new();
        if let Some(health) = world.container_mut(number).and_then(|c| c.state.health.as_mut()) {
            output = health.log.pop().map(|check| check.output).unwrap_or_default();
            health.running = None;
        }
        world.streams.remove(&stream);
        result(world, number, i64::from(code), output);
    }
}

/// A check has written something; the engine keeps the first 4096 bytes.
pub fn printed(world: &mut World, stream: u64, number: u64, bytes: &[u8]) {
    let ours = world.container(number).and_then(|c| c.state.health.as_ref());
    if ours.is_none_or(|h| h.running != Some(stream)) {
        return;
    }
    let health = world.container_mut(number).and_then(|c| c.state.health.as_mut());
    if let Some(check) = health.and_then(|h| h.log.last_mut()).filter(|check| check.output.len() < 4096) {
        check.output.push_str(&String::from_utf8_lossy(bytes));
    }
}

/// A check has had its time: it counts as failed, and its process gets SIGKILL.
pub fn timed_out(world: &mut World, stream: u64) {
    let Some(exec) = world.streams.get(&stream).and_then(|s| s.exec.clone()) else { return };
    let Some(target) = world.container_mut(exec.container) else { return };
    let timeout = patience(target);
    let Some(health) = target.state.health.as_mut().filter(|h| h.running == Some(stream)) else { return };
    health.running = None;
    health.log.pop();
    if let Some(pid) = exec.pid {
        super::process::send(world, pid, crate::kernel::signal::Signal::KILL, true);
    }
    world.streams.remove(&stream);
    let output = format!("Health check exceeded timeout ({}s)", timeout.0 / 1_000_000);
    result(world, exec.container, -1, output);
}

fn patience(target: &crate::container::Container) -> Span {
    target.config.health.as_ref().and_then(|h| h.timeout).unwrap_or(Span::seconds(30))
}

fn result(world: &mut World, number: u64, exit_code: i64, output: String) {
    let now = world.now;
    let Some(target) = world.container_mut(number) else { return };
    let retries = target.config.health.as_ref().and_then(|h| h.retries).unwrap_or(3);
    let period = target.config.health.as_ref().and_then(|h| h.start_period).unwrap_or(Span(0));
    let in_period = target.state.started.is_some_and(|s| now.since(s) < period);
    let Some(health) = &mut target.state.health else { return };
    let before = health.status;
    health.log.push(HealthResult { start: now, end: now, exit_code, output });
    if health.log.len() > 5 {
        health.log.remove(0);
    }
    if exit_code == 0 {
        health.streak = 0;
        health.status = HealthStatus::Healthy;
    } else if !(in_period && before == HealthStatus::Starting) {
        health.streak += 1;
        if health.streak >= retries {
            health.status = HealthStatus::Unhealthy;
        }
    }
    let after = health.status;
    if after != before {
        container::note(world, number, &format!("health_status: {}", after.word()), &[]);
    }
    schedule(world, number);
    world.wake(Wait::Daemon(number));
}
