//! `/proc` and the part of `/sys` that shows control groups, made anew at each look (`man 5 proc`).

use crate::decimal::fixed;
use crate::engine::World;
use crate::kernel::cgroup::Cgroup;
use crate::kernel::mount::Mount;
use crate::kernel::namespace::NamespaceKind;
use crate::kernel::process::{Pid, Process, ProcessState};

/// Something under `/proc` or `/sys`.
#[derive(Clone, Debug, PartialEq)]
pub enum ProcNode {
    /// A directory with these names.
    Directory(Vec<String>),
    /// A text.
    File(String),
    /// A symbolic link.
    Link(String),
    /// An open file of a process: opening it opens what it leads to.
    Descriptor(Pid, u32),
}

/// What the reader's pid namespace shows at a path of `/proc`.
pub fn find(world: &World, reader: &Process, path: &str) -> Option<ProcNode> {
    let mut parts = path.split('/').filter(|s| !s.is_empty());
    let Some(first) = parts.next() else {
        let members = world.kernel.namespaces.get(&reader.namespaces.pid)?;
        let mut names: Vec<String> = members.processes.keys().map(u32::to_string).collect();
        names.extend(
            ["cmdline", "cpuinfo", "loadavg", "meminfo", "mounts", "net", "self", "sys", "uptime", "version"]
                .map(str::to_owned),
        );
        return Some(ProcNode::Directory(names));
    };
    let rest: Vec<&str> = parts.collect();
    match (first, rest.as_slice()) {
        ("self", []) => Some(ProcNode::Link(reader.own_pid().to_string())),
        ("mounts", []) => Some(ProcNode::Link("self/mounts".to_owned())),
        ("version", []) => Some(ProcNode::File(
            "Linux version 6.8.0-drydock (builder@drydock) #1 SMP PREEMPT_DYNAMIC\n".to_owned(),
        )),
        ("cmdline", []) => Some(ProcNode::File("BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro\n".to_owned())),
        ("uptime", []) => {
            let seconds = world.now.0 as f64 / 1e6 + 86_400.0;
            Some(ProcNode::File(format!("{} {}\n", fixed(seconds, 2), fixed(seconds * 3.7, 2))))
        }
        ("loadavg", []) => Some(ProcNode::File(format!("{LOAD} 1/{} 2114\n", world.kernel.processes.len()))),
        ("meminfo", []) => Some(ProcNode::File(meminfo(world))),
        ("cpuinfo", []) => Some(ProcNode::File(
            (0..4)
                .map(|n| {
                    format!("processor\t: {n}\nmodel name\t: Drydock Virtual CPU\ncpu MHz\t\t: 2400.000\n\n")
                })
                .collect(),
        )),
        ("sys" | "net", []) => Some(ProcNode::Directory(Vec::new())),
        (number, rest) => {
            let pid = world.kernel.find(reader.namespaces.pid, number.parse().ok()?)?;
            of_process(world, reader, pid, rest)
        }
    }
}

fn of_process(world: &World, reader: &Process, pid: Pid, rest: &[&str]) -> Option<ProcNode> {
    let process = world.kernel.process(pid)?;
    let own = |names: &[&str]| ProcNode::Directory(names.iter().map(|n| (*n).to_owned()).collect());
    Some(match rest {
        [] => own(&[
            "cgroup", "cmdline", "comm", "cwd", "environ", "exe", "fd", "gid_map", "mounts", "ns", "root",
            "stat", "status", "uid_map",
        ]),
        ["cmdline"] if process.is_zombie() => ProcNode::File(String::new()),
        ["cmdline"] => ProcNode::File(process.arguments.iter().map(|a| format!("{a}\0")).collect()),
        ["comm"] => ProcNode::File(format!("{}\n", process.command_name())),
        ["environ"] => {
            ProcNode::File(process.environment.iter().map(|(k, v)| format!("{k}={v}\0")).collect())
        }
        ["cgroup"] => ProcNode::File(format!("0::{}\n", cgroup_path(world, reader, process))),
        ["mounts"] => {
            ProcNode::File(world.kernel.mounts(&process.namespaces).iter().map(mount_line).collect())
        }
        ["uid_map" | "gid_map"] => ProcNode::File("         0          0 4294967295\n".to_owned()),
        ["cwd"] => ProcNode::Link(process.directory.clone()),
        ["exe"] => ProcNode::Link(process.executable.clone()),
        ["root"] => ProcNode::Link("/".to_owned()),
        ["fd"] => ProcNode::Directory(process.descriptors.keys().map(u32::to_string).collect()),
        ["fd", number] => {
            let number = number.parse().ok()?;
            process.descriptors.get(&number)?;
            ProcNode::Descriptor(pid, number)
        }
        ["ns"] => own(&NamespaceKind::INITIAL.map(|(kind, _)| kind.name())),
        ["ns", name] => {
            let (kind, _) = NamespaceKind::INITIAL.into_iter().find(|(kind, _)| kind.name() == *name)?;
            ProcNode::Link(format!("{name}:[{}]", process.namespaces.get(kind).0))
        }
        ["status"] => ProcNode::File(status(world, reader, process)),
        ["stat"] => {
            let visible = |pid: Pid| {
                world.kernel.process(pid).and_then(|p| p.pid_in(reader.namespaces.pid)).unwrap_or(0)
            };
            ProcNode::File(format!(
                "{} ({}) {} {} {} 0 0 0\n",
                visible(pid),
                process.command_name(),
                state(process),
                visible(process.parent),
                visible(process.group)
            ))
        }
        _ => return None,
    })
}

fn cgroup_path(world: &World, reader: &Process, process: &Process) -> String {
    let path = |p: &Process| world.kernel.cgroups.get(&p.cgroup).map_or("", |g| &g.path).to_owned();
    let (root, own) = (path(reader), path(process));
    if reader.namespaces.cgroup == process.namespaces.cgroup
        && root == own
        && reader.namespaces.cgroup.0 != NamespaceKind::INITIAL[6].1
    {
        return "/".to_owned();
    }
    if own.is_empty() { "/".to_owned() } else { own }
}

fn state(process: &Process) -> char {
    match process.state {
        ProcessState::Zombie(_) => 'Z',
        _ if process.frozen => 'T',
        ProcessState::Ready => 'R',
        ProcessState::Sleeping(_) => 'S',
    }
}

fn status(world: &World, reader: &Process, process: &Process) -> String {
    let visible =
        |pid: Pid| world.kernel.process(pid).and_then(|p| p.pid_in(reader.namespaces.pid)).unwrap_or(0);
    let own = process.pid_in(reader.namespaces.pid).unwrap_or(0);
    let inner: Vec<String> = process.pids.iter().rev().map(|(_, n)| n.to_string()).collect();
    let who = &process.credentials;
    let groups: String = who.groups.iter().map(|g| format!("{g} ")).collect();
    format!(
        "Name:\t{}\nUmask:\t{:04o}\nState:\t{}\nTgid:\t{own}\nNgid:\t0\nPid:\t{own}\nPPid:\t{}\nTracerPid:\t0\nUid:\t{u}\t{u}\t{u}\t{u}\nGid:\t{g}\t{g}\t{g}\t{g}\nFDSize:\t64\nGroups:\t{groups}\nNSpid:\t{}\nVmSize:\t{:>8} kB\nVmRSS:\t{:>8} kB\nThreads:\t1\nCapInh:\t0000000000000000\nCapPrm:\t{caps:016x}\nCapEff:\t{caps:016x}\nCapBnd:\t{caps:016x}\nCapAmb:\t0000000000000000\nNoNewPrivs:\t{}\n",
        process.command_name(),
        process.umask,
        match state(process) {
            'Z' => "Z (zombie)",
            'T' => "T (stopped)",
            'R' => "R (running)",
            _ => "S (sleeping)",
        },
        visible(process.parent),
        inner.join("\t"),
        process.resident / 512,
        process.resident / 1024,
        u8::from(who.no_new_privileges),
        caps = who.capabilities,
        u = who.uid,
        g = who.gid,
    )
}

/// A line of a mount table.
pub fn mount_line(mount: &Mount) -> String {
    let access = if mount.read_only { "ro" } else { "rw" };
    let comma = if mount.options.is_empty() { "" } else { "," };
    format!("{} {} {} {access}{comma}{} 0 0\n", mount.source, mount.target, mount.kind, mount.options)
}

/// The load averages: the simulated host is never busy.
pub const LOAD: &str = "0.08 0.03 0.01";
/// Memory of the host, in bytes.
pub const HOST_MEMORY: u64 = 8 << 30;
/// Processors of the host.
pub const HOST_PROCESSORS: u64 = 4;

fn meminfo(world: &World) -> String {
    let used: u64 = world.kernel.processes.values().map(|p| p.resident).sum::<u64>() + (600 << 20);
    let free = HOST_MEMORY.saturating_sub(used);
    format!(
        "MemTotal:       {:>8} kB\nMemFree:        {:>8} kB\nMemAvailable:   {:>8} kB\nBuffers:               0 kB\nCached:                0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n",
        HOST_MEMORY / 1024,
        free / 1024,
        free / 1024
    )
}

/// What a control group's directory holds; the root has neither limits nor events.
const GROUP_FILES: [&str; 15] = [
    "cgroup.controllers",
    "cgroup.events",
    "cgroup.freeze",
    "cgroup.procs",
    "cpu.max",
    "cpu.stat",
    "cpu.weight",
    "memory.current",
    "memory.events",
    "memory.high",
    "memory.max",
    "memory.stat",
    "memory.swap.max",
    "pids.current",
    "pids.max",
];

/// What the reader's cgroup namespace shows at a path of `/sys`: its own group is the root it sees.
pub fn find_sys(world: &World, reader: &Process, path: &str) -> Option<ProcNode> {
    let one = |name: &str| Some(ProcNode::Directory(vec![name.to_owned()]));
    let path = path.trim_matches('/');
    let below = match path {
        "" => return one("fs"),
        "fs" => return one("cgroup"),
        _ => path.strip_prefix("fs/cgroup")?,
    };
    let initial = reader.namespaces.cgroup.0 == NamespaceKind::INITIAL[6].1;
    let base = if initial { "" } else { &world.kernel.cgroups.get(&reader.cgroup)?.path };
    let full = format!("{base}{below}");
    let find = |path: &str| world.kernel.cgroups.values().find(|g| g.path == path);
    let mut names: Vec<String> = Vec::new();
    for group in world.kernel.cgroups.values() {
        let rest = group.path.strip_prefix(&full).and_then(|r| r.strip_prefix('/'));
        let name = rest.map(|r| r.split('/').next().unwrap_or(r).to_owned());
        names.extend(name.filter(|n| !n.is_empty() && !names.contains(n)));
    }
    if let Some(group) = find(&full) {
        let root = group.path.is_empty();
        let files = GROUP_FILES.iter().filter(|f| !root || f.ends_with(".procs") || f.ends_with("rollers"));
        names.extend(files.map(|f| (*f).to_owned()));
    }
    if !names.is_empty() {
        return Some(ProcNode::Directory(names));
    }
    let (parent, file) = full.rsplit_once('/')?;
    let group = find(parent)?;
    let text = group_file(world, reader, group, file)?;
    Some(ProcNode::File(text + "\n"))
}

fn group_file(world: &World, reader: &Process, group: &Cgroup, file: &str) -> Option<String> {
    let limit = |value: Option<u64>| value.map_or("max".to_owned(), |v| v.to_string());
    let members = || group.processes.iter().filter_map(|p| world.kernel.process(*p));
    let root = group.path.is_empty();
    Some(match file {
        "cgroup.controllers" => "cpuset cpu io memory hugetlb pids rdma misc".to_owned(),
        "cgroup.procs" => {
            let pids = members().filter_map(|p| p.pid_in(reader.namespaces.pid));
            pids.map(|n| n.to_string()).collect::<Vec<_>>().join("\n")
        }
        _ if root => return None,
        "cgroup.events" => {
            format!("populated {}\nfrozen {}", u8::from(!group.processes.is_empty()), u8::from(group.frozen))
        }
        "cgroup.freeze" => u8::from(group.frozen).to_string(),
        "cpu.max" => group.cpu_max.map_or("max 100000".to_owned(), |n| format!("{} 100000", n * 100)),
        "cpu.stat" => {
            let used: u64 = members().map(|p| p.cpu.0).sum();
            format!("usage_usec {used}\nuser_usec {used}\nsystem_usec 0")
        }
        "cpu.weight" => "100".to_owned(),
        "memory.current" => {
            let (held, files) = world.kernel.memory_of(group);
            (held + files).to_string()
        }
        "memory.stat" => {
            let (held, files) = world.kernel.memory_of(group);
            format!("anon {held}\nfile {files}\nshmem {files}")
        }
        "memory.events" => {
            format!("low 0\nhigh 0\nmax 0\noom {0}\noom_kill {0}\noom_group_kill 0", group.oom_kills)
        }
        "memory.max" | "memory.swap.max" => limit(group.memory_max),
        "memory.high" => "max".to_owned(),
        "pids.current" => group.processes.len().to_string(),
        "pids.max" => limit(group.pids_max),
        _ => return None,
    })
}
