//! What a build says of itself, in the lines of `--progress=plain`.

use super::{Vertex, get, get_mut};
use crate::decimal::fixed;
use crate::engine::World;
use crate::time::{Span, Time};

/// A size as BuildKit prints it.
pub(super) fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit < 3 {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if unit == 0 || value.fract() < 0.005 { 0 } else { 2 };
    fixed(value, digits) + units[unit]
}

/// Seconds with one digit.
pub(super) fn seconds(from: Time, to: Time) -> String {
    fixed(to.since(from).as_seconds_f64(), 1) + "s"
}

pub(super) fn line(world: &mut World, number: u64, text: &str) {
    if let Some(build) = get_mut(world, number) {
        build.said.push_back(format!("{text}\n"));
    }
    world.wake(crate::kernel::process::Wait::Daemon(number));
}

/// Something begins; its place among the vertices.
pub(super) fn open(world: &mut World, number: u64, name: &str) -> usize {
    let began = world.now;
    let Some(build) = get_mut(world, number) else { return 0 };
    let vertex = Vertex {
        name: name.to_owned(),
        began,
        ended: None,
        cached: false,
        cause: None,
        failed: false,
        layer: None,
        output: Vec::new(),
    };
    build.vertices.push(vertex);
    let at = build.vertices.len() - 1;
    turn(world, number, at);
    at
}

/// Lets the lines be about something: its name goes first, and what was shown before has three dots after it.
fn turn(world: &mut World, number: u64, at: usize) {
    let Some(build) = get_mut(world, number) else { return };
    if build.current == Some(at) {
        return;
    }
    let Some(name) = build.vertices.get(at).map(|v| v.name.clone()) else { return };
    if let Some(old) = build.current.replace(at) {
        build.said.push_back(format!("#{} ...\n", old + 1));
    }
    build.said.push_back("\n".to_owned());
    line(world, number, &format!("#{} {name}", at + 1));
}

/// A remark about it.
pub(super) fn note(world: &mut World, number: u64, at: usize, text: &str) {
    turn(world, number, at);
    line(world, number, &format!("#{} {text}", at + 1));
}

/// It is done; when it was done before, more was said of it.
pub(super) fn close(world: &mut World, number: u64, at: usize) {
    let now = world.now;
    let Some(vertex) = get_mut(world, number).and_then(|b| b.vertices.get_mut(at)) else { return };
    let ended = *vertex.ended.get_or_insert(now);
    let took = seconds(vertex.began, ended);
    end(world, number, at, &format!("DONE {took}"));
}

/// Its last line.
fn end(world: &mut World, number: u64, at: usize, text: &str) {
    note(world, number, at, text);
    if let Some(build) = get_mut(world, number) {
        build.current = None;
    }
}

/// It was done before.
pub(super) fn cached(world: &mut World, number: u64, name: &str) {
    let at = open(world, number, name);
    let now = world.now;
    let Some(build) = get_mut(world, number) else { return };
    (build.vertices[at].ended, build.vertices[at].cached) = (Some(now), true);
    end(world, number, at, "CACHED");
}

/// It failed: what it had printed is shown again.
pub(super) fn failed(world: &mut World, number: u64, at: usize, why: &str) {
    let now = world.now;
    let Some(build) = get_mut(world, number) else { return };
    let vertex = &mut build.vertices[at];
    (vertex.ended, vertex.failed) = (Some(now), true);
    let mut text = format!("------\n > {}:\n", vertex.name);
    let from = vertex.output.len().saturating_sub(10);
    vertex.output[from..].iter().for_each(|l| text.push_str(&format!("{l}\n")));
    end(world, number, at, &format!("ERROR: {why}"));
    line(world, number, &(text + "------"));
}

/// A command of a step has printed something.
pub fn printed(world: &mut World, number: u64, at: usize, bytes: &[u8]) {
    let now = world.now;
    let Some(vertex) = get(world, number).and_then(|b| b.vertices.get(at)) else { return };
    let since: Span = now.since(vertex.began);
    let text = String::from_utf8_lossy(bytes).into_owned();
    for row in text.lines() {
        let row = format!("{} {row}", fixed(since.as_seconds_f64(), 3));
        note(world, number, at, &row);
        if let Some(build) = get_mut(world, number) {
            build.vertices[at].output.push(row);
        }
    }
}
