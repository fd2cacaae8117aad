//! Functions of JavaScript and of what comes with Node.js.

use super::super::task::{After, Ask, Flow, Task};
use super::super::value::{Value, inspect, number, number_text, text};
use super::super::{Application, Language};
use std::rc::Rc;

impl Application {
    /// Calls something native by its full name.
    pub(in super::super) fn call_native(
        &mut self,
        task: &mut Task,
        name: &str,
        arguments: Vec<Value>,
        new: bool,
    ) -> Flow {
        if let Some(unknown) = arguments.iter().find(|a| matches!(a, Value::Unknown(_))) {
            if !name.contains("console") && name != "print" {
                return Flow::Value(unknown.clone());
            }
            return Flow::Throw(unknown.clone());
        }
        if let Some(remark) = name.strip_prefix("drydock ") {
            return self.called_remark(task, remark, &arguments).unwrap_or(Flow::NOTHING);
        }
        let found = self.called_system(task, name, &arguments).or_else(|| match self.language {
            Language::JavaScript => self.called_javascript(task, name, &arguments, new),
            Language::Python => self.called_python(task, name, &arguments),
        });
        match found {
            Some(flow) => flow,
            None => self.unknown(task, &format!("`{name}()`")),
        }
    }

    /// A line as `console.log` and `print` write it.
    fn log_line(&self, arguments: &[Value]) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut rest = arguments.iter();
        if let Some(Value::Text(format)) = arguments.first().filter(|_| arguments.len() > 1) {
            rest.next();
            let mut out = String::new();
            let mut left = &**format;
            while let Some(at) = left.find('%') {
                let sign = left.get(at + 1..at + 2).unwrap_or_default();
                out.push_str(&left[..at]);
                match sign {
                    "s" | "d" | "i" | "j" | "o" | "O" => {
                        out.push_str(&rest.next().map(|v| self.display(v)).unwrap_or_default())
                    }
                    "%" => out.push('%'),
                    other => out.push_str(&format!("%{other}")),
                }
                left = left.get(at + 1 + sign.len()..).unwrap_or_default();
            }
            parts.push(out + left);
        }
        parts.extend(rest.map(|value| match value {
            Value::Object(_) if self.heap.class(value) == "error" => self.error_lines(value),
            Value::Object(_) => inspect(&self.heap, value, self.language, 0),
            other => self.display(other),
        }));
        parts.join(" ")
    }

    fn called_javascript(
        &mut self,
        task: &mut Task,
        name: &str,
        arguments: &[Value],
        new: bool,
    ) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        Some(match name {
            "console.log" | "console.info" | "console.debug" => {
                let line = self.log_line(arguments);
                self.print(false, &line);
                Flow::NOTHING
            }
            "console.error" | "console.warn" | "console.trace" => {
                let line = self.log_line(arguments);
                self.print(true, &line);
                Flow::NOTHING
            }
            "require" => self.require(task, &shown),
            "import" => self.require(task, &shown).then(After::Shape("default".into())),
            "parseInt" | "Number.parseInt" => {
                let digits: String = shown
                    .trim()
                    .char_indices()
                    .take_while(|(n, c)| c.is_ascii_digit() || *n == 0 && *c == '-')
                    .map(|p| p.1)
                    .collect();
                Flow::Value(digits.parse::<i64>().map_or(Value::Invalid, |n| Value::Number(n as f64)))
            }
            "parseFloat" | "Number" | "Number.parseFloat" => Flow::Value(self.to_number(&first)),
            "Number.isInteger" => {
                Flow::Value(Value::Bool(matches!(first, Value::Number(n) if n.fract() == 0.0)))
            }
            "String" => Flow::text(&shown),
            "Boolean" => Flow::Value(Value::Bool(self.is_true(&first))),
            "isNaN" | "Number.isNaN" => Flow::Value(Value::Bool(self.to_number(&first) == Value::Invalid)),
            "JSON.parse" => self.parse_json(&shown),
            "JSON.stringify" => {
                let indent = self.number_of(arguments.get(2)).unwrap_or(0.0) as usize;
                match self.json_text(&first, indent.min(8)) {
                    Some(json) => Flow::text(&json),
                    None => Flow::NOTHING,
                }
            }
            "structuredClone" => match self.json_text(&first, 0) {
                Some(json) => self.parse_json(&json),
                None => Flow::NOTHING,
            },
            _ if name.starts_with("Object") || name.starts_with("Array") => {
                return self.called_object(name, arguments);
            }
            "Error" | "TypeError" | "RangeError" | "SyntaxError" => {
                Flow::Value(self.heap.error(name, &shown))
            }
            "Date" if new => {
                let micros = match first {
                    Value::Number(ms) => ms * 1000.0,
                    Value::Text(_) => crate::time::Time::parse_rfc3339(&shown).unwrap_or(0) as f64,
                    _ => self.now.1 as f64,
                };
                Flow::Value(self.date(micros))
            }
            "Date.now" => Flow::Value(number((self.now.1 / 1000) as f64)),
            "performance.now" | "process.hrtime" => Flow::Value(number((self.now.0 / 1000) as f64)),
            _ => return self.called_node(task, name, arguments, new),
        })
    }

    fn called_object(&mut self, name: &str, arguments: &[Value]) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let second = arguments.get(1).cloned().unwrap_or_default();
        Some(match name {
            "Object.keys" | "Object.values" | "Object.entries" => {
                let fields = self.heap.of(&first).map(|o| o.fields.clone()).unwrap_or_default();
                let items = fields.into_iter().map(|(key, value)| match name {
                    "Object.keys" => Value::Text(key),
                    "Object.values" => value,
                    _ => self.heap.list(vec![Value::Text(key), value]),
                });
                let items = items.collect();
                Flow::Value(self.heap.list(items))
            }
            "Object.assign" => {
                if let Value::Object(target) = first {
                    for source in &arguments[1..] {
                        for (key, value) in self.heap.of(source).map(|o| o.fields.clone()).unwrap_or_default()
                        {
                            self.heap.set(target, &key, value);
                        }
                    }
                }
                Flow::Value(first)
            }
            "Object.freeze" => Flow::Value(first),
            "Array.isArray" => Flow::Value(Value::Bool(self.heap.class(&first) == "list")),
            "Array.from" => {
                let items = self.iterate(&first, false).unwrap_or_default();
                let list = self.heap.list(items.clone());
                if second == Value::Nothing {
                    Flow::Value(list)
                } else {
                    self.begin_each("map", second, items, Vec::new())
                }
            }
            "Array" => {
                let items = vec![
                    Value::Nothing;
                    self.number_of(arguments.first()).unwrap_or(0.0).clamp(0.0, 10_000.0)
                        as usize
                ];
                Flow::Value(self.heap.list(items))
            }
            _ => return None,
        })
    }

    /// Promises, timers, and the libraries of Node.js.
    fn called_node(&mut self, task: &mut Task, name: &str, arguments: &[Value], new: bool) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        Some(match name {
            "Promise" => {
                let promise = self.heap.make("promise");
                let object = Value::Object(promise);
                let method = |name: &str| Value::Method(Rc::new((object.clone(), name.into())));
                let settle = vec![method(" resolve"), method(" reject")];
                Flow::Call(first, settle, Value::Nothing).then(After::Give(object))
            }
            "Promise.resolve" | "Promise.reject" => {
                let promise = self.heap.make("promise");
                self.settle(promise, if name == "Promise.reject" { "rejected" } else { "fulfilled" }, first);
                Flow::Value(Value::Object(promise))
            }
            "Promise.all" | "Promise.allSettled" => {
                // A function of the machine's own: each is waited for in its order.
                let items = self.heap.items(&first);
                let flow = self.begin_each("map", Value::Native(" await".into()), items, Vec::new());
                self.later(task, flow, None)
            }
            " await" => self.wait_for(task, first),
            "encodeURIComponent" => Flow::text(&encoded(&shown)),
            "decodeURIComponent" => Flow::text(&super::super::express::decoded(&shown)),
            "setTimeout" | "setImmediate" | "setInterval" => self.timer(task, name, first, arguments),
            "clearTimeout" | "clearInterval" => {
                if let Value::Object(id) = first {
                    self.tasks.retain(|t| t.promise != id);
                    if let Value::Object(interval) = self.heap.field(&first, "interval") {
                        self.heap.set(interval, "cleared", Value::Bool(true));
                    }
                }
                Flow::NOTHING
            }
            "RegExp" | "URL" | "Buffer.from" | "Map" | "Set" => return None,
            _ if name.starts_with("Math.") => Flow::Value(self.mathematics(&name[5..], arguments)),
            "util.promisify" => Flow::Value(first),
            "util.inspect" => Flow::text(&inspect(&self.heap, &first, self.language, 0)),
            _ if name.ends_with(".json") || name.ends_with("json") && name.starts_with("body-parser") => {
                Flow::Value(Value::Native("json body".into()))
            }
            "express.urlencoded" | "body-parser.urlencoded" => Flow::Value(Value::Native("form body".into())),
            "cors" | "helmet" | "compression" | "cookie-parser" => {
                Flow::Value(Value::Native("pass on".into()))
            }
            "morgan" => Flow::Value(Value::Native("log requests".into())),
            "express" | "express.Router" => {
                let id = self.heap.make(if name == "express" { "express" } else { "router" });
                Flow::Value(Value::Object(id))
            }
            "express.static" => {
                let id = self.heap.make("static");
                let root = if shown.starts_with('/') {
                    shown
                } else {
                    super::clean(&format!("{}/{shown}", self.directory))
                };
                self.heap.set(id, "root", text(&root));
                Flow::Value(Value::Object(id))
            }
            "http.createServer" | "https.createServer" => {
                let id = self.heap.make("server");
                self.heap.set(id, "handler", first);
                Flow::Value(Value::Object(id))
            }
            "dotenv.config" => return self.called_system(task, "dotenv", arguments),
            _ => return self.called_client(task, name, arguments, new),
        })
    }

    fn timer(&mut self, task: &mut Task, name: &str, function: Value, arguments: &[Value]) -> Flow {
        let ms = self.number_of(arguments.get(1)).unwrap_or(0.0).max(1.0);
        let due = self.now.0 + (ms * 1000.0) as u64;
        let given = arguments.get(2..).unwrap_or_default().to_vec();
        if name == "setInterval" {
            let id = self.heap.make("interval");
            self.heap.set(id, "function", function.clone());
            self.heap.set(id, "every", number(ms));
            let flow = Flow::Ask(Ask::Until(due)).then(After::Callback(Value::Object(id)));
            let flow = self.later(task, flow, None);
            if let Flow::Value(Value::Object(promise)) = &flow {
                self.heap.set(*promise, "interval", Value::Object(id));
            }
            return flow;
        }
        let list = self.heap.list(given);
        let Value::Object(id) = list else { return Flow::NOTHING };
        self.heap.set(id, "function", function);
        self.later(task, Flow::Ask(Ask::Until(due)).then(After::Callback(list)), None)
    }

    fn mathematics(&mut self, name: &str, arguments: &[Value]) -> Value {
        let numbers: Vec<f64> = arguments.iter().filter_map(|a| self.number_of(Some(a))).collect();
        let a = numbers.first().copied().unwrap_or(f64::NAN);
        number(match name {
            "random" => (self.chance() % 1_000_000) as f64 / 1_000_000.0,
            "floor" => a.floor(),
            "ceil" => a.ceil(),
            "round" => (a + 0.5).floor(),
            "trunc" => a.trunc(),
            "abs" => a.abs(),
            "sqrt" => a.sqrt(),
            "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            "pow" => match self.binary("**", &number(a), &arguments.get(1).cloned().unwrap_or_default()) {
                Flow::Value(Value::Number(n)) => n,
                _ => f64::NAN,
            },
            _ => f64::NAN,
        })
    }

    /// A line of a Python `print`.
    pub(super) fn print_line(&mut self, arguments: &[Value]) -> Flow {
        let parts: Vec<String> =
            arguments.iter().filter(|a| !matches!(a, Value::Keyword(_))).map(|a| self.display(a)).collect();
        let named = |app: &Self, wanted: &str| {
            arguments.iter().find_map(|a| match a {
                Value::Keyword(pair) if &*pair.0 == wanted => Some(app.display(&pair.1)),
                _ => None,
            })
        };
        let separator = named(self, "sep").unwrap_or_else(|| " ".to_owned());
        let end = named(self, "end").unwrap_or_else(|| "\n".to_owned());
        let error = named(self, "file").is_some_and(|f| f.contains("stderr"));
        self.prints.push((error, parts.join(&separator) + &end));
        Flow::NOTHING
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A number with so many places, for formats.
pub(super) fn with_places(value: f64, places: Option<usize>) -> String {
    places.map_or_else(|| number_text(value), |places| crate::decimal::fixed(value, places))
}
