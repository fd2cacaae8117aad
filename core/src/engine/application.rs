//! What was found in the sources of the applications that run in a container, for whoever shows it.

use super::World;
use crate::application::Found;
use crate::memory::Memory;
use crate::memory::tool::State;

/// Ports, routes, files, variables, services and what was not read, with file and line, in the order of the sources.
pub fn found(world: &World, container: u64) -> Vec<Found> {
    let Some(group) = world.cgroup_containers.iter().find(|(_, n)| **n == container).map(|(group, _)| *group)
    else {
        return Vec::new();
    };
    let processes = world.kernel.cgroups.get(&group).map(|g| g.processes.clone()).unwrap_or_default();
    let mut all = Vec::new();
    for process in processes.iter().filter_map(|pid| world.kernel.process(*pid)) {
        if let Memory::Tool(tool) = &process.memory {
            if let State::Application(running) = &tool.state {
                all.extend(running.application.found.iter().cloned());
            }
        }
    }
    all
}
