//! Tokens for tests and for the demonstration: valid ones, ones that are wrong in one point, and forgeries.
//!
//! Promises that [`Issuer::token`] begins with a token that a careful verifier takes, and that each method changes one
//! thing, so a test says in one word what is wrong with its token. The forgeries are those of RFC 8725 section 2.
//! A token is signed with a key, carries an HMAC, or is opaque, as its issuer does or as it is told.
//! Refuses nothing: it makes what it is told to make.

mod forged;
mod issuer;
mod opaque;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tollgate::policy::issuer::HmacAlgorithm;
use tollgate::secret::Secret;

use crate::signing::{Algorithm, SigningKey, hmac_name, sign_hmac};
use issuer::Way;

pub use forged::{hmac_with_public_key, tampered_claims, tampered_signature, unsigned};
pub use issuer::Issuer;

/// A token in the making.
#[derive(Debug, Clone)]
#[must_use]
pub struct TokenBuilder<'a> {
    issuer: &'a Issuer,
    signer: Signer,
    now: i64,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<Vec<u8>>,
    raw_claims: Option<Vec<u8>>,
}

/// What makes a token of header and claims.
#[derive(Debug, Clone)]
enum Signer {
    Key(Box<SigningKey>),
    Secret(HmacAlgorithm, Secret<Vec<u8>>),
    /// The issuer, who keeps the claims and gives out a name for them.
    Nobody,
}

impl<'a> TokenBuilder<'a> {
    fn new(issuer: &'a Issuer) -> Self {
        let token = Self {
            issuer,
            signer: Signer::Nobody,
            now: now(),
            header: Map::new(),
            claims: issuer.always.clone(),
            raw_header: None,
            raw_claims: None,
        };
        let token = match issuer.way {
            Way::Signed(algorithm) => token.algorithm(algorithm),
            Way::Shared(algorithm) => token.hmac(algorithm),
            Way::Opaque => token,
        };
        let token = match &issuer.type_ {
            Some(type_) => token.type_(type_),
            None => token,
        };
        token
            .issuer(&issuer.issuer)
            .subject("u1")
            .audience(issuer.audience.as_str())
            .issued_in(0)
            .not_before_in(0)
            .expires_in(300)
            .claim("jti", json!(random_id()))
    }

    /// Signed by the issuer's own key for this algorithm, and saying so in `alg` and `kid`.
    pub fn algorithm(self, algorithm: Algorithm) -> Self {
        let key = self.issuer.key(algorithm);
        self.by(key)
    }

    /// Signed by this key, and saying so in `alg` and `kid`.
    pub fn by(self, key: &SigningKey) -> Self {
        self.signed_by(key)
            .header("alg", key.algorithm().jws_name())
            .kid(key.kid())
    }

    /// With an HMAC under the issuer's secret, and saying so in `alg`. There is no `kid`.
    pub fn hmac(mut self, algorithm: HmacAlgorithm) -> Self {
        self.signer = Signer::Secret(algorithm, self.issuer.secret.clone());
        self.header("alg", hmac_name(algorithm)).without_kid()
    }

    /// With an HMAC under another secret, while the header stays as it is.
    pub fn hmac_under(mut self, algorithm: HmacAlgorithm, secret: impl Into<Vec<u8>>) -> Self {
        self.signer = Signer::Secret(algorithm, Secret::new(secret.into()));
        self
    }

    /// As a text that only the issuer understands. The header goes nowhere.
    pub fn opaque(mut self) -> Self {
        self.signer = Signer::Nobody;
        self
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
    pub fn without_kid(self) -> Self {
        self.without_header("kid")
    }

    /// `typ`.
    pub fn type_(self, type_: impl Into<String>) -> Self {
        self.header("typ", type_.into())
    }

    /// Bound to the key with this thumbprint (RFC 9449 section 6.1).
    pub fn bound_to(self, jkt: &str) -> Self {
        self.claim("cnf", json!({ "jkt": jkt }))
    }

    /// Bound to the certificate with this SHA-256 (RFC 8705 section 3.1), in base64url.
    pub fn bound_to_certificate(self, x5t_s256: &str) -> Self {
        self.claim("cnf", json!({ "x5t#S256": x5t_s256 }))
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

    /// Without this field of the header.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// These very bytes for a header, which need be no JSON.
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// These very bytes for claims, which need be no JSON.
    pub fn raw_claims(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_claims = Some(bytes.into());
        self
    }

    /// Signed by another key, while the header stays as it is.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.signer = Signer::Key(Box::new(key.clone()));
        self
    }

    /// The token.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn build(self) -> anyhow::Result<String> {
        let bytes = |raw: Option<Vec<u8>>, members: &Map<String, Value>| {
            raw.unwrap_or_else(|| Value::Object(members.clone()).to_string().into_bytes())
        };
        let header = bytes(self.raw_header, &self.header);
        let claims = bytes(self.raw_claims, &self.claims);
        match self.signer {
            Signer::Key(key) => key.sign_text(header, claims),
            Signer::Secret(algorithm, secret) => sign_hmac(algorithm, secret.expose(), header, claims),
            Signer::Nobody => Ok(self.issuer.opaque_token(self.claims)),
        }
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

/// 512 random bits as base64url text: a secret for any HMAC of RFC 7518, and a token that can't be guessed.
pub(crate) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(random::<64>())
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
