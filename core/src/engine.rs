//! The engine: what the daemon, the runtime and the kernel do with the World. Only it schedules.

pub mod account;
pub mod application;
pub mod boot;
pub mod build;
pub mod commit;
pub mod copy;
pub mod container;
pub mod create;
pub mod descriptor;
pub mod exec;
pub mod execute;
pub mod health;
pub mod image;
pub mod limit;
pub mod link;
pub mod network;
pub mod path;
pub mod perform;
pub mod proc;
pub mod rule;
pub mod spawn;
pub mod pull;
pub mod push;
pub mod registry;
pub mod retry;
pub mod start;
pub mod process;
pub mod mounts;
pub mod stop;
pub mod stream;
pub mod syscall;
pub mod traffic;
pub mod transfer;
pub mod update;
pub mod volume;
pub mod world;

pub use world::World;

/// A refusal of the daemon: what it answers over its API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonError {
    /// The HTTP status code.
    pub status: u16,
    /// Docker's own words.
    pub message: String,
    /// The rule and the fact behind it, in one sentence; empty when the message says all.
    pub cause: String,
}

impl DaemonError {
    /// A refusal that needs no further cause.
    pub const fn new(status: u16, message: String) -> Self {
        Self { status, message, cause: String::new() }
    }

    /// Adds the rule and the fact behind the refusal.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }
}
