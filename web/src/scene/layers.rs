//! What the Layers lens shows: an image's layers and a container's writable one, where each path is read from, what a later
//! layer hides, and what two images share.

use super::Object;
use super::union::{CellKind, Change, Subject, Trace, Waste, best, size, subject};
use crate::look::{Look, look};
use drydock::digest::Digest;
use drydock::engine::World;
use drydock::files::overlay::NodeRef;
use drydock::files::{Inode, InodeKind, Tree};
use drydock::image::Image;
use drydock::shared::{Map, Set, sort_by};
use std::rc::Rc;

/// What the lens looks at, as far as somebody has chosen it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// A container or an image; without one, what came last.
    pub subject: Option<Object>,
    /// The image beside it, by its id.
    pub other: Option<Object>,
    /// The layer whose files are looked for, by its diff id; `writable` for the container's own.
    pub layer: Option<String>,
    /// The path that is looked for.
    pub path: Option<String>,
    /// Directories of the tree that are unfolded.
    pub unfolded: Vec<String>,
}

/// The Layers lens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pile {
    /// What is looked at.
    pub subject: Option<Object>,
    /// Its name.
    pub name: String,
    /// What can be looked at: containers, then images.
    pub subjects: Vec<(Object, String)>,
    /// The layers, the uppermost first.
    pub rows: Vec<Row>,
    /// Paths worth a look, the most telling first.
    pub paths: Vec<Trace>,
    /// The files as one tree, as far as it is unfolded.
    pub tree: Vec<Branch>,
    /// How many lines of it are not listed.
    pub more: usize,
    /// The image, and the one beside it.
    pub towers: Vec<Tower>,
    /// How many layers from the base on both have.
    pub common: usize,
    /// What a later layer hides.
    pub waste: Waste,
    /// All images of the store: their sizes together, and what is on disk.
    pub store: (u64, u64),
}

/// A layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// How it looks; nothing for what is the container's own.
    pub look: Option<Look>,
    /// The instruction that made it.
    pub by: String,
    /// Its files together, in bytes.
    pub size: u64,
    /// How many files it adds, changes, hides.
    pub counts: [usize; 3],
    /// The other images that have it.
    pub others: Vec<String>,
}

/// A line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its path.
    pub path: String,
    /// How deep it is, from 0.
    pub depth: usize,
    /// Unfolded or not, for a directory.
    pub unfolded: Option<bool>,
    /// Its size; a directory's with all below it.
    pub size: u64,
    /// The row that it is read from.
    pub row: usize,
    /// It is gone: a row above the one that has it hides it.
    pub gone: bool,
}

/// An image as bricks whose heights are sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tower {
    /// The image.
    pub object: Object,
    /// Its name.
    pub name: String,
    /// Its layers with their sizes, the base first.
    pub layers: Vec<(Look, u64)>,
}

impl Tower {
    /// Its layers together, in bytes.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|l| l.1).sum()
    }
}

/// The instructions that made the layers of an image, the base first, without what every one of them says.
pub fn instructions(image: &Image) -> Vec<String> {
    let entries = image.json["history"].as_array().map_or(&[][..], |all| all);
    let made = entries.iter().filter(|e| !e["empty_layer"].as_bool().unwrap_or(false));
    made.map(|e| {
        let text = e["created_by"].as_str().unwrap_or_default();
        let text = text.strip_suffix("# buildkit").unwrap_or(text).trim();
        match text.strip_prefix("RUN /bin/sh -c ") {
            Some(command) => format!("RUN {command}"),
            None => text.trim_start_matches("/bin/sh -c #(nop)").trim().to_owned(),
        }
    })
    .collect()
}

/// What was found out about layers that have not changed since: kept by the page, because an image may have many files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Which layers: the image, and the writable one.
    of: Option<(Option<Digest>, usize, Tree)>,
    /// How many files each row adds, changes, hides, and the most telling of them.
    rows: Vec<([usize; 3], Vec<String>)>,
    waste: Waste,
    /// The sizes of directories.
    sizes: Map<String, u64>,
}

impl Known {
    /// Looks at other layers.
    fn look(&mut self, subject: &Subject) {
        let count = subject.trees().len();
        let of = Some((subject.image.as_ref().map(|i| i.id), count, subject.overlay.upper.clone()));
        if self.of == of {
            return;
        }
        let rows = (0..count).map(|row| {
            let changes = subject.changes(row);
            let mut counts = [0; 3];
            changes.iter().for_each(|(change, ..)| counts[(*change as usize).min(2)] += 1);
            (counts, telling(changes))
        });
        *self = Self { of, rows: rows.collect(), waste: subject.waste(), sizes: Map::new() };
    }

    /// The files at and below a path, in bytes.
    fn size(&mut self, subject: &Subject, path: &str, node: &NodeRef) -> u64 {
        if let Some(known) = self.sizes.get(path) {
            return *known;
        }
        let found = size(&subject.overlay, node);
        self.sizes.insert(path.to_owned(), found);
        found
    }
}

/// The paths of a layer that tell most: one of each kind of change, then the largest of what is rewritten, hidden, new.
fn telling(changes: Vec<(Change, String, u64)>) -> Vec<String> {
    let rank = |c: Change| match c {
        Change::Changes => 0,
        Change::Hides | Change::Replaces => 1,
        Change::Adds => 2,
    };
    let all = best(changes, TRACED, |a, b| (rank(a.0), b.2, &a.1).cmp(&(rank(b.0), a.2, &b.1)));
    let firsts = [0, 1, 2].map(|r| all.iter().find(|c| rank(c.0) == r).map(|c| c.1.clone()));
    let mut paths: Vec<String> =
        firsts.into_iter().flatten().chain(all.iter().map(|c| c.1.clone())).collect();
    let mut seen = Set::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

/// What people call an image.
pub fn image_name(world: &World, image: &Image) -> String {
    world.images.names(&image.id).first().map_or_else(|| image.id.short(), |n| n.familiar())
}

/// The Layers lens for a World and what was chosen.
pub fn pile(world: &World, choice: &Choice, known: &mut Known) -> Pile {
    let mut pile = Pile { subjects: subjects(world), ..Pile::default() };
    let listed = |o: &Object| pile.subjects.iter().find(|(s, _)| s == o).cloned();
    let chosen = choice.subject.as_ref().and_then(listed).or_else(|| pile.subjects.first().cloned());
    let Some((object, name)) = chosen else { return pile };
    let Some(subject) = subject(world, &object) else { return pile };
    (pile.subject, pile.name) = (Some(object), name);
    known.look(&subject);
    pile.rows = rows(world, &subject, known);
    pile.paths = paths(&subject, choice, known);
    branches(&subject, &subject.overlay.root(), ("", 0), (choice, known), &mut pile.tree);
    pile.more = pile.tree.len().saturating_sub(LISTED);
    pile.tree.truncate(LISTED);
    pile.waste = known.waste.clone();
    towers(world, &mut pile, &subject, choice);
    pile
}

/// Containers, the newest first, then images.
fn subjects(world: &World) -> Vec<(Object, String)> {
    let containers = world.containers.values().map(|c| (Object::Container(c.name.clone()), c.name.clone()));
    let mut all: Vec<_> = containers.collect();
    all.reverse();
    all.extend(world.images.iter().map(|i| (Object::Image(i.id.to_string()), image_name(world, i))));
    all
}

fn rows(world: &World, subject: &Subject, known: &Known) -> Vec<Row> {
    let mut made = subject.image.iter().flat_map(|i| instructions(i)).rev();
    let own = subject.image.as_ref().map(|i| i.id);
    let ids = subject.ids();
    let row = |(n, tree): (usize, &Tree)| {
        let id = ids[n];
        let has = |i: &&Rc<Image>| Some(i.id) != own && i.layers.iter().any(|l| Some(l.diff_id) == id);
        let writable = subject.writable && n == 0;
        Row {
            look: id.as_ref().map(look),
            by: match id {
                _ if writable => String::new(),
                Some(_) => made.next().unwrap_or_default(),
                None if own.is_some() => "made when it was created".to_owned(),
                None => "its image is gone".to_owned(),
            },
            size: tree.size(),
            counts: known.rows.get(n).map_or([0; 3], |r| r.0),
            others: world.images.iter().filter(has).map(|i| image_name(world, i)).collect(),
        }
    };
    subject.trees().into_iter().enumerate().map(row).collect()
}

/// How many paths are traced.
const TRACED: usize = 12;
/// How many lines of the tree are listed.
const LISTED: usize = 800;

/// The paths worth a look: what was chosen, what the chosen layer or the writable one does, what is hidden, and the largest
/// file of every layer.
fn paths(subject: &Subject, choice: &Choice, known: &Known) -> Vec<Trace> {
    let mut wanted: Vec<String> = choice.path.iter().cloned().collect();
    let ids = subject.ids();
    let telling =
        |row: usize, most: usize| known.rows.get(row).map(|r| &r.1).into_iter().flatten().take(most).cloned();
    let chosen = choice.layer.as_deref().and_then(|layer| match layer {
        "writable" => subject.writable.then_some(0),
        id => ids.iter().position(|i| i.is_some_and(|i| i.to_string() == id)),
    });
    wanted.extend(chosen.into_iter().flat_map(|row| telling(row, TRACED)));
    if subject.writable {
        wanted.extend(telling(0, 4));
    }
    let count = subject.trees().len();
    let from = ids.iter().position(Option::is_some).unwrap_or(0);
    wanted.extend((from..count).flat_map(|row| telling(row, 1)));
    wanted.extend((from..count).flat_map(|row| telling(row, 3)));
    let mut seen = Set::new();
    wanted.retain(|path| seen.insert(path.clone()));
    wanted.truncate(TRACED);
    wanted.iter().map(|path| subject.trace(path)).filter(|t| !t.cells.is_empty()).collect()
}

/// The lines of a directory: what is seen in it, and what a layer hides of it.
fn branches(
    subject: &Subject,
    directory: &NodeRef,
    (above, depth): (&str, usize),
    (choice, known): (&Choice, &mut Known),
    lines: &mut Vec<Branch>,
) {
    let overlay = &subject.overlay;
    let seen = overlay.names(directory);
    let mut names: Vec<(Rc<str>, bool)> = seen.iter().map(|n| (n.clone(), false)).collect();
    let trees = subject.trees();
    for (layer, ino) in &directory.places {
        if let Some(tree) = (*layer > 0 || subject.writable).then(|| trees[subject.row(*layer)]) {
            let hides = |ino| tree.get(ino).is_some_and(|i| matches!(i.kind, InodeKind::Whiteout));
            let gone =
                tree.entries(*ino).filter(|(_, ino)| hides(*ino)).map(|(name, _)| (name.clone(), true));
            let gone: Vec<_> = gone.filter(|(name, _)| !seen.contains(name)).collect();
            names.extend(gone);
        }
    }
    sort_by(&mut names, |a, b| a.0.cmp(&b.0));
    names.dedup();
    for (name, gone) in names {
        let path = format!("{above}/{name}");
        if gone {
            let cells = subject.trace(&path).cells;
            let had = cells.iter().find(|c| c.kind != CellKind::Whiteout);
            let (row, size) = had.map_or((0, 0), |c| (c.row, c.size));
            lines.push(Branch { path, depth, unfolded: None, size, row, gone });
            continue;
        }
        let Some(node) = overlay.child(directory, &name) else { continue };
        let is_directory = overlay.inode(&node).is_some_and(Inode::is_directory);
        let unfolded = is_directory.then(|| choice.unfolded.contains(&path));
        let (row, size) = (subject.row(node.layer()), known.size(subject, &path, &node));
        lines.push(Branch { path: path.clone(), depth, unfolded, size, row, gone });
        if unfolded == Some(true) {
            branches(subject, &node, (&path, depth + 1), (choice, &mut *known), lines);
        }
    }
}

/// The image and the one beside it: the chosen one, or the one with which it shares most.
fn towers(world: &World, pile: &mut Pile, subject: &Subject, choice: &Choice) {
    let mut on_disk = Set::new();
    for layer in world.images.iter().flat_map(|i| &i.layers) {
        pile.store.0 += layer.size();
        pile.store.1 += if on_disk.insert(layer.diff_id) { layer.size() } else { 0 };
    }
    let Some(image) = &subject.image else { return };
    let shared = |other: &Image| {
        image.layers.iter().zip(&other.layers).take_while(|(a, b)| a.diff_id == b.diff_id).count()
    };
    let others: Vec<&Rc<Image>> = world.images.iter().filter(|i| i.id != image.id).collect();
    let chosen = others.iter().find(|i| choice.other == Some(Object::Image(i.id.to_string())));
    let best = others.iter().map(|i| shared(i)).max();
    let other = chosen.or_else(|| others.iter().find(|i| Some(shared(i)) == best)).copied();
    pile.common = other.map_or(0, |o| shared(o));
    pile.towers = [Some(image), other]
        .into_iter()
        .flatten()
        .map(|i| Tower {
            object: Object::Image(i.id.to_string()),
            name: image_name(world, i),
            layers: i.layers.iter().map(|l| (look(&l.diff_id), l.size())).collect(),
        })
        .collect();
}

#[cfg(test)]
mod tests;
