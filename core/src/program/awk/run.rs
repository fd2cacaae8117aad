//! An awk program at work: records, fields, variables and control.

use super::call;
use super::parse::{Expr, Pattern, Program, Statement};
use super::value::Value;
use crate::program::Context;
use crate::shared::Map;
use regex_lite::Regex;
use std::rc::Rc;

/// The most steps of one program: a loop without end is stopped.
const STEPS: u32 = 1_000_000;
/// The longest text.
pub const LONGEST: usize = 4 << 20;
/// How deep functions may call one another.
pub const DEEPEST: usize = 60;

/// Why the ordinary order of statements is left.
#[derive(Debug)]
pub enum Leave {
    Break,
    Continue,
    Next,
    Exit,
    Return(Value),
    /// A mistake, in words.
    Fail(String),
}

/// A file, its text until it is cut into records, and the records, the first last; a variable between files has no text.
type Input = (String, Option<String>, Vec<Rc<str>>);

pub type Done<T> = Result<T, Leave>;

/// A parameter: its name, the variable it stands for, and whether that goes with the call.
pub type Parameter = (String, String, bool);

/// A program at work.
pub struct Machine<'p, 'c, 'w> {
    pub context: &'p mut Context<'c, 'w>,
    pub program: &'p Program,
    /// Variables by name, and elements of arrays by name, a null byte and the index.
    pub values: Map<String, Value>,
    /// For each function that is called: its parameters, and the variables that they stand for.
    pub frames: Vec<Vec<Parameter>>,
    pub fresh: usize,
    pub record: Rc<str>,
    pub fields: Vec<Value>,
    /// What is still to be read, the first last.
    pub inputs: Vec<Input>,
    /// Files that `getline` reads.
    pub files: Vec<(String, Vec<Rc<str>>)>,
    /// Files that are written, with all that was printed.
    pub outputs: Vec<(String, Vec<u8>)>,
    pub regexes: Vec<(Rc<str>, Rc<Regex>)>,
    pub steps: u32,
    pub status: u8,
}

pub fn fail<T>(words: impl Into<String>) -> Done<T> {
    Err(Leave::Fail(words.into()))
}

impl<'p, 'c, 'w> Machine<'p, 'c, 'w> {
    pub fn new(context: &'p mut Context<'c, 'w>, program: &'p Program) -> Self {
        let mut machine = Self {
            context,
            program,
            values: Map::new(),
            frames: Vec::new(),
            fresh: 0,
            record: "".into(),
            fields: Vec::new(),
            inputs: Vec::new(),
            files: Vec::new(),
            outputs: Vec::new(),
            regexes: Vec::new(),
            steps: 0,
            status: 0,
        };
        for (name, value) in [("FS", " "), ("OFS", " "), ("ORS", "\n"), ("RS", "\n"), ("SUBSEP", "\u{1c}")] {
            machine.values.insert(name.to_owned(), Value::text(value));
        }
        for name in ["NR", "NF", "FNR", "RSTART"] {
            machine.values.insert(name.to_owned(), Value::Number(0.0));
        }
        machine.values.insert("RLENGTH".to_owned(), Value::Number(-1.0));
        machine
    }

    /// Runs it over texts by the names of their files; the inputs come in their order.
    pub fn run(&mut self, inputs: Vec<(String, Option<String>)>) -> Done<()> {
        self.inputs = inputs.into_iter().rev().map(|(name, text)| (name, text, Vec::new())).collect();
        let mut left = self.rules(|p| matches!(p, Pattern::Begin));
        let mut inside = vec![false; self.program.rules.len()];
        while left.is_ok() && self.read_record()? {
            left = match self.record_rules(&mut inside) {
                Err(Leave::Next) => Ok(()),
                other => other,
            };
        }
        if !matches!(left, Ok(()) | Err(Leave::Exit)) {
            return left;
        }
        match self.rules(|p| matches!(p, Pattern::End)) {
            Err(Leave::Exit) => Ok(()),
            other => other,
        }
    }

    fn rules(&mut self, wanted: fn(&Pattern) -> bool) -> Done<()> {
        let program = self.program;
        program.rules.iter().filter(|r| wanted(&r.0)).try_for_each(|rule| self.statement(&rule.1))
    }

    fn record_rules(&mut self, inside: &mut [bool]) -> Done<()> {
        let program = self.program;
        for ((pattern, action), inside) in program.rules.iter().zip(inside) {
            let wanted = match pattern {
                Pattern::Begin | Pattern::End => false,
                Pattern::Always => true,
                Pattern::When(condition) => self.value(condition)?.is_true(),
                Pattern::Range(from, to) => {
                    let here = *inside || self.value(from)?.is_true();
                    *inside = here && !self.value(to)?.is_true();
                    here
                }
            };
            if wanted {
                self.statement(action)?;
            }
        }
        Ok(())
    }

    /// The name under which a variable is kept: parameters stand for others.
    pub fn place(&self, name: &str) -> String {
        let frame = self.frames.last().and_then(|f| f.iter().find(|p| p.0 == name));
        frame.map_or(name, |p| p.1.as_str()).to_owned()
    }

    pub fn get(&self, name: &str) -> Value {
        self.values.get(name).cloned().unwrap_or_default()
    }

    pub fn put(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// The key of an element.
    pub fn element(&mut self, array: &str, index: &[Expr]) -> Done<String> {
        let mut all = Vec::new();
        for part in index {
            all.push(self.value(part)?.string());
        }
        let separator = if all.len() > 1 { self.get("SUBSEP").string() } else { "".into() };
        Ok(format!("{}\0{}", self.place(array), all.join(&*separator)))
    }

    /// The indices of an array: numbers in their order, then texts.
    pub fn indices(&self, array: &str) -> Vec<String> {
        let prefix = format!("{}\0", self.place(array));
        let keys = self.values.starting_at(&prefix).map_while(|(key, _)| key.strip_prefix(&prefix));
        let mut all: Vec<Value> = keys.map(|key| Value::Input(key.into())).collect();
        crate::shared::sort_by(&mut all, Value::compare);
        all.iter().map(|v| v.string().to_string()).collect()
    }

    /// Takes a whole array away.
    pub fn clear(&mut self, array: &str) {
        let place = self.place(array);
        for index in self.indices(array) {
            self.values.remove(&format!("{place}\0{index}"));
        }
    }

    pub fn assign(&mut self, target: &Expr, value: Value) -> Done<()> {
        match target {
            Expr::Name(name) => {
                self.own_parameter(name);
                let place = self.place(name);
                self.put(&place, value);
                if place == "NF" {
                    let count = self.get("NF").number().clamp(0.0, 10_000.0) as usize;
                    self.fields.resize(count, Value::Nothing);
                    self.join();
                }
            }
            Expr::Index(array, index) => {
                let key = self.element(array, index)?;
                self.put(&key, value);
            }
            Expr::Field(number) => {
                let number = self.value(number)?.number();
                if !(0.0..10_000.0).contains(&number) {
                    return fail(format!("attempt to access field {}", super::value::shown(number)));
                }
                let number = number as usize;
                if number == 0 {
                    self.set_record(value.string());
                    return Ok(());
                }
                let count = self.fields.len().max(number);
                self.fields.resize(count, Value::Nothing);
                self.fields[number - 1] = Value::Input(value.string());
                self.join();
            }
            Expr::Group(inner) if inner.len() == 1 => return self.assign(&inner[0], value),
            _ => return fail("assignment to what is no variable"),
        }
        Ok(())
    }

    /// A parameter that takes a value stands for itself from then on, no more for what was given.
    fn own_parameter(&mut self, name: &str) {
        let Some(frame) = self.frames.last_mut() else { return };
        if let Some(parameter) = frame.iter_mut().find(|p| p.0 == name && !p.2) {
            self.fresh += 1;
            (parameter.1, parameter.2) = (format!("\u{1}{}", self.fresh), true);
        }
    }

    pub fn statement(&mut self, statement: &Statement) -> Done<()> {
        self.step()?;
        match statement {
            Statement::Expr(expression) => self.value(expression).map(|_| ()),
            Statement::Block(all) => all.iter().try_for_each(|one| self.statement(one)),
            Statement::If(condition, then, otherwise) => {
                let branch = if self.value(condition)?.is_true() { then } else { otherwise };
                self.statement(branch)
            }
            Statement::While(condition, after, body, first) => {
                let mut first = *first;
                while std::mem::take(&mut first) || self.value(condition)?.is_true() {
                    match self.statement(body) {
                        Err(Leave::Break) => return Ok(()),
                        Ok(()) | Err(Leave::Continue) => {}
                        other => return other,
                    }
                    self.statement(after)?;
                }
                Ok(())
            }
            Statement::Each(key, array, body) => {
                for index in self.indices(array) {
                    self.assign(&Expr::Name(key.clone()), Value::Input(index.into()))?;
                    match self.statement(body) {
                        Err(Leave::Break) => return Ok(()),
                        Ok(()) | Err(Leave::Continue) => {}
                        other => return other,
                    }
                }
                Ok(())
            }
            Statement::Print(format, items, target) => self.print(*format, items, target.as_ref()),
            Statement::Delete(array, index) if index.is_empty() => {
                self.clear(array);
                Ok(())
            }
            Statement::Delete(array, index) => {
                let key = self.element(array, index)?;
                self.values.remove(&key);
                Ok(())
            }
            Statement::Next => Err(Leave::Next),
            Statement::Break => Err(Leave::Break),
            Statement::Continue => Err(Leave::Continue),
            Statement::Exit(code) => {
                if let Some(code) = code {
                    self.status = self.value(code)?.number() as i64 as u8;
                }
                Err(Leave::Exit)
            }
            Statement::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Nothing), |v| self.value(v))?;
                Err(Leave::Return(value))
            }
        }
    }

    fn print(&mut self, format: bool, items: &[Expr], target: Option<&(bool, Expr)>) -> Done<()> {
        let mut values = Vec::new();
        for item in items {
            values.push(self.value(item)?);
        }
        let text = if format {
            call::formatted(&values)
        } else if values.is_empty() {
            format!("{}{}", self.record, self.get("ORS").string())
        } else {
            let between = self.get("OFS").string();
            let all: Vec<Rc<str>> = values.iter().map(Value::string).collect();
            format!("{}{}", all.join(&*between), self.get("ORS").string())
        };
        self.steps += text.len() as u32 / 64;
        let Some((append, target)) = target else {
            self.context.print(&text);
            return Ok(());
        };
        let path = self.value(target)?.string();
        match &*path {
            "/dev/stdout" | "-" => self.context.print(&text),
            "/dev/stderr" => self.context.err.extend(text.bytes()),
            path => {
                if !self.outputs.iter().any(|o| o.0 == path) {
                    let before = self.context.sys.read_file(path).ok().filter(|_| *append);
                    self.outputs.push((path.to_owned(), before.map(|b| b.to_vec()).unwrap_or_default()));
                }
                if let Some(output) = self.outputs.iter_mut().find(|o| o.0 == path) {
                    output.1.extend(text.bytes());
                }
            }
        }
        Ok(())
    }

    pub fn step(&mut self) -> Done<()> {
        self.steps += 1;
        if self.steps > STEPS || self.context.out.len() > LONGEST * 4 {
            return fail("the program ran for a million steps and was stopped");
        }
        Ok(())
    }

    /// How much simulated time it took, in steps.
    pub const fn steps(&self) -> u32 {
        self.steps
    }
}
