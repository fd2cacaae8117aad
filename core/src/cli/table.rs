//! The table of commands: one text gives parsing, help and completion.

use std::rc::Rc;

/// One flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its long name.
    pub long: &'static str,
    /// Its letter.
    pub short: Option<char>,
    /// Its type: `bool`, `string`, `list`, `int64`, `bytes` and the rest.
    pub kind: &'static str,
    /// What help says.
    pub help: &'static str,
    /// How true it is: empty for exactly, `~` for taken without effect (or with the effect that follows), `!` and why
    /// for what is not simulated.
    pub fidelity: &'static str,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its words after `docker`.
    pub path: &'static str,
    /// How many arguments: `2`, `1+`, `0-1`, or `group`.
    pub rule: &'static str,
    /// Its usage lines after the path, separated by ` ; `.
    pub usage: &'static str,
    /// One line about it.
    pub short: &'static str,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// How true it is, as of a flag.
    pub fidelity: &'static str,
}

const TEXT: &str = include_str!("commands.txt");

/// Every line that opens a command: path, rule, usage, one line.
pub fn heads() -> impl Iterator<Item = [&'static str; 4]> {
    TEXT.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("C\t")?.split('\t');
        Some([cells.next()?, cells.next()?, cells.next()?, cells.next()?])
    })
}

/// Every line about commands that are not simulated: the first word, those after it, and what is near.
pub fn absent() -> impl Iterator<Item = [&'static str; 3]> {
    TEXT.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("N\t")?.split('\t');
        Some([cells.next()?, cells.next()?, cells.next()?])
    })
}

/// The command with these words.
pub fn find(path: &str) -> Option<Rc<Command>> {
    let mut lines = TEXT.lines();
    let head = lines.find(|l| l.strip_prefix("C\t").is_some_and(|l| l.split('\t').next() == Some(path)))?;
    let mut cells = head.split('\t').skip(1);
    let mut next = || cells.next().unwrap_or_default();
    let (path, rule, usage, short) = (next(), next(), next(), next());
    // The sixth cell names the command whose flags these are too.
    let (other, fidelity) = (next(), next());
    let mut flags: Vec<Flag> = match find(other).filter(|_| !other.is_empty()) {
        Some(other) => other.flags.clone(),
        None => lines.map_while(|l| l.strip_prefix("F\t")).map(flag).collect(),
    };
    let help = "Print usage";
    if !flags.iter().any(|f| f.long == "help") {
        flags.push(Flag { long: "help", short: None, kind: "bool", help, fidelity: "" });
    }
    Some(Rc::new(Command { path, rule, usage, short, flags, fidelity }))
}

fn flag(line: &'static str) -> Flag {
    let mut cells = line.split('\t');
    let mut next = || cells.next().unwrap_or_default();
    let (long, short, kind) = (next(), next(), next());
    Flag { long, short: short.chars().next(), kind, help: next(), fidelity: next() }
}

impl Command {
    /// The usage lines as help prints them.
    pub fn usage_lines(&self) -> String {
        let lines: Vec<String> = self
            .usage
            .split(" ; ")
            .map(|u| format!("docker {} {u}", self.path).trim_end().to_owned())
            .collect();
        lines.join("\n\t")
    }
    /// The usage line in error messages: a group's has no word after it.
    pub fn bare_usage(&self) -> String {
        if self.rule == "group" { format!("docker {}", self.path) } else { self.usage_lines() }
    }
    /// A flag by its long name.
    pub fn flag(&self, long: &str) -> Option<&Flag> {
        self.flags.iter().find(|f| f.long == long)
    }
}
