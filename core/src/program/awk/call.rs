//! The functions that awk brings along, and its `printf`.

use super::parse::Expr;
use super::run::{Done, Machine, fail};
use super::value::Value;
use regex_lite::Regex;
use std::rc::Rc;

/// A number to the power of another: whole powers, and roots of two.
pub fn power(base: f64, exponent: f64) -> Done<f64> {
    let whole = exponent.trunc();
    let root = match exponent - whole {
        0.0 => 1.0,
        0.5 => base.sqrt(),
        -0.5 => 1.0 / base.sqrt(),
        _ => return fail("powers are simulated for whole and half exponents"),
    };
    let mut result = 1.0;
    for _ in 0..whole.abs().min(2000.0) as u32 {
        result *= base;
    }
    Ok(root * if whole < 0.0 { 1.0 / result } else { result })
}

/// What `printf` makes of a format and values.
pub fn formatted(values: &[Value]) -> String {
    let Some((format, mut rest)) = values.split_first() else { return String::new() };
    let format = format.string();
    let (mut out, mut text) = (String::new(), &*format);
    let mut next = || {
        let (first, others) = rest.split_first()?;
        rest = others;
        Some(first)
    };
    while let Some(at) = text.find('%') {
        out.push_str(&text[..at]);
        text = &text[at + 1..];
        let end = text.find(|c: char| c.is_ascii_alphabetic() || c == '%');
        let Some((end, kind)) = end.and_then(|end| Some((end, text[end..].chars().next()?))) else {
            out.push('%');
            continue;
        };
        let mut flags = text[..end].to_owned();
        text = &text[end + 1..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        while flags.contains('*') {
            let width = next().map_or(0.0, Value::number);
            flags = flags.replacen('*', &super::value::shown(width), 1);
        }
        let value = next().cloned().unwrap_or_default();
        let (kind, argument) = match kind {
            'd' | 'i' => ('d', super::value::shown(value.number().trunc())),
            'o' | 'x' | 'X' | 'u' => (kind, (value.number() as i64).to_string()),
            'c' => (
                'c',
                match &value {
                    Value::Number(code) => char::from_u32(*code as u32).unwrap_or(' ').to_string(),
                    other => other.string().chars().take(1).collect(),
                },
            ),
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                (kind.to_ascii_lowercase(), crate::decimal::general(value.number(), 17))
            }
            _ => ('s', value.string().to_string()),
        };
        let (bytes, _) = crate::shell::printf::format(&[format!("%{flags}{kind}"), argument]);
        out.push_str(&String::from_utf8_lossy(&bytes));
    }
    out.push_str(text);
    out
}

/// Calls a function of awk's own.
pub fn builtin(machine: &mut Machine<'_, '_, '_>, name: &str, arguments: &[Expr]) -> Done<Value> {
    match name {
        "sub" | "gsub" if arguments.len() >= 2 => return substitute(machine, name == "gsub", arguments),
        "split" if arguments.len() >= 2 => return split(machine, arguments),
        "match" if arguments.len() >= 2 => return matched(machine, arguments),
        "length" => match arguments.first() {
            None => return Ok(Value::Number(machine.record.chars().count() as f64)),
            Some(Expr::Name(array)) => {
                let count = machine.indices(array).len();
                if count > 0 {
                    return Ok(Value::Number(count as f64));
                }
            }
            Some(_) => {}
        },
        _ => {}
    }
    let mut values = Vec::new();
    for argument in arguments {
        values.push(machine.value(argument)?);
    }
    let text = |n: usize| values.get(n).map_or_else(|| "".into(), Value::string);
    let number = |n: usize| values.get(n).map_or(0.0, Value::number);
    Ok(match name {
        "length" => Value::Number(text(0).chars().count() as f64),
        "substr" => {
            let from = (number(1).round_ties_even().max(1.0) - 1.0) as usize;
            let most =
                if values.len() > 2 { number(2).round_ties_even().max(0.0) as usize } else { usize::MAX };
            Value::Text(text(0).chars().skip(from).take(most).collect::<String>().into())
        }
        "index" => {
            let (all, part) = (text(0), text(1));
            let at = all.find(&*part).filter(|_| !part.is_empty()).map(|at| all[..at].chars().count() + 1);
            Value::Number(at.unwrap_or(0) as f64)
        }
        "tolower" => Value::Text(text(0).to_lowercase().into()),
        "toupper" => Value::Text(text(0).to_uppercase().into()),
        "sprintf" => Value::Text(formatted(&values).into()),
        "int" => Value::Number(number(0).trunc()),
        "sqrt" => Value::Number(number(0).sqrt()),
        "rand" => Value::Number(machine.context.sys.random().below(1_000_000) as f64 / 1e6),
        "srand" | "close" | "fflush" => Value::Number(0.0),
        "systime" => Value::Number(machine.context.sys.now().unix_seconds() as f64),
        "strftime" => {
            let seconds =
                if values.len() > 1 { number(1) as u64 } else { machine.context.sys.now().unix_seconds() };
            Value::Text(crate::program::date::format(seconds, &text(0)).into())
        }
        "system" | "sin" | "cos" | "atan2" | "exp" | "log" => {
            return fail(format!("{name} is not simulated"));
        }
        _ => return fail(format!("function {name} never defined")),
    })
}

/// `&` in a replacement is what was found, `\&` is an ampersand.
fn replaced(found: &str, by: &str, out: &mut String) {
    let mut chars = by.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('&' | '\\')) => out.extend(chars.next()),
            ('&', _) => out.push_str(found),
            _ => out.push(c),
        }
    }
}

fn substitute(machine: &mut Machine<'_, '_, '_>, every: bool, arguments: &[Expr]) -> Done<Value> {
    let pattern = machine.pattern(&arguments[0])?;
    let by = machine.value(&arguments[1])?.string();
    let whole = Expr::Field(Box::new(Expr::Number(0.0)));
    let target = arguments.get(2).unwrap_or(&whole);
    let text = machine.value(target)?.string();
    let regex: Rc<Regex> = machine.regex(&pattern)?;
    let (mut out, mut at, mut count) = (String::new(), 0, 0);
    for found in regex.find_iter(&text).take(if every { usize::MAX } else { 1 }) {
        out.push_str(&text[at..found.start()]);
        replaced(found.as_str(), &by, &mut out);
        at = found.end();
        count += 1;
        if out.len() > 4 << 20 {
            return fail("a text became too long");
        }
    }
    if count > 0 {
        out.push_str(&text[at..]);
        machine.assign(target, Value::Text(out.into()))?;
    }
    Ok(Value::Number(f64::from(count)))
}

fn split(machine: &mut Machine<'_, '_, '_>, arguments: &[Expr]) -> Done<Value> {
    let text = machine.value(&arguments[0])?.string();
    let Expr::Name(array) = &arguments[1] else { return fail("split needs an array") };
    let separator = match arguments.get(2) {
        Some(separator) => machine.pattern(separator)?,
        None => machine.get("FS").string(),
    };
    let parts = machine.split(&text, &separator, false);
    machine.clear(array);
    for (n, part) in parts.iter().enumerate() {
        let key = machine.element(array, &[Expr::Number((n + 1) as f64)])?;
        machine.put(&key, Value::Input(Rc::clone(part)));
    }
    Ok(Value::Number(parts.len() as f64))
}

fn matched(machine: &mut Machine<'_, '_, '_>, arguments: &[Expr]) -> Done<Value> {
    let text = machine.value(&arguments[0])?.string();
    let pattern = machine.pattern(&arguments[1])?;
    let found = machine.regex(&pattern)?.find(&text).map(|m| (m.start(), m.end()));
    let (start, length) = found.map_or((0.0, -1.0), |(from, to)| {
        let count = |text: &str| text.chars().count() as f64;
        (count(&text[..from]) + 1.0, count(&text[from..to]))
    });
    machine.put("RSTART", Value::Number(start));
    machine.put("RLENGTH", Value::Number(length));
    Ok(Value::Number(start))
}
