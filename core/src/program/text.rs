//! Programs about text.

use super::{Context, Outcome};
use crate::engine::syscall::{Io, Step, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::memory::tool::{Follow, State, Tool};
use crate::shell::printf as shell_printf;
use crate::time::Span;
use regex_lite::Regex;

type C<'a, 'b, 'w> = &'a mut Context<'b, 'w>;

macro_rules! options {
    ($c:expr, $flags:literal, $valued:literal) => {
        match $c.options($flags, $valued) {
            Ok(found) => found,
            Err(code) => return Outcome::Done(code),
        }
    };
}

pub fn echo(c: C<'_, '_, '_>) -> Outcome {
    let bytes = crate::shell::echo(&c.arguments, false, true);
    c.out.extend(bytes);
    Outcome::Done(0)
}

pub fn printf(c: C<'_, '_, '_>) -> Outcome {
    let (bytes, wrong) = shell_printf::format(&c.arguments);
    c.out.extend(bytes);
    Outcome::Done(u8::from(wrong.is_some()))
}

pub fn cat(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "neAETuvs", "");
    let mut status = 0;
    if c.arguments.is_empty() {
        if flags.contains('n') {
            return filter(c, numbered);
        }
        return Outcome::State(State::Copy(None));
    }
    for path in std::mem::take(&mut c.arguments) {
        match c.content(&path) {
            None => return Outcome::NeedsInput,
            Some(Ok(bytes)) if flags.contains('n') => {
                let text = numbered(&String::from_utf8_lossy(&bytes));
                c.print(&text);
            }
            Some(Ok(bytes)) => c.out.extend_from_slice(&bytes),
            Some(Err(errno)) => {
                status = 1;
                if c.sys.is_busybox() {
                    c.complain(&format!("can't open '{path}': {errno}"));
                } else {
                    c.complain(&format!("{path}: {errno}"));
                }
            }
        }
    }
    Outcome::Done(status)
}

fn numbered(text: &str) -> String {
    text.lines().enumerate().map(|(n, l)| format!("{:>6}\t{l}\n", n + 1)).collect()
}

/// Copies input as it comes, or follows the end of a file.
pub fn copy(sys: &mut Sys<'_>, tool: &mut Tool, follow: Option<Follow>) -> Option<Step> {
    let Some(mut follow) = follow else {
        return match sys.read(0, 65_536) {
            Ok(Io::Ready(bytes)) if bytes.is_empty() => {
                tool.state = State::Done(0);
                None
            }
            Ok(Io::Ready(bytes)) => {
                tool.pending[0] = bytes;
                tool.state = State::Copy(None);
                None
            }
            Ok(Io::Blocked(wait)) => {
                tool.state = State::Copy(None);
                Some(Step::Block(vec![wait]))
            }
            Err(_) => {
                tool.state = State::Done(1);
                None
            }
        };
    };
    let bytes = sys.read_file(&follow.path).unwrap_or_else(|_| [].into());
    let more = bytes.get(follow.offset..).unwrap_or_default().to_vec();
    follow.offset = bytes.len();
    tool.state = State::Copy(Some(follow));
    if more.is_empty() {
        let next = sys.now() + Span::millis(500);
        return Some(Step::Block(vec![Wait::Until(next)]));
    }
    tool.pending[0] = more;
    None
}

/// All input together: of the files named, or standard input.
fn gather(c: C<'_, '_, '_>) -> Result<Vec<(String, Vec<u8>)>, Outcome> {
    let mut paths = c.arguments.clone();
    if paths.is_empty() {
        paths.push("-".to_owned());
    }
    let mut all = Vec::new();
    for path in paths {
        match c.content(&path) {
            None => return Err(Outcome::NeedsInput),
            Some(Ok(bytes)) => all.push((path, bytes.to_vec())),
            Some(Err(errno)) => complain_open(c, &path, errno),
        }
    }
    Ok(all)
}

fn complain_open(c: C<'_, '_, '_>, path: &str, errno: Errno) {
    match (c.name.as_str(), c.sys.is_busybox()) {
        ("head" | "tail", false) => c.complain(&format!("cannot open '{path}' for reading: {errno}")),
        ("sort", false) => c.complain(&format!("cannot read: {path}: {errno}")),
        ("sort", true) => c.complain(&format!("{path}: {errno}")),
        (_, true) if c.name != "grep" => c.complain(
            &format!("can't open '{path}': {errno}").replace("can't open '", "").replace("': ", ": "),
        ),
        _ => c.complain(&format!("{path}: {errno}")),
    }
}

fn filter(c: C<'_, '_, '_>, act: impl Fn(&str) -> String) -> Outcome {
    match gather(c) {
        Err(outcome) => outcome,
        Ok(all) => {
            let status = u8::from(!c.err.is_empty());
            for (_, bytes) in all {
                let text = act(&String::from_utf8_lossy(&bytes));
                c.print(&text);
            }
            Outcome::Done(status)
        }
    }
}

pub fn rev(c: C<'_, '_, '_>) -> Outcome {
    filter(c, |text| text.lines().map(|l| l.chars().rev().collect::<String>() + "\n").collect())
}

/// `-5` is `-n 5`.
fn old_count(c: C<'_, '_, '_>) {
    for argument in &mut c.arguments {
        if argument.len() > 1
            && argument.starts_with('-')
            && argument[1..].bytes().all(|b| b.is_ascii_digit())
        {
            *argument = format!("-n{}", &argument[1..]);
        }
    }
}

pub fn head(c: C<'_, '_, '_>) -> Outcome {
    old_count(c);
    let (_, values) = options!(c, "qv", "nc");
    let bytes = values.iter().find(|v| v.0 == 'c').and_then(|v| v.1.parse::<usize>().ok());
    let lines: i64 = values.iter().find(|v| v.0 == 'n').and_then(|v| v.1.parse().ok()).unwrap_or(10);
    filter(c, |text| match bytes {
        Some(count) => text.chars().take(count).collect(),
        None => {
            let all: Vec<&str> = text.split_inclusive('\n').collect();
            let count = if lines < 0 {
                all.len().saturating_sub(lines.unsigned_abs() as usize)
            } else {
                lines as usize
            };
            all.into_iter().take(count).collect()
        }
    })
}

pub fn tail(c: C<'_, '_, '_>) -> Outcome {
    old_count(c);
    let (flags, values) = options!(c, "fFqv", "nc");
    let text = values.iter().find(|v| v.0 == 'n').map_or("10", |v| v.1.as_str()).to_owned();
    let count: usize = text.trim_start_matches(['+', '-']).parse().unwrap_or(10);
    let bytes = values.iter().find(|v| v.0 == 'c').and_then(|v| v.1.parse::<usize>().ok());
    let follow = flags.contains(['f', 'F']).then(|| c.arguments.first().cloned()).flatten();
    let outcome = filter(c, |input| {
        if let Some(bytes) = bytes {
            let chars: Vec<char> = input.chars().collect();
            return chars[chars.len().saturating_sub(bytes)..].iter().collect();
        }
        let all: Vec<&str> = input.split_inclusive('\n').collect();
        let from = if text.starts_with('+') {
            count.saturating_sub(1).min(all.len())
        } else {
            all.len().saturating_sub(count)
        };
        all[from..].concat()
    });
    match (follow, outcome) {
        (Some(path), Outcome::Done(0)) => {
            let offset = c.sys.read_file(&path).map_or(0, |b| b.len());
            Outcome::State(State::Copy(Some(Follow { path, offset })))
        }
        (_, outcome) => outcome,
    }
}

pub fn wc(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "lwcm", "");
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let busybox = c.sys.is_busybox();
    let wanted = if flags.is_empty() { "lwc".to_owned() } else { flags };
    let mut totals = [0_usize; 3];
    let many = all.len() > 1;
    let row = |counts: [usize; 3], name: &str| {
        let shown: Vec<String> = [('l', 0), ('w', 1), ('c', 2)]
            .iter()
            .filter(|w| wanted.contains(w.0) || (w.0 == 'c' && wanted.contains('m')))
            .map(|w| counts[w.1].to_string())
            .collect();
        let single = shown.len() == 1;
        let width = if busybox { 9 } else { 7 };
        let text: Vec<String> =
            shown.iter().map(|s| if single { s.clone() } else { format!("{s:>width$}") }).collect();
        let name = if name == "-" { String::new() } else { format!(" {name}") };
        format!("{}{name}\n", text.join(" "))
    };
    for (name, bytes) in all {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let counts =
            [bytes.iter().filter(|b| **b == b'\n').count(), text.split_whitespace().count(), bytes.len()];
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
        let line = row(counts, &name);
        c.print(&line);
    }
    if many {
        let line = row(totals, "total");
        c.print(&line);
    }
    Outcome::Done(u8::from(!c.err.is_empty()))
}

/// A basic regular expression as an extended one.
pub fn extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut start = true;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(n @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(n),
                Some('<' | '>') => out.push_str("\\b"),
                Some(n) => {
                    out.push('\\');
                    out.push(n);
                }
                None => out.push_str("\\\\"),
            },
            '*' if start => out.push_str("\\*"),
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => {
                out.push('\\');
                out.push(c);
            }
            '[' => {
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    chars.next();
                    out.push_str("\\]");
                }
                let mut inner = false;
                for d in chars.by_ref() {
                    match d {
                        '[' => {
                            inner = true;
                            out.push('[');
                        }
                        ']' if inner => {
                            inner = false;
                            out.push(']');
                        }
                        ']' => {
                            out.push(']');
                            break;
                        }
                        '\\' => out.push_str("\\\\"),
                        other => out.push(other),
                    }
                }
            }
            other => out.push(other),
        }
        start = c == '^' && out.len() == 1;
    }
    out
}

fn compile(pattern: &str, is_extended: bool, insensitive: bool) -> Option<Regex> {
    let text = if is_extended { pattern.to_owned() } else { extended(pattern) };
    regex_lite::RegexBuilder::new(&text).case_insensitive(insensitive).build().ok()
}

pub fn grep(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "cvinqEFowlrRshHxa", "emABC");
    let mut patterns: Vec<String> = values.iter().filter(|v| v.0 == 'e').map(|v| v.1.clone()).collect();
    if patterns.is_empty() {
        if c.arguments.is_empty() {
            c.complain("usage: grep [OPTION]... PATTERNS [FILE]...");
            return Outcome::Done(2);
        }
        patterns.extend(c.arguments.remove(0).split('\n').map(str::to_owned));
    }
    if flags.contains(['r', 'R']) {
        spread(c);
    }
    let is_extended = flags.contains('E') || c.name == "egrep";
    let mut expressions = Vec::new();
    for pattern in &patterns {
        let mut text = if flags.contains('F') || c.name == "fgrep" {
            regex_lite::escape(pattern)
        } else if is_extended {
            pattern.clone()
        } else {
            extended(pattern)
        };
        if flags.contains('w') {
            text = format!(r"\b(?:{text})\b");
        }
        if flags.contains('x') {
            text = format!("^(?:{text})$");
        }
        match compile(&text, true, flags.contains('i')) {
            Some(expression) => expressions.push(expression),
            None => {
                c.complain(&format!("bad regex '{pattern}'"));
                return Outcome::Done(2);
            }
        }
    }
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let named = (all.len() > 1 || flags.contains(['r', 'R', 'H'])) && !flags.contains('h');
    let around = |key: char| {
        values.iter().find(|v| v.0 == key || v.0 == 'C').and_then(|v| v.1.parse::<usize>().ok()).unwrap_or(0)
    };
    let (before, after) = (around('B'), around('A'));
    let mut found_any = false;
    for (name, bytes) in all {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let hits: Vec<usize> = (0..lines.len())
            .filter(|n| expressions.iter().any(|e| e.is_match(lines[*n])) != flags.contains('v'))
            .collect();
        found_any |= !hits.is_empty();
        let prefix = if named { format!("{name}:") } else { String::new() };
        if flags.contains('q') {
            continue;
        }
        if flags.contains('l') {
            if !hits.is_empty() {
                c.print(&format!("{name}\n"));
            }
        } else if flags.contains('c') {
            c.print(&format!("{prefix}{}\n", hits.len()));
        } else if flags.contains('o') {
            for hit in hits {
                for found in
                    expressions.iter().flat_map(|e| e.find_iter(lines[hit])).filter(|m| !m.is_empty())
                {
                    c.print(&format!("{prefix}{}\n", found.as_str()));
                }
            }
        } else {
            let shown: crate::shared::Set<usize> = hits
                .iter()
                .flat_map(|h| h.saturating_sub(before)..=(h + after).min(lines.len().saturating_sub(1)))
                .collect();
            for n in shown {
                let number = if flags.contains('n') { format!("{}:", n + 1) } else { String::new() };
                c.print(&format!("{prefix}{number}{}\n", lines[n]));
            }
        }
    }
    let failed = !c.err.is_empty();
    if flags.contains('s') {
        c.err.clear();
    }
    Outcome::Done(if failed && !found_any { 2 } else { u8::from(!found_any) })
}

/// Directories among the operands become the files below them.
fn spread(c: C<'_, '_, '_>) {
    let mut todo = if c.arguments.is_empty() { vec![".".to_owned()] } else { c.arguments.clone() };
    let mut files = Vec::new();
    todo.reverse();
    while let Some(path) = todo.pop() {
        match c.sys.read_directory(&path) {
            Ok(names) => todo
                .extend(names.into_iter().rev().map(|(n, _)| format!("{}/{n}", path.trim_end_matches('/')))),
            Err(_) => files.push(path),
        }
    }
    c.arguments = files;
}

pub fn sort(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "nrufVh", "kto");
    let value = |key: char| values.iter().find(|v| v.0 == key).map(|v| v.1.clone());
    let key: usize = value('k')
        .and_then(|k| k.split([',', '.']).next()?.trim_end_matches(char::is_alphabetic).parse().ok())
        .unwrap_or(0);
    let separator = value('t').and_then(|t| t.chars().next());
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let text: String = all.iter().map(|(_, b)| String::from_utf8_lossy(b).into_owned()).collect();
    let mut lines: Vec<&str> = text.lines().collect();
    let field = |line: &str| -> String {
        if key == 0 {
            return line.to_owned();
        }
        let parts: Vec<&str> =
            separator.map_or_else(|| line.split_whitespace().collect(), |s| line.split(s).collect());
        parts.get(key - 1..).map(|p| p.join(" ")).unwrap_or_default()
    };
    let numeric = flags.contains('n') || value('k').is_some_and(|k| k.contains('n'));
    let number = |t: &str| -> f64 {
        let t = t.trim_start();
        let end = t.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(t.len());
        t[..end].parse().unwrap_or(0.0)
    };
    crate::shared::sort_by(&mut lines, |a, b| {
        let (x, y) = (field(a), field(b));
        let first = if numeric { number(&x).total_cmp(&number(&y)) } else { x.cmp(&y) };
        first.then_with(|| a.cmp(b))
    });
    if flags.contains('r') {
        lines.reverse();
    }
    if flags.contains('u') {
        lines.dedup();
    }
    let out: String = lines.iter().map(|l| format!("{l}\n")).collect();
    c.print(&out);
    Outcome::Done(u8::from(!c.err.is_empty()) * 2)
}

pub fn uniq(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "cdu", "");
    filter(c, |text| {
        let mut groups: Vec<(usize, &str)> = Vec::new();
        for line in text.lines() {
            match groups.last_mut().filter(|g| g.1 == line) {
                Some(group) => group.0 += 1,
                None => groups.push((1, line)),
            }
        }
        groups
            .into_iter()
            .filter(|g| !(flags.contains('d') && g.0 == 1 || flags.contains('u') && g.0 > 1))
            .map(|(n, l)| if flags.contains('c') { format!("{n:>7} {l}\n") } else { format!("{l}\n") })
            .collect()
    })
}

pub fn cut(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "s", "dfcb");
    let separator = values.iter().find(|v| v.0 == 'd').map_or("\t", |v| v.1.as_str()).to_owned();
    let Some((kind, list)) = values.iter().find(|v| v.0 != 'd').cloned() else {
        c.complain("you must specify a list of bytes, characters, or fields");
        return Outcome::Done(1);
    };
    let ranges: Vec<(usize, usize)> = list
        .split(',')
        .map(|r| match r.split_once('-') {
            Some((a, b)) => (a.parse().unwrap_or(1), b.parse().unwrap_or(usize::MAX)),
            None => (r.parse().unwrap_or(0), r.parse().unwrap_or(0)),
        })
        .collect();
    let picked = |n: usize| ranges.iter().any(|r| (r.0..=r.1).contains(&(n + 1)));
    filter(c, |text| {
        text.lines()
            .filter(|l| kind != 'f' || l.contains(&separator) || !flags.contains('s'))
            .map(|line| {
                let out = if kind == 'f' && line.contains(&separator) {
                    let parts: Vec<&str> =
                        line.split(&separator).enumerate().filter(|(n, _)| picked(*n)).map(|p| p.1).collect();
                    parts.join(&separator)
                } else if kind == 'f' {
                    line.to_owned()
                } else {
                    line.chars().enumerate().filter(|(n, _)| picked(*n)).map(|p| p.1).collect()
                };
                out + "\n"
            })
            .collect()
    })
}

/// A set of `tr`, written out.
fn set(text: &str) -> Vec<char> {
    let text = shell_printf::escapes(text);
    let classes = [("[:lower:]", 'a'..='z'), ("[:upper:]", 'A'..='Z'), ("[:digit:]", '0'..='9')];
    let mut out = Vec::new();
    let mut rest = text.as_str();
    'next: while let Some(c) = rest.chars().next() {
        for (name, range) in &classes {
            if let Some(after) = rest.strip_prefix(name) {
                out.extend(range.clone());
                rest = after;
                continue 'next;
            }
        }
        if let Some(after) = rest.strip_prefix("[:space:]") {
            out.extend([' ', '\t', '\n', '\r']);
            rest = after;
            continue;
        }
        let chars: Vec<char> = rest.chars().take(3).collect();
        if chars.len() == 3 && chars[1] == '-' {
            out.extend(chars[0]..=chars[2]);
            rest = &rest[chars.iter().map(|c| c.len_utf8()).sum::<usize>()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

pub fn tr(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "dscC", "");
    let (from, to) = (set(c.arguments.first().map_or("", |a| a)), set(c.arguments.get(1).map_or("", |a| a)));
    c.arguments.clear();
    let complement = flags.contains(['c', 'C']);
    filter(c, |text| {
        let mut last = None;
        let mut out = String::new();
        for ch in text.chars() {
            let at = from.iter().position(|f| *f == ch);
            let hit = at.is_some() != complement;
            if hit && flags.contains('d') {
                continue;
            }
            let mapped =
                if hit && !to.is_empty() { to[at.unwrap_or(to.len()).min(to.len() - 1)] } else { ch };
            let squeezed = if to.is_empty() { hit } else { to.contains(&mapped) };
            if flags.contains('s') && squeezed && last == Some(mapped) {
                continue;
            }
            last = Some(mapped);
            out.push(mapped);
        }
        out
    })
}

pub fn sed(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "nErui", "e");
    let mut scripts: Vec<String> = values.iter().map(|v| v.1.clone()).collect();
    if scripts.is_empty() && !c.arguments.is_empty() {
        scripts.push(c.arguments.remove(0));
    }
    let is_extended = flags.contains(['E', 'r']);
    let mut commands = Vec::new();
    for part in scripts.iter().flat_map(|s| split_script(s)) {
        match sed_command(&part, is_extended) {
            Some(command) => commands.push(command),
            None => {
                c.complain(&format!("unsupported command {part}"));
                return Outcome::Done(1);
            }
        }
    }
    let (quiet, in_place) = (flags.contains('n'), flags.contains('i'));
    let files = c.arguments.clone();
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    for (path, bytes) in all {
        let out = run_sed(&commands, &String::from_utf8_lossy(&bytes), quiet);
        if in_place && files.contains(&path) {
            let _ = c.sys.write_file(&path, out.as_bytes());
        } else {
            c.print(&out);
        }
    }
    Outcome::Done(u8::from(!c.err.is_empty()))
}

enum Address {
    Line(usize),
    Last,
    Match(Regex),
}

struct SedCommand {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: SedAction,
}

enum SedAction {
    Substitute(Regex, String, bool, bool),
    Print,
    Delete,
    Quit,
    Text(char, String),
}

/// Commands of a script: split at `;` and newlines outside of `s///`.
fn split_script(script: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut delimiter = None;
    let mut seen = 0;
    let mut chars = script.chars().peekable();
    while let Some(ch) = chars.next() {
        let current = parts.last_mut().expect("there is one");
        if ch == '\\' {
            current.push(ch);
            current.extend(chars.next());
        } else if let Some(d) = delimiter {
            current.push(ch);
            seen += usize::from(ch == d);
            if seen == 2 {
                delimiter = None;
            }
        } else if ch == 's'
            && current.chars().all(|c| !c.is_alphabetic())
            && chars.peek().is_some_and(|c| !c.is_alphanumeric())
        {
            current.push(ch);
            delimiter = chars.next();
            current.extend(delimiter);
            seen = 0;
        } else if ch == ';' || ch == '\n' {
            parts.push(String::new());
        } else {
            current.push(ch);
        }
    }
    parts.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

fn sed_command(text: &str, is_extended: bool) -> Option<SedCommand> {
    let mut rest = text;
    let from = address(&mut rest, is_extended);
    let mut to = None;
    if let Some(after) = rest.strip_prefix(',') {
        rest = after;
        to = address(&mut rest, is_extended);
    }
    let negated = rest.starts_with('!');
    let rest = rest.trim_start_matches('!').trim_start();
    let kind = rest.chars().next()?;
    let action = match kind {
        's' => {
            let delimiter = rest[1..].chars().next()?;
            let mut pieces = vec![String::new()];
            let mut chars = rest[1 + delimiter.len_utf8()..].chars();
            while let Some(ch) = chars.next() {
                let full = pieces.len() == 3;
                let last = pieces.last_mut()?;
                if ch == '\\' {
                    let next = chars.next()?;
                    if next != delimiter {
                        last.push('\\');
                    }
                    last.push(next);
                } else if ch == delimiter && !full {
                    pieces.push(String::new());
                } else {
                    last.push(ch);
                }
            }
            let [pattern, replacement, flags] = pieces.as_slice() else { return None };
            let expression = compile(pattern, is_extended, flags.contains(['i', 'I']))?;
            SedAction::Substitute(expression, replacement.clone(), flags.contains('g'), flags.contains('p'))
        }
        'p' => SedAction::Print,
        'd' => SedAction::Delete,
        'q' => SedAction::Quit,
        'a' | 'i' | 'c' => SedAction::Text(kind, rest[1..].trim_start_matches('\\').trim_start().to_owned()),
        _ => return None,
    };
    Some(SedCommand { from, to, negated, action })
}

fn address(rest: &mut &str, is_extended: bool) -> Option<Address> {
    if let Some(after) = rest.strip_prefix('$') {
        *rest = after;
        return Some(Address::Last);
    }
    if let Some(after) = rest.strip_prefix('/') {
        let end = after.find('/')?;
        *rest = &after[end + 1..];
        return compile(&after[..end], is_extended, false).map(Address::Match);
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = rest[..digits].parse().ok()?;
    *rest = &rest[digits..];
    Some(Address::Line(number))
}

fn run_sed(commands: &[SedCommand], text: &str, quiet: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut inside = vec![false; commands.len()];
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        let (mut space, mut deleted, mut quit, mut after) = ((*line).to_owned(), false, false, String::new());
        let hits = |a: &Address, space: &str| match a {
            Address::Line(l) => *l == n + 1,
            Address::Last => n + 1 == lines.len(),
            Address::Match(e) => e.is_match(space),
        };
        for (command, inside) in commands.iter().zip(&mut inside) {
            let selected = match (&command.from, &command.to) {
                (None, _) => true,
                (Some(a), None) => hits(a, &space),
                (Some(a), Some(b)) => {
                    let was = *inside;
                    if !was && hits(a, &space) {
                        *inside = !matches!(b, Address::Line(l) if *l <= n + 1);
                        true
                    } else {
                        if was && hits(b, &space) {
                            *inside = false;
                        }
                        was
                    }
                }
            };
            if selected == command.negated {
                continue;
            }
            match &command.action {
                SedAction::Substitute(expression, by, every, print) => {
                    let (changed, new) = substitute(expression, &space, by, *every);
                    space = new;
                    if changed && *print {
                        out.push_str(&format!("{space}\n"));
                    }
                }
                SedAction::Print => out.push_str(&format!("{space}\n")),
                SedAction::Delete => deleted = true,
                SedAction::Quit => quit = true,
                SedAction::Text('i', text) => out.push_str(&format!("{text}\n")),
                SedAction::Text('c', text) => {
                    out.push_str(&format!("{text}\n"));
                    deleted = true;
                }
                SedAction::Text(_, text) => after.push_str(&format!("{text}\n")),
            }
            if deleted || quit {
                break;
            }
        }
        if !quiet && !deleted {
            out.push_str(&format!("{space}\n"));
        }
        out.push_str(&after);
        if quit {
            break;
        }
    }
    out
}

fn substitute(expression: &Regex, text: &str, by: &str, every: bool) -> (bool, String) {
    let mut out = String::new();
    let mut at = 0;
    let mut changed = false;
    for found in expression.captures_iter(text).take(if every { usize::MAX } else { 1 }) {
        let Some(whole) = found.get(0) else { continue };
        changed = true;
        out.push_str(&text[at..whole.start()]);
        let mut chars = by.chars();
        while let Some(ch) = chars.next() {
            match ch {
                '&' => out.push_str(whole.as_str()),
                '\\' => match chars.next() {
                    Some(d) if d.is_ascii_digit() => {
                        out.push_str(found.get(d as usize - 48).map_or("", |m| m.as_str()))
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

/// `awk` as one-liners use it: `[/pattern/] {print $1, $2, "text"}`.
pub fn awk(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "", "Fv");
    let separator = values.iter().find(|v| v.0 == 'F').map(|v| v.1.clone());
    if c.arguments.is_empty() {
        c.complain("a program is missing");
        return Outcome::Done(2);
    }
    let script = c.arguments.remove(0);
    let (pattern, action) = script
        .split_once('{')
        .map_or((script.as_str(), "print"), |(p, a)| (p, a.trim_end().trim_end_matches('}')));
    let action = action.trim().to_owned();
    let condition = pattern.trim().to_owned();
    let Some(list) = action.strip_prefix("print") else {
        c.complain("only `print` is simulated");
        return Outcome::Done(2);
    };
    let items: Vec<String> = list.split(',').map(|i| i.trim().to_owned()).collect();
    let expression =
        condition.strip_prefix('/').and_then(|p| p.strip_suffix('/')).and_then(|p| Regex::new(p).ok());
    filter(c, |text| {
        let mut out = String::new();
        for (n, line) in text.lines().enumerate() {
            let fields: Vec<&str> = match &separator {
                Some(s) => line.split(s.as_str()).collect(),
                None => line.split_whitespace().collect(),
            };
            let value = |item: &str| -> String {
                match item {
                    "" | "$0" => line.to_owned(),
                    "NR" => (n + 1).to_string(),
                    "NF" => fields.len().to_string(),
                    "$NF" => fields.last().copied().unwrap_or_default().to_owned(),
                    quoted if quoted.starts_with('"') => shell_printf::escapes(quoted.trim_matches('"')),
                    field => field
                        .strip_prefix('$')
                        .and_then(|n| n.parse::<usize>().ok())
                        .and_then(|n| fields.get(n.wrapping_sub(1)))
                        .copied()
                        .unwrap_or_default()
                        .to_owned(),
                }
            };
            let wanted = match (&expression, condition.as_str()) {
                (Some(e), _) => e.is_match(line),
                (None, "") => true,
                (None, test) => ["==", "!=", ">", "<"]
                    .iter()
                    .find_map(|op| {
                        let (a, b) = test.split_once(op)?;
                        let (a, b) = (value(a.trim()), value(b.trim()));
                        let b = if b.is_empty() { test.split_once(op)?.1.trim().to_owned() } else { b };
                        let (x, y) = (a.parse::<f64>().unwrap_or(0.0), b.parse::<f64>().unwrap_or(0.0));
                        Some(match *op {
                            "==" => a == b,
                            "!=" => a != b,
                            ">" => x > y,
                            _ => x < y,
                        })
                    })
                    .unwrap_or(false),
            };
            if wanted {
                let shown: Vec<String> = items.iter().map(|i| value(i)).collect();
                out.push_str(&(shown.join(" ") + "\n"));
            }
        }
        out
    })
}

pub fn tee(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "ai", "");
    let Some(bytes) = c.input.clone() else { return Outcome::NeedsInput };
    for path in std::mem::take(&mut c.arguments) {
        let mut content = Vec::new();
        if flags.contains('a') {
            content = c.sys.read_file(&path).map(|b| b.to_vec()).unwrap_or_default();
        }
        content.extend_from_slice(&bytes);
        if let Err(errno) = c.sys.write_file(&path, &content) {
            c.complain(&format!("{path}: {errno}"));
        }
    }
    c.out.extend(bytes);
    Outcome::Done(u8::from(!c.err.is_empty()))
}

pub fn xargs(c: C<'_, '_, '_>) -> Outcome {
    let mut skip_empty = false;
    while let Some(flag) = c.arguments.first().filter(|a| a.starts_with('-')).cloned() {
        c.arguments.remove(0);
        skip_empty |= flag.contains('r');
        if matches!(flag.as_str(), "-n" | "-I" | "-P") {
            c.complain(&format!("{flag} is not simulated"));
            return Outcome::Done(1);
        }
    }
    let Some(bytes) = c.input.clone() else { return Outcome::NeedsInput };
    let words: Vec<String> = String::from_utf8_lossy(&bytes).split_whitespace().map(str::to_owned).collect();
    if words.is_empty() && skip_empty {
        return Outcome::Done(0);
    }
    let mut command = std::mem::take(&mut c.arguments);
    if command.is_empty() {
        command.push("echo".to_owned());
    }
    command.extend(words);
    super::system::execute(c, command)
}

pub fn seq(c: C<'_, '_, '_>) -> Outcome {
    let numbers: Vec<i64> = c.arguments.iter().filter_map(|a| a.parse().ok()).collect();
    let (from, step, to) = match numbers.as_slice() {
        [to] => (1, 1, *to),
        [from, to] => (*from, 1, *to),
        [from, step, to] if *step != 0 => (*from, *step, *to),
        _ => {
            c.complain("missing operand");
            return Outcome::Done(1);
        }
    };
    let count = ((to - from) / step + 1).clamp(0, 1_000_000);
    let text: String = (0..count).map(|n| format!("{}\n", from + n * step)).collect();
    c.print(&text);
    Outcome::Done(0)
}
