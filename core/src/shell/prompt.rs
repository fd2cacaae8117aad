//! How a shell begins, asks for a line, and reads one.

use super::compile::{self, SyntaxError};
use super::{Turn, complain, leave, print, run_text, syntax_error};
use crate::engine::syscall::{Io, Open, Sys};
use crate::kernel::signal::{Disposition, Signal};
use crate::memory::shell::{FrameKind, Shell, Source};
use std::rc::Rc;

/// Reads the shell's own arguments.
pub fn start(sys: &mut Sys<'_>, shell: &mut Shell) -> Turn {
    let arguments = sys.arguments();
    shell.name = arguments.first().map_or("sh", String::as_str).into();
    let mut rest: Vec<String> = arguments.iter().skip(1).cloned().collect();
    let (mut command, mut input) = (false, false);
    while let Some(flags) = rest.first().filter(|a| a.len() > 1 && a.starts_with(['-', '+'])).cloned() {
        rest.remove(0);
        match flags.as_str() {
            "--" => break,
            "--feed" => {
                shell.source = Source::Fed(None);
                shell.name = "sh".into();
                return Turn::Go;
            }
            long if long.starts_with("--") => continue,
            _ => {}
        }
        for flag in flags.chars().skip(1) {
            match flag {
                'c' => command = true,
                's' => input = true,
                'o' if !rest.is_empty() => {
                    let name = rest.remove(0);
                    set_option(shell, option_letter(&name), flags.starts_with('-'));
                }
                _ => set_option(shell, flag, flags.starts_with('-')),
            }
        }
    }
    if command {
        let Some(text) = rest.first().cloned() else {
            complain(sys, shell, 0, "-c requires an argument");
            return Turn::Exit(2);
        };
        if let Some(name) = rest.get(1) {
            shell.name = name.as_str().into();
        }
        shell.positional = rest.iter().skip(2).map(|a| a.as_str().into()).collect();
        shell.source = Source::Text;
        return if run_text(sys, shell, &text) { Turn::Go } else { Turn::Exit(2) };
    }
    if input {
        shell.positional = rest.iter().map(|a| a.as_str().into()).collect();
    } else if let Some(file) = rest.first().cloned() {
        return start_file(sys, shell, &file, &rest);
    }
    shell.options.interactive |= sys.is_terminal(0);
    shell.source = Source::Input(String::new());
    if shell.options.interactive {
        sys.set_disposition(Signal::INT, Some(Disposition::Handle));
        sys.set_disposition(Signal::TERM, Some(Disposition::Ignore));
        show(sys, shell);
    }
    Turn::Go
}

fn start_file(sys: &mut Sys<'_>, shell: &mut Shell, file: &str, rest: &[String]) -> Turn {
    shell.positional = rest.iter().skip(1).map(|a| a.as_str().into()).collect();
    shell.source = Source::Text;
    match sys.read_file(file) {
        Ok(bytes) => {
            shell.name = file.into();
            shell.reads_file = true;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if run_text(sys, shell, &text) { Turn::Go } else { Turn::Exit(2) }
        }
        Err(error) => {
            let message = match &*sys.program() {
                "dash" => format!("cannot open {file}: {}", error.text().replace(" or directory", " file")),
                "bash" => format!("{file}: {}", error.text()),
                _ => format!("can't open '{file}': {}", error.text()),
            };
            complain(sys, shell, 0, &message);
            Turn::Exit(if &*sys.program() == "bash" { 127 } else { 2 })
        }
    }
}

/// The letter of an option that `set -o` names.
pub fn option_letter(name: &str) -> char {
    match name {
        "errexit" => 'e',
        "nounset" => 'u',
        "xtrace" => 'x',
        "noglob" => 'f',
        "pipefail" => 'p',
        _ => ' ',
    }
}

/// Sets an option by its letter; unknown letters are passed over.
pub fn set_option(shell: &mut Shell, flag: char, on: bool) {
    let options = &mut shell.options;
    match flag {
        'e' => options.errexit = on,
        'u' => options.nounset = on,
        'x' => options.xtrace = on,
        'f' => options.noglob = on,
        'i' => options.interactive = on,
        'p' => options.pipefail = on,
        _ => {}
    }
}

/// The prompt, with the escapes of PS1 that learners meet.
pub fn text(sys: &Sys<'_>, shell: &Shell) -> String {
    let root = sys.credentials().uid == 0;
    let more = matches!(&shell.source, Source::Input(lines) if !lines.is_empty());
    if more {
        return shell.get("PS2").map_or_else(|| "> ".to_owned(), |v| v.to_string());
    }
    let format = match (shell.get("PS1"), &*sys.program()) {
        (Some(own), _) => own.to_string(),
        (None, "bash") if sys.hostname() == crate::engine::boot::HOSTNAME => "$ ".to_owned(),
        (None, "bash") => "\\u@\\h:\\w\\$ ".to_owned(),
        (None, "busybox") => "\\w \\$ ".to_owned(),
        _ => "\\$ ".to_owned(),
    };
    let home = shell.get("HOME").unwrap_or_else(|| "".into());
    let directory = sys.directory();
    let shown = match directory.strip_prefix(&*home) {
        Some(rest) if !home.is_empty() && &*home != "/" => format!("~{rest}"),
        _ => directory,
    };
    let user = if root { "root".to_owned() } else { crate::engine::syscall::user_name(sys) };
    format
        .replace("\\w", &shown)
        .replace("\\h", sys.hostname().split('.').next().unwrap_or_default())
        .replace("\\u", &user)
        .replace("\\$", if root { "#" } else { "$" })
        .replace("\\n", "\n")
}

/// Asks for a line.
pub fn show(sys: &mut Sys<'_>, shell: &mut Shell) {
    let jobs = std::mem::take(&mut shell.jobs);
    for (n, job) in jobs.into_iter().enumerate() {
        match sys.wait_child(Some(job.0)) {
            Ok(Io::Ready(_)) => {
                print(sys, shell, 2, format!("[{}]+  Done                    {}\n", n + 1, job.1).as_bytes());
            }
            _ => shell.jobs.push(job),
        }
    }
    let prompt = text(sys, shell);
    print(sys, shell, 2, prompt.as_bytes());
    sys.set_prompt(&prompt);
}

/// Reads a line; when it completes a command, the command begins.
pub fn read(sys: &mut Sys<'_>, shell: &mut Shell, mut lines: String) -> Turn {
    let most = if sys.is_terminal(0) { 4096 } else { 1 };
    let mut line = Vec::new();
    let mut ended = false;
    loop {
        match sys.read(0, most) {
            Ok(Io::Ready(bytes)) if bytes.is_empty() => {
                ended = true;
                break;
            }
            Ok(Io::Ready(bytes)) => {
                line.extend(bytes);
                if line.ends_with(b"\n") {
                    break;
                }
            }
            Ok(Io::Blocked(wait)) => {
                lines.push_str(&String::from_utf8_lossy(&line));
                shell.source = Source::Input(lines);
                return Turn::Wait(vec![wait]);
            }
            Err(_) => {
                ended = true;
                break;
            }
        }
    }
    sys.set_prompt("");
    lines.push_str(&String::from_utf8_lossy(&line));
    if ended && lines.is_empty() {
        shell.source = Source::Text;
        let status = shell.status;
        if shell.options.interactive {
            print(sys, shell, 2, b"exit\n");
        }
        return leave(sys, shell, status);
    }
    shell.source = Source::Input(String::new());
    let joined = is_joined(&lines) && !ended;
    match if joined { Err(SyntaxError::Incomplete) } else { compile::compile(&lines, &sys.program()) } {
        Err(SyntaxError::Incomplete) if !ended => shell.source = Source::Input(lines),
        Err(error) => syntax_error(sys, shell, &error, &lines),
        Ok(code) if code.ops.is_empty() => {}
        Ok(code) => {
            super::push(shell, Rc::new(code), FrameKind::Main);
            return Turn::Go;
        }
    }
    if shell.options.interactive {
        show(sys, shell);
    }
    Turn::Go
}

/// True when the last line goes on: it ends with a backslash that no other one quotes.
fn is_joined(lines: &str) -> bool {
    let line = lines.strip_suffix('\n').unwrap_or_default();
    let backslashes = line.len() - line.trim_end_matches('\\').len();
    let comment = line.rsplit('\n').next().is_some_and(|last| last.trim_start().starts_with('#'));
    backslashes % 2 == 1 && !comment
}

/// Opens a file for `.`.
pub fn source_file(sys: &mut Sys<'_>, path: &str) -> Result<String, crate::kernel::errno::Errno> {
    let fd = sys.open(path, Open::READ)?;
    sys.close(fd)?;
    sys.read_file(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
