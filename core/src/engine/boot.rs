//! A new World: the host's disk, its first processes, its network, an engine, and the registries it knows.

use crate::agenda::Agenda;
use crate::engine::network::{DEFAULT_SUBNET, Networks};
use crate::engine::world::DOCKER_HUB;
use crate::engine::{World, descriptor, registry, traffic};
use crate::files::{Inode, InodeKind, Tree};
use crate::image::Store;
use crate::kernel::Kernel;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::descriptor::Object;
use crate::kernel::filesystem::unix_micros;
use crate::kernel::mount::{FileSystem, FileSystemId, Mount};
use crate::kernel::namespace::Namespaces;
use crate::kernel::process::{Credentials, Pid, Process, ProcessState, Wait};
use crate::kernel::signal::{Disposition, Signal};
use crate::kernel::terminal::{Terminal, TerminalId};
use crate::memory::Memory;
use crate::net::address::AddressPool;
use crate::net::{NetId, Network};
use crate::random::Random;
use crate::reference::Reference;
use crate::registry::Registry;
use crate::registry::access::Access;
use crate::registry::catalogue::{self, CatalogueError};
use crate::shared::{List, Map, Set, own};
use crate::time::{Span, Time};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// The host's name.
pub const HOSTNAME: &str = "laptop";
/// The learner's home.
pub const HOME: &str = "/home/learner";

/// Daemons that run on the host before anybody types, with their program files.
const DAEMONS: [(&str, &str); 11] = [
    ("/sbin/init", "systemd"),
    ("/usr/lib/systemd/systemd-journald", "systemd"),
    ("/usr/lib/systemd/systemd-udevd", "systemd"),
    ("/usr/lib/systemd/systemd-networkd", "systemd"),
    ("/usr/bin/dbus-daemon --system", "systemd"),
    ("/usr/sbin/cron -f", "systemd"),
    ("/usr/lib/systemd/systemd-logind", "systemd"),
    ("/usr/sbin/sshd -D", "systemd"),
    ("/usr/bin/containerd", "containerd"),
    ("/usr/bin/dockerd -H fd://", "dockerd"),
    ("/usr/lib/systemd/systemd --user", "systemd"),
];

impl World {
    /// A World with the learner's shell waiting at its terminal and Docker Hub to pull from.
    ///
    /// # Errors
    /// A mistake in the catalogue of images.
    pub fn new(seed: u64) -> Result<Self, CatalogueError> {
        let mut world = Self::bare(seed, true)?;
        world.open_terminal();
        Ok(world)
    }

    /// A World as the recordings of a real engine begin: the image `busybox:latest` and an empty directory,
    /// and a shell without a terminal that runs what it is fed.
    ///
    /// # Errors
    /// A mistake in the catalogue of images.
    pub fn measured(seed: u64, with_registry: bool) -> Result<Self, CatalogueError> {
        Self::fed(seed, with_registry, false)
    }

    /// The same, with the files of a first tutorial in the learner's home when they are wanted.
    ///
    /// # Errors
    /// A mistake in the catalogue of images.
    pub fn fed(seed: u64, with_registry: bool, with_starters: bool) -> Result<Self, CatalogueError> {
        let mut world = Self::bare(seed, with_starters)?;
        let id = world.images.add(Rc::new(catalogue::imported_busybox()?));
        if let Ok(reference) = Reference::parse("busybox:latest") {
            world.images.tag(reference, id);
        }
        if with_registry {
            world.start_registry();
        }
        let shell = world.shell;
        for (number, object) in
            [(0, Object::Null), (1, Object::Capture(Rc::default())), (2, Object::Capture(Rc::default()))]
        {
            let id = descriptor::describe(&mut world, object, number == 0, number != 0);
            descriptor::install_at(&mut world, shell, id, number);
        }
        if let Some(process) = world.kernel.process_mut(shell) {
            process.arguments = ["/bin/sh".to_owned(), "--feed".to_owned()].as_slice().into();
            process.program = "dash".into();
            process.executable = "/bin/sh".to_owned();
        }
        world.ready(shell, Span(0));
        Ok(world)
    }

    fn bare(seed: u64, with_starters: bool) -> Result<Self, CatalogueError> {
        let mut kernel = Kernel::new(HOSTNAME);
        let host = Namespaces::default();
        let mut network = Network::new(NetId(host.net.0));
        let pool = AddressPool::new(DEFAULT_SUBNET);
        network.create_bridge("docker0", pool.gateway(), DEFAULT_SUBNET.prefix_len());
        mount_host(&mut kernel, catalogue::host_disk(with_starters)?);
        let mut registries = Map::new();
        registries.insert(DOCKER_HUB.to_owned(), Rc::new(catalogue::docker_hub()?));
        for host in catalogue::Catalogue::read()?.hosts() {
            registries.insert(host, Rc::new(Registry::hub()));
        }
        let mut random = Random::new(seed);
        let networks = Rc::new(Networks::new(|| random.hex(64)));
        let mut world = Self {
            now: Time(0),
            seed,
            random,
            kernel,
            network,
            images: Store::default(),
            containers: Map::new(),
            container_ids: Map::new(),
            container_names: Map::new(),
            cgroup_containers: Map::new(),
            shims: Map::new(),
            networks,
            volumes: Map::new(),
            registries,
            transfers: Map::new(),
            builder: Rc::default(),
            streams: Map::new(),
            executions: Map::new(),
            agenda: Agenda::default(),
            events: List::new(),
            refusal: None,
            shell: Pid(0),
        };
        for (line, program) in DAEMONS {
            world.start_daemon(line, program);
        }
        world.shell = world.start_shell();
        Ok(world)
    }

    /// A process of the host that waits for ever, until it is signalled.
    pub fn start_daemon(&mut self, line: &str, program: &str) -> Pid {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let mut process = blank_process(arguments, program, self.now);
        process.dispositions.insert(Signal::CHLD, Disposition::Ignore);
        process.resident = 12 << 20;
        let pid = self.kernel.add_process(process);
        if let Some(process) = self.kernel.process_mut(pid) {
            process.group = pid;
        }
        self.kernel.block(pid, vec![Wait::Signal]);
        pid
    }

    fn start_shell(&mut self) -> Pid {
        let environment = [
            ("HOME", HOME),
            ("LANG", "C.UTF-8"),
            ("LOGNAME", "root"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("PWD", HOME),
            ("SHELL", "/bin/bash"),
            ("TERM", "xterm-256color"),
            ("USER", "root"),
        ];
        let mut process = blank_process(vec!["bash".to_owned()], "bash", self.now);
        process.executable = "/bin/bash".to_owned();
        process.directory = HOME.to_owned();
        process.environment =
            Rc::new(environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        let pid = self.kernel.add_process(process);
        if let Some(process) = self.kernel.process_mut(pid) {
            process.group = pid;
        }
        pid
    }

    fn open_terminal(&mut self) {
        self.kernel.terminals.insert(TerminalId::LEARNER, Rc::new(Terminal::default()));
        let shell = self.shell;
        for number in 0..3 {
            let id = descriptor::describe(self, Object::Terminal(TerminalId::LEARNER), true, true);
            descriptor::install_at(self, shell, id, number);
        }
        if let Some(process) = self.kernel.process_mut(shell) {
            process.terminal = Some(TerminalId::LEARNER);
        }
        if let Some(terminal) = self.kernel.terminals.get_mut(&TerminalId::LEARNER) {
            own(terminal).foreground = Some(shell);
        }
        self.ready(shell, Span(0));
    }

    /// A registry that runs on the host itself, at port 5000.
    fn start_registry(&mut self) {
        let key = "localhost:5000".to_owned();
        registry::create(self, &key, Access::default(), false);
        let pid =
            self.start_daemon("/usr/bin/docker-registry serve /etc/docker/registry/config.yml", "registry");
        self.kernel.unblock(pid);
        let net = Namespaces::default().net;
        if let Ok(socket) = traffic::listen(self, net, Ipv4Addr::UNSPECIFIED, 5000) {
            if let Some(socket) = self.kernel.sockets.get_mut(&socket) {
                socket.registry = Some(key);
            }
            let id = descriptor::describe(self, Object::Socket(socket), true, true);
            descriptor::install_at(self, pid, id, 3);
        }
        self.ready(pid, Span(0));
    }
}

/// A process of the host that has no files and has not begun.
pub fn blank_process(arguments: Vec<String>, program: &str, now: Time) -> Process {
    Process {
        parent: Pid(1),
        children: Set::new(),
        pids: Vec::new(),
        namespaces: Namespaces::default(),
        credentials: Credentials::default(),
        cgroup: CgroupId::ROOT,
        directory: "/".to_owned(),
        umask: 0o022,
        executable: arguments.first().cloned().unwrap_or_default(),
        arguments: arguments.into(),
        environment: Rc::default(),
        program: program.into(),
        descriptors: Map::new(),
        state: ProcessState::Ready,
        scheduled: false,
        frozen: false,
        pending: Set::new(),
        dispositions: Map::new(),
        group: Pid(0),
        terminal: None,
        started: now,
        cpu: Span(0),
        resident: 2 << 20,
        memory: Memory::Fresh,
    }
}

/// The file system of the host's disk.
pub const HOST_DISK: FileSystemId = FileSystemId(1);

fn mount_host(kernel: &mut Kernel, mut disk: Tree) {
    let now = unix_micros(Time(0));
    let home = disk.make_path(HOME, 0o755, now);
    if let Some(inode) = disk.get_mut(home) {
        (inode.uid, inode.gid) = (0, 0);
    }
    let root = kernel.add_filesystem(FileSystem::Tree { tree: disk, limit: None });
    debug_assert_eq!(root, HOST_DISK, "the host's disk is the first file system");
    let proc = kernel.add_filesystem(FileSystem::Proc);
    let sys = kernel.add_filesystem(FileSystem::Sys);
    let dev = kernel.add_filesystem(device_tree());
    let mounts = vec![
        mount("/", root, "ext4", "/dev/vda1", "relatime"),
        mount("/proc", proc, "proc", "proc", "nosuid,nodev,noexec,relatime"),
        mount("/sys", sys, "sysfs", "sysfs", "nosuid,nodev,noexec,relatime"),
        mount("/dev", dev, "devtmpfs", "udev", "nosuid,relatime"),
    ];
    if let Some(namespace) = kernel.namespace_mut(Namespaces::default().mnt) {
        namespace.mounts = mounts;
    }
}

/// One mount that may be written to.
pub fn mount(target: &str, filesystem: FileSystemId, kind: &str, source: &str, options: &str) -> Mount {
    Mount {
        target: target.to_owned(),
        filesystem,
        root: "/".to_owned(),
        read_only: false,
        kind: kind.to_owned(),
        source: source.to_owned(),
        options: options.to_owned(),
    }
}

/// `/dev` as every container gets it.
pub fn device_tree() -> FileSystem {
    let mut tree = Tree::default();
    let devices = [
        ("null", (1, 3)),
        ("zero", (1, 5)),
        ("full", (1, 7)),
        ("random", (1, 8)),
        ("urandom", (1, 9)),
        ("tty", (5, 0)),
    ];
    for (name, number) in devices {
        tree.insert(Tree::ROOT, name, Inode::new(InodeKind::Device { character: true, number }, 0o666, 0));
    }
    let links = [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ];
    for (name, target) in links {
        tree.insert(Tree::ROOT, name, Inode::new(InodeKind::Symlink(target.into()), 0o777, 0));
    }
    for name in ["pts", "mqueue", "shm"] {
        tree.make_path(name, 0o755, 0);
    }
    FileSystem::Tree { tree, limit: None }
}
