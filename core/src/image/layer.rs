//! Layers: a tar with its digest, the compressed blob with its own, and the files in it.

use super::gzip;
use crate::digest::Digest;
use crate::files::{Tree, archive};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// One layer of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "LayerBytes", into = "LayerBytes")]
pub struct Layer {
    /// The digest of the tar.
    pub diff_id: Digest,
    /// The tar.
    pub tar: Rc<[u8]>,
    /// The files in it.
    pub tree: Rc<Tree>,
    /// The compressed tar, as registries keep it.
    pub blob: Rc<[u8]>,
    /// Its digest.
    pub blob_digest: Digest,
    /// The compressed size it stands for, in bytes.
    pub compressed: u64,
}

/// What of a layer is kept: the rest is made from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LayerBytes {
    tar: Rc<[u8]>,
    compressed: u64,
}

/// The annotation of a layer's descriptor with the compressed size it stands for.
pub const SIZE_ANNOTATION: &str = "io.drydock.size";

/// The most bytes that a blob may unpack to.
const LARGEST: usize = 512 << 20;

impl Layer {
    /// The layer of a tar. A `compressed` size of zero means the blob's own.
    ///
    /// # Errors
    /// What is wrong with the archive.
    pub fn from_tar(tar: impl Into<Rc<[u8]>>, compressed: u64) -> Result<Self, String> {
        let tar = tar.into();
        let blob: Rc<[u8]> = gzip::compress(&tar).into();
        Self::assemble(tar, blob, compressed)
    }

    /// The layer of a blob: a tar, compressed or not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_blob(blob: Rc<[u8]>, compressed: u64) -> Result<Self, String> {
        let tar = if gzip::is_gzip(&blob) {
            unzipped(&blob).ok_or("gzip: invalid checksum")?.into()
        } else {
            blob.clone()
        };
        Self::assemble(tar, blob, compressed)
    }

    /// The layer of a tree.
    pub fn from_tree(tree: &Tree) -> Self {
        let tar: Rc<[u8]> = archive::pack(tree).into();
        let blob: Rc<[u8]> = gzip::compress(&tar).into();
        let (blob_digest, compressed) = (Digest::of(&blob), blob.len() as u64);
        Self { diff_id: Digest::of(&tar), tar, tree: Rc::new(tree.clone()), blob, blob_digest, compressed }
    }

    fn assemble(tar: Rc<[u8]>, blob: Rc<[u8]>, compressed: u64) -> Result<Self, String> {
        let tree = archive::unpack(&tar).map_err(|e| e.to_string())?;
        let compressed = if compressed == 0 { blob.len() as u64 } else { compressed };
        Ok(Self {
            diff_id: Digest::of(&tar),
            tree: Rc::new(tree),
            blob_digest: Digest::of(&blob),
            tar,
            blob,
            compressed,
        })
    }

    /// The sizes of its files together, in bytes.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }
}

/// An archive as it is, or unpacked when it is compressed; nothing when it is damaged.
pub fn unzipped(bytes: &[u8]) -> Option<Vec<u8>> {
    if gzip::is_gzip(bytes) { gzip::decompress(bytes, LARGEST) } else { Some(bytes.to_vec()) }
}

impl From<LayerBytes> for Layer {
    fn from(kept: LayerBytes) -> Self {
        Self::from_tar(kept.tar, kept.compressed).unwrap_or_else(|_| Self::from_tree(&Tree::default()))
    }
}

impl From<Layer> for LayerBytes {
    fn from(layer: Layer) -> Self {
        Self { tar: layer.tar, compressed: layer.compressed }
    }
}
