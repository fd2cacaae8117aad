//! What the Build lens shows: the stages of a build and their steps, what was done before, what runs, waits or failed, and
//! what each takes from where.

use crate::look::{Look, look};
use drydock::cli::units::human_size;
use drydock::decimal::fixed;
use drydock::engine::World;
use drydock::engine::build::{self, Build, NodeState};
use drydock::files::InodeKind;
use drydock::time::{Span, Time};

/// The Build lens, without what moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// The build's number; none was made yet without one.
    pub number: Option<u64>,
    /// What it makes.
    pub title: String,
    /// How far it is, in one sentence.
    pub sub: String,
    /// What was sent: how many files, how much; nothing when no step takes from it.
    pub context: Option<(usize, u64)>,
    /// The stages, the first first.
    pub lanes: Vec<Lane>,
    /// Why it failed: the message, then what the step printed last.
    pub error: Vec<String>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// The target needs it.
    pub needed: bool,
    /// It is the target.
    pub target: bool,
    /// Its steps.
    pub cards: Vec<Card>,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The instruction.
    pub text: String,
    /// Its class: `waits`, `running`, `cached`, `done`, `failed`, `unused`.
    pub state: &'static str,
    /// Its state in words.
    pub word: String,
    /// The layers that it brings: a base brings several.
    pub looks: Vec<Look>,
    /// Their size in bytes.
    pub size: u64,
    /// The stages that it takes from.
    pub from: Vec<usize>,
    /// It takes from the context.
    pub context: bool,
    /// Which input was another than at the build before.
    pub why: String,
}

/// A step at work, at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The stage and the step.
    pub place: (usize, usize),
    /// How far it is in what it does now (0 to 1).
    pub part: f64,
    /// How long it has been at work.
    pub elapsed: String,
}

/// The builds that are kept, the newest first, each with what it makes.
pub fn builds(world: &World) -> Vec<(u64, String)> {
    let mut all: Vec<(u64, String)> = world.builder.builds.iter().map(|(n, b)| (*n, title(b))).collect();
    all.reverse();
    all
}

fn title(build: &Build) -> String {
    match (build.request.tags.first(), &build.outcome) {
        (Some(tag), _) => tag.familiar(),
        (None, Some(Ok(id))) => id.short(),
        _ => "an image without a name".to_owned(),
    }
}

/// The Build lens for a World: the chosen build, or the last one.
pub fn graph(world: &World, chosen: Option<u64>) -> Graph {
    let all = builds(world);
    let found = chosen.and_then(|n| all.iter().find(|b| b.0 == n)).or_else(|| all.first());
    let Some((number, title)) = found else { return Graph::default() };
    let Some(build) = world.builder.builds.get(number) else { return Graph::default() };
    let mut graph = Graph { number: Some(*number), title: title.clone(), ..Graph::default() };
    let lanes = build::graph(world, *number).unwrap_or_default();
    graph.lanes = lanes
        .iter()
        .enumerate()
        .map(|(at, lane)| Lane {
            name: lane.name.clone(),
            needed: lane.needed,
            target: lane.target,
            cards: cards(world, build, at, &lanes),
        })
        .collect();
    let takes = graph.lanes.iter().flat_map(|l| &l.cards).any(|c| c.context);
    graph.context = takes.then(|| {
        let tree = &build.request.context;
        let file = |ino| tree.get(ino).is_some_and(|i| matches!(i.kind, InodeKind::File { .. }));
        (tree.walk().iter().filter(|(_, ino)| file(*ino)).count(), build.request.sent)
    });
    graph.sub = sentence(world, build, &graph);
    if let Some(Err(why)) = &build.outcome {
        graph.error.push(why.1.clone());
        let failed = build.vertices.iter().find(|v| v.failed);
        let output = failed.map_or(&[][..], |v| &v.output);
        graph.error.extend(output[output.len().saturating_sub(3)..].iter().cloned());
    }
    graph
}

fn cards(world: &World, build: &Build, at: usize, lanes: &[build::Lane]) -> Vec<Card> {
    let names: Vec<&str> = lanes.iter().map(|l| l.name.as_str()).collect();
    let lane = &lanes[at];
    let run = build.stages.get(at);
    let layers = run.map_or(&[][..], |r| &r.layers);
    let own = lane.nodes.iter().filter_map(|n| build.vertices.get(n.vertex?)?.layer).count();
    let base = &layers[..layers.len().saturating_sub(own)];
    let mut cards = Vec::new();
    for (n, node) in lane.nodes.iter().enumerate() {
        let vertex = node.vertex.and_then(|v| build.vertices.get(v));
        let made = vertex.and_then(|v| v.layer);
        let brought: Vec<_> = if n == 0 {
            base.iter().collect()
        } else {
            layers.iter().filter(|l| Some(l.diff_id) == made).take(1).collect()
        };
        let took = vertex.map(|v| seconds(v.ended.unwrap_or(world.now).since(v.began)));
        let over = build.outcome.is_some();
        let (state, word) = match (lane.needed, node.state) {
            (false, _) => ("unused", "not needed".to_owned()),
            (_, NodeState::Waiting) if over => ("waits", "not reached".to_owned()),
            (_, NodeState::Waiting) => ("waits", "waits".to_owned()),
            (_, NodeState::Running) => ("running", "running".to_owned()),
            (_, NodeState::Cached) => ("cached", "cached".to_owned()),
            (_, NodeState::Done) => (
                "done",
                took.unwrap_or_else(|| {
                    let base = node.from.first().map(|f| format!("on {}", names[*f]));
                    base.unwrap_or_else(|| "here already".to_owned())
                }),
            ),
            (_, NodeState::Failed) => ("failed", format!("failed, {}", took.unwrap_or_default())),
            (_, NodeState::Canceled) => ("waits", "canceled".to_owned()),
        };
        cards.push(Card {
            // The stage's name stands beside it.
            text: if n == 0 {
                node.text.split(" AS ").next().unwrap_or_default().to_owned()
            } else {
                node.text.clone()
            },
            state,
            word,
            size: brought.iter().map(|l| l.size()).sum(),
            looks: brought.iter().map(|l| look(&l.diff_id)).collect(),
            from: node.from.clone(),
            context: node.context,
            why: vertex.and_then(|v| v.cause.as_ref()).map(|c| c.brief()).unwrap_or_default(),
        });
    }
    cards
}

/// A span as builds print it.
pub fn seconds(span: Span) -> String {
    fixed(span.as_seconds_f64(), 1) + "s"
}

/// How far a build is.
fn sentence(world: &World, build: &Build, graph: &Graph) -> String {
    let of = |state: &str| {
        graph.lanes.iter().filter(|l| l.needed).flat_map(|l| &l.cards).filter(|c| c.state == state).count()
    };
    let (all, cached) = (["waits", "running", "cached", "done", "failed"].map(of), of("cached"));
    let steps: usize = all.iter().sum();
    let last = build.vertices.iter().filter_map(|v| v.ended).max().unwrap_or(build.began);
    let took = seconds(last.since(build.began));
    match &build.outcome {
        None => format!(
            "{steps} steps: {cached} cached, {} done, {} at work, {} to come.",
            of("done"),
            of("running"),
            of("waits")
        ),
        Some(Ok(id)) => {
            let size = world.images.get(id).map(|i| human_size(i.size())).unwrap_or_default();
            format!("Done in {took}: {steps} steps, {cached} of them cached, {size}.")
        }
        Some(Err(_)) => format!("Failed after {took}; no image was made."),
    }
}

/// What is at work in a build at a time.
pub fn turns(world: &World, now: Time, graph: &Graph) -> Vec<Turn> {
    let Some(build) = graph.number.and_then(|n| world.builder.builds.get(&n)) else { return Vec::new() };
    let number = graph.number.unwrap_or_default();
    let mut turns = Vec::new();
    for (at, lane) in build::graph(world, number).unwrap_or_default().iter().enumerate() {
        for (n, node) in lane.nodes.iter().enumerate().filter(|(_, n)| n.state == NodeState::Running) {
            let began = node.vertex.and_then(|v| build.vertices.get(v)).map_or(build.began, |v| v.began);
            let (since, due) = build::at_work(world, number, at).unwrap_or((began, now));
            let part = now.since(since).0 as f64 / due.since(since).0.max(1) as f64;
            turns.push(Turn {
                place: (at, n),
                part: part.clamp(0.0, 1.0),
                elapsed: seconds(now.since(began)),
            });
        }
    }
    turns
}

#[cfg(test)]
mod tests;
