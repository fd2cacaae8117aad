//! Facts about one container, and what is said while they are not so.

use crate::container::{Container, MountKind};
use crate::engine::World;
use crate::files::overlay::Change;
use crate::kernel::mount::FileSystem;
use crate::kernel::namespace::{NamespaceKind, Namespaces};

/// A fact about a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `container NAME STATUS`: it is in this state.
    Status(String),
    /// `health NAME STATUS`: its health is this.
    Health(String),
    /// `restarts NAME COUNT`: its restart policy has started it so often, or more.
    Restarts(u64),
    /// `memory NAME MIB`: its memory is limited to so many MiB.
    Memory(u64),
    /// `mount NAME KIND PATH`: a `volume`, `bind` or `tmpfs` is mounted there.
    Mount(String, String),
    /// `diff NAME LETTER PATH`: its writable layer has this change, as `docker diff` prints it.
    Diff(char, String),
    /// `shares NAME KIND OTHER`: it is in the namespace of this kind of the `host`, or of this container.
    Shares(NamespaceKind, String),
}

/// A status that a goal may name.
fn status(status: &str) -> Option<String> {
    ["created", "running", "paused", "restarting", "exited"].contains(&status).then(|| status.to_owned())
}

/// Reads a fact: its kind, and what follows the container's name.
pub fn read(kind: &str, words: &[&str]) -> Option<Fact> {
    Some(match (kind, words) {
        ("container", [word]) => Fact::Status(status(word)?),
        ("health", [word]) if ["starting", "healthy", "unhealthy"].contains(word) => {
            Fact::Health((*word).to_owned())
        }
        ("restarts", [count]) => Fact::Restarts(count.parse().ok()?),
        ("memory", [mib]) => Fact::Memory(mib.parse().ok()?),
        ("mount", [kind, path]) if ["volume", "bind", "tmpfs"].contains(kind) => {
            Fact::Mount((*kind).to_owned(), (*path).to_owned())
        }
        ("diff", [letter @ ("A" | "C" | "D"), path]) => {
            Fact::Diff(letter.chars().next()?, (*path).to_owned())
        }
        ("shares", [kind, other]) => {
            let kind = NamespaceKind::INITIAL.iter().map(|(k, _)| *k).find(|k| k.name() == *kind)?;
            Fact::Shares(kind, (*other).to_owned())
        }
        _ => return None,
    })
}

impl Fact {
    /// What is not so, as the end of a sentence; nothing when the fact holds.
    pub fn lacks(&self, world: &World, container: &Container) -> Option<String> {
        let (holds, lacks) = match self {
            Self::Status(wanted) => {
                let is = container.state.word();
                (
                    is == wanted,
                    if wanted == "running" && is != "paused" {
                        "it is not running".to_owned()
                    } else {
                        format!("it is {is}, not {wanted}")
                    },
                )
            }
            Self::Health(wanted) => {
                let is = container.state.health.as_ref().map_or("not checked", |h| h.status.word());
                (is == wanted, format!("its health is {is}, not {wanted}"))
            }
            Self::Restarts(wanted) => {
                let count = container.restart_count;
                (count >= *wanted, format!("its policy has started it {count} times, not {wanted}"))
            }
            Self::Memory(mib) => {
                let limit = container.host.memory >> 20;
                (
                    limit == *mib as i64,
                    match limit {
                        0 => "its memory has no limit".to_owned(),
                        _ => format!("its memory is limited to {limit} MiB, not {mib}"),
                    },
                )
            }
            Self::Mount(kind, path) => {
                let wanted = match kind.as_str() {
                    "volume" => MountKind::Volume,
                    "bind" => MountKind::Bind,
                    _ => MountKind::Tmpfs,
                };
                let mounted = container.mounts.iter().any(|m| m.kind == wanted && m.destination == *path);
                let memory = wanted == MountKind::Tmpfs && container.host.tmpfs.contains_key(path);
                (mounted || memory, format!("no {kind} is mounted at {path}"))
            }
            Self::Diff(letter, path) => {
                let root = world.kernel.filesystems.get(&container.root).map(|f| &**f);
                let changes = match root {
                    Some(FileSystem::Overlay(overlay)) => overlay.changes(),
                    _ => Vec::new(),
                };
                let (change, word) = match letter {
                    'A' => (Change::Added, "add"),
                    'C' => (Change::Changed, "change"),
                    _ => (Change::Deleted, "hide"),
                };
                let made = changes.iter().any(|(c, at)| *c == change && at == path);
                (made, format!("its writable layer does not {word} {path}"))
            }
            Self::Shares(kind, other) => return shares(world, container, *kind, other),
        };
        (!holds).then_some(lacks)
    }
}

fn shares(world: &World, container: &Container, kind: NamespaceKind, other: &str) -> Option<String> {
    let Some(own) = container.namespaces else { return Some("it is not running".to_owned()) };
    let theirs = match other {
        "host" => Some(Namespaces::default()),
        name => super::named(world, name).and_then(|c| c.namespaces),
    };
    (theirs.map(|n| n.get(kind)) != Some(own.get(kind)))
        .then(|| format!("its {} namespace is not that of {other}", kind.name()))
}
