//! `docker volume`: create, ls, rm, prune.

use super::list::{filters, passes};
use super::parse::Refusal;
use super::rows::{self, Column};
use super::{Context, Turn, units};
use crate::engine::syscall::Io;
use crate::engine::volume::{self, Volume};
use crate::engine::{DaemonError, World};
use crate::shared::Map;
use serde_json::{Value, json};

/// What the columns of `docker volume ls` are called.
const VOLUMES: &[Column] = &[
    ("Driver", "DRIVER"),
    ("Name", "VOLUME NAME"),
    ("Scope", "SCOPE"),
    ("Mountpoint", "MOUNTPOINT"),
    ("Labels", "LABELS"),
];

/// `docker volume create`.
pub fn create(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let driver = c.line.value("driver").unwrap_or("local").to_owned();
    if driver != "local" {
        let words = format!("create: error looking up volume plugin {driver}: plugin \"{driver}\" not found");
        c.refused(&DaemonError::new(404, words));
        return Ok(c.end());
    }
    let given = c.line.arguments.first().cloned();
    let anonymous = given.is_none();
    let name = given.unwrap_or_else(|| c.sys.world.random.hex(64));
    if let Err(error) = volume::check_name(&name) {
        c.refused(&error);
        return Ok(c.end());
    }
    let split = |w: &String| {
        let (name, value) = w.split_once('=').unwrap_or((w, ""));
        (name.to_owned(), value.to_owned())
    };
    let labels: Map<String, String> = c.line.list("label").iter().map(split).collect();
    volume::ensure(c.sys.world, &name, anonymous, labels);
    c.print(&format!("{name}\n"));
    Ok(Turn::Done(0))
}

fn row(volume: &Volume) -> Value {
    let labels: Vec<String> = volume.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    json!({
        "Availability": "N/A", "Driver": "local", "Group": "N/A", "Labels": labels.join(","), "Links": "N/A",
        "Mountpoint": volume::mountpoint(&volume.name), "Name": volume.name, "Scope": "local", "Size": "N/A", "Status": "N/A",
    })
}

fn matches(world: &World, volume: &Volume, key: &str, value: &str) -> Result<bool, Refusal> {
    Ok(match key {
        "name" => volume.name.contains(value),
        "driver" => value == "local",
        "dangling" => volume::users(world, &volume.name).is_empty() == (value == "true" || value == "1"),
        "label" => match value.split_once('=') {
            Some((name, wanted)) => volume.labels.get(name).is_some_and(|l| l == wanted),
            None => volume.labels.contains_key(value),
        },
        _ => {
            let words = format!("Error response from daemon: invalid filter '{key}'\n");
            return Err(Refusal::error(1, words));
        }
    })
}

/// `docker volume ls`.
pub fn list(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let filters = filters(c);
    let mut rows = Vec::new();
    for volume in c.sys.world.volumes.values() {
        if !passes(&filters, |key, value| matches(c.sys.world, volume, key, value))? {
            continue;
        }
        rows.push(row(volume));
    }
    let format = if c.line.is_on("quiet") { Some("{{.Name}}") } else { c.line.value("format") };
    let text = rows::render(format, VOLUMES, "table {{.Driver}}\t{{.Name}}", &rows)?;
    c.print(&text);
    Ok(Turn::Done(0))
}

/// `docker volume rm`.
pub fn remove(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    for name in c.line.arguments.clone() {
        match volume::remove(c.sys.world, &name) {
            Ok(()) => c.print(&format!("{name}\n")),
            Err(error) if error.status == 404 && c.line.is_on("force") => c.print(&format!("{name}\n")),
            Err(error) => c.refused(&error),
        }
    }
    Ok(c.end())
}

/// `docker volume prune`.
pub fn prune(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let all = c.line.is_on("all");
    if !c.line.is_on("force") {
        let which = if all { "all local volumes" } else { "anonymous local volumes" };
        c.print(&format!(
            "WARNING! This will remove {which} not used by at least one container.\nAre you sure you want to continue? [y/N] "
        ));
        match c.sys.read(0, 4096) {
            Ok(Io::Blocked(wait)) => return Ok(Turn::Wait(vec![wait])),
            Ok(Io::Ready(bytes)) if bytes.starts_with(b"y") || bytes.starts_with(b"Y") => {}
            _ => {
                c.print("Total reclaimed space: 0B\n");
                return Ok(Turn::Done(0));
            }
        }
    }
    let world = &*c.sys.world;
    let idle =
        world.volumes.values().filter(|v| (all || v.anonymous) && volume::users(world, &v.name).is_empty());
    let idle: Vec<(String, u64)> = idle.map(|v| (v.name.clone(), c.sys.usage(v.filesystem).0)).collect();
    if !idle.is_empty() {
        c.print("Deleted Volumes:\n");
        for (name, _) in &idle {
            let _ = volume::remove(c.sys.world, name);
            c.print(&format!("{name}\n"));
        }
        c.print("\n");
    }
    let total: u64 = idle.iter().map(|v| v.1).sum();
    c.print(&format!("Total reclaimed space: {}\n", units::human_size(total)));
    Ok(Turn::Done(0))
}
