//! `tar`: archives of files, made, listed and unpacked.

use super::{C, Outcome};
use crate::engine::copy::set_nominal;
use crate::engine::syscall::FileKind;
use crate::files::{Ino, Inode, InodeKind, Tree, archive};
use crate::image::{gzip, layer::unzipped};
use crate::kernel::errno::Errno;

pub fn tar(c: C<'_, '_, '_>) -> Outcome {
    // The letters may stand first without a dash.
    if let Some(first) = c.arguments.first_mut().filter(|first| !first.starts_with('-')) {
        first.insert(0, '-');
    }
    let (flags, values) = options!(c, "ctxvzpkO", "fC");
    let value = |letter: char| values.iter().rev().find(|v| v.0 == letter).map(|v| v.1.clone());
    let file = value('f').unwrap_or_else(|| "-".to_owned());
    let modes: Vec<char> = flags.chars().filter(|f| "ctx".contains(*f)).collect();
    let [mode] = modes.as_slice() else {
        c.complain("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options");
        return Outcome::Done(2);
    };
    let mode = *mode;
    let bytes = if mode == 'c' {
        Vec::new()
    } else {
        match c.content(&file) {
            None => return Outcome::NeedsInput,
            Some(Ok(bytes)) => bytes.to_vec(),
            Some(Err(errno)) => return failed(c, &file, errno),
        }
    };
    let home = c.sys.directory();
    if let Some(directory) = value('C') {
        if let Err(errno) = c.sys.change_directory(&directory) {
            return failed(c, &directory, errno);
        }
    }
    let names = std::mem::take(&mut c.arguments);
    let verbose = flags.contains('v');
    if mode == 'c' {
        let mut tree = Tree::default();
        for name in &names {
            if let Err(errno) = gather(c, &mut tree, name) {
                return failed(c, name, errno);
            }
        }
        let mut bytes = archive::pack(&tree);
        if flags.contains('z') {
            bytes = gzip::compress(&bytes);
        }
        let listing: String = listed(&tree, &[]).into_iter().map(|(name, _)| name + "\n").collect();
        let _ = c.sys.change_directory(&home);
        if file != "-" {
            if let Err(errno) = c.sys.write_file(&file, &bytes) {
                return failed(c, &file, errno);
            }
            if verbose {
                c.print(&listing);
            }
        } else {
            c.out.extend(bytes);
            if verbose {
                c.err.extend(listing.into_bytes());
            }
        }
        return Outcome::Done(0);
    }
    let Some(tree) = unzipped(&bytes).and_then(|bytes| archive::unpack(&bytes).ok()) else {
        c.complain("invalid tar magic");
        return Outcome::Done(1);
    };
    for (name, ino) in listed(&tree, &names) {
        if mode == 't' || verbose {
            c.print(&format!("{name}\n"));
        }
        let Some(inode) = tree.get(ino).filter(|_| mode == 'x') else { continue };
        if flags.contains('O') {
            if let InodeKind::File { bytes, .. } = &inode.kind {
                c.out.extend_from_slice(bytes);
            }
            continue;
        }
        if let Err(errno) = extract(c, name.trim_end_matches('/'), inode) {
            return failed(c, &name, errno);
        }
    }
    Outcome::Done(0)
}

fn failed(c: C<'_, '_, '_>, path: &str, errno: Errno) -> Outcome {
    if c.sys.is_busybox() {
        c.complain(&format!("can't open '{path}': {errno}"));
        return Outcome::Done(1);
    }
    c.complain(&format!("{path}: Cannot open: {errno}\ntar: Error is not recoverable: exiting now"));
    Outcome::Done(2)
}

/// Every entry, or those that were named and what is below them; directories end in a slash.
fn listed(tree: &Tree, wanted: &[String]) -> Vec<(String, Ino)> {
    let mut found = Vec::new();
    for (path, ino) in tree.walk() {
        let name = path.trim_start_matches('/');
        let hit = |w: &String| {
            let rest = name.strip_prefix(w.trim_start_matches("./").trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if wanted.is_empty() || wanted.iter().any(hit) {
            let slash = if tree.get(ino).is_some_and(Inode::is_directory) { "/" } else { "" };
            found.push((format!("{name}{slash}"), ino));
        }
    }
    found
}

/// Puts a file, or a directory with everything below it, into a tree.
fn gather(c: C<'_, '_, '_>, tree: &mut Tree, path: &str) -> Result<(), Errno> {
    let stat = c.sys.lstat(path)?;
    let kind = match stat.kind {
        FileKind::Directory => InodeKind::Directory(Default::default()),
        FileKind::Symlink => InodeKind::Symlink(stat.target.clone().unwrap_or_default().into()),
        FileKind::File => {
            let bytes = c.sys.read_file(path)?;
            let nominal = Some(stat.size).filter(|size| *size != bytes.len() as u64);
            InodeKind::File { bytes, nominal }
        }
        _ => return Ok(()),
    };
    let mut inode = Inode::new(kind, stat.mode, stat.modified);
    (inode.uid, inode.gid) = (stat.uid, stat.gid);
    let full = crate::image::change::below("/", path);
    let (parent, name) = full.rsplit_once('/').unwrap_or_default();
    if !name.is_empty() {
        let directory = tree.make_path(parent, 0o755, stat.modified);
        tree.insert(directory, name, inode);
    }
    if stat.kind == FileKind::Directory {
        for (name, _) in c.sys.read_directory(path)? {
            gather(c, tree, &format!("{}/{name}", path.trim_end_matches('/')))?;
        }
    }
    Ok(())
}

fn extract(c: C<'_, '_, '_>, name: &str, inode: &Inode) -> Result<(), Errno> {
    for (at, _) in name.match_indices('/') {
        let _ = c.sys.make_directory(&name[..at], 0o777);
    }
    match &inode.kind {
        InodeKind::Directory(_) => match c.sys.make_directory(name, 0o777) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        },
        InodeKind::Symlink(target) => {
            let _ = c.sys.unlink(name);
            return c.sys.symlink(target, name);
        }
        InodeKind::File { bytes, nominal } => {
            let _ = c.sys.unlink(name);
            c.sys.write_file(name, bytes)?;
            if let Some(nominal) = nominal {
                set_nominal(c.sys.world, c.sys.host_pid(), name, *nominal);
            }
        }
        _ => return Ok(()),
    }
    let _ = c.sys.change_owner(name, Some(inode.uid), Some(inode.gid));
    c.sys.change_mode(name, inode.mode)
}
