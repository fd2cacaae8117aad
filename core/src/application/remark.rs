//! Comment lines that say outright what an application does: `drydock: …`. `docs/APPLICATIONS.md` is their page.

use super::node::{Id, Kind, Literal, Tree};
use super::task::{After, Ask, Flow, Task};
use super::value::{Value, text};
use super::{Application, FoundKind};

/// What a source says outright; nothing when it has no such line.
pub fn read(source: &str) -> Option<Tree> {
    let mut tree = Tree::default();
    let mut body = Vec::new();
    let mut port = None;
    for (number, line) in source.lines().enumerate() {
        let line_number = number as u32 + 1;
        let plain = line.trim().trim_start_matches(['#', '/', '*', '-', ';', '<', '!', ' ']);
        let Some(words) = plain.strip_prefix("drydock: ") else { continue };
        let (verb, rest) =
            words.trim().trim_end_matches("-->").trim().split_once(' ').unwrap_or((words.trim(), ""));
        match verb {
            "listens" => port = rest.trim().parse::<f64>().ok().map(|p| (p, line_number)),
            "says" => {
                let text = filled(&mut tree, rest, line_number);
                body.push(tree.call("drydock says", vec![text], line_number));
            }
            "answers" => body.extend(answers(&mut tree, rest, line_number)),
            "files" => {
                let (prefix, directory) = rest.split_once(' ').unwrap_or(("/", rest));
                let arguments = [tree.text(prefix, line_number), tree.text(directory.trim(), line_number)];
                body.push(tree.call("drydock files", arguments.to_vec(), line_number));
            }
            _ => {
                let what = format!("drydock: {words}");
                body.push(tree.add(Kind::Unread(what.as_str().into()), Vec::new(), line_number));
            }
        }
    }
    if body.is_empty() && port.is_none() {
        return None;
    }
    if let Some((port, line)) = port {
        let port = tree.add(Kind::Literal(Literal::Number(port)), Vec::new(), line);
        body.push(tree.call("drydock listens", vec![port], line));
    }
    let body = body.into_iter().map(|call| tree.add(Kind::Discard, vec![call], 1)).collect();
    tree.root = tree.add(Kind::Block, body, 1);
    Some(tree)
}

/// `METHOD PATH [STATUS] TEXT`: a route whose answer is a function without a name.
fn answers(tree: &mut Tree, rest: &str, line: u32) -> Option<Id> {
    let mut words = rest.splitn(3, ' ');
    let (method, path, mut text) = (words.next()?, words.next()?, words.next().unwrap_or_default());
    let mut status = 200.0;
    if let Some((first, after)) = text.split_once(' ') {
        if let (3, Ok(code)) = (first.len(), first.parse::<u16>()) {
            (status, text) = (f64::from(code), after);
        }
    }
    let body = filled(tree, text, line);
    let status = tree.add(Kind::Literal(Literal::Number(status)), Vec::new(), line);
    let body = tree.call("drydock reply", vec![body, status], line);
    let body = tree.add(Kind::Return, vec![body], line);
    let function = super::node::Function {
        name: "".into(),
        parameters: Vec::new(),
        rest: false,
        is_async: false,
        arrow: true,
    };
    let function = tree.add(Kind::Function(function.into()), vec![body], line);
    let arguments = vec![tree.text(method, line), tree.text(path, line), function];
    Some(tree.call("drydock answers", arguments, line))
}

/// A text with `{…}` in it: what stands in braces is a call with words.
fn filled(tree: &mut Tree, text: &str, line: u32) -> Id {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, after)) = after.split_once('}') else { break };
        let verb = inside.split(' ').next().unwrap_or_default();
        if !matches!(verb, "env" | "hostname" | "redis" | "get" | "file" | "param" | "time") {
            // Braces of JSON stay as they are.
            parts.push(tree.text(&format!("{before}{{"), line));
            rest = rest.split_once('{').map_or("", |p| p.1);
            continue;
        }
        parts.push(tree.text(before, line));
        let words = inside.split(' ').map(|w| tree.text(w, line)).collect();
        parts.push(tree.call("drydock fill", words, line));
        rest = after;
    }
    parts.push(tree.text(rest, line));
    tree.add(Kind::Template, parts, line)
}

impl Application {
    /// What a comment line says.
    pub(super) fn called_remark(&mut self, task: &mut Task, name: &str, arguments: &[Value]) -> Option<Flow> {
        let word = |n: usize| arguments.get(n).map(|a| self.display(a)).unwrap_or_default();
        let (first, second) = (word(0), word(1));
        Some(match name {
            "says" => {
                self.print(false, &first);
                Flow::NOTHING
            }
            "listens" => {
                let app = self.remark_app();
                self.note_here(task, FoundKind::Listens, &first);
                self.listen(self.number_of(arguments.first())?, app);
                Flow::NOTHING
            }
            "answers" | "files" => {
                let app = self.remark_app();
                let layer = self.heap.list(arguments.get(2..).unwrap_or_default().to_vec());
                let (Value::Object(id), Value::Object(app)) = (&layer, app) else { return None };
                if name == "answers" {
                    self.note_here(task, FoundKind::Route, &format!("{first} {second}"));
                    self.heap.set(*id, "methods", text(&first));
                    self.heap.set(*id, "path", text(&second));
                } else {
                    self.note_here(task, FoundKind::Files, &second);
                    self.heap.set(*id, "prefix", text(&first));
                    self.heap.set(*id, "root", text(&self.path(&second)));
                }
                self.heap.get_mut(app)?.items.push(layer);
                Flow::NOTHING
            }
            "reply" => {
                let kind = match first.trim_start().chars().next() {
                    Some('{' | '[') => "application/json",
                    Some('<') => "text/html; charset=utf-8",
                    _ => "text/plain; charset=utf-8",
                };
                let status = self.number_of(arguments.get(1)).unwrap_or(200.0) as u16;
                self.reply_object(status, kind, &(first + "\n"))
            }
            "fill" => self.fill(task, &first, &second, arguments)?,
            _ => return None,
        })
    }

    /// The application that comment lines describe.
    fn remark_app(&mut self) -> Value {
        let scope = self.modules.first().map_or(0, |m| m.scope);
        let known = self.heap.field(&Value::Object(scope), "drydock app");
        if known != Value::Nothing {
            return known;
        }
        let app = Value::Object(self.heap.make("flask"));
        self.server = "drydock".into();
        self.heap.set(scope, "drydock app", app.clone());
        app
    }

    /// What stands in braces.
    fn fill(&mut self, task: &mut Task, verb: &str, second: &str, arguments: &[Value]) -> Option<Flow> {
        Some(match verb {
            "env" => {
                self.note_here(task, FoundKind::Variable, second);
                Flow::text(self.variable(second).map_or("", |v| v))
            }
            "hostname" => Flow::text(&self.hostname.clone()),
            "time" => Flow::text(&crate::time::Time(self.now.0).rfc3339()),
            "file" => Flow::Ask(Ask::Read(self.path(second))),
            "param" => {
                let request = Value::Object(self.current_request());
                let parameters = self.heap.field(&request, "params");
                let query = self.heap.field(&request, "query");
                match self.heap.field(&parameters, second) {
                    Value::Nothing => Flow::Value(self.heap.field(&query, second)),
                    value => Flow::Value(value),
                }
            }
            "redis" => {
                let (host, port) = second.split_once(':').unwrap_or((second, "6379"));
                let words: Vec<String> = arguments.get(2..)?.iter().map(|a| self.display(a)).collect();
                self.note_here(task, FoundKind::Calls, &format!("redis at {host}: {}", words.join(" ")));
                Flow::Ask(Ask::Redis(host.to_owned(), port.parse().ok()?, words))
            }
            "get" => {
                self.note_here(task, FoundKind::Calls, &format!("http: {second}"));
                let flow = self.http_ask("GET", second, &[]);
                flow.then(After::Shape("field text".into()))
            }
            _ => return None,
        })
    }
}
