//! Templates as Jinja writes them: `{{ x.y }}`, `{% for %}`, `{% if %}`.

use super::task::Flow;
use super::value::Value;
use super::{Application, Language};

impl Application {
    /// Fills a template in.
    pub(super) fn render(&mut self, source: &Value, values: &Value) -> Flow {
        let source = self.display(source);
        let mut out = String::new();
        let mut scope = vec![values.clone()];
        match self.render_part(&source, &mut scope, &mut out, 0) {
            Ok(_) => Flow::text(&out),
            Err(what) => Flow::Throw(Value::Unknown(format!("`{what}` in a template").as_str().into())),
        }
    }

    /// Renders up to the end of a block; what is left after its last tag, and the tag.
    fn render_part<'a>(
        &mut self,
        source: &'a str,
        scope: &mut Vec<Value>,
        out: &mut String,
        depth: u32,
    ) -> Result<(&'a str, &'a str), String> {
        let mut rest = source;
        if depth > 20 {
            return Err("nesting".to_owned());
        }
        while let Some(at) = rest.find('{') {
            let (before, tail) = rest.split_at(at);
            out.push_str(before);
            if let Some(inner) = tail.strip_prefix("{{") {
                let (expression, after) = inner.split_once("}}").ok_or("{{")?;
                let value = self.term(expression.trim(), scope)?;
                out.push_str(&escaped(&self.display(&value)));
                rest = after;
            } else if let Some(inner) = tail.strip_prefix("{#") {
                rest = inner.split_once("#}").map_or("", |p| p.1);
            } else if let Some(inner) = tail.strip_prefix("{%") {
                let (tag, after) = inner.split_once("%}").ok_or("{%")?;
                let tag = tag.trim().trim_matches('-').trim();
                let after = after.strip_prefix('\n').unwrap_or(after);
                if let Some(head) = tag.strip_prefix("for ") {
                    let (name, list) = head.split_once(" in ").ok_or_else(|| tag.to_owned())?;
                    let items = self.term(list.trim(), scope)?;
                    let mut end =
                        self.render_part(after, scope, &mut String::new(), depth + 1).map(|e| e.0)?;
                    for item in self.iterate(&items, false).unwrap_or_default() {
                        let own = self.heap.object(vec![(name.trim().into(), item)]);
                        scope.push(own);
                        let done = self.render_part(after, scope, out, depth + 1);
                        scope.pop();
                        end = done?.0;
                    }
                    rest = end;
                } else if let Some(condition) = tag.strip_prefix("if ") {
                    rest = self.render_if(condition, after, scope, out, depth)?;
                } else if matches!(tag, "endfor" | "endif" | "else") || tag.starts_with("elif ") {
                    return Ok((after, tag));
                } else {
                    return Err(tag.to_owned());
                }
            } else {
                out.push('{');
                rest = &tail[1..];
            }
        }
        out.push_str(rest);
        Ok(("", ""))
    }

    fn render_if<'a>(
        &mut self,
        condition: &str,
        after: &'a str,
        scope: &mut Vec<Value>,
        out: &mut String,
        depth: u32,
    ) -> Result<&'a str, String> {
        let value = self.condition(condition.trim(), scope)?;
        let mut nowhere = String::new();
        let (mut rest, mut tag) =
            self.render_part(after, scope, if value { out } else { &mut nowhere }, depth + 1)?;
        let mut done = value;
        while tag == "else" || tag.starts_with("elif ") {
            let takes = !done
                && match tag.strip_prefix("elif ") {
                    Some(condition) => self.condition(condition.trim(), scope)?,
                    None => true,
                };
            done |= takes;
            nowhere.clear();
            (rest, tag) = self.render_part(rest, scope, if takes { out } else { &mut nowhere }, depth + 1)?;
        }
        Ok(rest)
    }

    fn condition(&mut self, text: &str, scope: &[Value]) -> Result<bool, String> {
        if let Some(inner) = text.strip_prefix("not ") {
            return self.condition(inner.trim(), scope).map(|truth| !truth);
        }
        for operator in ["==", "!=", ">=", "<=", ">", "<"] {
            if let Some((left, right)) = text.split_once(operator) {
                let (left, right) = (self.term(left.trim(), scope)?, self.term(right.trim(), scope)?);
                return Ok(self.binary(operator, &left, &right) == Flow::Value(Value::Bool(true)));
            }
        }
        let value = self.term(text, scope)?;
        Ok(self.is_true(&value))
    }

    /// A literal, or a name with fields: `item.name`, `item['name']`.
    fn term(&mut self, text: &str, scope: &[Value]) -> Result<Value, String> {
        let (text, filter) = text.split_once('|').map_or((text, ""), |p| (p.0.trim(), p.1.trim()));
        if !matches!(filter, "" | "safe" | "length" | "upper" | "lower" | "tojson") {
            return Err(filter.to_owned());
        }
        let quoted = text.strip_prefix(['"', '\'']).and_then(|t| t.strip_suffix(['"', '\'']));
        let value = if let Some(quoted) = quoted {
            Value::Text(quoted.into())
        } else if let Some(number) = crate::decimal::decimal(text) {
            Value::Number(number)
        } else {
            let mut parts = text.split(['.', '[']).map(|p| p.trim_matches([']', '"', '\'']));
            let name = parts.next().unwrap_or_default();
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(text.to_owned());
            }
            let found = scope.iter().rev().find_map(|s| self.heap.of(s)?.get(name).cloned());
            let mut value = found.unwrap_or(Value::Text("".into()));
            for part in parts {
                value = match (part.parse::<f64>(), self.heap.class(&value)) {
                    (Ok(at), "list") => self.heap.items(&value).get(at as usize).cloned().unwrap_or_default(),
                    _ => self.heap.field(&value, part),
                };
            }
            value
        };
        Ok(match filter {
            "length" => Value::Number(self.iterate(&value, false).map_or(0, |i| i.len()) as f64),
            "upper" => Value::Text(self.display(&value).to_uppercase().as_str().into()),
            "lower" => Value::Text(self.display(&value).to_lowercase().as_str().into()),
            "tojson" => Value::Text(self.json_text(&value, 0).unwrap_or_default().as_str().into()),
            _ => {
                let _ = Language::Python;
                value
            }
        })
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}
