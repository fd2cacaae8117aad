//! The build checks: what BuildKit warns of in a Dockerfile that is not wrong.

use super::dockerfile::{Dockerfile, Instruction};
use super::form::near;
use super::ignore::Ignore;
use super::rule::{Chosen, RULES, Warning};
use super::scope::Scope;
use super::stage::{self, Base, Stage, Values};
use crate::image::change::words::{expand, words};
use crate::reference::Reference;
use std::cell::RefCell;

/// What is known beside the Dockerfile.
pub struct Facts<'a> {
    /// `--build-arg`.
    pub given: &'a [(String, String)],
    /// ENV and SHELL of an image, if it is known.
    pub image: &'a dyn Fn(&str) -> Option<(Values, bool)>,
    /// The rules of `.dockerignore`; nothing when there is none or a rule that brings paths back.
    pub ignore: Option<&'a Ignore>,
}

/// The checks at work.
pub(super) struct Checker<'a> {
    chosen: &'a Chosen,
    found: Vec<Warning>,
}

impl Checker<'_> {
    pub(super) fn warn(&mut self, name: &str, instruction: &Instruction, detail: String) {
        let Some(rule) = RULES.iter().position(|r| r.name == name) else { return };
        if self.chosen.allows(rule, &instruction.comments) {
            let (first, last) = (instruction.first, instruction.last.max(instruction.first));
            self.found.push(Warning { rule, detail, first, last });
        }
    }
}

/// What is seen as the file is read, up to its first mistake.
pub fn reading(file: &Dockerfile, chosen: &Chosen) -> Vec<Warning> {
    let mut checker = Checker { chosen, found: Vec::new() };
    for line in &file.gaps {
        let at = Instruction { first: *line, last: *line, ..Instruction::default() };
        checker.warn("NoEmptyContinuation", &at, "Empty continuation line".to_owned());
    }
    let sound = file.instructions.iter().take_while(|i| super::form::check(i).is_ok()).count();
    let failing = file.instructions.get(sound);
    for instruction in file.instructions[..sound].iter().chain(failing) {
        alone(&mut checker, instruction);
    }
    if failing.is_none() {
        names(&mut checker, file);
        casing(&mut checker, file);
    }
    checker.found
}

/// What is said of one instruction.
fn alone(checker: &mut Checker<'_>, instruction: &Instruction) {
    let all: Vec<&str> = instruction.text.split_whitespace().collect();
    match instruction.name.as_str() {
        "MAINTAINER" => {
            let detail = "Maintainer instruction is deprecated in favor of using label";
            checker.warn("MaintainerDeprecated", instruction, detail.to_owned());
        }
        "FROM" if all.len() == 3 => {
            if all[2] != all[2].to_lowercase() {
                let detail = format!("Stage name '{}' should be lowercase", all[2]);
                checker.warn("StageNameCasing", instruction, detail);
            }
            let written = instruction.written.as_str();
            let lower = written == written.to_lowercase();
            let fits = if lower { all[1] == all[1].to_lowercase() } else { all[1] == all[1].to_uppercase() };
            if (lower || written == written.to_uppercase()) && !fits {
                let detail = format!("'{}' and '{written}' keywords' casing do not match", all[1]);
                checker.warn("FromAsCasing", instruction, detail);
            }
            described(checker, instruction, &[&all[2].to_lowercase()]);
        }
        "ARG" => {
            let words = words(&instruction.text);
            let names: Vec<&str> = words.iter().filter_map(|w| w.split('=').next()).collect();
            described(checker, instruction, &names);
        }
        _ => {}
    }
}

/// A comment before a definition begins with what is defined.
fn described(checker: &mut Checker<'_>, instruction: &Instruction, names: &[&str]) {
    let Some(comment) = instruction.comments.last() else { return };
    if names.is_empty() || names.contains(&comment.split(' ').next().unwrap_or_default()) {
        return;
    }
    let name = if names.len() > 1 { "<arg_key>" } else { names[0] };
    let detail =
        format!("Comment for {} should follow the format: `# {name} <description>`", instruction.name);
    checker.warn("InvalidDefinitionDescription", instruction, detail);
}

/// Names of stages.
fn names(checker: &mut Checker<'_>, file: &Dockerfile) {
    let mut seen: Vec<String> = Vec::new();
    for instruction in file.instructions.iter().filter(|i| i.name == "FROM") {
        let Some(name) = instruction.text.split_whitespace().nth(2).map(str::to_lowercase) else { continue };
        if matches!(name.as_str(), "context" | "scratch") {
            let detail = format!("Stage name should not use the same name as reserved stage {name:?}");
            checker.warn("ReservedStageName", instruction, detail);
        }
        if seen.contains(&name) {
            let detail = format!("Duplicate stage name {name:?}, stage names should be unique");
            checker.warn("DuplicateStageName", instruction, detail);
        }
        seen.push(name);
    }
}

/// Capitals or small letters, throughout.
fn casing(checker: &mut Checker<'_>, file: &Dockerfile) {
    let first = file.instructions.iter().position(|i| i.name == "FROM").unwrap_or(0);
    let counted = &file.instructions[first..];
    let lower = counted.iter().filter(|i| i.written == i.written.to_lowercase()).count();
    let upper = counted.iter().filter(|i| i.written == i.name).count();
    for instruction in counted {
        let (wanted, fits) = match lower > upper {
            true => ("lowercase", instruction.written == instruction.written.to_lowercase()),
            false => ("uppercase", instruction.written == instruction.name),
        };
        if !fits {
            let detail = format!(
                "Command '{}' should match the case of the command majority ({wanted})",
                instruction.written
            );
            checker.warn("ConsistentInstructionCasing", instruction, detail);
        }
    }
}

/// What is seen of the base images, before it is known whether they are there.
pub fn bases(file: &Dockerfile, given: &[(String, String)], target: &str, chosen: &Chosen) -> Vec<Warning> {
    let mut checker = Checker { chosen, found: Vec::new() };
    let bases = || file.instructions.iter().filter(|i| i.name == "FROM");
    if let Ok((_, globals)) = stage::globals(file, &[], "") {
        bases().for_each(|instruction| default(&mut checker, file, instruction, &globals));
    }
    if let Ok((_, globals)) = stage::globals(file, given, target) {
        bases().for_each(|instruction| from(&mut checker, file, instruction, &globals));
    }
    checker.found
}

/// What is seen as the stages are taken apart: `wanted` says which of them.
pub fn stages(
    file: &Dockerfile,
    stages: &[Stage],
    globals: &[(String, String)],
    wanted: &[bool],
    chosen: &Chosen,
    facts: &Facts<'_>,
) -> Vec<Warning> {
    let mut checker = Checker { chosen, found: Vec::new() };
    let mut done: Vec<Scope> = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        let mut scope = match &stage.base {
            Base::Stage(other) if *other < at => done[*other].above(),
            Base::Image(text) => Scope::of((facts.image)(text)),
            _ => Scope::of(Some((Vec::new(), false))),
        };
        if wanted[at] {
            for place in stage.from + 1..stage.end {
                scope.instruction(&mut checker, file, place, globals, facts);
            }
        }
        done.push(scope);
    }
    checker.found
}

/// A base name that ARGs leave empty when nothing is given.
fn default(
    checker: &mut Checker<'_>,
    file: &Dockerfile,
    instruction: &Instruction,
    globals: &[(String, String)],
) {
    let name = instruction.text.split_whitespace().next().unwrap_or_default();
    let lookup = |name: &str| stage::value(globals, name).map(str::to_owned);
    let text = expand(&file.plain(name), &lookup);
    if text.is_ok_and(|text| Reference::parse(&text).is_err()) {
        let detail = format!("Default value for ARG {name} results in empty or invalid base image name");
        checker.warn("InvalidDefaultArgInFrom", instruction, detail);
    }
}

/// Replaces variables; those that were there, and those that were not.
pub(super) fn expanded(
    text: &str,
    known: &dyn Fn(&str) -> Option<String>,
) -> (Option<String>, Vec<String>, Vec<String>) {
    let seen = RefCell::new((Vec::new(), Vec::new()));
    let lookup = |name: &str| {
        let value = known(name);
        let mut seen = seen.borrow_mut();
        let list = if value.is_some() { &mut seen.0 } else { &mut seen.1 };
        if !list.iter().any(|n| n == name) {
            list.push(name.to_owned());
        }
        value
    };
    let text = expand(text, &lookup).ok();
    let (there, missing) = seen.into_inner();
    (text, there, missing)
}

/// The variables and the platform of a FROM.
fn from(
    checker: &mut Checker<'_>,
    file: &Dockerfile,
    instruction: &Instruction,
    globals: &[(String, String)],
) {
    let known = |name: &str| stage::value(globals, name).map(str::to_owned);
    let declared = stage::declared(file);
    let undeclared = |checker: &mut Checker<'_>, missing: &[String]| {
        for name in missing.iter().filter(|n| !declared.contains(n)) {
            let names = globals.iter().map(|g| g.0.as_str()).chain(declared.iter().map(String::as_str));
            let hint = near(name, names).map_or(String::new(), |n| format!(" (did you mean {n}?)"));
            let detail = format!("FROM argument '{name}' is not declared{hint}");
            checker.warn("UndefinedArgInFrom", instruction, detail);
        }
    };
    let base = instruction.text.split_whitespace().next().unwrap_or_default();
    let (_, _, missing) = expanded(&file.plain(base), &known);
    undeclared(checker, &missing);
    let Some(platform) = instruction.flag("platform") else { return };
    let (text, there, missing) = expanded(&file.plain(platform), &known);
    undeclared(checker, &missing);
    let text = text.unwrap_or_default();
    if there == ["TARGETPLATFORM"] && missing.is_empty() && Some(text.clone()) == known("TARGETPLATFORM") {
        let detail = format!(
            "Setting platform to predefined {platform} in FROM is redundant as this is the default behavior"
        );
        checker.warn("RedundantTargetPlatform", instruction, detail);
    }
    let parts: Vec<&str> = text.split('/').collect();
    let name = instruction.text.split_whitespace().nth(2).unwrap_or_default().to_lowercase();
    let named = parts.iter().take(2).any(|part| name.contains(part));
    if there.is_empty() && missing.is_empty() && stage::platform(&text).is_ok() && !named {
        let detail = format!("FROM --platform flag should not use constant value {text:?}");
        checker.warn("FromPlatformFlagConstDisallowed", instruction, detail);
    }
}
