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

/// One formatted floating point brings six kilobytes of the standard library to the page.
#[test]
fn numbers_are_written_by_one_routine() {
    for (path, text) in sources() {
        let shown = path.display().to_string();
        if shown.contains("tests") || shown.contains("xtask") || shown.contains("bin/") {
            continue;
        }
        for (at, _) in text.match_indices(":.") {
            let (before, after) = (&text[..at], &text[at + 2..]);
            let opened =
                before.rfind('{').is_some_and(|o| before[o + 1..].chars().all(|c| c.is_alphanumeric()));
            let precise = opened && after.starts_with(|c: char| c.is_ascii_digit() || c == '*');
            assert!(!precise, "{shown}: decimal::fixed writes it: {:?}", &text[at..(at + 9).min(text.len())]);
        }
    }
}
