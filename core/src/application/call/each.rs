//! Promises, and what is done with each item of a list.

use super::super::task::{After, Flow, Frame, Task, TaskState};
use super::super::value::{Value, number};
use super::super::{Application, Language};
use std::rc::Rc;

impl Application {
    pub(in crate::application) fn promise_method(
        &mut self,
        task: &mut Task,
        id: u32,
        name: &str,
        arguments: Vec<Value>,
    ) -> Flow {
        if matches!(name, " resolve" | " reject") {
            let value = arguments.into_iter().next().unwrap_or_default();
            self.settle(id, if name == " reject" { "rejected" } else { "fulfilled" }, value);
            return Flow::NOTHING;
        }
        if !matches!(name, "then" | "catch" | "finally") {
            return self.unknown(task, &format!("`.{name}()` of a promise"));
        }
        self.heap.set(id, "handled", Value::Bool(true));
        // A task waits for the promise, then calls what was given; its own promise is the result.
        let promise = self.heap.make("promise");
        let mut own = Task { scope: task.scope, promise, response: task.response, ..Task::default() };
        own.frames.push(Frame::After(After::Settle(promise), 0));
        let mut handlers = arguments;
        let kind: Rc<str> = match name {
            "then" => "then",
            "catch" => {
                handlers.insert(0, Value::Nothing);
                "then"
            }
            _ => "finally",
        }
        .into();
        let list = self.heap.list(handlers);
        own.frames.push(Frame::Each(kind, list, Vec::new(), Vec::new(), 0));
        own.state = TaskState::Promise(id);
        self.spawn(own);
        Flow::Value(Value::Object(promise))
    }

    /// What is done with each item of a list, or with a promise's value: the next call, or the result.
    pub(in crate::application) fn each(&mut self, task: &mut Task, came: Option<Value>) -> Flow {
        let Some(Frame::Each(kind, function, mut items, mut results, index)) = task.frames.pop() else {
            return Flow::NOTHING;
        };
        match &*kind {
            "then" => {
                let handler = self.heap.items(&function).first().cloned().unwrap_or_default();
                let value = came.unwrap_or_default();
                return match handler {
                    Value::Nothing | Value::Null => Flow::Value(value),
                    handler => {
                        Flow::Call(handler, vec![value], Value::Nothing).then(After::Shape("await".into()))
                    }
                };
            }
            "finally" => {
                let handler = self.heap.items(&function).first().cloned().unwrap_or_default();
                let value = came.unwrap_or_default();
                return Flow::Call(handler, Vec::new(), Value::Nothing).then(After::Give(value));
            }
            _ => {}
        }
        if let Some(value) = came {
            let done = results.last().cloned().unwrap_or_default();
            let truth = self.is_true(&value);
            match &*kind {
                "map" => results.push(value),
                "filter" if truth => results.push(items.last().cloned().unwrap_or_default()),
                "find" if truth => return Flow::Value(items.last().cloned().unwrap_or_default()),
                "findIndex" if truth => return Flow::Value(number(f64::from(index - 1))),
                "some" if truth => return Flow::Value(Value::Bool(true)),
                "every" if !truth => return Flow::Value(Value::Bool(false)),
                "reduce" => results = vec![value],
                _ => {
                    let _ = done;
                }
            }
            items.pop();
        }
        let Some(item) = items.last().cloned() else {
            return Flow::Value(match &*kind {
                "map" | "filter" => self.heap.list(results),
                "findIndex" => Value::Number(-1.0),
                "some" => Value::Bool(false),
                "every" => Value::Bool(true),
                "reduce" => results.pop().unwrap_or_default(),
                _ => Value::Nothing,
            });
        };
        let place = number(f64::from(index));
        let arguments = match &*kind {
            "reduce" => vec![results.last().cloned().unwrap_or_default(), item, place],
            _ if self.language == Language::Python => vec![item],
            _ => vec![item, place],
        };
        task.frames.push(Frame::Each(kind, function.clone(), items, results, index + 1));
        Flow::Call(function, arguments, Value::Nothing)
    }

    /// Begins to do something with each item.
    pub(in crate::application) fn begin_each(
        &mut self,
        kind: &str,
        function: Value,
        mut items: Vec<Value>,
        start: Vec<Value>,
    ) -> Flow {
        items.reverse();
        Flow::Push(Frame::Each(kind.into(), function, items, start, 0))
    }
}
