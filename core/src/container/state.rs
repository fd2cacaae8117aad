//! The states of a container and the questions that decide what may happen next.

use crate::kernel::process::Pid;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// `State.Status` of `docker inspect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Made, never started.
    Created,
    /// The runtime is making its namespaces; Docker still says `created` or `exited`.
    Starting,
    /// Its first process runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// It has ended and its restart policy will start it again.
    Restarting,
    /// Its first process has ended.
    Exited,
    /// It is being removed.
    Removing,
    /// It could not be removed whole.
    Dead,
}

/// What a container is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Its status.
    pub status: Status,
    /// The status before `Starting`.
    pub before: Status,
    /// Its first process.
    pub pid: Option<Pid>,
    /// How its first process ended.
    pub exit_code: i64,
    /// Why it could not be started.
    pub error: String,
    /// When it was last started.
    pub started: Option<Time>,
    /// When it last ended.
    pub finished: Option<Time>,
    /// Ended by the out-of-memory killer.
    pub oom_killed: bool,
    /// Which run this is, counted from one.
    pub run: u64,
    /// A person asked it to stop: the restart policy keeps still.
    pub stopped_by_hand: bool,
    /// `docker stop` waits for its end.
    pub stopping: bool,
    /// Health, when there is a check.
    pub health: Option<Health>,
}

/// `State.Health`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy`.
    pub status: HealthStatus,
    /// Failures in a row.
    pub streak: u64,
    /// The last five checks.
    pub log: Vec<HealthResult>,
    /// The check that runs now, by its exec number.
    pub running: Option<u64>,
}

/// The answer of the health checks so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthStatus {
    /// Not decided yet.
    Starting,
    /// The last check passed.
    Healthy,
    /// So many checks failed in a row as were allowed.
    Unhealthy,
}

/// One health check that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthResult {
    /// When it began.
    pub start: Time,
    /// When it ended.
    pub end: Time,
    /// How it ended.
    pub exit_code: i64,
    /// What it printed.
    pub output: String,
}

impl Default for State {
    fn default() -> Self {
        Self {
            status: Status::Created,
            before: Status::Created,
            pid: None,
            exit_code: 0,
            error: String::new(),
            started: None,
            finished: None,
            oom_killed: false,
            run: 0,
            stopped_by_hand: false,
            stopping: false,
            health: None,
        }
    }
}

impl State {
    /// True while its first process lives, paused or not.
    pub const fn is_running(&self) -> bool {
        matches!(self.status, Status::Running | Status::Paused)
    }
    /// The word that Docker prints.
    pub const fn word(&self) -> &'static str {
        let status = if matches!(self.status, Status::Starting) { self.before } else { self.status };
        match status {
            Status::Created | Status::Starting => "created",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Restarting => "restarting",
            Status::Exited => "exited",
            Status::Removing => "removing",
            Status::Dead => "dead",
        }
    }
}

impl HealthStatus {
    /// The word that Docker prints.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}
