//! The content of a file as it is kept: text as text, everything else by base64 (RFC 4648 section 4).

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Deref;
use std::rc::Rc;

/// Bytes. `Clone` is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(Rc<[u8]>);

/// What is before bytes that are kept by their letters; no text begins with it.
const MARK: char = '\0';
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Rc<[u8]>>> From<T> for Bytes {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.starts_with(MARK) => to.serialize_str(text),
            _ => to.serialize_str(&letters(&self.0)),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = match text.strip_prefix(MARK) {
            Some(letters) => bytes(letters).ok_or_else(|| D::Error::custom("not base64"))?,
            None => text.into_bytes(),
        };
        Ok(Self(bytes.into()))
    }
}

fn letters(bytes: &[u8]) -> String {
    let mut out = String::from(MARK);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0_u32, |w, (n, b)| w | u32::from(*b) << (16 - 8 * n));
        for n in 0..=chunk.len() {
            out.push(char::from(LETTERS[(word >> (18 - 6 * n) & 63) as usize]));
        }
    }
    out
}

fn bytes(letters: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(letters.len() / 4 * 3);
    for chunk in letters.as_bytes().chunks(4) {
        let mut word = 0_u32;
        for (n, letter) in chunk.iter().enumerate() {
            let value = LETTERS.iter().position(|l| l == letter)?;
            word |= (value as u32) << (18 - 6 * n);
        }
        out.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    Some(out)
}
