//! Networks made, removed, and joined by hand: what `POST /networks/create` and its neighbours do.

use super::{DockerNetwork, connect, disconnect, note};
use crate::container::Endpoint;
use crate::engine::{DaemonError, World, container};
use crate::net::address::AddressPool;
use crate::shared::{Map, own};
use ipnet::Ipv4Net;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// The networks that every engine has.
pub const PREDEFINED: [&str; 3] = ["bridge", "host", "none"];

/// What a network is made of.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// Its subnet, when one was asked for.
    pub subnet: Option<Ipv4Net>,
    /// The range within it that addresses are given out of.
    pub range: Option<Ipv4Net>,
    /// Addresses within it that are not given out, by name.
    pub reserved: Vec<(String, Ipv4Addr)>,
    /// Its gateway within the subnet, when one was asked for.
    pub gateway: Option<Ipv4Addr>,
    /// Nothing leads outside.
    pub internal: bool,
    /// Containers may join it by hand.
    pub attachable: bool,
    /// Labels.
    pub labels: Map<String, String>,
    /// Driver options.
    pub options: Map<String, String>,
}

/// True when a subnet shares addresses with that of a network.
fn overlaps(world: &World, subnet: &Ipv4Net) -> bool {
    let mut taken = world.networks.by_name.values().filter_map(|n| n.pool.as_ref().map(AddressPool::subnet));
    taken.any(|t| t.contains(subnet) || subnet.contains(&t))
}

/// The subnets that are given out when none was asked for: 172.18.0.0/16 and on, then 192.168.0.0/20 and on.
fn defaults() -> impl Iterator<Item = Ipv4Net> {
    let first = (17..32).filter_map(|n| Ipv4Net::new(Ipv4Addr::new(172, n, 0, 0), 16).ok());
    let second = (0..16).filter_map(|n| Ipv4Net::new(Ipv4Addr::new(192, 168, n * 16, 0), 20).ok());
    first.chain(second)
}

/// The addresses of a new network.
fn pool(world: &World, wanted: &Wanted) -> Result<AddressPool, DaemonError> {
    let subnet = match wanted.subnet {
        Some(subnet) if overlaps(world, &subnet) => {
            let words = "invalid pool request: Pool overlaps with other one on this address space";
            return Err(DaemonError::new(403, words.to_owned()));
        }
        Some(subnet) => subnet,
        None => {
            let words = "all predefined address pools have been fully subnetted";
            let free = defaults().find(|subnet| !overlaps(world, subnet));
            free.ok_or_else(|| DaemonError::new(404, words.to_owned()))?
        }
    };
    Ok(AddressPool::with(subnet, wanted.range, wanted.gateway, wanted.reserved.clone()))
}

/// Makes a network with a bridge of its own; its id.
///
/// # Errors
/// Docker's words about a name, a driver or a subnet that cannot be.
pub fn create(world: &mut World, wanted: Wanted) -> Result<Rc<str>, DaemonError> {
    let name = wanted.name.clone();
    if name.trim().is_empty() {
        return Err(DaemonError::new(400, "invalid name: name is empty".to_owned()));
    }
    if PREDEFINED.contains(&name.as_str()) {
        let words = format!("operation is not permitted on predefined {name} network");
        return Err(DaemonError::new(403, words));
    }
    if world.networks.by_name.contains_key(&name) {
        return Err(DaemonError::new(409, format!("network with name {name} already exists")));
    }
    if wanted.driver == "host" || wanted.driver == "null" {
        let words = format!("only one instance of \"{}\" network is allowed", wanted.driver);
        return Err(DaemonError::new(403, words));
    }
    if wanted.driver != "bridge" {
        return Err(DaemonError::new(404, format!("plugin \"{}\" not found", wanted.driver))
            .because("Drydock simulates the bridge driver.".to_owned()));
    }
    let pool = pool(world, &wanted)?;
    let id: Rc<str> = world.random.hex(64).into();
    let named = wanted.options.get("com.docker.network.bridge.name").cloned();
    let bridge = named.unwrap_or_else(|| format!("br-{}", &id[..12]));
    world.network.create_bridge(&bridge, pool.gateway(), pool.subnet().prefix_len());
    let network = DockerNetwork {
        id: id.clone(),
        name: name.clone(),
        created: world.now,
        driver: wanted.driver,
        bridge: Some(bridge),
        pool: Some(pool),
        internal: wanted.internal,
        attachable: wanted.attachable,
        labels: wanted.labels,
        options: wanted.options,
        subnet_given: wanted.subnet.is_some(),
    };
    note(world, &network, "create", None);
    own(&mut world.networks).by_name.insert(name, Rc::new(network));
    Ok(id)
}

/// The network that a learner means.
fn find(world: &World, key: &str) -> Result<Rc<DockerNetwork>, DaemonError> {
    let found = world.networks.find(key).cloned();
    found.ok_or_else(|| {
        DaemonError::new(404, format!("network {key} not found")).because(format!(
            "No network has {key} for a name or the beginning of its id; `docker network ls` lists them.{}",
            crate::engine::rule::nearest(key, world.networks.by_name.keys().map(String::as_str))
        ))
    })
}

/// Removes a network that nobody is on; its name.
///
/// # Errors
/// Docker's words about what is not there, is predefined, or is in use.
pub fn remove(world: &mut World, key: &str) -> Result<String, DaemonError> {
    let network = find(world, key)?;
    let name = network.name.clone();
    if PREDEFINED.contains(&name.as_str()) {
        return Err(DaemonError::new(403, format!("{name} is a pre-defined network and cannot be removed")));
    }
    let members = world.containers.values().filter_map(|c| {
        let endpoint = c.networks.get(&name).filter(|e| e.address.is_some())?;
        Some(format!("name:\"{}\" id:\"{}\"", c.name, endpoint.endpoint.get(..12).unwrap_or_default()))
    });
    let active: Vec<String> = members.collect();
    if !active.is_empty() {
        let all = active.join(", ");
        let words = format!("error while removing network: network {name} has active endpoints ({all})");
        return Err(DaemonError::new(403, words));
    }
    forget(world, &network);
    Ok(name)
}

/// Removes a network and its bridge.
pub fn forget(world: &mut World, network: &DockerNetwork) {
    if let Some(bridge) = &network.bridge {
        world.network.remove_bridge(bridge);
    }
    own(&mut world.networks).by_name.remove(&network.name);
    note(world, network, "destroy", None);
}

/// The networks that were made by hand and that no container is connected to.
pub fn unused(world: &World) -> Vec<Rc<DockerNetwork>> {
    let idle = |n: &&Rc<DockerNetwork>| {
        let predefined = PREDEFINED.contains(&n.name.as_str());
        !predefined && !world.containers.values().any(|c| c.networks.contains_key(&n.name))
    };
    world.networks.by_name.values().filter(idle).cloned().collect()
}

/// Connects a container to a network (`docker network connect`).
///
/// # Errors
/// Docker's words about what is not there, or is connected already.
pub fn join(
    world: &mut World,
    network: &str,
    key: &str,
    aliases: Vec<String>,
    wanted: Option<Ipv4Addr>,
) -> Result<(), DaemonError> {
    let number = container::find(world, key)?;
    let network = find(world, network)?;
    let Some(found) = world.container(number) else { return Ok(()) };
    let name = network.name.clone();
    if found.networks.contains_key(&name) {
        let words = format!("endpoint with name {} already exists in network {name}", found.name);
        return Err(DaemonError::new(403, words));
    }
    if name == "host" || found.networks.contains_key("host") {
        let words = "container cannot be disconnected from host network or connected to host network";
        return Err(DaemonError::new(403, words.to_owned()));
    }
    if name == "none" || found.networks.contains_key("none") {
        let words = "container cannot be connected to multiple networks with one of the networks in private (none) mode";
        return Err(DaemonError::new(403, words.to_owned()));
    }
    super::check_address(world, &name, wanted)?;
    let (running, net) = (found.state.is_running(), found.net);
    let endpoint = Endpoint::new(network.id.clone(), aliases, wanted);
    if let Some(container) = world.container_mut(number) {
        container.networks.insert(name.clone(), endpoint);
    }
    let joined = match net.filter(|_| running) {
        Some(net) => connect(world, number, net, &name),
        None => Ok(()),
    };
    if joined.is_err() {
        if let Some(container) = world.container_mut(number) {
            container.networks.remove(&name);
        }
    }
    joined
}

/// Takes a container off a network (`docker network disconnect`).
///
/// # Errors
/// Docker's words about what is not there, or is not connected.
pub fn leave(world: &mut World, network: &str, key: &str) -> Result<(), DaemonError> {
    let number = container::find(world, key)?;
    let name = find(world, network)?.name.clone();
    let Some(found) = world.container(number) else { return Ok(()) };
    if !found.networks.contains_key(&name) {
        let words = format!("container {} is not connected to network {name}", found.id);
        return Err(DaemonError::new(403, words));
    }
    if name == "host" {
        let words = "container cannot be disconnected from host network or connected to host network";
        return Err(DaemonError::new(403, words.to_owned()));
    }
    disconnect(world, number, &name);
    if let Some(container) = world.container_mut(number) {
        container.networks.remove(&name);
    }
    Ok(())
}
