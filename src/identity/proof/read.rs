//! A proof, read (RFC 9449 section 4.2).
//!
//! Promises: what a proof says is not read before its signature verifies; until then only the header is known, which
//! holds the key. Refuses what is not a compact JWS of two plain JSON objects, and members that come twice at any depth:
//! two parsers could take the one or the other.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    identity::{algorithm::Algorithm, keys::VerifyingKey, proof::flaw::Flaw},
    json::{Bounds, Json},
    secret::Secret,
};

/// The longest proof that is read, in bytes. One with an RSA key of 4,096 bits and a long URL has some 2,000.
pub(super) const PROOF_BYTES_MAX: usize = 4_096;

/// The header. Other members are passed over, and none is used to find a key.
#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: Option<String>,
    jwk: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    b64: bool,
}

/// What a proof says. The signature of its own key stands behind it.
#[derive(Deserialize)]
pub(super) struct Signed {
    pub(super) jti: String,
    pub(super) htm: String,
    pub(super) htu: String,
    /// A `NumericDate` (RFC 7519 section 2), which may have a fraction.
    pub(super) iat: f64,
    pub(super) ath: Option<String>,
    pub(super) nonce: Option<String>,
}

/// A proof whose header was read, and whose signature was not looked at.
pub(super) struct Unverified<'p> {
    message: &'p str,
    payload: &'p str,
    signature: Vec<u8>,
    key: VerifyingKey,
    thumbprint: String,
}

impl<'p> Unverified<'p> {
    /// Reads the header of the value of `DPoP`: steps 2, 4, 5 and 7.
    pub(super) fn read(value: &'p Secret<Vec<u8>>) -> Result<Self, Flaw> {
        let proof = Some(value.expose().as_slice()).filter(|bytes| bytes.len() <= PROOF_BYTES_MAX);
        let proof = proof.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let (message, signature) = proof.and_then(|proof| proof.rsplit_once('.')).ok_or(Flaw::Form)?;
        let parts = message.split_once('.').filter(|(_, payload)| !payload.contains('.'));
        let (header, payload) = parts.ok_or(Flaw::Form)?;
        let signature = decoded(signature)?;
        let header: Header = serde_json::from_str(&object(header)?).map_err(|_| Flaw::Form)?;
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")) {
            return Err(Flaw::Type);
        }
        if header.crit || header.b64 {
            return Err(Flaw::Extension);
        }
        let algorithm = header.alg.and_then(|alg| Algorithm::named(&alg));
        let algorithm = algorithm
            .filter(|algorithm| !algorithm.is_symmetric())
            .ok_or(Flaw::Algorithm)?;
        let jwk = header.jwk.ok_or(Flaw::Key)?;
        let (key, thumbprint) = VerifyingKey::from_proof_jwk(jwk.get(), algorithm).map_err(|_| Flaw::Key)?;
        if algorithm != key.algorithm() {
            return Err(Flaw::Algorithm);
        }
        Ok(Self {
            message,
            payload,
            signature,
            key,
            thumbprint,
        })
    }

    /// The thumbprint of the key that the proof carries (RFC 7638).
    pub(super) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// What the proof says, if its signature verifies: step 6, and then 3.
    pub(super) fn signed(self) -> Result<Signed, Flaw> {
        if !self.key.verifies(self.message.as_bytes(), &self.signature) {
            return Err(Flaw::Signature);
        }
        serde_json::from_str(&object(self.payload)?).map_err(|_| Flaw::Claims)
    }
}

/// A member that is there, whatever its value: `null` asks for an extension too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// base64url without padding or spare bits (RFC 7515 section 2).
fn decoded(part: &str) -> Result<Vec<u8>, Flaw> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Form)
}

/// The text of a part that is one JSON object, no deeper than is read and without members that come twice.
fn object(part: &str) -> Result<String, Flaw> {
    let text = String::from_utf8(decoded(part)?).map_err(|_| Flaw::Form)?;
    match Json::read(&text, Bounds::HEADER) {
        Ok(Json::Object(_)) => Ok(text),
        _ => Err(Flaw::Form),
    }
}
