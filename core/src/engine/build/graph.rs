//! A build as a graph, read from what the builder keeps of it: its stages, their steps, and what each takes from where.

use super::step::{label, onbuild};
use super::{Build, Plan, StageRun, StageState, get, image, plan};
use crate::agenda::Task;
use crate::build::dockerfile::{self, Instruction};
use crate::build::stage::{self, Base};
use crate::engine::World;
use crate::engine::transfer::LayerState;
use crate::time::Time;

/// A stage of a build.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name: `AS name`, or `stage-0`.
    pub name: String,
    /// The target needs it.
    pub needed: bool,
    /// It is the target.
    pub target: bool,
    /// FROM, then every instruction that makes a layer.
    pub nodes: Vec<Node>,
}

/// A step of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The instruction on one line.
    pub text: String,
    /// Its first and last line in the Dockerfile.
    pub lines: (usize, usize),
    /// Its place among the build's vertices, once it has begun.
    pub vertex: Option<usize>,
    /// How far it is.
    pub state: NodeState,
    /// The stages that it takes files from, or is based on.
    pub from: Vec<usize>,
    /// It takes files from the context.
    pub context: bool,
    /// The instructions after it that change the configuration alone.
    pub settings: Vec<String>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Not begun.
    Waiting,
    /// At work.
    Running,
    /// Taken from an earlier build.
    Cached,
    /// Done in this build.
    Done,
    /// It failed.
    Failed,
    /// Ended before its end, because another step failed.
    Canceled,
}

/// The graph of a build; nothing when its Dockerfile cannot be read.
pub fn graph(world: &World, number: u64) -> Option<Vec<Lane>> {
    let build = get(world, number)?;
    let plan = plan(&build.request).ok()?;
    let target = stage::target(&plan.stages, &build.request.target).ok()?;
    let needed = stage::needed(&plan.file, &plan.stages, target);
    let lanes = (0..plan.stages.len()).map(|at| {
        let own = &plan.stages[at];
        let name = if own.name.is_empty() { format!("stage-{at}") } else { own.name.clone() };
        let nodes = nodes(world, build, &plan, at);
        Lane { name, needed: needed[at], target: at == target, nodes }
    });
    Some(lanes.collect())
}

/// The steps of a stage: FROM, what the base asks for (ONBUILD), and the stage's own.
fn nodes(world: &World, build: &Build, plan: &Plan, at: usize) -> Vec<Node> {
    let own = &plan.stages[at];
    let mut nodes = vec![from(build, plan, at)];
    let mut instructions: Vec<Instruction> = Vec::new();
    let mut triggered = 0;
    if let Base::Image(text) = &own.base {
        let config = image(world, text).and_then(|i| i.json.get("config").map(ToString::to_string));
        for trigger in config.iter().flat_map(|c| onbuild(c)) {
            triggered += 1;
            let line = plan.file.instructions[own.from].first;
            let read = dockerfile::parse(&trigger).ok().and_then(|f| f.instructions.into_iter().next());
            instructions.extend(read.map(|i| Instruction { first: line, last: line, ..i }));
        }
    }
    instructions.extend_from_slice(&plan.file.instructions[own.from + 1..own.end]);
    let mut shown = 1;
    for instruction in &instructions {
        let text = instruction.shown();
        if !stage::makes_layer(instruction) {
            nodes[shown - 1].settings.push(text);
            continue;
        }
        shown += 1;
        let begun = label(plan, at, shown, triggered);
        let vertex = build.vertices.iter().position(|v| v.name.starts_with(&begun));
        let takes = stage::sources_of(instruction, &plan.stages[..at]);
        let copies = matches!(instruction.name.as_str(), "COPY" | "ADD");
        nodes.push(Node {
            text,
            lines: (instruction.first, instruction.last),
            vertex,
            state: vertex.map_or(NodeState::Waiting, |v| state(build, v)),
            context: copies && instruction.flag("from").is_none(),
            from: takes.iter().filter_map(stage_of).collect(),
            settings: Vec::new(),
        });
    }
    nodes
}

fn stage_of(base: &Base) -> Option<usize> {
    if let Base::Stage(at) = base { Some(*at) } else { None }
}

/// FROM: its image may still be on its way, and only the first FROM of an image is shown among the vertices.
fn from(build: &Build, plan: &Plan, at: usize) -> Node {
    let own = &plan.stages[at];
    let instruction = &plan.file.instructions[own.from];
    let begun = build.stages.get(at).is_some_and(|s| s.position > 0);
    let fetching = build.fetching.iter().find(|f| f.1 == own.base_text).map(|f| f.2);
    let failed = build.vertices.iter().position(|v| v.failed && v.name.contains("load metadata"));
    let vertex = build.vertices.iter().position(|v| v.name.starts_with(&label(plan, at, 1, 0)));
    let vertex = vertex.or(fetching).or(failed.filter(|_| matches!(own.base, Base::Image(_))));
    let state = match vertex {
        Some(vertex) => state(build, vertex),
        None if begun => NodeState::Done,
        None => NodeState::Waiting,
    };
    Node {
        text: instruction.shown(),
        lines: (instruction.first, instruction.last),
        vertex,
        state,
        from: stage_of(&own.base).into_iter().collect(),
        context: false,
        settings: Vec::new(),
    }
}

fn state(build: &Build, vertex: usize) -> NodeState {
    let vertex = &build.vertices[vertex];
    match (vertex.failed, vertex.cached, vertex.ended) {
        (true, ..) => NodeState::Failed,
        (_, true, _) => NodeState::Cached,
        (.., Some(_)) => NodeState::Done,
        _ if build.outcome.is_some() => NodeState::Canceled,
        _ => NodeState::Running,
    }
}

/// What a stage is at: since when, and when that is due. A command is at its next turn, a base at its next layer.
pub fn at_work(world: &World, number: u64, at: usize) -> Option<(Time, Time)> {
    let build = get(world, number)?;
    let run: &StageRun = build.stages.get(at)?;
    let of = |wanted: &dyn Fn(&Task) -> bool| {
        let due = world.agenda.iter().find(|(_, entry)| wanted(&entry.task));
        due.map(|(id, entry)| (entry.since, id.due))
    };
    match &run.state {
        StageState::Busy(until, vertex) => Some((build.vertices.get(*vertex)?.began, *until)),
        StageState::Running(running) => {
            let group = world.kernel.cgroups.get(&running.cgroup)?;
            of(
                &|task| matches!(task, Task::Run(pid) | Task::Alarm(pid) if group.processes.contains(pid) || *pid == running.pid),
            )
        }
        _ => {
            let transfer = world.transfers.get(&build.fetching.first()?.0)?;
            let moving = transfer.layers.iter().find_map(|l| match l.state {
                LayerState::Moving(since, due) | LayerState::Extracting(since, due) => Some((since, due)),
                _ => None,
            });
            let asked = transfer.requests.values().next().map(|r| (r.since, r.due));
            moving.or(asked)
        }
    }
}
