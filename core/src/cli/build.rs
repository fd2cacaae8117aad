//! `docker build`: what is asked for goes to the daemon, its progress is shown, and what it made is written.

mod call;
mod context;
mod drawing;
mod output;
mod request;

use super::parse::Refusal;
use super::{Context, Turn};
use crate::engine::build::{self, Build};
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::time::Span;

fn refuse(words: &str) -> Refusal {
    Refusal::error(1, format!("ERROR: failed to build: {words}\n"))
}

/// `docker build`.
pub fn build(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if let Stage::Building(number) = c.client.stage {
        return follow(c, number);
    }
    let place = c.line.arguments[0].clone();
    let from_input = place == "-" || c.line.value("file") == Some("-");
    if let Some(wait) = Some(()).filter(|()| from_input).and_then(|()| c.read_input()) {
        return Ok(Turn::Wait(vec![wait]));
    }
    let request = request::request(c, &place)?;
    let pid = c.sys.host_pid();
    c.client.stage = Stage::Building(build::begin(c.sys.world, request, pid));
    Ok(Turn::Go)
}

/// Shows what is new, and how it ended.
fn follow(c: &mut Context<'_, '_>, number: u64) -> Result<Turn, Refusal> {
    let Some(build) = c.sys.world.builder.builds.get(&number).cloned() else { return Ok(Turn::Done(1)) };
    let progress = c.line.value("progress").unwrap_or("auto").to_owned();
    let quiet = c.line.is_on("quiet") || matches!(progress.as_str(), "quiet" | "none");
    let drawn = !quiet && progress != "plain" && c.sys.is_terminal(2);
    if drawn {
        drawing::draw(c, &build);
    } else if !quiet {
        let text: String = build.said.iter().skip(c.client.shown).map(String::as_str).collect();
        c.client.shown = build.said.len();
        c.complain(&text);
    }
    if build.outcome.is_none() {
        let mut waits = vec![Wait::Daemon(number)];
        if drawn {
            waits.push(Wait::Until(c.sys.now() + Span::millis(100)));
        }
        return Ok(Turn::Wait(waits));
    }
    if !build.request.call.is_empty() {
        return call::answer(c, &build);
    }
    if !quiet {
        warn(c, &build);
    }
    match &build.outcome {
        Some(Ok(id)) => output::write(c, &build, *id),
        Some(Err(why)) => {
            let (excerpt, message) = (&why.0, &why.1);
            Err(Refusal::error(1, format!("{excerpt}ERROR: failed to build: failed to solve: {message}\n")))
        }
        None => Ok(Turn::Done(0)),
    }
}

/// What the checks have found, after the progress.
fn warn(c: &mut Context<'_, '_>, build: &Build) {
    if build.warnings.is_empty() {
        return;
    }
    let debug = c.line.is_on("debug");
    let count = match build.warnings.len() {
        1 => "1 warning found".to_owned(),
        n => format!("{n} warnings found"),
    };
    let hint = if debug { "" } else { " (use docker --debug to expand)" };
    let mut text = format!("\n \u{1b}[33m{count}{hint}:\n\u{1b}[0m");
    for warning in &build.warnings {
        text.push_str(&format!(" - {}\n", warning.short()));
        if debug {
            let (rule, excerpt) = (warning.rule(), call::excerpt(build, warning));
            text.push_str(&format!("{}\nMore info: {}\n{excerpt}\n", rule.description, rule.url()));
        }
    }
    c.complain(&text);
}
