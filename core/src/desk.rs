//! The learner's desk: files that are changed by hand beside the terminal, and what is done in the editor that a program opened.

mod bytes;
mod load;

pub use bytes::Bytes;
pub use load::{Loaded, load};

use crate::engine::syscall::{FileKind, Sys};
use crate::engine::{self, DaemonError, World, copy, path};
use crate::event::What;
use crate::files::{Tree, archive};
use crate::image::bundle;
use crate::kernel::errno::Errno;
use crate::kernel::process::{Pid, Process, Wait};
use crate::kernel::terminal::TerminalId;
use crate::memory::Memory;
use crate::memory::tool::{Edit, State, Wish};
use crate::shared::own;
use serde::{Deserialize, Serialize};

/// A change of the learner's files. Paths are absolute, and lead where the learner's shell sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A file gets this content; it and the directories above it are made when they are missing.
    Write {
        /// Which file.
        path: String,
        /// Its content.
        content: Bytes,
        /// It can be run.
        run: bool,
    },
    /// A directory is made.
    Folder(String),
    /// A file is removed, or a directory with all that is in it.
    Remove(String),
    /// A file or directory gets another name.
    Rename {
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
}

impl Change {
    /// A file with this content.
    pub fn write(path: &str, content: impl Into<Bytes>) -> Self {
        Self::Write { path: path.to_owned(), content: content.into(), run: false }
    }

    /// How many bytes it brings.
    pub fn weight(&self) -> u64 {
        match self {
            Self::Write { content, .. } => content.len() as u64,
            _ => 0,
        }
    }

    /// The path that is changed.
    pub fn path(&self) -> &str {
        match self {
            Self::Write { path, .. } | Self::Folder(path) | Self::Remove(path) => path,
            Self::Rename { to, .. } => to,
        }
    }
}

/// The changes in one sentence.
pub fn sentence(changes: &[Change]) -> String {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    match changes {
        [Change::Write { path, content, .. }] => {
            format!("You saved {}, {} bytes.", name(path), content.len())
        }
        [Change::Folder(path)] => format!("You made the folder {}.", name(path)),
        [Change::Remove(path)] => format!("You removed {}.", name(path)),
        [Change::Rename { from, to }] => format!("You renamed {} to {}.", name(from), name(to)),
        _ => {
            let top = changes.first().map_or("/", |c| c.path().rsplit_once('/').map_or("/", |p| p.0));
            format!("You put {} files into {top}.", changes.len())
        }
    }
}

/// Does the changes in order, by the system calls of the learner's shell. The first that cannot be done is said, and ends them.
pub fn change(world: &mut World, changes: &[Change]) {
    let shell = world.shell;
    if world.kernel.process(shell).is_none_or(Process::is_zombie) {
        return;
    }
    let mut sys = Sys::new(world, shell);
    let failed = changes.iter().find_map(|change| Some((change, one(&mut sys, change).err()?)));
    sys.settle();
    world.note(match failed {
        None => What::Said(sentence(changes)),
        Some((change, errno)) => {
            What::Refused { message: format!("{}: {errno}", change.path()), cause: String::new() }
        }
    });
}

fn one(sys: &mut Sys<'_>, change: &Change) -> Result<(), Errno> {
    match change {
        Change::Write { path, content, run } => {
            let (above, _) = path.rsplit_once('/').unwrap_or_default();
            make_all(sys, above)?;
            sys.write_file(path, content)?;
            if *run { sys.change_mode(path, 0o755) } else { Ok(()) }
        }
        Change::Folder(path) => sys.make_directory(path, 0o777),
        Change::Remove(path) => remove(sys, path),
        Change::Rename { to, .. } if sys.lstat(to).is_ok() => Err(Errno::EEXIST),
        Change::Rename { from, to } => sys.rename(from, to),
    }
}

fn make_all(sys: &mut Sys<'_>, path: &str) -> Result<(), Errno> {
    if path.is_empty() || sys.stat(path).is_ok_and(|s| s.kind == FileKind::Directory) {
        return Ok(());
    }
    let (above, _) = path.rsplit_once('/').unwrap_or_default();
    make_all(sys, above)?;
    sys.make_directory(path, 0o777)
}

fn remove(sys: &mut Sys<'_>, path: &str) -> Result<(), Errno> {
    if sys.lstat(path)?.kind != FileKind::Directory {
        return sys.unlink(path);
    }
    for (name, _) in sys.read_directory(path)? {
        remove(sys, &format!("{path}/{name}"))?;
    }
    sys.remove_directory(path)
}

/// What is in a folder of the learner's, as a tree.
pub fn folder(world: &World, path: &str) -> Option<Tree> {
    let process = world.kernel.process(world.shell)?;
    let place = path::resolve(world, world.shell, path, true).ok()?;
    let tree = copy::pack(world, world.kernel.mounts(&process.namespaces), &place, ".");
    path::is_directory(world, &place).then_some(tree)
}

/// An image as `docker save` writes it.
///
/// # Errors
/// Docker's words about what is not here.
pub fn image(world: &World, name: &str) -> Result<Vec<u8>, DaemonError> {
    let images = engine::image::to_save(world, &[name.to_owned()])?;
    Ok(archive::pack(&bundle::write(&images)))
}

/// True for a process in the foreground of the learner's terminal.
fn in_front(world: &World, pid: Pid) -> bool {
    let foreground = world.kernel.terminals.get(&TerminalId::LEARNER).and_then(|t| t.foreground);
    let process = world.kernel.process(pid);
    process.is_some_and(|p| p.terminal == Some(TerminalId::LEARNER) && Some(p.group) == foreground)
}

/// The editor that waits for the learner: on the host, or in a container that a client at the learner's terminal is attached to.
pub fn editor(world: &World) -> Option<(Pid, &Edit)> {
    world.kernel.processes.iter().find_map(|(pid, process)| {
        let Memory::Tool(tool) = &process.memory else { return None };
        let State::Edit(edit) = &tool.state else { return None };
        let terminal = world.kernel.terminals.get(&process.terminal?)?;
        let seen = match terminal.stream {
            None => in_front(world, *pid),
            Some(number) => {
                world.streams.get(&number)?.clients.iter().any(|client| in_front(world, client.0))
            }
        };
        (seen && !process.is_zombie()).then_some((*pid, &**edit))
    })
}

/// Tells the editor what is asked for; nothing happens when none waits.
pub fn edit(world: &mut World, wish: &Wish) {
    let Some((pid, _)) = editor(world) else { return };
    let Some(process) = world.kernel.process_mut(pid) else { return };
    let terminal = process.terminal.unwrap_or(TerminalId::LEARNER);
    if let Memory::Tool(tool) = &mut process.memory {
        if let State::Edit(edit) = &mut own(tool).state {
            edit.wish = Some(wish.clone());
        }
    }
    world.wake(Wait::Terminal(terminal));
}

#[cfg(test)]
mod tests;
