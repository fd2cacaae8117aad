//! `find`: tests on files, and what is done with those that pass.

use super::files::remove;
use super::{C, Outcome};
use crate::engine::syscall::FileKind;

/// What was asked for.
#[derive(Default)]
struct Search {
    tests: Vec<(String, String, bool)>,
    most: Option<usize>,
    least: usize,
    delete: bool,
    print0: bool,
    /// A command, and whether it takes all names at once.
    command: Option<(Vec<String>, bool)>,
    found: Vec<String>,
}

pub fn find(c: C<'_, '_, '_>) -> Outcome {
    let arguments = std::mem::take(&mut c.arguments);
    let begins = |a: &String| a.starts_with('-') || a == "!";
    let split = arguments.iter().position(begins).unwrap_or(arguments.len());
    let mut paths = arguments[..split].to_vec();
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let mut search = Search::default();
    let (mut negated, mut prints) = (false, true);
    let mut rest = arguments[split..].iter();
    while let Some(test) = rest.next() {
        match test.as_str() {
            "!" | "-not" => {
                negated = true;
                continue;
            }
            "-name" | "-iname" | "-type" | "-path" | "-size" | "-mtime" | "-mmin" | "-newer" | "-user"
            | "-perm" => {
                search.tests.push((test.clone(), rest.next().cloned().unwrap_or_default(), negated));
            }
            "-empty" => search.tests.push((test.clone(), String::new(), negated)),
            "-maxdepth" => search.most = rest.next().and_then(|d| d.parse().ok()),
            "-mindepth" => search.least = rest.next().and_then(|d| d.parse().ok()).unwrap_or(0),
            "-print" | "-a" | "-xdev" => {}
            "-print0" => search.print0 = true,
            "-delete" => (search.delete, prints) = (true, false),
            "-exec" => {
                let command: Vec<String> =
                    rest.by_ref().take_while(|a| *a != ";" && *a != "+").cloned().collect();
                let together = arguments.last().is_some_and(|a| a == "+");
                (search.command, prints) = (Some((command, together)), false);
            }
            other => {
                let words = if c.sys.is_busybox() { "unrecognized: " } else { "unknown predicate `" };
                let end = if c.sys.is_busybox() { "" } else { "'" };
                c.complain(&format!("{words}{other}{end}"));
                return Outcome::Done(1);
            }
        }
        negated = false;
    }
    let mut status = 0;
    for path in paths {
        if let Err(errno) = c.sys.lstat(&path) {
            c.complain_file("", &path, errno);
            status = 1;
            continue;
        }
        descend(c, &mut search, &path, 0);
    }
    if prints {
        let end = if search.print0 { "\0" } else { "\n" };
        let text: String = search.found.iter().flat_map(|f| [f.as_str(), end]).collect();
        c.print(&text);
    }
    let Some((command, together)) = search.command.filter(|_| !search.found.is_empty()) else {
        return Outcome::Done(status);
    };
    let fill = |path: &String| -> Vec<String> { command.iter().map(|a| a.replace("{}", path)).collect() };
    let commands = if together {
        let mut all: Vec<String> = command.iter().filter(|a| *a != "{}").cloned().collect();
        all.extend(search.found);
        vec![all]
    } else {
        search.found.iter().map(fill).collect()
    };
    super::batch::all(commands, 0)
}

fn descend(c: C<'_, '_, '_>, search: &mut Search, path: &str, depth: usize) {
    let Ok(stat) = c.sys.lstat(path) else { return };
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    let now = c.sys.now().unix_seconds();
    let fits = depth >= search.least
        && search.tests.iter().all(|(test, value, negated)| {
            let older = |unit: u64| now.saturating_sub(stat.modified / 1_000_000) / unit;
            let answer = match test.as_str() {
                "-type" => {
                    let letter = super::list::mode_text(stat.kind, 0).replace('-', "f");
                    letter.starts_with(value.as_str())
                }
                "-size" => {
                    let unit = match value.chars().last() {
                        Some('c') => 1,
                        Some('k') => 1 << 10,
                        Some('M') => 1 << 20,
                        Some('G') => 1 << 30,
                        _ => 512,
                    };
                    compared(value, stat.size.div_ceil(unit))
                }
                "-mtime" => compared(value, older(86_400)),
                "-mmin" => compared(value, older(60)),
                "-newer" => c.sys.stat(value).is_ok_and(|other| stat.modified > other.modified),
                "-user" => {
                    value.parse() == Ok(stat.uid)
                        || super::list::account(c, "/etc/passwd", stat.uid) == *value
                }
                "-perm" => {
                    let bits = u32::from_str_radix(value.trim_start_matches(['-', '/']), 8).unwrap_or(0);
                    if value.starts_with('-') { stat.mode & bits == bits } else { stat.mode & 0o7777 == bits }
                }
                "-empty" => match stat.kind {
                    FileKind::Directory => c.sys.read_directory(path).is_ok_and(|n| n.is_empty()),
                    _ => stat.size == 0,
                },
                "-iname" => crate::shell::fits(&value.to_ascii_lowercase(), &name.to_ascii_lowercase()),
                "-name" => crate::shell::fits(value, &name),
                _ => crate::shell::fits(value, path),
            };
            answer != *negated
        });
    if fits {
        search.found.push(path.to_owned());
    }
    if stat.kind == FileKind::Directory && search.most.is_none_or(|most| depth < most) {
        for (name, _) in c.sys.read_directory(path).unwrap_or_default() {
            descend(c, search, &format!("{}/{name}", path.trim_end_matches('/')), depth + 1);
        }
    }
    if fits && search.delete {
        let _ = remove(c, path);
    }
}

/// `+n` more than, `-n` less than, `n` exactly.
fn compared(value: &str, have: u64) -> bool {
    let number = value.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
    match value.as_bytes().first() {
        Some(b'+') => have > number,
        Some(b'-') => have < number,
        _ => have == number,
    }
}
