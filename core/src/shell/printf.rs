//! `printf` and the escapes of `echo -e` and `$'...'` (POSIX utilities, "File Format Notation").

/// Turns backslash escapes into what they stand for.
pub fn escapes(text: &str) -> String {
    let (bytes, _) = escaped(text);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The bytes of a text with backslash escapes; true when `\c` ended it.
pub fn escaped(text: &str) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(next) = (c == '\\').then(|| chars.next()).flatten() else {
            out.extend(c.to_string().bytes());
            continue;
        };
        match next {
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            'r' => out.push(b'\r'),
            'a' => out.push(7),
            'b' => out.push(8),
            'f' => out.push(12),
            'v' => out.push(11),
            'e' | 'E' => out.push(27),
            '\\' => out.push(b'\\'),
            'c' => return (out, true),
            '0'..='7' => {
                let mut value = if next == '0' { 0 } else { next as u32 - 48 };
                let most = if next == '0' { 3 } else { 2 };
                for _ in 0..most {
                    let Some(digit) = chars.peek().and_then(|d| d.to_digit(8)) else { break };
                    value = value * 8 + digit;
                    chars.next();
                }
                out.push(value as u8);
            }
            'x' => {
                let mut value = 0;
                for _ in 0..2 {
                    let Some(digit) = chars.peek().and_then(|d| d.to_digit(16)) else { break };
                    value = value * 16 + digit;
                    chars.next();
                }
                out.push(value as u8);
            }
            other => {
                out.push(b'\\');
                out.extend(other.to_string().bytes());
            }
        }
    }
    (out, false)
}

/// What `printf` prints; a word about numbers that are none.
pub fn format(arguments: &[String]) -> (Vec<u8>, Option<String>) {
    let Some((format, mut rest)) = arguments.split_first() else { return (Vec::new(), None) };
    let mut out = Vec::new();
    let mut wrong = None;
    loop {
        let before = rest.len();
        let stop = round(format, &mut rest, &mut out, &mut wrong);
        if stop || rest.is_empty() || rest.len() == before {
            return (out, wrong);
        }
    }
}

fn round(format: &str, rest: &mut &[String], out: &mut Vec<u8>, wrong: &mut Option<String>) -> bool {
    let chars: Vec<char> = format.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if chars[at] == '\\' {
            let end = (at + 2).min(chars.len());
            let mut end = end;
            while end < chars.len()
                && end < at + 5
                && chars[at + 1].is_ascii_digit()
                && chars[end].is_digit(8)
            {
                end += 1;
            }
            let piece: String = chars[at..end].iter().collect();
            let (bytes, stop) = escaped(&piece);
            out.extend(bytes);
            if stop {
                return true;
            }
            at = end;
        } else if chars[at] == '%' {
            let start = at;
            at += 1;
            while at < chars.len() && !chars[at].is_ascii_alphabetic() && chars[at] != '%' {
                at += 1;
            }
            let kind = chars.get(at).copied().unwrap_or('%');
            let mut flags: String = chars[start + 1..at.min(chars.len())].iter().collect();
            at += 1;
            if kind == '%' {
                out.push(b'%');
                continue;
            }
            if flags.contains('*') {
                flags = flags.replacen('*', &take(rest), 1);
            }
            let argument = if rest.is_empty() { None } else { Some(take(rest)) };
            out.extend(field(kind, &flags, argument, wrong));
        } else {
            out.extend(chars[at].to_string().bytes());
            at += 1;
        }
    }
    false
}

fn take(rest: &mut &[String]) -> String {
    match rest.split_first() {
        Some((first, others)) => {
            *rest = others;
            first.clone()
        }
        None => String::new(),
    }
}

fn field(kind: char, flags: &str, argument: Option<String>, wrong: &mut Option<String>) -> Vec<u8> {
    let text = argument.unwrap_or_default();
    let left = flags.starts_with('-');
    let zero = flags.starts_with('0');
    let (width, precision) = flags.trim_start_matches(['-', '+', ' ', '#', '0']).split_once('.').map_or_else(
        || (flags.trim_start_matches(['-', '+', ' ', '#', '0']).parse().unwrap_or(0), None),
        |(w, p)| (w.parse().unwrap_or(0), Some(p.parse::<usize>().unwrap_or(0))),
    );
    let mut integer = || -> i64 {
        let quoted = text.strip_prefix(['\'', '"']).and_then(|t| t.chars().next());
        match (quoted, text.trim().parse::<i64>()) {
            (Some(c), _) => i64::from(u32::from(c)),
            (None, Ok(n)) => n,
            (None, Err(_)) if text.is_empty() => 0,
            (None, Err(_)) => {
                let hex = text.strip_prefix("0x").and_then(|h| i64::from_str_radix(h, 16).ok());
                if hex.is_none() {
                    *wrong = Some(text.clone());
                }
                hex.unwrap_or(0)
            }
        }
    };
    let body = match kind {
        's' => text.chars().take(precision.unwrap_or(usize::MAX)).collect(),
        'b' => escapes(&text),
        'c' => text.chars().take(1).collect(),
        'd' | 'i' if flags.starts_with('+') => format!("{:+}", integer()),
        'd' | 'i' | 'u' => integer().to_string(),
        'x' => format!("{:x}", integer()),
        'X' => format!("{:X}", integer()),
        'o' => format!("{:o}", integer()),
        'f' | 'e' | 'g' => {
            let (value, digits) =
                (crate::decimal::decimal(&text).unwrap_or(0.0), precision.unwrap_or(6).min(400));
            let write = match kind {
                'f' => crate::decimal::fixed,
                'e' => crate::decimal::scientific,
                _ => crate::decimal::general,
            };
            let sign = if flags.starts_with('+') && value >= 0.0 { "+" } else { "" };
            format!("{sign}{}", write(value, digits))
        }
        'q' => format!("'{}'", text.replace('\'', "'\\''")),
        _ => text,
    };
    // A field wider than a page of memory is a mistake, and no reason to run out of it.
    let missing = usize::saturating_sub(width.min(4096), body.chars().count());
    let padding = if zero && !left && kind != 's' { "0" } else { " " }.repeat(missing);
    if left { format!("{body}{padding}") } else { format!("{padding}{body}") }.into_bytes()
}
