//! Programs about files and directories.

use super::{C, Context, Outcome};
use crate::engine::syscall::FileKind;
use crate::kernel::errno::Errno;
use crate::shell::test as shell_test;

pub fn pwd(c: C<'_, '_, '_>) -> Outcome {
    let text = c.sys.directory() + "\n";
    c.print(&text);
    Outcome::Done(0)
}

/// Does something to each operand, and complains about those it fails for.
pub fn each(
    c: C<'_, '_, '_>,
    verb: &str,
    mut act: impl FnMut(&mut Context<'_, '_>, &str) -> Result<(), Errno>,
) -> Outcome {
    let paths = std::mem::take(&mut c.arguments);
    if paths.is_empty() {
        let words = if c.sys.is_busybox() {
            "missing operand".to_owned()
        } else {
            format!("missing operand\nTry '{} --help' for more information.", c.name)
        };
        c.complain(&words);
        return Outcome::Done(1);
    }
    let mut status = 0;
    for path in paths {
        if let Err(errno) = act(c, &path) {
            c.complain_file(verb, &path, errno);
            status = 1;
        }
    }
    Outcome::Done(status)
}

pub fn mkdir(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "pv", "m");
    let mode = values.first().and_then(|v| u32::from_str_radix(&v.1, 8).ok()).unwrap_or(0o777);
    let parents = flags.contains('p');
    let verb = if c.sys.is_busybox() { "" } else { "cannot create directory" };
    each(c, verb, |c, path| {
        if !parents {
            return c.sys.make_directory(path, mode);
        }
        make_directories(c, path, mode)
    })
}

/// Makes a directory and those above it that are missing.
pub fn make_directories(c: C<'_, '_, '_>, path: &str, mode: u32) -> Result<(), Errno> {
    let mut at = if path.starts_with('/') { "/".to_owned() } else { String::new() };
    for part in path.split('/').filter(|p| !p.is_empty()) {
        at.push_str(part);
        match c.sys.make_directory(&at, mode) {
            Err(Errno::EEXIST) if c.sys.stat(&at).is_ok_and(|s| s.kind == FileKind::Directory) => {}
            other => other?,
        }
        at.push('/');
    }
    Ok(())
}

pub fn rmdir(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "p", "");
    each(c, "failed to remove", |c, path| c.sys.remove_directory(path))
}

pub fn rm(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "rRfvi", "");
    let (deep, force) = (flags.contains(['r', 'R']), flags.contains('f'));
    if force && c.arguments.is_empty() {
        return Outcome::Done(0);
    }
    let busybox = c.sys.is_busybox();
    let paths = std::mem::take(&mut c.arguments);
    if paths.is_empty() {
        return super::network::fail(c, 1, "missing operand");
    }
    let mut status = 0;
    for path in paths {
        let result = match c.sys.lstat(&path) {
            Err(Errno::ENOENT) if force => Ok(()),
            Err(errno) => Err(errno),
            Ok(stat) if stat.kind == FileKind::Directory && !deep => Err(Errno::EISDIR),
            Ok(_) => remove(c, &path),
        };
        if let Err(errno) = result {
            status = 1;
            if busybox {
                let line = match errno {
                    Errno::EISDIR => format!("rm: '{path}' is a directory\n"),
                    other => format!("rm: can't remove '{path}': {other}\n"),
                };
                c.err.extend_from_slice(line.as_bytes());
            } else {
                c.complain_file("cannot remove", &path, errno);
            }
        }
    }
    Outcome::Done(status)
}

pub fn remove(c: C<'_, '_, '_>, path: &str) -> Result<(), Errno> {
    if c.sys.lstat(path)?.kind != FileKind::Directory {
        return c.sys.unlink(path);
    }
    for (name, _) in c.sys.read_directory(path)? {
        remove(c, &format!("{path}/{name}"))?;
    }
    c.sys.remove_directory(path)
}

/// Sources and the place they go to: into a directory, or under another name.
fn targets(c: C<'_, '_, '_>) -> Result<Vec<(String, String)>, u8> {
    let Some((target, sources)) = c.arguments.split_last().filter(|(_, s)| !s.is_empty()) else {
        c.complain("missing file operand");
        return Err(1);
    };
    let directory = c.sys.stat(target).is_ok_and(|s| s.kind == FileKind::Directory);
    if sources.len() > 1 && !directory {
        let text = format!("target '{target}' is not a directory");
        c.complain(&text);
        return Err(1);
    }
    Ok(sources
        .iter()
        .map(|source| {
            let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
            let to =
                if directory { format!("{}/{name}", target.trim_end_matches('/')) } else { target.clone() };
            (source.clone(), to)
        })
        .collect())
}

pub fn cp(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "rRapfv", "");
    let deep = flags.contains(['r', 'R', 'a']);
    let pairs = match targets(c) {
        Ok(pairs) => pairs,
        Err(code) => return Outcome::Done(code),
    };
    let mut status = 0;
    for (from, to) in pairs {
        if let Err((path, errno)) = copy(c, &from, &to, deep) {
            let verb =
                if errno == Errno::EISDIR { "-r not specified; omitting directory" } else { "cannot stat" };
            if c.sys.is_busybox() && errno == Errno::ENOENT {
                c.complain(&format!("can't stat '{path}': {errno}"));
            } else {
                c.complain_file(verb, &path, errno);
            }
            status = 1;
        }
    }
    Outcome::Done(status)
}

fn copy(c: C<'_, '_, '_>, from: &str, to: &str, deep: bool) -> Result<(), (String, Errno)> {
    let at = |path: &str| {
        let path = path.to_owned();
        move |e: Errno| (path, e)
    };
    let stat = if deep { c.sys.lstat(from) } else { c.sys.stat(from) }.map_err(at(from))?;
    match stat.kind {
        FileKind::Directory if !deep => Err((from.to_owned(), Errno::EISDIR)),
        FileKind::Directory => {
            match c.sys.make_directory(to, stat.mode) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err((to.to_owned(), errno)),
            }
            for (name, _) in c.sys.read_directory(from).map_err(at(from))? {
                copy(c, &format!("{from}/{name}"), &format!("{to}/{name}"), deep)?;
            }
            Ok(())
        }
        FileKind::Symlink => c.sys.symlink(&stat.target.unwrap_or_default(), to).map_err(at(to)),
        _ => {
            let bytes = c.sys.read_file(from).map_err(at(from))?;
            c.sys.write_file(to, &bytes).map_err(at(to))?;
            let _ = c.sys.change_mode(to, stat.mode);
            Ok(())
        }
    }
}

pub fn mv(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "fivn", "");
    let pairs = match targets(c) {
        Ok(pairs) => pairs,
        Err(code) => return Outcome::Done(code),
    };
    let mut status = 0;
    for (from, to) in pairs {
        let mut result = c.sys.rename(&from, &to);
        if result == Err(Errno::EXDEV) {
            result = copy(c, &from, &to, true).map_err(|e| e.1).and_then(|()| remove(c, &from));
        }
        if let Err(errno) = result {
            let text = if c.sys.is_busybox() {
                format!("can't rename '{from}': {errno}")
            } else {
                format!("cannot stat '{from}': {errno}")
            };
            c.complain(&text);
            status = 1;
        }
    }
    Outcome::Done(status)
}

pub fn ln(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "sfnv", "");
    let pairs = match targets(c) {
        Ok(pairs) => pairs,
        Err(code) => return Outcome::Done(code),
    };
    for (from, to) in pairs {
        if flags.contains('f') {
            let _ = c.sys.unlink(&to);
        }
        let result = if flags.contains('s') { c.sys.symlink(&from, &to) } else { c.sys.link(&from, &to) };
        if let Err(errno) = result {
            c.complain_file("failed to create link", &to, errno);
            return Outcome::Done(1);
        }
    }
    Outcome::Done(0)
}

pub fn readlink(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "fnem", "");
    let whole = flags.contains(['f', 'e', 'm']) || c.name == "realpath";
    for path in std::mem::take(&mut c.arguments) {
        let result = if whole { c.sys.real_path(&path) } else { c.sys.read_link(&path) };
        match result {
            Ok(text) => c.print(&format!("{text}{}", if flags.contains('n') { "" } else { "\n" })),
            Err(errno) => {
                if c.name == "realpath" {
                    c.complain(&format!("{path}: {errno}"));
                }
                return Outcome::Done(1);
            }
        }
    }
    Outcome::Done(0)
}

pub fn mktemp(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "dqut", "p");
    let within = values.first().map_or("/tmp", |v| v.1.as_str()).to_owned();
    let template = c.arguments.first().cloned().unwrap_or_else(|| format!("{within}/tmp.XXXXXX"));
    let stem = template.trim_end_matches('X');
    if template.len() - stem.len() < 3 {
        c.complain("Invalid argument");
        return Outcome::Done(1);
    }
    let mut path = stem.to_owned();
    for _ in stem.len()..template.len() {
        let letter = c.sys.random().below(26) as u8;
        path.push(char::from(b'a' + letter));
    }
    let made = match flags.contains('d') {
        true => c.sys.make_directory(&path, 0o700),
        false => c.sys.write_file(&path, b"").and_then(|()| c.sys.change_mode(&path, 0o600)),
    };
    match made {
        Ok(()) => c.print(&format!("{path}\n")),
        Err(errno) => {
            c.complain_file("failed to create file via template", &template, errno);
            return Outcome::Done(1);
        }
    }
    Outcome::Done(0)
}

pub fn basename(c: C<'_, '_, '_>) -> Outcome {
    let path = c.arguments.first().cloned().unwrap_or_default();
    let mut name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(suffix) = c.arguments.get(1) {
        name = name.strip_suffix(suffix.as_str()).unwrap_or(&name).to_owned();
    }
    c.print(&format!("{name}\n"));
    Outcome::Done(0)
}

pub fn dirname(c: C<'_, '_, '_>) -> Outcome {
    let path = c.arguments.first().cloned().unwrap_or_default();
    let parent = match path.trim_end_matches('/').rsplit_once('/') {
        None if path.starts_with('/') => "/",
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => ".",
    };
    c.print(&format!("{parent}\n"));
    Outcome::Done(0)
}

pub fn test(c: C<'_, '_, '_>) -> Outcome {
    let mut arguments = c.arguments.clone();
    if c.name == "[" && arguments.pop().as_deref() != Some("]") {
        c.complain("missing ]");
        return Outcome::Done(2);
    }
    match shell_test::evaluate(c.sys, &arguments) {
        Ok(answer) => Outcome::Done(u8::from(!answer)),
        Err(message) => {
            c.complain(&message);
            Outcome::Done(2)
        }
    }
}

pub fn which(c: C<'_, '_, '_>) -> Outcome {
    let path = c.sys.variable("PATH");
    let mut status = 0;
    for name in std::mem::take(&mut c.arguments) {
        match c.sys.find_program(&name, path.as_deref()) {
            Ok(found) => c.print(&format!("{found}\n")),
            Err(_) => status = 1,
        }
    }
    Outcome::Done(status)
}
