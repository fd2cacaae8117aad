//! Simulated time: microseconds since the World began, and the calendar they stand for.

use crate::decimal::{brief, decimal};
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Sub};

/// A moment of simulated time, in microseconds since the World began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

/// A length of simulated time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(pub u64);

/// What the simulated wall clock shows when the World begins: 2026-01-05T09:00:00Z, in Unix seconds.
pub const EPOCH: u64 = 1_767_603_600;

impl Span {
    /// A span of whole microseconds.
    pub const fn micros(n: u64) -> Self {
        Self(n)
    }
    /// A span of whole milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n * 1_000)
    }
    /// A span of whole seconds.
    pub const fn seconds(n: u64) -> Self {
        Self(n * 1_000_000)
    }
    /// The span in whole seconds, the rest cut off.
    pub const fn as_seconds(self) -> u64 {
        self.0 / 1_000_000
    }
    /// The span in seconds.
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Time {
    /// The time since `earlier`, or nothing when `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
    /// Seconds since the Unix epoch on the simulated wall clock.
    pub const fn unix_seconds(self) -> u64 {
        EPOCH + self.0 / 1_000_000
    }
    /// The wall clock as RFC 3339 with nanoseconds, as Docker prints it: `2026-01-05T09:00:00.000000000Z`.
    pub fn rfc3339(self) -> String {
        let c = self.calendar();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}000Z",
            c.year,
            c.month,
            c.day,
            c.hour,
            c.minute,
            c.second,
            self.0 % 1_000_000
        )
    }
    /// The wall clock split into calendar fields, in UTC.
    pub fn calendar(self) -> Calendar {
        Calendar::from_unix(self.unix_seconds())
    }
    /// Microseconds since the Unix epoch of a date in RFC 3339 (UTC): `2026-01-05`, `2026-01-05T09:00:00`, with a
    /// fraction or a `Z` behind it.
    pub fn parse_rfc3339(text: &str) -> Option<u64> {
        let (date, clock) = text.split_once('T').unwrap_or((text, "00:00:00"));
        let number = |t: Option<&str>| t?.parse::<u64>().ok();
        let mut date = date.splitn(3, '-');
        let (year, month, day) = (number(date.next())?, number(date.next())?, number(date.next())?);
        let (clock, fraction) =
            clock.trim_end_matches('Z').split_once('.').unwrap_or((clock.trim_end_matches('Z'), "0"));
        let mut clock = clock.splitn(3, ':');
        let (hour, minute) = (number(clock.next())?, number(clock.next())?);
        let second = number(clock.next()).unwrap_or(0);
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years begin in March here, so that the leap day is the last of its year.
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
        let micros = number(format!("{fraction:0<6}").get(..6))?;
        Some((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000 + micros)
    }
    /// Microseconds since the Unix epoch on the simulated wall clock.
    pub const fn unix_micros(self) -> u64 {
        EPOCH * 1_000_000 + self.0
    }
    /// The simulated time of a wall clock, or `None` before the World began.
    pub fn from_unix_micros(micros: u64) -> Option<Self> {
        micros.checked_sub(EPOCH * 1_000_000).map(Self)
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// A duration in nanoseconds as Go prints it, such as `1m30s`.
pub fn go_duration(nanoseconds: u64) -> String {
    let value = nanoseconds as f64;
    match nanoseconds {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => brief(value / 1e3, 3) + "µs",
        1_000_000..1_000_000_000 => brief(value / 1e6, 6) + "ms",
        _ => {
            let minutes = nanoseconds / 60_000_000_000;
            let rest = brief((nanoseconds % 60_000_000_000) as f64 / 1e9, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{rest}s"),
                (0, minutes) => format!("{minutes}m{rest}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{rest}s"),
            }
        }
    }
}

/// A duration of Go, such as `1m30s`.
pub fn parse_duration(text: &str) -> Option<Span> {
    if text == "0" {
        return Some(Span(0));
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = decimal(&rest[..at])?;
        let unit_end = rest[at..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| at + n);
        total += value
            * match &rest[at..unit_end] {
                "ns" => 1e-3,
                "us" | "µs" => 1.0,
                "ms" => 1e3,
                "s" => 1e6,
                "m" => 6e7,
                "h" => 3.6e9,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(Span(total as u64))
}

/// A date and time of day in UTC (proleptic Gregorian).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The year, such as 2026.
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    /// 1 to 31.
    pub day: u64,
    /// 0 to 23.
    pub hour: u64,
    /// 0 to 59.
    pub minute: u64,
    /// 0 to 59.
    pub second: u64,
    /// 0 is Sunday.
    pub weekday: u64,
}

impl Calendar {
    /// The date of a number of seconds since 1970 (days from civil, by era of 400 years).
    pub fn from_unix(seconds: u64) -> Self {
        let days = seconds / 86_400;
        let rest = seconds % 86_400;
        let z = days + 719_468;
        let era = z / 146_097;
        let doe = z % 146_097;
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        Self {
            year: yoe + era * 400 + u64::from(month <= 2),
            month,
            day: doy - (153 * mp + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest % 3_600 / 60,
            second: rest % 60,
            weekday: (days + 4) % 7,
        }
    }
}

#[cfg(test)]
mod tests;
