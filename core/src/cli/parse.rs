//! Reading a command line as the client's own parser (pflag, cobra) reads it.

use super::help;
use super::table::{self, Command, Flag};
use super::units;
use crate::engine::DaemonError;
use std::rc::Rc;

/// A command line that was read.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The command.
    pub command: Rc<Command>,
    /// Flags with their values, in order.
    pub flags: Vec<(&'static str, String)>,
    /// Arguments.
    pub arguments: Vec<String>,
}

/// What is printed instead of doing something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// On standard output.
    pub stdout: String,
    /// On standard error.
    pub stderr: String,
    /// The exit status.
    pub status: u8,
    /// The fact behind it, for `explain` and the Narrator; empty when there is none to tell.
    pub cause: String,
}

/// What precedes the words of the daemon.
pub const DAEMON: &str = "Error response from daemon: ";

impl From<DaemonError> for Refusal {
    fn from(error: DaemonError) -> Self {
        Self { cause: error.cause, ..Self::error(1, format!("{DAEMON}{}\n", error.message)) }
    }
}

impl Refusal {
    /// A message on standard error.
    pub fn error(status: u8, stderr: impl Into<String>) -> Self {
        Self { stderr: stderr.into(), status, ..Self::default() }
    }
}

impl Invocation {
    /// The last value of a flag.
    pub fn value(&self, long: &str) -> Option<&str> {
        self.flags.iter().rev().find(|f| f.0 == long).map(|f| f.1.as_str())
    }
    /// The last value of a flag, or nothing.
    pub fn text(&self, long: &str) -> String {
        self.value(long).unwrap_or_default().to_owned()
    }
    /// Every value of a flag.
    pub fn list(&self, long: &str) -> Vec<String> {
        self.flags.iter().filter(|f| f.0 == long).map(|f| f.1.clone()).collect()
    }
    /// A flag that is on or off.
    pub fn is_on(&self, long: &str) -> bool {
        self.value(long) == Some("true")
    }
    /// A number.
    pub fn number(&self, long: &str) -> Option<i64> {
        self.value(long).and_then(|v| v.parse().ok())
    }
    /// A size in bytes.
    pub fn bytes(&self, long: &str) -> i64 {
        self.value(long).and_then(|v| units::parse_bytes(v).ok()).unwrap_or(0)
    }
}

const GLOBAL: [(&str, Option<char>, bool); 11] = [
    ("config", None, true),
    ("context", Some('c'), true),
    ("debug", Some('D'), false),
    ("host", Some('H'), true),
    ("log-level", Some('l'), true),
    ("tls", None, false),
    ("tlscacert", None, true),
    ("tlscert", None, true),
    ("tlskey", None, true),
    ("tlsverify", None, false),
    ("version", Some('v'), false),
];

/// Reads `argv` without its first word.
pub fn parse(argv: &[String]) -> Result<Invocation, Refusal> {
    let mut rest = argv;
    let mut debug = false;
    while let Some(word) = rest.first().filter(|w| w.starts_with('-')) {
        if word == "--help" || word == "-h" {
            return Err(Refusal { stdout: help::top(), ..Refusal::default() });
        }
        if word == "--version" || word == "-v" {
            return Err(Refusal { stdout: format!("{}\n", help::VERSION), ..Refusal::default() });
        }
        let (name, attached) = word.split_once('=').map_or((word.as_str(), false), |(n, _)| (n, true));
        let known = GLOBAL
            .iter()
            .find(|g| name.strip_prefix("--") == Some(g.0) || g.1.is_some_and(|c| name == format!("-{c}")));
        let Some(known) = known else {
            return Err(unknown_flag(word, "docker [OPTIONS] COMMAND [ARG...]", "docker"));
        };
        debug |= known.0 == "debug";
        rest = &rest[1..];
        if known.2 && !attached && !rest.is_empty() {
            rest = &rest[1..];
        }
    }
    let Some(first) = rest.first() else { return Err(Refusal { stdout: help::top(), ..Refusal::default() }) };
    if first == "help" {
        let path = rest[1..].join(" ");
        return Err(match table::find(&path) {
            Some(command) => Refusal { stdout: help::command(&command), ..Refusal::default() },
            None => Refusal { stdout: help::top(), ..Refusal::default() },
        });
    }
    let Some(mut command) = table::find(first) else {
        return Err(match super::not_simulated(first, None) {
            Some(text) => Refusal::error(1, text),
            None => Refusal::error(
                1,
                format!(
                    "docker: unknown command: docker {first}\n\nRun 'docker --help' for more information\n"
                ),
            ),
        });
    };
    rest = &rest[1..];
    while command.rule == "group" {
        match rest.first() {
            None => return Err(Refusal { stderr: help::command(&command), ..Refusal::default() }),
            Some(flag) if flag == "--help" => {
                return Err(Refusal { stdout: help::command(&command), ..Refusal::default() });
            }
            Some(flag) if flag.starts_with('-') => {
                let path = format!("docker {}", command.path);
                return Err(unknown_flag(flag, &format!("{path} COMMAND"), &path));
            }
            Some(word) => {
                let path = format!("{} {word}", command.path);
                let Some(found) = table::find(&path).or_else(|| alias(&path)) else {
                    if let Some(text) = super::not_simulated(command.path, Some(word)) {
                        return Err(Refusal::error(1, text));
                    }
                    let own = format!("docker {}", command.path);
                    return Err(Refusal::error(
                        1,
                        format!(
                            "docker: unknown command: {own} {word}\n\nUsage:  {own}\n\nRun '{own} --help' for more information\n"
                        ),
                    ));
                };
                command = found;
                rest = &rest[1..];
            }
        }
    }
    if let Some(real) = alias(command.path) {
        command = real;
    }
    let mut invocation = read_flags(command, rest)?;
    if debug && invocation.command.flag("debug").is_some() {
        invocation.flags.push(("debug", "true".to_owned()));
    }
    Ok(invocation)
}

/// The command that these words name, by whichever of its names.
pub fn command(path: &str) -> Option<Rc<Command>> {
    alias(path).or_else(|| table::find(path))
}

/// Further names of commands.
fn alias(path: &str) -> Option<Rc<Command>> {
    let real = match path {
        "container list" | "container ps" => "container ls",
        "container remove" => "container rm",
        "image list" => "image ls",
        "image remove" => "image rm",
        "network list" => "network ls",
        "network remove" => "network rm",
        "volume list" => "volume ls",
        "volume remove" => "volume rm",
        "build" | "image build" | "builder build" | "buildx b" => "buildx build",
        "builder prune" => "buildx prune",
        _ => return None,
    };
    table::find(real)
}

fn unknown_flag(word: &str, usage: &str, path: &str) -> Refusal {
    let name = word.split('=').next().unwrap_or(word);
    let what = match name.strip_prefix("--") {
        Some(_) => format!("unknown flag: {name}"),
        None => {
            let letter = name.chars().nth(1).unwrap_or('-');
            format!("unknown shorthand flag: '{letter}' in {name}")
        }
    };
    Refusal::error(125, format!("{what}\n\nUsage:  {usage}\n\nRun '{path} --help' for more information\n"))
}

fn read_flags(command: Rc<Command>, words: &[String]) -> Result<Invocation, Refusal> {
    let interspersed = !matches!(command.path.rsplit(' ').next(), Some("run" | "exec" | "create" | "top"))
        || command.path.starts_with("network")
        || command.path.starts_with("volume");
    let path = format!("docker {}", command.path);
    let usage = command.usage_lines();
    let refuse = |what: String| {
        Refusal::error(
            125,
            format!("{what}\n\nUsage:  {usage}\n\nRun '{path} --help' for more information\n"),
        )
    };
    let mut invocation = Invocation { command: command.clone(), flags: Vec::new(), arguments: Vec::new() };
    let mut rest = words.iter().cloned();
    while let Some(word) = rest.next() {
        if word == "--" {
            invocation.arguments.extend(rest.by_ref());
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, attached) =
                long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
            // Older names, which the help does not show.
            let found = match (command.flag(name), command.flag("timeout"), command.flag("network-alias")) {
                (None, Some(timeout), _) if name == "time" => {
                    Some(Flag { long: "time", short: None, ..timeout.clone() })
                }
                (None, _, Some(_)) if name == "net" => command.flag("network").cloned(),
                (None, _, Some(alias)) if name == "net-alias" => Some(alias.clone()),
                (None, ..) if name == "name" && command.path == "volume create" => {
                    command.flag("driver").map(|driver| Flag { long: "name", short: None, ..driver.clone() })
                }
                (found, ..) => found.cloned(),
            };
            let Some(flag) = found else {
                return Err(unknown_flag(&word, &usage, &path));
            };
            let value = match (attached, flag.kind) {
                (Some(value), _) => value,
                (None, "bool") => "true".to_owned(),
                (None, _) => {
                    rest.next().ok_or_else(|| refuse(format!("flag needs an argument: --{name}")))?
                }
            };
            take(&mut invocation, &flag, value).map_err(refuse)?;
        } else if word.starts_with('-') && word.len() > 1 {
            cluster(&mut invocation, &command, &word, &mut rest, &refuse, &usage, &path)?;
        } else {
            invocation.arguments.push(word);
            if !interspersed {
                invocation.arguments.extend(rest.by_ref());
            }
        }
    }
    if invocation.is_on("help") {
        return Err(Refusal { stdout: help::command(&command), ..Refusal::default() });
    }
    check_count(&invocation)?;
    check_simulated(&invocation)?;
    Ok(invocation)
}

/// Letters behind one dash.
fn cluster(
    invocation: &mut Invocation,
    command: &Command,
    word: &str,
    rest: &mut impl Iterator<Item = String>,
    refuse: &impl Fn(String) -> Refusal,
    usage: &str,
    path: &str,
) -> Result<(), Refusal> {
    let letters = word[1..].char_indices();
    for (at, letter) in letters {
        let Some(flag) = command.flags.iter().find(|f| f.short == Some(letter)).cloned() else {
            if letter == 'h' {
                return Err(Refusal { stdout: help::command(&invocation.command), ..Refusal::default() });
            }
            let what = format!("unknown shorthand flag: '{letter}' in -{}", &word[1 + at..]);
            return Err(Refusal::error(
                125,
                format!("{what}\n\nUsage:  {usage}\n\nRun '{path} --help' for more information\n"),
            ));
        };
        let behind = &word[1 + at + letter.len_utf8()..];
        if flag.kind == "bool" && !behind.starts_with('=') {
            take(invocation, &flag, "true".to_owned()).map_err(refuse)?;
            continue;
        }
        let value = if behind.is_empty() {
            rest.next().ok_or_else(|| {
                refuse(format!("flag needs an argument: '{letter}' in -{}", &word[1 + at..]))
            })?
        } else {
            behind.strip_prefix('=').unwrap_or(behind).to_owned()
        };
        take(invocation, &flag, value).map_err(refuse)?;
        break;
    }
    Ok(())
}

/// Checks a value by the flag's type.
fn take(invocation: &mut Invocation, flag: &Flag, value: String) -> Result<(), String> {
    let shown = flag.short.map_or_else(|| format!("--{}", flag.long), |s| format!("-{s}, --{}", flag.long));
    let invalid = |why: String| Err(format!("invalid argument \"{value}\" for \"{shown}\" flag: {why}"));
    let mut kept = value.clone();
    match flag.kind {
        "bool" => match value.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => kept = "true".to_owned(),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => kept = "false".to_owned(),
            _ => return invalid(format!("strconv.ParseBool: parsing \"{value}\": invalid syntax")),
        },
        "int" | "int64" if value.parse::<i64>().is_err() => {
            return invalid(format!("strconv.ParseInt: parsing \"{value}\": invalid syntax"));
        }
        "uint16" | "uint64" | "uint" if value.parse::<u64>().is_err() => {
            return invalid(format!("strconv.ParseUint: parsing \"{value}\": invalid syntax"));
        }
        "ip" if !value.is_empty() && value.parse::<std::net::IpAddr>().is_err() => {
            return invalid(format!("failed to parse IP: {value:?}"));
        }
        "mount" => {
            if let Err(why) = super::mount::check(&value) {
                return invalid(why);
            }
        }
        "decimal" if crate::decimal::decimal(&value).is_none() => {
            return invalid(format!("failed to parse {value} as a rational number"));
        }
        "bytes" => {
            if let Err(why) = units::parse_bytes(&value) {
                return invalid(why);
            }
            if value == "-1" && flag.long != "memory-swap" {
                return invalid("invalid size: '-1'".to_owned());
            }
        }
        "duration" if units::parse_duration(&value).is_none() => {
            let bare = value.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !value.is_empty();
            let why = if bare { "missing unit in" } else { "invalid" };
            return invalid(format!("time: {why} duration \"{value}\""));
        }
        "filter" if !value.contains('=') => {
            return invalid("bad format of filter (expected name=value)".to_owned());
        }
        "list" => {
            if let Err(why) = super::check::item(flag.long, &value) {
                return invalid(why);
            }
        }
        _ => {}
    }
    invocation.flags.push((flag.long, kept));
    Ok(())
}

/// Refuses a flag that asks for what is not simulated.
fn check_simulated(invocation: &Invocation) -> Result<(), Refusal> {
    for (long, value) in &invocation.flags {
        let why = invocation.command.flag(long).and_then(|f| f.fidelity.strip_prefix('!'));
        if let Some(why) = why.filter(|_| value != "false") {
            let path = invocation.command.path;
            return Err(Refusal::error(1, format!("docker {path} --{long}: not simulated here; {why}\n")));
        }
    }
    Ok(())
}

/// How many arguments a command takes.
fn check_count(invocation: &Invocation) -> Result<(), Refusal> {
    let (count, command) = (invocation.arguments.len(), &invocation.command);
    let plural = |n: &str| if n == "1" { "argument" } else { "arguments" };
    let rule = command.rule;
    let (what, see) = if let Some(least) = rule.strip_suffix('+') {
        if count >= least.parse().unwrap_or(0) {
            return Ok(());
        }
        (format!("requires at least {least} {}", plural(least)), "See")
    } else if let Some((least, most)) = rule.split_once('-') {
        if (least.parse().unwrap_or(0)..=most.parse().unwrap_or(usize::MAX)).contains(&count) {
            return Ok(());
        }
        if least == "0" {
            (format!("requires at most {most} {}", plural(most)), "Run")
        } else {
            (format!("requires at least {least} and at most {most} arguments"), "Run")
        }
    } else {
        if count == rule.parse::<usize>().unwrap_or(0) {
            return Ok(());
        }
        let what = if rule == "0" {
            "accepts no arguments".to_owned()
        } else {
            format!("requires {rule} {}", plural(rule))
        };
        (what, "Run")
    };
    let path = format!("docker {}", command.path);
    // The client hands builds to a plugin, which begins its errors in its own way.
    let plugin = if command.path.starts_with("buildx") { "ERROR: " } else { "" };
    Err(Refusal::error(
        1,
        format!(
            "{plugin}docker: '{path}' {what}\n\nUsage:  {}\n\n{see} '{path} --help' for more information\n",
            command.usage_lines()
        ),
    ))
}
