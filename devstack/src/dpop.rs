//! A client that shows for each request that it holds the key which its tokens are bound to (RFC 9449).
//!
//! Promises that [`Client::proof`] makes a proof that a careful server takes, and that each method of [`ProofBuilder`]
//! changes one thing. Refuses nothing: it makes what it is told to make.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use url::Url;

use crate::signing::{Algorithm, SigningKey};
use crate::tokens::{now, random_id};

/// The `typ` of proofs (RFC 9449 section 4.2).
pub const PROOF_TYPE: &str = "dpop+jwt";

/// A client with a key of its own.
#[derive(Debug, Clone)]
pub struct Client {
    key: SigningKey,
    jkt: String,
}

impl Client {
    /// A client with a fresh key for this algorithm.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn new(algorithm: Algorithm) -> anyhow::Result<Self> {
        let key = SigningKey::generate(algorithm, "client")?;
        let jkt = key.thumbprint()?;
        Ok(Self { key, jkt })
    }

    /// What a token says that is bound to the client's key (RFC 9449 section 6.1).
    #[must_use]
    pub fn jkt(&self) -> &str {
        &self.jkt
    }

    /// The client's key.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// A proof for a request of this method and URL, with this token and the nonce that the server gave.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn proof(&self, method: &str, url: &str, token: Option<&str>, nonce: Option<&str>) -> anyhow::Result<String> {
        let proof = self.proving(method, url);
        let proof = token.into_iter().fold(proof, ProofBuilder::token);
        nonce.into_iter().fold(proof, ProofBuilder::nonce).build()
    }

    /// The beginning of a proof for a request of this method and URL. Built as it is, it is valid for a request without
    /// token.
    pub fn proving(&self, method: &str, url: &str) -> ProofBuilder {
        let proof = ProofBuilder {
            key: self.key.clone(),
            now: now(),
            header: Map::new(),
            claims: Map::new(),
        };
        proof
            .header("typ", PROOF_TYPE)
            .header("alg", self.key.algorithm().jws_name())
            .header("jwk", bare_jwk(&self.key))
            .claim("jti", random_id())
            .claim("htm", method)
            .claim("htu", without_query(url))
            .issued_in(0)
    }
}

/// A proof in the making.
#[derive(Debug, Clone)]
#[must_use]
pub struct ProofBuilder {
    key: SigningKey,
    now: i64,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl ProofBuilder {
    /// `ath`, of this token.
    pub fn token(self, token: &str) -> Self {
        self.claim("ath", URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())))
    }

    /// `nonce`.
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
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

    /// Signed by another key, while the header stays as it is.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.key = key.clone();
        self
    }

    /// The proof.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn build(self) -> anyhow::Result<String> {
        self.key.sign(&Value::Object(self.header), &Value::Object(self.claims))
    }
}

/// The members of a key that make it what it is (RFC 7638 section 3.2).
fn bare_jwk(key: &SigningKey) -> Value {
    let mut jwk = key.public_jwk();
    if let Some(members) = jwk.as_object_mut() {
        members.retain(|name, _| !["kid", "alg", "use"].contains(&name.as_str()));
    }
    jwk
}

/// `htu` has neither query nor fragment (RFC 9449 section 4.2). What is no URL is taken as it is.
fn without_query(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return url.to_owned();
    };
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.into()
}

#[cfg(test)]
mod tests;
