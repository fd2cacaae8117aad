//! Paths as a process sees them: mounts, symbolic links and permissions on the way (`man 7 path_resolution`).

use crate::engine::World;
use crate::engine::proc::{self, ProcNode};
use crate::files::{Inode, InodeKind, NodeRef};
use crate::kernel::errno::Errno;
use crate::kernel::mount::{FileSystem, FileSystemId, Mount};
use crate::kernel::process::{Pid, Process};

/// Where a path leads.
#[derive(Clone, Debug)]
pub struct Place {
    /// The absolute path without symbolic links.
    pub seen: String,
    /// The file system it is in.
    pub filesystem: FileSystemId,
    /// The path inside that file system.
    pub inner: String,
    /// Nothing may be changed there.
    pub read_only: bool,
    /// What is there.
    pub what: What,
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub enum What {
    /// A file or directory.
    Node(NodeRef),
    /// Something the kernel makes up (`/proc`).
    Proc(ProcNode),
    /// Nothing: only the directory above is there.
    Missing,
}

/// The most symbolic links on one path.
const MOST_LINKS: u32 = 40;

/// The mount that shows a path, and the path inside its file system.
pub fn locate<'m>(mounts: &'m [Mount], path: &str) -> Option<(&'m Mount, String)> {
    let mut best: Option<&Mount> = None;
    for mount in mounts {
        let target = mount.target.trim_end_matches('/');
        let covers = path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if covers && best.is_none_or(|b| b.target.trim_end_matches('/').len() <= target.len()) {
            best = Some(mount);
        }
    }
    let mount = best?;
    let rest = &path[mount.target.trim_end_matches('/').len()..];
    let inner = format!("{}{rest}", mount.root.trim_end_matches('/'));
    Some((mount, if inner.is_empty() { "/".to_owned() } else { inner }))
}

/// Follows a path from a process's working directory. A missing last name is no error.
pub fn resolve(world: &World, pid: Pid, path: &str, follow_last: bool) -> Result<Place, Errno> {
    let process = world.kernel.process(pid).ok_or(Errno::ESRCH)?;
    walk(world, Some(process), world.kernel.mounts(&process.namespaces), path, follow_last)
}

/// Follows a path below a mount table, as the daemon does it: everything may be seen, and `/proc` is empty.
pub fn resolve_in(world: &World, mounts: &[Mount], path: &str, follow_last: bool) -> Result<Place, Errno> {
    walk(world, None, mounts, path, follow_last)
}

fn walk(
    world: &World,
    process: Option<&Process>,
    mounts: &[Mount],
    path: &str,
    follow_last: bool,
) -> Result<Place, Errno> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let mut seen: Vec<String> = Vec::new();
    if let Some(process) = process.filter(|_| !path.starts_with('/')) {
        seen.extend(segments(&process.directory));
    }
    let mut todo: Vec<String> = segments(path).collect();
    todo.reverse();
    let wants_directory = path.ends_with('/');
    let mut links = 0;
    let mut place = look(world, process, mounts, &seen)?;
    while let Some(name) = todo.pop() {
        if matches!(place.what, What::Missing) {
            return Err(Errno::ENOENT);
        }
        may_search(world, process, &place)?;
        match name.as_str() {
            "." => continue,
            ".." => {
                seen.pop();
            }
            _ => seen.push(name),
        }
        place = look(world, process, mounts, &seen)?;
        let last = todo.is_empty();
        let target = link_target(world, &place).filter(|_| !last || follow_last || wants_directory);
        if let Some(target) = target {
            links += 1;
            if links > MOST_LINKS {
                return Err(Errno::ELOOP);
            }
            seen.pop();
            if target.starts_with('/') {
                seen.clear();
            }
            todo.extend(segments(&target).collect::<Vec<_>>().into_iter().rev());
            place = look(world, process, mounts, &seen)?;
        }
    }
    if wants_directory && !matches!(place.what, What::Missing) && !is_directory(world, &place) {
        return Err(Errno::ENOTDIR);
    }
    Ok(place)
}

fn segments(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/').filter(|s| !s.is_empty()).map(str::to_owned)
}

fn look(world: &World, process: Option<&Process>, mounts: &[Mount], seen: &[String]) -> Result<Place, Errno> {
    let path = format!("/{}", seen.join("/"));
    let (mount, inner) = locate(mounts, &path).ok_or(Errno::ENOENT)?;
    let filesystem = world.kernel.filesystems.get(&mount.filesystem).ok_or(Errno::ENOENT)?;
    let what = match &**filesystem {
        FileSystem::Proc => {
            process.and_then(|p| proc::find(world, p, &inner)).map_or(What::Missing, What::Proc)
        }
        FileSystem::Sys => {
            process.and_then(|p| proc::find_sys(world, p, &inner)).map_or(What::Missing, What::Proc)
        }
        other => other.find(&inner).map_or(What::Missing, What::Node),
    };
    Ok(Place { seen: path, filesystem: mount.filesystem, inner, read_only: mount.read_only, what })
}

/// The inode at a place.
pub fn inode<'w>(world: &'w World, place: &Place) -> Option<&'w Inode> {
    match &place.what {
        What::Node(node) => world.kernel.filesystems.get(&place.filesystem)?.inode(node),
        _ => None,
    }
}

/// True for a directory.
pub fn is_directory(world: &World, place: &Place) -> bool {
    match &place.what {
        What::Proc(node) => matches!(node, ProcNode::Directory(_)),
        _ => inode(world, place).is_some_and(Inode::is_directory),
    }
}

fn link_target(world: &World, place: &Place) -> Option<String> {
    match &place.what {
        What::Proc(ProcNode::Link(target)) => Some(target.clone()),
        What::Node(_) => match &inode(world, place)?.kind {
            InodeKind::Symlink(target) => Some(target.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn may_search(world: &World, process: Option<&Process>, place: &Place) -> Result<(), Errno> {
    if let What::Proc(node) = &place.what {
        return if matches!(node, ProcNode::Directory(_)) { Ok(()) } else { Err(Errno::ENOTDIR) };
    }
    let Some(inode) = inode(world, place) else { return Err(Errno::ENOENT) };
    if !inode.is_directory() {
        return Err(Errno::ENOTDIR);
    }
    process.map_or(Ok(()), |process| allowed(process, inode, 1))
}

/// Checks permission bits (4 read, 2 write, 1 execute) as `man 7 path_resolution` says.
pub fn allowed(process: &Process, inode: &Inode, bits: u32) -> Result<(), Errno> {
    const CAP_DAC_OVERRIDE: u32 = 1;
    let who = &process.credentials;
    if who.uid == 0 && who.capabilities >> CAP_DAC_OVERRIDE & 1 == 1 {
        let executable = inode.is_directory() || inode.mode & 0o111 != 0;
        return if bits & 1 == 0 || executable { Ok(()) } else { Err(Errno::EACCES) };
    }
    let shift = if who.uid == inode.uid {
        6
    } else if who.gid == inode.gid || who.groups.contains(&inode.gid) {
        3
    } else {
        0
    };
    if inode.mode >> shift & bits == bits { Ok(()) } else { Err(Errno::EACCES) }
}
