//! Values of an application, and the heap that its objects lie in: plain data.

use super::Language;
use crate::decimal;
use crate::shared::{Map, own};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `null`, `None`.
    Null,
    /// `undefined`.
    #[default]
    Nothing,
    /// A truth value.
    Bool(bool),
    /// A number that is one.
    Number(f64),
    /// `NaN`: equal to itself here, so that a World is equal to its copy.
    Invalid,
    /// A text.
    Text(Rc<str>),
    /// An object of the heap.
    Object(u32),
    /// Something of the language or of a library, by its name.
    Native(Rc<str>),
    /// A method taken off its object.
    Method(Rc<(Value, Rc<str>)>),
    /// `...x` on its way into a list or a call.
    Spread(u32),
    /// `name=x` on its way into a call.
    Keyword(Rc<(Rc<str>, Value)>),
    /// What the reader does not follow: nothing is known of it but where it comes from.
    Unknown(Rc<str>),
}

/// A function's code and the scope it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The module.
    pub module: u32,
    /// The node.
    pub node: u32,
    /// The scope.
    pub scope: u32,
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// What it is: `object`, `list`, `function`, `scope`, `error`, or something of a library.
    pub class: Rc<str>,
    /// Fields in the order in which they were made.
    pub fields: Vec<(Rc<str>, Value)>,
    /// Items of a list.
    pub items: Vec<Value>,
    /// For functions.
    pub code: Option<Code>,
}

impl Object {
    /// A field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|f| &*f.0 == name).map(|f| &f.1)
    }
    /// Sets a field.
    pub fn set(&mut self, name: &str, value: Value) {
        match self.fields.iter_mut().find(|f| &*f.0 == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name.into(), value)),
        }
    }
}

/// All objects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heap {
    objects: Map<u32, Rc<Object>>,
    next: u32,
}

impl Heap {
    /// Adds an object.
    pub fn add(&mut self, object: Object) -> u32 {
        self.next += 1;
        self.objects.insert(self.next, Rc::new(object));
        self.next
    }
    /// A new object of a class.
    pub fn make(&mut self, class: &str) -> u32 {
        self.add(Object { class: class.into(), ..Object::default() })
    }
    /// A new list.
    pub fn list(&mut self, items: Vec<Value>) -> Value {
        Value::Object(self.add(Object { class: "list".into(), items, ..Object::default() }))
    }
    /// A new object with these fields.
    pub fn object(&mut self, fields: Vec<(Rc<str>, Value)>) -> Value {
        Value::Object(self.add(Object { class: "object".into(), fields, ..Object::default() }))
    }
    /// An error of a kind.
    pub fn error(&mut self, name: &str, message: &str) -> Value {
        let id = self.make("error");
        self.set(id, "name", text(name));
        self.set(id, "message", text(message));
        Value::Object(id)
    }
    /// The object with this number.
    pub fn get(&self, id: u32) -> Option<&Object> {
        self.objects.get(&id).map(Rc::as_ref)
    }
    /// The object with this number, to be changed.
    pub fn get_mut(&mut self, id: u32) -> Option<&mut Object> {
        self.objects.get_mut(&id).map(own)
    }
    /// The object that a value is.
    pub fn of(&self, value: &Value) -> Option<&Object> {
        if let Value::Object(id) = value { self.get(*id) } else { None }
    }
    /// What class of object a value is.
    pub fn class(&self, value: &Value) -> &str {
        self.of(value).map_or("", |o| &o.class)
    }
    /// A field of an object, or `Nothing`.
    pub fn field(&self, value: &Value, name: &str) -> Value {
        self.of(value).and_then(|o| o.get(name)).cloned().unwrap_or_default()
    }
    /// A field of an object as text, or an empty one.
    pub fn text_field(&self, value: &Value, name: &str) -> String {
        match self.field(value, name) {
            Value::Text(text) => text.to_string(),
            Value::Number(number) => number_text(number),
            _ => String::new(),
        }
    }
    /// Sets a field.
    pub fn set(&mut self, id: u32, name: &str, value: Value) {
        if let Some(object) = self.get_mut(id) {
            object.set(name, value);
        }
    }
    /// The items of a list.
    pub fn items(&self, value: &Value) -> Vec<Value> {
        self.of(value).map(|o| o.items.clone()).unwrap_or_default()
    }
    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.iter().count()
    }
    /// True without objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Forgets what cannot be reached from these any more.
    pub fn collect(&mut self, roots: impl IntoIterator<Item = Value>) {
        let mut seen = std::collections::BTreeSet::new();
        let mut todo: Vec<Value> = roots.into_iter().collect();
        while let Some(value) = todo.pop() {
            match value {
                Value::Object(id) | Value::Spread(id) => {
                    if seen.insert(id) {
                        if let Some(object) = self.get(id) {
                            todo.extend(object.fields.iter().map(|f| f.1.clone()));
                            todo.extend(object.items.iter().cloned());
                            todo.extend(object.code.map(|code| Value::Object(code.scope)));
                        }
                    }
                }
                Value::Method(inner) => todo.push(inner.0.clone()),
                Value::Keyword(inner) => todo.push(inner.1.clone()),
                _ => {}
            }
        }
        self.objects.retain(|id, _| seen.contains(id));
    }
}

/// A text.
pub fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// A number, or what is none.
pub fn number(number: f64) -> Value {
    if number.is_nan() { Value::Invalid } else { Value::Number(number) }
}

/// A number as the languages write it.
pub fn number_text(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    decimal::brief(number, 12)
}

/// True for what counts as true.
pub fn is_true(heap: &Heap, value: &Value, language: Language) -> bool {
    match value {
        Value::Null | Value::Nothing | Value::Invalid => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::Object(id) if language == Language::Python => heap.get(*id).is_none_or(|o| match &*o.class {
            "list" => !o.items.is_empty(),
            "object" => !o.fields.is_empty(),
            _ => true,
        }),
        _ => true,
    }
}

/// A value as `String(x)` and `str(x)` write it.
pub fn display(heap: &Heap, value: &Value, language: Language) -> String {
    let python = language == Language::Python;
    match value {
        Value::Null => if python { "None" } else { "null" }.to_owned(),
        Value::Nothing => if python { "None" } else { "undefined" }.to_owned(),
        Value::Bool(true) if python => "True".to_owned(),
        Value::Bool(false) if python => "False".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number_text(*number),
        Value::Invalid => if python { "nan" } else { "NaN" }.to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Object(id) => match heap.get(*id) {
            Some(o) if &*o.class == "error" && python => heap.text_field(value, "message"),
            Some(o) if &*o.class == "error" => {
                format!("{}: {}", heap.text_field(value, "name"), heap.text_field(value, "message"))
            }
            Some(o) if &*o.class == "list" && !python => {
                o.items.iter().map(|i| display(heap, i, language)).collect::<Vec<_>>().join(",")
            }
            Some(o) if &*o.class == "date" => heap.text_field(value, "shown"),
            Some(o) if &*o.class == "bytes" && !python => heap.text_field(value, "text"),
            Some(o) if &*o.class == "object" && !python => "[object Object]".to_owned(),
            _ => inspect(heap, value, language, 0),
        },
        Value::Native(_) | Value::Method(_) => inspect(heap, value, language, 0),
        Value::Keyword(pair) => display(heap, &pair.1, language),
        Value::Unknown(what) => format!("({what}: not read)"),
        Value::Spread(_) => String::new(),
    }
}

/// A value as `console.log(x)` and `repr(x)` write it inside others.
pub fn inspect(heap: &Heap, value: &Value, language: Language, depth: u32) -> String {
    let python = language == Language::Python;
    if depth > 6 {
        return "…".to_owned();
    }
    let inner = |v: &Value| inspect(heap, v, language, depth + 1);
    match value {
        Value::Text(text) => format!("'{}'", text.replace('\n', "\\n")),
        Value::Native(name) => format!("[{name}]"),
        Value::Object(id) => match heap.get(*id) {
            Some(o) if &*o.class == "list" => {
                let items: Vec<String> = o.items.iter().map(inner).collect();
                if python || items.is_empty() {
                    format!("[{}]", items.join(", "))
                } else {
                    format!("[ {} ]", items.join(", "))
                }
            }
            Some(o) if &*o.class == "object" => {
                let pair = |(name, value): &(Rc<str>, Value)| match python {
                    true => format!("'{name}': {}", inner(value)),
                    false => format!("{name}: {}", inner(value)),
                };
                let pairs: Vec<String> = o.fields.iter().map(pair).collect();
                if python || pairs.is_empty() {
                    format!("{{{}}}", pairs.join(", "))
                } else {
                    format!("{{ {} }}", pairs.join(", "))
                }
            }
            Some(o) if &*o.class == "function" => "[Function]".to_owned(),
            Some(o) if matches!(&*o.class, "error" | "date") => display(heap, value, language),
            Some(o) if &*o.class == "bytes" => format!("b'{}'", heap.text_field(value, "text")),
            Some(o) => format!("[{}]", o.class),
            None => String::new(),
        },
        Value::Method(_) => "[Function]".to_owned(),
        other => display(heap, other, language),
    }
}

/// How JSON is written: what stands after `,` and `:`, and how far each level is moved in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// A blank after commas and colons (Python).
    pub spaced: bool,
    /// Blanks for each level; zero for one line.
    pub indent: usize,
}

/// A value as JSON; nothing for what has none.
pub fn json(heap: &Heap, value: &Value, style: Style, depth: usize) -> Option<String> {
    if depth > 20 {
        return None;
    }
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let colon = if style.spaced || style.indent > 0 { ": " } else { ":" };
    let wrap = |open: char, parts: Vec<String>, close: char| match (style.indent, parts.is_empty()) {
        (0, _) | (_, true) => format!("{open}{}{close}", parts.join(if style.spaced { ", " } else { "," })),
        (n, _) => {
            let (inner, outer) = (" ".repeat(n * (depth + 1)), " ".repeat(n * depth));
            format!("{open}\n{inner}{}\n{outer}{close}", parts.join(&format!(",\n{inner}")))
        }
    };
    Some(match value {
        Value::Null | Value::Invalid => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number_text(*number),
        Value::Text(text) => quoted(text),
        Value::Object(id) => {
            let object = heap.get(*id)?;
            match &*object.class {
                "list" => {
                    let one =
                        |i: &Value| json(heap, i, style, depth + 1).unwrap_or_else(|| "null".to_owned());
                    wrap('[', object.items.iter().map(one).collect(), ']')
                }
                "date" => quoted(&heap.text_field(value, "iso")),
                "bytes" => quoted(&heap.text_field(value, "text")),
                "function" | "scope" => return None,
                _ => {
                    let one = |(n, v): &(Rc<str>, Value)| {
                        Some(format!("{}{colon}{}", quoted(n), json(heap, v, style, depth + 1)?))
                    };
                    wrap('{', object.fields.iter().filter_map(one).collect(), '}')
                }
            }
        }
        _ => return None,
    })
}

/// JSON as a value.
pub fn from_json(heap: &mut Heap, json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(n) => number(n.as_f64().unwrap_or(f64::NAN)),
        Json::String(string) => text(string),
        Json::Array(items) => {
            let items = items.iter().map(|i| from_json(heap, i)).collect();
            heap.list(items)
        }
        Json::Object(fields) => {
            let fields = fields.iter().map(|(n, v)| (n.as_str().into(), from_json(heap, v))).collect();
            heap.object(fields)
        }
    }
}
