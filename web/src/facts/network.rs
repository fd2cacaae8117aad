//! Networks and ports in the Inspector.

use super::{Body, Card, Table, json};
use drydock::engine::World;

/// The card of a Docker network.
#[inline(never)]
pub fn card(world: &World, name: &str) -> Option<Card> {
    let network = world.networks.find(name)?;
    let bridges = world.network.bridges();
    let bridge = network.bridge.as_deref();
    let address = bridges.iter().find(|(n, _)| bridge == Some(n)).map(|(_, a)| a.to_string());
    let facts = Table::new("Network")
        .row("Id", network.id.get(..12).unwrap_or_default())
        .row("Driver", &network.driver)
        .row("Interface", bridge.unwrap_or_default())
        .row("Gateway", address.unwrap_or_default());
    let mut members = Table::new("Connected");
    for container in world.containers.values() {
        if let Some(endpoint) = container.networks.get(&network.name) {
            let address = endpoint.address.map_or_else(|| "not running".to_owned(), |a| a.to_string());
            members = members.row(&container.name, address);
        }
    }
    let sub = format!("Network, {} connected", members.rows.len());
    let tables = [facts, members].into_iter().filter(|t| !t.rows.is_empty()).collect();
    let tabs = vec![("Facts", Body::Facts(tables)), ("JSON", json(world, name, "network"))];
    Some(Card { title: network.name.clone(), sub, tabs })
}

/// The card of a published port.
#[inline(never)]
pub fn port(world: &World, port: u16) -> Option<Card> {
    let host = world.network.stack(world.network.host)?;
    let publication = host.publications.iter().find(|p| p.port == port)?;
    let protocol = if publication.udp { "udp" } else { "tcp" };
    let (address, inner) = publication.target;
    let facts = Table::new("Published port")
        .row("Host", format!("{}:{port}/{protocol}", publication.address))
        .row("Container", &publication.owner)
        .row("Leads to", format!("{address}:{inner}"));
    let mut rule = Table::new("Rule");
    rule.note = "table nat, chain DOCKER";
    let rule = rule.row("DNAT", format!("dport {port} to {address}:{inner}"));
    let sub = format!("Port of the host, leads to {}", publication.owner);
    Some(Card { title: format!("Port {port}"), sub, tabs: vec![("Facts", Body::Facts(vec![facts, rule]))] })
}
