//! What expressions of awk are worth.

use super::call;
use super::parse::{Expr, Function};
use super::run::{DEEPEST, Done, LONGEST, Leave, Machine, fail};
use super::value::Value;
use std::cmp::Ordering;
use std::rc::Rc;

impl Machine<'_, '_, '_> {
    /// What an expression is worth.
    pub fn value(&mut self, expression: &Expr) -> Done<Value> {
        self.step()?;
        Ok(match expression {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::text(text),
            Expr::Regex(pattern) => {
                let regex = self.regex(pattern)?;
                Value::truth(regex.is_match(&self.record))
            }
            Expr::Field(number) => match self.value(number)?.number() {
                n if n < 0.0 => return fail(format!("attempt to access field {}", super::value::shown(n))),
                n if n < 1.0 => Value::Input(Rc::clone(&self.record)),
                n => self.fields.get(n as usize - 1).cloned().unwrap_or_default(),
            },
            Expr::Name(name) => self.get(&self.place(name)),
            Expr::Index(array, index) => {
                let key = self.element(array, index)?;
                // What is asked for is there from then on.
                self.values.get_or_insert_with(key, Value::default).clone()
            }
            Expr::Assign(target, operator, value) => {
                let mut value = self.value(value)?;
                if !operator.is_empty() {
                    let before = self.value(target)?;
                    value = self.arithmetic(operator, &before, &value)?;
                }
                self.assign(target, value.clone())?;
                value
            }
            Expr::Step(target, before, by) => {
                let old = self.value(target)?.number();
                self.assign(target, Value::Number(old + by))?;
                Value::Number(if *before { old + by } else { old })
            }
            Expr::Unary(operator, inner) => {
                let value = self.value(inner)?;
                match operator.as_str() {
                    "!" => Value::truth(!value.is_true()),
                    "-" => Value::Number(0.0 - value.number()),
                    _ => Value::Number(value.number()),
                }
            }
            Expr::Choice(condition, then, otherwise) => {
                let branch = if self.value(condition)?.is_true() { then } else { otherwise };
                self.value(branch)?
            }
            Expr::Group(all) if all.len() == 1 => self.value(&all[0])?,
            Expr::Group(all) => {
                let key = self.element("", all)?;
                Value::text(key.trim_start_matches('\0'))
            }
            Expr::Binary(operator, left, right) => self.binary(operator, left, right)?,
            Expr::Call(name, arguments) => match self.function(name) {
                Some(function) => self.call(&function, arguments)?,
                None => call::builtin(self, name, arguments)?,
            },
            Expr::Getline(target, file) => self.getline(target.as_deref(), file.as_deref())?,
        })
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) -> Done<Value> {
        if operator == "in" {
            let index = match left {
                Expr::Group(all) => all.as_slice(),
                one => std::slice::from_ref(one),
            };
            let Expr::Name(array) = right else { return fail("`in` needs an array") };
            let key = self.element(array, index)?;
            return Ok(Value::truth(self.values.contains_key(&key)));
        }
        let first = self.value(left)?;
        match (operator, first.is_true()) {
            ("&&", false) | ("||", true) => return Ok(Value::truth(operator == "||")),
            ("&&" | "||", _) => return Ok(Value::truth(self.value(right)?.is_true())),
            _ => {}
        }
        if matches!(operator, "~" | "!~") {
            let pattern = self.pattern(right)?;
            let found = self.regex(&pattern)?.is_match(&first.string());
            return Ok(Value::truth(found == (operator == "~")));
        }
        let second = self.value(right)?;
        let order = || first.compare(&second);
        Ok(match operator {
            "" => {
                let joined = format!("{}{}", first.string(), second.string());
                if joined.len() > LONGEST {
                    return fail("a text became too long");
                }
                self.steps += joined.len() as u32 / 64;
                Value::Text(joined.into())
            }
            "<" => Value::truth(order() == Ordering::Less),
            "<=" => Value::truth(order() != Ordering::Greater),
            ">" => Value::truth(order() == Ordering::Greater),
            ">=" => Value::truth(order() != Ordering::Less),
            "==" => Value::truth(order() == Ordering::Equal),
            "!=" => Value::truth(order() != Ordering::Equal),
            _ => self.arithmetic(operator, &first, &second)?,
        })
    }

    /// A pattern: an expression between slashes as it is, anything else by its text.
    pub fn pattern(&mut self, expression: &Expr) -> Done<Rc<str>> {
        match expression {
            Expr::Regex(pattern) => Ok(pattern.as_str().into()),
            other => Ok(self.value(other)?.string()),
        }
    }

    fn arithmetic(&self, operator: &str, first: &Value, second: &Value) -> Done<Value> {
        let (a, b) = (first.number(), second.number());
        if matches!(operator, "/" | "%") && b == 0.0 {
            return fail("division by zero");
        }
        Ok(Value::Number(match operator {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "%" => a % b,
            _ => return call::power(a, b).map(Value::Number),
        }))
    }

    fn function(&self, name: &str) -> Option<Rc<Function>> {
        let program = self.program;
        program.functions.iter().find(|f| f.0 == name).map(|f| Rc::new(f.1.clone()))
    }

    /// Calls a function of the program: names are given as they are, so that it can fill an array.
    fn call(&mut self, function: &Function, arguments: &[Expr]) -> Done<Value> {
        if self.frames.len() >= DEEPEST {
            return fail("functions call one another too deeply");
        }
        let mut frame = Vec::new();
        for (n, parameter) in function.0.iter().enumerate() {
            self.fresh += 1;
            let own = format!("\u{1}{}", self.fresh);
            let shared = match arguments.get(n) {
                Some(Expr::Name(name)) if !self.values.contains_key(&self.place(name)) => {
                    Some(self.place(name))
                }
                _ => None,
            };
            if let (None, Some(argument)) = (&shared, arguments.get(n)) {
                let value = self.value(argument)?;
                self.put(&own, value);
            }
            let is_own = shared.is_none();
            frame.push((parameter.clone(), shared.unwrap_or(own), is_own));
        }
        self.frames.push(frame);
        let left = self.statement(&function.1);
        let ended = self.frames.pop().unwrap_or_default();
        for (_, place, _) in ended.into_iter().filter(|p| p.2) {
            self.values.remove(&place);
            self.clear(&place);
        }
        match left {
            Ok(()) => Ok(Value::Nothing),
            Err(Leave::Return(value)) => Ok(value),
            Err(other) => Err(other),
        }
    }

    fn getline(&mut self, target: Option<&Expr>, file: Option<&Expr>) -> Done<Value> {
        let record = match file {
            None => {
                let kept = (Rc::clone(&self.record), self.fields.clone(), self.get("NF"));
                if !self.read_record()? {
                    return Ok(Value::Number(0.0));
                }
                let read = Rc::clone(&self.record);
                if target.is_some() {
                    (self.record, self.fields) = (kept.0, kept.1);
                    self.put("NF", kept.2);
                }
                read
            }
            Some(file) => {
                let path = self.value(file)?.string();
                if !self.files.iter().any(|f| f.0 == *path) {
                    let Ok(bytes) = self.context.sys.read_file(&path) else { return Ok(Value::Number(-1.0)) };
                    let records = self.records(&String::from_utf8_lossy(&bytes));
                    self.files.push((path.to_string(), records));
                }
                let next = self.files.iter_mut().find(|f| f.0 == *path).and_then(|f| f.1.pop());
                let Some(read) = next else { return Ok(Value::Number(0.0)) };
                read
            }
        };
        match target {
            Some(target) => self.assign(target, Value::Input(record))?,
            None if file.is_some() => self.set_record(record),
            None => {}
        }
        Ok(Value::Number(1.0))
    }
}
