//! The catalogue's text: files into parts, parts into lines, and the tags that an image's versions have.

use super::CatalogueError;
use crate::shared::Set;

/// A line of a part.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The file that it is in.
    pub file: &'static str,
    /// Its number there, from one.
    pub number: usize,
    /// Its first word.
    pub word: &'a str,
    /// The rest of it.
    pub rest: &'a str,
    /// The text of several lines that ` <<END` begins.
    pub body: Option<&'a str>,
}

impl Line<'_> {
    /// A mistake in this line.
    pub fn wrong(&self, message: impl Into<String>) -> CatalogueError {
        CatalogueError { file: self.file, line: self.number, message: message.into() }
    }
}

/// A group of lines, or an image in all its versions.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is, and its name.
    pub head: Line<'static>,
    /// Its lines.
    pub lines: Vec<Line<'static>>,
}

/// A file that is read line by line.
struct Reader {
    text: &'static str,
    at: usize,
    number: usize,
}

impl Reader {
    /// The next line, with its place.
    fn line(&mut self) -> Option<(usize, &'static str)> {
        let rest = self.text.get(self.at..).filter(|r| !r.is_empty())?;
        let line = rest.split('\n').next().unwrap_or_default();
        let at = self.at;
        self.at += line.len() + 1;
        self.number += 1;
        Some((at, line))
    }

    /// The lines until one that says `end`.
    fn body(&mut self, end: &str) -> Option<&'static str> {
        let from = self.at;
        loop {
            let (at, line) = self.line()?;
            if line.trim() == end.trim() {
                return self.text.get(from..at.max(from + 1) - 1);
            }
        }
    }
}

/// Splits a file into its parts.
///
/// # Errors
/// The first line that belongs to nothing.
pub fn parts(file: &'static str, text: &'static str, parts: &mut Vec<Part>) -> Result<(), CatalogueError> {
    let mut reader = Reader { text, at: 0, number: 0 };
    while let Some((_, whole)) = reader.line() {
        let (said, end) = whole.split_once(" <<").map_or((whole, None), |(said, end)| (said, Some(end)));
        let trimmed = said.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (word, rest) = trimmed.split_once(' ').unwrap_or((trimmed, ""));
        let mut line = Line { file, number: reader.number, word, rest: rest.trim(), body: None };
        if let Some(end) = end {
            let body = reader.body(end);
            line.body = Some(body.ok_or_else(|| line.wrong(format!("no line below says `{end}`")))?);
        }
        if said.starts_with(' ') {
            let part = parts.last_mut().filter(|p| p.head.file == file);
            part.ok_or_else(|| line.wrong("a line before the first group or image"))?.lines.push(line);
        } else if matches!(word, "group" | "image") && !line.rest.is_empty() {
            parts.push(Part { head: line, lines: Vec::new() });
        } else {
            return Err(line.wrong(format!("`{word}` is neither group nor image")));
        }
    }
    Ok(())
}

impl Part {
    /// The words of all lines that begin with this one.
    fn words(&self, word: &str) -> impl Iterator<Item = &'static str> {
        let lines: Vec<&'static str> =
            self.lines.iter().filter(|l| l.word == word).flat_map(|l| l.rest.split_whitespace()).collect();
        lines.into_iter()
    }

    /// `about STARS TEXT`: how many like it, and what it says about itself.
    pub fn about(&self) -> Option<(u64, &'static str)> {
        let (stars, about) = self.lines.iter().find(|l| l.word == "about")?.rest.split_once(' ')?;
        Some((stars.parse().ok()?, about))
    }

    /// The versions of an image, the newest first: one without a number, when it says none.
    pub fn versions(&self) -> Vec<&'static str> {
        let versions: Vec<&str> = self.words("version").collect();
        if versions.is_empty() { vec![""] } else { versions }
    }

    /// The tags of each version: those that are written for the newest; and for each its number, whole and shortened,
    /// with every suffix, unless a newer one has that tag.
    pub fn tags(&self, taken: &mut Set<String>) -> Vec<Vec<String>> {
        let mut suffixes: Vec<&str> = self.words("suffix").map(|s| s.trim_start_matches('.')).collect();
        if suffixes.is_empty() {
            suffixes.push("");
        }
        let mut written: Vec<String> = self.words("tags").map(str::to_owned).collect();
        let mut all = Vec::new();
        for version in self.versions() {
            let mut own = std::mem::take(&mut written);
            let mut form = version.split('=').next().unwrap_or_default();
            while !form.is_empty() {
                own.extend(suffixes.iter().map(|suffix| [form, suffix].concat()));
                form = form.rsplit_once('.').map_or("", |(shorter, _)| shorter);
            }
            own.retain(|tag| taken.insert(tag.clone()));
            all.push(own);
        }
        all
    }
}

/// A text with the version in it: `{version}`, `{minor}` and `{major}`. Of `TAG=VERSION` it is what follows.
pub fn with_version(text: &str, version: &str) -> String {
    let version = version.split_once('=').map_or(version, |(_, version)| version);
    let minor = version.match_indices('.').nth(1).map_or(version, |(at, _)| &version[..at]);
    let major = version.split('.').next().unwrap_or_default();
    [("{version}", version), ("{minor}", minor), ("{major}", major)]
        .into_iter()
        .fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value))
}
