//! The learner's files as a tree of rows: a function of the World and of which folders are open.

use drydock::engine::World;
use drydock::engine::syscall::{FileKind, Stat, Sys};
use drydock::shared::sort_by;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its absolute path.
    pub path: String,
    /// What is shown for it.
    pub name: String,
    /// How deep it lies, from 1.
    pub level: usize,
    /// For a folder: whether it is open.
    pub open: Option<bool>,
    /// What `stat` tells, the link itself for a symbolic one.
    pub stat: Stat,
    /// Its place among its neighbours, from 1, and how many they are.
    pub place: (usize, usize),
}

/// The most rows that are shown.
const MOST: usize = 1_500;
/// The deepest level: symbolic links may lead round.
const DEEPEST: usize = 16;

/// A path as a shell shows it.
pub fn short(path: &str, home: &str) -> String {
    match path.strip_prefix(home).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        Some(rest) => format!("~{rest}"),
        None => path.to_owned(),
    }
}

/// The learner's home.
pub const HOME: &str = drydock::engine::boot::HOME;

/// Where the learner's shell is.
pub fn directory(world: &World) -> String {
    world.kernel.process(world.shell).map_or_else(|| HOME.to_owned(), |p| p.directory.clone())
}

/// The folders at the top: the working directory, the home unless it is the same, and everything.
pub fn roots(world: &World) -> Vec<String> {
    let mut all = vec![directory(world), HOME.to_owned(), "/".to_owned()];
    all.dedup();
    if all[0] == "/" {
        all.pop();
    }
    all
}

/// Looks at the learner's files as the learner's shell does.
pub fn look<T>(world: &World, with: impl FnOnce(&mut Sys<'_>) -> T) -> Option<T> {
    let shell = world.shell;
    world.kernel.process(shell).filter(|p| !p.is_zombie())?;
    let mut looked = world.clone();
    Some(with(&mut Sys::new(&mut looked, shell)))
}

/// The rows for the folders that are open.
pub fn rows(world: &World, open: &[String]) -> Vec<Row> {
    let mut rows = Vec::new();
    let roots = roots(world);
    look(world, |sys| {
        for (n, root) in roots.iter().enumerate() {
            let name = match n {
                0 => short(root, HOME),
                _ if root == "/" => "/ (everything)".to_owned(),
                _ => "~ (home)".to_owned(),
            };
            // The same folder may stand in several places; each is opened for itself.
            add(sys, &mut rows, open, root.clone(), name, 1, (n + 1, roots.len()));
        }
    });
    rows
}

fn add(
    sys: &mut Sys<'_>,
    rows: &mut Vec<Row>,
    open: &[String],
    path: String,
    name: String,
    level: usize,
    place: (usize, usize),
) {
    if rows.len() >= MOST {
        return;
    }
    let Ok(stat) = sys.lstat(&path) else { return };
    let folder = sys.stat(&path).is_ok_and(|s| s.kind == FileKind::Directory);
    let key = key(rows.iter().rev().find(|r| r.level == 1).map_or(&path, |r| &r.path), &path);
    let is_open = folder && level <= DEEPEST && open.contains(&key);
    rows.push(Row { path: path.clone(), name, level, open: folder.then_some(is_open), stat, place });
    if !is_open {
        return;
    }
    let mut names: Vec<(bool, String)> = sys
        .read_directory(&path)
        .unwrap_or_default()
        .into_iter()
        .map(|(name, kind)| (kind != FileKind::Directory, name))
        .collect();
    sort_by(&mut names, |a, b| a.cmp(b));
    let count = names.len();
    for (n, (_, name)) in names.into_iter().enumerate() {
        let inner = format!("{}/{name}", path.trim_end_matches('/'));
        add(sys, rows, open, inner, name, level + 1, (n + 1, count));
    }
}

/// What says that a folder is open: the folder at the top and the path.
pub fn key(root: &str, path: &str) -> String {
    format!("{root}:{path}")
}

/// The folder at the top that a row lies below.
pub fn root_of(rows: &[Row], at: usize) -> &str {
    rows[..=at].iter().rev().find(|r| r.level == 1).map_or("/", |r| &r.path)
}

/// The text of a file, to be edited.
///
/// # Errors
/// Why it cannot be.
pub fn read(world: &World, path: &str) -> Result<String, String> {
    let found = look(world, |sys| {
        let stat = sys.stat(path).map_err(|e| e.to_string())?;
        let bytes = sys.read_file(path).map_err(|e| e.to_string())?;
        Ok((stat.size, bytes))
    });
    let (size, bytes) = found.unwrap_or_else(|| Err("the shell has ended".to_owned()))?;
    if size > bytes.len() as u64 {
        return Err("this file stands for a large one; its content is not simulated".to_owned());
    }
    if bytes.len() > 1 << 20 {
        return Err("this file is too large to be edited here".to_owned());
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| "this file is not text".to_owned())
}

/// The mode as `ls -l` shows it.
pub fn mode(stat: &Stat) -> String {
    let kind = match stat.kind {
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::Character => 'c',
        FileKind::Block => 'b',
        FileKind::Fifo => 'p',
        FileKind::File => '-',
    };
    let mut text = String::from(kind);
    for n in (0..9).rev() {
        text.push(if stat.mode >> n & 1 == 1 { ['x', 'w', 'r'][n % 3] } else { '-' });
    }
    text
}

#[cfg(test)]
mod tests;
