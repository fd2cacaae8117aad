//! What a handler does with its response.

use super::super::task::{After, Ask, Flow, Task};
use super::super::value::{Value, text};
use super::super::{Application, Language, Reply};
use super::{error_page, kind_of, phrase};

impl Application {
    pub(in crate::application) fn response_method(
        &mut self,
        task: &mut Task,
        id: u32,
        name: &str,
        arguments: Vec<Value>,
    ) -> Flow {
        let this = Value::Object(id);
        let first = arguments.first().cloned().unwrap_or_default();
        let shown = self.display(&first);
        let status = self.number_of(Some(&self.heap.field(&this, "statusCode"))).unwrap_or(200.0) as u16;
        if let Value::Unknown(_) = first {
            return Flow::Throw(first);
        }
        match name {
            " next" => return self.next_handler(task, id, first),
            "status" => self.heap.set(id, "statusCode", first),
            "type" | "contentType" => self.set_header(id, "Content-Type", &kind_of(&shown, &shown)),
            "set" | "header" | "setHeader" | "append" => {
                let value = arguments.get(1).map(|v| self.display(v)).unwrap_or_default();
                self.set_header(id, &shown, &value);
            }
            "writeHead" => {
                self.heap.set(id, "statusCode", first);
                let fields = arguments
                    .last()
                    .and_then(|a| self.heap.of(a))
                    .map(|o| o.fields.clone())
                    .unwrap_or_default();
                for (key, value) in fields {
                    let value = self.display(&value);
                    self.set_header(id, &key, &value);
                }
            }
            "write" => {
                let before = self.heap.text_field(&this, "body");
                self.heap.set(id, "body", text(&(before + &shown)));
            }
            "end" => {
                let body =
                    self.heap.text_field(&this, "body") + if first == Value::Nothing { "" } else { &shown };
                self.finish(id, status, "", &body);
            }
            "json" | "jsonp" => {
                let json = self.json_text(&first, 0).unwrap_or_default();
                self.finish(id, status, "application/json; charset=utf-8", &json);
            }
            "send" => match &first {
                Value::Nothing => self.finish(id, status, "", ""),
                Value::Text(_) => self.finish(id, status, "text/html; charset=utf-8", &shown),
                _ => {
                    let json = self.json_text(&first, 0).unwrap_or_default();
                    self.finish(id, status, "application/json; charset=utf-8", &json);
                }
            },
            "sendStatus" => {
                let status = self.number_of(Some(&first)).unwrap_or(200.0) as u16;
                self.finish(id, status, "text/plain; charset=utf-8", phrase(status));
            }
            "redirect" => {
                let (status, place) = match arguments.get(1) {
                    Some(place) => {
                        (self.number_of(Some(&first)).unwrap_or(302.0) as u16, self.display(place))
                    }
                    None => (302, shown),
                };
                self.set_header(id, "Location", &place);
                let body = format!("{}. Redirecting to {place}", phrase(status));
                self.finish(id, status, "text/plain; charset=utf-8", &body);
            }
            "sendFile" => {
                let options = arguments.get(1).cloned().unwrap_or_default();
                let root = self.heap.text_field(&options, "root");
                let path =
                    if root.is_empty() { self.path(&shown) } else { self.path(&format!("{root}/{shown}")) };
                let reads = Flow::Ask(Ask::Read(path.clone())).then(After::File(id, path));
                return self.later(task, reads, None);
            }
            "on" | "cookie" | "clearCookie" | "vary" => {}
            _ => return self.unknown(task, &format!("`res.{name}()`")),
        }
        Flow::Value(this)
    }

    pub(in crate::application) fn set_header(&mut self, response: u32, name: &str, value: &str) {
        if let Value::Object(headers) = self.heap.field(&Value::Object(response), "headers") {
            self.heap.set(headers, name, text(value));
        }
    }

    /// The reply to a request, once.
    pub(in crate::application) fn finish(&mut self, response: u32, status: u16, kind: &str, body: &str) {
        let this = Value::Object(response);
        if self.heap.field(&this, "ended") == Value::Bool(true) {
            return;
        }
        self.heap.set(response, "ended", Value::Bool(true));
        let mut headers: Vec<(String, String)> = Vec::new();
        if let Some(object) = self.heap.of(&self.heap.field(&this, "headers")) {
            headers = object.fields.iter().map(|(n, v)| (n.to_string(), self.display(v))).collect();
        }
        if !kind.is_empty() && !headers.iter().any(|h| h.0.eq_ignore_ascii_case("content-type")) {
            headers.insert(0, ("Content-Type".to_owned(), kind.to_owned()));
        }
        if self.heap.field(&this, "chain") != Value::Nothing {
            headers.insert(0, ("X-Powered-By".to_owned(), "Express".to_owned()));
        }
        let connection = self.number_of(Some(&self.heap.field(&this, "connection"))).unwrap_or(0.0) as u32;
        self.replies.push(Reply { connection, status, headers, body: body.as_bytes().to_vec() });
    }

    /// A file's text is the reply.
    pub(in crate::application) fn send_file(&mut self, response: u32, path: &str, content: &Value) -> Flow {
        let body = self.display(content);
        let status = self
            .number_of(Some(&self.heap.field(&Value::Object(response), "statusCode")))
            .unwrap_or(200.0) as u16;
        self.finish(response, status, &kind_of(path, "application/octet-stream"), &body);
        Flow::NOTHING
    }

    /// A request whose handler ended with an exception.
    pub(in crate::application) fn failed_request(&mut self, task: &Task, error: &Value) {
        let response = task.response;
        let request = self.heap.field(&Value::Object(response), "request");
        let (method, path) =
            (self.heap.text_field(&request, "method"), self.heap.text_field(&request, "path"));
        if let Value::Unknown(what) = error {
            self.print(true, &format!("drydock: {method} {path}: not read: {what}"));
            let words = format!("Drydock has not read what this answers: {what}\n");
            return self.finish(response, 501, "text/plain; charset=utf-8", &words);
        }
        match self.language {
            Language::JavaScript => {
                let lines = self.error_lines(error);
                self.print(true, &lines);
                self.finish(
                    response,
                    500,
                    "text/html; charset=utf-8",
                    &error_page(&lines.replace('\n', "<br>")),
                );
            }
            Language::Python => self.failed_flask(response, &method, &path, error),
        }
    }
}
