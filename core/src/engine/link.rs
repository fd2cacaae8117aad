//! Legacy links (`--link`): the names and variables by which a container on the default bridge knows others.

use crate::container::Container;
use crate::engine::{DaemonError, World, container};

/// The link asked for: the container it leads to as written, and what it is called.
pub fn parts(link: &str) -> (&str, &str) {
    let (target, alias) = link.split_once(':').unwrap_or((link, link));
    (target, alias.rsplit('/').next().unwrap_or(alias))
}

/// The links of a container on the default bridge: what they lead to, and the alias.
///
/// # Errors
/// Docker's words about a link to a container that does not run, or is not on the default bridge.
pub fn children<'w>(
    world: &'w World,
    container: &'w Container,
) -> Result<Vec<(&'w Container, &'w str)>, DaemonError> {
    let mut found = Vec::new();
    if !container.networks.contains_key("bridge") {
        return Ok(found);
    }
    for link in &container.host.links {
        let (target, alias) = parts(link);
        let Some(child) = container::find(world, target).ok().and_then(|n| world.container(n)) else {
            continue;
        };
        if !child.state.is_running() {
            let words = format!(
                "Cannot link to a non running container: /{} AS /{}/{alias}",
                child.name, container.name
            );
            return Err(DaemonError::new(500, words).because(format!(
                "Container {} is {}.",
                child.name,
                child.state.word()
            )));
        }
        if !child.networks.contains_key("bridge") {
            let words =
                format!("Cannot link to /{}, as it does not belong to the default network", child.name);
            return Err(DaemonError::new(500, words).because(
                "Links lead to containers on the default bridge; on a network of one's own names are found without them.",
            ));
        }
        found.push((child, alias));
    }
    Ok(found)
}

/// The variables that tell a container of what it is linked to: name, ports, and the other's own variables.
pub fn environment(world: &World, container: &Container) -> Vec<String> {
    let mut all = Vec::new();
    for (child, alias) in children(world, container).unwrap_or_default() {
        let prefix = alias.replace('-', "_").to_uppercase();
        let address = child.networks.get("bridge").and_then(|e| e.address);
        let address = address.map(|a| a.to_string()).unwrap_or_default();
        let mut ports: Vec<(u16, &str)> = child
            .config
            .exposed_ports
            .iter()
            .map(|p| p.split_once('/').unwrap_or((p, "tcp")))
            .filter_map(|(port, protocol)| Some((port.parse().ok()?, protocol)))
            .collect();
        ports.sort_unstable();
        if let Some((port, protocol)) = ports.first() {
            all.push(format!("{prefix}_PORT={protocol}://{address}:{port}"));
        }
        for (port, protocol) in ports {
            let name = format!("{prefix}_PORT_{port}_{}", protocol.to_uppercase());
            all.push(format!("{name}={protocol}://{address}:{port}"));
            all.push(format!("{name}_ADDR={address}"));
            all.push(format!("{name}_PORT={port}"));
            all.push(format!("{name}_PROTO={protocol}"));
        }
        all.push(format!("{prefix}_NAME=/{}/{alias}", container.name));
        let own = child.config.env.iter().filter_map(|e| e.split_once('='));
        let shown = own.filter(|(name, _)| !matches!(*name, "HOME" | "PATH"));
        all.extend(shown.map(|(name, value)| format!("{prefix}_ENV_{name}={value}")));
    }
    all
}
