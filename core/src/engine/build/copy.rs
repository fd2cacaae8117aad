//! COPY and ADD: which files, from where, and where they come to lie.

use super::step::{merged, stage_run, variable};
use super::{Plan, StageRun, get, image};
use crate::build::dockerfile::Instruction;
use crate::build::ignore::Ignore;
use crate::build::stage::{self, Base};
use crate::build::{Fault, select};
use crate::digest::Digest;
use crate::engine::World;
use crate::files::{Ino, Inode, InodeKind, Tree, archive};
use crate::image::change::{self, words::expand};
use crate::image::gzip;
use crate::kernel::mount::FileSystem;
use std::rc::Rc;

/// Files on their way into a stage.
struct Target {
    filesystem: FileSystem,
    owner: (u32, u32),
    mode: Option<u32>,
    now: u64,
}

/// The layer that makes a directory, with those above it.
pub(super) fn directory(run: &StageRun, path: &str, now: u64) -> Tree {
    let mut target = Target { filesystem: merged(&run.layers), owner: (0, 0), mode: None, now };
    target.make(path);
    target.upper()
}

/// The tree of an instruction's files, its history, and what it depends on.
pub(super) fn copy(
    world: &World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
) -> Result<(Tree, String, String), Fault> {
    let fault = |words: String| instruction.fault(words);
    let Some(run) = stage_run(world, number, at) else { return Ok(Default::default()) };
    let lookup = |name: &str| variable(run, name);
    let replaced = |text: &str| expand(&plan.file.plain(text), &lookup).map_err(fault);
    let raw = instruction.json_words().unwrap_or_else(|| change::words::words(&instruction.text));
    let words: Vec<String> = raw.iter().map(|w| replaced(w)).collect::<Result<_, _>>()?;
    let Some((last, sources)) = words.split_last() else { return Ok(Default::default()) };
    let from = source(world, number, plan, at, instruction.flag("from")).map_err(fault)?;
    let mut target = Target {
        filesystem: merged(&run.layers),
        owner: owner(run, &replaced(instruction.flag("chown").unwrap_or_default())?).map_err(fault)?,
        mode: mode(&replaced(instruction.flag("chmod").unwrap_or_default())?).map_err(fault)?,
        now: world.now.unix_micros(),
    };
    let config: serde_json::Value = serde_json::from_str(&run.config).unwrap_or_default();
    let place = change::below(config["WorkingDir"].as_str().unwrap_or("/"), last);
    let place =
        if last.ends_with(['/', '.']) && !last.ends_with("..") && place != "/" { place + "/" } else { place };
    let excluded: Vec<&str> = instruction.values("exclude").collect();
    let excluded = Ignore::parse(&excluded.join("\n"));
    let mut what = format!("{} {place} {:?}", instruction.name, instruction.flags);
    for (word, raw) in sources.iter().zip(&raw) {
        if let Some(document) =
            instruction.documents.iter().find(|d| raw.starts_with("<<") && raw.contains(&d.name))
        {
            let text = if document.expand {
                expand(&document.text, &lookup).map_err(fault)?
            } else {
                document.text.clone()
            };
            what.push_str(&text);
            let place =
                if place.ends_with('/') { format!("{place}{}", document.name) } else { place.clone() };
            target.put(&place, Inode::file(text.into_bytes(), 0o644, target.now));
            continue;
        }
        if instruction.name == "ADD" && (word.contains("://") || word.starts_with("git@")) {
            return Err(fault(format!(
                "ADD {word} is not simulated here: the builder fetches nothing from the network; COPY takes files of the context"
            )));
        }
        let found = select::sources(&from, word);
        if found.is_empty() && !word.contains(['*', '?', '[']) {
            let path = format!("/{}", select::clean(word));
            let refs = Digest::of(path.as_bytes()).hex();
            return Err(fault(format!(
                "failed to compute cache key: failed to calculate checksum of ref {}::{}: \"{path}\": not found",
                &refs[..25],
                &refs[25..50]
            )));
        }
        for (path, ino) in found {
            checksum(&from, ino, &path, &mut what);
            let parents = instruction.flag("parents").is_some();
            let unpack = instruction.name == "ADD" && instruction.flag("unpack") != Some("false");
            target.take(&from, ino, &path, &place, &excluded, (parents, unpack)).map_err(fault)?;
        }
    }
    let by = format!("{} {} {last} # buildkit", instruction.name, sources.join(" "));
    Ok((target.upper(), by, what))
}

/// Where the files come from: the context, a stage, or an image.
pub(super) fn source(
    world: &World,
    number: u64,
    plan: &Plan,
    at: usize,
    from: Option<&str>,
) -> Result<Rc<Tree>, String> {
    let layers = match from {
        None => return Ok(get(world, number).map(|b| b.request.context.clone()).unwrap_or_default()),
        Some(name) => match stage::base(&plan.stages[..at], name, true) {
            Base::Stage(other) => stage_run(world, number, other).map(|r| r.layers.clone()),
            Base::Image(text) => image(world, &text).map(|i| i.layers.clone()),
            Base::Scratch => None,
        },
    };
    Ok(Rc::new(merged(&layers.unwrap_or_default()).subtree("/")))
}

/// `--chown`: numbers, or names of the stage's own /etc/passwd and /etc/group.
fn owner(run: &StageRun, text: &str) -> Result<(u32, u32), String> {
    if text.is_empty() {
        return Ok((0, 0));
    }
    let filesystem = merged(&run.layers);
    let find = |file: &str, name: &str| -> Option<(u32, u32)> {
        let node = filesystem.find(file)?;
        let InodeKind::File { bytes, .. } = &filesystem.inode(&node)?.kind else { return None };
        let text = String::from_utf8_lossy(bytes);
        let row = text.lines().find(|l| l.split(':').next() == Some(name))?;
        let mut cells = row.split(':').skip(2).map(|c| c.parse().unwrap_or(0));
        Some((cells.next()?, cells.next().unwrap_or(0)))
    };
    let (user, group) = text.split_once(':').map_or((text, None), |(u, g)| (u, Some(g)));
    let number = |file: &str, name: &str| name.parse().ok().map(|n| (n, n)).or_else(|| find(file, name));
    let uid = number("/etc/passwd", user).ok_or_else(|| format!("unable to convert uid/gid chown string to host mapping: can't find uid for user {user}: no such user: {user}"))?;
    let gid = match group {
        None => uid.1,
        Some(name) => number("/etc/group", name).ok_or_else(|| format!("unable to convert uid/gid chown string to host mapping: can't find gid for group {name}: no such group: {name}"))?.0,
    };
    Ok((uid.0, gid))
}

/// `--chmod`: an octal number.
fn mode(text: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let mode = u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777);
    mode.map(Some).ok_or_else(|| {
        format!("invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777")
    })
}

/// What counts of files: names, modes and content, never times.
pub(super) fn checksum(tree: &Tree, ino: Ino, path: &str, what: &mut String) {
    let Some(inode) = tree.get(ino) else { return };
    what.push_str(&format!("\n{path} {:o} ", inode.mode));
    match &inode.kind {
        InodeKind::Directory(entries) => {
            for (name, child) in entries {
                checksum(tree, *child, name, what);
            }
            what.push_str("\n..");
        }
        InodeKind::File { bytes, .. } => what.push_str(&Digest::of(bytes).hex()),
        InodeKind::Symlink(target) => what.push_str(target),
        _ => {}
    }
}

impl Target {
    /// What was put in.
    fn upper(self) -> Tree {
        match self.filesystem {
            FileSystem::Overlay(overlay) => overlay.upper,
            _ => Tree::default(),
        }
    }

    /// A path with the symbolic links on it followed.
    fn follow(&self, path: &str) -> String {
        let mut done = String::new();
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            if part.is_empty() || part == "." {
                continue;
            }
            if part == ".." {
                done.truncate(done.rfind('/').unwrap_or(0));
                continue;
            }
            let next = format!("{done}/{part}");
            let inode = self.filesystem.find(&next).and_then(|n| self.filesystem.inode(&n).cloned());
            match inode.map(|i| i.kind) {
                Some(InodeKind::Symlink(to)) if links < 40 => {
                    links += 1;
                    if to.starts_with('/') {
                        done.clear();
                    }
                    todo.extend(to.split('/').rev().map(str::to_owned));
                }
                _ => done = next,
            }
        }
        done
    }

    fn is_directory(&self, path: &str) -> bool {
        let node = self.filesystem.find(path);
        node.and_then(|n| self.filesystem.inode(&n).map(Inode::is_directory)).unwrap_or(false)
    }

    /// The directory at a path, and those above it, made when missing; its path without symbolic links.
    fn make(&mut self, path: &str) -> String {
        let mut at = String::new();
        for part in self.follow(path).split('/').filter(|p| !p.is_empty()) {
            let next = format!("{at}/{part}");
            if !self.is_directory(&next) {
                let mut inode = Inode::directory(0o755, self.now);
                (inode.uid, inode.gid) = self.owner;
                let _ = self.filesystem.insert(if at.is_empty() { "/" } else { &at }, part, inode);
            }
            at = next;
        }
        at
    }

    /// Puts one inode at a path.
    fn put(&mut self, path: &str, mut inode: Inode) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.make(parent);
        (inode.uid, inode.gid) = self.owner;
        inode.links = 1;
        if let Some(mode) = self.mode.filter(|_| !matches!(inode.kind, InodeKind::Symlink(_))) {
            inode.mode = mode;
        }
        let place = format!("{parent}/{name}");
        if inode.is_directory() {
            if self.is_directory(&place) {
                return;
            }
            inode.kind = InodeKind::Directory(Default::default());
        }
        let _ = self.filesystem.insert(if parent.is_empty() { "/" } else { &parent }, name, inode);
    }

    /// Puts a file, or what is in a directory, or what is in an archive.
    fn take(
        &mut self,
        from: &Tree,
        ino: Ino,
        path: &str,
        place: &str,
        excluded: &Ignore,
        (parents, unpack): (bool, bool),
    ) -> Result<(), String> {
        let Some(inode) = from.get(ino) else { return Ok(()) };
        let base = path.rsplit('/').next().unwrap_or(path);
        let into = place.ends_with('/') || self.is_directory(&self.follow(place));
        let trimmed = place.trim_end_matches('/');
        if inode.is_directory() {
            let place = if parents { format!("{trimmed}/{path}") } else { trimmed.to_owned() };
            self.make(&place);
            self.below(from, ino, "", &place, excluded);
            return Ok(());
        }
        if let (InodeKind::File { bytes, .. }, true) = (&inode.kind, unpack) {
            if let Some(tree) = unpacked(bytes) {
                self.make(trimmed);
                self.below(&tree, Tree::ROOT, "", trimmed, excluded);
                return Ok(());
            }
        }
        if excluded.hides(path) {
            return Ok(());
        }
        let place = match (parents, into) {
            (true, _) => format!("{trimmed}/{path}"),
            (_, true) => format!("{trimmed}/{base}"),
            _ => place.to_owned(),
        };
        self.put(&place, inode.clone());
        Ok(())
    }

    fn below(&mut self, from: &Tree, directory: Ino, inner: &str, place: &str, excluded: &Ignore) {
        let entries: Vec<(Rc<str>, Ino)> = from.entries(directory).map(|(n, i)| (n.clone(), i)).collect();
        for (name, ino) in entries {
            let inner = if inner.is_empty() { name.to_string() } else { format!("{inner}/{name}") };
            let Some(inode) = from.get(ino).filter(|_| !excluded.hides(&inner)) else { continue };
            let place = format!("{place}/{name}");
            self.put(&place, inode.clone());
            if inode.is_directory() {
                self.below(from, ino, &inner, &place, excluded);
            }
        }
    }
}

/// The files of an archive, packed or not; nothing for other bytes.
fn unpacked(bytes: &Rc<[u8]>) -> Option<Tree> {
    const LARGEST: usize = 512 << 20;
    let plain: Rc<[u8]> =
        if gzip::is_gzip(bytes) { gzip::decompress(bytes, LARGEST)?.into() } else { bytes.clone() };
    let is_tar = plain.get(257..262) == Some(b"ustar");
    if is_tar { archive::unpack(&plain).ok() } else { None }
}
