//! One layer of an archive that comes in pieces.

use super::Budget;
use super::tape::{Head, Sink, Tape};
use crate::digest::{Digest, Hasher};
use crate::files::{Tree, archive};
use crate::image::gzip;
use crate::image::gzip::stream::Unpacker;
use crate::image::layer::Layer;
use tar::EntryType;

/// The largest blob that is kept byte for byte.
const WHOLE: u64 = 8 << 20;
/// The largest file whose content is kept in a layer that is not kept whole.
const SMALL: u64 = 16 << 10;

/// A layer on its way.
pub struct LayerIntake {
    blob: Hasher,
    size: u64,
    /// The blob's bytes, while they are few.
    kept: Option<Vec<u8>>,
    unpacker: Option<Unpacker>,
    tar: Hasher,
    unpacked: u64,
    tape: Tape,
    files: Files,
}

/// The files of a layer.
#[derive(Default)]
struct Files {
    tree: Tree,
    head: Option<Head>,
    content: Vec<u8>,
    keeps: bool,
    /// Bytes of contents, and entries, since the budget was asked last.
    held: u64,
    count: u64,
    most: u64,
}

impl LayerIntake {
    /// The layer that begins with these bytes, if it is one.
    ///
    /// # Errors
    /// It is one that is not unpacked here.
    pub fn of(path: &str, start: &[u8], size: u64) -> Result<Option<Self>, String> {
        if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(format!(
                "the layer {path} is compressed with zstd, which is not unpacked here; `skopeo copy --dest-compress-format gzip` writes another"
            ));
        }
        let zipped = gzip::is_gzip(start);
        let empty = start.len() >= 512 && start.iter().all(|b| *b == 0);
        let tar = start.get(257..262) == Some(b"ustar") || empty;
        // The oldest form of a tar has no mark; its checksum tells it.
        if !zipped && !tar && !path.ends_with(".tar") {
            return Ok(None);
        }
        Ok(Some(Self {
            blob: Hasher::default(),
            size,
            kept: (size <= WHOLE).then(Vec::new),
            unpacker: zipped.then(Unpacker::default),
            tar: Hasher::default(),
            unpacked: 0,
            tape: Tape::default(),
            files: Files::default(),
        }))
    }

    /// Takes the next piece.
    pub fn push(&mut self, bytes: &[u8], budget: &mut Budget) -> Result<(), String> {
        self.blob.update(bytes);
        if self.kept.is_some() && self.size > budget.blobs {
            self.kept = None;
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
        self.files.most = budget.contents;
        let (tar, unpacked, tape, files) =
            (&mut self.tar, &mut self.unpacked, &mut self.tape, &mut self.files);
        let limit = budget.unpacked;
        let mut take = |piece: &[u8]| {
            tar.update(piece);
            *unpacked += piece.len() as u64;
            if *unpacked > limit {
                return Err("the layers unpack to more than 2 GB".to_owned());
            }
            tape.push(piece, files)
        };
        match &mut self.unpacker {
            Some(unpacker) => unpacker.push(bytes, take)?,
            None => take(bytes)?,
        }
        budget.contents = budget.contents.saturating_sub(std::mem::take(&mut self.files.held));
        let count = std::mem::take(&mut self.files.count);
        budget.files = budget.files.checked_sub(count).ok_or("the layers hold more than 300,000 files")?;
        Ok(())
    }

    /// The layer is whole: the digest of its blob, and what is kept of it.
    pub fn finish(self, budget: &mut Budget) -> Result<(Digest, Layer), String> {
        let torn = self.unpacker.as_ref().is_some_and(|u| !u.is_whole()) || !self.tape.is_whole();
        if torn {
            return Err("a layer ends before its end".to_owned());
        }
        budget.unpacked -= self.unpacked;
        let (blob, diff_id) = (self.blob.finish(), self.tar.finish());
        let layer = match self.kept {
            Some(kept) => {
                budget.blobs -= self.size;
                Layer::from_blob(kept.into(), 0)?
            }
            None => Layer::reduced(&self.files.tree, diff_id, blob, self.size, self.unpacker.is_some()),
        };
        Ok((blob, layer))
    }
}

impl Sink for Files {
    fn begin(&mut self, head: &Head) -> Result<(), String> {
        self.count += 1;
        self.content.clear();
        self.keeps = head.size <= SMALL && self.held + head.size <= self.most;
        if self.keeps {
            self.held += head.size;
        }
        self.head = Some(Head {
            header: head.header.clone(),
            path: head.path.clone(),
            link: head.link.clone(),
            size: head.size,
            nominal: head.nominal,
        });
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.keeps {
            self.content.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(head) = self.head.take() else { return Ok(()) };
        let stands = if self.keeps { head.nominal } else { Some(head.nominal.unwrap_or(head.size)) };
        let nominal = if head.kind() == EntryType::Directory { None } else { stands };
        archive::put(
            &mut self.tree,
            &head.path,
            &head.header,
            std::mem::take(&mut self.content),
            nominal,
            head.link,
        );
        Ok(())
    }
}
