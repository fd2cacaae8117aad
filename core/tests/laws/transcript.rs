//! Transcripts: `$ command`, what it prints, and `[status]` when that is not zero. `UPDATE_EXPECT=1` writes them anew.

use drydock::engine::World;
use drydock::machine::run_command;
use expect_test::expect_file;
use std::path::Path;

fn check(name: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/laws/transcripts").join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).expect("the transcript is there");
    let mut world = World::fed(7, name == "push", name == "tutorial").expect("the catalogue has no mistake");
    let mut seen = String::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            seen.push_str(&format!("# {comment}\n"));
        }
        let Some(command) = line.strip_prefix("$ ") else { continue };
        let outcome = run_command(&mut world, command);
        let printed = format!("{}{}", outcome.stdout, outcome.stderr).replace('\r', "\\r");
        seen.push_str(&format!("$ {command}\n{printed}"));
        if !seen.ends_with('\n') {
            seen.push('\n');
        }
        if outcome.status != Some(0) {
            seen.push_str(&format!(
                "[{}]\n",
                outcome.status.map_or("never ended".to_owned(), |s| s.to_string())
            ));
        }
    }
    expect_file![path].assert_eq(&seen);
}

#[test]
fn first_steps() {
    check("first-steps");
}

#[test]
fn isolation() {
    check("isolation");
}

#[test]
fn life() {
    check("life");
}

#[test]
fn network() {
    check("network");
}

#[test]
fn images() {
    check("images");
}

#[test]
fn push() {
    check("push");
}

#[test]
fn registries() {
    check("registries");
}

#[test]
fn private_registry() {
    check("private-registry");
}

#[test]
fn platforms() {
    check("platforms");
}

#[test]
fn networks_and_volumes() {
    check("networks-and-volumes");
}

#[test]
fn build_check() {
    check("build-check");
}

#[test]
fn build_run() {
    check("build-run");
}

#[test]
fn build_forms() {
    check("build-forms");
}

#[test]
fn build_cause() {
    check("build-cause");
}

#[test]
fn build() {
    check("build");
}

#[test]
fn options() {
    check("options");
}

#[test]
fn options_of_run() {
    check("options-run");
}

#[test]
fn limits() {
    check("limits");
}

#[test]
fn scripts() {
    check("scripts");
}

#[test]
fn links_and_updates() {
    check("links-and-updates");
}

#[test]
fn programs() {
    check("programs");
}

#[test]
fn memory_and_templates() {
    check("memory-and-templates");
}

#[test]
fn tutorial() {
    check("tutorial");
}

#[test]
fn applications() {
    check("applications");
}

#[test]
fn packages() {
    check("packages");
}
