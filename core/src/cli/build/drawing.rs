//! A build's progress on a terminal: a line for each step with its time, rewritten in place.

use super::super::Context;
use crate::engine::build::{Build, Vertex};
use crate::time::Time;

/// The columns of a terminal.
const WIDTH: usize = 80;

/// On a terminal: a line for each step with its time, rewritten in place.
pub fn draw(c: &mut Context<'_, '_>, build: &Build) {
    let now = c.sys.now();
    let done = build.vertices.iter().filter(|v| v.ended.is_some()).count();
    let end = match build.outcome {
        None => "",
        Some(Ok(_)) => " FINISHED",
        Some(Err(_)) => " ERROR",
    };
    let last = build.vertices.iter().filter_map(|v| v.ended).max();
    let until = if build.outcome.is_some() { last.unwrap_or(now) } else { now };
    let head = format!("[+] Building {} ({done}/{}){end}", took(build.began, until), build.vertices.len());
    let mut rows = vec![pair(&head, "docker:default")];
    for (at, vertex) in build.vertices.iter().enumerate() {
        rows.push(row(vertex, now));
        if at == 0 {
            rows.extend(
                build.warnings.iter().map(|w| pair(&format!(" => => # WARN: {}", w.short()), "0.0s")),
            );
        }
        if vertex.ended.is_none() || vertex.failed {
            let from = vertex.output.len().saturating_sub(4);
            rows.extend(vertex.output[from..].iter().map(|l| {
                let text = l.split_once(' ').map_or("", |(_, t)| t);
                format!(" => => # {text}").chars().take(WIDTH).collect()
            }));
        }
    }
    let mut text = String::new();
    if c.client.drawn > 0 {
        text.push_str(&format!("\u{1b}[{}A", c.client.drawn));
    }
    let more = c.client.drawn.saturating_sub(rows.len());
    rows.extend(std::iter::repeat_n(String::new(), more));
    c.client.drawn = rows.len();
    rows.iter().for_each(|row| text.push_str(&format!("\r\u{1b}[2K{row}\n")));
    c.complain(&text);
}

fn took(from: Time, to: Time) -> String {
    crate::decimal::fixed(to.since(from).as_seconds_f64(), 1) + "s"
}

fn row(vertex: &Vertex, now: Time) -> String {
    let word = match (vertex.cached, vertex.failed) {
        (true, _) => "CACHED ",
        (_, true) => "ERROR ",
        _ => "",
    };
    pair(&format!(" => {word}{}", vertex.name), &took(vertex.began, vertex.ended.unwrap_or(now)))
}

/// A text and what stands at the right edge.
fn pair(left: &str, right: &str) -> String {
    let room = WIDTH - right.len() - 1;
    let left: String = left.chars().take(room).collect();
    format!("{left:<room$} {right}")
}
