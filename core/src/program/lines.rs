//! Lines in order and in columns: `sort`, `uniq`, `cut`, `tr`.

use super::{C, Outcome};
use crate::decimal::decimal;
use crate::program::text::{filter, gather};
use crate::shell::printf as shell_printf;

/// Directories among the operands become the files below them; with `both` they stay too.
pub fn spread(c: C<'_, '_, '_>, both: bool) {
    let mut todo = if c.arguments.is_empty() { vec![".".to_owned()] } else { c.arguments.clone() };
    let mut files = Vec::new();
    todo.reverse();
    while let Some(path) = todo.pop() {
        match c.sys.read_directory(&path) {
            Ok(names) => {
                todo.extend(
                    names.into_iter().rev().map(|(n, _)| format!("{}/{n}", path.trim_end_matches('/'))),
                );
                if both {
                    files.push(path);
                }
            }
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
        decimal(&t[..end]).unwrap_or(0.0)
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

/// Two files side by side: which lines both have, by their longest common subsequence.
fn common(a: &[&str], b: &[&str]) -> Vec<(char, String)> {
    let mut lengths = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] = if a[i] == b[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut rows) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            rows.push((' ', a[i].to_owned()));
            i += 1;
            j += 1;
        } else if j >= b.len() || i < a.len() && lengths[i + 1][j] >= lengths[i][j + 1] {
            rows.push(('-', a[i].to_owned()));
            i += 1;
        } else {
            rows.push(('+', b[j].to_owned()));
            j += 1;
        }
    }
    rows
}

/// `diff`, always in its unified form, and `cmp`.
pub fn diff(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "uqsbwN", "");
    let names = c.arguments.clone();
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let [(_, left), (_, right)] = all.as_slice() else { return Outcome::Done(2) };
    if left == right {
        return Outcome::Done(0);
    }
    let (one, two) = (names[0].clone(), names[1].clone());
    if c.name == "cmp" {
        let at = left.iter().zip(right).position(|(a, b)| a != b);
        let line = |at: usize| left[..at].iter().filter(|b| **b == b'\n').count() + 1;
        match at {
            Some(at) => c.print(&format!("{one} {two} differ: char {}, line {}\n", at + 1, line(at))),
            None => c.complain(&format!("EOF on {}", if left.len() < right.len() { one } else { two })),
        }
        return Outcome::Done(1);
    }
    if flags.contains('q') {
        c.print(&format!("Files {one} and {two} differ\n"));
        return Outcome::Done(1);
    }
    let (left, right) = (String::from_utf8_lossy(left), String::from_utf8_lossy(right));
    let (a, b): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    if a.len().saturating_mul(b.len()) > 4_000_000 {
        return super::network::fail(c, 2, "files of so many lines are not compared");
    }
    let rows = common(&a, &b);
    c.print(&format!("--- {one}\n+++ {two}\n"));
    let changed: Vec<usize> = (0..rows.len()).filter(|n| rows[*n].0 != ' ').collect();
    let mut at = 0;
    while at < changed.len() {
        let first = changed[at];
        while at + 1 < changed.len() && changed[at + 1] - changed[at] <= 6 {
            at += 1;
        }
        let (from, to) = (first.saturating_sub(3), (changed[at] + 4).min(rows.len()));
        let count = |part: &[(char, String)], not: char| part.iter().filter(|r| r.0 != not).count();
        let side = |not| {
            let (before, inside) = (count(&rows[..from], not), count(&rows[from..to], not));
            let start = if inside == 0 { before } else { before + 1 };
            if inside == 1 { start.to_string() } else { format!("{start},{inside}") }
        };
        c.print(&format!("@@ -{} +{} @@\n", side('+'), side('-')));
        for (mark, line) in &rows[from..to] {
            c.print(&format!("{mark}{line}\n"));
        }
        at += 1;
    }
    Outcome::Done(1)
}

/// `shuf`: lines of a file, words (`-e`) or numbers of a range (`-i`), in an order by chance.
pub fn shuf(c: C<'_, '_, '_>) -> Outcome {
    let mut arguments = std::mem::take(&mut c.arguments).into_iter();
    let (mut all, mut count, mut output, mut words) = (Vec::new(), usize::MAX, None, false);
    while let Some(argument) = arguments.next() {
        let value = |rest: &str, more: &mut dyn Iterator<Item = String>| {
            if rest.is_empty() { more.next().unwrap_or_default() } else { rest.to_owned() }
        };
        match argument.get(..2) {
            Some("-e") => words = true,
            Some("-n") => count = value(&argument[2..], &mut arguments).parse().unwrap_or(0),
            Some("-o") => output = Some(value(&argument[2..], &mut arguments)),
            Some("-i") => {
                let range = value(&argument[2..], &mut arguments);
                let ends = range.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                let Some((from, to)) = ends.filter(|(from, to): &(u64, u64)| to - from.min(to) < 1_000_000)
                else {
                    c.complain(&format!("invalid input range: '{range}'"));
                    return Outcome::Done(1);
                };
                all.extend((from..=to).map(|n| n.to_string()));
            }
            _ if words => all.push(argument),
            _ => match c.sys.read_file(&argument) {
                Ok(bytes) => all.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_owned)),
                Err(errno) => {
                    c.complain(&format!("{argument}: {}", errno.text()));
                    return Outcome::Done(1);
                }
            },
        }
    }
    for at in (1..all.len()).rev() {
        all.swap(at, c.sys.random().below(at as u64 + 1) as usize);
    }
    all.truncate(count);
    let text: String = all.iter().map(|line| format!("{line}\n")).collect();
    match output {
        None => c.print(&text),
        Some(file) => {
            if let Err(errno) = c.sys.write_file(&file, text.as_bytes()) {
                c.complain(&format!("{file}: {}", errno.text()));
                return Outcome::Done(1);
            }
        }
    }
    Outcome::Done(0)
}
