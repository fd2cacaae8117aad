//! Drydock's chores: the page, the tests, the fidelity.

mod bundle;
mod chromium;
mod fuzz;
mod oracle;
mod page;
mod split;

use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str =
    "usage: cargo xtask serve       build the page and serve it on 127.0.0.1:8080 (--no-open: no browser)
       cargo xtask dist        build the page into dist/, and all of it into dist/drydock.html
       cargo xtask size        build it and weigh what a first load fetches
       cargo xtask test        format, lints, tests, the page in Chromium, and the fidelity to a real engine
       cargo xtask browser     build the page and run its tests in Chromium
       cargo xtask frame-time  measure the frame time of the stage
       cargo xtask fuzz [SECONDS]
                               run every fuzz target for so long (an hour each where nothing is said)
       cargo xtask cold        run the first story in Chromium and print what of the module it does not use
       cargo xtask fidelity    compare with the recordings of a real engine, where they are at hand
       cargo xtask oracle [DIRECTORY]
                               start a Docker engine (as root, where `dockerd` is installed), record the scenarios of
                               the directory with it, and compare with what it says and with the recordings
";

/// Where the recordings lie: beside the checkout.
const RECORDINGS: &str = "../shared/oracle";

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("serve") => page::serve(),
        Some("dist") => page::dist(),
        Some("size") => page::dist().and_then(|()| page::size()),
        Some("test") => test(),
        Some("browser") => page::dist().and_then(|()| chromium::test()),
        Some("frame-time") => chromium::frame_time(),
        Some("fuzz") => match std::env::args().nth(2).map_or(Ok(3600), |s| s.parse()) {
            Ok(seconds) => fuzz::fuzz(seconds),
            Err(_) => Err("the seconds are a number".to_owned()),
        },
        Some("cold") => chromium::cold(),
        Some("fidelity") => fidelity(),
        Some("oracle") => {
            let directory = std::env::args().nth(2).unwrap_or_else(|| format!("{RECORDINGS}/scenarios"));
            oracle::oracle(RECORDINGS, &directory)
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<(), String> {
    cargo("the format", &["fmt", "--all", "--check"])?;
    cargo("the lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    cargo("the tests", &["test", "--workspace", "--exclude", "drydock-browser"])?;
    page::dist()?;
    page::size()?;
    chromium::test()?;
    if std::env::var_os("CI").is_some() {
        fuzz::fuzz(60)?;
    }
    fidelity()
}

fn cargo(what: &str, arguments: &[&str]) -> Result<(), String> {
    println!("== {what}: cargo {}", arguments.join(" "));
    let status = Command::new("cargo").args(arguments).status().map_err(|e| e.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{what}: failed")) }
}

/// Prints the share of recorded commands that are answered alike, and keeps it above the floor.
fn fidelity() -> Result<(), String> {
    if !Path::new(RECORDINGS).is_dir() {
        println!("== the fidelity: no recordings at {RECORDINGS}; skipped");
        return Ok(());
    }
    cargo("the binary", &["build", "--release", "-p", "drydock"])?;
    let directory = format!("{RECORDINGS}/scenarios");
    let mut files: Vec<String> = std::fs::read_dir(&directory)
        .map_err(|e| format!("{directory}: {e}"))?
        .filter_map(|entry| Some(entry.ok()?.path().to_string_lossy().into_owned()))
        .filter(|path| path.ends_with(".json"))
        .collect();
    files.sort();
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    println!("== the fidelity: {} recordings", files.len());
    let output = Command::new("python3")
        .arg(format!("{RECORDINGS}/compare.py"))
        .args(&files)
        .args(["--", &format!("{target}/release/drydock"), "--json", "--registry"])
        .output()
        .map_err(|e| format!("python3: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{text}");
    let same =
        text.lines().last().and_then(|l| l.split(' ').nth(1)?.parse::<u32>().ok()).ok_or("no total")?;
    let floor = std::fs::read_to_string("docs/fidelity-floor.txt").map_err(|e| e.to_string())?;
    let floor: u32 = floor.trim().parse().map_err(|_| "docs/fidelity-floor.txt holds no number")?;
    if same < floor {
        return Err(format!("{same} commands are answered alike; the floor is {floor}"));
    }
    println!("{same} commands are answered alike; the floor is {floor}");
    Ok(())
}
