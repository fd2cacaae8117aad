//! A tree of inodes, cheap to copy: what a layer, a volume or a disk holds.

use crate::shared::{Map, own};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ino(pub u64);

/// What an inode is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InodeKind {
    /// A directory: names and inodes.
    Directory(Map<Rc<str>, Ino>),
    /// A regular file. A nominal size stands for content that is not kept.
    File {
        /// The content.
        bytes: Rc<[u8]>,
        /// The size it stands for, when that is another.
        nominal: Option<u64>,
    },
    /// A symbolic link to this path.
    Symlink(Rc<str>),
    /// A device: character or block, with its numbers.
    Device {
        /// A character device.
        character: bool,
        /// Its numbers.
        number: (u32, u32),
    },
    /// A named pipe.
    Fifo,
    /// A whiteout: the name is hidden in the layers below (overlayfs).
    Whiteout,
}

/// An inode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inode {
    /// What it is.
    pub kind: InodeKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When it was changed, in microseconds since the Unix epoch.
    pub modified: u64,
    /// Names that lead to it.
    pub links: u32,
    /// A directory that hides what lies below it (overlayfs).
    pub opaque: bool,
}

impl Inode {
    /// An inode of root's.
    pub const fn new(kind: InodeKind, mode: u32, modified: u64) -> Self {
        Self { kind, mode, uid: 0, gid: 0, modified, links: 1, opaque: false }
    }
    /// An empty directory.
    pub fn directory(mode: u32, modified: u64) -> Self {
        Self::new(InodeKind::Directory(Map::new()), mode, modified)
    }
    /// A regular file.
    pub fn file(bytes: impl Into<Rc<[u8]>>, mode: u32, modified: u64) -> Self {
        Self::new(InodeKind::File { bytes: bytes.into(), nominal: None }, mode, modified)
    }
    /// True for a directory.
    pub const fn is_directory(&self) -> bool {
        matches!(self.kind, InodeKind::Directory(_))
    }
    /// The size that `stat` shows.
    pub fn size(&self) -> u64 {
        match &self.kind {
            InodeKind::File { bytes, nominal } => nominal.unwrap_or(bytes.len() as u64),
            InodeKind::Symlink(target) => target.len() as u64,
            InodeKind::Directory(_) => 4096,
            _ => 0,
        }
    }
}

/// A tree of inodes. `Clone` is cheap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    nodes: Map<Ino, Rc<Inode>>,
    next: u64,
    size: u64,
}

impl Default for Tree {
    fn default() -> Self {
        let mut nodes = Map::new();
        nodes.insert(Self::ROOT, Rc::new(Inode::directory(0o755, 0)));
        Self { nodes, next: 2, size: 0 }
    }
}

impl Tree {
    /// The root directory.
    pub const ROOT: Ino = Ino(1);

    /// The inode, if it is there.
    pub fn get(&self, ino: Ino) -> Option<&Inode> {
        self.nodes.get(&ino).map(Rc::as_ref)
    }

    /// The inode, to be changed. Its size must be changed by [`Tree::set_kind`].
    pub fn get_mut(&mut self, ino: Ino) -> Option<&mut Inode> {
        self.nodes.get_mut(&ino).map(own)
    }

    /// Replaces what an inode is, keeping the tree's size true.
    pub fn set_kind(&mut self, ino: Ino, kind: InodeKind) {
        let Some(inode) = self.nodes.get_mut(&ino).map(own) else { return };
        self.size -= file_size(inode);
        inode.kind = kind;
        self.size += file_size(inode);
    }

    /// The inode of a name in a directory.
    pub fn child(&self, directory: Ino, name: &str) -> Option<Ino> {
        match &self.get(directory)?.kind {
            InodeKind::Directory(entries) => entries.get(name).copied(),
            _ => None,
        }
    }

    /// The entries of a directory in the order of their names.
    pub fn entries(&self, directory: Ino) -> impl Iterator<Item = (&Rc<str>, Ino)> {
        let entries = match self.get(directory).map(|inode| &inode.kind) {
            Some(InodeKind::Directory(entries)) => Some(entries),
            _ => None,
        };
        entries.into_iter().flatten().map(|(name, ino)| (name, *ino))
    }

    /// Puts an inode under a name, replacing what was there.
    pub fn insert(&mut self, directory: Ino, name: &str, inode: Inode) -> Ino {
        self.remove(directory, name);
        let ino = Ino(self.next);
        self.next += 1;
        self.size += file_size(&inode);
        self.nodes.insert(ino, Rc::new(inode));
        self.enter(directory, name, ino);
        ino
    }

    fn enter(&mut self, directory: Ino, name: &str, ino: Ino) {
        if let Some(InodeKind::Directory(entries)) = self.get_mut(directory).map(|d| &mut d.kind) {
            entries.insert(name.into(), ino);
        }
    }

    /// Gives an inode one more name (`man 2 link`).
    pub fn link(&mut self, directory: Ino, name: &str, ino: Ino) {
        if self.child(directory, name) == Some(ino) {
            return;
        }
        self.remove(directory, name);
        if let Some(inode) = self.get_mut(ino) {
            inode.links += 1;
        }
        self.enter(directory, name, ino);
    }

    /// Takes a name away, and with the last one the inode and everything below it.
    pub fn remove(&mut self, directory: Ino, name: &str) -> bool {
        let Some(InodeKind::Directory(entries)) = self.get_mut(directory).map(|d| &mut d.kind) else {
            return false;
        };
        let Some(ino) = entries.remove(name) else { return false };
        self.drop_link(ino);
        true
    }

    fn drop_link(&mut self, ino: Ino) {
        let Some(inode) = self.get_mut(ino) else { return };
        inode.links = inode.links.saturating_sub(1);
        if inode.links > 0 {
            return;
        }
        let below: Vec<Ino> = self.entries(ino).map(|(_, child)| child).collect();
        if let Some(inode) = self.nodes.remove(&ino) {
            self.size -= file_size(&inode);
        }
        for child in below {
            self.drop_link(child);
        }
    }

    /// Moves a name (`man 2 rename`).
    pub fn rename(&mut self, from: (Ino, &str), to: (Ino, &str)) {
        let Some(ino) = self.child(from.0, from.1) else { return };
        if self.child(to.0, to.1) == Some(ino) {
            return;
        }
        self.remove(to.0, to.1);
        if let Some(InodeKind::Directory(entries)) = self.get_mut(from.0).map(|d| &mut d.kind) {
            entries.remove(from.1);
        }
        self.enter(to.0, to.1, ino);
    }

    /// The inode at a path, symbolic links not followed.
    pub fn find(&self, path: &str) -> Option<Ino> {
        path.split('/').filter(|s| !s.is_empty()).try_fold(Self::ROOT, |at, name| self.child(at, name))
    }

    /// The directory at a path; it and those above it are made when they are missing.
    pub fn make_path(&mut self, path: &str, mode: u32, modified: u64) -> Ino {
        let mut at = Self::ROOT;
        for name in path.split('/').filter(|s| !s.is_empty()) {
            at = match self.child(at, name) {
                Some(ino) if self.get(ino).is_some_and(Inode::is_directory) => ino,
                _ => self.insert(at, name, Inode::directory(mode, modified)),
            };
        }
        at
    }

    /// The sizes of all files together, each inode once.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Every path with its inode, parents before children, in the order of names.
    pub fn walk(&self) -> Vec<(String, Ino)> {
        let mut found = Vec::new();
        self.walk_below(Self::ROOT, "", &mut found);
        found
    }

    fn walk_below(&self, directory: Ino, prefix: &str, found: &mut Vec<(String, Ino)>) {
        for (name, ino) in self.entries(directory) {
            let path = format!("{prefix}/{name}");
            found.push((path.clone(), ino));
            self.walk_below(ino, &path, found);
        }
    }
}

fn file_size(inode: &Inode) -> u64 {
    if matches!(inode.kind, InodeKind::File { .. }) { inode.size() } else { 0 }
}
