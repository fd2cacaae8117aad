//! Instructions at work: commands, pipelines, redirections, and children.

use super::expand::Expander;
use super::{Turn, builtin, complain, leave, pattern, print, prompt, push, set_trap, test};
use crate::engine::syscall::{Io, Open, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::process::{ExitStatus, Wait};
use crate::kernel::signal::Signal;
use crate::memory::Memory;
use crate::memory::shell::code::{Code, Op, Redirect, Simple, Target, TestExpression, Word};
use crate::memory::shell::{Execution, Frame, FrameKind, Loop, Saved, Shell, Source, Variable, Waiting};
use crate::shared::{Map, own};
use crate::time::Span;
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
            match text.and_then(|t| super::arithmetic::evaluate(&t, shell)) {
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
fn check(sys: &mut Sys<'_>, shell: &mut Shell, strict: bool) -> Turn {
    if strict && shell.status != 0 && shell.options.errexit {
        let status = shell.status;
        return leave(sys, shell, status);
    }
    Turn::Go
}

/// An expansion that failed ends a shell that is not interactive.
pub fn expansion_failed(sys: &mut Sys<'_>, shell: &mut Shell, line: u32, message: &str) -> Turn {
    complain(sys, shell, line, message);
    shell.status = 2;
    if shell.options.interactive || matches!(shell.source, Source::Fed(_)) {
        shell.frames.clear();
        if shell.options.interactive {
            prompt::show(sys, shell);
        }
        return Turn::Go;
    }
    leave(sys, shell, 2)
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
    if shell.options.xtrace && !fields.is_empty() {
        let line = format!("+ {}\n", fields.join(" "));
        print(sys, shell, 2, line.as_bytes());
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
        let (turn, keep) = builtin::run(sys, shell, fields, line);
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

/// The environment of a program: exported variables and those before the command.
pub fn environment(shell: &Shell, assigned: &[(Rc<str>, String)]) -> Map<String, String> {
    let exported = shell.variables.iter().filter(|(_, v)| v.exported);
    let mut all: Map<String, String> = exported.map(|(k, v)| (k.to_string(), v.value.to_string())).collect();
    all.extend(assigned.iter().map(|(k, v)| (k.to_string(), v.clone())));
    all
}

/// Where a command is, or what the shell says about it.
pub fn find(sys: &mut Sys<'_>, shell: &mut Shell, name: &str, line: u32) -> Option<String> {
    let path = shell.get("PATH");
    match sys.find_program(name, path.as_deref()) {
        Ok(path) => Some(path),
        Err(errno) => {
            let slash = name.contains('/');
            let (message, status) = match (errno, &*sys.program()) {
                (Errno::ENOENT, "bash") if !slash => (format!("{name}: command not found"), 127),
                (Errno::ENOENT, "bash") => (format!("{name}: No such file or directory"), 127),
                (Errno::ENOENT, _) => (format!("{name}: not found"), 127),
                (other, _) => (format!("{name}: {}", other.text()), 126),
            };
            complain(sys, shell, line, &message);
            shell.status = status;
            None
        }
    }
}

fn external(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    fields: &[Rc<str>],
    assigned: &[(Rc<str>, String)],
    line: u32,
    strict: bool,
) -> Option<Turn> {
    let path = find(sys, shell, &fields[0], line)?;
    let arguments = fields.iter().map(|f| f.to_string()).collect();
    let execution = Execution { path, arguments, environment: environment(shell, assigned) };
    if is_last(shell) {
        return Some(execute(sys, shell, &execution));
    }
    let mut child = child_of(shell);
    child.execute = Some(Rc::new(execution));
    child.setup = Some((Vec::new(), Vec::new()));
    match sys.fork(Memory::Shell(Rc::new(child))) {
        Ok(pid) => Some(wait_in_front(sys, shell, vec![pid], strict)),
        Err(errno) => Some(cannot_fork(sys, shell, errno)),
    }
}

/// True when nothing follows: the shell need not stay to wait for its last command.
fn is_last(shell: &Shell) -> bool {
    let [frame] = shell.frames.as_slice() else { return false };
    shell.source == Source::Text
        && frame.kind == FrameKind::Main
        && frame.at >= frame.code.ops.len()
        && frame.saved.is_empty()
        && shell.traps.is_empty()
        && shell.leaving.is_none()
        && shell.jobs.is_empty()
}

/// Becomes a program.
pub fn execute(sys: &mut Sys<'_>, shell: &mut Shell, execution: &Execution) -> Turn {
    match sys.execute(&execution.path, execution.arguments.clone(), execution.environment.clone()) {
        Ok(()) => {
            sys.spend(Span::millis(1));
            Turn::Replaced
        }
        Err(errno) => {
            let name = execution.arguments.first().cloned().unwrap_or_default();
            let status = if errno == Errno::ENOENT { 127 } else { 126 };
            complain(
                sys,
                shell,
                1,
                &format!("{name}: {}", if errno == Errno::ENOENT { "not found" } else { errno.text() }),
            );
            Turn::Exit(status)
        }
    }
}

/// A copy of the shell for a child: it runs only what it is given.
fn child_of(shell: &Shell) -> Shell {
    let mut child = shell.clone();
    child.frames.clear();
    child.source = Source::Text;
    child.waiting = Waiting::Nothing;
    child.traps = Rc::default();
    child.jobs.clear();
    child.pending.clear();
    child.options.interactive = false;
    child.leaving = None;
    child
}

/// Forks a child that runs code.
fn fork_code(
    sys: &mut Sys<'_>,
    shell: &Shell,
    code: &Rc<Code>,
    moves: Vec<(u32, u32)>,
    closes: Vec<u32>,
) -> Result<u32, Errno> {
    let mut child = child_of(shell);
    push(&mut child, code.clone(), FrameKind::Main);
    child.setup = Some((moves, closes));
    sys.fork(Memory::Shell(Rc::new(child)))
}

/// A child's first moment: its own signals and descriptors.
pub fn set_up(sys: &mut Sys<'_>, _shell: &mut Shell, moves: &[(u32, u32)], closes: &[u32]) {
    for signal in Signal::all().filter(|s| *s != Signal::CHLD) {
        if sys.disposition(signal) == Some(crate::kernel::signal::Disposition::Handle)
            || signal == Signal::TERM
        {
            set_trap(sys, signal, None);
        }
    }
    for (from, to) in moves {
        if *from == u32::MAX {
            let _ = sys.close(*to);
            if let Ok(fd) = sys.open("/dev/null", Open::READ) {
                if fd != *to {
                    let _ = sys.duplicate(fd, *to);
                    let _ = sys.close(fd);
                }
            }
            continue;
        }
        let _ = sys.duplicate(*from, *to);
    }
    for fd in closes {
        let _ = sys.close(*fd);
    }
}

fn cannot_fork(sys: &mut Sys<'_>, shell: &mut Shell, errno: Errno) -> Turn {
    let message = match &*sys.program() {
        "bash" => format!("fork: retry: {}", errno.text()),
        "busybox" => format!("can't fork: {}", errno.text()),
        _ => "Cannot fork".to_owned(),
    };
    complain(sys, shell, 1, &message);
    shell.status = 2;
    if shell.options.interactive { Turn::Go } else { leave(sys, shell, 2) }
}

fn substitute(sys: &mut Sys<'_>, shell: &mut Shell, code: &Rc<Code>) -> Turn {
    let (read, write) = sys.pipe();
    let child = fork_code(sys, shell, code, vec![(write, 1)], vec![read, write]);
    let _ = sys.close(write);
    match child {
        Ok(pid) => {
            shell.waiting = Waiting::Output(read, pid, Vec::new());
            Turn::Go
        }
        Err(errno) => {
            let _ = sys.close(read);
            cannot_fork(sys, shell, errno)
        }
    }
}

/// Collects what a command substitution prints, until its end.
pub fn output(sys: &mut Sys<'_>, shell: &mut Shell, fd: u32, pid: u32, mut bytes: Vec<u8>) -> Turn {
    loop {
        match sys.read(fd, 65_536) {
            Ok(Io::Ready(more)) if !more.is_empty() => bytes.extend(more),
            Ok(Io::Blocked(wait)) => {
                shell.waiting = Waiting::Output(fd, pid, bytes);
                return Turn::Wait(vec![wait]);
            }
            Ok(Io::Ready(_)) | Err(_) => break,
        }
    }
    match sys.wait_child(Some(pid)) {
        Ok(Io::Blocked(wait)) => {
            shell.waiting = Waiting::Output(fd, pid, bytes);
            return Turn::Wait(vec![wait]);
        }
        Ok(Io::Ready((_, status))) => shell.status = status.code(),
        Err(_) => {}
    }
    let _ = sys.close(fd);
    bytes.retain(|b| *b != 0);
    let text = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
    if let Some(frame) = shell.frames.last_mut() {
        frame.outputs.push(text.into());
    }
    Turn::Go
}

fn pipeline(sys: &mut Sys<'_>, shell: &mut Shell, parts: &[Rc<Code>], strict: bool) -> Turn {
    let mut pids = Vec::new();
    let mut input: Option<u32> = None;
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        let pipe = (!last).then(|| sys.pipe());
        let mut moves: Vec<(u32, u32)> = Vec::new();
        let mut closes: Vec<u32> = Vec::new();
        if let Some(fd) = input {
            moves.push((fd, 0));
            closes.push(fd);
        }
        if let Some((read, write)) = pipe {
            moves.push((write, 1));
            closes.extend([read, write]);
        }
        let child = fork_code(sys, shell, part, moves, closes);
        if let Some(fd) = input {
            let _ = sys.close(fd);
        }
        input = pipe.map(|(read, write)| {
            let _ = sys.close(write);
            read
        });
        match child {
            Ok(pid) => pids.push(pid),
            Err(errno) => {
                if let Some(fd) = input {
                    let _ = sys.close(fd);
                }
                return cannot_fork(sys, shell, errno);
            }
        }
    }
    wait_in_front(sys, shell, pids, strict)
}

/// Waits for children; on a terminal they are its foreground.
fn wait_in_front(sys: &mut Sys<'_>, shell: &mut Shell, pids: Vec<u32>, strict: bool) -> Turn {
    let last = pids.last().copied().unwrap_or(0);
    if shell.options.interactive {
        let leader = pids.first().copied().unwrap_or(0);
        for pid in &pids {
            sys.new_group(*pid, leader);
        }
        sys.set_foreground(leader);
    }
    shell.waiting = Waiting::Children(pids, last, u8::from(strict));
    Turn::Go
}

/// Children in front: go on when all have ended. `strict` rides along as one or zero.
pub fn children(sys: &mut Sys<'_>, shell: &mut Shell, mut pids: Vec<u32>, last: u32, strict: u8) -> Turn {
    let mut at = 0;
    while at < pids.len() {
        match sys.wait_child(Some(pids[at])) {
            Ok(Io::Ready((pid, status))) => {
                if pid == last {
                    shell.status = status.code();
                    announce(sys, shell, status);
                }
                pids.remove(at);
            }
            Ok(Io::Blocked(_)) => at += 1,
            Err(_) => {
                pids.remove(at);
            }
        }
    }
    if !pids.is_empty() {
        shell.waiting = Waiting::Children(pids, last, strict);
        return Turn::Wait(vec![Wait::Child(sys.host_pid())]);
    }
    if shell.options.interactive {
        let own = sys.pid();
        sys.set_foreground(own);
        while sys.take_signal().is_some() {}
    }
    check(sys, shell, strict == 1)
}

/// What a shell says about a child that a signal ended.
fn announce(sys: &mut Sys<'_>, shell: &mut Shell, status: ExitStatus) {
    let ExitStatus::Signal(signal) = status else { return };
    match signal {
        Signal::INT if shell.options.interactive => print(sys, shell, 2, b"\n"),
        Signal::KILL if &*sys.program() != "busybox" => print(sys, shell, 2, b"Killed\n"),
        Signal::TERM if shell.options.interactive => print(sys, shell, 2, b"Terminated\n"),
        _ => {}
    }
}

fn background(sys: &mut Sys<'_>, shell: &mut Shell, code: &Rc<Code>, _text: &str) -> Turn {
    let moves = if shell.options.interactive { Vec::new() } else { vec![(u32::MAX, 0)] };
    match fork_code(sys, shell, code, moves, Vec::new()) {
        Ok(pid) => {
            if shell.options.interactive {
                sys.new_group(pid, pid);
                let line = format!("[{}] {pid}\n", shell.jobs.len() + 1);
                print(sys, shell, 2, line.as_bytes());
            }
            shell.jobs.push((pid, None));
            shell.last_background = Some(pid);
            shell.status = 0;
            Turn::Go
        }
        Err(errno) => cannot_fork(sys, shell, errno),
    }
}

/// Redirects descriptors; what to put back, or nothing when one failed and was reported.
fn redirect(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    list: &[Redirect],
    outputs: &[Rc<str>],
) -> Option<Vec<Saved>> {
    let mut saved = Vec::new();
    for redirect in list {
        let fds: &[u32] = if matches!(redirect.target, Target::All(..)) { &[1, 2] } else { &[redirect.fd] };
        for fd in fds {
            let kept = sys.is_open(*fd).then(|| sys.duplicate_above(*fd, 10).ok()).flatten();
            saved.push((*fd, kept));
        }
        if let Err(message) = apply(sys, shell, redirect, outputs) {
            put_back(sys, saved);
            complain(sys, shell, 1, &message);
            return None;
        }
    }
    Some(saved)
}

fn apply(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    redirect: &Redirect,
    outputs: &[Rc<str>],
) -> Result<(), String> {
    let text = |shell: &mut Shell, sys: &Sys<'_>, word: &Word| Expander { shell, sys, outputs }.text(word);
    let (word, how) = match &redirect.target {
        Target::Read(word) => (word, Open::READ),
        Target::Write(word) | Target::All(word, false) => (word, Open::WRITE),
        Target::Append(word) | Target::All(word, true) => (word, Open::APPEND),
        Target::Both(word) => (word, Open::READ_WRITE),
        Target::Duplicate(word) => {
            let target = text(shell, sys, word)?;
            if target == "-" {
                let _ = sys.close(redirect.fd);
                return Ok(());
            }
            let from: u32 = target.parse().map_err(|_| format!("{target}: bad file descriptor"))?;
            return sys.duplicate(from, redirect.fd).map_err(|_| format!("{from}: Bad file descriptor"));
        }
        Target::Text(word) => {
            let content = text(shell, sys, word)?;
            let (read, write) = sys.pipe();
            let _ = sys.duplicate(read, redirect.fd);
            sys.fill_pipe(write, content.as_bytes());
            let _ = sys.close(write);
            if read != redirect.fd {
                let _ = sys.close(read);
            }
            return Ok(());
        }
    };
    let path = text(shell, sys, word)?;
    let fd = sys.open(&path, how).map_err(|errno| cannot_open(sys, &path, how != Open::READ, errno))?;
    if fd != redirect.fd {
        sys.duplicate(fd, redirect.fd).map_err(|e| e.text().to_owned())?;
        let _ = sys.close(fd);
    }
    if matches!(redirect.target, Target::All(..)) {
        sys.duplicate(redirect.fd, 2).map_err(|e| e.text().to_owned())?;
    }
    Ok(())
}

fn cannot_open(sys: &Sys<'_>, path: &str, writing: bool, errno: Errno) -> String {
    let missing = errno == Errno::ENOENT;
    match (&*sys.program(), writing) {
        ("dash", true) if missing => format!("cannot create {path}: Directory nonexistent"),
        ("dash", true) => format!("cannot create {path}: {}", errno.text()),
        ("dash", false) if missing => format!("cannot open {path}: No such file"),
        ("dash", false) => format!("cannot open {path}: {}", errno.text()),
        ("bash", _) => format!("{path}: {}", errno.text()),
        (_, true) if missing => format!("can't create {path}: nonexistent directory"),
        (_, true) => format!("can't create {path}: {}", errno.text()),
        (_, false) if missing => format!("can't open {path}: no such file"),
        (_, false) => format!("can't open {path}: {}", errno.text()),
    }
}

/// Puts descriptors back, the last one first.
pub fn put_back(sys: &mut Sys<'_>, saved: Vec<Saved>) {
    for (fd, kept) in saved.into_iter().rev() {
        match kept {
            Some(kept) => {
                let _ = sys.duplicate(kept, fd);
                let _ = sys.close(kept);
            }
            None => {
                let _ = sys.close(fd);
            }
        }
    }
}

/// Hides a variable for the length of the function that runs.
pub fn make_local(shell: &mut Shell, name: &str) {
    let old: Option<Variable> = shell.variables.get(name).cloned();
    let frame = shell.frames.iter_mut().rev().find_map(|f| match &mut f.kind {
        FrameKind::Function(_, locals) => Some(locals),
        _ => None,
    });
    if let Some(locals) = frame {
        if !locals.iter().any(|(n, _)| &**n == name) {
            locals.push((name.into(), old));
        }
    }
}
