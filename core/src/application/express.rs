//! HTTP servers of Node.js: Express, and `http.createServer`.

mod response;

use super::task::{After, Flow, Task};
use super::value::{Value, number, text};
use super::{Application, FoundKind, Language, Request};
use std::rc::Rc;

/// Methods of an application that add a route.
pub(super) const METHODS: [&str; 7] = ["get", "post", "put", "delete", "patch", "all", "head"];

/// A text whose `%xx` and `+` are decoded.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(if byte == b'+' { b' ' } else { byte });
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let value = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
        bytes.push(value.unwrap_or(b'%'));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Application {
    /// `a=1&b=2` as an object.
    pub(super) fn form(&mut self, query: &str) -> Value {
        let fields = query.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name).as_str().into(), text(&decoded(value)))
        });
        let fields = fields.collect();
        self.heap.object(fields)
    }

    /// A request has come: a task begins that answers it.
    pub fn request(&mut self, request: Request) {
        let Some((_, handler)) = self.listening.clone() else { return };
        let scope = self.modules.first().map_or(0, |m| m.scope);
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let response = self.heap.make("response");
        let own = self.heap.make("request");
        let headers =
            request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase().as_str().into(), text(v))).collect();
        let fields = [
            ("method", text(&request.method)),
            ("url", text(&request.target)),
            ("originalUrl", text(&request.target)),
            ("path", text(path)),
            (
                "hostname",
                text(request.headers.iter().find(|h| h.0.eq_ignore_ascii_case("host")).map_or("", |h| &h.1)),
            ),
            ("ip", text(&request.peer)),
            ("remote_addr", text(&request.peer)),
            ("raw", text(&request.body)),
            ("query", self.form(query)),
            ("headers", self.heap.object(headers)),
            ("params", self.heap.object(Vec::new())),
        ];
        for (name, value) in fields {
            self.heap.set(own, name, value);
        }
        self.heap.set(response, "connection", number(request.connection.into()));
        self.heap.set(response, "request", Value::Object(own));
        self.heap.set(response, "statusCode", Value::Number(200.0));
        let headers = self.heap.object(Vec::new());
        self.heap.set(response, "headers", headers);
        let mut task = Task { scope, response, ..Task::default() };
        let flow = match self.heap.class(&handler) {
            "flask" => self.flask_request(&mut task, &handler, own, path),
            "express" => {
                let mut chain = Vec::new();
                self.matching(&handler, &request.method, path, "", &mut chain);
                let chain = self.heap.list(chain);
                self.heap.set(response, "chain", chain);
                self.next_handler(&mut task, response, Value::Nothing)
            }
            _ if matches!(handler, Value::Unknown(_)) => Flow::Throw(handler),
            _ => Flow::Call(handler, vec![Value::Object(own), Value::Object(response)], Value::Nothing),
        };
        self.perform(&mut task, flow);
        self.spawn(task);
    }

    /// The handlers of an application that a request comes to, with what its path names.
    fn matching(&mut self, app: &Value, method: &str, path: &str, base: &str, chain: &mut Vec<Value>) {
        for layer in self.heap.items(app) {
            let wanted = self.heap.text_field(&layer, "method");
            let pattern = format!("{base}{}", self.heap.text_field(&layer, "path").trim_end_matches('/'));
            let all = wanted == "use";
            let verb =
                wanted.eq_ignore_ascii_case(method) || wanted == "all" || wanted == "get" && method == "HEAD";
            if !all && !verb {
                continue;
            }
            let Some(parameters) = matches(&pattern, path, all) else { continue };
            for handler in self.heap.items(&layer) {
                if self.heap.class(&handler) == "router" {
                    self.matching(&handler, method, path, &pattern, chain);
                    continue;
                }
                let fields = parameters.iter().map(|(n, v)| (n.as_str().into(), text(v))).collect();
                let parameters = self.heap.object(fields);
                let below = text(path.strip_prefix(&*pattern).unwrap_or(path));
                chain.push(self.heap.list(vec![handler, parameters, below]));
            }
        }
    }

    /// Calls the next handler of a request; without one it is not found, or failed.
    pub(super) fn next_handler(&mut self, task: &mut Task, response: u32, error: Value) -> Flow {
        let this = Value::Object(response);
        let chain = self.heap.field(&this, "chain");
        let failed = error != Value::Nothing;
        while let Value::Object(list) = chain {
            if self.heap.get(list).is_none_or(|l| l.items.is_empty()) {
                break;
            }
            let Flow::Value(entry) = self.list_method(list, "shift", Vec::new()) else { break };
            let entry = self.heap.items(&entry);
            let [handler, parameters, below] = entry.as_slice() else { break };
            let takes_errors = self.parameters_of(handler) == 4;
            if takes_errors != failed {
                continue;
            }
            let request = self.heap.field(&this, "request");
            if let Value::Object(request) = request {
                self.heap.set(request, "params", parameters.clone());
            }
            let next = Value::Method(Rc::new((this.clone(), " next".into())));
            match handler {
                Value::Native(name) => {
                    if let Some(flow) = self.builtin_handler(task, &name.clone(), &request) {
                        return flow;
                    }
                    continue;
                }
                Value::Unknown(what) => {
                    let what = what.clone();
                    self.note_here(task, FoundKind::Unread, &what);
                    continue;
                }
                Value::Object(_) if self.heap.class(handler) == "static" => {
                    let method = self.heap.text_field(&request, "method");
                    if method != "GET" && method != "HEAD" {
                        continue;
                    }
                    let root = self.heap.text_field(handler, "root");
                    let below = decoded(&self.display(below));
                    let file = if below.ends_with('/') || below.is_empty() {
                        format!("{below}/index.html")
                    } else {
                        below
                    };
                    let path = super::library::clean(&format!("{root}/{file}"));
                    return Self::read_file(&path).then(After::File(response, path));
                }
                _ => {}
            }
            let mut arguments = vec![request, this.clone(), next];
            if failed {
                arguments.insert(0, error);
            }
            return Flow::Call(handler.clone(), arguments, Value::Nothing);
        }
        if failed {
            return Flow::Throw(error);
        }
        let request = self.heap.field(&this, "request");
        let (method, path) =
            (self.heap.text_field(&request, "method"), self.heap.text_field(&request, "path"));
        if chain == Value::Nothing {
            self.finish_flask(response, 404);
            return Flow::NOTHING;
        }
        let words = format!("Cannot {method} {path}");
        self.finish(response, 404, "text/html; charset=utf-8", &error_page(&words));
        Flow::NOTHING
    }

    fn parameters_of(&self, handler: &Value) -> usize {
        let Some(code) = self.heap.of(handler).and_then(|o| o.code) else { return 0 };
        match &self.modules[code.module as usize].tree.nodes[code.node as usize].kind {
            super::node::Kind::Function(function) => function.parameters.len(),
            _ => 0,
        }
    }

    /// Handlers that libraries bring; a flow when one ends the request.
    fn builtin_handler(&mut self, _task: &Task, name: &str, request: &Value) -> Option<Flow> {
        let Value::Object(own) = request else { return None };
        let body = self.heap.text_field(request, "raw");
        let kind = self.heap.text_field(&self.heap.field(request, "headers"), "content-type");
        match name {
            "json body" if kind.contains("json") && !body.is_empty() => match self.parse_json(&body) {
                Flow::Value(value) => self.heap.set(*own, "body", value),
                other => return Some(other),
            },
            "form body" if kind.contains("urlencoded") => {
                let form = self.form(&body);
                self.heap.set(*own, "body", form);
            }
            "json body" | "form body" if self.heap.field(request, "body") == Value::Nothing => {
                let empty = self.heap.object(Vec::new());
                self.heap.set(*own, "body", empty);
            }
            "log requests" => {
                let line = format!(
                    "{} {}",
                    self.heap.text_field(request, "method"),
                    self.heap.text_field(request, "url")
                );
                self.print(false, &line);
            }
            _ => {}
        }
        None
    }

    /// Methods of applications, routers, servers and responses.
    pub(super) fn express_method(
        &mut self,
        task: &mut Task,
        id: u32,
        class: &str,
        name: &str,
        mut arguments: Vec<Value>,
    ) -> Flow {
        let this = Value::Object(id);
        match (class, name) {
            ("express" | "router", "use" | "get" | "post" | "put" | "delete" | "patch" | "all" | "head") => {
                if name == "get" && arguments.len() == 1 {
                    let key = self.display(&arguments[0]);
                    return Flow::Value(self.heap.field(&this, &key));
                }
                let path = match arguments.first() {
                    Some(Value::Text(path)) => path.to_string(),
                    _ => String::new(),
                };
                if !path.is_empty() {
                    arguments.remove(0);
                }
                for unknown in arguments
                    .iter()
                    .filter_map(|a| if let Value::Unknown(what) = a { Some(what.clone()) } else { None })
                {
                    self.print(true, &format!("drydock: not read, passed over: {unknown}"));
                }
                let flat: Vec<Value> = arguments
                    .into_iter()
                    .flat_map(|a| if self.heap.class(&a) == "list" { self.heap.items(&a) } else { vec![a] })
                    .collect();
                let layer = self.heap.list(flat);
                if let Value::Object(layer) = layer {
                    self.heap.set(layer, "method", text(name));
                    self.heap.set(layer, "path", text(&path));
                }
                if let Some(app) = self.heap.get_mut(id) {
                    app.items.push(layer);
                }
                Flow::Value(this)
            }
            ("express", "set") => {
                let key = arguments.first().map(|k| self.display(k)).unwrap_or_default();
                self.heap.set(id, &key, arguments.get(1).cloned().unwrap_or_default());
                Flow::Value(this)
            }
            ("express" | "router", "disable" | "enable") => Flow::Value(this),
            ("express" | "server", "listen") => self.begin_to_listen(task, &this, arguments),
            ("server", "on") => Flow::Value(this),
            ("server", "close") => {
                self.listening = None;
                let callback = arguments.pop().unwrap_or_default();
                if self.heap.class(&callback) == "function" {
                    Flow::Call(callback, Vec::new(), Value::Nothing)
                } else {
                    Flow::NOTHING
                }
            }
            ("server", "address") => Flow::NOTHING,
            ("response", _) => self.response_method(task, id, name, arguments),
            ("request", "get" | "header") => {
                let key = arguments.first().map(|k| self.display(k).to_ascii_lowercase()).unwrap_or_default();
                Flow::Value(self.heap.field(&self.heap.field(&this, "headers"), &key))
            }
            ("request", "on") if self.language == Language::JavaScript => {
                // `data` and `end`: the body is there already.
                let event = arguments.first().map(|k| self.display(k)).unwrap_or_default();
                let handler = arguments.pop().unwrap_or_default();
                let body = self.heap.field(&this, "raw");
                match &*event {
                    "data" => self.later(task, Flow::Call(handler, vec![body], Value::Nothing), None),
                    "end" => self.later(task, Flow::Call(handler, Vec::new(), Value::Nothing), None),
                    _ => Flow::Value(this),
                };
                Flow::NOTHING
            }
            ("request", "get_json") => {
                let body = self.heap.text_field(&this, "raw");
                self.parse_json(&body)
            }
            _ => self.unknown(task, &format!("`.{name}()`")),
        }
    }

    fn begin_to_listen(&mut self, task: &mut Task, app: &Value, arguments: Vec<Value>) -> Flow {
        let callback = arguments.iter().find(|a| self.heap.class(a) == "function").cloned();
        let options = arguments.first().map(|a| self.heap.field(a, "port")).filter(|p| *p != Value::Nothing);
        let port = options.as_ref().or(arguments.first());
        let Some(port) = self.number_of(port) else {
            return self.unknown(task, "a port that is no number");
        };
        let handler = match self.heap.class(app) {
            "server" => self.heap.field(app, "handler"),
            _ => app.clone(),
        };
        self.listen(port, handler);
        let server = self.heap.make("server");
        if let Some(callback) = callback {
            self.later(task, Flow::Call(callback, Vec::new(), Value::Nothing), None);
        }
        Flow::Value(Value::Object(server))
    }
}

/// The page that Express makes of an error.
fn error_page(words: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>{words}</pre>\n</body>\n</html>\n"
    )
}

/// The names in a path pattern with their values: `/items/:id`; only the beginning must match with `prefix`.
fn matches(pattern: &str, path: &str, prefix: bool) -> Option<Vec<(String, String)>> {
    if matches!(pattern, "*" | "/*" | "/{*splat}" | "") && (prefix || !pattern.is_empty()) {
        return Some(Vec::new());
    }
    let split = |text: &str| text.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (wanted, given) = (split(pattern), split(path));
    if wanted.len() > given.len()
        || !prefix && wanted.len() != given.len() && wanted.last().is_none_or(|w| w != "*")
    {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, given) in wanted.iter().zip(&given) {
        match wanted.strip_prefix(':') {
            Some(name) => found.push((name.trim_end_matches('?').to_owned(), decoded(given))),
            None if wanted == "*" || wanted == given => {}
            None => return None,
        }
    }
    Some(found)
}

/// The reason phrase of a status code (RFC 9110).
pub fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}

/// The media type of a file by its name.
pub fn kind_of(path: &str, other: &str) -> String {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "txt" | "text" | "plain" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => return other.to_owned(),
    }
    .to_owned()
}
