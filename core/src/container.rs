//! Containers: what was asked for, what state they are in, and what they have printed.

pub mod config;
pub mod log;
pub mod state;

use crate::digest::Digest;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::descriptor::PipeId;
use crate::kernel::mount::FileSystemId;
use crate::kernel::namespace::{NamespaceId, Namespaces};
use crate::kernel::terminal::TerminalId;
use crate::net::address::Mac;
use crate::shared::Map;
use crate::time::Time;
use config::{Config, HostConfig};
use log::Log;
use serde::{Deserialize, Serialize};
use state::State;
use std::fmt;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A container's id: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContainerId(pub Rc<str>);

impl ContainerId {
    /// The twelve digits that tables show.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Its number in the World: what processes wait on, and the order of creation.
    pub number: u64,
    /// Its name, without the slash.
    pub name: String,
    /// When it was created.
    pub created: Time,
    /// Its image's id.
    pub image: Digest,
    /// The image as it was asked for.
    pub image_name: String,
    /// What runs, and how (the image's configuration with the learner's changes).
    pub config: Config,
    /// What the host grants and limits.
    pub host: HostConfig,
    /// The program that the first process runs.
    pub path: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it is doing.
    pub state: State,
    /// How many times the restart policy has started it.
    pub restart_count: u64,
    /// Its root file system: the image's layers under a writable one.
    pub root: FileSystemId,
    /// Its namespaces while it runs.
    pub namespaces: Option<Namespaces>,
    /// Its network namespace, kept for the length of one run.
    pub net: Option<NamespaceId>,
    /// Its control group.
    pub cgroup: Option<CgroupId>,
    /// The networks it is connected to, by name.
    pub networks: Map<String, Endpoint>,
    /// What is mounted in it besides its root.
    pub mounts: Vec<MountPoint>,
    /// What its first process has printed.
    pub log: Log,
    /// Where its standard input comes from.
    pub input: Option<PipeId>,
    /// Its terminal, when it has one.
    pub terminal: Option<TerminalId>,
}

/// A container's place on a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The network's id.
    pub network: Rc<str>,
    /// This endpoint's id while the container runs.
    pub endpoint: String,
    /// Its address, while the container runs.
    pub address: Option<Ipv4Addr>,
    /// The prefix length of the network.
    pub prefix: u8,
    /// Its hardware address, while the container runs.
    pub mac: Option<Mac>,
    /// The network's gateway.
    pub gateway: Option<Ipv4Addr>,
    /// Further names of the container on this network.
    pub aliases: Vec<String>,
    /// The address that was asked for (`--ip`).
    pub wanted: Option<Ipv4Addr>,
}

impl Endpoint {
    /// The names that lead here on a user-defined network: the container's name, aliases, short id and host name.
    pub fn dns_names(&self, container: &Container) -> Vec<String> {
        let mut names = vec![container.name.clone()];
        names.extend(self.aliases.iter().cloned());
        for name in [container.id.short(), &container.config.hostname] {
            if !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
    /// A place that is taken when the container starts.
    pub const fn new(network: Rc<str>, aliases: Vec<String>, wanted: Option<Ipv4Addr>) -> Self {
        Self {
            network,
            endpoint: String::new(),
            address: None,
            prefix: 0,
            mac: None,
            gateway: None,
            aliases,
            wanted,
        }
    }
}

/// A mount of a container, as `docker inspect` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MountPoint {
    /// `bind`, `volume` or `tmpfs`.
    pub kind: MountKind,
    /// The volume's name.
    pub name: String,
    /// The path on the host.
    pub source: String,
    /// The path in the container.
    pub destination: String,
    /// Nothing may be changed through it.
    pub read_only: bool,
    /// The options that were written after the second colon.
    pub mode: String,
}

/// The kinds of mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountKind {
    /// A directory or file of the host.
    Bind,
    /// A volume.
    Volume,
    /// Memory.
    Tmpfs,
}
