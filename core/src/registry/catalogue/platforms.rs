//! The platforms of the catalogue's images: each one is there for amd64, the host's, and for arm64.

use super::{LayerDraft, MAGIC};
use crate::files::{InodeKind, Tree};
use crate::image::Layer;
use std::rc::Rc;

/// How a program file for arm64 begins: no program of this host.
const ARM64: &str = "\x7fELF\x02\x01\x01 drydock/arm64 ";

/// The platforms that every image is there for: architecture and variant.
pub(super) const PLATFORMS: [&str; 2] = ["amd64", "arm64/v8"];

impl LayerDraft {
    /// The layer for each platform: the same files, and programs that only run on their own. A layer without
    /// programs is one and the same.
    pub(super) fn layers(&self) -> [Rc<Layer>; 2] {
        let layer = |tree: &Tree| {
            let mut layer = Layer::from_tree(tree);
            if self.compressed > 0 {
                layer.compressed = self.compressed;
            }
            Rc::new(layer)
        };
        let host = layer(&self.tree);
        if self.programs.is_empty() {
            return [host.clone(), host];
        }
        let mut tree = self.tree.clone();
        for path in &self.programs {
            let Some(inode) = tree.find(path).and_then(|ino| tree.get_mut(ino)) else { continue };
            if let InodeKind::File { bytes, .. } = &mut inode.kind {
                let text = String::from_utf8_lossy(bytes);
                // `hello-world` says what it was made for.
                let text = text.replacen(MAGIC, ARM64, 1).replace("(amd64)", "(arm64v8)");
                *bytes = text.into_bytes().into();
            }
        }
        [host, layer(&tree)]
    }
}
