//! Words of instructions: quotes, backslashes and variables.

use crate::pattern::{self, Quoted};

/// What a variable stands for.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Splits at blanks outside quotes; quotes and backslashes stay.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut escaped) = (None, false);
    for ch in text.chars() {
        if quote.is_none() && !escaped && ch.is_whitespace() {
            words.push(String::new());
            continue;
        }
        if escaped {
            escaped = false;
        } else if ch == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(ch) {
            quote = None;
        } else if quote.is_none() && matches!(ch, '"' | '\'') {
            quote = Some(ch);
        }
        if let Some(word) = words.last_mut() {
            word.push(ch);
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Takes quotes and backslashes away and puts variables in: `$x`, `${x}`, `${x:-word}`, `${x:+word}`, `${x:?word}`,
/// `${x#pattern}`, `${x%pattern}`, `${x/pattern/text}`.
///
/// # Errors
/// Docker's words.
pub fn expand(text: &str, variables: Variables<'_>) -> Result<String, String> {
    let chars: Vec<char> = text.chars().collect();
    until(&chars, &mut 0, None, (variables, 0)).map_err(|why| format!("failed to process {text:?}: {why}"))
}

/// How deep `${x:-${y:-…}}` may go.
const DEEPEST: usize = 100;

/// Variables, and how deep in others a text is.
type Inner<'a> = (Variables<'a>, usize);

/// The names of the variables in a text, each once.
pub fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in text.split('$').skip(1) {
        let piece = piece.strip_prefix('{').unwrap_or(piece);
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
        let name = &piece[..end];
        if !name.is_empty() && !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Puts variables into a text in which quotes mean nothing (a here-document).
///
/// # Errors
/// Docker's words.
pub fn expand_unquoted(text: &str, variables: Variables<'_>) -> Result<String, String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(&ch) = chars.get(at) {
        at += 1;
        match ch {
            '$' => out += &dollar(&chars, &mut at, (variables, 0))?,
            '\\' => {
                out.extend(chars.get(at));
                at += 1;
            }
            _ => out.push(ch),
        }
    }
    Ok(out)
}

/// Puts the variables that are set into a text and leaves quotes as they are, as a build shows a command; nothing when
/// a quote is not ended.
pub fn replace_known(text: &str, variables: Variables<'_>) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at, mut quote) = (String::new(), 0, None);
    while let Some(&ch) = chars.get(at) {
        at += 1;
        match ch {
            '\\' if quote != Some('\'') => {
                let Some(&next) = chars.get(at) else { break };
                if quote.is_some() && !matches!(next, '"' | '$' | '\\') {
                    out.push(ch);
                }
                out.push(next);
                at += 1;
            }
            '$' if quote != Some('\'') => {
                let from = at;
                let begin = from + usize::from(chars.get(from) == Some(&'{'));
                let name: String =
                    chars[begin..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
                let value = dollar(&chars, &mut at, (variables, 0));
                match value {
                    Ok(value) if variables(&name).is_some() => out.push_str(&value),
                    _ => out.extend(&chars[from - 1..at]),
                }
            }
            '\'' | '"' => {
                match quote {
                    None => quote = Some(ch),
                    Some(open) if open == ch => quote = None,
                    Some(_) => {}
                }
                out.push(ch);
            }
            _ => out.push(ch),
        }
    }
    quote.is_none().then_some(out)
}

/// Expands up to `stop`, which is passed over.
fn until(
    chars: &[char],
    at: &mut usize,
    stop: Option<char>,
    (variables, depth): Inner<'_>,
) -> Result<String, String> {
    if depth > DEEPEST {
        return Err("syntax error: too many levels of substitution".to_owned());
    }
    let inner = (variables, depth + 1);
    let mut out = String::new();
    let quoted = stop == Some('"');
    while let Some(&ch) = chars.get(*at) {
        *at += 1;
        match ch {
            _ if stop == Some(ch) => return Ok(out),
            '\'' if !quoted => {
                let length = chars[*at..].iter().position(|c| *c == '\'').ok_or_else(|| unended("single"))?;
                out.extend(&chars[*at..*at + length]);
                *at += length + 1;
            }
            '"' => out += &until(chars, at, Some('"'), inner)?,
            '$' => out += &dollar(chars, at, inner)?,
            '\\' => {
                let Some(&next) = chars.get(*at) else { break };
                if quoted && !matches!(next, '"' | '$' | '\\') {
                    out.push('\\');
                }
                out.push(next);
                *at += 1;
            }
            _ => out.push(ch),
        }
    }
    match stop {
        None => Ok(out),
        Some('"') => Err(unended("double")),
        Some(_) => Err("syntax error: missing '}'".to_owned()),
    }
}

fn unended(which: &str) -> String {
    format!("unexpected end of statement while looking for matching {which}-quote")
}

/// What stands after a `$`.
fn dollar(chars: &[char], at: &mut usize, (variables, depth): Inner<'_>) -> Result<String, String> {
    let braces = chars.get(*at) == Some(&'{');
    *at += usize::from(braces);
    let from = *at;
    while chars.get(*at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
        *at += 1;
    }
    let name: String = chars[from..*at].iter().collect();
    if !braces {
        return Ok(if name.is_empty() { "$".to_owned() } else { variables(&name).unwrap_or_default() });
    }
    if name.is_empty() {
        return Err("syntax error: bad substitution".to_owned());
    }
    let value = variables(&name);
    let colon = chars.get(*at) == Some(&':');
    *at += usize::from(colon);
    let Some(&action) = chars.get(*at) else { return Err("syntax error: missing '}'".to_owned()) };
    *at += 1;
    if action == '}' && !colon {
        return Ok(value.unwrap_or_default());
    }
    if !colon && matches!(action, '#' | '%' | '/') {
        let twice = chars.get(*at) == Some(&action);
        *at += usize::from(twice);
        let word = until(chars, at, Some('}'), (variables, depth))?;
        return Ok(matched(&value.unwrap_or_default(), &word, action, twice));
    }
    let colon_text = if colon { ":" } else { "" };
    if !matches!(action, '-' | '+' | '?') {
        return Err(format!("unsupported modifier ({colon_text}{action}) in substitution"));
    }
    let word = until(chars, at, Some('}'), (variables, depth))?;
    let set = value.is_some();
    let value = value.filter(|v| !(colon && v.is_empty()));
    match (action, value) {
        ('+', Some(_)) | ('-', None) => Ok(word),
        ('+', None) => Ok(String::new()),
        ('?', None) => {
            let why = if set { "is not allowed to be empty" } else { "is not allowed to be unset" };
            Err(format!("{name}: {}", if word.is_empty() { why } else { &word }))
        }
        (_, value) => Ok(value.unwrap_or_default()),
    }
}

/// `#`, `%` and `/` of a variable: what its value is without, or with another text for, what fits a pattern.
fn matched(value: &str, word: &str, action: char, twice: bool) -> String {
    let quoted = |text: &str| text.chars().map(|c| (c, false)).collect::<Vec<Quoted>>();
    match action {
        '#' => pattern::without_prefix(value, &quoted(word), twice),
        '%' => pattern::without_suffix(value, &quoted(word), twice),
        _ => {
            let (from, to) = word.split_once('/').unwrap_or((word, ""));
            pattern::replace(value, &quoted(from), to, twice)
        }
    }
}
