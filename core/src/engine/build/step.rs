//! One instruction after the other: what changes the configuration is done at once, what makes a layer is taken
//! from the cache or worked out.

use super::{Cached, History, Plan, StageRun, StageState, attach, copy, get, get_mut, image, progress, run};
use crate::agenda::Task;
use crate::build::Fault;
use crate::build::dockerfile::{self, Instruction};
use crate::build::stage::{self, Base, Values};
use crate::digest::Digest;
use crate::engine::{World, execute};
use crate::files::{Overlay, Tree};
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
        }
        Base::Image(text) => {
            let Some(base) = image(world, text) else { return Ok(false) };
            from_image(&mut run, &base);
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
    load_context(world, number, plan);
    if let Some(place) = stage_run_mut(world, number, at) {
        *place = run;
    }
    Ok(true)
}

fn from_image(run: &mut StageRun, base: &crate::image::Image) {
    run.layers = base.layers.clone();
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
    let ids: Vec<String> = base.layers.iter().map(|l| l.diff_id.to_string()).collect();
    run.key = Digest::of(ids.join(" ").as_bytes());
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

/// A variable as an instruction sees it: ENV before ARG.
pub(super) fn variable(run: &StageRun, name: &str) -> Option<String> {
    let env = environment(run);
    let from_env = env.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    from_env.or_else(|| stage::value(&run.arguments, name).map(str::to_owned))
}

/// The ENV so far.
pub(super) fn environment(run: &StageRun) -> Values {
    let config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    let lines = config["Env"].as_array().cloned().unwrap_or_default();
    let pairs = lines.iter().filter_map(|l| l.as_str()?.split_once('='));
    pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

/// An instruction that changes the configuration alone.
fn configure(
    world: &mut World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
) -> Result<(), Fault> {
    let given = get(world, number).map(|b| b.request.arguments.clone()).unwrap_or_default();
    let Some(run) = stage_run(world, number, at) else { return Ok(()) };
    let lookup = |name: &str| variable(run, name);
    let name = instruction.name.as_str();
    let text = plan.file.plain(instruction.shown()[name.len()..].trim());
    let mut config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    let (mut own_command, mut arguments) = (run.own_command, run.arguments.clone());
    let mut by = format!("{name} {text}");
    let fault = |words: String| instruction.misread(&words);
    match name {
        "ARG" => {
            for word in change::words::words(&text) {
                let known: Values = environment(run).into_iter().chain(arguments.clone()).collect();
                let (name, default) = stage::argument(instruction, &word, &known)?;
                let global = stage::value(&plan.globals, &name);
                let value = stage::value(&given, &name).map(str::to_owned).or(default);
                arguments.extend(value.or(global.map(str::to_owned)).map(|value| (name, value)));
            }
        }
        "MAINTAINER" => {}
        _ => {
            change::apply(&mut config, &mut own_command, name, &text, &lookup).map_err(fault)?;
            if matches!(name, "ENV" | "LABEL") {
                let pairs = change::pairs(name, &text, &lookup).map_err(fault)?;
                let shown: Vec<String> = pairs.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
                by = format!("{name} {}", shown.join(" "));
            } else if matches!(name, "CMD" | "ENTRYPOINT") {
                let field = if name == "CMD" { "Cmd" } else { "Entrypoint" };
                by = format!("{name} {}", config[field].to_string().replace("\",\"", "\" \""));
            }
        }
    }
    if name == "STOPSIGNAL" && crate::kernel::signal::Signal::parse(&text).is_none() {
        return Err(instruction.fault(format!("invalid stop signal: {text}")));
    }
    if let Some(run) = stage_run_mut(world, number, at) {
        run.history.push(History {
            created: String::new(),
            by,
            empty: true,
            comment: "buildkit.dockerfile.v0".to_owned(),
        });
        (run.config, run.own_command, run.arguments) = (config.to_string(), own_command, arguments);
        pass(run);
    }
    Ok(())
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
        name: format!("{label}{}", instruction.shown()),
        by: String::new(),
        key: run.key,
        lines: (instruction.first, instruction.last),
    };
    let work;
    let what = match instruction.name.as_str() {
        "WORKDIR" => {
            let mut config: Value = serde_json::from_str(&run.config).unwrap_or_default();
            let lookup = |name: &str| variable(run, name);
            let text = plan.file.plain(&instruction.text);
            change::apply(&mut config, &mut false, "WORKDIR", &text, &lookup)
                .map_err(|words| instruction.misread(&words))?;
            let path = config["WorkingDir"].as_str().unwrap_or("/").to_owned();
            step.by = format!("WORKDIR {path}");
            step.name = format!("{label}{}", step.by);
            let config = config.to_string();
            work = Work::Tree(Rc::new(copy::directory(run, &path, world.now.unix_micros())));
            if let Some(run) = stage_run_mut(world, number, at) {
                run.config = config;
            }
            step.by.clone()
        }
        "RUN" => {
            let (command, what) = run::command(run, instruction).map_err(|words| instruction.fault(words))?;
            step.by = run::history(run, &command);
            let mut what = what;
            work = Work::Command(command, attach::wanted(world, number, plan, at, instruction, &mut what)?);
            what
        }
        _ => {
            let (tree, by, what) = copy::copy(world, number, plan, at, instruction)?;
            step.by = by;
            work = Work::Tree(Rc::new(tree));
            what
        }
    };
    step.key = Digest::of(format!("{}\n{what}", step.key).as_bytes());
    if let Some(run) = stage_run_mut(world, number, at) {
        run.shown += 1;
    }
    let no_cache = get(world, number).is_some_and(|b| b.request.no_cache);
    let now = world.now;
    let held = world.builder.cache.get(&step.key).filter(|_| !no_cache).cloned();
    if let Some(held) = held {
        progress::cached(world, number, &step.name);
        if let Some(cached) = own(&mut world.builder).cache.get_mut(&step.key) {
            own(cached).used = now;
        }
        keep(world, number, at, &step, held.layer.clone(), held.created.rfc3339());
        return Ok(());
    }
    let vertex = progress::open(world, number, &step.name);
    match work {
        Work::Command(command, wanted) => {
            let mounts = attach::mounts(world, wanted);
            run::start(world, number, at, step, vertex, (command, mounts))
        }
        Work::Tree(tree) => {
            let span = Span::millis(10 + tree.size() / 200_000);
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
    Command(Vec<String>, Vec<attach::Wanted>),
}

/// A step has come to its files: they are its layer, kept for the next build.
pub(super) fn finish(world: &mut World, number: u64, at: usize, step: &Step, tree: &Tree) {
    let layer = Rc::new(Layer::from_tree(tree));
    let now = world.now;
    let cached = Cached { name: step.name.clone(), layer: layer.clone(), created: now, used: now };
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
    }
    pass(run);
}

/// What a stage, an image or the context holds, as one file system.
pub(super) fn merged(layers: &[Rc<Layer>]) -> FileSystem {
    FileSystem::Overlay(Overlay::new(layers.iter().rev().map(|l| l.tree.clone()).collect()))
}
