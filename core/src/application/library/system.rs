//! Files, paths, the process and the host, as both languages reach them.

use super::super::task::{After, Ask, Flow, Task};
use super::super::value::{Value, number, text};
use super::super::{Application, Language};
use super::clean;

impl Application {
    /// A path as the process means it.
    pub(in super::super) fn path(&self, path: &str) -> String {
        if path.starts_with('/') { clean(path) } else { clean(&format!("{}/{path}", self.directory)) }
    }

    pub(super) fn called_system(&mut self, task: &mut Task, name: &str, arguments: &[Value]) -> Option<Flow> {
        let shown: Vec<String> = arguments.iter().map(|a| self.display(a)).collect();
        let first = shown.first().cloned().unwrap_or_default();
        let path = self.path(&first);
        Some(match name {
            "path.join" | "os.path.join" | "path.resolve" => {
                let mut joined = String::new();
                for part in &shown {
                    let restarts = part.starts_with('/') && name != "path.join";
                    joined =
                        if restarts || joined.is_empty() { part.clone() } else { format!("{joined}/{part}") };
                }
                let absolute = joined.starts_with('/') || name == "path.resolve";
                let cleaned = if absolute { self.path(&joined) } else { clean(&joined)[1..].to_owned() };
                Flow::text(&cleaned)
            }
            "path.dirname" | "os.path.dirname" => Flow::text(match first.rsplit_once('/') {
                Some(("", _)) => "/",
                Some((above, _)) => above,
                None if self.language == Language::Python => "",
                None => ".",
            }),
            "path.basename" | "os.path.basename" => Flow::text(first.rsplit('/').next().unwrap_or_default()),
            "path.extname" => {
                let file = first.rsplit('/').next().unwrap_or_default();
                Flow::text(file.rfind('.').filter(|at| *at > 0).map_or("", |at| &file[at..]))
            }
            "os.path.abspath" => Flow::text(&path),
            "os.path.exists" | "fs.existsSync" | "os.path.isfile" => Flow::Ask(Ask::Exists(path)),
            "os.makedirs" | "os.mkdir" | "fs.mkdirSync" => Flow::Ask(Ask::MakeDirectory(path)),
            "os.listdir" | "fs.readdirSync" => Flow::Ask(Ask::List(path)),
            "os.remove" | "fs.unlinkSync" => Flow::Ask(Ask::Remove(path)),
            "fs.readFileSync" => Flow::Ask(Ask::Read(path)),
            "fs.writeFileSync" | "fs.appendFileSync" => Flow::Ask(Ask::Write(
                path,
                shown.get(1).cloned().unwrap_or_default(),
                name.contains("append"),
            )),
            "fs.readFile" | "fs.writeFile" | "fs.appendFile" | "fs.readdir" | "fs.mkdir" | "fs.unlink"
            | "fs.access" => {
                let ask = match &name[3..] {
                    "readFile" => Ask::Read(path),
                    "readdir" => Ask::List(path),
                    "mkdir" => Ask::MakeDirectory(path),
                    "unlink" => Ask::Remove(path),
                    "access" => Ask::Read(path),
                    other => Ask::Write(
                        path,
                        shown.get(1).cloned().unwrap_or_default(),
                        other.starts_with("append"),
                    ),
                };
                let callback = arguments.last().filter(|a| matches!(self.heap.class(a), "function")).cloned();
                self.later(task, Flow::Ask(ask), callback)
            }
            "os.hostname" | "socket.gethostname" => Flow::text(&self.hostname.clone()),
            "os.uname" | "os.platform" => Flow::text("linux"),
            "os.getcwd" | "process.cwd" => Flow::text(&self.directory.clone()),
            "os.getpid" => Flow::Value(Value::Number(1.0)),
            "process.uptime" => Flow::Value(number((self.now.0 / 1000) as f64 / 1000.0)),
            "os.getenv" | "os.environ.get" => {
                self.note_here(task, super::super::FoundKind::Variable, &first);
                let default = arguments.get(1).cloned().unwrap_or(Value::Null);
                Flow::Value(self.variable(&first).cloned().map_or(default, Value::Text))
            }
            "process.exit" | "sys.exit" | "exit" | "quit" => {
                self.ended = Some(self.number_of(arguments.first()).unwrap_or(0.0) as u8);
                task.frames.clear();
                Flow::Done
            }
            "process.on" | "signal.signal" => {
                if let Some(handler) = arguments.get(1) {
                    self.signals.push((first.as_str().into(), handler.clone()));
                }
                Flow::NOTHING
            }
            "process.stdout.write" | "sys.stdout.write" | "process.stderr.write" | "sys.stderr.write" => {
                self.prints.push((name.contains("stderr"), first));
                Flow::NOTHING
            }
            "sys.stdout.flush" => Flow::NOTHING,
            "uuid" | "uuid.v4" | "uuid.v1" | "crypto.randomUUID" | "uuid.uuid4" => {
                let id = self.uuid();
                Flow::text(&id)
            }
            "crypto.randomBytes" => {
                let (a, b) = (self.chance(), self.chance());
                let count = self.number_of(arguments.first()).unwrap_or(16.0) as usize * 2;
                Flow::text(format!("{a:016x}{b:016x}").get(..count.min(32)).unwrap_or_default())
            }
            "dotenv" => {
                let path = self.path(".env");
                Flow::Ask(Ask::Read(path)).then(After::Shape("environment".into()))
            }
            _ => return None,
        })
    }

    /// The text of a file of variables: those that are not set get their values.
    pub(in super::super) fn take_variables(&mut self, source: &str) {
        for line in source.lines().filter(|l| !l.trim_start().starts_with('#')) {
            let Some((name, value)) = line.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim().trim_matches(['"', '\'']));
            if self.variable(name).is_none() {
                self.environment.push((name.into(), value.into()));
            }
        }
    }

    /// A signal has come: its handler is called. False when there is none.
    pub fn signal(&mut self, name: &str) -> bool {
        let Some((_, handler)) = self.signals.iter().find(|s| &*s.0 == name).cloned() else { return false };
        let scope = self.modules.first().map_or(0, |m| m.scope);
        let mut task = Task { scope, ..Task::default() };
        self.perform(&mut task, Flow::Call(handler, vec![text(name)], Value::Nothing));
        self.spawn(task);
        true
    }
}
