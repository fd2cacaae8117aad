//! What a directory holds, as `ls`, `stat` and `find` print it.

use super::{C, Outcome};
use crate::decimal::fixed;
use crate::engine::syscall::{FileKind, Stat};
use crate::program::files::each;
use crate::time::Calendar;

pub fn ls(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "1AaCxdLHRFplinhrStvU", "");
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
    crate::shared::sort_by(&mut directories, Ord::cmp);
    let many = directories.len() + files.len() > 1 || flags.contains('R');
    if !files.is_empty() {
        list(c, &flags, files, false);
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
                let (mut rows, mut below) = (Vec::new(), Vec::new());
                if flags.contains('a') {
                    for name in [".", ".."] {
                        rows.extend(c.sys.stat(&format!("{path}/{name}")).map(|s| (name.to_owned(), s)));
                    }
                }
                let hidden = flags.contains('a') || flags.contains('A');
                for (name, kind) in entries.into_iter().filter(|e| hidden || !e.0.starts_with('.')) {
                    let full = format!("{}/{name}", path.trim_end_matches('/'));
                    if flags.contains('R') && kind == FileKind::Directory {
                        below.push(full.clone());
                    }
                    rows.extend(c.sys.lstat(&full).map(|s| (name, s)));
                }
                list(c, &flags, rows, true);
                directories.splice(..0, below);
            }
            Err(errno) => {
                c.complain_file("cannot open directory", &path, errno);
                status = if c.sys.is_busybox() { 1 } else { 2 };
            }
        }
    }
    Outcome::Done(status)
}

fn list(c: C<'_, '_, '_>, flags: &str, mut rows: Vec<(String, Stat)>, total: bool) {
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
    if long && total {
        let total: u64 = rows.iter().map(|r| r.1.size.div_ceil(4096) * 4).sum();
        c.print(&format!("total {total}\n"));
    }
    let wide = !long && !flags.contains('1') && c.sys.is_terminal(1);
    if wide {
        let width = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0) + 2;
        let across = (100 / width.max(1)).max(1);
        let down = rows.len().div_ceil(across);
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
        let mark = if flags.contains(['F', 'p']) && stat.kind == FileKind::Directory { "/" } else { "" };
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
        mode_text(stat.kind, stat.mode),
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
                fixed(size, 1) + unit
            } else {
                fixed(size, 0) + unit
            };
        }
        size /= 1024.0;
    }
    fixed(size, 1) + "T"
}

/// A mode as `ls -l` writes it.
pub fn mode_text(kind: FileKind, mode: u32) -> String {
    let kind = match kind {
        FileKind::File => '-',
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::Character => 'c',
        FileKind::Block => 'b',
        FileKind::Fifo => 'p',
    };
    let mut text = String::from(kind);
    for shift in [6, 3, 0] {
        let bits = mode >> shift & 7;
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            text.push(if bits & bit != 0 { letter } else { '-' });
        }
    }
    for (bit, at, letter) in [(0o4000, 3, "s"), (0o2000, 6, "s"), (0o1000, 9, "t")] {
        if mode & bit != 0 {
            let shown = if &text[at..=at] == "x" { letter.to_owned() } else { letter.to_ascii_uppercase() };
            text.replace_range(at..=at, &shown);
        }
    }
    text
}

fn kind_words(stat: &Stat) -> &'static str {
    match stat.kind {
        FileKind::File if stat.size == 0 => "regular empty file",
        FileKind::File => "regular file",
        FileKind::Directory => "directory",
        FileKind::Symlink => "symbolic link",
        FileKind::Character => "character special file",
        FileKind::Block => "block special file",
        FileKind::Fifo => "fifo",
    }
}

/// A time as `stat` writes it.
fn moment(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    let text = super::date::format(seconds, "%Y-%m-%d %H:%M:%S");
    format!("{text}.{:06}000 +0000", micros % 1_000_000)
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
                .replace("%A", &mode_text(stat.kind, stat.mode))
                .replace("%F", kind_words(&stat))
                .replace(
                    "%N",
                    &match &stat.target {
                        Some(target) => format!("'{path}' -> '{target}'"),
                        None => path.to_owned(),
                    },
                )
                .replace("%Y", &(stat.modified / 1_000_000).to_string())
                .replace("%y", &moment(stat.modified))
                .replace("%u", &stat.uid.to_string())
                .replace("%g", &stat.gid.to_string())
                .replace("%U", &user)
                .replace("%G", &group)
                .replace("%i", &stat.inode.to_string())
                .replace("%h", &stat.links.to_string()),
            None => format!(
                "  File: {path}\n  Size: {:<10}\tBlocks: {:<10} IO Block: 4096   {}\nDevice: {}\tInode: {:<10}  Links: {}\nAccess: ({:04o}/{})  Uid: ({:>5}/{user:>8})   Gid: ({:>5}/{group:>8})\nModify: {}",
                stat.size,
                stat.size.div_ceil(4096) * 8,
                kind_words(&stat),
                stat.device,
                stat.inode,
                stat.links,
                stat.mode,
                mode_text(stat.kind, stat.mode),
                stat.uid,
                stat.gid,
                moment(stat.modified)
            ),
        };
        c.print(&format!("{text}\n"));
        Ok(())
    })
}
