//! Tasks at work: which goes on, how they end, and what they are answered.

mod error;

use super::task::{After, Ask, Completion, Flow, Frame, Task, TaskState};
use super::value::{Code, Object, Value, text};
use super::{Application, FoundKind, Language, Module, node, read};
use std::rc::Rc;

/// Steps of all tasks in one turn: others get theirs too.
const FUEL: u32 = 20_000;
/// The most frames of one task.
const DEEPEST: usize = 4_000;

/// The answer to what was asked: JSON, or the kind of error and its words.
pub type Answer = Result<serde_json::Value, (String, String)>;

impl Application {
    /// Begins with a main module.
    pub fn start(&mut self, path: &str, source: &str) {
        let module = self.add_module(path, source);
        self.set_module_names(module, true);
        let frames = vec![self.root_of(module)];
        let scope = self.modules[module as usize].scope;
        self.spawn(Task { frames, scope, ..Task::default() });
    }

    fn root_of(&self, module: u32) -> Frame {
        let root = self.modules[module as usize].tree.root;
        Frame::Node(module, root, 0, 0)
    }

    /// Adds a source; nothing of it has run.
    pub(super) fn add_module(&mut self, path: &str, source: &str) -> u32 {
        let scope = self.heap.make("scope");
        let exports = self.heap.make("object");
        let holder = self.heap.make("object");
        self.heap.set(holder, "exports", Value::Object(exports));
        self.heap.set(scope, "module", Value::Object(holder));
        self.heap.set(scope, "exports", Value::Object(exports));
        let tree = Rc::new(read(self.language, source));
        let (path, text): (Rc<str>, Rc<str>) = (path.into(), source.into());
        self.modules.push(Module { path, text, tree, exports: holder, scope });
        let module = self.modules.len() as u32 - 1;
        self.note_constructs(module);
        module
    }

    pub(super) fn set_module_names(&mut self, module: u32, main: bool) {
        let (path, scope) = (self.modules[module as usize].path.clone(), self.modules[module as usize].scope);
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let stem = file.rsplit_once('.').map_or(file, |f| f.0);
        let main = main && self.server.is_empty();
        self.heap.set(scope, "__name__", text(if main { "__main__" } else { stem }));
        self.heap.set(scope, "__file__", text(&path));
        self.heap.set(scope, "__filename", text(&path));
        self.heap.set(scope, "__dirname", text(if directory.is_empty() { "/" } else { directory }));
    }

    /// Notes the parts of a source that the reader does not know.
    fn note_constructs(&mut self, module: u32) {
        let tree = self.modules[module as usize].tree.clone();
        for (id, node) in tree.nodes.iter().enumerate() {
            if let node::Kind::Unread(text) = &node.kind {
                self.note(FoundKind::Unread, text, module, id as u32);
            }
        }
    }

    /// Adds a task; its number.
    pub(super) fn spawn(&mut self, mut task: Task) -> u32 {
        self.next_task += 1;
        task.id = self.next_task;
        self.tasks.push(task);
        self.next_task
    }

    /// A task of its own for a flow, and the promise of its value; or a callback gets the value.
    pub(super) fn later(&mut self, task: &mut Task, flow: Flow, callback: Option<Value>) -> Flow {
        let promise = self.heap.make("promise");
        let mut own = Task { scope: task.scope, promise, response: task.response, ..Task::default() };
        own.frames.push(Frame::After(After::Settle(promise), 0));
        let flow = match callback {
            Some(callback) => flow.then(After::Callback(callback)),
            None => flow,
        };
        self.perform(&mut own, flow);
        self.spawn(own);
        task.yields = true;
        Flow::Value(Value::Object(promise))
    }

    /// Reads the sources anew that were not kept with the state.
    fn recall(&mut self) {
        for module in &mut self.modules {
            if module.tree.nodes.is_empty() {
                module.tree = Rc::new(read(self.language, &module.text));
            }
        }
    }

    /// Goes on until every task waits. True when it had to stop before, and wants to go on.
    pub fn run(&mut self) -> bool {
        self.recall();
        let mut fuel = FUEL;
        while self.ended.is_none() {
            self.wake_promises();
            // A task that was begun last goes first, as far as it gets: so does an `async` function.
            let Some(at) = self.tasks.iter().rposition(|t| t.state == TaskState::Ready) else { break };
            let mut task = self.tasks.remove(at);
            task.yields = false;
            while task.state == TaskState::Ready
                && !task.frames.is_empty()
                && !task.yields
                && self.ended.is_none()
            {
                fuel -= 1;
                if fuel == 0 {
                    self.tasks.insert(at.min(self.tasks.len()), task);
                    return true;
                }
                self.step(&mut task);
            }
            if !task.frames.is_empty() {
                self.tasks.insert(at.min(self.tasks.len()), task);
            }
        }
        self.crash_unhandled();
        if self.heap.len() > 4_000 || self.tasks.is_empty() {
            self.collect();
        }
        false
    }

    fn collect(&mut self) {
        let mut roots: Vec<Value> =
            self.modules.iter().flat_map(|m| [m.exports, m.scope]).map(Value::Object).collect();
        roots.extend(self.listening.iter().map(|l| l.1.clone()));
        roots.extend(self.signals.iter().map(|s| s.1.clone()));
        for task in &self.tasks {
            roots.extend(task.values.iter().cloned());
            roots.extend([task.scope, task.response, task.promise].map(Value::Object));
            if let TaskState::Promise(id) = task.state {
                roots.push(Value::Object(id));
            }
            for frame in &task.frames {
                match frame {
                    Frame::Call(scope, ..) => roots.push(Value::Object(*scope)),
                    Frame::Each(_, function, items, results, _) => {
                        roots.push(function.clone());
                        roots.extend(items.iter().chain(results).cloned());
                    }
                    Frame::After(after, _) => match after {
                        After::Settle(id) | After::Construct(id) | After::File(id, _) | After::Reply(id) => {
                            roots.push(Value::Object(*id));
                        }
                        After::Callback(value) | After::Give(value) | After::Render(value) => {
                            roots.push(value.clone())
                        }
                        _ => {}
                    },
                    Frame::Complete(Completion::Return(value) | Completion::Throw(value)) => {
                        roots.push(value.clone())
                    }
                    _ => {}
                }
            }
        }
        self.heap.collect(roots);
    }

    fn wake_promises(&mut self) {
        for at in 0..self.tasks.len() {
            if let TaskState::Promise(id) = self.tasks[at].state {
                let promise = Value::Object(id);
                let state = self.heap.text_field(&promise, "state");
                if state.is_empty() {
                    continue;
                }
                self.tasks[at].state = TaskState::Ready;
                let value = self.heap.field(&promise, "value");
                let mut task = std::mem::take(&mut self.tasks[at]);
                let flow = if state == "rejected" { Flow::Throw(value) } else { Flow::Value(value) };
                self.perform(&mut task, flow);
                self.tasks[at] = task;
            }
        }
    }

    /// A promise that was rejected and that nobody waits for ends the program, as Node.js does.
    fn crash_unhandled(&mut self) {
        while let Some(at) = self.signals.iter().position(|s| &*s.0 == "unhandled") {
            let (_, promise) = self.signals.remove(at);
            let error = self.heap.field(&promise, "value");
            let known = !matches!(error, Value::Unknown(_));
            if known && self.heap.field(&promise, "handled") != Value::Bool(true) && self.ended.is_none() {
                self.print_error(&error);
                self.ended = Some(1);
            }
        }
    }

    /// Answers what a task has asked.
    pub fn answer(&mut self, id: u32, answer: Answer) {
        self.recall();
        let Some(at) = self.tasks.iter().position(|t| t.id == id) else { return };
        let mut task = std::mem::take(&mut self.tasks[at]);
        task.state = TaskState::Ready;
        let flow = match answer {
            Ok(json) => Flow::Value(super::value::from_json(&mut self.heap, &json)),
            Err((kind, words)) => Flow::Throw(self.heap.error(&kind, &words)),
        };
        self.perform(&mut task, flow);
        self.tasks[at] = task;
    }

    /// Does what a step has come to.
    pub(super) fn perform(&mut self, task: &mut Task, flow: Flow) {
        match flow {
            Flow::Value(value) => self.deliver(task, value),
            Flow::Throw(value) => self.throw(task, value),
            Flow::Ask(ask) => task.state = TaskState::Asking(ask),
            Flow::Call(function, arguments, this) => {
                if task.frames.len() > DEEPEST {
                    let error = self.heap.error("RangeError", "Maximum call stack size exceeded");
                    return self.throw(task, error);
                }
                let flow = self.call(task, function, arguments, this, false);
                self.perform(task, flow);
            }
            Flow::Push(frame) => task.frames.push(frame),
            Flow::Complete(completion) => self.unwind(task, completion),
            Flow::Done => {}
            Flow::After(after, inner) => {
                task.frames.push(Frame::After(after, task.values.len() as u32));
                self.perform(task, *inner);
            }
        }
    }

    /// A value is there: whoever waits for it gets it, or it lies on the stack.
    fn deliver(&mut self, task: &mut Task, value: Value) {
        if let Some(Frame::After(_, base)) = task.frames.last() {
            let base = *base;
            let Some(Frame::After(after, _)) = task.frames.pop() else { return };
            task.values.truncate(base as usize);
            let flow = self.after(task, after, value);
            return self.perform(task, flow);
        }
        if let Some(Frame::Each(..)) = task.frames.last() {
            let flow = self.each(task, Some(value));
            return self.perform(task, flow);
        }
        task.values.push(value);
    }

    fn after(&mut self, task: &mut Task, after: After, value: Value) -> Flow {
        match after {
            After::Settle(promise) => {
                if self.heap.class(&value) == "promise" && value != Value::Object(promise) {
                    task.frames.push(Frame::After(After::Settle(promise), 0));
                    return self.wait_for(task, value);
                }
                self.settle(promise, "fulfilled", value);
                Flow::NOTHING
            }
            After::Callback(function) => Flow::Call(function, vec![Value::Null, value], Value::Nothing),
            After::Give(other) => Flow::Value(other),
            After::Construct(object) => match value {
                Value::Object(_) => Flow::Value(value),
                _ => Flow::Value(Value::Object(object)),
            },
            After::File(response, path) => self.send_file(response, &path, &value),
            After::Render(values) => self.render(&value, &values),
            After::Reply(response) => self.reply_with(task, response, value),
            After::Module(path) => {
                let source = self.display(&value);
                if path.ends_with(".json") {
                    return self.parse_json(&source);
                }
                let module = self.add_module(&path, &source);
                self.set_module_names(module, false);
                let scope = std::mem::replace(&mut task.scope, self.modules[module as usize].scope);
                let base = task.values.len() as u32;
                task.frames.push(Frame::After(After::Exports(module), base));
                task.frames.push(Frame::Call(scope, base, module, "<module>".into()));
                Flow::Push(Frame::Node(module, self.modules[module as usize].tree.root, 0, base))
            }
            After::Exports(module) => Flow::Value(self.exports_of(module)),
            After::Json => {
                let source = self.display(&value);
                self.parse_json(&source)
            }
            After::Shape(what) if &*what == "await" => self.wait_for(task, value),
            After::Shape(what) => self.shape(&what, value),
            After::Paths(_) | After::Missing(..) => Flow::Value(value),
            After::Names(wanted) => self.take_names(wanted, Some(value)),
            After::Installed(wanted) => self.take_names(wanted, None),
        }
    }

    /// What a module gives to those that import it.
    pub(super) fn exports_of(&self, module: u32) -> Value {
        let module = &self.modules[module as usize];
        match self.language {
            Language::JavaScript => self.heap.field(&Value::Object(module.exports), "exports"),
            Language::Python => Value::Object(module.scope),
        }
    }

    /// A promise is fulfilled or rejected, once.
    pub(super) fn settle(&mut self, promise: u32, state: &str, value: Value) {
        if self.heap.text_field(&Value::Object(promise), "state").is_empty() {
            self.heap.set(promise, "state", text(state));
            self.heap.set(promise, "value", value);
            if state == "rejected" {
                self.signals.push(("unhandled".into(), Value::Object(promise)));
            }
        }
    }

    /// An exception, with the places it came through.
    pub(super) fn throw(&mut self, task: &mut Task, value: Value) {
        if let Value::Object(id) = value {
            if self.heap.class(&value) == "error" && self.heap.field(&value, "trace") == Value::Nothing {
                let trace = self.trace(task);
                self.heap.set(id, "trace", trace);
            }
        }
        self.unwind(task, Completion::Throw(value));
    }

    /// Takes frames off until one of them takes the completion.
    pub(super) fn unwind(&mut self, task: &mut Task, completion: Completion) {
        let fatal = matches!(completion, Completion::Throw(Value::Unknown(_)));
        while let Some(frame) = task.frames.pop() {
            match (frame, &completion) {
                (Frame::Call(scope, base, ..), Completion::Return(value)) => {
                    task.scope = scope;
                    task.values.truncate(base as usize);
                    return self.deliver(task, value.clone());
                }
                (Frame::Call(scope, ..), _) => task.scope = scope,
                (Frame::Node(module, id, step, base), _) => {
                    task.values.truncate(base as usize);
                    if self.takes(task, (module, id, step, base), &completion, fatal) {
                        return;
                    }
                }
                (Frame::After(After::Settle(promise), _), Completion::Throw(value)) => {
                    let value = value.clone();
                    if let Value::Unknown(what) = &value {
                        self.complain(task, what);
                    }
                    self.settle(promise, "rejected", value);
                    return self.deliver(task, Value::Nothing);
                }
                (Frame::After(After::Callback(function), _), Completion::Throw(value)) if !fatal => {
                    let (function, value) = (function.clone(), value.clone());
                    return self.perform(task, Flow::Call(function, vec![value], Value::Nothing));
                }
                (Frame::Each(kind, handlers, ..), Completion::Throw(value)) if !fatal => {
                    let handlers = self.heap.items(&handlers);
                    let value = value.clone();
                    if let ("then", Some(handler)) = (&*kind, handlers.get(1)) {
                        return self.perform(task, Flow::Call(handler.clone(), vec![value], Value::Nothing));
                    }
                    if let ("finally", Some(handler)) = (&*kind, handlers.first()) {
                        task.frames.push(Frame::Complete(completion.clone()));
                        return self.perform(task, Flow::Call(handler.clone(), Vec::new(), Value::Nothing));
                    }
                }
                (Frame::After(After::File(response, _), _), Completion::Throw(_)) => {
                    let flow = self.next_handler(task, response, Value::Nothing);
                    return self.perform(task, flow);
                }
                (Frame::After(after, _), Completion::Throw(value))
                    if self.heap.text_field(value, "name") == "ENOENT" =>
                {
                    let flow = match after {
                        After::Paths(mut paths) => paths.pop().map(|next| self.load(next, paths)),
                        After::Missing(kind, words) => Some(Flow::Throw(self.heap.error(&kind, &words))),
                        After::Names(wanted) => Some(self.installed(wanted)),
                        _ => None,
                    };
                    if let Some(flow) = flow {
                        return self.perform(task, flow);
                    }
                }
                _ => {}
            }
        }
        if let Completion::Throw(value) = completion {
            self.uncaught(task, value);
        }
    }

    /// A function as an object.
    pub(super) fn function(&mut self, module: u32, node: u32, scope: u32) -> Value {
        let code = Some(Code { module, node, scope });
        Value::Object(self.heap.add(Object { class: "function".into(), code, ..Object::default() }))
    }

    /// Loads a module: the file, and other paths to try when there is none.
    pub(super) fn load(&mut self, path: String, others: Vec<String>) -> Flow {
        if let Some(at) = self.modules.iter().position(|m| *m.path == *path) {
            return Flow::Value(self.exports_of(at as u32));
        }
        Flow::Ask(Ask::Load(path.clone())).then(After::Module(path)).then(After::Paths(others))
    }
}
