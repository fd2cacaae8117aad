//! Loops, exceptions and what leaves them.

use super::super::node::{Kind, Node};
use super::super::task::{Completion, Flow, Frame, Task};
use super::super::value::Value;
use super::super::{Application, node::Id};
use std::rc::Rc;

impl Application {
    pub(in crate::application) fn step_loop(
        &mut self,
        task: &mut Task,
        node: &Node,
        (module, step, base): (u32, u32, u32),
    ) {
        let comprehension = node.kind == Kind::Comprehension;
        let (list, pattern) = if comprehension { (2, 1) } else { (1, 0) };
        let push = |task: &mut Task, next: u32, child: Id| {
            if let Some(Frame::Node(_, _, step, _)) = task.frames.last_mut() {
                *step = next;
            }
            let base = task.values.len() as u32;
            task.frames.push(Frame::Node(module, child, 0, base));
        };
        if step == 0 {
            return push(task, 1, node.children[list]);
        }
        let at = base as usize;
        if step == 1 {
            // The items lie on the stack as a list, the results as another.
            let value = task.values.get(at).cloned().unwrap_or_default();
            let keys = matches!(node.kind, Kind::ForEach(true));
            let Some(mut items) = self.iterate(&value, keys) else {
                let shown = self.display(&value);
                task.frames.pop();
                let error = self.heap.error("TypeError", &format!("{shown} is not iterable"));
                return self.throw(task, error);
            };
            items.reverse();
            task.values.truncate(at);
            let items = self.heap.list(items);
            let results = self.heap.list(Vec::new());
            task.values.extend([items, results]);
        }
        let (Some(Value::Object(items)), Some(Value::Object(results))) =
            (task.values.get(at).cloned(), task.values.get(at + 1).cloned())
        else {
            return task.frames.clear();
        };
        if step == 3 && comprehension {
            // The condition is there.
            let passes = task.values.last().cloned().unwrap_or_default();
            task.values.truncate(at + 2);
            if self.is_true(&passes) {
                return push(task, 4, node.children[0]);
            }
        } else if step == 4 {
            let value = task.values.last().cloned().unwrap_or_default();
            if let Some(list) = self.heap.get_mut(results) {
                list.items.push(value);
            }
        }
        task.values.truncate(at + 2);
        let Some(item) = self.heap.get_mut(items).and_then(|l| l.items.pop()) else {
            task.frames.pop();
            task.values.truncate(at);
            let value = if comprehension { Value::Object(results) } else { Value::Nothing };
            return self.perform(task, Flow::Value(value));
        };
        self.bind(task.scope, (module, node.children[pattern]), item);
        match (comprehension, node.children.get(3)) {
            (true, Some(condition)) => push(task, 3, *condition),
            (true, None) => push(task, 4, node.children[0]),
            _ => push(task, 2, node.children[2]),
        }
    }

    /// Whether a node takes a completion that comes through it.
    pub(in crate::application) fn takes(
        &mut self,
        task: &mut Task,
        (module, id, step, base): (u32, Id, u32, u32),
        completion: &Completion,
        fatal: bool,
    ) -> bool {
        let tree = self.modules[module as usize].tree.clone();
        let node = &tree.nodes[id as usize];
        match (&node.kind, completion) {
            (Kind::While | Kind::For | Kind::ForEach(_), Completion::Break) => {
                self.perform(task, Flow::NOTHING);
                true
            }
            (Kind::While | Kind::For | Kind::ForEach(_), Completion::Continue) => {
                let next = match node.kind {
                    Kind::While => 0,
                    Kind::For => 3,
                    _ => 2,
                };
                task.frames.push(Frame::Node(module, id, next, base));
                if let Kind::ForEach(_) = node.kind {
                    // Items and results are still above the base.
                    return true;
                }
                true
            }
            (Kind::Try(handlers, finally), _) => {
                if let (Completion::Throw(error), 1, false) = (completion, step, fatal) {
                    for (number, (kinds, name)) in handlers.iter().enumerate() {
                        if !self.is_kind(error, kinds) {
                            continue;
                        }
                        if let Some(name) = name {
                            self.bind(task.scope, (module, *name), error.clone());
                        }
                        let next = 2 + number as u32;
                        task.frames.push(Frame::Node(module, id, next, base));
                        let body = node.children[1 + number];
                        task.frames.push(Frame::Node(module, body, 0, base));
                        return true;
                    }
                }
                if *finally && step < 100 {
                    task.frames.push(Frame::Complete(completion.clone()));
                    let Some(last) = node.children.last() else { return false };
                    task.frames.push(Frame::Node(module, *last, 0, base));
                    return true;
                }
                false
            }
            _ => false,
        }
    }

    /// Whether an error is one of these kinds; no kinds are all kinds.
    pub(in crate::application) fn is_kind(&self, error: &Value, kinds: &[Rc<str>]) -> bool {
        let own = self.heap.text_field(error, "name");
        let own = own.rsplit('.').next().unwrap_or_default();
        kinds.is_empty()
            || kinds.iter().any(|kind| {
                let kind = kind.rsplit('.').next().unwrap_or_default();
                kind == own
                    || matches!(kind, "Exception" | "BaseException" | "Error")
                    || kind == "RedisError"
                        && matches!(own, "ConnectionError" | "TimeoutError" | "ResponseError")
                    || kind == "RequestException" && matches!(own, "ConnectionError" | "Timeout")
                    || kind == "OSError"
                        && matches!(own, "FileNotFoundError" | "ConnectionError" | "PermissionError")
            })
    }
}
