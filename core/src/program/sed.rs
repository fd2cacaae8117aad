//! The stream editor, `sed`: a script done to each line.

mod parse;

use super::{C, Outcome};
use crate::program::text::gather;
use parse::{Action, Address, Command};
use regex_lite::Regex;

/// The most steps of one file: a jump without end is stopped.
const STEPS: usize = 1_000_000;

pub fn sed(c: C<'_, '_, '_>) -> Outcome {
    // `-i` may carry a suffix, for a copy of what was there before.
    let mut suffix = None;
    for argument in &mut c.arguments {
        if let Some(rest) = argument
            .strip_prefix("-i")
            .filter(|rest| !rest.is_empty() && !rest.starts_with(['e', 'n', 'E', 'r', 's']))
        {
            suffix = Some(rest.to_owned());
            *argument = "-i".to_owned();
        }
    }
    let (flags, values) = options!(c, "nErusi", "ef");
    let mut script = Vec::new();
    for (letter, value) in values {
        if letter == 'e' {
            script.push(value);
            continue;
        }
        match c.sys.read_file(&value) {
            Ok(bytes) => script.push(String::from_utf8_lossy(&bytes).into_owned()),
            Err(errno) => {
                c.complain(&format!("couldn't open file {value}: {errno}"));
                return Outcome::Done(1);
            }
        }
    }
    if script.is_empty() {
        if c.arguments.is_empty() {
            return super::network::fail(c, 1, "no script was given");
        }
        script.push(c.arguments.remove(0));
    }
    let commands = match parse::script(&script.join("\n"), flags.contains(['E', 'r'])) {
        Ok(commands) => commands,
        Err((at, words)) => {
            let gnu = format!("-e expression #1, char {at}: {words}");
            c.complain(if c.sys.is_busybox() { &words } else { &gnu });
            return Outcome::Done(1);
        }
    };
    let (quiet, in_place) = (flags.contains('n'), flags.contains('i'));
    let mut all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    if !in_place && all.len() > 1 && !flags.contains('s') {
        let together: Vec<u8> = all.drain(..).flat_map(|(_, bytes)| bytes).collect();
        all.push(("-".to_owned(), together));
    }
    let mut status = u8::from(!c.err.is_empty()) * if c.sys.is_busybox() { 1 } else { 2 };
    for (path, bytes) in all {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut editor = Editor::new(&text, quiet);
        let code = editor.run(c, &commands);
        let (mut out, steps) = (editor.out, editor.steps);
        // What had no line end at its end has none afterwards.
        if !text.is_empty() && !text.ends_with('\n') && out.ends_with('\n') {
            out.pop();
        }
        c.sys.spend(crate::time::Span(steps as u64 / 4));
        if in_place && path != "-" {
            if let Some(suffix) = &suffix {
                let _ = c.sys.write_file(&format!("{path}{suffix}"), &bytes);
            }
            if let Err(errno) = c.sys.write_file(&path, out.as_bytes()) {
                c.complain(&format!("couldn't open temporary file: {errno}"));
                status = 4;
            }
        } else {
            c.print(&out);
        }
        if let Some(code) = code {
            return Outcome::Done(code);
        }
    }
    Outcome::Done(status)
}

/// The work on one text.
struct Editor<'t> {
    lines: Vec<&'t str>,
    /// The line it is at, from zero.
    at: usize,
    space: String,
    hold: String,
    /// What is printed at the end of the round.
    after: String,
    out: String,
    quiet: bool,
    changed: bool,
    steps: usize,
}

/// What comes after a command.
enum Next {
    Go(usize),
    /// The round is over; whether the line is printed.
    Round(bool),
    /// The work is over.
    Quit(bool),
}

impl<'t> Editor<'t> {
    fn new(text: &'t str, quiet: bool) -> Self {
        Self {
            lines: text.lines().collect(),
            at: 0,
            space: String::new(),
            hold: String::new(),
            after: String::new(),
            out: String::new(),
            quiet,
            changed: false,
            steps: 0,
        }
    }

    /// Every line; the exit code when the script ends early.
    fn run(&mut self, c: C<'_, '_, '_>, commands: &[Command]) -> Option<u8> {
        let mut inside = vec![None; commands.len()];
        let mut again = false;
        while self.at < self.lines.len() {
            if !std::mem::take(&mut again) {
                self.space = self.lines[self.at].to_owned();
            }
            self.changed = false;
            let (mut at, mut shown, mut quit) = (0, true, false);
            while let Some(command) = commands.get(at) {
                self.steps += 1 + self.space.len() / 64;
                if self.steps > STEPS {
                    c.complain("the script ran for a million steps and was stopped");
                    return Some(1);
                }
                let selected = self.selects(command, &mut inside[at]) != command.negated;
                let next = match &command.action {
                    Action::Block(end) if !selected => Next::Go(*end),
                    _ if !selected => Next::Go(at + 1),
                    action => self.act(c, action, at, inside[at].is_some()),
                };
                match next {
                    Next::Go(to) => at = to,
                    Next::Round(print) => {
                        shown = print;
                        // `D` begins anew with what is left.
                        again = matches!(command.action, Action::Plain('D')) && !self.space.is_empty();
                        break;
                    }
                    Next::Quit(print) => {
                        (shown, quit) = (print, true);
                        break;
                    }
                }
            }
            if shown && !self.quiet {
                self.out += &self.space;
                self.out.push('\n');
            }
            self.out += &std::mem::take(&mut self.after);
            if quit {
                return Some(0);
            }
            if !again {
                self.at += 1;
            }
        }
        None
    }

    /// Whether a command is for this line; `inside` is the last line of a range, or none known.
    fn selects(&self, command: &Command, inside: &mut Option<usize>) -> bool {
        let line = self.at + 1;
        let last = line == self.lines.len();
        let hits = |address: &Address| match address {
            Address::Line(number) => *number == line,
            Address::Last => last,
            Address::Match(regex) => regex.is_match(&self.space),
            Address::Step(first, 0) => *first == line,
            Address::Step(first, step) => line >= *first && (line - first).is_multiple_of(*step),
            Address::After(_) => false,
        };
        match (&command.from, &command.to) {
            (None, _) => true,
            (Some(from), None) => hits(from),
            (Some(from), Some(to)) => match *inside {
                None => {
                    // `0,/x/` may end on the first line.
                    let zero = matches!(from, Address::Line(0)) && line == 1;
                    if !hits(from) && !zero {
                        return false;
                    }
                    *inside = match to {
                        Address::Line(number) => Some(*number).filter(|n| *n > line),
                        Address::After(count) => Some(line + count).filter(|n| *n > line),
                        Address::Match(_) if zero && hits(to) => None,
                        Address::Last if last => None,
                        _ => Some(usize::MAX),
                    };
                    true
                }
                Some(end) => {
                    let over = match to {
                        Address::Line(_) | Address::After(_) => line >= end,
                        other => hits(other),
                    };
                    if over {
                        *inside = None;
                    }
                    line <= end
                }
            },
        }
    }

    fn act(&mut self, c: C<'_, '_, '_>, action: &Action, at: usize, in_range: bool) -> Next {
        match action {
            Action::Substitute { pattern, by, number, every, print } => {
                let Some(pattern) = pattern else { return Next::Go(at + 1) };
                let (changed, new) = substitute(pattern, &self.space, by, *number, *every);
                self.space = new;
                self.changed |= changed;
                if changed && *print {
                    self.show();
                }
            }
            Action::Letters(from, to) => {
                let turned = |c: char| from.iter().position(|f| *f == c).map_or(c, |n| to[n]);
                self.space = self.space.chars().map(turned).collect();
            }
            Action::Text('a', text) => self.after += &format!("{text}\n"),
            Action::Text('i', text) => self.out += &format!("{text}\n"),
            Action::Text('c', text) => {
                if !in_range {
                    self.out += &format!("{text}\n");
                }
                return Next::Round(false);
            }
            Action::Text('r', path) => {
                if let Ok(bytes) = c.sys.read_file(path) {
                    self.after += &String::from_utf8_lossy(&bytes);
                }
            }
            Action::Text(_, path) => {
                let mut bytes = c.sys.read_file(path).map(|b| b.to_vec()).unwrap_or_default();
                bytes.extend(format!("{}\n", self.space).bytes());
                let _ = c.sys.write_file(path, &bytes);
            }
            Action::Jump(after, to) => {
                if !after || std::mem::take(&mut self.changed) {
                    return Next::Go(*to);
                }
            }
            Action::Block(_) => {}
            Action::Plain(letter) => return self.plain(*letter, at),
        }
        Next::Go(at + 1)
    }

    fn show(&mut self) {
        self.out += &self.space;
        self.out.push('\n');
    }

    fn plain(&mut self, letter: char, at: usize) -> Next {
        match letter {
            'p' => self.show(),
            'd' => return Next::Round(false),
            'q' | 'Q' => return Next::Quit(letter == 'q'),
            '=' => self.out += &format!("{}\n", self.at + 1),
            'n' | 'N' => {
                if self.at + 1 >= self.lines.len() {
                    return Next::Quit(true);
                }
                if letter == 'n' {
                    if !self.quiet {
                        self.show();
                    }
                    self.out += &std::mem::take(&mut self.after);
                    self.space.clear();
                } else {
                    self.space.push('\n');
                }
                self.at += 1;
                self.space += self.lines[self.at];
            }
            'P' => self.out += &format!("{}\n", self.space.split('\n').next().unwrap_or_default()),
            'D' => {
                self.space = self.space.split_once('\n').map_or("", |(_, rest)| rest).to_owned();
                return Next::Round(false);
            }
            'g' => self.space.clone_from(&self.hold),
            'G' => self.space = format!("{}\n{}", self.space, self.hold),
            'h' => self.hold.clone_from(&self.space),
            'H' => self.hold = format!("{}\n{}", self.hold, self.space),
            'x' => std::mem::swap(&mut self.space, &mut self.hold),
            _ => {
                self.out += &format!(
                    "{}$\n",
                    self.space.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
                )
            }
        }
        Next::Go(at + 1)
    }
}

/// Puts a replacement in the place of what is found: the one of this number, or all from it on.
fn substitute(expression: &Regex, text: &str, by: &str, number: usize, every: bool) -> (bool, String) {
    let (mut out, mut at, mut changed) = (String::new(), 0, false);
    for (n, found) in expression.captures_iter(text).enumerate() {
        let Some(whole) = found.get(0) else { continue };
        if n + 1 < number.max(1) {
            continue;
        }
        if n + 1 > number.max(1) && !every {
            break;
        }
        changed = true;
        out.push_str(&text[at..whole.start()]);
        let mut chars = by.chars();
        while let Some(ch) = chars.next() {
            match ch {
                '&' => out.push_str(whole.as_str()),
                '\\' => match chars.next() {
                    Some(d) if d.is_ascii_digit() => {
                        out.push_str(found.get(d as usize - 48).map_or("", |m| m.as_str()));
                    }
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some(other) => out.push(other),
                    None => {}
                },
                other => out.push(other),
            }
        }
        at = whole.end();
    }
    out.push_str(&text[at..]);
    (changed, out)
}
