//! Brace expansion (bash manual, "Brace Expansion"): `{a,b}` and `{1..5}`.

/// The most words one expansion makes, and the most bytes they have together.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 1 << 20;
/// How deep braces go; what is deeper stays as it is written.
const DEPTH: usize = 40;

/// A pair of braces in a text: where it opens, where it closes, its commas.
struct Pair {
    open: usize,
    close: usize,
    commas: Vec<usize>,
}

/// Every word that a word as it is written (with its quotes) stands for, in order.
pub fn expand(text: &str) -> Vec<String> {
    let words = within(text, 0);
    let bytes: usize = words.iter().map(String::len).sum();
    if bytes > MOST_BYTES { vec![text.to_owned()] } else { words }
}

fn within(text: &str, depth: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut at = 0;
    for pair in pairs(text) {
        if pair.open < at || depth == DEPTH {
            continue;
        }
        let Some(choices) = choices(text, &pair, depth) else { continue };
        let before = &text[at..pair.open];
        words = words
            .iter()
            .flat_map(|w| choices.iter().map(move |c| format!("{w}{before}{c}")))
            .take(MOST)
            .collect();
        if words.iter().map(String::len).sum::<usize>() > MOST_BYTES {
            return words;
        }
        at = pair.close + 1;
    }
    words.iter_mut().for_each(|w| w.push_str(&text[at..]));
    words
}

/// What stands between two braces; nothing where they mean nothing.
fn choices(text: &str, pair: &Pair, depth: usize) -> Option<Vec<String>> {
    if pair.commas.is_empty() {
        return sequence(&text[pair.open + 1..pair.close]);
    }
    let ends = pair.commas.iter().copied().chain([pair.close]);
    let starts = [pair.open].into_iter().chain(pair.commas.iter().copied());
    Some(starts.zip(ends).flat_map(|(from, to)| within(&text[from + 1..to], depth + 1)).take(MOST).collect())
}

/// The pairs of braces outside of quotes, by where they open.
fn pairs(text: &str) -> Vec<Pair> {
    let (mut open, mut found): (Vec<Pair>, Vec<Pair>) = (Vec::new(), Vec::new());
    let mut quote = None;
    // What stands in `${…}`, `$(…)` and `` `…` `` is not the brace expansion's.
    let mut inside: Vec<char> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None | Some('"'), '\\') => {
                chars.next();
            }
            (Some(q), c) if q == c => quote = None,
            (None | Some('"'), '$') => {
                if let Some((_, c)) = chars.next_if(|(_, c)| matches!(c, '{' | '(')) {
                    inside.push(if c == '{' { '}' } else { ')' });
                }
            }
            (_, c) if inside.last() == Some(&c) => {
                inside.pop();
            }
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') if !inside.is_empty() => inside.push(')'),
            (None, _) if !inside.is_empty() => {}
            (None, '{') => open.push(Pair { open: at, close: at, commas: Vec::new() }),
            (None, ',') => open.iter_mut().next_back().into_iter().for_each(|p| p.commas.push(at)),
            (None, '}') => {
                if let Some(pair) = open.pop() {
                    found.push(Pair { close: at, ..pair });
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|p| p.open);
    found
}

/// `1..5`, `a..e`, `10..1..3`.
fn sequence(text: &str) -> Option<Vec<String>> {
    let mut parts = text.split("..");
    let (start, end) = (parts.next()?, parts.next()?);
    let increment = parts.next().map_or(Some(1), |i| i.parse::<i64>().ok())?;
    if parts.next().is_some() {
        return None;
    }
    let letter =
        |s: &str| s.parse::<char>().ok().filter(char::is_ascii_alphabetic).map(|c| i64::from(u32::from(c)));
    if let (Some(start), Some(end)) = (letter(start), letter(end)) {
        let numbers = steps(start, end, increment).into_iter();
        return Some(numbers.filter_map(|n| char::from_u32(n as u32)).map(String::from).collect());
    }
    let numbers = steps(start.parse().ok()?, end.parse().ok()?, increment);
    // A leading zero asks for numbers of one width.
    let padded = |s: &str| s.trim_start_matches('-').starts_with('0') && s.trim_start_matches('-').len() > 1;
    let width = if padded(start) || padded(end) { start.len().max(end.len()) } else { 0 };
    Some(numbers.into_iter().map(|n| format!("{n:0width$}")).collect())
}

fn steps(start: i64, end: i64, increment: i64) -> Vec<i64> {
    let step = increment.unsigned_abs().max(1);
    let count = (end.abs_diff(start) / step).saturating_add(1).min(MOST as u64);
    let sign = if end < start { -1 } else { 1 };
    (0..count).map(|n| start + sign * (n * step) as i64).collect()
}

#[cfg(test)]
mod tests;
