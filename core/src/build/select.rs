//! The files that a pattern of COPY, ADD or `.dockerignore` means.

use crate::files::{Ino, InodeKind, Tree};
use crate::image::change::below;
use crate::pattern;

/// A path without empty parts, `.` and `..`.
pub fn clean(path: &str) -> String {
    below("/", path).split_off(1)
}

/// True when a path fits a pattern of Go's `filepath.Match`, in which a part `**` stands for any number of parts.
pub fn fits(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    parts_fit(&patterns, &parts)
}

fn parts_fit(patterns: &[&str], parts: &[&str]) -> bool {
    match (patterns.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=parts.len()).any(|n| parts_fit(rest, &parts[n..])),
        (Some((pattern, patterns)), Some((part, parts))) => {
            part_fits(pattern, part) && parts_fit(patterns, parts)
        }
        _ => false,
    }
}

fn part_fits(text: &str, part: &str) -> bool {
    let letters: Vec<char> = part.chars().collect();
    let mut quoted = Vec::new();
    let mut source = text.chars();
    while let Some(letter) = source.next() {
        match letter {
            '\\' => quoted.extend(source.next().map(|l| (l, true))),
            _ => quoted.push((letter, false)),
        }
    }
    pattern::fits(&quoted, &letters)
}

/// The paths below a tree's root that a source of COPY means, in order: one, or as many as its pattern fits. Symbolic
/// links on the way are followed, and the last one too.
pub fn sources(tree: &Tree, source: &str) -> Vec<(String, Ino)> {
    let source = clean(source);
    if source.is_empty() {
        return vec![(String::new(), Tree::ROOT)];
    }
    if !source.contains(['*', '?', '[']) {
        return follow(tree, &source).map(|ino| (source, ino)).into_iter().collect();
    }
    let all = tree.walk().into_iter().map(|(path, ino)| (path.trim_start_matches('/').to_owned(), ino));
    all.filter(|(path, _)| fits(&source, path)).collect()
}

/// What a path leads to when symbolic links are followed below the tree's own root.
fn follow(tree: &Tree, path: &str) -> Option<Ino> {
    let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let (mut at, mut done, mut links) = (Tree::ROOT, Vec::new(), 0);
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                at = done.pop().unwrap_or(Tree::ROOT);
                continue;
            }
            _ => {}
        }
        let child = tree.child(at, &part)?;
        match &tree.get(child)?.kind {
            InodeKind::Symlink(to) if links < 40 => {
                links += 1;
                if to.starts_with('/') {
                    at = Tree::ROOT;
                    done.clear();
                }
                todo.extend(to.split('/').rev().map(str::to_owned));
            }
            _ => {
                done.push(at);
                at = child;
            }
        }
    }
    Some(at)
}
