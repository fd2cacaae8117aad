//! The gzip file format (RFC 1952) around DEFLATE: how layers travel.

pub mod stream;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// Compresses; the header has neither name nor time, so equal bytes give equal blobs.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(compress_to_vec(bytes, 6));
    out.extend(checksum(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// The remainders of all half bytes by the reversed polynomial of CRC-32.
const REMAINDERS: [u32; 16] = {
    let mut table = [0; 16];
    let mut n = 0;
    while n < 64 {
        let last = if n % 4 == 0 { n / 4 } else { table[n as usize / 4] };
        table[n as usize / 4] = last >> 1 ^ if last & 1 == 1 { 0xedb8_8320 } else { 0 };
        n += 1;
    }
    table
};

/// CRC-32 (RFC 1952 section 8).
fn checksum(bytes: &[u8]) -> u32 {
    !longer(!0, bytes)
}

/// The register of CRC-32 after further bytes, half a byte at a time: a faster way takes a table that weighs more than the
/// rest of this file.
fn longer(register: u32, bytes: &[u8]) -> u32 {
    let step = |crc: u32, half: u8| crc >> 4 ^ REMAINDERS[((crc ^ u32::from(half)) & 15) as usize];
    bytes.iter().fold(register, |crc, byte| step(step(crc, *byte), byte >> 4))
}

/// True for bytes that begin like gzip.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
}

/// The length of a member's header (RFC 1952 section 2.3), as far as it is there.
fn header_length(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    }
    for bit in [8, 16] {
        if flags & bit != 0 {
            at += bytes.get(at..)?.iter().position(|b| *b == 0)? + 1;
        }
    }
    Some(if flags & 2 != 0 { at + 2 } else { at })
}

/// Unpacks; nothing when the bytes are damaged or would be more than `most`.
pub fn decompress(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    if !is_gzip(bytes) || bytes.len() < 18 {
        return None;
    }
    let at = header_length(bytes)?;
    let end = bytes.len() - 8;
    let out = decompress_to_vec_with_limit(bytes.get(at..end)?, most).ok()?;
    let written = u32::from_le_bytes([bytes[end], bytes[end + 1], bytes[end + 2], bytes[end + 3]]);
    (checksum(&out) == written).then_some(out)
}

#[cfg(test)]
mod tests;
