//! System calls on names: directories, links, renames, modes and owners.

use super::Sys;
use crate::engine::path::{self, What};
use crate::engine::proc::ProcNode;
use crate::engine::syscall::file::{FileKind, Open};
use crate::files::{Inode, InodeKind, Tree};
use crate::kernel::errno::Errno;
use crate::kernel::filesystem::unix_micros;
use crate::kernel::mount::FileSystem;
use std::rc::Rc;

/// Puts a subtree under a name.
fn plant(
    filesystem: &mut FileSystem,
    parent: &str,
    name: &str,
    inode: Inode,
    tree: &Tree,
    at: crate::files::Ino,
) -> Result<(), Errno> {
    let mut top = inode;
    top.links = 1;
    let directory = top.is_directory();
    if directory {
        top.kind = InodeKind::Directory(Default::default());
    }
    filesystem.insert(parent, name, top)?;
    if directory {
        let own = format!("{}/{name}", parent.trim_end_matches('/'));
        let below: Vec<(Rc<str>, crate::files::Ino)> =
            tree.entries(at).map(|(n, i)| (n.clone(), i)).collect();
        for (name, child) in below {
            if let Some(inode) = tree.get(child).cloned() {
                plant(filesystem, &own, &name, inode, tree, child)?;
            }
        }
    }
    Ok(())
}

impl Sys<'_> {
    /// The names in a directory with their kinds, in order, without `.` and `..`.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `EACCES`.
    pub fn read_directory(&self, to: &str) -> Result<Vec<(String, FileKind)>, Errno> {
        let place = self.existing(to, true)?;
        let names: Vec<String> = match &place.what {
            What::Proc(ProcNode::Directory(names)) => names.clone(),
            What::Node(node) => {
                let inode = path::inode(self.world, &place).ok_or(Errno::ENOENT)?;
                if !inode.is_directory() {
                    return Err(Errno::ENOTDIR);
                }
                path::allowed(self.process(), inode, 4)?;
                let filesystem = self.world.kernel.filesystems.get(&place.filesystem).ok_or(Errno::EIO)?;
                filesystem.names(node).iter().map(ToString::to_string).collect()
            }
            _ => return Err(Errno::ENOTDIR),
        };
        let base = if place.seen == "/" { "" } else { &place.seen };
        Ok(names
            .into_iter()
            .map(|name| {
                let kind = self.lstat(&format!("{base}/{name}")).map_or(FileKind::File, |s| s.kind);
                (name, kind)
            })
            .collect())
    }
    /// Where a symbolic link leads.
    ///
    /// # Errors
    /// `EINVAL` when it is none.
    pub fn read_link(&self, to: &str) -> Result<String, Errno> {
        self.lstat(to)?.target.ok_or(Errno::EINVAL)
    }
    /// The absolute path without symbolic links.
    ///
    /// # Errors
    /// `ENOENT` when a directory on the way is missing.
    pub fn real_path(&self, to: &str) -> Result<String, Errno> {
        Ok(self.resolve_path(to, true)?.seen)
    }
    /// Makes a directory.
    ///
    /// # Errors
    /// `EEXIST`, `ENOENT`, `EROFS`, `EACCES`.
    pub fn make_directory(&mut self, to: &str, mode: u32) -> Result<(), Errno> {
        let inode = self.owned(Inode::directory(mode & !self.umask(), 0));
        self.make(to, inode)
    }
    fn make(&mut self, to: &str, inode: Inode) -> Result<(), Errno> {
        let place = self.resolve_path(to.trim_end_matches('/'), false)?;
        if !matches!(place.what, What::Missing) {
            return Err(Errno::EEXIST);
        }
        let (parent, name) = self.parent_of(&place)?;
        self.filesystem_mut(&place)?.insert(&parent, &name, inode).map(|_| ())
    }
    /// Makes a symbolic link.
    ///
    /// # Errors
    /// `EEXIST`, `ENOENT`, `EROFS`, `EACCES`.
    pub fn symlink(&mut self, target: &str, to: &str) -> Result<(), Errno> {
        let inode = self.owned(Inode::new(InodeKind::Symlink(target.into()), 0o777, 0));
        self.make(to, inode)
    }
    /// Makes a named pipe's file.
    ///
    /// # Errors
    /// `EEXIST`, `ENOENT`, `EROFS`, `EACCES`.
    pub fn make_fifo(&mut self, to: &str) -> Result<(), Errno> {
        let inode = self.owned(Inode::new(InodeKind::Fifo, 0o644, 0));
        self.make(to, inode)
    }
    /// Removes an empty directory.
    ///
    /// # Errors
    /// `ENOTEMPTY`, `ENOTDIR`, `EBUSY`, `EROFS`, `EACCES`.
    pub fn remove_directory(&mut self, to: &str) -> Result<(), Errno> {
        let place = self.existing(to.trim_end_matches('/'), false)?;
        if !path::is_directory(self.world, &place) {
            return Err(Errno::ENOTDIR);
        }
        let (parent, name) = self.parent_of(&place)?;
        if !self.read_directory(to)?.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.filesystem_mut(&place)?.remove(&parent, &name)
    }
    /// Removes a file.
    ///
    /// # Errors
    /// `EISDIR`, `EBUSY`, `EROFS`, `EACCES`.
    pub fn unlink(&mut self, to: &str) -> Result<(), Errno> {
        let place = self.existing(to, false)?;
        if path::is_directory(self.world, &place) {
            return Err(Errno::EISDIR);
        }
        let (parent, name) = self.parent_of(&place)?;
        self.filesystem_mut(&place)?.remove(&parent, &name)
    }
    /// Moves a file or directory.
    ///
    /// # Errors
    /// `EXDEV` between file systems, `EINVAL` into itself, and what removing and making say.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let source = self.existing(from.trim_end_matches('/'), false)?;
        let target = self.resolve_path(to.trim_end_matches('/'), false)?;
        if source.filesystem != target.filesystem {
            return Err(Errno::EXDEV);
        }
        if target.inner == source.inner {
            return Ok(());
        }
        if target.inner.starts_with(&format!("{}/", source.inner)) {
            return Err(Errno::EINVAL);
        }
        let (from_parent, from_name) = self.parent_of(&source)?;
        let (to_parent, to_name) = self.parent_of(&target)?;
        let filesystem = self.filesystem_mut(&source)?;
        let tree = filesystem.subtree(&source.inner);
        let node = filesystem.find(&source.inner).ok_or(Errno::ENOENT)?;
        let inode = filesystem.inode(&node).cloned().ok_or(Errno::ENOENT)?;
        if let FileSystem::Tree { tree, .. } = filesystem {
            let (a, b) = (tree.find(&from_parent), tree.find(&to_parent));
            if let (Some(a), Some(b)) = (a, b) {
                tree.rename((a, &from_name), (b, &to_name));
            }
            return Ok(());
        }
        filesystem.remove(&from_parent, &from_name)?;
        plant(filesystem, &to_parent, &to_name, inode, &tree, Tree::ROOT)
    }
    /// Gives a file one more name.
    ///
    /// # Errors
    /// `EEXIST`, `EPERM` for directories, `EXDEV`.
    pub fn link(&mut self, old: &str, new: &str) -> Result<(), Errno> {
        let source = self.existing(old, false)?;
        let target = self.resolve_path(new, false)?;
        if !matches!(target.what, What::Missing) {
            return Err(Errno::EEXIST);
        }
        if path::is_directory(self.world, &source) {
            return Err(Errno::EPERM);
        }
        if source.filesystem != target.filesystem {
            return Err(Errno::EXDEV);
        }
        let (parent, name) = self.parent_of(&target)?;
        let filesystem = self.filesystem_mut(&source)?;
        let (_, directory) = filesystem.writable(&parent).ok_or(Errno::ENOENT)?;
        let (tree, ino) = filesystem.writable(&source.inner).ok_or(Errno::ENOENT)?;
        tree.link(directory, &name, ino);
        Ok(())
    }
    fn change(&mut self, to: &str, change: impl FnOnce(&mut Inode)) -> Result<(), Errno> {
        let place = self.existing(to, true)?;
        let inode = path::inode(self.world, &place).ok_or(Errno::EPERM)?;
        if place.read_only {
            return Err(Errno::EROFS);
        }
        let who = self.credentials();
        if who.uid != 0 && who.uid != inode.uid {
            return Err(Errno::EPERM);
        }
        let (tree, ino) = self.filesystem_mut(&place)?.writable(&place.inner).ok_or(Errno::EPERM)?;
        if let Some(inode) = tree.get_mut(ino) {
            change(inode);
        }
        Ok(())
    }
    /// Changes permission bits.
    ///
    /// # Errors
    /// `EPERM`, `EROFS`.
    pub fn change_mode(&mut self, to: &str, mode: u32) -> Result<(), Errno> {
        self.change(to, |inode| inode.mode = mode & 0o7777)
    }
    /// Changes owner and group.
    ///
    /// # Errors
    /// `EPERM` without CAP_CHOWN, `EROFS`.
    pub fn change_owner(&mut self, to: &str, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        if self.credentials().capabilities & 1 == 0 || self.credentials().uid != 0 {
            return Err(Errno::EPERM);
        }
        self.change(to, |inode| {
            inode.uid = uid.unwrap_or(inode.uid);
            inode.gid = gid.unwrap_or(inode.gid);
        })
    }
    /// Sets a file's time to now; made when missing.
    ///
    /// # Errors
    /// What `man 2 open` says.
    pub fn touch(&mut self, to: &str) -> Result<(), Errno> {
        if matches!(self.resolve_path(to, true)?.what, What::Missing) {
            let fd = self.open(to, Open::APPEND)?;
            return self.close(fd);
        }
        let now = unix_micros(self.world.now);
        self.change(to, |inode| inode.modified = now)
    }
    /// Sets a file's time, in microseconds since 1970 (`man 2 utimensat`).
    ///
    /// # Errors
    /// `ENOENT`, `EPERM`, `EROFS`.
    pub fn set_time(&mut self, to: &str, micros: u64) -> Result<(), Errno> {
        self.change(to, |inode| inode.modified = micros)
    }
}
