//! `docker volume`: create, ls, rm, prune.

use super::filter::{filters, has_label, invalid, passes};
use super::network::pairs;
use super::parse::Refusal;
use super::rows::{self, Column};
use super::{Context, Turn};
use crate::engine::volume::{self, Volume};
use crate::engine::{DaemonError, World};
use serde_json::{Value, json};

/// What the columns of `docker volume ls` are called.
const VOLUMES: &[Column] = &[
    ("", "formatter.volumeContext"),
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
        let words = format!(
            "create {}: error looking up volume plugin {driver}: plugin \"{driver}\" not found",
            c.line.arguments.first().map_or("", String::as_str)
        );
        return Err(DaemonError::new(404, words).into());
    }
    let option = c.line.value("name").map(str::to_owned);
    if option.is_some() && !c.line.arguments.is_empty() {
        let words =
            "conflicting options: cannot specify a volume-name through both --name and as a positional arg\n";
        return Err(Refusal::error(1, words));
    }
    let given = c.line.arguments.first().or(option.as_ref()).filter(|name| !name.is_empty()).cloned();
    let anonymous = given.is_none();
    let name = given.unwrap_or_else(|| c.sys.world.random.hex(64));
    volume::check_name(&name)?;
    let labels = pairs(&c.line.list("label"));
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
        "label" => has_label(&volume.labels, value),
        _ => return Err(invalid(key)),
    })
}

/// `docker volume ls`.
pub fn list(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let filters = filters(c, "dangling driver label name")?;
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
