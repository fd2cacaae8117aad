//! Terms and conditions.

use super::super::Cell;
use super::{Condition, Parsed, Parser, Term};

impl Parser<'_> {
    pub(super) fn count(&mut self) -> Parsed<usize> {
        match self.factor()? {
            Term::Cell(Cell::Number(number)) => Ok(number as usize),
            _ => Err(self.wrong()),
        }
    }

    pub(super) fn condition_after_where(&mut self) -> Parsed<Option<Condition>> {
        if self.eat("WHERE") { self.either().map(Some) } else { Ok(None) }
    }

    pub(super) fn either(&mut self) -> Parsed<Condition> {
        let mut left = self.both()?;
        while self.eat("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    pub(super) fn both(&mut self) -> Parsed<Condition> {
        let mut left = self.compared()?;
        while self.eat("AND") {
            left = Condition::And(Box::new(left), Box::new(self.compared()?));
        }
        Ok(left)
    }

    pub(super) fn compared(&mut self) -> Parsed<Condition> {
        if self.eat("NOT") {
            return Ok(Condition::Not(Box::new(self.compared()?)));
        }
        if self.at > 300 {
            return Err(self.wrong());
        }
        if self.eat("(") {
            let inner = self.either()?;
            self.must(")")?;
            return Ok(inner);
        }
        let left = self.term()?;
        let negated = self.eat("NOT");
        if self.eat("IN") {
            let all = self.listed(Self::term)?;
            let found = Condition::In(left, all);
            return Ok(if negated { Condition::Not(Box::new(found)) } else { found });
        }
        let operator = self.peek().to_ascii_lowercase();
        if !matches!(&*operator, "=" | "<" | ">" | "<=" | ">=" | "!=" | "<>" | "like" | "is") {
            return Err(self.wrong());
        }
        self.at += 1;
        let not = negated || operator == "is" && self.eat("NOT");
        let found = Condition::Compare(left, operator, self.term()?);
        Ok(if not { Condition::Not(Box::new(found)) } else { found })
    }

    pub(super) fn term(&mut self) -> Parsed<Term> {
        let mut left = self.factor()?;
        while let Some(sign) =
            Some(self.peek()).filter(|s| matches!(*s, "+" | "-" | "*" | "/")).and_then(|s| s.chars().next())
        {
            self.at += 1;
            left = Term::Sum(Box::new(left), sign, Box::new(self.factor()?));
        }
        Ok(left)
    }

    pub(super) fn factor(&mut self) -> Parsed<Term> {
        let word = self.peek().to_owned();
        self.at += 1;
        if word == "?" || word.starts_with("%s") || word.starts_with('$') || word == ":" {
            let place = match word.strip_prefix('$').and_then(|n| n.parse::<usize>().ok()) {
                Some(number) => number - usize::from(number > 0),
                None => {
                    self.given += 1;
                    self.given - 1
                }
            };
            return self.values.get(place).cloned().map(Term::Cell).ok_or_else(|| self.wrong());
        }
        if let Some(text) = word.strip_prefix('\'') {
            return Ok(Term::Cell(Cell::Text(text.to_owned())));
        }
        if let Some(number) = crate::decimal::decimal(&word) {
            return Ok(Term::Cell(Cell::Number(number)));
        }
        if word == "-" {
            return match self.factor()? {
                Term::Cell(Cell::Number(number)) => Ok(Term::Cell(Cell::Number(-number))),
                _ => Err(self.wrong()),
            };
        }
        match word.to_ascii_lowercase().as_str() {
            "null" => return Ok(Term::Cell(Cell::Null)),
            "true" => return Ok(Term::Cell(Cell::Number(1.0))),
            "false" => return Ok(Term::Cell(Cell::Number(0.0))),
            "current_timestamp" => return Ok(Term::Call("now".to_owned(), None)),
            _ => {}
        }
        self.at -= 1;
        let name = self.name()?;
        if !self.eat("(") {
            return Ok(Term::Column(name));
        }
        let argument = if self.is(")") || self.eat("*") { None } else { Some(Box::new(self.term()?)) };
        self.must(")")?;
        Ok(Term::Call(name.to_ascii_lowercase(), argument))
    }
}
