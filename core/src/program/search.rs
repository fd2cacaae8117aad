//! Lines by a pattern: `grep`, and regular expressions as POSIX writes them.

use super::lines::spread;
use super::{C, Outcome};
use crate::program::text::gather;
use regex_lite::Regex;

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

pub fn compile(pattern: &str, is_extended: bool, insensitive: bool) -> Option<Regex> {
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
        spread(c, false);
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
