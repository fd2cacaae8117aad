//! `/proc` and the part of `/sys` that shows control groups, made anew at each look (`man 5 proc`).

use crate::engine::World;
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
            Some(ProcNode::File(format!("{seconds:.2} {:.2}\n", seconds * 3.7)))
        }
        ("loadavg", []) => Some(ProcNode::File("0.08 0.03 0.01 1/120 2114\n".to_owned())),
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
            "cgroup", "cmdline", "comm", "cwd", "environ", "exe", "fd", "mounts", "ns", "root", "stat",
            "status",
        ]),
        ["cmdline"] => ProcNode::File(process.arguments.iter().map(|a| format!("{a}\0")).collect()),
        ["comm"] => ProcNode::File(format!("{}\n", process.command_name())),
        ["environ"] => {
            ProcNode::File(process.environment.iter().map(|(k, v)| format!("{k}={v}\0")).collect())
        }
        ["cgroup"] => ProcNode::File(format!("0::{}\n", cgroup_path(world, reader, process))),
        ["mounts"] => {
            ProcNode::File(world.kernel.mounts(&process.namespaces).iter().map(mount_line).collect())
        }
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
    format!(
        "Name:\t{}\nState:\t{}\nPid:\t{own}\nPPid:\t{}\nUid:\t{u}\t{u}\t{u}\t{u}\nGid:\t{g}\t{g}\t{g}\t{g}\nNSpid:\t{}\nVmRSS:\t{} kB\nNoNewPrivs:\t{}\nCapEff:\t{:016x}\n",
        process.command_name(),
        match state(process) {
            'Z' => "Z (zombie)",
            'T' => "T (stopped)",
            'R' => "R (running)",
            _ => "S (sleeping)",
        },
        visible(process.parent),
        inner.join("\t"),
        process.resident / 1024,
        u8::from(who.no_new_privileges),
        who.capabilities,
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

/// Memory of the host, in bytes.
pub const HOST_MEMORY: u64 = 8 << 30;
/// Processors of the host.
pub const HOST_PROCESSORS: u64 = 4;

fn meminfo(world: &World) -> String {
    let used: u64 = world.kernel.processes.values().map(|p| p.resident).sum::<u64>() + (600 << 20);
    let free = HOST_MEMORY.saturating_sub(used);
    format!(
        "MemTotal:       {} kB\nMemFree:        {} kB\nMemAvailable:   {} kB\n",
        HOST_MEMORY / 1024,
        free / 1024,
        free / 1024
    )
}

/// What the reader's cgroup namespace shows at a path of `/sys`.
pub fn find_sys(world: &World, reader: &Process, path: &str) -> Option<ProcNode> {
    let parts: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let group = world.kernel.cgroups.get(&reader.cgroup)?;
    let limit = |value: Option<u64>| ProcNode::File(value.map_or("max\n".to_owned(), |v| format!("{v}\n")));
    Some(match parts.as_slice() {
        [] => ProcNode::Directory(vec!["fs".to_owned()]),
        ["fs"] => ProcNode::Directory(vec!["cgroup".to_owned()]),
        ["fs", "cgroup"] => ProcNode::Directory(
            ["cgroup.procs", "cpu.max", "memory.current", "memory.max", "pids.current", "pids.max"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ["fs", "cgroup", file] => match *file {
            "memory.max" => limit(group.memory_max),
            "pids.max" => limit(group.pids_max),
            "cpu.max" => ProcNode::File(match group.cpu_max {
                Some(thousandths) => format!("{} 100000\n", thousandths * 100),
                None => "max 100000\n".to_owned(),
            }),
            "memory.current" => {
                let used: u64 =
                    group.processes.iter().filter_map(|p| world.kernel.process(*p)).map(|p| p.resident).sum();
                ProcNode::File(format!("{used}\n"))
            }
            "pids.current" => ProcNode::File(format!("{}\n", group.processes.len())),
            "cgroup.procs" => ProcNode::File(
                group
                    .processes
                    .iter()
                    .filter_map(|p| world.kernel.process(*p)?.pid_in(reader.namespaces.pid))
                    .map(|n| format!("{n}\n"))
                    .collect(),
            ),
            _ => return None,
        },
        _ => return None,
    })
}
