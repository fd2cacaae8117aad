//! Builds as BuildKit does them: stages worked off side by side, each instruction a step on the layers before it,
//! and a cache of steps by what goes into them.

mod attach;
mod configure;
mod copy;
mod export;
mod graph;
mod progress;
mod lint;
mod run;
mod state;
mod step;

pub use graph::{Lane, Node, NodeState, at_work, graph};
pub use progress::printed;
pub use run::process_ended;
pub use state::{Build, Builder, Cached, Context, History, Request, StageRun, StageState, Vertex};

use crate::agenda::Task;
use crate::build::Fault;
use crate::build::dockerfile::{self, Dockerfile};
use crate::build::stage::{self, Base, Stage, Values};
use crate::engine::{World, pull};
use crate::image::{Image, Layer};
use crate::kernel::process::{Pid, Wait};
use crate::reference::Reference;
use crate::shared::{List, own};
use crate::time::Span;
use std::rc::Rc;

/// How many builds that ended are kept, to be looked at.
const KEPT: usize = 4;

/// A Dockerfile with its stages, read anew from the text that the build keeps.
struct Plan {
    file: Dockerfile,
    stages: Vec<Stage>,
    globals: Values,
}

fn plan(request: &Request) -> Result<Plan, Fault> {
    let file = dockerfile::parse(&request.text)?;
    let (mut stages, globals) = stage::stages(&file, &request.arguments, &request.target)?;
    for stage in &mut stages {
        // A named context stands for the stage of its name.
        if request.contexts.iter().any(|(name, _)| *name == stage.name) {
            (stage.base, stage.end) = (Base::Image(stage.name.clone()), stage.from + 1);
        }
    }
    stage::order(&file, &stages)?;
    Ok(Plan { file, stages, globals })
}

fn get(world: &World, number: u64) -> Option<&Build> {
    world.builder.builds.get(&number).map(Rc::as_ref)
}

fn get_mut(world: &mut World, number: u64) -> Option<&mut Build> {
    own(&mut world.builder).builds.get_mut(&number).map(own)
}

/// Begins a build; its number, which its client waits on.
pub fn begin(world: &mut World, request: Request, client: Pid) -> u64 {
    let number = world.kernel.fresh_id();
    let builder = own(&mut world.builder);
    let ended: Vec<u64> =
        builder.builds.iter().filter(|(_, b)| b.outcome.is_some()).map(|(n, _)| *n).collect();
    for old in ended.iter().rev().skip(KEPT - 1) {
        builder.builds.remove(old);
    }
    let build = Build {
        request: Rc::new(request),
        began: world.now,
        client,
        stages: Vec::new(),
        fetching: Vec::new(),
        vertices: Vec::new(),
        warnings: Vec::new(),
        checked: false,
        current: None,
        said: List::new(),
        outcome: None,
    };
    let (file, sent) = (build.request.file.clone(), build.request.text.len());
    builder.builds.insert(number, Rc::new(build));
    progress::line(world, number, "#0 building with \"default\" instance using docker driver");
    let vertex = progress::open(world, number, &format!("[internal] load build definition from {file}"));
    progress::note(
        world,
        number,
        vertex,
        &format!("transferring dockerfile: {} done", progress::size(sent as u64 + 26)),
    );
    let begun = lint::reading(world, number, vertex);
    progress::close(world, number, vertex);
    if let Err(fault) = begun.and_then(|()| prepare(world, number)) {
        fail(world, number, &fault);
    }
    number
}

/// Reads the Dockerfile, and fetches the images that are needed and not here.
fn prepare(world: &mut World, number: u64) -> Result<(), Fault> {
    let Some(build) = get(world, number) else { return Ok(()) };
    let request = build.request.clone();
    let plan = plan(&request)?;
    let target = stage::target(&plan.stages, &request.target)?;
    if request.call == "targets" {
        if let Some(build) = get_mut(world, number) {
            build.outcome = Some(Ok(crate::digest::Digest::of(b"")));
        }
        return Ok(());
    }
    let needed = match request.call.as_str() {
        // The checks look at every stage when none is named.
        "check" if request.target.is_empty() => vec![true; plan.stages.len()],
        _ => stage::needed(&plan.file, &plan.stages, target),
    };
    let mut images: Vec<String> = Vec::new();
    for at in (0..plan.stages.len()).filter(|at| needed[*at]) {
        let sources = stage::sources(&plan.file, &plan.stages, at);
        for base in [plan.stages[at].base.clone()].into_iter().chain(sources) {
            if let Base::Image(text) = base {
                if !images.contains(&text) {
                    images.push(text);
                }
            }
        }
    }
    let stages = needed.into_iter().map(StageRun::new).collect();
    if let Some(build) = get_mut(world, number) {
        build.stages = stages;
    }
    for text in images {
        let text = match named(&request, &text) {
            Some(Context::Files(_)) => continue,
            Some(Context::Image(other)) => other.clone(),
            None => text,
        };
        let reference = Reference::parse(&text)
            .map_err(|words| {
                let message = format!("failed to parse stage name \"{text}\": {words}");
                let stage = plan.stages.iter().find(|s| s.base_text == text);
                stage.map_or_else(
                    || Fault::nowhere(message.clone()),
                    |s| plan.file.instructions[s.from].fault(message.clone()),
                )
            })?
            .with_default_tag();
        let vertex = progress::open(world, number, &format!("[internal] load metadata for {reference}"));
        if !request.pull && image(world, &text).is_some() {
            progress::close(world, number, vertex);
            continue;
        }
        let transfer = pull::begin(world, reference);
        if let Some(transfer) = super::transfer::get_mut(world, transfer) {
            transfer.build = Some(number);
        }
        if let Some(build) = get_mut(world, number) {
            build.fetching.push((transfer, text, vertex));
        }
    }
    let vertex = progress::open(world, number, "[internal] load .dockerignore");
    progress::note(world, number, vertex, "transferring context: 2B done");
    progress::close(world, number, vertex);
    poke(world, number);
    Ok(())
}

/// An image by the name a Dockerfile has for it: of the host, or fetched for a build.
fn image(world: &World, text: &str) -> Option<Rc<Image>> {
    world.images.resolve(text).or_else(|| world.builder.images.get(text)).cloned()
}

/// What a name stands for by `--build-context`: the name itself, or the image that it means.
fn named<'a>(request: &'a Request, text: &str) -> Option<&'a Context> {
    let full = |text: &str| Reference::parse(text).map(|r| r.with_default_tag().to_string()).ok();
    let wanted = full(text);
    let mut contexts = request.contexts.iter();
    contexts.find(|(name, _)| name == text || (wanted.is_some() && full(name) == wanted)).map(|(_, c)| c)
}

/// The layers of what a Dockerfile names that is no stage, and the configuration of an image.
fn layers_of(world: &World, number: u64, text: &str) -> Option<(Vec<Rc<Layer>>, Option<Rc<Image>>)> {
    let request = &get(world, number)?.request;
    let image = match named(request, text) {
        Some(Context::Files(tree)) => return Some((vec![Rc::new(Layer::from_tree(tree))], None)),
        Some(Context::Image(other)) => image(world, other)?,
        None => image(world, text)?,
    };
    Some((image.layers.clone(), Some(image)))
}

/// A transfer of a build has ended.
pub fn fetched(world: &mut World, transfer: u64) {
    let Some(done) = world.transfers.get(&transfer).cloned() else { return };
    let Some(number) = done.build else { return };
    let Some(build) = get_mut(world, number) else { return };
    let Some(at) = build.fetching.iter().position(|f| f.0 == transfer) else { return };
    let (_, text, vertex) = build.fetching.remove(at);
    world.transfers.remove(&transfer);
    match (&done.outcome, &done.fetched) {
        (Some(Ok(_)), Some(image)) => {
            own(&mut world.builder).images.insert(text, image.clone());
            progress::close(world, number, vertex);
            poke(world, number);
        }
        (Some(Err(error)), _) => {
            let shown = done.reference.to_string();
            let why = match error.0 {
                404 if error.1.starts_with("pull access denied") => "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed".to_owned(),
                404 => format!("{shown}: not found"),
                _ => error.1.clone(),
            };
            let message = format!("{text}: failed to resolve source metadata for {shown}: {why}");
            progress::failed(world, number, vertex, &message);
            let line = get(world, number).and_then(|b| plan(&b.request).ok()).and_then(|p| {
                let stage = p.stages.iter().find(|s| s.base_text == text)?;
                Some(p.file.instructions[stage.from].first)
            });
            fail(world, number, &Fault { first: line.unwrap_or(0), last: line.unwrap_or(0), message });
        }
        _ => {}
    }
}

/// Lets every stage look whether it can go on.
fn poke(world: &mut World, number: u64) {
    let Some(build) = get(world, number) else { return };
    let idle: Vec<usize> = (0..build.stages.len())
        .filter(|at| build.stages[*at].needed && build.stages[*at].state == StageState::Idle)
        .collect();
    for stage in idle {
        world.schedule(Span::millis(1), Task::Build { build: number, stage });
    }
    world.wake(Wait::Daemon(number));
}

/// A stage's turn.
pub fn perform(world: &mut World, number: u64, at: usize) {
    let now = world.now;
    let client = get(world, number).and_then(|b| world.kernel.process(b.client));
    if client.is_none_or(|p| p.is_zombie()) {
        return fail(world, number, &Fault::nowhere("Canceled: context canceled".to_owned()));
    }
    let Some(build) = get_mut(world, number).filter(|b| b.outcome.is_none() && b.fetching.is_empty()) else {
        return;
    };
    if !build.checked {
        build.checked = true;
        if let Err(fault) = lint::stages(world, number) {
            return fail(world, number, &fault);
        }
        if get(world, number).is_none_or(|b| b.outcome.is_some()) {
            return world.wake(Wait::Daemon(number));
        }
    }
    let Some(run) = get_mut(world, number).and_then(|b| b.stages.get_mut(at)) else { return };
    match run.state {
        StageState::Busy(until, vertex) if until <= now => {
            run.state = StageState::Idle;
            progress::close(world, number, vertex);
        }
        StageState::Idle => {}
        _ => return,
    }
    let Some(Ok(plan)) = get(world, number).map(|b| plan(&b.request)) else { return };
    match step::go_on(world, number, &plan, at) {
        Ok(()) => {}
        Err(fault) => fail(world, number, &fault),
    }
    let done = get(world, number).is_some_and(|b| b.stages[at].state == StageState::Done);
    if done {
        let target = get(world, number).and_then(|b| stage::target(&plan.stages, &b.request.target).ok());
        if target == Some(at) {
            export::export(world, number, &plan, at);
        }
        poke(world, number);
    }
    world.wake(Wait::Daemon(number));
}

/// Ends a build without an image. What runs for it is ended; the images are as they were.
fn fail(world: &mut World, number: u64, fault: &Fault) {
    let Some(build) = get_mut(world, number) else { return };
    let excerpt = fault.excerpt(&build.request.file, &build.request.text);
    own(&mut build.request).secrets.clear();
    build.outcome = Some(Err(Rc::new((excerpt, fault.message.clone()))));
    run::stop_all(world, number);
    world.wake(Wait::Daemon(number));
}

/// The files of an image, all layers in one.
pub fn files(image: &Image) -> crate::files::Tree {
    step::merged(&image.layers).subtree("/")
}
