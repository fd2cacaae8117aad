//! `docker network`: create, ls, rm, connect, disconnect, prune.

use super::filter::{filters, has_label, invalid, passes};
use super::parse::Refusal;
use super::rows::{self, Column};
use super::{Context, Turn};
use crate::engine::DaemonError;
use crate::engine::network::DockerNetwork;
use crate::engine::network::admin::{self, PREDEFINED, Wanted};
use crate::shared::Map;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// What the columns of `docker network ls` are called.
const NETWORKS: &[Column] = &[
    ("", "network.networkContext"),
    ("ID", "NETWORK ID"),
    ("Name", "NAME"),
    ("Driver", "DRIVER"),
    ("Scope", "SCOPE"),
    ("IPv4", "IPV4"),
    ("IPv6", "IPV6"),
    ("Internal", "INTERNAL"),
    ("Labels", "LABELS"),
    ("CreatedAt", "CREATED AT"),
];

/// `NAME=VALUE` words as a map.
pub fn pairs(words: &[String]) -> Map<String, String> {
    let split = |w: &String| {
        let (name, value) = w.split_once('=').unwrap_or((w, ""));
        (name.to_owned(), value.to_owned())
    };
    words.iter().map(split).collect()
}

/// The client's words about a gateway that is in no subnet.
fn unmatched(gateway: &str) -> Refusal {
    Refusal::error(1, format!("no matching subnet for gateway {gateway}\n"))
}

/// `docker network create`.
pub fn create(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let name = c.line.arguments[0].clone();
    let orphan = ["gateway", "ip-range"].iter().any(|flag| c.line.value(flag).is_some());
    if c.line.list("subnet").is_empty() && orphan {
        return Err(Refusal::error(1, "every ip-range or gateway must have a corresponding subnet\n"));
    }
    let wrong = |words: String| DaemonError::new(400, format!("invalid network config:\n{words}"));
    let (subnet, gateway) = (c.line.list("subnet").first().cloned(), c.line.list("gateway").first().cloned());
    let subnet = match subnet.map(|s| s.parse().map_err(|_| s)) {
        Some(Err(text)) => {
            return Err(wrong(format!("invalid subnet {text}: invalid CIDR block notation")).into());
        }
        Some(Ok(subnet)) => Some(subnet),
        None => None,
    };
    let gateway = match gateway.map(|g| g.parse::<Ipv4Addr>().map_err(|_| g)) {
        Some(Ok(gateway)) if subnet.is_none_or(|s: ipnet::Ipv4Net| s.contains(&gateway)) => Some(gateway),
        Some(Ok(gateway)) => return Err(unmatched(&gateway.to_string())),
        Some(Err(text)) => return Err(unmatched(&text)),
        None => None,
    };
    let inside = |address: Ipv4Addr| subnet.is_some_and(|s: ipnet::Ipv4Net| s.contains(&address));
    let range = match c.line.value("ip-range").map(|r| (r, r.parse::<ipnet::Ipv4Net>())) {
        Some((_, Ok(range))) if inside(range.network()) && inside(range.broadcast()) => Some(range.trunc()),
        Some((text, _)) => return Err(Refusal::error(1, format!("no matching subnet for range {text}\n"))),
        None => None,
    };
    let mut reserved = Vec::new();
    for item in c.line.list("aux-address") {
        let (name, address) = item.split_once('=').unwrap_or(("", &item));
        match address.parse() {
            Ok(at) if inside(at) => reserved.push((name.to_owned(), at)),
            _ => return Err(Refusal::error(1, format!("no matching subnet for aux-address {address}\n"))),
        }
    }
    let wanted = Wanted {
        name,
        range,
        reserved,
        driver: c.line.value("driver").unwrap_or("bridge").to_owned(),
        subnet,
        gateway,
        internal: c.line.is_on("internal"),
        attachable: c.line.is_on("attachable"),
        labels: pairs(&c.line.list("label")),
        options: pairs(&c.line.list("opt")),
    };
    let id = admin::create(c.sys.world, wanted)?;
    c.print(&format!("{id}\n"));
    Ok(Turn::Done(0))
}

fn row(network: &DockerNetwork, whole: bool) -> Value {
    let id = if whole { &*network.id } else { network.id.get(..12).unwrap_or_default() };
    let labels: Vec<String> = network.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    json!({
        "CreatedAt": network.created.rfc3339(), "Driver": network.driver, "ID": id, "IPv4": "true", "IPv6": "false",
        "Internal": network.internal.to_string(), "Labels": labels.join(","), "Name": network.name, "Scope": "local",
    })
}

fn matches(c: &Context<'_, '_>, network: &DockerNetwork, key: &str, value: &str) -> Result<bool, Refusal> {
    let custom = !PREDEFINED.contains(&network.name.as_str());
    Ok(match key {
        "name" => network.name.contains(value),
        "id" => network.id.starts_with(value),
        "driver" => network.driver == value,
        "scope" => value == "local",
        "type" if value == "custom" || value == "builtin" => custom == (value == "custom"),
        "dangling" => {
            let used = c.sys.world.containers.values().any(|t| t.networks.contains_key(&network.name));
            (custom && !used) == (value == "true" || value == "1")
        }
        "label" => has_label(&network.labels, value),
        _ => return Err(invalid(key)),
    })
}

/// `docker network ls`.
pub fn list(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let filters = filters(c, "dangling driver id label name scope type")?;
    let mut rows = Vec::new();
    for network in c.sys.world.networks.iter() {
        if !passes(&filters, |key, value| matches(c, network, key, value))? {
            continue;
        }
        rows.push(row(network, c.line.is_on("no-trunc")));
    }
    let default = "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}";
    let format = if c.line.is_on("quiet") { Some("{{.ID}}") } else { c.line.value("format") };
    let text = rows::render(format, NETWORKS, default, &rows)?;
    c.print(&text);
    Ok(Turn::Done(0))
}

/// `docker network rm`.
pub fn remove(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    for key in c.line.arguments.clone() {
        match admin::remove(c.sys.world, &key) {
            Ok(_) => c.print(&format!("{key}\n")),
            Err(error) if error.status == 404 && c.line.is_on("force") => {
                c.complain(&format!("Error response from daemon: {}\n", error.message));
            }
            Err(error) => c.refused(&error),
        }
    }
    if c.client.failed {
        c.complain("exit status 1\n");
    }
    Ok(c.end())
}

/// `docker network connect` and `docker network disconnect`.
pub fn join(c: &mut Context<'_, '_>, connect: bool) -> Result<Turn, Refusal> {
    let [network, key] = [c.line.arguments[0].clone(), c.line.arguments[1].clone()];
    if connect {
        let address = c.line.value("ip").and_then(|t| t.parse().ok());
        admin::join(c.sys.world, &network, &key, c.line.list("alias"), address)?;
    } else {
        admin::leave(c.sys.world, &network, &key)?;
    }
    Ok(Turn::Done(0))
}
