//! Items of lists, letters of texts, and objects made of keys and values.

use super::super::node::{Kind, Node, Tree};
use super::super::task::{Flow, Task};
use super::super::value::{Object, Value, text};
use super::super::{Application, Language};

impl Application {
    /// The place that an index means in a list; a negative one counts from its end.
    pub(in crate::application) fn position(&self, id: u32, index: &Value) -> Option<usize> {
        let list = self.heap.get(id).filter(|o| &*o.class == "list")?;
        let Value::Number(number) = index else { return None };
        let at = if *number < 0.0 { list.items.len() as f64 + number } else { *number };
        (at >= 0.0).then_some(at as usize)
    }

    /// `x[y]`.
    pub(in crate::application) fn index(&mut self, object: &Value, index: &Value) -> Flow {
        let python = self.language == Language::Python;
        match object {
            Value::Object(id) => {
                if let Some(at) = self.position(*id, index) {
                    let item = self.heap.get(*id).and_then(|o| o.items.get(at)).cloned();
                    return match item {
                        Some(item) => Flow::Value(item),
                        None if python => {
                            Flow::Throw(self.heap.error("IndexError", "list index out of range"))
                        }
                        None => Flow::NOTHING,
                    };
                }
                let key = self.display(index);
                match self.heap.field(object, &key) {
                    Value::Nothing if python => {
                        let shown = super::super::value::inspect(&self.heap, index, self.language, 0);
                        Flow::Throw(self.heap.error("KeyError", &shown))
                    }
                    Value::Nothing => self.member(object, &key, (u32::MAX, 0)),
                    value => Flow::Value(value),
                }
            }
            Value::Text(string) => {
                let Value::Number(at) = index else { return Flow::NOTHING };
                let count = string.chars().count() as f64;
                let at = if *at < 0.0 { count + at } else { *at };
                Flow::Value(string.chars().nth(at as usize).map_or(Value::Nothing, |c| text(&c.to_string())))
            }
            Value::Native(_) => {
                let key = self.display(index);
                self.member(object, &key, (u32::MAX, 0))
            }
            other => self.no_member(&other.clone(), &self.display(index), false),
        }
    }

    /// `x[a:b]`.
    pub(in crate::application) fn slice(&mut self, operands: &[Value]) -> Flow {
        let range = |length: usize| {
            let place = |v: Option<&Value>, default: usize| match v {
                Some(Value::Number(n)) if *n < 0.0 => (length as f64 + n).max(0.0) as usize,
                Some(Value::Number(n)) => (*n as usize).min(length),
                _ => default,
            };
            let (from, to) = (place(operands.get(1), 0), place(operands.get(2), length));
            from..to.max(from)
        };
        match &operands[0] {
            Value::Text(string) => {
                let letters: Vec<char> = string.chars().collect();
                let part: String = letters[range(letters.len())].iter().collect();
                Flow::text(&part)
            }
            list => {
                let items = self.heap.items(list);
                let part = items[range(items.len())].to_vec();
                Flow::Value(self.heap.list(part))
            }
        }
    }

    pub(in crate::application) fn delete(&mut self, operands: &[Value]) -> Flow {
        if let (Some(Value::Object(id)), Some(key)) = (operands.first(), operands.get(1)) {
            let key = self.display(key);
            let at = self.position(*id, &operands[1]);
            if let Some(object) = self.heap.get_mut(*id) {
                object.fields.retain(|f| *f.0 != *key);
                if let Some(at) = at.filter(|at| *at < object.items.len()) {
                    object.items.remove(at);
                }
            }
        }
        Flow::Value(Value::Bool(true))
    }

    /// Keys and values in turn as an object.
    pub(in crate::application) fn build_object(&mut self, operands: &[Value]) -> Value {
        let mut object = Object { class: "object".into(), ..Object::default() };
        for pair in operands.chunks(2) {
            match (&pair[0], &pair[1]) {
                (Value::Nothing, Value::Object(id)) => {
                    for (name, value) in self.heap.get(*id).map(|o| o.fields.clone()).unwrap_or_default() {
                        object.set(&name, value);
                    }
                }
                (Value::Nothing, _) => {}
                (key, value) => object.set(&self.display(key), value.clone()),
            }
        }
        Value::Object(self.heap.add(object))
    }

    /// Items with those of `...x` in their place.
    pub(in crate::application) fn spread(&self, operands: Vec<Value>) -> Vec<Value> {
        let mut all = Vec::new();
        for operand in operands {
            match operand {
                Value::Spread(id) => all.extend(self.iterate(&Value::Object(id), false).unwrap_or_default()),
                other => all.push(other),
            }
        }
        all
    }

    /// The items that a loop goes through.
    pub(in crate::application) fn iterate(&self, value: &Value, keys: bool) -> Option<Vec<Value>> {
        Some(match value {
            Value::Text(string) => string.chars().map(|c| text(&c.to_string())).collect(),
            Value::Object(id) => {
                let object = self.heap.get(*id)?;
                match &*object.class {
                    "list" if keys => (0..object.items.len()).map(|n| text(&n.to_string())).collect(),
                    "list" => object.items.clone(),
                    "object" if keys || self.language == Language::Python => {
                        object.fields.iter().map(|f| Value::Text(f.0.clone())).collect()
                    }
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    pub(in crate::application) fn define_class(
        &mut self,
        task: &mut Task,
        tree: &Tree,
        name: &str,
        base: Option<&str>,
        (node, operands): (&Node, Vec<Value>),
    ) -> Flow {
        let class = self.heap.make("class");
        self.heap.set(class, " name", text(name));
        if let Some(base) = base {
            if let Flow::Value(base) = self.lookup(task.scope, base) {
                self.heap.set(class, " base", base);
            }
        }
        for (child, value) in node.children.iter().zip(operands) {
            if let Kind::Function(function) = &tree.nodes[*child as usize].kind {
                self.heap.set(class, &function.name, value);
            }
        }
        Flow::Value(Value::Object(class))
    }
}
