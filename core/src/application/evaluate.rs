//! Nodes, step by step: children first, then what the node makes of their values.

mod control;

use super::node::{Id, Kind, Literal, Node, Tree};
use super::task::{Completion, Flow, Frame, Task, TaskState};
use super::value::Value;
use super::{Application, Language};
use std::rc::Rc;

impl Application {
    /// One step of a task.
    pub(super) fn step(&mut self, task: &mut Task) {
        self.current = task.response;
        match task.frames.last() {
            Some(Frame::Node(module, id, step, base)) => {
                let (module, id, step, base) = (*module, *id, *step, *base);
                let Some(source) = self.modules.get(module as usize) else { return task.frames.clear() };
                let tree = source.tree.clone();
                self.step_node(task, &tree, (module, id, step, base));
            }
            Some(Frame::Call(scope, base, ..)) => {
                let (scope, base) = (*scope, *base);
                task.frames.pop();
                task.scope = scope;
                task.values.truncate(base as usize);
                self.perform(task, Flow::NOTHING);
            }
            Some(Frame::Each(..)) => {
                let flow = self.each(task, None);
                self.perform(task, flow);
            }
            Some(Frame::After(..)) => {
                let value = task.values.pop().unwrap_or_default();
                self.perform(task, Flow::Value(value));
            }
            Some(Frame::Complete(_)) => {
                let Some(Frame::Complete(completion)) = task.frames.pop() else { return };
                task.values.pop();
                self.unwind(task, completion);
            }
            None => {}
        }
    }

    fn step_node(&mut self, task: &mut Task, tree: &Rc<Tree>, (module, id, step, base): (u32, Id, u32, u32)) {
        let node = &tree.nodes[id as usize];
        let child = |n: usize| node.children.get(n).copied();
        let push = |task: &mut Task, next: u32, child: Option<Id>| go_to(task, module, next, child);
        let done = |task: &mut Task, value: Value| leave(task, base, value);
        let top = |task: &Task| task.values.last().cloned().unwrap_or_default();
        if let (Some(Value::Unknown(_)), true) = (task.values.get(base as usize), decides(&node.kind, step)) {
            let unknown = top(task);
            return self.throw(task, unknown);
        }
        match &node.kind {
            Kind::Block => {
                task.values.truncate(base as usize);
                match child(step as usize) {
                    Some(next) => push(task, step + 1, Some(next)),
                    None => done(task, Value::Nothing),
                }
            }
            Kind::If | Kind::Conditional | Kind::Logical(_) | Kind::While | Kind::For => {
                self.step_branch(task, node, (module, step, base));
            }
            Kind::ForEach(_) | Kind::Comprehension => self.step_loop(task, node, (module, step, base)),
            Kind::Try(handlers, finally) => {
                let last = 1 + handlers.len() as u32;
                match step {
                    0 => push(task, 1, child(0)),
                    n if n <= last && *finally => push(task, 100, node.children.last().copied()),
                    _ => done(task, Value::Nothing),
                }
            }
            Kind::Function(_) => {
                let function = self.function(module, id, task.scope);
                done(task, function);
            }
            Kind::Unread(what) => {
                let (file, line) = (self.modules[module as usize].path.clone(), node.line);
                let shown = format!("`{what}` ({file}:{line})");
                let at_top = task.frames.iter().all(|f| !matches!(f, Frame::Call(..))) && task.response == 0;
                if at_top {
                    self.complain(task, &shown);
                    done(task, Value::Nothing);
                } else {
                    self.throw(task, Value::Unknown(shown.as_str().into()));
                }
            }
            Kind::Class(..) if step == 0 && node.children.is_empty() => {
                task.frames.pop();
                let flow = self.apply(task, node, (module, id), Vec::new());
                self.perform(task, flow);
            }
            _ => {
                let order = self.operands(tree, node);
                if let Some(next) = order.get(step as usize) {
                    return push(task, step + 1, Some(*next));
                }
                let operands = task.values.split_off((base as usize).min(task.values.len()));
                task.frames.pop();
                let unknown = operands.iter().find(|v| matches!(v, Value::Unknown(_)));
                let flow = match (unknown, &node.kind) {
                    (Some(unknown), kind) if !keeps_unknown(kind) => Flow::Value(unknown.clone()),
                    _ => self.apply_at(task, node, (module, id), operands),
                };
                self.perform(task, flow);
            }
        }
    }

    /// A step of what goes one way or another.
    fn step_branch(&mut self, task: &mut Task, node: &Node, (module, step, base): (u32, u32, u32)) {
        let child = |n: usize| node.children.get(n).copied();
        let push = |task: &mut Task, next: u32, child: Option<Id>| go_to(task, module, next, child);
        let done = |task: &mut Task, value: Value| leave(task, base, value);
        let top = |task: &Task| task.values.last().cloned().unwrap_or_default();
        match &node.kind {
            Kind::If | Kind::Conditional => match step {
                0 => push(task, 1, child(0)),
                1 => {
                    let chosen = if self.is_true(&top(task)) { child(1) } else { child(2) };
                    task.values.truncate(base as usize);
                    match chosen {
                        Some(chosen) => push(task, 2, Some(chosen)),
                        None => done(task, Value::Nothing),
                    }
                }
                _ => {
                    let value = top(task);
                    done(task, value);
                }
            },
            Kind::Logical(operator) => match step {
                0 => push(task, 1, child(0)),
                1 => {
                    let left = top(task);
                    let ends = match *operator {
                        "&&" | "and" => !self.is_true(&left),
                        "??" => !matches!(left, Value::Null | Value::Nothing),
                        _ => self.is_true(&left),
                    };
                    if ends {
                        done(task, left);
                    } else {
                        task.values.truncate(base as usize);
                        push(task, 2, child(1));
                    }
                }
                _ => {
                    let value = top(task);
                    done(task, value);
                }
            },
            Kind::While => match step {
                0 => {
                    task.values.truncate(base as usize);
                    push(task, 1, child(0));
                }
                _ if self.is_true(&top(task)) => {
                    task.values.truncate(base as usize);
                    push(task, 0, child(1));
                }
                _ => done(task, Value::Nothing),
            },
            Kind::For => match step {
                0 => push(task, 1, child(0)),
                1 | 4 => {
                    task.values.truncate(base as usize);
                    push(task, 2, child(1));
                }
                2 if !self.is_true(&top(task)) => done(task, Value::Nothing),
                2 => push(task, 3, child(3)),
                _ => push(task, 4, child(2)),
            },
            _ => {}
        }
    }

    /// Applies a node; an exception that it throws itself has the node's place in its trace.
    fn apply_at(&mut self, task: &mut Task, node: &Node, at: (u32, Id), operands: Vec<Value>) -> Flow {
        let flow = self.apply(task, node, at, operands);
        if let Flow::Throw(error) = &flow {
            task.frames.push(Frame::Node(at.0, at.1, 0, task.values.len() as u32));
            self.throw(task, error.clone());
            return Flow::Done;
        }
        flow
    }

    /// The children whose values a node needs.
    fn operands(&self, tree: &Tree, node: &Node) -> Vec<Id> {
        let first = node.children.first().copied();
        let target = first.map(|f| &tree.nodes[f as usize]);
        match (&node.kind, target) {
            (Kind::Assign(_), Some(target)) => match target.kind {
                Kind::Member(..) | Kind::Index => {
                    target.children.iter().copied().chain(node.children.get(1).copied()).collect()
                }
                _ => node.children[1..].to_vec(),
            },
            (Kind::Declare, _) => node.children[1..].to_vec(),
            (Kind::Call(false), Some(callee)) if matches!(callee.kind, Kind::Member(..)) => {
                callee.children.iter().copied().chain(node.children[1..].iter().copied()).collect()
            }
            (Kind::Unary("delete"), Some(target)) => target.children.clone(),
            (Kind::Unary("typeof"), Some(target)) if matches!(target.kind, Kind::Name(_)) => Vec::new(),
            _ => node.children.clone(),
        }
    }

    fn apply(
        &mut self,
        task: &mut Task,
        node: &Node,
        (module, id): (u32, Id),
        mut operands: Vec<Value>,
    ) -> Flow {
        let tree = self.modules[module as usize].tree.clone();
        match &node.kind {
            Kind::Literal(literal) => Flow::Value(match literal {
                Literal::Null => Value::Null,
                Literal::Nothing => Value::Nothing,
                Literal::Bool(truth) => Value::Bool(*truth),
                Literal::Number(number) => Value::Number(*number),
                Literal::Text(text) => Value::Text(text.clone()),
            }),
            Kind::Name(name) => self.lookup(task.scope, name),
            Kind::Template => {
                let parts: Vec<String> = operands.iter().map(|v| self.display(v)).collect();
                Flow::text(&parts.concat())
            }
            Kind::List => {
                let items = self.spread(operands);
                Flow::Value(self.heap.list(items))
            }
            Kind::Object => Flow::Value(self.build_object(&operands)),
            Kind::Spread => match operands.pop().unwrap_or_default() {
                Value::Object(object) => Flow::Value(Value::Spread(object)),
                _ => Flow::Value(self.heap.list(Vec::new())),
            },
            Kind::Keyword(name) => {
                Flow::Value(Value::Keyword(Rc::new((name.clone(), operands.pop().unwrap_or_default()))))
            }
            Kind::Member(name, optional) => {
                let object = operands.pop().unwrap_or_default();
                if *optional && matches!(object, Value::Null | Value::Nothing) {
                    return Flow::NOTHING;
                }
                self.member(&object, name, (module, id))
            }
            Kind::Index => self.index(&operands[0], &operands[1]),
            Kind::Slice => self.slice(&operands),
            Kind::Call(new) => self.apply_call(task, &tree, node, (module, id), operands, *new),
            Kind::Unary("delete") => self.delete(&operands),
            Kind::Unary("typeof") if operands.is_empty() => {
                let Kind::Name(name) = &tree.nodes[node.children[0] as usize].kind else {
                    return Flow::NOTHING;
                };
                match self.lookup(task.scope, name) {
                    Flow::Value(value) => self.unary("typeof", &value),
                    _ => Flow::text("undefined"),
                }
            }
            Kind::Unary(operator) => self.unary(operator, &operands[0]),
            Kind::Binary(operator) => self.binary(operator, &operands[0], &operands[1]),
            Kind::Assign(operator) => self.assign(task, operator, (module, node.children[0]), operands),
            Kind::Declare => {
                let value = operands.pop().unwrap_or_default();
                self.bind(task.scope, (module, node.children[0]), value);
                Flow::NOTHING
            }
            Kind::Await => self.wait_for(task, operands.pop().unwrap_or_default()),
            Kind::Discard => Flow::NOTHING,
            Kind::Return => Flow::Complete(Completion::Return(operands.pop().unwrap_or_default())),
            Kind::Break => Flow::Complete(Completion::Break),
            Kind::Continue => Flow::Complete(Completion::Continue),
            Kind::Throw => {
                let error = operands.pop().unwrap_or_default();
                let error = match error {
                    Value::Native(name) => self.heap.error(&name, ""),
                    other => other,
                };
                Flow::Throw(error)
            }
            Kind::Class(name, base) => {
                self.define_class(task, &tree, name, base.as_deref(), (node, operands))
            }
            Kind::Global(names) => {
                for name in names.iter() {
                    self.heap.set(task.scope, &format!("global {name}"), Value::Bool(true));
                }
                Flow::NOTHING
            }
            Kind::Import(name, names) => self.import_python(task, name, names, module),
            _ => Flow::NOTHING,
        }
    }

    /// `await`.
    pub(super) fn wait_for(&mut self, task: &mut Task, value: Value) -> Flow {
        let Value::Object(id) = value else { return Flow::Value(value) };
        if self.heap.class(&value) != "promise" {
            return Flow::Value(value);
        }
        self.heap.set(id, "handled", Value::Bool(true));
        match &*self.heap.text_field(&value, "state") {
            "fulfilled" => Flow::Value(self.heap.field(&value, "value")),
            "rejected" => Flow::Throw(self.heap.field(&value, "value")),
            _ => {
                task.state = TaskState::Promise(id);
                Flow::Done
            }
        }
    }

    /// JSON as a value, or what the language says about it.
    pub(super) fn parse_json(&mut self, source: &str) -> Flow {
        match serde_json::from_str(source) {
            Ok(json) => Flow::Value(super::value::from_json(&mut self.heap, &json)),
            Err(_) if self.language == Language::Python => Flow::Throw(
                self.heap.error("json.decoder.JSONDecodeError", "Expecting value: line 1 column 1 (char 0)"),
            ),
            Err(_) => {
                let words = match source.chars().next() {
                    Some(c) => format!("Unexpected token '{c}', \"{source}\" is not valid JSON"),
                    None => "Unexpected end of JSON input".to_owned(),
                };
                Flow::Throw(self.heap.error("SyntaxError", &words))
            }
        }
    }
}

/// Steps of a node that depend on whether a value counts as true.
const fn decides(kind: &Kind, step: u32) -> bool {
    match kind {
        Kind::If | Kind::Conditional | Kind::Logical(_) | Kind::While => step == 1,
        Kind::For => step == 2,
        _ => false,
    }
}

/// Nodes that may hold what is not followed without failing: it fails when it is looked at.
const fn keeps_unknown(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Discard
            | Kind::Declare
            | Kind::Assign(_)
            | Kind::Object
            | Kind::List
            | Kind::Keyword(_)
            | Kind::Return
            | Kind::Call(_)
    )
}

/// The node on top goes on with this step, and a child of it comes first.
fn go_to(task: &mut Task, module: u32, next: u32, child: Option<Id>) {
    if let Some(Frame::Node(_, _, step, _)) = task.frames.last_mut() {
        *step = next;
    }
    if let Some(child) = child {
        let base = task.values.len() as u32;
        task.frames.push(Frame::Node(module, child, 0, base));
    }
}

/// The node on top has this value.
fn leave(task: &mut Task, base: u32, value: Value) {
    task.frames.pop();
    task.values.truncate(base as usize);
    task.values.push(value);
}
