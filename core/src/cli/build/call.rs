//! `docker build --call`: what is asked of a Dockerfile instead of a build: its checks, its parameters, its targets.

use super::super::{Context, Turn};
use crate::build::Fault;
use crate::build::dockerfile::{self, Instruction};
use crate::build::rule::Warning;
use crate::build::stage::{self, Stage, Values};
use crate::cli::parse::Refusal;
use crate::engine::build::Build;
use crate::image::change::words::words;

/// The lines around what a check has found.
pub fn excerpt(build: &Build, warning: &Warning) -> String {
    let at = Fault { first: warning.first, last: warning.last, message: String::new() };
    at.excerpt(&build.request.file, &build.request.text)
}

/// The answer, on standard output.
pub fn answer(c: &mut Context<'_, '_>, build: &Build) -> Result<Turn, Refusal> {
    if build.request.call == "check" {
        return check(c, build);
    }
    if let Some(Err(why)) = &build.outcome {
        let text = format!("{}ERROR: failed to build: failed to solve: {}\n", why.0, why.1);
        return Err(Refusal::error(1, text));
    }
    let Ok(file) = dockerfile::parse(&build.request.text) else { return Ok(Turn::Done(1)) };
    let given = &build.request.arguments;
    let Ok((stages, globals)) = stage::stages(&file, given, &build.request.target) else {
        return Ok(Turn::Done(1));
    };
    let text = match build.request.call.as_str() {
        "targets" => targets(&file.instructions, &stages),
        _ => {
            let at = stage::target(&stages, &build.request.target).unwrap_or(0);
            outline(&file, &stages, &globals, given, at)
        }
    };
    c.print(&text);
    Ok(Turn::Done(0))
}

/// `--call=check`.
fn check(c: &mut Context<'_, '_>, build: &Build) -> Result<Turn, Refusal> {
    let mut found: Vec<&Warning> = build.warnings.iter().collect();
    found.sort_by_key(|w| w.first);
    let mut text = match found.len() {
        0 => String::new(),
        1 => "Check complete, 1 warning has been found!\n".to_owned(),
        n => format!("Check complete, {n} warnings have been found!\n"),
    };
    for warning in &found {
        let rule = warning.rule();
        text.push_str(&format!("\nWARNING: {} - {}\n{}\n", rule.name, rule.url(), warning.detail));
        text.push_str(&excerpt(build, warning));
    }
    if let Some(Err(why)) = &build.outcome {
        if !found.is_empty() {
            text.push('\n');
        }
        c.print(&text);
        return Err(Refusal::error(1, format!("ERROR: failed to build: {}\n{}\n", why.1, why.0)));
    }
    if found.is_empty() {
        text.push_str("Check complete, no warnings found.\n");
    }
    c.print(&text);
    Ok(Turn::Done(u8::from(!found.is_empty())))
}

/// What a comment before an instruction says of a name.
fn remark(instruction: &Instruction, name: &str) -> String {
    let said = instruction.comments.iter().find_map(|c| c.strip_prefix(name)?.strip_prefix(' '));
    said.unwrap_or_default().to_owned()
}

/// `--call=targets`.
fn targets(instructions: &[Instruction], stages: &[Stage]) -> String {
    let mut rows = vec![["TARGET".to_owned(), "DESCRIPTION".to_owned()]];
    for (at, stage) in stages.iter().enumerate() {
        let mut name = stage.name.clone();
        if at + 1 == stages.len() {
            name = if name.is_empty() { "(default)".to_owned() } else { format!("{name} (default)") };
        }
        let said = if stage.name.is_empty() {
            String::new()
        } else {
            remark(&instructions[stage.from], &stage.name)
        };
        rows.push([name, said]);
    }
    columns(&rows, 1)
}

/// Rows with their columns under one another.
fn columns<const N: usize>(rows: &[[String; N]], gap: usize) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count() + gap);
        }
    }
    let mut text = String::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            match at + 1 == N {
                true => text.push_str(cell),
                false => text.push_str(&format!("{cell:<width$}", width = widths[at])),
            }
        }
        text.push('\n');
    }
    text
}

/// `--call=outline`: the arguments and secrets of a target and of what it needs.
fn outline(
    file: &dockerfile::Dockerfile,
    stages: &[Stage],
    globals: &Values,
    given: &Values,
    target: usize,
) -> String {
    let stage = &stages[target];
    let own = &file.instructions[stage.from];
    let said = if stage.name.is_empty() { String::new() } else { remark(own, &stage.name) };
    let mut text = String::new();
    if !stage.name.is_empty() || !said.is_empty() {
        let mut rows = vec![["TARGET:".to_owned(), stage.name.clone()]];
        if !said.is_empty() {
            rows.push(["DESCRIPTION:".to_owned(), said]);
        }
        text.push_str(&columns(&rows, 1));
        text.push('\n');
    }
    let needed = stage::needed(file, stages, target);
    let inside = |place: usize| {
        stages.iter().zip(&needed).any(|(s, needed)| *needed && (s.from..s.end).contains(&place))
    };
    let mut arguments = vec![["BUILD ARG", "VALUE", "DESCRIPTION"].map(str::to_owned)];
    let mut secrets = vec![["SECRET", "REQUIRED"].map(str::to_owned)];
    let mut agents = vec![["SSH", "REQUIRED"].map(str::to_owned)];
    for (place, instruction) in file.instructions.iter().enumerate() {
        let global = place < stages[0].from;
        if instruction.name == "ARG" && (inside(place) || global) {
            for word in words(&file.plain(&instruction.text)) {
                let (name, default) = word.split_once('=').unwrap_or((&word, ""));
                let used = stages.iter().zip(&needed).any(|(s, needed)| {
                    let from = &file.instructions[s.from];
                    *needed
                        && (from.text.contains(&format!("${name}"))
                            || from.text.contains(&format!("${{{name}")))
                });
                let known = arguments.iter().any(|row| row[0] == name);
                if known
                    || (global && !used)
                    || (!global && !word.contains('=') && stage::value(globals, name).is_some())
                {
                    continue;
                }
                let value =
                    stage::value(given, name).or_else(|| stage::value(globals, name).filter(|_| global));
                arguments.push([
                    name.to_owned(),
                    value.unwrap_or(default.trim_matches(['"', '\''])).to_owned(),
                    remark(instruction, name),
                ]);
            }
        }
        for mount in instruction.values("mount").filter(|_| inside(place)) {
            let option = |name: &str| {
                mount.split(',').find_map(|o| o.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
            };
            let required = mount.split(',').any(|o| o == "required" || o == "required=true");
            let required = if required { "true" } else { "" }.to_owned();
            let target = option("target").or_else(|| option("dst"));
            let base = target.map(|t| t.rsplit('/').next().unwrap_or_default().to_owned());
            let id = option("source").or_else(|| option("src")).or_else(|| option("id"));
            match option("type").as_deref() {
                Some("secret") => secrets.push([id.or(base).unwrap_or_default(), required]),
                Some("ssh") => agents.push([id.unwrap_or_else(|| "default".to_owned()), required]),
                _ => {}
            }
        }
    }
    if arguments.len() > 1 {
        text.push_str(&(columns(&arguments, 3) + "\n"));
    }
    for rows in [secrets, agents] {
        if rows.len() > 1 {
            text.push_str(&(columns(&rows, 3) + "\n"));
        }
    }
    text
}
