//! Docker's networks: bridges on the host, and the veth pairs that connect containers to them.

pub mod admin;

use crate::container::Endpoint;
use crate::engine::{DaemonError, World};
use crate::event::What;
use crate::kernel::namespace::NamespaceId;
use crate::net::address::AddressPool;
use crate::net::{NetId, names};
use crate::shared::{Map, own};
use crate::time::Time;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Docker's networks by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Networks {
    /// The networks.
    pub by_name: Map<String, Rc<DockerNetwork>>,
}

/// One network as `docker network inspect` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DockerNetwork {
    /// Its id: 64 hexadecimal digits.
    pub id: Rc<str>,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Time,
    /// `bridge`, `host` or `null`.
    pub driver: String,
    /// The bridge interface on the host.
    pub bridge: Option<String>,
    /// Addresses, for a bridge.
    pub pool: Option<AddressPool>,
    /// No way out of the bridge.
    pub internal: bool,
    /// Containers may join it by hand.
    pub attachable: bool,
    /// Labels.
    pub labels: Map<String, String>,
    /// Driver options.
    pub options: Map<String, String>,
    /// The subnet was asked for.
    pub subnet_given: bool,
}

impl Networks {
    /// The three networks of a new engine. `bridge` is `docker0`, 172.17.0.0/16.
    pub fn new(mut id: impl FnMut() -> String) -> Self {
        let mut by_name = Map::new();
        for (name, driver) in [("bridge", "bridge"), ("host", "host"), ("none", "null")] {
            let is_bridge = driver == "bridge";
            let network = DockerNetwork {
                id: id().into(),
                name: name.to_owned(),
                created: Time(0),
                driver: driver.to_owned(),
                bridge: is_bridge.then(|| "docker0".to_owned()),
                pool: is_bridge.then(|| AddressPool::new(DEFAULT_SUBNET)),
                internal: false,
                attachable: false,
                labels: Map::new(),
                options: Map::new(),
                subnet_given: false,
            };
            by_name.insert(name.to_owned(), Rc::new(network));
        }
        Self { by_name }
    }

    /// The networks in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<DockerNetwork>> {
        self.by_name.values()
    }

    /// The network of this name, id or beginning of an id.
    pub fn find(&self, key: &str) -> Option<&Rc<DockerNetwork>> {
        self.by_name.get(key).or_else(|| {
            let mut matching = self.by_name.values().filter(|n| !key.is_empty() && n.id.starts_with(key));
            let first = matching.next();
            if matching.next().is_some() { None } else { first }
        })
    }
}

/// 172.17.0.0/16, the subnet of `docker0`.
pub const DEFAULT_SUBNET: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(172, 17, 0, 0), 16);

/// The network that a mode of `--network` names: `default` is `bridge`.
pub fn mode_name(mode: &str) -> &str {
    match mode {
        "" | "default" => "bridge",
        other => other,
    }
}

/// Whether an address may be asked for on a network.
pub fn check_address(world: &World, name: &str, wanted: Option<Ipv4Addr>) -> Result<(), DaemonError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let refuse = |words: String, cause: String| {
        let words = format!("invalid endpoint settings:\n{words}");
        Err(DaemonError::new(400, words).because(cause))
    };
    if matches!(name, "bridge" | "host" | "none") {
        let words = "user specified IP address is supported on user defined networks only";
        return refuse(words.to_owned(), format!("The engine itself gives out the addresses of {name}."));
    }
    match world.networks.find(name).and_then(|n| n.pool.as_ref()).map(AddressPool::subnet) {
        Some(subnet) if !subnet.contains(&wanted) => refuse(
            format!("no configured subnet contains IP address {wanted}"),
            format!("Network {name} has the addresses {subnet}."),
        ),
        _ => Ok(()),
    }
}

/// Connects a running container's network namespace to a network: a veth pair, an address, a route.
pub fn connect(world: &mut World, number: u64, net: NamespaceId, name: &str) -> Result<(), DaemonError> {
    let Some(network) = world.networks.by_name.get(name).cloned() else {
        return Err(DaemonError::new(404, format!("network {name} not found")));
    };
    let (Some(bridge), Some(_)) = (network.bridge.clone(), network.pool.as_ref()) else { return Ok(()) };
    let wanted = world.container(number).and_then(|c| c.networks.get(name)).and_then(|e| e.wanted);
    let endpoint_id = world.random.hex(64);
    let networks = own(&mut world.networks);
    let Some(shared) = networks.by_name.get_mut(name).map(own) else { return Ok(()) };
    let Some(pool) = shared.pool.as_mut() else { return Ok(()) };
    let address = match wanted {
        Some(address) if pool.reserve(address) => address,
        Some(address) => {
            let words = DaemonError::new(403, "Address already in use".to_owned());
            return Err(words.because(holder_of(world, name, address)));
        }
        None => pool.allocate().ok_or_else(|| {
            DaemonError::new(500, "no available IPv4 addresses on this network's address pools".to_owned())
        })?,
    };
    let (gateway, prefix) = (pool.gateway(), pool.subnet().prefix_len());
    let mac =
        world.network.attach(&bridge, NetId(net.0), address, prefix, (!network.internal).then_some(gateway));
    if let Some(container) = world.container_mut(number) {
        let fresh = || Endpoint::new(network.id.clone(), Vec::new(), None);
        let endpoint = container.networks.get_or_insert_with(name.to_owned(), fresh);
        endpoint.network = network.id.clone();
        endpoint.endpoint = endpoint_id;
        endpoint.address = Some(address);
        endpoint.prefix = prefix;
        endpoint.mac = Some(mac);
        endpoint.gateway = Some(gateway);
    }
    note(world, &network, "connect", Some(number));
    Ok(())
}

/// Who has an address of a network, in a sentence.
fn holder_of(world: &World, name: &str, address: Ipv4Addr) -> String {
    let has = |c: &&Rc<crate::container::Container>| {
        c.networks.get(name).is_some_and(|e| e.address == Some(address))
    };
    match world.containers.values().find(has) {
        Some(holder) => format!("Container {} has the address {address} on {name}.", holder.name),
        None => format!("The address {address} belongs to the gateway of {name}, or is kept free."),
    }
}

/// Connects the network namespace of a build's command to a network; its address, if one was free.
pub fn lease(world: &mut World, net: NamespaceId, name: &str) -> Option<Ipv4Addr> {
    let shared = own(&mut world.networks).by_name.get_mut(name).map(own)?;
    let (bridge, internal) = (shared.bridge.clone()?, shared.internal);
    let pool = shared.pool.as_mut()?;
    let address = pool.allocate()?;
    let (gateway, prefix) = (pool.gateway(), pool.subnet().prefix_len());
    world.network.attach(&bridge, NetId(net.0), address, prefix, (!internal).then_some(gateway));
    Some(address)
}

/// Ends what [`lease`] began, and the namespace's part of the network with it.
pub fn give_back(world: &mut World, net: NamespaceId, name: &str, address: Option<Ipv4Addr>) {
    let pool = own(&mut world.networks).by_name.get_mut(name).map(own).and_then(|n| n.pool.as_mut());
    if let (Some(address), Some(pool)) = (address, pool) {
        pool.release(address);
    }
    world.network.remove_stack(NetId(net.0));
}

/// Takes a container off a network: its address is free at once.
pub fn disconnect(world: &mut World, number: u64, name: &str) {
    let Some(network) = world.networks.by_name.get(name).cloned() else { return };
    let net = world.container(number).and_then(|c| c.net);
    let address = world.container(number).and_then(|c| c.networks.get(name)).and_then(|e| e.address);
    if let Some(address) = address {
        if let Some(shared) = own(&mut world.networks).by_name.get_mut(name).map(own) {
            if let Some(pool) = shared.pool.as_mut() {
                pool.release(address);
            }
        }
        if let Some(net) = net {
            world.network.detach(NetId(net.0), address);
        }
    }
    if let Some(endpoint) = world.container_mut(number).and_then(|c| c.networks.get_mut(name)) {
        endpoint.endpoint.clear();
        endpoint.address = None;
        endpoint.mac = None;
        endpoint.gateway = None;
    }
    note(world, &network, "disconnect", Some(number));
}

fn note(world: &mut World, network: &DockerNetwork, action: &str, container: Option<u64>) {
    let mut attributes = Map::new();
    if let Some(container) = container.and_then(|n| world.container(n)) {
        attributes.insert("container".to_owned(), container.id.to_string());
    }
    attributes.insert("name".to_owned(), network.name.clone());
    attributes.insert("type".to_owned(), network.driver.clone());
    world.note(What::Network { id: network.id.to_string(), action: action.to_owned(), attributes });
}

/// The answers of the name server that a network namespace asks: containers by name on its user-defined
/// networks (the embedded server at 127.0.0.11); on the host and the default bridge, none of ours.
pub fn resolve(world: &World, net: NamespaceId, name: &str) -> Vec<Ipv4Addr> {
    let Some(asker) = world.containers.values().find(|c| c.net == Some(net)) else { return Vec::new() };
    let links = asker.host.links.iter().filter_map(|l| l.split_once(':'));
    let name = links.filter(|(_, alias)| *alias == name).map(|(target, _)| target).next().unwrap_or(name);
    let mut found = Vec::new();
    for network in asker.networks.keys().filter(|n| *n != "bridge") {
        for container in world.containers.values() {
            let Some(endpoint) = container.networks.get(network) else { continue };
            let Some(address) = endpoint.address else { continue };
            let known = endpoint.dns_names(container);
            if names::matches(name, known.iter().map(String::as_str)) {
                found.push(address);
            }
        }
    }
    found
}
