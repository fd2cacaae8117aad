//! Files: trees of inodes, the archives they come in, and the union of layers.

pub mod mode;
pub mod archive;
pub mod overlay;
pub mod tree;

pub use overlay::{NodeRef, Overlay};
pub use tree::{Ino, Inode, InodeKind, Tree};
