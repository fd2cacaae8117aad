//! What a learner's application is: its sources as they were read, its state, and what was found in them.
//!
//! Nothing here executes Python or JavaScript. A reader turns a source into nodes of one small language
//! ([`node`]); what it does not know stays visible as *unread*, and whoever comes upon it hears so. The state
//! is plain data: an application that waits for a database is part of the World.

pub mod node;
mod lexer;
mod cursor;
mod javascript;
mod python;
mod remark;
pub mod value;
mod task;
mod machine;
mod evaluate;
mod assign;
mod operator;
mod call;
mod library;
mod express;
mod flask;
mod template;
mod client;

pub use express::phrase;
pub use library::clean;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
pub use task::{Ask, Task, TaskState};
use value::{Heap, Value};

/// The language of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// JavaScript on Node.js.
    #[default]
    JavaScript,
    /// Python.
    Python,
}

/// A source that was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Module {
    /// Its file.
    pub path: Rc<str>,
    /// Its text.
    pub text: Rc<str>,
    /// What was read of it; made from the text whenever it is needed.
    #[serde(skip)]
    tree: Rc<node::Tree>,
    /// What it gives to those that import it.
    exports: u32,
    /// Its scope.
    scope: u32,
}

impl PartialEq for Module {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
            && self.text == other.text
            && self.exports == other.exports
            && self.scope == other.scope
    }
}

/// What kind of thing was found in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FoundKind {
    /// A port that it listens at.
    Listens,
    /// A route that it answers.
    Route,
    /// A directory whose files it serves.
    Files,
    /// A variable of the environment that it uses.
    Variable,
    /// A service that it calls.
    Calls,
    /// What the reader does not follow.
    Unread,
}

/// Something that was found in a source, with where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What kind of thing.
    pub kind: FoundKind,
    /// What, such as `GET /items`.
    pub what: Rc<str>,
    /// The file.
    pub file: Rc<str>,
    /// The line, from one.
    pub line: u32,
}

/// A reply for a connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The connection's number.
    pub connection: u32,
    /// The status code.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request of a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The connection's number.
    pub connection: u32,
    /// `GET`.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The client's address.
    pub peer: String,
}

/// An application at work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Its language.
    pub language: Language,
    /// Its sources.
    pub modules: Vec<Module>,
    /// Its objects.
    pub heap: Heap,
    /// What it is doing.
    pub tasks: Vec<Task>,
    /// What was found in its sources.
    pub found: Vec<Found>,
    /// The port it listens at, and what answers there.
    pub listening: Option<(u16, Value)>,
    /// It listens for its own host only.
    pub loopback: bool,
    /// Its own address.
    pub address: Rc<str>,
    /// The response that is being made.
    pub current: u32,
    /// Lines that it prints: on standard error, and the text.
    pub prints: Vec<(bool, String)>,
    /// Replies that are ready.
    pub replies: Vec<Reply>,
    /// The exit code, when it has ended.
    pub ended: Option<u8>,
    /// The environment.
    pub environment: Vec<(Rc<str>, Rc<str>)>,
    /// Where it was started.
    pub directory: Rc<str>,
    /// Where installed libraries are (Python).
    pub site: Rc<str>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The host name.
    pub hostname: Rc<str>,
    /// The time in microseconds, and since 1970.
    pub now: (u64, u64),
    /// What handles signals, by the signal's name.
    pub signals: Vec<(Rc<str>, Value)>,
    /// The command it was started by when that is a server of its own: `flask`, `gunicorn`, `uvicorn`.
    pub server: Rc<str>,
    /// Where its state of chance is: numbers drawn by the World, given out one after the other.
    pub entropy: Vec<u64>,
    /// The number of the last task.
    pub next_task: u32,
}

impl Application {
    /// Notes what was found at a node.
    fn note(&mut self, kind: FoundKind, what: &str, module: u32, node: node::Id) {
        let Some(source) = self.modules.get(module as usize) else { return };
        let line = source.tree.nodes.get(node as usize).map_or(0, |n| n.line);
        let found = Found { kind, what: what.into(), file: source.path.clone(), line };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }
    /// Prints a line.
    fn print(&mut self, error: bool, text: &str) {
        self.prints.push((error, format!("{text}\n")));
    }
    /// A value as text.
    fn display(&self, value: &Value) -> String {
        value::display(&self.heap, value, self.language)
    }
    /// True for what counts as true.
    fn is_true(&self, value: &Value) -> bool {
        value::is_true(&self.heap, value, self.language)
    }
    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<&Rc<str>> {
        self.environment.iter().find(|v| &*v.0 == name).map(|v| &v.1)
    }
    /// The web application that the main module made.
    pub fn web_application(&self) -> Option<Value> {
        let scope = self.heap.get(self.modules.first()?.scope)?;
        let found = scope.fields.iter().map(|f| &f.1).find(|v| self.heap.class(v) == "flask");
        found.cloned()
    }
    /// The name of the main module.
    pub fn main_module(&self) -> String {
        let path = self.modules.first().map_or("", |m| &m.path);
        path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py").to_owned()
    }
    /// Serves an application as `flask run` does.
    pub fn serve_application(&mut self, app: &Value, host: &str, port: u16) {
        self.serve_flask(app, host, port.into(), false);
    }
    /// A number of chance.
    fn chance(&mut self) -> u64 {
        // The World's generator filled the store; what comes after it follows from the last number.
        let value = if self.entropy.len() > 1 {
            self.entropy.remove(0)
        } else {
            self.entropy.first().copied().unwrap_or(1)
        };
        if let [last] = self.entropy.as_mut_slice() {
            *last = last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
        value
    }
}

/// Reads a source.
fn read(language: Language, text: &str) -> node::Tree {
    if let Some(tree) = remark::read(text) {
        return tree;
    }
    match language {
        Language::JavaScript => javascript::read(text),
        Language::Python => python::read(text),
    }
}

#[cfg(test)]
mod tests;
