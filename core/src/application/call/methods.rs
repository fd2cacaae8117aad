//! Methods of texts, numbers and lists.

use super::super::operator::LONGEST;
use super::super::task::Flow;
use super::super::value::{Value, number, text};
use super::super::{Application, Language};

impl Application {
    pub(in super::super) fn text_method(&mut self, string: &str, name: &str, arguments: &[Value]) -> Flow {
        let word = |n: usize| arguments.get(n).map(|a| self.display(a)).unwrap_or_default();
        let count = |n: usize| match arguments.get(n) {
            Some(Value::Number(number)) => Some(*number as i64),
            _ => None,
        };
        let (first, second) = (word(0), word(1));
        let truth = |truth: bool| Flow::Value(Value::Bool(truth));
        match name {
            "toUpperCase" | "upper" => Flow::text(&string.to_uppercase()),
            "toLowerCase" | "lower" => Flow::text(&string.to_lowercase()),
            "trim" | "strip" if first.is_empty() => Flow::text(string.trim()),
            "strip" => Flow::text(string.trim_matches(|c| first.contains(c))),
            "rstrip" | "trimEnd" => Flow::text(string.trim_end()),
            "lstrip" | "trimStart" => Flow::text(string.trim_start()),
            "toString" | "valueOf" | "encode" | "decode" | "toLocaleString" => Flow::text(string),
            "title" | "capitalize" => Flow::text(&capitalised(string, name == "title")),
            "includes" => truth(string.contains(&first)),
            "startsWith" | "startswith" => truth(string.starts_with(&first)),
            "endsWith" | "endswith" => truth(string.ends_with(&first)),
            "indexOf" | "find" => Flow::Value(number(
                string.find(&first).map_or(-1.0, |at| string[..at].chars().count() as f64),
            )),
            "replace" if self.language == Language::JavaScript => {
                Flow::text(&string.replacen(&first, &second, 1))
            }
            "replace" | "replaceAll"
                if string.len() + string.matches(&first).count().saturating_mul(second.len()) > LONGEST =>
            {
                self.too_long()
            }
            "replace" | "replaceAll" => Flow::text(&string.replace(&first, &second)),
            "repeat" => self.binary_repeat(string, count(0)),
            "concat" => Flow::text(&(string.to_owned() + &first)),
            "charAt" => Flow::text(
                &string.chars().nth(count(0).unwrap_or(0) as usize).map(String::from).unwrap_or_default(),
            ),
            "padStart" | "zfill" => {
                let fill = if name == "zfill" {
                    "0"
                } else if second.is_empty() {
                    " "
                } else {
                    &second
                };
                let missing =
                    (count(0).unwrap_or(0) as usize).saturating_sub(string.chars().count()).min(1_000);
                Flow::text(&(fill.repeat(missing).chars().take(missing).collect::<String>() + string))
            }
            "split" => {
                let parts: Vec<Value> = match arguments.first() {
                    None | Some(Value::Nothing) if self.language == Language::Python => {
                        string.split_whitespace().map(text).collect()
                    }
                    Some(_) if first.is_empty() => string.chars().map(|c| text(&c.to_string())).collect(),
                    Some(_) => string.split(&*first).map(text).collect(),
                    None => vec![text(string)],
                };
                Flow::Value(self.heap.list(parts))
            }
            "splitlines" => {
                let lines = string.lines().map(text).collect();
                Flow::Value(self.heap.list(lines))
            }
            "join" => {
                let items =
                    arguments.first().map(|a| self.iterate(a, false).unwrap_or_default()).unwrap_or_default();
                let parts: Vec<String> = items.iter().map(|i| self.display(i)).collect();
                self.joined(&parts, string)
            }
            "slice" | "substring" | "substr" => {
                let to = arguments.get(1).cloned().unwrap_or_default();
                let to = match (name, &to, count(0)) {
                    ("substr", Value::Number(length), Some(from)) => number(from as f64 + length),
                    _ => to,
                };
                self.slice(&[text(string), arguments.first().cloned().unwrap_or_default(), to])
            }
            "format" => self.filled(string, arguments),
            "isdigit" => truth(!string.is_empty() && string.bytes().all(|b| b.is_ascii_digit())),
            _ => Flow::Value(Value::Unknown(format!("`.{name}()` of a text").as_str().into())),
        }
    }

    /// `'{} {name} {0}'.format(…)`.
    fn filled(&self, string: &str, arguments: &[Value]) -> Flow {
        let mut values = arguments.iter();
        let mut out = String::new();
        let mut rest = string;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            let named = arguments.iter().find_map(|a| match a {
                Value::Keyword(pair) if *pair.0 == *inside => Some(&pair.1),
                _ => None,
            });
            let value = match inside.parse::<usize>() {
                Ok(number) => arguments.get(number),
                Err(_) => named.or_else(|| values.next()),
            };
            out.push_str(&value.map(|v| self.display(v)).unwrap_or_default());
            rest = after;
        }
        out.push_str(rest);
        Flow::text(&out)
    }

    fn binary_repeat(&mut self, string: &str, count: Option<i64>) -> Flow {
        let count = count.unwrap_or(0).max(0) as usize;
        if string.len().saturating_mul(count) > LONGEST {
            return self.too_long();
        }
        Flow::text(&string.repeat(count))
    }

    fn joined(&mut self, parts: &[String], separator: &str) -> Flow {
        let length: usize = parts.iter().map(|p| p.len() + separator.len()).sum();
        if length > LONGEST { self.too_long() } else { Flow::text(&parts.join(separator)) }
    }

    pub(in super::super) fn number_method(&mut self, value: f64, name: &str, arguments: &[Value]) -> Flow {
        let places = match arguments.first() {
            Some(Value::Number(n)) => *n as usize,
            _ => 0,
        };
        match name {
            "toFixed" => Flow::text(&crate::decimal::fixed(value, places.min(12))),
            "toString" | "toLocaleString" => Flow::text(&super::super::value::number_text(value)),
            _ => Flow::Value(Value::Unknown(format!("`.{name}()` of a number").as_str().into())),
        }
    }

    pub(in super::super) fn list_method(&mut self, id: u32, name: &str, arguments: Vec<Value>) -> Flow {
        let list = Value::Object(id);
        let items = self.heap.items(&list);
        let first = arguments.first().cloned().unwrap_or_default();
        let count = items.len();
        let Some(object) = self.heap.get_mut(id) else { return Flow::NOTHING };
        let changed = match name {
            "push" | "append" => {
                object.items.extend(arguments);
                number(object.items.len() as f64)
            }
            "unshift" => {
                object.items.insert(0, first);
                number(object.items.len() as f64)
            }
            "insert" => {
                let at = if let Value::Number(at) = first { (at as usize).min(count) } else { 0 };
                object.items.insert(at, arguments.get(1).cloned().unwrap_or_default());
                Value::Nothing
            }
            "extend" => {
                let more = self.iterate(&first, false).unwrap_or_default();
                if let Some(object) = self.heap.get_mut(id) {
                    object.items.extend(more);
                }
                Value::Nothing
            }
            "pop" => match first {
                Value::Number(at) if (at as usize) < count => object.items.remove(at as usize),
                _ => object.items.pop().unwrap_or_default(),
            },
            "shift" if count > 0 => object.items.remove(0),
            "clear" => {
                object.items.clear();
                Value::Nothing
            }
            "splice" => {
                let at = if let Value::Number(at) = first { (at as usize).min(count) } else { 0 };
                let many = if let Some(Value::Number(n)) = arguments.get(1) { *n as usize } else { count };
                let end = (at + many).min(count);
                let more = arguments.get(2..).unwrap_or_default().to_vec();
                let taken: Vec<Value> = object.items.splice(at..end, more).collect();
                self.heap.list(taken)
            }
            "reverse" => {
                object.items.reverse();
                list.clone()
            }
            "sort" if first == Value::Nothing => {
                let mut shown: Vec<(String, Value)> =
                    items.iter().map(|i| (self.display(i), i.clone())).collect();
                crate::shared::sort_by(&mut shown, |a, b| match (&a.1, &b.1) {
                    (Value::Number(x), Value::Number(y)) if self.language == Language::Python => {
                        x.total_cmp(y)
                    }
                    _ => a.0.cmp(&b.0),
                });
                if let Some(object) = self.heap.get_mut(id) {
                    object.items = shown.into_iter().map(|s| s.1).collect();
                }
                list.clone()
            }
            _ => return self.list_question(&list, items, name, &arguments),
        };
        Flow::Value(changed)
    }

    fn list_question(&mut self, list: &Value, items: Vec<Value>, name: &str, arguments: &[Value]) -> Flow {
        let first = arguments.first().cloned().unwrap_or_default();
        match name {
            "map" | "filter" | "find" | "findIndex" | "some" | "every" | "forEach" => {
                self.begin_each(name, first, items, Vec::new())
            }
            "reduce" => match arguments.get(1) {
                Some(start) => self.begin_each(name, first, items, vec![start.clone()]),
                None => {
                    let start = items.first().cloned().unwrap_or_default();
                    let rest = items.get(1..).unwrap_or_default().to_vec();
                    self.begin_each(name, first, rest, vec![start])
                }
            },
            "includes" => Flow::Value(Value::Bool(items.iter().any(|i| self.equal(i, &first)))),
            "indexOf" | "index" => Flow::Value(number(
                items.iter().position(|i| self.equal(i, &first)).map_or(-1.0, |n| n as f64),
            )),
            "count" => Flow::Value(number(items.iter().filter(|i| self.equal(i, &first)).count() as f64)),
            "join" => {
                let separator = if first == Value::Nothing { ",".to_owned() } else { self.display(&first) };
                let parts: Vec<String> = items.iter().map(|i| self.display(i)).collect();
                self.joined(&parts, &separator)
            }
            "slice" => {
                let mut operands = vec![list.clone()];
                operands.extend(arguments.iter().cloned());
                self.slice(&operands)
            }
            "concat" => {
                let more = self.iterate(&first, false).unwrap_or_default();
                Flow::Value(self.heap.list([items, more].concat()))
            }
            "remove" => {
                if let (Value::Object(id), Some(at)) =
                    (list, items.iter().position(|i| self.equal(i, &first)))
                {
                    self.delete(&[Value::Object(*id), number(at as f64)]);
                }
                Flow::NOTHING
            }
            "shift" | "at" => Flow::Value(items.first().cloned().unwrap_or_default()),
            "toString" => Flow::text(&self.display(list)),
            _ => Flow::Value(Value::Unknown(format!("`.{name}()` of a list").as_str().into())),
        }
    }
}

/// A text whose first letter, or the first of each word, is a capital one.
fn capitalised(string: &str, words: bool) -> String {
    let mut out = String::new();
    for (at, c) in string.char_indices() {
        if at == 0 || words && string[..at].ends_with(' ') {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}
