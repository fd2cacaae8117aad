//! The stages of a Dockerfile: what each is based on, which of them a target needs, and where ARG reaches.

use super::Fault;
use super::dockerfile::{Dockerfile, Instruction};
use super::form::near;
use crate::image::change::words::{Variables, expand, names, words};

/// What a stage, or a `--from`, begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing (`scratch`).
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image.
    Image(String),
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name (`AS name`), in small letters; empty without one.
    pub name: String,
    /// What it begins with.
    pub base: Base,
    /// The base as it is written, variables replaced.
    pub base_text: String,
    /// The platform asked for; empty for the host's.
    pub platform: String,
    /// Its FROM, by its place among the instructions.
    pub from: usize,
    /// The place after its last instruction.
    pub end: usize,
}

impl Stage {
    /// Its name, or `stage-N`.
    pub fn shown(&self, at: usize) -> String {
        if self.name.is_empty() { format!("stage-{at}") } else { self.name.clone() }
    }
}

/// Variables that every Dockerfile may take by an ARG without a value.
const PLATFORM: [(&str, &str); 8] = [
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDOS", "linux"),
    ("BUILDARCH", "amd64"),
    ("BUILDVARIANT", ""),
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETOS", "linux"),
    ("TARGETARCH", "amd64"),
    ("TARGETVARIANT", ""),
];

/// Names and values, the last of a name counts.
pub type Values = Vec<(String, String)>;

/// The last value of a name.
pub fn value<'a>(values: &'a [(String, String)], name: &str) -> Option<&'a str> {
    values.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// The stages, and the ARGs before the first FROM with their values.
///
/// # Errors
/// The first mistake, in BuildKit's words.
pub fn stages(
    file: &Dockerfile,
    given: &[(String, String)],
    target: &str,
) -> Result<(Vec<Stage>, Values), Fault> {
    let (first, globals) = globals(file, given, target)?;
    let mut stages: Vec<Stage> = Vec::new();
    for (at, instruction) in file.instructions.iter().enumerate().skip(first) {
        if instruction.name == "FROM" {
            let stage = from(file, instruction, at, &stages, &globals)?;
            stages.push(stage);
        }
        match stages.last_mut() {
            Some(stage) => stage.end = at + 1,
            None => return Err(instruction.fault("no build stage in current context")),
        }
    }
    if stages.is_empty() {
        return Err(Fault::nowhere("dockerfile contains no stages to build".to_owned()));
    }
    Ok((stages, globals))
}

/// How many ARGs there are before the first FROM, and their values.
///
/// # Errors
/// BuildKit's words about a variable in a default.
pub fn globals(
    file: &Dockerfile,
    given: &[(String, String)],
    target: &str,
) -> Result<(usize, Values), Fault> {
    let mut globals = defaults(file, given, target);
    let before = file.instructions.iter().take_while(|i| i.name == "ARG");
    for instruction in before.clone() {
        for text in words(&file.plain(&instruction.text)) {
            let known = |name: &str| value(&globals, name).map(str::to_owned);
            let (name, default) = argument(instruction, &text, &known)?;
            let chosen = value(given, &name).map(str::to_owned).or(default);
            globals.extend(chosen.map(|chosen| (name, chosen)));
        }
    }
    Ok((before.count(), globals))
}

/// The names of the ARGs before the first FROM.
pub fn declared(file: &Dockerfile) -> Vec<String> {
    let before = file.instructions.iter().take_while(|i| i.name == "ARG");
    let all = before.flat_map(|i| words(&i.text));
    all.map(|w| w.split('=').next().unwrap_or_default().to_owned()).collect()
}

/// A platform in full: `linux/amd64` for `amd64`.
///
/// # Errors
/// containerd's words.
pub fn platform(text: &str) -> Result<String, String> {
    for part in text.split('/') {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        if part.is_empty() || !part.bytes().all(good) {
            return Err(format!(
                "{part:?} is an invalid component of {text:?}: platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument"
            ));
        }
    }
    let architecture = |text: &str| match text.to_ascii_lowercase().as_str() {
        "x86_64" | "x86-64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        "i386" => "386".to_owned(),
        other => other.to_owned(),
    };
    let parts: Vec<&str> = text.split('/').collect();
    Ok(match parts.as_slice() {
        ["linux" | "windows" | "darwin" | "freebsd"] => format!("{text}/amd64"),
        [one] => format!("linux/{}", architecture(one)),
        ["linux", "amd64" | "x86_64" | "x86-64", "v1"] => "linux/amd64".to_owned(),
        [os, other, rest @ ..] => {
            let mut all = vec![(*os).to_owned(), architecture(other)];
            all.extend(rest.iter().map(|r| (*r).to_owned()));
            all.join("/")
        }
        [] => String::new(),
    })
}

/// What every ARG of a name without a value has: the platforms, and the stage that is built.
fn defaults(file: &Dockerfile, given: &[(String, String)], target: &str) -> Values {
    let last = file.instructions.iter().rfind(|i| i.name == "FROM");
    let last = last.and_then(|i| i.text.split_whitespace().nth(2)).map(str::to_ascii_lowercase);
    let stage = if target.is_empty() { last.as_deref().unwrap_or("default") } else { target };
    let all = PLATFORM.iter().copied().chain([("TARGETSTAGE", stage)]);
    all.map(|(name, own)| (name.to_owned(), value(given, name).unwrap_or(own).to_owned())).collect()
}

/// One `NAME=default` of an ARG.
///
/// # Errors
/// BuildKit's words about a variable in the default.
pub fn argument(
    instruction: &Instruction,
    text: &str,
    known: Variables<'_>,
) -> Result<(String, Option<String>), Fault> {
    let (name, default) = text.split_once('=').map_or((text, None), |(n, d)| (n, Some(d)));
    if name.is_empty() {
        return Err(instruction.misread("ARG names can not be blank"));
    }
    let default = default.map(|d| expand(d, known)).transpose();
    Ok((name.to_owned(), default.map_err(|e| instruction.fault(e))?))
}

fn from(
    file: &Dockerfile,
    instruction: &Instruction,
    at: usize,
    stages: &[Stage],
    globals: &[(String, String)],
) -> Result<Stage, Fault> {
    let lookup = |name: &str| value(globals, name).map(str::to_owned);
    let replaced = |text: &str| expand(&file.plain(text), &lookup).map_err(|e| instruction.fault(e));
    let words: Vec<&str> = instruction.text.split_whitespace().collect();
    let name = words.get(2).map(|n| n.to_ascii_lowercase()).unwrap_or_default();
    let base_text = replaced(words[0])?;
    if base_text.is_empty() {
        return Err(instruction.fault(format!("base name ({}) should not be blank", words[0])));
    }
    let platform = match instruction.flag("platform") {
        None => String::new(),
        Some(written) => from_platform(file, instruction, written, globals)?,
    };
    let base = base(stages, &base_text, false);
    Ok(Stage { name, base, base_text, platform, from: at, end: at + 1 })
}

/// The platform of a FROM, in full.
fn from_platform(
    file: &Dockerfile,
    instruction: &Instruction,
    written: &str,
    globals: &[(String, String)],
) -> Result<String, Fault> {
    let lookup = |name: &str| value(globals, name).map(str::to_owned);
    let text = expand(&file.plain(written), &lookup).map_err(|e| instruction.fault(e))?;
    let missing = names(written).into_iter().find(|n| value(globals, n).is_none());
    let declared = declared(file);
    let known = || globals.iter().map(|g| g.0.as_str()).chain(declared.iter().map(String::as_str));
    let hint = missing.as_deref().and_then(|n| near(n, known()));
    let hint = hint.map_or(String::new(), |n| format!(" (did you mean {n}?)"));
    if text.is_empty() {
        return Err(instruction.fault(format!("empty platform value from expression {written}{hint}")));
    }
    let parsed = platform(&text);
    let parsed = parsed
        .map_err(|why| instruction.fault(format!("failed to parse platform {written}: {why}{hint}")))?;
    if parsed != "linux/amd64" {
        return Err(instruction.fault(format!(
            "FROM --platform={text} is not simulated here: images are built for linux/amd64"
        )));
    }
    Ok(parsed)
}

/// What a name means after these stages; a number is a stage's only for `--from`.
pub fn base(stages: &[Stage], text: &str, numbers: bool) -> Base {
    let lower = text.to_ascii_lowercase();
    let number = text.parse().ok().filter(|n| numbers && *n < stages.len());
    match stages.iter().rposition(|s| !s.name.is_empty() && s.name == lower).or(number) {
        Some(at) => Base::Stage(at),
        None if lower == "scratch" && !numbers => Base::Scratch,
        None => Base::Image(text.to_owned()),
    }
}

/// The stage that is built: by name or number, the last without one.
///
/// # Errors
/// BuildKit's words when there is none of the name.
pub fn target(stages: &[Stage], wanted: &str) -> Result<usize, Fault> {
    if wanted.is_empty() {
        return Ok(stages.len() - 1);
    }
    if let Base::Stage(at) = base(stages, wanted, false) {
        return Ok(at);
    }
    let names: Vec<String> = stages.iter().enumerate().map(|(at, s)| s.shown(at)).collect();
    let hint = near(wanted, names.iter().map(String::as_str));
    let hint = hint.map_or(String::new(), |n| format!(" (did you mean {n}?)"));
    Err(Fault::nowhere(format!("target stage \"{wanted}\" could not be found{hint}")))
}

/// What the instructions of a stage take from elsewhere.
pub fn sources(file: &Dockerfile, stages: &[Stage], at: usize) -> Vec<Base> {
    let own = &file.instructions[stages[at].from + 1..stages[at].end];
    own.iter().flat_map(|instruction| sources_of(instruction, &stages[..at])).collect()
}

/// What one instruction takes from earlier stages or images: `COPY --from` and `RUN --mount=from=`.
pub fn sources_of(instruction: &Instruction, earlier: &[Stage]) -> Vec<Base> {
    let mounts =
        instruction.values("mount").filter_map(|m| m.split(',').find_map(|o| o.strip_prefix("from=")));
    let from = instruction.flag("from").filter(|_| instruction.name == "COPY");
    mounts.chain(from).map(|name| base(earlier, name, true)).collect()
}

/// Whether each stage copies from what is there before it.
///
/// # Errors
/// BuildKit's words about a stage that is not there, comes later, or needs the one that copies from it.
pub fn order(file: &Dockerfile, stages: &[Stage]) -> Result<(), Fault> {
    let mut edges: Vec<(usize, usize, &Instruction)> = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        for instruction in &file.instructions[stage.from + 1..stage.end] {
            let from = instruction.flag("from").filter(|_| instruction.name == "COPY");
            if let Some(name) = from {
                if expand(name, &|_| None).ok().as_deref() != Some(name) {
                    return Err(instruction.fault("variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround"));
                }
                if name.parse::<usize>().is_ok_and(|n| n >= stages.len()) {
                    return Err(instruction.fault(format!("invalid stage index {name}")));
                }
            }
            for source in sources_of(instruction, stages) {
                if let Base::Stage(other) = source {
                    edges.push((at, other, instruction));
                }
            }
        }
    }
    for (at, stage) in stages.iter().enumerate() {
        // What this stage copies from, and what that copies from, and so on.
        let mut reached: Vec<(usize, &Instruction)> =
            edges.iter().filter(|e| e.0 == at).map(|e| (e.1, e.2)).collect();
        let mut next = 0;
        while let Some(&(other, _)) = reached.get(next) {
            next += 1;
            for edge in edges.iter().filter(|e| e.0 == other) {
                if !reached.iter().any(|r| r.0 == edge.1) {
                    reached.push((edge.1, edge.2));
                }
            }
        }
        if let Some((_, instruction)) = reached.iter().find(|r| r.0 == at) {
            let name = stage.shown(at);
            return Err(instruction.fault(format!("circular dependency detected on stage: {name}")));
        }
    }
    match edges.iter().find(|(at, other, i)| other > at && i.name == "COPY") {
        Some((at, _, instruction)) => Err(instruction.fault(format!(
            "cannot copy from stage {:?}, it needs to be defined before current stage {:?}",
            instruction.flag("from").unwrap_or_default(),
            stages[*at].shown(*at)
        ))),
        None => Ok(()),
    }
}

/// Which stages a target needs, itself included.
pub fn needed(file: &Dockerfile, stages: &[Stage], target: usize) -> Vec<bool> {
    let mut needed = vec![false; stages.len()];
    needed[target] = true;
    for at in (0..=target).rev() {
        if !needed[at] {
            continue;
        }
        for source in sources(file, stages, at).into_iter().chain([stages[at].base.clone()]) {
            if let Base::Stage(other) = source {
                needed[other] = true;
            }
        }
    }
    needed
}

/// How many of the instructions make a layer, FROM counted as the first.
pub fn steps(instructions: &[Instruction]) -> usize {
    1 + instructions.iter().filter(|i| makes_layer(i)).count()
}

/// True for an instruction that makes a layer.
pub fn makes_layer(instruction: &Instruction) -> bool {
    matches!(instruction.name.as_str(), "RUN" | "COPY" | "ADD" | "WORKDIR")
}
