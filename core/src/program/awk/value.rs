//! Values of awk: texts, numbers, and fields that are both when they look like numbers.

use crate::decimal::{decimal, general};
use std::cmp::Ordering;
use std::rc::Rc;

/// A value.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Never assigned: an empty text and zero.
    #[default]
    Nothing,
    Number(f64),
    Text(Rc<str>),
    /// What came from the input: a number if it looks like one.
    Input(Rc<str>),
}

/// How many bytes of a text are a number at its beginning.
pub fn numeric_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let power = bytes.get(end + 1 + sign..).map_or(0, |_| digits(end + 1 + sign));
        end += if power > 0 { 1 + sign + power } else { 0 };
    }
    end
}

/// A number as `print` shows it.
pub fn shown(number: f64) -> String {
    match number {
        n if n.is_nan() => "nan".to_owned(),
        n if n.is_infinite() => if n > 0.0 { "inf" } else { "-inf" }.to_owned(),
        n if n == n.trunc() && n.abs() < 1e16 => (n as i64).to_string(),
        n => general(n, 6),
    }
}

impl Value {
    /// True or false as a value.
    pub fn truth(yes: bool) -> Self {
        Self::Number(f64::from(u8::from(yes)))
    }
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }
    /// As a text.
    pub fn string(&self) -> Rc<str> {
        match self {
            Self::Nothing => "".into(),
            Self::Number(number) => shown(*number).into(),
            Self::Text(text) | Self::Input(text) => Rc::clone(text),
        }
    }
    /// As a number: what a text begins with.
    pub fn number(&self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Number(number) => *number,
            Self::Text(text) | Self::Input(text) => {
                let text = text.trim_start();
                decimal(&text[..numeric_length(text)]).unwrap_or(0.0)
            }
        }
    }
    /// The number that it is, if it is one.
    fn numeric(&self) -> Option<f64> {
        match self {
            Self::Nothing => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
            Self::Input(text) => {
                let text = text.trim();
                (!text.is_empty() && numeric_length(text) == text.len()).then(|| self.number())
            }
        }
    }
    /// Whether it counts as true.
    pub fn is_true(&self) -> bool {
        match (self.numeric(), self) {
            (Some(number), _) => number != 0.0,
            (None, value) => !value.string().is_empty(),
        }
    }
    /// Numbers are compared as numbers, all else as texts.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self.numeric(), other.numeric()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => self.string().cmp(&other.string()),
        }
    }
}
