//! Drydock's lessons: their text, their loader and the glossary. The proofs that each lesson can be solved are tests.
//!
//! A lesson is one Markdown file: a heading, paragraphs, `$ ` lines that a learner may put in the terminal, and
//! under `## Goals` a list whose items say `what to do | the goal`, then hints, then the `$ ` lines that solve it.
//! In prose, `[words]` names an entry of the glossary.

use drydock::goal::Goal;

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Its place among the lessons, from 1; 0 while it is read alone.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// Its text.
    pub blocks: Vec<Block>,
    /// What is to be reached, in order.
    pub steps: Vec<Step>,
}

/// A part of a lesson's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A command that can be put in the terminal.
    Try(String),
}

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

/// A goal with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub text: Vec<Inline>,
    /// What the World must be like.
    pub goal: Goal,
    /// Hints, one sentence each.
    pub hints: Vec<Vec<Inline>>,
    /// Commands that reach it.
    pub commands: Vec<String>,
}

/// An entry of the glossary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The term.
    pub term: String,
    /// What it means.
    pub meaning: Vec<Inline>,
}

const TEXTS: [&str; 1] = [include_str!("../en/01-your-first-container.md")];

/// All lessons in order.
///
/// # Errors
/// What is wrong, and in which line.
pub fn lessons() -> Result<Vec<Lesson>, String> {
    let numbered = |(n, text): (usize, &&str)| lesson(text).map(|l| Lesson { number: n + 1, ..l });
    TEXTS.iter().enumerate().map(numbered).collect()
}

/// Reads a lesson.
///
/// # Errors
/// What is wrong, and in which line.
pub fn lesson(text: &str) -> Result<Lesson, String> {
    let mut lesson = Lesson { number: 0, title: String::new(), blocks: Vec::new(), steps: Vec::new() };
    let mut goals = false;
    for (number, line) in text.lines().enumerate() {
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        let line = line.trim();
        if let Some(title) = line.strip_prefix("# ") {
            lesson.title = title.to_owned();
        } else if line == "## Goals" {
            goals = true;
        } else if line.is_empty() {
        } else if let Some(item) = line.strip_prefix("- ").filter(|_| goals) {
            let (text, goal) = item.rsplit_once(" | ").ok_or_else(|| wrong("an item has no goal"))?;
            let goal = goal.parse().map_err(|e: drydock::goal::GoalError| wrong(&e.0))?;
            lesson.steps.push(Step { text: inlines(text), goal, hints: Vec::new(), commands: Vec::new() });
        } else if goals {
            let step = lesson.steps.last_mut().ok_or_else(|| wrong("a hint before the first item"))?;
            match line.strip_prefix("$ ") {
                Some(command) => step.commands.push(command.to_owned()),
                None => step.hints.push(inlines(line)),
            }
        } else {
            lesson.blocks.push(match line.strip_prefix("$ ") {
                Some(command) => Block::Try(command.to_owned()),
                None => Block::Paragraph(inlines(line)),
            });
        }
    }
    if lesson.title.is_empty() || lesson.steps.is_empty() {
        return Err("a lesson has a title and goals".to_owned());
    }
    Ok(lesson)
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

/// The glossary in order of its terms.
pub fn glossary() -> Vec<Entry> {
    let sections = include_str!("../en/glossary.md").split("\n## ").skip(1);
    sections
        .map(|section| {
            let (term, meaning) = section.split_once('\n').unwrap_or((section, ""));
            Entry { term: term.trim().to_owned(), meaning: inlines(meaning.trim()) }
        })
        .collect()
}

/// The entry that a word of a text means: the term itself, or its plural.
pub fn entry(word: &str) -> Option<Entry> {
    let word = word.to_ascii_lowercase();
    let singular = word.strip_suffix('s').unwrap_or(&word);
    glossary().into_iter().find(|e| e.term == word || e.term == singular)
}

/// A sentence of the Narrator in pieces: terms of the glossary where they first stand, and digests as code.
pub fn narrated(sentence: &str) -> Vec<Inline> {
    let mut terms: Vec<String> = glossary().into_iter().map(|e| e.term).collect();
    drydock::shared::sort_by(&mut terms, |a, b| b.len().cmp(&a.len()));
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = sentence;
    while let Some(c) = rest.chars().next() {
        let at_word = plain.chars().last().is_none_or(|c| !c.is_alphanumeric());
        let found = terms.iter().position(|t| {
            at_word
                && rest.get(..t.len()).is_some_and(|r| r.eq_ignore_ascii_case(t))
                && !rest[t.len()..].starts_with(|c: char| c == '-' || c.is_alphanumeric() && c != 's')
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
