//! Metadata instructions (`CMD`, `ENV`, `HEALTHCHECK` …): what each makes of an image's configuration, and the words
//! and variables in their arguments. `docker commit -c` and Dockerfiles share them.

pub mod words;

use crate::time::parse_duration;
use serde_json::{Value, json};
use words::{Variables, expand, words};

/// Applies one instruction to the `config` object of a configuration. `own_command` remembers whether a `CMD` came
/// before, because an `ENTRYPOINT` takes away the command of the base only. Variables are those of `ENV`, then `variables`.
/// Whether a `STOPSIGNAL` is one of the kernel's is for the caller to say.
///
/// # Errors
/// Docker's words about the arguments; the configuration is as it was.
pub fn apply(
    config: &mut Value,
    own_command: &mut bool,
    instruction: &str,
    arguments: &str,
    variables: Variables<'_>,
) -> Result<(), String> {
    let name = instruction.to_ascii_uppercase();
    let (flags, text) = flags(arguments);
    if let (Some((flag, _)), false) = (flags.first(), name == "HEALTHCHECK") {
        return Err(format!("unknown flag: {flag}"));
    }
    let before = list(config, "Env");
    let variable = |wanted: &str| {
        let set = before.iter().rev().find_map(|line| line.strip_prefix(wanted)?.strip_prefix('='));
        set.map(str::to_owned).or_else(|| variables(wanted))
    };
    let needs = |what: &str| Err(format!("{name} requires {what}"));
    match name.as_str() {
        "CMD" | "ENTRYPOINT" => {
            let shell = list(config, "Shell");
            let command = command(text, &shell)?;
            let value = if command.is_empty() { Value::Null } else { json!(command) };
            if name == "CMD" {
                set(config, "Cmd", value);
                *own_command = true;
            } else {
                set(config, "Entrypoint", value);
                if !*own_command {
                    set(config, "Cmd", Value::Null);
                }
            }
        }
        "SHELL" => match strings(text)? {
            Some(words) if !words.is_empty() => set(config, "Shell", json!(words)),
            Some(_) => return needs("at least one argument"),
            None => return Err("SHELL requires the arguments to be in JSON form".to_owned()),
        },
        "ENV" => {
            let mut env = before.clone();
            for (key, value) in pairs(&name, text, &variable)? {
                let line = format!("{key}={value}");
                match env.iter_mut().find(|l| l.split('=').next() == Some(&*key)) {
                    Some(old) => *old = line,
                    None => env.push(line),
                }
            }
            set(config, "Env", json!(env));
        }
        "LABEL" => {
            let pairs = pairs(&name, text, &variable)?;
            pairs.into_iter().for_each(|(key, value)| member(config, "Labels", &key, json!(value)));
        }
        "EXPOSE" | "VOLUME" => {
            let field = if name == "EXPOSE" { "ExposedPorts" } else { "Volumes" };
            let keys = places(&name, text, &variable)?;
            if text.is_empty() {
                return needs("at least one argument");
            }
            keys.iter().for_each(|key| member(config, field, key, json!({})));
        }
        "USER" | "WORKDIR" | "STOPSIGNAL" => {
            if text.is_empty() {
                return needs("exactly one argument");
            }
            let value = expand(text, &variable)?;
            single(config, &name, value);
        }
        "ONBUILD" => trigger(config, text)?,
        "HEALTHCHECK" => {
            let check = health(&flags, text)?;
            set(config, "Healthcheck", check);
        }
        _ => return Err(format!("{instruction} is not a valid change command")),
    }
    Ok(())
}

fn single(config: &mut Value, name: &str, value: String) {
    match name {
        "USER" => set(config, "User", value.into()),
        "STOPSIGNAL" => set(config, "StopSignal", value.into()),
        _ => {
            let now = config.get("WorkingDir").and_then(Value::as_str).unwrap_or("/");
            let directory = below(now, &value);
            set(config, "WorkingDir", directory.into());
        }
    }
}

fn trigger(config: &mut Value, text: &str) -> Result<(), String> {
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    match first.as_str() {
        "" => return Err("ONBUILD requires at least one argument".to_owned()),
        "ONBUILD" => return Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "FROM" | "MAINTAINER" => return Err(format!("{first} isn't allowed as an ONBUILD trigger")),
        _ => {}
    }
    let mut all = list(config, "OnBuild");
    all.push(text.to_owned());
    set(config, "OnBuild", json!(all));
    Ok(())
}

/// The texts in a list of a configuration's `config` object.
fn list(config: &Value, name: &str) -> Vec<String> {
    let items = config.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn set(config: &mut Value, name: &str, value: Value) {
    if !config.is_object() {
        *config = json!({});
    }
    if let Some(members) = config.as_object_mut() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value);
        }
    }
}

fn member(config: &mut Value, field: &str, key: &str, value: Value) {
    if config.get(field).and_then(Value::as_object).is_none() {
        set(config, field, json!({}));
    }
    config[field][key] = value;
    if let Some(members) = config[field].as_object_mut() {
        members.sort_keys();
    }
}

/// The flags before the arguments, `--name=value`, and what follows them.
pub fn flags(arguments: &str) -> (Vec<(&str, &str)>, &str) {
    let mut rest = arguments.trim();
    let mut flags = Vec::new();
    while let Some(flag) = rest.strip_prefix("--") {
        let (word, after) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        rest = after.trim_start();
        if word.is_empty() {
            break;
        }
        flags.push(word.split_once('=').unwrap_or((word, "")));
    }
    (flags, rest)
}

/// A JSON array of strings; nothing for other text.
///
/// # Errors
/// Docker's words about an array of other things.
pub fn strings(text: &str) -> Result<Option<Vec<String>>, String> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(Value::Array(items)) = serde_json::from_str(text) else { return Ok(None) };
    let words: Option<Vec<String>> = items.iter().map(|i| i.as_str().map(str::to_owned)).collect();
    words
        .map(Some)
        .ok_or_else(|| "when using JSON array syntax, arrays must be comprised of strings only".to_owned())
}

/// A command in exec form as it stands, in shell form behind the shell.
///
/// # Errors
/// Those of [`strings`].
pub fn command(text: &str, shell: &[String]) -> Result<Vec<String>, String> {
    if let Some(words) = strings(text)? {
        return Ok(words);
    }
    if text.is_empty() {
        return Ok(Vec::new());
    }
    Ok(shell_command(text, shell))
}

/// A command behind the shell.
pub fn shell_command(text: &str, shell: &[String]) -> Vec<String> {
    let mut words = if shell.is_empty() { vec!["/bin/sh".into(), "-c".into()] } else { shell.to_vec() };
    words.push(text.to_owned());
    words
}

/// The names and values of `ENV`, `LABEL` and `ARG`: `NAME=value …` or `NAME value`.
///
/// # Errors
/// Docker's words.
pub fn pairs(name: &str, text: &str, variables: Variables<'_>) -> Result<Vec<(String, String)>, String> {
    let words = words(text);
    let Some(first) = words.first() else { return Err(format!("{name} requires at least one argument")) };
    let mut pairs = Vec::new();
    if first.contains('=') {
        for word in &words {
            let Some((key, value)) = word.split_once('=') else {
                return Err(format!(
                    "Syntax error - can't find = in \"{word}\". Must be of the form: name=value"
                ));
            };
            pairs.push((key, value));
        }
    } else {
        let Some((key, value)) = text.split_once(char::is_whitespace) else {
            return Err(format!("{name} must have two arguments"));
        };
        pairs.push((key, value.trim_start()));
    }
    pairs
        .into_iter()
        .map(|(key, value)| {
            let key = expand(key, variables)?;
            if key.is_empty() {
                return Err(format!("{name} names can not be blank"));
            }
            Ok((key, expand(value, variables)?))
        })
        .collect()
}

/// The ports of `EXPOSE` and the paths of `VOLUME`.
///
/// # Errors
/// Docker's words.
pub fn places(name: &str, text: &str, variables: Variables<'_>) -> Result<Vec<String>, String> {
    let words = match if name == "VOLUME" { strings(text)? } else { None } {
        Some(words) => words,
        None => text.split_whitespace().map(str::to_owned).collect(),
    };
    let mut keys = Vec::new();
    for word in words {
        let word = expand(&word, variables)?;
        if name == "VOLUME" {
            if word.is_empty() {
                return Err("VOLUME specified can not be an empty string".to_owned());
            }
            keys.push(word);
            continue;
        }
        for port in word.split_whitespace() {
            let (ports, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
            let protocol = protocol.to_ascii_lowercase();
            if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
                return Err(format!("invalid proto: {protocol}"));
            }
            let ports = ports.rsplit(':').next().unwrap_or_default();
            let (first, last) = port_range(ports).ok_or_else(|| format!("invalid containerPort: {ports}"))?;
            keys.extend((first..=last).map(|port| format!("{port}/{protocol}")));
        }
    }
    Ok(keys)
}

/// A port, or a first and a last one: `80`, `8000-8010`.
pub fn port_range(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some((from, to))
}

/// The `Healthcheck` of a configuration.
///
/// # Errors
/// Docker's words.
pub fn health(flags: &[(&str, &str)], text: &str) -> Result<Value, String> {
    let (kind, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim_start();
    match kind.to_ascii_uppercase().as_str() {
        "" => return Err("HEALTHCHECK requires at least one argument".to_owned()),
        "NONE" if rest.is_empty() => return Ok(json!({ "Test": ["NONE"] })),
        "NONE" => return Err("HEALTHCHECK NONE takes no arguments".to_owned()),
        _ => {}
    }
    let mut check = json!({ "Test": [] });
    for (name, value) in flags {
        let field = match *name {
            "interval" => "Interval",
            "timeout" => "Timeout",
            "start-period" => "StartPeriod",
            "start-interval" => "StartInterval",
            "retries" => "Retries",
            _ => return Err(format!("unknown flag: {name}")),
        };
        if value.is_empty() {
            return Err(format!("missing a value on flag: {name}"));
        }
        check[field] = if field == "Retries" {
            let invalid = |_| format!("strconv.ParseInt: parsing \"{value}\": invalid syntax");
            let retries: i64 = value.parse().map_err(invalid)?;
            if retries < 0 {
                return Err(format!("--retries cannot be negative ({retries})"));
            }
            retries.into()
        } else {
            let span = parse_duration(value).ok_or_else(|| format!("time: invalid duration \"{value}\""))?;
            if (1..1000).contains(&span.0) {
                return Err(format!("Interval \"{name}\" cannot be less than 1ms"));
            }
            (span.0 * 1000).into()
        };
    }
    if !kind.eq_ignore_ascii_case("CMD") {
        return Err(format!("Unknown type \"{}\" in HEALTHCHECK (try CMD)", kind.to_ascii_uppercase()));
    }
    let mut test = vec!["CMD-SHELL".to_owned()];
    match strings(rest)? {
        Some(words) => {
            "CMD".clone_into(&mut test[0]);
            test.extend(words);
        }
        None if rest.is_empty() => {}
        None => test.push(rest.to_owned()),
    }
    if test.len() == 1 {
        return Err("Missing command after HEALTHCHECK CMD".to_owned());
    }
    check["Test"] = json!(test);
    Ok(check)
}

/// A path from a directory, without `.` and `..`.
pub fn below(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { directory };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
