//! Further processes inside a container: `docker exec`, users, capabilities, and the init of `--init`.

use crate::container::config::HostConfig;
use crate::container::state::Status;
use crate::engine::spawn::{self, Spec};
use crate::engine::stream::{Exec, Stream};
use crate::engine::syscall::Sys;
use crate::engine::{DaemonError, World, container};
use crate::kernel::process::{ExitStatus, Pid, Wait};
use crate::memory::Memory;
use crate::shared::own;
use crate::time::Span;
use std::rc::Rc;

/// What `docker exec` asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecRequest {
    /// The command.
    pub command: Vec<String>,
    /// More environment.
    pub env: Vec<String>,
    /// Another user.
    pub user: String,
    /// Another directory.
    pub directory: String,
    /// A terminal.
    pub tty: bool,
    /// Standard input stays open.
    pub stdin: bool,
    /// Every capability.
    pub privileged: bool,
}

/// Begins a process in a running container; the number of its stream, or the refusal with its exit code.
pub fn begin(
    world: &mut World,
    key: &str,
    request: &ExecRequest,
    client: Option<Pid>,
) -> Result<u64, (u8, DaemonError)> {
    let refuse = |error: DaemonError| (1, error);
    let number = container::find(world, key).map_err(refuse)?;
    let Some(target) = world.container(number).cloned() else {
        return Err(refuse(DaemonError::new(404, String::new())));
    };
    match target.state.status {
        Status::Running => {}
        Status::Paused => {
            return Err(refuse(DaemonError::new(
                409,
                format!("Container {key} is paused, unpause the container before exec"),
            )));
        }
        _ => {
            return Err(refuse(
                DaemonError::new(409, format!("container {} is not running", target.id)).because(format!(
                    "A process needs the namespaces of {}, and they went with its first process.",
                    target.name
                )),
            ));
        }
    }
    let (Some(namespaces), Some(cgroup)) = (target.namespaces, target.cgroup) else {
        return Err(refuse(DaemonError::new(409, format!("container {} is not running", target.id))));
    };
    let stream = world.kernel.fresh_id();
    let clients = client.map(|pid| (pid, true, true)).into_iter().collect();
    let exec = Exec { container: number, pid: None, status: None, input: None, pty: None };
    world.streams.insert(
        stream,
        Rc::new(Stream { clients, terminal: request.tty, exec: Some(exec), ..Stream::default() }),
    );
    let mut environment = spawn::environment(world, &target, &request.env);
    if request.tty {
        environment.insert("TERM".to_owned(), "xterm".to_owned());
    }
    let spec = Spec {
        command: request.command.clone(),
        environment,
        user: if request.user.is_empty() { target.config.user.clone() } else { request.user.clone() },
        directory: if request.directory.is_empty() {
            target.config.working_dir.clone()
        } else {
            request.directory.clone()
        },
        namespaces,
        cgroup,
        parent: world.shims.get(&number).copied().unwrap_or(Pid(1)),
        makes_directory: false,
        privileged: request.privileged || target.host.privileged,
        host: target.host.clone(),
    };
    // The API words it as the program, a space, and the arguments, of which there may be none.
    let (program, rest) = request.command.split_first().map_or(("", &[][..]), |(p, rest)| (p, rest));
    let command = format!("{program} {}", rest.join(" "));
    container::note(world, number, &format!("exec_create: {command}"), &[]);
    container::note(world, number, &format!("exec_start: {command}"), &[]);
    let terminal = request.tty.then(|| spawn::open_terminal(world, stream));
    match spawn::spawn(world, spec, stream, terminal, request.stdin) {
        Ok((pid, input)) => {
            if let Some(exec) = exec_mut(world, stream) {
                exec.pid = Some(pid);
                exec.input = input;
                exec.pty = terminal;
            }
            world.executions.insert(pid, stream);
            world.ready(pid, Span::millis(25));
            Ok(stream)
        }
        Err((code, message)) => {
            world.streams.remove(&stream);
            let text = match message.as_str() {
                // The daemon looks for the user, and the runtime for the rest.
                _ if message.starts_with("unable to find") => message,
                "Cwd must be an absolute path" => {
                    format!("OCI runtime exec failed: exec failed: {message}: unknown")
                }
                _ => format!(
                    "OCI runtime exec failed: exec failed: unable to start container process: {message}: unknown"
                ),
            };
            Err((u8::try_from(code).unwrap_or(126), DaemonError::new(500, text)))
        }
    }
}

/// The process behind a stream, to be changed.
pub fn exec_mut(world: &mut World, stream: u64) -> Option<&mut Exec> {
    own(world.streams.get_mut(&stream)?).exec.as_mut()
}

/// A process of `docker exec` has ended.
pub fn ended(world: &mut World, stream: u64, status: ExitStatus) {
    let Some(exec) = exec_mut(world, stream) else { return };
    exec.status = Some(status.code());
    exec.pid = None;
    let (number, code) = (exec.container, status.code());
    container::note(world, number, "exec_die", &[("exitCode", code.to_string())]);
    super::health::checked(world, stream);
    world.wake(Wait::Daemon(stream));
}

/// A user as /etc/passwd of the container tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Home directory.
    pub home: String,
}

/// Reads `user[:group]` and further groups, by names of the container's own /etc/passwd and /etc/group or by numbers.
pub fn user(sys: &mut Sys<'_>, text: &str, more: &[String]) -> Result<User, String> {
    let (name, group) = text.split_once(':').map_or((text, None), |(n, g)| (n, Some(g)));
    let lines = |sys: &mut Sys<'_>, file: &str| -> Vec<Vec<String>> {
        let bytes = sys.peek_file(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.lines().map(|l| l.split(':').map(str::to_owned).collect()).collect()
    };
    let accounts = lines(sys, "/etc/passwd");
    let groups = lines(sys, "/etc/group");
    let number = |v: &[String], n: usize| v.get(n).and_then(|f| f.parse::<u32>().ok());
    let wanted = if name.is_empty() { "0" } else { name };
    let account = accounts
        .iter()
        .find(|a| a.first().is_some_and(|n| n == wanted) || a.get(2).is_some_and(|n| n == wanted));
    let uid = match (account, wanted.parse()) {
        (Some(account), _) => number(account, 2).unwrap_or(0),
        (None, Ok(uid)) => uid,
        (None, Err(_)) => {
            return Err(format!("unable to find user {name}: no matching entries in passwd file"));
        }
    };
    let group_id = |group: &str| {
        let known = groups.iter().find(|g| g.first().is_some_and(|n| n == group));
        let id = known.and_then(|g| number(g, 2)).or_else(|| group.parse().ok());
        id.ok_or_else(|| format!("unable to find group {group}: no matching entries in group file"))
    };
    let own = account.and_then(|a| number(a, 3)).unwrap_or(0);
    let gid = group.map_or(Ok(own), group_id)?;
    let login = account.and_then(|a| a.first()).cloned();
    let mut all: Vec<u32> = groups
        .iter()
        .filter(|g| g.get(3).is_some_and(|m| m.split(',').any(|n| login.as_deref() == Some(n))))
        .filter_map(|g| number(g, 2))
        .collect();
    for group in more {
        all.push(group_id(group)?);
    }
    let home = account.and_then(|a| a.get(5)).cloned().unwrap_or_else(|| "/".to_owned());
    let home = if account.is_none() && uid == 0 { "/root".to_owned() } else { home };
    Ok(User { uid, gid, groups: all, home })
}

const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// What Docker grants without being asked.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// The capabilities of a container's processes, a bit each.
pub fn capabilities(host: &HostConfig, privileged: bool) -> u64 {
    let all = (1_u64 << CAPABILITIES.len()) - 1;
    if privileged {
        return all;
    }
    let bit = |name: &str| {
        let name = name.to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name).to_owned();
        if name == "ALL" { all } else { CAPABILITIES.iter().position(|c| *c == name).map_or(0, |n| 1 << n) }
    };
    let mut set = DEFAULT.iter().fold(0, |set, name| set | bit(name));
    for name in &host.cap_drop {
        set &= !bit(name);
    }
    for name in &host.cap_add {
        set |= bit(name);
    }
    set
}

/// Capabilities that there are.
///
/// # Errors
/// Docker's words about another one.
pub fn check_capabilities(host: &HostConfig) -> Result<(), DaemonError> {
    for (option, names) in [("CapAdd", &host.cap_add), ("CapDrop", &host.cap_drop)] {
        for name in names {
            let upper = name.to_ascii_uppercase();
            let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
            if bare != "ALL" && !CAPABILITIES.contains(&bare) {
                let words = format!("invalid {option}: unknown capability: \"CAP_{bare}\"");
                return Err(DaemonError::new(400, words));
            }
        }
    }
    Ok(())
}

/// Puts `docker-init` (tini) before the command: it becomes pid 1, the command its child.
pub fn wrap_in_init(world: &mut World, pid: Pid) {
    let Some(process) = world.kernel.process_mut(pid) else { return };
    let command: Vec<String> = process.arguments.to_vec();
    let mut arguments = vec!["/sbin/docker-init".to_owned(), "--".to_owned()];
    arguments.extend(command);
    process.arguments = arguments.into();
    process.program = "tini".into();
    process.memory = Memory::Fresh;
}
