//! Decimal numbers as people type and read them: `1.5`, `-3`, `2e3`. The standard library's reader and writer are exact for
//! any number of digits, and bring ten kilobytes each; these have few digits, for which one division is exact as well.

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

/// The whole number that is nearest to a product; in the middle between two it is the even one. The product itself may be
/// rounded to the middle: what was lost (Dekker) says to which side it belongs.
fn nearest(a: f64, b: f64) -> f64 {
    let split = |x: f64| {
        let scaled = 134_217_729.0 * x;
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let product = a * b;
    let ((a, small_a), (b, small_b)) = (split(a), split(b));
    let lost = small_a * small_b - (((product - a * b) - small_a * b) - a * small_b);
    if product - product.floor() != 0.5 || lost == 0.0 {
        return product.round_ties_even();
    }
    if lost > 0.0 { product.ceil() } else { product.floor() }
}

/// A number with so many digits after the point; those beyond the fifteenth are zeros.
pub fn fixed(value: f64, digits: usize) -> String {
    let kept = digits.min(15);
    let unit = 10_u64.pow(kept as u32);
    let size = value.abs();
    let mut whole = size.trunc() as u64;
    let mut part = nearest(size - size.trunc(), unit as f64) as u64;
    if digits == 0 {
        (whole, part) = (size.round_ties_even() as u64, 0);
    } else if part >= unit {
        (whole, part) = (whole + 1, 0);
    }
    let mut text = whole.to_string();
    if value < 0.0 {
        text.insert(0, '-');
    }
    if digits > 0 {
        // The unit before the digits keeps their zeros.
        let part = (unit + part).to_string();
        text.push('.');
        text.push_str(&part[1..]);
        text.extend((kept..digits).map(|_| '0'));
    }
    text
}

/// A number with at most so many digits after the point: no zeros at its end.
pub fn brief(value: f64, digits: usize) -> String {
    let mut text = fixed(value, digits);
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// A number as a digit, a point, so many digits, and the power of ten (`%e`).
pub fn scientific(value: f64, digits: usize) -> String {
    let (mut size, mut power) = (value.abs(), 0_i32);
    while size >= 10.0 && power < 400 {
        size /= 10.0;
        power += 1;
    }
    while size < 1.0 && size > 0.0 {
        size *= 10.0;
        power -= 1;
    }
    let mut text = fixed(size, digits);
    if text.starts_with("10") {
        (text, power) = (fixed(size / 10.0, digits), power + 1);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{text}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// A number with so many digits that count, and a power of ten where it is very large or small (`%g`).
pub fn general(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let kept = digits.clamp(1, 16) - 1;
    let whole = scientific(value, kept);
    let (mantissa, power) = whole.split_once('e').unwrap_or((&whole, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    if power < -4 || power >= digits.max(1) as i32 {
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        return format!("{mantissa}e{}", &whole[whole.find('e').map_or(0, |at| at + 1)..]);
    }
    brief(value, (kept as i32 - power).max(0) as usize)
}

#[cfg(test)]
mod tests;
