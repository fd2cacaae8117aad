//! An archive of images that comes in pieces: read as it comes, with every digest checked, and never held whole.
//!
//! A layer whose blob is small is kept byte for byte. Of a larger one the tree is kept, with the contents of small
//! files; larger files keep their names, modes, owners and sizes.

mod layer;
mod tape;

use super::gzip::stream::Unpacker;
use super::layer::Layer;
use super::{Image, Store, bundle, gzip};
use crate::digest::Digest;
use crate::files::{Inode, InodeKind, Tree};
use crate::reference::Reference;
use crate::shared::Map;
use layer::LayerIntake;
use std::rc::Rc;
use tape::{Head, Sink, Tape};
use tar::EntryType;

/// The most bytes that all layers together may unpack to.
pub const LARGEST: u64 = 2 << 30;
/// The largest file of the archive that is not a layer.
const DOCUMENT: u64 = 4 << 20;

/// Images with their names.
pub type Images = Vec<(Rc<Image>, Vec<Reference>)>;

/// What is allowed, and how much of it was used.
struct Budget {
    /// Bytes of blobs that may still be kept whole.
    blobs: u64,
    /// Bytes of contents in layers that are not kept whole.
    contents: u64,
    /// Bytes that may still be unpacked.
    unpacked: u64,
    /// Files that may still come.
    files: u64,
}

/// An archive on its way.
pub struct Intake {
    outer: Option<Unpacker>,
    /// The first bytes, until it is clear what they are.
    first: Vec<u8>,
    begun: bool,
    tape: Tape,
    contents: Contents,
}

/// What the archive has held so far.
struct Contents {
    documents: Tree,
    layers: Map<String, Rc<Layer>>,
    budget: Budget,
    path: String,
    /// The beginning of a file that may be a layer, until it is clear.
    start: Vec<u8>,
    size: u64,
    layer: Option<Box<LayerIntake>>,
}

impl Default for Intake {
    fn default() -> Self {
        let budget = Budget { blobs: 48 << 20, contents: 32 << 20, unpacked: LARGEST, files: 300_000 };
        let contents = Contents {
            documents: Tree::default(),
            layers: Map::new(),
            budget,
            path: String::new(),
            start: Vec::new(),
            size: 0,
            layer: None,
        };
        Self { outer: None, first: Vec::new(), begun: false, tape: Tape::default(), contents }
    }
}

impl Intake {
    /// Takes the next piece.
    ///
    /// # Errors
    /// What is wrong with the archive, or too large in it.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        if !self.begun {
            self.first.extend_from_slice(bytes);
            if self.first.len() < 3 {
                return Ok(());
            }
            self.begun = true;
            self.outer = gzip::is_gzip(&self.first).then(Unpacker::default);
            let first = std::mem::take(&mut self.first);
            return self.push(&first);
        }
        let (tape, contents) = (&mut self.tape, &mut self.contents);
        match &mut self.outer {
            Some(outer) => outer.push(bytes, |piece| tape.push(piece, contents)),
            None => tape.push(bytes, contents),
        }
    }

    /// The archive is whole: its images. Layers that the store has are taken from there.
    ///
    /// # Errors
    /// What is wrong with it, or missing.
    pub fn finish(self, store: &Store) -> Result<Images, String> {
        if self.outer.is_some_and(|outer| !outer.is_whole()) || !self.tape.is_whole() {
            return Err("the archive ends before its end".to_owned());
        }
        let Contents { documents, layers, .. } = self.contents;
        if documents.find("manifest.json").is_none() && documents.find("index.json").is_none() {
            return Err("no image is in it: it has neither manifest.json nor index.json".to_owned());
        }
        bundle::read_with(&documents, &layers, store)
    }
}

impl Sink for Contents {
    fn begin(&mut self, head: &Head) -> Result<(), String> {
        self.path = head.parent_and_name().map_or(String::new(), |(parent, name)| {
            if parent.is_empty() { name } else { format!("{parent}/{name}") }
        });
        self.size = head.size;
        self.start.clear();
        self.layer = None;
        if head.kind() == EntryType::Symlink {
            let target = head.link.clone().unwrap_or_default();
            self.keep(InodeKind::Symlink(target.as_str().into()));
        }
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), String> {
        if let Some(layer) = &mut self.layer {
            return layer.push(bytes, &mut self.budget);
        }
        self.start.extend_from_slice(bytes);
        if (self.start.len() as u64) < self.size.min(512) {
            return Ok(());
        }
        if let Some(layer) = LayerIntake::of(&self.path, &self.start, self.size)? {
            let start = std::mem::take(&mut self.start);
            return self.layer.insert(Box::new(layer)).push(&start, &mut self.budget);
        }
        if self.size > DOCUMENT {
            return Err(format!("{} is neither a layer nor a document", self.path));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let named: Option<Digest> =
            self.path.strip_prefix("blobs/sha256/").and_then(|hex| format!("sha256:{hex}").parse().ok());
        let found = match self.layer.take() {
            Some(layer) => {
                let (digest, layer) = layer.finish(&mut self.budget)?;
                self.layers.insert(self.path.clone(), Rc::new(layer));
                digest
            }
            None if self.size == 0 && named.is_none() => return Ok(()),
            None => {
                let bytes: Rc<[u8]> = std::mem::take(&mut self.start).into();
                let digest = Digest::of(&bytes);
                self.keep(InodeKind::File { bytes, nominal: None });
                digest
            }
        };
        match named {
            Some(named) if named != found => Err(format!("the blob {named} has another digest: {found}")),
            _ => Ok(()),
        }
    }
}

impl Contents {
    fn keep(&mut self, kind: InodeKind) {
        let (parent, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        if !name.is_empty() {
            let directory = self.documents.make_path(parent, 0o755, 0);
            self.documents.insert(directory, name, Inode::new(kind, 0o644, 0));
        }
    }
}

#[cfg(test)]
mod tests;
