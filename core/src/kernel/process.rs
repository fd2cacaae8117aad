//! Processes: who they are, what they may, what they hold, and what they wait for.

use super::cgroup::CgroupId;
use super::descriptor::{DescriptionId, PipeId};
use super::namespace::{NamespaceId, Namespaces};
use super::signal::{Disposition, Signal};
use super::socket::SocketId;
use super::terminal::TerminalId;
use crate::memory::Memory;
use crate::memory::environment::Environment;
use crate::shared::{Map, Set};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A process, by its pid in the initial pid namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pid(pub u32);

/// What a sleeping process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Wait {
    /// A moment of simulated time.
    Until(Time),
    /// A pipe to have bytes, room, or no other end.
    Pipe(PipeId),
    /// A terminal to have a line.
    Terminal(TerminalId),
    /// A socket to change: connected, bytes arrived, closed, a connection to accept.
    Socket(SocketId),
    /// A child of this process to end.
    Child(Pid),
    /// The daemon to say that something about this object (by its number) has changed.
    Daemon(u64),
    /// A signal.
    Signal,
}

/// What a process is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ProcessState {
    /// Running, or about to: a task on the agenda steps it.
    Ready,
    /// Waiting for any of these.
    Sleeping(Vec<Wait>),
    /// Ended, and not waited for yet.
    Zombie(ExitStatus),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitStatus {
    /// By `exit` with this code.
    Code(u8),
    /// By this signal.
    Signal(Signal),
}

impl ExitStatus {
    /// The code a shell shows: the exit code, or 128 and the signal's number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal.0,
        }
    }
}

/// User, groups and capabilities (`man 7 credentials`, `man 7 capabilities`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Effective capabilities, a bit each, numbered as in `linux/capability.h`.
    pub capabilities: u64,
    /// `PR_SET_NO_NEW_PRIVS`.
    pub no_new_privileges: bool,
}

impl Default for Credentials {
    fn default() -> Self {
        Self { uid: 0, gid: 0, groups: Vec::new(), capabilities: (1 << 41) - 1, no_new_privileges: false }
    }
}

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its parent.
    pub parent: Pid,
    /// Its children, zombies too.
    pub children: Set<Pid>,
    /// Its pid in its own pid namespace first, then in each one above.
    pub pids: Vec<(NamespaceId, u32)>,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// Who it is.
    pub credentials: Credentials,
    /// Its control group.
    pub cgroup: CgroupId,
    /// Its working directory, absolute and without symbolic links.
    pub directory: String,
    /// The bits that new files do not get.
    pub umask: u32,
    /// `argv`.
    pub arguments: Rc<[String]>,
    /// The environment.
    pub environment: Rc<Environment>,
    /// The path of the program file.
    pub executable: String,
    /// What the program file says it is, such as `busybox` or `gnu/ls`: which behaviour runs.
    pub program: Rc<str>,
    /// Open files by number.
    pub descriptors: Map<u32, DescriptionId>,
    /// What it is doing.
    pub state: ProcessState,
    /// A task on the agenda will step it.
    pub scheduled: bool,
    /// Frozen by its cgroup (`docker pause`).
    pub frozen: bool,
    /// Signals that have arrived and were not taken yet.
    pub pending: Set<Signal>,
    /// Signals with another disposition than the default.
    pub dispositions: Map<Signal, Disposition>,
    /// Its process group, by the leader.
    pub group: Pid,
    /// Its controlling terminal.
    pub terminal: Option<TerminalId>,
    /// When it began.
    pub started: Time,
    /// Processor time used.
    pub cpu: Span,
    /// Resident memory, in bytes.
    pub resident: u64,
    /// What the program remembers.
    pub memory: Memory,
}

impl Process {
    /// Its pid as its own pid namespace numbers it.
    pub fn own_pid(&self) -> u32 {
        self.pids.first().map_or(0, |p| p.1)
    }
    /// Its pid as `namespace` numbers it, if it is visible there.
    pub fn pid_in(&self, namespace: NamespaceId) -> Option<u32> {
        self.pids.iter().find(|p| p.0 == namespace).map(|p| p.1)
    }
    /// The short name that `ps -o comm` shows: at most 15 bytes of the program's file name.
    pub fn command_name(&self) -> String {
        let zeroth = self.arguments.first().map_or("", String::as_str);
        let base = zeroth.rsplit('/').next().unwrap_or(zeroth).trim_start_matches('-');
        base.chars().take(15).collect()
    }
    /// True for a process that has ended.
    pub const fn is_zombie(&self) -> bool {
        matches!(self.state, ProcessState::Zombie(_))
    }
}
