//! Open files of a process: making, sharing and closing them.

use crate::engine::{World, traffic};
use crate::kernel::descriptor::{Description, DescriptionId, Object, Pipe, PipeId};
use crate::kernel::errno::Errno;
use crate::kernel::process::{Pid, Wait};

/// Puts a new open file description into the table.
pub fn describe(world: &mut World, object: Object, readable: bool, writable: bool) -> DescriptionId {
    let id = DescriptionId(world.kernel.fresh_id());
    match &object {
        Object::PipeReader(pipe) => {
            if let Some(pipe) = world.kernel.pipes.get_mut(pipe) {
                pipe.readers += 1;
            }
        }
        Object::PipeWriter(pipe) => {
            if let Some(pipe) = world.kernel.pipes.get_mut(pipe) {
                pipe.writers += 1;
            }
        }
        _ => {}
    }
    let description = Description { object, holders: 0, offset: 0, readable, writable, append: false };
    world.kernel.descriptions.insert(id, description);
    id
}

/// Makes an empty pipe without ends.
pub fn new_pipe(world: &mut World) -> PipeId {
    let id = PipeId(world.kernel.fresh_id());
    world.kernel.pipes.insert(id, Pipe::default());
    id
}

/// Gives a process the description under the lowest free number that is at least `least`.
pub fn install(world: &mut World, pid: Pid, description: DescriptionId, least: u32) -> Result<u32, Errno> {
    let process = world.kernel.process_mut(pid).ok_or(Errno::ESRCH)?;
    let number = (least..1024).find(|n| !process.descriptors.contains_key(n)).ok_or(Errno::EMFILE)?;
    process.descriptors.insert(number, description);
    hold(world, description);
    Ok(number)
}

/// Gives a process the description under this number, closing what was there.
pub fn install_at(world: &mut World, pid: Pid, description: DescriptionId, number: u32) {
    hold(world, description);
    close(world, pid, number);
    if let Some(process) = world.kernel.process_mut(pid) {
        process.descriptors.insert(number, description);
    }
}

fn hold(world: &mut World, description: DescriptionId) {
    if let Some(open) = world.kernel.descriptions.get_mut(&description) {
        open.holders += 1;
    }
}

/// Closes a descriptor. The last holder of a pipe's end wakes the other end.
pub fn close(world: &mut World, pid: Pid, number: u32) -> bool {
    let Some(process) = world.kernel.process_mut(pid) else { return false };
    let Some(id) = process.descriptors.remove(&number) else { return false };
    release(world, id);
    true
}

/// Gives up one hold on a description.
pub fn release(world: &mut World, id: DescriptionId) {
    let Some(open) = world.kernel.descriptions.get_mut(&id) else { return };
    open.holders = open.holders.saturating_sub(1);
    if open.holders > 0 {
        return;
    }
    let Some(open) = world.kernel.descriptions.remove(&id) else { return };
    match open.object {
        Object::PipeReader(pipe) => leave_pipe(world, pipe, true),
        Object::PipeWriter(pipe) => leave_pipe(world, pipe, false),
        Object::Socket(socket) => traffic::close(world, socket),
        _ => {}
    }
}

/// Takes one reading or writing end off a pipe.
pub fn leave_pipe(world: &mut World, id: PipeId, reader: bool) {
    let Some(pipe) = world.kernel.pipes.get_mut(&id) else { return };
    let ends = if reader { &mut pipe.readers } else { &mut pipe.writers };
    *ends = ends.saturating_sub(1);
    if pipe.readers == 0 && pipe.writers == 0 {
        world.kernel.pipes.remove(&id);
    }
    world.wake(Wait::Pipe(id));
}
