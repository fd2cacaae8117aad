//! The end of a build: the configuration, the image, and its names.

use super::step::stage_run;
use super::{History, Plan, get, get_mut, progress};
use crate::build::stage::Base;
use crate::engine::{World, image as engine_image};
use crate::event::What;
use crate::image::Image;
use crate::shared::own;
use serde_json::{Value, json};
use std::rc::Rc;

/// Makes the image of a stage that is done.
pub(super) fn export(world: &mut World, number: u64, plan: &Plan, at: usize) {
    let (Some(build), Some(run)) = (get(world, number), stage_run(world, number, at).cloned()) else {
        return;
    };
    let request = build.request.clone();
    let vertex = progress::open(world, number, "exporting to image");
    progress::note(world, number, vertex, "exporting layers done");
    let mut config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    for (name, value) in &request.labels {
        config["Labels"][name] = value.as_str().into();
    }
    let history = dated(run.history);
    let created = history.iter().rev().find(|h| !h.created.is_empty()).map(|h| h.created.clone());
    let base = base(world, number, plan, at);
    let (layers, below) = (run.layers.len(), base.as_ref().map_or(0, |b| b.layers.len()));
    let (architecture, os) = base
        .map_or((json!("amd64"), json!("linux")), |b| (b.json["architecture"].clone(), b.json["os"].clone()));
    let diff_ids: Vec<String> = run.layers.iter().map(|l| l.diff_id.to_string()).collect();
    let rows: Vec<Value> = history.into_iter().map(row).collect();
    let mut json = json!({
        "architecture": architecture, "config": config, "created": created.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
        "history": rows, "os": os, "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    if !run.author.is_empty() {
        json["author"] = run.author.as_str().into();
    }
    let image = match Image::new(json.to_string().into_bytes(), run.layers) {
        Ok(image) => Rc::new(image),
        Err(words) => return super::fail(world, number, &crate::build::Fault::nowhere(words)),
    };
    let id = if request.unlisted { image.id } else { world.images.add(image.clone()) };
    if request.unlisted {
        own(&mut world.builder).images.insert(id.to_string(), image);
    }
    progress::note(world, number, vertex, &format!("writing image {id} done"));
    for name in &request.tags {
        world.images.tag(name.clone(), id);
        progress::note(world, number, vertex, &format!("naming to {name} done"));
        engine_image::note(world, &id.to_string(), "tag", &name.familiar());
    }
    progress::close(world, number, vertex);
    let name = request.tags.first().map_or_else(|| id.short(), |t| t.familiar());
    world.note(What::Said(format!(
        "The build is done: image {name} has {layers} layers, {below} of them from its base."
    )));
    if let Some(build) = get_mut(world, number) {
        own(&mut build.request).secrets.clear();
        build.outcome = Some(Ok(id));
    }
}

/// The image that a stage, or the stage it is based on, begins with.
fn base(world: &World, number: u64, plan: &Plan, mut at: usize) -> Option<Rc<Image>> {
    loop {
        match &plan.stages[at].base {
            Base::Scratch => return None,
            Base::Stage(other) => at = *other,
            Base::Image(text) => return super::layers_of(world, number, text)?.1,
        }
    }
}

/// Gives entries without a time that of the first new layer, or of the layer before them.
fn dated(mut history: Vec<History>) -> Vec<History> {
    let mut created = String::new();
    let mut gap = false;
    for entry in &history {
        match entry.created.is_empty() {
            true => gap = true,
            false => created.clone_from(&entry.created),
        }
        if gap && !entry.created.is_empty() {
            break;
        }
    }
    gap = false;
    for entry in &mut history {
        if entry.created.is_empty() {
            gap = true;
            entry.created.clone_from(&created);
        } else if gap {
            created.clone_from(&entry.created);
        }
    }
    history
}

fn row(entry: History) -> Value {
    let mut row = json!({ "created": entry.created, "created_by": entry.by });
    if !entry.comment.is_empty() {
        row["comment"] = entry.comment.into();
    }
    if entry.empty {
        row["empty_layer"] = true.into();
    }
    row
}
