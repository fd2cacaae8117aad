//! What is asked about a container: its ports, processes, changes and logs.

use super::super::parse::Refusal;
use super::super::{Context, Turn, units};
use crate::container::state::Status;
use crate::engine::{DaemonError, container};
use crate::files::overlay::Change;
use crate::kernel::mount::FileSystem;
use crate::kernel::process::Wait;
use crate::memory::client::Stage;

/// `docker logs`.
pub fn logs(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let key = c.line.arguments[0].clone();
    let number = match container::find(c.sys.world, &key) {
        Ok(number) => number,
        Err(_) if c.client.stage == Stage::Following => return Ok(Turn::Done(0)),
        Err(error) => {
            c.refused(&error);
            return Ok(Turn::Done(1));
        }
    };
    let Some(target) = c.sys.world.container(number).cloned() else { return Ok(Turn::Done(0)) };
    if target.host.log_driver == "none" {
        let words = "configured logging driver does not support reading";
        return Err(DaemonError::new(501, words.to_owned()).into());
    }
    let entries = &target.log.entries;
    let mut from = c.client.shown;
    if c.client.stage == Stage::Begin {
        let tail = c.line.value("tail").unwrap_or("all");
        from = match tail.parse::<usize>() {
            Ok(count) => entries.len().saturating_sub(count),
            Err(_) => 0,
        };
    }
    let mut limits = [None, None];
    for (limit, flag) in limits.iter_mut().zip(["since", "until"]) {
        let Some(text) = c.line.value(flag).filter(|text| !text.is_empty() && *text != "0") else { continue };
        *limit = units::moment(text, c.sys.now());
        if limit.is_none() {
            let words = format!(
                "invalid value for \"{flag}\": failed to parse value as time or duration: \"{text}\"\n"
            );
            return Err(Refusal::error(1, words));
        }
    }
    let [since, until] = limits;
    let details = c.line.is_on("details");
    let times = c.line.is_on("timestamps");
    for entry in entries.iter().skip(from) {
        let time = entry.time.unix_micros();
        if since.is_some_and(|s| time < s) || until.is_some_and(|u| time > u) {
            continue;
        }
        let mut bytes = if times { format!("{} ", entry.time.rfc3339()).into_bytes() } else { Vec::new() };
        if details {
            bytes.push(b' ');
        }
        bytes.extend_from_slice(&entry.bytes);
        let _ = c.sys.write(if entry.error { 2 } else { 1 }, &bytes);
    }
    c.client.shown = entries.len();
    c.client.stage = Stage::Following;
    let running = matches!(target.state.status, Status::Running | Status::Paused | Status::Restarting);
    if c.line.is_on("follow") && running {
        return Ok(Turn::Wait(vec![Wait::Daemon(number)]));
    }
    Ok(Turn::Done(0))
}

/// `docker port`.
pub fn port(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let key = c.line.arguments[0].clone();
    let number = container::find(c.sys.world, &key)?;
    let wanted =
        c.line.arguments.get(1).map(|p| if p.contains('/') { p.clone() } else { format!("{p}/tcp") });
    let published = crate::cli::list::published(c.sys.world, number);
    let mut any = false;
    for (inner, address, outer) in published {
        if wanted.as_ref().is_some_and(|w| *w != inner) {
            continue;
        }
        any = true;
        let shown = format!("{address}:{outer}");
        c.print(&if wanted.is_some() { format!("{shown}\n") } else { format!("{inner} -> {shown}\n") });
    }
    if let (Some(_), false) = (&wanted, any) {
        let text = format!("Error: No public port '{}' published for {key}\n", c.line.arguments[1]);
        return Err(Refusal::error(1, text));
    }
    Ok(Turn::Done(0))
}

/// `docker top`.
pub fn top(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let key = c.line.arguments[0].clone();
    let number = container::find(c.sys.world, &key)?;
    let Some(target) = c.sys.world.container(number).cloned() else { return Ok(Turn::Done(1)) };
    if !target.state.is_running() {
        c.refused(&DaemonError::new(409, format!("container {} is not running", target.id)));
        return Ok(Turn::Done(1));
    }
    let options = c.line.arguments[1..].join(" ");
    let columns = match options
        .split_once('o')
        .filter(|(before, _)| matches!(before.trim_start_matches('-'), "" | "e" | "a" | "A" | "ax"))
    {
        Some((_, list)) => list.trim().replace(' ', ","),
        None if options.trim_start_matches('-').contains('u') => {
            "user,pid,%cpu,%mem,vsz,rss,tty,stat,start,time,command".to_owned()
        }
        None if options.is_empty() || options.contains('f') => "UID,pid,ppid,c,stime,tty,time,cmd".to_owned(),
        None if options.contains('x') => "pid,tty,stat,time,command".to_owned(),
        None => "pid,tty,time,cmd".to_owned(),
    };
    const KNOWN: &str = "UID uid user ruser pid ppid pgid c stime start tty tt time cmd comm args command %cpu %mem pcpu pmem vsz rss stat state s etime";
    if let Some(name) = columns.split(',').find(|n| !KNOWN.split(' ').any(|k| k == *n)) {
        let words = format!("ps: error: unknown user-defined format specifier \"{name}\"");
        c.refused(&DaemonError::new(500, words));
        return Ok(Turn::Done(1));
    }
    if !columns.split(',').any(|n| n == "pid") {
        c.refused(&DaemonError::new(500, "Couldn't find PID field in ps output".to_owned()));
        return Ok(Turn::Done(1));
    }
    let world = &*c.sys.world;
    let group = target
        .cgroup
        .and_then(|g| world.kernel.cgroups.get(&g))
        .map(|g| g.processes.clone())
        .unwrap_or_default();
    let heads: Vec<String> = columns
        .split(',')
        .map(|n| match n {
            "args" | "comm" => "COMMAND".into(),
            "tt" => "TT".into(),
            "pcpu" => "%CPU".into(),
            "pmem" => "%MEM".into(),
            "etime" => "ELAPSED".into(),
            other => other.to_ascii_uppercase(),
        })
        .collect();
    let row = |cells: Vec<String>| {
        let line: String = cells.iter().map(|cell| format!("{cell:<20}")).collect();
        let last = cells.last().map_or(0, String::len);
        // The last column is not filled up.
        line[..line.len() - 20_usize.saturating_sub(last)].to_owned() + "\n"
    };
    let mut text = row(heads);
    for pid in group {
        let Some(process) = world.kernel.process(pid) else { continue };
        let cell = |name: &str| match name {
            "pid" => pid.0.to_string(),
            "ppid" => process.parent.0.to_string(),
            "uid" => process.credentials.uid.to_string(),
            "UID" | "user" | "ruser" => {
                if process.credentials.uid == 0 {
                    "root".to_owned()
                } else {
                    process.credentials.uid.to_string()
                }
            }
            "cmd" | "args" | "command" => process.arguments.join(" "),
            "comm" => process.command_name(),
            "stime" | "start" => {
                let t = process.started.calendar();
                format!("{:02}:{:02}", t.hour, t.minute)
            }
            "time" if options.contains('u') => "0:00".to_owned(),
            "time" => "00:00:00".to_owned(),
            "etime" => "00:00".to_owned(),
            "tty" | "tt" => "?".to_owned(),
            "pgid" => process.group.0.to_string(),
            "rss" => (process.resident / 1024).to_string(),
            "vsz" => (process.resident / 512).to_string(),
            "%cpu" | "%mem" | "pcpu" | "pmem" => "0.0".to_owned(),
            "stat" => if process.group == pid { "Ss" } else { "S" }.to_owned(),
            "state" | "s" => "S".to_owned(),
            _ => "0".to_owned(),
        };
        text.push_str(&row(columns.split(',').map(cell).collect()));
    }
    c.print(&text);
    Ok(Turn::Done(0))
}

/// `docker diff`.
pub fn diff(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let key = c.line.arguments[0].clone();
    let number = container::find(c.sys.world, &key)?;
    let root =
        c.sys.world.container(number).and_then(|t| c.sys.world.kernel.filesystems.get(&t.root)).cloned();
    if let Some(FileSystem::Overlay(overlay)) = root.as_deref() {
        for (change, path) in overlay.changes() {
            let letter = match change {
                Change::Added => 'A',
                Change::Changed => 'C',
                Change::Deleted => 'D',
            };
            c.print(&format!("{letter} {path}\n"));
        }
    }
    Ok(Turn::Done(0))
}
