//! Files and directories as the own mount namespace shows them.

use super::{Io, Sys};
use crate::engine::descriptor;
use crate::engine::path::{self, Place, What};
use crate::engine::proc::ProcNode;
use crate::files::{Inode, InodeKind};
use crate::kernel::descriptor::Object;
use crate::kernel::errno::Errno;
use crate::kernel::filesystem::unix_micros;
use crate::kernel::mount::{FileSystem, Mount};
use crate::kernel::terminal::TerminalId;
use std::rc::Rc;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    Character,
    /// A block device.
    Block,
    /// A named pipe.
    Fifo,
}

/// What `man 2 stat` tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Stat {
    /// Its kind.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    pub size: u64,
    /// Inode number.
    pub inode: u64,
    /// Names that lead to it.
    pub links: u32,
    /// When it was changed, in microseconds since the Unix epoch.
    pub modified: u64,
    /// The file system.
    pub device: u64,
    /// Where a symbolic link leads.
    pub target: Option<String>,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    read: bool,
    write: bool,
    create: bool,
    truncate: bool,
    append: bool,
    exclusive: bool,
}

impl Open {
    /// For reading.
    pub const READ: Self =
        Self { read: true, write: false, create: false, truncate: false, append: false, exclusive: false };
    /// For writing from the start; made when missing, emptied when there.
    pub const WRITE: Self = Self { read: false, write: true, create: true, truncate: true, ..Self::READ };
    /// For writing at the end; made when missing.
    pub const APPEND: Self = Self { read: false, write: true, create: true, append: true, ..Self::READ };
    /// For both; made when missing.
    pub const READ_WRITE: Self = Self { write: true, create: true, ..Self::READ };
    /// For writing; an error when it is there.
    pub const CREATE_NEW: Self =
        Self { read: false, write: true, create: true, exclusive: true, ..Self::READ };
}

impl Sys<'_> {
    /// The working directory.
    pub fn directory(&self) -> String {
        self.process().directory.clone()
    }

    /// Goes to another working directory.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `EACCES`.
    pub fn change_directory(&mut self, to: &str) -> Result<(), Errno> {
        let place = self.existing(to, true)?;
        if !path::is_directory(self.world, &place) {
            return Err(Errno::ENOTDIR);
        }
        if let Some(inode) = path::inode(self.world, &place) {
            path::allowed(self.process(), inode, 1)?;
        }
        self.process_mut().directory = place.seen;
        Ok(())
    }

    /// The bits that new files do not get.
    pub fn umask(&self) -> u32 {
        self.process().umask
    }

    /// Changes the bits that new files do not get.
    pub fn set_umask(&mut self, umask: u32) {
        self.process_mut().umask = umask & 0o777;
    }

    pub(super) fn resolve_path(&self, to: &str, follow: bool) -> Result<Place, Errno> {
        path::resolve(self.world, self.pid, to, follow)
    }

    pub(super) fn existing(&self, to: &str, follow: bool) -> Result<Place, Errno> {
        let place = self.resolve_path(to, follow)?;
        if matches!(place.what, What::Missing) { Err(Errno::ENOENT) } else { Ok(place) }
    }

    /// The directory above a place, if names may be changed in it: its inner path and the name.
    pub(super) fn parent_of(&self, place: &Place) -> Result<(String, String), Errno> {
        if place.read_only {
            return Err(Errno::EROFS);
        }
        let (parent, name) = place.inner.rsplit_once('/').ok_or(Errno::EBUSY)?;
        let (seen, _) = place.seen.rsplit_once('/').ok_or(Errno::EBUSY)?;
        let above = self.existing(if seen.is_empty() { "/" } else { seen }, true)?;
        if above.filesystem != place.filesystem || name.is_empty() {
            return Err(Errno::EBUSY);
        }
        let inode = path::inode(self.world, &above).ok_or(Errno::EPERM)?;
        path::allowed(self.process(), inode, 3)?;
        Ok((if parent.is_empty() { "/".to_owned() } else { parent.to_owned() }, name.to_owned()))
    }

    pub(super) fn filesystem_mut(&mut self, place: &Place) -> Result<&mut FileSystem, Errno> {
        self.world.kernel.filesystem_mut(place.filesystem).ok_or(Errno::EIO)
    }

    pub(super) fn owned(&self, mut inode: Inode) -> Inode {
        let who = self.credentials();
        (inode.uid, inode.gid) = (who.uid, who.gid);
        inode.modified = unix_micros(self.world.now);
        inode
    }

    /// Opens a file; the lowest free descriptor.
    ///
    /// # Errors
    /// What `man 2 open` says.
    pub fn open(&mut self, to: &str, how: Open) -> Result<u32, Errno> {
        let mut place = self.resolve_path(to, true)?;
        if how.exclusive && !matches!(place.what, What::Missing) {
            return Err(Errno::EEXIST);
        }
        if matches!(place.what, What::Missing) {
            if !how.create {
                return Err(Errno::ENOENT);
            }
            let (parent, name) = self.parent_of(&place)?;
            let mode = 0o666 & !self.umask();
            let inode = self.owned(Inode::file(Vec::new(), mode, 0));
            let node = self.filesystem_mut(&place)?.insert(&parent, &name, inode)?;
            place.what = What::Node(node);
        }
        let object = match &place.what {
            What::Proc(node) => match self.open_proc(node, how)? {
                Ok(object) => object,
                Err(shared) => return descriptor::install(self.world, self.pid, shared, 0),
            },
            _ => self.open_node(&place, how)?,
        };
        let id = descriptor::describe(self.world, object, how.read, how.write);
        if let Some(description) = self.world.kernel.descriptions.get_mut(&id) {
            description.append = how.append;
        }
        descriptor::install(self.world, self.pid, id, 0)
    }

    /// What a node of `/proc` opens as; another process's open file is shared.
    fn open_proc(
        &self,
        node: &ProcNode,
        how: Open,
    ) -> Result<Result<Object, crate::kernel::descriptor::DescriptionId>, Errno> {
        match node {
            ProcNode::Descriptor(pid, number) => {
                let process = self.world.kernel.process(*pid).ok_or(Errno::ENOENT)?;
                process.descriptors.get(number).copied().ok_or(Errno::ENOENT).map(Err)
            }
            ProcNode::File(_) if how.write => Err(Errno::EACCES),
            ProcNode::File(text) => Ok(Ok(Object::Text(text.as_bytes().into()))),
            ProcNode::Directory(_) => Err(Errno::EISDIR),
            ProcNode::Link(_) => Err(Errno::ELOOP),
        }
    }

    fn open_node(&mut self, place: &Place, how: Open) -> Result<Object, Errno> {
        let What::Node(node) = &place.what else { return Err(Errno::ENOENT) };
        let inode = path::inode(self.world, place).ok_or(Errno::ENOENT)?;
        let bits = if how.read { 4 } else { 0 } | if how.write { 2 } else { 0 };
        path::allowed(self.process(), inode, bits)?;
        match &inode.kind {
            InodeKind::Directory(_) if how.write => return Err(Errno::EISDIR),
            InodeKind::Device { number, .. } => return self.open_device(*number),
            InodeKind::File { .. } if how.write && place.read_only => return Err(Errno::EROFS),
            _ => {}
        }
        let mut node = node.clone();
        if how.truncate {
            let modified = unix_micros(self.world.now);
            let (tree, ino) = self.filesystem_mut(place)?.writable(&place.inner).ok_or(Errno::EROFS)?;
            tree.set_kind(ino, InodeKind::File { bytes: Rc::new([]), nominal: None });
            if let Some(inode) = tree.get_mut(ino) {
                inode.modified = modified;
            }
            node = crate::files::NodeRef::single(ino);
        }
        Ok(Object::Node { filesystem: place.filesystem, node, path: place.inner.clone() })
    }

    fn open_device(&self, number: (u32, u32)) -> Result<Object, Errno> {
        Ok(match number {
            (1, 3) => Object::Null,
            (1, 5) => Object::Zero,
            (1, 7) => Object::Full,
            (1, 8 | 9) => Object::Random,
            (5, _) => Object::Terminal(self.process().terminal.ok_or(Errno::ENODEV)?),
            (136, n) => Object::Terminal(TerminalId(u64::from(n))),
            _ => return Err(Errno::ENODEV),
        })
    }

    /// The whole content of a file, whoever may read it: for the kernel's own looks at program files.
    pub(crate) fn read_any(&self, to: &str) -> Result<Rc<[u8]>, Errno> {
        let place = self.existing(to, true)?;
        match (&place.what, path::inode(self.world, &place).map(|i| &i.kind)) {
            (What::Proc(ProcNode::File(text)), _) => Ok(text.as_bytes().into()),
            (_, Some(InodeKind::File { bytes, .. })) => Ok(bytes.clone()),
            (_, Some(InodeKind::Directory(_))) => Err(Errno::EISDIR),
            _ => Err(Errno::EINVAL),
        }
    }

    /// A file's content, or nothing.
    pub(crate) fn peek_file(&self, to: &str) -> Option<Rc<[u8]>> {
        self.read_any(to).ok()
    }

    /// The whole content of a file.
    ///
    /// # Errors
    /// What `man 2 open` says.
    pub fn read_file(&mut self, to: &str) -> Result<Rc<[u8]>, Errno> {
        self.access(to, 4)?;
        self.read_any(to)
    }

    /// Replaces the whole content of a file.
    ///
    /// # Errors
    /// What `man 2 open` says.
    pub fn write_file(&mut self, to: &str, bytes: &[u8]) -> Result<(), Errno> {
        let fd = self.open(to, Open::WRITE)?;
        let mut rest = bytes;
        let result = loop {
            match self.write(fd, rest) {
                Ok(Io::Ready(count)) if count > 0 && count < rest.len() => rest = &rest[count..],
                Ok(_) => break Ok(()),
                Err(errno) => break Err(errno),
            }
        };
        self.close(fd)?;
        result
    }

    /// What is at a path, symbolic links followed.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`.
    pub fn stat(&self, to: &str) -> Result<Stat, Errno> {
        let place = self.existing(to, true)?;
        self.stat_place(&place)
    }

    /// What is at a path, the last symbolic link not followed.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`.
    pub fn lstat(&self, to: &str) -> Result<Stat, Errno> {
        let place = self.existing(to, false)?;
        self.stat_place(&place)
    }

    fn stat_place(&self, place: &Place) -> Result<Stat, Errno> {
        if let What::Proc(node) = &place.what {
            let (kind, mode, target) = match node {
                ProcNode::Directory(_) => (FileKind::Directory, 0o555, None),
                ProcNode::File(_) => (FileKind::File, 0o444, None),
                ProcNode::Link(target) => (FileKind::Symlink, 0o777, Some(target.clone())),
                ProcNode::Descriptor(..) => (FileKind::Symlink, 0o700, Some("pipe:[1]".to_owned())),
            };
            let modified = unix_micros(self.world.now);
            return Ok(Stat {
                kind,
                mode,
                uid: 0,
                gid: 0,
                size: 0,
                inode: 1,
                links: 1,
                modified,
                device: place.filesystem.0,
                target,
            });
        }
        let inode = path::inode(self.world, place).ok_or(Errno::ENOENT)?;
        let What::Node(node) = &place.what else { return Err(Errno::ENOENT) };
        let (kind, target) = match &inode.kind {
            InodeKind::Directory(_) => (FileKind::Directory, None),
            InodeKind::File { .. } => (FileKind::File, None),
            InodeKind::Symlink(target) => (FileKind::Symlink, Some(target.to_string())),
            InodeKind::Device { character: true, .. } | InodeKind::Whiteout => (FileKind::Character, None),
            InodeKind::Device { .. } => (FileKind::Block, None),
            InodeKind::Fifo => (FileKind::Fifo, None),
        };
        let number = u64::from(node.layer()) * 1_000_000 + node.ino().0;
        let links = if inode.is_directory() { 2 } else { inode.links };
        let (mode, uid, gid, size, modified) =
            (inode.mode, inode.uid, inode.gid, inode.size(), inode.modified);
        Ok(Stat {
            kind,
            mode,
            uid,
            gid,
            size,
            inode: number,
            links,
            modified,
            device: place.filesystem.0,
            target,
        })
    }

    /// Checks permission: 4 read, 2 write, 1 execute (`man 2 access`).
    ///
    /// # Errors
    /// `EACCES`, `EROFS`, `ENOENT`.
    pub fn access(&self, to: &str, bits: u32) -> Result<(), Errno> {
        let place = self.existing(to, true)?;
        if bits & 2 != 0 && place.read_only {
            return Err(Errno::EROFS);
        }
        match path::inode(self.world, &place) {
            Some(inode) => path::allowed(self.process(), inode, bits),
            None if bits & 2 != 0 => Err(Errno::EACCES),
            None => Ok(()),
        }
    }

    /// Bytes that a file system holds, and the most it may.
    pub fn usage(&self, filesystem: crate::kernel::mount::FileSystemId) -> (u64, Option<u64>) {
        self.world.kernel.filesystems.get(&filesystem).map_or((0, None), |f| f.usage())
    }

    /// The mounts that the own mount namespace shows.
    pub fn mounts(&self) -> Vec<Mount> {
        self.world.kernel.mounts(&self.process().namespaces).to_vec()
    }
}
