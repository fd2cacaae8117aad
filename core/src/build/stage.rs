//! The stages of a Dockerfile: what each is based on, which of them a target needs, and where ARG reaches.

use super::Fault;
use super::dockerfile::{Dockerfile, Instruction};
use crate::image::change::words::{Variables, expand, words};

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
    let mut globals = defaults(file, given, target);
    let mut stages: Vec<Stage> = Vec::new();
    for (at, instruction) in file.instructions.iter().enumerate() {
        match instruction.name.as_str() {
            "FROM" => {
                let stage = from(file, instruction, at, &stages, &globals)?;
                stages.push(stage);
            }
            "ARG" if stages.is_empty() => {
                for text in words(&file.plain(&instruction.text)) {
                    let known = |name: &str| value(&globals, name).map(str::to_owned);
                    let (name, default) = argument(instruction, &text, &known)?;
                    let chosen = value(given, &name).map(str::to_owned).or(default);
                    globals.extend(chosen.map(|chosen| (name, chosen)));
                }
            }
            _ if stages.is_empty() => return Err(instruction.misread("no build stage in current context")),
            _ => {}
        }
        if let Some(stage) = stages.last_mut() {
            stage.end = at + 1;
        }
    }
    if stages.is_empty() {
        return Err(Fault::nowhere("dockerfile contains no stages to build".to_owned()));
    }
    Ok((stages, globals))
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
    if words.len() == 3 && !words[1].eq_ignore_ascii_case("as") {
        return Err(instruction.misread("FROM requires either one or three arguments"));
    }
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if words.len() == 3 && !(name.bytes().all(good) && name.as_bytes()[0].is_ascii_lowercase()) {
        let words = format!(
            "invalid name for build stage: \"{}\", name can't start with a number or contain symbols",
            words[2]
        );
        return Err(instruction.misread(&words));
    }
    let base_text = replaced(words[0])?;
    if base_text.is_empty() {
        return Err(instruction.fault(format!("base name ({}) should not be blank", words[0])));
    }
    let platform = instruction.flag("platform").map_or(Ok(String::new()), replaced)?;
    let base = base(stages, &base_text, false);
    Ok(Stage { name, base, base_text, platform, from: at, end: at + 1 })
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
    match base(stages, wanted, true) {
        Base::Stage(at) => Ok(at),
        _ => Err(Fault::nowhere(format!("target stage \"{wanted}\" could not be found"))),
    }
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
