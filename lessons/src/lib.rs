//! Drydock's lessons: their text, their loader and the glossary. The proofs that each lesson can be solved are tests.

mod lesson;

pub use lesson::{Block, Choice, Lesson, Prediction, Step, begin, lesson, waits};

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// What could be typed or printed.
    Code(String),
    /// A term of the glossary.
    Term(String),
}

/// An entry of the glossary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The term.
    pub term: &'static str,
    /// What it means.
    pub meaning: Vec<Inline>,
}

/// The lessons' texts in order.
const TEXTS: [&str; 24] = [
    include_str!("../en/01-your-first-container.md"),
    include_str!("../en/02-what-happened.md"),
    include_str!("../en/03-one-image-three-containers.md"),
    include_str!("../en/04-one-kernel.md"),
    include_str!("../en/05-operating-system.md"),
    include_str!("../en/06-namespaces.md"),
    include_str!("../en/07-limits.md"),
    include_str!("../en/08-copy-on-write.md"),
    include_str!("../en/09-signals.md"),
    include_str!("../en/10-restart-and-health.md"),
    include_str!("../en/11-volumes.md"),
    include_str!("../en/12-works-on-my-machine.md"),
    include_str!("../en/13-what-a-container-packs.md"),
    include_str!("../en/14-develop-package-ship-run.md"),
    include_str!("../en/15-three-layers-one-image.md"),
    include_str!("../en/16-registries.md"),
    include_str!("../en/17-tags-and-digests.md"),
    include_str!("../en/18-the-dockerfile.md"),
    include_str!("../en/19-cache-and-order.md"),
    include_str!("../en/20-multi-stage.md"),
    include_str!("../en/21-dockerignore.md"),
    include_str!("../en/22-entrypoint-and-command.md"),
    include_str!("../en/23-a-private-registry.md"),
    include_str!("../en/24-what-rm-removes.md"),
];

/// All lessons in order.
///
/// # Errors
/// What is wrong, and in which line.
pub fn lessons() -> Result<Vec<Lesson>, String> {
    let numbered = |(n, text): (usize, &&str)| lesson(text).map(|l| Lesson { number: n + 1, ..l });
    TEXTS.iter().enumerate().map(numbered).collect()
}

/// The pieces of a sentence: words, `code` and [terms].
pub fn inlines(text: &str) -> Vec<Inline> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '[']) {
        let close = if rest[at..].starts_with('`') { '`' } else { ']' };
        let Some(length) = rest[at + 1..].find(close) else { break };
        if at > 0 {
            pieces.push(Inline::Text(rest[..at].to_owned()));
        }
        let inner = rest[at + 1..at + 1 + length].to_owned();
        pieces.push(if close == '`' { Inline::Code(inner) } else { Inline::Term(inner) });
        rest = &rest[at + length + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Inline::Text(rest.to_owned()));
    }
    pieces
}

const GLOSSARY: &str = include_str!("../en/glossary.md");

/// The terms of the glossary in order, each with what it means. A term may have further names after commas.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    GLOSSARY.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap_or((section, "")))
}

/// The glossary in order of its terms.
pub fn glossary() -> impl Iterator<Item = Entry> {
    sections().map(|(terms, meaning)| Entry {
        term: terms.split(", ").next().unwrap_or_default(),
        meaning: inlines(meaning.trim()),
    })
}

/// The entry that a word of a text means: the term itself, one of its other names, or its plural.
pub fn entry(word: &str) -> Option<Entry> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let is = |t: &str| t.eq_ignore_ascii_case(word) || t.eq_ignore_ascii_case(singular);
    let place = sections().position(|(terms, _)| terms.split(", ").any(is));
    glossary().nth(place?)
}

/// A sentence of the Narrator in pieces: terms of the glossary where they first stand, and digests as code.
pub fn narrated(sentence: &str) -> Vec<Inline> {
    let mut terms: Vec<&str> = sections().flat_map(|(terms, _)| terms.split(", ")).collect();
    drydock::shared::sort_by(&mut terms, |a, b| b.len().cmp(&a.len()));
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = sentence;
    while let Some(c) = rest.chars().next() {
        let at_word = plain.chars().last().is_none_or(|c| !c.is_alphanumeric());
        let in_path = plain.ends_with(['/', '.']);
        let found = terms.iter().position(|t| {
            at_word
                && !in_path
                && rest.get(..t.len()).is_some_and(|r| r.eq_ignore_ascii_case(t))
                && !rest[t.len()..].starts_with(|c: char| "-/".contains(c) || c.is_alphanumeric() && c != 's')
        });
        let hex = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let taken = match found {
            Some(n) => terms.remove(n).len(),
            None if at_word && hex >= 8 && rest[..hex].contains(|c: char| c.is_ascii_digit()) => hex,
            None => {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        if !plain.is_empty() {
            pieces.push(Inline::Text(std::mem::take(&mut plain)));
        }
        let piece = rest[..taken].to_owned();
        pieces.push(if found.is_some() { Inline::Term(piece) } else { Inline::Code(piece) });
        rest = &rest[taken..];
    }
    if !plain.is_empty() {
        pieces.push(Inline::Text(plain));
    }
    pieces
}

#[cfg(test)]
mod tests;
