//! Namespaces (`man 7 namespaces`): the seven kinds, and what each kind keeps.

use super::mount::Mount;
use super::process::Pid;
use crate::shared::Map;
use serde::{Deserialize, Serialize};

/// A namespace, named by its inode number as `/proc/<pid>/ns/` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamespaceId(pub u32);

/// The seven kinds of namespace that a container is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NamespaceKind {
    /// Process ids (`man 7 pid_namespaces`).
    Pid,
    /// Interfaces, routes and ports (`man 7 network_namespaces`).
    Net,
    /// The mount table (`man 7 mount_namespaces`).
    Mnt,
    /// Host name (`man 7 uts_namespaces`).
    Uts,
    /// System V IPC and message queues (`man 7 ipc_namespaces`).
    Ipc,
    /// User and group ids (`man 7 user_namespaces`).
    User,
    /// The root of the cgroup tree (`man 7 cgroup_namespaces`).
    Cgroup,
}

impl NamespaceKind {
    /// Each kind with the inode number of its initial namespace, as Linux numbers them.
    pub const INITIAL: [(Self, u32); 7] = [
        (Self::Pid, 4_026_531_836),
        (Self::Net, 4_026_531_840),
        (Self::Mnt, 4_026_531_841),
        (Self::Uts, 4_026_531_838),
        (Self::Ipc, 4_026_531_839),
        (Self::User, 4_026_531_837),
        (Self::Cgroup, 4_026_531_835),
    ];

    /// The name under `/proc/<pid>/ns/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pid => "pid",
            Self::Net => "net",
            Self::Mnt => "mnt",
            Self::Uts => "uts",
            Self::Ipc => "ipc",
            Self::User => "user",
            Self::Cgroup => "cgroup",
        }
    }
}

/// One namespace. Only the fields of its kind are used; the others stay empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Namespace {
    /// Which kind it is.
    pub kind: NamespaceKind,
    /// The pid namespace above, for a pid namespace that is not the initial one.
    pub parent: Option<NamespaceId>,
    /// pid: the processes by the number that this namespace gives them.
    pub processes: Map<u32, Pid>,
    /// pid: the next number.
    pub next_pid: u32,
    /// mnt: the mount table, in the order of mounting.
    pub mounts: Vec<Mount>,
    /// uts: the host name.
    pub hostname: String,
    /// How many containers have it.
    pub holders: u32,
}

impl Namespace {
    /// An empty namespace of `kind`.
    pub fn new(kind: NamespaceKind, parent: Option<NamespaceId>, hostname: &str) -> Self {
        Self {
            kind,
            parent,
            processes: Map::new(),
            next_pid: 1,
            mounts: Vec::new(),
            hostname: hostname.to_owned(),
            holders: 0,
        }
    }
}

/// The namespaces of one process, one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces {
    /// Its pid namespace.
    pub pid: NamespaceId,
    /// Its network namespace.
    pub net: NamespaceId,
    /// Its mount namespace.
    pub mnt: NamespaceId,
    /// Its uts namespace.
    pub uts: NamespaceId,
    /// Its ipc namespace.
    pub ipc: NamespaceId,
    /// Its user namespace.
    pub user: NamespaceId,
    /// Its cgroup namespace.
    pub cgroup: NamespaceId,
}

impl Default for Namespaces {
    fn default() -> Self {
        let of = |n: usize| NamespaceId(NamespaceKind::INITIAL[n].1);
        Self { pid: of(0), net: of(1), mnt: of(2), uts: of(3), ipc: of(4), user: of(5), cgroup: of(6) }
    }
}

impl Namespaces {
    /// The namespace of `kind`, to be changed.
    pub const fn get_mut(&mut self, kind: NamespaceKind) -> &mut NamespaceId {
        match kind {
            NamespaceKind::Pid => &mut self.pid,
            NamespaceKind::Net => &mut self.net,
            NamespaceKind::Mnt => &mut self.mnt,
            NamespaceKind::Uts => &mut self.uts,
            NamespaceKind::Ipc => &mut self.ipc,
            NamespaceKind::User => &mut self.user,
            NamespaceKind::Cgroup => &mut self.cgroup,
        }
    }

    /// The namespace of `kind`.
    pub const fn get(&self, kind: NamespaceKind) -> NamespaceId {
        match kind {
            NamespaceKind::Pid => self.pid,
            NamespaceKind::Net => self.net,
            NamespaceKind::Mnt => self.mnt,
            NamespaceKind::Uts => self.uts,
            NamespaceKind::Ipc => self.ipc,
            NamespaceKind::User => self.user,
            NamespaceKind::Cgroup => self.cgroup,
        }
    }
}
