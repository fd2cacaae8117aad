//! Images in one archive, as `docker save` writes it: an OCI image layout with Docker's own `manifest.json` beside it.

use super::layer::{Layer, SIZE_ANNOTATION};
use super::{Image, Store};
use crate::digest::Digest;
use crate::files::{Inode, InodeKind, Tree};
use crate::reference::Reference;
use crate::shared;
use serde_json::{Map, Value, json};
use std::rc::Rc;

const OCI: &str = "application/vnd.oci.image.";

/// Writes images with their names.
pub fn write(images: &[(Rc<Image>, Vec<Reference>)]) -> Tree {
    let mut tree = Tree::default();
    let (mut list, mut index, mut repositories) = (Vec::new(), Vec::new(), Map::new());
    for (image, names) in images {
        blob(&mut tree, &image.id, image.config_bytes.clone(), None);
        let mut descriptors = Vec::new();
        for layer in &image.layers {
            let held: u64 = layer.tree.walk().iter().map(|(_, ino)| real(layer.tree.get(*ino))).sum();
            let nominal = layer.tar.len() as u64 + layer.size().saturating_sub(held);
            blob(&mut tree, &layer.diff_id, layer.tar.clone(), Some(nominal));
            let mut one = descriptor("layer.v1.tar", &layer.diff_id, layer.tar.len());
            if layer.compressed != layer.blob.len() as u64 {
                one["annotations"] = json!({ SIZE_ANNOTATION: layer.compressed.to_string() });
            }
            descriptors.push(one);
        }
        let config = descriptor("config.v1+json", &image.id, image.config_bytes.len());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": format!("{OCI}manifest.v1+json"), "config": config, "layers": descriptors,
        });
        let bytes: Rc<[u8]> = manifest.to_string().into_bytes().into();
        let digest = Digest::of(&bytes);
        let entry = descriptor("manifest.v1+json", &digest, bytes.len());
        blob(&mut tree, &digest, bytes, None);
        for name in names {
            let mut entry = entry.clone();
            let tag = name.selector();
            entry["annotations"] = json!({ "io.containerd.image.name": name.to_string(), "org.opencontainers.image.ref.name": tag });
            index.push(entry);
            let top = image.layers.last().map_or(String::new(), |l| l.diff_id.hex());
            let all = repositories.entry(name.familiar_name()).or_insert_with(|| json!({}));
            all[tag] = top.into();
        }
        if names.is_empty() {
            index.push(entry);
        }
        let tags: Vec<String> = names.iter().map(Reference::familiar).collect();
        list.push(json!({
            "Config": path(&image.id), "RepoTags": if tags.is_empty() { Value::Null } else { tags.into() },
            "Layers": image.layers.iter().map(|l| path(&l.diff_id)).collect::<Vec<_>>(),
        }));
    }
    let index = json!({ "schemaVersion": 2, "mediaType": format!("{OCI}index.v1+json"), "manifests": index });
    put(&mut tree, "index.json", index.to_string().into_bytes().into(), None);
    put(&mut tree, "manifest.json", Value::from(list).to_string().into_bytes().into(), None);
    put(&mut tree, "oci-layout", b"{\"imageLayoutVersion\": \"1.0.0\"}".as_slice().into(), None);
    if !repositories.is_empty() {
        put(&mut tree, "repositories", Value::Object(repositories).to_string().into_bytes().into(), None);
    }
    tree
}

fn real(inode: Option<&Inode>) -> u64 {
    match inode.map(|inode| &inode.kind) {
        Some(InodeKind::File { bytes, .. }) => bytes.len() as u64,
        _ => 0,
    }
}

fn path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn descriptor(kind: &str, digest: &Digest, size: usize) -> Value {
    json!({ "mediaType": format!("{OCI}{kind}"), "digest": digest.to_string(), "size": size })
}

fn blob(tree: &mut Tree, digest: &Digest, bytes: Rc<[u8]>, nominal: Option<u64>) {
    put(tree, &path(digest), bytes, nominal);
}

fn put(tree: &mut Tree, path: &str, bytes: Rc<[u8]>, nominal: Option<u64>) {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let directory = tree.make_path(parent, 0o755, 0);
    let nominal = nominal.filter(|n| *n != bytes.len() as u64);
    tree.insert(directory, name, Inode::new(InodeKind::File { bytes, nominal }, 0o644, 0));
}

/// Reads images with their names: from Docker's `manifest.json`, otherwise from the `index.json` of an OCI layout.
/// Layers that the store has are taken from there.
///
/// # Errors
/// What is wrong with the archive.
pub fn read(tree: &Tree, store: &Store) -> Result<Vec<(Rc<Image>, Vec<Reference>)>, String> {
    read_with(tree, &shared::Map::new(), store)
}

/// Reads images whose layers were read before, by their paths in the archive.
///
/// # Errors
/// What is wrong with the archive.
pub fn read_with(
    tree: &Tree,
    read: &Layers,
    store: &Store,
) -> Result<Vec<(Rc<Image>, Vec<Reference>)>, String> {
    let mut images = Vec::new();
    if tree.find("manifest.json").is_some() {
        for entry in parsed(tree, "manifest.json")?.as_array().into_iter().flatten() {
            let layers = texts(&entry["Layers"]).map(|path| (path.to_owned(), 0)).collect();
            let names = texts(&entry["RepoTags"]).filter_map(|name| Reference::parse(name).ok()).collect();
            let config = entry["Config"].as_str().unwrap_or_default();
            images.push((image(tree, config, layers, (read, store))?, names));
        }
        return Ok(images);
    }
    if tree.find("index.json").is_none() {
        return Err(gone("repositories"));
    }
    for entry in parsed(tree, "index.json")?["manifests"].as_array().into_iter().flatten() {
        let mut manifest = parsed(tree, &of_digest(entry)?)?;
        if let Some(first) = manifest["manifests"].get(0).cloned() {
            manifest = parsed(tree, &of_digest(&first)?)?;
        }
        let mut layers = Vec::new();
        for layer in manifest["layers"].as_array().into_iter().flatten() {
            let size = layer["annotations"][SIZE_ANNOTATION].as_str().and_then(|s| s.parse().ok());
            layers.push((of_digest(layer)?, size.unwrap_or(0)));
        }
        let annotations = &entry["annotations"];
        let name = annotations["io.containerd.image.name"].as_str();
        // A layout that Docker did not write may have a whole name here, or a tag alone, which names nothing.
        let other = annotations["org.opencontainers.image.ref.name"].as_str();
        let name = name.or(other.filter(|name| name.contains([':', '/'])));
        let names = name.and_then(|name| Reference::parse(name).ok());
        let names = names.map(Reference::with_default_tag).into_iter().collect();
        images.push((image(tree, &of_digest(&manifest["config"])?, layers, (read, store))?, names));
    }
    Ok(images)
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn of_digest(descriptor: &Value) -> Result<String, String> {
    let digest = descriptor["digest"].as_str().and_then(|d| d.parse().ok());
    digest.map(|digest| path(&digest)).ok_or_else(|| "invalid checksum digest format".to_owned())
}

fn gone(path: &str) -> String {
    format!("open /var/lib/docker/tmp/docker-import-2718281828/{path}: no such file or directory")
}

/// Layers by their paths in an archive.
type Layers = shared::Map<String, Rc<Layer>>;

fn kind<'a>(tree: &'a Tree, path: &str) -> Option<&'a InodeKind> {
    tree.find(path).and_then(|ino| tree.get(ino)).map(|inode| &inode.kind)
}

/// The path that symbolic links of the archive lead to.
fn resolved(tree: &Tree, path: &str) -> String {
    let mut path = format!("/{path}");
    for _ in 0..4 {
        let Some(InodeKind::Symlink(target)) = kind(tree, &path) else { break };
        let (parent, _) = path.rsplit_once('/').unwrap_or_default();
        path = super::change::below(parent, target);
    }
    path.split_off(1)
}

/// A file of the archive; a symbolic link leads to another one.
fn file(tree: &Tree, path: &str) -> Result<Rc<[u8]>, String> {
    let path = resolved(tree, path);
    match kind(tree, &path) {
        Some(InodeKind::File { bytes, .. }) => Ok(bytes.clone()),
        _ => Err(gone(&path)),
    }
}

fn parsed(tree: &Tree, path: &str) -> Result<Value, String> {
    serde_json::from_slice(&file(tree, path)?).map_err(|e| e.to_string())
}

fn image(
    tree: &Tree,
    config: &str,
    layers: Vec<(String, u64)>,
    (read, store): (&Layers, &Store),
) -> Result<Rc<Image>, String> {
    let config = file(tree, config)?;
    let all: Result<Vec<Rc<Layer>>, String> = layers
        .into_iter()
        .map(|(path, size)| {
            let layer = match read.get(&resolved(tree, &path)) {
                Some(layer) => layer.clone(),
                None => Rc::new(Layer::from_blob(file(tree, &path)?, size)?),
            };
            Ok(store.layer(&layer.diff_id).unwrap_or(layer))
        })
        .collect();
    let image = Image::new(config, all?)?;
    let stated: Vec<&str> = texts(&image.json["rootfs"]["diff_ids"]).collect();
    let found: Vec<String> = image.layers.iter().map(|l| l.diff_id.to_string()).collect();
    if stated != found {
        return Err("invalid diffID for layer: the archive holds another one".to_owned());
    }
    let known = store.get(&image.id).cloned();
    Ok(known.unwrap_or_else(|| Rc::new(image)))
}

#[cfg(test)]
mod tests;
