//! Instructions at work: commands, pipelines, redirections, and children.

use super::expand::{Expander, calculate};
use super::launch::external;
use super::{Turn, builtin, complain, leave, pattern, print, prompt, push, test};
use crate::engine::syscall::Sys;
use crate::kernel::process::Wait;
use crate::memory::shell::code::{Op, Simple, TestExpression, Word};
use crate::memory::shell::{Frame, FrameKind, Loop, Saved, Shell, Source, Variable};
use crate::shared::own;
use crate::shell::children::{background, cannot_fork, fork_code, pipeline, substitute, wait_in_front};
use crate::shell::redirection::{put_back, redirect};
use std::rc::Rc;

/// Runs one instruction.
pub fn instruction(sys: &mut Sys<'_>, shell: &mut Shell) -> Turn {
    let Some(frame) = shell.frames.last_mut() else { return Turn::Go };
    let code = frame.code.clone();
    let at = frame.at;
    frame.at += 1;
    shell.steps += 1;
    match &code.ops[at] {
        Op::Substitute(inner) => substitute(sys, shell, inner),
        Op::Simple(simple, strict) => {
            let turn = self_contained(sys, shell, simple, *strict);
            turn.unwrap_or_else(|| check(sys, shell, *strict))
        }
        Op::Pipeline(parts, strict) => pipeline(sys, shell, parts, *strict),
        Op::Background(inner, text) => background(sys, shell, inner, text),
        Op::Subshell(inner, strict) => match fork_code(sys, shell, inner, Vec::new(), Vec::new()) {
            Ok(pid) => wait_in_front(sys, shell, vec![pid], *strict),
            Err(errno) => cannot_fork(sys, shell, errno),
        },
        Op::Redirect(list, past) => {
            let outputs = take_outputs(shell);
            match redirect(sys, shell, list, &outputs) {
                Some(saved) => top(shell).saved.push(saved),
                None => {
                    shell.status = 1;
                    top(shell).at = *past;
                }
            }
            Turn::Go
        }
        Op::Restore => {
            let saved = top(shell).saved.pop().unwrap_or_default();
            put_back(sys, saved);
            Turn::Go
        }
        Op::Arithmetic(word, strict) => {
            let outputs = take_outputs(shell);
            let text = Expander { shell, sys, outputs: &outputs }.text(word);
            match text.and_then(|t| calculate(sys, shell, &t)) {
                Ok(value) => shell.status = u8::from(value == 0),
                Err(message) => return expansion_failed(sys, shell, 1, &message),
            }
            check(sys, shell, *strict)
        }
        Op::Test(expression, strict) => {
            let outputs = take_outputs(shell);
            match extended_test(sys, shell, expression, &outputs) {
                Ok(answer) => shell.status = u8::from(!answer),
                Err(message) => {
                    complain(sys, shell, 1, &message);
                    shell.status = 2;
                }
            }
            check(sys, shell, *strict)
        }
        other => control(sys, shell, other),
    }
}

fn top(shell: &mut Shell) -> &mut Frame {
    shell.frames.last_mut().expect("an instruction runs in a frame")
}

fn take_outputs(shell: &mut Shell) -> Vec<Rc<str>> {
    std::mem::take(&mut top(shell).outputs)
}

/// Jumps, loops and cases.
fn control(sys: &mut Sys<'_>, shell: &mut Shell, op: &Op) -> Turn {
    let status = shell.status;
    match op {
        Op::Not => shell.status = u8::from(status == 0),
        Op::Jump(to) => top(shell).at = *to,
        Op::JumpIfFailed(to) if status != 0 => top(shell).at = *to,
        Op::JumpIfDone(to) if status == 0 => top(shell).at = *to,
        Op::Enter(end, next) => {
            let saved = top(shell).saved.len();
            top(shell).loops.push(Loop { end: *end, next: *next, values: Vec::new(), saved });
        }
        Op::EnterFor(words, end, next) => {
            let outputs = take_outputs(shell);
            let values = match words {
                None => Ok(shell.positional.to_vec()),
                Some(words) => Expander { shell, sys, outputs: &outputs }.fields(words),
            };
            match values {
                Ok(mut values) => {
                    values.reverse();
                    let saved = top(shell).saved.len();
                    shell.status = 0;
                    top(shell).loops.push(Loop { end: *end, next: *next, values, saved });
                }
                Err(message) => return expansion_failed(sys, shell, 1, &message),
            }
        }
        Op::Next(name, end) => {
            let value = top(shell).loops.last_mut().and_then(|l| l.values.pop());
            match value {
                Some(value) => {
                    if let Err(message) = shell.set(name, &value) {
                        return expansion_failed(sys, shell, 1, &message);
                    }
                }
                None => top(shell).at = *end,
            }
        }
        Op::Leave => {
            top(shell).loops.pop();
        }
        Op::Case(word) => {
            let outputs = take_outputs(shell);
            match (Expander { shell, sys, outputs: &outputs }).text(word) {
                Ok(subject) => top(shell).subjects.push(subject.into()),
                Err(message) => return expansion_failed(sys, shell, 1, &message),
            }
        }
        Op::Match(patterns, skip) => return case_match(sys, shell, patterns, *skip),
        Op::EndCase => {
            top(shell).subjects.pop();
        }
        Op::Function(name, code) => {
            own(&mut shell.functions).insert(name.clone(), code.clone());
            shell.status = 0;
        }
        Op::Status(status) => shell.status = *status,
        _ => {}
    }
    Turn::Go
}

fn case_match(sys: &mut Sys<'_>, shell: &mut Shell, patterns: &[Word], skip: usize) -> Turn {
    let outputs = take_outputs(shell);
    let subject: Vec<char> = top(shell).subjects.last().map(|s| s.chars().collect()).unwrap_or_default();
    for word in patterns {
        match (Expander { shell, sys, outputs: &outputs }).pattern(word) {
            Ok(wanted) if pattern::fits(&wanted, &subject) => return Turn::Go,
            Ok(_) => {}
            Err(message) => return expansion_failed(sys, shell, 1, &message),
        }
    }
    top(shell).at = skip;
    Turn::Go
}

/// `set -e`: a failure that nobody looks at ends the shell.
pub fn check(sys: &mut Sys<'_>, shell: &mut Shell, strict: bool) -> Turn {
    if strict && shell.status != 0 && shell.options.errexit && !shell.frames.iter().any(|f| f.lenient) {
        let status = shell.status;
        return leave(sys, shell, status);
    }
    Turn::Go
}

/// An expansion that failed ends a shell that is not interactive.
pub fn expansion_failed(sys: &mut Sys<'_>, shell: &mut Shell, line: u32, message: &str) -> Turn {
    let bash = &*sys.program() == "bash";
    if bash && message.ends_with("is read only") {
        complain(sys, shell, line, &message.replace("is read only", "readonly variable"));
    } else {
        complain(sys, shell, line, message);
    }
    shell.status = match bash {
        true if shell.reads_file || message.ends_with("is read only") => 1,
        true => 127,
        false => 2,
    };
    if shell.options.interactive || matches!(shell.source, Source::Fed(_)) {
        shell.frames.clear();
        if shell.options.interactive {
            prompt::show(sys, shell);
        }
        return Turn::Go;
    }
    let status = shell.status;
    leave(sys, shell, status)
}

fn extended_test(
    sys: &Sys<'_>,
    shell: &mut Shell,
    expression: &TestExpression,
    outputs: &[Rc<str>],
) -> Result<bool, String> {
    Ok(match expression {
        TestExpression::And(a, b) => {
            extended_test(sys, shell, a, outputs)? && extended_test(sys, shell, b, outputs)?
        }
        TestExpression::Or(a, b) => {
            extended_test(sys, shell, a, outputs)? || extended_test(sys, shell, b, outputs)?
        }
        TestExpression::Not(a) => !extended_test(sys, shell, a, outputs)?,
        TestExpression::Primary(words, operator) => match words.as_slice() {
            [word] => {
                let text = Expander { shell, sys, outputs }.text(word)?;
                test::unary(sys, operator, &text).unwrap_or(!text.is_empty())
            }
            [a, b] => {
                let left = Expander { shell, sys, outputs }.text(a)?;
                if matches!(&**operator, "=" | "==" | "!=") {
                    let wanted = Expander { shell, sys, outputs }.pattern(b)?;
                    let chars: Vec<char> = left.chars().collect();
                    return Ok(pattern::fits(&wanted, &chars) == (&**operator != "!="));
                }
                let right = Expander { shell, sys, outputs }.text(b)?;
                if &**operator == "=~" {
                    let regex = regex_lite::Regex::new(&right)
                        .map_err(|_| format!("{right}: invalid regular expression"))?;
                    return Ok(regex.is_match(&left));
                }
                test::binary(sys, &left, operator, &right)?.unwrap_or(false)
            }
            _ => false,
        },
    })
}

/// A simple command. Nothing when it is done and only `set -e` is to be looked at.
fn self_contained(sys: &mut Sys<'_>, shell: &mut Shell, simple: &Rc<Simple>, strict: bool) -> Option<Turn> {
    let outputs = take_outputs(shell);
    let fields = match (Expander { shell, sys, outputs: &outputs }).fields(&simple.words) {
        Ok(fields) => fields,
        Err(message) => return Some(expansion_failed(sys, shell, simple.line, &message)),
    };
    let mut assigned = Vec::new();
    for (name, word, append) in &simple.assignments {
        match (Expander { shell, sys, outputs: &outputs }).text(word) {
            Ok(text) => {
                let before = if *append {
                    shell.get(name).map(|v| v.to_string()).unwrap_or_default()
                } else {
                    String::new()
                };
                let value = before + &text;
                if fields.is_empty() {
                    if let Err(message) = shell.set(name, &value) {
                        return Some(expansion_failed(sys, shell, simple.line, &message));
                    }
                }
                assigned.push((name.clone(), value));
            }
            Err(message) => return Some(expansion_failed(sys, shell, simple.line, &message)),
        }
    }
    if shell.options.xtrace && !(fields.is_empty() && assigned.is_empty()) {
        trace(sys, shell, &fields, &assigned);
    }
    let Some(saved) = redirect(sys, shell, &simple.redirects, &outputs) else {
        shell.status = if &*sys.program() == "dash" { 2 } else { 1 };
        return None;
    };
    if fields.is_empty() {
        put_back(sys, saved);
        if outputs.is_empty() {
            shell.status = 0;
        }
        if !assigned.is_empty() {
            let held: usize = shell.variables.values().map(|v| v.value.len()).sum();
            if sys.set_resident(620 * 1024 + held as u64) {
                return Some(Turn::Wait(vec![Wait::Signal]));
            }
        }
        return None;
    }
    dispatch(sys, shell, &fields, assigned, saved, simple.line, strict)
}

/// What `set -x` shows of a command: dash as it is, the others with quotes where a shell wants them.
fn trace(sys: &mut Sys<'_>, shell: &mut Shell, fields: &[Rc<str>], assigned: &[(Rc<str>, String)]) {
    let (dash, bash) = (&*sys.program() == "dash", &*sys.program() == "bash");
    let special = |c: char| {
        !(c.is_alphanumeric() || "_./:,+@%-".contains(c) || (c == '=' && bash) || (c == ']' && !bash))
    };
    let quote = |text: &str| match dash || (!text.is_empty() && !text.contains(special)) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    };
    let mut line = "+".to_owned();
    for (name, value) in assigned {
        line += &format!(" {name}={}", quote(value));
    }
    for field in fields {
        line += " ";
        line += &quote(field);
    }
    print(sys, shell, 2, (line + "\n").as_bytes());
}

/// Runs a function, a builtin or a program.
fn dispatch(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    fields: &[Rc<str>],
    assigned: Vec<(Rc<str>, String)>,
    saved: Vec<Saved>,
    line: u32,
    strict: bool,
) -> Option<Turn> {
    let name = fields[0].clone();
    if let Some(code) = shell.functions.get(&name).cloned() {
        for (name, value) in assigned {
            let _ = shell.set(&name, &value);
        }
        let positional = std::mem::replace(&mut shell.positional, fields[1..].into());
        push(shell, code, FrameKind::Function(positional, Vec::new()));
        top(shell).saved.push(saved);
        top(shell).lenient = !strict;
        if shell.frames.len() > 500 {
            return Some(expansion_failed(sys, shell, line, "maximum function nesting level exceeded"));
        }
        return Some(Turn::Go);
    }
    if builtin::is_builtin(&name) {
        let special = matches!(
            &*name,
            "exec" | "export" | "readonly" | "set" | "eval" | "." | "source" | ":" | "unset" | "trap"
        );
        let mut before = Vec::new();
        for (name, value) in assigned {
            before.push((name.clone(), shell.variables.get(&name).cloned()));
            let _ = shell.set(&name, &value);
        }
        let depth = shell.frames.len();
        let (turn, keep) = builtin::run(sys, shell, fields, line);
        if shell.frames.len() > depth {
            top(shell).lenient = !strict;
        }
        if !keep {
            put_back(sys, saved);
        }
        if !special {
            for (name, old) in before {
                let variables = own(&mut shell.variables);
                match old {
                    Some(old) => variables.insert(name, old),
                    None => variables.remove(&name),
                };
            }
        }
        return turn;
    }
    let turn = external(sys, shell, fields, &assigned, line, strict);
    put_back(sys, saved);
    turn
}

/// Hides a variable for the length of the function that runs; false when none does.
pub fn make_local(shell: &mut Shell, name: &str) -> bool {
    let old: Option<Variable> = shell.variables.get(name).cloned();
    let frame = shell.frames.iter_mut().rev().find_map(|f| match &mut f.kind {
        FrameKind::Function(_, locals) => Some(locals),
        _ => None,
    });
    let Some(locals) = frame else { return false };
    if !locals.iter().any(|(n, _)| &**n == name) {
        locals.push((name.into(), old));
    }
    true
}
