//! What the languages and their libraries bring along: global names, modules, and their functions.

mod functions;
mod python;
mod system;

use super::node::Id;
use super::task::{After, Ask, Flow, Task};
use super::value::{Style, Value, json, number, text};
use super::{Application, FoundKind, Language};
pub(super) use python::keyword;
use std::rc::Rc;

/// Global names of JavaScript that are values by themselves.
const JAVASCRIPT: &str = "console process JSON Object Array Math Date Number String Boolean Promise Error TypeError \
RangeError SyntaxError parseInt parseFloat isNaN setTimeout setInterval setImmediate clearTimeout clearInterval require import RegExp \
encodeURIComponent decodeURIComponent fetch Buffer URL Symbol Map Set globalThis structuredClone";
/// Global names of Python.
const PYTHON: &str = "print len str int float bool list dict range enumerate open sorted sum min max abs round isinstance \
format Exception ValueError KeyError TypeError RuntimeError OSError ConnectionError input type repr zip any all set tuple reversed \
super object exit quit";
/// Modules that are known by name: what they give is a native value.
const MODULES: &str = "express http https fs path os uuid redis ioredis sqlite3 mysql mysql2 pg wait-port dotenv axios \
node-fetch body-parser cors morgan helmet compression cookie-parser util crypto events url \
flask flask_cors requests psycopg2 fastapi uvicorn";
/// Modules that come with Node.js.
const NODE: &str = "fs path os http https util crypto url events";
/// Modules that come with Python.
const STANDARD: &str = "os socket time json random datetime logging sys sqlite3 typing uuid math";

impl Application {
    /// A name that no scope knows.
    pub(super) fn global(&mut self, name: &str) -> Option<Value> {
        let all = if self.language == Language::Python { PYTHON } else { JAVASCRIPT };
        if all.split(' ').any(|n| n == name) {
            return Some(Value::Native(name.into()));
        }
        if name.starts_with("drydock ") {
            return Some(Value::Native(name.into()));
        }
        match (name, self.language) {
            ("NaN", Language::JavaScript) => Some(Value::Invalid),
            ("Infinity", Language::JavaScript) => Some(Value::Number(f64::INFINITY)),
            ("__builtins__", Language::Python) => Some(Value::Nothing),
            _ => None,
        }
    }

    /// The environment as an object.
    fn environment_object(&mut self) -> Value {
        let id = self.heap.make("environment");
        for (name, value) in self.environment.clone() {
            self.heap.set(id, &name, Value::Text(value));
        }
        Value::Object(id)
    }

    /// `x.name` of something native.
    pub(super) fn native_member(&mut self, native: &Rc<str>, name: &str, _at: (u32, Id)) -> Flow {
        let full = format!("{native}.{name}");
        Flow::Value(match &*full {
            "process.env" | "os.environ" => self.environment_object(),
            "process.argv" | "sys.argv" => {
                let mut all: Vec<Value> = self.arguments.iter().map(|a| text(a)).collect();
                if self.language == Language::JavaScript {
                    all.insert(0, text("/usr/local/bin/node"));
                }
                self.heap.list(all)
            }
            "process.pid" => Value::Number(1.0),
            "process.version" => {
                let version = self.variable("NODE_VERSION").cloned().unwrap_or_else(|| "22.21.1".into());
                text(&format!("v{version}"))
            }
            "process.platform" | "sys.platform" => text("linux"),
            "os.EOL" => text("\n"),
            "Math.PI" | "math.pi" => Value::Number(std::f64::consts::PI),
            "flask.request" => Value::Native("flask.request".into()),
            _ if full.starts_with("flask.request.") => {
                let request = Value::Object(self.current_request());
                return self.member(&request, name, (u32::MAX, 0));
            }
            // A promise-based half of a module has the same functions.
            "fs.promises" | "uuid.default" | "mysql2.default" | "axios.default" | "express.default" => {
                Value::Native(native.clone())
            }
            _ => Value::Native(full.as_str().into()),
        })
    }

    /// A field that an object of a library has without its being stored.
    pub(super) fn library_member(&mut self, object: &Value, class: &str, name: &str) -> Option<Value> {
        let get =
            |app: &Self, field: &str| Some(app.heap.field(object, field)).filter(|v| *v != Value::Nothing);
        match (class, name) {
            ("request" | "form", name) => get(self, name).or(Some(Value::Nothing)),
            ("answer", "ok") => Some(Value::Bool(self.heap.field(object, "status") == Value::Number(200.0))),
            ("answer", "status_code") => get(self, "status"),
            ("answer", "content") => get(self, "text"),
            ("error", "args") => {
                let message = self.heap.field(object, "message");
                Some(self.heap.list(vec![message]))
            }
            _ => None,
        }
    }

    /// `require('name')`, `import name`.
    pub(super) fn require(&mut self, task: &mut Task, name: &str) -> Flow {
        let name = name.strip_prefix("node:").unwrap_or(name);
        let (module, sub) = name.split_once('/').unwrap_or((name, ""));
        if name.starts_with('.') || name.starts_with('/') {
            let directory = match self.lookup(task.scope, "__dirname") {
                Flow::Value(value) => self.display(&value),
                _ => self.directory.to_string(),
            };
            let base =
                if name.starts_with('/') { name.to_owned() } else { clean(&format!("{directory}/{name}")) };
            let mut paths: Vec<String> = ["", ".js", ".json", ".cjs", ".mjs", "/index.js"]
                .iter()
                .map(|end| format!("{base}{end}"))
                .collect();
            if !base.rsplit('/').next().unwrap_or_default().contains('.') {
                paths.remove(0);
            }
            paths.reverse();
            let first = paths.pop().unwrap_or_default();
            let words = format!("Cannot find module '{name}'");
            return self.load(first, paths).then(After::Missing("Error".into(), words.as_str().into()));
        }
        let native = NODE.split(' ').any(|m| m == module);
        let known = MODULES.split(' ').any(|m| m == module);
        let value = match (known, sub) {
            (true, "" | "promises" | "promise") => Value::Native(module.into()),
            _ => match self.unknown(task, &format!("the module {module}")) {
                Flow::Value(value) => value,
                other => return other,
            },
        };
        if native {
            return Flow::Value(value);
        }
        // It must be installed, as for the real one.
        let directory = self.modules.first().map_or("/", |m| m.path.rsplit_once('/').map_or("/", |p| p.0));
        let mut paths = Vec::new();
        let mut at = directory;
        loop {
            paths.push(format!("{}/node_modules/{module}/package.json", at.trim_end_matches('/')));
            match at.rsplit_once('/') {
                Some((above, _)) if !at.is_empty() => at = above,
                _ => break,
            }
        }
        if let Some(path) = self.variable("NODE_PATH") {
            paths.push(format!("{path}/{module}/package.json"));
        }
        paths.reverse();
        let first = paths.pop().unwrap_or_default();
        let words = format!("Cannot find module '{module}'");
        Flow::Ask(Ask::Load(first))
            .then(After::Paths(paths))
            .then(After::Missing("Error".into(), words.as_str().into()))
            .then(After::Give(value))
    }

    /// `import name`, `from name import a as b`: a file beside the module, else what is installed.
    pub(super) fn import_python(
        &mut self,
        task: &mut Task,
        name: &str,
        names: &[(Rc<str>, Rc<str>)],
        module: u32,
    ) -> Flow {
        let wanted: Vec<Value> =
            names.iter().flat_map(|n| [Value::Text(n.0.clone()), Value::Text(n.1.clone())]).collect();
        let list = self.heap.list(wanted);
        let Value::Object(id) = list else { return Flow::NOTHING };
        self.heap.set(id, "scope", Value::Object(task.scope));
        self.heap.set(id, "name", text(name));
        if STANDARD.split(' ').any(|m| Some(m) == name.split('.').next()) {
            return self.take_names(id, None);
        }
        let directory = self.modules[module as usize].path.rsplit_once('/').map_or("", |p| p.0).to_owned();
        let base = format!("{directory}/{}", name.trim_start_matches('.').replace('.', "/"));
        self.load(format!("{base}.py"), vec![format!("{base}/__init__.py")]).then(After::Names(id))
    }

    /// No file of the application is the module: it must be installed.
    pub(super) fn installed(&mut self, id: u32) -> Flow {
        let name = self.heap.text_field(&Value::Object(id), "name");
        let top = name.split('.').next().unwrap_or_default();
        let words = format!("No module named '{top}'");
        Flow::Ask(Ask::Load(format!("{}/{top}/__init__.py", self.site)))
            .then(After::Missing("ModuleNotFoundError".into(), words.as_str().into()))
            .then(After::Installed(id))
    }

    /// Takes what is imported out of a module that has run, or out of a library.
    pub(super) fn take_names(&mut self, wanted: u32, module: Option<Value>) -> Flow {
        let wanted = Value::Object(wanted);
        let Value::Object(scope) = self.heap.field(&wanted, "scope") else { return Flow::NOTHING };
        let name = self.heap.text_field(&wanted, "name");
        let top = name.split('.').next().unwrap_or_default();
        let known = MODULES.split(' ').chain(STANDARD.split(' ')).any(|m| m == top)
            || top == "redis"
            || top == "mysql";
        for pair in self.heap.items(&wanted).chunks(2) {
            let (from, own) = (self.display(&pair[0]), self.display(&pair[1]));
            let value = match &module {
                Some(module) if from.is_empty() => module.clone(),
                Some(module) => self.heap.field(module, &from),
                None if !known => Value::Unknown(format!("the module {name}").as_str().into()),
                // `import a.b` names `a`; `import a.b as c` names what is inside.
                None if from.is_empty() => Value::Native(if own == top { top } else { &name }.into()),
                None => Value::Native(format!("{name}.{from}").as_str().into()),
            };
            self.heap.set(scope, &own, value);
        }
        Flow::NOTHING
    }

    /// An answer in the shape that a library gives it.
    pub(super) fn shape(&mut self, what: &str, value: Value) -> Flow {
        match what.split_once(' ').unwrap_or((what, "")) {
            ("bytes", _) => {
                let value = match value {
                    Value::Text(_) => {
                        let id = self.heap.make("bytes");
                        self.heap.set(id, "text", value);
                        Value::Object(id)
                    }
                    Value::Object(_) if self.heap.class(&value) == "list" => {
                        let items = self.heap.items(&value).into_iter().filter_map(|i| {
                            match self.shape("bytes", i) {
                                Flow::Value(value) => Some(value),
                                _ => None,
                            }
                        });
                        let items = items.collect();
                        self.heap.list(items)
                    }
                    other => other,
                };
                Flow::Value(value)
            }
            ("file", _) => {
                let id = self.heap.make("file");
                self.heap.set(id, "text", value);
                Flow::Value(Value::Object(id))
            }
            ("environment", _) => {
                let source = self.display(&value);
                self.take_variables(&source);
                Flow::NOTHING
            }
            ("connected", _) => {
                self.print(false, "Connected!");
                Flow::Value(value)
            }
            ("default", _) => match self.heap.field(&value, "default") {
                Value::Nothing => Flow::Value(value),
                default => Flow::Value(default),
            },
            ("axios", _) => {
                let source = self.heap.text_field(&value, "text");
                let data = match self.parse_json(&source) {
                    Flow::Value(data) => data,
                    _ => text(&source),
                };
                if let Value::Object(id) = value {
                    self.heap.set(id, "data", data);
                }
                Flow::Value(value)
            }
            ("cursor", number) => self.fill_cursor(number.parse().unwrap_or(0), &value),
            ("first", "row") => {
                let rows = self.heap.field(&value, "rows");
                Flow::Value(self.heap.items(&rows).first().cloned().unwrap_or_default())
            }
            ("lines", _) => {
                let shown = self.display(&value);
                let lines = shown.split_inclusive('\n').map(text).collect();
                Flow::Value(self.heap.list(lines))
            }
            ("class", class) => {
                if let Value::Object(id) = value {
                    if let Some(object) = self.heap.get_mut(id) {
                        object.class = class.into();
                    }
                }
                Flow::Value(value)
            }
            ("field", name) => Flow::Value(self.heap.field(&value, name)),
            ("rows", _) => Flow::Value(self.heap.field(&value, "rows")),
            ("pair", _) => {
                let rows = self.heap.field(&value, "rows");
                let fields = self.heap.list(Vec::new());
                Flow::Value(self.heap.list(vec![rows, fields]))
            }
            ("", _) => Flow::NOTHING,
            _ => Flow::Value(value),
        }
    }

    /// JSON in the language's own style.
    pub(super) fn json_text(&self, value: &Value, indent: usize) -> Option<String> {
        json(&self.heap, value, Style { spaced: self.language == Language::Python, indent }, 0)
    }

    /// Notes where an application listens, and what answers there.
    pub(super) fn listen(&mut self, port: f64, handler: Value) {
        self.listening = Some((port as u16, handler));
    }

    /// Notes a file of routes.
    pub(super) fn note_here(&mut self, task: &Task, kind: FoundKind, what: &str) {
        let place = task.frames.iter().rev().find_map(|f| match f {
            super::task::Frame::Node(module, id, ..) => Some((*module, *id)),
            _ => None,
        });
        if let Some((module, id)) = place {
            self.note(kind, what, module, id);
        }
    }

    /// A number of an argument.
    pub(super) fn number_of(&self, value: Option<&Value>) -> Option<f64> {
        match value.map(|v| self.to_number(v)) {
            Some(Value::Number(n)) => Some(n),
            _ => None,
        }
    }

    /// A random identifier (version 4).
    pub(super) fn uuid(&mut self) -> String {
        let (a, b) = (self.chance(), self.chance());
        let hex = format!("{a:016x}{b:016x}");
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    /// The time of day as JavaScript and Python write it.
    pub(super) fn date(&mut self, micros: f64) -> Value {
        let id = self.heap.make("date");
        let iso = crate::time::Time::from_unix_micros(micros.max(0.0) as u64).map(crate::time::Time::rfc3339);
        let iso = iso.unwrap_or_default();
        let short = format!("{}Z", iso.get(..23).unwrap_or(&iso));
        self.heap.set(id, "time", number((micros / 1000.0).floor()));
        self.heap.set(id, "iso", text(&short));
        let shown = match self.language {
            Language::Python => iso.replace('T', " ").chars().take(26).collect(),
            Language::JavaScript => short,
        };
        self.heap.set(id, "shown", text(&shown));
        Value::Object(id)
    }
}

/// A path without `.` and `..`.
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
