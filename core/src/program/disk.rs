//! What is mounted and how full it is: `mount`, `df`, `du`, `dd`.

use super::{C, Outcome};
use crate::decimal::fixed;
use crate::engine::syscall::{Capability, FileKind, Open};
use crate::memory::tool::State;
use crate::program::list::human_size;

/// The most that `dd` copies, in bytes.
const LARGEST: u64 = 96 << 20;

pub fn dd(c: C<'_, '_, '_>) -> Outcome {
    let value = |key: &str| {
        c.arguments.iter().find_map(|a| a.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned)
    };
    let size = |text: Option<String>, default: u64| {
        text.and_then(|t| crate::engine::start::parse_size(&t)).unwrap_or(default)
    };
    let (from, to) = (value("if"), value("of"));
    let (block, count) = (size(value("bs"), 512), value("count").and_then(|n| n.parse::<u64>().ok()));
    let wanted = count.map_or(u64::MAX, |n| n.saturating_mul(block));
    let limit = wanted.min(LARGEST);
    let number = |text: Option<String>| text.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let skip = number(value("skip")).saturating_mul(block) as usize;
    // A block is held in memory as a whole.
    let held = c.sys.resident();
    if c.sys.set_resident(held + block) {
        return Outcome::State(State::Begin);
    }
    c.sys.set_resident(held);
    let open = match &from {
        Some(from) => c.sys.open(from, Open::READ).and_then(|fd| c.sys.seek(fd, skip as u64).map(|()| fd)),
        None if c.input.is_none() => return Outcome::NeedsInput,
        None => Ok(0),
    };
    let input = c.input.take();
    let bytes = open.and_then(|fd| {
        if let Some(input) = input {
            let rest = input.get(skip..).unwrap_or_default();
            return Ok(rest[..rest.len().min(limit as usize)].to_vec());
        }
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
        Ok(bytes)
            if bytes.len() as u64 == LARGEST && wanted > LARGEST && to.as_deref() != Some("/dev/null") =>
        {
            // A small file system is full before the simulation gives up.
            let full = to.as_ref().is_some_and(|to| c.sys.write_file(to, &bytes).is_err());
            let to = to.unwrap_or_default();
            c.complain(&match full {
                true => format!("error writing '{to}': No space left on device"),
                false => "copying more than 96 MB is not simulated".to_owned(),
            });
            return Outcome::Done(1);
        }
        Ok(bytes) => bytes,
        Err(errno) => {
            c.complain(&format!("can't open '{}': {errno}", from.unwrap_or_default()));
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
    // A file system that is full has what fitted; the block that did not fit was read.
    let mut written = bytes.len();
    if let (Err(errno), Some(to)) = (result, &to) {
        c.complain(&format!("error writing '{to}': {errno}"));
        written = c.sys.stat(to).map_or(0, |stat| stat.size as usize).min(bytes.len());
    }
    let full = written < bytes.len();
    let (block, all) = (block.max(1), written as u64);
    let (read, wrote) = (all / block + u64::from(full), all / block);
    let text = format!("{read}+0 records in\n{wrote}+0 records out\n");
    c.err.extend_from_slice(text.as_bytes());
    Outcome::Done(u8::from(full))
}

pub fn mount(c: C<'_, '_, '_>) -> Outcome {
    if !c.arguments.is_empty() {
        c.complain(if c.sys.has(Capability::SysAdmin) {
            "only listing mounts is simulated; `docker run -v` and `--mount` mount things into containers"
        } else {
            "permission denied (are you root?)"
        });
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
    let (flags, _) = options!(c, "hTkP", "");
    let human = flags.contains('h');
    let head = if human { "     Size" } else { "1K-blocks" };
    let mounts = c.sys.mounts();
    let mut wanted: Vec<String> = Vec::new();
    for path in std::mem::take(&mut c.arguments) {
        let Ok(real) = c.sys.real_path(&path) else {
            c.complain(&format!("{path}: No such file or directory"));
            return Outcome::Done(1);
        };
        let within = |target: &str| {
            real.strip_prefix(target.trim_end_matches('/'))
                .is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        let found = mounts.iter().filter(|m| within(&m.target)).max_by_key(|m| m.target.len());
        wanted.extend(found.map(|m| m.target.clone()));
    }
    c.print(&format!("Filesystem           {head}      Used Available Use% Mounted on\n"));
    for mount in mounts {
        let shown = match wanted.as_slice() {
            [] => !matches!(mount.kind.as_str(), "proc" | "sysfs" | "cgroup"),
            wanted => wanted.contains(&mount.target),
        };
        if !shown {
            continue;
        }
        let (used, limit) = c.sys.usage(mount.filesystem);
        let total = limit.unwrap_or(64 << 30);
        let size = |bytes: u64| if human { human_size(bytes) } else { (bytes / 1024).to_string() };
        let line = format!(
            "{:<20} {:>9} {:>9} {:>9} {:>3}% {}\n",
            mount.source,
            size(total),
            size(used),
            size(total.saturating_sub(used)),
            used * 100 / total.max(1),
            mount.target
        );
        c.print(&line);
    }
    Outcome::Done(0)
}

pub fn du(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "shakx", "d");
    let mut paths = std::mem::take(&mut c.arguments);
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let most = if flags.contains('s') { Some(0) } else { values.first().and_then(|v| v.1.parse().ok()) };
    for path in paths {
        if let Err(errno) = c.sys.lstat(&path) {
            c.complain_file("cannot access", &path, errno);
            continue;
        }
        weigh(c, &flags, most.unwrap_or(usize::MAX), &path, 0);
    }
    Outcome::Done(u8::from(!c.err.is_empty()))
}

/// The space that a path takes; it is shown down to the depth `most`, a directory after what is in it.
fn weigh(c: C<'_, '_, '_>, flags: &str, most: usize, path: &str, depth: usize) -> u64 {
    let Ok(stat) = c.sys.lstat(path) else { return 0 };
    let directory = stat.kind == FileKind::Directory;
    let mut total = if directory { 4096 } else { stat.size.div_ceil(4096) * 4096 };
    if directory {
        for (name, _) in c.sys.read_directory(path).unwrap_or_default() {
            let below = format!("{}/{name}", path.trim_end_matches('/'));
            total += weigh(c, flags, most, &below, depth + 1);
        }
    }
    if depth == 0 || depth <= most && (directory || flags.contains('a')) {
        let shown = match (flags.contains('h'), c.sys.is_busybox()) {
            (true, true) if total >= 1 << 20 => fixed(total as f64 / 1_048_576.0, 1) + "M",
            (true, true) => fixed(total as f64 / 1024.0, 1) + "K",
            (true, false) => human_size(total),
            _ => total.div_ceil(1024).to_string(),
        };
        c.print(&format!("{shown}\t{path}\n"));
    }
    total
}
