//! What is wrong with a text, as its own parser says it.

use super::Language;
use drydock::build::{Fault, dockerfile, stage};
use drydock::shell;

/// A mistake on some lines, counted from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its first line.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// What is wrong.
    pub words: String,
}

impl Problem {
    /// The mistake with its place.
    pub fn sentence(&self) -> String {
        format!("Line {}: {}", self.first, self.words)
    }
}

/// What is wrong with a text of a language; nothing for languages that no parser here reads.
pub fn problems(text: &str, language: &Language) -> Option<Problem> {
    if text.trim().is_empty() {
        return None;
    }
    match language.name {
        "Dockerfile" => {
            dockerfile::parse(text).and_then(|file| stage::stages(&file, &[], "")).err().map(fault)
        }
        "JSON" => {
            let error = serde_json::from_slice::<serde_json::Value>(text.as_bytes()).err()?;
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            let line = error.line().max(1);
            Some(Problem { first: line, last: line, words })
        }
        "shell" => {
            let (line, words) = shell::mistake(text)?;
            Some(Problem { first: line, last: line, words })
        }
        _ => None,
    }
}

fn fault(fault: Fault) -> Problem {
    let words = match fault.message.split_once("dockerfile parse error on line ") {
        Some(("", rest)) => rest.split_once(": ").map_or(rest, |(_, words)| words).to_owned(),
        _ => fault.message,
    };
    let first = fault.first.max(1);
    Problem { first, last: fault.last.max(first), words }
}
