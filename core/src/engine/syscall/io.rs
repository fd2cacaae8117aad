//! Reading and writing.

use super::{Io, Sys};
use crate::engine::{World, descriptor, stream, traffic};
use crate::kernel::descriptor::{DescriptionId, Object, Pipe};
use crate::kernel::errno::Errno;
use crate::kernel::process::{Pid, Wait};
use crate::kernel::signal::Signal;
use crate::kernel::terminal::TerminalId;
use crate::shared::own;

impl Sys<'_> {
    /// The open file behind a descriptor.
    fn description(&self, fd: u32) -> Result<DescriptionId, Errno> {
        self.process().descriptors.get(&fd).copied().ok_or(Errno::EBADF)
    }

    /// True for an open descriptor.
    pub fn is_open(&self, fd: u32) -> bool {
        self.description(fd).is_ok()
    }

    /// Every open descriptor.
    pub fn descriptors(&self) -> Vec<u32> {
        self.process().descriptors.keys().copied().collect()
    }

    /// What a descriptor leads to.
    pub fn object(&self, fd: u32) -> Option<&Object> {
        let id = self.description(fd).ok()?;
        self.world.kernel.descriptions.get(&id).map(|d| &d.object)
    }

    /// `man 3 isatty`.
    pub fn is_terminal(&self, fd: u32) -> bool {
        matches!(self.object(fd), Some(Object::Terminal(_)))
    }

    /// Closes a descriptor.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn close(&mut self, fd: u32) -> Result<(), Errno> {
        if descriptor::close(self.world, self.pid, fd) { Ok(()) } else { Err(Errno::EBADF) }
    }

    /// Makes `to` another name of `from` (`man 2 dup2`).
    ///
    /// # Errors
    /// `EBADF`.
    pub fn duplicate(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        let id = self.description(from)?;
        if from != to {
            descriptor::install_at(self.world, self.pid, id, to);
        }
        Ok(())
    }

    /// Another name of `from`, at least `least` (`F_DUPFD`).
    ///
    /// # Errors
    /// `EBADF`, `EMFILE`.
    pub fn duplicate_above(&mut self, from: u32, least: u32) -> Result<u32, Errno> {
        let id = self.description(from)?;
        descriptor::install(self.world, self.pid, id, least)
    }

    /// A pipe: the end to read, the end to write (`man 2 pipe`).
    pub fn pipe(&mut self) -> (u32, u32) {
        let pipe = descriptor::new_pipe(self.world);
        let reader = descriptor::describe(self.world, Object::PipeReader(pipe), true, false);
        let writer = descriptor::describe(self.world, Object::PipeWriter(pipe), false, true);
        let read = descriptor::install(self.world, self.pid, reader, 3).unwrap_or(u32::MAX);
        let write = descriptor::install(self.world, self.pid, writer, 3).unwrap_or(u32::MAX);
        (read, write)
    }

    /// Makes a file by name the standard input.
    ///
    /// # Errors
    /// What `man 2 open` says.
    pub fn take_input(&mut self, path: &str) -> Result<(), Errno> {
        let fd = self.open(path, super::Open::READ)?;
        self.duplicate(fd, 0)?;
        if fd == 0 { Ok(()) } else { self.close(fd) }
    }

    /// Reads at most `most` bytes; none at the end of the file.
    ///
    /// # Errors
    /// `EBADF`, `EISDIR`, and what the object says.
    pub fn read(&mut self, fd: u32, most: usize) -> Result<Io<Vec<u8>>, Errno> {
        let id = self.description(fd)?;
        let description = self.world.kernel.descriptions.get(&id).ok_or(Errno::EBADF)?;
        if !description.readable {
            return Err(Errno::EBADF);
        }
        let (object, offset) = (description.object.clone(), description.offset as usize);
        let bytes = match object {
            Object::Node { filesystem, node, path } => {
                let content = self.world.kernel.node_bytes(filesystem, &node, &path)?;
                content.get(offset..).map(|rest| rest[..rest.len().min(most)].to_vec()).unwrap_or_default()
            }
            Object::Text(text) => {
                text.get(offset..).map(|rest| rest[..rest.len().min(most)].to_vec()).unwrap_or_default()
            }
            Object::PipeReader(pipe) => return self.read_pipe(pipe, most),
            Object::Terminal(terminal) => return Ok(self.read_terminal(terminal, most)),
            Object::Socket(socket) => return traffic::receive(self.world, socket, most),
            Object::Zero | Object::Full => vec![0; most.min(1 << 20)],
            Object::Random => {
                let mut bytes = Vec::new();
                while bytes.len() < most.min(1 << 16) {
                    bytes.push(self.world.random.below(256) as u8);
                }
                bytes
            }
            Object::Null | Object::Capture(_) | Object::Output { .. } => Vec::new(),
            Object::PipeWriter(_) => return Err(Errno::EBADF),
        };
        if let Some(description) = self.world.kernel.descriptions.get_mut(&id) {
            description.offset += bytes.len() as u64;
        }
        Ok(Io::Ready(bytes))
    }

    fn read_pipe(
        &mut self,
        id: crate::kernel::descriptor::PipeId,
        most: usize,
    ) -> Result<Io<Vec<u8>>, Errno> {
        let pipe = self.world.kernel.pipes.get_mut(&id).ok_or(Errno::EBADF)?;
        if pipe.bytes.is_empty() {
            let end = pipe.writers == 0;
            return Ok(if end { Io::Ready(Vec::new()) } else { Io::Blocked(Wait::Pipe(id)) });
        }
        let count = most.min(pipe.bytes.len());
        let bytes: Vec<u8> = pipe.bytes.drain(..count).collect();
        self.world.wake(Wait::Pipe(id));
        Ok(Io::Ready(bytes))
    }

    fn read_terminal(&mut self, id: TerminalId, most: usize) -> Io<Vec<u8>> {
        let Some(terminal) = self.world.kernel.terminals.get_mut(&id).map(own) else {
            return Io::Ready(Vec::new());
        };
        let Some(line) = terminal.input.pop_front() else { return Io::Blocked(Wait::Terminal(id)) };
        if line.len() > most {
            let mut at = most;
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            if at > 0 {
                terminal.input.push_front(line[at..].into());
                return Io::Ready(line.as_bytes()[..at].to_vec());
            }
        }
        Io::Ready(line.as_bytes().to_vec())
    }

    /// Writes; tells how many bytes were taken.
    ///
    /// # Errors
    /// `EBADF`, `EPIPE` (with SIGPIPE), `ENOSPC`.
    pub fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<Io<usize>, Errno> {
        let id = self.description(fd)?;
        let room = self.memory_room(id).and_then(|room| usize::try_from(room).ok()).unwrap_or(usize::MAX);
        let bytes = match bytes.get(..room) {
            Some(part) if part.len() < bytes.len() => {
                self.over_limit = true;
                if part.is_empty() {
                    return Ok(Io::Blocked(Wait::Signal));
                }
                part
            }
            _ => bytes,
        };
        let result = write_description(self.world, id, bytes);
        if result == Err(Errno::EPIPE) {
            self.deferred.push(Signal::PIPE);
        }
        result
    }

    /// How much the own control group may still write into a file of a file system in memory, when that counts.
    fn memory_room(&self, id: DescriptionId) -> Option<u64> {
        let Object::Node { filesystem, .. } = self.world.kernel.descriptions.get(&id)?.object else {
            return None;
        };
        let group = self.world.kernel.cgroups.get(&self.process().cgroup)?;
        let limit = group.memory_max.filter(|_| group.file_systems.contains(&filesystem))?;
        let (held, files) = self.world.kernel.memory_of(group);
        Some(limit.saturating_sub(held + files))
    }

    /// Fills a pipe past its capacity: the text of a here-document.
    pub fn fill_pipe(&mut self, fd: u32, bytes: &[u8]) {
        if let Some(Object::PipeWriter(id)) = self.object(fd) {
            let id = *id;
            if let Some(pipe) = self.world.kernel.pipes.get_mut(&id) {
                pipe.bytes.extend(bytes);
            }
        }
    }

    /// Moves the place of the next read or write.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn seek(&mut self, fd: u32, offset: u64) -> Result<(), Errno> {
        let id = self.description(fd)?;
        let description = self.world.kernel.descriptions.get_mut(&id).ok_or(Errno::EBADF)?;
        description.offset = offset;
        Ok(())
    }
}

/// Writes as another process would to its own descriptor: how attached clients show a container's output.
pub fn write_as(world: &mut World, pid: Pid, fd: u32, bytes: &[u8]) {
    let id = world.kernel.process(pid).and_then(|p| p.descriptors.get(&fd).copied());
    if let Some(id) = id {
        let _ = write_description(world, id, bytes);
    }
}

fn write_description(world: &mut World, id: DescriptionId, bytes: &[u8]) -> Result<Io<usize>, Errno> {
    let description = world.kernel.descriptions.get_mut(&id).ok_or(Errno::EBADF)?;
    if !description.writable {
        return Err(Errno::EBADF);
    }
    let (offset, append) = (description.offset, description.append);
    match &mut description.object {
        Object::Capture(collected) => own(collected).extend_from_slice(bytes),
        Object::Null | Object::Zero | Object::Random => {}
        Object::Full => return Err(Errno::ENOSPC),
        Object::Text(_) | Object::PipeReader(_) => return Err(Errno::EBADF),
        Object::Node { filesystem, node, path } => {
            let (filesystem, node, path) = (*filesystem, node.clone(), path.clone());
            let now = world.now;
            let at = if append { None } else { Some(offset) };
            let (end, count, node) = world.kernel.write_node(filesystem, &node, &path, at, bytes, now)?;
            if let Some(description) = world.kernel.descriptions.get_mut(&id) {
                description.offset = end;
                if let Object::Node { node: old, .. } = &mut description.object {
                    *old = node;
                }
            }
            return Ok(Io::Ready(count));
        }
        Object::PipeWriter(pipe) => {
            let pipe = *pipe;
            return write_pipe(world, pipe, bytes);
        }
        Object::Terminal(terminal) => {
            let terminal = *terminal;
            write_terminal(world, terminal, bytes);
        }
        Object::Socket(socket) => {
            let socket = *socket;
            return traffic::send(world, socket, bytes);
        }
        Object::Output { container, error } => {
            let (number, error) = (*container, *error);
            stream::write(world, number, error, bytes);
        }
    }
    Ok(Io::Ready(bytes.len()))
}

fn write_pipe(
    world: &mut World,
    id: crate::kernel::descriptor::PipeId,
    bytes: &[u8],
) -> Result<Io<usize>, Errno> {
    let pipe = world.kernel.pipes.get_mut(&id).ok_or(Errno::EPIPE)?;
    if pipe.readers == 0 {
        return Err(Errno::EPIPE);
    }
    let room = Pipe::CAPACITY.saturating_sub(pipe.bytes.len());
    if room == 0 && !bytes.is_empty() {
        return Ok(Io::Blocked(Wait::Pipe(id)));
    }
    let count = room.min(bytes.len());
    pipe.bytes.extend(&bytes[..count]);
    world.wake(Wait::Pipe(id));
    Ok(Io::Ready(count))
}

fn write_terminal(world: &mut World, id: TerminalId, bytes: &[u8]) {
    let Some(terminal) = world.kernel.terminals.get_mut(&id).map(own) else { return };
    match terminal.stream {
        Some(number) => stream::write(world, number, false, bytes),
        None => terminal.write(bytes),
    }
}
