//! The local image store: images by id, names that lead to them, layers shared between them.

use super::{Image, Layer};
use crate::digest::Digest;
use crate::reference::Reference;
use crate::shared::{Map, Set};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Images and their names. `Clone` is cheap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Store {
    images: Map<Digest, Rc<Image>>,
    /// `repository:tag` and `repository@digest`, each leading to an image's id.
    names: Map<Reference, Digest>,
    /// Images in the order they came, oldest first.
    order: Vec<Digest>,
}

impl Store {
    /// Keeps an image.
    pub fn add(&mut self, image: Rc<Image>) -> Digest {
        let id = image.id;
        if !self.images.contains_key(&id) {
            self.images.insert(id, image);
            self.order.push(id);
        }
        id
    }

    /// The image with this id.
    pub fn get(&self, id: &Digest) -> Option<&Rc<Image>> {
        self.images.get(id)
    }

    /// Every image, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<Image>> {
        self.order.iter().rev().filter_map(|id| self.images.get(id))
    }

    /// Gives an image a name; the image that had it before keeps its others.
    pub fn tag(&mut self, reference: Reference, id: Digest) -> Option<Digest> {
        self.names.insert(reference, id)
    }

    /// Takes a name away.
    pub fn untag(&mut self, reference: &Reference) -> Option<Digest> {
        self.names.remove(reference)
    }

    /// The id that a name leads to.
    pub fn named(&self, reference: &Reference) -> Option<Digest> {
        self.names.get(reference).copied()
    }

    /// The names of an image, tags first.
    pub fn names(&self, id: &Digest) -> Vec<Reference> {
        let all: Vec<&Reference> =
            self.names.iter().filter(|(_, to)| *to == id).map(|(name, _)| name).collect();
        let (tags, digests): (Vec<_>, Vec<_>) = all.into_iter().partition(|r| r.digest().is_none());
        tags.into_iter().chain(digests).cloned().collect()
    }

    /// Every name with the id it leads to.
    pub fn all_names(&self) -> impl Iterator<Item = (&Reference, &Digest)> {
        self.names.iter()
    }

    /// The image that a learner means by a name, a tag, an id or the beginning of one.
    pub fn resolve(&self, text: &str) -> Option<&Rc<Image>> {
        let bare = text.strip_prefix("sha256:").unwrap_or(text);
        let hex = !bare.is_empty() && bare.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if let Ok(reference) = Reference::parse(text) {
            let reference = reference.with_default_tag();
            let exact = match reference.digest() {
                Some(digest) => self.names.get(&reference.with_digest(digest)),
                None => self.names.get(&reference),
            };
            if let Some(id) = exact {
                return self.images.get(id);
            }
        }
        if !hex || bare.len() > 64 {
            return None;
        }
        let mut matching = self.images.values().filter(|i| i.id.hex().starts_with(bare));
        let first = matching.next();
        if matching.next().is_some() { None } else { first }
    }

    /// Deletes an image. The layers that no other image has are gone with it: their diff ids, uppermost first.
    pub fn remove(&mut self, id: &Digest) -> Vec<Digest> {
        let Some(image) = self.images.remove(id) else { return Vec::new() };
        self.order.retain(|other| other != id);
        let kept: Set<Digest> =
            self.images.values().flat_map(|i| i.layers.iter().map(|l| l.diff_id)).collect();
        image.layers.iter().rev().map(|l| l.diff_id).filter(|d| !kept.contains(d)).collect()
    }

    /// A layer that some image here has, by its unpacked digest.
    pub fn layer(&self, diff_id: &Digest) -> Option<Rc<Layer>> {
        self.images.values().flat_map(|i| i.layers.iter()).find(|l| l.diff_id == *diff_id).cloned()
    }

    /// A layer that some image here has, by its compressed digest.
    pub fn layer_by_blob(&self, blob: &Digest) -> Option<Rc<Layer>> {
        self.images.values().flat_map(|i| i.layers.iter()).find(|l| l.blob_digest == *blob).cloned()
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// True without any image.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }
}
