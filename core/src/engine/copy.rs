//! `docker cp` and `docker export`: files out of a container and into one, as trees that travel in archives.

use crate::container::{Container, MountKind};
use crate::engine::boot::{HOST_DISK, mount};
use crate::engine::path::{self, Place, locate};
use crate::engine::{DaemonError, World};
use crate::files::{Ino, Inode, InodeKind, Tree};
use crate::kernel::mount::Mount;
use crate::kernel::process::Pid;
use crate::shared::Map;

/// Who owns what is copied: as it was, or this user and group.
pub type Owner = Option<(u32, u32)>;

/// What a container sees: its own mounts while it runs, otherwise the ones it would have.
pub fn mounts_of(world: &World, container: &Container) -> Vec<Mount> {
    if let Some(namespaces) = &container.namespaces {
        return world.kernel.mounts(namespaces).to_vec();
    }
    let mut mounts = vec![mount("/", container.root, "overlay", "overlay", "")];
    mounts[0].read_only = container.host.read_only;
    for point in &container.mounts {
        let mut shown = match point.kind {
            MountKind::Bind => {
                let mut shown = mount(&point.destination, HOST_DISK, "ext4", "/dev/vda1", "");
                point.source.clone_into(&mut shown.root);
                shown
            }
            MountKind::Volume => match world.volumes.get(&point.name) {
                Some(volume) => mount(&point.destination, volume.filesystem, "ext4", "/dev/vda1", ""),
                None => continue,
            },
            MountKind::Tmpfs => continue,
        };
        shown.read_only = point.read_only;
        mounts.push(shown);
    }
    mounts
}

/// The words about a path that a container does not have.
pub fn missing(key: &str, path: &str) -> DaemonError {
    DaemonError::new(404, format!("Could not find the file {path} in container {key}"))
}

/// Packs what is at a place under `name`; with `.` for a name, what is in the directory there.
pub fn pack(world: &World, mounts: &[Mount], place: &Place, name: &str) -> Tree {
    let mut tree = Tree::default();
    let Some(inode) = path::inode(world, place) else { return tree };
    let mut top = inode.clone();
    (top.links, top.opaque) = (1, false);
    if !top.is_directory() {
        tree.insert(Tree::ROOT, name, top);
        return tree;
    }
    let root = if name == "." {
        if let Some(root) = tree.get_mut(Tree::ROOT) {
            (root.mode, root.uid, root.gid, root.modified) = (top.mode, top.uid, top.gid, top.modified);
        }
        Tree::ROOT
    } else {
        top.kind = InodeKind::Directory(Map::new());
        tree.insert(Tree::ROOT, name, top)
    };
    if let Some(filesystem) = world.kernel.filesystems.get(&place.filesystem) {
        graft(&filesystem.subtree(&place.inner), &mut tree, root);
    }
    // What is mounted below is seen in place of what is there.
    let prefix = format!("{}/", place.seen.trim_end_matches('/'));
    for below in mounts.iter().filter(|m| m.target.starts_with(&prefix) && m.target.len() > prefix.len()) {
        let Some(filesystem) = world.kernel.filesystems.get(&below.filesystem) else { continue };
        let inner = below.target.strip_prefix(&prefix).unwrap_or_default();
        let path = format!("{}/{inner}", if name == "." { "" } else { name });
        let Some(node) = filesystem.find(&below.root) else { continue };
        let Some(inode) = filesystem.inode(&node).cloned() else { continue };
        let (parent, last) = path.rsplit_once('/').unwrap_or(("", &path));
        let directory = tree.make_path(parent, 0o755, inode.modified);
        if inode.is_directory() {
            let empty = Inode { kind: InodeKind::Directory(Map::new()), ..inode };
            let ino = tree.insert(directory, last, empty);
            graft(&filesystem.subtree(&below.root), &mut tree, ino);
        } else {
            tree.insert(directory, last, inode);
        }
    }
    tree
}

/// Copies a tree into a directory of another.
pub fn graft(from: &Tree, into: &mut Tree, directory: Ino) {
    let mut places: Map<String, Ino> = Map::from([(String::new(), directory)]);
    let mut linked: Map<Ino, Ino> = Map::new();
    for (path, ino) in from.walk() {
        let Some(inode) = from.get(ino) else { continue };
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let Some(&at) = places.get(parent) else { continue };
        if let Some(first) = linked.get(&ino) {
            into.link(at, name, *first);
            continue;
        }
        let mut copy = inode.clone();
        copy.links = 1;
        if copy.is_directory() {
            copy.kind = InodeKind::Directory(Map::new());
        }
        let new = into.insert(at, name, copy);
        if inode.links > 1 {
            linked.insert(ino, new);
        }
        places.insert(path, new);
    }
}

/// Renames the one entry at the top of a tree; a tree without one goes below a directory of that name.
pub fn rename_top(mut tree: Tree, from: &str, to: &str) -> Tree {
    if from == to {
        return tree;
    }
    if from != "." {
        tree.rename((Tree::ROOT, from), (Tree::ROOT, to));
        return tree;
    }
    let mut out = Tree::default();
    let top = tree.get(Tree::ROOT).map_or(0o755, |root| root.mode);
    let directory = out.insert(Tree::ROOT, to, Inode::directory(top, 0));
    graft(&tree, &mut out, directory);
    out
}

/// Puts the entries of a tree into the directory at a path; nothing is changed when one of them is refused.
///
/// # Errors
/// Docker's words about what stands in the way.
pub fn unpack(
    world: &mut World,
    mounts: &[Mount],
    directory: &Place,
    tree: &Tree,
    owner: Owner,
) -> Result<(), String> {
    let base = directory.seen.trim_end_matches('/');
    let walk = tree.walk();
    for (path, ino) in &walk {
        let seen = format!("{base}{path}");
        let Some(inode) = tree.get(*ino) else { continue };
        let Ok(place) = path::resolve_in(world, mounts, &seen, false) else { continue };
        if place.read_only {
            let volume = locate(mounts, &seen).is_some_and(|(m, _)| m.target != "/");
            let what = if volume { "mounted volume" } else { "container rootfs" };
            return Err(format!("{what} is marked read-only"));
        }
        if let Some(there) = path::inode(world, &place) {
            if there.is_directory() && !inode.is_directory() {
                return Err(format!("cannot overwrite directory \"{seen}\" with non-directory \"{base}\""));
            }
            if !there.is_directory() && inode.is_directory() {
                return Err(format!("cannot overwrite non-directory \"{seen}\" with directory \"{base}\""));
            }
        }
    }
    for (path, ino) in &walk {
        if let Some(inode) = tree.get(*ino) {
            put(world, mounts, &format!("{base}{path}"), inode, owner);
        }
    }
    Ok(())
}

fn put(world: &mut World, mounts: &[Mount], seen: &str, inode: &Inode, owner: Owner) {
    let Some((mount, inner)) = locate(mounts, seen) else { return };
    let Some(filesystem) = world.kernel.filesystem_mut(mount.filesystem) else { return };
    let mut copy = inode.clone();
    copy.links = 1;
    if let Some((uid, gid)) = owner {
        (copy.uid, copy.gid) = (uid, gid);
    }
    let there = filesystem.find(&inner).and_then(|node| filesystem.inode(&node).cloned());
    if let Some(old) = there {
        if old.is_directory() {
            if let Some((tree, ino)) = filesystem.writable(&inner) {
                if let Some(old) = tree.get_mut(ino) {
                    (old.mode, old.uid, old.gid) = (copy.mode, copy.uid, copy.gid);
                }
            }
            return;
        }
        // A file that is mounted alone keeps its inode.
        if mount.target == seen {
            if let Some((tree, ino)) = filesystem.writable(&inner) {
                tree.set_kind(ino, copy.kind);
            }
            return;
        }
    }
    if copy.is_directory() {
        copy.kind = InodeKind::Directory(Map::new());
    }
    let (parent, name) = inner.rsplit_once('/').unwrap_or(("", &inner));
    let _ = filesystem.insert(if parent.is_empty() { "/" } else { parent }, name, copy);
}

/// The files of a container without what is mounted in it: `docker export`.
pub fn export(world: &World, container: &Container) -> Tree {
    let root = world.kernel.filesystems.get(&container.root);
    root.map(|root| root.subtree("/")).unwrap_or_default()
}

/// Says what size a file of the host stands for, when that is another than its own.
pub fn set_nominal(world: &mut World, pid: Pid, file: &str, nominal: u64) {
    let Ok(place) = path::resolve(world, pid, file, true) else { return };
    let Some(filesystem) = world.kernel.filesystem_mut(place.filesystem) else { return };
    let Some((tree, ino)) = filesystem.writable(&place.inner) else { return };
    if let Some(InodeKind::File { bytes, .. }) = tree.get(ino).map(|inode| inode.kind.clone()) {
        let nominal = Some(nominal).filter(|n| *n != bytes.len() as u64);
        tree.set_kind(ino, InodeKind::File { bytes, nominal });
    }
}

/// The size of an archive of a tree, with the sizes that its files stand for.
pub fn archive_size(tree: &Tree) -> u64 {
    let one = |inode: &Inode| match inode.kind {
        InodeKind::File { .. } => 512 + inode.size().div_ceil(512) * 512,
        _ => 512,
    };
    1024 + tree.walk().iter().filter_map(|(_, ino)| tree.get(*ino)).map(one).sum::<u64>()
}
