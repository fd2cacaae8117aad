//! Expansion of words (POSIX shell, section 2.6): parameters, arithmetic, fields, and file names.

use super::arithmetic::{self, Fault, Variables};
use crate::engine::syscall::Sys;
use crate::memory::shell::code::{Action, Parameter, Part, Word};
use crate::memory::shell::{Shell, Variable};
use crate::pattern::{self, Quoted};
use crate::shared::own;
use std::rc::Rc;

/// Why a word cannot be expanded: the words of the message, without the shell's name.
pub type ExpansionError = String;

/// Expansion at work.
pub struct Expander<'a, 'w> {
    /// The shell.
    pub shell: &'a mut Shell,
    /// System calls.
    pub sys: &'a Sys<'w>,
    /// What command substitutions have printed.
    pub outputs: &'a [Rc<str>],
}

/// Fields that grow: characters with their quoting, and whether there is a field at all.
#[derive(Default)]
struct Fields {
    done: Vec<Vec<Quoted>>,
    open: Vec<Quoted>,
    begun: bool,
}

impl Fields {
    fn end(&mut self) {
        if self.begun {
            self.done.push(std::mem::take(&mut self.open));
            self.begun = false;
        }
    }
    fn push(&mut self, text: &str, quoted: bool) {
        self.begun |= quoted || !text.is_empty();
        self.open.extend(text.chars().map(|c| (c, quoted)));
    }
}

/// The value of an arithmetic expression, or what the shell says is wrong with it.
pub fn calculate(sys: &Sys<'_>, shell: &mut Shell, text: &str) -> Result<i64, ExpansionError> {
    arithmetic::evaluate(text, shell).map_err(|fault| {
        let zero = fault == Fault::Zero;
        match (&*sys.program(), zero) {
            ("bash", true) => format!("{text}: division by 0 (error token is \"0\")"),
            ("bash", false) => format!("{text}: syntax error: operand expected (error token is \"{text}\")"),
            ("dash", true) => format!("arithmetic expression: division by zero: \"{text}\""),
            ("dash", false) => format!("arithmetic expression: expecting primary: \"{text}\""),
            (_, true) => "divide by zero".to_owned(),
            (_, false) => "arithmetic syntax error".to_owned(),
        }
    })
}

impl Expander<'_, '_> {
    fn is_bash(&self) -> bool {
        &*self.sys.program() == "bash"
    }

    /// The fields of words: split, with file names for patterns.
    pub fn fields(&mut self, words: &[Word]) -> Result<Vec<Rc<str>>, ExpansionError> {
        let mut out = Vec::new();
        for word in words {
            if let [Part::Text(text, quoted)] = word.parts.as_slice() {
                if *quoted || !text.contains(['*', '?', '[']) {
                    out.push(text.clone());
                    continue;
                }
            }
            let mut fields = Fields::default();
            self.parts(word, &mut fields, true)?;
            fields.end();
            for field in fields.done {
                self.names(&field, &mut out);
            }
        }
        Ok(out)
    }

    /// A word as one text, neither split nor matched.
    pub fn text(&mut self, word: &Word) -> Result<String, ExpansionError> {
        if let [Part::Text(text, _)] = word.parts.as_slice() {
            return Ok(text.to_string());
        }
        Ok(self.pattern(word)?.into_iter().map(|q| q.0).collect())
    }

    /// A word as a pattern: its characters with their quoting.
    pub fn pattern(&mut self, word: &Word) -> Result<Vec<Quoted>, ExpansionError> {
        let mut fields = Fields::default();
        self.parts(word, &mut fields, false)?;
        fields.begun = true;
        fields.end();
        let mut joined: Vec<Quoted> = Vec::new();
        for (n, field) in fields.done.into_iter().enumerate() {
            if n > 0 {
                joined.push((' ', true));
            }
            joined.extend(field);
        }
        Ok(joined)
    }

    fn parts(&mut self, word: &Word, fields: &mut Fields, split: bool) -> Result<(), ExpansionError> {
        for part in &word.parts {
            match part {
                Part::Text(text, quoted) => {
                    fields.begun = true;
                    fields.open.extend(text.chars().map(|c| (c, *quoted)));
                }
                Part::Tilde(user) => {
                    let home = self.tilde(user);
                    fields.push(&home, true);
                }
                Part::Output(number, quoted) => {
                    let output = self.outputs.get(*number).cloned().unwrap_or_else(|| "".into());
                    self.value(&output, *quoted, fields, split);
                }
                Part::Arithmetic(word, quoted) => {
                    let text = self.text(word)?;
                    let value = calculate(self.sys, self.shell, &text)?.to_string();
                    self.value(&value, *quoted, fields, split);
                }
                Part::Parameter(parameter, quoted) => self.parameter(parameter, *quoted, fields, split)?,
            }
        }
        Ok(())
    }

    fn tilde(&self, user: &str) -> String {
        match user {
            "" => self.shell.get("HOME").map_or_else(|| "/root".to_owned(), |v| v.to_string()),
            "+" => self.sys.directory(),
            "-" => self.shell.get("OLDPWD").map(|v| v.to_string()).unwrap_or_default(),
            name => {
                let passwd = self.sys.peek_file("/etc/passwd").unwrap_or_default();
                let text = String::from_utf8_lossy(&passwd).into_owned();
                let home = text
                    .lines()
                    .find(|l| l.split(':').next() == Some(name))
                    .and_then(|l| l.split(':').nth(5));
                home.map_or_else(|| format!("~{name}"), str::to_owned)
            }
        }
    }

    /// Adds a value: quoted whole, otherwise split by IFS.
    fn value(&self, value: &str, quoted: bool, fields: &mut Fields, split: bool) {
        if quoted || !split {
            fields.push(value, quoted);
            return;
        }
        let ifs = self.shell.get("IFS").map_or_else(|| " \t\n".to_owned(), |v| v.to_string());
        let mut after_hard = false;
        for c in value.chars() {
            if !ifs.contains(c) {
                fields.begun = true;
                fields.open.push((c, false));
                after_hard = false;
            } else if c.is_whitespace() {
                fields.end();
            } else {
                if after_hard || !fields.begun {
                    fields.begun = true;
                }
                fields.end();
                after_hard = true;
            }
        }
    }

    fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        fields: &mut Fields,
        split: bool,
    ) -> Result<(), ExpansionError> {
        if matches!(&*parameter.name, "@" | "*") && parameter.action == Action::Value {
            self.all(&parameter.name, quoted, fields, split);
            return Ok(());
        }
        fields.begun |= quoted && &*parameter.name != "@";
        let value = self.shell.parameter(&parameter.name);
        let missing = |empty: bool| value.is_none() || (empty && value.as_deref().is_some_and(str::is_empty));
        let result = match &parameter.action {
            Action::Value => {
                if value.is_none() && self.shell.options.nounset && !matches!(&*parameter.name, "@" | "*") {
                    let unset = if self.is_bash() { "unbound variable" } else { "parameter not set" };
                    return Err(format!("{}: {unset}", parameter.name));
                }
                value.unwrap_or_default()
            }
            Action::Default(word, empty) => match missing(*empty) {
                true => return self.parts(word, fields, split),
                false if matches!(&*parameter.name, "@" | "*") => {
                    self.all(&parameter.name, quoted, fields, split);
                    return Ok(());
                }
                false => value.unwrap_or_default(),
            },
            Action::Alternative(word, empty) => match missing(*empty) {
                true => String::new(),
                false => return self.parts(word, fields, split),
            },
            Action::Assign(word, empty) => match missing(*empty) {
                true => {
                    let text = self.text(word)?;
                    self.shell.set(&parameter.name, &text)?;
                    text
                }
                false => value.unwrap_or_default(),
            },
            Action::Require(word, empty) => match missing(*empty) {
                true => {
                    let mut text = self.text(word)?;
                    if text.is_empty() {
                        text = match (*empty, self.is_bash()) {
                            (false, _) => "parameter not set",
                            (true, false) => "parameter not set or null",
                            (true, true) => "parameter null or not set",
                        }
                        .to_owned();
                    }
                    return Err(format!("{}: {text}", parameter.name));
                }
                false => value.unwrap_or_default(),
            },
            other => self.edited(other, &value.unwrap_or_default(), &parameter.name)?,
        };
        self.value(&result, quoted, fields, split);
        Ok(())
    }

    fn edited(&mut self, action: &Action, value: &str, name: &str) -> Result<String, ExpansionError> {
        Ok(match action {
            Action::Length if matches!(name, "@" | "*") => self.shell.positional.len().to_string(),
            Action::Length => value.chars().count().to_string(),
            Action::Prefix(word, longest) => pattern::without_prefix(value, &self.pattern(word)?, *longest),
            Action::Suffix(word, longest) => pattern::without_suffix(value, &self.pattern(word)?, *longest),
            Action::Replace(word, by, every) => {
                let by = self.text(by)?;
                pattern::replace(value, &self.pattern(word)?, &by, *every)
            }
            Action::Substring(offset, length) => {
                let offset = self.text(offset)?;
                let offset = calculate(self.sys, self.shell, &offset)?;
                let chars: Vec<char> = value.chars().collect();
                let count = chars.len() as i64;
                let from = if offset < 0 { (count + offset).max(0) } else { offset.min(count) };
                let mut to = count;
                if let Some(length) = length {
                    let length = self.text(length)?;
                    let length = calculate(self.sys, self.shell, &length)?;
                    to = if length < 0 { count + length } else { from.saturating_add(length) }
                        .clamp(from, count);
                }
                chars[from as usize..to as usize].iter().collect()
            }
            Action::Case(upper, whole) => {
                let change = |c: char| {
                    if *upper {
                        c.to_ascii_uppercase().to_string()
                    } else {
                        c.to_ascii_lowercase().to_string()
                    }
                };
                value
                    .chars()
                    .enumerate()
                    .map(|(n, c)| if *whole || n == 0 { change(c) } else { c.to_string() })
                    .collect()
            }
            Action::Bad(text) => return Err(format!("{text}: bad substitution")),
            _ => value.to_owned(),
        })
    }

    /// `$@` and `$*`.
    fn all(&self, name: &str, quoted: bool, fields: &mut Fields, split: bool) {
        let values = self.shell.positional.clone();
        if name == "*" && quoted {
            let ifs = self.shell.get("IFS").map_or_else(|| " ".to_owned(), |v| v.chars().take(1).collect());
            let joined = values.iter().map(|v| &**v).collect::<Vec<_>>().join(&ifs);
            return fields.push(&joined, true);
        }
        if quoted && values.is_empty() && fields.open.is_empty() {
            fields.begun = false;
        }
        for (n, value) in values.iter().enumerate() {
            if n > 0 {
                if split || quoted { fields.end() } else { fields.push(" ", true) }
            }
            self.value(value, quoted, fields, split);
        }
    }

    /// The file names that a field stands for, or the field itself.
    fn names(&self, field: &[Quoted], out: &mut Vec<Rc<str>>) {
        let plain = || -> Rc<str> { field.iter().map(|q| q.0).collect::<String>().into() };
        if self.shell.options.noglob || !pattern::is_pattern(field) {
            out.push(plain());
            return;
        }
        let mut found = Vec::new();
        let absolute = field.first().is_some_and(|q| q.0 == '/');
        let parts: Vec<&[Quoted]> = field.split(|q| q.0 == '/').filter(|p| !p.is_empty()).collect();
        self.descend(if absolute { "/" } else { "" }, &parts, &mut found);
        if found.is_empty() {
            out.push(plain());
        } else {
            out.extend(found);
        }
    }

    fn descend(&self, base: &str, parts: &[&[Quoted]], found: &mut Vec<Rc<str>>) {
        let Some((first, rest)) = parts.split_first() else {
            found.push(base.trim_end_matches('/').into());
            return;
        };
        let literal: String = first.iter().map(|q| q.0).collect();
        if !pattern::is_pattern(first) {
            let path = format!("{base}{literal}");
            if self.sys.lstat(&path).is_ok() {
                self.descend(&if rest.is_empty() { path } else { path + "/" }, rest, found);
            }
            return;
        }
        let directory = if base.is_empty() { "." } else { base };
        for (name, _) in self.sys.read_directory(directory).unwrap_or_default() {
            let chars: Vec<char> = name.chars().collect();
            if name.starts_with('.') && !literal.starts_with('.') || !pattern::fits(first, &chars) {
                continue;
            }
            let path = format!("{base}{name}");
            self.descend(&if rest.is_empty() { path } else { path + "/" }, rest, found);
        }
    }
}

impl Shell {
    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<Rc<str>> {
        self.variables.get(name).map(|v| v.value.clone())
    }

    /// Gives a variable a value.
    ///
    /// # Errors
    /// It is read-only.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ExpansionError> {
        let variables = own(&mut self.variables);
        match variables.get_mut(name) {
            Some(variable) if variable.read_only => Err(format!("{name}: is read only")),
            Some(variable) => {
                variable.value = value.into();
                Ok(())
            }
            None => {
                let variable = Variable { value: value.into(), exported: false, read_only: false };
                variables.insert(name.into(), variable);
                Ok(())
            }
        }
    }

    /// A parameter's value: a variable, a position, or a special one.
    pub fn parameter(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.status.to_string()),
            "$" => Some(self.pid.to_string()),
            "!" => self.last_background.map(|p| p.to_string()),
            "#" => Some(self.positional.len().to_string()),
            "0" => Some(self.name.to_string()),
            "-" => {
                let o = self.options;
                let flags = [
                    (o.errexit, 'e'),
                    (o.noglob, 'f'),
                    (o.interactive, 'i'),
                    (o.nounset, 'u'),
                    (o.xtrace, 'x'),
                ];
                Some(flags.iter().filter(|f| f.0).map(|f| f.1).collect())
            }
            "@" | "*" => (!self.positional.is_empty()).then(|| self.positional.join(" ")),
            _ => match name.parse::<usize>() {
                Ok(n) => self.positional.get(n.wrapping_sub(1)).map(|v| v.to_string()),
                Err(_) => self.get(name).map(|v| v.to_string()),
            },
        }
    }
}

impl Variables for Shell {
    fn get(&self, name: &str) -> i64 {
        let text = self.parameter(name).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }
    fn set(&mut self, name: &str, value: i64) {
        let _ = Self::set(self, name, &value.to_string());
    }
}
