//! What a layer of the catalogue holds: each line puts files into its tree.

use super::text::Line;
use crate::files::{Inode, InodeKind, Tree};

/// When the files of catalogue layers were changed, in microseconds since 1970: 2025-11-18.
pub const MODIFIED: u64 = 1_763_424_000_000_000;

/// How a program file begins; its program's name follows.
pub const MAGIC: &str = "\x7fELF\x02\x01\x01 drydock ";

/// Where accounts are kept.
const ACCOUNTS: [&str; 2] = ["/etc/passwd", "/etc/group"];

/// Puts what a line says into a layer's tree; `below` are the layers under it. False for a word that is not about a layer.
///
/// # Errors
/// What is wrong with the line.
pub fn put_line(tree: &mut Tree, below: &[&Tree], line: &Line<'_>) -> Result<bool, String> {
    let words: Vec<&str> = line.rest.split_whitespace().collect();
    let word = line.word;
    let need = |n: usize| words.get(n).copied().ok_or_else(|| format!("`{word}` needs {} words", n + 1));
    let kind = match word {
        "dir" => {
            let ino = tree.make_path(need(0)?, 0o755, MODIFIED);
            let mode = words.get(1).map_or(Ok(0o755), |m| mode(m))?;
            let (uid, gid) = owner(words.get(2).copied().unwrap_or("0"))?;
            if let Some(inode) = tree.get_mut(ino) {
                (inode.mode, inode.uid, inode.gid) = (mode, uid, gid);
            }
            return Ok(true);
        }
        "dirs" => {
            for path in words {
                tree.make_path(path, 0o755, MODIFIED);
            }
            return Ok(true);
        }
        "file" => {
            let text = line.body.map_or_else(String::new, |body| format!("{body}\n"));
            let mode = words.get(1).map_or(Ok(0o644), |m| mode(m))?;
            put(tree, need(0)?, Inode::file(text.into_bytes(), mode, MODIFIED));
            return Ok(true);
        }
        "bulk" => {
            let text = format!("{} stands for {}\n", need(0)?, need(1)?);
            put(tree, need(0)?, large(text, size(need(1)?)?, 0o644));
            return Ok(true);
        }
        "program" | "server" => {
            let own = if word == "server" { 4 } else { 3 };
            let declared = match word {
                "server" => format!("listens/{}/{}", ports(need(3)?)?, need(1)?),
                _ => need(1)?.to_owned(),
            };
            let says = words.get(own..).filter(|w| !w.is_empty()).map(|w| format!("{}\n", w.join(" ")));
            let says = line.body.map(str::to_owned).or(says).unwrap_or_default();
            let text = format!("{MAGIC}{declared}\n{says}");
            large(text, size(need(2)?)?, 0o755)
        }
        "gnu" => {
            for name in words.get(1..).unwrap_or_default() {
                let text = format!("{MAGIC}gnu/{name}\n");
                put(tree, &format!("{}/{name}", words[0]), large(text, 68_000, 0o755));
            }
            return Ok(true);
        }
        "links" | "symlinks" => {
            for name in words.get(2..).unwrap_or_default() {
                let path = format!("{}/{name}", need(1)?);
                if word == "symlinks" {
                    put(tree, &path, symlink(words[0]));
                } else {
                    let file = tree.find(words[0]).ok_or_else(|| format!("no file {} to link", words[0]))?;
                    let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
                    let directory = tree.make_path(parent, 0o755, MODIFIED);
                    tree.link(directory, name, file);
                }
            }
            return Ok(true);
        }
        "symlink" => symlink(need(1)?),
        "account" => {
            account(tree, below, [need(0)?, need(1)?, words.get(2).copied().unwrap_or("/nonexistent")])?;
            return Ok(true);
        }
        _ => return Ok(false),
    };
    put(tree, need(0)?, kind);
    Ok(true)
}

/// Adds a user and its group, as `useradd` would: `NAME UID[:GID] HOME`.
fn account(tree: &mut Tree, below: &[&Tree], [name, id, home]: [&str; 3]) -> Result<(), String> {
    let (uid, gid) = owner(id)?;
    let shell = if home == "/nonexistent" { "/usr/sbin/nologin" } else { "/bin/sh" };
    let lines = [format!("{name}:x:{uid}:{gid}::{home}:{shell}\n"), format!("{name}:x:{gid}:\n")];
    for (path, line) in ACCOUNTS.iter().zip(lines) {
        let above = [&*tree];
        let known = above.iter().chain(below.iter().rev()).find_map(|t| match &t.get(t.find(path)?)?.kind {
            InodeKind::File { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        let mut text = known.map_or_else(Vec::new, |bytes| bytes.to_vec());
        text.extend(line.into_bytes());
        put(tree, path, Inode::file(text, 0o644, MODIFIED));
    }
    Ok(())
}

fn symlink(target: &str) -> Inode {
    Inode::new(InodeKind::Symlink(target.into()), 0o777, MODIFIED)
}

/// A file with a short content that stands for so many bytes.
fn large(text: String, size: u64, mode: u32) -> Inode {
    Inode::new(InodeKind::File { bytes: text.into_bytes().into(), nominal: Some(size) }, mode, MODIFIED)
}

fn put(tree: &mut Tree, path: &str, inode: Inode) {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    let directory = tree.make_path(parent, 0o755, MODIFIED);
    tree.insert(directory, name, inode);
}

/// A size such as `4.27MB`, in bytes (decimal units).
pub fn size(text: &str) -> Result<u64, String> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "" | "B" => 1.0,
        "k" | "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return Err(format!("`{text}` is no size")),
    };
    crate::decimal::decimal(number).map(|n| (n * factor) as u64).ok_or_else(|| format!("`{text}` is no size"))
}

fn mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 8).map_err(|_| format!("`{text}` is no mode"))
}

/// `UID` or `UID:GID`.
fn owner(text: &str) -> Result<(u32, u32), String> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    let number = |t: &str| t.parse::<u32>().map_err(|_| format!("`{text}` is no owner"));
    Ok((number(uid)?, number(gid)?))
}

/// Ports with commas between them.
fn ports(text: &str) -> Result<&str, String> {
    match text.split(',').all(|port| port.parse::<u16>().is_ok()) {
        true => Ok(text),
        false => Err(format!("`{text}` are no ports")),
    }
}
