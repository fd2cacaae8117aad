//! The context of a build: a directory of the client's without what `.dockerignore` keeps out, or an archive.

use super::super::Context;
use super::refuse;
use crate::build::ignore::Ignore;
use crate::cli::parse::Refusal;
use crate::engine::build::Request;
use crate::engine::path;
use crate::engine::syscall::FileKind;
use crate::files::{Ino, Inode, InodeKind, Tree, archive};
use crate::image::gzip;
use crate::kernel::errno::Errno;
use crate::kernel::mount::FileSystem;
use std::rc::Rc;

/// Bytes that a packed context may come to.
const LARGEST: usize = 512 << 20;

/// What came on standard input: an archive, or a Dockerfile.
pub fn archived(bytes: Vec<u8>) -> Result<Option<Tree>, Vec<u8>> {
    let plain =
        if gzip::is_gzip(&bytes) { gzip::decompress(&bytes, LARGEST).unwrap_or_default() } else { bytes };
    if plain.get(257..262) == Some(b"ustar") {
        return Ok(archive::unpack(&plain).ok());
    }
    Err(plain)
}

pub fn unread(file: &str, errno: Errno) -> Refusal {
    let why = errno.text().to_ascii_lowercase();
    refuse(&format!("failed to solve: failed to read dockerfile: open {file}: {why}"))
}

fn content(tree: &Tree, path: &str) -> Option<Rc<[u8]>> {
    match &tree.get(tree.find(path)?)?.kind {
        InodeKind::File { bytes, .. } => Some(bytes.clone()),
        _ => None,
    }
}

pub fn dockerfile_in(tree: &Tree, file: &str) -> Result<Rc<str>, Refusal> {
    let bytes = content(tree, file).ok_or_else(|| unread(file, Errno::ENOENT))?;
    Ok(String::from_utf8_lossy(&bytes).as_ref().into())
}

/// A directory of the client's with everything below it.
pub fn directory(c: &Context<'_, '_>, place: &str) -> Result<Tree, Errno> {
    if c.sys.stat(place)?.kind != FileKind::Directory {
        return Err(Errno::ENOTDIR);
    }
    let found = path::resolve(c.sys.world, c.sys.host_pid(), place, true)?;
    let filesystem = c.sys.world.kernel.filesystems.get(&found.filesystem).ok_or(Errno::ENOENT)?;
    match &**filesystem {
        FileSystem::Proc | FileSystem::Sys => Err(Errno::EPERM),
        filesystem => Ok(filesystem.subtree(&found.inner)),
    }
}

/// Keeps of a context what `.dockerignore` lets through.
pub fn send(request: &mut Request, tree: &Tree) {
    let (kept, ignore) = kept(tree, &request.file);
    request.sent = kept.size();
    (request.context, request.ignore) = (Rc::new(kept), ignore);
}

/// What `.dockerignore` lets through, and its rules.
pub fn kept(tree: &Tree, file: &str) -> (Tree, Ignore) {
    let own = content(tree, &format!("{file}.dockerignore"));
    let rules = own.or_else(|| content(tree, ".dockerignore")).unwrap_or_default();
    let ignore = Ignore::parse(&String::from_utf8_lossy(&rules));
    let mut kept = Tree::default();
    keep(tree, Tree::ROOT, "", &ignore, &mut kept);
    (kept, ignore)
}

fn keep(tree: &Tree, directory: Ino, above: &str, ignore: &Ignore, kept: &mut Tree) {
    for (name, ino) in tree.entries(directory) {
        let path = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
        let Some(inode) = tree.get(ino) else { continue };
        if inode.is_directory() {
            if !ignore.hides(&path) {
                let parent = kept.make_path(above, 0o755, inode.modified);
                let made = Inode { mode: inode.mode, ..Inode::directory(0o755, inode.modified) };
                if kept.child(parent, name).is_none() {
                    kept.insert(parent, name, made);
                }
            }
            keep(tree, ino, &path, ignore, kept);
        } else if !ignore.hides(&path) {
            let parent = kept.make_path(above, 0o755, inode.modified);
            kept.insert(parent, name, Inode { links: 1, uid: 0, gid: 0, ..inode.clone() });
        }
    }
}
