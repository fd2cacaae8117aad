//! `npm`, `yarn`, `pnpm`, `npx` and `nodemon`: the packages of Node.js, and the scripts of `package.json`.

mod install;
mod watch;

use super::Work;
use crate::engine::syscall::Sys;
use crate::kernel::signal::Signal;
use crate::memory::tool::{State, Tool};
use serde_json::Value;
pub use watch::{begin as begin_watch, go_on as watch};

/// The catalogue.
pub const CATALOGUE: &str = include_str!("node.txt");

/// What a command has come to.
pub enum Done {
    /// It has ended.
    Code(u8),
    /// It runs this.
    Runs(String),
}

/// Versions that the programs say.
const VERSIONS: [(&str, &str); 3] = [("npm", "10.9.4"), ("yarn", "1.22.22"), ("pnpm", "10.24.0")];

/// Begins the command of a script as a child.
pub fn run(sys: &mut Sys<'_>, tool: &mut Tool, command: String) -> State {
    let mut environment = (*sys.environment()).clone();
    let path = environment.get("PATH").cloned().unwrap_or_default();
    let directory = sys.directory();
    let own = format!("{}/node_modules/.bin", directory.trim_end_matches('/'));
    environment.insert("PATH".to_owned(), format!("{own}:{path}"));
    let name = sys.arguments().first().cloned().unwrap_or_default();
    let words = vec!["sh".to_owned(), "-c".to_owned(), command];
    match crate::program::batch::spawn_in(sys, words, &name, environment) {
        Ok(pid) => {
            crate::program::ends_by(sys, &[Signal::TERM, Signal::INT, Signal::HUP]);
            State::Child(pid)
        }
        Err(errno) => {
            tool.pending[1].extend_from_slice(format!("{name}: {errno}\n").as_bytes());
            State::Done(1)
        }
    }
}

pub fn node(work: &mut Work<'_, '_>, name: &str, arguments: &[String]) -> Done {
    let flag = |names: &[&str]| arguments.iter().any(|a| names.contains(&a.as_str()));
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with('-')).collect();
    if flag(&["-v", "--version"]) && words.is_empty() {
        let version = VERSIONS.iter().find(|v| v.0 == name).map_or("10.9.4", |v| v.1);
        work.say(version);
        return Done::Code(0);
    }
    if name == "npx" {
        return Done::Runs(words.join(" "));
    }
    let dev = !flag(&["--production", "--omit=dev", "--prod", "--only=production"])
        && work.sys.variable("NODE_ENV").as_deref() != Some("production");
    let verb = words.first().copied().unwrap_or(if name == "yarn" { "install" } else { "help" });
    let named: Vec<&str> = words.iter().skip(1).copied().collect();
    match (name, verb) {
        (_, "install" | "i" | "add") => Done::Code(install::install(work, name, &named, dev, arguments)),
        ("npm", "ci" | "clean-install") => Done::Code(install::clean_install(work, dev)),
        (_, "run" | "run-script") if named.is_empty() => Done::Code(list_scripts(work)),
        (_, "run" | "run-script") => script(work, name, named[0], &rest_of(arguments)),
        (_, "start" | "test") => script(work, name, verb, &[]),
        ("yarn" | "pnpm", "dev" | "build" | "serve") => script(work, name, verb, &[]),
        ("npm" | "yarn", "init") => Done::Code(init(work)),
        (_, "cache" | "config" | "set") => Done::Code(0),
        ("yarn", "global") if named.first() == Some(&"add") => {
            let flags: Vec<String> = vec!["-g".to_owned()];
            Done::Code(install::install(work, "npm", &named[1..], dev, &flags))
        }
        (_, "ls" | "list") => Done::Code(install::list(work)),
        ("yarn", other) if scripts(work).get(other).is_some() => script(work, name, other, &[]),
        ("npm", "help") => {
            work.say("npm <command>\n\nUsage:\n\nnpm install        install all the dependencies in your project\nnpm install <foo>  add the <foo> dependency to your project\nnpm test           run this project's tests\nnpm run <foo>      run the script named <foo>");
            Done::Code(1)
        }
        _ => {
            work.warn(&format!("{name}: Drydock does not simulate {name} {verb}"));
            Done::Code(1)
        }
    }
}

/// What stands after `--`.
fn rest_of(arguments: &[String]) -> Vec<String> {
    let at = arguments.iter().position(|a| a == "--");
    at.map(|at| arguments[at + 1..].to_vec()).unwrap_or_default()
}

fn manifest(work: &mut Work<'_, '_>) -> Option<Value> {
    let text = work.read("package.json");
    serde_json::from_str(&text).ok()
}

fn scripts(work: &mut Work<'_, '_>) -> Value {
    manifest(work).map(|m| m["scripts"].clone()).unwrap_or_default()
}

fn list_scripts(work: &mut Work<'_, '_>) -> u8 {
    let scripts = scripts(work);
    work.say("Scripts available:");
    for (name, command) in scripts.as_object().into_iter().flatten() {
        work.say(&format!("  {name}\n    {}", command.as_str().unwrap_or_default()));
    }
    0
}

fn script(work: &mut Work<'_, '_>, name: &str, script: &str, more: &[String]) -> Done {
    let Some(manifest) = manifest(work) else {
        return Done::Code(install::no_manifest(work, name));
    };
    let given = manifest["scripts"][script].as_str().map(str::to_owned);
    let default = || {
        (script == "start" && name == "npm" && work.exists("server.js")).then(|| "node server.js".to_owned())
    };
    let Some(mut command) = given.or_else(default) else {
        match name {
            "yarn" => {
                work.say("yarn run v1.22.22\ninfo Visit https://yarnpkg.com/en/docs/cli/run for documentation about this command.");
                work.warn(&format!("error Command \"{script}\" not found."));
            }
            _ => work.warn(&format!("npm error Missing script: \"{script}\"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run")),
        }
        return Done::Code(1);
    };
    for word in more {
        command = format!("{command} {word}");
    }
    match name {
        "yarn" => work.say(&format!("yarn run v1.22.22\n$ {command}")),
        _ => {
            let text = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
            let (own, version) = (text("name"), text("version"));
            let version = if version.is_empty() { version } else { format!("@{version}") };
            work.say(&format!("\n> {own}{version} {script}\n> {command}\n"));
        }
    }
    Done::Runs(command)
}

fn init(work: &mut Work<'_, '_>) -> u8 {
    let directory = work.sys.directory();
    let name = directory.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("app").to_owned();
    let text = format!(
        "{{\n  \"name\": \"{name}\",\n  \"version\": \"1.0.0\",\n  \"description\": \"\",\n  \"main\": \"index.js\",\n  \"scripts\": {{\n    \"test\": \"echo \\\"Error: no test specified\\\" && exit 1\"\n  }},\n  \"keywords\": [],\n  \"author\": \"\",\n  \"license\": \"ISC\"\n}}\n"
    );
    if work.put("package.json", &text, None).is_err() {
        return 1;
    }
    work.say(&format!("Wrote to {}/package.json:\n\n{text}", directory.trim_end_matches('/')));
    0
}
