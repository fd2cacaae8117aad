//! Decimal numbers as people type them: `1.5`, `-3`, `2e3`. The standard library's reader is exact for any number of
//! digits, and brings ten kilobytes of powers of five; these have few digits, for which one division is exact as well.

/// Reads a number; nothing for what is none.
pub fn decimal(text: &str) -> Option<f64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match rest.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?.clamp(-400, 400)),
        None => (rest, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut mantissa = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        mantissa = mantissa * 10.0 + f64::from(digit.to_digit(10)?);
    }
    let power = exponent - i32::try_from(fraction.len()).ok()?;
    let value = if power < 0 { mantissa / 10_f64.powi(-power) } else { mantissa * 10_f64.powi(power) };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests;
