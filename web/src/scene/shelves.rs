//! The registries: which repositories and tags are shown, and the layers that stand above each tag.

use crate::look::{Look, look};
use drydock::engine::World;
use drydock::engine::transfer::{Transfer, is_near};
use drydock::engine::world::DOCKER_HUB;
use drydock::registry::Registry;
use drydock::registry::catalogue::FAMILIAR;
use drydock::shared::sort_by;

/// A registry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shelves {
    /// What people call it.
    pub title: String,
    /// Its host name.
    pub host: String,
    /// The tags that are shown, in order.
    pub tags: Vec<Shelf>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf {
    /// Its repository, such as `library/nginx`.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Its layers, the base first.
    pub layers: Vec<Look>,
    /// It is being pulled or pushed.
    pub active: bool,
}

/// How many tags a registry shows at most.
const SHOWN: usize = 8;

/// Every registry with something to show. Docker Hub is the last: it stands where the floor is.
pub fn shelves(world: &World) -> Vec<Shelves> {
    let mut all: Vec<Shelves> = world
        .registries
        .iter()
        .filter(|(host, _)| *host != DOCKER_HUB)
        .map(|(host, registry)| one(world, host, registry))
        .filter(|s| !s.tags.is_empty())
        .collect();
    if let Some(hub) = world.registries.get(DOCKER_HUB) {
        all.push(one(world, DOCKER_HUB, hub));
    }
    all
}

/// The tag that is looked at: what is on its way, or was asked for last, or the first that was ever written.
fn one(world: &World, host: &str, registry: &Registry) -> Shelves {
    let moving = |repository: &str| {
        world
            .transfers
            .values()
            .find(|t| t.registry == host && t.reference.path() == repository && t.outcome.is_none())
    };
    let used = |repository: &str| {
        let name = repository.strip_prefix("library/").unwrap_or(repository);
        world
            .images
            .all_names()
            .find(|(n, _)| n.path() == repository && n.tag().is_some() && n.familiar().starts_with(name))
    };
    let mut tags: Vec<(usize, Shelf)> = registry
        .shelves()
        .into_iter()
        .filter_map(|(repository, tags)| {
            let name = repository.strip_prefix("library/").unwrap_or(&repository);
            let transfer = moving(&repository);
            let asked =
                transfer.map(|t| t.reference.clone()).or_else(|| used(&repository).map(|(n, _)| n.clone()));
            let wanted = asked.as_ref().and_then(|r| r.tag()).map(str::to_owned);
            let numbered = || tags.keys().find(|t| t.starts_with(|c: char| c.is_ascii_digit())).cloned();
            let tag = wanted
                .filter(|t| tags.contains_key(t))
                .or_else(|| tags.contains_key("latest").then(|| "latest".to_owned()))
                .or_else(numbered)
                .or_else(|| tags.keys().next().cloned())?;
            let familiar = FAMILIAR.iter().position(|f| *f == name);
            let rank = if asked.is_some() { 0 } else { 1 + familiar.unwrap_or(FAMILIAR.len()) };
            let active = transfer.is_some();
            Some((rank, Shelf { repository, tag, layers: Vec::new(), active }))
        })
        .collect();
    sort_by(&mut tags, |a, b| (a.0, &a.1.repository).cmp(&(b.0, &b.1.repository)));
    tags.truncate(SHOWN);
    let place = |shelf: &Shelf| {
        let name = shelf.repository.strip_prefix("library/").unwrap_or(&shelf.repository);
        FAMILIAR.iter().position(|f| *f == name).unwrap_or(FAMILIAR.len())
    };
    let mut tags: Vec<Shelf> = tags.into_iter().map(|(_, shelf)| shelf).collect();
    sort_by(&mut tags, |a, b| (place(a), &a.repository).cmp(&(place(b), &b.repository)));
    for shelf in &mut tags {
        shelf.layers = registry.diff_ids(&shelf.repository, &shelf.tag).iter().map(look).collect();
    }
    let title = match host {
        DOCKER_HUB => "Docker Hub",
        _ if is_near(host) => "Your registry",
        _ => host,
    };
    Shelves { title: title.to_owned(), host: host.to_owned(), tags }
}

/// The looks of a transfer's layers: by their diff ids once these are known, else as the registry's configuration says.
pub fn transfer_looks(world: &World, transfer: &Transfer) -> Vec<Look> {
    let registry = world.registries.get(&transfer.registry);
    let tag = transfer.reference.tag().unwrap_or("latest");
    let known = registry.map(|r| r.diff_ids(transfer.reference.path(), tag)).unwrap_or_default();
    let layers = transfer.layers.iter().enumerate();
    layers
        .map(|(n, layer)| look(&layer.diff_id.or_else(|| known.get(n).copied()).unwrap_or(layer.blob)))
        .collect()
}
