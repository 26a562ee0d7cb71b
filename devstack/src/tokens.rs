//! Tokens for tests and for the demonstration: valid ones, ones that are wrong in one point, and forgeries.
//!
//! Promises that [`Issuer::token`] begins with a token that a careful verifier takes, and that each method changes one
//! thing, so a test says in one word what is wrong with its token. The forgeries are those of RFC 8725 section 2.
//! Refuses nothing: it makes what it is told to make.

mod forged;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::signing::{Algorithm, SigningKey};

pub use forged::{hmac_with_public_key, tampered_claims, tampered_signature, unsigned};

/// Somebody who vouches for callers, with one key for each algorithm.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Its name in the local world and in the path of its endpoints.
    pub name: String,
    /// What stands in `iss`. It may be a URL that belongs to somebody else.
    pub issuer: String,
    /// What stands in `aud` unless a token says otherwise.
    pub audience: String,
    keys: [SigningKey; 3],
}

impl Issuer {
    /// An issuer with fresh keys, whose kids are `NAME-rs256-1`, `NAME-es256-1` and `NAME-eddsa-1`.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn new(
        name: impl Into<String>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> anyhow::Result<Self> {
        let name = name.into();
        let keys = [
            SigningKey::generate(Algorithm::Rs256, format!("{name}-rs256-1"))?,
            SigningKey::generate(Algorithm::Es256, format!("{name}-es256-1"))?,
            SigningKey::generate(Algorithm::EdDsa, format!("{name}-eddsa-1"))?,
        ];
        Ok(Self {
            name,
            issuer: issuer.into(),
            audience: audience.into(),
            keys,
        })
    }

    /// All its keys.
    #[must_use]
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// Its key for this algorithm.
    #[must_use]
    pub const fn key(&self, algorithm: Algorithm) -> &SigningKey {
        let [rs256, es256, ed_dsa] = &self.keys;
        match algorithm {
            Algorithm::Rs256 => rs256,
            Algorithm::Es256 => es256,
            Algorithm::EdDsa => ed_dsa,
        }
    }

    /// Its public keys as a JSON Web Key Set (RFC 7517 section 5).
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// The beginning of a token. Built as it is, it is valid: RS256, for subject `u1`, for five minutes from now.
    pub fn token(&self) -> TokenBuilder<'_> {
        TokenBuilder::new(self)
    }
}

/// A token in the making.
#[derive(Debug, Clone)]
#[must_use]
pub struct TokenBuilder<'a> {
    issuer: &'a Issuer,
    key: &'a SigningKey,
    now: i64,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl<'a> TokenBuilder<'a> {
    fn new(issuer: &'a Issuer) -> Self {
        let key = issuer.key(Algorithm::Rs256);
        let (header, claims) = (Map::new(), Map::new());
        let now = now();
        Self {
            issuer,
            key,
            now,
            header,
            claims,
        }
        .algorithm(Algorithm::Rs256)
        .header("typ", json!("JWT"))
        .issuer(&issuer.issuer)
        .subject("u1")
        .audience(issuer.audience.as_str())
        .issued_in(0)
        .not_before_in(0)
        .expires_in(300)
        .claim("jti", json!(random_id()))
    }

    /// Signed by the issuer's key for this algorithm, and saying so in `alg` and `kid`.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.key = self.issuer.key(algorithm);
        let kid = self.key.kid();
        self.header("alg", json!(algorithm.jws_name())).kid(kid)
    }

    /// `sub`.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// `scope`: names with spaces between (RFC 8693 section 4.2).
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.claim("scope", scope.into())
    }

    /// `aud`: a string, or a list of strings.
    pub fn audience(self, audience: impl Into<Value>) -> Self {
        self.claim("aud", audience)
    }

    /// `iss`.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.claim("iss", issuer.into())
    }

    /// The `kid` that the header names. The key stays.
    pub fn kid(self, kid: impl Into<String>) -> Self {
        self.header("kid", kid.into())
    }

    /// No `kid` in the header.
    pub fn without_kid(mut self) -> Self {
        self.header.remove("kid");
        self
    }

    /// `exp`, in seconds from now. Negative is in the past.
    pub fn expires_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("exp", at)
    }

    /// `nbf`, in seconds from now.
    pub fn not_before_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("nbf", at)
    }

    /// `iat`, in seconds from now.
    pub fn issued_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("iat", at)
    }

    /// Any claim, with any value.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Without this claim.
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self
    }

    /// Any field of the header, with any value.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Signed by another key, while the header stays as it is.
    pub const fn signed_by(mut self, key: &'a SigningKey) -> Self {
        self.key = key;
        self
    }

    /// The token.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn build(self) -> anyhow::Result<String> {
        self.key.sign(&Value::Object(self.header), &Value::Object(self.claims))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}

/// 128 random bits as base64url text.
pub(crate) fn random_id() -> String {
    URL_SAFE_NO_PAD.encode(random::<16>())
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Fails only where the operating system has no randomness, and there no key could have been made either.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
