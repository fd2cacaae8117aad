//! Files in the Inspector: which layer a path is read from, what every layer has there, and what a layer does to those below.

use super::{Body, Card, Table};
use crate::look::look;
use crate::scene::{self, CellKind, Change, Object, instructions, subject};
use drydock::cli::units::human_size;
use drydock::digest::Digest;
use drydock::engine::World;
use drydock::files::{Inode, InodeKind};
use drydock::time::Time;

/// The most paths of a layer that are listed.
const LISTED: usize = 400;
/// The most bytes of a file that are shown.
const SHOWN: usize = 16 << 10;

/// The container or the image that a key names.
fn owner(key: &str) -> Option<Object> {
    let (kind, name) = key.split_once(' ')?;
    Some(if kind == "container" {
        Object::Container(name.to_owned())
    } else {
        Object::Image(name.to_owned())
    })
}

/// The card of a path in a container or an image.
pub fn file(world: &World, key: &str, path: &str) -> Option<Card> {
    let object = owner(key)?;
    let subject = subject(world, &object)?;
    let ids = subject.ids();
    let name = |row: usize| match ids.get(row).copied().flatten() {
        Some(id) => format!("{}  {}", id.short(), look(&id).name),
        None if row == 0 => "the writable layer".to_owned(),
        None => "the container's own files".to_owned(),
    };
    let made = |row: usize| {
        let image = subject.image.as_ref()?;
        let from_base = ids.len().checked_sub(row + 1)?;
        ids.get(row).copied().flatten().and_then(|_| instructions(image).get(from_base).cloned())
    };
    let mut facts = Table::default();
    let mut tabs = Vec::new();
    let node = subject.overlay.find(path);
    let trace = subject.trace(path);
    let sub = match (&node, trace.cells.first()) {
        (Some(node), _) => format!("Read from {}", name(subject.row(node.layer()))),
        (None, Some(cell)) => format!("No such file: hidden by {}", name(cell.row)),
        _ => return None,
    };
    if let Some((inode, row)) =
        node.as_ref().and_then(|n| Some((subject.overlay.inode(n)?, subject.row(n.layer()))))
    {
        facts = about(inode).row("Made by", made(row).unwrap_or_default());
        if let Some(text) = content(inode) {
            tabs.push(("Content", Body::Text(text)));
        }
    }
    let mut all = Table::new("From above");
    all.note = "what each layer has there";
    for cell in &trace.cells {
        let what = match (cell.kind, cell.hidden) {
            (CellKind::Whiteout, _) => "a whiteout: hidden below".to_owned(),
            (CellKind::Opaque, _) => "an opaque directory: hides what is below".to_owned(),
            (CellKind::Directory, _) => "a directory".to_owned(),
            (CellKind::File, true) => format!("{}, hidden", human_size(cell.size)),
            (CellKind::File, false) => human_size(cell.size),
        };
        let short = ids
            .get(cell.row)
            .copied()
            .flatten()
            .map_or_else(|| if cell.row == 0 { "writable" } else { "own" }.to_owned(), |id| id.short());
        all = all.row(&short, what);
    }
    let tables = [facts, all].into_iter().filter(|t| !t.rows.is_empty()).collect();
    tabs.insert(0, ("Facts", Body::Facts(tables)));
    Some(Card { title: path.to_owned(), sub, tabs })
}

/// What an inode says of itself.
fn about(inode: &Inode) -> Table {
    let kind = match &inode.kind {
        InodeKind::Directory(_) => "directory",
        InodeKind::Symlink(_) => "symbolic link",
        InodeKind::File { .. } => "file",
        _ => "device or pipe",
    };
    let target = if let InodeKind::Symlink(to) = &inode.kind { to.to_string() } else { String::new() };
    Table::new("File")
        .row("Kind", kind)
        .row("Leads to", target)
        .row("Size", if inode.is_directory() { String::new() } else { human_size(inode.size()) })
        .row("Mode", super::octal(inode.mode))
        .row("Owner", format!("{}:{}", inode.uid, inode.gid))
        .row("Changed", Time::from_unix_micros(inode.modified).map(super::moment).unwrap_or_default())
}

/// The beginning of a file's content.
fn content(inode: &Inode) -> Option<String> {
    let InodeKind::File { bytes, nominal } = &inode.kind else { return None };
    Some(match nominal {
        Some(size) if bytes.is_empty() => {
            format!("Its content is not kept: it stands for {}.", human_size(*size))
        }
        _ => String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned(),
    })
}

/// What a layer does in the first image that has it: the instruction, a summary, and each path.
pub fn does(world: &World, digest: &Digest) -> Option<(String, String, String)> {
    let image = world.images.iter().find(|i| i.layers.iter().any(|l| l.diff_id == *digest))?;
    let from_base = image.layers.iter().position(|l| l.diff_id == *digest)?;
    let subject = subject(world, &Object::Image(image.id.to_string()))?;
    let changes = subject.changes(image.layers.len() - 1 - from_base);
    let made = instructions(image).get(from_base).cloned().unwrap_or_default();
    let count = |wanted: &[Change]| changes.iter().filter(|c| wanted.contains(&c.0)).count();
    let summary = format!(
        "{} new, {} changed, {} removed",
        count(&[Change::Adds]),
        count(&[Change::Changes]),
        count(&[Change::Hides, Change::Replaces])
    );
    let mut lines: Vec<String> = changes
        .iter()
        .take(LISTED)
        .map(|(change, path, size)| {
            let letter = match change {
                Change::Adds => 'A',
                Change::Changes => 'C',
                Change::Hides => 'D',
                Change::Replaces => 'O',
            };
            format!("{letter} {:>8} {path}", human_size(*size))
        })
        .collect();
    if changes.len() > LISTED {
        lines.push(format!("and {} more", changes.len() - LISTED));
    }
    Some((made, summary, lines.join("\n")))
}

/// What later layers of an image hide.
pub fn waste(world: &World, name: &str) -> Option<Table> {
    let waste = subject(world, &Object::Image(name.to_owned()))?.waste();
    let mut table = Table::new("Hidden by later layers")
        .row("Efficiency", format!("{} %", waste.efficiency()))
        .row("Stored", human_size(waste.stored))
        .row("Seen by nobody", human_size(waste.hidden));
    for (path, size) in waste.files.iter().take(12) {
        table = table.row(&human_size(*size), path);
    }
    Some(table)
}

/// The images that an image shares layers with.
pub fn shares(world: &World, image: &drydock::image::Image) -> Table {
    let mut table = Table::new("Shared layers");
    for other in world.images.iter().filter(|i| i.id != image.id) {
        let same = other.layers.iter().filter(|l| image.layers.iter().any(|o| o.diff_id == l.diff_id));
        let (count, bytes) = same.fold((0, 0), |(n, b), l| (n + 1, b + l.size()));
        if count > 0 {
            let words = format!(
                "{count} layer{}, {} stored once",
                if count == 1 { "" } else { "s" },
                human_size(bytes)
            );
            table = table.row(&scene::image_name(world, other), words);
        }
    }
    table
}
