//! Package managers: what they know comes from text files beside this one, what they do is files.
//!
//! The format is described in `packages/README.md`.

mod apk;
mod apt;
mod node;
mod pip;

use crate::engine::copy::set_nominal;
use crate::engine::syscall::{FileKind, Sys};
use crate::kernel::errno::Errno;
use crate::memory::tool::{State, Tool};
use crate::time::Span;
pub use node::watch;
use std::net::Ipv4Addr;

/// A package of a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it takes when it is installed, in bytes.
    pub size: u64,
    /// What it needs.
    pub needs: Vec<&'static str>,
    /// What is installed with it unless that is declined.
    pub recommends: Vec<&'static str>,
    /// Program files that it brings: path and the program that the simulation knows.
    pub programs: Vec<(&'static str, &'static str)>,
}

/// The programs that are package managers, or run what one has installed.
const MANAGERS: [&str; 11] =
    ["apt", "apt-get", "dpkg", "apk", "pip", "pip3", "npm", "yarn", "pnpm", "npx", "nodemon"];

/// Begins a package manager; false when this program is none.
pub fn begin(sys: &mut Sys<'_>, tool: &mut Tool, name: &str, arguments: &[String]) -> bool {
    let is_one = MANAGERS.contains(&name);
    if is_one {
        manage(sys, tool, name, arguments);
    }
    is_one
}

/// A function of its own, so that the page need not have it from the start.
#[inline(never)]
fn manage(sys: &mut Sys<'_>, tool: &mut Tool, name: &str, arguments: &[String]) {
    let mut work = Work { sys, out: String::new(), err: String::new(), takes: Span::millis(200) };
    let code = match name {
        "apt-get" | "apt" => apt::apt(&mut work, name, arguments),
        "dpkg" => apt::dpkg(&mut work, arguments),
        "apk" => apk::apk(&mut work, arguments),
        "pip" | "pip3" => pip::pip(&mut work, arguments),
        "npm" | "yarn" | "pnpm" | "npx" => match node::node(&mut work, name, arguments) {
            node::Done::Code(code) => code,
            node::Done::Runs(command) => {
                let (out, err) = (work.out, work.err);
                tool.pending = [out.into_bytes(), err.into_bytes()];
                tool.state = node::run(sys, tool, command);
                return;
            }
        },
        "nodemon" => {
            tool.state = node::begin_watch(sys, tool, arguments);
            return;
        }
        _ => return,
    };
    let until = (work.sys.now() + work.takes).0;
    tool.pending = [work.out.into_bytes(), work.err.into_bytes()];
    tool.state = if code == 0 { State::Sleep(until) } else { State::Done(code) };
}

/// A package manager at work.
pub struct Work<'a, 'w> {
    /// System calls.
    pub sys: &'a mut Sys<'w>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The time it takes.
    pub takes: Span,
}

impl Work<'_, '_> {
    /// Prints a line.
    pub fn say(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
    /// Prints a line on standard error.
    pub fn warn(&mut self, line: &str) {
        self.err.push_str(line);
        self.err.push('\n');
    }
    /// Says that the catalogue does not have a package that the real one may well have.
    pub fn hint(&mut self, name: &str) {
        self.warn(&format!("drydock: {name} is not in the simulated catalogue of packages"));
    }
    /// A file is there.
    pub fn exists(&self, path: &str) -> bool {
        self.sys.stat(path).is_ok()
    }
    /// The text of a file, or an empty one.
    pub fn read(&mut self, path: &str) -> String {
        self.sys.read_file(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
    /// Makes a directory and those above it.
    pub fn make_directories(&mut self, path: &str) -> Result<(), Errno> {
        let mut whole = String::new();
        for part in path.split('/').filter(|p| !p.is_empty()) {
            whole = format!("{whole}/{part}");
            if !self.exists(&whole) {
                self.sys.make_directory(&whole, 0o755)?;
            }
        }
        Ok(())
    }
    /// Writes a file with the directories above it; with a size, it stands for so many bytes.
    pub fn put(&mut self, path: &str, text: &str, size: Option<u64>) -> Result<(), Errno> {
        self.make_directories(path.rsplit_once('/').map_or("", |p| p.0))?;
        self.sys.write_file(path, text.as_bytes())?;
        if let Some(size) = size {
            set_nominal(self.sys.world, self.sys.host_pid(), path, size);
        }
        Ok(())
    }
    /// Writes a program file.
    pub fn put_program(&mut self, path: &str, program: &str, size: u64) -> Result<(), Errno> {
        let magic = String::from_utf8_lossy(crate::engine::execute::MAGIC).into_owned();
        let _ = self.sys.unlink(path);
        self.put(path, &format!("{magic}{program}\n"), Some(size))?;
        self.sys.change_mode(path, 0o755)
    }
    /// Removes a file or a directory with all that is in it.
    pub fn remove(&mut self, path: &str) {
        match self.sys.lstat(path).map(|s| s.kind) {
            Ok(FileKind::Directory) => {
                for (name, _) in self.sys.read_directory(path).unwrap_or_default() {
                    self.remove(&format!("{path}/{name}"));
                }
                let _ = self.sys.remove_directory(path);
            }
            Ok(_) => {
                let _ = self.sys.unlink(path);
            }
            Err(_) => {}
        }
    }
    /// The internet can be reached from the own network namespace.
    pub fn is_online(&self) -> bool {
        self.sys.network().source_address(self.sys.net(), Ipv4Addr::new(151, 101, 2, 132)).is_some()
    }
    /// Adds the time that so many bytes take.
    pub fn spend_for(&mut self, bytes: u64) {
        self.takes = self.takes + Span(bytes / 20);
    }
}

/// The package with this name.
pub fn find(catalogue: &'static str, name: &str) -> Option<Package> {
    let line = catalogue.lines().find(|l| l.split(' ').next() == Some(name))?;
    let mut words = line.split_whitespace();
    let mut package = Package {
        name: words.next()?,
        version: words.next()?,
        size: size(words.next()?)?,
        ..Package::default()
    };
    while let (Some(kind), Some(value)) = (words.next(), words.next()) {
        match kind {
            "needs" => package.needs = value.split(',').collect(),
            "recommends" => package.recommends = value.split(',').collect(),
            "program" => package.programs.extend(value.split_once('=')),
            _ => return None,
        }
    }
    Some(package)
}

/// Packages with all that they need, needs first; or the name that nobody knows.
pub fn closure(catalogue: &'static str, names: &[String], recommends: bool) -> Result<Vec<Package>, String> {
    fn add(
        catalogue: &'static str,
        name: &str,
        recommends: bool,
        depth: u32,
        all: &mut Vec<Package>,
    ) -> Result<(), String> {
        if depth > 20 || all.iter().any(|p| p.name == name) {
            return Ok(());
        }
        let package = find(catalogue, name).ok_or_else(|| name.to_owned())?;
        let more = package.recommends.iter().filter(|_| recommends);
        for need in package.needs.iter().chain(more) {
            add(catalogue, need, recommends, depth + 1, all)?;
        }
        if !all.iter().any(|p| p.name == package.name) {
            all.push(package);
        }
        Ok(())
    }
    let mut all = Vec::new();
    for name in names {
        add(catalogue, name, recommends, 0, &mut all)?;
    }
    Ok(all)
}

/// `500kB`, `1.2MB` in bytes.
fn size(text: &str) -> Option<u64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match &text[at..] {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None,
    };
    crate::decimal::decimal(&text[..at]).map(|n| (n * factor) as u64)
}

/// Bytes as apt and pip write them: `1,234 kB`, `5.2 MB`.
pub fn shown(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..10_000_000 => {
            let thousands = bytes / 1_000;
            if thousands < 1_000 {
                format!("{thousands} kB")
            } else {
                format!("{},{:03} kB", thousands / 1_000, thousands % 1_000)
            }
        }
        _ => format!("{} MB", crate::decimal::fixed(bytes as f64 / 1e6, 1)),
    }
}

/// The catalogues with their names: for the test that reads every line.
pub const CATALOGUES: [(&str, &str); 4] = [
    ("debian.txt", apt::CATALOGUE),
    ("alpine.txt", apk::CATALOGUE),
    ("python.txt", pip::CATALOGUE),
    ("node.txt", node::CATALOGUE),
];

#[cfg(test)]
mod tests;
