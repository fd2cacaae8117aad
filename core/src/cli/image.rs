//! `docker pull`, `push`, `rmi` and `tag`, and the progress lines of transfers.

use super::parse::Refusal;
use super::{Context, Turn, units};
use crate::engine::transfer::{self, LayerState, LayerTransfer, Transfer, label};
use crate::engine::{DaemonError, image, pull as engine_pull, push as engine_push, retry};
use crate::image::platform::Platform;
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::reference::Reference;

/// Shows what a transfer has said since the last look. Nothing while it goes on, the refusal when it failed.
/// With `aside`, everything goes to standard error, as for `docker run`.
pub fn progress(
    c: &mut Context<'_, '_>,
    number: u64,
    quiet: bool,
    aside: bool,
) -> Result<Option<()>, DaemonError> {
    let Some(transfer) = c.sys.world.transfers.get(&number).cloned() else { return Ok(Some(())) };
    let fd = if aside { 2 } else { 1 };
    if quiet {
        c.client.shown = transfer.said.len();
    } else {
        if c.sys.is_terminal(fd) { draw(c, &transfer, fd) } else { list(c, &transfer, fd) }
    }
    match &transfer.outcome {
        None => Ok(None),
        Some(Ok(lines)) => {
            let closing = if aside { &lines[..lines.len().saturating_sub(1)] } else { lines.as_slice() };
            for line in closing.iter().filter(|_| !quiet) {
                let _ = c.sys.write(fd, format!("{line}\n").as_bytes());
            }
            c.sys.world.transfers.remove(&number);
            Ok(Some(()))
        }
        Some(Err(error)) => {
            c.sys.world.transfers.remove(&number);
            Err(DaemonError::new(error.0, error.1.clone()).because(error.2.clone()))
        }
    }
}

/// Line by line, as to a file.
fn list(c: &mut Context<'_, '_>, transfer: &Transfer, fd: u32) {
    for (layer, text) in transfer.said.iter().skip(c.client.shown) {
        let line = layer.as_ref().map_or_else(|| format!("{text}\n"), |id| format!("{id}: {text}\n"));
        let _ = c.sys.write(fd, line.as_bytes());
    }
    c.client.shown = transfer.said.len();
}

/// On a terminal: a line for each layer, rewritten in place.
fn draw(c: &mut Context<'_, '_>, transfer: &Transfer, fd: u32) {
    let mut text = String::new();
    for (layer, line) in transfer.said.iter().skip(c.client.shown) {
        if layer.is_none() {
            text.push_str(&format!("{line}\n"));
        }
    }
    c.client.shown = transfer.said.len();
    if c.client.drawn > 0 {
        text.push_str(&format!("\u{1b}[{}A", c.client.drawn));
    }
    let now = c.sys.now();
    for layer in &transfer.layers {
        text.push_str(&format!(
            "\r\u{1b}[2K{}: {}\n",
            label(transfer.direction, layer),
            layer_text(transfer, layer, now)
        ));
    }
    c.client.drawn = transfer.layers.len();
    let _ = c.sys.write(fd, text.as_bytes());
}

fn layer_text(transfer: &Transfer, layer: &LayerTransfer, now: crate::time::Time) -> String {
    use crate::engine::transfer::Direction::{Pull, Push};
    let bar = |word: &str, from: crate::time::Time, to: crate::time::Time, size: u64| {
        let part = now.since(from).0 as f64 / (to.since(from).0.max(1)) as f64;
        let part = part.clamp(0.0, 1.0);
        let filled = (part * 50.0) as usize;
        let arrow = if filled < 50 {
            format!("{}>{}", "=".repeat(filled), " ".repeat(50 - filled - 1))
        } else {
            "=".repeat(50)
        };
        format!(
            "{word} [{arrow}] {:>8}/{}",
            units::human_size((size as f64 * part) as u64),
            units::human_size(size)
        )
    };
    match (&layer.state, transfer.direction) {
        (LayerState::Planned, Pull) => "Pulling fs layer".to_owned(),
        (LayerState::Planned, Push) => "Preparing".to_owned(),
        (LayerState::Waiting, _) => "Waiting".to_owned(),
        (LayerState::Retrying(seconds), _) => retry::words(*seconds),
        (LayerState::Moving(a, b), Pull) => bar("Downloading", *a, *b, layer.size),
        (LayerState::Moving(a, b), Push) => bar("Pushing", *a, *b, layer.size),
        (LayerState::Arrived, _) => "Download complete".to_owned(),
        (LayerState::Extracting(a, b), _) => bar("Extracting", *a, *b, layer.size),
        (LayerState::Complete, Pull) => "Pull complete".to_owned(),
        (LayerState::Complete, Push) => "Pushed".to_owned(),
        (LayerState::Present, Pull) => "Already exists".to_owned(),
        (LayerState::Present, Push) => "Layer already exists".to_owned(),
    }
}

fn go_on(c: &mut Context<'_, '_>, number: u64, reference: &Reference) -> Turn {
    let quiet = c.line.is_on("quiet");
    match progress(c, number, quiet, false) {
        Ok(None) => Turn::Wait(vec![Wait::Daemon(number)]),
        Ok(Some(())) => {
            if quiet {
                let shown = reference.clone().with_default_tag();
                let text = if shown.domain() == "docker.io" && c.line.command.path.ends_with("pull") {
                    shown.to_string()
                } else {
                    shown.familiar()
                };
                c.print(&format!("{text}\n"));
            }
            Turn::Done(0)
        }
        // What goes wrong after the first line of progress comes as one more of them.
        Err(error) if c.client.shown > 0 => {
            c.note(&error);
            c.complain(&format!("{}\n", error.message));
            Turn::Done(1)
        }
        Err(error) => {
            c.refused(&error);
            Turn::Done(1)
        }
    }
}

fn reference(c: &Context<'_, '_>) -> Result<Reference, Refusal> {
    Reference::parse(&c.line.arguments[0]).map_err(|words| Refusal::error(1, format!("{words}\n")))
}

/// Begins a pull for the platform that `--platform` names.
pub fn begin_pull(c: &mut Context<'_, '_>, reference: Reference, platform: Option<Platform>) {
    let number = engine_pull::begin(c.sys.world, reference);
    if let (Some(platform), Some(transfer)) = (platform, transfer::get_mut(c.sys.world, number)) {
        transfer.platform = platform;
    }
    c.client.stage = Stage::Transfer(number);
}

/// The platform that `--platform` names.
pub fn platform(c: &Context<'_, '_>) -> Result<Option<Platform>, String> {
    c.line.value("platform").filter(|p| !p.is_empty()).map(Platform::parse).transpose()
}

/// `docker pull`.
pub fn pull(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let reference = reference(c)?;
    if c.line.is_on("all-tags") {
        return super::manifest::pull_all(c, &reference);
    }
    if let Stage::Transfer(number) = c.client.stage {
        return Ok(go_on(c, number, &reference));
    }
    if reference.tag().is_none() && reference.digest().is_none() && !c.line.is_on("quiet") {
        c.print("Using default tag: latest\n");
    }
    let platform = platform(c).map_err(|words| DaemonError::new(400, words))?;
    begin_pull(c, reference, platform);
    Ok(Turn::Go)
}

/// `docker push`.
pub fn push(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let reference = reference(c)?;
    if c.line.is_on("all-tags") {
        return push_all(c, &reference);
    }
    if let Stage::Transfer(number) = c.client.stage {
        return Ok(go_on(c, number, &reference));
    }
    if reference.tag().is_none() && !c.line.is_on("quiet") {
        c.print("Using default tag: latest\n");
    }
    c.client.stage = Stage::Transfer(engine_push::begin(c.sys.world, reference));
    Ok(Turn::Go)
}

/// `docker push --all-tags`: one tag of the repository after the other.
fn push_all(c: &mut Context<'_, '_>, repository: &Reference) -> Result<Turn, Refusal> {
    if repository.tag().is_some() || repository.digest().is_some() {
        return Err(Refusal::error(1, "tag can't be used with --all-tags/-a\n"));
    }
    let family = repository.familiar_name();
    let ours = |r: &&Reference| r.tag().is_some() && r.digest().is_none() && r.familiar_name() == family;
    let names: Vec<Reference> =
        c.sys.world.images.all_names().map(|(name, _)| name).filter(ours).cloned().collect();
    let quiet = c.line.is_on("quiet");
    if let Stage::Transfer(number) = c.client.stage {
        match progress(c, number, quiet, false) {
            Ok(None) => return Ok(Turn::Wait(vec![Wait::Daemon(number)])),
            Ok(Some(())) => (c.client.position, c.client.stage) = (c.client.position + 1, Stage::Begin),
            Err(error) => return Err(error.into()),
        }
    }
    let Some(next) = names.get(c.client.position) else {
        if names.is_empty() {
            let words = format!("An image does not exist locally with the tag: {family}\n");
            return Err(Refusal::error(1, words));
        }
        if quiet {
            c.print(&format!("{family}\n"));
        }
        return Ok(Turn::Done(0));
    };
    // The repository is named once, before the first tag.
    c.client.shown = usize::from(c.client.position > 0);
    c.client.stage = Stage::Transfer(engine_push::begin(c.sys.world, next.clone()));
    Ok(Turn::Go)
}

/// `docker rmi`.
pub fn remove(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    for name in c.line.arguments.clone() {
        match image::remove(c.sys.world, &name, c.line.is_on("force")) {
            Ok(lines) => c.print(&lines.iter().map(|l| format!("{l}\n")).collect::<String>()),
            Err(error) => {
                let forgiven = c.client.failed || !(error.status == 404 && c.line.is_on("force"));
                c.refused(&error);
                c.client.failed = forgiven;
            }
        }
    }
    Ok(c.end())
}

/// `docker tag`.
pub fn tag(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let (source, target) = (c.line.arguments[0].clone(), c.line.arguments[1].clone());
    if let Err(words) = Reference::parse(&target) {
        let words = format!("Error parsing reference: \"{target}\" is not a valid repository/tag: {words}\n");
        return Err(Refusal::error(1, words));
    }
    image::tag(c.sys.world, &source, &target)?;
    Ok(Turn::Done(0))
}
