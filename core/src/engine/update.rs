//! `POST /containers/{id}/update`: new limits and another restart policy for a container that is there.

use crate::container::config::{HostConfig, RestartPolicy};
use crate::engine::{DaemonError, World, container, limit};

/// What is to change; nothing for what stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    /// Memory in bytes.
    pub memory: Option<i64>,
    /// Memory and swap in bytes; -1 for as much swap as there is.
    pub memory_swap: Option<i64>,
    /// Memory that is kept in bytes.
    pub memory_reservation: Option<i64>,
    /// Processes.
    pub pids_limit: Option<i64>,
    /// Weight among those who want a processor.
    pub cpu_shares: Option<i64>,
    /// Thousand-millionths of a processor.
    pub nano_cpus: Option<i64>,
    /// What happens when it ends.
    pub restart: Option<RestartPolicy>,
}

/// Changes a container, running or not.
///
/// # Errors
/// Docker's words about limits that cannot be.
pub fn update(world: &mut World, number: u64, wanted: Update) -> Result<(), DaemonError> {
    let Some(target) = world.container(number) else { return Ok(()) };
    let asked = HostConfig {
        memory: wanted.memory.unwrap_or(0),
        memory_swap: wanted.memory_swap.filter(|_| wanted.memory.is_some()).unwrap_or(0),
        memory_reservation: wanted.memory_reservation.unwrap_or(0),
        nano_cpus: wanted.nano_cpus.unwrap_or(0),
        restart: wanted.restart.clone().unwrap_or_default(),
        ..HostConfig::default()
    };
    limit::check_limits(&asked)?;
    let refuse = |words: &str, cause: String| {
        let words = format!("Cannot update container {}: {words}", target.id);
        Err(DaemonError::new(409, words).because(cause))
    };
    if target.host.auto_remove
        && wanted.restart.as_ref().is_some_and(|r| !matches!(r.name.as_str(), "" | "no"))
    {
        return refuse(
            "Restart policy cannot be updated because AutoRemove is enabled for the container",
            format!("Container {} goes as it ends, so it cannot be started again.", target.name),
        );
    }
    if asked.memory > target.host.memory_swap && target.host.memory_swap >= 0 && wanted.memory_swap.is_none()
    {
        return refuse(
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
            "Swap is part of what was set before; --memory-swap sets it anew, to twice the memory for instance.".to_owned(),
        );
    }
    let Some(target) = world.container_mut(number) else { return Ok(()) };
    let host = &mut target.host;
    for (new, old) in [
        (wanted.memory, &mut host.memory),
        (wanted.memory_swap, &mut host.memory_swap),
        (wanted.memory_reservation, &mut host.memory_reservation),
        (wanted.cpu_shares, &mut host.cpu_shares),
        (wanted.nano_cpus, &mut host.nano_cpus),
    ] {
        *old = new.unwrap_or(*old);
    }
    host.pids_limit = wanted.pids_limit.or(host.pids_limit);
    if let Some(restart) = wanted.restart {
        host.restart = restart;
    }
    let (host, group) = (host.clone(), target.cgroup);
    if let Some(group) = group.and_then(|g| world.kernel.cgroups.get_mut(&g)) {
        limit::set(group, &host);
    }
    container::note(world, number, "update", &[]);
    Ok(())
}
