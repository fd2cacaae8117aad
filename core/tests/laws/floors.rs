//! Law 9: a module names only those above it in `lib.rs`, and only the engine schedules.

use super::sources;
use std::path::Path;

/// The floors in order, ground first.
fn floors() -> Vec<String> {
    let text = include_str!("../../src/lib.rs");
    text.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)).collect()
}

/// The floor that a file belongs to.
fn floor_of(path: &Path) -> Option<String> {
    let inner = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).ok()?;
    let first = inner.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "bin")).then(|| name.to_owned())
}

/// The code of a text: without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, l)| (n + 1, l.split("//").next().unwrap_or_default()))
}

#[test]
fn a_module_names_only_those_above_it_in_the_list() {
    let floors = floors();
    assert!(floors.len() > 15, "{floors:?}");
    let place = |name: &str| floors.iter().position(|f| f == name);
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let Some(own) = floor_of(&path).filter(|_| !path.ends_with("tests.rs")) else { continue };
        let here = place(&own).unwrap_or_else(|| panic!("{own} is not in lib.rs"));
        for (number, line) in code(&text) {
            for named in line.split("crate::").skip(1) {
                let name: String = named.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if place(&name).is_some_and(|there| there > here) {
                    broken.push(format!("{}:{number}: {own} names {name}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_engine_schedules() {
    for (path, text) in sources() {
        let Some(own) = floor_of(&path).filter(|_| !path.ends_with("tests.rs")) else { continue };
        if own == "engine" || own == "agenda" {
            continue;
        }
        for (number, line) in code(&text) {
            let schedules = line.contains(".schedule(") || line.contains("agenda.add(");
            assert!(!schedules, "{}:{number}: {own} schedules", path.display());
        }
    }
}

#[test]
fn no_program_asks_whether_it_is_in_a_container() {
    for (path, text) in sources() {
        if floor_of(&path).is_none_or(|f| f != "program") {
            continue;
        }
        for (number, line) in code(&text) {
            for asks in ["cgroup_container", "world.containers", "world.container("] {
                assert!(!line.contains(asks), "{}:{number}: {line}", path.display());
            }
        }
    }
}
