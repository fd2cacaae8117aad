//! The system-call surface: all that a program can see and do, through its process's namespaces (law 5).

mod file;
mod directory;
mod io;
mod network;
mod process;

pub use file::{FileKind, Open, Stat};
pub use io::write_as;
pub use network::Connection;
pub use process::ProcessRow;

use crate::engine::World;
use crate::event::What;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::errno::Errno;
use crate::kernel::namespace::{NamespaceId, NamespaceKind};
use crate::kernel::process::{Credentials, ExitStatus, Pid, Process, Wait};
use crate::kernel::signal::Signal;
use crate::memory::environment::Environment;
use crate::random::Random;
use crate::time::{Span, Time};
use std::rc::Rc;

/// Capabilities that system calls ask for, by their numbers in `linux/capability.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// CAP_SETUID.
    SetUid = 7,
    /// CAP_NET_ADMIN.
    NetAdmin = 12,
    /// CAP_NET_RAW.
    NetRaw = 13,
    /// CAP_SYS_ADMIN.
    SysAdmin = 21,
    /// CAP_SYS_TIME.
    SysTime = 25,
}

/// What a program's step has come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The program has ended with this code.
    Exit(u8),
    /// It waits until any of these.
    Block(Vec<Wait>),
    /// It goes on after the time it has spent.
    Continue,
    /// It has executed another program.
    Replaced,
}

/// The answer of a call that may have to wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Io<T> {
    /// Done.
    Ready(T),
    /// Nothing yet: wait for this and ask again.
    Blocked(Wait),
}

/// The system calls of one process.
#[derive(Debug)]
pub struct Sys<'w> {
    /// The World: for `docker`'s own handlers, which talk to the daemon; programs use the calls.
    pub world: &'w mut World,
    pid: Pid,
    spent: Span,
    /// Signals to the process itself: they reach it when the step is over.
    deferred: Vec<Signal>,
    over_limit: bool,
}

impl<'w> Sys<'w> {
    /// The calls of process `pid`.
    pub const fn new(world: &'w mut World, pid: Pid) -> Self {
        Self { world, pid, spent: Span(0), deferred: Vec::new(), over_limit: false }
    }

    fn process(&self) -> &Process {
        self.world.kernel.process(self.pid).expect("a process that is stepped is in the table")
    }

    fn process_mut(&mut self) -> &mut Process {
        self.world.kernel.process_mut(self.pid).expect("a process that is stepped is in the table")
    }

    /// The pid in the initial pid namespace.
    pub const fn host_pid(&self) -> Pid {
        self.pid
    }

    /// The pid as the own pid namespace numbers it (`man 2 getpid`).
    pub fn pid(&self) -> u32 {
        self.process().own_pid()
    }

    /// The parent's pid, or zero when it is outside the own pid namespace.
    pub fn parent_pid(&self) -> u32 {
        let process = self.process();
        let parent = self.world.kernel.process(process.parent);
        parent.and_then(|p| p.pid_in(process.namespaces.pid)).unwrap_or(0)
    }

    /// `argv`.
    pub fn arguments(&self) -> Rc<[String]> {
        self.process().arguments.clone()
    }

    /// The environment.
    pub fn environment(&self) -> Rc<Environment> {
        self.process().environment.clone()
    }

    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.process().environment.get(name).cloned()
    }

    /// What the program file says it is, such as `busybox` or `gnu/ls`.
    pub fn program(&self) -> Rc<str> {
        self.process().program.clone()
    }

    /// True when the program is an applet of busybox, which words many things in its own way.
    pub fn is_busybox(&self) -> bool {
        &*self.process().program == "busybox"
    }

    /// User, groups and capabilities.
    pub fn credentials(&self) -> &Credentials {
        &self.process().credentials
    }

    /// The host name of the own uts namespace (`man 2 gethostname`).
    pub fn hostname(&self) -> String {
        let uts = self.process().namespaces.uts;
        self.world.kernel.namespaces.get(&uts).map(|n| n.hostname.clone()).unwrap_or_default()
    }

    /// True with this capability.
    pub fn has(&self, capability: Capability) -> bool {
        self.credentials().capabilities >> capability as u32 & 1 == 1
    }

    fn must_have(&self, capability: Capability) -> Result<(), Errno> {
        if self.has(capability) { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// Enters namespaces of another process (`man 2 setns`); a pid namespace is for the children to come.
    ///
    /// # Errors
    /// `EPERM` without CAP_SYS_ADMIN, `ENOENT` for a pid that is not seen.
    pub fn enter(&mut self, pid: u32, kinds: &[NamespaceKind]) -> Result<(), Errno> {
        self.must_have(Capability::SysAdmin)?;
        let target = self.world.kernel.find(self.process().namespaces.pid, pid).ok_or(Errno::ENOENT)?;
        let theirs = self.world.kernel.process(target).ok_or(Errno::ENOENT)?.namespaces;
        for kind in kinds {
            self.move_to(*kind, theirs.get(*kind));
        }
        Ok(())
    }

    /// Leaves namespaces for new ones (`man 2 unshare`).
    ///
    /// # Errors
    /// `EPERM` without CAP_SYS_ADMIN.
    pub fn unshare(&mut self, kinds: &[NamespaceKind]) -> Result<(), Errno> {
        self.must_have(Capability::SysAdmin)?;
        for kind in kinds {
            let old = self.process().namespaces.get(*kind);
            let above = (*kind == NamespaceKind::Pid).then_some(old);
            let (hostname, mounts) = self
                .world
                .kernel
                .namespaces
                .get(&old)
                .map(|n| (n.hostname.clone(), n.mounts.clone()))
                .unwrap_or_default();
            let id = self.world.kernel.create_namespace(*kind, above, &hostname);
            if let Some(namespace) = self.world.kernel.namespace_mut(id) {
                namespace.mounts = mounts;
            }
            if *kind == NamespaceKind::Net {
                self.world.network.create_stack(crate::net::NetId(id.0));
            }
            self.move_to(*kind, id);
        }
        Ok(())
    }

    fn move_to(&mut self, kind: NamespaceKind, id: NamespaceId) {
        let process = self.process_mut();
        *process.namespaces.get_mut(kind) = id;
        if kind == NamespaceKind::Mnt {
            "/".clone_into(&mut process.directory);
        }
    }

    /// Changes the host name (`man 2 sethostname`).
    ///
    /// # Errors
    /// `EPERM` without CAP_SYS_ADMIN.
    pub fn set_hostname(&mut self, name: &str) -> Result<(), Errno> {
        self.must_have(Capability::SysAdmin)?;
        let uts = self.process().namespaces.uts;
        if let Some(namespace) = self.world.kernel.namespace_mut(uts) {
            name.clone_into(&mut namespace.hostname);
        }
        Ok(())
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.world.now
    }

    /// Adds to the processor time this step takes.
    pub fn spend(&mut self, span: Span) {
        self.spent = self.spent + span;
    }

    /// The processor time spent so far in this step.
    pub const fn spent(&self) -> Span {
        self.spent
    }

    /// The World's generator.
    pub fn random(&mut self) -> &mut Random {
        &mut self.world.random
    }

    /// Says one plain sentence about what is happening.
    pub fn describe(&mut self, sentence: &str) {
        self.world.note(What::Said(sentence.to_owned()));
    }

    /// Notes that an HTTP reply has come.
    pub fn note_reply(&mut self, host: &str, port: u16, status: u16, title: &str) {
        let from_host = crate::net::NetId(self.process().namespaces.net.0) == self.world.network.host;
        let (host, title) = (host.to_owned(), title.to_owned());
        self.world.note(What::Replied { host, port, status, title, from_host });
    }

    /// Memory that the process holds, in bytes.
    pub fn resident(&self) -> u64 {
        self.process().resident
    }

    /// Says how much memory the process holds. True when that is more than its cgroup, or the host, has: the
    /// step must end, and the out-of-memory killer follows.
    pub fn set_resident(&mut self, bytes: u64) -> bool {
        self.process_mut().resident = bytes;
        self.over_limit = is_over(self.world, self.process().cgroup) || bytes > HOST_LIMIT;
        self.over_limit
    }

    /// True when the out-of-memory killer follows the step.
    pub const fn is_out_of_memory(&self) -> bool {
        self.over_limit
    }

    /// True when a signal that nothing stops has been sent to the process by itself.
    pub fn is_dying(&self) -> bool {
        self.over_limit
            || self.deferred.iter().any(|s| {
                let handled = self.process().dispositions.contains_key(s) && *s != Signal::KILL;
                !handled && self.pid() != 1 && s.default_action() == crate::kernel::signal::Default::Terminate
            })
    }

    /// Ends a step: signals to the process itself arrive, and the out-of-memory killer looks.
    pub fn settle(self) -> Span {
        for signal in self.deferred {
            super::process::send(self.world, self.pid, signal, false);
        }
        if self.over_limit {
            let group = self.world.kernel.process(self.pid).map(|p| p.cgroup);
            enforce_memory(self.world, group.unwrap_or(CgroupId::ROOT), self.pid);
        }
        self.spent
    }
}

/// The most that one process may hold when nothing else limits it.
const HOST_LIMIT: u64 = 256 << 20;

fn is_over(world: &World, id: CgroupId) -> bool {
    let Some(group) = world.kernel.cgroups.get(&id) else { return false };
    let (held, files) = world.kernel.memory_of(group);
    group.memory_max.is_some_and(|limit| held + files > limit)
}

/// The out-of-memory killer of a cgroup (`memory.max`).
fn enforce_memory(world: &mut World, id: CgroupId, asker: Pid) {
    let Some(group) = world.kernel.cgroups.get(&id) else { return };
    let member = |p: &Pid| world.kernel.process(*p).map(|q| (q.resident, *p));
    let largest = group.processes.iter().filter_map(member).max();
    let victim = if id == CgroupId::ROOT { asker } else { largest.map_or(asker, |l| l.1) };
    if let Some(group) = world.kernel.cgroups.get_mut(&id) {
        group.oom_kills += 1;
    }
    super::container::out_of_memory(world, id);
    super::process::exit(world, victim, ExitStatus::Signal(Signal::KILL));
    // Another one made the room that the asker waits for.
    if victim != asker && world.kernel.unblock(asker) {
        world.ready(asker, Span(0));
    }
}

/// The name of the own user, as /etc/passwd tells, or its number.
pub fn user_name(sys: &Sys<'_>) -> String {
    let uid = sys.credentials().uid.to_string();
    let passwd = sys.peek_file("/etc/passwd").unwrap_or_default();
    let text = String::from_utf8_lossy(&passwd).into_owned();
    let name = text.lines().find(|l| l.split(':').nth(2) == Some(&uid)).and_then(|l| l.split(':').next());
    name.map_or(uid.clone(), str::to_owned)
}
