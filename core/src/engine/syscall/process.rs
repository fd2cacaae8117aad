//! Making, replacing, watching and signalling processes.

use super::{Io, Sys};
use crate::engine::{execute, process};
use crate::kernel::errno::Errno;
use crate::kernel::process::{ExitStatus, Pid, ProcessState, Wait};
use crate::kernel::signal::{Disposition, Signal};
use crate::kernel::terminal::TerminalId;
use crate::memory::Memory;
use crate::memory::environment::Environment;
use crate::shared::own;
use crate::time::{Span, Time};
use std::rc::Rc;

/// A line of the process table as `/proc` shows it in one pid namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessRow {
    /// Its pid in the reader's namespace.
    pub pid: u32,
    /// Its parent's, or zero.
    pub parent: u32,
    /// Its user.
    pub uid: u32,
    /// Its short name.
    pub command: String,
    /// `argv`.
    pub arguments: Rc<[String]>,
    /// `R`, `S`, `T` or `Z`.
    pub state: char,
    /// When it began.
    pub started: Time,
    /// Processor time used.
    pub cpu: Span,
    /// Resident memory in bytes.
    pub resident: u64,
    /// Its terminal, such as `pts/0`.
    pub terminal: Option<String>,
    /// Its process group in the reader's namespace.
    pub group: u32,
    /// It is the reader itself.
    pub own: bool,
}

impl Sys<'_> {
    /// Makes a child with this memory (`man 2 fork`); its pid in the own namespace.
    ///
    /// # Errors
    /// `EAGAIN` when the cgroup's `pids.max` is reached.
    pub fn fork(&mut self, memory: Memory) -> Result<u32, Errno> {
        let group = self.process().cgroup;
        if let Some(group) = self.world.kernel.cgroups.get(&group) {
            if group.pids_max.is_some_and(|most| group.processes.len() as u64 >= most) {
                return Err(Errno::EAGAIN);
            }
        }
        let now = self.world.now;
        let child = self.world.kernel.fork(self.pid, memory, now).ok_or(Errno::EAGAIN)?;
        let spent = self.spent;
        self.world.ready(child, spent + Span(200));
        Ok(self.world.kernel.process(child).map_or(0, crate::kernel::process::Process::own_pid))
    }

    /// Becomes another program (`man 2 execve`). The step ends with [`super::Step::Replaced`].
    ///
    /// # Errors
    /// `ENOENT`, `EACCES`, `ENOEXEC`, `ELOOP`.
    pub fn execute(
        &mut self,
        path: &str,
        arguments: Vec<String>,
        environment: Environment,
    ) -> Result<(), Errno> {
        let loaded = execute::load(self, path, arguments)?;
        // Descriptors from ten on are a shell's own: they close on exec.
        for number in self.descriptors().into_iter().filter(|n| *n >= 10) {
            self.close(number)?;
        }
        let process = self.process_mut();
        process.executable = loaded.path;
        process.program = loaded.program;
        process.arguments = loaded.arguments.into();
        process.environment = Rc::new(environment);
        process.dispositions.retain(|_, d| *d == Disposition::Ignore);
        process.memory = Memory::Fresh;
        process.resident = loaded.resident;
        Ok(())
    }

    /// Becomes another user (`man 2 setuid`); what is not root has no capabilities.
    ///
    /// # Errors
    /// `EPERM` without CAP_SETUID, for another than the own user.
    pub fn set_user(&mut self, uid: u32, gid: u32, groups: Vec<u32>) -> Result<(), Errno> {
        if uid != self.credentials().uid {
            self.must_have(super::Capability::SetUid)?;
        }
        let credentials = &mut self.process_mut().credentials;
        (credentials.uid, credentials.gid, credentials.groups) = (uid, gid, groups);
        if uid != 0 {
            credentials.capabilities = 0;
        }
        Ok(())
    }

    /// Looks a program up in the directories of `PATH` (`man 3 execvp`).
    ///
    /// # Errors
    /// `ENOENT`, or `EACCES` when something by that name may not be executed.
    pub fn find_program(&self, name: &str, path: Option<&str>) -> Result<String, Errno> {
        execute::find(self, name, path)
    }

    /// Takes the exit status of a child that has ended: `pid`, or any.
    ///
    /// # Errors
    /// `ECHILD`.
    pub fn wait_child(&mut self, pid: Option<u32>) -> Result<Io<(u32, ExitStatus)>, Errno> {
        let children = &self.process().children;
        let mut any = false;
        let mut ended = None;
        for child in children {
            let Some(process) = self.world.kernel.process(*child) else { continue };
            let own = process.pid_in(self.process().namespaces.pid).unwrap_or(0);
            if pid.is_some_and(|p| p != own) {
                continue;
            }
            any = true;
            if let ProcessState::Zombie(status) = process.state {
                ended = Some((*child, own, status));
                break;
            }
        }
        if let Some((child, own, status)) = ended {
            self.world.kernel.remove_process(child);
            return Ok(Io::Ready((own, status)));
        }
        if any { Ok(Io::Blocked(Wait::Child(self.pid))) } else { Err(Errno::ECHILD) }
    }

    /// Sends a signal to a process, or with a negative number to a process group (`man 2 kill`).
    ///
    /// # Errors
    /// `ESRCH`, `EPERM`, `EINVAL`.
    pub fn kill(&mut self, pid: i64, signal: Signal) -> Result<(), Errno> {
        let namespace = self.process().namespaces.pid;
        let number = u32::try_from(pid.unsigned_abs()).map_err(|_| Errno::ESRCH)?;
        let targets = if pid > 0 {
            vec![self.world.kernel.find(namespace, number).ok_or(Errno::ESRCH)?]
        } else if pid == 0 {
            process::group_members(self.world, self.process().group)
        } else if pid == -1 {
            let all = self.world.kernel.namespaces.get(&namespace).map(|n| n.processes.clone());
            all.unwrap_or_default()
                .into_iter()
                .filter(|(n, p)| *n != 1 && *p != self.pid)
                .map(|p| p.1)
                .collect()
        } else {
            let leader = self.world.kernel.find(namespace, number).ok_or(Errno::ESRCH)?;
            process::group_members(self.world, leader)
        };
        if targets.is_empty() {
            return Err(Errno::ESRCH);
        }
        let (uid, capable) = (self.credentials().uid, self.credentials().capabilities >> 5 & 1 == 1);
        for target in targets {
            let Some(process) = self.world.kernel.process(target) else { continue };
            if process.credentials.uid != uid && !(uid == 0 || capable) {
                return Err(Errno::EPERM);
            }
            let above = process.namespaces.pid != namespace;
            if target == self.pid {
                if self.disposition(signal) == Some(Disposition::Handle) && signal != Signal::KILL {
                    self.process_mut().pending.insert(signal);
                } else {
                    self.deferred.push(signal);
                }
                continue;
            }
            process::send(self.world, target, signal, above);
        }
        Ok(())
    }

    /// Says what a signal does from now on; `None` is the default.
    pub fn set_disposition(&mut self, signal: Signal, disposition: Option<Disposition>) {
        let dispositions = &mut self.process_mut().dispositions;
        match disposition {
            Some(disposition) => {
                dispositions.insert(signal, disposition);
            }
            None => {
                dispositions.remove(&signal);
            }
        }
    }

    /// What a signal does, when it is not the default.
    pub fn disposition(&self, signal: Signal) -> Option<Disposition> {
        self.process().dispositions.get(&signal).copied()
    }

    /// Takes a signal that has arrived and is handled by the program.
    pub fn take_signal(&mut self) -> Option<Signal> {
        let signal = self.process().pending.iter().next().copied()?;
        self.process_mut().pending.remove(&signal);
        Some(signal)
    }

    /// The processes that the own pid namespace shows.
    pub fn processes(&self) -> Vec<ProcessRow> {
        let namespace = self.process().namespaces.pid;
        let Some(members) = self.world.kernel.namespaces.get(&namespace) else { return Vec::new() };
        members.processes.values().filter_map(|pid| row(self.world, *pid, namespace, self.pid)).collect()
    }

    /// Moves a child (or, with zero, this process) into a process group; zero makes it a leader.
    pub fn new_group(&mut self, pid: u32, group: u32) {
        let namespace = self.process().namespaces.pid;
        let target = if pid == 0 { Some(self.pid) } else { self.world.kernel.find(namespace, pid) };
        let Some(target) = target else { return };
        let leader = if group == 0 { Some(target) } else { self.world.kernel.find(namespace, group) };
        if let (Some(process), Some(leader)) = (self.world.kernel.process_mut(target), leader) {
            process.group = leader;
        }
    }

    /// Gives the terminal to a process group (`man 3 tcsetpgrp`).
    pub fn set_foreground(&mut self, group: u32) {
        let Some(leader) = self.world.kernel.find(self.process().namespaces.pid, group) else { return };
        if let Some(terminal) = self.own_terminal() {
            terminal.foreground = Some(leader);
        }
    }

    /// Says that a line is waited for, with this prompt.
    pub fn set_prompt(&mut self, prompt: &str) {
        if let Some(terminal) = self.own_terminal() {
            terminal.prompt = prompt.into();
        }
    }

    fn own_terminal(&mut self) -> Option<&mut crate::kernel::terminal::Terminal> {
        let id: TerminalId = self.process().terminal?;
        self.world.kernel.terminals.get_mut(&id).map(own)
    }
}

/// The row of one process as `namespace` sees it, or nothing when it does not.
pub(crate) fn row(
    world: &crate::engine::World,
    pid: Pid,
    namespace: crate::kernel::namespace::NamespaceId,
    reader: Pid,
) -> Option<ProcessRow> {
    let process = world.kernel.process(pid)?;
    let state = match &process.state {
        ProcessState::Zombie(_) => 'Z',
        _ if process.frozen => 'T',
        ProcessState::Ready => 'R',
        ProcessState::Sleeping(_) => 'S',
    };
    let parent = world.kernel.process(process.parent).and_then(|p| p.pid_in(namespace)).unwrap_or(0);
    let group = world.kernel.process(process.group).and_then(|p| p.pid_in(namespace)).unwrap_or(0);
    Some(ProcessRow {
        pid: process.pid_in(namespace)?,
        parent,
        uid: process.credentials.uid,
        command: process.command_name(),
        arguments: process.arguments.clone(),
        state,
        started: process.started,
        cpu: process.cpu,
        resident: process.resident,
        terminal: process.terminal.map(|t| format!("pts/{}", if t.0 == 0 { 0 } else { t.0 % 8 })),
        group,
        own: pid == reader,
    })
}
