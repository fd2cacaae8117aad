//! Programs about text.

use super::{C, Outcome};
use crate::engine::syscall::{FileKind, Io, Step, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::memory::tool::{Follow, State, Tool};
use crate::shell::printf as shell_printf;
use crate::time::Span;

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
    if let [only] = c.arguments.as_slice() {
        let path = only.clone();
        if c.sys.stat(&path).is_ok_and(|s| s.kind == FileKind::Character || s.kind == FileKind::Fifo)
            && c.sys.take_input(&path).is_ok()
        {
            return Outcome::State(State::Copy(None));
        }
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
                sys.spend(Span::millis(1));
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
pub fn gather(c: C<'_, '_, '_>) -> Result<Vec<(String, Vec<u8>)>, Outcome> {
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
        ("md5sum" | "sha1sum" | "sha256sum", true) => c.complain(&format!("can't open '{path}': {errno}")),
        ("tac", false) => c.complain(&format!("failed to open '{path}' for reading: {errno}")),
        (_, true) if c.name != "grep" => c.complain(
            &format!("can't open '{path}': {errno}").replace("can't open '", "").replace("': ", ": "),
        ),
        _ => c.complain(&format!("{path}: {errno}")),
    }
}

pub fn filter(c: C<'_, '_, '_>, act: impl Fn(&str) -> String) -> Outcome {
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
        let single = shown.len() == 1 && !(busybox && many);
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

/// Reckons: integers as the shell does, texts by `=`, `:`, `length` and `substr`.
pub fn expr(c: C<'_, '_, '_>) -> Outcome {
    let words: Vec<&str> = c.arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<i64>().is_ok();
    let value = match words.as_slice() {
        [] => None,
        ["length", text] => Some(text.chars().count().to_string()),
        ["substr", text, from, count] => {
            let (from, count) = (from.parse().unwrap_or(0_usize), count.parse().unwrap_or(0));
            Some(text.chars().skip(from.saturating_sub(1)).take(if from == 0 { 0 } else { count }).collect())
        }
        [text, ":", pattern] | ["match", text, pattern] => {
            let regex =
                super::search::compile(&format!("^{}", pattern.trim_start_matches('^')), false, false);
            let found = regex.as_ref().and_then(|r| r.captures(text));
            let group = regex.as_ref().is_some_and(|r| r.captures_len() > 1);
            Some(match found {
                Some(found) if group => found.get(1).map_or("", |m| m.as_str()).to_owned(),
                Some(found) => found[0].chars().count().to_string(),
                None => {
                    if group {
                        String::new()
                    } else {
                        "0".to_owned()
                    }
                }
            })
        }
        [a, "=" | "==", b] if !(number(a) && number(b)) => Some(u8::from(a == b).to_string()),
        [a, "!=", b] if !(number(a) && number(b)) => Some(u8::from(a != b).to_string()),
        [one] => Some((*one).to_owned()),
        _ => {
            let operators = ["+", "-", "*", "/", "%", "(", ")", "=", "!=", "<", ">", "<=", ">=", "|", "&"];
            if let Some(word) = words.iter().find(|w| !number(w) && !operators.contains(w)) {
                let text = if c.sys.is_busybox() {
                    "non-numeric argument".to_owned()
                } else if words.len() == 2 {
                    format!("syntax error: unexpected argument '{word}'")
                } else {
                    "non-integer argument".to_owned()
                };
                c.complain(&text);
                return Outcome::Done(2);
            }
            let spelled: Vec<&str> = words
                .iter()
                .map(|w| match *w {
                    "=" => "==",
                    "|" => "||",
                    "&" => "&&",
                    other => other,
                })
                .collect();
            crate::shell::reckon(&spelled.join(" ")).map(|n| n.to_string())
        }
    };
    let Some(value) = value else {
        c.complain(if words.iter().any(|w| matches!(*w, "/" | "%")) {
            "division by zero"
        } else {
            "syntax error"
        });
        return Outcome::Done(2);
    };
    c.print(&format!("{value}\n"));
    Outcome::Done(u8::from(value.is_empty() || value == "0"))
}

pub fn yes(c: C<'_, '_, '_>) -> Outcome {
    let line = if c.arguments.is_empty() { "y".to_owned() } else { c.arguments.join(" ") } + "\n";
    Outcome::State(State::Repeat(line))
}

/// True when `head` needs no more of its input.
pub fn has_enough(arguments: &[String], bytes: &[u8]) -> bool {
    let mut most = (10, false);
    let mut rest = arguments.iter().skip(1);
    while let Some(argument) = rest.next() {
        let Some(flag) = argument.strip_prefix('-') else { continue };
        let letter = flag.trim_start_matches(['q', 'v']);
        let digits = letter.trim_start_matches(['n', 'c']);
        let value = if digits.is_empty() { rest.next().map_or("", String::as_str) } else { digits };
        most = (value.parse().unwrap_or(usize::MAX), letter.starts_with('c'));
    }
    let have = if most.1 { bytes.len() } else { bytes.iter().filter(|b| **b == b'\n').count() };
    have >= most.0
}

pub fn seq(c: C<'_, '_, '_>) -> Outcome {
    let (mut between, mut wide) = ("\n".to_owned(), false);
    while let Some(flag) = c.arguments.first().filter(|a| a.starts_with("-s") || *a == "-w").cloned() {
        c.arguments.remove(0);
        wide |= flag == "-w";
        if flag == "-s" && !c.arguments.is_empty() {
            between = c.arguments.remove(0);
        } else if let Some(text) = flag.strip_prefix("-s") {
            text.clone_into(&mut between);
        }
    }
    let places = |text: &String| text.split_once('.').map_or(0, |(_, part)| part.len());
    let digits = c.arguments.iter().map(places).max().unwrap_or(0).min(9);
    let unit = 10_f64.powi(digits as i32);
    let read = |text: &String| crate::decimal::decimal(text).map(|n| (n * unit).round_ties_even() as i64);
    let numbers: Vec<i64> = c.arguments.iter().filter_map(read).collect();
    let one = unit as i64;
    let (from, step, to) = match numbers.as_slice() {
        _ if numbers.len() < c.arguments.len() => {
            let word = c.arguments.iter().find(|a| read(a).is_none()).cloned().unwrap_or_default();
            let kind = if c.sys.is_busybox() { "number" } else { "floating point argument:" };
            c.complain(&format!("invalid {kind} '{word}'"));
            return Outcome::Done(1);
        }
        [to] => (one, one, *to),
        [from, to] => (*from, one, *to),
        [from, step, to] if *step != 0 => (*from, *step, *to),
        _ => {
            c.complain("missing operand");
            return Outcome::Done(1);
        }
    };
    let count = (to.saturating_sub(from) / step).saturating_add(1).clamp(0, 1_000_000);
    let write =
        |n: i64| if digits == 0 { n.to_string() } else { crate::decimal::fixed(n as f64 / unit, digits) };
    let width = if wide { write(from).len().max(write(to).len()) } else { 0 };
    let all: Vec<String> = (0..count)
        .filter(|_| (step > 0) == (to >= from) || to == from)
        .map(|n| format!("{:0>width$}", write(from + n * step)))
        .collect();
    if !all.is_empty() {
        c.print(&(all.join(&between) + "\n"));
    }
    Outcome::Done(0)
}
