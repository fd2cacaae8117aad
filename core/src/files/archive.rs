//! Layer archives: tar with the whiteout files of the OCI image-spec ("Image Layer Filesystem Changeset").

use super::tree::{Ino, Inode, InodeKind, Tree};
use crate::shared::Map;
use std::io::{self, Read};
use std::rc::Rc;
use tar::{Archive, Builder, EntryType, Header};

/// The PAX record that keeps the size a file stands for.
pub const NOMINAL: &str = "DRYDOCK.size";

/// The most bytes an archive may unpack to.
pub const LARGEST: u64 = 2 << 30;

/// The most bytes of a path (`PATH_MAX` of Linux).
const LONGEST: usize = 4096;

/// Unpacks a layer. Names with `..` and absolute names stay below the root.
///
/// # Errors
/// What the archive reader says, and a refusal past [`LARGEST`].
pub fn unpack(bytes: &[u8]) -> io::Result<Tree> {
    let mut tree = Tree::default();
    let mut archive = Archive::new(bytes);
    let mut total = 0_u64;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some((parent, name)) = split(&path) else {
            set_attributes(&mut tree, Tree::ROOT, entry.header());
            continue;
        };
        let mut nominal = None;
        if let Some(records) = entry.pax_extensions()? {
            for record in records.flatten() {
                if record.key() == Ok(NOMINAL) {
                    nominal = record.value().ok().and_then(|v| v.parse().ok());
                }
            }
        }
        total = total.saturating_add(entry.size());
        if total > LARGEST {
            return Err(io::Error::other("archive unpacks to more than 2 GB"));
        }
        // Files with holes would unpack to more than the archive has.
        if total > bytes.len() as u64 {
            return Err(io::Error::other("archive has less in it than its headers say"));
        }
        if path.len() > LONGEST {
            return Err(io::Error::other("file name too long"));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        let link = entry.link_name_bytes().map(|l| String::from_utf8_lossy(&l).into_owned());
        place(&mut tree, &parent, &name, entry.header(), Content { bytes: content, nominal, link });
    }
    Ok(tree)
}

struct Content {
    bytes: Vec<u8>,
    nominal: Option<u64>,
    link: Option<String>,
}

fn place(tree: &mut Tree, parent: &str, name: &str, header: &Header, content: Content) {
    let modified = header.mtime().unwrap_or(0).saturating_mul(1_000_000);
    let directory = tree.make_path(parent, 0o755, modified);
    if name == ".wh..wh..opq" {
        if let Some(inode) = tree.get_mut(directory) {
            inode.opaque = true;
        }
        return;
    }
    if let Some(hidden) = name.strip_prefix(".wh.") {
        tree.insert(directory, hidden, Inode::new(InodeKind::Whiteout, 0, modified));
        return;
    }
    let link = content.link.unwrap_or_default();
    let kind = match header.entry_type() {
        EntryType::Directory => {
            let existing = tree.child(directory, name);
            if let Some(ino) = existing.filter(|i| tree.get(*i).is_some_and(Inode::is_directory)) {
                set_attributes(tree, ino, header);
                return;
            }
            InodeKind::Directory(Map::new())
        }
        EntryType::Symlink => InodeKind::Symlink(link.into()),
        EntryType::Link => {
            if let Some(target) = tree.find(&link) {
                tree.link(directory, name, target);
            }
            return;
        }
        EntryType::Char | EntryType::Block => InodeKind::Device {
            character: header.entry_type() == EntryType::Char,
            number: (
                header.device_major().ok().flatten().unwrap_or(0),
                header.device_minor().ok().flatten().unwrap_or(0),
            ),
        },
        EntryType::Fifo => InodeKind::Fifo,
        _ => InodeKind::File { bytes: content.bytes.into(), nominal: content.nominal },
    };
    let ino = tree.insert(directory, name, Inode::new(kind, 0o644, modified));
    set_attributes(tree, ino, header);
}

fn set_attributes(tree: &mut Tree, ino: Ino, header: &Header) {
    if let Some(inode) = tree.get_mut(ino) {
        inode.mode = header.mode().unwrap_or(0o644) & 0o7777;
        inode.uid = header.uid().unwrap_or(0) as u32;
        inode.gid = header.gid().unwrap_or(0) as u32;
        inode.modified = header.mtime().unwrap_or(0).saturating_mul(1_000_000);
    }
}

/// Puts an entry of an archive into a tree.
pub fn put(
    tree: &mut Tree,
    path: &str,
    header: &Header,
    bytes: Vec<u8>,
    nominal: Option<u64>,
    link: Option<String>,
) {
    match split(path) {
        Some((parent, name)) => place(tree, &parent, &name, header, Content { bytes, nominal, link }),
        None => set_attributes(tree, Tree::ROOT, header),
    }
}

/// Parent and name of a path inside an archive; nothing for the root itself.
pub fn split(path: &str) -> Option<(String, String)> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let name = parts.pop()?.to_owned();
    Some((parts.join("/"), name))
}

/// Packs a tree as a layer: entries in the order of their paths, so that equal trees give equal bytes.
pub fn pack(tree: &Tree) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    let mut first_names: Map<Ino, String> = Map::new();
    for (path, ino) in tree.walk() {
        let Some(inode) = tree.get(ino) else { continue };
        let name = path.trim_start_matches('/');
        let linked = first_names.get(&ino).cloned();
        if linked.is_none() && inode.links > 1 {
            first_names.insert(ino, name.to_owned());
        }
        append(&mut builder, name, inode, linked.as_deref());
        if inode.opaque {
            let marker = format!("{name}/.wh..wh..opq");
            append(&mut builder, &marker, &Inode::file(Vec::new(), 0o644, inode.modified), None);
        }
    }
    builder.into_inner().unwrap_or_default()
}

fn append(builder: &mut Builder<Vec<u8>>, name: &str, inode: &Inode, linked: Option<&str>) {
    let mut header = Header::new_ustar();
    header.set_mode(inode.mode);
    header.set_uid(u64::from(inode.uid));
    header.set_gid(u64::from(inode.gid));
    header.set_mtime(inode.modified / 1_000_000);
    header.set_size(0);
    let empty: Rc<[u8]> = Rc::new([]);
    let mut path = name.to_owned();
    let mut data = empty;
    let mut target = None;
    match &inode.kind {
        _ if linked.is_some() => {
            header.set_entry_type(EntryType::Link);
            target = linked.map(str::to_owned);
        }
        InodeKind::Directory(_) => {
            header.set_entry_type(EntryType::Directory);
            path.push('/');
        }
        InodeKind::File { bytes, nominal } => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(bytes.len() as u64);
            data = bytes.clone();
            if let Some(nominal) = nominal {
                let text = nominal.to_string();
                let _ = builder.append_pax_extensions([(NOMINAL, text.as_bytes())]);
            }
        }
        InodeKind::Symlink(to) => {
            header.set_entry_type(EntryType::Symlink);
            target = Some(to.to_string());
        }
        InodeKind::Device { character, number } => {
            header.set_entry_type(if *character { EntryType::Char } else { EntryType::Block });
            let _ = header.set_device_major(number.0);
            let _ = header.set_device_minor(number.1);
        }
        InodeKind::Fifo => header.set_entry_type(EntryType::Fifo),
        InodeKind::Whiteout => {
            header.set_entry_type(EntryType::Regular);
            let (parent, base) = name.rsplit_once('/').unwrap_or(("", name));
            let slash = if parent.is_empty() { "" } else { "/" };
            path = format!("{parent}{slash}.wh.{base}");
        }
    }
    // Names too long for the header are carried by an extension; writing to memory cannot fail otherwise.
    let _ = match target {
        Some(target) => builder.append_link(&mut header, &path, target),
        None => builder.append_data(&mut header, &path, &*data),
    };
}

#[cfg(test)]
mod tests;
