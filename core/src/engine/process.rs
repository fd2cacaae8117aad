//! How processes end and how signals reach them.

use crate::engine::{World, container, descriptor};
use crate::event::What;
use crate::kernel::namespace::NamespaceId;
use crate::kernel::process::{ExitStatus, Pid, ProcessState, Wait};
use crate::kernel::signal::{Default as DefaultAction, Disposition, Signal};
use crate::memory::Memory;
use crate::time::Span;

/// Ends a process (`man 2 exit`): its files are closed, its children go to the init of its pid
/// namespace, its parent is told, and with the first process of a pid namespace every other one goes.
pub fn exit(world: &mut World, pid: Pid, status: ExitStatus) {
    let Some(process) = world.kernel.process(pid) else { return };
    if process.is_zombie() {
        return;
    }
    let (parent, own, namespace) = (process.parent, process.own_pid(), process.namespaces.pid);
    let descriptors: Vec<u32> = process.descriptors.keys().copied().collect();
    let children: Vec<Pid> = process.children.iter().copied().collect();
    world.kernel.unblock(pid);
    for number in descriptors {
        descriptor::close(world, pid, number);
    }
    if let Some(process) = world.kernel.process_mut(pid) {
        process.state = ProcessState::Zombie(status);
        process.memory = Memory::Fresh;
        process.resident = 0;
    }
    if own == 1 {
        end_namespace(world, namespace, pid);
    }
    let init = world.kernel.find(namespace, 1).filter(|init| *init != pid).unwrap_or(Pid(1));
    for child in children {
        adopt(world, child, init);
    }
    container::process_ended(world, pid, status);
    tell_parent(world, pid, parent);
}

/// Ends every process of a pid namespace whose first process has ended (`man 7 pid_namespaces`).
fn end_namespace(world: &mut World, namespace: NamespaceId, first: Pid) {
    let Some(members) = world.kernel.namespaces.get(&namespace).map(|n| n.processes.clone()) else { return };
    for member in members.values().copied().filter(|m| *m != first) {
        exit(world, member, ExitStatus::Signal(Signal::KILL));
    }
}

fn adopt(world: &mut World, child: Pid, parent: Pid) {
    let Some(process) = world.kernel.process_mut(child) else { return };
    process.parent = parent;
    let zombie = process.is_zombie();
    if let Some(process) = world.kernel.process_mut(parent) {
        process.children.insert(child);
    }
    if zombie {
        tell_parent(world, child, parent);
    }
}

/// SIGCHLD and a wake-up; a parent that ignores SIGCHLD never sees a zombie (`man 2 wait`, notes).
fn tell_parent(world: &mut World, child: Pid, parent: Pid) {
    let ignores = world
        .kernel
        .process(parent)
        .is_none_or(|p| p.is_zombie() || p.dispositions.get(&Signal::CHLD) == Some(&Disposition::Ignore));
    if ignores {
        world.kernel.remove_process(child);
    } else {
        send(world, parent, Signal::CHLD, true);
    }
    world.wake(Wait::Child(parent));
}

/// Sends a signal. `from_above` says that the sender is not in the target's own pid namespace: only then do
/// SIGKILL and SIGSTOP reach the first process of a namespace (`man 7 pid_namespaces`).
pub fn send(world: &mut World, pid: Pid, signal: Signal, from_above: bool) {
    let Some(process) = world.kernel.process(pid) else { return };
    if process.is_zombie() || signal.0 == 0 {
        return;
    }
    let sure = matches!(signal, Signal::KILL | Signal::STOP);
    let disposition = if sure { None } else { process.dispositions.get(&signal).copied() };
    let is_first = process.own_pid() == 1;
    match disposition {
        Some(Disposition::Ignore) => {}
        Some(Disposition::Handle) => {
            if let Some(process) = world.kernel.process_mut(pid) {
                process.pending.insert(signal);
            }
            if world.kernel.unblock(pid) {
                world.ready(pid, Span(0));
            }
        }
        None if is_first && !(sure && from_above) => {}
        None => default_action(world, pid, signal),
    }
}

fn default_action(world: &mut World, pid: Pid, signal: Signal) {
    match signal.default_action() {
        DefaultAction::Ignore => {}
        DefaultAction::Continue => freeze(world, pid, false),
        DefaultAction::Stop => freeze(world, pid, true),
        DefaultAction::Terminate => {
            let Some(process) = world.kernel.process(pid) else { return };
            let command = process.command_name();
            if signal != Signal::PIPE {
                world.note(What::Killed { pid: pid.0, command, signal: signal.to_string() });
            }
            exit(world, pid, ExitStatus::Signal(signal));
        }
    }
}

/// Freezes or thaws one process.
pub fn freeze(world: &mut World, pid: Pid, frozen: bool) {
    let Some(process) = world.kernel.process_mut(pid) else { return };
    if process.frozen == frozen {
        return;
    }
    process.frozen = frozen;
    if !frozen && process.state == ProcessState::Ready {
        world.ready(pid, Span(0));
    }
}

/// Every process of a process group.
pub fn group_members(world: &World, group: Pid) -> Vec<Pid> {
    world
        .kernel
        .processes
        .iter()
        .filter(|(_, p)| p.group == group && !p.is_zombie())
        .map(|(pid, _)| *pid)
        .collect()
}
