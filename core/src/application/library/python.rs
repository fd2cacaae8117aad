//! Functions of Python and of its standard library.

use super::super::Application;
use super::super::task::{After, Ask, Flow, Task};
use super::super::value::{Value, inspect, number, text};
use super::functions::with_places;

/// The value of `name=` among arguments.
pub(in super::super) fn keyword(arguments: &[Value], name: &str) -> Option<Value> {
    arguments.iter().find_map(|a| match a {
        Value::Keyword(pair) if &*pair.0 == name => Some(pair.1.clone()),
        _ => None,
    })
}

impl Application {
    pub(super) fn called_python(&mut self, task: &mut Task, name: &str, arguments: &[Value]) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        let items = || self.iterate(&first, false);
        let numeric = |n: usize| self.number_of(arguments.get(n));
        Some(match name {
            "print" => self.print_line(arguments),
            "str" | "repr" => match name {
                "str" => Flow::text(&shown),
                _ => Flow::text(&inspect(&self.heap, &first, self.language, 0)),
            },
            "int" | "float" => match self.to_number(&first) {
                Value::Number(n) => Flow::Value(number(if name == "int" { n.trunc() } else { n })),
                _ => {
                    let words = format!("invalid literal for {name}() with base 10: '{shown}'");
                    Flow::Throw(self.heap.error("ValueError", &words))
                }
            },
            "bool" => Flow::Value(Value::Bool(self.is_true(&first))),
            "abs" => Flow::Value(number(numeric(0)?.abs())),
            "round" => self.rounded(numeric(0)?, numeric(1)),
            "len" => Flow::Value(number(match &first {
                Value::Text(string) => string.chars().count() as f64,
                value => items().map_or(0, |i| i.len()).max(self.heap.of(value).map_or(0, |o| o.items.len()))
                    as f64,
            })),
            "list" | "tuple" | "set" => {
                let items = items().unwrap_or_default();
                let list = self.heap.list(items);
                if let (Value::Object(id), "tuple") = (&list, name) {
                    self.heap.set(*id, " tuple", Value::Bool(true));
                }
                Flow::Value(list)
            }
            "sorted" | "reversed" => {
                let items = items().unwrap_or_default();
                let list = self.heap.list(items);
                let Value::Object(id) = list else { return None };
                let reverses =
                    name == "reversed" || keyword(arguments, "reverse").is_some_and(|r| self.is_true(&r));
                if name == "sorted" {
                    if keyword(arguments, "key").is_some() {
                        return None;
                    }
                    self.list_method(id, "sort", Vec::new());
                }
                if reverses {
                    self.list_method(id, "reverse", Vec::new());
                }
                Flow::Value(list)
            }
            "dict" => self.dictionary(arguments),
            "range" => {
                let (from, to) = match (numeric(0)?, numeric(1)) {
                    (to, None) => (0.0, to),
                    (from, Some(to)) => (from, to),
                };
                let step = numeric(2).filter(|s| *s != 0.0).unwrap_or(1.0);
                let count = ((to - from) / step).ceil().clamp(0.0, 20_000.0) as usize;
                let items = (0..count).map(|n| number(from + n as f64 * step)).collect();
                Flow::Value(self.heap.list(items))
            }
            "enumerate" | "zip" => {
                let left = items().unwrap_or_default();
                let pairs: Vec<(Value, Value)> = match name {
                    "zip" => {
                        let right = self.iterate(arguments.get(1)?, false).unwrap_or_default();
                        left.into_iter().zip(right).collect()
                    }
                    _ => left.into_iter().enumerate().map(|(n, item)| (number(n as f64), item)).collect(),
                };
                let items = pairs.into_iter().map(|(a, b)| self.heap.list(vec![a, b])).collect();
                Flow::Value(self.heap.list(items))
            }
            "sum" | "max" | "min" => {
                let all = if arguments.len() > 1 { arguments.to_vec() } else { items().unwrap_or_default() };
                let numbers = all.iter().filter_map(|v| self.number_of(Some(v)));
                Flow::Value(number(match name {
                    "sum" => numbers.sum(),
                    "max" => numbers.fold(f64::NEG_INFINITY, f64::max),
                    _ => numbers.fold(f64::INFINITY, f64::min),
                }))
            }
            "any" | "all" => {
                let truths: Vec<bool> = items().unwrap_or_default().iter().map(|i| self.is_true(i)).collect();
                Flow::Value(Value::Bool(if name == "any" {
                    truths.contains(&true)
                } else {
                    !truths.contains(&false)
                }))
            }
            _ => return self.called_module(task, name, arguments),
        })
    }

    fn rounded(&self, value: f64, places: Option<f64>) -> Flow {
        let shown = with_places(value, Some(places.unwrap_or(0.0) as usize));
        Flow::Value(crate::decimal::decimal(&shown).map_or(Value::Invalid, number))
    }

    fn dictionary(&mut self, arguments: &[Value]) -> Flow {
        let first = arguments.first().and_then(|a| self.heap.of(a));
        let mut fields = first.map(|o| o.fields.clone()).unwrap_or_default();
        for argument in arguments {
            if let Value::Keyword(pair) = argument {
                fields.push((pair.0.clone(), pair.1.clone()));
            }
        }
        Flow::Value(self.heap.object(fields))
    }

    /// Functions of modules.
    fn called_module(&mut self, task: &mut Task, name: &str, arguments: &[Value]) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        let items = || self.iterate(&first, false);
        let numeric = |n: usize| self.number_of(arguments.get(n));
        Some(match name {
            "isinstance" => match arguments.get(1) {
                Some(Value::Native(wanted)) => Flow::Value(Value::Bool(self.type_name(&first) == &**wanted)),
                _ => return None,
            },
            "format" => {
                self.formatted(&first, &arguments.get(1).map(|s| self.display(s)).unwrap_or_default())
            }
            "Exception" | "ValueError" | "KeyError" | "TypeError" | "RuntimeError" | "OSError"
            | "ConnectionError" => Flow::Value(self.heap.error(name, &shown)),
            "open" => self.open_file(arguments),
            "time.time" => Flow::Value(number((self.now.1 / 1000) as f64 / 1000.0)),
            "time.sleep" => Flow::Ask(Ask::Until(self.now.0 + (numeric(0)?.max(0.0) * 1e6) as u64)),
            "datetime.datetime.now" | "datetime.datetime.utcnow" | "datetime.now" | "datetime.utcnow" => {
                Flow::Value(self.date(self.now.1 as f64))
            }
            "json.dumps" => {
                let indent =
                    keyword(arguments, "indent").and_then(|i| self.number_of(Some(&i))).unwrap_or(0.0);
                Flow::text(&self.json_text(&first, indent as usize)?)
            }
            "json.loads" => self.parse_json(&shown),
            "random.random" => Flow::Value(number((self.chance() % 1_000_000) as f64 / 1e6)),
            "random.randint" | "random.randrange" => {
                let (from, to) =
                    if arguments.len() > 1 { (numeric(0)?, numeric(1)?) } else { (0.0, numeric(0)?) };
                let span = (to - from + if name == "random.randint" { 1.0 } else { 0.0 }).max(1.0);
                let drawn = self.chance() % span as u64;
                Flow::Value(number(from + drawn as f64))
            }
            "random.getrandbits" => {
                let bits = numeric(0)?.clamp(1.0, 52.0) as u32;
                let drawn = self.chance() & ((1 << bits) - 1);
                Flow::Value(number(drawn as f64))
            }
            "random.choice" => {
                let items = items().unwrap_or_default();
                let drawn = self.chance() as usize % items.len().max(1);
                Flow::Value(items.get(drawn).cloned().unwrap_or_default())
            }
            "logging.info" | "logging.debug" => Flow::NOTHING,
            "logging.warning" | "logging.error" => {
                let level = name[8..].to_uppercase();
                self.print(true, &format!("{level}:root:{shown}"));
                Flow::NOTHING
            }
            "logging.basicConfig" | "logging.getLogger" => Flow::Value(Value::Native("logging".into())),
            "socket.gethostbyname" => return None,
            _ if name.starts_with("flask") || name.starts_with("fastapi") => {
                return self.called_flask(task, name, arguments);
            }
            _ => return self.called_client(task, name, arguments, true),
        })
    }

    /// `format(value, '.2f')`.
    fn formatted(&mut self, value: &Value, spec: &str) -> Flow {
        let places = spec.split_once('.').and_then(|s| s.1.chars().next()?.to_digit(10)).map(|n| n as usize);
        let mut shown = match value {
            Value::Number(n) if spec.ends_with('f') => with_places(*n, places.or(Some(6))),
            value => self.display(value),
        };
        let width: usize = spec
            .trim_start_matches(['<', '>', '0', ' '])
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .unwrap_or(0);
        let missing = width.saturating_sub(shown.chars().count()).min(200);
        if missing > 0 {
            let fill = if spec.starts_with('0') { "0" } else { " " }.repeat(missing);
            let right =
                spec.starts_with(['>', '0']) || matches!(value, Value::Number(_)) && !spec.starts_with('<');
            shown = if right { fill + &shown } else { shown + &fill };
        }
        Flow::text(&shown)
    }

    /// `open(path, mode)`: reading takes the text at once, writing collects it.
    fn open_file(&mut self, arguments: &[Value]) -> Flow {
        let path = self.path(&self.display(arguments.first().unwrap_or(&Value::Nothing)));
        let mode = arguments.get(1).filter(|a| !matches!(a, Value::Keyword(_))).map(|m| self.display(m));
        let mode = mode.unwrap_or_else(|| "r".to_owned());
        let file = self.heap.make("file");
        self.heap.set(file, "path", text(&path));
        if mode.starts_with('r') {
            return Flow::Ask(Ask::Read(path)).then(After::Shape("file".into()));
        }
        if mode.starts_with('w') {
            return Flow::Ask(Ask::Write(path, String::new(), false)).then(After::Give(Value::Object(file)));
        }
        Flow::Value(Value::Object(file))
    }
}
