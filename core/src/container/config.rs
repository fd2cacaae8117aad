//! What was asked of a container: `Config` and `HostConfig` of the Engine API.

use crate::shared::Map;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// What runs, and how (`Config` of `docker inspect`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Its host name.
    pub hostname: String,
    /// Its domain name.
    pub domain_name: String,
    /// `user[:group]`.
    pub user: String,
    /// The client attached standard input.
    pub attach_stdin: bool,
    /// The client attached standard output.
    pub attach_stdout: bool,
    /// The client attached standard error.
    pub attach_stderr: bool,
    /// Ports that the image or the learner names, such as `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// It has a terminal.
    pub tty: bool,
    /// Standard input stays open.
    pub open_stdin: bool,
    /// Standard input closes with the first client.
    pub stdin_once: bool,
    /// `NAME=value` lines.
    pub env: Vec<String>,
    /// `CMD`.
    pub cmd: Option<Vec<String>>,
    /// `ENTRYPOINT`.
    pub entrypoint: Option<Vec<String>>,
    /// Mount points that the image asks volumes for.
    pub volumes: Vec<String>,
    /// Where the first process begins.
    pub working_dir: String,
    /// Labels.
    pub labels: Map<String, String>,
    /// The signal of `docker stop`, when it is not SIGTERM.
    pub stop_signal: Option<String>,
    /// Seconds that `docker stop` waits.
    pub stop_timeout: Option<i64>,
    /// The health check.
    pub health: Option<HealthCheck>,
}

/// A health check (`HEALTHCHECK`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`.
    pub test: Vec<String>,
    /// Time between two checks.
    pub interval: Option<Span>,
    /// How long a check may take.
    pub timeout: Option<Span>,
    /// How long failures do not count.
    pub start_period: Option<Span>,
    /// Time between two checks while failures do not count.
    pub start_interval: Option<Span>,
    /// How many failures in a row make it unhealthy.
    pub retries: Option<u64>,
}

/// When a container is started again by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// `no`, `always`, `on-failure` or `unless-stopped`.
    pub name: String,
    /// For `on-failure`: how often at most; zero for any number.
    pub maximum: u64,
}

/// A published port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortBinding {
    /// The container's port and protocol, such as `80/tcp`.
    pub container: String,
    /// The host's address; empty for all.
    pub address: String,
    /// The host's port as it was asked for: empty for any free one.
    pub port: String,
}

/// What the host grants and limits (`HostConfig` of `docker inspect`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostConfig {
    /// `-v` as written.
    pub binds: Vec<String>,
    /// `default`, `bridge`, `host`, `none`, `container:NAME` or a network.
    pub network_mode: String,
    /// Published ports.
    pub ports: Vec<PortBinding>,
    /// Every exposed port is published (`-P`).
    pub publish_all: bool,
    /// The restart policy.
    pub restart: RestartPolicy,
    /// Removed when it ends (`--rm`).
    pub auto_remove: bool,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// Every capability and device.
    pub privileged: bool,
    /// `private`, `shareable`, `host` or `container:NAME`.
    pub ipc_mode: String,
    /// Empty, `host` or `container:NAME`.
    pub pid_mode: String,
    /// Empty or `host`.
    pub uts_mode: String,
    /// Empty or `host`.
    pub userns_mode: String,
    /// `private` or `host`.
    pub cgroupns_mode: String,
    /// Memory limit in bytes; zero for none.
    pub memory: i64,
    /// Memory and swap in bytes; -1 for no limit.
    pub memory_swap: i64,
    /// Soft memory limit in bytes.
    pub memory_reservation: i64,
    /// Processors in thousand-millionths.
    pub nano_cpus: i64,
    /// Processor weight.
    pub cpu_shares: i64,
    /// Most processes.
    pub pids_limit: Option<i64>,
    /// The root file system cannot be changed.
    pub read_only: bool,
    /// Memory file systems by path.
    pub tmpfs: Map<String, String>,
    /// `--mount` of type bind and volume.
    pub mounts: Vec<super::MountPoint>,
    /// `--volumes-from`.
    pub volumes_from: Vec<String>,
    /// An init process runs as pid 1.
    pub init: Option<bool>,
    /// More groups of its processes (`--group-add`).
    pub group_add: Vec<String>,
    /// Lines added to /etc/hosts, `name:address`.
    pub extra_hosts: Vec<String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// `--security-opt`.
    pub security: Vec<String>,
    /// `--link`.
    pub links: Vec<String>,
    /// Where the output goes: empty for `json-file`.
    pub log_driver: String,
    /// `--log-opt`.
    pub log_options: Map<String, String>,
    /// Size of /dev/shm in bytes.
    pub shm_size: i64,
}
