//! The union of layers (overlayfs): where a path comes from, copy-up, whiteouts and opaque directories.

use super::tree::{Ino, Inode, InodeKind, Tree};
use crate::shared::Set;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Layers seen as one file system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The layers that are only read, the uppermost first.
    pub lowers: Vec<Rc<Tree>>,
    /// The layer that takes every change.
    pub upper: Tree,
}

/// A node of a tree or of a union: in which layer it is found (0 is the upper one) and, for a directory of
/// a union, every layer whose entries show through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRef {
    /// The places it is made of, the uppermost first; never empty.
    pub places: Vec<(u32, Ino)>,
}

/// What a container changed, as `docker diff` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The path is new.
    Added,
    /// The path was there and is another now.
    Changed,
    /// The path was there and is hidden.
    Deleted,
}

impl NodeRef {
    /// A node of a single tree.
    pub fn single(ino: Ino) -> Self {
        Self { places: vec![(0, ino)] }
    }
    /// The layer it is seen in: 0 is the writable one.
    pub fn layer(&self) -> u32 {
        self.places[0].0
    }
    /// Its inode number in that layer.
    pub fn ino(&self) -> Ino {
        self.places[0].1
    }
}

impl Overlay {
    /// A union with nothing in the writable layer.
    pub fn new(lowers: Vec<Rc<Tree>>) -> Self {
        Self { lowers, upper: Tree::default() }
    }

    fn layer(&self, number: u32) -> Option<&Tree> {
        match number.checked_sub(1) {
            None => Some(&self.upper),
            Some(lower) => self.lowers.get(lower as usize).map(Rc::as_ref),
        }
    }

    /// The root directory.
    pub fn root(&self) -> NodeRef {
        NodeRef { places: (0..=self.lowers.len() as u32).map(|n| (n, Tree::ROOT)).collect() }
    }

    /// The inode that is seen.
    pub fn inode(&self, node: &NodeRef) -> Option<&Inode> {
        let (layer, ino) = node.places[0];
        self.layer(layer)?.get(ino)
    }

    /// The node of a name in a directory.
    pub fn child(&self, directory: &NodeRef, name: &str) -> Option<NodeRef> {
        let mut places = Vec::new();
        for (number, at) in &directory.places {
            let Some(layer) = self.layer(*number) else { continue };
            let Some(ino) = layer.child(*at, name) else { continue };
            let Some(inode) = layer.get(ino) else { continue };
            match &inode.kind {
                InodeKind::Whiteout => break,
                InodeKind::Directory(_) => {
                    places.push((*number, ino));
                    if inode.opaque {
                        break;
                    }
                }
                _ => {
                    if places.is_empty() {
                        places.push((*number, ino));
                    }
                    break;
                }
            }
        }
        (!places.is_empty()).then_some(NodeRef { places })
    }

    /// The names in a directory, in order.
    pub fn names(&self, directory: &NodeRef) -> Vec<Rc<str>> {
        let mut seen = Set::new();
        let mut hidden: Set<Rc<str>> = Set::new();
        for (number, at) in &directory.places {
            let Some(layer) = self.layer(*number) else { continue };
            for (name, ino) in layer.entries(*at) {
                if seen.contains(name) || hidden.contains(name) {
                    continue;
                }
                let whiteout = layer.get(ino).is_some_and(|i| matches!(i.kind, InodeKind::Whiteout));
                if whiteout {
                    hidden.insert(name.clone())
                } else {
                    seen.insert(name.clone())
                };
            }
        }
        seen.into_iter().collect()
    }

    /// The node at a path, symbolic links not followed.
    pub fn find(&self, path: &str) -> Option<NodeRef> {
        path.split('/').filter(|s| !s.is_empty()).try_fold(self.root(), |at, name| self.child(&at, name))
    }

    /// Brings the node at a path into the writable layer, with the directories above it, and returns its
    /// inode there.
    pub fn copy_up(&mut self, path: &str) -> Option<Ino> {
        let mut at = self.root();
        let mut upper = Tree::ROOT;
        for name in path.split('/').filter(|s| !s.is_empty()) {
            let node = self.child(&at, name)?;
            upper = if node.layer() == 0 {
                node.ino()
            } else {
                let mut inode = self.inode(&node)?.clone();
                inode.links = 1;
                inode.opaque = false;
                if inode.is_directory() {
                    inode.kind = InodeKind::Directory(Default::default());
                }
                self.upper.insert(upper, name, inode)
            };
            at = node;
        }
        Some(upper)
    }

    /// Puts an inode under a name in the directory at `parent`; a directory over a whiteout is opaque.
    pub fn insert(&mut self, parent: &str, name: &str, mut inode: Inode) -> Option<Ino> {
        let directory = self.copy_up(parent)?;
        let whiteout = self.upper.child(directory, name).and_then(|ino| self.upper.get(ino));
        if inode.is_directory() && whiteout.is_some_and(|i| matches!(i.kind, InodeKind::Whiteout)) {
            inode.opaque = true;
        }
        Some(self.upper.insert(directory, name, inode))
    }

    /// Takes a name away: from the writable layer, and by a whiteout from those below.
    pub fn remove(&mut self, parent: &str, name: &str) {
        let Some(node) = self.find(parent) else { return };
        let below = node.places.iter().filter(|p| p.0 > 0).cloned().collect::<Vec<_>>();
        let shown_below = !below.is_empty() && self.child(&NodeRef { places: below }, name).is_some();
        let Some(directory) = self.copy_up(parent) else { return };
        self.upper.remove(directory, name);
        if shown_below {
            self.upper.insert(directory, name, Inode::new(InodeKind::Whiteout, 0, 0));
        }
    }

    /// What was changed, in the order of paths, directories on the way included (`docker diff`).
    pub fn changes(&self) -> Vec<(Change, String)> {
        let below = Self { lowers: self.lowers.clone(), upper: Tree::default() };
        let walk = self.upper.walk();
        let parents: Set<String> = walk
            .iter()
            .filter_map(|(path, _)| path.rsplit_once('/'))
            .map(|(parent, _)| parent.to_owned())
            .collect();
        walk.into_iter()
            .filter_map(|(path, ino)| {
                let inode = self.upper.get(ino)?;
                let old = below.find(&path).and_then(|node| below.inode(&node).cloned());
                let was = old.is_some();
                // A directory that only was written in is a change by what is in it.
                let same = |old: &Inode| {
                    old.is_directory()
                        && inode.is_directory()
                        && (old.mode, old.uid, old.gid) == (inode.mode, inode.uid, inode.gid)
                };
                if old.as_ref().is_some_and(same) && !parents.contains(&path) {
                    return None;
                }
                let change = match (&inode.kind, was) {
                    (InodeKind::Whiteout, _) => Change::Deleted,
                    (_, true) => Change::Changed,
                    (_, false) => Change::Added,
                };
                Some((change, path))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
