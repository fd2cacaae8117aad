//! The system-call surface: all that a program can see and do, through its process's namespaces (law 5).

mod file;
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
use crate::kernel::process::{Credentials, ExitStatus, Pid, Process, Wait};
use crate::kernel::signal::Signal;
use crate::random::Random;
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::rc::Rc;

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
}

impl<'w> Sys<'w> {
    /// The calls of process `pid`.
    pub const fn new(world: &'w mut World, pid: Pid) -> Self {
        Self { world, pid, spent: Span(0) }
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
    pub fn environment(&self) -> Rc<BTreeMap<String, String>> {
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

    /// Changes the host name (`man 2 sethostname`).
    ///
    /// # Errors
    /// `EPERM` without CAP_SYS_ADMIN.
    pub fn set_hostname(&mut self, name: &str) -> Result<(), Errno> {
        const CAP_SYS_ADMIN: u32 = 21;
        if self.credentials().capabilities >> CAP_SYS_ADMIN & 1 == 0 {
            return Err(Errno::EPERM);
        }
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

    /// Says how much memory the process holds. Over its cgroup's limit, the largest member is ended.
    pub fn set_resident(&mut self, bytes: u64) {
        self.process_mut().resident = bytes;
        let group = self.process().cgroup;
        enforce_memory(self.world, group);
    }
}

/// The out-of-memory killer of a cgroup (`memory.max`).
fn enforce_memory(world: &mut World, id: CgroupId) {
    let Some(group) = world.kernel.cgroups.get(&id) else { return };
    let Some(limit) = group.memory_max else { return };
    let members: Vec<(u64, Pid)> =
        group.processes.iter().filter_map(|p| world.kernel.process(*p).map(|q| (q.resident, *p))).collect();
    if members.iter().map(|m| m.0).sum::<u64>() <= limit {
        return;
    }
    let Some((_, victim)) = members.into_iter().max() else { return };
    if let Some(group) = world.kernel.cgroups.get_mut(&id) {
        group.oom_kills += 1;
    }
    super::container::out_of_memory(world, id);
    super::process::exit(world, victim, ExitStatus::Signal(Signal::KILL));
}

/// The name of the own user, as /etc/passwd tells, or its number.
pub fn user_name(sys: &Sys<'_>) -> String {
    let uid = sys.credentials().uid.to_string();
    let passwd = sys.peek_file("/etc/passwd").unwrap_or_default();
    let text = String::from_utf8_lossy(&passwd).into_owned();
    let name = text.lines().find(|l| l.split(':').nth(2) == Some(&uid)).and_then(|l| l.split(':').next());
    name.map_or(uid.clone(), str::to_owned)
}
