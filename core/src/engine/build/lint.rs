//! The build checks within a build: some are made as the Dockerfile is read, the others when its images are here.

use super::{get, get_mut, layers_of, plan, progress};
use crate::build::Fault;
use crate::build::check::{self, Facts};
use crate::build::dockerfile;
use crate::build::form;
use crate::build::rule::{Chosen, Warning};
use crate::build::stage;
use crate::digest::Digest;
use crate::engine::World;
use crate::shared::own;

/// The build argument that says which checks are on.
const ARGUMENT: &str = "BUILDKIT_DOCKERFILE_CHECK";

fn chosen(given: &[(String, String)], directive: &str) -> Result<Chosen, Fault> {
    Chosen::parse(stage::value(given, ARGUMENT).unwrap_or(directive))
}

/// The checks of the Dockerfile as it is read.
pub(super) fn reading(world: &mut World, number: u64, vertex: usize) -> Result<(), Fault> {
    let Some(request) = get(world, number).map(|b| b.request.clone()) else { return Ok(()) };
    let file = dockerfile::read(&request.text)?;
    let chosen = chosen(&request.arguments, &file.check)?;
    let mut found = check::reading(&file, &chosen);
    if file.instructions.iter().all(|i| form::check(i).is_ok()) {
        found.extend(check::bases(&file, &request.arguments, &request.target, &chosen));
    }
    keep(world, number, vertex, found);
    Ok(())
}

fn keep(world: &mut World, number: u64, vertex: usize, found: Vec<Warning>) {
    for warning in &found {
        progress::note(world, number, vertex, &format!("WARN: {}", warning.short()));
    }
    if let Some(build) = get_mut(world, number) {
        build.warnings.extend(found);
    }
}

/// The checks of the stages. What is asked instead of a build has its answer then.
pub(super) fn stages(world: &mut World, number: u64) -> Result<(), Fault> {
    let Some(request) = get(world, number).map(|b| b.request.clone()) else { return Ok(()) };
    let plan = plan(&request)?;
    let chosen = chosen(&request.arguments, &plan.file.check)?;
    let wanted: Vec<bool> =
        get(world, number).map(|b| b.stages.iter().map(|s| s.needed).collect()).unwrap_or_default();
    let image = |text: &str| {
        let (_, image) = layers_of(world, number, text)?;
        let config = image.map(|i| i.json["config"].clone()).unwrap_or_default();
        let lines = config["Env"].as_array().cloned().unwrap_or_default();
        let pairs = lines.iter().filter_map(|l| l.as_str()?.split_once('='));
        let env = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        Some((env, config["Shell"].as_array().is_some_and(|s| !s.is_empty())))
    };
    let ignore = Some(&request.ignore).filter(|i| i.is_plain());
    let facts = Facts { given: &request.arguments, image: &image, ignore };
    let found = check::stages(&plan.file, &plan.stages, &plan.globals, &wanted, &chosen, &facts);
    if !found.is_empty() {
        keep(world, number, 0, found);
        progress::close(world, number, 0);
    }
    let Some(build) = get_mut(world, number) else { return Ok(()) };
    if !request.call.is_empty() {
        own(&mut build.request).secrets.clear();
        build.outcome = Some(Ok(Digest::of(b"")));
    }
    let mut names: Vec<&str> = build.warnings.iter().map(|w| w.rule().name).collect();
    names.sort_unstable();
    names.dedup();
    if chosen.error && !names.is_empty() {
        return Err(Fault::nowhere(format!("lint violation found for rules: {}", names.join(", "))));
    }
    Ok(())
}
