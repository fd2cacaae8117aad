//! Names, fields and items: where values are found, and where they go.

mod items;

use super::node::{Id, Kind, Tree};
use super::task::{Flow, Task};
use super::value::{Value, number};
use super::{Application, FoundKind, Language};
use std::rc::Rc;

impl Application {
    /// The value of a name.
    pub(super) fn lookup(&mut self, scope: u32, name: &str) -> Flow {
        let mut at = scope;
        while let Some(object) = self.heap.get(at) {
            if let Some(value) = object.get(name) {
                return Flow::Value(value.clone());
            }
            match object.get(" above") {
                Some(Value::Object(above)) => at = *above,
                _ => break,
            }
        }
        if let Some(value) = self.global(name) {
            return Flow::Value(value);
        }
        let (kind, words) = match self.language {
            Language::Python => ("NameError", format!("name '{name}' is not defined")),
            Language::JavaScript => ("ReferenceError", format!("{name} is not defined")),
        };
        Flow::Throw(self.heap.error(kind, &words))
    }

    fn scope_of(&self, scope: u32, name: &str) -> Option<u32> {
        let mut at = scope;
        while let Some(object) = self.heap.get(at) {
            if object.get(name).is_some() {
                return Some(at);
            }
            let Some(Value::Object(above)) = object.get(" above") else { return None };
            at = *above;
        }
        None
    }

    fn outermost(&self, scope: u32) -> u32 {
        let mut at = scope;
        while let Some(Value::Object(above)) = self.heap.get(at).and_then(|o| o.get(" above")) {
            at = *above;
        }
        at
    }

    /// Gives a value to a name or a pattern in a scope.
    pub(super) fn bind(&mut self, scope: u32, (module, target): (u32, Id), value: Value) {
        let tree = self.modules[module as usize].tree.clone();
        let node = &tree.nodes[target as usize];
        match &node.kind {
            Kind::Name(name) => {
                let global = format!("global {name}");
                let own = match self.heap.get(scope).and_then(|s| s.get(&global)) {
                    Some(_) => self.outermost(scope),
                    None => scope,
                };
                self.heap.set(own, name, value);
            }
            Kind::Logical(_) => {
                // A default stands beside the pattern: it is a literal, or it is reckoned as far as it can be.
                let value = match value {
                    Value::Nothing => self.simple(&tree, node.children[1]),
                    other => other,
                };
                self.bind(scope, (module, node.children[0]), value);
            }
            Kind::Spread => self.bind(scope, (module, node.children[0]), value),
            Kind::List => {
                let items = self.iterate(&value, false).unwrap_or_default();
                for (number, child) in node.children.iter().enumerate() {
                    let item = if tree.nodes[*child as usize].kind == Kind::Spread {
                        let rest = items.get(number..).unwrap_or_default().to_vec();
                        self.heap.list(rest)
                    } else {
                        items.get(number).cloned().unwrap_or_default()
                    };
                    self.bind(scope, (module, *child), item);
                }
            }
            Kind::Object => {
                let mut taken: Vec<Rc<str>> = Vec::new();
                for pair in node.children.chunks(2) {
                    let part = match &tree.nodes[pair[0] as usize].kind {
                        Kind::Literal(super::node::Literal::Text(name)) => {
                            taken.push(name.clone());
                            match self.member(&value, name, (module, target)) {
                                Flow::Value(part) => part,
                                _ => Value::Nothing,
                            }
                        }
                        _ => {
                            let fields = self.heap.of(&value).map(|o| o.fields.clone()).unwrap_or_default();
                            self.heap.object(fields.into_iter().filter(|f| !taken.contains(&f.0)).collect())
                        }
                    };
                    self.bind(scope, (module, pair[1]), part);
                }
            }
            _ => {}
        }
    }

    /// The value of a literal, an empty list or object.
    fn simple(&mut self, tree: &Tree, id: Id) -> Value {
        use super::node::Literal;
        let node = &tree.nodes[id as usize];
        match &node.kind {
            Kind::Literal(Literal::Text(text)) => Value::Text(text.clone()),
            Kind::Literal(Literal::Number(number)) => Value::Number(*number),
            Kind::Literal(Literal::Bool(truth)) => Value::Bool(*truth),
            Kind::Literal(Literal::Null) => Value::Null,
            Kind::List if node.children.is_empty() => self.heap.list(Vec::new()),
            Kind::Object if node.children.is_empty() => self.heap.object(Vec::new()),
            Kind::Literal(Literal::Nothing) => Value::Nothing,
            _ => Value::Unknown(format!("a default that is reckoned (line {})", node.line).as_str().into()),
        }
    }

    /// `target = value`, `target += value`.
    pub(super) fn assign(
        &mut self,
        task: &mut Task,
        operator: &str,
        (module, target): (u32, Id),
        mut operands: Vec<Value>,
    ) -> Flow {
        let tree = self.modules[module as usize].tree.clone();
        let kind = tree.nodes[target as usize].kind.clone();
        let mut value = operands.pop().unwrap_or_default();
        let mut result = None;
        if !operator.is_empty() {
            let old = match &kind {
                Kind::Name(name) => self.lookup(task.scope, name),
                Kind::Member(name, _) => self.member(&operands[0], name, (module, target)),
                Kind::Index => self.index(&operands[0], &operands[1]),
                _ => return self.unknown(task, "an assignment to no variable"),
            };
            let Flow::Value(old) = old else { return old };
            if operator == "||" && self.is_true(&old)
                || operator == "??" && !matches!(old, Value::Null | Value::Nothing)
            {
                return Flow::Value(old);
            }
            match operator.trim_start_matches("post") {
                "||" | "??" => {}
                plain => match self.binary(plain, &old, &value) {
                    Flow::Value(new) => value = new,
                    other => return other,
                },
            }
            if operator.starts_with("post") {
                result = Some(match old {
                    Value::Null | Value::Text(_) => self.to_number(&old),
                    old => old,
                });
            }
        }
        let result = result.unwrap_or_else(|| value.clone());
        match &kind {
            Kind::Name(name) => {
                let scope = match self.language {
                    Language::JavaScript => {
                        self.scope_of(task.scope, name).unwrap_or_else(|| self.outermost(task.scope))
                    }
                    Language::Python => task.scope,
                };
                self.bind(scope, (module, target), value);
            }
            Kind::Member(name, _) => match &operands[0] {
                Value::Object(id) => self.heap.set(*id, name, value),
                Value::Unknown(_) => {}
                _ => return self.no_member(&operands[0], name, true),
            },
            Kind::Index => {
                let Value::Object(id) = operands[0] else { return self.no_member(&operands[0], "", true) };
                let key = self.display(&operands[1]);
                let at = self.position(id, &operands[1]);
                if let Some(object) = self.heap.get_mut(id) {
                    match at {
                        Some(at) if at < object.items.len() => object.items[at] = value,
                        Some(at) if at < 100_000 => {
                            object.items.resize(at, Value::Nothing);
                            object.items.push(value);
                        }
                        _ => object.set(&key, value),
                    }
                }
            }
            _ => self.bind(task.scope, (module, target), value),
        }
        Flow::Value(result)
    }

    /// `x.name`.
    pub(super) fn member(&mut self, object: &Value, name: &str, at: (u32, Id)) -> Flow {
        match object {
            Value::Object(_) => {
                let class = self.heap.class(object).to_owned();
                match self.heap.of(object).and_then(|o| o.get(name)) {
                    Some(value) => return Flow::Value(value.clone()),
                    None if class == "environment" => {
                        self.note(FoundKind::Variable, name, at.0, at.1);
                        return Flow::NOTHING;
                    }
                    None => {}
                }
                if name == "length" && class == "list" {
                    return Flow::Value(number(self.heap.of(object).map_or(0, |o| o.items.len()) as f64));
                }
                if let Some(method) = self.class_member(object, name) {
                    return Flow::Value(method);
                }
                if matches!(&*class, "object" | "scope" | "error") && self.language == Language::JavaScript {
                    if name == "stack" && class == "error" {
                        return Flow::text(&self.error_lines(object));
                    }
                    return Flow::NOTHING;
                }
                if let Some(value) = self.library_member(object, &class, name) {
                    return Flow::Value(value);
                }
                Flow::Value(Value::Method(Rc::new((object.clone(), name.into()))))
            }
            Value::Text(string) if name == "length" => Flow::Value(number(string.chars().count() as f64)),
            Value::Native(native) => {
                let native = native.clone();
                self.native_member(&native, name, at)
            }
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Method(_) => {
                Flow::Value(Value::Method(Rc::new((object.clone(), name.into()))))
            }
            Value::Unknown(_) => Flow::Value(object.clone()),
            _ => self.no_member(&object.clone(), name, false),
        }
    }

    fn no_member(&mut self, object: &Value, name: &str, writes: bool) -> Flow {
        let shown = self.display(object);
        let (kind, words) = match self.language {
            Language::Python => ("AttributeError", format!("'NoneType' object has no attribute '{name}'")),
            Language::JavaScript if writes => {
                ("TypeError", format!("Cannot set properties of {shown} (setting '{name}')"))
            }
            Language::JavaScript => {
                ("TypeError", format!("Cannot read properties of {shown} (reading '{name}')"))
            }
        };
        Flow::Throw(self.heap.error(kind, &words))
    }

    /// A method of the class of an object, or of what it extends.
    fn class_member(&self, object: &Value, name: &str) -> Option<Value> {
        let mut class = self.heap.field(object, " class");
        for _ in 0..20 {
            match self.heap.of(&class)?.get(name) {
                Some(method) => {
                    return Some(Value::Method(Rc::new((object.clone(), name.into()))))
                        .filter(|_| matches!(method, Value::Object(_)));
                }
                None => class = self.heap.field(&class, " base"),
            }
        }
        None
    }

    /// The code of a method of a class.
    pub(super) fn class_method(&self, object: &Value, name: &str) -> Option<Value> {
        let mut class = self.heap.field(object, " class");
        for _ in 0..20 {
            match self.heap.of(&class)?.get(name) {
                Some(method) => return Some(method.clone()),
                None => class = self.heap.field(&class, " base"),
            }
        }
        None
    }
}
