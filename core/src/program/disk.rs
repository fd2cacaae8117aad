//! What is mounted and how full it is: `mount`, `df`, `du`, `dd`.

use super::{C, Outcome};
use crate::engine::syscall::{FileKind, Open};
use crate::program::list::human_size;

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
