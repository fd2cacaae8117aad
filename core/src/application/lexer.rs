//! Words of a source: names, numbers, texts, signs, with their lines.

use std::rc::Rc;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// A name or keyword.
    Name(Rc<str>),
    /// A number.
    Number(f64),
    /// A text.
    Text(Rc<str>),
    /// A text with code in it: text and code in turn, each code with its line.
    Template(Vec<(String, Option<u32>)>),
    /// A regular expression.
    Pattern(Rc<str>),
    /// A sign.
    Sign(&'static str),
    /// The end of a line that ends a statement (Python).
    Newline,
    /// A block begins (Python).
    Indent,
    /// A block ends (Python).
    Dedent,
    /// The end.
    End,
}

/// A word with where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The word.
    pub word: Word,
    /// Its line, from one.
    pub line: u32,
    /// It is the first of its line.
    pub first: bool,
    /// Where it begins in the source.
    pub at: usize,
}

/// Signs, longer ones first.
const SIGNS: [&str; 57] = [
    ">>>=", "...", "===", "!==", "**=", "//=", "<<=", ">>=", "&&=", "||=", "??=", "=>", "->", ":=", "==",
    "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "**",
    "//", "<<", ">>", "+", "-", "*", "/", "%", "=", "<", ">", "!", "?", ":", ",", ";", ".", "(", ")", "[",
    "]", "{", "}", "@", "~",
];
const BITS: [&str; 3] = ["&", "|", "^"];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    first: bool,
    python: bool,
    depth: u32,
    indents: Vec<usize>,
    tokens: Vec<Token>,
}

/// Splits a source into words.
pub fn split(text: &str, python: bool, line: u32) -> Vec<Token> {
    let mut lexer =
        Lexer { text, at: 0, line, first: true, python, depth: 0, indents: vec![0], tokens: Vec::new() };
    lexer.run();
    lexer.tokens
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
    fn push(&mut self, word: Word, at: usize, line: u32) {
        let first = std::mem::replace(&mut self.first, false);
        self.tokens.push(Token { word, line, first, at });
    }
    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &str {
        let rest = self.rest();
        let end = rest.find(|c: char| !keep(c)).unwrap_or(rest.len());
        let start = self.at;
        self.at += end;
        &self.text[start..start + end]
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if self.python && self.first && self.depth == 0 {
                self.indent();
                continue;
            }
            let (start, line) = (self.at, self.line);
            match c {
                '\n' => {
                    self.at += 1;
                    self.line += 1;
                    let blank = self.first;
                    if self.python && self.depth == 0 && !blank {
                        self.push(Word::Newline, start, line);
                    }
                    self.first = true;
                }
                c if c.is_whitespace() => self.at += c.len_utf8(),
                '\\' if self.python => self.at += 1 + usize::from(self.rest()[1..].starts_with('\n')),
                '#' if self.python || start == 0 => {
                    self.take_while(|c| c != '\n');
                }
                '/' if !self.python && self.rest().starts_with("//") => {
                    self.take_while(|c| c != '\n');
                }
                '/' if !self.python && self.rest().starts_with("/*") => {
                    let end = self.rest().find("*/").map_or(self.text.len(), |e| self.at + e + 2);
                    self.line += self.text[self.at..end].matches('\n').count() as u32;
                    self.at = end;
                }
                '/' if !self.python && self.expects_value() => self.pattern(start, line),
                '"' | '\'' | '`' => self.string("", start, line),
                c if c.is_alphabetic() || c == '_' || c == '$' => {
                    let name = self.take_while(|c| c.is_alphanumeric() || c == '_' || c == '$').to_owned();
                    let prefix = name.to_ascii_lowercase();
                    let quoted = self.rest().starts_with(['"', '\'']);
                    if self.python
                        && quoted
                        && matches!(&*prefix, "f" | "r" | "b" | "u" | "rb" | "br" | "fr" | "rf")
                    {
                        self.string(&prefix, start, line);
                    } else {
                        self.push(Word::Name(name.as_str().into()), start, line);
                    }
                }
                c if c.is_ascii_digit() => {
                    let digits =
                        self.take_while(|c| c.is_alphanumeric() || c == '.' || c == '_').replace('_', "");
                    let number = match digits.strip_prefix("0x") {
                        Some(hex) => i64::from_str_radix(hex, 16).map_or(0.0, |n| n as f64),
                        None => crate::decimal::decimal(digits.trim_end_matches('n')).unwrap_or(0.0),
                    };
                    self.push(Word::Number(number), start, line);
                }
                _ => self.sign(start, line),
            }
        }
        let (at, line) = (self.at, self.line);
        if self.python {
            if !self.first {
                self.push(Word::Newline, at, line);
            }
            for _ in 1..self.indents.len() {
                self.push(Word::Dedent, at, line);
            }
        }
        self.push(Word::End, at, line);
    }

    fn sign(&mut self, start: usize, line: u32) {
        let rest = self.rest();
        let Some(sign) = SIGNS.iter().chain(&BITS).find(|s| rest.starts_with(**s)) else {
            self.at += self.rest().chars().next().map_or(1, char::len_utf8);
            return;
        };
        // `//` and `?.5` aside, what Python and JavaScript write alike is read alike.
        match *sign {
            "(" | "[" | "{" => self.depth += 1,
            ")" | "]" | "}" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.at += sign.len();
        self.push(Word::Sign(sign), start, line);
    }

    /// At the first character of a line of Python: blocks that begin and end here; an empty line is passed over.
    fn indent(&mut self) {
        let start = self.at;
        let width =
            self.take_while(|c| c == ' ' || c == '\t').chars().map(|c| if c == '\t' { 8 } else { 1 }).sum();
        if self.rest().starts_with(['\n', '#', '\r']) || self.rest().is_empty() {
            self.take_while(|c| c != '\n');
            if !self.rest().is_empty() {
                self.at += 1;
                self.line += 1;
            }
            return;
        }
        let line = self.line;
        let top = self.indents.last().copied().unwrap_or(0);
        if width > top {
            self.indents.push(width);
            self.push(Word::Indent, start, line);
        }
        while self.indents.last().is_some_and(|top| width < *top) {
            self.indents.pop();
            self.push(Word::Dedent, start, line);
        }
        self.first = false;
    }

    /// After an operator or an opening bracket a slash begins a regular expression.
    fn expects_value(&self) -> bool {
        match self.tokens.last().map(|t| &t.word) {
            None => true,
            Some(Word::Sign(sign)) => !matches!(*sign, ")" | "]" | "}"),
            Some(Word::Name(name)) => &**name == "return",
            _ => false,
        }
    }

    fn pattern(&mut self, start: usize, line: u32) {
        let mut set = false;
        let mut escaped = false;
        let mut end = None;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => set = true,
                ']' => set = false,
                '/' if !set => {
                    end = Some(at);
                    break;
                }
                '\n' => break,
                _ => {}
            }
        }
        let Some(end) = end else { return self.sign(start, line) };
        let body: Rc<str> = self.text[start + 1..start + end].into();
        self.at = start + end + 1;
        self.take_while(char::is_alphanumeric);
        self.push(Word::Pattern(body), start, line);
    }

    /// A text in quotes, with the letters before it.
    fn string(&mut self, prefix: &str, start: usize, line: u32) {
        let quote = self.rest().chars().next().unwrap_or('"');
        let triple: String = [quote; 3].iter().collect();
        let long = self.python && self.rest().starts_with(&triple);
        let close = if long { triple } else { quote.to_string() };
        self.at += close.len();
        let raw = prefix.contains('r');
        let (format, template) = (prefix.contains('f'), quote == '`');
        let mut parts: Vec<(String, Option<u32>)> = Vec::new();
        let mut text = String::new();
        while !self.rest().is_empty() && !self.rest().starts_with(&close) {
            let rest = self.rest();
            let c = rest.chars().next().unwrap_or(' ');
            if format && (rest.starts_with("{{") || rest.starts_with("}}")) {
                text.push(c);
                self.at += 2;
            } else if format && c == '{' || template && rest.starts_with("${") {
                self.at += if format { 1 } else { 2 };
                parts.push((std::mem::take(&mut text), None));
                let inner = self.code();
                parts.push((inner, Some(self.line)));
            } else if c == '\\' && !raw {
                self.at += 1;
                self.escape(&mut text);
            } else if c == '\n' && !long && !template {
                break;
            } else {
                self.line += u32::from(c == '\n');
                text.push(c);
                self.at += c.len_utf8();
            }
        }
        if self.rest().starts_with(&close) {
            self.at += close.len();
        }
        if parts.is_empty() {
            self.push(Word::Text(text.as_str().into()), start, line);
        } else {
            parts.push((text, None));
            self.push(Word::Template(parts), start, line);
        }
    }

    /// The code inside a text, up to its closing brace.
    fn code(&mut self) -> String {
        let start = self.at;
        let mut depth = 0;
        for (at, c) in self.text[start..].char_indices() {
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' if depth == 0 => {
                    self.at = start + at + 1;
                    return self.text[start..start + at].to_owned();
                }
                '}' | ')' | ']' => depth -= 1,
                _ => {}
            }
        }
        self.at = self.text.len();
        self.text[start..].to_owned()
    }

    fn escape(&mut self, text: &mut String) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '0' => text.push('\0'),
            '\n' => self.line += 1,
            'u' | 'x' => {
                let braced = self.rest().starts_with('{');
                self.at += usize::from(braced);
                let width = if c == 'u' { 4 } else { 2 };
                let digits: String = self
                    .rest()
                    .chars()
                    .take(if braced { 6 } else { width })
                    .take_while(char::is_ascii_hexdigit)
                    .collect();
                self.at += digits.len();
                self.at += usize::from(braced && self.rest().starts_with('}'));
                text.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            other => text.push(other),
        }
    }
}
