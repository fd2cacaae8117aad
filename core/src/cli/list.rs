//! `docker ps`, `docker images`, `docker history`.

use super::filter::{filters, has_label, invalid, passes};
use super::parse::Refusal;
use super::rows::{self, Column};
use super::{Context, Turn, units};
use crate::container::Container;
use crate::container::state::Status;
use crate::engine::{DaemonError, World, image as engine_image};
use crate::image::Image;
use crate::net::NetId;
use crate::time::{Span, Time};
use serde_json::{Value, json};

const CONTAINERS: &[Column] = &[
    ("", "formatter.ContainerContext"),
    ("ID", "CONTAINER ID"),
    ("Image", "IMAGE"),
    ("Command", "COMMAND"),
    ("CreatedAt", "CREATED AT"),
    ("RunningFor", "CREATED"),
    ("Ports", "PORTS"),
    ("State", "STATE"),
    ("Status", "STATUS"),
    ("Size", "SIZE"),
    ("Names", "NAMES"),
    ("Labels", "LABELS"),
    ("Mounts", "MOUNTS"),
    ("Networks", "NETWORKS"),
    ("LocalVolumes", "LOCAL VOLUMES"),
];

/// What is published for a container: inner port, host address, host port.
pub fn published(world: &World, number: u64) -> Vec<(String, String, u16)> {
    let Some(net) = world.container(number).and_then(|c| c.net) else { return Vec::new() };
    let Some(stack) = world.network.stack(world.network.host) else { return Vec::new() };
    let mut all = Vec::new();
    for p in stack.publications.iter().filter(|p| p.net == NetId(net.0)) {
        let inner = format!("{}/{}", p.target.1, if p.udp { "udp" } else { "tcp" });
        all.push((inner.clone(), p.address.to_string(), p.port));
        if p.address.is_unspecified() {
            all.push((inner, "[::]".to_owned(), p.port));
        }
    }
    all
}

/// The STATUS column.
pub fn status(container: &Container, now: Time) -> String {
    let state = &container.state;
    let ago = |t: Option<Time>| units::human_duration(now.since(t.unwrap_or(now)));
    match state.status {
        Status::Running => {
            let health = state.health.as_ref().map(|h| {
                if h.status.word() == "starting" {
                    " (health: starting)".to_owned()
                } else {
                    format!(" ({})", h.status.word())
                }
            });
            format!("Up {}{}", ago(state.started), health.unwrap_or_default())
        }
        Status::Paused => format!("Up {} (Paused)", ago(state.started)),
        Status::Restarting => format!("Restarting ({}) {} ago", state.exit_code, ago(state.finished)),
        Status::Exited => format!("Exited ({}) {} ago", state.exit_code, ago(state.finished)),
        Status::Starting if state.run > 0 => {
            format!("Exited ({}) {} ago", state.exit_code, ago(state.finished))
        }
        Status::Created | Status::Starting => "Created".to_owned(),
        Status::Removing => "Removal In Progress".to_owned(),
        Status::Dead => "Dead".to_owned(),
    }
}

fn image_name(world: &World, container: &Container) -> String {
    match world.images.resolve(&container.image_name) {
        Some(image) if image.id == container.image => container.image_name.clone(),
        _ => container.image.short(),
    }
}

/// A container as a row of `docker ps`.
pub fn row(world: &World, container: &Container, whole: bool) -> Value {
    let command =
        std::iter::once(&container.path).chain(&container.arguments).cloned().collect::<Vec<_>>().join(" ");
    let command = if whole || command.chars().count() <= 20 {
        command
    } else {
        command.chars().take(19).collect::<String>() + "…"
    };
    let mut ports: Vec<String> = published(world, container.number)
        .iter()
        .map(|(inner, address, port)| format!("{address}:{port}->{inner}"))
        .collect();
    if container.state.is_running() {
        for exposed in &container.config.exposed_ports {
            if !ports.iter().any(|p| p.ends_with(&format!("->{exposed}"))) {
                ports.push(exposed.clone());
            }
        }
    }
    crate::shared::sort_by(&mut ports, |a, b| b.starts_with("127").cmp(&a.starts_with("127")));
    let labels: Vec<String> = container.config.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let age = units::human_duration(world.now.since(container.created));
    let size = world.kernel.filesystems.get(&container.root).map_or(0, |f| f.usage().0);
    let image = world.images.get(&container.image).map_or(0, |i| i.size());
    json!({
        "ID": if whole { container.id.to_string() } else { container.id.short().to_owned() },
        "Image": image_name(world, container),
        "Command": format!("\"{command}\""),
        "CreatedAt": container.created.rfc3339().replace('T', " ").get(..19).map(|t| format!("{t} +0000 UTC")).unwrap_or_default(),
        "RunningFor": format!("{age} ago"),
        "Ports": ports.join(", "),
        "State": container.state.word(),
        "Status": status(container, world.now),
        "Size": format!("{} (virtual {})", units::human_size(size), units::human_size(size + image)),
        "Names": container.name,
        "Labels": labels.join(","),
        "Mounts": container.mounts.iter().map(|m| if m.name.is_empty() { m.source.clone() } else { m.name.clone() }).collect::<Vec<_>>().join(","),
        "Networks": container.networks.keys().cloned().collect::<Vec<_>>().join(","),
        "Platform": null,
        "LocalVolumes": container.mounts.iter().filter(|m| !m.name.is_empty()).count().to_string(),
    })
}

fn matches(world: &World, container: &Container, key: &str, value: &str) -> Result<bool, Refusal> {
    let regex = |text: &str| regex_lite::Regex::new(value).is_ok_and(|r| r.is_match(text));
    Ok(match key {
        "name" => regex(&container.name) || regex(&format!("/{}", container.name)),
        "id" => container.id.0.starts_with(value),
        "status" => container.state.word() == value,
        "exited" => {
            value.parse() == Ok(container.state.exit_code) && container.state.status == Status::Exited
        }
        "label" => has_label(&container.config.labels, value),
        "ancestor" => world.images.resolve(value).is_some_and(|i| i.id == container.image),
        "network" => container.networks.contains_key(value),
        "volume" => container.mounts.iter().any(|m| m.name == value || m.destination == value),
        "health" => container.state.health.as_ref().map_or("none", |h| h.status.word()) == value,
        "before" => other(world, value)?.is_some_and(|n| container.number < n),
        "since" => other(world, value)?.is_some_and(|n| container.number > n),
        "publish" => published(world, container.number).iter().any(|(_, _, port)| at_port(value, *port)),
        "expose" => container
            .config
            .exposed_ports
            .iter()
            .any(|p| p.split('/').next().and_then(|n| n.parse().ok()).is_some_and(|n| at_port(value, n))),
        "is-task" => !matches!(value, "true" | "1"),
        _ => return Err(invalid(key)),
    })
}

/// The number of the container that a filter names.
fn other(world: &World, name: &str) -> Result<Option<u64>, Refusal> {
    let found = crate::engine::container::find(world, name);
    Ok(Some(found?))
}

/// True when a port is the one, or within the range, that a filter names.
fn at_port(value: &str, port: u16) -> bool {
    let ports = value.split('/').next().unwrap_or_default();
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    from.parse().is_ok_and(|from: u16| from <= port) && to.parse().is_ok_and(|to: u16| port <= to)
}

/// Refuses the value of a filter that no container could have.
fn check_filter(world: &World, key: &str, value: &str) -> Result<(), Refusal> {
    const STATES: &str = " created running paused restarting exited removing dead ";
    let words = match key {
        "status" if !STATES.contains(&format!(" {value} ")) => {
            return Err(invalid(&format!("status={value}")));
        }
        "health" if !["none", "starting", "healthy", "unhealthy"].contains(&value) => {
            format!("unrecognized filter value for health: {value}")
        }
        "exited" if value.parse::<i64>().is_err() => {
            format!("strconv.Atoi: parsing \"{value}\": invalid syntax")
        }
        "before" | "since" => return other(world, value).map(|_| ()),
        _ => return Ok(()),
    };
    Err(DaemonError::new(400, words).into())
}

/// `docker ps`.
pub fn containers(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let line = c.line;
    let filters = filters(
        c,
        "ancestor before exited expose health id is-task label name network publish since status volume",
    )?;
    for (key, value) in &filters {
        check_filter(c.sys.world, key, value)?;
    }
    let last = if line.is_on("latest") { Some(1) } else { line.number("last").filter(|n| *n > 0) };
    let all =
        line.is_on("all") || last.is_some() || filters.iter().any(|f| f.0 == "status" || f.0 == "exited");
    let world = &*c.sys.world;
    let mut rows = Vec::new();
    for container in world.containers.values().rev() {
        if !(all || container.state.is_running() || container.state.status == Status::Restarting) {
            continue;
        }
        if !passes(&filters, |key, value| matches(world, container, key, value))? {
            continue;
        }
        rows.push(row(world, container, line.is_on("no-trunc")));
    }
    if let Some(count) = last {
        rows.truncate(count as usize);
    }
    let size = if line.is_on("size") { "\t{{.Size}}" } else { "" };
    let default = format!(
        "table {{{{.ID}}}}\t{{{{.Image}}}}\t{{{{.Command}}}}\t{{{{.RunningFor}}}}\t{{{{.Status}}}}\t{{{{.Ports}}}}\t{{{{.Names}}}}{size}"
    );
    let format = if line.is_on("quiet") { Some("{{.ID}}") } else { line.value("format") };
    let text = rows::render(format, CONTAINERS, &default, &rows)?;
    c.print(&text);
    Ok(Turn::Done(0))
}

const IMAGES: &[Column] = &[
    ("", "formatter.imageContext"),
    ("Repository", "REPOSITORY"),
    ("Tag", "TAG"),
    ("Digest", "DIGEST"),
    ("ID", "IMAGE ID"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("Size", "SIZE"),
];

/// Time since a moment that a configuration names.
pub fn since(now: Time, created: &str) -> Span {
    let number =
        |range: std::ops::Range<usize>| created.get(range).and_then(|t| t.parse::<i64>().ok()).unwrap_or(0);
    let (y, m, d) = (number(0..4), number(5..7), number(8..10));
    let (y2, m2) = if m <= 2 { (y - 1, m + 9) } else { (y, m - 3) };
    let era = y2.div_euclid(400);
    let yoe = y2 - era * 400;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + (153 * m2 + 2) / 5 + d - 1 - 719_468;
    let seconds = days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    Span::seconds(now.unix_seconds().saturating_sub(seconds.max(0) as u64))
}

/// `docker images`.
pub fn images(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let line = c.line;
    let wanted = line.arguments.first().cloned();
    let filters = filters(c, "before dangling label reference since until")?;
    let world = &*c.sys.world;
    for (_, name) in filters.iter().filter(|f| f.0 == "before" || f.0 == "since") {
        world.images.resolve(name).ok_or_else(|| engine_image::missing(name))?;
    }
    let mut rows = Vec::new();
    for image in world.images.iter() {
        let names = world.images.names(&image.id);
        let mut shown: Vec<(String, String)> = names
            .iter()
            .filter(|n| n.digest().is_none())
            .map(|n| (n.familiar_name(), n.tag().unwrap_or("latest").to_owned()))
            .collect();
        if shown.is_empty() {
            let repository =
                names.first().map_or("<none>".to_owned(), crate::reference::Reference::familiar_name);
            shown.push((repository, "<none>".to_owned()));
        }
        for (repository, tag) in shown {
            if let Some(wanted) = &wanted {
                let (name, wanted_tag) = wanted
                    .rsplit_once(':')
                    .filter(|(_, t)| !t.contains('/'))
                    .map_or((wanted.as_str(), None), |(n, t)| (n, Some(t)));
                if !crate::shell::fits(name, &repository) || wanted_tag.is_some_and(|t| t != tag) {
                    continue;
                }
            }
            if !passes(&filters, |k, v| Ok(image_matches(world, image, (k, v), &repository, &tag)))? {
                continue;
            }
            rows.push(image_row(world, image, &repository, &tag, line.is_on("no-trunc")));
        }
    }
    let format = if line.is_on("quiet") { Some("{{.ID}}") } else { line.value("format") };
    let default = if line.is_on("digests") {
        "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
    } else {
        "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
    };
    let mut text = rows::render(format, IMAGES, default, &rows)?;
    if line.is_on("quiet") {
        let mut seen = crate::shared::Set::new();
        text = text.lines().filter(|l| seen.insert(l.to_string())).map(|l| format!("{l}\n")).collect();
    }
    c.print(&text);
    Ok(Turn::Done(0))
}

fn image_matches(world: &World, image: &Image, filter: (&str, &str), repository: &str, tag: &str) -> bool {
    let value = filter.1;
    let other = || world.images.resolve(value).map(|i| i.created()).unwrap_or_default();
    match filter.0 {
        "dangling" => (tag == "<none>") == (value == "true" || value == "1"),
        "reference" => {
            crate::shell::fits(value, repository) || crate::shell::fits(value, &format!("{repository}:{tag}"))
        }
        "label" => {
            let (key, value) = value.split_once('=').map_or((value, None), |(k, v)| (k, Some(v)));
            image.setting("Labels").get(key).is_some_and(|v| value.is_none_or(|w| v.as_str() == Some(w)))
        }
        "before" => image.created() < other(),
        "since" => image.created() > other(),
        _ => true,
    }
}

fn image_row(world: &World, image: &Image, repository: &str, tag: &str, whole: bool) -> Value {
    let digest = world
        .images
        .names(&image.id)
        .iter()
        .find_map(|n| n.digest().filter(|_| n.familiar_name() == repository));
    json!({
        "Repository": repository,
        "Tag": tag,
        "Digest": digest.map_or("<none>".to_owned(), |d| d.to_string()),
        "ID": if whole { image.id.to_string() } else { image.id.short() },
        "CreatedSince": format!("{} ago", units::human_duration(since(world.now, &image.created()))),
        "CreatedAt": format!("{} +0000 UTC", image.created().replace('T', " ").get(..19).unwrap_or_default()),
        "Size": units::human_size(image.size()),
        "VirtualSize": units::human_size(image.size()),
        "SharedSize": "N/A", "UniqueSize": "N/A", "Containers": "N/A",
    })
}

const HISTORY: &[Column] = &[
    ("", "image.historyContext"),
    ("ID", "IMAGE"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("CreatedBy", "CREATED BY"),
    ("Size", "SIZE"),
    ("Comment", "COMMENT"),
];

/// `docker history`.
pub fn history(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let name = c.line.arguments[0].clone();
    let Some(image) = c.sys.world.images.resolve(&name).cloned() else {
        c.refused(&engine_image::missing(&name));
        return Ok(Turn::Done(1));
    };
    let whole = c.line.is_on("no-trunc");
    let now = c.sys.now();
    let mut layers = image.layers.iter();
    let mut rows = Vec::new();
    for entry in image.json["history"].as_array().into_iter().flatten() {
        let empty = entry["empty_layer"].as_bool() == Some(true);
        let size = if empty { 0 } else { layers.next().map_or(0, |l| l.size()) };
        let by = entry["created_by"].as_str().unwrap_or_default();
        let by = if whole || by.chars().count() <= 45 {
            by.to_owned()
        } else {
            by.chars().take(44).collect::<String>() + "…"
        };
        let created = entry["created"].as_str().unwrap_or_default();
        rows.push(json!({
            "ID": "<missing>",
            "CreatedSince": format!("{} ago", units::human_duration(since(now, created))),
            "CreatedAt": created,
            "CreatedBy": by,
            "Size": units::human_size(size),
            "Comment": entry["comment"].as_str().unwrap_or_default(),
        }));
    }
    rows.reverse();
    if let Some(first) = rows.first_mut() {
        first["ID"] = if whole { image.id.to_string() } else { image.id.short() }.into();
    }
    let format = if c.line.is_on("quiet") { Some("{{.ID}}") } else { c.line.value("format") };
    let text = rows::render(
        format,
        HISTORY,
        "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
        &rows,
    )?;
    c.print(&text);
    Ok(Turn::Done(0))
}
