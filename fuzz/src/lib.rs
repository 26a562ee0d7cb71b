//! What holds for every input of the three parsers that strangers can reach: tokens, key sets and DPoP proofs.
//!
//! Promises: each `check` panics where something does not hold, and nowhere else. The first byte of an input says how the
//! rest is used ([`way`]): as it came, or built into something that is signed, so that what lies behind the signature is
//! reached too. `tests/corpora.rs` of the main package replays the seeds with this very source.

pub mod dpop;
pub mod key_set;
pub mod keys;
pub mod token;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// What became of an input of which everything holds that must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was accepted, or at least one key of it was.
    Accepted,
    /// It was refused.
    Refused,
}

/// How many ways there are to use an input.
const WAYS: u8 = 4;

/// Which way the input is used, and the rest of it. In a seed the first byte is a digit, which means itself.
fn way(input: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = input.split_first()?;
    Some((first % WAYS, rest))
}

/// The input up to a line feed, and what is behind; all of it and nothing if there is none.
fn line(input: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = input.splitn(2, |byte| *byte == b'\n');
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}

/// In base64url without padding (RFC 7515 section 2).
fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One part of a compact JWS, read by a parser that is not ours in a way that takes more than ours.
fn object(part: &str) -> serde_json::Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("what was accepted is base64url");
    serde_json::from_slice(&bytes).expect("what was accepted is JSON")
}

/// The same text with one bit changed, if that is still text. Which bit depends on the text alone.
fn with_one_bit_changed(text: &str, salt: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let sum = bytes
        .iter()
        .fold(salt, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let at = sum % (bytes.len() * 8);
    *bytes.get_mut(at / 8)? ^= 1 << (at % 8);
    String::from_utf8(bytes).ok()
}
