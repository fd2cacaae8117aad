//! Patterns (POSIX shell, section 2.13): `*`, `?` and `[...]`, with quoted characters standing for themselves.

/// A character and whether it was quoted.
pub type Quoted = (char, bool);

/// True when the whole text fits the pattern.
pub fn fits(pattern: &[Quoted], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some(('*', false)) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some(('?', false)) => Some(p + 1),
            Some(('[', false)) => match class(&pattern[p..], text[t]) {
                Some((true, length)) => Some(p + length),
                Some((false, _)) => None,
                None => (text[t] == '[').then_some(p + 1),
            },
            Some((c, _)) => (*c == text[t]).then_some(p + 1),
            None => None,
        };
        match (step, star) {
            (Some(next), _) => {
                p = next;
                t += 1;
            }
            (None, Some((at, from))) => {
                p = at + 1;
                t = from + 1;
                star = Some((at, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == ('*', false))
}

/// Whether a character is in the class that begins here, and how long the class is.
fn class(pattern: &[Quoted], c: char) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some(('!' | '^', false)));
    if negated {
        at += 1;
    }
    let first = at;
    let mut found = false;
    loop {
        let (low, quoted) = *pattern.get(at)?;
        if low == ']' && !quoted && at > first {
            return Some((found != negated, at + 1));
        }
        if low == '[' && matches!(pattern.get(at + 1), Some((':', false))) {
            let end = pattern[at..].windows(2).position(|w| w[0].0 == ':' && w[1].0 == ']')?;
            let name: String = pattern[at + 2..at + end].iter().map(|q| q.0).collect();
            found |= named(&name, c);
            at += end + 2;
            continue;
        }
        let high = match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some(('-', false)), Some((high, q))) if *high != ']' || *q => {
                at += 2;
                *high
            }
            _ => low,
        };
        found |= (low..=high).contains(&c);
        at += 1;
    }
}

fn named(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        "cntrl" => c.is_control(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && c != ' ',
        _ => false,
    }
}

/// True when a pattern has something to match by.
pub fn is_pattern(pattern: &[Quoted]) -> bool {
    pattern.iter().any(|(c, quoted)| !quoted && matches!(c, '*' | '?' | '['))
}

/// The text without the shortest or longest beginning that fits.
pub fn without_prefix(text: &str, pattern: &[Quoted], longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut lengths: Vec<usize> = (0..=chars.len()).collect();
    if longest {
        lengths.reverse();
    }
    let cut = lengths.into_iter().find(|n| fits(pattern, &chars[..*n])).unwrap_or(0);
    chars[cut..].iter().collect()
}

/// The text without the shortest or longest end that fits.
pub fn without_suffix(text: &str, pattern: &[Quoted], longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut starts: Vec<usize> = (0..=chars.len()).rev().collect();
    if longest {
        starts.reverse();
    }
    let cut = starts.into_iter().find(|n| fits(pattern, &chars[*n..])).unwrap_or(chars.len());
    chars[..cut].iter().collect()
}

/// The text with the first match, or every one, replaced.
pub fn replace(text: &str, pattern: &[Quoted], by: &str, every: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    let mut done = pattern.is_empty();
    while at < chars.len() {
        let end =
            if done { None } else { (at + 1..=chars.len()).rev().find(|n| fits(pattern, &chars[at..*n])) };
        match end {
            Some(end) => {
                out.push_str(by);
                at = end;
                done = !every;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}
