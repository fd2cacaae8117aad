//! Images by name: tagging, removing, saving and loading them.

use crate::digest::Digest;
use crate::engine::{DaemonError, World};
use crate::event::What;
use crate::files::archive;
use crate::image::layer::unzipped;
use crate::image::{Image, Layer, bundle};
use crate::reference::Reference;
use crate::shared::Map;
use std::rc::Rc;

/// Notes what the daemon did to an image.
pub fn note(world: &mut World, id: &str, action: &str, name: &str) {
    let attributes = Map::from([("name".to_owned(), name.to_owned())]);
    world.note(What::Image { id: id.to_owned(), action: action.to_owned(), attributes });
}

/// The words about an image that is not here.
pub fn missing(text: &str) -> DaemonError {
    let shown = match Reference::parse(text) {
        Ok(reference) => reference.with_default_tag().familiar(),
        Err(_) => text.to_owned(),
    };
    DaemonError::new(404, format!("No such image: {shown}"))
        .because(format!("The image store of the host has no {shown}; a pull would bring it."))
}

/// `docker tag`.
pub fn tag(world: &mut World, source: &str, target: &str) -> Result<(), DaemonError> {
    let id = world.images.resolve(source).ok_or_else(|| missing(source))?.id;
    let reference = Reference::parse(target).map_err(|words| {
        DaemonError::new(
            400,
            format!("Error parsing reference: \"{target}\" is not a valid repository/tag: {words}"),
        )
    })?;
    if reference.digest().is_some() {
        return Err(DaemonError::new(400, "refusing to create a tag with a digest reference".to_owned()));
    }
    let reference = reference.with_default_tag();
    if reference.familiar().starts_with("sha256:") {
        let words = "refusing to create an ambiguous tag using digest algorithm as name";
        return Err(DaemonError::new(400, words.to_owned()));
    }
    world.images.tag(reference.clone(), id);
    note(world, &id.to_string(), "tag", &reference.familiar());
    Ok(())
}

/// `docker rmi` of one name: the lines that it prints.
pub fn remove(world: &mut World, text: &str, force: bool) -> Result<Vec<String>, DaemonError> {
    let image = world.images.resolve(text).cloned().ok_or_else(|| missing(text))?;
    let id = image.id;
    let names = world.images.names(&id);
    let by_name = Reference::parse(text)
        .ok()
        .map(Reference::with_default_tag)
        .filter(|r| world.images.named(r).is_some());
    let mut lines = Vec::new();
    let tags = names.iter().filter(|n| n.digest().is_none()).count();
    if let Some(reference) = by_name {
        if tags > 1 || (reference.digest().is_some() && tags > 0) {
            untag(world, &reference, id, &mut lines);
            let repository_left = world
                .images
                .names(&id)
                .iter()
                .any(|n| n.digest().is_none() && n.familiar_name() == reference.familiar_name());
            if !repository_left {
                for name in world.images.names(&id) {
                    if name.digest().is_some() && name.familiar_name() == reference.familiar_name() {
                        untag(world, &name, id, &mut lines);
                    }
                }
            }
            return Ok(lines);
        }
    } else {
        let repositories: crate::shared::Set<String> = names.iter().map(Reference::familiar_name).collect();
        if repositories.len() > 1 && !force {
            return Err(DaemonError::new(
                409,
                format!(
                    "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
                    image.id.short()
                ),
            ));
        }
    }
    check_unused(world, text, &id, force)?;
    for name in names {
        untag(world, &name, id, &mut lines);
    }
    lines.push(format!("Deleted: {id}"));
    note(world, &id.to_string(), "delete", &id.to_string());
    let gone = world.images.remove(&id);
    // The layers stay while a container that does not run stands on them.
    if !world.containers.values().any(|c| c.image == id) {
        lines.extend(gone.iter().map(|layer| format!("Deleted: {layer}")));
    }
    Ok(lines)
}

fn untag(world: &mut World, name: &Reference, id: Digest, lines: &mut Vec<String>) {
    world.images.untag(name);
    lines.push(format!("Untagged: {}", name.familiar()));
    note(world, &id.to_string(), "untag", &id.to_string());
}

/// An image that a container needs stays.
fn check_unused(world: &World, text: &str, id: &Digest, force: bool) -> Result<(), DaemonError> {
    let Some(user) = world.containers.values().find(|c| c.image == *id && (!force || c.state.is_running()))
    else {
        return Ok(());
    };
    let by_id =
        Reference::parse(text).ok().is_none_or(|r| world.images.named(&r.with_default_tag()).is_none());
    let (running, short) = (user.state.is_running(), user.id.short());
    let message = match (by_id, running) {
        (true, true) => format!(
            "conflict: unable to delete {} (cannot be forced) - image is being used by running container {short}",
            id.short()
        ),
        (true, false) => format!(
            "conflict: unable to delete {} (must be forced) - image is being used by stopped container {short}",
            id.short()
        ),
        (false, true) => format!(
            "conflict: unable to remove repository reference \"{text}\" (must force) - container {short} is using its referenced image {}",
            id.short()
        ),
        (false, false) => format!(
            "conflict: unable to remove repository reference \"{text}\" (must force) - container {short} is using its referenced image {}",
            id.short()
        ),
    };
    Err(DaemonError::new(409, message).because(format!("Container {} stands on this image.", user.name)))
}

/// The images that `docker save` is asked for, with the names that go with them: a repository stands for all its tags.
///
/// # Errors
/// Docker's words about what is not here.
pub fn to_save(world: &World, names: &[String]) -> Result<Vec<(Rc<Image>, Vec<Reference>)>, DaemonError> {
    let mut all: Vec<(Rc<Image>, Vec<Reference>)> = Vec::new();
    for text in names {
        let reference = Reference::parse(text).ok();
        let asked = reference.as_ref().map(|r| r.familiar_name());
        let bare = reference.as_ref().is_some_and(|r| r.tag().is_none() && r.digest().is_none());
        let named: Vec<(&Reference, &Digest)> = world
            .images
            .all_names()
            .filter(|(name, _)| name.digest().is_none() && Some(name.familiar_name()) == asked)
            .filter(|(name, _)| bare || reference.as_ref() == Some(name))
            .collect();
        let mut found: Vec<(Digest, Option<Reference>)> =
            named.into_iter().map(|(name, id)| (*id, Some(name.clone()))).collect();
        if found.is_empty() {
            let image = world.images.resolve(text).ok_or_else(|| {
                let words = if bare {
                    format!("No such image: {text}")
                } else {
                    "reference does not exist".to_owned()
                };
                DaemonError { message: words, ..missing(text) }
            })?;
            found.push((image.id, None));
        }
        for (id, name) in found {
            let Some(image) = world.images.get(&id) else { continue };
            must_be_whole(image)?;
            let at = all.iter().position(|(other, _)| other.id == id).unwrap_or_else(|| {
                all.push((image.clone(), Vec::new()));
                all.len() - 1
            });
            all[at].1.extend(name);
        }
    }
    Ok(all)
}

/// `docker load`: the short digests of layers that were not here, and the lines that it prints.
///
/// # Errors
/// Docker's words about the archive.
pub fn load(world: &mut World, archive: &[u8]) -> Result<(Vec<Rc<Layer>>, Vec<String>), DaemonError> {
    let invalid = |words: String| DaemonError::new(500, words);
    let bytes = unzipped(archive).ok_or_else(|| invalid("gzip: invalid checksum".to_owned()))?;
    let tree = archive::unpack(&bytes).ok().filter(|_| bytes.len() >= 512);
    let tree = tree.ok_or_else(|| invalid("archive/tar: invalid tar header".to_owned()))?;
    let images = bundle::read(&tree, &world.images).map_err(invalid)?;
    Ok(admit(world, images))
}

/// Takes images into the store: the layers that were not here, and the lines that `docker load` prints.
pub fn admit(world: &mut World, images: Vec<(Rc<Image>, Vec<Reference>)>) -> (Vec<Rc<Layer>>, Vec<String>) {
    let (mut fresh, mut lines) = (Vec::new(), Vec::new());
    for (image, names) in images {
        fresh.extend(image.layers.iter().filter(|l| world.images.layer(&l.diff_id).is_none()).cloned());
        let id = world.images.add(image);
        for name in &names {
            let shown = name.familiar();
            if let Some(old) = world.images.tag(name.clone(), id).filter(|old| *old != id) {
                lines.push(format!(
                    "The image {shown} already exists, renaming the old one with ID {old} to empty string"
                ));
            }
            lines.push(format!("Loaded image: {shown}"));
        }
        if names.is_empty() {
            lines.push(format!("Loaded image ID: {id}"));
        }
        note(world, &id.to_string(), "load", &id.to_string());
    }
    (fresh, lines)
}

/// Refuses what needs the bytes of layers that are not kept whole.
///
/// # Errors
/// A layer of the image was too large to be kept.
pub fn must_be_whole(image: &Image) -> Result<(), DaemonError> {
    let Some(layer) = image.layers.iter().find(|layer| layer.is_reduced()) else { return Ok(()) };
    let words = format!("the bytes of layer {} are not here", layer.diff_id);
    let cause = "The layer came in an archive that was brought in, and was too large to be kept: Drydock has its names, sizes and digests.";
    Err(DaemonError::new(500, words).because(cause))
}
