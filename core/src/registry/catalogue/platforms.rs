//! The platforms of the catalogue's images: each one is there for amd64, the host's, and for arm64.

use super::content::MAGIC;
use crate::files::InodeKind;
use crate::image::Layer;
use std::rc::Rc;

/// How a program file for arm64 begins: no program of this host.
const ARM64: &str = "\x7fELF\x02\x01\x01 drydock/arm64 ";

/// The platforms that every image is there for: architecture and variant.
pub const PLATFORMS: [&str; 2] = ["amd64", "arm64/v8"];

/// The layer for arm64: the same files, and programs that only run there. A layer without programs is one and the same.
pub fn for_arm64(layer: &Rc<Layer>) -> Rc<Layer> {
    let mut tree = (*layer.tree).clone();
    let mut other = false;
    for (_, ino) in layer.tree.walk() {
        let Some(InodeKind::File { bytes, .. }) = layer.tree.get(ino).map(|inode| &inode.kind) else {
            continue;
        };
        if !bytes.starts_with(MAGIC.as_bytes()) {
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        // `hello-world` says what it was made for.
        let text = text.replacen(MAGIC, ARM64, 1).replace("(amd64)", "(arm64v8)");
        if let Some(InodeKind::File { bytes, .. }) = tree.get_mut(ino).map(|inode| &mut inode.kind) {
            *bytes = text.into_bytes().into();
            other = true;
        }
    }
    match other {
        true => Rc::new(Layer { compressed: layer.compressed, ..Layer::from_tree(&tree) }),
        false => layer.clone(),
    }
}
