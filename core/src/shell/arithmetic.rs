//! Integer arithmetic with C's operators (POSIX shell, section 2.6.4).

/// What an expression may ask for: reading and writing variables.
pub trait Variables {
    /// A variable's value.
    fn get(&self, name: &str) -> i64;
    /// Gives a variable a value.
    fn set(&mut self, name: &str, value: i64);
}

/// What is wrong with an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It divides by zero.
    Zero,
    /// It is no expression.
    Syntax,
}

/// The value of an expression.
///
/// # Errors
/// What is wrong with it.
pub fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, Fault> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, variables, depth: 0, signs: 0 };
    parser.skip();
    if parser.at == parser.chars.len() {
        return Ok(0);
    }
    let value = parser.comma()?;
    parser.skip();
    if parser.at < parser.chars.len() {
        return Err(Fault::Syntax);
    }
    Ok(value)
}

struct Parser<'v> {
    chars: Vec<char>,
    at: usize,
    variables: &'v mut dyn Variables,
    depth: usize,
    signs: usize,
}

/// Binary operators by precedence, the loosest first; longer ones before their beginnings.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

const ASSIGNMENTS: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="];

impl Parser<'_> {
    fn skip(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn ahead(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(n, c)| self.chars.get(self.at + n) == Some(&c))
    }

    fn take(&mut self, text: &str) -> bool {
        self.skip();
        let there = self.ahead(text);
        if there {
            self.at += text.len();
        }
        there
    }

    fn comma(&mut self) -> Result<i64, Fault> {
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, Fault> {
        self.depth += 1;
        if self.depth > 200 {
            return Err(Fault::Syntax);
        }
        self.skip();
        let start = self.at;
        if let Some(name) = self.name() {
            self.skip();
            let found =
                ASSIGNMENTS.iter().rev().find(|op| self.ahead(op) && !(**op == "=" && self.ahead("==")));
            if let Some(op) = found {
                self.at += op.len();
                let right = self.assignment()?;
                let value = match op.strip_suffix('=').unwrap_or_default() {
                    "" => right,
                    op => apply(op, self.variables.get(&name), right)?,
                };
                self.variables.set(&name, value);
                self.depth -= 1;
                return Ok(value);
            }
        }
        self.at = start;
        let value = self.ternary()?;
        self.depth -= 1;
        Ok(value)
    }

    fn ternary(&mut self) -> Result<i64, Fault> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.assignment()?;
        if !self.take(":") {
            return Err(Fault::Syntax);
        }
        let no = self.assignment()?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64, Fault> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        loop {
            self.skip();
            let found = operators.iter().find(|op| {
                let next = self.chars.get(self.at + op.len());
                self.ahead(op)
                    && next != Some(&'=')
                    && !(op.len() == 1
                        && matches!(**op, "|" | "&" | "<" | ">" | "*")
                        && next == op.chars().next().as_ref())
                    || self.ahead(op) && matches!(**op, "==" | "!=" | "<=" | ">=")
            });
            let Some(op) = found else { return Ok(left) };
            self.at += op.len();
            let right = self.binary(level + 1)?;
            left = apply(op, left, right)?;
        }
    }

    fn power(&mut self) -> Result<i64, Fault> {
        let base = self.unary()?;
        if !self.take("**") {
            return Ok(base);
        }
        let exponent = u32::try_from(self.power()?).map_err(|_| Fault::Syntax)?;
        Ok(base.wrapping_pow(exponent))
    }

    fn unary(&mut self) -> Result<i64, Fault> {
        self.signs += 1;
        if self.signs > 1000 {
            return Err(Fault::Syntax);
        }
        self.skip();
        for (text, change) in [("++", 1), ("--", -1)] {
            if self.ahead(text) {
                let start = self.at;
                self.at += 2;
                self.skip();
                if let Some(name) = self.name() {
                    let value = self.variables.get(&name).wrapping_add(change);
                    self.variables.set(&name, value);
                    return Ok(value);
                }
                self.at = start;
            }
        }
        match self.chars.get(self.at) {
            Some('!') => {
                self.at += 1;
                Ok(i64::from(self.unary()? == 0))
            }
            Some('-') => {
                self.at += 1;
                Ok(self.unary()?.wrapping_neg())
            }
            Some('+') => {
                self.at += 1;
                self.unary()
            }
            Some('~') => {
                self.at += 1;
                Ok(!self.unary()?)
            }
            _ => self.primary(),
        }
    }

    fn name(&mut self) -> Option<String> {
        let start = self.at;
        while self.chars.get(self.at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
            self.at += 1;
        }
        let name: String = self.chars[start..self.at].iter().collect();
        if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Some(name);
        }
        self.at = start;
        None
    }

    fn primary(&mut self) -> Result<i64, Fault> {
        self.skip();
        if self.take("(") {
            let value = self.comma()?;
            return if self.take(")") { Ok(value) } else { Err(Fault::Syntax) };
        }
        if let Some(name) = self.name() {
            let value = self.variables.get(&name);
            for (text, change) in [("++", 1), ("--", -1)] {
                if self.take(text) {
                    self.variables.set(&name, value.wrapping_add(change));
                }
            }
            return Ok(value);
        }
        let start = self.at;
        while self.chars.get(self.at).is_some_and(|c| c.is_alphanumeric() || *c == '#') {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        number(&text).ok_or(Fault::Syntax)
    }
}

fn number(text: &str) -> Option<i64> {
    if let Some((base, digits)) = text.split_once('#') {
        return i64::from_str_radix(digits, base.parse().ok().filter(|b| (2..=36).contains(b))?).ok();
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

fn apply(op: &str, a: i64, b: i64) -> Result<i64, Fault> {
    Ok(match op {
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return Err(Fault::Zero),
        "/" => a.wrapping_div(b),
        "%" => a.wrapping_rem(b),
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "&" => a & b,
        "^" => a ^ b,
        "|" => a | b,
        "&&" => i64::from(a != 0 && b != 0),
        _ => i64::from(a != 0 || b != 0),
    })
}
