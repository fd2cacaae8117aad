//! `RUN --mount`: memory, a cache that outlives the build, or files of the context, a stage or an image.

use super::{Plan, copy};
use crate::build::Fault;
use crate::build::dockerfile::Instruction;
use crate::build::select::clean;
use crate::engine::World;
use crate::engine::boot::mount;
use crate::files::Tree;
use crate::image::change::below;
use crate::kernel::mount::{FileSystem, Mount};
use crate::shared::own;
use std::rc::Rc;

/// One mount that a RUN asks for.
pub(super) struct Wanted {
    target: String,
    source: Source,
    read_only: bool,
}

enum Source {
    Memory,
    /// Kept under this name.
    Cache(String),
    /// A tree, and the path in it.
    Files(Rc<Tree>, String),
}

/// The mounts of a RUN; what their files are is added to `what`.
pub(super) fn wanted(
    world: &World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
    what: &mut String,
) -> Result<Vec<Wanted>, Fault> {
    let mut all = Vec::new();
    for text in instruction.values("mount") {
        let option = |names: &[&str]| {
            let pairs = text.split(',').map(|o| o.split_once('=').unwrap_or((o, "true")));
            pairs.filter(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned()).next_back()
        };
        let kind = option(&["type"]).unwrap_or_else(|| "bind".to_owned());
        let target = option(&["target", "dst", "destination"]);
        let read_only = option(&["ro", "readonly"]).is_some();
        let Some(target) = target.map(|t| below("/", &t)).filter(|t| t != "/") else {
            let words = if kind == "secret" || kind == "ssh" {
                String::new()
            } else {
                "target is required".to_owned()
            };
            let message = if words.is_empty() { refusal(&kind) } else { format!("invalid mount: {words}") };
            return Err(instruction.fault(message));
        };
        let source = match kind.as_str() {
            "tmpfs" => Source::Memory,
            "cache" => Source::Cache(option(&["id"]).unwrap_or_else(|| target.clone())),
            "bind" => {
                let from = option(&["from"]);
                let tree = copy::source(world, number, plan, at, from.as_deref())
                    .map_err(|words| instruction.fault(words))?;
                let path = clean(&option(&["source", "src"]).unwrap_or_default());
                let Some(ino) = tree.find(&path) else {
                    return Err(
                        instruction.fault(format!("failed to compute cache key: \"/{path}\": not found"))
                    );
                };
                copy::checksum(&tree, ino, &path, what);
                Source::Files(tree, format!("/{path}"))
            }
            other => return Err(instruction.fault(refusal(other))),
        };
        all.push(Wanted { target, source, read_only });
    }
    Ok(all)
}

fn refusal(kind: &str) -> String {
    format!(
        "RUN --mount=type={kind} is not simulated here; `--build-arg` passes a value, though not a secret one"
    )
}

/// Makes the mounts: what they lead to is forgotten after the command, except a cache.
pub(super) fn mounts(world: &mut World, wanted: Vec<Wanted>) -> Vec<Mount> {
    let mut all = Vec::new();
    for Wanted { target, source, read_only } in wanted {
        let mut tree = Tree::default();
        let mut root = "/".to_owned();
        let kept = match source {
            Source::Memory => None,
            Source::Cache(name) => Some(name),
            Source::Files(files, path) => {
                tree = (*files).clone();
                root = path;
                None
            }
        };
        let held = kept.as_ref().and_then(|name| world.builder.mounts.get(name)).copied();
        let id = held.unwrap_or_else(|| world.kernel.add_filesystem(FileSystem::Tree { tree, limit: None }));
        if let Some(name) = kept {
            own(&mut world.builder).mounts.insert(name, id);
        }
        let mut shown = mount(&target, id, "overlay", "overlay", "relatime");
        (shown.root, shown.read_only) = (root, read_only);
        all.push(shown);
    }
    all
}
