//! Flask and FastAPI: routes, requests and replies.

use super::express::phrase;
use super::library::keyword;
use super::task::{After, Ask, Flow, Task};
use super::value::{Style, Value, json, number, text};
use super::{Application, FoundKind};

impl Application {
    /// The request that is being answered.
    pub(super) fn current_request(&self) -> u32 {
        match self.heap.field(&Value::Object(self.current), "request") {
            Value::Object(request) => request,
            _ => 0,
        }
    }

    /// Functions of `flask` and `fastapi`.
    pub(super) fn called_flask(&mut self, task: &mut Task, name: &str, arguments: &[Value]) -> Option<Flow> {
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        let (_, function) = name.rsplit_once('.')?;
        Some(match function {
            "Flask" | "FastAPI" => {
                let id = self.heap.make("flask");
                self.heap.set(id, "kind", text(function));
                let scope = self.modules.first().map_or(0, |m| m.scope);
                let path = self.heap.text_field(&Value::Object(scope), "__file__");
                self.heap.set(id, "root", text(path.rsplit_once('/').map_or("", |p| p.0)));
                self.heap.set(
                    id,
                    "name",
                    text(path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py")),
                );
                Flow::Value(Value::Object(id))
            }
            "jsonify" => {
                let plain: Vec<Value> =
                    arguments.iter().filter(|a| !matches!(a, Value::Keyword(_))).cloned().collect();
                let value = match (plain.len(), arguments.len()) {
                    (0, _) => {
                        let fields = arguments.iter().filter_map(|a| match a {
                            Value::Keyword(pair) => Some((pair.0.clone(), pair.1.clone())),
                            _ => None,
                        });
                        let fields = fields.collect();
                        self.heap.object(fields)
                    }
                    (1, _) => plain[0].clone(),
                    _ => self.heap.list(plain),
                };
                let body = self.flask_json(&value);
                self.reply_object(200, "application/json", &body)
            }
            "make_response" | "Response" | "HTMLResponse" | "PlainTextResponse" | "JSONResponse" => {
                let status = self
                    .number_of(arguments.get(1))
                    .or_else(|| self.number_of(keyword(arguments, "status").as_ref()));
                let kind = keyword(arguments, "mimetype")
                    .map_or("text/html; charset=utf-8".to_owned(), |k| self.display(&k));
                if self.heap.class(&first) == "reply" {
                    return Some(Flow::Value(first));
                }
                self.reply_object(status.unwrap_or(200.0) as u16, &kind, &shown)
            }
            "redirect" | "RedirectResponse" => {
                let status = self.number_of(keyword(arguments, "code").as_ref()).unwrap_or(302.0) as u16;
                let body = format!(
                    "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: <a href=\"{shown}\">{shown}</a>. If not, click the link.\n"
                );
                let flow = self.reply_object(status, "text/html; charset=utf-8", &body);
                if let Flow::Value(Value::Object(id)) = &flow {
                    self.heap.set(*id, "location", text(&shown));
                }
                flow
            }
            "abort" | "HTTPException" => {
                let status = self
                    .number_of(Some(&first))
                    .or_else(|| self.number_of(keyword(arguments, "status_code").as_ref()));
                let error = self.heap.error("HTTPException", &format!("{}", status.unwrap_or(500.0) as u16));
                if function == "abort" { Flow::Throw(error) } else { Flow::Value(error) }
            }
            "url_for" => {
                let file = keyword(arguments, "filename").map(|f| self.display(&f)).unwrap_or_default();
                if shown == "static" {
                    return Some(Flow::text(&format!("/static/{file}")));
                }
                let (_, app) = self.listening.clone()?;
                let found =
                    self.heap.items(&app).into_iter().find(|l| self.heap.text_field(l, "name") == shown);
                Flow::text(&found.map(|l| self.heap.text_field(&l, "path")).unwrap_or_default())
            }
            "render_template" | "render_template_string" => {
                let fields = arguments.iter().filter_map(|a| match a {
                    Value::Keyword(pair) => Some((pair.0.clone(), pair.1.clone())),
                    _ => None,
                });
                let fields = fields.collect();
                let values = self.heap.object(fields);
                if function == "render_template_string" {
                    return Some(self.render(&first, &values));
                }
                let root =
                    self.heap.text_field(&self.listening.clone().map(|l| l.1).unwrap_or_default(), "root");
                let root = if root.is_empty() { self.directory.to_string() } else { root };
                self.note_here(task, FoundKind::Files, &format!("templates/{shown}"));
                Self::read_file(&format!("{root}/templates/{shown}")).then(After::Render(values))
            }
            "send_from_directory" => {
                let file = arguments.get(1).map(|f| self.display(f)).unwrap_or_default();
                let path = self.path(&format!("{shown}/{file}"));
                Self::read_file(&path).then(After::File(task.response, path))
            }
            "CORS" => Flow::NOTHING,
            _ => return None,
        })
    }

    fn flask_json(&self, value: &Value) -> String {
        let sorted = json(&self.heap, value, Style { spaced: false, indent: 0 }, 0).unwrap_or_default();
        sorted + "\n"
    }

    pub(super) fn reply_object(&mut self, status: u16, kind: &str, body: &str) -> Flow {
        let id = self.heap.make("reply");
        self.heap.set(id, "status_code", number(status.into()));
        self.heap.set(id, "type", text(kind));
        self.heap.set(id, "body", text(body));
        Flow::Value(Value::Object(id))
    }

    /// Methods of an application.
    pub(super) fn flask_method(
        &mut self,
        task: &mut Task,
        id: u32,
        name: &str,
        arguments: Vec<Value>,
    ) -> Flow {
        let this = Value::Object(id);
        match name {
            "route" | "get" | "post" | "put" | "delete" | "patch" => {
                let path = arguments.first().map(|p| self.display(p)).unwrap_or_default();
                let methods = match (name, keyword(&arguments, "methods")) {
                    ("route", Some(methods)) => {
                        self.heap.items(&methods).iter().map(|m| self.display(m)).collect()
                    }
                    ("route", None) => vec!["GET".to_owned()],
                    (verb, _) => vec![verb.to_uppercase()],
                };
                for method in &methods {
                    self.note_here(task, FoundKind::Route, &format!("{method} {path}"));
                }
                let decorator = self.heap.make("decorator");
                self.heap.set(decorator, "app", this);
                self.heap.set(decorator, "path", text(&path));
                self.heap.set(decorator, "methods", text(&methods.join(" ")));
                Flow::Value(Value::Object(decorator))
            }
            "run" => {
                let port = self
                    .number_of(keyword(&arguments, "port").as_ref())
                    .or_else(|| self.number_of(arguments.get(1)));
                let host = keyword(&arguments, "host")
                    .or_else(|| arguments.first().filter(|a| matches!(a, Value::Text(_))).cloned());
                let host = host.map_or("127.0.0.1".to_owned(), |h| self.display(&h));
                let debug = keyword(&arguments, "debug").is_some_and(|d| self.is_true(&d));
                self.serve_flask(&this, &host, port.unwrap_or(5000.0), debug);
                Flow::Ask(Ask::Until(u64::MAX))
            }
            "add_middleware" | "mount" | "logger" | "config" => Flow::NOTHING,
            "errorhandler" | "before_request" | "on_event" => self.unknown(task, &format!("`.{name}()`")),
            _ => self.unknown(task, &format!("`.{name}()` of an application")),
        }
    }

    /// The development server begins to listen, and says so.
    pub(super) fn serve_flask(&mut self, app: &Value, host: &str, port: f64, debug: bool) {
        self.listen(port, app.clone());
        self.loopback = host == "127.0.0.1" || host == "localhost";
        let name = self.heap.text_field(app, "name");
        self.print(
            false,
            &format!(" * Serving Flask app '{name}'\n * Debug mode: {}", if debug { "on" } else { "off" }),
        );
        let mut lines = "WARNING: This is a development server. Do not use it in a production deployment. Use a production WSGI server instead.\n".to_owned();
        if host == "0.0.0.0" {
            lines.push_str(&format!(
                " * Running on all addresses (0.0.0.0)\n * Running on http://127.0.0.1:{port}\n * Running on http://{}:{port}\n",
                self.address
            ));
        } else {
            lines.push_str(&format!(" * Running on http://{host}:{port}\n"));
        }
        self.print(true, &(lines + "Press CTRL+C to quit"));
    }

    /// A decorator of a route gets its function.
    pub(super) fn decorate(&mut self, decorator: &Value, arguments: Vec<Value>) -> Flow {
        let function = arguments.into_iter().next().unwrap_or_default();
        let Value::Object(app) = self.heap.field(decorator, "app") else { return Flow::Value(function) };
        let name = match self.heap.of(&function).and_then(|o| o.code) {
            Some(code) => match &self.modules[code.module as usize].tree.nodes[code.node as usize].kind {
                super::node::Kind::Function(function) => function.name.to_string(),
                _ => String::new(),
            },
            None => String::new(),
        };
        let layer = self.heap.list(vec![function.clone()]);
        if let Value::Object(id) = layer {
            for key in ["path", "methods"] {
                let value = self.heap.field(decorator, key);
                self.heap.set(id, key, value);
            }
            self.heap.set(id, "name", text(&name));
        }
        if let Some(app) = self.heap.get_mut(app) {
            app.items.push(layer);
        }
        Flow::Value(function)
    }

    /// A request comes to an application: the function of its route is called.
    pub(super) fn flask_request(&mut self, task: &mut Task, app: &Value, request: u32, path: &str) -> Flow {
        self.current = task.response;
        let own = Value::Object(request);
        let raw = self.heap.text_field(&own, "raw");
        let method = self.heap.text_field(&own, "method");
        let form = self.form(&raw);
        self.heap.set(request, "form", form);
        let query = self.heap.field(&own, "query");
        self.heap.set(request, "args", query.clone());
        self.heap.set(request, "data", text(&raw));
        if let (Flow::Value(body), false) = (self.parse_json(&raw), raw.is_empty()) {
            self.heap.set(request, "json", body);
        }
        let mut allowed = None;
        for layer in self.heap.items(app) {
            let pattern = self.heap.text_field(&layer, "path");
            if let Some(below) = Some(self.heap.text_field(&layer, "prefix"))
                .filter(|p| !p.is_empty())
                .and_then(|p| path.strip_prefix(&*p))
            {
                let file = if below.is_empty() || below.ends_with('/') {
                    format!("{below}index.html")
                } else {
                    below.to_owned()
                };
                let file = super::library::clean(&format!("{}/{file}", self.heap.text_field(&layer, "root")));
                return Self::read_file(&file).then(After::File(task.response, file));
            }
            let Some(parameters) = self.flask_matches(&pattern, path) else { continue };
            let methods = self.heap.text_field(&layer, "methods");
            if !methods.split(' ').any(|m| m == method || m == "GET" && method == "HEAD") {
                allowed = Some(methods);
                continue;
            }
            let named = parameters.iter().map(|(n, v)| (n.as_str().into(), v.clone())).collect();
            let named = self.heap.object(named);
            self.heap.set(request, "params", named);
            let mut arguments: Vec<Value> = parameters
                .into_iter()
                .map(|(name, value)| Value::Keyword((name.as_str().into(), value).into()))
                .collect();
            if self.heap.text_field(app, "kind") == "FastAPI" {
                for (name, value) in self.heap.of(&query).map(|o| o.fields.clone()).unwrap_or_default() {
                    arguments.push(Value::Keyword((name, value).into()));
                }
            }
            let function = self.heap.items(&layer).first().cloned().unwrap_or_default();
            return Flow::Call(function, arguments, Value::Nothing).then(After::Reply(task.response));
        }
        if let (Some(file), None) = (path.strip_prefix("/static/"), &allowed) {
            let file = super::library::clean(&format!("{}/static/{file}", self.heap.text_field(app, "root")));
            return Self::read_file(&file).then(After::File(task.response, file));
        }
        let status = if allowed.is_some() { 405 } else { 404 };
        self.finish_flask(task.response, status);
        Flow::NOTHING
    }

    /// `/items/<int:id>`, `/items/{id}`.
    fn flask_matches(&self, pattern: &str, path: &str) -> Option<Vec<(String, Value)>> {
        let wanted: Vec<&str> = pattern.split('/').collect();
        let given: Vec<&str> = path.split('/').collect();
        if wanted.len() != given.len() {
            return None;
        }
        let mut found = Vec::new();
        for (wanted, given) in wanted.iter().zip(given) {
            let inner = wanted
                .strip_prefix('<')
                .and_then(|w| w.strip_suffix('>'))
                .or_else(|| wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}')))
                .or_else(|| wanted.strip_prefix(':').map(|_| &wanted[1..]));
            let Some(inner) = inner else {
                if *wanted != given {
                    return None;
                }
                continue;
            };
            let (kind, name) = inner.split_once(':').unwrap_or(("", inner));
            let numeric = crate::decimal::decimal(given);
            let value = match (kind, numeric) {
                ("int" | "float", None) => return None,
                ("int" | "float", Some(value)) => number(value),
                _ if wanted.starts_with('{') => numeric.map_or_else(|| text(given), number),
                _ => text(&super::express::decoded(given)),
            };
            found.push((name.to_owned(), value));
        }
        Some(found)
    }

    /// What a function has returned is the reply.
    pub(super) fn reply_with(&mut self, _task: &mut Task, response: u32, value: Value) -> Flow {
        let this = Value::Object(response);
        let mut status = 200;
        let mut value = value;
        let fast = self.listening.as_ref().is_some_and(|l| self.heap.text_field(&l.1, "kind") == "FastAPI");
        if self.heap.field(&value, " tuple") == Value::Bool(true) {
            let parts = self.heap.items(&value);
            value = parts.first().cloned().unwrap_or_default();
            status = self.number_of(parts.get(1)).unwrap_or(200.0) as u16;
        }
        match &value {
            Value::Unknown(_) => return Flow::Throw(value),
            Value::Text(body) if fast => {
                let quoted =
                    json(&self.heap, &text(body), Style { spaced: false, indent: 0 }, 0).unwrap_or_default();
                self.finish(response, status, "application/json", &quoted);
            }
            Value::Text(body) => self.finish(response, status, "text/html; charset=utf-8", &body.clone()),
            Value::Object(_) if self.heap.class(&value) == "reply" => {
                let own =
                    self.number_of(Some(&self.heap.field(&value, "status_code"))).unwrap_or(200.0) as u16;
                let (kind, body) =
                    (self.heap.text_field(&value, "type"), self.heap.text_field(&value, "body"));
                let location = self.heap.field(&value, "location");
                if let (Value::Object(headers), Value::Text(_)) =
                    (self.heap.field(&this, "headers"), &location)
                {
                    self.heap.set(headers, "Location", location.clone());
                }
                self.finish(response, if status == 200 { own } else { status }, &kind, &body);
            }
            Value::Object(_) if matches!(self.heap.class(&value), "object" | "list") => {
                let body = self.flask_json(&value);
                self.finish(response, status, "application/json", if fast { body.trim_end() } else { &body });
            }
            Value::Null | Value::Nothing if fast => self.finish(response, status, "application/json", "null"),
            _ if self.heap.field(&this, "ended") == Value::Bool(true) => {}
            _ => {
                let words = "The view function did not return a valid response. The return type must be a string, dict, list, tuple with headers or status, Response instance, or WSGI callable.";
                return Flow::Throw(self.heap.error("TypeError", words));
            }
        }
        Flow::NOTHING
    }

    /// A request that ended with an exception.
    pub(super) fn failed_flask(&mut self, response: u32, method: &str, path: &str, error: &Value) {
        if self.heap.text_field(error, "name") == "HTTPException" {
            let status = self.heap.text_field(error, "message").parse().unwrap_or(500);
            return self.finish_flask(response, status);
        }
        let iso = crate::time::Time(self.now.0).rfc3339().replace('T', " ");
        let when = format!("{},{}", iso.get(..19).unwrap_or_default(), iso.get(20..23).unwrap_or_default());
        let lines = self.error_lines(error);
        let module = self.modules.first().map_or("app", |m| m.path.rsplit('/').next().unwrap_or("app"));
        let line = format!(
            "[{when}] ERROR in {}: Exception on {path} [{method}]\n{lines}",
            module.trim_end_matches(".py")
        );
        self.print(true, &line);
        self.finish_flask(response, 500);
    }

    /// The page that Flask makes of a status.
    pub(super) fn finish_flask(&mut self, response: u32, status: u16) {
        let fast = self.listening.as_ref().is_some_and(|l| self.heap.text_field(&l.1, "kind") == "FastAPI");
        if fast {
            let body = match status {
                500 => "Internal Server Error".to_owned(),
                _ => format!("{{\"detail\":\"{}\"}}", phrase(status)),
            };
            return self.finish(response, status, "application/json", &body);
        }
        let words = match status {
            404 => {
                "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
            }
            405 => "The method is not allowed for the requested URL.",
            400 => "The browser (or proxy) sent a request that this server could not understand.",
            500 => {
                "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application."
            }
            _ => "",
        };
        let phrase = phrase(status);
        let body = format!(
            "<!doctype html>\n<html lang=en>\n<title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{words}</p>\n"
        );
        self.finish(response, status, "text/html; charset=utf-8", &body);
    }
}
