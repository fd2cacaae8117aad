//! Records and fields of awk: how text is cut, and put together again.

use super::run::{Done, Machine, fail};
use super::value::Value;
use regex_lite::Regex;
use std::rc::Rc;

impl Machine<'_, '_, '_> {
    /// A text as records, the first one last.
    pub fn records(&self, text: &str) -> Vec<Rc<str>> {
        let separator = self.get("RS").string();
        let text = text.strip_suffix(if separator.is_empty() { "\n" } else { &separator }).unwrap_or(text);
        let mut all: Vec<Rc<str>> = match &*separator {
            _ if text.is_empty() => Vec::new(),
            "" => text
                .split("\n\n")
                .map(|r| r.trim_matches('\n'))
                .filter(|r| !r.is_empty())
                .map(Rc::from)
                .collect(),
            one => text.split(one).map(Rc::from).collect(),
        };
        all.reverse();
        all
    }

    pub fn read_record(&mut self) -> Done<bool> {
        loop {
            let Some((name, text, _)) = self.inputs.last_mut() else { return Ok(false) };
            let (name, text) = (name.clone(), text.take());
            if let Some(text) = text {
                let records = self.records(&text);
                if let Some(input) = self.inputs.last_mut() {
                    input.2 = records;
                }
                self.put("FNR", Value::Number(0.0));
            } else if let Some((variable, value)) =
                name.split_once('=').filter(|_| super::is_assignment(&name))
            {
                self.put(variable, Value::Input(value.into()));
            }
            let Some(record) = self.inputs.last_mut().and_then(|i| i.2.pop()) else {
                self.inputs.pop();
                continue;
            };
            for counter in ["NR", "FNR"] {
                let next = self.get(counter).number() + 1.0;
                self.put(counter, Value::Number(next));
            }
            self.put("FILENAME", Value::text(if name == "-" { "" } else { &name }));
            self.set_record(record);
            return Ok(true);
        }
    }

    /// The record and its fields anew.
    pub fn set_record(&mut self, record: Rc<str>) {
        let separator = self.get("FS").string();
        let paragraphs = self.get("RS").string().is_empty();
        let parts = self.split(&record, &separator, paragraphs);
        self.fields = parts.into_iter().map(Value::Input).collect();
        self.record = record;
        self.put("NF", Value::Number(self.fields.len() as f64));
    }

    /// A text cut at a separator: blanks for a single space, else a character or an expression.
    pub fn split(&mut self, text: &str, separator: &str, lines: bool) -> Vec<Rc<str>> {
        if text.is_empty() {
            return Vec::new();
        }
        if separator == " " {
            return text.split_ascii_whitespace().map(Rc::from).collect();
        }
        if separator.is_empty() {
            return text.chars().map(|c| c.to_string().into()).collect();
        }
        let parts: Vec<&str> = match lines {
            true => text.split('\n').collect(),
            false => vec![text],
        };
        let whole = separator.chars().count() == 1;
        let expression = if whole { None } else { self.regex(separator).ok() };
        let cut = |part: &'_ str| -> Vec<Rc<str>> {
            match &expression {
                Some(expression) => expression.split(part).map(Rc::from).collect(),
                None => part.split(separator).map(Rc::from).collect(),
            }
        };
        parts.into_iter().flat_map(cut).collect()
    }

    /// A regular expression, compiled once.
    pub fn regex(&mut self, pattern: &str) -> Done<Rc<Regex>> {
        if let Some((_, regex)) = self.regexes.iter().find(|r| &*r.0 == pattern) {
            return Ok(Rc::clone(regex));
        }
        let Some(regex) = crate::program::search::compile(pattern, true, false) else {
            return fail(format!("regular expression compile failed\n{pattern}"));
        };
        let regex = Rc::new(regex);
        self.regexes.push((pattern.into(), Rc::clone(&regex)));
        self.regexes.truncate(64);
        Ok(regex)
    }

    /// The record anew from its fields.
    pub fn join(&mut self) {
        let between = self.get("OFS").string();
        let all: Vec<Rc<str>> = self.fields.iter().map(Value::string).collect();
        self.put("NF", Value::Number(all.len() as f64));
        self.record = all.join(&*between).into();
    }
}
