//! Instructions that change the configuration alone, and the variables that they set.

use super::step::{pass, stage_run, stage_run_mut};
use super::{History, Plan, StageRun, get};
use crate::build::Fault;
use crate::build::dockerfile::Instruction;
use crate::build::stage::{self, Values};
use crate::engine::World;
use crate::image::change::{self, words::words};
use crate::time::go_duration;
use serde_json::Value;

/// A variable as an instruction sees it: of ARG and ENV, the later one counts.
pub(super) fn variable(run: &StageRun, name: &str) -> Option<String> {
    let argument = run.arguments.iter().rev().find_map(|(n, v)| v.as_ref().filter(|_| n == name));
    let env = || environment(run).into_iter().rev().find(|(n, _)| n == name).map(|(_, v)| v);
    argument.cloned().or_else(env)
}

/// The ENV so far.
pub(super) fn environment(run: &StageRun) -> Values {
    let config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    let lines = config["Env"].as_array().cloned().unwrap_or_default();
    let pairs = lines.iter().filter_map(|l| l.as_str()?.split_once('='));
    pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

/// An ENV covers the ARGs of its names.
pub(super) fn cover(arguments: &mut [(String, Option<String>)], values: &[(String, String)]) {
    for (name, value) in arguments {
        if let Some(set) = stage::value(values, name) {
            *value = Some(set.to_owned());
        }
    }
}

/// An instruction that changes the configuration alone.
pub(super) fn configure(
    world: &mut World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
) -> Result<(), Fault> {
    let given = get(world, number).map(|b| b.request.arguments.clone()).unwrap_or_default();
    let Some(mut run) = stage_run(world, number, at).cloned() else { return Ok(()) };
    let name = instruction.name.as_str();
    let text = plan.file.plain(instruction.shown()[name.len()..].trim());
    let by = match name {
        "ARG" => {
            let mut shown = Vec::new();
            for word in words(&text) {
                let (name, value) = argument(plan, &run, &given, instruction, &word)?;
                shown.push(value.as_ref().map_or(name.clone(), |v| format!("{name}={v}")));
                run.arguments.push((name, value));
            }
            format!("ARG {}", shown.join(" "))
        }
        "MAINTAINER" => {
            text.clone_into(&mut run.author);
            format!("MAINTAINER {text}")
        }
        _ => apply(&mut run, instruction, &text)?,
    };
    if name != "ONBUILD" {
        let comment = "buildkit.dockerfile.v0".to_owned();
        run.history.push(History { created: String::new(), by, empty: true, comment });
    }
    pass(&mut run);
    if let Some(place) = stage_run_mut(world, number, at) {
        *place = run;
    }
    Ok(())
}

/// One word of an ARG: given at the command line, by default, or from before the first FROM.
fn argument(
    plan: &Plan,
    run: &StageRun,
    given: &[(String, String)],
    instruction: &Instruction,
    word: &str,
) -> Result<(String, Option<String>), Fault> {
    let name = word.split('=').next().unwrap_or(word);
    if let Some(value) = stage::value(given, name) {
        return Ok((name.to_owned(), Some(value.to_owned())));
    }
    let (name, default) = stage::argument(instruction, word, &|name| variable(run, name))?;
    let global = || stage::value(&plan.globals, &name).map(str::to_owned);
    let value = default.or_else(global);
    Ok((name, value))
}

/// The other instructions; how the history names what was done.
fn apply(run: &mut StageRun, instruction: &Instruction, text: &str) -> Result<String, Fault> {
    let name = instruction.name.as_str();
    let fault = |words: String| {
        let port = words.strip_prefix("invalid proto: ").filter(|_| name == "EXPOSE");
        let port = port.and_then(|p| text.split_whitespace().find(|w| w.ends_with(p)));
        instruction.fault(port.map_or(words.clone(), |port| format!("invalid port: {port:?}: {words}")))
    };
    let mut config: Value = serde_json::from_str(&run.config).unwrap_or_default();
    let mut own_command = run.own_command;
    let known = run.clone();
    let lookup = |name: &str| variable(&known, name);
    change::apply(&mut config, &mut own_command, name, text, &lookup).map_err(fault)?;
    let list = |v: &Value| v.to_string().replace("\",\"", "\" \"");
    let by = match name {
        "ENV" | "LABEL" => {
            let pairs = change::pairs(name, text, &lookup).map_err(fault)?;
            let shown: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            if name == "ENV" {
                cover(&mut run.arguments, &pairs);
            }
            format!("{name} {}", shown.join(" "))
        }
        "CMD" => format!("CMD {}", list(&config["Cmd"])),
        "ENTRYPOINT" => format!("ENTRYPOINT {}", list(&config["Entrypoint"])),
        "SHELL" => format!("SHELL {}", list(&config["Shell"]).replace('"', "")),
        "USER" => format!("USER {}", config["User"].as_str().unwrap_or_default()),
        "STOPSIGNAL" => format!("STOPSIGNAL {}", config["StopSignal"].as_str().unwrap_or_default()),
        "VOLUME" | "EXPOSE" => {
            let places = change::places(name, text, &lookup).map_err(fault)?;
            format!("{name} [{}]", places.join(" "))
        }
        "HEALTHCHECK" => health(&config["Healthcheck"]),
        _ => format!("{name} {text}"),
    };
    let signal = config["StopSignal"].as_str().unwrap_or_default();
    if name == "STOPSIGNAL" && crate::kernel::signal::Signal::parse(signal).is_none() {
        return Err(instruction.fault(format!("invalid signal: {signal}")));
    }
    (run.config, run.own_command) = (config.to_string(), own_command);
    Ok(by)
}

/// A health check as the history shows it: Go's `%q` of its structure.
fn health(check: &Value) -> String {
    let span = |name: &str| format!("\"{}\"", go_duration(check[name].as_u64().unwrap_or(0)));
    let retries = check["Retries"].as_u64().unwrap_or(0);
    let spans = ["Interval", "Timeout", "StartPeriod", "StartInterval"].map(span).join(" ");
    let letter = match u8::try_from(retries) {
        Ok(n) if (0x20..0x7f).contains(&n) => char::from(n).to_string(),
        _ => match retries {
            7 => "\\a".to_owned(),
            8 => "\\b".to_owned(),
            9 => "\\t".to_owned(),
            10 => "\\n".to_owned(),
            n => format!("\\x{n:02x}"),
        },
    };
    format!("HEALTHCHECK &{{{} {spans} '{letter}'}}", check["Test"].to_string().replace("\",\"", "\" \""))
}
