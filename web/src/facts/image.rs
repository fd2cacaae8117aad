//! Images, layers and tags in the Inspector.

use super::{Body, Card, Table, json, union};
use crate::look::look;
use drydock::cli::units::human_size;
use drydock::digest::Digest;
use drydock::engine::World;

/// The card of an image of the store.
pub fn card(world: &World, name: &str) -> Option<Card> {
    let image = world.images.resolve(name)?;
    let names: Vec<String> = world.images.names(&image.id).iter().map(|n| n.familiar()).collect();
    let list = |setting: &str| image.list(setting).unwrap_or_default();
    let main = Table::new("Image")
        .row("Id", image.id.short())
        .row("Names", names.join(", "))
        .row("Size", human_size(image.size()))
        .row("Created", image.created().get(..19).unwrap_or_default().replace('T', " "))
        .row("Entrypoint", list("Entrypoint").join(" "))
        .row("Command", list("Cmd").join(" "))
        .row("Directory", image.setting("WorkingDir").as_str().unwrap_or_default())
        .row("User", image.setting("User").as_str().unwrap_or_default())
        .row("Ports", image.keys("ExposedPorts").join(", "))
        .row("Volumes", image.keys("Volumes").join(", "));
    let mut environment = Table::new("Environment");
    for line in list("Env") {
        if let Some((name, value)) = line.split_once('=') {
            environment = environment.row(name, value);
        }
    }
    let mut layers = Table::new("Layers");
    layers.note = "uppermost first";
    for layer in image.layers.iter().rev() {
        layers = layers.row(
            &look(&layer.diff_id).name,
            format!("{}  {}", layer.diff_id.short(), human_size(layer.size())),
        );
    }
    let used: Vec<String> =
        world.containers.values().filter(|c| c.image == image.id).map(|c| c.name.clone()).collect();
    let main = main.row("Containers", used.join(", "));
    let title = names.first().cloned().unwrap_or_else(|| image.id.short());
    let sub = format!("Image, {} layers, {}", image.layers.len(), human_size(image.size()));
    let (shared, waste) = (union::shares(world, image), union::waste(world, name).unwrap_or_default());
    let tables =
        [main, layers, shared, waste, environment].into_iter().filter(|t| !t.rows.is_empty()).collect();
    let id = image.id.to_string();
    Some(Card { title, sub, tabs: vec![("Facts", Body::Facts(tables)), ("JSON", json(world, &id, "image"))] })
}

/// The card of a layer, on the host or on a shelf.
pub fn layer(world: &World, id: &str) -> Option<Card> {
    let digest: Digest = id.parse().ok()?;
    let shown = look(&digest);
    let mut facts = Table::new("Layer").row("Look", &shown.name).row("Diff id", id);
    let here = world.images.layer(&digest);
    let mut on_shelves = Vec::new();
    for (host, registry) in &world.registries {
        for (repository, tags) in registry.shelves() {
            for tag in tags.keys() {
                let place = registry.diff_ids(&repository, tag).iter().position(|d| *d == digest);
                let Some((blob, size)) =
                    place.and_then(|n| registry.layers_of(&repository, tag).get(n).copied())
                else {
                    continue;
                };
                if here.is_none() && on_shelves.is_empty() {
                    facts = facts.row("Blob", blob).row("Compressed", human_size(size));
                }
                let name = repository.strip_prefix("library/").unwrap_or(&repository);
                on_shelves.push(format!("{name}:{tag} at {host}"));
            }
        }
    }
    if let Some(layer) = &here {
        facts = facts
            .row("Blob", layer.blob_digest)
            .row("Compressed", human_size(layer.compressed))
            .row("Unpacked", human_size(layer.size()));
        if layer.is_reduced() {
            facts = facts.row("Held here", "its files with names, modes and sizes, contents of small ones only; the digests were checked as it came");
        }
    }
    let sharing: Vec<String> = world
        .images
        .iter()
        .filter(|i| i.layers.iter().any(|l| l.diff_id == digest))
        .map(|i| world.images.names(&i.id).first().map_or_else(|| i.id.short(), |n| n.familiar()))
        .collect();
    let used: Vec<String> = world
        .containers
        .values()
        .filter(|c| world.images.get(&c.image).is_some_and(|i| i.layers.iter().any(|l| l.diff_id == digest)))
        .map(|c| c.name.clone())
        .collect();
    let does = union::does(world, &digest);
    if let Some((made, summary, _)) = &does {
        facts = facts.row("Made by", made).row("Does", summary);
    }
    let shares = Table::new("Who has it")
        .row("Images", sharing.join(", "))
        .row("Containers", used.join(", "))
        .row("Registries", on_shelves.join(", "));
    let sub = match (&here, sharing.len()) {
        (None, _) => "Layer, not on the host".to_owned(),
        (Some(_), 1) => "Layer, stored once, in one image".to_owned(),
        (Some(_), n) => format!("Layer, stored once, in {n} images"),
    };
    let tables = [facts, shares].into_iter().filter(|t| !t.rows.is_empty()).collect();
    let mut tabs = vec![("Facts", Body::Facts(tables))];
    if let Some((_, summary, files)) = does {
        tabs.push(("Files", Body::Text(format!("{summary}\n\n{files}"))));
    }
    Some(Card { title: shown.digits, sub, tabs })
}

/// The card of a tag at a registry.
pub fn tag(world: &World, host: &str, repository: &str, tag: &str) -> Option<Card> {
    let registry = world.registries.get(host)?;
    let (digest, kind, bytes) = registry.tagged(repository, tag)?;
    let layers = registry.layers_of(repository, tag);
    let diff_ids = registry.diff_ids(repository, tag);
    let all: u64 = layers.iter().map(|l| l.1).sum();
    let facts = Table::new("Tag")
        .row("Registry", host)
        .row("Repository", repository)
        .row("Digest", digest)
        .row("Media type", kind)
        .row("Compressed", human_size(all));
    let mut table = Table::new("Layers");
    table.note = "uppermost first";
    for ((blob, size), diff_id) in layers.iter().zip(&diff_ids).rev() {
        table = table.row(&look(diff_id).name, format!("{}  {}", blob.short(), human_size(*size)));
    }
    let name = repository.strip_prefix("library/").unwrap_or(repository);
    let text = serde_json::from_slice::<serde_json::Value>(&bytes)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    let title = format!("{name}:{tag}");
    let sub = format!("Tag at {host}, {} layers", layers.len());
    Some(Card {
        title,
        sub,
        tabs: vec![("Facts", Body::Facts(vec![facts, table])), ("Manifest", Body::Text(text))],
    })
}
