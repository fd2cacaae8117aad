//! The kernel that every process of the host shares: processes, namespaces, cgroups, open files,
//! pipes, terminals and sockets, as one value.

pub mod cgroup;
pub mod descriptor;
pub mod errno;
pub mod filesystem;
pub mod mount;
pub mod namespace;
pub mod process;
pub mod signal;
pub mod socket;
pub mod terminal;

use crate::memory::Memory;
use crate::shared::{Map, Set, own};
use crate::time::Time;
use cgroup::{Cgroup, CgroupId};
use descriptor::{Description, DescriptionId, Pipe, PipeId};
use mount::{FileSystem, FileSystemId, Mount};
use namespace::{Namespace, NamespaceId, NamespaceKind, Namespaces};
use process::{Pid, Process, ProcessState, Wait};
use serde::{Deserialize, Serialize};
use socket::{Socket, SocketId};
use std::rc::Rc;
use terminal::{Terminal, TerminalId};

/// What `uname -r` prints.
pub const RELEASE: &str = "6.8.0-drydock";

/// Everything the kernel keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// Every process, by its pid in the initial pid namespace.
    pub processes: Map<Pid, Rc<Process>>,
    /// Every namespace, by its inode number.
    pub namespaces: Map<NamespaceId, Rc<Namespace>>,
    /// Every mounted or mountable file system.
    pub filesystems: Map<FileSystemId, Rc<FileSystem>>,
    /// The open file table (`man 2 open`, "open file description").
    pub descriptions: Map<DescriptionId, Description>,
    /// Pipes with at least one open end.
    pub pipes: Map<PipeId, Pipe>,
    /// Terminals: the learner's own is [`TerminalId::LEARNER`].
    pub terminals: Map<TerminalId, Rc<Terminal>>,
    /// Control groups (version 2), by id; the root is [`CgroupId::ROOT`].
    pub cgroups: Map<CgroupId, Cgroup>,
    /// Sockets with at least one holder.
    pub sockets: Map<SocketId, Socket>,
    /// Listening sockets by network namespace and port.
    pub listeners: Map<(NamespaceId, u16), Vec<SocketId>>,
    /// Who is waiting for what.
    pub waiting: Map<Wait, Set<Pid>>,
    next_pid: u32,
    next_inode: u32,
    next_id: u64,
}

impl Kernel {
    /// A kernel with its initial namespaces and nothing running.
    pub fn new(hostname: &str) -> Self {
        let mut kernel = Self {
            processes: Map::new(),
            namespaces: Map::new(),
            filesystems: Map::new(),
            descriptions: Map::new(),
            pipes: Map::new(),
            terminals: Map::new(),
            cgroups: Map::new(),
            sockets: Map::new(),
            listeners: Map::new(),
            waiting: Map::new(),
            next_pid: 1,
            next_inode: 4_026_532_200,
            next_id: 1,
        };
        kernel.cgroups.insert(CgroupId::ROOT, Cgroup::default());
        for (kind, inode) in NamespaceKind::INITIAL {
            let namespace = Namespace::new(kind, None, hostname);
            kernel.namespaces.insert(NamespaceId(inode), Rc::new(namespace));
        }
        kernel
    }

    /// A number that no object of this kernel has had yet.
    pub fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Makes a namespace and returns its inode number.
    pub fn create_namespace(
        &mut self,
        kind: NamespaceKind,
        parent: Option<NamespaceId>,
        hostname: &str,
    ) -> NamespaceId {
        let id = NamespaceId(self.next_inode);
        self.next_inode += 1;
        self.namespaces.insert(id, Rc::new(Namespace::new(kind, parent, hostname)));
        id
    }

    /// One more container has these namespaces.
    pub fn hold_namespaces(&mut self, all: &Namespaces) {
        for id in [all.pid, all.mnt, all.uts, all.ipc, all.cgroup] {
            if let Some(namespace) = self.namespace_mut(id) {
                namespace.holders += 1;
            }
        }
    }

    /// A container leaves a namespace, which goes with the last one.
    pub fn leave_namespace(&mut self, id: NamespaceId) {
        let Some(namespace) = self.namespace_mut(id) else { return };
        namespace.holders = namespace.holders.saturating_sub(1);
        if namespace.holders == 0 {
            self.namespaces.remove(&id);
        }
    }

    /// The namespace `id`, to be changed.
    pub fn namespace_mut(&mut self, id: NamespaceId) -> Option<&mut Namespace> {
        self.namespaces.get_mut(&id).map(own)
    }

    /// The process `pid`.
    pub fn process(&self, pid: Pid) -> Option<&Process> {
        self.processes.get(&pid).map(Rc::as_ref)
    }

    /// The process `pid`, to be changed.
    pub fn process_mut(&mut self, pid: Pid) -> Option<&mut Process> {
        self.processes.get_mut(&pid).map(own)
    }

    /// Adds a process to the table, gives it a pid in its pid namespace and in every one above, and
    /// counts it in its cgroup. Returns the pid in the initial namespace.
    pub fn add_process(&mut self, mut process: Process) -> Pid {
        let pid = Pid(self.next_pid);
        self.next_pid += 1;
        process.pids.clear();
        let mut level = Some(process.namespaces.pid);
        while let Some(id) = level {
            let Some(namespace) = self.namespaces.get_mut(&id).map(own) else { break };
            level = namespace.parent;
            let number = if level.is_some() { namespace.next_pid } else { pid.0 };
            namespace.next_pid = number + 1;
            namespace.processes.insert(number, pid);
            process.pids.push((id, number));
        }
        if let Some(parent) = self.process_mut(process.parent) {
            parent.children.insert(pid);
        }
        if let Some(group) = self.cgroups.get_mut(&process.cgroup) {
            group.processes.insert(pid);
        }
        self.processes.insert(pid, Rc::new(process));
        pid
    }

    /// Takes a dead process out of every table. Its namespaces go with their last member.
    pub fn remove_process(&mut self, pid: Pid) {
        let Some(process) = self.processes.remove(&pid) else { return };
        for (id, number) in &process.pids {
            if let Some(namespace) = self.namespace_mut(*id) {
                namespace.processes.remove(number);
            }
        }
        if let Some(parent) = self.process_mut(process.parent) {
            parent.children.remove(&pid);
        }
        if let Some(group) = self.cgroups.get_mut(&process.cgroup) {
            group.processes.remove(&pid);
        }
    }

    /// The process that `number` names in the pid namespace `id`.
    pub fn find(&self, id: NamespaceId, number: u32) -> Option<Pid> {
        self.namespaces.get(&id)?.processes.get(&number).copied()
    }

    /// What the processes of a control group hold, and what lies in its file systems in memory, in bytes.
    pub fn memory_of(&self, group: &Cgroup) -> (u64, u64) {
        let held = group.processes.iter().filter_map(|p| self.process(*p)).map(|p| p.resident).sum();
        let files =
            group.file_systems.iter().filter_map(|id| self.filesystems.get(id)).map(|f| f.usage().0).sum();
        (held, files)
    }

    /// Blocks `pid` until one of `waits` is woken.
    pub fn block(&mut self, pid: Pid, waits: Vec<Wait>) {
        for wait in &waits {
            match self.waiting.get_mut(wait) {
                Some(set) => {
                    set.insert(pid);
                }
                None => {
                    self.waiting.insert(*wait, Set::from([pid]));
                }
            }
        }
        if let Some(process) = self.process_mut(pid) {
            process.state = ProcessState::Sleeping(waits);
        }
    }

    /// Ends the sleep of `pid`, whatever it waited for. True when it slept.
    pub fn unblock(&mut self, pid: Pid) -> bool {
        let Some(process) = self.process_mut(pid) else { return false };
        if !matches!(process.state, ProcessState::Sleeping(_)) {
            return false;
        }
        let ProcessState::Sleeping(waits) = std::mem::replace(&mut process.state, ProcessState::Ready) else {
            return false;
        };
        for wait in waits {
            if let Some(set) = self.waiting.get_mut(&wait) {
                set.remove(&pid);
                if set.is_empty() {
                    self.waiting.remove(&wait);
                }
            }
        }
        true
    }

    /// The mounts that a process sees.
    pub fn mounts(&self, namespaces: &Namespaces) -> &[Mount] {
        self.namespaces.get(&namespaces.mnt).map_or(&[], |n| &n.mounts)
    }

    /// Makes a process that is a copy of `parent` with other memory (`man 2 fork`); open files are shared.
    pub fn fork(&mut self, parent: Pid, memory: Memory, now: Time) -> Option<Pid> {
        let mut child = self.process(parent)?.clone();
        for description in child.descriptors.values() {
            if let Some(open) = self.descriptions.get_mut(description) {
                open.holders += 1;
            }
        }
        child.parent = parent;
        child.children = Set::new();
        child.pending = Set::new();
        child.memory = memory;
        child.state = ProcessState::Ready;
        child.scheduled = false;
        child.started = now;
        Some(self.add_process(child))
    }
}
