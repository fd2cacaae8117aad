//! Programs about files and directories.

use super::{Context, Outcome};
use crate::engine::syscall::{FileKind, Open, Stat};
use crate::kernel::errno::Errno;
use crate::shell::test as shell_test;
use crate::time::Calendar;

type C<'a, 'b, 'w> = &'a mut Context<'b, 'w>;

macro_rules! options {
    ($c:expr, $flags:literal, $valued:literal) => {
        match $c.options($flags, $valued) {
            Ok(found) => found,
            Err(code) => return Outcome::Done(code),
        }
    };
}

pub fn pwd(c: C<'_, '_, '_>) -> Outcome {
    let text = c.sys.directory() + "\n";
    c.print(&text);
    Outcome::Done(0)
}

pub fn ls(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "lahA1RdtrFiSs", "");
    let mut paths = std::mem::take(&mut c.arguments);
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let mut status = 0;
    let mut files = Vec::new();
    let mut directories = Vec::new();
    for path in paths {
        match c.sys.lstat(&path) {
            Ok(stat) => {
                let target = if flags.contains('l') { Ok(stat.clone()) } else { c.sys.stat(&path) };
                let directory = target.is_ok_and(|s| s.kind == FileKind::Directory);
                if directory && !flags.contains('d') {
                    directories.push(path)
                } else {
                    files.push((path, stat))
                }
            }
            Err(errno) => {
                c.complain_file("cannot access", &path, errno);
                status = if c.sys.is_busybox() { 1 } else { 2 };
            }
        }
    }
    let many = directories.len() + files.len() > 1 || flags.contains('R');
    if !files.is_empty() {
        list(c, &flags, files);
    }
    let mut first = c.out.is_empty();
    while !directories.is_empty() {
        let path = directories.remove(0);
        if many {
            let head = format!("{}{path}:\n", if first { "" } else { "\n" });
            c.print(&head);
        }
        first = false;
        match c.sys.read_directory(&path) {
            Ok(entries) => {
                let mut rows = Vec::new();
                if flags.contains('a') {
                    for name in [".", ".."] {
                        rows.extend(c.sys.stat(&format!("{path}/{name}")).map(|s| (name.to_owned(), s)));
                    }
                }
                let hidden = flags.contains('a') || flags.contains('A');
                for (name, kind) in entries.into_iter().filter(|e| hidden || !e.0.starts_with('.')) {
                    let full = format!("{}/{name}", path.trim_end_matches('/'));
                    if flags.contains('R') && kind == FileKind::Directory {
                        directories.push(full.clone());
                    }
                    rows.extend(c.sys.lstat(&full).map(|s| (name, s)));
                }
                list(c, &flags, rows);
            }
            Err(errno) => {
                c.complain_file("cannot open directory", &path, errno);
                status = if c.sys.is_busybox() { 1 } else { 2 };
            }
        }
    }
    Outcome::Done(status)
}

fn list(c: C<'_, '_, '_>, flags: &str, mut rows: Vec<(String, Stat)>) {
    if flags.contains('t') {
        crate::shared::sort_by(&mut rows, |a, b| b.1.modified.cmp(&a.1.modified));
    }
    if flags.contains('S') {
        crate::shared::sort_by(&mut rows, |a, b| b.1.size.cmp(&a.1.size));
    }
    if flags.contains('r') {
        rows.reverse();
    }
    let long = flags.contains('l');
    if long {
        let total: u64 = rows.iter().map(|r| r.1.size.div_ceil(4096) * 4).sum();
        c.print(&format!("total {total}\n"));
    }
    let wide = !long && !flags.contains('1') && c.sys.is_terminal(1);
    if wide {
        let width = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0) + 2;
        let across = (100 / width.max(1)).max(1);
        let down = rows.len().div_ceil(across).max(1);
        for line in 0..down {
            let cells: Vec<String> = (0..across)
                .filter_map(|n| rows.get(n * down + line))
                .map(|r| format!("{:<width$}", r.0))
                .collect();
            c.print(&format!("{}\n", cells.concat().trim_end()));
        }
        return;
    }
    for (name, stat) in rows {
        let inode = if flags.contains('i') { format!("{:>8} ", stat.inode) } else { String::new() };
        let mark = if flags.contains('F') && stat.kind == FileKind::Directory { "/" } else { "" };
        let line = if long { long_line(c, &name, &stat, flags.contains('h')) } else { name };
        c.print(&format!("{inode}{line}{mark}\n"));
    }
}

fn long_line(c: C<'_, '_, '_>, name: &str, stat: &Stat, human: bool) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let when = Calendar::from_unix(stat.modified / 1_000_000);
    let size = if human { human_size(stat.size) } else { stat.size.to_string() };
    let arrow = stat.target.as_ref().map(|t| format!(" -> {t}")).unwrap_or_default();
    let (user, group) = (account(c, "/etc/passwd", stat.uid), account(c, "/etc/group", stat.gid));
    format!(
        "{} {:>4} {user:<8} {group:<8} {size:>9} {} {:>2} {:02}:{:02} {name}{arrow}",
        mode_text(stat),
        stat.links,
        MONTHS[(when.month as usize).clamp(1, 12) - 1],
        when.day,
        when.hour,
        when.minute
    )
}

/// A name from /etc/passwd or /etc/group, or the number.
pub fn account(c: C<'_, '_, '_>, file: &str, id: u32) -> String {
    let bytes = c.sys.peek_file(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let id = id.to_string();
    text.lines()
        .find(|l| l.split(':').nth(2) == Some(&id))
        .and_then(|l| l.split(':').next())
        .unwrap_or(&id)
        .to_owned()
}

/// A size with a unit, in powers of 1024.
pub fn human_size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["", "K", "M", "G"] {
        if size < 1024.0 {
            return if size < 10.0 && !unit.is_empty() {
                format!("{size:.1}{unit}")
            } else {
                format!("{size:.0}{unit}")
            };
        }
        size /= 1024.0;
    }
    format!("{size:.1}T")
}

fn mode_text(stat: &Stat) -> String {
    let kind = match stat.kind {
        FileKind::File => '-',
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::Character => 'c',
        FileKind::Block => 'b',
        FileKind::Fifo => 'p',
    };
    let mut text = String::from(kind);
    for shift in [6, 3, 0] {
        let bits = stat.mode >> shift & 7;
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            text.push(if bits & bit != 0 { letter } else { '-' });
        }
    }
    if stat.mode & 0o1000 != 0 {
        text.pop();
        text.push('t');
    }
    text
}

/// Does something to each operand, and complains about those it fails for.
fn each(
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
    if c.sys.is_busybox() {
        c.name = "mkdir: can't create directory".to_owned();
    }
    each(c, verb, |c, path| {
        if !parents {
            return c.sys.make_directory(path, mode);
        }
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
    })
}

pub fn rmdir(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "p", "");
    each(c, "failed to remove", |c, path| c.sys.remove_directory(path))
}

pub fn touch(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "acm", "dtr");
    each(c, "cannot touch", |c, path| c.sys.touch(path))
}

pub fn rm(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "rRfvi", "");
    let (deep, force) = (flags.contains(['r', 'R']), flags.contains('f'));
    if force && c.arguments.is_empty() {
        return Outcome::Done(0);
    }
    let busybox = c.sys.is_busybox();
    if busybox {
        c.name = "rm: can't remove".to_owned();
    }
    let paths = std::mem::take(&mut c.arguments);
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

fn remove(c: C<'_, '_, '_>, path: &str) -> Result<(), Errno> {
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
            Err(_) => return Outcome::Done(1),
        }
    }
    Outcome::Done(0)
}

pub fn chmod(c: C<'_, '_, '_>) -> Outcome {
    let deep = c.arguments.first().is_some_and(|a| a == "-R");
    if deep {
        c.arguments.remove(0);
    }
    if c.arguments.len() < 2 {
        c.complain("missing operand");
        return Outcome::Done(1);
    }
    let mode = c.arguments.remove(0);
    each(c, "cannot access", |c, path| {
        let stat = c.sys.stat(path)?;
        let new = apply_mode(&mode, stat.mode, stat.kind == FileKind::Directory).ok_or(Errno::EINVAL)?;
        c.sys.change_mode(path, new)
    })
}

/// A mode as `chmod` writes it, octal or symbolic.
fn apply_mode(text: &str, old: u32, directory: bool) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(text, 8) {
        return Some(mode);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let shifts: Vec<u32> = if who.is_empty() || who.contains('a') {
            vec![6, 3, 0]
        } else {
            [('u', 6), ('g', 3), ('o', 0)].iter().filter(|w| who.contains(w.0)).map(|w| w.1).collect()
        };
        let mut bits = 0;
        for letter in rest[1..].chars() {
            bits |= match letter {
                'r' => 4,
                'w' => 2,
                'x' => 1,
                'X' => u32::from(directory || old & 0o111 != 0),
                _ => return None,
            };
        }
        for shift in shifts {
            match &rest[..1] {
                "+" => mode |= bits << shift,
                "-" => mode &= !(bits << shift),
                _ => mode = mode & !(7 << shift) | bits << shift,
            }
        }
    }
    Some(mode)
}

pub fn chown(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "Rhv", "");
    if c.arguments.len() < 2 {
        c.complain("missing operand");
        return Outcome::Done(1);
    }
    let owner = c.arguments.remove(0);
    let user = match crate::engine::exec::user(c.sys, &owner) {
        Ok(user) => user,
        Err(_) => {
            c.complain(&format!("unknown user/group {owner}"));
            return Outcome::Done(1);
        }
    };
    let group = owner.contains(':').then_some(user.gid);
    each(c, "changing ownership of", |c, path| c.sys.change_owner(path, Some(user.uid), group))
}

pub fn stat(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "Lt", "cf");
    let format = values.first().map(|v| v.1.clone());
    each(c, "cannot statx", |c, path| {
        let stat = c.sys.lstat(path)?;
        let (user, group) = (account(c, "/etc/passwd", stat.uid), account(c, "/etc/group", stat.gid));
        let text = match &format {
            Some(format) => format
                .replace("%n", path)
                .replace("%s", &stat.size.to_string())
                .replace("%a", &format!("{:o}", stat.mode))
                .replace("%A", &mode_text(&stat))
                .replace("%u", &stat.uid.to_string())
                .replace("%g", &stat.gid.to_string())
                .replace("%U", &user)
                .replace("%G", &group)
                .replace("%i", &stat.inode.to_string())
                .replace("%h", &stat.links.to_string()),
            None => format!(
                "  File: {path}\n  Size: {}\tBlocks: {}\tIO Block: 4096\nDevice: {}\tInode: {}\tLinks: {}\nAccess: ({:04o}/{})  Uid: ({}/{user})   Gid: ({}/{group})",
                stat.size,
                stat.size.div_ceil(512),
                stat.device,
                stat.inode,
                stat.links,
                stat.mode,
                mode_text(&stat),
                stat.uid,
                stat.gid
            ),
        };
        c.print(&format!("{text}\n"));
        Ok(())
    })
}

pub fn find(c: C<'_, '_, '_>) -> Outcome {
    let arguments = std::mem::take(&mut c.arguments);
    let split = arguments.iter().position(|a| a.starts_with('-')).unwrap_or(arguments.len());
    let mut paths = arguments[..split].to_vec();
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let mut wanted = Vec::new();
    let mut depth = usize::MAX;
    let mut delete = false;
    let mut tests = arguments[split..].iter();
    while let Some(test) = tests.next() {
        match test.as_str() {
            "-name" | "-type" | "-path" => {
                wanted.push((test.clone(), tests.next().cloned().unwrap_or_default()))
            }
            "-maxdepth" => depth = tests.next().and_then(|d| d.parse().ok()).unwrap_or(depth),
            "-print" => {}
            "-delete" => delete = true,
            other => {
                c.complain(&format!("unrecognized: {other}"));
                return Outcome::Done(1);
            }
        }
    }
    let mut status = 0;
    for path in paths {
        if let Err(errno) = c.sys.lstat(&path) {
            c.complain(&format!("{path}: {errno}"));
            status = 1;
            continue;
        }
        descend(c, &path, depth, &wanted, delete);
    }
    Outcome::Done(status)
}

fn descend(c: C<'_, '_, '_>, path: &str, depth: usize, wanted: &[(String, String)], delete: bool) {
    let Ok(stat) = c.sys.lstat(path) else { return };
    let name = path.rsplit('/').next().unwrap_or(path);
    let fits = wanted.iter().all(|(test, value)| match test.as_str() {
        "-type" => match value.as_str() {
            "d" => stat.kind == FileKind::Directory,
            "f" => stat.kind == FileKind::File,
            "l" => stat.kind == FileKind::Symlink,
            _ => false,
        },
        test => crate::shell::fits(value, if test == "-name" { name } else { path }),
    });
    if fits && !delete {
        c.print(&format!("{path}\n"));
    }
    if stat.kind == FileKind::Directory && depth > 0 {
        for (name, _) in c.sys.read_directory(path).unwrap_or_default() {
            descend(c, &format!("{}/{name}", path.trim_end_matches('/')), depth - 1, wanted, delete);
        }
    }
    if fits && delete {
        let _ = remove(c, path);
    }
}

pub fn dd(c: C<'_, '_, '_>) -> Outcome {
    let value = |key: &str| {
        c.arguments.iter().find_map(|a| a.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned)
    };
    let size = |text: Option<String>, default: u64| {
        text.and_then(|t| crate::engine::start::parse_size(&t)).unwrap_or(default)
    };
    let (from, to) = (value("if"), value("of"));
    let (block, count) = (size(value("bs"), 512), value("count").and_then(|n| n.parse::<u64>().ok()));
    let limit = count.map_or(1 << 20, |n| n.saturating_mul(block)).min(64 << 20);
    let Some(from) = from else {
        c.complain("reading standard input is not simulated: name a file with if=");
        return Outcome::Done(1);
    };
    let open = c.sys.open(&from, Open::READ);
    let bytes = open.and_then(|fd| {
        let mut all = Vec::new();
        while (all.len() as u64) < limit {
            match c.sys.read(fd, (limit as usize) - all.len())? {
                crate::engine::syscall::Io::Ready(more) if !more.is_empty() => all.extend(more),
                _ => break,
            }
        }
        c.sys.close(fd)?;
        Ok(all)
    });
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(errno) => {
            c.complain(&format!("can't open '{from}': {errno}"));
            return Outcome::Done(1);
        }
    };
    let result = match &to {
        Some(to) => c.sys.write_file(to, &bytes),
        None => {
            c.out.extend_from_slice(&bytes);
            Ok(())
        }
    };
    if let Err(errno) = result {
        c.complain(&format!("error writing '{}': {errno}", to.unwrap_or_default()));
        return Outcome::Done(1);
    }
    let blocks = bytes.len() as u64 / block.max(1);
    let text = format!("{blocks}+0 records in\n{blocks}+0 records out\n");
    c.err.extend_from_slice(text.as_bytes());
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

pub fn mount(c: C<'_, '_, '_>) -> Outcome {
    if !c.arguments.is_empty() {
        c.complain(
            "only listing mounts is simulated; `docker run -v` and `--mount` mount things into containers",
        );
        return Outcome::Done(1);
    }
    for mount in c.sys.mounts() {
        let access = if mount.read_only { "ro" } else { "rw" };
        c.print(&format!(
            "{} on {} type {} ({access},{})\n",
            mount.source, mount.target, mount.kind, mount.options
        ));
    }
    Outcome::Done(0)
}

pub fn df(c: C<'_, '_, '_>) -> Outcome {
    options!(c, "hTk", "");
    c.print("Filesystem           1K-blocks      Used Available Use% Mounted on\n");
    for mount in c.sys.mounts().into_iter().filter(|m| !matches!(m.kind.as_str(), "proc" | "sysfs")) {
        let (used, limit) = c.sys.usage(mount.filesystem);
        let total = limit.unwrap_or(64 << 30) / 1024;
        let used = used / 1024;
        let line = format!(
            "{:<20} {total:>9} {used:>9} {:>9} {:>3}% {}\n",
            mount.source,
            total.saturating_sub(used),
            used * 100 / total.max(1),
            mount.target
        );
        c.print(&line);
    }
    Outcome::Done(0)
}

pub fn du(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "shak", "d");
    let mut paths = std::mem::take(&mut c.arguments);
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    for path in paths {
        let total = weigh(c, &path);
        let shown = if flags.contains('h') { human_size(total) } else { total.div_ceil(1024).to_string() };
        c.print(&format!("{shown}\t{path}\n"));
    }
    Outcome::Done(0)
}

fn weigh(c: C<'_, '_, '_>, path: &str) -> u64 {
    let Ok(stat) = c.sys.lstat(path) else { return 0 };
    if stat.kind != FileKind::Directory {
        return stat.size.div_ceil(4096) * 4096;
    }
    let names = c.sys.read_directory(path).unwrap_or_default();
    4096 + names.iter().map(|(name, _)| weigh(c, &format!("{path}/{name}"))).sum::<u64>()
}
