//! A sed script read: addresses and commands (POSIX utilities, "sed").

use crate::program::search::compile;
use regex_lite::Regex;
use std::rc::Rc;

/// A line that a command is for.
pub enum Address {
    Line(usize),
    Last,
    Match(Rc<Regex>),
    /// So many lines after the first.
    After(usize),
    /// From this line on every so many.
    Step(usize, usize),
}

/// What is done.
pub enum Action {
    /// What is looked for, what comes in its place, which of those found (zero for each from `every`), and whether it is printed.
    Substitute { pattern: Option<Rc<Regex>>, by: String, number: usize, every: bool, print: bool },
    /// Letters and those they become.
    Letters(Vec<char>, Vec<char>),
    /// `a`, `i`, `c`, `r` and `w` with their text.
    Text(char, String),
    /// Where to go on: always, or (`t`) after a substitution.
    Jump(bool, usize),
    /// `{`: where to go on when the addresses do not fit.
    Block(usize),
    /// Commands of a letter.
    Plain(char),
}

/// A command with its addresses.
pub struct Command {
    pub from: Option<Address>,
    pub to: Option<Address>,
    pub negated: bool,
    pub action: Action,
}

struct Parser<'t> {
    rest: &'t str,
    extended: bool,
    last: Option<Rc<Regex>>,
}

/// Reads a script.
///
/// # Errors
/// What is wrong with it, and after which character.
pub fn script(text: &str, extended: bool) -> Result<Vec<Command>, (usize, String)> {
    let mut parser = Parser { rest: text, extended, last: None };
    commands(&mut parser).map_err(|words| (text.len() - parser.rest.len(), words))
}

fn commands(parser: &mut Parser<'_>) -> Result<Vec<Command>, String> {
    let (mut commands, mut open, mut labels, mut jumps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    loop {
        parser.rest = parser.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        let Some(first) = parser.rest.chars().next() else { break };
        if first == '#' {
            parser.line();
            continue;
        }
        if first == '}' {
            parser.rest = &parser.rest[1..];
            let start: usize = open.pop().ok_or("unexpected `}'")?;
            let end = commands.len();
            if let Some(Command { action: Action::Block(to), .. }) = commands.get_mut(start) {
                *to = end;
            }
            continue;
        }
        if first == ':' {
            parser.rest = &parser.rest[1..];
            labels.push((parser.label(), commands.len()));
            continue;
        }
        let mut command = parser.command()?;
        match &mut command.action {
            Action::Block(_) => open.push(commands.len()),
            Action::Jump(..) => jumps.push((commands.len(), parser.label())),
            _ => {}
        }
        commands.push(command);
    }
    if !open.is_empty() {
        return Err("unmatched `{'".to_owned());
    }
    for (at, label) in jumps {
        let end = commands.len();
        let target = labels.iter().find(|l| l.0 == label).map(|l| l.1).or(label.is_empty().then_some(end));
        let target = target.ok_or_else(|| format!("can't find label for jump to `{label}'"))?;
        if let Action::Jump(_, to) = &mut commands[at].action {
            *to = target;
        }
    }
    Ok(commands)
}

impl<'t> Parser<'t> {
    fn line(&mut self) -> &'t str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line
    }
    fn label(&mut self) -> String {
        let end = self.rest.find([';', '\n', '}']).unwrap_or(self.rest.len());
        let (label, rest) = self.rest.split_at(end);
        self.rest = rest;
        label.trim().to_owned()
    }
    fn number(&mut self) -> Option<usize> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest[..digits].parse().ok()?;
        self.rest = &self.rest[digits..];
        Some(number)
    }
    /// A text up to a delimiter, which is taken; a delimiter with a backslash stands for itself.
    fn until(&mut self, delimiter: char, is_pattern: bool) -> Result<String, String> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        let mut bracket = false;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    let next = chars.next().map(|n| n.1).unwrap_or('\\');
                    match next {
                        'n' if is_pattern => out.push_str("\\n"),
                        '\n' => out.push('\n'),
                        next if next == delimiter
                            && !matches!(next, '|' | '+' | '?' | '(' | ')' | '{' | '}') =>
                        {
                            out.push(next)
                        }
                        next => out.extend(['\\', next]),
                    }
                }
                c if c == delimiter && !bracket => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    return Ok(out);
                }
                c => {
                    bracket = is_pattern
                        && (c == '[' && !out.ends_with('[')
                            || bracket && (c != ']' || out.ends_with('[') || out.ends_with("[^")));
                    out.push(c);
                }
            }
        }
        self.rest = "";
        Err("unterminated `s' command".to_owned())
    }
    /// An expression; an empty one is the last that there was.
    fn pattern(&mut self, text: &str, insensitive: bool) -> Result<Option<Rc<Regex>>, String> {
        if text.is_empty() {
            return Ok(self.last.clone());
        }
        let regex = compile(text, self.extended, insensitive).ok_or_else(|| format!("bad regex '{text}'"))?;
        self.last = Some(Rc::new(regex));
        Ok(self.last.clone())
    }
    fn address(&mut self, second: bool) -> Result<Option<Address>, String> {
        let first = self.rest.chars().next().unwrap_or(' ');
        if second && first == '+' {
            self.rest = &self.rest[1..];
            return Ok(Some(Address::After(self.number().unwrap_or(0))));
        }
        match first {
            '$' => {
                self.rest = &self.rest[1..];
                Ok(Some(Address::Last))
            }
            '/' | '\\' => {
                let mut chars = self.rest.chars();
                let delimiter = if first == '\\' { chars.nth(1) } else { chars.next() }.unwrap_or('/');
                self.rest = chars.as_str();
                let text =
                    self.until(delimiter, true).map_err(|_| "unterminated address regex".to_owned())?;
                let insensitive = self.rest.starts_with('I');
                self.rest = self.rest.trim_start_matches('I');
                Ok(self.pattern(&text, insensitive)?.map(Address::Match))
            }
            '0'..='9' => {
                let line = self.number().unwrap_or(0);
                if let Some(rest) = self.rest.strip_prefix('~') {
                    self.rest = rest;
                    return Ok(Some(Address::Step(line, self.number().unwrap_or(1))));
                }
                Ok(Some(Address::Line(line)))
            }
            _ => Ok(None),
        }
    }

    fn command(&mut self) -> Result<Command, String> {
        let from = self.address(false)?;
        let mut to = None;
        self.rest = self.rest.trim_start_matches(' ');
        if let Some(rest) = self.rest.strip_prefix(',').filter(|_| from.is_some()) {
            self.rest = rest.trim_start_matches(' ');
            to = self.address(true)?;
            if to.is_none() {
                return Err("unexpected `,'".to_owned());
            }
        }
        self.rest = self.rest.trim_start_matches(' ');
        let negated = self.rest.starts_with('!');
        self.rest = self.rest.trim_start_matches(['!', ' ']);
        let Some(letter) = self.rest.chars().next() else { return Err("missing command".to_owned()) };
        self.rest = &self.rest[letter.len_utf8()..];
        let action = match letter {
            's' => self.substitute()?,
            'y' => {
                let delimiter = self.delimiter();
                let (from, to) = (self.until(delimiter, false)?, self.until(delimiter, false)?);
                let letters = |text: &str| crate::shell::printf::escapes(text).chars().collect::<Vec<char>>();
                if letters(&from).len() != letters(&to).len() {
                    return Err("strings for `y' command are different lengths".to_owned());
                }
                Action::Letters(letters(&from), letters(&to))
            }
            'a' | 'i' | 'c' => Action::Text(letter, self.text()),
            'r' | 'w' => Action::Text(letter, self.line().trim().to_owned()),
            'b' => Action::Jump(false, 0),
            't' => Action::Jump(true, 0),
            '{' => Action::Block(0),
            'p' | 'd' | 'q' | 'Q' | '=' | 'n' | 'N' | 'D' | 'P' | 'g' | 'G' | 'h' | 'H' | 'x' | 'l' => {
                Action::Plain(letter)
            }
            other => return Err(format!("unknown command: `{other}'")),
        };
        if !matches!(action, Action::Text(..) | Action::Jump(..) | Action::Block(_)) {
            let rest = self.rest.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with([';', '\n', '}', '#']) {
                return Err("extra characters after command".to_owned());
            }
        }
        Ok(Command { from, to, negated, action })
    }

    fn delimiter(&mut self) -> char {
        let delimiter = self.rest.chars().next().unwrap_or('/');
        self.rest = self.rest.get(delimiter.len_utf8()..).unwrap_or("");
        delimiter
    }

    fn substitute(&mut self) -> Result<Action, String> {
        let delimiter = self.delimiter();
        let (text, by) = (self.until(delimiter, true)?, self.until(delimiter, false)?);
        let (mut number, mut every, mut print, mut insensitive) = (0, false, false, false);
        loop {
            match self.rest.chars().next() {
                Some('g') => every = true,
                Some('p') => print = true,
                Some('i' | 'I') => insensitive = true,
                Some('0'..='9') => {
                    number = self.number().unwrap_or(1);
                    continue;
                }
                _ => break,
            }
            self.rest = &self.rest[1..];
        }
        let pattern = self.pattern(&text, insensitive)?;
        Ok(Action::Substitute { pattern, by, number, every, print })
    }

    /// The text of `a`, `i` and `c`: on the line, or on the next after a backslash; a line that ends in one goes on.
    fn text(&mut self) -> String {
        let mut text = String::new();
        let mut line = self.line().trim_start();
        if line == "\\" {
            line = self.line();
        } else if let Some(rest) = line.strip_prefix('\\') {
            line = rest;
        }
        while let Some(part) = line.strip_suffix('\\') {
            text += part;
            text.push('\n');
            line = self.line();
        }
        text + line
    }
}
