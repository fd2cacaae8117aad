//! One instruction after the other: what changes the configuration is done at once, what makes a layer is taken
//! from the cache or worked out.

use super::configure::{configure, cover, environment, variable};
use super::{
    Cached, History, Plan, StageRun, StageState, attach, copy, get, get_mut, layers_of, progress, run,
};
use crate::agenda::Task;
use crate::build::Fault;
use crate::build::cause::{self, Cause, Input, Inputs, Kind};
use crate::build::dockerfile::{self, Instruction};
use crate::build::stage::{self, Base};
use crate::digest::Digest;
use crate::engine::{World, execute};
use crate::event::What;
use crate::files::{Overlay, Tree};
use crate::image::change::words::{self, expand};
use crate::image::{Layer, change};
use crate::kernel::mount::FileSystem;
use crate::shared::own;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::rc::Rc;

/// A step that makes a layer, with its variables replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// As progress names it.
    pub name: String,
    /// As the image's history names it.
    pub by: String,
    /// Everything that goes into the layer.
    pub inputs: Inputs,
    /// The digest of it.
    pub key: Digest,
    /// The lines it is on.
    pub lines: (usize, usize),
}

pub(super) fn stage_run(world: &World, number: u64, at: usize) -> Option<&StageRun> {
    get(world, number)?.stages.get(at)
}

pub(super) fn stage_run_mut(world: &mut World, number: u64, at: usize) -> Option<&mut StageRun> {
    get_mut(world, number)?.stages.get_mut(at)
}

/// Goes on with a stage as far as it can now.
pub(super) fn go_on(world: &mut World, number: u64, plan: &Plan, at: usize) -> Result<(), Fault> {
    loop {
        let Some(run) = stage_run(world, number, at).filter(|r| r.state == StageState::Idle) else {
            return Ok(());
        };
        if run.position == 0 {
            if !begin(world, number, plan, at)? {
                return Ok(());
            }
            continue;
        }
        let Some(instruction) = next(plan, run, at)? else {
            if let Some(run) = stage_run_mut(world, number, at) {
                run.state = StageState::Done;
            }
            return Ok(());
        };
        let ready = stage::sources_of(&instruction, &plan.stages[..at])
            .iter()
            .all(|s| !matches!(s, Base::Stage(other) if stage_run(world, number, *other).is_none_or(|r| r.state != StageState::Done)));
        if !ready {
            return Ok(());
        }
        if stage::makes_layer(&instruction) {
            layered(world, number, plan, at, &instruction)?;
        } else {
            configure(world, number, plan, at, &instruction)?;
        }
    }
}

/// The next instruction: a trigger of the base, or the stage's own.
fn next(plan: &Plan, run: &StageRun, at: usize) -> Result<Option<Instruction>, Fault> {
    let stage = &plan.stages[at];
    if let Some(trigger) = run.triggers.first() {
        let mut file = dockerfile::parse(trigger)?;
        let mut instruction = file.instructions.remove(0);
        (instruction.first, instruction.last) = (plan.file.instructions[stage.from].first, 0);
        return Ok(Some(instruction));
    }
    Ok(plan.file.instructions[stage.from + 1..stage.end].get(run.position - 1).cloned())
}

/// An instruction is done.
pub(super) fn pass(run: &mut StageRun) {
    if run.triggers.is_empty() {
        run.position += 1;
    } else {
        run.triggers.remove(0);
    }
}

/// FROM: false while the stage it is based on is not done.
fn begin(world: &mut World, number: u64, plan: &Plan, at: usize) -> Result<bool, Fault> {
    let stage = &plan.stages[at];
    let mut run = StageRun { position: 1, shown: 1, ..StageRun::new(true) };
    match &stage.base {
        Base::Scratch => {}
        Base::Stage(other) => {
            let Some(base) = stage_run(world, number, *other).filter(|b| b.state == StageState::Done) else {
                return Ok(false);
            };
            (run.layers, run.config) = (base.layers.clone(), base.config.clone());
            (run.history, run.key) = (base.history.clone(), base.key);
            (run.arguments, run.anew) = (base.arguments.clone(), base.anew.clone());
            run.author.clone_from(&base.author);
        }
        Base::Image(text) => {
            let Some((layers, base)) = layers_of(world, number, text) else { return Ok(false) };
            run.layers = layers;
            if let Some(base) = base {
                from_image(&mut run, &base);
            }
            let ids: Vec<String> = run.layers.iter().map(|l| l.diff_id.to_string()).collect();
            (run.key, run.fresh) = (Digest::of(ids.join(" ").as_bytes()), true);
            let triggered = onbuild(&run.config).len();
            let shown = crate::reference::Reference::parse(text).map(|r| r.with_default_tag().to_string());
            let end = format!("FROM {}", shown.unwrap_or_else(|_| text.clone()));
            let name = format!("{}{end}", label(plan, at, 1, triggered));
            let there = get(world, number).is_some_and(|b| b.vertices.iter().any(|v| v.name.ends_with(&end)));
            if !there {
                let vertex = progress::open(world, number, &name);
                progress::close(world, number, vertex);
            }
        }
    }
    let mut config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    run.triggers = onbuild(&run.config);
    run.triggered = run.triggers.len();
    if let Some(members) = config.as_object_mut() {
        members.remove("OnBuild");
    }
    let env = config["Env"].as_array().cloned().unwrap_or_default();
    if !env.iter().any(|e| e.as_str().is_some_and(|e| e.starts_with("PATH="))) {
        let path = Value::from(format!("PATH={}", execute::DEFAULT_PATH));
        config["Env"] = env.into_iter().chain([path]).collect();
    }
    run.config = config.to_string();
    let env = environment(&run);
    cover(&mut run.arguments, &env);
    load_context(world, number, plan);
    if let Some(place) = stage_run_mut(world, number, at) {
        *place = run;
    }
    Ok(true)
}

fn from_image(run: &mut StageRun, base: &crate::image::Image) {
    run.config = base.json.get("config").map_or_else(|| "{}".to_owned(), Value::to_string);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let entries = base.json["history"].as_array().cloned().unwrap_or_default();
    run.history = entries
        .iter()
        .map(|e| History {
            created: text(e, "created"),
            by: text(e, "created_by"),
            empty: e["empty_layer"].as_bool().unwrap_or(false),
            comment: text(e, "comment"),
        })
        .collect();
    base.json["author"].as_str().unwrap_or_default().clone_into(&mut run.author);
}

/// The context is sent once, when a stage that copies from it begins.
fn load_context(world: &mut World, number: u64, plan: &Plan) {
    const NAME: &str = "[internal] load build context";
    let copies = |i: &Instruction| matches!(i.name.as_str(), "COPY" | "ADD") && i.flag("from").is_none();
    let Some(build) = get(world, number) else { return };
    if build.vertices.iter().any(|v| v.name == NAME) || !plan.file.instructions.iter().any(copies) {
        return;
    }
    let sent = build.request.sent;
    let vertex = progress::open(world, number, NAME);
    progress::note(world, number, vertex, &format!("transferring context: {} done", progress::size(sent)));
    progress::close(world, number, vertex);
}

/// The ONBUILD instructions in a configuration.
pub(super) fn onbuild(config: &str) -> Vec<String> {
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    serde_json::from_value(config["OnBuild"].clone()).unwrap_or_default()
}

/// `[stage 2/4] `.
pub(super) fn label(plan: &Plan, at: usize, step: usize, triggered: usize) -> String {
    let stage = &plan.stages[at];
    let own = stage::steps(&plan.file.instructions[stage.from + 1..stage.end]);
    let total = (own + triggered).to_string();
    let name = match (stage.name.as_str(), plan.stages.len()) {
        ("", 1) => String::new(),
        ("", _) => format!("stage-{at} "),
        (name, _) => format!("{name} "),
    };
    format!("[{name}{step:>width$}/{total}] ", width = total.len())
}

/// An instruction that makes a layer.
fn layered(
    world: &mut World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
) -> Result<(), Fault> {
    let Some(run) = stage_run(world, number, at) else { return Ok(()) };
    let label = label(plan, at, run.shown + 1, run.triggered);
    let mut step = Step {
        name: format!("{label}{}", shown(plan, run, instruction)),
        by: String::new(),
        inputs: vec![Input::Before(run.key), Input::Text(whole(instruction).into())],
        key: run.key,
        lines: (instruction.first, instruction.last),
    };
    let work = match instruction.name.as_str() {
        "WORKDIR" => workdir(world, number, plan, at, instruction, &mut step)?,
        "RUN" => {
            let command = run::command(run, instruction).map_err(|words| instruction.fault(words))?;
            step.by = run::history(run, &command);
            run::inputs(run, &mut step.inputs);
            let network = run::network(world, number, instruction, &mut step.inputs)?;
            let wanted = attach::wanted(world, number, plan, at, instruction, &mut step.inputs)?;
            Work::Command(command, network, wanted)
        }
        _ => {
            let (tree, by) = copy::copy(world, number, plan, at, instruction, &mut step.inputs)?;
            step.by = by;
            Work::Tree(Rc::new(tree))
        }
    };
    step.key = cause::key(&step.inputs);
    if let Some(run) = stage_run_mut(world, number, at) {
        run.shown += 1;
    }
    if reuse(world, number, plan, at, &step) {
        return Ok(());
    }
    let vertex = progress::open(world, number, &step.name);
    anew(world, number, plan, at, &step, vertex);
    match work {
        Work::Command(command, network, wanted) => {
            let mounts = attach::mounts(world, wanted);
            run::start(world, number, at, step, vertex, (command, network, mounts))
        }
        Work::Tree(tree) => {
            let span = Span::millis(10 + tree.size() / 200_000);
            let now = world.now;
            finish(world, number, at, &step, &tree);
            if let Some(run) = stage_run_mut(world, number, at) {
                run.state = StageState::Busy(now + span, vertex);
            }
            world.schedule(span, Task::Build { build: number, stage: at });
            Ok(())
        }
    }
}

enum Work {
    Tree(Rc<Tree>),
    Command(Vec<String>, run::Network, attach::Wanted),
}

/// An instruction with everything that belongs to it, as it is written.
fn whole(instruction: &Instruction) -> String {
    let mut text = instruction.shown();
    for document in &instruction.documents {
        text.push_str(&format!("\n{}{}", document.text, document.name));
    }
    text
}

/// An instruction as progress shows it: variables replaced, and the first line of a here-document.
fn shown(plan: &Plan, run: &StageRun, instruction: &Instruction) -> String {
    let text = instruction.shown();
    let known = |name: &str| variable(run, name);
    if instruction.name != "RUN" {
        return expand(&plan.file.plain(&text), &known).unwrap_or(text);
    }
    let mut text = words::replace_known(&plan.file.plain(&text), &known).unwrap_or(text);
    if let Some(document) = instruction.documents.first().filter(|_| run::alone(instruction)) {
        let inner = document.text.trim();
        let mut lines = inner.lines();
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!(" ({first}{})", if lines.next().is_some() { "..." } else { "" }));
    }
    text
}

fn workdir(
    world: &mut World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
    step: &mut Step,
) -> Result<Work, Fault> {
    let Some(run) = stage_run(world, number, at) else { return Ok(Work::Tree(Rc::default())) };
    let mut config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    let lookup = |name: &str| variable(run, name);
    let text = plan.file.plain(&instruction.text);
    change::apply(&mut config, &mut false, "WORKDIR", &text, &lookup)
        .map_err(|words| instruction.fault(words))?;
    let path = config["WorkingDir"].as_str().unwrap_or("/").to_owned();
    let user = config["User"].as_str().unwrap_or_default();
    let owner = copy::owner(run, user).map_err(|words| instruction.fault(words))?;
    step.by = format!("WORKDIR {path}");
    step.inputs.push(Input::Value(Kind::Setting, "WORKDIR".into(), path.as_str().into()));
    step.inputs.push(Input::Value(Kind::Setting, "USER".into(), user.into()));
    let config = config.to_string();
    let work = Work::Tree(Rc::new(copy::directory(run, &path, owner, world.now.unix_micros())));
    if let Some(run) = stage_run_mut(world, number, at) {
        run.config = config;
    }
    Ok(work)
}

/// Takes a step from the cache; false when it is not there or not wanted.
fn reuse(world: &mut World, number: u64, plan: &Plan, at: usize, step: &Step) -> bool {
    if uncached(world, number, plan, at) {
        return false;
    }
    let now = world.now;
    let builder = own(&mut world.builder);
    let Some(cached) = builder.cache.get_mut(&step.key).map(own) else { return false };
    cached.used = now;
    let (layer, created) = (cached.layer.clone(), cached.created.rfc3339());
    progress::cached(world, number, &step.name);
    world.note(What::Step { build: number, step: step.name.clone(), cause: None });
    keep(world, number, at, step, layer, created);
    true
}

/// True when the cache is not to be used for a stage.
fn uncached(world: &World, number: u64, plan: &Plan, at: usize) -> bool {
    let Some(build) = get(world, number) else { return false };
    let name = &plan.stages[at].name;
    build.request.no_cache || build.request.no_cache_stages.iter().any(|n| n == name && !n.is_empty())
}

/// A step is done anew: says why.
fn anew(world: &mut World, number: u64, plan: &Plan, at: usize, step: &Step, vertex: usize) {
    let Some(run) = stage_run(world, number, at) else { return };
    let cause = if uncached(world, number, plan, at) {
        Cause::Asked
    } else {
        let base = match &plan.stages[at].base {
            Base::Image(text) if run.fresh => Some(text.as_str()),
            _ => None,
        };
        let place = cause::Place { anew: run.anew.as_deref(), base };
        // What this very build has done is no earlier step.
        let began = get(world, number).map_or(world.now, |b| b.began);
        let kept = world.builder.cache.values().map(Rc::as_ref);
        let mut earlier: Vec<&Cached> = kept.filter(|c| c.created < began).collect();
        earlier.sort_by_key(|c| (c.used, c.created));
        cause::cause(&step.inputs, earlier.iter().map(|c| &c.inputs[..]), place)
    };
    if let Some(run) = stage_run_mut(world, number, at) {
        run.anew = Some(step.name.as_str().into());
    }
    if let Some(build) = get_mut(world, number) {
        build.vertices[vertex].cause = Some(cause.clone());
    }
    world.note(What::Step { build: number, step: step.name.clone(), cause: Some(cause) });
}

/// A step has come to its files: they are its layer, kept for the next build.
pub(super) fn finish(world: &mut World, number: u64, at: usize, step: &Step, tree: &Tree) {
    let layer = Rc::new(Layer::from_tree(tree));
    let now = world.now;
    let inputs = Rc::new(step.inputs.clone());
    let cached = Cached { name: step.name.clone(), inputs, layer: layer.clone(), created: now, used: now };
    own(&mut world.builder).cache.insert(step.key, Rc::new(cached));
    keep(world, number, at, step, layer, now.rfc3339());
}

fn keep(world: &mut World, number: u64, at: usize, step: &Step, layer: Rc<Layer>, created: String) {
    let empty = step.by == "WORKDIR /";
    let Some(build) = get_mut(world, number) else { return };
    if let Some(vertex) = build.vertices.iter_mut().rev().find(|v| v.name == step.name && !empty) {
        vertex.layer = Some(layer.diff_id);
    }
    let Some(run) = build.stages.get_mut(at) else { return };
    run.history.push(History {
        created: if empty { String::new() } else { created },
        by: step.by.clone(),
        empty,
        comment: "buildkit.dockerfile.v0".to_owned(),
    });
    if !empty {
        run.layers.push(layer);
        run.key = step.key;
        run.fresh = false;
    }
    pass(run);
}

/// What a stage, an image or the context holds, as one file system.
pub(super) fn merged(layers: &[Rc<Layer>]) -> FileSystem {
    FileSystem::Overlay(Overlay::new(layers.iter().rev().map(|l| l.tree.clone()).collect()))
}
