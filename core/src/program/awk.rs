//! `awk`: programs of patterns and actions over lines and their fields (POSIX utilities, "awk").

mod call;
mod evaluate;
mod expression;
mod parse;
mod record;
mod run;
mod value;
mod words;

use super::{C, Outcome};
use parse::Pattern;
use run::{Leave, Machine};
use value::Value;

/// How `awk` was called.
struct Called {
    /// The program's text.
    program: String,
    /// Variables that are set before it begins.
    variables: Vec<(String, String)>,
    /// Files, and variables that are set between them.
    operands: Vec<String>,
}

/// The options, or the code to end with.
fn called(c: C<'_, '_, '_>) -> Result<Called, Outcome> {
    let mut arguments = std::mem::take(&mut c.arguments).into_iter().peekable();
    let mut called = Called { program: String::new(), variables: Vec::new(), operands: Vec::new() };
    while let Some(flag) = arguments.next_if(|a| a.starts_with('-') && a.len() > 1) {
        if flag == "--" {
            break;
        }
        let letter = flag.chars().nth(1).unwrap_or(' ');
        if !matches!(letter, 'F' | 'v' | 'f') {
            let words = if c.sys.is_busybox() { "invalid option" } else { "not an option" };
            c.complain(&format!("{words}: {flag}"));
            return Err(Outcome::Done(if c.sys.is_busybox() { 1 } else { 2 }));
        }
        let value = match flag.get(2..) {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => arguments.next().unwrap_or_default(),
        };
        match letter {
            'F' => {
                let separator =
                    if value == "t" { "\t".to_owned() } else { crate::shell::printf::escapes(&value) };
                called.variables.push(("FS".to_owned(), separator));
            }
            'v' => {
                let (name, value) = value.split_once('=').unwrap_or((&value, ""));
                called.variables.push((name.to_owned(), crate::shell::printf::escapes(value)));
            }
            _ => match c.sys.read_file(&value) {
                Ok(bytes) => called.program += &String::from_utf8_lossy(&bytes),
                Err(errno) => {
                    c.complain(&format!("can't open '{value}': {errno}"));
                    return Err(Outcome::Done(1));
                }
            },
        }
    }
    if called.program.is_empty() {
        let Some(program) = arguments.next() else {
            c.complain("usage: awk [-F value][-v var=value][--][program-text][file ...]");
            return Err(Outcome::Done(if c.sys.is_busybox() { 1 } else { 2 }));
        };
        called.program = program;
    }
    called.operands = arguments.collect();
    Ok(called)
}

/// A variable between the files.
fn is_assignment(operand: &str) -> bool {
    operand.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

pub fn awk(c: C<'_, '_, '_>) -> Outcome {
    let kept = c.arguments.clone();
    let called = match called(c) {
        Ok(called) => called,
        Err(outcome) => return outcome,
    };
    let busybox = c.sys.is_busybox();
    let syntax = |words: String| match words.split_once(": ") {
        Some((line, what)) if busybox && line.starts_with("line ") => {
            let what = if what.starts_with("syntax") || what.starts_with("missing") {
                "Unexpected token"
            } else {
                what
            };
            format!("cmd. {}: {what}", line.replace("line ", "line:"))
        }
        _ => words,
    };
    let program = match parse::program(&called.program) {
        Ok(program) => program,
        Err(words) => {
            let words =
                syntax(words).replace(": Unexpected", ":Unexpected").replace(":Unexpected", ": Unexpected");
            c.complain(&words);
            return Outcome::Done(if busybox { 1 } else { 2 });
        }
    };
    let wanted = program.reads || program.rules.iter().any(|r| !matches!(r.0, Pattern::Begin));
    let mut inputs = Vec::new();
    let mut operands = called.operands.clone();
    if !operands.iter().any(|o| !is_assignment(o)) {
        operands.push("-".to_owned());
    }
    let mut status = 0;
    for operand in operands.iter().filter(|_| wanted) {
        if is_assignment(operand) {
            inputs.push((operand.clone(), None));
            continue;
        }
        match c.content(operand) {
            None => {
                c.arguments = kept;
                return Outcome::NeedsInput;
            }
            Some(Ok(bytes)) => {
                inputs.push((operand.clone(), Some(String::from_utf8_lossy(&bytes).into_owned())))
            }
            Some(Err(errno)) => {
                let words = if busybox {
                    format!("{operand}: {errno}")
                } else {
                    format!("cannot open {operand} ({errno})")
                };
                c.complain(&words);
                status = if busybox { 1 } else { 2 };
            }
        }
    }
    let environment = c.sys.environment();
    let mut machine = Machine::new(c, &program);
    for (name, value) in environment.iter() {
        machine.put(&format!("ENVIRON\0{name}"), Value::Input(value.as_str().into()));
    }
    let arguments: Vec<&str> =
        std::iter::once("awk").chain(called.operands.iter().map(String::as_str)).collect();
    for (n, argument) in arguments.iter().enumerate() {
        machine.put(&format!("ARGV\0{n}"), Value::Input((*argument).into()));
    }
    machine.put("ARGC", Value::Number(arguments.len() as f64));
    for (name, value) in called.variables {
        machine.put(&name, Value::Input(value.into()));
    }
    let left = machine.run(inputs);
    let (steps, outputs) = (machine.steps(), std::mem::take(&mut machine.outputs));
    status = status.max(machine.status);
    c.sys.spend(crate::time::Span(u64::from(steps) / 4));
    for (path, bytes) in outputs {
        if let Err(errno) = c.sys.write_file(&path, &bytes) {
            c.complain(&format!("can't open '{path}': {errno}"));
            status = 2;
        }
    }
    if let Err(Leave::Fail(words)) = left {
        let words = match (busybox, words.as_str()) {
            (true, "division by zero") => "cmd. line:1: Division by zero".to_owned(),
            _ => words,
        };
        c.complain(&words);
        status = if busybox { 1 } else { 2 };
    }
    Outcome::Done(status)
}
