//! The mounts of a container: its root, its volumes, and the files that the daemon writes.

use crate::container::{Container, MountKind};
use crate::engine::boot::{HOST_DISK, device_tree, mount};
use crate::engine::start::parse_size;
use crate::engine::{DaemonError, World};
use crate::files::tree::InodeKind;
use crate::files::{Inode, Tree};
use crate::kernel::filesystem::unix_micros;
use crate::kernel::mount::{FileSystem, FileSystemId, Mount};
use crate::kernel::namespace::Namespaces;
use crate::net::names;
use crate::shared::Map;
use crate::time::Time;
use std::net::Ipv4Addr;

/// The mount table of a container: the layers, what the kernel makes up, the daemon's files, and its mounts.
pub fn mount_root(world: &mut World, number: u64, namespaces: &Namespaces) -> Result<(), DaemonError> {
    let Some(container) = world.container(number).cloned() else { return Ok(()) };
    let mut mounts = base_mounts(world, container.root);
    mounts[0].read_only = container.host.read_only;
    mounts[3].read_only = !container.host.privileged;
    let mut cgroup = mounts[3].clone();
    (cgroup.target, cgroup.root) = ("/sys/fs/cgroup".to_owned(), "/fs/cgroup".to_owned());
    (cgroup.kind, cgroup.source) = ("cgroup".to_owned(), "cgroup".to_owned());
    mounts.push(cgroup);
    if container.host.ipc_mode != "none" {
        let size = u64::try_from(container.host.shm_size).ok().filter(|n| *n > 0).unwrap_or(64 << 20);
        let mut shm = match joined_shm(world, &container.host.ipc_mode) {
            Some(shm) => shm,
            None => {
                let shm = memory(world, "/dev/shm", &format!("size={size}"));
                charge(world, &container, &shm);
                shm
            }
        };
        "shm".clone_into(&mut shm.source);
        let dev = mounts[2].filesystem;
        make_mount_point(world, dev, "/shm", true);
        mounts.push(shm);
    }
    write_daemon_files(world, &container, &mut mounts);
    for (target, options) in &container.host.tmpfs {
        make_mount_point(world, container.root, target, true);
        let shown = memory(world, target, options);
        charge(world, &container, &shown);
        mounts.push(shown);
    }
    for point in &container.mounts {
        let mut shown = match point.kind {
            MountKind::Volume => {
                let id = super::volume::ensure(world, &point.name, point.name.len() == 64, Map::new());
                super::volume::note(world, &point.name, "mount", Some(number));
                mount(&point.destination, id, "ext4", "/dev/vda1", "relatime")
            }
            MountKind::Tmpfs => memory(world, &point.destination, &point.mode),
            MountKind::Bind => bind(world, &point.source, &point.destination),
        };
        if point.kind == MountKind::Tmpfs {
            charge(world, &container, &shown);
        }
        shown.read_only = point.read_only;
        let directory = !is_file(world, &shown);
        let there = world.kernel.filesystems.get(&container.root).and_then(|root| {
            root.find(&point.destination).and_then(|n| root.inode(&n).map(Inode::is_directory))
        });
        if there.is_some_and(|there| there != directory) && point.kind == MountKind::Bind {
            return Err(mismatch(&point.source, &point.destination));
        }
        make_mount_point(world, container.root, &point.destination, directory);
        mounts.push(shown);
    }
    if let Some(namespace) = world.kernel.namespace_mut(namespaces.mnt) {
        namespace.mounts = mounts;
    }
    Ok(())
}

/// Another container's shared memory, when its IPC namespace is joined.
fn joined_shm(world: &World, ipc_mode: &str) -> Option<Mount> {
    let other = super::container::find(world, ipc_mode.strip_prefix("container:")?).ok()?;
    let namespaces = world.container(other)?.namespaces?;
    world.kernel.mounts(&namespaces).iter().find(|m| m.target == "/dev/shm").cloned()
}

/// What lies in a file system in memory counts as memory of the container it is mounted for. The kernel counts
/// each page for the group that first wrote it, which is the same for all that a container mounts alone.
fn charge(world: &mut World, container: &Container, mount: &Mount) {
    let number = container.number;
    let group = world.container(number).and_then(|c| c.cgroup);
    if let Some(group) = group.and_then(|g| world.kernel.cgroups.get_mut(&g)) {
        group.file_systems.push(mount.filesystem);
    }
}

/// The runtime's words about a directory on a file, or a file on a directory.
fn mismatch(source: &str, target: &str) -> DaemonError {
    let words = format!(
        "error during container init: error mounting \"{source}\" to rootfs at \"{target}\": mount src={source}, dst={target}, dstFd=/proc/thread-self/fd/11, flags=MS_BIND|MS_REC: not a directory"
    );
    let mut error = super::start::runtime_error(&words);
    error.message.push_str(
        ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type",
    );
    error
}

/// A file system in memory, with the options of `--tmpfs`: everyone may write to it unless they say otherwise.
fn memory(world: &mut World, target: &str, options: &str) -> Mount {
    let value = |name: &str| options.split(',').find_map(|o| o.strip_prefix(name));
    let limit = value("size=").and_then(parse_size);
    let mode = value("mode=").and_then(|m| u32::from_str_radix(m, 8).ok());
    let mut tree = Tree::default();
    if let Some(root) = tree.get_mut(Tree::ROOT) {
        root.mode = mode.unwrap_or(0o1777);
    }
    let mut shown = String::from("nosuid,nodev");
    if !options.split(',').any(|o| o == "exec") {
        shown.push_str(",noexec");
    }
    shown.push_str(",relatime");
    if let Some(limit) = limit {
        shown.push_str(&format!(",size={}k", limit / 1024));
    }
    if let Some(mode) = mode {
        shown.push_str(&format!(",mode={mode:o}"));
    }
    let id = world.kernel.add_filesystem(FileSystem::Tree { tree, limit });
    mount(target, id, "tmpfs", "tmpfs", &shown)
}

/// The root, and what the kernel makes up: /proc, /dev and /sys.
fn base_mounts(world: &mut World, root: FileSystemId) -> Vec<Mount> {
    let proc = world.kernel.add_filesystem(FileSystem::Proc);
    let sys = world.kernel.add_filesystem(FileSystem::Sys);
    let dev = world.kernel.add_filesystem(device_tree());
    let options = "relatime,lowerdir=/var/lib/docker/overlay2,upperdir=diff,workdir=work";
    vec![
        mount("/", root, "overlay", "overlay", options),
        mount("/proc", proc, "proc", "proc", "nosuid,nodev,noexec,relatime"),
        mount("/dev", dev, "tmpfs", "tmpfs", "nosuid,size=65536k,mode=755"),
        mount("/sys", sys, "sysfs", "sysfs", "nosuid,nodev,noexec,relatime"),
    ]
}

/// The layer between an image and a container's own: what later mounts hide must be there, and is no change of
/// the container's.
pub fn init_layer(now: Time) -> Tree {
    let now = unix_micros(now);
    let mut tree = Tree::default();
    for directory in ["/dev/pts", "/dev/shm", "/proc", "/sys"] {
        tree.make_path(directory, 0o755, now);
    }
    let etc = tree.make_path("/etc", 0o755, now);
    let empty = || Inode::file(Vec::new(), 0o755, now);
    for file in ["hostname", "hosts", "resolv.conf"] {
        tree.insert(etc, file, empty());
    }
    tree.insert(etc, "mtab", Inode::new(InodeKind::Symlink("/proc/mounts".into()), 0o777, now));
    let dev = tree.make_path("/dev", 0o755, now);
    tree.insert(dev, "console", empty());
    tree.insert(Tree::ROOT, ".dockerenv", empty());
    tree
}

/// The mount table of a RUN in a build: no volumes, and the host's way to resolve names. `about` is its address, its
/// host name, more lines of /etc/hosts, and the size of /dev/shm when one was asked for.
pub fn mount_build(
    world: &mut World,
    root: FileSystemId,
    namespaces: &Namespaces,
    about: (Ipv4Addr, &str, &[(String, String)], Option<u64>),
    more: Vec<Mount>,
) {
    let (address, hostname, hosts, shm) = about;
    let mut mounts = base_mounts(world, root);
    mounts[3].read_only = true;
    let mut memory = memory(world, "/dev/shm", &format!("size={}", shm.unwrap_or(64 << 20)));
    "shm".clone_into(&mut memory.source);
    let dev = mounts[2].filesystem;
    make_mount_point(world, dev, "/shm", true);
    mounts.push(memory);
    let texts = [
        ("hosts", names::hosts_file(&[(address, hostname.to_owned())], hosts)),
        ("resolv.conf", names::resolv_conf(false, &[])),
    ];
    for (file, text) in texts {
        mounts.push(daemon_file(world, "/var/lib/docker/buildkit", file, text));
    }
    for mount in more {
        let directory = !is_file(world, &mount);
        match mount.target.strip_prefix("/dev") {
            Some(inner) if inner.starts_with('/') => make_mount_point(world, dev, inner, directory),
            _ => make_mount_point(world, root, &mount.target, directory),
        }
        mounts.push(mount);
    }
    if let Some(namespace) = world.kernel.namespace_mut(namespaces.mnt) {
        namespace.mounts = mounts;
    }
}

/// A file of /etc that the daemon keeps on the host and mounts.
fn daemon_file(world: &mut World, directory: &str, file: &str, text: String) -> Mount {
    let now = unix_micros(world.now);
    if let Some(FileSystem::Tree { tree, .. }) = world.kernel.filesystem_mut(HOST_DISK) {
        let ino = tree.make_path(directory, 0o710, now);
        tree.insert(ino, file, Inode::file(text.into_bytes(), 0o644, now));
    }
    let mut shown = mount(&format!("/etc/{file}"), HOST_DISK, "ext4", "/dev/vda1", "relatime");
    shown.root = format!("{directory}/{file}");
    shown
}

/// A bind mount of the host's disk; a missing source is made, as a directory.
pub fn bind(world: &mut World, source: &str, destination: &str) -> Mount {
    let now = unix_micros(world.now);
    if let Some(FileSystem::Tree { tree, .. }) = world.kernel.filesystem_mut(HOST_DISK) {
        if tree.find(source).is_none() {
            tree.make_path(source, 0o755, now);
        }
    }
    let mut shown = mount(destination, HOST_DISK, "ext4", "/dev/vda1", "relatime");
    source.clone_into(&mut shown.root);
    shown
}

fn is_file(world: &World, mount: &Mount) -> bool {
    let Some(filesystem) = world.kernel.filesystems.get(&mount.filesystem) else { return false };
    let node = filesystem.find(&mount.root);
    node.and_then(|n| filesystem.inode(&n).map(|i| !i.is_directory())).unwrap_or(false)
}

fn make_mount_point(world: &mut World, root: FileSystemId, target: &str, directory: bool) {
    let now = unix_micros(world.now);
    let Some(filesystem) = world.kernel.filesystem_mut(root) else { return };
    let parts: Vec<&str> = target.split('/').filter(|s| !s.is_empty()).collect();
    let mut parent = String::from("/");
    for (n, name) in parts.iter().enumerate() {
        let path = format!("{}/{name}", parent.trim_end_matches('/'));
        if filesystem.find(&path).is_none() {
            let inode = if directory || n + 1 < parts.len() {
                Inode::directory(0o755, now)
            } else {
                Inode::file(Vec::new(), 0o644, now)
            };
            if filesystem.insert(&parent, name, inode).is_err() {
                return;
            }
        }
        parent = path;
    }
}

/// /etc/hostname, /etc/hosts and /etc/resolv.conf, which the daemon writes and mounts.
fn write_daemon_files(world: &mut World, container: &Container, mounts: &mut Vec<Mount>) {
    let directory = format!("/var/lib/docker/containers/{}", container.id);
    let current = world.container(container.number).cloned();
    let networks = current.map(|c| c.networks).unwrap_or_default();
    let name = &container.config.hostname;
    let known = match container.config.domain_name.as_str() {
        "" => name.clone(),
        domain => format!("{name}.{domain} {name}"),
    };
    let addresses: Vec<(Ipv4Addr, String)> =
        networks.values().filter_map(|e| e.address.map(|a| (a, known.clone()))).collect();
    let linked = super::link::children(world, container).unwrap_or_default();
    let links = linked.into_iter().filter_map(|(target, alias)| {
        let address = target.networks.get("bridge")?.address?;
        let mut names = vec![alias, &target.config.hostname];
        names.extend((target.name != alias).then_some(target.name.as_str()));
        Some((names.join(" "), address.to_string()))
    });
    let extra: Vec<(String, String)> = container
        .host
        .extra_hosts
        .iter()
        .filter_map(|h| h.split_once([':', '=']))
        .map(|(n, a)| {
            (n.to_owned(), if a == "host-gateway" { "172.17.0.1".to_owned() } else { a.to_owned() })
        })
        .chain(links)
        .collect();
    let embedded = networks.keys().any(|n| !matches!(n.as_str(), "bridge" | "host" | "none"));
    let texts = [
        ("hostname", format!("{name}\n")),
        ("hosts", names::hosts_file(&addresses, &extra)),
        ("resolv.conf", names::resolv_conf(embedded, &container.host.dns)),
    ];
    for (file, text) in texts {
        mounts.push(daemon_file(world, &directory, file, text));
    }
}
