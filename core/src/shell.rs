//! The shell: POSIX `sh` as dash and busybox word it, and what learners use of bash, run step by step.

mod arithmetic;
mod braces;
mod builtin;
mod variable;
mod job;
mod launch;
mod nesting;
mod option;
pub use builtin::NAMES;
pub use builtin::echo;
mod compile;
mod expand;
pub mod printf;
mod prompt;
mod run;
mod children;
mod redirection;
pub mod test;

use crate::engine::syscall::{Io, Step, Sys};
use crate::kernel::process::Wait;
use crate::kernel::signal::{Disposition, Signal};
use crate::memory::Memory;
use crate::memory::shell::code::Code;
use crate::memory::shell::{Frame, FrameKind, Shell, Source, Variable, Waiting};
use crate::pattern;
use crate::shared::own;
use crate::time::Span;
use compile::SyntaxError;
use std::rc::Rc;

/// Instructions run before others get their turn.
const SLICE: usize = 400;

/// What running on has come to.
enum Turn {
    /// More can be done at once.
    Go,
    /// Wait for this.
    Wait(Vec<Wait>),
    /// The shell has ended.
    Exit(u8),
    /// Another program runs now.
    Replaced,
}

/// True for programs that are shells.
pub fn is_shell(program: &str, name: &str) -> bool {
    matches!(program, "dash" | "bash") || (program == "busybox" && matches!(name, "sh" | "ash"))
}

/// Begins a shell.
pub fn begin(sys: &Sys<'_>) -> Rc<Shell> {
    let mut shell = Shell { pid: sys.pid(), ..Shell::default() };
    let variables = own(&mut shell.variables);
    for (name, value) in sys.environment().iter() {
        let variable = Variable { value: value.as_str().into(), exported: true, read_only: false };
        variables.insert(name.as_str().into(), variable);
    }
    if &*sys.program() != "dash" {
        let shell_level = variables.get("SHLVL").and_then(|v| v.value.parse::<u32>().ok()).unwrap_or(0);
        let value = shell_level.wrapping_add(1).to_string().as_str().into();
        variables.insert("SHLVL".into(), Variable { value, exported: true, read_only: false });
    }
    let directory = sys.directory();
    variables
        .get_or_insert_with("PWD".into(), || Variable { value: "".into(), exported: true, read_only: false })
        .value = directory.into();
    Rc::new(shell)
}

/// Runs a shell for a while.
pub fn step(sys: &mut Sys<'_>, mut memory: Rc<Shell>) -> (Memory, Step) {
    let shell = own(&mut memory);
    let mut left = SLICE;
    let step = loop {
        if left == 0 {
            sys.spend(Span(SLICE as u64));
            break Step::Continue;
        }
        left -= 1;
        match turn(sys, shell) {
            Turn::Go => {}
            Turn::Wait(waits) => {
                sys.spend(Span((SLICE - left) as u64));
                break Step::Block(waits);
            }
            Turn::Exit(code) => break Step::Exit(code),
            Turn::Replaced => return (Memory::Fresh, Step::Replaced),
        }
    };
    if let Step::Exit(code) = step {
        return (Memory::Fresh, Step::Exit(code));
    }
    (Memory::Shell(memory), step)
}

fn turn(sys: &mut Sys<'_>, shell: &mut Shell) -> Turn {
    if sys.is_dying() {
        return Turn::Wait(vec![Wait::Signal]);
    }
    if let Some((moves, closes)) = shell.setup.take() {
        redirection::set_up(sys, shell, &moves, &closes);
    }
    if let Some(execution) = shell.execute.take() {
        return launch::execute(sys, shell, &execution);
    }
    if let Some(wait) = flush(sys, shell) {
        return Turn::Wait(vec![wait]);
    }
    if shell.source == Source::Fresh {
        return prompt::start(sys, shell);
    }
    signals(sys, shell);
    if let Some(turn) = wait(sys, shell) {
        return turn;
    }
    let Some(frame) = shell.frames.last() else { return next_command(sys, shell) };
    if frame.at >= frame.code.ops.len() {
        let strict = !frame.lenient && !matches!(frame.kind, FrameKind::Main | FrameKind::Trap(_));
        finish_frame(sys, shell);
        if shell.frames.is_empty() && shell.options.interactive && shell.leaving.is_none() {
            prompt::show(sys, shell);
        }
        return run::check(sys, shell, strict);
    }
    run::instruction(sys, shell)
}

/// Gives a builtin's output away; a wait when it is not taken.
fn flush(sys: &mut Sys<'_>, shell: &mut Shell) -> Option<Wait> {
    while let Some((fd, bytes)) = shell.pending.first_mut() {
        match sys.write(*fd, bytes) {
            Ok(Io::Ready(count)) if count < bytes.len() => {
                bytes.drain(..count);
            }
            Ok(Io::Blocked(wait)) => return Some(wait),
            Ok(Io::Ready(_)) | Err(_) => {
                shell.pending.remove(0);
            }
        }
    }
    None
}

/// Prints.
fn print(sys: &mut Sys<'_>, shell: &mut Shell, fd: u32, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if shell.pending.is_empty() {
        match sys.write(fd, bytes) {
            Ok(Io::Ready(count)) if count == bytes.len() => {}
            Ok(Io::Ready(count)) => shell.pending.push((fd, bytes[count..].to_vec())),
            Ok(Io::Blocked(_)) => shell.pending.push((fd, bytes.to_vec())),
            Err(_) => shell.status = 1,
        }
    } else {
        shell.pending.push((fd, bytes.to_vec()));
    }
}

/// Prints a message of the shell itself, with its name before it.
fn complain(sys: &mut Sys<'_>, shell: &mut Shell, line: u32, message: &str) {
    let name = shell.name.rsplit('/').next().unwrap_or("sh").trim_start_matches('-').to_owned();
    let prefix = match (&*sys.program(), shell.options.interactive) {
        ("dash", false) => format!("{}: {line}: ", shell.name),
        ("bash", false) => format!("{}: line {line}: ", shell.name),
        ("busybox", false) if shell.reads_file => format!("{}: line {line}: ", shell.name),
        _ => format!("{name}: "),
    };
    print(sys, shell, 2, format!("{prefix}{message}\n").as_bytes());
}

/// Signals that have arrived: traps begin, Ctrl-C drops the line.
fn signals(sys: &mut Sys<'_>, shell: &mut Shell) {
    if matches!(shell.waiting, Waiting::Children(..) | Waiting::Output(..)) && !shell.options.interactive {
        return;
    }
    let Some(signal) = sys.take_signal() else { return };
    let command = shell.traps.get(&signal.name()).cloned();
    if matches!(shell.waiting, Waiting::Job(_)) && signal != Signal::CHLD {
        shell.waiting = Waiting::Nothing;
        shell.status = 128 + signal.0;
    }
    if let Some(command) = command {
        start_trap(sys, shell, &command);
    } else if signal == Signal::INT
        && shell.options.interactive
        && !matches!(shell.waiting, Waiting::Children(..))
    {
        shell.frames.clear();
        shell.waiting = Waiting::Nothing;
        shell.status = 130;
        shell.source = Source::Input(String::new());
        print(sys, shell, 2, b"\n");
        prompt::show(sys, shell);
    }
}

fn start_trap(sys: &mut Sys<'_>, shell: &mut Shell, command: &str) {
    match compile::compile(command, &sys.program()) {
        Ok(code) => push(shell, Rc::new(code), FrameKind::Trap(shell.status)),
        Err(_) => complain(sys, shell, 1, "syntax error in trap"),
    }
}

/// Begins code.
fn push(shell: &mut Shell, code: Rc<Code>, kind: FrameKind) {
    shell.frames.push(Frame {
        code,
        at: 0,
        kind,
        loops: Vec::new(),
        outputs: Vec::new(),
        subjects: Vec::new(),
        saved: Vec::new(),
        lenient: false,
    });
}

/// The innermost code has come to its end.
fn finish_frame(sys: &mut Sys<'_>, shell: &mut Shell) {
    let Some(frame) = shell.frames.pop() else { return };
    for saved in frame.saved.into_iter().rev() {
        redirection::put_back(sys, saved);
    }
    match frame.kind {
        FrameKind::Function(positional, locals) => {
            shell.positional = positional;
            for (name, old) in locals.into_iter().rev() {
                let variables = own(&mut shell.variables);
                match old {
                    Some(old) => variables.insert(name, old),
                    None => variables.remove(&name),
                };
            }
        }
        FrameKind::Trap(status) => shell.status = status,
        FrameKind::Main | FrameKind::Inline => {}
    }
}

/// What is waited for; nothing when nothing is.
fn wait(sys: &mut Sys<'_>, shell: &mut Shell) -> Option<Turn> {
    match std::mem::take(&mut shell.waiting) {
        Waiting::Nothing => None,
        Waiting::Children(pids, strict) => Some(children::children(sys, shell, pids, strict)),
        Waiting::Output(fd, pid, bytes) => Some(children::output(sys, shell, fd, pid, bytes)),
        Waiting::Job(job) => Some(job::wait_for(sys, shell, job)),
        Waiting::Read(names, bytes, raw) => Some(variable::go_on_reading(sys, shell, names, bytes, raw)),
    }
}

/// Ends the shell, the EXIT trap first.
fn leave(sys: &mut Sys<'_>, shell: &mut Shell, code: u8) -> Turn {
    while !shell.frames.is_empty() {
        finish_frame(sys, shell);
    }
    shell.status = code;
    if let Some(command) = shell.traps.get("EXIT").cloned().filter(|_| shell.leaving.is_none()) {
        shell.leaving = Some(code);
        start_trap(sys, shell, &command);
        return Turn::Go;
    }
    Turn::Exit(shell.leaving.unwrap_or(code))
}

/// No code is left: the next command, or the end.
fn next_command(sys: &mut Sys<'_>, shell: &mut Shell) -> Turn {
    if shell.leaving.is_some() {
        return Turn::Exit(shell.leaving.unwrap_or(0));
    }
    match std::mem::take(&mut shell.source) {
        Source::Fresh | Source::Text => {
            shell.source = Source::Text;
            let status = shell.status;
            leave(sys, shell, status)
        }
        Source::Fed(Some(text)) => {
            shell.source = Source::Fed(None);
            run_text(sys, shell, &text);
            Turn::Go
        }
        Source::Fed(None) => {
            shell.source = Source::Fed(None);
            Turn::Wait(vec![Wait::Signal])
        }
        Source::Input(lines) => prompt::read(sys, shell, lines),
    }
}

/// Compiles a whole text and begins it; a syntax error is printed.
fn run_text(sys: &mut Sys<'_>, shell: &mut Shell, text: &str) -> bool {
    match compile::compile(text, &sys.program()) {
        Ok(code) => {
            push(shell, Rc::new(code), FrameKind::Main);
            true
        }
        Err(error) => {
            syntax_error(sys, shell, &error, text);
            false
        }
    }
}

/// True when a quote is open at the end of a text.
fn is_quoted(text: &str) -> bool {
    let (mut open, mut escaped) = (None, false);
    for c in text.chars() {
        match (open, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            _ => {}
        }
    }
    open.is_some()
}

fn syntax_error(sys: &mut Sys<'_>, shell: &mut Shell, error: &SyntaxError, text: &str) {
    let (line, message) = match (error, &*sys.program()) {
        (SyntaxError::Incomplete, "dash") if is_quoted(text) => {
            (1, "Syntax error: Unterminated quoted string".to_owned())
        }
        (SyntaxError::Incomplete, "dash") => (1, "Syntax error: end of file unexpected".to_owned()),
        (SyntaxError::Incomplete, "busybox") if is_quoted(text) => {
            (1, "syntax error: unterminated quoted string".to_owned())
        }
        (SyntaxError::Incomplete, _) => (1, "syntax error: unexpected end of file".to_owned()),
        (SyntaxError::Wrong(line, word), "dash") => {
            (*line as u32, format!("Syntax error: \"{word}\" unexpected"))
        }
        (SyntaxError::Wrong(line, word), "bash") => {
            (*line as u32, format!("syntax error near unexpected token `{word}'"))
        }
        (SyntaxError::Deep, _) => (1, "syntax error: nested deeper than Drydock reads".to_owned()),
        (SyntaxError::Wrong(line, word), _) => (*line as u32, format!("syntax error: unexpected \"{word}\"")),
    };
    complain(sys, shell, line, &message);
    shell.status = 2;
}

/// What is wrong with a script, and on which line.
pub fn mistake(text: &str) -> Option<(usize, String)> {
    let bash = text.lines().next().is_some_and(|first| first.starts_with("#!") && first.ends_with("bash"));
    match compile::compile(text, if bash { "bash" } else { "dash" }).err()? {
        SyntaxError::Incomplete => {
            let words = "the end of the file comes before the command is complete";
            Some((text.lines().count(), words.to_owned()))
        }
        SyntaxError::Deep => Some((1, "this nests too deep".to_owned())),
        SyntaxError::Wrong(line, word) if word == "newline" => Some((line, "syntax error".to_owned())),
        SyntaxError::Wrong(line, word) => Some((line, format!("syntax error near \"{word}\""))),
    }
}

/// Gives a fed shell its next command.
pub fn feed(shell: &mut Shell, text: &str) {
    shell.source = Source::Fed(Some(text.into()));
}

/// True when a fed shell has done what it was given.
pub fn is_idle(shell: &Shell) -> bool {
    shell.source == Source::Fed(None)
        && shell.frames.is_empty()
        && shell.waiting == Waiting::Nothing
        && shell.pending.is_empty()
}

/// Makes a trapped signal reach the shell.
fn set_trap(sys: &mut Sys<'_>, signal: Signal, command: Option<&str>) {
    let disposition = match command {
        None => None,
        Some("") => Some(Disposition::Ignore),
        Some(_) => Some(Disposition::Handle),
    };
    sys.set_disposition(signal, disposition);
}

/// The value of an arithmetic expression without variables.
pub fn reckon(text: &str) -> Option<i64> {
    arithmetic::evaluate(text, &mut Shell::default()).ok()
}

/// True when a text fits a pattern.
pub fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<pattern::Quoted> = pattern.chars().map(|c| (c, false)).collect();
    let text: Vec<char> = text.chars().collect();
    pattern::fits(&pattern, &text)
}
