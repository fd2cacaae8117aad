//! Go's text/template over JSON, with the functions that Docker adds.

mod function;
mod parse;
mod typed;

use self::function::{FUNCTIONS, call};
use self::parse::Parser;
use crate::shared::Map;
use serde_json::Value;

/// How a pointer to nothing is written in the data: Go prints it as `<nil>` and takes it for false.
pub const NIL: &str = "\0";
/// A text that is empty, and that JSON leaves out.
pub const LEFT_OUT: &str = "\u{1}";
/// What a duration begins with; its nanoseconds follow.
pub const DURATION: &str = "\u{2}";

/// A duration of nothing, which JSON leaves out.
const NO_TIME: &str = "\u{2}0";

/// A template that was read.
#[derive(Clone, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    /// Those that `define` and `block` name.
    named: Map<String, Vec<Node>>,
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Output(Pipeline),
    If(Vec<(Option<Pipeline>, Vec<Node>)>),
    Range(Option<(Option<String>, String)>, Pipeline, Vec<Node>, Vec<Node>),
    With(Pipeline, Vec<Node>, Vec<Node>),
    /// `template`: its name, what is the dot in it, and where it stands.
    Named(String, Option<Pipeline>, usize),
    /// `break`, or else `continue`.
    Leave(bool),
}

#[derive(Clone, Debug)]
struct Pipeline {
    assign: Option<String>,
    commands: Vec<Command>,
}

/// A function or a value, with what follows it, where it is and how it is written.
#[derive(Clone, Debug, Default)]
struct Command {
    terms: Vec<(Term, usize)>,
    at: usize,
    text: String,
}

#[derive(Clone, Debug)]
enum Term {
    Dot,
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Literal(Value),
    Call(String),
    Nested(Pipeline, Vec<String>),
}

impl Pipeline {
    /// The last name of the field that it is, when it is one alone.
    fn name(&self) -> &str {
        match self.commands.as_slice() {
            [command] => match command.terms.as_slice() {
                [(Term::Field(path) | Term::Variable(_, path), _)] => path.last().map_or("", String::as_str),
                _ => "",
            },
            _ => "",
        }
    }
}

/// What is wrong.
pub type TemplateError = String;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Go's words after `template: `.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parser = Parser::new(text);
        let (nodes, end) = parser.nodes()?;
        match end.as_deref() {
            None => Ok(Self { nodes, named: parser.named }),
            Some(word) => Err(format!(":1: unexpected {{{{{word}}}}}")),
        }
    }

    /// Fills it in with what the client's own types hold, which print otherwise than what JSON holds.
    ///
    /// # Errors
    /// Go's words after `template: `.
    pub fn render_typed(&self, data: &Value) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut variables = Map::from([("$".to_owned(), data.clone()), (String::new(), Value::Null)]);
        run(&self.nodes, data, &mut variables, &mut Output { text: &mut out, named: &self.named, depth: 0 })?;
        Ok(out)
    }

    /// Fills it in.
    ///
    /// # Errors
    /// Go's words after `template: `.
    pub fn render(&self, data: &Value) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut variables = Map::from([("$".to_owned(), data.clone())]);
        run(&self.nodes, data, &mut variables, &mut Output { text: &mut out, named: &self.named, depth: 0 })?;
        Ok(out)
    }
}

/// What is printed so far, and the templates that can be called.
struct Output<'o> {
    text: &'o mut String,
    named: &'o Map<String, Vec<Node>>,
    depth: u32,
}

type Variables = Map<String, Value>;

fn run(
    nodes: &[Node],
    dot: &Value,
    variables: &mut Variables,
    out: &mut Output<'_>,
) -> Result<Option<bool>, TemplateError> {
    for node in nodes {
        match node {
            Node::Text(text) => out.text.push_str(text),
            Node::Output(pipeline) => {
                let value = evaluate(pipeline, dot, variables)?;
                match &pipeline.assign {
                    Some(name) => {
                        variables.insert(name.clone(), value);
                    }
                    None if variables.contains_key("") => {
                        out.text.push_str(&typed::show(&value, pipeline.name()))
                    }
                    None => out.text.push_str(&show(&value)),
                }
            }
            Node::Named(name, pipeline, at) => named(name, pipeline.as_ref(), *at, (dot, variables, out))?,
            Node::Leave(whole) => return Ok(Some(*whole)),
            Node::If(arms) => {
                for (condition, body) in arms {
                    let yes = match condition {
                        Some(condition) => truth(&evaluate(condition, dot, variables)?),
                        None => true,
                    };
                    if yes {
                        let left = run(body, dot, variables, out)?;
                        if left.is_some() {
                            return Ok(left);
                        }
                        break;
                    }
                }
            }
            Node::With(pipeline, body, otherwise) => {
                let value = evaluate(pipeline, dot, variables)?;
                let (body, dot) = if truth(&value) { (body, &value) } else { (otherwise, dot) };
                let left = run(body, dot, variables, out)?;
                if left.is_some() {
                    return Ok(left);
                }
            }
            Node::Range(names, pipeline, body, otherwise) => {
                let value = evaluate(pipeline, dot, variables)?;
                let items: Vec<(Value, Value)> = match value {
                    Value::Array(items) => {
                        items.into_iter().enumerate().map(|(n, v)| (n.into(), v)).collect()
                    }
                    Value::Object(members) => {
                        let mut members: Vec<(String, Value)> = members.into_iter().collect();
                        crate::shared::sort_by(&mut members, |a, b| a.0.cmp(&b.0));
                        members.into_iter().map(|(k, v)| (k.into(), v)).collect()
                    }
                    _ => Vec::new(),
                };
                if items.is_empty() {
                    run(otherwise, dot, variables, out)?;
                }
                for (key, item) in items {
                    if let Some((first, last)) = names {
                        if let Some(first) = first {
                            variables.insert(first.clone(), key);
                        }
                        variables.insert(last.clone(), item.clone());
                    }
                    if run(body, &item, variables, out)? == Some(true) {
                        break;
                    }
                }
            }
        }
    }
    Ok(None)
}

/// Fills a template in that another one calls: its dot is what it is given, and so is `$`.
fn named(
    name: &str,
    pipeline: Option<&Pipeline>,
    at: usize,
    (dot, variables, out): (&Value, &mut Variables, &mut Output<'_>),
) -> Result<(), TemplateError> {
    let value = pipeline.map_or(Ok(Value::Null), |pipeline| evaluate(pipeline, dot, variables))?;
    let Some(nodes) = out.named.get(name) else {
        return Err(format!(
            ":1:{at}: executing \"\" at <{{{{template {name:?}}}}}>: template {name:?} not defined"
        ));
    };
    if out.depth >= 50 {
        return Err(format!(":1:{at}: executing {name:?}: exceeded maximum template depth (100000)"));
    }
    let mut inner = Map::from([("$".to_owned(), value.clone())]);
    if variables.contains_key("") {
        inner.insert(String::new(), Value::Null);
    }
    out.depth += 1;
    run(nodes, &value, &mut inner, out)?;
    out.depth -= 1;
    Ok(())
}

fn evaluate(pipeline: &Pipeline, dot: &Value, variables: &mut Variables) -> Result<Value, TemplateError> {
    let mut last: Option<Value> = None;
    let raw = !variables.contains_key("");
    for command in &pipeline.commands {
        let mut values = Vec::new();
        let mut function = None;
        for (n, (term, at)) in command.terms.iter().enumerate() {
            match term {
                Term::Call(name) if n == 0 => function = Some(name.as_str()),
                Term::Call(name) => values.push(call(name, &[], command)?),
                Term::Dot => values.push(dot.clone()),
                Term::Literal(value) => values.push(value.clone()),
                // A row's `.Label "name"`, the one method that takes an argument.
                Term::Field(path) if n == 0 && command.terms.len() == 2 && path[0] == "Label" => {
                    let Term::Literal(wanted) = &command.terms[1].0 else { continue };
                    if dot.get("").is_some() {
                        values.push(wanted.clone());
                        break;
                    }
                    let all = dot["Labels"].as_str().unwrap_or_default();
                    let mut pairs = all.split(',').filter_map(|l| l.split_once('='));
                    values
                        .push(pairs.find(|(name, _)| *wanted == *name).map_or("", |(_, value)| value).into());
                    break;
                }
                Term::Field(path) => values.push(field(dot, path, *at, raw)?),
                Term::Variable(name, path) => {
                    let value = variables
                        .get(name)
                        .cloned()
                        .ok_or_else(|| format!(":1: undefined variable \"{name}\""))?;
                    values.push(field(&value, path, *at, raw)?);
                }
                Term::Nested(inner, path) => {
                    let value = evaluate(inner, dot, variables)?;
                    values.push(field(&value, path, *at, raw)?);
                }
            }
        }
        values.extend(last.take());
        last = Some(match function {
            Some(name) => call(name, &values, command)?,
            None => values.into_iter().next().unwrap_or(Value::Null),
        });
    }
    Ok(last.unwrap_or(Value::Null))
}

fn field(value: &Value, path: &[String], at: usize, raw: bool) -> Result<Value, TemplateError> {
    let mut value = value.clone();
    // Go names the place of the second name of several.
    let at = at + path.first().filter(|_| path.len() > 1).map_or(0, |first| first.len() + 1);
    for (n, name) in path.iter().enumerate() {
        let name = if raw { name } else { typed::name(name) };
        value = match value {
            Value::Object(mut members) => match members.swap_remove(name) {
                Some(member) => member,
                // The client's own type of events has a map here, which may lack a key.
                None if n > 0 && path[n - 1] == "Attributes" => Value::Null,
                None if n > 0 && n + 1 == path.len() && !raw && typed::is_map(&path[n - 1]) => Value::Null,
                None if n + 1 == path.len() && !raw && typed::omitted(name).is_some() => {
                    typed::omitted(name).unwrap_or_default()
                }
                None => {
                    let shown = format!(".{}", path.join("."));
                    return Err(format!(
                        ":1:{at}: executing \"\" at <{shown}>: map has no entry for key \"{name}\""
                    ));
                }
            },
            Value::Null => Value::Null,
            other => {
                let shown = format!(".{}", path[..=n].join("."));
                let kind = if other.is_string() && !raw { "string" } else { "interface {}" };
                return Err(format!(
                    ":1:{at}: executing \"\" at <{shown}>: can't evaluate field {name} in type {kind}"
                ));
            }
        };
    }
    Ok(value)
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty() && s != NIL && s != LEFT_OUT,
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

/// A value as Go prints it.
pub fn show(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::String(s) if s == NIL => "<nil>".to_owned(),
        Value::String(s) if s == LEFT_OUT => String::new(),
        Value::String(s) if s.starts_with(DURATION) => crate::time::go_duration(s[1..].parse().unwrap_or(0)),
        Value::String(s) => s.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let mut all: Vec<String> = members.iter().map(|(k, v)| format!("{k}:{}", inner(v))).collect();
            crate::shared::sort_by(&mut all, Ord::cmp);
            format!("map[{}]", all.join(" "))
        }
        other => other.to_string(),
    }
}

fn inner(value: &Value) -> String {
    if value.is_null() { "<nil>".to_owned() } else { show(value) }
}
