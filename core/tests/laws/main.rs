//! The laws of the design, each by its test, and what Drydock prints, as transcripts.

mod agenda;
mod bytes;
mod commands;
mod dockerfile;
mod conformance;
mod entry;
mod fidelity;
mod floors;
mod random;
mod refusals;
mod requests;
mod tidy;
mod transcript;

use std::path::{Path, PathBuf};

/// The same cases each time, so that what passes passes again; others with `PROPTEST_CASES`, which also says how many.
fn seed() -> proptest::test_runner::RngSeed {
    match std::env::var_os("PROPTEST_CASES") {
        None => proptest::test_runner::RngSeed::Fixed(7),
        Some(_) => proptest::test_runner::RngSeed::Random,
    }
}

/// The core's source files, with their text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut rest = vec![root];
    while let Some(folder) = rest.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                rest.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("it is text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
