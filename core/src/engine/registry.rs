//! Registries as the daemon reaches them: Docker Hub over the internet, others by their address.

use crate::engine::{World, traffic};
use crate::kernel::namespace::{NamespaceId, Namespaces};
use crate::registry::Registry;
use crate::shared::own;
use http::{Request, Response};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// The key of the registry that answers at `host`: a name of the internet, or whatever listens at a port
/// of this host (a registry container behind its published port).
pub fn reach(world: &World, host: &str) -> Option<String> {
    if world.registries.contains_key(host) && !super::transfer::is_near(host) {
        return Some(host.to_owned());
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let port: u16 = port.parse().ok()?;
    let address: Ipv4Addr = if name == "localhost" { Ipv4Addr::LOCALHOST } else { name.parse().ok()? };
    let published = world.network.published(address, port);
    let (net, address, port) = published
        .map_or((Namespaces::default().net, address, port), |(net, address, port)| {
            (NamespaceId(net.0), address, port)
        });
    let listener = traffic::listener(world, net, address, port)?;
    world.kernel.sockets.get(&listener)?.registry.clone()
}

/// Lets a registry handle a request.
pub fn handle(world: &mut World, key: &str, request: Request<Rc<[u8]>>) -> Option<Response<Rc<[u8]>>> {
    let registry = world.registries.get_mut(key)?;
    Some(own(registry).handle(request))
}

/// An empty registry under a key, unless one is there.
pub fn create(world: &mut World, key: &str) {
    world.registries.get_or_insert_with(key.to_owned(), || Rc::new(Registry::new()));
}
