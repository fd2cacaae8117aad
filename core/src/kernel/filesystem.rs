//! Reading and changing a file system by paths inside it.

use super::Kernel;
use super::errno::Errno;
use super::mount::{FileSystem, FileSystemId};
use crate::files::{Ino, Inode, InodeKind, NodeRef, Tree};
use crate::shared::{Map, own};
use crate::time::{EPOCH, Time};
use std::rc::Rc;

impl FileSystem {
    /// The root directory.
    pub fn root(&self) -> NodeRef {
        match self {
            Self::Overlay(overlay) => overlay.root(),
            _ => NodeRef::single(Tree::ROOT),
        }
    }

    /// The inode that is seen at a node.
    pub fn inode(&self, node: &NodeRef) -> Option<&Inode> {
        match self {
            Self::Tree { tree, .. } => tree.get(node.ino()),
            Self::Overlay(overlay) => overlay.inode(node),
            Self::Proc | Self::Sys => None,
        }
    }

    /// The node at a path inside, symbolic links not followed.
    pub fn find(&self, path: &str) -> Option<NodeRef> {
        match self {
            Self::Tree { tree, .. } => tree.find(path).map(NodeRef::single),
            Self::Overlay(overlay) => overlay.find(path),
            Self::Proc | Self::Sys => None,
        }
    }

    /// The names in a directory.
    pub fn names(&self, node: &NodeRef) -> Vec<Rc<str>> {
        match self {
            Self::Tree { tree, .. } => tree.entries(node.ino()).map(|(name, _)| name.clone()).collect(),
            Self::Overlay(overlay) => overlay.names(node),
            Self::Proc | Self::Sys => Vec::new(),
        }
    }

    /// Puts an inode under a name, replacing what was there.
    pub fn insert(&mut self, parent: &str, name: &str, inode: Inode) -> Result<NodeRef, Errno> {
        match self {
            Self::Tree { tree, .. } => {
                let directory = tree.find(parent).ok_or(Errno::ENOENT)?;
                Ok(NodeRef::single(tree.insert(directory, name, inode)))
            }
            Self::Overlay(overlay) => {
                overlay.insert(parent, name, inode).map(NodeRef::single).ok_or(Errno::ENOENT)
            }
            Self::Proc | Self::Sys => Err(Errno::EPERM),
        }
    }

    /// Takes a name away.
    pub fn remove(&mut self, parent: &str, name: &str) -> Result<(), Errno> {
        match self {
            Self::Tree { tree, .. } => {
                let directory = tree.find(parent).ok_or(Errno::ENOENT)?;
                tree.remove(directory, name);
                Ok(())
            }
            Self::Overlay(overlay) => {
                overlay.remove(parent, name);
                Ok(())
            }
            Self::Proc | Self::Sys => Err(Errno::EPERM),
        }
    }

    /// The tree that takes changes, and the inode of a path in it (copied up when it was below).
    pub fn writable(&mut self, path: &str) -> Option<(&mut Tree, Ino)> {
        match self {
            Self::Tree { tree, .. } => tree.find(path).map(|ino| (tree, ino)),
            Self::Overlay(overlay) => {
                let ino = overlay.copy_up(path)?;
                Some((&mut overlay.upper, ino))
            }
            Self::Proc | Self::Sys => None,
        }
    }

    /// Copies everything below a path out of this file system, as a tree.
    pub fn subtree(&self, path: &str) -> Tree {
        let mut out = Tree::default();
        if let Some(node) = self.find(path) {
            if let (Some(inode), Some(root)) = (self.inode(&node), out.get_mut(Tree::ROOT)) {
                (root.mode, root.uid, root.gid) = (inode.mode, inode.uid, inode.gid);
            }
            self.copy_below(path.trim_end_matches('/'), &node, &mut out, Tree::ROOT, &mut Map::new());
        }
        out
    }

    /// `linked` has the copies of inodes with several names.
    fn copy_below(
        &self,
        path: &str,
        node: &NodeRef,
        out: &mut Tree,
        into: Ino,
        linked: &mut Map<(u32, Ino), Ino>,
    ) {
        for name in self.names(node) {
            let inner = format!("{path}/{name}");
            let Some(child) = self.find(&inner) else { continue };
            let Some(inode) = self.inode(&child) else { continue };
            let place = (child.layer(), child.ino());
            if let Some(first) = linked.get(&place) {
                out.link(into, &name, *first);
                continue;
            }
            let mut copy = inode.clone();
            let several = copy.links > 1;
            copy.links = 1;
            copy.opaque = false;
            let directory = copy.is_directory();
            if directory {
                copy.kind = InodeKind::Directory(Default::default());
            }
            let ino = out.insert(into, &name, copy);
            if directory {
                self.copy_below(&inner, &child, out, ino, linked);
            } else if several {
                linked.insert(place, ino);
            }
        }
    }

    /// Bytes held, and the most that may be.
    pub fn usage(&self) -> (u64, Option<u64>) {
        match self {
            Self::Tree { tree, limit } => (tree.size(), *limit),
            Self::Overlay(overlay) => (overlay.upper.size(), None),
            Self::Proc | Self::Sys => (0, None),
        }
    }
}

/// Microseconds since the Unix epoch.
pub const fn unix_micros(now: Time) -> u64 {
    EPOCH * 1_000_000 + now.0
}

impl Kernel {
    /// Adds a file system.
    pub fn add_filesystem(&mut self, filesystem: FileSystem) -> FileSystemId {
        let id = FileSystemId(self.fresh_id());
        self.filesystems.insert(id, Rc::new(filesystem));
        id
    }

    /// A file system, to be changed.
    pub fn filesystem_mut(&mut self, id: FileSystemId) -> Option<&mut FileSystem> {
        self.filesystems.get_mut(&id).map(own)
    }

    /// The content of an open file.
    pub fn node_bytes(&self, id: FileSystemId, node: &NodeRef, _path: &str) -> Result<Rc<[u8]>, Errno> {
        let inode = self.filesystems.get(&id).and_then(|f| f.inode(node)).ok_or(Errno::ENOENT)?;
        match &inode.kind {
            InodeKind::File { bytes, .. } => Ok(bytes.clone()),
            InodeKind::Directory(_) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Writes into an open file, at `at` or at its end, as much as there is room for; returns where the write ended,
    /// how many bytes it took, and the file's node, which is another after a copy-up.
    pub fn write_node(
        &mut self,
        id: FileSystemId,
        node: &NodeRef,
        path: &str,
        at: Option<u64>,
        bytes: &[u8],
        now: Time,
    ) -> Result<(u64, usize, NodeRef), Errno> {
        let filesystem = self.filesystem_mut(id).ok_or(Errno::ENOENT)?;
        let (used, limit) = filesystem.usage();
        let (tree, ino) = match filesystem {
            FileSystem::Tree { tree, .. } => (tree, node.ino()),
            FileSystem::Overlay(overlay) if node.layer() == 0 => (&mut overlay.upper, node.ino()),
            other => other.writable(path).ok_or(Errno::ENOENT)?,
        };
        let old = match tree.get(ino).map(|i| &i.kind) {
            Some(InodeKind::File { bytes, .. }) => bytes.clone(),
            Some(_) => return Err(Errno::EINVAL),
            None => return Ok((at.unwrap_or(0) + bytes.len() as u64, bytes.len(), node.clone())),
        };
        let start = at.unwrap_or(old.len() as u64) as usize;
        let grown = (start + bytes.len()).saturating_sub(old.len()) as u64;
        let room = limit.map_or(grown, |limit| limit.saturating_sub(used));
        let bytes = &bytes[..bytes.len() - grown.saturating_sub(room).min(bytes.len() as u64) as usize];
        if bytes.is_empty() && grown > 0 {
            return Err(Errno::ENOSPC);
        }
        let end = start + bytes.len();
        let mut content = Vec::with_capacity(old.len().max(end));
        content.extend_from_slice(&old[..start.min(old.len())]);
        content.resize(start, 0);
        content.extend_from_slice(bytes);
        content.extend_from_slice(old.get(end..).unwrap_or_default());
        tree.set_kind(ino, InodeKind::File { bytes: content.into(), nominal: None });
        if let Some(inode) = tree.get_mut(ino) {
            inode.modified = unix_micros(now);
        }
        Ok((end as u64, bytes.len(), NodeRef::single(ino)))
    }
}
