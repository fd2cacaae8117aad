//! `docker container prune` and its neighbours: what nobody uses is removed, after a question.

use super::filter::{filters, prunes};
use super::parse::Refusal;
use super::{Context, Turn, units};
use crate::container::state::Status;
use crate::engine::network::admin;
use crate::engine::syscall::Io;
use crate::engine::{container, image, volume};
use crate::shared::Map;
use crate::time::Time;

/// Warns and asks, unless `--force` is given. What ends or suspends the command; nothing when it may go on.
pub fn ask(c: &mut Context<'_, '_>, warning: &str) -> Option<Turn> {
    if c.line.is_on("force") {
        return None;
    }
    c.print(&format!("WARNING! This will remove {warning}\nAre you sure you want to continue? [y/N] "));
    match c.sys.read(0, 4096) {
        Ok(Io::Blocked(wait)) => Some(Turn::Wait(vec![wait])),
        Ok(Io::Ready(bytes)) if bytes.trim_ascii().eq_ignore_ascii_case(b"y") => None,
        _ => Some(Turn::Done(0)),
    }
}

/// Prints what was deleted under a heading.
fn report(c: &mut Context<'_, '_>, heading: &str, lines: &[String]) {
    if !lines.is_empty() {
        c.print(&format!("Deleted {heading}:\n{}\n\n", lines.join("\n")));
    }
}

fn reclaimed(c: &mut Context<'_, '_>, bytes: u64) -> Turn {
    c.print(&format!("Total reclaimed space: {}\n", units::human_size(bytes)));
    Turn::Done(0)
}

/// Removes the containers that do not run; the bytes that are free now.
fn take_containers(c: &mut Context<'_, '_>) -> Result<u64, Refusal> {
    let filters = filters(c, "label label! until")?;
    let (mut lines, mut bytes, mut gone) = (Vec::new(), 0, Vec::new());
    for t in c.sys.world.containers.values() {
        let idle = matches!(t.state.status, Status::Exited | Status::Created | Status::Dead);
        if idle && prunes(c, &filters, &t.config.labels, t.created.unix_micros())? {
            lines.push(t.id.to_string());
            bytes += c.sys.usage(t.root).0;
            gone.push(t.number);
        }
    }
    for number in gone {
        container::forget(c.sys.world, number);
    }
    report(c, "Containers", &lines);
    Ok(bytes)
}

fn take_networks(c: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let filters = filters(c, "label label! until")?;
    let mut lines = Vec::new();
    for network in admin::unused(c.sys.world) {
        if prunes(c, &filters, &network.labels, network.created.unix_micros())? {
            admin::forget(c.sys.world, &network);
            lines.push(network.name.clone());
        }
    }
    report(c, "Networks", &lines);
    Ok(())
}

fn take_volumes(c: &mut Context<'_, '_>, all: bool) -> Result<u64, Refusal> {
    let mut filters = filters(c, "all label label!")?;
    let every = filters.iter().any(|f| f.0 == "all" && matches!(f.1.as_str(), "1" | "true"));
    filters.retain(|f| f.0 != "all");
    let (mut lines, mut bytes) = (Vec::new(), 0);
    for v in c.sys.world.volumes.values() {
        let idle = (all || every || v.anonymous) && volume::users(c.sys.world, &v.name).is_empty();
        if idle && prunes(c, &filters, &v.labels, v.created.unix_micros())? {
            lines.push(v.name.clone());
            bytes += c.sys.usage(v.filesystem).0;
        }
    }
    for name in &lines {
        let _ = volume::remove(c.sys.world, name);
    }
    report(c, "Volumes", &lines);
    Ok(bytes)
}

/// Removes the images without a name, or all that no container has.
fn take_images(c: &mut Context<'_, '_>, all: bool) -> Result<u64, Refusal> {
    let mut filters = filters(c, "dangling label label! until")?;
    let named_too = filters.iter().any(|f| f.0 == "dangling" && matches!(f.1.as_str(), "0" | "false"));
    filters.retain(|f| f.0 != "dangling");
    let (mut unused, mut lines, mut bytes) = (Vec::new(), Vec::new(), 0);
    for i in c.sys.world.images.iter() {
        let named = c.sys.world.images.names(&i.id).iter().any(|n| n.digest().is_none());
        let used = c.sys.world.containers.values().any(|t| t.image == i.id);
        let made = Time::parse_rfc3339(&i.created()).unwrap_or(0);
        let labels = i.config.labels_of_config().into_iter().flatten();
        let labels: Map<String, String> = labels.map(|(k, v)| (k.clone(), v.clone())).collect();
        if !used && (all || named_too || !named) && prunes(c, &filters, &labels, made)? {
            unused.push((i.id, i.size()));
        }
    }
    for (id, size) in unused {
        if let Ok(deleted) = image::remove(c.sys.world, &id.to_string(), true) {
            lines.extend(
                deleted
                    .iter()
                    .map(|l| l.replacen("Untagged", "untagged", 1).replacen("Deleted", "deleted", 1)),
            );
            bytes += size;
        }
    }
    report(c, "Images", &lines);
    Ok(bytes)
}

/// `docker container prune`.
pub fn containers(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if let Some(turn) = ask(c, "all stopped containers.") {
        return Ok(turn);
    }
    let bytes = take_containers(c)?;
    Ok(reclaimed(c, bytes))
}

/// `docker network prune`.
pub fn networks(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if let Some(turn) = ask(c, "all custom networks not used by at least one container.") {
        return Ok(turn);
    }
    take_networks(c)?;
    Ok(Turn::Done(0))
}

/// `docker volume prune`.
pub fn volumes(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let all = c.line.is_on("all");
    let which = if all { "all local volumes" } else { "anonymous local volumes" };
    if let Some(turn) = ask(c, &format!("{which} not used by at least one container.")) {
        return Ok(turn);
    }
    let bytes = take_volumes(c, all)?;
    Ok(reclaimed(c, bytes))
}

/// `docker image prune`.
pub fn images(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let all = c.line.is_on("all");
    let which = if all {
        "all images without at least one container associated to them."
    } else {
        "all dangling images."
    };
    if let Some(turn) = ask(c, which) {
        return Ok(turn);
    }
    let bytes = take_images(c, all)?;
    Ok(reclaimed(c, bytes))
}

/// `docker system prune`.
pub fn system(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let (all, volumes) = (c.line.is_on("all"), c.line.is_on("volumes"));
    let mut warning =
        "\n  - all stopped containers\n  - all networks not used by at least one container\n".to_owned();
    if volumes {
        warning.push_str("  - all anonymous volumes not used by at least one container\n");
    }
    warning.push_str(match all {
        true => "  - all images without at least one container associated to them\n  - all build cache\n",
        false => "  - all dangling images\n  - unused build cache\n",
    });
    if let Some(turn) = ask(c, &warning) {
        return Ok(turn);
    }
    let mut bytes = take_containers(c)?;
    take_networks(c)?;
    if volumes {
        bytes += take_volumes(c, false)?;
    }
    bytes += take_images(c, all)?;
    let (steps, freed) = super::buildx::forget(c);
    report(c, "build cache objects", &steps);
    bytes += freed;
    Ok(reclaimed(c, bytes))
}
