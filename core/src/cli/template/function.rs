//! The functions of templates: Go's own, and those that Docker adds.

use super::{Command, DURATION, LEFT_OUT, NIL, NO_TIME, TemplateError, inner, show, truth};
use serde_json::Value;

/// Their names.
pub const FUNCTIONS: [&str; 26] = [
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print", "printf",
    "println", "json", "join", "lower", "upper", "title", "split", "pad", "truncate", "html", "urlquery",
    "js",
];

/// A value as JSON has it: without what only the client's own types know.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members
                .into_iter()
                .filter(|(k, v)| v != NIL && v != LEFT_OUT && v != NO_TIME && (k != "Retries" || *v != 0));
            Value::Object(there.map(|(k, v)| (k, plain(v))).collect())
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::String(s) if s.starts_with(DURATION) => s[1..].parse::<u64>().unwrap_or(0).into(),
        other => other,
    }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => (a == b).then_some(std::cmp::Ordering::Equal),
    }
}

/// Calls one.
pub fn call(name: &str, values: &[Value], command: &Command) -> Result<Value, TemplateError> {
    use std::cmp::Ordering;
    let argument = |n: usize| values.get(n).cloned().unwrap_or(Value::Null);
    let wrong = |why: String| {
        let Command { at, text, .. } = command;
        Err(format!(":1:{at}: executing \"\" at <{text}>: error calling {name}: {why}"))
    };
    let order = || compare(&argument(0), &argument(1));
    Ok(match name {
        "and" => values.iter().find(|v| !truth(v)).or(values.last()).cloned().unwrap_or(Value::Null),
        "or" => values.iter().find(|v| truth(v)).or(values.last()).cloned().unwrap_or(Value::Null),
        "not" => (!truth(&argument(0))).into(),
        "eq" => values[1.min(values.len())..]
            .iter()
            .any(|v| compare(&values[0], v) == Some(Ordering::Equal))
            .into(),
        "ne" => (order() != Some(Ordering::Equal)).into(),
        "lt" => (order() == Some(Ordering::Less)).into(),
        "le" => (order() != Some(Ordering::Greater)).into(),
        "gt" => (order() == Some(Ordering::Greater)).into(),
        "ge" => (order() != Some(Ordering::Less)).into(),
        "len" => match argument(0) {
            Value::Array(items) => items.len().into(),
            Value::Object(members) => members.len().into(),
            Value::String(s) => s.len().into(),
            Value::Null => 0.into(),
            other => {
                let kind = match other {
                    Value::Bool(_) => "bool",
                    _ if other.is_f64() => "float64",
                    _ => "int",
                };
                return wrong(format!("len of type {kind}"));
            }
        },
        "index" => return index(values).or_else(wrong),
        "slice" => return slice(values).or_else(wrong),
        "json" if argument(0) == NIL => "null".into(),
        "json" => plain(argument(0)).to_string().into(),
        "print" => {
            // A blank stands between two that are no texts.
            let mut out = String::new();
            for (n, value) in values.iter().enumerate() {
                if n > 0 && !value.is_string() && !values[n - 1].is_string() {
                    out.push(' ');
                }
                out.push_str(&inner(value));
            }
            out.into()
        }
        "println" => (values.iter().map(inner).collect::<Vec<_>>().join(" ") + "\n").into(),
        "printf" => formatted(values).into(),
        _ => return Ok(on_texts(name, values)),
    })
}

/// The name of a value's type in Go.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float64",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "[]string",
        Value::Object(_) => "map[string]string",
    }
}

/// One verb of `printf` (Go's package fmt): what it makes of a value, or that it does not fit.
fn verb(flags: &str, verb: char, value: &Value) -> String {
    let text = show(value);
    let with = |kind: char, text: String| {
        let (bytes, _) = crate::shell::printf::format(&[format!("%{flags}{kind}"), text]);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let number = value.as_i64();
    match (verb, value) {
        ('v' | 's', Value::String(_)) | ('v', _) => with('s', text),
        ('s', Value::Array(_) | Value::Object(_)) => with('s', text),
        ('q', Value::String(_)) => with('s', Value::from(text).to_string()),
        ('t', Value::Bool(_)) => with('s', text),
        ('T', _) => kind(value).to_owned(),
        ('x' | 'X', Value::String(_)) => {
            let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
            with('s', if verb == 'X' { hex.to_uppercase() } else { hex })
        }
        ('d' | 'x' | 'X' | 'o', _) if number.is_some() => with(verb, text),
        ('b', _) if number.is_some() => with('s', format!("{:b}", number.unwrap_or(0))),
        ('c' | 'q' | 'U', _) if number.is_some() => {
            let code = u32::try_from(number.unwrap_or(0)).unwrap_or(0);
            let letter = char::from_u32(code).unwrap_or('\u{fffd}');
            with(
                's',
                match verb {
                    'c' => letter.to_string(),
                    'q' => format!("'{letter}'"),
                    _ => format!("U+{code:04X}"),
                },
            )
        }
        ('f' | 'F' | 'e' | 'g', Value::Number(n)) if n.is_f64() => with(verb.to_ascii_lowercase(), text),
        _ => format!("%!{verb}({}={text})", kind(value)),
    }
}

/// Go's `Sprintf`.
fn formatted(values: &[Value]) -> String {
    let Some((format, rest)) = values.split_first() else { return String::new() };
    let (format, mut rest, mut out) = (show(format), rest.iter(), String::new());
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) = chars.next_if(|c| !c.is_alphabetic() && *c != '%') {
            match flag {
                '*' => flags.push_str(&rest.next().map_or(String::new(), show)),
                flag => flags.push(flag),
            }
        }
        out += &match chars.next() {
            None => "%!(NOVERB)".to_owned(),
            Some('%') => "%".to_owned(),
            Some(letter) => match rest.next() {
                Some(value) => verb(flags.trim_start_matches(|c| c == '+' && letter == 'v'), letter, value),
                None => format!("%!{letter}(MISSING)"),
            },
        };
    }
    let extra: Vec<String> = rest.map(|value| format!("{}={}", kind(value), show(value))).collect();
    if extra.is_empty() { out } else { format!("{out}%!(EXTRA {})", extra.join(", ")) }
}

/// An element of a list or of a map, and so on inward.
fn index(values: &[Value]) -> Result<Value, TemplateError> {
    let mut value = values.first().cloned().unwrap_or(Value::Null);
    for key in &values[1.min(values.len())..] {
        value = match (&value, key) {
            (Value::Object(members), Value::String(key)) => {
                // What a map of texts lacks is an empty text.
                let nothing = if members.values().all(Value::is_string) { "".into() } else { Value::Null };
                members.get(key).cloned().unwrap_or(nothing)
            }
            (Value::Array(items), Value::Number(n)) => match n.as_u64().and_then(|n| items.get(n as usize)) {
                Some(item) => item.clone(),
                None => {
                    return Err(format!("index out of range: {n}"));
                }
            },
            (Value::Null, _) => {
                return Err("index of untyped nil".to_owned());
            }
            _ => Value::Null,
        };
    }
    Ok(value)
}

/// A part of a list or of a text.
fn slice(values: &[Value]) -> Result<Value, TemplateError> {
    let argument = |n: usize| values.get(n).cloned().unwrap_or(Value::Null);
    let bound =
        |n: usize, other: usize| argument(n).as_u64().and_then(|b| usize::try_from(b).ok()).unwrap_or(other);
    let cut = |length: usize| Some(bound(1, 0)..bound(2, length)).filter(|r| r.end <= length);
    let out_of_range = || Err(format!("index out of range: {}", bound(2, bound(1, 0))));
    match argument(0) {
        Value::Array(items) => match cut(items.len()).and_then(|range| items.get(range)) {
            Some(part) => Ok(part.to_vec().into()),
            None => out_of_range(),
        },
        other => match cut(show(&other).len()).and_then(|range| show(&other).get(range).map(str::to_owned)) {
            Some(part) => Ok(part.into()),
            None => out_of_range(),
        },
    }
}

/// What works on texts.
fn on_texts(name: &str, values: &[Value]) -> Value {
    let argument = |n: usize| values.get(n).cloned().unwrap_or(Value::Null);
    let text = |n: usize| show(&argument(n));
    match name {
        "join" => match argument(0) {
            Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(&text(1)).into(),
            other => show(&other).into(),
        },
        "split" => text(0).split(&text(1)).map(|s| Value::from(s.to_owned())).collect::<Vec<_>>().into(),
        "lower" => text(0).to_ascii_lowercase().into(),
        "upper" => text(0).to_ascii_uppercase().into(),
        "title" => {
            let mut start = true;
            let mut out = String::new();
            for letter in text(0).chars() {
                if start {
                    out.push(letter.to_ascii_uppercase())
                } else {
                    out.push(letter)
                }
                start = letter.is_whitespace();
            }
            out.into()
        }
        "truncate" => {
            text(0).chars().take(argument(1).as_u64().unwrap_or(0) as usize).collect::<String>().into()
        }
        "pad" => {
            let (a, b) =
                (argument(1).as_u64().unwrap_or(0) as usize, argument(2).as_u64().unwrap_or(0) as usize);
            format!("{}{}{}", " ".repeat(a.min(200)), text(0), " ".repeat(b.min(200))).into()
        }
        "html" => text(0)
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&#34;")
            .replace('\'', "&#39;")
            .into(),
        "urlquery" => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
            let one = |b: u8| match char::from(b) {
                c if plain(c) => c.to_string(),
                ' ' => "+".to_owned(),
                _ => format!("%{b:02X}"),
            };
            text(0).bytes().map(one).collect::<String>().into()
        }
        _ => argument(0),
    }
}
