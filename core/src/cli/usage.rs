//! `docker system df` and `docker stats`: what the daemon's objects take up.

use super::parse::Refusal;
use super::rows::{self, Column};
use super::{Context, Turn, units};
use crate::container::Container;
use crate::container::state::Status;
use crate::decimal::fixed;
use crate::digest::Digest;
use crate::engine::proc::HOST_MEMORY;
use crate::engine::{World, container, volume};
use crate::image::Image;
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::shared::Map;
use crate::time::Span;
use serde_json::{Value, json};

const TOTALS: &[Column] = &[
    ("", "formatter.diskUsageImagesContext"),
    ("Type", "TYPE"),
    ("TotalCount", "TOTAL"),
    ("Active", "ACTIVE"),
    ("Size", "SIZE"),
    ("Reclaimable", "RECLAIMABLE"),
];

/// The sizes of the layers of all images, each layer once, with the number of images that have it.
fn layers(world: &World) -> Map<Digest, (u64, u64)> {
    let mut all = Map::new();
    for layer in world.images.iter().flat_map(|image| image.layers.iter()) {
        all.get_or_insert_with(layer.diff_id, || (layer.size(), 0)).1 += 1;
    }
    all
}

/// How much of an image other images have too.
fn shared(layers: &Map<Digest, (u64, u64)>, image: &Image) -> u64 {
    let several = |id: &Digest| layers.get(id).filter(|(_, count)| *count > 1).map_or(0, |(size, _)| *size);
    image.layers.iter().map(|layer| several(&layer.diff_id)).sum()
}

fn users(world: &World, image: &Image) -> usize {
    world.containers.values().filter(|c| c.image == image.id).count()
}

fn written(world: &World, container: &Container) -> u64 {
    world.kernel.filesystems.get(&container.root).map_or(0, |f| f.usage().0)
}

fn total(kind: &str, counts: (usize, usize), size: u64, free: u64, percent: bool) -> Value {
    let mut reclaimable = units::human_size(free);
    if percent && size > 0 {
        reclaimable += &format!(" ({}%)", free * 100 / size);
    }
    json!({
        "Type": kind, "TotalCount": counts.0.to_string(), "Active": counts.1.to_string(),
        "Size": units::human_size(size), "Reclaimable": reclaimable,
    })
}

fn totals(world: &World) -> Vec<Value> {
    let layers = layers(world);
    let all: u64 = layers.values().map(|(size, _)| *size).sum();
    let used: Vec<_> = world.images.iter().filter(|image| users(world, image) > 0).collect();
    let own: u64 = used.iter().map(|image| image.size().saturating_sub(shared(&layers, image))).sum();
    let busy =
        |c: &&Container| matches!(c.state.status, Status::Running | Status::Paused | Status::Restarting);
    let containers: Vec<&Container> = world.containers.values().map(|c| &**c).collect();
    let running = containers.iter().copied().filter(|c| busy(c)).count();
    let size: u64 = containers.iter().map(|c| written(world, c)).sum();
    let idle: u64 = containers.iter().filter(|c| !busy(c)).map(|c| written(world, c)).sum();
    let volumes: Vec<(u64, bool)> = world
        .volumes
        .values()
        .map(|v| (volume_size(world, v), !volume::users(world, &v.name).is_empty()))
        .collect();
    let held: u64 = volumes.iter().map(|v| v.0).sum();
    let free: u64 = volumes.iter().filter(|v| !v.1).map(|v| v.0).sum();
    let active = volumes.iter().filter(|v| v.1).count();
    let kept: u64 = world.builder.cache.values().map(|step| step.layer.size()).sum();
    vec![
        total("Images", (world.images.len(), used.len()), all, all.saturating_sub(own), true),
        total("Containers", (containers.len(), running), size, idle, true),
        total("Local Volumes", (volumes.len(), active), held, free, true),
        total("Build Cache", (world.builder.cache.len(), 0), kept, kept, false),
    ]
}

fn volume_size(world: &World, volume: &volume::Volume) -> u64 {
    world.kernel.filesystems.get(&volume.filesystem).map_or(0, |f| f.usage().0)
}

/// `docker system df`.
pub fn disk(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let world = &*c.sys.world;
    let default = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";
    let text = if c.line.is_on("verbose") {
        if c.line.value("format").is_some_and(|f| f != "json" && f != "table") {
            let words = "the verbose and the format options conflict\n";
            return Err(Refusal::error(1, words));
        }
        verbose(world)
    } else {
        rows::render(c.line.value("format"), TOTALS, default, &totals(world))?
    };
    c.print(&text);
    Ok(Turn::Done(0))
}

/// Rows of cells under headings.
fn section(title: &str, heads: &str, cells: &[Vec<String>]) -> String {
    let mut lines = vec![heads.to_owned()];
    lines.extend(cells.iter().map(|row| row.join("\t")));
    format!("{title}\n\n{}", rows::align(&lines))
}

fn verbose(world: &World) -> String {
    let layers = layers(world);
    let mut images = Vec::new();
    for image in world.images.iter() {
        let names = world.images.names(&image.id);
        let name = names.iter().find(|name| name.digest().is_none());
        let (size, several) = (image.size(), shared(&layers, image));
        let age = units::human_duration(super::list::since(world.now, &image.created()));
        images.push(vec![
            name.map_or("<none>".to_owned(), |n| n.familiar_name()),
            name.and_then(|n| n.tag()).unwrap_or("<none>").to_owned(),
            image.id.short(),
            format!("{age} ago"),
            units::human_size(size),
            units::human_size(several),
            units::human_size(size.saturating_sub(several)),
            users(world, image).to_string(),
        ]);
    }
    let mut containers = Vec::new();
    for one in world.containers.values().rev() {
        let row = super::list::row(world, one, false);
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let mut cells: Vec<String> = ["ID", "Image", "Command", "LocalVolumes"].map(text).into();
        cells.push(units::human_size(written(world, one)));
        cells.extend(["RunningFor", "Status", "Names"].map(text));
        containers.push(cells);
    }
    let volumes: Vec<Vec<String>> = world
        .volumes
        .values()
        .map(|v| {
            let links = volume::users(world, &v.name).len().to_string();
            vec![v.name.clone(), links, units::human_size(volume_size(world, v))]
        })
        .collect();
    let heads = "REPOSITORY\tTAG\tIMAGE ID\tCREATED\tSIZE\tSHARED SIZE\tUNIQUE SIZE\tCONTAINERS";
    let mut text = section("Images space usage:", heads, &images);
    let heads = "CONTAINER ID\tIMAGE\tCOMMAND\tLOCAL VOLUMES\tSIZE\tCREATED\tSTATUS\tNAMES";
    text += &section("\nContainers space usage:", heads, &containers);
    text += &section("\nLocal Volumes space usage:", "VOLUME NAME\tLINKS\tSIZE", &volumes);
    let ago = |time| format!("{} ago", units::human_duration(world.now.since(time)));
    let (mut steps, mut kept) = (Vec::new(), 0);
    for (key, step) in &world.builder.cache {
        let (id, size) = (key.short(), step.layer.size());
        kept += size;
        let (made, used) = (ago(step.created), ago(step.used));
        steps.push(vec![
            id,
            "regular".into(),
            units::human_size(size),
            made,
            used,
            "1".into(),
            "false".into(),
        ]);
    }
    let heads = "CACHE ID\tCACHE TYPE\tSIZE\tCREATED\tLAST USED\tUSAGE\tSHARED";
    text + &section(&format!("\nBuild cache usage: {}", units::human_size(kept)), heads, &steps)
}

const STATS: &[Column] = &[
    ("", "container.statsContext"),
    ("Container", "CONTAINER"),
    ("ID", "CONTAINER ID"),
    ("Name", "NAME"),
    ("CPUPerc", "CPU %"),
    ("MemUsage", "MEM USAGE / LIMIT"),
    ("MemPerc", "MEM %"),
    ("NetIO", "NET I/O"),
    ("BlockIO", "BLOCK I/O"),
    ("PIDs", "PIDS"),
];

/// The work that the processes of a container have done, what they hold, and how many they are.
fn load(world: &World, container: &Container) -> (Span, u64, usize) {
    let Some(group) = container.cgroup.and_then(|id| world.kernel.cgroups.get(&id)) else {
        return (Span(0), 0, 0);
    };
    let members = group.processes.iter().filter_map(|pid| world.kernel.process(*pid));
    let cpu = members.map(|process| process.cpu).fold(Span(0), |sum, cpu| sum + cpu);
    let (held, files) = world.kernel.memory_of(group);
    (cpu, held + files, group.processes.len())
}

fn stats_row(world: &World, container: &Container, whole: bool) -> Value {
    let running = container.state.is_running();
    let (cpu, held, count) = load(world, container);
    let limit = match container.host.memory {
        _ if !running => 0,
        0 => HOST_MEMORY,
        limit => limit.unsigned_abs(),
    };
    let life = world.now.since(container.state.started.unwrap_or(world.now)).0.max(1);
    let percent = |part: f64, all: f64| fixed(if all > 0.0 { part * 100.0 / all } else { 0.0 }, 2) + "%";
    let id = if whole { container.id.to_string() } else { container.id.short().to_owned() };
    json!({
        "Container": id, "ID": id, "Name": container.name,
        "CPUPerc": percent(if running { cpu.0 as f64 } else { 0.0 }, life as f64),
        "MemUsage": format!("{} / {}", units::bytes_size(held), units::bytes_size(limit)),
        "MemPerc": percent(held as f64, limit as f64),
        "NetIO": "0B / 0B", "BlockIO": "0B / 0B", "PIDs": count.to_string(),
    })
}

/// `docker stats`: once, or every second until it is interrupted.
pub fn stats(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if c.client.stage == Stage::Begin {
        c.client.stage = Stage::Following;
        for key in &c.line.arguments {
            container::find(c.sys.world, key)?;
        }
        if c.line.is_on("no-stream") {
            // The first measurement needs a second one to compare with.
            return Ok(Turn::Wait(vec![Wait::Until(c.sys.now() + Span::seconds(2))]));
        }
    }
    let (named, all) = (c.line.arguments.clone(), c.line.is_on("all"));
    let world = &*c.sys.world;
    let mut wanted: Vec<&Container> = Vec::new();
    for key in &named {
        wanted.extend(container::find(world, key).ok().and_then(|number| world.container(number)));
    }
    if named.is_empty() {
        wanted = world.containers.values().rev().map(|c| &**c).collect();
        wanted.retain(|c| all || c.state.is_running());
    }
    let values: Vec<Value> =
        wanted.iter().map(|one| stats_row(world, one, c.line.is_on("no-trunc"))).collect();
    let default = "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";
    let mut text = rows::render(c.line.value("format"), STATS, default, &values)?;
    let live = !c.line.is_on("no-stream");
    if live && c.sys.is_terminal(1) {
        // The rows are drawn over the ones before; those of containers that are gone stay empty.
        let back = c.client.drawn;
        c.client.drawn = text.lines().count().max(back);
        text += &"\n".repeat(c.client.drawn - text.lines().count());
        let rows: String = text.lines().map(|line| format!("\r\u{1b}[2K{line}\n")).collect();
        text = if back > 0 { format!("\u{1b}[{back}A{rows}") } else { rows };
    }
    c.print(&text);
    if !live || (!named.is_empty() && wanted_is_gone(c)) {
        return Ok(Turn::Done(0));
    }
    Ok(Turn::Wait(vec![Wait::Until(c.sys.now() + Span::seconds(1))]))
}

/// True when every container that was named has been removed.
fn wanted_is_gone(c: &Context<'_, '_>) -> bool {
    c.line.arguments.iter().all(|key| container::find(c.sys.world, key).is_err())
}
