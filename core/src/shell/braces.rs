//! Brace expansion (bash): `{a,b}` and `{1..5}`.

use brush_parser::word::{BraceExpressionMember, BraceExpressionOrText};

/// The most words one expansion makes.
const MOST: usize = 10_000;

/// Every word that the pieces stand for, in order.
pub fn expand(pieces: &[BraceExpressionOrText]) -> Vec<String> {
    let mut words = vec![String::new()];
    for piece in pieces {
        let choices = match piece {
            BraceExpressionOrText::Text(text) => vec![text.clone()],
            BraceExpressionOrText::Expr(members) => members.iter().flat_map(member).take(MOST).collect(),
        };
        words =
            words.iter().flat_map(|w| choices.iter().map(move |c| format!("{w}{c}"))).take(MOST).collect();
    }
    words
}

fn member(member: &BraceExpressionMember) -> Vec<String> {
    match member {
        BraceExpressionMember::Child(pieces) => expand(pieces),
        BraceExpressionMember::NumberSequence { start, end, increment } => {
            steps(*start, *end, *increment).into_iter().map(|n| n.to_string()).collect()
        }
        BraceExpressionMember::CharSequence { start, end, increment } => {
            let numbers = steps(i64::from(u32::from(*start)), i64::from(u32::from(*end)), *increment);
            numbers.into_iter().filter_map(|n| char::from_u32(n as u32)).map(String::from).collect()
        }
    }
}

fn steps(start: i64, end: i64, increment: i64) -> Vec<i64> {
    let step = increment.unsigned_abs().max(1);
    let count = (end.abs_diff(start) / step + 1).min(MOST as u64);
    let sign = if end < start { -1 } else { 1 };
    (0..count).map(|n| start + sign * (n * step) as i64).collect()
}
