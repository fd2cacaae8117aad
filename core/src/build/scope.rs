//! The build checks of one stage: what its instructions see of variables, directories and ports as they go by.

use super::check::{Checker, Facts, expanded};
use super::dockerfile::{Dockerfile, Instruction};
use super::form::near;
use super::stage::{self, Values};
use crate::image::change::{self, words::expand, words::words};

/// What a stage knows as its instructions go by.
#[derive(Clone, Default)]
pub struct Scope {
    env: Values,
    declared: Vec<String>,
    shell: bool,
    directory: bool,
    /// The base image is not known, and its variables are not.
    blind: bool,
    /// CMD, ENTRYPOINT and HEALTHCHECK as they were last.
    last: [Option<usize>; 3],
}

impl Scope {
    /// What a stage that is based on this one begins with.
    pub fn above(&self) -> Self {
        Self { last: Default::default(), ..self.clone() }
    }

    /// What a stage knows that is based on an image with these variables, and a SHELL or none.
    pub fn of(image: Option<(Values, bool)>) -> Self {
        let blind = image.is_none();
        let (mut env, shell) = image.unwrap_or_default();
        if stage::value(&env, "PATH").is_none() {
            env.push(("PATH".to_owned(), String::new()));
        }
        Self { env, shell, blind, ..Self::default() }
    }

    /// Checks one instruction, and takes in what it sets.
    pub fn instruction(
        &mut self,
        checker: &mut Checker<'_>,
        file: &Dockerfile,
        place: usize,
        globals: &[(String, String)],
        facts: &Facts<'_>,
    ) {
        let instruction = &file.instructions[place];
        let mut all: Vec<String> = Vec::new();
        for text in spoken(instruction) {
            all.push(self.word(checker, instruction, &file.plain(&text)));
        }
        match instruction.name.as_str() {
            "ENV" | "LABEL" => self.pairs(checker, instruction, file),
            "ARG" => self.argument(checker, instruction, file, globals, facts),
            "WORKDIR" => {
                let path = all.first().map_or("", String::as_str);
                if !self.directory && !path.starts_with('/') {
                    let detail = format!(
                        "Relative workdir {path:?} can have unexpected results if the base image changes"
                    );
                    checker.warn("WorkdirRelativePath", instruction, detail);
                }
                self.directory = true;
            }
            "SHELL" => self.shell = true,
            "CMD" | "ENTRYPOINT" | "HEALTHCHECK" => self.once(checker, file, place),
            "EXPOSE" => self.ports(checker, instruction, file),
            "COPY" | "ADD" => ignored(checker, instruction, &all, facts),
            _ => {}
        }
    }

    /// One word with its variables replaced, and a warning for each that is not there.
    fn word(&self, checker: &mut Checker<'_>, instruction: &Instruction, text: &str) -> String {
        let known = |name: &str| stage::value(&self.env, name).map(str::to_owned);
        let (value, _, missing) = expanded(text, &known);
        for name in missing.iter().filter(|n| !self.blind && !self.declared.contains(n)) {
            let hint = near(name, self.env.iter().map(|e| e.0.as_str()));
            let hint = hint.map_or(String::new(), |n| format!(" (did you mean ${n}?)"));
            let detail = format!("Usage of undefined variable '${name}'{hint}");
            checker.warn("UndefinedVar", instruction, detail);
        }
        value.unwrap_or_else(|| text.to_owned())
    }

    fn set(&mut self, name: String, value: String) {
        self.env.retain(|e| e.0 != name);
        self.env.push((name, value));
    }

    fn pairs(&mut self, checker: &mut Checker<'_>, instruction: &Instruction, file: &Dockerfile) {
        let known = self.env.clone();
        let lookup = |name: &str| stage::value(&known, name).map(str::to_owned);
        let name = instruction.name.as_str();
        let pairs = change::pairs(name, &file.plain(&instruction.text), &lookup).unwrap_or_default();
        let legacy = words(&instruction.text).first().is_some_and(|w| !w.contains('='));
        for (key, value) in pairs {
            if legacy {
                let written = &instruction.written;
                let detail = format!(
                    "\"{written} key=value\" should be used instead of legacy \"{written} key value\" format"
                );
                checker.warn("LegacyKeyValueFormat", instruction, detail);
            }
            if name == "ENV" {
                secret(checker, instruction, &key);
                self.set(key, value);
            }
        }
    }

    fn argument(
        &mut self,
        checker: &mut Checker<'_>,
        instruction: &Instruction,
        file: &Dockerfile,
        globals: &[(String, String)],
        facts: &Facts<'_>,
    ) {
        for word in words(&file.plain(&instruction.text)) {
            let (name, default) = word.split_once('=').map_or((word.as_str(), None), |(n, d)| (n, Some(d)));
            secret(checker, instruction, name);
            let given = stage::value(facts.given, name).map(str::to_owned);
            let value = match (given, default) {
                (Some(value), _) => Some(value),
                (None, Some(default)) => Some(self.word(checker, instruction, default)),
                (None, None) => stage::value(globals, name).map(str::to_owned),
            };
            self.declared.push(name.to_owned());
            if let Some(value) = value {
                self.set(name.to_owned(), value);
            }
        }
    }

    fn once(&mut self, checker: &mut Checker<'_>, file: &Dockerfile, place: usize) {
        let instruction = &file.instructions[place];
        let kind = match instruction.name.as_str() {
            "CMD" => 0,
            "ENTRYPOINT" => 1,
            _ => 2,
        };
        if let Some(before) = self.last[kind].replace(place) {
            let detail = format!(
                "Multiple {} instructions should not be used in the same stage because only the last one will be used",
                instruction.written
            );
            checker.warn("MultipleInstructionsDisallowed", &file.instructions[before], detail);
        }
        if kind < 2 && !self.shell && instruction.json_words().is_none() {
            let detail = format!(
                "JSON arguments recommended for {} to prevent unintended behavior related to OS signals",
                instruction.written
            );
            checker.warn("JSONArgsRecommended", instruction, detail);
        }
    }

    fn ports(&self, checker: &mut Checker<'_>, instruction: &Instruction, file: &Dockerfile) {
        let known = |name: &str| stage::value(&self.env, name).map(str::to_owned);
        let mut ports: Vec<String> = instruction.text.split_whitespace().map(str::to_owned).collect();
        ports.sort();
        for port in ports {
            let text = expand(&file.plain(&port), &known).unwrap_or(port);
            for port in text.split_whitespace() {
                let (place, protocol) = port.split_once('/').unwrap_or((port, ""));
                if protocol != protocol.to_lowercase() {
                    let detail =
                        format!("Defined protocol '{port}' in EXPOSE instruction should be lowercase");
                    checker.warn("ExposeProtoCasing", instruction, detail);
                }
                if place.contains(':') {
                    let detail = format!(
                        "EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
                    );
                    checker.warn("ExposeInvalidFormat", instruction, detail);
                }
            }
        }
    }
}

/// The words of an instruction in which variables are replaced, ARG's apart.
fn spoken(instruction: &Instruction) -> Vec<String> {
    let text = &instruction.text;
    match instruction.name.as_str() {
        "ENV" | "LABEL" => {
            let words = words(text);
            if words.first().is_none_or(|w| w.contains('=')) {
                return words;
            }
            text.splitn(2, char::is_whitespace).map(|w| w.trim_start().to_owned()).collect()
        }
        "WORKDIR" | "USER" | "STOPSIGNAL" => vec![text.clone()],
        "VOLUME" => instruction.json_words().unwrap_or_else(|| words(text)),
        "COPY" | "ADD" => {
            let mut all: Vec<String> = instruction.json_words().unwrap_or_else(|| words(text));
            all.retain(|w| !w.starts_with("<<"));
            let flags = ["chown", "chmod"].into_iter().filter_map(|f| instruction.flag(f).map(str::to_owned));
            flags.for_each(|flag| all.push(flag));
            all
        }
        _ => Vec::new(),
    }
}

/// A name that sounds like a secret.
fn secret(checker: &mut Checker<'_>, instruction: &Instruction, name: &str) {
    const SECRET: [&str; 10] = [
        "apikey",
        "auth",
        "credential",
        "credentials",
        "key",
        "password",
        "pword",
        "passwd",
        "secret",
        "token",
    ];
    let parts: Vec<String> = name.split('_').map(str::to_lowercase).collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    if has(&SECRET) && !has(&["public", "file", "version"]) {
        let detail =
            format!("Do not use ARG or ENV instructions for sensitive data ({} {name:?})", instruction.name);
        checker.warn("SecretsUsedInArgOrEnv", instruction, detail);
    }
}

/// Sources that `.dockerignore` keeps out.
fn ignored(checker: &mut Checker<'_>, instruction: &Instruction, all: &[String], facts: &Facts<'_>) {
    let Some(ignore) = facts.ignore.filter(|_| instruction.flag("from").is_none()) else { return };
    let count =
        instruction.flags.iter().filter(|f| f.starts_with("chown=") || f.starts_with("chmod=")).count();
    let sources = all.len().saturating_sub(count + 1);
    for source in &all[..sources] {
        let path = super::select::clean(source);
        let remote = source.contains("://") || source.starts_with("git@");
        if !remote && !path.is_empty() && ignore.hides(&path) {
            let verb = if instruction.name == "ADD" { "Add" } else { "Copy" };
            let detail = format!("Attempting to {verb} file {path:?} that is excluded by .dockerignore");
            checker.warn("CopyIgnoredFile", instruction, detail);
        }
    }
}
