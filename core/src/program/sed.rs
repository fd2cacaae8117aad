//! The stream editor, `sed`: addresses, `s`, `d`, `p` and the like.

use super::search::compile;
use super::{C, Outcome};
use crate::program::text::gather;
use regex_lite::Regex;

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
