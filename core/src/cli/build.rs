//! `docker build`: the context is read and sent, the progress shown.

use super::parse::Refusal;
use super::{Context, Turn};
use crate::build::ignore::Ignore;
use crate::engine::build::{self, Build, Request, Vertex};
use crate::engine::path;
use crate::engine::syscall::FileKind;
use crate::files::{Ino, Inode, Tree, archive};
use crate::image::gzip;
use crate::kernel::errno::Errno;
use crate::kernel::mount::FileSystem;
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::reference::Reference;
use crate::time::{Span, Time};
use std::rc::Rc;

fn refuse(words: &str) -> Refusal {
    Refusal::error(1, format!("ERROR: failed to build: {words}\n"))
}

/// `docker build`.
pub fn build(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if let Stage::Building(number) = c.client.stage {
        return follow(c, number);
    }
    let place = c.line.arguments[0].clone();
    if let Some(other) = c.line.value("platform").filter(|p| *p != "linux/amd64") {
        return Err(Refusal::error(
            1,
            format!(
                "docker build --platform={other}: not simulated here; images are built for linux/amd64\n"
            ),
        ));
    }
    let from_input = place == "-" || c.line.value("file") == Some("-");
    if let Some(wait) = Some(()).filter(|()| from_input).and_then(|()| c.read_input()) {
        return Ok(Turn::Wait(vec![wait]));
    }
    let request = request(c, &place)?;
    let pid = c.sys.host_pid();
    c.client.stage = Stage::Building(build::begin(c.sys.world, request, pid));
    Ok(Turn::Go)
}

fn request(c: &mut Context<'_, '_>, place: &str) -> Result<Request, Refusal> {
    let mut tags = Vec::new();
    for tag in c.line.list("tag") {
        let reference = Reference::parse(&tag).map_err(|words| {
            let upper = words.ends_with("must be lowercase");
            refuse(&format!(
                "invalid tag \"{tag}\": {}",
                if upper { "repository name must be lowercase" } else { &words }
            ))
        })?;
        tags.push(reference.with_default_tag());
    }
    let mut request = Request {
        tags,
        target: c.line.text("target"),
        no_cache: c.line.is_on("no-cache"),
        file: "Dockerfile".to_owned(),
        ..Request::default()
    };
    for item in c.line.list("build-arg") {
        match item.split_once('=') {
            Some((name, value)) => request.arguments.push((name.to_owned(), value.to_owned())),
            None => request.arguments.extend(c.sys.variable(&item).map(|value| (item, value))),
        }
    }
    for item in c.line.list("label") {
        let (name, value) = item.split_once('=').unwrap_or((&item, ""));
        request.labels.push((name.to_owned(), value.to_owned()));
    }
    let asked = c.line.value("file").map(str::to_owned);
    if place == "-" {
        let bytes = std::mem::take(&mut c.client.input);
        let plain = if gzip::is_gzip(&bytes) {
            gzip::decompress(&bytes, 512 << 20).unwrap_or_default()
        } else {
            bytes
        };
        if plain.get(257..262) == Some(b"ustar") {
            let tree = archive::unpack(&plain).map_err(|e| refuse(&e.to_string()))?;
            let text = asked.clone().unwrap_or_else(|| "Dockerfile".to_owned());
            request.text = dockerfile_in(&tree, &text)?;
            send(&mut request, tree);
        } else {
            request.text = String::from_utf8_lossy(&plain).as_ref().into();
        }
        return Ok(request);
    }
    if place.contains("://") || place.starts_with("git@") || place.starts_with("github.com/") {
        return Err(Refusal::error(
            1,
            format!(
                "docker build {place}: a context from the network is not simulated here; give a directory\n"
            ),
        ));
    }
    let tree = match context(c, place) {
        Ok(tree) => tree,
        Err(Errno::ENOTDIR) => {
            return Err(refuse(&format!("unable to prepare context: context must be a directory: {place}")));
        }
        Err(_) => return Err(refuse(&format!("unable to prepare context: path \"{place}\" not found"))),
    };
    request.text = match asked.as_deref() {
        Some("-") => String::from_utf8_lossy(&c.client.input).as_ref().into(),
        Some(file) => {
            request.file = file.rsplit('/').next().unwrap_or(file).to_owned();
            let bytes = c.sys.read_file(file).map_err(|e| unread(&request.file, e))?;
            String::from_utf8_lossy(&bytes).as_ref().into()
        }
        None => dockerfile_in(&tree, "Dockerfile")?,
    };
    send(&mut request, tree);
    Ok(request)
}

fn unread(file: &str, errno: Errno) -> Refusal {
    let why = errno.text().to_ascii_lowercase();
    refuse(&format!("failed to solve: failed to read dockerfile: open {file}: {why}"))
}

fn content(tree: &Tree, path: &str) -> Option<Rc<[u8]>> {
    match &tree.get(tree.find(path)?)?.kind {
        crate::files::InodeKind::File { bytes, .. } => Some(bytes.clone()),
        _ => None,
    }
}

fn dockerfile_in(tree: &Tree, file: &str) -> Result<Rc<str>, Refusal> {
    let bytes = content(tree, file).ok_or_else(|| unread(file, Errno::ENOENT))?;
    Ok(String::from_utf8_lossy(&bytes).as_ref().into())
}

/// A directory of the client's with everything below it.
fn context(c: &Context<'_, '_>, place: &str) -> Result<Tree, Errno> {
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
fn send(request: &mut Request, tree: Tree) {
    let own = content(&tree, &format!("{}.dockerignore", request.file));
    let rules = own.or_else(|| content(&tree, ".dockerignore")).unwrap_or_default();
    let ignore = Ignore::parse(&String::from_utf8_lossy(&rules));
    let mut kept = Tree::default();
    keep(&tree, Tree::ROOT, "", &ignore, &mut kept);
    request.sent = kept.size();
    request.context = Rc::new(kept);
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

/// Shows what is new, and how it ended.
fn follow(c: &mut Context<'_, '_>, number: u64) -> Result<Turn, Refusal> {
    let Some(build) = c.sys.world.builder.builds.get(&number).cloned() else { return Ok(Turn::Done(1)) };
    let progress = c.line.value("progress").unwrap_or("auto").to_owned();
    let quiet = c.line.is_on("quiet") || progress == "quiet";
    let drawn = !quiet && progress != "plain" && c.sys.is_terminal(2);
    if drawn {
        draw(c, &build);
    } else if !quiet {
        let text: String = build.said.iter().skip(c.client.shown).map(String::as_str).collect();
        c.client.shown = build.said.len();
        c.complain(&text);
    }
    match &build.outcome {
        None => {
            let mut waits = vec![Wait::Daemon(number)];
            if drawn {
                waits.push(Wait::Until(c.sys.now() + Span::millis(100)));
            }
            Ok(Turn::Wait(waits))
        }
        Some(Ok(id)) => {
            if let Some(file) = c.line.value("iidfile").map(str::to_owned) {
                let written = c.sys.write_file(&file, id.to_string().as_bytes());
                written.map_err(|e| refuse(&format!("open {file}: {}", e.text().to_ascii_lowercase())))?;
            }
            if c.line.is_on("quiet") {
                c.print(&format!("{id}\n"));
            }
            Ok(Turn::Done(0))
        }
        Some(Err(why)) => {
            let (excerpt, message) = (&why.0, &why.1);
            Err(Refusal::error(1, format!("{excerpt}ERROR: failed to build: failed to solve: {message}\n")))
        }
    }
}

/// The columns of a terminal.
const WIDTH: usize = 80;

/// On a terminal: a line for each step with its time, rewritten in place.
fn draw(c: &mut Context<'_, '_>, build: &Build) {
    let now = c.sys.now();
    let done = build.vertices.iter().filter(|v| v.ended.is_some()).count();
    let end = match build.outcome {
        None => "",
        Some(Ok(_)) => " FINISHED",
        Some(Err(_)) => " ERROR",
    };
    let last = build.vertices.iter().filter_map(|v| v.ended).max();
    let until = if build.outcome.is_some() { last.unwrap_or(now) } else { now };
    let head = format!("[+] Building {} ({done}/{}){end}", took(build.began, until), build.vertices.len());
    let mut rows = vec![pair(&head, "docker:default")];
    for vertex in &build.vertices {
        rows.push(row(vertex, now));
        if vertex.ended.is_none() || vertex.failed {
            let from = vertex.output.len().saturating_sub(4);
            rows.extend(vertex.output[from..].iter().map(|l| {
                let text = l.split_once(' ').map_or("", |(_, t)| t);
                format!(" => => # {text}").chars().take(WIDTH).collect()
            }));
        }
    }
    let mut text = String::new();
    if c.client.drawn > 0 {
        text.push_str(&format!("\u{1b}[{}A", c.client.drawn));
    }
    let more = c.client.drawn.saturating_sub(rows.len());
    rows.extend(std::iter::repeat_n(String::new(), more));
    c.client.drawn = rows.len();
    rows.iter().for_each(|row| text.push_str(&format!("\r\u{1b}[2K{row}\n")));
    c.complain(&text);
}

fn took(from: Time, to: Time) -> String {
    crate::decimal::fixed(to.since(from).as_seconds_f64(), 1) + "s"
}

fn row(vertex: &Vertex, now: Time) -> String {
    let word = match (vertex.cached, vertex.failed) {
        (true, _) => "CACHED ",
        (_, true) => "ERROR ",
        _ => "",
    };
    pair(&format!(" => {word}{}", vertex.name), &took(vertex.began, vertex.ended.unwrap_or(now)))
}

/// A text and what stands at the right edge.
fn pair(left: &str, right: &str) -> String {
    let room = WIDTH - right.len() - 1;
    let left: String = left.chars().take(room).collect();
    format!("{left:<room$} {right}")
}
