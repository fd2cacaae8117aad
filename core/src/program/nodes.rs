//! Files made, cut and dated: `touch`, `truncate`, `mkfifo`, `link`, `unlink`, `install`.

use super::{C, Outcome};
use crate::engine::syscall::FileKind;
use crate::kernel::errno::Errno;
use crate::program::files::each;
use crate::time::Time;

/// A time as `touch -t` writes it: `[[CC]YY]MMDDhhmm[.ss]`, in microseconds since 1970.
fn stamp(text: &str, now: u64) -> Option<u64> {
    let (digits, seconds) = text.split_once('.').unwrap_or((text, "00"));
    let this_year = super::date::format(now, "%Y");
    let full = match digits.len() {
        12 => digits.to_owned(),
        10 => format!("20{digits}"),
        8 => format!("{this_year}{digits}"),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    Time::parse_rfc3339(&format!("{year}-{month}-{day}T{}:{}:{seconds}Z", part(8, 10)?, part(10, 12)?))
}

pub fn touch(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "acmh", "dtr");
    let now = c.sys.now().unix_seconds();
    let mut when = None;
    for (letter, text) in values {
        let read = match letter {
            'r' => match c.sys.stat(&text) {
                Ok(stat) => Some(stat.modified),
                Err(errno) => {
                    c.complain_file("failed to get attributes of", &text, errno);
                    return Outcome::Done(1);
                }
            },
            't' => stamp(&text, now),
            _ => super::date::parse(&text, now).map(|seconds| seconds * 1_000_000),
        };
        let Some(read) = read else {
            let words = if c.sys.is_busybox() {
                format!("invalid date '{text}'")
            } else {
                format!("invalid date format '{text}'")
            };
            c.complain(&words);
            return Outcome::Done(1);
        };
        when = Some(read);
    }
    each(c, "cannot touch", |c, path| {
        if flags.contains('c') && c.sys.stat(path).is_err() {
            return Ok(());
        }
        c.sys.touch(path)?;
        when.map_or(Ok(()), |micros| c.sys.set_time(path, micros))
    })
}

pub fn truncate(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "c", "sr");
    let Some((_, text)) = values.iter().find(|v| v.0 == 's').cloned() else {
        return super::network::fail(c, 1, "you must specify either '--size' or '--reference'");
    };
    let (sign, digits) = (text.chars().next().unwrap_or('0'), text.trim_start_matches(['+', '-', '<', '>']));
    let Some(size) = crate::engine::start::parse_size(if c.sys.is_busybox() { &text } else { digits })
        .filter(|size| *size <= crate::files::archive::LARGEST)
    else {
        c.complain(&format!("invalid number '{text}'"));
        return Outcome::Done(1);
    };
    each(c, "cannot open", |c, path| {
        let mut bytes = match c.sys.read_file(path) {
            Ok(bytes) => bytes.to_vec(),
            Err(Errno::ENOENT) if flags.contains('c') => return Ok(()),
            Err(Errno::ENOENT) => Vec::new(),
            Err(errno) => return Err(errno),
        };
        let before = bytes.len() as u64;
        let wanted = match sign {
            '+' => before.saturating_add(size).min(crate::files::archive::LARGEST),
            '-' => before.saturating_sub(size),
            '<' => before.min(size),
            '>' => before.max(size),
            _ => size,
        };
        bytes.resize(wanted as usize, 0);
        c.sys.write_file(path, &bytes)
    })
}

pub fn mkfifo(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "", "m");
    let mode = values.first().and_then(|v| u32::from_str_radix(&v.1, 8).ok());
    each(c, "cannot create fifo", |c, path| {
        c.sys.make_fifo(path)?;
        mode.map_or(Ok(()), |mode| c.sys.change_mode(path, mode))
    })
}

pub fn unlink(c: C<'_, '_, '_>) -> Outcome {
    if c.name == "link" {
        let [from, to] = [0, 1].map(|n| c.arguments.get(n).cloned().unwrap_or_default());
        return match c.sys.link(&from, &to) {
            Ok(()) => Outcome::Done(0),
            Err(errno) => {
                c.complain(&format!("cannot create link '{to}' to '{from}': {errno}"));
                Outcome::Done(1)
            }
        };
    }
    c.arguments.truncate(1);
    each(c, "cannot unlink", |c, path| c.sys.unlink(path))
}

/// Copies files with a mode and an owner, or with `-d` makes directories.
pub fn install(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "dDpsv", "mogt");
    let value = |key: char| values.iter().find(|v| v.0 == key).map(|v| v.1.clone());
    let mode = value('m').and_then(|m| u32::from_str_radix(&m, 8).ok()).unwrap_or(0o755);
    let id = |c: C<'_, '_, '_>, text: Option<String>, file: &str| -> Option<u32> {
        let text = text?;
        text.parse().ok().or_else(|| super::accounts::find(c, file, &text).map(|a| a.id))
    };
    let (uid, gid) = (id(c, value('o'), "/etc/passwd"), id(c, value('g'), "/etc/group"));
    if flags.contains('d') {
        return each(c, "cannot create directory", |c, path| {
            super::files::make_directories(c, path, mode)?;
            c.sys.change_mode(path, mode)?;
            if uid.or(gid).is_some() { c.sys.change_owner(path, uid, gid) } else { Ok(()) }
        });
    }
    if c.arguments.len() < 2 {
        return super::network::fail(c, 1, "missing file operand");
    }
    let target = c.arguments.pop().unwrap_or_default();
    if let Some((parent, _)) = target.rsplit_once('/').filter(|_| flags.contains('D')) {
        let _ = super::files::make_directories(c, parent, 0o755);
    }
    let directory = c.sys.stat(&target).is_ok_and(|s| s.kind == FileKind::Directory);
    each(c, "cannot stat", |c, path| {
        let bytes = c.sys.read_file(path)?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let to = if directory { format!("{target}/{name}") } else { target.clone() };
        c.sys.write_file(&to, &bytes)?;
        c.sys.change_mode(&to, mode)?;
        if uid.or(gid).is_some() { c.sys.change_owner(&to, uid, gid) } else { Ok(()) }
    })
}
