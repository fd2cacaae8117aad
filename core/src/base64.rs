//! Bytes as letters, and back (RFC 4648 section 4).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as letters, padded.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = [0, 1, 2].map(|n| u32::from(chunk.get(n).copied().unwrap_or(0)));
        let held = three[0] << 16 | three[1] << 8 | three[2];
        for n in 0..4 {
            let letter = ALPHABET[(held >> (18 - 6 * n) & 63) as usize];
            out.push(if n > chunk.len() { '=' } else { letter.into() });
        }
    }
    out
}

/// The bytes that letters stand for; what is no letter of the alphabet is passed over.
pub fn decode(letters: &[u8]) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for value in letters.iter().filter_map(|b| ALPHABET.iter().position(|a| a == b)) {
        held = held << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
    }
    out
}
