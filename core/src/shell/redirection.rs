//! Redirections: descriptors set up for a command, and put back after it.

use super::expand::Expander;
use super::{complain, set_trap};
use crate::engine::syscall::{Open, Sys};
use crate::kernel::errno::Errno;
use crate::kernel::signal::Signal;
use crate::memory::shell::code::{Redirect, Target, Word};
use crate::memory::shell::{Saved, Shell};
use std::rc::Rc;

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

/// Redirects descriptors; what to put back, or nothing when one failed and was reported.
pub fn redirect(
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
