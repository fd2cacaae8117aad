//! The terminal without a page: a REPL, a script, or JSON lines; and the registry for real clients.

#[path = "drydock/server.rs"]
mod server;
#[path = "drydock/wire.rs"]
mod wire;

use drydock::engine::World;
use drydock::machine;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: drydock              a terminal, line by line
       drydock FILE         run the commands of a file
       drydock --json       read {\"command\": \"...\"} lines, answer each with a line
         --registry         with an empty registry at localhost:5000
         --starters         with the files of a first tutorial
         --seed N           the seed of the World (7)
       drydock registry     a registry that real clients push to and pull from
         --help             how
";

fn main() -> ExitCode {
    let (mut json_lines, mut registry, mut starters, mut seed, mut file) = (false, false, false, 7, None);
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == "registry").is_some() {
        return server::main(arguments.collect());
    }
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json_lines = true,
            "--registry" => registry = true,
            "--starters" => starters = true,
            "--seed" => seed = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(7),
            "--help" | "-h" => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            flag if flag.starts_with('-') => {
                eprint!("drydock: unknown option {flag}\n{USAGE}");
                return ExitCode::from(2);
            }
            path => file = Some(path.to_owned()),
        }
    }
    let mut world = match World::fed(seed, registry, starters) {
        Ok(world) => world,
        Err(error) => {
            eprintln!("drydock: {}:{}: {}", error.file, error.line, error.message);
            return ExitCode::FAILURE;
        }
    };
    match (json_lines, file) {
        (true, _) => answer_json(&mut world),
        (false, Some(path)) => run_file(&mut world, &path),
        (false, None) => repl(&mut world),
    }
}

fn answer_json(world: &mut World) -> ExitCode {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let Some(command) =
            serde_json::from_str::<Value>(&line).ok().and_then(|v| v["command"].as_str().map(str::to_owned))
        else {
            eprintln!("drydock: not a line {{\"command\": \"...\"}}: {line}");
            continue;
        };
        let outcome = machine::run_command(world, &command);
        let answer = json!({ "command": command, "stdout": outcome.stdout, "stderr": outcome.stderr, "status": outcome.status });
        println!("{answer}");
    }
    ExitCode::SUCCESS
}

fn run_file(world: &mut World, path: &str) -> ExitCode {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let outcome = machine::run_command(world, &text);
            print!("{}", outcome.stdout);
            eprint!("{}", outcome.stderr);
            ExitCode::from(outcome.status.unwrap_or(1))
        }
        Err(error) => {
            eprintln!("drydock: {path}: {error}");
            ExitCode::from(2)
        }
    }
}

fn repl(world: &mut World) -> ExitCode {
    let mut input = io::stdin().lock().lines();
    loop {
        print!("$ ");
        let _ = io::stdout().flush();
        let Some(Ok(line)) = input.next() else { return ExitCode::SUCCESS };
        if line.trim() == "exit" {
            return ExitCode::SUCCESS;
        }
        let outcome = machine::run_command(world, &line);
        print!("{}", outcome.stdout);
        eprint!("{}", outcome.stderr);
    }
}
