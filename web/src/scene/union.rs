//! Layers as one union: which layer a path is read from, what each does to those below it, and what nobody sees any more.

use super::Object;
use drydock::container::Container;
use drydock::decimal::fixed;
use drydock::digest::Digest;
use drydock::engine::World;
use drydock::files::overlay::NodeRef;
use drydock::files::{Inode, InodeKind, Overlay, Tree};
use drydock::image::Image;
use drydock::kernel::mount::FileSystem;
use drydock::shared::Set;
use std::cmp::Ordering;
use std::rc::Rc;

/// A path, looked for from above.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The path.
    pub path: String,
    /// The layers that have something there, the uppermost first.
    pub cells: Vec<Cell>,
}

/// What a layer has at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Which row.
    pub row: usize,
    /// What it is.
    pub kind: CellKind,
    /// Its size in bytes.
    pub size: u64,
    /// A layer above hides it.
    pub hidden: bool,
}

/// What a layer can have at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// A file, a link or a device.
    File,
    /// A directory: those below show through.
    Directory,
    /// A directory that hides those below.
    Opaque,
    /// The name, or a directory above it, is hidden in the layers below.
    Whiteout,
}

/// What later layers of an image rewrite or remove: it stays stored below them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waste {
    /// The files of all layers together, in bytes.
    pub stored: u64,
    /// Those that nobody sees.
    pub hidden: u64,
    /// How many files these are.
    pub count: usize,
    /// The largest of them, each with its size.
    pub files: Vec<(String, u64)>,
}

impl Waste {
    /// How much of what is stored can be seen, in per cent with one digit, never rounded up to all of it.
    pub fn efficiency(&self) -> String {
        let thousandths = (self.stored - self.hidden) * 1000 / self.stored.max(1);
        if self.hidden == 0 { "100".to_owned() } else { fixed(thousandths as f64 / 10.0, 1) }
    }
}

/// Everything that is looked at: the layers as trees, and how they came about.
pub struct Subject {
    /// The union.
    pub overlay: Overlay,
    /// Its first place is the writable layer.
    pub writable: bool,
    /// The image, when it is still here.
    pub image: Option<Rc<Image>>,
}

/// The layers of a container or an image.
pub fn subject(world: &World, object: &Object) -> Option<Subject> {
    match object {
        Object::Container(name) => {
            let container: &Rc<Container> = world.containers.values().find(|c| c.name == *name)?;
            let root = world.kernel.filesystems.get(&container.root)?;
            let FileSystem::Overlay(overlay) = &**root else { return None };
            let image = world.images.get(&container.image).cloned();
            Some(Subject { overlay: overlay.clone(), writable: true, image })
        }
        Object::Image(name) => {
            let image = world.images.resolve(name)?.clone();
            Some(Subject { overlay: Overlay::new(image.lowers()), writable: false, image: Some(image) })
        }
        _ => None,
    }
}

impl Subject {
    /// The layers as trees, the uppermost first.
    pub fn trees(&self) -> Vec<&Tree> {
        let upper = self.writable.then_some(&self.overlay.upper);
        upper.into_iter().chain(self.overlay.lowers.iter().map(Rc::as_ref)).collect()
    }
    /// The row of a layer of the union.
    pub fn row(&self, layer: u32) -> usize {
        (layer as usize + usize::from(self.writable)).saturating_sub(1)
    }
    /// How many layers stand between the writable one and the image: the one with the files that the engine makes when a
    /// container is created.
    fn own(&self) -> usize {
        let image = self.image.as_ref().map_or(0, |i| i.layers.len());
        self.overlay.lowers.len().saturating_sub(image)
    }
    /// The diff ids of the rows; nothing for the container's own.
    pub fn ids(&self) -> Vec<Option<Digest>> {
        let layers = self.image.iter().flat_map(|i| i.layers.iter().rev()).map(|l| Some(l.diff_id));
        let own = self.trees().len().min(self.own() + usize::from(self.writable));
        let mut ids: Vec<_> = std::iter::repeat_n(None, own).chain(layers).collect();
        ids.truncate(self.trees().len());
        ids
    }
    /// What the layers have at a path.
    pub fn trace(&self, path: &str) -> Trace {
        let mut cells = Vec::new();
        let mut blocked = false;
        for (row, tree) in self.trees().into_iter().enumerate() {
            let (found, blocks) = at(tree, path);
            if let Some((kind, size)) = found {
                cells.push(Cell { row, kind, size, hidden: blocked });
            }
            blocked |= blocks;
        }
        Trace { path: path.to_owned(), cells }
    }
    /// What a row does to those below it: each path with its size.
    pub fn changes(&self, row: usize) -> Vec<(Change, String, u64)> {
        let from = (row + 1).saturating_sub(usize::from(self.writable)).min(self.overlay.lowers.len());
        let below = Overlay::new(self.overlay.lowers[from..].to_vec());
        let Some(tree) = self.trees().get(row).copied() else { return Vec::new() };
        let mut all = Vec::new();
        for (path, ino) in tree.walk() {
            let Some(inode) = tree.get(ino) else { continue };
            let old = below.find(&path).and_then(|n| below.inode(&n).cloned());
            let change = match (&inode.kind, &old) {
                (InodeKind::Whiteout, _) => Change::Hides,
                (InodeKind::Directory(_), Some(_)) if inode.opaque => Change::Replaces,
                (InodeKind::Directory(_), _) => continue,
                (_, Some(_)) => Change::Changes,
                _ => Change::Adds,
            };
            let size = match change {
                Change::Hides | Change::Replaces => below.find(&path).map_or(0, |n| size(&below, &n)),
                _ => inode.size(),
            };
            all.push((change, path, size));
        }
        all
    }
    /// What later layers of the image hide.
    pub fn waste(&self) -> Waste {
        let mut waste = Waste::default();
        let image = Overlay::new(self.overlay.lowers[self.own()..].to_vec());
        for (layer, tree) in image.lowers.iter().enumerate() {
            let mut linked: Set<u64> = Set::new();
            for (path, ino) in tree.walk() {
                let Some(inode) = tree.get(ino).filter(|i| matches!(i.kind, InodeKind::File { .. })) else {
                    continue;
                };
                if inode.links > 1 && !linked.insert(ino.0) {
                    continue;
                }
                waste.stored += inode.size();
                if image.find(&path).is_none_or(|n| n.layer() as usize != layer + 1) {
                    waste.hidden += inode.size();
                    waste.files.push((path, inode.size()));
                }
            }
        }
        waste.count = waste.files.len();
        waste.files = best(waste.files, WORST, |a, b| b.1.cmp(&a.1));
        waste
    }
}

/// What a layer does at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The path is new.
    Adds,
    /// A file takes the place of another.
    Changes,
    /// A whiteout.
    Hides,
    /// A directory hides what the one below it holds.
    Replaces,
}

/// How many files that nobody sees are named.
const WORST: usize = 12;

/// The first so many by an order; equals stay in theirs.
pub fn best<T>(items: Vec<T>, most: usize, mut compare: impl FnMut(&T, &T) -> Ordering) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for item in items {
        let at = found.partition_point(|other| compare(other, &item) != Ordering::Greater);
        if at < most {
            found.insert(at, item);
            found.truncate(most);
        }
    }
    found
}

/// What a tree has at a path, and whether it hides what is below.
fn at(tree: &Tree, path: &str) -> (Option<(CellKind, u64)>, bool) {
    let mut ino = Tree::ROOT;
    let mut opaque = false;
    let mut parts = path.split('/').filter(|s| !s.is_empty()).peekable();
    while let Some(name) = parts.next() {
        let Some(inode) = tree.child(ino, name).and_then(|next| {
            ino = next;
            tree.get(next)
        }) else {
            return (None, opaque);
        };
        let last = parts.peek().is_none();
        match &inode.kind {
            InodeKind::Whiteout => return (Some((CellKind::Whiteout, 0)), true),
            InodeKind::Directory(_) => {
                opaque |= inode.opaque;
                if last {
                    let kind = if inode.opaque { CellKind::Opaque } else { CellKind::Directory };
                    return (Some((kind, 0)), opaque);
                }
            }
            _ if last => return (Some((CellKind::File, inode.size())), true),
            _ => return (None, true),
        }
    }
    (None, opaque)
}

/// The files at and below a node of a union, in bytes.
pub fn size(overlay: &Overlay, node: &NodeRef) -> u64 {
    match overlay.inode(node) {
        Some(inode) if inode.is_directory() => {
            let names = overlay.names(node);
            names.iter().filter_map(|n| overlay.child(node, n)).map(|child| size(overlay, &child)).sum()
        }
        inode => inode.map_or(0, Inode::size),
    }
}
