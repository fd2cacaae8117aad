//! Sizes and durations as Docker prints and reads them (go-units).

use crate::decimal::{brief, decimal, fixed};
pub use crate::time::parse_duration;
use crate::time::{Span, Time};

/// A size in decimal units with three significant digits: `7.09MB`.
pub fn human_size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if size < 1000.0 || unit == "TB" {
            let digits = if size < 10.0 {
                2
            } else if size < 100.0 {
                1
            } else {
                0
            };
            return brief(size, digits) + unit;
        }
        size /= 1000.0;
    }
    String::new()
}

/// A size in binary units: `64MiB`.
pub fn bytes_size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if size < 1024.0 || unit == "TiB" {
            let text = fixed(size, 3);
            let text = &text[..text.len().min(5)];
            let text =
                if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
            return format!("{text}{unit}");
        }
        size /= 1024.0;
    }
    String::new()
}

/// A span as people say it: `About a minute`.
pub fn human_duration(span: Span) -> String {
    let seconds = span.as_seconds();
    let (minutes, hours) = (seconds / 60, (seconds as f64 / 3600.0).round() as u64);
    match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (s, ..) if s < 60 => format!("{s} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, m, _) if m < 60 => format!("{m} minutes"),
        (_, _, 1) => "About an hour".to_owned(),
        (_, _, h) if h < 48 => format!("{h} hours"),
        (_, _, h) if h < 24 * 7 * 2 => format!("{} days", h / 24),
        (_, _, h) if h < 24 * 30 * 2 => format!("{} weeks", h / 24 / 7),
        (_, _, h) if h < 24 * 365 * 2 => format!("{} months", h / 24 / 30),
        (_, _, h) => format!("{} years", h / 24 / 365),
    }
}

/// A size such as `32m`, in bytes.
///
/// # Errors
/// Docker's words.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    if text == "-1" {
        return Ok(-1);
    }
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    let Some(value) = decimal(number) else { return Err(format!("invalid size: '{text}'")) };
    let lower = suffix.trim().to_ascii_lowercase();
    let factor = match lower.as_str() {
        "" | "b" => 1_i64,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return Err(format!("invalid suffix: '{}'", suffix.trim())),
    };
    Ok((value * factor as f64) as i64)
}

/// A moment as `--since` and `until=` take it, in microseconds since the Unix epoch: a time ago (`10m`), a date
/// (RFC 3339), or seconds since the epoch.
pub fn moment(text: &str, now: Time) -> Option<u64> {
    if let Some(ago) = parse_duration(text) {
        return Some(now.unix_micros().saturating_sub(ago.0));
    }
    let seconds = decimal(text).filter(|s| (0.0..1e11).contains(s)).map(|s| (s * 1e6) as u64);
    seconds.or_else(|| Time::parse_rfc3339(text))
}
