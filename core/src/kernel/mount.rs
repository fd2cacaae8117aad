//! File systems and where they are mounted.

use crate::files::{Overlay, Tree};
use serde::{Deserialize, Serialize};

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileSystemId(pub u64);

/// A file system's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FileSystem {
    /// One tree: the host's disk, a volume, a tmpfs.
    Tree {
        /// The files.
        tree: Tree,
        /// The most bytes it may hold (a tmpfs with `size=`).
        limit: Option<u64>,
    },
    /// A union of layers (`overlay`), as a container's root is.
    Overlay(Overlay),
    /// `/proc`: made anew at each look from the processes of the reader's pid namespace.
    Proc,
    /// `/sys`: the part of it that shows control groups.
    Sys,
}

/// One line of a mount table (`man 5 proc`, `/proc/<pid>/mounts`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mount {
    /// Where it is seen.
    pub target: String,
    /// Which file system.
    pub filesystem: FileSystemId,
    /// The directory or file of the file system that is seen at the target: `/` for all of it.
    pub root: String,
    /// Nothing may be changed through it.
    pub read_only: bool,
    /// The type that `mount` prints: `overlay`, `ext4`, `proc`, `tmpfs`.
    pub kind: String,
    /// The source that `mount` prints.
    pub source: String,
    /// Further options that `mount` prints, without `rw` and `ro`.
    pub options: String,
}
