//! Completion of a half-typed line: programs, files, and for `docker` its commands, flags and names.

use super::table;
use crate::engine::World;
use crate::engine::syscall::{FileKind, Sys};
use crate::registry::catalogue::Catalogue;
use crate::shared::Set;

/// What a half-typed line may go on with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where the word that is completed begins, in bytes.
    pub start: usize,
    /// What the word may become, in order; a word that is whole ends with a space.
    pub words: Vec<String>,
}

impl Completion {
    /// The line with as much of the word as all candidates share.
    pub fn apply(&self, line: &str) -> String {
        let Some(first) = self.words.first() else { return line.to_owned() };
        let shared = self.words.iter().fold(first.as_str(), |shared, word| {
            let same = shared.char_indices().zip(word.chars()).find(|((_, a), b)| a != b);
            let end = same.map_or(shared.len().min(word.len()), |((at, _), _)| at);
            &shared[..end]
        });
        if shared.len() + self.start < line.len() {
            return line.to_owned();
        }
        format!("{}{shared}", &line[..self.start])
    }
}

/// What the names of an argument are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Containers,
    Running,
    Images,
    Hub,
    Networks,
    Volumes,
    Objects,
    Files,
}

/// What each command takes: the command's path, its first argument, its further ones.
const ARGUMENTS: &[(&str, Names, Names)] = &[
    ("run", Names::Hub, Names::Files),
    ("create", Names::Hub, Names::Files),
    ("pull", Names::Hub, Names::Files),
    ("push", Names::Images, Names::Images),
    ("rmi", Names::Images, Names::Images),
    ("tag", Names::Images, Names::Images),
    ("history", Names::Images, Names::Images),
    ("save", Names::Images, Names::Images),
    ("image", Names::Images, Names::Images),
    ("images", Names::Images, Names::Images),
    ("inspect", Names::Objects, Names::Objects),
    ("start", Names::Containers, Names::Containers),
    ("rm", Names::Containers, Names::Containers),
    ("logs", Names::Containers, Names::Containers),
    ("rename", Names::Containers, Names::Containers),
    ("restart", Names::Containers, Names::Containers),
    ("diff", Names::Containers, Names::Containers),
    ("commit", Names::Containers, Names::Images),
    ("stop", Names::Running, Names::Running),
    ("kill", Names::Running, Names::Running),
    ("exec", Names::Running, Names::Files),
    ("attach", Names::Running, Names::Running),
    ("pause", Names::Running, Names::Running),
    ("unpause", Names::Containers, Names::Containers),
    ("top", Names::Running, Names::Running),
    ("port", Names::Running, Names::Running),
    ("stats", Names::Running, Names::Running),
    ("wait", Names::Running, Names::Running),
    ("container", Names::Containers, Names::Containers),
    ("network", Names::Networks, Names::Containers),
    ("volume", Names::Volumes, Names::Volumes),
];

/// What the line, typed up to its end at the learner's terminal, may go on with.
pub fn complete(world: &World, line: &str) -> Completion {
    let begin = line.rfind(['|', ';', '&']).map_or(0, |at| at + 1);
    let start = line.rfind(|c: char| c.is_whitespace() || "|;&".contains(c)).map_or(0, |at| at + 1);
    let word = &line[start..];
    let before: Vec<&str> = line[begin..start].split_whitespace().collect();
    let candidates = match before.first().copied() {
        None => programs(),
        Some("docker") => docker(world, &before[1..], word),
        Some(_) => files(world, word),
    };
    let words = candidates.into_iter().filter(|c| c.starts_with(word)).collect();
    Completion { start, words }
}

fn programs() -> Set<String> {
    let programs = crate::program::names().chain(crate::shell::NAMES.iter().copied());
    programs.chain(["docker"]).map(|name| format!("{name} ")).collect()
}

fn docker(world: &World, before: &[&str], word: &str) -> Set<String> {
    let mut path = String::new();
    let mut rest = before;
    while let Some((first, others)) = rest.split_first() {
        let longer = if path.is_empty() { (*first).to_owned() } else { format!("{path} {first}") };
        if !table::heads().any(|[known, ..]| known == longer) {
            break;
        }
        (path, rest) = (longer, others);
    }
    let command = table::find(&path);
    if word.starts_with('-') {
        let flags = command.map(|c| c.flags.clone()).unwrap_or_default();
        return flags
            .iter()
            .map(|f| format!("--{}{}", f.long, if matches!(f.kind, "bool" | "list") { " " } else { "=" }))
            .collect();
    }
    if command.is_none_or(|c| c.rule == "group") {
        let depth = if path.is_empty() { 0 } else { path.split(' ').count() };
        let under = if path.is_empty() { String::new() } else { format!("{path} ") };
        return table::heads()
            .filter_map(|[known, ..]| known.strip_prefix(under.as_str()))
            .filter(|tail| depth == 0 && !tail.contains(' ') || depth > 0 && !tail.contains(' '))
            .map(|tail| format!("{tail} "))
            .collect();
    }
    let first_word = path.split(' ').next().unwrap_or_default();
    let Some((_, first, further)) = ARGUMENTS.iter().find(|(name, ..)| *name == first_word) else {
        return files(world, word);
    };
    let given = rest.iter().filter(|w| !w.starts_with('-')).count();
    names(world, if given == 0 { *first } else { *further }, word)
}

fn names(world: &World, which: Names, word: &str) -> Set<String> {
    let containers = |all: bool| {
        let known = world.containers.values().filter(move |c| all || c.state.is_running());
        known.map(|c| format!("{} ", c.name)).collect::<Set<_>>()
    };
    let images = || world.images.all_names().map(|(n, _)| format!("{} ", n.familiar())).collect::<Set<_>>();
    match which {
        Names::Containers => containers(true),
        Names::Running => containers(false),
        Names::Images => images(),
        Names::Networks => world.networks.iter().map(|n| format!("{} ", n.name)).collect(),
        Names::Volumes => world.volumes.keys().map(|n| format!("{n} ")).collect(),
        Names::Objects => containers(true).into_iter().chain(images()).collect(),
        Names::Hub => {
            let listings = Catalogue::read().map(|c| c.listings()).unwrap_or_default();
            let listed = listings.into_iter().flat_map(|listing| {
                let name = listing.name;
                if word.starts_with(&format!("{name}:")) {
                    listing.tags.iter().map(|t| format!("{name}:{t} ")).collect()
                } else {
                    vec![format!("{name} ")]
                }
            });
            listed.chain(images()).collect()
        }
        Names::Files => files(world, word),
    }
}

fn files(world: &World, word: &str) -> Set<String> {
    let (directory, _) = word.rfind('/').map_or(("", word), |at| word.split_at(at + 1));
    let mut looked = world.clone();
    let shell = looked.shell;
    let sys = Sys::new(&mut looked, shell);
    let entries = sys.read_directory(if directory.is_empty() { "." } else { directory }).unwrap_or_default();
    entries
        .into_iter()
        .filter(|(name, _)| name != "." && name != "..")
        .map(|(name, kind)| {
            let end = if kind == FileKind::Directory { "/" } else { " " };
            format!("{directory}{name}{end}")
        })
        .collect()
}

#[cfg(test)]
mod tests;
