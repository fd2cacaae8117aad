//! The Dockerfile's lines as instructions: directives, comments, continuations, flags and here-documents; and back.

use super::Fault;
use super::form;
use crate::image::change::words::words;

/// One instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
    /// Its first line, from one.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// `RUN`, in capitals.
    pub name: String,
    /// The name as it is written.
    pub written: String,
    /// Flags without their dashes: `from=build`.
    pub flags: Vec<String>,
    /// What follows them.
    pub text: String,
    /// Its here-documents.
    pub documents: Vec<HereDocument>,
    /// The comments before it, without `#`; an empty one takes back those before.
    pub comments: Vec<String>,
}

/// The text between `<<EOF` and `EOF`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HereDocument {
    /// The word that ends it.
    pub name: String,
    /// Variables in it are replaced (the word was not quoted).
    pub expand: bool,
    /// Tabs before its lines do not count (`<<-`).
    pub chomp: bool,
    /// What is between.
    pub text: String,
}

/// A Dockerfile that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// The character that joins lines: a backslash unless a directive says otherwise.
    pub escape: char,
    /// The `# syntax=` directive; empty without one.
    pub syntax: String,
    /// The `# check=` directive; empty without one.
    pub check: String,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// The last lines of instructions that have an empty line after a continuation.
    pub gaps: Vec<usize>,
}

impl Dockerfile {
    /// A text with backslashes for the escape character that the file has chosen.
    pub fn plain(&self, text: &str) -> String {
        if self.escape == '\\' {
            text.to_owned()
        } else {
            text.replace('\\', "\\\\").replace(self.escape, "\\")
        }
    }

    /// The file as text: one line for each instruction, and its here-documents after it.
    pub fn printed(&self) -> String {
        let mut out = String::new();
        if !self.syntax.is_empty() {
            out.push_str(&format!("# syntax={}\n", self.syntax));
        }
        if self.escape == '`' {
            out.push_str("# escape=`\n");
        }
        if !self.check.is_empty() {
            out.push_str(&format!("# check={}\n", self.check));
        }
        out.push('\n');
        for instruction in &self.instructions {
            instruction.comments.iter().for_each(|c| out.push_str(&format!("# {c}\n")));
            let begun = out.len();
            out.push_str(&instruction.written);
            for flag in &instruction.flags {
                out.push_str(&format!(" --{}", quoted(flag)));
            }
            if instruction.text.starts_with("--") {
                out.push_str(" --");
            }
            out.push_str(&format!(" {}", instruction.text));
            let line = out[begun..].trim_end_matches([' ', '\t']);
            if line.strip_suffix(self.escape).is_some_and(|cut| !cut.ends_with(self.escape)) {
                // A blank of another kind keeps the line from going on.
                out.push('\u{b}');
            }
            out.push('\n');
            for document in &instruction.documents {
                out.push_str(&format!("{}{}\n", document.text, document.name));
            }
        }
        out
    }
}

/// A flag with quotes where it needs them.
fn quoted(flag: &str) -> String {
    if flag.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        format!("\"{}\"", flag.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        flag.to_owned()
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

    /// True when a flag without a value is there, or has the value `true`.
    pub fn is_on(&self, name: &str) -> bool {
        self.flag(name).is_some_and(|v| v.eq_ignore_ascii_case("true"))
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

/// Reads a Dockerfile, and looks at each instruction.
///
/// # Errors
/// The first mistake, in BuildKit's words.
pub fn parse(text: &str) -> Result<Dockerfile, Fault> {
    let file = read(text)?;
    file.instructions.iter().try_for_each(form::check)?;
    Ok(file)
}

/// Reads a Dockerfile; what its instructions say is not looked at.
///
/// # Errors
/// The first mistake, in BuildKit's words.
pub fn read(text: &str) -> Result<Dockerfile, Fault> {
    if text.is_empty() {
        return Err(Fault::nowhere("the Dockerfile cannot be empty".to_owned()));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').map(|l| l.trim_end_matches('\r')).collect();
    let mut file = Dockerfile { escape: '\\', ..Dockerfile::default() };
    let mut at = directives(&lines, &mut file)?;
    let mut comments = Vec::new();
    while at < lines.len() {
        let start = lines[at].trim_start();
        if let Some(comment) = start.strip_prefix('#') {
            match comment.trim() {
                "" => comments.clear(),
                words => comments.push(words.to_owned()),
            }
        }
        if start.is_empty() || start.starts_with('#') {
            at += 1;
            continue;
        }
        let first = at + 1;
        let (whole, gap) = joined(&lines, &mut at, file.escape);
        if gap {
            file.gaps.push(at);
        }
        let mut instruction = split(&whole);
        (instruction.first, instruction.last) = (first, at);
        if instruction.written.is_empty() {
            return Err(instruction.misread("unknown instruction: "));
        }
        instruction.comments = std::mem::take(&mut comments);
        form::read(&instruction)?;
        read_documents(&mut instruction, &lines, &mut at)?;
        file.instructions.push(instruction);
    }
    if file.instructions.is_empty() {
        return Err(Fault { first: 0, last: 0, message: "file with no instructions".to_owned() });
    }
    Ok(file)
}

/// The directives before everything else; the line after them.
fn directives(lines: &[&str], file: &mut Dockerfile) -> Result<usize, Fault> {
    let mut seen: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let pair = line.trim_start().strip_prefix('#').and_then(|l| l.split_once('='));
        let Some((key, value)) = pair.map(|(k, v)| (k.trim().to_ascii_lowercase(), v.trim())) else {
            return Ok(at);
        };
        let word = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.bytes().all(|b| b.is_ascii_alphanumeric());
        if !word || value.is_empty() {
            return Ok(at);
        }
        let fault = |message: String| Fault { first: at + 1, last: at + 1, message };
        if seen.contains(&key) {
            return Err(fault(format!("only one {key} parser directive can be used")));
        }
        match key.as_str() {
            "syntax" => value.clone_into(&mut file.syntax),
            "check" => value.clone_into(&mut file.check),
            "escape" => match value {
                "\\" | "`" => file.escape = if value == "`" { '`' } else { '\\' },
                _ => {
                    return Err(fault(format!("invalid escape token '{value}' does not match ` or \\")));
                }
            },
            // A word that is no directive is a comment, and those after it may be directives.
            _ => continue,
        }
        seen.push(key);
    }
    Ok(lines.len())
}

/// The line here with those that continue it, and whether an empty line was among them.
fn joined(lines: &[&str], at: &mut usize, escape: char) -> (String, bool) {
    let continues = |line: &str| {
        let cut = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
        (!cut.ends_with(escape)).then_some(cut.len())
    };
    let first = lines[*at].trim_start();
    *at += 1;
    let Some(cut) = continues(first) else { return (first.to_owned(), false) };
    let (mut whole, mut gap) = (first[..cut].to_owned(), false);
    while let Some(line) = lines.get(*at) {
        // What follows the last line break is no line.
        if *at + 1 == lines.len() && line.is_empty() {
            break;
        }
        *at += 1;
        let bare = line.trim_start();
        if bare.starts_with('#') {
            continue;
        }
        if bare.is_empty() {
            gap = true;
            continue;
        }
        match continues(line) {
            Some(cut) => whole.push_str(&line[..cut]),
            None => {
                whole.push_str(line);
                break;
            }
        }
    }
    (whole, gap)
}

/// Name, flags and the rest of one joined line.
fn split(whole: &str) -> Instruction {
    const BLANK: [char; 5] = ['\t', '\u{b}', '\u{c}', '\r', ' '];
    let whole = whole.trim();
    let (written, rest) = whole.split_once(BLANK).unwrap_or((whole, ""));
    let mut rest = rest.trim();
    let mut flags = Vec::new();
    while rest.starts_with("--") {
        let (flag, after) = flag(rest);
        rest = after.trim_start();
        match flag.strip_prefix("--") {
            Some("") | None => break,
            Some(flag) => flags.push(flag.to_owned()),
        }
    }
    Instruction {
        name: written.to_ascii_uppercase(),
        written: written.to_owned(),
        flags,
        text: rest.to_owned(),
        ..Instruction::default()
    }
}

/// The word that begins a text, without quotes and backslashes, and what follows it.
fn flag(text: &str) -> (String, &str) {
    let (mut word, mut quote, mut chars) = (String::new(), None, text.char_indices());
    while let Some((at, ch)) = chars.next() {
        match ch {
            '\\' => word.extend(chars.next().map(|(_, next)| next)),
            _ if quote == Some(ch) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(ch),
            _ if quote.is_none() && ch.is_whitespace() => return (word, &text[at..]),
            _ => word.push(ch),
        }
    }
    (word, "")
}

/// The here-document that a word announces.
fn announced(word: &str) -> Option<HereDocument> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (chomp, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let name: String = rest.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    let expand = name == rest;
    (!name.is_empty()).then(|| HereDocument { name, expand, chomp, text: String::new() })
}

/// Takes the here-documents that an instruction announces from the lines that follow it.
fn read_documents(instruction: &mut Instruction, lines: &[&str], at: &mut usize) -> Result<(), Fault> {
    let text = match instruction.name.as_str() {
        "ONBUILD" => instruction.text.clone(),
        name => format!("{name} {}", instruction.text),
    };
    let name = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !matches!(name.as_str(), "RUN" | "COPY" | "ADD") || instruction.json_words().is_some() {
        return Ok(());
    }
    for mut document in words(&text).iter().filter_map(|word| announced(word)) {
        loop {
            let Some(line) = lines.get(*at).filter(|l| *at + 1 < lines.len() || !l.is_empty()) else {
                instruction.last = *at;
                return Err(instruction.fault("unterminated heredoc"));
            };
            *at += 1;
            let line = if document.chomp { line.trim_start_matches('\t') } else { line };
            if line == document.name {
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
