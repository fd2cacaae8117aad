//! Expressions of an awk program read, by how tightly their operators bind.

use super::parse::{DEEPEST, Expr, PIPES, Parsed, Parser};
use super::words::{KEYWORDS, Token};

/// Binary operators with how tightly they bind; what binds to the right is odd.
const BINARY: [(&str, u8); 18] = [
    ("||", 2),
    ("&&", 4),
    ("in", 6),
    ("~", 8),
    ("!~", 8),
    ("<", 10),
    ("<=", 10),
    ("!=", 10),
    ("==", 10),
    (">", 10),
    (">=", 10),
    ("+", 14),
    ("-", 14),
    ("*", 16),
    ("/", 16),
    ("%", 16),
    ("^", 21),
    ("", 12),
];
const UNARY: u8 = 18;
const ASSIGNMENTS: [&str; 7] = ["=", "+=", "-=", "*=", "/=", "%=", "^="];
impl Parser {
    /// Expressions up to a sign, separated by commas.
    pub fn list(&mut self, end: &str) -> Parsed<Vec<Expr>> {
        let printing = std::mem::take(&mut self.printing);
        let mut all = Vec::new();
        self.skip(&["\n"]);
        while !self.sign(end) {
            all.push(self.expression(0)?);
            self.skip(&["\n"]);
            if !self.sign(",") {
                self.expect(end)?;
                break;
            }
            self.skip(&["\n"]);
        }
        self.printing = printing;
        Ok(all)
    }

    /// An expression whose operators bind at least so tightly.
    pub fn expression(&mut self, least: u8) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.wrong();
        }
        let mut left = self.operand()?;
        loop {
            let sign = match self.peek() {
                Token::Sign(">") if self.printing => "",
                Token::Sign("|") => return Err(PIPES.to_owned()),
                Token::Sign(sign) => sign,
                Token::Name(name) if name == "in" => "in",
                _ => "",
            };
            if ASSIGNMENTS.contains(&sign) && matches!(left, Expr::Name(_) | Expr::Field(_) | Expr::Index(..))
            {
                self.at += 1;
                self.skip(&["\n"]);
                let value = self.expression(0)?;
                left = Expr::Assign(Box::new(left), sign.trim_end_matches('=').to_owned(), Box::new(value));
                continue;
            }
            if sign == "?" && least <= 1 {
                self.at += 1;
                self.skip(&["\n"]);
                let then = self.expression(0)?;
                self.skip(&["\n"]);
                self.expect(":")?;
                self.skip(&["\n"]);
                left = Expr::Choice(Box::new(left), Box::new(then), Box::new(self.expression(0)?));
                continue;
            }
            let starts = match self.peek() {
                Token::Number(_) | Token::Text(_) | Token::Regex(_) | Token::Function(_) => true,
                Token::Name(name) => !KEYWORDS.contains(&name.as_str()),
                Token::Sign(sign) => matches!(*sign, "$" | "(" | "!" | "++" | "--"),
                Token::End => false,
            };
            let operator = if starts { "" } else { sign };
            let Some((_, power)) =
                BINARY.iter().find(|b| b.0 == operator && (starts || !operator.is_empty()))
            else {
                break;
            };
            if *power < least {
                break;
            }
            self.at += usize::from(!starts);
            if matches!(operator, "&&" | "||") {
                self.skip(&["\n"]);
            }
            let right = if *power % 2 == 1 { *power } else { *power + 1 };
            let right = self.expression(right)?;
            left = Expr::Binary(operator.to_owned(), Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Parsed<Expr> {
        let expression = match self.take() {
            Token::Number(number) => Expr::Number(number),
            Token::Text(text) => Expr::Text(text),
            Token::Regex(text) => Expr::Regex(text),
            Token::Function(name) => {
                self.at += 1;
                Expr::Call(name, self.list(")")?)
            }
            Token::Name(name) if name == "getline" => {
                let place = match self.peek() {
                    Token::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                        Some(Box::new(self.operand()?))
                    }
                    Token::Sign("$") => Some(Box::new(self.operand()?)),
                    _ => None,
                };
                let file = if self.sign("<") { Some(Box::new(self.operand()?)) } else { None };
                self.reads |= file.is_none();
                Expr::Getline(place, file)
            }
            Token::Name(name) if name == "length" => Expr::Call(name, Vec::new()),
            Token::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                if self.sign("[") {
                    Expr::Index(name, self.list("]")?)
                } else {
                    Expr::Name(name)
                }
            }
            Token::Sign("$") => Expr::Field(Box::new(self.prefixed()?)),
            Token::Sign("(") => {
                let mut all = self.list(")")?;
                match all.len() {
                    0 => return self.wrong(),
                    1 if matches!(all[0], Expr::Group(_)) => all.remove(0),
                    _ => Expr::Group(all),
                }
            }
            Token::Sign(sign @ ("++" | "--")) => {
                let target = self.prefixed()?;
                return Ok(Expr::Step(Box::new(target), true, if sign == "++" { 1.0 } else { -1.0 }));
            }
            Token::Sign(sign @ ("-" | "+" | "!")) => {
                return Ok(Expr::Unary(sign.to_owned(), Box::new(self.expression(UNARY)?)));
            }
            _ => {
                self.at -= 1;
                return self.wrong();
            }
        };
        if matches!(expression, Expr::Name(_) | Expr::Field(_) | Expr::Index(..)) {
            for (sign, by) in [("++", 1.0), ("--", -1.0)] {
                if self.sign(sign) {
                    return Ok(Expr::Step(Box::new(expression), false, by));
                }
            }
        }
        Ok(expression)
    }

    /// What `$`, `++` and `--` stand before: one operand, without what stands behind it.
    fn prefixed(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.wrong();
        }
        let found = match self.peek() {
            Token::Sign("++" | "--" | "-" | "+" | "!" | "$" | "(")
            | Token::Number(_)
            | Token::Function(_) => self.operand(),
            Token::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                let name = name.clone();
                self.at += 1;
                Ok(if self.sign("[") { Expr::Index(name, self.list("]")?) } else { Expr::Name(name) })
            }
            _ => self.wrong(),
        };
        self.depth -= 1;
        found
    }
}
