//! The fuzz targets: built with coverage for libFuzzer, and run for a while from the commands of the transcripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// What libFuzzer wants from the compiler: counters at every edge, the operands of comparisons.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions -Ccodegen-units=1";
const TRIPLE: &str = "x86_64-unknown-linux-gnu";
/// No input may take longer, in seconds, or more memory, in mebibytes.
const LIMITS: [&str; 2] = ["-timeout=30", "-rss_limit_mb=1024"];

/// Runs every target for so many seconds, two at a time; an input that ends one is kept in `fuzz/artifacts`.
pub fn fuzz(seconds: u64) -> Result<(), String> {
    println!("== the fuzz targets, {seconds} seconds each");
    super::chromium::need(&["c++"], &["g++"], "the fuzz targets need a C++ compiler, for libFuzzer")?;
    let folder = super::page::target().join("fuzz");
    let done = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--target",
            TRIPLE,
            "--target-dir",
        ])
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .status();
    if !done.is_ok_and(|s| s.success()) {
        return Err("the fuzz targets do not build".to_owned());
    }
    let targets = targets()?;
    for pair in targets.chunks(2) {
        let mut running = Vec::new();
        for name in pair {
            running.push((name, start(&folder.join(TRIPLE).join("release").join(name), name, seconds)?));
        }
        for (name, mut child) in running {
            let status = child.wait().map_err(|e| format!("{name}: {e}"))?;
            if !status.success() {
                return Err(format!("{name}: see fuzz/artifacts/{name}, and {}", log(name).display()));
            }
            println!("   {name}: {}", runs(name));
        }
    }
    Ok(())
}

/// The targets, by the names of their files.
fn targets() -> Result<Vec<String>, String> {
    let entries = fs::read_dir("fuzz/fuzz_targets").map_err(|e| format!("fuzz/fuzz_targets: {e}"))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|e| e.path().file_stem().map(|s| s.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn log(name: &str) -> PathBuf {
    super::page::target().join("fuzz").join(format!("{name}.log"))
}

fn start(program: &Path, name: &str, seconds: u64) -> Result<Child, String> {
    let (corpus, artifacts) = (format!("fuzz/corpus/{name}"), format!("fuzz/artifacts/{name}/"));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).map_err(|e| format!("{folder}: {e}"))?;
    }
    sow(Path::new(&corpus), name)?;
    let output = fs::File::create(log(name)).map_err(|e| e.to_string())?;
    let both = output.try_clone().map_err(|e| e.to_string())?;
    Command::new(program)
        .arg(format!("-max_total_time={seconds}"))
        .args(LIMITS)
        // One seed, so that a run can be had again.
        .args(["-seed=1", "-max_len=1500", "-print_final_stats=1"])
        .arg(format!("-artifact_prefix={artifacts}"))
        .arg(corpus)
        .stdout(output)
        .stderr(both)
        .spawn()
        .map_err(|e| format!("{name}: {e}"))
}

/// Puts the commands of the transcripts into a corpus, for what reads commands.
fn sow(corpus: &Path, name: &str) -> Result<(), String> {
    let entries = fs::read_dir("core/tests/laws/transcripts").map_err(|e| e.to_string())?;
    for entry in entries.flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let stem = entry.path().file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let commands: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("$ ")).collect();
        for (n, lines) in commands.chunks(3).enumerate() {
            let lines = lines.join("\n");
            let seed = match name {
                "template" => lines.split_once("{{").map(|(_, rest)| format!("{{{{{rest}")),
                "command_line" => lines.split_once("docker ").map(|(_, rest)| rest.to_owned()),
                _ => Some(lines),
            };
            if let Some(seed) = seed {
                fs::write(corpus.join(format!("{stem}-{n}")), seed).map_err(|e| e.to_string())?;
            }
        }
    }
    Ok(())
}

/// How many inputs a target saw.
fn runs(name: &str) -> String {
    let text = fs::read_to_string(log(name)).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("stat::number_of_executed_units:"));
    format!("{} inputs, no panic", line.unwrap_or("?").trim())
}
