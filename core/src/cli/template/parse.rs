//! Go templates read: text, actions and their pipelines.

use super::{Command, FUNCTIONS, Node, Pipeline, TemplateError, Term};
use crate::shared::Map;
use serde_json::Value;

pub struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// How many `range` it is in.
    loops: usize,
    /// Templates by the names that `define` and `block` gave them.
    pub named: Map<String, Vec<Node>>,
}

pub fn find_close(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`' | '\'') => quote = Some(c),
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

/// Words of an action with their places; parentheses stay together.
fn tokens(text: &str, at: usize) -> Result<Vec<(usize, String)>, TemplateError> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        let mut word = String::from(c);
        match c {
            ' ' | '\t' | '\n' => continue,
            '|' => {}
            '}' => return Err(":1: bad character U+007D '}'".to_owned()),
            '"' | '`' | '\'' => loop {
                let Some((_, d)) = chars.next() else {
                    return Err(":1: unterminated quoted string".to_owned());
                };
                word.push(d);
                if d == '\\' && c == '"' {
                    word.extend(chars.next().map(|(_, e)| e));
                } else if d == c {
                    break;
                }
            },
            '(' => {
                let mut depth = 1;
                while depth > 0 {
                    let Some((_, d)) = chars.next() else {
                        return Err(":1: unclosed left paren".to_owned());
                    };
                    depth += i32::from(d == '(') - i32::from(d == ')');
                    word.push(d);
                }
                while let Some((_, d)) = chars.next_if(|(_, d)| !d.is_whitespace() && *d != '|') {
                    word.push(d);
                }
            }
            _ => {
                while let Some((_, d)) = chars.next_if(|(_, d)| !d.is_whitespace() && !"|()\"`}".contains(*d))
                {
                    word.push(d);
                }
            }
        }
        out.push((at + place, word));
    }
    Ok(out)
}

/// Reads a pipeline; `context` is what the parser says it is read for.
pub fn pipeline(text: &str, at: usize, context: &str) -> Result<Pipeline, TemplateError> {
    let mut words = tokens(text, at)?;
    let mut assign = None;
    if words.len() > 2 && words[0].1.starts_with('$') && (words[1].1 == ":=" || words[1].1 == "=") {
        assign = Some(words.remove(0).1);
        words.remove(0);
    }
    let mut commands = vec![Command::default()];
    for (place, word) in words {
        if word == "|" {
            commands.push(Command::default());
        } else if let Some(current) = commands.last_mut() {
            if current.terms.is_empty() {
                current.at = place;
            } else {
                current.text.push(' ');
            }
            current.text.push_str(&word);
            current.terms.push((term(&word, place)?, place));
        }
    }
    if commands.iter().any(|c| c.terms.is_empty()) {
        return Err(format!(":1: missing value for {context}"));
    }
    Ok(Pipeline { assign, commands })
}

pub fn term(word: &str, at: usize) -> Result<Term, TemplateError> {
    let path = |text: &str| match text.ends_with('.') || text.contains("..") {
        true => Err(":1: unexpected <.> in operand"),
        false => Ok(text.split('.').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>()),
    };
    if word == "." {
        return Ok(Term::Dot);
    }
    if let Some(rest) = word.strip_prefix('(') {
        let close = rest.rfind(')').ok_or(":1: unclosed left paren")?;
        return Ok(Term::Nested(
            pipeline(&rest[..close], at + 1, "parenthesized pipeline")?,
            path(&rest[close + 1..])?,
        ));
    }
    if word.starts_with('.') {
        return Ok(Term::Field(path(word)?));
    }
    if word.starts_with('$') {
        let (name, fields) = word.split_once('.').unwrap_or((word, ""));
        return Ok(Term::Variable(name.to_owned(), path(fields)?));
    }
    if word.starts_with('"') {
        return serde_json::from_slice(word.as_bytes())
            .map(Term::Literal)
            .map_err(|_| format!(":1: invalid syntax: {word}"));
    }
    if word.starts_with('`') {
        return Ok(Term::Literal(word.trim_matches('`').into()));
    }
    match word {
        "true" => return Ok(Term::Literal(true.into())),
        "false" => return Ok(Term::Literal(false.into())),
        "nil" => return Ok(Term::Literal(Value::Null)),
        _ => {}
    }
    if let Ok(number) = word.parse::<i64>() {
        return Ok(Term::Literal(number.into()));
    }
    if let Some(number) = crate::decimal::decimal(word) {
        return Ok(Term::Literal(number.into()));
    }
    if FUNCTIONS.contains(&word) {
        return Ok(Term::Call(word.to_owned()));
    }
    Err(format!(":1: function \"{word}\" not defined"))
}

/// The name of a template in its quotes, and what follows it.
fn quoted<'t>(word: &str, text: &'t str) -> Result<(String, &'t str), TemplateError> {
    let mark = text.chars().next().filter(|c| matches!(c, '"' | '`'));
    let end = mark.and_then(|mark| text[1..].find(mark));
    match end {
        Some(end) => Ok((text[1..=end].to_owned(), text[end + 2..].trim())),
        None => {
            let shown = text.split_whitespace().next().unwrap_or("}}");
            Err(format!(":1: unexpected {shown:?} in {word} clause"))
        }
    }
}

impl<'t> Parser<'t> {
    /// At the start of a text.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, loops: 0, named: Map::new() }
    }
    /// Nodes until the end or a word that ends a block.
    pub fn nodes(&mut self) -> Result<(Vec<Node>, Option<String>), TemplateError> {
        let mut nodes = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(open) = rest.find("{{") else {
                nodes.push(Node::Text(rest.to_owned()));
                self.at = self.text.len();
                return Ok((nodes, None));
            };
            let mut before = &rest[..open];
            let trim_left = rest[open + 2..].starts_with("- ");
            if trim_left {
                before = before.trim_end();
            }
            nodes.push(Node::Text(before.to_owned()));
            let start = self.at + open + 2 + usize::from(trim_left);
            let Some(close) = find_close(&self.text[start..]) else {
                tokens(&self.text[start..], start)?;
                return Err(":1: unclosed action".to_owned());
            };
            let mut action = self.text[start..start + close].to_owned();
            self.at = start + close + 2;
            if action.ends_with(" -") {
                action.truncate(action.len() - 2);
                let rest = &self.text[self.at..];
                self.at += rest.len() - rest.trim_start().len();
            }
            let trimmed = action.trim();
            if trimmed.starts_with("/*") {
                continue;
            }
            let start = start + action.len() - action.trim_start().len();
            let (word, more) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
            let behind = start + trimmed.len() - more.len();
            match word {
                "break" | "continue" if more.is_empty() && self.loops == 0 => {
                    return Err(format!(":1: {{{{{word}}}}} outside {{{{range}}}}"));
                }
                "break" | "continue" if more.is_empty() => nodes.push(Node::Leave(word == "break")),
                "end" | "else" => return Ok((nodes, Some(trimmed.to_owned()))),
                "if" => nodes.push(self.conditional(more, behind)?),
                "range" => {
                    let (names, source) = match more.split_once(":=") {
                        Some((names, source)) => {
                            let mut names: Vec<String> =
                                names.split(',').map(|n| n.trim().to_owned()).collect();
                            let last = names.pop().unwrap_or_default();
                            (Some((names.pop(), last)), source)
                        }
                        None => (None, more),
                    };
                    let pipeline = pipeline(source, behind + more.len() - source.len(), "range")?;
                    self.loops += 1;
                    let block = self.block();
                    self.loops -= 1;
                    let (body, otherwise) = block?;
                    nodes.push(Node::Range(names, pipeline, body, otherwise));
                }
                "with" => {
                    let pipeline = pipeline(more, behind, "with")?;
                    let (body, otherwise) = self.block()?;
                    nodes.push(Node::With(pipeline, body, otherwise));
                }
                "define" | "block" | "template" => {
                    let (name, rest) = quoted(word, more)?;
                    let rest_at = behind + more.len() - rest.len();
                    if word != "define" {
                        let value = match rest {
                            "" if word == "block" => {
                                return Err(":1: missing value for block clause".to_owned());
                            }
                            "" => None,
                            rest => Some(pipeline(rest, rest_at, &format!("{word} clause"))?),
                        };
                        nodes.push(Node::Named(name.clone(), value, behind));
                    }
                    if word != "template" {
                        let (body, _) = self.block()?;
                        self.named.insert(name, body);
                    }
                }
                _ => nodes.push(Node::Output(pipeline(trimmed, start, "command")?)),
            }
        }
    }

    fn block(&mut self) -> Result<(Vec<Node>, Vec<Node>), TemplateError> {
        let (body, end) = self.nodes()?;
        match end.as_deref() {
            Some("end") => Ok((body, Vec::new())),
            Some("else") => Ok((body, self.nodes()?.0)),
            _ => Err(":1: unexpected EOF".to_owned()),
        }
    }

    fn conditional(&mut self, condition: &str, at: usize) -> Result<Node, TemplateError> {
        let mut arms = Vec::new();
        let mut current = Some(pipeline(condition, at, "if")?);
        loop {
            let (body, end) = self.nodes()?;
            arms.push((current.take(), body));
            match end.as_deref() {
                Some("end") => return Ok(Node::If(arms)),
                Some("else") => {}
                Some(word) => match word.strip_prefix("else if ") {
                    Some(condition) => {
                        current = Some(pipeline(condition, self.at - 2 - condition.len(), "if")?)
                    }
                    None => return Err(format!(":1: unexpected {{{{{word}}}}}")),
                },
                None => return Err(":1: unexpected EOF".to_owned()),
            }
        }
    }
}
