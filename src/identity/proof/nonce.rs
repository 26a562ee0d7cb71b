//! Nonces for proofs that need no memory (RFC 9449 sections 8 and 9).
//!
//! Promises: a nonce is an HMAC of the window of time that it was made in, so every POP makes and knows the same ones
//! without asking another. The one of the window before is good too, so each is good for at least [`WINDOW_S`] seconds,
//! and at most twice as long. Nobody can make one for a time to come without the secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{secret::Secret, time::UnixSeconds};

/// How long a window is, in seconds.
pub const WINDOW_S: u64 = 300;

/// The shortest secret that nonces are made of, in bytes: as long as what the hash gives (RFC 2104 section 3).
pub const SECRET_BYTES_MIN: usize = 32;

/// How much of the HMAC a nonce shows, in bytes (RFC 2104 section 5 asks for half of it at least).
const NONCE_BYTES: usize = 16;

/// The nonces of an issuer that are good at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonces {
    current: String,
    previous: Option<String>,
}

impl Nonces {
    /// The nonces for proofs with tokens of `issuer`; `None` for a secret shorter than [`SECRET_BYTES_MIN`].
    #[must_use]
    pub fn new(secret: &Secret<Vec<u8>>, issuer: &str, now: UnixSeconds) -> Option<Self> {
        if secret.expose().len() < SECRET_BYTES_MIN {
            return None;
        }
        let window = now.0 / WINDOW_S;
        Some(Self {
            current: nonce(secret, issuer, window)?,
            previous: window.checked_sub(1).and_then(|window| nonce(secret, issuer, window)),
        })
    }

    /// The nonce to give to clients.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// Whether this nonce is one of them.
    #[must_use]
    pub fn accept(&self, nonce: &str) -> bool {
        let is = |good: &str| bool::from(good.as_bytes().ct_eq(nonce.as_bytes()));
        is(&self.current) || self.previous.as_deref().is_some_and(is)
    }
}

/// The issuer goes in with its length, so that no other issuer and window give the same bytes.
fn nonce(secret: &Secret<Vec<u8>>, issuer: &str, window: u64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).ok()?;
    mac.update(b"tollgate dpop nonce");
    mac.update(&(issuer.len() as u64).to_be_bytes());
    mac.update(issuer.as_bytes());
    mac.update(&window.to_be_bytes());
    let code = mac.finalize().into_bytes();
    code.get(..NONCE_BYTES).map(|begin| URL_SAFE_NO_PAD.encode(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces(secret: &str, issuer: &str, now_s: u64) -> Nonces {
        Nonces::new(&Secret::new(secret.as_bytes().to_vec()), issuer, UnixSeconds(now_s)).unwrap()
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_nonce_is_good_in_its_window_and_the_next() {
        let given = nonces(SECRET, "https://i.example", 3_000).current().to_owned();
        for (name, now_s, good) in [
            ("the window before", 2_999, false),
            ("its first second", 3_000, true),
            ("its last second", 3_299, true),
            ("the first second of the next", 3_300, true),
            ("the last second of the next", 3_599, true),
            ("the one after", 3_600, false),
            ("the first of all", 0, false),
            ("the end of time", u64::MAX, false),
        ] {
            let there = nonces(SECRET, "https://i.example", now_s);
            assert_eq!(there.accept(&given), good, "{name}");
        }
    }

    #[test]
    fn no_other_text_is_a_nonce() {
        let there = nonces(SECRET, "https://i.example", 3_000);
        let good = there.current().to_owned();
        assert_eq!(good.len(), 22, "16 bytes in base64url");
        for (name, nonce) in [
            ("empty", String::new()),
            ("shorter", good.chars().skip(1).collect()),
            ("longer", format!("{good}A")),
            ("another case", good.to_uppercase()),
            ("padded", format!("{good}==")),
            ("of another issuer", nonces(SECRET, "https://j.example", 3_000).current),
            (
                "of a longer issuer",
                nonces(SECRET, "https://i.example/", 3_000).current,
            ),
            (
                "of another secret",
                nonces("0123456789abcdef0123456789abcdeg", "https://i.example", 3_000).current,
            ),
        ] {
            assert!(!there.accept(&nonce), "{name}: {nonce}");
        }
    }

    #[test]
    fn short_secrets_make_none() {
        for (bytes, made) in [(0, false), (31, false), (32, true), (100, true)] {
            let secret = Secret::new(vec![7; bytes]);
            assert_eq!(
                Nonces::new(&secret, "i", UnixSeconds(3_000)).is_some(),
                made,
                "{bytes} bytes"
            );
        }
    }
}
