//! The agenda: everything in progress, each entry with the time it began and the time it is due.

use crate::container::ContainerId;
use crate::kernel::process::Pid;
use crate::kernel::socket::SocketId;
use crate::net::packet::Packet;
use crate::net::walk::Walk;
use crate::shared::Map;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An entry's place: due time first, then the order of insertion (law 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId {
    /// When it is due.
    pub due: Time,
    /// Which insertion it was.
    pub order: u64,
}

/// Work that has begun and is not done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it began.
    pub since: Time,
    /// What is to be done when it is due.
    pub task: Task,
}

/// Work on the agenda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Step a process.
    Run(Pid),
    /// Wake a process that sleeps until this moment.
    Alarm(Pid),
    /// A packet arrives, or is found to be dropped.
    Packet(Rc<Flight>),
    /// A registry's answer to a request of this transfer has arrived.
    Answer {
        /// The transfer.
        transfer: u64,
        /// Which of its requests.
        request: u64,
    },
    /// A layer of this transfer is unpacked.
    Unpacked {
        /// The transfer.
        transfer: u64,
        /// Which of its layers.
        layer: usize,
    },
    /// A layer of this transfer that failed waits a second more, or is tried again.
    Retry {
        /// The transfer.
        transfer: u64,
        /// Which of its layers.
        layer: usize,
    },
    /// Refresh the progress lines of a transfer.
    Progress(u64),
    /// The runtime has made the container's namespaces: its first process begins.
    Start(ContainerId),
    /// A stop's patience has ended: SIGKILL follows.
    StopTimeout {
        /// The container.
        container: ContainerId,
        /// Which run of it: a later start must not be hit.
        run: u64,
    },
    /// The restart policy starts the container again.
    Restart {
        /// The container.
        container: ContainerId,
        /// Which run of it had ended.
        run: u64,
    },
    /// A stage of a build may go on.
    Build {
        /// The build.
        build: u64,
        /// The stage.
        stage: usize,
    },
    /// The health check of a container is due.
    /// A health check has had its time.
    HealthTimeout {
        /// The stream of its process.
        stream: u64,
    },
    /// A health check is due.
    Health {
        /// The container.
        container: ContainerId,
        /// Which run of it.
        run: u64,
    },
}

/// A packet on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flight {
    /// The packet as it was sent.
    pub packet: Packet,
    /// Every hop, and where the way ends.
    pub walk: Walk,
    /// The socket that sent it.
    pub from: SocketId,
    /// The socket it is for, once known.
    pub to: Option<SocketId>,
    /// What it says at its own layer, for people: `GET / HTTP/1.1`, `SYN`.
    pub label: Rc<str>,
}

/// What is to be done, ordered by due time and then by insertion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agenda {
    entries: Map<EntryId, Entry>,
    order: u64,
}

impl Agenda {
    /// Adds work that began at `since` and is due at `due`.
    pub fn add(&mut self, since: Time, due: Time, task: Task) -> EntryId {
        self.order += 1;
        let id = EntryId { due: due.max(since), order: self.order };
        self.entries.insert(id, Entry { since, task });
        id
    }
    /// Takes the first entry that is due at `until` or before.
    pub fn take_due(&mut self, until: Time) -> Option<(EntryId, Entry)> {
        let id = self.entries.first().map(|(id, _)| *id)?;
        if id.due > until {
            return None;
        }
        self.entries.remove(&id).map(|entry| (id, entry))
    }
    /// Takes an entry off before it is due.
    pub fn cancel(&mut self, id: EntryId) {
        self.entries.remove(&id);
    }
    /// When the next entry is due.
    pub fn next_due(&self) -> Option<Time> {
        self.entries.first().map(|(id, _)| id.due)
    }
    /// Everything in progress, soonest first.
    pub fn iter(&self) -> impl Iterator<Item = (&EntryId, &Entry)> {
        self.entries.iter()
    }
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// True when nothing is in progress.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
