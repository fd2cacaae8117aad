//! `docker commit` and `docker import`: an image from a container, or from an archive of files.

use crate::container::Container;
use crate::container::config::HealthCheck;
use crate::engine::{DaemonError, World, container, image, stop};
use crate::image::{Image, Layer, change};
use crate::kernel::mount::FileSystem;
use crate::kernel::signal::Signal;
use crate::reference::Reference;
use crate::time::Span;
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// What is said about a new image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remarks {
    /// Who made it.
    pub author: String,
    /// What was changed.
    pub comment: String,
    /// Instructions of a Dockerfile, one a line.
    pub changes: Vec<String>,
}

/// `docker commit`: the id of the new image.
///
/// # Errors
/// Docker's words.
pub fn commit(
    world: &mut World,
    key: &str,
    name: Option<Reference>,
    remarks: &Remarks,
    pause: bool,
) -> Result<String, DaemonError> {
    let number = container::find(world, key)?;
    let Some(source) = world.container(number).cloned() else { return Ok(String::new()) };
    let config = changed(image_config(&source), &remarks.changes)?;
    let pauses = pause && source.state.word() == "running";
    if pauses {
        stop::pause(world, key, true)?;
    }
    let made = make(world, &source, config, remarks);
    if let Ok(image) = &made {
        let id = keep(world, image.clone(), name.as_ref());
        let shown = name.map(|n| n.with_default_tag().familiar()).unwrap_or_default();
        let more = [("comment", remarks.comment.clone()), ("imageID", id), ("imageRef", shown)];
        container::note(world, number, "commit", &more);
    }
    if pauses {
        stop::pause(world, key, false)?;
    }
    made.map(|image| image.id.to_string())
}

/// Adds the changes of a container to the layers of its image.
fn make(
    world: &World,
    source: &Container,
    config: Value,
    remarks: &Remarks,
) -> Result<Rc<Image>, DaemonError> {
    let Some(base) = world.images.get(&source.image) else {
        return Err(DaemonError::new(404, format!("No such image: {}", source.image)));
    };
    let mut layers = base.layers.clone();
    let root = world.kernel.filesystems.get(&source.root).map(Rc::as_ref);
    let empty = match root {
        Some(FileSystem::Overlay(overlay)) if !overlay.changes().is_empty() => {
            layers.push(Rc::new(Layer::from_tree(&overlay.upper)));
            false
        }
        _ => true,
    };
    let command = source.config.cmd.clone().unwrap_or_default().join(" ");
    let mut history = base.json["history"].as_array().cloned().unwrap_or_default();
    history.push(entry(world, remarks, &command, empty));
    assemble(world, layers, config, history, remarks)
}

/// A line of an image's history.
fn entry(world: &World, remarks: &Remarks, command: &str, empty: bool) -> Value {
    let mut entry = json!({ "created": world.now.rfc3339() });
    for (name, text) in
        [("author", remarks.author.as_str()), ("created_by", command), ("comment", &remarks.comment)]
    {
        if !text.is_empty() {
            entry[name] = text.into();
        }
    }
    if empty {
        entry["empty_layer"] = true.into();
    }
    entry
}

fn assemble(
    world: &World,
    layers: Vec<Rc<Layer>>,
    config: Value,
    history: Vec<Value>,
    remarks: &Remarks,
) -> Result<Rc<Image>, DaemonError> {
    let diff_ids: Vec<String> = layers.iter().map(|l| l.diff_id.to_string()).collect();
    let mut all = json!({ "architecture": "amd64", "config": config, "created": world.now.rfc3339() });
    if !remarks.author.is_empty() {
        all["author"] = remarks.author.clone().into();
    }
    if !remarks.comment.is_empty() {
        all["comment"] = remarks.comment.clone().into();
    }
    all["docker_version"] = "28.5.2".into();
    all["history"] = history.into();
    all["os"] = "linux".into();
    all["rootfs"] = json!({ "type": "layers", "diff_ids": diff_ids });
    let image = Image::new(all.to_string().into_bytes(), layers);
    image.map(Rc::new).map_err(|words| DaemonError::new(500, words))
}

/// Puts an image into the store, under a name when it has one; its id.
fn keep(world: &mut World, image: Rc<Image>, name: Option<&Reference>) -> String {
    let id = world.images.add(image);
    if let Some(name) = name {
        let name = name.clone().with_default_tag();
        world.images.tag(name.clone(), id);
        image::note(world, &id.to_string(), "tag", &name.familiar());
    }
    id.to_string()
}

/// Applies instructions to a configuration.
///
/// # Errors
/// Docker's words.
fn changed(mut config: Value, changes: &[String]) -> Result<Value, DaemonError> {
    let mut own_command = false;
    for line in changes {
        let line = line.trim();
        let (instruction, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let invalid = |words: String| DaemonError::new(400, words);
        if matches!(instruction.to_ascii_uppercase().as_str(), "SHELL" | "RUN" | "") {
            return Err(invalid(format!(
                "{} is not a valid change command",
                instruction.to_ascii_lowercase()
            )));
        }
        change::apply(&mut config, &mut own_command, instruction, arguments, &|_| None).map_err(invalid)?;
        let signal = config["StopSignal"].as_str().unwrap_or("TERM");
        if Signal::parse(signal).is_none() {
            return Err(invalid(format!("invalid signal: {signal}")));
        }
    }
    Ok(config)
}

/// What of a container's configuration an image made from it keeps.
fn image_config(container: &Container) -> Value {
    let config = &container.config;
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let empty = match &value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            other => other.is_null(),
        };
        if !empty {
            all.insert(name.to_owned(), value);
        }
    };
    let set = |items: &[String]| Value::Object(items.iter().map(|i| (i.clone(), json!({}))).collect());
    put("User", config.user.clone().into());
    put("ExposedPorts", set(&config.exposed_ports));
    put("Env", json!(config.env));
    put("Entrypoint", json!(config.entrypoint));
    put("Cmd", json!(config.cmd));
    put("Volumes", set(&config.volumes));
    put("WorkingDir", config.working_dir.clone().into());
    put("Labels", json!(config.labels));
    put("StopSignal", json!(config.stop_signal));
    put("Healthcheck", config.health.as_ref().map_or(Value::Null, health_json));
    Value::Object(all)
}

/// A health check as configurations write it.
pub fn health_json(check: &HealthCheck) -> Value {
    let mut value = json!({ "Test": check.test });
    let mut span = |name: &str, span: Option<Span>| {
        if let Some(span) = span {
            value[name] = (span.0 * 1000).into();
        }
    };
    span("Interval", check.interval);
    span("Timeout", check.timeout);
    span("StartPeriod", check.start_period);
    span("StartInterval", check.start_interval);
    if let Some(retries) = check.retries {
        value["Retries"] = retries.into();
    }
    value
}

/// `docker import`: the id of an image with the files of an archive for its only layer.
///
/// # Errors
/// Docker's words.
pub fn import(
    world: &mut World,
    archive: Rc<[u8]>,
    name: Option<&Reference>,
    remarks: &Remarks,
) -> Result<String, DaemonError> {
    let config = changed(json!({}), &remarks.changes)?;
    let layer = Layer::from_blob(archive, 0)
        .map_err(|_| DaemonError::new(500, "archive/tar: invalid tar header".to_owned()))?;
    // The store keeps the files, and packs them in its own way.
    let layer = Rc::new(Layer::from_tree(&layer.tree));
    let history = vec![entry(world, remarks, "", false)];
    let image = assemble(world, vec![layer], config, history, remarks)?;
    let id = keep(world, image, name);
    image::note(world, &id, "import", &id);
    Ok(id)
}
