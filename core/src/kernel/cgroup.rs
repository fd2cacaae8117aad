//! Control groups, version 2 (`man 7 cgroups`): members, limits and what was used.

use super::mount::FileSystemId;
use super::process::Pid;
use crate::shared::Set;
use serde::{Deserialize, Serialize};

/// A control group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CgroupId(pub u64);

impl CgroupId {
    /// The root group, which has no limits.
    pub const ROOT: Self = Self(0);
}

/// Members, limits and counters of one control group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cgroup {
    /// The path below `/sys/fs/cgroup`.
    pub path: String,
    /// The processes in it.
    pub processes: Set<Pid>,
    /// `memory.max`, in bytes.
    pub memory_max: Option<u64>,
    /// `pids.max`.
    pub pids_max: Option<u64>,
    /// `cpu.max` in thousandths of a processor.
    pub cpu_max: Option<u64>,
    /// File systems in memory, which count as memory of the group they were mounted for.
    #[serde(default)]
    pub file_systems: Vec<FileSystemId>,
    /// `cgroup.freeze`.
    pub frozen: bool,
    /// How many times the out-of-memory killer ended a member (`memory.events`, `oom_kill`).
    pub oom_kills: u64,
}
