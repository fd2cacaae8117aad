//! What can be said of an instruction alone: its name, its flags, how many words it takes.

use super::Fault;
use super::dockerfile::Instruction;
use crate::image::change::words::words;

/// Every instruction, and its flags: `+` for those that take no value, `*` for those that may come again.
const NAMES: [(&str, &[&str]); 18] = [
    ("ADD", &["chown", "chmod", "link+", "keep-git-dir+", "checksum", "unpack+", "exclude*"]),
    ("ARG", &[]),
    ("CMD", &[]),
    ("COPY", &["chown", "from", "chmod", "link+", "exclude*", "parents+"]),
    ("ENTRYPOINT", &[]),
    ("ENV", &[]),
    ("EXPOSE", &[]),
    ("FROM", &["platform"]),
    ("HEALTHCHECK", &["interval", "timeout", "start-period", "start-interval", "retries"]),
    ("LABEL", &[]),
    ("MAINTAINER", &[]),
    ("ONBUILD", &[]),
    ("RUN", &["mount*", "network", "security", "device*"]),
    ("SHELL", &[]),
    ("STOPSIGNAL", &[]),
    ("USER", &[]),
    ("VOLUME", &[]),
    ("WORKDIR", &[]),
];

/// What is wrong with an instruction before it is known what it says: BuildKit finds it in the whole file first.
///
/// # Errors
/// BuildKit's words, which name no line.
pub fn read(instruction: &Instruction) -> Result<(), Fault> {
    let text = instruction.text.as_str();
    match instruction.name.as_str() {
        "ENV" | "LABEL" => pairs(instruction),
        "CMD" | "ENTRYPOINT" | "RUN" | "SHELL" | "ADD" | "COPY" | "VOLUME" => array(instruction, text),
        "HEALTHCHECK" => {
            array(instruction, text.split_once(char::is_whitespace).map_or("", |t| t.1.trim_start()))
        }
        _ => Ok(()),
    }
}

fn pairs(instruction: &Instruction) -> Result<(), Fault> {
    let words = words(&instruction.text);
    let Some(first) = words.first() else { return Ok(()) };
    if !first.contains('=') {
        return match instruction.text.split_once(char::is_whitespace) {
            Some(_) => Ok(()),
            None => Err(instruction.fault(format!("{} must have two arguments", instruction.name))),
        };
    }
    match words.iter().find(|word| !word.contains('=')) {
        Some(word) => Err(instruction
            .fault(format!("Syntax error - can't find = in {word:?}. Must be of the form: name=value"))),
        None => Ok(()),
    }
}

fn array(instruction: &Instruction, text: &str) -> Result<(), Fault> {
    match crate::image::change::strings(text) {
        Ok(_) => Ok(()),
        Err(words) => Err(instruction.fault(words)),
    }
}

/// What is wrong with one instruction.
///
/// # Errors
/// BuildKit's words.
pub fn check(instruction: &Instruction) -> Result<(), Fault> {
    let name = instruction.name.as_str();
    let Some((_, known)) = NAMES.iter().find(|(n, _)| *n == name) else {
        let hint = near(name, NAMES.iter().map(|n| n.0));
        let hint = hint.map_or(String::new(), |near| format!(" (did you mean {near}?)"));
        return Err(instruction.misread(&format!("unknown instruction: {}{hint}", instruction.written)));
    };
    let counted = matches!(name, "COPY" | "ADD" | "MAINTAINER" | "FROM");
    if counted {
        count(instruction)?;
    }
    flags(instruction, known)?;
    if counted { Ok(()) } else { count(instruction) }
}

/// How many words an instruction takes.
fn count(instruction: &Instruction) -> Result<(), Fault> {
    let name = instruction.name.as_str();
    let all: Vec<&str> = instruction.text.split_whitespace().collect();
    let wrong = match name {
        "FROM" if all.len() == 3 && all[1].eq_ignore_ascii_case("as") => stage_name(all[2]),
        "FROM" if all.len() != 1 => Some("FROM requires either one or three arguments".to_owned()),
        "COPY" | "ADD" if instruction.json_words().map_or(all.len(), |w| w.len()) < 2 => Some(format!(
            "{name} requires at least two arguments, but only one was provided. Destination could not be determined"
        )),
        "WORKDIR" | "USER" | "STOPSIGNAL" | "MAINTAINER" if all.is_empty() => {
            Some(format!("{name} requires exactly one argument"))
        }
        "ARG" | "ENV" | "EXPOSE" | "LABEL" | "VOLUME" | "ONBUILD" | "HEALTHCHECK" if all.is_empty() => {
            Some(format!("{name} requires at least one argument"))
        }
        "ENV" | "LABEL" if words(&instruction.text).iter().any(|w| w.starts_with('=')) => {
            Some(format!("{name} names can not be blank"))
        }
        "HEALTHCHECK" => {
            let flags = instruction.flags.iter().map(|f| f.split_once('=').unwrap_or((f, "")));
            crate::image::change::health(&flags.collect::<Vec<_>>(), &instruction.text).err()
        }
        "ONBUILD" => trigger(all[0]),
        "VOLUME" if instruction.json_words().is_some_and(|w| w.iter().any(|w| w.trim().is_empty())) => {
            Some("VOLUME specified can not be an empty string".to_owned())
        }
        "SHELL" => match instruction.json_words() {
            _ if all.is_empty() => Some("SHELL requires at least one argument".to_owned()),
            None => Some("SHELL requires the arguments to be in JSON form".to_owned()),
            Some(words) if words.is_empty() => Some("SHELL requires at least one argument".to_owned()),
            Some(_) => None,
        },
        "RUN" => network(instruction),
        _ => None,
    };
    wrong.map_or(Ok(()), |wrong| Err(instruction.misread(&wrong)))
}

fn stage_name(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let fits = lower.starts_with(|c: char| c.is_ascii_lowercase()) && lower.bytes().all(good);
    (!fits).then(|| {
        format!("invalid name for build stage: {name:?}, name can't start with a number or contain symbols")
    })
}

fn trigger(first: &str) -> Option<String> {
    match first.to_ascii_uppercase().as_str() {
        "ONBUILD" => Some("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        name @ ("MAINTAINER" | "FROM") => Some(format!("{name} isn't allowed as an ONBUILD trigger")),
        _ => None,
    }
}

fn network(instruction: &Instruction) -> Option<String> {
    let (network, security) = (instruction.flag("network"), instruction.flag("security"));
    let network = network.filter(|n| !matches!(*n, "default" | "none" | "host"));
    let security = security.filter(|s| !matches!(*s, "sandbox" | "insecure"));
    network
        .map(|n| format!("invalid network mode {n:?}"))
        .or_else(|| security.map(|s| format!("security {s:?} is not valid")))
}

fn flags(instruction: &Instruction, known: &[&str]) -> Result<(), Fault> {
    for (at, flag) in instruction.flags.iter().enumerate() {
        let (name, value) = flag.split_once('=').map_or((flag.as_str(), None), |(n, v)| (n, Some(v)));
        let bare = |k: &str| k.trim_end_matches(['+', '*']) == name;
        let wrong = match known.iter().find(|k| bare(k)) {
            None => {
                let hint = near(name, known.iter().map(|k| k.trim_end_matches(['+', '*'])));
                let hint = hint.map_or(String::new(), |near| format!(" (did you mean {near}?)"));
                format!("unknown flag: {name}{hint}")
            }
            Some(kind) => {
                let again = instruction.flags[..at].iter().any(|f| f.split('=').next() == Some(name));
                match value {
                    _ if again && !kind.ends_with('*') => format!("duplicate flag specified: {name}"),
                    Some("") if kind.ends_with('+') => format!("missing a value on flag: {name}"),
                    None if !kind.ends_with('+') => format!("missing a value on flag: {name}"),
                    Some(value)
                        if kind.ends_with('+')
                            && !["true", "false"].iter().any(|b| b.eq_ignore_ascii_case(value)) =>
                    {
                        format!("expecting boolean value for flag {name}, not: {value}")
                    }
                    _ => continue,
                }
            }
        };
        return Err(instruction.misread(&wrong));
    }
    Ok(())
}

/// The nearest of some names, when it is near enough to be a slip; nothing when the name is one of them.
pub fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for other in names {
        let far = distance(name, other);
        if far == 0 {
            return None;
        }
        if far < best.map_or(3, |b| b.0) {
            best = Some((far, other));
        }
    }
    best.map(|b| b.1)
}

/// How many letters must be changed, added or taken (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 3 {
        return 4;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
