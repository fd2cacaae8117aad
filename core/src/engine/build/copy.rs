//! COPY and ADD: which files, from where, and where they come to lie.

use super::configure::variable;
use super::step::{merged, stage_run};
use super::{Plan, StageRun, get, layers_of};
use crate::build::cause::{Input, Inputs, Kind};
use crate::build::dockerfile::{HereDocument, Instruction};
use crate::build::ignore::Ignore;
use crate::build::stage::{self, Base};
use crate::build::{Fault, select};
use crate::digest::Digest;
use crate::engine::World;
use crate::files::{Ino, Inode, InodeKind, Tree, archive, mode};
use crate::image::change;
use crate::image::change::words::{Variables, expand, expand_unquoted};
use crate::image::gzip;
use crate::kernel::mount::FileSystem;
use std::rc::Rc;

/// Files on their way into a stage.
struct Target {
    filesystem: FileSystem,
    owner: (u32, u32),
    mode: Option<Rc<str>>,
    now: u64,
}

/// The layer that makes a directory, with those above it.
pub(super) fn directory(run: &StageRun, path: &str, owner: (u32, u32), now: u64) -> Tree {
    let mut target = Target { filesystem: merged(&run.layers), owner, mode: None, now };
    target.make(path);
    target.upper()
}

/// The tree of an instruction's files, and its history; what it depends on is added to `inputs`.
pub(super) fn copy(
    world: &World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
    inputs: &mut Inputs,
) -> Result<(Tree, String), Fault> {
    let fault = |words: String| instruction.fault(words);
    let Some(run) = stage_run(world, number, at) else { return Ok(Default::default()) };
    let lookup = |name: &str| variable(run, name);
    let replaced = |text: &str| expand(&plan.file.plain(text), &lookup).map_err(fault);
    let raw = instruction.json_words().unwrap_or_else(|| change::words::words(&instruction.text));
    let words: Vec<String> = raw.iter().map(|w| replaced(w)).collect::<Result<_, _>>()?;
    let Some((last, sources)) = words.split_last() else { return Ok(Default::default()) };
    if last.starts_with("<<") {
        return Err(
            instruction.misread(&format!("{} cannot accept a heredoc as a destination", instruction.name))
        );
    }
    used(run, instruction, inputs);
    let from = instruction.flag("from");
    let tree = source(world, number, plan, at, from).map_err(fault)?;
    let (chown, chmod) = (instruction.flag("chown"), instruction.flag("chmod"));
    let (chown, chmod) = (replaced(chown.unwrap_or_default())?, replaced(chmod.unwrap_or_default())?);
    let mut target = Target {
        filesystem: merged(&run.layers),
        owner: owner(run, &chown).map_err(fault)?,
        mode: mode(&chmod).map_err(fault)?,
        now: world.now.unix_micros(),
    };
    let place = place(run, last);
    inputs.push(Input::Value(Kind::Setting, "WORKDIR".into(), place.as_str().into()));
    let excluded: Vec<&str> = instruction.values("exclude").collect();
    let excluded = Ignore::parse(&excluded.join("\n"));
    let mut files: Vec<(&str, &HereDocument)> = Vec::new();
    for (word, raw) in sources.iter().zip(&raw) {
        let named = |d: &&HereDocument| raw.starts_with("<<") && raw.contains(&d.name);
        if let Some(document) = instruction.documents.iter().find(named) {
            files.push((word, document));
            continue;
        }
        refuse_remote(instruction, word)?;
        let parents = instruction.flag("parents").is_some();
        let found = select::sources(&tree, word);
        if found.is_empty() && !word.contains(['*', '?', '[']) {
            return Err(fault(missing(word)));
        }
        for (path, ino) in found {
            let prefix = from.map_or(String::new(), |f| format!("{f}:/"));
            checksum(&tree, ino, &format!("{prefix}{}", if path.is_empty() { "." } else { &path }), inputs);
            let unpack = instruction.name == "ADD" && instruction.flag("unpack") != Some("false");
            // What stands before `/./` is not kept of the parents.
            let pivot = word.find("/./").filter(|_| parents).map(|at| select::clean(&word[..at]));
            let inner = pivot.and_then(|p| path.strip_prefix(&*p)).unwrap_or(&path).trim_start_matches('/');
            target.take(&tree, ino, inner, &place, &excluded, (parents, unpack)).map_err(fault)?;
        }
    }
    for (_, document) in &files {
        let text = if document.expand {
            expand_document(plan, document, &lookup).map_err(fault)?
        } else {
            document.text.clone()
        };
        let place = if place.ends_with('/') || target.is_directory(&target.follow(&place)) {
            format!("{}/{}", place.trim_end_matches('/'), document.name)
        } else {
            place.clone()
        };
        target.put(&place, Inode::file(text.into_bytes(), 0o644, target.now));
    }
    let flags = [("chown", chown), ("chmod", chmod)];
    let mut by = instruction.name.clone();
    if instruction.flag("parents").is_some() {
        by.push_str(" --parents");
    }
    for (name, value) in flags.iter().filter(|f| !f.1.is_empty()) {
        by.push_str(&format!(" --{name}={value}"));
    }
    let paths = sources.iter().filter(|s| !files.iter().any(|(w, _)| w == s));
    paths.for_each(|path| by.push_str(&format!(" {path}")));
    files.iter().for_each(|(_, d)| by.push_str(&format!(" <<{}", d.name)));
    by.push_str(&format!(" {last} # buildkit"));
    Ok((target.upper(), by))
}

/// A here-document with its variables replaced; quotes stay.
fn expand_document(plan: &Plan, document: &HereDocument, lookup: Variables<'_>) -> Result<String, String> {
    expand_unquoted(&plan.file.plain(&document.text), lookup)
}

/// Where files go: an absolute path, which ends in `/` when it was said to be a directory.
fn place(run: &StageRun, last: &str) -> String {
    let config: serde_json::Value = serde_json::from_str(&run.config).unwrap_or_default();
    let place = change::below(config["WorkingDir"].as_str().unwrap_or("/"), last);
    let directory = last.ends_with('/') || last == "." || last.ends_with("/.") || last.ends_with("..");
    if directory && place != "/" { place + "/" } else { place }
}

/// The variables that an instruction names.
fn used(run: &StageRun, instruction: &Instruction, inputs: &mut Inputs) {
    let mut text = instruction.shown();
    instruction.documents.iter().filter(|d| d.expand).for_each(|d| text.push_str(&d.text));
    let names = change::words::names(&text);
    for name in names {
        let argument = run.arguments.iter().any(|(n, _)| *n == name);
        let kind = if argument { Kind::Argument } else { Kind::Environment };
        if let Some(value) = variable(run, &name) {
            inputs.push(Input::Value(kind, name.into(), value.into()));
        }
    }
}

/// What comes over the network is not simulated.
fn refuse_remote(instruction: &Instruction, word: &str) -> Result<(), Fault> {
    let git = word.starts_with("git@") || word.starts_with("git://") || word.ends_with(".git");
    let url = word.starts_with("http://") || word.starts_with("https://");
    match (git || url, instruction.name.as_str()) {
        (false, _) => Ok(()),
        (true, "COPY") => Err(instruction.fault(if url && !git {
            "source can't be a URL for COPY"
        } else {
            "source can't be a git ref for COPY"
        })),
        _ => Err(instruction.fault(format!(
            "ADD {word} is not simulated here: the builder fetches nothing from the network; COPY takes files of the context"
        ))),
    }
}

/// BuildKit's words about a source that is not there.
fn missing(word: &str) -> String {
    let path = format!("/{}", select::clean(word));
    let refs = Digest::of(path.as_bytes()).hex();
    let (id, part) = (&refs[..25], &refs[25..50]);
    format!(
        "failed to compute cache key: failed to calculate checksum of ref {id}::{part}: \"{path}\": not found"
    )
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
            Base::Image(text) => layers_of(world, number, &text).map(|found| found.0),
            Base::Scratch => None,
        },
    };
    Ok(Rc::new(merged(&layers.unwrap_or_default()).subtree("/")))
}

/// `--chown`: numbers, or names of the stage's own /etc/passwd and /etc/group.
pub(super) fn owner(run: &StageRun, text: &str) -> Result<(u32, u32), String> {
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

/// `--chmod`: an octal number, or letters.
fn mode(text: &str) -> Result<Option<Rc<str>>, String> {
    let octal = u32::from_str_radix(text, 8).ok();
    if text.is_empty() {
        return Ok(None);
    }
    if octal.is_some_and(|m| m <= 0o7777) || (octal.is_none() && mode::apply(text, 0, false).is_some()) {
        return Ok(Some(text.into()));
    }
    Err(format!("invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"))
}

/// What counts of files: names, modes and content, never times.
pub(super) fn checksum(tree: &Tree, ino: Ino, path: &str, inputs: &mut Inputs) {
    let Some(inode) = tree.get(ino) else { return };
    let content = match &inode.kind {
        InodeKind::File { bytes, .. } => Digest::of(bytes),
        InodeKind::Symlink(target) => Digest::of(target.as_bytes()),
        _ => Digest::of(b""),
    };
    inputs.push(Input::File(path.into(), inode.mode, content));
    if let InodeKind::Directory(entries) = &inode.kind {
        for (name, child) in entries {
            let inner = if path == "." { name.to_string() } else { format!("{path}/{name}") };
            checksum(tree, *child, &inner, inputs);
        }
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

    fn is_file(&self, path: &str) -> bool {
        let node = self.filesystem.find(path);
        let file = |inode: &Inode| matches!(inode.kind, InodeKind::File { .. });
        node.and_then(|n| self.filesystem.inode(&n).map(file)).unwrap_or(false)
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
        let changed = self.mode.as_ref().filter(|_| !matches!(inode.kind, InodeKind::Symlink(_)));
        if let Some(mode) = changed.and_then(|m| mode::apply(m, inode.mode, inode.is_directory())) {
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
            if self.is_file(&self.follow(&place)) {
                let id = Digest::of(place.as_bytes()).hex();
                let merged = format!("/var/lib/docker/overlay2/{}/merged", &id[..25]);
                return Err(format!("cannot copy to non-directory: {merged}{place}"));
            }
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
