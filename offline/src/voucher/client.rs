//! The stand-in as a client: what its tokens are bound to, and the proof that it has that.
//!
//! Promises: a proof is for one request and one token (RFC 9449 section 4.2), made at the asked time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tollgate::{
    digest,
    identity::{algorithm::Algorithm, keys::VerifyingKey, proof::nonce::Nonces},
    policy::issuer::{Bound, Issuer},
    request::CanonicalRequest,
    secret::Secret,
    time::UnixSeconds,
};

use crate::voucher::sign::{Signature, encoded, key, public_jwk, secret, signed};

/// The name of the client's key.
const KEY: &str = "client";

/// The client's certificate: an empty `SEQUENCE`. The gateway compares certificates and reads nothing in them.
pub(super) const CERTIFICATE: &[u8] = &[0x30, 0x00];

/// What a token is bound to, by its `cnf` (RFC 7800 section 3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ties {
    pub(super) key: bool,
    pub(super) certificate: bool,
}

impl Ties {
    /// What the issuer asks for. Where either would do, a key if a proof can be sent.
    pub(super) fn asked(issuer: &Issuer, proof_can_be_sent: bool) -> Self {
        let key = match issuer.bound {
            None => return Self::default(),
            Some(Bound::Dpop) => true,
            Some(Bound::Certificate) => false,
            Some(Bound::Either) => proof_can_be_sent,
        };
        Self { key, certificate: !key }
    }

    /// What a token says.
    pub(super) fn said(payload: &Map<String, Value>) -> Self {
        let says = |name: &str| payload.get("cnf").and_then(|cnf| cnf.get(name)).is_some();
        Self {
            key: says("jkt"),
            certificate: says("x5t#S256"),
        }
    }

    pub(super) fn is_none(self) -> bool {
        !self.key && !self.certificate
    }

    /// `cnf` for the stand-in's client.
    pub(super) fn confirmation(self) -> Result<Value, String> {
        let mut cnf = Map::new();
        if self.key {
            let jwk = Value::Object(public_jwk(&key(KEY)?));
            let (_, thumbprint) = VerifyingKey::from_proof_jwk(&jwk.to_string(), Algorithm::EdDsa)?;
            cnf.insert("jkt".to_owned(), json!(thumbprint));
        }
        if self.certificate {
            cnf.insert("x5t#S256".to_owned(), json!(sha256(CERTIFICATE)));
        }
        Ok(Value::Object(cnf))
    }
}

/// A proof for this request with this token.
pub(super) fn proof(
    request: &CanonicalRequest,
    token: &Secret<String>,
    issuer: &Issuer,
    now: UnixSeconds,
) -> Result<Secret<String>, String> {
    let key = key(KEY)?;
    let members = [("typ", json!("dpop+jwt")), ("jwk", Value::Object(public_jwk(&key)))];
    let header = members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut payload = json!({
        "jti": digest::of("tollgate stand-in proof", &[token.expose().as_bytes()]),
        "htm": request.method(),
        "htu": format!("https://{}{}", request.authority().text(), request.path().text()),
        "iat": now.0,
        "ath": sha256(token.expose().as_bytes()),
    });
    let nonces = issuer.dpop_nonce.as_deref().map(secret);
    if let Some(nonces) = nonces.and_then(|secret| Nonces::new(&secret, &issuer.issuer, now))
        && let Some(payload) = payload.as_object_mut()
    {
        payload.insert("nonce".to_owned(), json!(nonces.current()));
    }
    signed(&Signature::Key(&key), header, &encoded(&payload))
}

fn sha256(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}
