//! Names for things that must not be named by their value: cache keys, entry names and versions.
//!
//! Promises: parts are separated by their length before they are hashed, so that two different lists of parts never
//! give the same bytes to hash. A digest ambiguity is how a cached decision for one caller comes to serve another.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// SHA-256 over `purpose` and `parts`, in base64url (43 characters).
///
/// `purpose` keeps digests made for different uses apart.
#[must_use]
pub fn of(purpose: &str, parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    absorb(&mut hash, purpose.as_bytes());
    for part in parts {
        absorb(&mut hash, part);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

fn absorb(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let joined = of("key", &[b"ab", b"c"]);
        assert_eq!(joined.len(), 43);
        for (name, other) in [
            ("moved boundary", of("key", &[b"a", b"bc"])),
            ("one part", of("key", &[b"abc"])),
            ("other purpose", of("claims", &[b"ab", b"c"])),
            ("empty part more", of("key", &[b"ab", b"c", b""])),
        ] {
            assert_ne!(joined, other, "{name}");
        }
        assert_eq!(joined, of("key", &[b"ab", b"c"]));
    }
}
