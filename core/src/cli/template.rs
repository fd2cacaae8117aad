//! Go's text/template over JSON, with the functions that Docker adds.

mod parse;

use self::parse::Parser;
use crate::shared::Map;
use serde_json::Value;

/// How a pointer to nothing is written in the data: Go prints it as `<nil>` and takes it for false.
pub const NIL: &str = "\0";
/// A text that is empty, and that JSON leaves out.
pub const LEFT_OUT: &str = "\u{1}";
/// What a duration begins with; its nanoseconds follow.
pub const DURATION: &str = "\u{2}";

/// A template that was read.
#[derive(Clone, Debug)]
pub struct Template(Vec<Node>);

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Output(Pipeline),
    If(Vec<(Option<Pipeline>, Vec<Node>)>),
    Range(Option<(Option<String>, String)>, Pipeline, Vec<Node>, Vec<Node>),
    With(Pipeline, Vec<Node>, Vec<Node>),
}

#[derive(Clone, Debug)]
struct Pipeline {
    assign: Option<String>,
    commands: Vec<Vec<Term>>,
    at: usize,
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
            None => Ok(Self(nodes)),
            Some(word) => Err(format!(":1: unexpected {{{{{word}}}}}")),
        }
    }

    /// Fills it in.
    ///
    /// # Errors
    /// Go's words after `template: `.
    pub fn render(&self, data: &Value) -> Result<String, TemplateError> {
        let mut out = String::new();
        let mut variables = Map::from([("$".to_owned(), data.clone())]);
        run(&self.0, data, &mut variables, &mut out)?;
        Ok(out)
    }
}

const FUNCTIONS: [&str; 24] = [
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print", "printf",
    "println", "json", "join", "lower", "upper", "title", "split", "pad", "truncate", "html",
];

type Variables = Map<String, Value>;

fn run(
    nodes: &[Node],
    dot: &Value,
    variables: &mut Variables,
    out: &mut String,
) -> Result<(), TemplateError> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Output(pipeline) => {
                let value = evaluate(pipeline, dot, variables)?;
                match &pipeline.assign {
                    Some(name) => {
                        variables.insert(name.clone(), value);
                    }
                    None => out.push_str(&show(&value)),
                }
            }
            Node::If(arms) => {
                for (condition, body) in arms {
                    let yes = match condition {
                        Some(condition) => truth(&evaluate(condition, dot, variables)?),
                        None => true,
                    };
                    if yes {
                        run(body, dot, variables, out)?;
                        break;
                    }
                }
            }
            Node::With(pipeline, body, otherwise) => {
                let value = evaluate(pipeline, dot, variables)?;
                if truth(&value) {
                    run(body, &value, variables, out)?;
                } else {
                    run(otherwise, dot, variables, out)?;
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
                    run(body, &item, variables, out)?;
                }
            }
        }
    }
    Ok(())
}

fn evaluate(pipeline: &Pipeline, dot: &Value, variables: &mut Variables) -> Result<Value, TemplateError> {
    let mut last: Option<Value> = None;
    for command in &pipeline.commands {
        let mut values = Vec::new();
        let mut function = None;
        for (n, term) in command.iter().enumerate() {
            match term {
                Term::Call(name) if n == 0 => function = Some(name.as_str()),
                Term::Call(name) => values.push(call(name, &[], pipeline.at)?),
                Term::Dot => values.push(dot.clone()),
                Term::Literal(value) => values.push(value.clone()),
                // A row's `.Label "name"`, the one method that takes an argument.
                Term::Field(path) if n == 0 && command.len() == 2 && path[0] == "Label" => {
                    let Term::Literal(wanted) = &command[1] else { continue };
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
                Term::Field(path) => values.push(field(dot, path, pipeline.at)?),
                Term::Variable(name, path) => {
                    let value = variables
                        .get(name)
                        .cloned()
                        .ok_or_else(|| format!(":1: undefined variable \"{name}\""))?;
                    values.push(field(&value, path, pipeline.at)?);
                }
                Term::Nested(inner, path) => {
                    let value = evaluate(inner, dot, variables)?;
                    values.push(field(&value, path, pipeline.at)?);
                }
            }
        }
        values.extend(last.take());
        last = Some(match function {
            Some(name) => call(name, &values, pipeline.at)?,
            None => values.into_iter().next().unwrap_or(Value::Null),
        });
    }
    Ok(last.unwrap_or(Value::Null))
}

fn field(value: &Value, path: &[String], at: usize) -> Result<Value, TemplateError> {
    let mut value = value.clone();
    for (n, name) in path.iter().enumerate() {
        value = match value {
            Value::Object(mut members) => match members.swap_remove(name) {
                Some(member) => member,
                // The client's own type of events has a map here, which may lack a key.
                None if n > 0 && path[n - 1] == "Attributes" => Value::Null,
                None => {
                    let shown = format!(".{}", path.join("."));
                    let at = at + path[..n].iter().map(|p| p.len() + 1).sum::<usize>();
                    return Err(format!(
                        ":1:{at}: executing \"\" at <{shown}>: map has no entry for key \"{name}\""
                    ));
                }
            },
            Value::Null => Value::Null,
            other => {
                let shown = format!(".{}", path[..=n].join("."));
                let kind = if other.is_string() { "string" } else { "interface {}" };
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
        Value::String(s) if s.starts_with(DURATION) => super::units::go_duration(s[1..].parse().unwrap_or(0)),
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

/// A value as JSON has it: without what only the client's own types know.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.into_iter().filter(|(_, v)| v != NIL && v != LEFT_OUT);
            Value::Object(there.map(|(k, v)| (k, plain(v))).collect())
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::String(s) if s.starts_with(DURATION) => s[1..].parse::<u64>().unwrap_or(0).into(),
        other => other,
    }
}

fn inner(value: &Value) -> String {
    if value.is_null() { "<nil>".to_owned() } else { show(value) }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => (a == b).then_some(std::cmp::Ordering::Equal),
    }
}

fn call(name: &str, values: &[Value], at: usize) -> Result<Value, TemplateError> {
    use std::cmp::Ordering;
    let argument = |n: usize| values.get(n).cloned().unwrap_or(Value::Null);
    let text = |n: usize| show(&argument(n));
    let order = || compare(&argument(0), &argument(1));
    Ok(match name {
        "and" => values.iter().find(|v| !truth(v)).or(values.last()).cloned().unwrap_or(Value::Null),
        "or" => values.iter().find(|v| truth(v)).or(values.last()).cloned().unwrap_or(Value::Null),
        "not" => (!truth(&argument(0))).into(),
        "eq" => values[1.min(values.len())..]
            .iter()
            .any(|v| compare(&values[0], v) == Some(Ordering::Equal))
            .into(),
        "ne" => (order() != Some(Ordering::Equal)).into(),
        "lt" => (order() == Some(Ordering::Less)).into(),
        "le" => (order() != Some(Ordering::Greater)).into(),
        "gt" => (order() == Some(Ordering::Greater)).into(),
        "ge" => (order() != Some(Ordering::Less)).into(),
        "len" => match argument(0) {
            Value::Array(items) => items.len().into(),
            Value::Object(members) => members.len().into(),
            Value::String(s) => s.len().into(),
            Value::Null => 0.into(),
            other => {
                return Err(format!(
                    ":1:{at}: executing \"\" at <len>: error calling len: len of type {other}"
                ));
            }
        },
        "index" => {
            let mut value = argument(0);
            for key in &values[1.min(values.len())..] {
                value = match (&value, key) {
                    (Value::Object(members), Value::String(key)) => {
                        members.get(key).cloned().unwrap_or(Value::Null)
                    }
                    (Value::Array(items), Value::Number(n)) => {
                        match n.as_u64().and_then(|n| items.get(n as usize)) {
                            Some(item) => item.clone(),
                            None => {
                                return Err(format!(
                                    ":1:{at}: executing \"\" at <index>: error calling index: reflect: slice index out of range"
                                ));
                            }
                        }
                    }
                    (Value::Null, _) => {
                        return Err(format!(
                            ":1:{at}: executing \"\" at <index>: error calling index: index of untyped nil"
                        ));
                    }
                    _ => Value::Null,
                };
            }
            value
        }
        "json" if argument(0) == NIL => "null".into(),
        "json" => plain(argument(0)).to_string().into(),
        "join" => match argument(0) {
            Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(&text(1)).into(),
            other => show(&other).into(),
        },
        "split" => text(0).split(&text(1)).map(|s| Value::from(s.to_owned())).collect::<Vec<_>>().into(),
        "lower" => text(0).to_ascii_lowercase().into(),
        "upper" => text(0).to_ascii_uppercase().into(),
        "title" => {
            let mut start = true;
            let mut out = String::new();
            for letter in text(0).chars() {
                if start {
                    out.push(letter.to_ascii_uppercase())
                } else {
                    out.push(letter)
                }
                start = letter.is_whitespace();
            }
            out.into()
        }
        "truncate" => {
            text(0).chars().take(argument(1).as_u64().unwrap_or(0) as usize).collect::<String>().into()
        }
        "pad" => {
            let (a, b) =
                (argument(1).as_u64().unwrap_or(0) as usize, argument(2).as_u64().unwrap_or(0) as usize);
            format!("{}{}{}", " ".repeat(a.min(200)), text(0), " ".repeat(b.min(200))).into()
        }
        "print" => values.iter().map(show).collect::<Vec<_>>().concat().into(),
        "println" => (values.iter().map(show).collect::<Vec<_>>().join(" ") + "\n").into(),
        "printf" => {
            let words: Vec<String> = values.iter().map(show).collect();
            let format =
                words.first().map_or(String::new(), |f| f.replace("%v", "%s").replace("%q", "\"%s\""));
            let mut all = vec![format];
            all.extend(words.into_iter().skip(1));
            let (bytes, _) = crate::shell::printf::format(&all);
            String::from_utf8_lossy(&bytes).into_owned().into()
        }
        _ => argument(0),
    })
}
