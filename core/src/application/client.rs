//! What an application calls: redis, databases, other HTTP servers; and the files and dates it holds.

use super::library::keyword;
use super::task::{After, Ask, Flow, Task};
use super::value::{Value, number, text};
use super::{Application, Language};
use crate::sql::Cell;

impl Application {
    /// Functions of libraries that talk to others.
    pub(super) fn called_client(
        &mut self,
        task: &mut Task,
        name: &str,
        arguments: &[Value],
        _new: bool,
    ) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        Some(match name {
            "redis.createClient"
            | "ioredis"
            | "redis.Redis"
            | "redis.StrictRedis"
            | "redis.from_url"
            | "redis.Redis.from_url" => self.redis_client(arguments),
            "sqlite3" | "sqlite3.verbose" => Flow::Value(Value::Native("sqlite3".into())),
            "sqlite3.Database" | "sqlite3.connect" => {
                let id = self.heap.make("sqlite");
                let path = if shown.starts_with(':') { shown } else { self.path(&shown) };
                self.heap.set(id, "path", text(&path));
                let opened = Flow::Ask(Ask::Sqlite(path, String::new(), Vec::new()));
                if self.language == Language::Python {
                    return Some(opened.then(After::Give(Value::Object(id))));
                }
                let callback = arguments.last().filter(|a| self.heap.class(a) == "function").cloned();
                self.later(task, opened.then(After::Give(Value::Null)), callback);
                Flow::Value(Value::Object(id))
            }
            "mysql.createPool"
            | "mysql.createConnection"
            | "mysql2.createPool"
            | "mysql2.createConnection"
            | "pg.Pool"
            | "pg.Client"
            | "mysql.connector.connect"
            | "psycopg2.connect" => {
                let id = self.heap.make("database");
                let protocol = if name.starts_with("mysql") { "mysql" } else { "postgres" };
                self.heap.set(id, "protocol", text(protocol));
                let fields = self.heap.of(&first).map(|o| o.fields.clone()).unwrap_or_default();
                for (key, value) in fields {
                    self.heap.set(id, &key, value);
                }
                for argument in arguments {
                    if let Value::Keyword(pair) = argument {
                        self.heap.set(id, &pair.0, pair.1.clone());
                    }
                }
                if let Value::Text(url) = &first {
                    self.take_url(id, &url.clone());
                }
                if self.language == Language::Python {
                    let connected = self.database_ask(id, String::new(), Vec::new());
                    return Some(connected.then(After::Give(Value::Object(id))));
                }
                Flow::Value(Value::Object(id))
            }
            "wait-port" => {
                let host = self.heap.text_field(&first, "host");
                let port = self.number_of(Some(&self.heap.field(&first, "port"))).unwrap_or(80.0) as u16;
                let host = if host.is_empty() { "localhost".to_owned() } else { host };
                let patience = self.number_of(Some(&self.heap.field(&first, "timeout"))).filter(|t| *t > 0.0);
                let until = patience.map_or(u64::MAX, |ms| self.now.0 + (ms * 1000.0) as u64);
                self.print(false, &format!("Waiting for {host}:{port}."));
                self.later(
                    task,
                    Flow::Ask(Ask::Connect(host, port, until)).then(After::Shape("connected".into())),
                    None,
                )
            }
            "axios" | "fetch" | "node-fetch" | "axios.get" | "axios.post" | "requests.get"
            | "requests.post" => {
                let method = if name.ends_with(".post") { "POST" } else { "GET" };
                let flow = self.http_ask(method, &shown, arguments);
                let flow = match name.starts_with("axios") {
                    true => flow.then(After::Shape("axios".into())),
                    false => flow,
                };
                if self.language == Language::Python { flow } else { self.later(task, flow, None) }
            }
            _ => return None,
        })
    }

    /// Host, port and the rest of a URL such as `redis://user:secret@host:6379/0`.
    fn take_url(&mut self, id: u32, url: &str) {
        let rest = url.split_once("://").map_or(url, |u| u.1);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (account, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = place.split_once(':').unwrap_or((place, ""));
        self.heap.set(id, "host", text(host));
        if let Ok(port) = port.parse::<u16>() {
            self.heap.set(id, "port", number(port.into()));
        }
        if let Some((user, password)) = account.split_once(':') {
            self.heap.set(id, "user", text(user));
            self.heap.set(id, "password", text(password));
        }
        if !path.is_empty() {
            self.heap.set(id, "database", text(path));
        }
    }

    fn redis_client(&mut self, arguments: &[Value]) -> Flow {
        let id = self.heap.make("redis");
        self.heap.set(id, "host", text("localhost"));
        self.heap.set(id, "port", Value::Number(6379.0));
        for (place, argument) in arguments.iter().enumerate() {
            match argument {
                Value::Text(url) if url.contains("://") => self.take_url(id, &url.clone()),
                Value::Text(_) => self.heap.set(id, "host", argument.clone()),
                Value::Number(_) if place < 2 => self.heap.set(id, "port", argument.clone()),
                Value::Keyword(pair) => self.heap.set(id, &pair.0, pair.1.clone()),
                Value::Object(_) => {
                    let socket = self.heap.field(argument, "socket");
                    for source in [argument, &socket] {
                        for key in ["host", "port"] {
                            let value = self.heap.field(source, key);
                            if value != Value::Nothing {
                                self.heap.set(id, key, value);
                            }
                        }
                    }
                    let url = self.heap.text_field(argument, "url");
                    if !url.is_empty() {
                        self.take_url(id, &url);
                    }
                }
                _ => {}
            }
        }
        Flow::Value(Value::Object(id))
    }

    /// Methods of the objects of libraries.
    pub(super) fn library_method(
        &mut self,
        task: &mut Task,
        id: u32,
        class: &str,
        name: &str,
        arguments: Vec<Value>,
    ) -> Flow {
        let target = Value::Object(id);
        match class {
            "redis" => self.redis_method(task, id, name, arguments),
            "sqlite" | "database" | "cursor" => self.database_method(task, id, name, arguments),
            "file" => self.file_method(id, name, &arguments),
            "bytes" => {
                let inner = self.heap.text_field(&target, "text");
                self.text_method(&inner, name, &arguments)
            }
            "date" => match name {
                "toISOString" | "toJSON" => Flow::Value(self.heap.field(&target, "iso")),
                "getTime" | "valueOf" | "timestamp" => Flow::Value(self.heap.field(&target, "time")),
                "isoformat" => Flow::text(&self.display(&target).replace(' ', "T")),
                "getFullYear" => {
                    let iso = self.heap.text_field(&target, "iso");
                    Flow::Value(
                        iso.get(..4).and_then(|y| y.parse::<f64>().ok()).map_or(Value::Invalid, number),
                    )
                }
                "strftime" => {
                    let iso = self.heap.text_field(&target, "iso");
                    let mut out = arguments.first().map(|f| self.display(f)).unwrap_or_default();
                    for (letter, range) in [
                        ("%Y", 0..4),
                        ("%m", 5..7),
                        ("%d", 8..10),
                        ("%H", 11..13),
                        ("%M", 14..16),
                        ("%S", 17..19),
                    ] {
                        out = out.replace(letter, iso.get(range).unwrap_or_default());
                    }
                    Flow::text(&out)
                }
                _ => self.unknown(task, &format!("`.{name}()` of a date")),
            },
            "answer" => match name {
                "json" => {
                    let source = self.heap.text_field(&target, "text");
                    let flow = self.parse_json(&source);
                    if self.language == Language::Python { flow } else { self.later(task, flow, None) }
                }
                "text" => {
                    let source = self.heap.field(&target, "text");
                    self.later(task, Flow::Value(source), None)
                }
                _ => Flow::NOTHING,
            },
            "error" => Flow::text(&self.display(&target)),
            "flask" => self.flask_method(task, id, name, arguments),
            _ => self.express_method(task, id, class, name, arguments),
        }
    }

    fn redis_method(&mut self, task: &mut Task, id: u32, name: &str, mut arguments: Vec<Value>) -> Flow {
        let target = Value::Object(id);
        let host = self.heap.text_field(&target, "host");
        let port = self.number_of(Some(&self.heap.field(&target, "port"))).unwrap_or(6379.0) as u16;
        let mut words = match name {
            "on" | "once" | "quit" | "disconnect" | "end" | "close" => return Flow::Value(target),
            "connect" => vec!["PING".to_owned()],
            "delete" => vec!["DEL".to_owned()],
            // Names such as `hGet` and `zrange_by_score` are the command's letters.
            _ => vec![name.replace('_', "").to_uppercase()],
        };
        let callback = arguments.last().filter(|a| self.heap.class(a) == "function").cloned();
        if callback.is_some() {
            arguments.pop();
        }
        for argument in arguments {
            match &argument {
                Value::Keyword(pair) => {
                    let unset = !self.is_true(&pair.1);
                    let flag = matches!(pair.1, Value::Bool(true));
                    if !unset {
                        words.push(pair.0.to_uppercase());
                    }
                    if !unset && !flag {
                        words.push(self.display(&pair.1));
                    }
                }
                Value::Object(_) if self.heap.class(&argument) == "object" => {
                    for (key, value) in self.heap.of(&argument).map(|o| o.fields.clone()).unwrap_or_default()
                    {
                        words.push(key.to_string());
                        words.push(self.display(&value));
                    }
                }
                Value::Object(_) if self.heap.class(&argument) == "list" => {
                    words.extend(self.heap.items(&argument).iter().map(|i| self.display(i)));
                }
                Value::Null | Value::Nothing => {
                    let words =
                        "Invalid input of type: 'NoneType'. Convert to a bytes, string, int or float first.";
                    return Flow::Throw(self.heap.error("redis.exceptions.DataError", words));
                }
                _ => words.push(self.display(&argument)),
            }
        }
        let ask = Flow::Ask(Ask::Redis(host, port, words));
        match self.language {
            Language::Python if self.is_true(&self.heap.field(&target, "decode_responses")) => ask,
            Language::Python => ask.then(After::Shape("bytes".into())),
            Language::JavaScript => self.later(task, ask, callback),
        }
    }

    fn cells(&self, list: &Value) -> Vec<Cell> {
        let items = match self.heap.class(list) {
            "list" => self.heap.items(list),
            "object" => {
                self.heap.of(list).map(|o| o.fields.iter().map(|f| f.1.clone()).collect()).unwrap_or_default()
            }
            _ if matches!(list, Value::Nothing) => Vec::new(),
            _ => vec![list.clone()],
        };
        let one = |value: &Value| match value {
            Value::Number(n) => Cell::Number(*n),
            Value::Bool(truth) => Cell::Number(f64::from(u8::from(*truth))),
            Value::Null | Value::Nothing | Value::Invalid => Cell::Null,
            other => Cell::Text(self.display(other)),
        };
        items.iter().map(one).collect()
    }

    fn database_ask(&self, id: u32, statement: String, values: Vec<Cell>) -> Flow {
        let target = Value::Object(id);
        if self.heap.class(&target) == "sqlite" {
            return Flow::Ask(Ask::Sqlite(self.heap.text_field(&target, "path"), statement, values));
        }
        let options = self.heap.get(id).map(|o| o.fields.clone()).unwrap_or_default();
        let options =
            options.into_iter().map(|(name, value)| (name.to_string(), self.display(&value))).collect();
        Flow::Ask(Ask::Database(self.heap.text_field(&target, "protocol"), options, statement, values))
    }

    fn database_method(&mut self, task: &mut Task, id: u32, name: &str, mut arguments: Vec<Value>) -> Flow {
        let target = Value::Object(id);
        let callback = arguments.last().filter(|a| self.heap.class(a) == "function").cloned();
        if callback.is_some() {
            arguments.pop();
        }
        let statement = arguments.first().map(|s| self.display(s)).unwrap_or_default();
        let values = arguments.get(1).map(|v| self.cells(v)).unwrap_or_default();
        let python = self.language == Language::Python;
        let class = self.heap.class(&target).to_owned();
        match (name, python) {
            ("cursor", true) => {
                let cursor = self.heap.make("cursor");
                self.heap.set(cursor, "of", target);
                Flow::Value(Value::Object(cursor))
            }
            ("execute" | "executemany", true) => {
                let (connection, cursor) = match self.heap.field(&target, "of") {
                    Value::Object(connection) => (connection, id),
                    _ => (id, self.heap.make("cursor")),
                };
                let ask = self.database_ask(connection, statement, values);
                ask.then(After::Shape(format!("cursor {cursor}").as_str().into()))
            }
            ("fetchall", true) => Flow::Value(self.heap.field(&target, "rows")),
            ("fetchone", true) => {
                let rows = self.heap.field(&target, "rows");
                match rows {
                    Value::Object(rows) => self.list_method(rows, "shift", Vec::new()),
                    _ => Flow::Value(Value::Null),
                }
            }
            ("commit" | "close" | "rollback" | "serialize" | "on" | "release", _) if callback.is_none() => {
                Flow::NOTHING
            }
            ("close" | "end" | "connect" | "serialize" | "getConnection", false) => {
                let given = if name == "getConnection" { target } else { Value::Nothing };
                let flow = match (name, &*class) {
                    ("connect", "database") => {
                        self.database_ask(id, String::new(), Vec::new()).then(After::Give(given))
                    }
                    _ => Flow::Value(given),
                };
                self.later(task, flow, callback)
            }
            ("promise", false) => Flow::Value(target),
            ("run" | "exec" | "all" | "get" | "query" | "execute", false) => {
                let ask = self.database_ask(id, statement, values);
                let postgres = self.heap.text_field(&target, "protocol") == "postgres";
                let shape = match name {
                    "get" => "first",
                    "all" => "rows",
                    "query" | "execute" if postgres => "",
                    "query" | "execute" if callback.is_none() => "pair",
                    "query" | "execute" => "rows",
                    _ => "none",
                };
                let flow = match shape {
                    "none" => ask.then(After::Give(Value::Nothing)),
                    "" => ask,
                    "first" => ask.then(After::Shape("first row".into())),
                    shape => ask.then(After::Shape(shape.into())),
                };
                self.later(task, flow, callback)
            }
            _ => self.unknown(task, &format!("`.{name}()` of a database")),
        }
    }

    fn file_method(&mut self, id: u32, name: &str, arguments: &[Value]) -> Flow {
        let target = Value::Object(id);
        let content = self.heap.text_field(&target, "text");
        match name {
            "read" => Flow::text(&content),
            "readline" => Flow::text(content.split_inclusive('\n').next().unwrap_or_default()),
            "readlines" => self.shape("lines", text(&content)),
            "write" => {
                let more = arguments.first().map(|a| self.display(a)).unwrap_or_default();
                Flow::Ask(Ask::Write(self.heap.text_field(&target, "path"), more, true))
            }
            _ => Flow::NOTHING,
        }
    }

    /// A request to another server.
    pub(super) fn http_ask(&mut self, method: &str, url: &str, arguments: &[Value]) -> Flow {
        let rest = url.split_once("://").map_or(url, |u| u.1);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let port = port.parse().unwrap_or(80);
        let options = arguments.get(1).cloned().unwrap_or_default();
        let chosen = self.heap.text_field(&options, "method");
        let given = keyword(arguments, "json").or_else(|| keyword(arguments, "data"));
        let body = match (method, given) {
            (_, Some(Value::Text(text))) => text.to_string(),
            (_, Some(given)) => self.json_text(&given, 0).unwrap_or_default(),
            ("POST", None) => self.json_text(&options, 0).unwrap_or_default(),
            _ => self.heap.text_field(&options, "body"),
        };
        let method = if chosen.is_empty() { method } else { &chosen };
        let mut request = format!("{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nAccept: */*\r\n");
        if !body.is_empty() {
            request
                .push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        let request = format!("{request}\r\n{body}");
        Flow::Ask(Ask::Http(host.to_owned(), port, request)).then(After::Shape("class answer".into()))
    }

    /// Rows as Python's drivers give them: a tuple each.
    pub(super) fn fill_cursor(&mut self, cursor: u32, answer: &Value) -> Flow {
        let rows = self.heap.items(&self.heap.field(answer, "rows"));
        let mut tuples = Vec::new();
        for row in rows {
            let fields = self
                .heap
                .of(&row)
                .map(|o| o.fields.iter().map(|f| f.1.clone()).collect())
                .unwrap_or_default();
            tuples.push(self.heap.list(fields));
        }
        let rows = self.heap.list(tuples);
        self.heap.set(cursor, "rows", rows);
        let last = self.heap.field(answer, "last");
        self.heap.set(cursor, "lastrowid", last);
        Flow::Value(Value::Object(cursor))
    }
}
