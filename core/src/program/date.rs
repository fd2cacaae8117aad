//! The clock: `date`.

use super::{C, Outcome};
use crate::engine::syscall::Capability;
use crate::time::{Calendar, Time};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A time in seconds since the Unix epoch, as a format of `strftime` wants it.
pub fn format(seconds: u64, format: &str) -> String {
    let t = Calendar::from_unix(seconds);
    let (day, month) = (DAYS[t.weekday as usize % 7], MONTHS[(t.month as usize).clamp(1, 12) - 1]);
    let two = |n: u64| format!("{n:02}");
    let twelve = (t.hour + 11) % 12 + 1;
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out += &match chars.next().unwrap_or('%') {
            'Y' => t.year.to_string(),
            'y' => two(t.year % 100),
            'm' => two(t.month),
            'd' => two(t.day),
            'e' => format!("{:>2}", t.day),
            'H' => two(t.hour),
            'I' => two(twelve),
            'p' => if t.hour < 12 { "AM" } else { "PM" }.to_owned(),
            'M' => two(t.minute),
            'S' => two(t.second),
            'j' => {
                let first = Time::parse_rfc3339(&format!("{:04}-01-01", t.year)).unwrap_or(0) / 1_000_000;
                format!("{:03}", seconds.saturating_sub(first) / 86_400 + 1)
            }
            's' => seconds.to_string(),
            'a' => day[..3].to_owned(),
            'A' => day.to_owned(),
            'b' | 'h' => month[..3].to_owned(),
            'B' => month.to_owned(),
            'u' => if t.weekday == 0 { 7 } else { t.weekday }.to_string(),
            'w' => t.weekday.to_string(),
            'Z' => "UTC".to_owned(),
            'z' => "+0000".to_owned(),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            'F' => self::format(seconds, "%Y-%m-%d"),
            'T' => self::format(seconds, "%H:%M:%S"),
            'R' => self::format(seconds, "%H:%M"),
            'D' => self::format(seconds, "%m/%d/%y"),
            'c' => self::format(seconds, "%a %b %e %H:%M:%S %Y"),
            other => format!("%{other}"),
        };
    }
    out
}

/// A time as `-d` writes it, in seconds since 1970: a moment, `@` and seconds, or so much before or after now.
pub fn parse(text: &str, now: u64) -> Option<u64> {
    if let Some(number) = text.strip_prefix('@') {
        return number.parse().ok();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let (amount, unit, ago) = match words.as_slice() {
        ["now" | "today"] => return Some(now),
        ["yesterday"] => (1, "day", true),
        ["tomorrow"] => (1, "day", false),
        [amount, unit, "ago"] => (amount.parse().ok()?, *unit, true),
        [amount, unit] if unit.starts_with(char::is_alphabetic) => {
            let number: i64 = amount.trim_start_matches('+').parse().ok()?;
            (number.unsigned_abs(), *unit, number < 0)
        }
        _ => return Time::parse_rfc3339(&text.replacen(' ', "T", 1)).map(|micros| micros / 1_000_000),
    };
    let seconds = match unit.trim_end_matches('s') {
        "second" | "sec" => 1,
        "minute" | "min" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 604_800,
        _ => return None,
    };
    let span = amount.checked_mul(seconds)?;
    if ago { now.checked_sub(span) } else { now.checked_add(span) }
}

pub fn date(c: C<'_, '_, '_>) -> Outcome {
    let precise = c.arguments.iter().position(|a| matches!(a.as_str(), "-Iseconds" | "--iso-8601=seconds"));
    if let Some(at) = precise {
        c.arguments[at] = "+%FT%T+00:00".to_owned();
    }
    let (flags, values) = options!(c, "uRI", "sdrD");
    let mut seconds = c.sys.now().unix_seconds();
    for (letter, text) in values {
        let parsed = match letter {
            'r' => c.sys.stat(&text).ok().map(|stat| stat.modified / 1_000_000),
            'D' => continue,
            _ => parse(&text, seconds),
        };
        let Some(parsed) = parsed else {
            c.complain(&format!("invalid date '{text}'"));
            return Outcome::Done(1);
        };
        if letter == 's' {
            let allowed = c.sys.has(Capability::SysTime);
            c.complain(if allowed {
                "the simulation has one clock, which nobody sets"
            } else if c.sys.is_busybox() {
                "can't set date: Operation not permitted"
            } else {
                "cannot set date: Operation not permitted"
            });
            c.print(&(format(parsed, "%a %b %e %H:%M:%S UTC %Y") + "\n"));
            return Outcome::Done(1);
        }
        seconds = parsed;
    }
    let nanos = format!("{:09}", c.sys.now().0 % 1_000_000 * 1000);
    let wanted = c.arguments.iter().find_map(|a| a.strip_prefix('+')).map(|f| f.replace("%N", &nanos));
    let default = match (flags.contains('R'), flags.contains('I')) {
        (true, _) => "%a, %d %b %Y %T %z",
        (_, true) => "%F",
        _ => "%a %b %e %H:%M:%S UTC %Y",
    };
    c.print(&(format(seconds, wanted.as_deref().unwrap_or(default)) + "\n"));
    Outcome::Done(0)
}
