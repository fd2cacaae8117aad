//! Builds as BuildKit does them: stages worked off side by side, each instruction a step on the layers before it,
//! and a cache of steps by what goes into them.

mod attach;
mod configure;
mod copy;
mod export;
mod graph;
mod progress;
mod run;
mod step;

pub use graph::{Lane, Node, NodeState, at_work, graph};
pub use progress::printed;
pub use run::process_ended;

use crate::agenda::Task;
use crate::build::Fault;
use crate::build::cause::{Cause, Inputs};
use crate::build::dockerfile::{self, Dockerfile};
use crate::build::stage::{self, Base, Stage, Values};
use crate::digest::Digest;
use crate::engine::{World, pull};
use crate::files::Tree;
use crate::image::{Image, Layer};
use crate::kernel::mount::FileSystemId;
use crate::kernel::process::{Pid, Wait};
use crate::reference::Reference;
use crate::shared::{List, Map, own};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// How many builds that ended are kept, to be looked at.
const KEPT: usize = 4;

/// What the builder keeps between builds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Builder {
    /// Builds: those that go on, and the last few that ended.
    pub builds: Map<u64, Rc<Build>>,
    /// Images that were fetched for FROM and are in no list of images.
    pub images: Map<String, Rc<Image>>,
    /// What `RUN --mount=type=cache` keeps, by name.
    pub mounts: Map<String, FileSystemId>,
    /// Steps that were done, by everything that went into them.
    pub cache: Map<Digest, Rc<Cached>>,
}

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cached {
    /// The step as progress lines name it.
    pub name: String,
    /// What went into it.
    pub inputs: Rc<Inputs>,
    /// What it added.
    pub layer: Rc<Layer>,
    /// When.
    pub created: Time,
    /// When it was last used.
    pub used: Time,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The Dockerfile's name, as messages show it.
    pub file: String,
    /// Its text.
    pub text: Rc<str>,
    /// The context, `.dockerignore` applied.
    pub context: Rc<Tree>,
    /// Bytes of the context that were sent.
    pub sent: u64,
    /// Names of the image.
    pub tags: Vec<Reference>,
    /// `--build-arg`.
    pub arguments: Values,
    /// `--label`.
    pub labels: Values,
    /// `--target`.
    pub target: String,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--no-cache-filter`: stages that do without the cache.
    pub no_cache_stages: Vec<String>,
    /// `--pull`: images are fetched although they are here.
    pub pull: bool,
    /// `--network` of every RUN: `default`, `none` or `host`.
    pub network: String,
    /// A RUN may ask for the host's network.
    pub allow_host: bool,
    /// `--secret`: names and what they hold. Gone when the build has ended.
    pub secrets: Vec<(String, Rc<[u8]>)>,
    /// `--build-context`: names and what they stand for.
    pub contexts: Vec<(String, Context)>,
    /// `--add-host`: lines of /etc/hosts.
    pub hosts: Vec<(String, String)>,
    /// `--shm-size`, in bytes.
    pub shm: Option<u64>,
    /// The image goes nowhere: `--output` writes files, or nothing is wanted of it.
    pub unlisted: bool,
}

/// What a named context stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Context {
    /// Files.
    Files(Rc<Tree>),
    /// An image, by name.
    Image(String),
}

/// One build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// What was asked for.
    pub request: Rc<Request>,
    /// When it began.
    pub began: Time,
    /// Whose it is: with its client it ends.
    pub client: Pid,
    /// The stages.
    pub stages: Vec<StageRun>,
    /// Images being fetched: the transfer, the image as written, and the step that shows it.
    pub fetching: Vec<(u64, String, usize)>,
    /// What progress shows, in the order in which it began.
    pub vertices: Vec<Vertex>,
    /// Lines of plain progress so far.
    pub said: List<String>,
    /// The image, or why there is none: the lines around the mistake, and the message.
    pub outcome: Option<Result<Digest, Rc<(String, String)>>>,
}

/// One line of progress: a step, or something the builder does for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vertex {
    /// Its name, such as `[2/3] RUN make`.
    pub name: String,
    /// When it began.
    pub began: Time,
    /// When it ended.
    pub ended: Option<Time>,
    /// It was done before.
    pub cached: bool,
    /// Why it was done anew; nothing for what the builder does for itself.
    pub cause: Option<Cause>,
    /// It failed.
    pub failed: bool,
    /// The layer that it made, or that was there already.
    pub layer: Option<Digest>,
    /// What it printed, with the second it did, a line each.
    pub output: Vec<String>,
}

/// A stage at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRun {
    /// The target needs it.
    pub needed: bool,
    /// Instructions done, FROM as the first.
    pub position: usize,
    /// Steps shown, FROM as the first.
    pub shown: usize,
    /// The layers so far, the base first.
    pub layers: Vec<Rc<Layer>>,
    /// The `config` object so far, as JSON.
    pub config: String,
    /// A CMD of its own was there.
    pub own_command: bool,
    /// How each layer, and each change of the configuration, came about.
    pub history: Vec<History>,
    /// What went into the layers so far.
    pub key: Digest,
    /// ARGs in reach, in order, with their values; one of an earlier ENV of the name is covered.
    pub arguments: Vec<(String, Option<String>)>,
    /// Its MAINTAINER, or that of its base.
    pub author: String,
    /// No step was done since its base image.
    pub fresh: bool,
    /// The last step that was done anew, which those after it depend on.
    pub anew: Option<Rc<str>>,
    /// ONBUILD instructions of the base that are still to do.
    pub triggers: Vec<String>,
    /// How many there were.
    pub triggered: usize,
    /// What it is doing.
    pub state: StageState,
}

/// An entry of an image's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// When; empty for a change of the configuration alone.
    pub created: String,
    /// By what.
    pub by: String,
    /// It made no layer.
    pub empty: bool,
    /// A remark.
    pub comment: String,
}

/// What a stage is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StageState {
    /// Nothing: its next instruction may begin when what it needs is there.
    Idle,
    /// A step that is done at this moment, with its line of progress.
    Busy(Time, usize),
    /// A command in a container of the stage.
    Running(Rc<run::Running>),
    /// Every instruction is done.
    Done,
}

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
        said: List::new(),
        outcome: None,
    };
    let (file, sent) = (build.request.file.clone(), build.request.text.len());
    builder.builds.insert(number, Rc::new(build));
    progress::line(world, number, "#0 building with \"default\" instance using docker driver\n");
    let vertex = progress::open(world, number, &format!("[internal] load build definition from {file}"));
    progress::note(
        world,
        number,
        vertex,
        &format!("transferring dockerfile: {} done", progress::size(sent as u64 + 26)),
    );
    progress::close(world, number, vertex);
    if let Err(fault) = prepare(world, number) {
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
    let needed = stage::needed(&plan.file, &plan.stages, target);
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
            .map_err(|words| Fault::nowhere(format!("failed to parse stage name \"{text}\": {words}")))?
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
    let Some(run) = build.stages.get_mut(at) else { return };
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

impl StageRun {
    fn new(needed: bool) -> Self {
        Self {
            needed,
            position: 0,
            shown: 0,
            layers: Vec::new(),
            config: "{}".to_owned(),
            own_command: false,
            history: Vec::new(),
            key: Digest::of(b""),
            arguments: Vec::new(),
            author: String::new(),
            fresh: false,
            anew: None,
            triggers: Vec::new(),
            triggered: 0,
            state: StageState::Idle,
        }
    }
}
