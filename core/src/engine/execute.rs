//! Program files: finding one, and reading what it says it is.

use crate::engine::syscall::{FileKind, Sys};
use crate::kernel::errno::Errno;
use std::rc::Rc;

/// What `execve` has found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The file.
    pub path: String,
    /// What it says it is.
    pub program: Rc<str>,
    /// `argv`, with an interpreter in front for scripts.
    pub arguments: Vec<String>,
    /// Memory that the program takes, in bytes.
    pub resident: u64,
}

/// How a program file of the simulation begins; its program's name and a newline follow.
pub const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01 drydock ";

/// Where programs are looked for when `PATH` is not set.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The program name that a file's bytes declare.
pub fn declared(bytes: &[u8]) -> Option<&str> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let end = rest.iter().position(|b| *b == b'\n')?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// Opens a program file (`man 2 execve`); `#!` names an interpreter, at most four times.
pub fn load(sys: &mut Sys<'_>, path: &str, mut arguments: Vec<String>) -> Result<Loaded, Errno> {
    let mut path = path.to_owned();
    for _ in 0..5 {
        let stat = sys.stat(&path)?;
        if stat.kind != FileKind::File {
            return Err(Errno::EACCES);
        }
        sys.access(&path, 1)?;
        let bytes = sys.read_any(&path)?;
        if let Some(program) = declared(&bytes) {
            let program: Rc<str> = program.into();
            let resident = resident(&program, stat.size);
            return Ok(Loaded { path, program, arguments, resident });
        }
        let Some(line) = bytes.strip_prefix(b"#!") else { return Err(Errno::ENOEXEC) };
        let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).trim().to_owned();
        let (interpreter, option) = match line.split_once([' ', '\t']) {
            Some((interpreter, option)) => (interpreter.to_owned(), Some(option.trim().to_owned())),
            None => (line, None),
        };
        let mut longer = vec![interpreter.clone()];
        longer.extend(option);
        longer.push(path);
        longer.extend(arguments.into_iter().skip(1));
        arguments = longer;
        path = interpreter;
    }
    Err(Errno::ELOOP)
}

/// Looks a name up in the directories of `path`; a name with a slash is taken as it stands.
pub fn find(sys: &Sys<'_>, name: &str, path: Option<&str>) -> Result<String, Errno> {
    if name.is_empty() {
        return Err(Errno::ENOENT);
    }
    if name.contains('/') {
        let stat = sys.stat(name)?;
        if stat.kind != FileKind::File {
            return Err(Errno::EACCES);
        }
        sys.access(name, 1)?;
        return Ok(name.to_owned());
    }
    let mut error = Errno::ENOENT;
    for directory in path.unwrap_or(DEFAULT_PATH).split(':') {
        let directory = if directory.is_empty() { "." } else { directory };
        let candidate = format!("{}/{name}", directory.trim_end_matches('/'));
        match sys.stat(&candidate) {
            Ok(stat) if stat.kind == FileKind::File => match sys.access(&candidate, 1) {
                Ok(()) => return Ok(candidate),
                Err(e) => error = e,
            },
            _ => {}
        }
    }
    Err(error)
}

/// Resident memory of a program that has just begun: what such programs show in `docker stats`, roughly.
fn resident(program: &str, size: u64) -> u64 {
    const KIB: u64 = 1024;
    match program {
        "busybox" => 620 * KIB,
        "nginx" => 3_400 * KIB,
        "httpd" => 5_800 * KIB,
        "redis-server" => 8_900 * KIB,
        "postgres" => 24_000 * KIB,
        "mysqld" => 380_000 * KIB,
        "node" => 42_000 * KIB,
        "python3" => 9_800 * KIB,
        _ => (900 * KIB).max(size.min(12_000 * KIB)),
    }
}
