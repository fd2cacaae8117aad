//! Source text for the eye: one tokenizer, driven by a table of languages.

mod languages;
mod problems;

pub use languages::{Language, language};
pub use problems::{Problem, problems};

/// What a piece of source text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Nothing in particular.
    Plain,
    /// A word of the language.
    Word,
    /// The name before a value.
    Key,
    /// A string.
    Text,
    /// A figure.
    Figure,
    /// A variable.
    Variable,
    /// A comment.
    Comment,
}

impl Class {
    /// The class of its element.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Word => "t-word",
            Self::Key => "t-key",
            Self::Text => "t-text",
            Self::Figure => "t-figure",
            Self::Variable => "t-variable",
            Self::Comment => "t-comment",
        }
    }
}

/// A text that is read from left to right.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    language: &'a Language,
    /// Nothing but spaces has come since a statement began.
    head: bool,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// How many bytes of the rest belong together, and what they are.
    fn next(&mut self) -> (usize, Class) {
        let (rest, language) = (self.rest(), self.language);
        let first = rest.chars().next().unwrap_or('\n');
        let joined = self.before().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if first == '\n' {
            let line = self.text[..self.at].rsplit('\n').next().unwrap_or_default();
            self.head = !(language.joins && line.ends_with('\\'));
            return (1, Class::Plain);
        }
        if first.is_whitespace() {
            return (first.len_utf8(), Class::Plain);
        }
        let head = std::mem::replace(&mut self.head, false);
        if self.is_comment(rest, head) {
            self.head = head;
            return (rest.find('\n').unwrap_or(rest.len()), Class::Comment);
        }
        if let Some((open, close)) = language.block.filter(|(open, _)| rest.starts_with(open)) {
            return (until(rest, open, close), Class::Comment);
        }
        if let Some(long) = language.long.iter().find(|long| rest.starts_with(**long)) {
            return (until(rest, long, long), Class::Text);
        }
        if language.quotes.contains(first) && (!joined || language.prefixes) {
            let length = string(rest, first, language.lines);
            let key = language.keys && rest[length..].trim_start().starts_with(':');
            return (length, if key { Class::Key } else { Class::Text });
        }
        if first == '$' && language.variables {
            let length = variable(rest);
            return (length, if length > 1 { Class::Variable } else { Class::Plain });
        }
        if first.is_ascii_digit() && !joined {
            return (run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_'), Class::Figure);
        }
        if first.is_alphabetic() || first == '_' {
            return self.word(rest, head, joined);
        }
        // After these another statement begins.
        self.head =
            head && first == '-' && language.keys || language.braces && matches!(first, ';' | '{' | '}');
        (first.len_utf8(), Class::Plain)
    }

    fn is_comment(&self, rest: &str, head: bool) -> bool {
        let mark = self.language.comment;
        if mark.is_empty() || !rest.starts_with(mark) {
            return false;
        }
        let apart = self.before().is_none_or(|c| c.is_whitespace() || c == ';');
        if self.language.instructions { head } else { mark != "#" || apart }
    }

    fn word(&self, rest: &str, head: bool, joined: bool) -> (usize, Class) {
        let language = self.language;
        let dashes = language.keys || language.braces;
        let length = run(rest, |c| c.is_alphanumeric() || c == '_' || dashes && matches!(c, '-' | '.'));
        let word = &rest[..length];
        let after = &rest[length..];
        if language.keys && head && (after.starts_with(": ") || after.starts_with(":\n") || after == ":") {
            return (length, Class::Key);
        }
        let known = |word: &str| language.words.split(' ').any(|w| w == word);
        let class = match () {
            () if joined || self.before() == Some('.') => Class::Plain,
            () if language.instructions => {
                let first = head && known(&word.to_ascii_uppercase());
                if first || word == "AS" || word == "as" { Class::Word } else { Class::Plain }
            }
            () if language.braces && !head => Class::Plain,
            () if known(word) => Class::Word,
            () => Class::Plain,
        };
        (length, class)
    }
}

/// The length of what is between two marks, with them; to the end when the second is missing.
fn until(text: &str, open: &str, close: &str) -> usize {
    text[open.len()..].find(close).map_or(text.len(), |n| open.len() + n + close.len())
}

/// The length of a string that begins with a quote.
fn string(text: &str, quote: char, lines: bool) -> usize {
    let mut escaped = false;
    for (n, c) in text.char_indices().skip(1) {
        match c {
            '\n' if !lines => return n,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return n + 1,
            _ => {}
        }
    }
    text.len()
}

fn variable(text: &str) -> usize {
    match text[1..].chars().next() {
        Some('{') => text.find(['}', '\n']).map_or(text.len(), |n| n + 1),
        Some(c) if c.is_alphanumeric() || c == '_' => {
            1 + run(&text[1..], |c| c.is_alphanumeric() || c == '_')
        }
        Some(c) if "@*#?$!-".contains(c) => 1 + c.len_utf8(),
        _ => 1,
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// The lines of a text, each as pieces with what they are.
pub fn lines<'a>(text: &'a str, language: &Language) -> Vec<Vec<(&'a str, Class)>> {
    let mut all: Vec<Vec<(&str, Class)>> = vec![Vec::new()];
    let mut reader = Reader { text, at: 0, language, head: true };
    while reader.at < text.len() {
        let (length, class) = reader.next();
        let piece = &text[reader.at..reader.at + length];
        reader.at += length;
        for (n, part) in piece.split('\n').enumerate() {
            if n > 0 {
                all.push(Vec::new());
            }
            let Some(line) = all.last_mut() else { continue };
            match line.last_mut() {
                _ if part.is_empty() => {}
                // Neighbours of one kind are one piece.
                Some((before, same)) if *same == class && class == Class::Plain => {
                    let end = reader.at - length + part.len();
                    *before = &text[end - before.len() - part.len()..end];
                }
                _ => line.push((part, class)),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
