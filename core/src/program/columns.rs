//! Lines numbered, turned round, folded, joined and parted: `nl`, `tac`, `fold`, `paste`, `comm`, `split`, `expand`.

use super::{C, Outcome};
use crate::program::text::{filter, gather};

/// The number that follows an option's letter.
fn number(values: &[(char, String)], key: char, otherwise: usize) -> usize {
    values.iter().find(|v| v.0 == key).and_then(|v| v.1.parse().ok()).unwrap_or(otherwise)
}

pub fn nl(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "p", "bwsvi");
    let all = values.iter().any(|v| v.0 == 'b' && v.1 == "a");
    let (width, first) = (number(&values, 'w', 6).min(99), number(&values, 'v', 1));
    let between = values.iter().find(|v| v.0 == 's').map_or("\t", |v| v.1.as_str()).to_owned();
    filter(c, |text| {
        let mut n = first;
        let mut line = |line: &str| {
            if line.is_empty() && !all {
                return format!("{}\n", " ".repeat(width + 1));
            }
            n += 1;
            format!("{:>width$}{between}{line}\n", n - 1)
        };
        text.lines().map(&mut line).collect()
    })
}

pub fn tac(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "", "");
    filter(c, |text| text.lines().rev().map(|line| format!("{line}\n")).collect())
}

pub fn fold(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "sb", "w");
    let width = number(&values, 'w', 80).max(1);
    filter(c, |text| {
        let mut out = String::new();
        for line in text.lines() {
            let mut rest: Vec<char> = line.chars().collect();
            while rest.len() > width {
                let blank = rest[..width].iter().rposition(|c| *c == ' ').filter(|_| flags.contains('s'));
                let more = rest.split_off(blank.map_or(width, |at| at + 1));
                out.extend(rest);
                out.push('\n');
                rest = more;
            }
            out.extend(rest);
            out.push('\n');
        }
        out
    })
}

/// The files asked for as lists of lines.
fn columns(c: C<'_, '_, '_>) -> Result<Vec<Vec<String>>, Outcome> {
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
    Ok(gather(c)?.iter().map(|(_, bytes)| lines(bytes)).collect())
}

pub fn paste(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "s", "d");
    let text = values.first().map_or("\t".to_owned(), |v| crate::shell::printf::escapes(&v.1));
    let between: Vec<char> = text.chars().collect();
    let files = match columns(c) {
        Ok(files) => files,
        Err(outcome) => return outcome,
    };
    let rows: Vec<Vec<String>> = if flags.contains('s') {
        files
    } else {
        let longest = files.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |file: &Vec<String>, n: usize| file.get(n).cloned().unwrap_or_default();
        (0..longest).map(|n| files.iter().map(|f| cell(f, n)).collect()).collect()
    };
    for row in rows {
        let mut line = String::new();
        for (n, cell) in row.iter().enumerate() {
            if n > 0 && !between.is_empty() {
                line.push(between[(n - 1) % between.len()]);
            }
            line.push_str(cell);
        }
        c.print(&(line + "\n"));
    }
    Outcome::Done(u8::from(!c.err.is_empty()))
}

pub fn comm(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "123", "");
    let files = match columns(c) {
        Ok(files) => files,
        Err(outcome) => return outcome,
    };
    let [left, right] = files.as_slice() else {
        c.complain("missing operand");
        return Outcome::Done(1);
    };
    let (mut a, mut b) = (0, 0);
    while a < left.len() || b < right.len() {
        let (column, line) = match (left.get(a), right.get(b)) {
            (Some(x), Some(y)) if x == y => ('3', x),
            (Some(x), y) if y.is_none_or(|y| x < y) => ('1', x),
            (_, Some(y)) => ('2', y),
            (None, None) | (Some(_), None) => break,
        };
        a += usize::from(column != '2');
        b += usize::from(column != '1');
        if !flags.contains(column) {
            let before = "123".chars().take_while(|c| *c != column).filter(|c| !flags.contains(*c)).count();
            c.print(&format!("{}{line}\n", "\t".repeat(before)));
        }
    }
    Outcome::Done(0)
}

/// Parts of a file in files of their own: `xaa`, `xab` and so on.
pub fn split(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "d", "lba");
    let prefix = if c.arguments.len() > 1 { c.arguments.remove(1) } else { "x".to_owned() };
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let bytes: Vec<u8> = all.into_iter().flat_map(|f| f.1).collect();
    let size = values.iter().find(|v| v.0 == 'b').and_then(|v| crate::engine::start::parse_size(&v.1));
    let parts: Vec<Vec<u8>> = match size {
        Some(size) => bytes.chunks((size as usize).max(1)).map(<[u8]>::to_vec).collect(),
        None => {
            let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
            lines.chunks(number(&values, 'l', 1000).max(1)).map(|part| part.concat()).collect()
        }
    };
    if parts.len() > 676 {
        return super::network::fail(c, 1, "output file suffixes exhausted");
    }
    for (n, part) in parts.iter().enumerate() {
        let suffix: String = [n / 26, n % 26].iter().map(|n| char::from(b'a' + *n as u8)).collect();
        let path = format!("{prefix}{suffix}");
        if let Err(errno) = c.sys.write_file(&path, part) {
            c.complain(&format!("{path}: {errno}"));
            return Outcome::Done(1);
        }
    }
    Outcome::Done(u8::from(!c.err.is_empty()))
}

pub fn expand(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "i", "t");
    let width = number(&values, 't', 8).clamp(1, 99);
    filter(c, |text| {
        let (mut out, mut column) = (String::new(), 0);
        for letter in text.chars() {
            let blanks = if letter == '\t' { width - column % width } else { 0 };
            (0..blanks).for_each(|_| out.push(' '));
            if blanks == 0 {
                out.push(letter);
            }
            column = if letter == '\n' { 0 } else { column + blanks.max(1) };
        }
        out
    })
}

/// Texts of four letters and more among bytes.
pub fn strings(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "af", "n");
    let least = number(&values, 'n', 4);
    filter(c, |text| {
        let parts = text.split(|c: char| !(c == '\t' || c == ' ' || c.is_ascii_graphic()));
        parts.filter(|p| p.len() >= least).map(|p| format!("{p}\n")).collect()
    })
}
