//! Terminals: what is on the screen, and the lines that wait to be read.

use super::process::Pid;
use crate::shared::List;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::rc::Rc;

/// A terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TerminalId(pub u64);

impl TerminalId {
    /// The terminal the learner types in.
    pub const LEARNER: Self = Self(0);
}

/// The most lines kept above the screen.
const SCROLLBACK: usize = 2_000;

/// A terminal with its screen, its input and the process group in its foreground.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terminal {
    /// Finished and unfinished lines, oldest first; the last is where the cursor may be.
    pub lines: List<Rc<str>>,
    /// The cursor's line, counted from the last one upward.
    up: usize,
    /// The cursor's column in characters.
    column: usize,
    /// An escape sequence that is not complete yet.
    escape: String,
    /// A character whose bytes have not all arrived.
    partial: Vec<u8>,
    /// How many lines were dropped at the top.
    pub dropped: u64,
    /// Lines typed and not read yet. An empty text without a newline is the end of input (Ctrl-D).
    pub input: VecDeque<Rc<str>>,
    /// The process group in its foreground.
    pub foreground: Option<Pid>,
    /// A container's terminal sends its output to this stream instead of a screen.
    pub stream: Option<u64>,
    /// Columns.
    pub width: u16,
    /// The learner has been asked something: a shell waits for a line.
    pub prompt: Rc<str>,
}

impl Default for Terminal {
    fn default() -> Self {
        Self {
            lines: List::from_iter(["".into()]),
            up: 0,
            column: 0,
            escape: String::new(),
            partial: Vec::new(),
            dropped: 0,
            input: VecDeque::new(),
            foreground: None,
            stream: None,
            width: 120,
            prompt: "".into(),
        }
    }
}

impl Terminal {
    /// Puts bytes on the screen, with the control sequences that command-line tools use: carriage return,
    /// newline, tab, backspace, cursor up and down, erase line and screen (ECMA-48). Colours are dropped.
    pub fn write(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.partial);
        let (text, rest) = match std::str::from_utf8(&all) {
            Ok(text) => (text.to_owned(), Vec::new()),
            Err(e) if e.error_len().is_none() => {
                let (good, rest) = all.split_at(e.valid_up_to());
                (String::from_utf8_lossy(good).into_owned(), rest.to_vec())
            }
            Err(_) => (String::from_utf8_lossy(&all).into_owned(), Vec::new()),
        };
        self.partial = rest;
        let mut run = String::new();
        for c in text.chars() {
            if !self.escape.is_empty() {
                self.escape.push(c);
                self.finish_escape(c);
            } else if c.is_control() {
                self.put(&std::mem::take(&mut run));
                self.control(c);
            } else {
                run.push(c);
            }
        }
        self.put(&run);
    }

    /// The text where the cursor is, before the learner's typing: the prompt.
    pub fn last_line(&self) -> &str {
        self.lines.last().map_or("", |l| l)
    }

    /// Everything on the screen and above, as lines.
    pub fn text(&self) -> String {
        self.lines.iter().map(|l| &**l).collect::<Vec<_>>().join("\n")
    }

    fn control(&mut self, c: char) {
        match c {
            '\n' => {
                self.column = 0;
                if self.up > 0 {
                    self.up -= 1;
                } else {
                    self.lines.push_back("".into());
                    if self.lines.len() > SCROLLBACK {
                        self.lines.pop_front();
                        self.dropped += 1;
                    }
                }
            }
            '\r' => self.column = 0,
            '\t' => {
                let spaces = 8 - self.column % 8;
                self.put(&" ".repeat(spaces));
            }
            '\u{8}' => self.column = self.column.saturating_sub(1),
            '\u{1b}' => self.escape.push(c),
            _ => {}
        }
    }

    fn finish_escape(&mut self, c: char) {
        if self.escape.len() == 2 && c == '[' {
            return;
        }
        if self.escape.len() > 32 || !self.escape.starts_with("\u{1b}[") {
            self.escape.clear();
            return;
        }
        if !c.is_ascii_alphabetic() {
            return;
        }
        let sequence = std::mem::take(&mut self.escape);
        let argument = &sequence[2..sequence.len() - 1];
        let count = argument.parse::<usize>().unwrap_or(1).max(1);
        match c {
            'A' => self.up = (self.up + count).min(self.lines.len() - 1),
            'B' => self.up = self.up.saturating_sub(count),
            'C' => self.column += count,
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = count - 1,
            'K' => self.erase_line(argument),
            'H' => self.column = 0,
            'J' if argument == "2" || argument == "3" => {
                self.dropped += self.lines.len() as u64;
                self.lines = List::from_iter(["".into()]);
                self.up = 0;
                self.column = 0;
            }
            _ => {}
        }
    }

    fn erase_line(&mut self, argument: &str) {
        let at = self.lines.len() - 1 - self.up;
        let kept: String = match argument {
            "2" => String::new(),
            _ => self.lines[at].chars().take(self.column).collect(),
        };
        self.lines[at] = kept.into();
    }

    fn put(&mut self, run: &str) {
        if run.is_empty() {
            return;
        }
        let at = self.lines.len() - 1 - self.up;
        let old = &self.lines[at];
        let length = run.chars().count();
        let mut line = String::with_capacity(old.len() + run.len());
        line.extend(old.chars().chain(std::iter::repeat(' ')).take(self.column));
        line.push_str(run);
        line.extend(old.chars().skip(self.column + length));
        self.column += length;
        self.lines[at] = line.into();
    }
}

#[cfg(test)]
mod tests;
