//! Calls: of functions, of methods of texts, lists and objects, and what is done with each item of a list.

mod each;

mod methods;

use super::node::{Id, Kind, Node, Tree};
use super::task::{After, Ask, Flow, Frame, Task};
use super::value::{Value, text};
use super::{Application, FoundKind, Language};
use std::rc::Rc;

impl Application {
    pub(super) fn apply_call(
        &mut self,
        task: &mut Task,
        tree: &Tree,
        node: &Node,
        at: (u32, Id),
        mut operands: Vec<Value>,
        new: bool,
    ) -> Flow {
        let callee = &tree.nodes[node.children[0] as usize];
        let target = operands.remove(0);
        let arguments = self.spread(operands);
        match &callee.kind {
            Kind::Member(_, true) if matches!(target, Value::Null | Value::Nothing) => Flow::NOTHING,
            Kind::Member(name, _) if !new => {
                self.note_call(&target, name, &arguments, at);
                self.call_member(task, target, name, arguments, at)
            }
            _ => {
                if let Value::Unknown(_) = target {
                    return Flow::Value(target);
                }
                self.note_call(&target, "", &arguments, at);
                self.call(task, target, arguments, Value::Nothing, new)
            }
        }
    }

    /// Notes what a call tells about an application: routes, files, services.
    fn note_call(&mut self, target: &Value, name: &str, arguments: &[Value], at: (u32, Id)) {
        let class = self.heap.class(target).to_owned();
        let first = arguments.first().map(|a| self.display(a)).unwrap_or_default();
        match &*class {
            "express" | "router" if super::express::METHODS.contains(&name) && arguments.len() > 1 => {
                let what = format!("{} {first}", name.to_uppercase());
                self.note(FoundKind::Route, &what, at.0, at.1);
            }
            "redis" | "database" | "sqlite" if !name.is_empty() => {
                let host = self.heap.text_field(target, "host");
                let host = if host.is_empty() { String::new() } else { format!(" at {host}") };
                let detail =
                    if class == "redis" { format!("{} {first}", name.to_uppercase()) } else { first.clone() };
                self.note(FoundKind::Calls, &format!("{class}{host}: {}", detail.trim()), at.0, at.1);
            }
            _ => {}
        }
        match target {
            Value::Native(native) if &**native == "express" && name == "static" => {
                self.note(FoundKind::Files, &first, at.0, at.1);
            }
            Value::Native(native) if matches!(&**native, "axios" | "requests" | "fetch") => {
                self.note(FoundKind::Calls, &format!("http: {first}"), at.0, at.1);
            }
            _ => {}
        }
        if name == "listen" || name == "run" && class == "flask" {
            let port = arguments.iter().find_map(|a| match a {
                Value::Number(_) => Some(a.clone()),
                Value::Keyword(pair) if &*pair.0 == "port" => Some(pair.1.clone()),
                _ => None,
            });
            let shown = port.map(|p| self.display(&p)).unwrap_or(first);
            self.note(FoundKind::Listens, &shown, at.0, at.1);
        }
    }

    /// Calls a method.
    pub(super) fn call_member(
        &mut self,
        task: &mut Task,
        target: Value,
        name: &str,
        arguments: Vec<Value>,
        at: (u32, Id),
    ) -> Flow {
        if let Value::Unknown(_) = target {
            return Flow::Value(target);
        }
        if let Value::Native(native) = &target {
            let full = format!("{native}.{name}");
            return self.call_native(task, &full, arguments, false);
        }
        if let Some(method) = self.class_method(&target, name) {
            return self.call(task, method, arguments, target, false);
        }
        if let Some(field) = self.heap.of(&target).and_then(|o| o.get(name)).cloned() {
            return self.call(task, field, arguments, target, false);
        }
        match &target {
            Value::Text(string) => self.text_method(&string.clone(), name, &arguments),
            Value::Number(value) => self.number_method(*value, name, &arguments),
            Value::Object(_) => self.object_method(task, target, name, arguments),
            Value::Method(inner) if matches!(name, "bind" | "call" | "apply") => {
                let _ = inner;
                if name == "bind" {
                    return Flow::Value(target.clone());
                }
                Flow::Call(target.clone(), arguments.get(1..).unwrap_or_default().to_vec(), Value::Nothing)
            }
            _ => match self.member(&target, name, at) {
                Flow::Value(_) => self.unknown(task, &format!("`.{name}()`")),
                other => other,
            },
        }
    }

    /// What is not followed: known by its name only.
    pub(super) fn unknown(&mut self, task: &Task, what: &str) -> Flow {
        let place = task.frames.iter().rev().find_map(|f| match f {
            Frame::Node(module, id, ..) => Some((*module, *id)),
            _ => None,
        });
        let shown = match place {
            Some((module, id)) => {
                self.note(FoundKind::Unread, what, module, id);
                let source = &self.modules[module as usize];
                format!("{what} ({}:{})", source.path, source.tree.nodes[id as usize].line)
            }
            None => what.to_owned(),
        };
        Flow::Value(Value::Unknown(shown.as_str().into()))
    }

    /// Calls what can be called.
    pub(super) fn call(
        &mut self,
        task: &mut Task,
        callee: Value,
        arguments: Vec<Value>,
        this: Value,
        new: bool,
    ) -> Flow {
        match &callee {
            Value::Native(name) => self.call_native(task, name, arguments, new),
            Value::Method(inner) => {
                self.call_member(task, inner.0.clone(), &inner.1, arguments, (u32::MAX, 0))
            }
            Value::Unknown(_) => Flow::Value(callee.clone()),
            Value::Object(id) => match self.heap.class(&callee) {
                "function" => self.call_function(task, *id, arguments, this),
                "class" => self.construct(callee.clone(), arguments),
                "decorator" => self.decorate(&callee, arguments),
                "list" | "interval" => self.fire(task, &callee),
                "express" | "router" => self.unknown(task, "an application as a function"),
                _ => self.not_a_function(&callee),
            },
            _ => self.not_a_function(&callee),
        }
    }

    /// A timer has come: its function is called; an interval begins again.
    fn fire(&mut self, task: &mut Task, timer: &Value) -> Flow {
        let function = self.heap.field(timer, "function");
        if self.heap.class(timer) == "list" {
            let arguments = self.heap.items(timer);
            return Flow::Call(function, arguments, Value::Nothing);
        }
        if self.heap.field(timer, "cleared") == Value::Bool(true) {
            return Flow::NOTHING;
        }
        let every = self.number_of(Some(&self.heap.field(timer, "every"))).unwrap_or(1.0);
        let due = self.now.0 + (every * 1000.0) as u64;
        self.later(task, Flow::Ask(Ask::Until(due)).then(After::Callback(timer.clone())), None);
        Flow::Call(function, Vec::new(), Value::Nothing)
    }

    fn not_a_function(&mut self, callee: &Value) -> Flow {
        let shown = self.display(callee);
        let words = match self.language {
            Language::Python => format!("'{}' object is not callable", self.type_name(callee)),
            Language::JavaScript => format!("{shown} is not a function"),
        };
        Flow::Throw(self.heap.error("TypeError", &words))
    }

    fn construct(&mut self, class: Value, arguments: Vec<Value>) -> Flow {
        let object = self.heap.make("object");
        self.heap.set(object, " class", class.clone());
        let this = Value::Object(object);
        let name = if self.language == Language::Python { "__init__" } else { "constructor" };
        match self.class_method(&this, name) {
            Some(method) => Flow::Call(method, arguments, this.clone()).then(After::Give(this)),
            None => Flow::Value(this),
        }
    }

    fn call_function(&mut self, task: &mut Task, id: u32, mut arguments: Vec<Value>, this: Value) -> Flow {
        let Some(code) = self.heap.get(id).and_then(|o| o.code) else { return Flow::NOTHING };
        let tree = self.modules[code.module as usize].tree.clone();
        let node = &tree.nodes[code.node as usize];
        let Kind::Function(function) = &node.kind else { return Flow::NOTHING };
        let python = self.language == Language::Python;
        if python && this != Value::Nothing {
            arguments.insert(0, this.clone());
        }
        let scope = self.heap.make("scope");
        self.heap.set(scope, " above", Value::Object(code.scope));
        if !function.arrow && !python {
            self.heap.set(scope, "this", this);
        }
        let keywords: Vec<Rc<(Rc<str>, Value)>> = arguments
            .iter()
            .filter_map(|a| if let Value::Keyword(pair) = a { Some(pair.clone()) } else { None })
            .collect();
        arguments.retain(|a| !matches!(a, Value::Keyword(_)));
        let last = function.parameters.len();
        for (number, parameter) in function.parameters.iter().enumerate() {
            let named = self.keyword_for(&tree, *parameter, &keywords);
            let value = if function.rest && number + 1 == last {
                let left = arguments.get(number..).unwrap_or_default().to_vec();
                self.heap.list(left)
            } else {
                named.or_else(|| arguments.get(number).cloned()).unwrap_or_default()
            };
            self.bind(scope, (code.module, *parameter), value);
        }
        let begin = |own: &mut Task, base: u32, back: u32| {
            own.frames.push(Frame::Call(back, base, code.module, function.name.clone()));
            own.scope = scope;
            Flow::Push(Frame::Node(code.module, node.children[0], 0, base))
        };
        if function.is_async && !python {
            let mut own = Task { scope: task.scope, response: task.response, ..Task::default() };
            own.promise = self.heap.make("promise");
            own.frames.push(Frame::After(After::Settle(own.promise), 0));
            let flow = begin(&mut own, 0, task.scope);
            self.perform(&mut own, flow);
            let promise = Value::Object(own.promise);
            self.spawn(own);
            task.yields = true;
            return Flow::Value(promise);
        }
        let base = task.values.len() as u32;
        begin(task, base, task.scope)
    }

    fn keyword_for(&self, tree: &Tree, parameter: Id, keywords: &[Rc<(Rc<str>, Value)>]) -> Option<Value> {
        let node = &tree.nodes[parameter as usize];
        let name = match &node.kind {
            Kind::Name(name) => name,
            Kind::Logical(_) => return self.keyword_for(tree, node.children[0], keywords),
            _ => return None,
        };
        keywords.iter().find(|k| k.0 == *name).map(|k| k.1.clone())
    }

    /// Methods of promises, lists, objects and of the objects of libraries.
    fn object_method(&mut self, task: &mut Task, target: Value, name: &str, arguments: Vec<Value>) -> Flow {
        let class = self.heap.class(&target).to_owned();
        let Value::Object(id) = target else { return Flow::NOTHING };
        match &*class {
            "promise" => self.promise_method(task, id, name, arguments),
            "list" => self.list_method(id, name, arguments),
            "function" | "class" if matches!(name, "bind" | "call" | "apply") => {
                let this = arguments.first().cloned().unwrap_or_default();
                match name {
                    "bind" => Flow::Value(target),
                    _ => {
                        self.call(task, target, arguments.get(1..).unwrap_or_default().to_vec(), this, false)
                    }
                }
            }
            "object" | "scope" | "environment" => self.plain_method(task, &target, name, &arguments),
            _ => self.library_method(task, id, &class, name, arguments),
        }
    }

    fn plain_method(&mut self, task: &mut Task, target: &Value, name: &str, arguments: &[Value]) -> Flow {
        let key = arguments.first().map(|a| self.display(a)).unwrap_or_default();
        let fields = self.heap.of(target).map(|o| o.fields.clone()).unwrap_or_default();
        let found = self.heap.of(target).and_then(|o| o.get(&key)).cloned();
        let items = match (self.language, name) {
            (_, "get") => {
                if self.heap.class(target) == "environment" {
                    let place = task.frames.iter().rev().find_map(|f| match f {
                        Frame::Node(module, id, ..) => Some((*module, *id)),
                        _ => None,
                    });
                    let (module, id) = place.unwrap_or((u32::MAX, 0));
                    self.note(FoundKind::Variable, &key, module, id);
                }
                let default = arguments.get(1).cloned().unwrap_or(Value::Null);
                return Flow::Value(found.unwrap_or(default));
            }
            (Language::Python, "items") => fields
                .into_iter()
                .map(|(name, value)| self.heap.list(vec![Value::Text(name), value]))
                .collect(),
            (Language::Python, "keys") => fields.into_iter().map(|f| Value::Text(f.0)).collect(),
            (Language::Python, "values") => fields.into_iter().map(|f| f.1).collect(),
            (Language::Python, "pop") => {
                self.delete(&[target.clone(), text(&key)]);
                return Flow::Value(found.or_else(|| arguments.get(1).cloned()).unwrap_or(Value::Null));
            }
            (Language::Python, "update") => {
                let more = arguments.first().and_then(|a| self.heap.of(a)).map(|o| o.fields.clone());
                if let (Value::Object(id), Some(more)) = (target, more) {
                    more.into_iter().for_each(|(name, value)| self.heap.set(*id, &name, value));
                }
                return Flow::NOTHING;
            }
            (_, "hasOwnProperty") => return Flow::Value(Value::Bool(found.is_some())),
            (_, "toString") => return Flow::text(&self.display(target)),
            _ if self.language == Language::JavaScript => {
                return Flow::Throw(self.heap.error("TypeError", &format!("{name} is not a function")));
            }
            _ => return self.unknown(task, &format!("`.{name}()`")),
        };
        Flow::Value(self.heap.list(items))
    }

    /// A file is read: the ask for it.
    pub(super) fn read_file(path: &str) -> Flow {
        Flow::Ask(Ask::Read(path.to_owned()))
    }
}
