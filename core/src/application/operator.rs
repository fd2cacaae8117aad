//! Operators.

use super::task::Flow;
use super::value::{Value, number, text};
use super::{Application, Language};

/// The longest text, in bytes.
pub(super) const LONGEST: usize = 1 << 20;

impl Application {
    /// A value as a number.
    pub(super) fn to_number(&self, value: &Value) -> Value {
        match value {
            Value::Number(_) => value.clone(),
            Value::Null => Value::Number(0.0),
            Value::Bool(truth) => Value::Number(f64::from(u8::from(*truth))),
            Value::Text(string) if string.trim().is_empty() => Value::Number(0.0),
            Value::Text(string) => {
                crate::decimal::decimal(string.trim()).map_or(Value::Invalid, Value::Number)
            }
            Value::Object(_) if self.heap.class(value) == "bytes" => {
                self.to_number(&self.heap.field(value, "text"))
            }
            Value::Object(_) if self.heap.class(value) == "date" => self.heap.field(value, "time"),
            _ => Value::Invalid,
        }
    }

    fn float(&self, value: &Value) -> f64 {
        if let Value::Number(number) = self.to_number(value) { number } else { f64::NAN }
    }

    /// Equal without conversion.
    pub(super) fn equal(&self, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Invalid, Value::Invalid) => false,
            (Value::Null | Value::Nothing, Value::Null | Value::Nothing)
                if self.language == Language::Python =>
            {
                true
            }
            (Value::Object(a), Value::Object(b)) if a != b && self.language == Language::Python => {
                let (Some(a), Some(b)) = (self.heap.get(*a), self.heap.get(*b)) else { return false };
                a.class == b.class
                    && a.items.len() == b.items.len()
                    && a.items.iter().zip(&b.items).all(|(a, b)| self.equal(a, b))
                    && a.fields == b.fields
            }
            _ => left == right,
        }
    }

    fn loosely_equal(&self, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Null | Value::Nothing, Value::Null | Value::Nothing) => true,
            (Value::Number(_) | Value::Bool(_), Value::Text(_) | Value::Bool(_) | Value::Number(_))
            | (Value::Text(_), Value::Number(_) | Value::Bool(_)) => {
                self.to_number(left) == self.to_number(right) && self.to_number(left) != Value::Invalid
            }
            _ => self.equal(left, right),
        }
    }

    /// An operator with one operand.
    pub(super) fn unary(&mut self, operator: &str, value: &Value) -> Flow {
        Flow::Value(match operator {
            "!" | "not" => Value::Bool(!self.is_true(value)),
            "-" => number(-self.float(value)),
            "+" => self.to_number(value),
            "typeof" => text(match value {
                Value::Nothing => "undefined",
                Value::Number(_) | Value::Invalid => "number",
                Value::Bool(_) => "boolean",
                Value::Text(_) => "string",
                Value::Native(_) | Value::Method(_) => "function",
                Value::Object(_) if matches!(self.heap.class(value), "function" | "class") => "function",
                _ => "object",
            }),
            _ => Value::Nothing,
        })
    }

    /// An operator with two operands.
    pub(super) fn binary(&mut self, operator: &str, left: &Value, right: &Value) -> Flow {
        let python = self.language == Language::Python;
        if operator == "+" {
            return self.add(left, right);
        }
        if let (Value::Text(format), "%") = (left, operator) {
            return self.percent(&format.clone(), right);
        }
        if let (Value::Text(string), Value::Number(count), "*", true)
        | (Value::Number(count), Value::Text(string), "*", true) = (left, right, operator, python)
        {
            let count = (*count).max(0.0) as usize;
            if string.len().saturating_mul(count) > LONGEST {
                return self.too_long();
            }
            return Flow::text(&string.repeat(count));
        }
        let truth = match operator {
            "===" | "is" => Some(self.equal(left, right)),
            "!==" | "is not" => Some(!self.equal(left, right)),
            "==" if python => Some(self.equal(left, right)),
            "!=" if python => Some(!self.equal(left, right)),
            "==" => Some(self.loosely_equal(left, right)),
            "!=" => Some(!self.loosely_equal(left, right)),
            "<" | ">" | "<=" | ">=" => match (left, right) {
                (Value::Text(a), Value::Text(b)) => Some(ordered(operator, a, b)),
                (Value::Number(_), Value::Text(_) | Value::Null | Value::Nothing)
                | (Value::Text(_) | Value::Null | Value::Nothing, Value::Number(_))
                    if python =>
                {
                    let words = format!("'{operator}' not supported between instances of these types");
                    return Flow::Throw(self.heap.error("TypeError", &words));
                }
                _ => Some(ordered(operator, &self.float(left), &self.float(right))),
            },
            "in" | "not in" => {
                let found = match right {
                    Value::Text(string) => string.contains(&self.display(left)),
                    Value::Object(_) if self.heap.class(right) == "list" && python => {
                        self.heap.items(right).iter().any(|i| self.equal(i, left))
                    }
                    _ => self.heap.of(right).is_some_and(|o| o.get(&self.display(left)).is_some()),
                };
                Some(found == (operator == "in"))
            }
            "instanceof" => Some(match right {
                Value::Native(name) => match &**name {
                    "Error" => self.heap.class(left) == "error",
                    name => self.heap.text_field(left, "name") == name,
                },
                _ => self.heap.field(left, " class") == *right,
            }),
            _ => None,
        };
        if let Some(truth) = truth {
            return Flow::Value(Value::Bool(truth));
        }
        let (a, b) = (self.float(left), self.float(right));
        if python && b == 0.0 && matches!(operator, "/" | "//" | "%") {
            return Flow::Throw(self.heap.error("ZeroDivisionError", "division by zero"));
        }
        Flow::Value(number(match operator {
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => (a / b).floor(),
            "%" if python => a - (a / b).floor() * b,
            "%" => a % b,
            "**" => power(a, b),
            "|" => (a as i64 as i32 | b as i64 as i32).into(),
            "&" => (a as i64 as i32 & b as i64 as i32).into(),
            "^" => (a as i64 as i32 ^ b as i64 as i32).into(),
            "<<" => ((a as i64 as i32) << (b as u32 & 31)).into(),
            ">>" => ((a as i64 as i32) >> (b as u32 & 31)).into(),
            _ => f64::NAN,
        }))
    }

    fn add(&mut self, left: &Value, right: &Value) -> Flow {
        let python = self.language == Language::Python;
        match (left, right) {
            (Value::Number(a), Value::Number(b)) => Flow::Value(number(a + b)),
            (Value::Text(a), Value::Text(b)) if a.len() + b.len() > LONGEST => self.too_long(),
            (Value::Text(_), Value::Text(_)) => Flow::text(&(self.display(left) + &self.display(right))),
            (Value::Object(_), Value::Object(_)) if self.heap.class(left) == "list" => {
                let items = [self.heap.items(left), self.heap.items(right)].concat();
                if items.len() > LONGEST / 10 {
                    return self.too_long();
                }
                Flow::Value(self.heap.list(items))
            }
            (Value::Text(_), _) if python => {
                let words = format!("can only concatenate str (not \"{}\") to str", self.type_name(right));
                Flow::Throw(self.heap.error("TypeError", &words))
            }
            (Value::Text(_) | Value::Object(_), _) | (_, Value::Text(_) | Value::Object(_)) if !python => {
                Flow::text(&(self.display(left) + &self.display(right)))
            }
            (Value::Number(_), Value::Text(_)) => {
                let words = format!(
                    "unsupported operand type(s) for +: '{}' and '{}'",
                    self.type_name(left),
                    self.type_name(right)
                );
                Flow::Throw(self.heap.error("TypeError", &words))
            }
            _ => Flow::Value(number(self.float(left) + self.float(right))),
        }
    }

    /// A text or list that no application of a tutorial has.
    pub(super) fn too_long(&mut self) -> Flow {
        let (kind, words) = match self.language {
            Language::Python => ("MemoryError", ""),
            Language::JavaScript => ("RangeError", "Invalid string length"),
        };
        Flow::Throw(self.heap.error(kind, words))
    }

    /// The name of a type in Python.
    pub(super) fn type_name(&self, value: &Value) -> &'static str {
        match value {
            Value::Text(_) => "str",
            Value::Bool(_) => "bool",
            Value::Number(n) if n.fract() == 0.0 => "int",
            Value::Number(_) | Value::Invalid => "float",
            Value::Null | Value::Nothing => "NoneType",
            Value::Object(_) => match self.heap.class(value) {
                "list" => "list",
                "object" => "dict",
                "bytes" => "bytes",
                _ => "object",
            },
            _ => "function",
        }
    }

    /// `'%s of %d' % (a, b)`.
    fn percent(&mut self, format: &str, values: &Value) -> Flow {
        let mut values = match self.heap.class(values) {
            "list" => self.heap.items(values),
            _ => vec![values.clone()],
        };
        values.reverse();
        let mut out = String::new();
        let mut rest = format.chars().peekable();
        while let Some(c) = rest.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut places = None;
            while let Some(c) = rest.next() {
                match c {
                    '%' => out.push('%'),
                    '.' => {
                        places = rest.peek().and_then(|d| d.to_digit(10));
                        continue;
                    }
                    c if c.is_ascii_digit() || c == '-' || c == '+' => continue,
                    _ => {
                        let value = values.pop().unwrap_or_default();
                        out.push_str(&match (c, places) {
                            ('f', places) => {
                                crate::decimal::fixed(self.float(&value), places.unwrap_or(6) as usize)
                            }
                            ('d' | 'i', _) => super::value::number_text(self.float(&value).trunc()),
                            _ => self.display(&value),
                        });
                    }
                }
                break;
            }
        }
        Flow::text(&out)
    }
}

fn ordered<T: PartialOrd + ?Sized>(operator: &str, a: &T, b: &T) -> bool {
    match operator {
        "<" => a < b,
        ">" => a > b,
        "<=" => a <= b,
        _ => a >= b,
    }
}

/// A power by multiplication: whole exponents, as everybody writes them.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.fract() != 0.0 || exponent.abs() > 1_000.0 {
        return if exponent == 0.5 { base.sqrt() } else { f64::NAN };
    }
    let product = (0..exponent.abs() as u32).fold(1.0, |product, _| product * base);
    if exponent < 0.0 { 1.0 / product } else { product }
}
