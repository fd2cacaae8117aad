//! The World: the whole simulated state as one value.

use crate::agenda::{Agenda, EntryId, Task};
use crate::container::{Container, ContainerId};
use crate::digest::Digest;
use crate::engine::build::Builder;
use crate::engine::network::Networks;
use crate::engine::stream::Stream;
use crate::engine::transfer::Transfer;
use crate::engine::volume::Volume;
use crate::event::{Event, What};
use crate::image::Store;
use crate::kernel::Kernel;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::process::{Pid, ProcessState, Wait};
use crate::net::Network;
use crate::random::Random;
use crate::registry::Registry;
use crate::shared::{List, Map, own};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The whole simulated state. `Clone` is cheap: every part is shared until it changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// The time everything before has been done up to.
    pub now: Time,
    /// What the World was begun with.
    pub seed: u64,
    /// The one generator.
    pub random: Random,
    /// The host's kernel.
    pub kernel: Kernel,
    /// The host's network and that of every container.
    pub network: Network,
    /// The local image store.
    pub images: Store,
    /// Containers by their number, which is the order of creation.
    pub containers: Map<u64, Rc<Container>>,
    /// Container numbers by id.
    pub container_ids: Map<ContainerId, u64>,
    /// Container numbers by name.
    pub container_names: Map<String, u64>,
    /// Containers by their control group, while they run.
    pub cgroup_containers: Map<CgroupId, u64>,
    /// The runtime's shim of each running container.
    pub shims: Map<u64, Pid>,
    /// Docker's networks.
    pub networks: Rc<Networks>,
    /// Volumes by name.
    pub volumes: Map<String, Rc<Volume>>,
    /// Registries by the host name (and port) that references name them with.
    pub registries: Map<String, Rc<Registry>>,
    /// Pulls and pushes in progress.
    pub transfers: Map<u64, Rc<Transfer>>,
    /// Builds and what is kept between them.
    pub builder: Rc<Builder>,
    /// Outputs that go on to clients: of containers and of `docker exec`.
    pub streams: Map<u64, Rc<Stream>>,
    /// The streams of `docker exec` by their process.
    pub executions: Map<Pid, u64>,
    /// Everything in progress.
    pub agenda: Agenda,
    /// What happened, oldest first.
    pub events: List<Event>,
    /// The last refusal and the fact behind it, for `explain`.
    pub refusal: Option<Rc<(String, String)>>,
    /// The shell of the learner, or of the script that is run.
    pub shell: Pid,
}

/// What those wait for who want to hear of every event: the number of no object.
pub const HAPPENED: u64 = 0;

/// The name of Docker Hub's registry host.
pub const DOCKER_HUB: &str = "registry-1.docker.io";

impl World {
    /// Notes that something happened now.
    pub fn note(&mut self, what: What) {
        self.events.push_back(Event { time: self.now, what: Rc::new(what) });
        self.wake(Wait::Daemon(HAPPENED));
    }

    /// Adds work that begins now and is due after `span`.
    pub fn schedule(&mut self, span: Span, task: Task) -> EntryId {
        self.agenda.add(self.now, self.now + span, task)
    }

    /// Lets a process be stepped after `span`, once: a frozen one waits for its thaw.
    pub fn ready(&mut self, pid: Pid, span: Span) {
        let Some(process) = self.kernel.process_mut(pid) else { return };
        if process.is_zombie() {
            return;
        }
        process.state = ProcessState::Ready;
        if process.frozen || process.scheduled {
            return;
        }
        process.scheduled = true;
        self.schedule(span, Task::Run(pid));
    }

    /// Wakes everybody who waits for `wait`.
    pub fn wake(&mut self, wait: Wait) {
        let Some(sleepers) = self.kernel.waiting.get(&wait).cloned() else { return };
        for pid in sleepers {
            if self.kernel.unblock(pid) {
                self.ready(pid, Span(0));
            }
        }
    }

    /// Puts a process to sleep until one of `waits`; alarms go on the agenda.
    pub fn sleep(&mut self, pid: Pid, waits: Vec<Wait>) {
        let now = self.now;
        for wait in &waits {
            if let Wait::Until(due) = wait {
                self.agenda.add(now, *due, Task::Alarm(pid));
            }
        }
        self.kernel.block(pid, waits);
    }

    /// The container with this number.
    pub fn container(&self, number: u64) -> Option<&Container> {
        self.containers.get(&number).map(Rc::as_ref)
    }

    /// The container with this number, to be changed.
    pub fn container_mut(&mut self, number: u64) -> Option<&mut Container> {
        self.containers.get_mut(&number).map(own)
    }

    /// The container whose processes are in a control group.
    pub fn cgroup_container(&self, group: CgroupId) -> Option<u64> {
        self.cgroup_containers.get(&group).copied()
    }

    /// The number of the container with this id.
    pub fn number_of(&self, id: &ContainerId) -> Option<u64> {
        self.container_ids.get(id).copied()
    }

    /// The sha256 of the World's serialised form (postcard): equal for equal Worlds, on every machine.
    pub fn hash(&self) -> Digest {
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        Digest::of(&bytes)
    }
}

impl World {
    /// Passes input on to a container: into its pipe, or to its terminal line by line.
    pub fn feed_input(
        &mut self,
        pipe: Option<crate::kernel::descriptor::PipeId>,
        terminal: Option<crate::kernel::terminal::TerminalId>,
        bytes: &[u8],
    ) {
        if let Some(id) = terminal {
            if let Some(terminal) = self.kernel.terminals.get_mut(&id) {
                own(terminal).input.push_back(String::from_utf8_lossy(bytes).as_ref().into());
            }
            self.wake(Wait::Terminal(id));
        } else if let Some(id) = pipe {
            if let Some(pipe) = self.kernel.pipes.get_mut(&id) {
                pipe.bytes.extend(bytes);
            }
            self.wake(Wait::Pipe(id));
        }
    }

    /// Input has ended.
    pub fn end_input(
        &mut self,
        pipe: Option<crate::kernel::descriptor::PipeId>,
        terminal: Option<crate::kernel::terminal::TerminalId>,
    ) {
        if terminal.is_some() {
            self.feed_input(None, terminal, b"");
        } else if let Some(id) = pipe {
            super::descriptor::leave_pipe(self, id, false);
        }
    }
}
