//! What a container may be limited to: memory, processors, processes, its log and its restarts.

use crate::container::config::{HostConfig, RestartPolicy};
use crate::engine::{DaemonError, exec, proc};
use crate::kernel::cgroup::Cgroup;

/// Gives a control group the limits that were asked for.
pub fn set(group: &mut Cgroup, host: &HostConfig) {
    let positive = |n: i64| u64::try_from(n).ok().filter(|n| *n > 0);
    group.memory_max = positive(host.memory);
    group.pids_max = host.pids_limit.and_then(positive);
    group.cpu_max = positive(host.nano_cpus / 1_000_000);
}

/// Limits that can be.
///
/// # Errors
/// Docker's words about others.
pub fn check_limits(host: &HostConfig) -> Result<(), DaemonError> {
    const LEAST: i64 = 6 << 20;
    if host.memory > 0 && host.memory < LEAST {
        return Err(DaemonError::new(400, "Minimum memory limit allowed is 6MB".to_owned()));
    }
    if host.memory > 0 && host.memory_swap > 0 && host.memory_swap < host.memory {
        let message = "Minimum memoryswap limit should be larger than memory limit, see usage".to_owned();
        return Err(DaemonError::new(400, message));
    }
    if host.memory == 0 && host.memory_swap > 0 {
        let message =
            "You should always set the Memory limit when using Memoryswap limit, see usage".to_owned();
        return Err(DaemonError::new(400, message));
    }
    if host.memory > 0 && host.memory_reservation > host.memory {
        let words = "Minimum memory limit can not be less than memory reservation limit, see usage";
        return Err(DaemonError::new(400, words.to_owned()));
    }
    check_processors(host)?;
    check_log(host)?;
    exec::check_capabilities(host)?;
    check_restart(&host.restart)
}

/// The processors asked for, of those that the host has.
///
/// # Errors
/// Docker's words about more than there are, or less than none.
pub fn check_processors(host: &HostConfig) -> Result<(), DaemonError> {
    const COUNT: u64 = proc::HOST_PROCESSORS;
    if (0..=COUNT as i64 * 1_000_000_000).contains(&host.nano_cpus) {
        return Ok(());
    }
    let words = format!("range of CPUs is from 0.01 to {COUNT}.00, as there are only {COUNT} CPUs available");
    Err(DaemonError::new(400, words).because(format!("This host has {COUNT} processors.")))
}

/// The log driver and its options.
fn check_log(host: &HostConfig) -> Result<(), DaemonError> {
    const KNOWN: &str =
        "max-size max-file compress labels labels-regex env env-regex tag mode max-buffer-size";
    let driver = &host.log_driver;
    if !matches!(driver.as_str(), "" | "json-file" | "local" | "none") {
        let words = format!("error looking up logging plugin {driver}: plugin \"{driver}\" not found");
        return Err(DaemonError::new(404, words));
    }
    match host.log_options.keys().find(|o| !KNOWN.split(' ').any(|k| k == o.as_str())) {
        Some(option) if driver != "none" => {
            let shown = if driver.is_empty() { "json-file" } else { driver };
            Err(DaemonError::new(400, format!("unknown log opt '{option}' for {shown} log driver")))
        }
        _ => Ok(()),
    }
}

/// The restart policies that there are.
///
/// # Errors
/// Docker's words about another one.
pub fn check_restart(policy: &RestartPolicy) -> Result<(), DaemonError> {
    match policy.name.as_str() {
        "" | "no" | "always" | "unless-stopped" if policy.maximum > 0 => Err(DaemonError::new(
            400,
            "invalid restart policy: maximum retry count can only be used with 'on-failure'".to_owned(),
        )),
        "" | "no" | "always" | "unless-stopped" | "on-failure" => Ok(()),
        other => Err(DaemonError::new(
            400,
            format!(
                "invalid restart policy: unknown policy '{other}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
            ),
        )),
    }
}
