//! A tar that comes in pieces: its entries, with the extensions of PAX (POSIX.1-2001) and GNU for long names and sizes.

use crate::files::archive;
use tar::{EntryType, Header};

/// An entry's head.
pub struct Head {
    /// The header as it stands.
    pub header: Box<Header>,
    /// The whole path.
    pub path: String,
    /// Where a link leads.
    pub link: Option<String>,
    /// The bytes that follow.
    pub size: u64,
    /// The size it stands for, when it is another.
    pub nominal: Option<u64>,
}

impl Head {
    /// What it is.
    pub fn kind(&self) -> EntryType {
        self.header.entry_type()
    }

    /// The directory above and the name; nothing for the root itself.
    pub fn parent_and_name(&self) -> Option<(String, String)> {
        archive::split(&self.path)
    }
}

/// Who takes the entries.
pub trait Sink {
    /// An entry begins.
    fn begin(&mut self, head: &Head) -> Result<(), String>;
    /// Bytes of it.
    fn data(&mut self, bytes: &[u8]) -> Result<(), String>;
    /// It is whole.
    fn end(&mut self) -> Result<(), String>;
}

/// What an extension says of the entry after it.
#[derive(Default)]
struct Extension {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
    nominal: Option<u64>,
}

/// The longest extension.
const EXTENSION: u64 = 1 << 20;

/// A tar on its way.
#[derive(Default)]
pub struct Tape {
    /// A header that is not whole yet.
    block: Vec<u8>,
    /// Bytes of the entry that are still to come, and of the padding after them.
    left: u64,
    padding: u64,
    /// The kind and the bytes of an extension.
    extension: Option<(EntryType, Vec<u8>)>,
    next: Extension,
    /// An entry is with the sink.
    open: bool,
    /// The end was seen.
    ended: bool,
}

impl Tape {
    /// Takes the next piece.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut impl Sink) -> Result<(), String> {
        while !bytes.is_empty() && !self.ended {
            if self.left > 0 {
                let (now, later) =
                    bytes.split_at(bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX)));
                self.left -= now.len() as u64;
                bytes = later;
                match &mut self.extension {
                    Some((_, text)) => text.extend_from_slice(now),
                    None => sink.data(now)?,
                }
            } else if self.padding > 0 {
                let skipped = bytes.len().min(self.padding as usize);
                self.padding -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            } else {
                let missing = (512 - self.block.len()).min(bytes.len());
                self.block.extend_from_slice(&bytes[..missing]);
                bytes = &bytes[missing..];
                if self.block.len() < 512 {
                    return Ok(());
                }
                let block = std::mem::take(&mut self.block);
                self.head(&block, sink)?;
            }
            if self.left == 0 {
                self.entry_ends(sink)?;
            }
        }
        Ok(())
    }

    /// True when no entry is half here.
    pub const fn is_whole(&self) -> bool {
        self.ended || (self.left == 0 && self.block.is_empty())
    }

    fn entry_ends(&mut self, sink: &mut impl Sink) -> Result<(), String> {
        if std::mem::take(&mut self.open) {
            sink.end()?;
        }
        let Some((kind, text)) = self.extension.take() else { return Ok(()) };
        let plain = || Some(String::from_utf8_lossy(&text).trim_end_matches('\0').to_owned());
        match kind {
            EntryType::GNULongName => self.next.path = plain(),
            EntryType::GNULongLink => self.next.link = plain(),
            EntryType::XHeader => {
                for record in tar::PaxExtensions::new(&text).flatten() {
                    let Ok(value) = record.value() else { continue };
                    match record.key() {
                        Ok("path") => self.next.path = Some(value.to_owned()),
                        Ok("linkpath") => self.next.link = Some(value.to_owned()),
                        Ok("size") => self.next.size = value.parse().ok(),
                        Ok(archive::NOMINAL) => self.next.nominal = value.parse().ok(),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn head(&mut self, block: &[u8], sink: &mut impl Sink) -> Result<(), String> {
        if block.iter().all(|b| *b == 0) {
            self.ended = true;
            return Ok(());
        }
        let invalid = || "archive/tar: invalid tar header".to_owned();
        let mut header = Box::new(Header::new_old());
        header.as_mut_bytes().copy_from_slice(block);
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(n, b)| if (148..156).contains(&n) { 32 } else { u32::from(*b) })
            .sum();
        if header.cksum().map_err(|_| invalid())? != sum {
            return Err(invalid());
        }
        let mut size = header.entry_size().map_err(|_| invalid())?;
        let kind = header.entry_type();
        let long = matches!(
            kind,
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader
        );
        if long {
            if size > EXTENSION {
                return Err(invalid());
            }
            self.extension = Some((kind, Vec::new()));
        } else {
            let next = std::mem::take(&mut self.next);
            size = next.size.unwrap_or(size);
            if matches!(
                kind,
                EntryType::Link
                    | EntryType::Symlink
                    | EntryType::Directory
                    | EntryType::Char
                    | EntryType::Block
                    | EntryType::Fifo
            ) {
                size = 0;
            }
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let path = next.path.unwrap_or_else(|| text(&header.path_bytes()));
            let link = next.link.or_else(|| header.link_name_bytes().map(|l| text(&l)));
            let head = Head { header, path, link, size, nominal: next.nominal };
            self.open = true;
            sink.begin(&head)?;
        }
        self.left = size;
        self.padding = size.next_multiple_of(512) - size;
        Ok(())
    }
}
