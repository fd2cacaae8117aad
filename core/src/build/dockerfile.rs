//! The Dockerfile's lines as instructions: directives, comments, continuations, flags and here-documents.

use super::Fault;

/// One instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
    /// Its first line, from one.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// `RUN`, in capitals.
    pub name: String,
    /// Flags without their dashes: `from=build`.
    pub flags: Vec<String>,
    /// What follows them.
    pub text: String,
    /// Its here-documents.
    pub documents: Vec<HereDocument>,
}

/// The text between `<<EOF` and `EOF`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HereDocument {
    /// The word that ends it.
    pub name: String,
    /// Variables in it are replaced (the word was not quoted).
    pub expand: bool,
    /// What is between.
    pub text: String,
}

/// A Dockerfile that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// The character that joins lines: a backslash unless a directive says otherwise.
    pub escape: char,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
}

/// Every instruction, with the least and the most words it takes.
const NAMES: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

impl Dockerfile {
    /// A text with backslashes for the escape character that the file has chosen.
    pub fn plain(&self, text: &str) -> String {
        if self.escape == '\\' {
            text.to_owned()
        } else {
            text.replace('\\', "\\\\").replace(self.escape, "\\")
        }
    }
}

impl Instruction {
    /// The value of a flag `--name=value`.
    pub fn flag<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).last()
    }

    /// Every value of a flag; one without a value is `true`.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter_map(move |f| match f.split_once('=') {
            Some((key, value)) => (key == name).then_some(value),
            None => (f == name).then_some("true"),
        })
    }

    /// The words of a JSON array, when the text is one (the exec form).
    pub fn json_words(&self) -> Option<Vec<String>> {
        self.text.starts_with('[').then(|| serde_json::from_str(&self.text).ok()).flatten()
    }

    /// The instruction as BuildKit names its step: on one line, spaces between its parts.
    pub fn shown(&self) -> String {
        let mut all = self.name.clone();
        for flag in &self.flags {
            all.push_str(" --");
            all.push_str(flag);
        }
        if !self.text.is_empty() {
            all.push(' ');
            all.push_str(&self.text);
        }
        all
    }

    /// A mistake on its lines.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { first: self.first, last: self.last, message: message.into() }
    }

    /// A mistake found while reading: BuildKit names the line in the message.
    pub fn misread(&self, message: &str) -> Fault {
        self.fault(format!("dockerfile parse error on line {}: {message}", self.first))
    }
}

/// Reads a Dockerfile.
///
/// # Errors
/// The first mistake, in BuildKit's words.
pub fn parse(text: &str) -> Result<Dockerfile, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::nowhere("the Dockerfile cannot be empty".to_owned()));
    }
    let lines: Vec<&str> = text.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l)).collect();
    let mut file = Dockerfile { escape: escape(&lines), instructions: Vec::new() };
    let mut at = 0;
    while at < lines.len() {
        let start = lines[at].trim_start();
        if start.is_empty() || start.starts_with('#') {
            at += 1;
            continue;
        }
        let first = at + 1;
        let mut whole = String::new();
        loop {
            let line = lines.get(at).copied().unwrap_or_default();
            at += 1;
            let bare = line.trim_start();
            let aside = !whole.is_empty() && (bare.is_empty() || bare.starts_with('#'));
            let joined = line.trim_end().strip_suffix(file.escape);
            if !aside {
                let piece = joined.unwrap_or(line);
                whole.push_str(if whole.is_empty() { piece.trim_start() } else { piece });
            }
            if at >= lines.len() || !(aside || joined.is_some()) {
                break;
            }
        }
        let mut instruction = split(&whole);
        (instruction.first, instruction.last) = (first, at);
        read_documents(&mut instruction, &lines, &mut at)?;
        check(&instruction)?;
        file.instructions.push(instruction);
    }
    if file.instructions.is_empty() {
        return Err(Fault::nowhere("file with no instructions".to_owned()));
    }
    Ok(file)
}

/// The `# escape=` directive among the comments before everything else.
fn escape(lines: &[&str]) -> char {
    for line in lines {
        let Some((key, value)) = line.trim_start().strip_prefix('#').and_then(|l| l.split_once('=')) else {
            break;
        };
        if key.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// Name, flags and the rest of one joined line.
fn split(whole: &str) -> Instruction {
    let (name, rest) = whole.split_once([' ', '\t']).unwrap_or((whole, ""));
    let mut rest = rest.trim();
    let name = name.trim().to_ascii_uppercase();
    let mut flags = Vec::new();
    let takes_flags = matches!(name.as_str(), "ADD" | "COPY" | "FROM" | "HEALTHCHECK" | "RUN" | "ONBUILD");
    while takes_flags && rest.starts_with("--") {
        let (word, more) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        if word.len() == 2 {
            break;
        }
        flags.push(word[2..].replace('"', ""));
        rest = more.trim_start();
    }
    Instruction { name, flags, text: rest.to_owned(), ..Instruction::default() }
}

/// Takes the here-documents that an instruction announces from the lines that follow it.
fn read_documents(instruction: &mut Instruction, lines: &[&str], at: &mut usize) -> Result<(), Fault> {
    if !matches!(instruction.name.as_str(), "RUN" | "COPY" | "ADD") {
        return Ok(());
    }
    for word in instruction.text.clone().split([' ', '\t', ';', '>']) {
        let Some(rest) = word.strip_prefix("<<") else { continue };
        let (tabs, quoted) = (rest.starts_with('-'), rest.trim_start_matches('-'));
        let name = quoted.trim_matches(['"', '\'']);
        if name.is_empty() || name.starts_with('<') {
            continue;
        }
        let mut document =
            HereDocument { name: name.to_owned(), expand: name == quoted, text: String::new() };
        loop {
            let Some(line) = lines.get(*at) else {
                return Err(instruction.misread("unterminated heredoc"));
            };
            *at += 1;
            let line = if tabs { line.trim_start_matches('\t') } else { line };
            if line == name {
                break;
            }
            document.text.push_str(line);
            document.text.push('\n');
        }
        instruction.documents.push(document);
        instruction.last = *at;
    }
    Ok(())
}

/// What can be said of an instruction alone.
fn check(instruction: &Instruction) -> Result<(), Fault> {
    let name = instruction.name.as_str();
    if !NAMES.contains(&name) {
        let near = NAMES.iter().find(|known| distance(known, name) < 3);
        let hint = near.map_or(String::new(), |near| format!(" (did you mean {near}?)"));
        return Err(instruction.misread(&format!("unknown instruction: {name}{hint}")));
    }
    let known: &[&str] = match name {
        "FROM" => &["platform"],
        "RUN" => &["mount", "network", "security"],
        "COPY" => &["from", "chown", "chmod", "link", "exclude", "parents"],
        "ADD" => &["chown", "chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack"],
        "HEALTHCHECK" => &["interval", "timeout", "start-period", "start-interval", "retries"],
        _ => &[],
    };
    for flag in &instruction.flags {
        let flag = flag.split('=').next().unwrap_or_default();
        if !known.contains(&flag) {
            return Err(instruction.misread(&format!("unknown flag: --{flag}")));
        }
    }
    let words = instruction.text.split_whitespace().count();
    let wrong = match name {
        "FROM" if words != 1 && words != 3 => "FROM requires either one or three arguments".to_owned(),
        "WORKDIR" | "USER" | "STOPSIGNAL" | "MAINTAINER" if words == 0 => {
            format!("{name} requires exactly one argument")
        }
        "USER" | "STOPSIGNAL" if words > 1 => format!("{name} requires exactly one argument"),
        "COPY" | "ADD" if words == 0 => {
            format!("{name} requires at least two arguments, but zero were provided")
        }
        "COPY" | "ADD" if words == 1 && instruction.json_words().is_none_or(|w| w.len() < 2) => format!(
            "{name} requires at least two arguments, but only one was provided. Destination could not be determined"
        ),
        "ARG" | "ENV" | "EXPOSE" | "LABEL" | "VOLUME" | "ONBUILD" if words == 0 => {
            format!("{name} requires at least one argument")
        }
        "ENV" if words == 1 && !instruction.text.contains('=') => "ENV must have two arguments".to_owned(),
        "SHELL" if instruction.json_words().is_none_or(|w| w.is_empty()) => {
            "SHELL requires the arguments to be in JSON form".to_owned()
        }
        _ => return Ok(()),
    };
    Err(instruction.misread(&wrong))
}

/// How many letters must be changed, added or taken (Levenshtein), as far as it matters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
