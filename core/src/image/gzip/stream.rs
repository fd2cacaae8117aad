//! Unpacking gzip as it comes, in pieces of any size; members that follow one another are one stream (RFC 1952 section 2.2).

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

/// The longest header that is read: names and comments may be in it.
const HEADER: usize = 64 << 10;

enum Phase {
    Header(Vec<u8>),
    Body,
    Trailer(Vec<u8>),
}

/// A gzip stream on its way.
pub struct Unpacker {
    phase: Phase,
    state: Box<InflateState>,
    /// The register of CRC-32 over what came out of this member.
    crc: u32,
    buffer: Vec<u8>,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self {
            phase: Phase::Header(Vec::new()),
            state: InflateState::new_boxed(DataFormat::Raw),
            crc: !0,
            buffer: vec![0; 64 << 10],
        }
    }
}

impl Unpacker {
    /// Takes what has come, and hands on what it unpacks to.
    ///
    /// # Errors
    /// What is wrong with the stream, or what the taker says.
    pub fn push(
        &mut self,
        mut input: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        while !input.is_empty() {
            match &mut self.phase {
                Phase::Header(head) => {
                    let had = head.len();
                    head.extend_from_slice(&input[..input.len().min(HEADER)]);
                    match header(head) {
                        Some(length) => {
                            let length = length?;
                            input = &input[length.saturating_sub(had)..];
                            self.phase = Phase::Body;
                        }
                        None if head.len() > HEADER => return Err("gzip: invalid header".to_owned()),
                        None => return Ok(()),
                    }
                }
                Phase::Body => {
                    let result = inflate(&mut self.state, input, &mut self.buffer, MZFlush::None);
                    input = &input[result.bytes_consumed..];
                    let out = &self.buffer[..result.bytes_written];
                    self.crc = super::longer(self.crc, out);
                    take(out)?;
                    match result.status {
                        Ok(MZStatus::StreamEnd) => self.phase = Phase::Trailer(Vec::new()),
                        Ok(_) | Err(MZError::Buf) => {}
                        Err(_) => return Err("gzip: the data are damaged".to_owned()),
                    }
                }
                Phase::Trailer(tail) => {
                    let missing = input.len().min(8 - tail.len());
                    tail.extend_from_slice(&input[..missing]);
                    input = &input[missing..];
                    if let Ok(bytes) = <[u8; 8]>::try_from(tail.as_slice()) {
                        let crc = !std::mem::replace(&mut self.crc, !0);
                        if bytes[..4] != crc.to_le_bytes() {
                            return Err("gzip: invalid checksum".to_owned());
                        }
                        self.state = InflateState::new_boxed(DataFormat::Raw);
                        self.phase = Phase::Header(Vec::new());
                    }
                }
            }
        }
        // What is still in the window comes out without more input.
        while let Phase::Body = self.phase {
            let result = inflate(&mut self.state, &[], &mut self.buffer, MZFlush::None);
            let out = &self.buffer[..result.bytes_written];
            self.crc = super::longer(self.crc, out);
            take(out)?;
            match result.status {
                Ok(MZStatus::StreamEnd) => self.phase = Phase::Trailer(Vec::new()),
                Ok(_) if result.bytes_written > 0 => {}
                Ok(_) | Err(MZError::Buf) => break,
                Err(_) => return Err("gzip: the data are damaged".to_owned()),
            }
        }
        Ok(())
    }

    /// True when nothing is missing: the last member has ended. Zeroes after it are no member.
    pub fn is_whole(&self) -> bool {
        matches!(&self.phase, Phase::Header(head) if head.iter().all(|b| *b == 0))
    }
}

/// The length of a member's header, once all of it is there.
fn header(bytes: &[u8]) -> Option<Result<usize, String>> {
    if bytes.len() < 10 {
        return None;
    }
    if !super::is_gzip(bytes) {
        // Padding after the last member.
        let padding = bytes.iter().all(|b| *b == 0);
        return if padding { None } else { Some(Err("gzip: invalid header".to_owned())) };
    }
    let at = super::header_length(bytes)?;
    (bytes.len() >= at).then_some(Ok(at))
}
