//! The functions of templates: Go's own, and those that Docker adds.

use super::{Command, NIL, TemplateError, inner, plain, show, truth};
use serde_json::Value;

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => (a == b).then_some(std::cmp::Ordering::Equal),
    }
}

/// Calls a function by its name.
pub(super) fn call(name: &str, values: &[Value], command: &Command) -> Result<Value, TemplateError> {
    use std::cmp::Ordering;
    let argument = |n: usize| values.get(n).cloned().unwrap_or(Value::Null);
    let text = |n: usize| show(&argument(n));
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
        "index" => {
            let mut value = argument(0);
            for key in &values[1.min(values.len())..] {
                value = match (&value, key) {
                    (Value::Object(members), Value::String(key)) => {
                        // What a map of texts lacks is an empty text.
                        let nothing =
                            if members.values().all(Value::is_string) { "".into() } else { Value::Null };
                        members.get(key).cloned().unwrap_or(nothing)
                    }
                    (Value::Array(items), Value::Number(n)) => {
                        match n.as_u64().and_then(|n| items.get(n as usize)) {
                            Some(item) => item.clone(),
                            None => {
                                return wrong(format!("index out of range: {n}"));
                            }
                        }
                    }
                    (Value::Null, _) => {
                        return wrong("index of untyped nil".to_owned());
                    }
                    _ => Value::Null,
                };
            }
            value
        }
        "json" if argument(0) == NIL => "null".into(),
        "json" => plain(argument(0)).to_string().into(),
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
        "slice" => {
            let bound = |n: usize, other: usize| {
                argument(n).as_u64().and_then(|b| usize::try_from(b).ok()).unwrap_or(other)
            };
            let cut = |length: usize| Some(bound(1, 0)..bound(2, length)).filter(|r| r.end <= length);
            let out_of_range = || wrong(format!("index out of range: {}", bound(2, bound(1, 0))));
            match argument(0) {
                Value::Array(items) => match cut(items.len()).and_then(|range| items.get(range)) {
                    Some(part) => part.to_vec().into(),
                    None => return out_of_range(),
                },
                other => match cut(show(&other).len())
                    .and_then(|range| show(&other).get(range).map(str::to_owned))
                {
                    Some(part) => part.into(),
                    None => return out_of_range(),
                },
            }
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
        "print" => values.iter().map(inner).collect::<Vec<_>>().concat().into(),
        "println" => (values.iter().map(inner).collect::<Vec<_>>().join(" ") + "\n").into(),
        "printf" => {
            let words: Vec<String> = values.iter().map(show).collect();
            let format =
                words.first().map_or(String::new(), |f| f.replace("%v", "%s").replace("%q", "\"%s\""));
            let mut all = vec![format];
            all.extend(words.into_iter().skip(1));
            let (bytes, _) = crate::shell::printf::format(&all);
            String::from_utf8_lossy(&bytes).into_owned().into()
        }
        _ => argument(0),
    })
}
