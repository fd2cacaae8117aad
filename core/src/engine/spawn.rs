//! The first process of a container, and those of `docker exec`.

use crate::container::Container;
use crate::container::config::HostConfig;
use crate::engine::boot::blank_process;
use crate::engine::start::{Failure, kept_clients, plain, runtime_error};
use crate::engine::stream::Stream;
use crate::engine::syscall::Sys;
use crate::engine::{DaemonError, World, descriptor, execute};
use crate::kernel::cgroup::CgroupId;
use crate::kernel::descriptor::{DescriptionId, Object};
use crate::kernel::errno::Errno;
use crate::kernel::namespace::Namespaces;
use crate::kernel::process::{Credentials, Pid};
use crate::kernel::terminal::{Terminal, TerminalId};
use crate::memory::Memory;
use crate::memory::environment::Environment;
use crate::memory::tool::{State, Tool};
use crate::shared::own;
use std::rc::Rc;

pub(super) fn make_process(
    world: &mut World,
    number: u64,
    shim: Pid,
    namespaces: Namespaces,
    cgroup: CgroupId,
) -> Result<Pid, Failure> {
    let Some(container) = world.container(number).cloned() else {
        return Err(plain(DaemonError::new(404, String::new())));
    };
    let mut command = vec![container.path.clone()];
    command.extend(container.arguments.iter().cloned());
    let init = container.host.init == Some(true);
    let stream = Stream {
        container: Some(number),
        clients: kept_clients(world, number),
        terminal: container.config.tty,
        ..Stream::default()
    };
    world.streams.insert(number, Rc::new(stream));
    let spec = Spec {
        command,
        environment: environment(world, &container, &[]),
        user: container.config.user.clone(),
        directory: container.config.working_dir.clone(),
        namespaces,
        cgroup,
        parent: shim,
        makes_directory: true,
        privileged: container.host.privileged,
        host: container.host.clone(),
    };
    let terminal = container.config.tty.then(|| open_terminal(world, number));
    let (pid, input) =
        spawn(world, spec, number, terminal, container.config.open_stdin).map_err(|(code, message)| {
            match message.starts_with("unable to find") {
                true => (125, DaemonError::new(400, message)),
                false => (code, runtime_error(&message)),
            }
        })?;
    if init {
        super::exec::wrap_in_init(world, pid);
    }
    if let Some(container) = world.container_mut(number) {
        container.input = input;
        container.terminal = terminal;
    }
    Ok(pid)
}

/// A terminal of its own, whose output goes to the stream of this number.
pub fn open_terminal(world: &mut World, stream: u64) -> TerminalId {
    let id = TerminalId(world.kernel.fresh_id());
    let mut terminal = Terminal::default();
    terminal.stream = Some(stream);
    world.kernel.terminals.insert(id, Rc::new(terminal));
    id
}

/// A process to begin inside a container.
#[derive(Clone, Debug)]
pub struct Spec {
    /// `argv`.
    pub command: Vec<String>,
    /// Its environment.
    pub environment: Environment,
    /// `user[:group]`.
    pub user: String,
    /// Where it begins; empty for `/`.
    pub directory: String,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// Its control group.
    pub cgroup: CgroupId,
    /// Its parent: the shim.
    pub parent: Pid,
    /// A directory that is missing is made.
    pub makes_directory: bool,
    /// Every capability.
    pub privileged: bool,
    /// What the host grants.
    pub host: HostConfig,
}

/// The environment that the runtime gives: PATH and HOSTNAME first, then what links bring, then what was asked for.
pub fn environment(world: &World, container: &Container, more: &[String]) -> Environment {
    let mut all = Environment::default();
    all.insert("PATH".to_owned(), execute::DEFAULT_PATH.to_owned());
    all.insert("HOSTNAME".to_owned(), container.config.hostname.clone());
    if container.config.tty {
        all.insert("TERM".to_owned(), "xterm".to_owned());
    }
    for line in super::link::environment(world, container).iter().chain(&container.config.env).chain(more) {
        if let Some((name, value)) = line.split_once('=') {
            all.insert(name.to_owned(), value.to_owned());
        }
    }
    all
}

/// Begins a process inside a container; its pid and the pipe to its standard input. A refusal carries the exit
/// code that Docker gives it and the runtime's words.
pub fn spawn(
    world: &mut World,
    spec: Spec,
    stream: u64,
    terminal: Option<TerminalId>,
    open_stdin: bool,
) -> Result<(Pid, Option<crate::kernel::descriptor::PipeId>), (i64, String)> {
    let mut process = blank_process(spec.command.clone(), "", world.now);
    process.parent = spec.parent;
    process.namespaces = spec.namespaces;
    process.cgroup = spec.cgroup;
    process.environment = Rc::new(spec.environment.clone());
    process.terminal = terminal;
    process.credentials.capabilities = super::exec::capabilities(&spec.host, spec.privileged);
    process.credentials.no_new_privileges =
        spec.host.security.iter().any(|s| s.starts_with("no-new-privileges"));
    let pid = world.kernel.add_process(process);
    let result = prepare(world, pid, &spec);
    if let Err(failure) = result {
        world.kernel.remove_process(pid);
        return Err(failure);
    }
    if let Some(process) = world.kernel.process_mut(pid) {
        process.group = pid;
    }
    let mut input = None;
    let mut stdin = |world: &mut World| -> DescriptionId {
        if open_stdin {
            let pipe = descriptor::new_pipe(world);
            if let Some(pipe) = world.kernel.pipes.get_mut(&pipe) {
                pipe.writers = 1;
            }
            input = Some(pipe);
            return descriptor::describe(world, Object::PipeReader(pipe), true, false);
        }
        descriptor::describe(world, Object::Null, true, false)
    };
    let descriptions = match terminal {
        Some(terminal) => {
            if let Some(terminal) = world.kernel.terminals.get_mut(&terminal) {
                own(terminal).foreground = Some(pid);
            }
            let one = |world: &mut World| descriptor::describe(world, Object::Terminal(terminal), true, true);
            [one(world), one(world), one(world)]
        }
        None => [
            stdin(world),
            descriptor::describe(world, Object::Output { container: stream, error: false }, false, true),
            descriptor::describe(world, Object::Output { container: stream, error: true }, false, true),
        ],
    };
    for (number, description) in descriptions.into_iter().enumerate() {
        descriptor::install_at(world, pid, description, number as u32);
    }
    Ok((pid, input))
}

/// User, directory and program of a new process.
fn prepare(world: &mut World, pid: Pid, spec: &Spec) -> Result<(), (i64, String)> {
    let mut sys = Sys::new(world, pid);
    let who =
        super::exec::user(&mut sys, &spec.user, &spec.host.group_add).map_err(|message| (126, message))?;
    let directory = if spec.directory.is_empty() { "/" } else { &spec.directory };
    if !directory.starts_with('/') {
        return Err((126, "Cwd must be an absolute path".to_owned()));
    }
    if spec.makes_directory && sys.stat(directory).is_err() {
        let mut made = String::new();
        for name in directory.split('/').filter(|s| !s.is_empty()) {
            made = format!("{made}/{name}");
            let _ = sys.make_directory(&made, 0o755);
        }
    }
    let program = spec.command.first().cloned().unwrap_or_default();
    let words = |errno: Errno| match errno {
        Errno::ENOENT if !program.contains('/') => {
            (127, format!("exec: \"{program}\": executable file not found in $PATH"))
        }
        Errno::ENOENT => (127, format!("exec: \"{program}\": stat {program}: no such file or directory")),
        Errno::EACCES => (126, format!("exec: \"{program}\": permission denied")),
        other => (126, format!("exec: \"{program}\": {}", other.text().to_ascii_lowercase())),
    };
    sys.change_directory(directory).map_err(|e| {
        (
            126,
            format!(
                "chdir to cwd (\"{directory}\") set in config.json failed: {}",
                e.text().to_ascii_lowercase()
            ),
        )
    })?;
    let capabilities = sys.credentials().capabilities;
    let no_new_privileges = sys.credentials().no_new_privileges;
    let path = spec.environment.get("PATH").cloned();
    let found = sys.find_program(&program, path.as_deref()).map_err(words)?;
    let mut environment = spec.environment.clone();
    if environment.get("HOME").is_none() {
        environment.insert("HOME".to_owned(), who.home);
    }
    let executed = sys.execute(&found, spec.command.clone(), environment);
    if executed != Err(Errno::ENOEXEC) {
        executed.map_err(words)?;
    }
    let capabilities = if who.uid == 0 { capabilities } else { 0 };
    if let Some(process) = world.kernel.process_mut(pid) {
        process.credentials =
            Credentials { uid: who.uid, gid: who.gid, groups: who.groups, capabilities, no_new_privileges };
        if executed.is_err() {
            // The runtime has let go of the container by then: its last word stands in the container's own log.
            let pending = [Vec::new(), format!("exec {found}: exec format error\n").into_bytes()];
            process.arguments = spec.command.clone().into();
            process.memory = Memory::Tool(Rc::new(Tool { pending, state: State::Done(255) }));
            process.executable = found;
        }
    }
    Ok(())
}
