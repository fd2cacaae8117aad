//! `docker cp`: between a container and the host, or an archive on standard input or output.

use super::parse::Refusal;
use super::{Context, Turn, units};
use crate::container::Container;
use crate::engine::copy::{self, Owner};
use crate::engine::path::{self, Place, What};
use crate::engine::{DaemonError, container};
use crate::files::{Tree, archive};
use crate::image::change::below;
use crate::image::layer::unzipped;
use crate::kernel::mount::Mount;

/// What is copied: an archive, the name at its top, and whether that is a directory.
struct Source {
    tree: Tree,
    base: String,
    directory: bool,
}

/// Where it goes.
struct Target {
    path: String,
    exists: bool,
    directory: bool,
}

/// Container and path of an argument; no container for one of the host.
fn split(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once(':') {
        Some((container, path)) if !argument.starts_with(['/', '.']) => (Some(container), path),
        _ => (None, argument),
    }
}

fn fail<T>(words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::error(1, words.into() + "\n"))
}

/// `docker cp`.
pub fn copy(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let (from, to) = (c.line.arguments[0].clone(), c.line.arguments[1].clone());
    for (text, what) in [(&from, "source"), (&to, "destination")] {
        if text.is_empty() {
            return fail(format!("{what} can not be empty"));
        }
    }
    match (split(&from), split(&to)) {
        ((Some(_), _), (Some(_), _)) => fail("copying between containers is not supported"),
        ((Some(key), source), (None, target)) => out(c, key, source, target),
        ((None, source), (Some(key), target)) => into(c, source, key, target),
        _ => fail("must specify at least one container source"),
    }
}

/// The directory and the last name of a path; the name is `.` when the path says so.
fn entry(path: &str) -> (String, String) {
    let clean = below("/", path);
    if path == "." || path.ends_with("/.") {
        return (clean, ".".to_owned());
    }
    match clean.rsplit_once('/') {
        Some((_, "")) | None => ("/".to_owned(), ".".to_owned()),
        Some(("", name)) => ("/".to_owned(), name.to_owned()),
        Some((directory, name)) => (directory.to_owned(), name.to_owned()),
    }
}

fn asserts_directory(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.")
}

/// A path of the host, absolute; what ends in a slash or a dot still does.
fn absolute(c: &Context<'_, '_>, path: &str) -> String {
    let full = below(&c.sys.directory(), path);
    if path == "." || path.ends_with("/.") {
        format!("{full}/.")
    } else if path.ends_with('/') && full != "/" {
        full + "/"
    } else {
        full
    }
}

/// Which directory the archive is unpacked in, and how its top is called there.
fn prepare(source: Source, target: &Target) -> Result<(String, Tree), Refusal> {
    let (directory, base) = entry(&target.path);
    if target.exists && target.directory {
        return Ok((target.path.clone(), source.tree));
    }
    if target.exists && source.directory {
        return fail("cannot copy directory");
    }
    if !target.exists && !source.directory && asserts_directory(&target.path) {
        return fail("no such directory");
    }
    Ok((directory, copy::rename_top(source.tree, &source.base, &base)))
}

fn pack(c: &Context<'_, '_>, mounts: &[Mount], place: &Place, base: String) -> Source {
    let directory = path::is_directory(c.sys.world, place);
    Source { tree: copy::pack(c.sys.world, mounts, place, &base), base, directory }
}

fn daemon(status: u16, words: String) -> Refusal {
    DaemonError::new(status, words).into()
}

fn report(c: &mut Context<'_, '_>, size: u64, to: &str) -> Turn {
    if c.sys.is_terminal(2) && !c.line.is_on("quiet") {
        c.complain(&format!("Successfully copied {} to {to}\n", units::human_size(size)));
    }
    Turn::Done(0)
}

/// From a container.
fn out(c: &mut Context<'_, '_>, key: &str, source: &str, target: &str) -> Result<Turn, Refusal> {
    let full = absolute(c, target);
    let (above, _) = entry(&full);
    if target != "-" && c.sys.stat(&above).is_err() {
        return fail(format!("invalid output path: directory \"{above}\" does not exist"));
    }
    let number = container::find(c.sys.world, key)?;
    let Some(from) = c.sys.world.container(number).cloned() else { return Ok(Turn::Done(1)) };
    let mounts = copy::mounts_of(c.sys.world, &from);
    let follow = c.line.is_on("follow-link") || asserts_directory(source);
    let place = path::resolve_in(c.sys.world, &mounts, &format!("/{source}"), follow)
        .ok()
        .filter(|place| !matches!(place.what, What::Missing))
        .ok_or_else(|| copy::missing(key, source))?;
    container::note(c.sys.world, number, "archive-path", &[]);
    let packed = pack(c, &mounts, &place, entry(source).1);
    if target == "-" {
        return Ok(c.deliver(archive::pack(&packed.tree)));
    }
    let size = copy::archive_size(&packed.tree);
    let there = c.sys.stat(&full).ok();
    let is_directory = c.sys.stat(&format!("{}/.", full.trim_end_matches('/'))).is_ok();
    let (directory, tree) =
        prepare(packed, &Target { path: full.clone(), exists: there.is_some(), directory: is_directory })?;
    if let Err(errno) = c.sys.access(&directory, 3) {
        return fail(format!("open {directory}: {}", errno.text().to_ascii_lowercase()));
    }
    let pid = c.sys.host_pid();
    let place = path::resolve(c.sys.world, pid, &directory, true)
        .map_err(|errno| Refusal::error(1, format!("{}\n", errno.text())))?;
    let who = c.sys.credentials();
    let owner: Owner = if who.uid == 0 && c.line.is_on("archive") { None } else { Some((who.uid, who.gid)) };
    let mounts = c.sys.mounts();
    copy::unpack(c.sys.world, &mounts, &place, &tree, owner).or_else(fail)?;
    Ok(report(c, size, &full))
}

/// Into a container.
fn into(c: &mut Context<'_, '_>, source: &str, key: &str, target: &str) -> Result<Turn, Refusal> {
    if source == "-" {
        if let Some(wait) = c.read_input() {
            return Ok(Turn::Wait(vec![wait]));
        }
    }
    let number = container::find(c.sys.world, key).ok();
    let to = number.and_then(|n| c.sys.world.container(n).cloned());
    let mounts = to.as_ref().map(|to| copy::mounts_of(c.sys.world, to)).unwrap_or_default();
    let there = path::resolve_in(c.sys.world, &mounts, &format!("/{target}"), true).ok();
    let found = there.filter(|place| !matches!(place.what, What::Missing));
    let directory = found.as_ref().is_some_and(|place| path::is_directory(c.sys.world, place));
    let path =
        found.as_ref().map_or_else(|| format!("/{}", target.trim_start_matches('/')), |p| p.seen.clone());
    let target_info = Target { path, exists: found.is_some(), directory };
    let (at, tree) = if source == "-" {
        if to.is_some() && !directory {
            return fail(format!("destination \"{key}:{target}\" must be a directory"));
        }
        let bytes = unzipped(&std::mem::take(&mut c.client.input));
        let tree = bytes.and_then(|bytes| archive::unpack(&bytes).ok());
        let Some(tree) = tree else { return Err(daemon(500, "archive/tar: invalid tar header".to_owned())) };
        (target_info.path, tree)
    } else {
        let full = absolute(c, source);
        let follow = c.line.is_on("follow-link") || asserts_directory(&full);
        let pid = c.sys.host_pid();
        let looked = c.sys.lstat(&full).and_then(|_| path::resolve(c.sys.world, pid, &full, follow));
        let place = match looked {
            Ok(place) => place,
            Err(errno) => {
                let shown = below("/", &full);
                return fail(format!("lstat {shown}: {}", errno.text().to_ascii_lowercase()));
            }
        };
        let host = c.sys.mounts();
        prepare(pack(c, &host, &place, entry(&full).1), &target_info)?
    };
    let (Some(to), Some(number)) = (to, number) else {
        return Err(container::find(c.sys.world, key)
            .map(|_| ())
            .map_or_else(Refusal::from, |()| Refusal::default()));
    };
    put(c, &to, &mounts, &at, &tree, key)?;
    container::note(c.sys.world, number, "extract-to-dir", &[]);
    let size = copy::archive_size(&tree);
    Ok(report(c, size, &format!("{key}:{target}")))
}

fn put(
    c: &mut Context<'_, '_>,
    to: &Container,
    mounts: &[Mount],
    at: &str,
    tree: &Tree,
    key: &str,
) -> Result<(), Refusal> {
    let place = path::resolve_in(c.sys.world, mounts, at, true)
        .ok()
        .filter(|place| !matches!(place.what, What::Missing))
        .ok_or_else(|| copy::missing(key, at))?;
    if !path::is_directory(c.sys.world, &place) {
        return Err(daemon(400, "extraction point is not a directory".to_owned()));
    }
    let user = to.config.user.split(':').next().and_then(|user| user.parse().ok());
    let owner = user.filter(|_| c.line.is_on("archive")).map(|uid| (uid, uid));
    copy::unpack(c.sys.world, mounts, &place, tree, owner).map_err(|words| daemon(500, words))
}
