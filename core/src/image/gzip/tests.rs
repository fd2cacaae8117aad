use super::{checksum, compress, decompress};

#[test]
fn the_checksum_is_the_standards() {
    // The check value of CRC-32 in catalogues of such codes.
    assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    assert_eq!(checksum(b""), 0);
}

#[test]
fn what_is_packed_is_unpacked_and_damage_is_seen() {
    let text = b"layer upon layer".repeat(9);
    let mut packed = compress(&text);
    assert_eq!(decompress(&packed, 1000).as_deref(), Some(&text[..]));
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    assert_eq!(decompress(&packed, 1000), None);
}
