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
    /// Set when the layer was too large to be kept: the digests are those of the bytes that came by, and were checked
    /// then; of the files only small ones have their content, and the tar here is that of this tree.
    pub(crate) origin: Option<Origin>,
}

/// What a layer was that is not kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Origin {
    diff_id: Digest,
    blob: Digest,
    zipped: bool,
}

/// What of a layer is kept: the rest is made from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LayerBytes {
    /// The blob; of a layer that is not kept whole the tar of what is.
    bytes: Rc<[u8]>,
    compressed: u64,
    origin: Option<Origin>,
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
        let tree = Rc::new(tree.clone());
        Self { diff_id: Digest::of(&tar), tar, tree, blob, blob_digest, compressed, origin: None }
    }

    /// A layer that came by and was too large to be kept: its tree without the contents of larger files, the digests
    /// of its tar and of its blob, the blob's size.
    pub fn reduced(tree: &Tree, diff_id: Digest, blob: Digest, size: u64, zipped: bool) -> Self {
        Self::of_origin(archive::pack(tree).into(), Origin { diff_id, blob, zipped }, size)
    }

    fn of_origin(tar: Rc<[u8]>, origin: Origin, compressed: u64) -> Self {
        Self {
            diff_id: origin.diff_id,
            tree: Rc::new(archive::unpack(&tar).unwrap_or_default()),
            tar,
            blob: [].into(),
            blob_digest: origin.blob,
            compressed,
            origin: Some(origin),
        }
    }

    /// True when its bytes are not here, only its tree and its digests.
    pub const fn is_reduced(&self) -> bool {
        self.origin.is_some()
    }

    /// True for a compressed blob.
    pub fn is_zipped(&self) -> bool {
        self.origin.map_or_else(|| gzip::is_gzip(&self.blob), |origin| origin.zipped)
    }

    /// The size of its blob, in bytes.
    pub fn blob_size(&self) -> u64 {
        if self.is_reduced() { self.compressed } else { self.blob.len() as u64 }
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
            origin: None,
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
        if let Some(origin) = kept.origin {
            return Self::of_origin(kept.bytes, origin, kept.compressed);
        }
        Self::from_blob(kept.bytes, kept.compressed).unwrap_or_else(|_| Self::from_tree(&Tree::default()))
    }
}

impl From<Layer> for LayerBytes {
    fn from(layer: Layer) -> Self {
        let bytes = if layer.is_reduced() { layer.tar } else { layer.blob };
        Self { bytes, compressed: layer.compressed, origin: layer.origin }
    }
}
