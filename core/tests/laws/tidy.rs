//! The tree stays readable: every file says what it owns, and is about one subject.

use super::sources;

/// The longest a file may be.
const LINES: usize = 425;

#[test]
fn every_file_says_what_it_owns_and_is_not_too_long() {
    for (path, text) in sources() {
        let name = path.display().to_string();
        assert!(!name.ends_with("/mod.rs") && !name.contains("utils"), "{name}");
        if !name.ends_with("tests.rs") {
            assert!(text.starts_with("//! "), "{name} does not say what it owns");
            assert!(text.lines().count() <= LINES, "{name} has {} lines", text.lines().count());
        }
    }
}

#[test]
fn nothing_is_left_unsaid() {
    for (path, text) in sources() {
        for word in ["todo!", "unimplemented!", "FIXME"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}
