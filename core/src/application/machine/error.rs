//! Exceptions as they are printed, with the places they came through.

use super::super::task::{Frame, Task};
use super::super::value::{Value, text};
use super::super::{Application, Language};
use std::rc::Rc;

impl Application {
    /// File, line and function of every call a task is in, the outermost first.
    pub(in crate::application) fn trace(&mut self, task: &Task) -> Value {
        let mut places = Vec::new();
        let mut name: Rc<str> = "<module>".into();
        let mut last: Option<(u32, u32)> = None;
        for frame in &task.frames {
            match frame {
                Frame::Node(module, id, ..) => last = Some((*module, *id)),
                Frame::Call(_, _, _, next) => {
                    places.extend(last.take().map(|l| (l, name.clone())));
                    name = next.clone();
                }
                _ => {}
            }
        }
        places.extend(last.map(|l| (l, name)));
        let items = places.into_iter().map(|((module, id), name)| {
            let module = &self.modules[module as usize];
            let line = module.tree.nodes[id as usize].line;
            text(&format!("{}\t{line}\t{name}", module.path))
        });
        let items = items.collect();
        self.heap.list(items)
    }

    /// An exception that nothing took: the end of a request, or of the program.
    pub(in crate::application) fn uncaught(&mut self, task: &Task, error: Value) {
        if task.response != 0 {
            return self.failed_request(task, &error);
        }
        if let Value::Unknown(what) = &error {
            return self.complain(task, what);
        }
        self.print_error(&error);
        self.ended = Some(1);
    }

    /// Says that something is not followed.
    pub(in crate::application) fn complain(&mut self, task: &Task, what: &str) {
        if task.response != 0 {
            return self.failed_request(task, &Value::Unknown(what.into()));
        }
        self.print(true, &format!("drydock: not read: {what}"));
    }

    /// An error as the language prints one that nothing took.
    pub(in crate::application) fn print_error(&mut self, error: &Value) {
        if let Value::Unknown(what) = error {
            return self.print(true, &format!("drydock: not read: {what}"));
        }
        let lines = self.error_lines(error);
        self.print(true, &lines);
        if self.language == Language::JavaScript {
            let version = self.variable("NODE_VERSION").cloned().unwrap_or_else(|| "22.21.1".into());
            self.print(true, &format!("\nNode.js v{version}"));
        }
    }

    /// An error with its trace.
    pub(in crate::application) fn error_lines(&self, error: &Value) -> String {
        let trace = self.heap.items(&self.heap.field(error, "trace"));
        let places = trace.iter().filter_map(|place| {
            let place = self.display(place);
            let mut parts = place.split('\t').map(str::to_owned);
            Some((parts.next()?, parts.next()?, parts.next()?))
        });
        match self.language {
            Language::Python => {
                let mut lines = "Traceback (most recent call last):\n".to_owned();
                for (file, line, name) in places {
                    lines.push_str(&format!("  File \"{file}\", line {line}, in {name}\n"));
                    let module = self.modules.iter().find(|m| *m.path == file);
                    let source =
                        module.and_then(|m| m.text.lines().nth(line.parse::<usize>().unwrap_or(1) - 1));
                    lines.push_str(&source.map(|s| format!("    {}\n", s.trim())).unwrap_or_default());
                }
                let (name, message) = (self.heap.text_field(error, "name"), self.display(error));
                lines + &if message.is_empty() { name } else { format!("{name}: {message}") }
            }
            Language::JavaScript => {
                let mut lines = match self.heap.class(error) {
                    "error" => self.display(error),
                    _ => format!("Uncaught {}", self.display(error)),
                };
                for (file, line, name) in places.collect::<Vec<_>>().into_iter().rev() {
                    lines.push_str(&match &*name {
                        "<module>" => format!("\n    at Object.<anonymous> ({file}:{line})"),
                        "" => format!("\n    at {file}:{line}"),
                        name => format!("\n    at {name} ({file}:{line})"),
                    });
                }
                lines
            }
        }
    }
}
