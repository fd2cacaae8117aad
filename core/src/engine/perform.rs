//! What is done when an entry of the agenda is due.

use crate::agenda::Task;
use crate::container::ContainerId;
use crate::engine::{World, health, start, stop, traffic, transfer};
use crate::kernel::process::{ProcessState, Wait};
use crate::time::Span;

/// Does what is due, except stepping processes, which the machine does.
pub fn perform(world: &mut World, task: Task) {
    let number = |world: &World, id: &ContainerId| world.number_of(id);
    match task {
        Task::Run(_) => {}
        Task::Alarm(pid) => {
            let now = world.now;
            let waits = world.kernel.process(pid).map(|p| &p.state);
            let due = matches!(waits, Some(ProcessState::Sleeping(waits))
                if waits.iter().any(|w| matches!(w, Wait::Until(at) if *at <= now)));
            if due && world.kernel.unblock(pid) {
                world.ready(pid, Span(0));
            }
        }
        Task::Packet(flight) => traffic::arrive(world, &flight),
        Task::Answer { transfer, request } => transfer::answered(world, transfer, request),
        Task::Progress(transfer) => transfer::progress(world, transfer),
        Task::Start(id) => {
            if let Some(number) = number(world, &id) {
                start::perform(world, number);
            }
        }
        Task::StopTimeout { container, run } => {
            if let Some(number) = number(world, &container) {
                stop::timed_out(world, number, run);
            }
        }
        Task::Restart { container, run } => {
            if let Some(number) = number(world, &container) {
                stop::restart_due(world, number, run);
            }
        }
        Task::HealthTimeout { stream } => health::timed_out(world, stream),
        Task::Health { container, run } => {
            if let Some(number) = number(world, &container) {
                health::due(world, number, run);
            }
        }
        Task::Build { build, stage } => super::build::perform(world, build, stage),
        Task::Retry { transfer, layer } => super::retry::due(world, transfer, layer),
        Task::Unpacked { transfer, layer } => super::pull::unpacked(world, transfer, layer),
    }
}
