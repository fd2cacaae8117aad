//! Commands about containers that are there.

pub mod observe;

use super::parse::Refusal;
use super::{Context, Turn};
use crate::container::config::RestartPolicy;
use crate::container::state::Status;
use crate::engine::exec::ExecRequest;
use crate::engine::syscall::Io;
use crate::engine::update::{self, Update};
use crate::engine::{
    DaemonError, container, exec as engine_exec, start as engine_start, stop as engine_stop, stream,
};
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::client::Stage;
use std::rc::Rc;

/// `kill`, `rm`, `pause`, `unpause`: one container after the other.
pub fn each(c: &mut Context<'_, '_>, verb: &str) -> Result<Turn, Refusal> {
    let (force, volumes) = (c.line.is_on("force"), c.line.is_on("volumes"));
    let signal_text = c.line.value("signal").unwrap_or("KILL").to_owned();
    for key in c.line.arguments.clone() {
        let result = match verb {
            "rm" => container::remove(c.sys.world, &key, force, volumes),
            "pause" | "unpause" => engine_stop::pause(c.sys.world, &key, verb == "pause"),
            _ => match Signal::parse(&signal_text) {
                Some(signal) => engine_stop::kill(c.sys.world, &key, signal),
                None => Err(DaemonError::new(400, format!("invalid signal: {signal_text}"))),
            },
        };
        match result {
            Ok(()) => c.print(&format!("{key}\n")),
            Err(error) => {
                let gone = verb == "rm" && force && error.status == 404;
                let failed = c.client.failed;
                c.refused(&error);
                if gone {
                    c.client.failed = failed;
                }
            }
        }
    }
    Ok(c.end())
}

/// `docker start`.
pub fn start(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let attach = c.line.is_on("attach") || c.line.is_on("interactive");
    if c.client.stage == Stage::Attached {
        return attached(c);
    }
    let Some(key) = c.line.arguments.get(c.client.position).cloned() else {
        if c.client.failed {
            let names = String::from_utf8_lossy(&std::mem::take(&mut c.client.input)).into_owned();
            if !names.is_empty() {
                c.complain(&format!("Error: failed to start containers: {names}\n"));
            }
            return Ok(Turn::Done(1));
        }
        return Ok(Turn::Done(0));
    };
    let fail = |c: &mut Context<'_, '_>, error: &DaemonError, key: &str| {
        c.refused(error);
        if !attach {
            let before = if c.client.input.is_empty() { "" } else { ", " };
            c.client.input.extend(format!("{before}{key}").bytes());
        }
        c.client.position += 1;
        c.client.stage = Stage::Begin;
        Turn::Go
    };
    let number = match container::find(c.sys.world, &key) {
        Ok(number) => number,
        Err(error) => return Ok(fail(c, &error, &key)),
    };
    if c.client.stage == Stage::Begin {
        if attach {
            let pid = c.sys.host_pid();
            if c.sys.world.streams.get(&number).is_none() {
                c.sys.world.streams.insert(number, Rc::default());
            }
            stream::attach(c.sys.world, number, pid, true, true);
            c.client.container = Some(number);
        }
        if let Err(error) = engine_start::begin(c.sys.world, number) {
            return Ok(fail(c, &error, &key));
        }
        c.client.stage = Stage::Starting;
    }
    let Some(target) = c.sys.world.container(number).cloned() else { return Ok(Turn::Done(1)) };
    if target.state.status == Status::Starting {
        return Ok(Turn::Wait(vec![Wait::Daemon(number)]));
    }
    if !target.state.error.is_empty() {
        return Ok(fail(c, &DaemonError::new(500, target.state.error), &key));
    }
    if attach {
        c.client.stage = Stage::Attached;
        return Ok(Turn::Go);
    }
    c.print(&format!("{key}\n"));
    c.client.position += 1;
    c.client.stage = Stage::Begin;
    Ok(Turn::Go)
}

/// A client in front of a container: it passes input on, and ends as the container ends.
pub fn attached(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let number = c.client.container.unwrap_or(0);
    let Some(target) = c.sys.world.container(number).cloned() else { return Ok(removed(c)) };
    if !matches!(target.state.status, Status::Running | Status::Paused | Status::Starting) {
        let pid = c.sys.host_pid();
        stream::detach(c.sys.world, number, pid);
        return Ok(Turn::Done(target.state.exit_code as u8));
    }
    let mut waits = vec![Wait::Daemon(number)];
    if let Some(wait) = pass_input(c, target.input, target.terminal) {
        waits.push(wait);
    }
    Ok(Turn::Wait(waits))
}

/// The container is gone: `--rm` took it away; its die event tells how it ended.
pub fn removed(c: &mut Context<'_, '_>) -> Turn {
    use crate::event::What;
    let code = c.sys.world.events.iter().rev().find_map(|e| match &*e.what {
        What::Container { action, attributes, .. } if action == "die" => {
            attributes.get("exitCode")?.parse::<u8>().ok()
        }
        _ => None,
    });
    Turn::Done(code.unwrap_or(0))
}

/// Copies the client's standard input; what to wait for next.
fn pass_input(
    c: &mut Context<'_, '_>,
    input: Option<crate::kernel::descriptor::PipeId>,
    terminal: Option<crate::kernel::terminal::TerminalId>,
) -> Option<Wait> {
    if c.client.input_done
        || (input.is_none() && terminal.is_none())
        || !(c.line.is_on("interactive") || terminal.is_some())
    {
        return None;
    }
    loop {
        match c.sys.read(0, 65_536) {
            Ok(Io::Blocked(wait)) => return Some(wait),
            Ok(Io::Ready(bytes)) if !bytes.is_empty() => c.sys.world.feed_input(input, terminal, &bytes),
            _ => {
                c.client.input_done = true;
                c.sys.world.end_input(input, terminal);
                return None;
            }
        }
    }
}

/// `docker stop` and `docker restart`.
pub fn stop(c: &mut Context<'_, '_>, again: bool) -> Result<Turn, Refusal> {
    let Some(key) = c.line.arguments.get(c.client.position).cloned() else { return Ok(c.end()) };
    let number = match container::find(c.sys.world, &key) {
        Ok(number) => number,
        Err(error) => {
            c.refused(&error);
            c.client.position += 1;
            c.client.stage = Stage::Begin;
            return Ok(Turn::Go);
        }
    };
    if c.client.stage == Stage::Begin {
        let patience = c.line.number("timeout").or(c.line.number("time"));
        let signal = c.line.value("signal").and_then(Signal::parse);
        engine_stop::stop(c.sys.world, number, patience, signal);
        c.client.stage = Stage::Stopping;
    }
    let status = c.sys.world.container(number).map(|t| t.state.status);
    if c.client.stage == Stage::Stopping {
        if matches!(status, Some(Status::Running | Status::Paused)) {
            return Ok(Turn::Wait(vec![Wait::Daemon(number)]));
        }
        if again && status.is_some() {
            if let Err(error) = engine_start::begin(c.sys.world, number) {
                c.refused(&error);
            }
            c.client.stage = Stage::Restarting;
            return Ok(Turn::Go);
        }
    } else if status == Some(Status::Starting) {
        return Ok(Turn::Wait(vec![Wait::Daemon(number)]));
    } else if again {
        container::note(c.sys.world, number, "restart", &[]);
    }
    c.print(&format!("{key}\n"));
    c.client.position += 1;
    c.client.stage = Stage::Begin;
    Ok(Turn::Go)
}

/// `docker rename`.
pub fn rename(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let (old, new) = (c.line.arguments[0].clone(), c.line.arguments[1].clone());
    if let Err(error) = container::rename(c.sys.world, &old, &new) {
        c.refused(&error);
        c.complain(&format!("Error: failed to rename container named {old}\n"));
    }
    Ok(c.end())
}

/// `docker wait`.
pub fn wait(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let Some(key) = c.line.arguments.get(c.client.position).cloned() else { return Ok(c.end()) };
    let number = match (c.client.container, container::find(c.sys.world, &key)) {
        (Some(number), _) | (None, Ok(number)) => number,
        (None, Err(error)) => {
            c.refused(&error);
            c.client.position += 1;
            return Ok(Turn::Go);
        }
    };
    c.client.container = Some(number);
    let code = match c.sys.world.container(number) {
        Some(t)
            if matches!(
                t.state.status,
                Status::Running | Status::Paused | Status::Starting | Status::Restarting
            ) =>
        {
            return Ok(Turn::Wait(vec![Wait::Daemon(number)]));
        }
        Some(t) => t.state.exit_code,
        None => match removed(c) {
            Turn::Done(code) => i64::from(code),
            _ => 0,
        },
    };
    c.print(&format!("{code}\n"));
    c.client.container = None;
    c.client.position += 1;
    Ok(Turn::Go)
}

/// `docker exec`.
pub fn exec(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let Stage::Executing(number) = c.client.stage else {
        let line = c.line;
        container::find(c.sys.world, &line.arguments[0])?;
        if line.is_on("tty") && line.is_on("interactive") && !c.sys.is_terminal(0) {
            return Err(Refusal::error(1, "the input device is not a TTY\n"));
        }
        let request = ExecRequest {
            command: line.arguments[1..].to_vec(),
            env: super::create::environment(c).map_err(|words| Refusal::error(1, words + "\n"))?,
            user: line.text("user"),
            directory: line.text("workdir"),
            tty: line.is_on("tty"),
            stdin: line.is_on("interactive"),
            privileged: line.is_on("privileged"),
        };
        let client = (!line.is_on("detach")).then(|| c.sys.host_pid());
        return match engine_exec::begin(c.sys.world, &line.arguments[0], &request, client) {
            Ok(_) if line.is_on("detach") => Ok(Turn::Done(0)),
            Ok(stream) => {
                c.client.stage = Stage::Executing(stream);
                Ok(Turn::Go)
            }
            Err((1, error)) => {
                c.refused(&error);
                Ok(Turn::Done(1))
            }
            Err((code, error)) => {
                c.note(&error);
                c.print(&format!("{}\n", error.message));
                Ok(Turn::Done(code))
            }
        };
    };
    let Some(exec) = c.sys.world.streams.get(&number).and_then(|s| s.exec.clone()) else {
        return Ok(Turn::Done(137));
    };
    if let Some(status) = exec.status {
        c.sys.world.streams.remove(&number);
        return Ok(Turn::Done(status));
    }
    let mut waits = vec![Wait::Daemon(number)];
    waits.extend(pass_input(c, exec.input, exec.pty));
    Ok(Turn::Wait(waits))
}

/// `docker attach`.
pub fn attach(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if c.client.stage == Stage::Begin {
        let key = c.line.arguments[0].clone();
        let number = container::find(c.sys.world, &key)?;
        if !c.sys.world.container(number).is_some_and(|t| t.state.is_running()) {
            return Err(Refusal::error(1, "You cannot attach to a stopped container, start it first\n"));
        }
        let pid = c.sys.host_pid();
        container::note(c.sys.world, number, "attach", &[]);
        stream::attach(c.sys.world, number, pid, true, true);
        c.client.container = Some(number);
        c.client.stage = Stage::Attached;
    }
    attached(c)
}

/// `docker update`.
pub fn update(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if c.line.flags.is_empty() {
        return Err(Refusal::error(1, "you must provide one or more flags when using this command\n"));
    }
    for key in c.line.arguments.clone() {
        let number = match container::find(c.sys.world, &key) {
            Ok(number) => number,
            Err(error) => {
                c.refused(&error);
                continue;
            }
        };
        let line = c.line;
        let bytes = |name: &str| line.value(name).map(|_| line.bytes(name));
        let restart = line.value("restart").map(|policy| {
            let (name, most) = policy.split_once(':').unwrap_or((policy, "0"));
            RestartPolicy { name: name.to_owned(), maximum: most.parse().unwrap_or(0) }
        });
        let wanted = Update {
            memory: bytes("memory"),
            memory_swap: bytes("memory-swap"),
            memory_reservation: bytes("memory-reservation"),
            pids_limit: line.number("pids-limit"),
            cpu_shares: line.number("cpu-shares"),
            nano_cpus: line.value("cpus").and_then(crate::decimal::decimal).map(|n| (n * 1e9) as i64),
            restart,
        };
        if let Err(error) = update::update(c.sys.world, number, wanted) {
            c.refused(&error);
            continue;
        }
        c.print(&format!("{key}\n"));
    }
    Ok(c.end())
}
