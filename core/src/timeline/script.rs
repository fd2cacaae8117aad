//! What was done, for a real Docker: the learner's files, and the commands that ran without an error as a shell script.

use super::{Command, Timeline};
use crate::desk;
use crate::engine::World;
use crate::engine::boot::HOME;
use crate::files::{Inode, InodeKind, Tree, archive};
use crate::memory::Memory;
use crate::memory::shell::{Shell, Source, Waiting};

/// A command that ran without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What was typed, over several lines when the first was not all.
    pub line: String,
    /// The directory it was typed in.
    pub directory: String,
}

/// The learner's shell when it waits for a line, and whether a command begins there.
fn at_prompt(world: &World) -> Option<(&Shell, bool)> {
    let Memory::Shell(shell) = &world.kernel.process(world.shell)?.memory else { return None };
    let Source::Input(lines) = &shell.source else { return None };
    let waits = shell.frames.is_empty() && shell.waiting == Waiting::Nothing && shell.pending.is_empty();
    waits.then_some((shell, lines.is_empty()))
}

/// True for a line in which `docker` is a command.
fn is_docker(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || ";|&()`{}".contains(c)).any(|word| word == "docker")
}

impl Timeline {
    /// The lines with a `docker` command that ended with 0, in order.
    pub fn succeeded(&self) -> Vec<Done> {
        let mut all = Vec::new();
        let mut open: Option<Done> = None;
        let mut ended = |world: &World, open: &mut Option<Done>| {
            let Some((shell, true)) = at_prompt(world) else { return false };
            all.extend(open.take().filter(|done| shell.status == 0 && is_docker(&done.line)));
            true
        };
        for moment in self.moments.iter().filter(|m| m.at <= self.now()) {
            let Command::Line(line) = &moment.command else { continue };
            let world = &moment.before;
            if ended(world, &mut open) {
                let directory = world.kernel.process(world.shell).map(|p| p.directory.clone());
                open = Some(Done { line: line.clone(), directory: directory.unwrap_or_default() });
            } else if let (Some(_), Some(open)) = (at_prompt(world), &mut open) {
                open.line.push('\n');
                open.line.push_str(line);
            }
        }
        ended(&self.world, &mut open);
        all
    }

    /// A tar with the learner's files and `drydock.sh`, in a folder of their own.
    pub fn for_a_real_docker(&self) -> Vec<u8> {
        let done = self.succeeded();
        let directory = self.world.kernel.process(self.world.shell).map(|p| p.directory.clone());
        let directory = directory.unwrap_or_else(|| HOME.to_owned());
        let below = |root: &str, path: &str| path == root || path.starts_with(&format!("{root}/"));
        let root = match &directory {
            home if below(HOME, home) && !done.iter().all(|d| below(&directory, &d.directory)) => HOME,
            here => here,
        };
        let mut tree = Tree::default();
        let top = tree.make_path("drydock", 0o755, 0);
        let files = desk::folder(&self.world, root).unwrap_or_default();
        let mut left_out = Vec::new();
        crate::engine::copy::graft(&files, &mut tree, top);
        for (path, ino) in tree.walk() {
            let Some(InodeKind::File { nominal: Some(_), .. }) = tree.get(ino).map(|i| &i.kind) else {
                continue;
            };
            let (parent, name) = path.rsplit_once('/').unwrap_or_default();
            if let Some(parent) = tree.find(parent) {
                tree.remove(parent, name);
                left_out.push(path.trim_start_matches("/drydock/").to_owned());
            }
        }
        let script = script(root, &done, &left_out);
        tree.insert(top, "drydock.sh", Inode::file(script.into_bytes(), 0o755, 0));
        archive::pack(&tree)
    }
}

fn script(root: &str, done: &[Done], left_out: &[String]) -> String {
    let mut text = String::from(
        "#!/bin/sh\n\
         # What was done in Drydock, for a real Docker.\n\
         #\n\
         # The files beside this script are the learner's; the commands are those that ran without an error, in their order.\n\
         # Read them before you run them: they pull images, take ports, and leave containers and volumes behind.\n",
    );
    for path in left_out {
        text.push_str(&format!("# Not here, because it only stood for a large file: {path}\n"));
    }
    text.push_str("set -eu\nhere=$(cd \"$(dirname \"$0\")\" && pwd)\n");
    let mut at = None;
    for Done { line, directory } in done {
        if at != Some(directory) {
            text.push_str(&match directory.strip_prefix(root) {
                Some("") => "\ncd \"$here\"\n".to_owned(),
                Some(rest) if rest.starts_with('/') => format!("\ncd \"$here{rest}\"\n"),
                _ => format!("\n# typed in {directory}\n"),
            });
            at = Some(directory);
        }
        // A path on the learner's machine is beside this script now.
        let moved = if line.contains('\'') { line.clone() } else { line.replace(root, "$here") };
        text.push_str(if root == "/" { line } else { &moved });
        text.push('\n');
    }
    if done.is_empty() {
        text.push_str("\n# No docker command has run without an error yet.\n");
    }
    text
}
