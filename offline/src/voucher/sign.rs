//! Signatures of the stand-in, and the keys and secrets that it signs with.
//!
//! Promises: keys and secrets are made of names, so they are the same in every question, and no secret.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};
use tollgate::{digest, identity::algorithm::Algorithm, policy::issuer::HmacAlgorithm, secret::Secret};

/// What a token is signed with.
pub(super) enum Signature<'a> {
    /// A key of the stand-in.
    Key(&'a SigningKey),
    /// A secret of the stand-in, by its name.
    Secret(&'a str, HmacAlgorithm),
}

impl Signature<'_> {
    /// The value of `alg`.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Key(_) => Algorithm::EdDsa.name(),
            Self::Secret(_, algorithm) => Algorithm::from(*algorithm).name(),
        }
    }

    fn over(&self, message: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Key(key) => Ok(key.sign(message.as_bytes()).to_bytes().to_vec()),
            Self::Secret(name, HmacAlgorithm::Hs256) => code::<Hmac<Sha256>>(name, message),
            Self::Secret(name, HmacAlgorithm::Hs384) => code::<Hmac<Sha384>>(name, message),
            Self::Secret(name, HmacAlgorithm::Hs512) => code::<Hmac<Sha512>>(name, message),
        }
    }
}

/// A JWS in compact form (RFC 7515 section 7.1); `payload` is encoded already.
pub(super) fn signed(
    signature: &Signature<'_>,
    mut header: Map<String, Value>,
    payload: &str,
) -> Result<Secret<String>, String> {
    header.insert("alg".to_owned(), json!(signature.algorithm()));
    let message = format!("{}.{payload}", encoded(&Value::Object(header)));
    let code = URL_SAFE_NO_PAD.encode(signature.over(&message)?);
    Ok(Secret::new(format!("{message}.{code}")))
}

/// A part of a JWS.
pub(super) fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The key of this name.
pub(super) fn key(name: &str) -> Result<SigningKey, String> {
    Ok(SigningKey::from_bytes(&seed(name)?))
}

/// The public JWK of a key (RFC 8037 section 2).
pub(super) fn public_jwk(key: &SigningKey) -> Map<String, Value> {
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    let members = [("kty", json!("OKP")), ("crv", json!("Ed25519")), ("x", json!(x))];
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A signing key of the gateway, as the secret of this name would hold it.
pub(crate) fn private_jwk(name: &str) -> Result<Secret<Vec<u8>>, String> {
    let mut jwk = public_jwk(&key(name)?);
    jwk.insert("d".to_owned(), json!(URL_SAFE_NO_PAD.encode(seed(name)?)));
    jwk.insert(
        "kid".to_owned(),
        json!(digest::of("tollgate stand-in kid", &[name.as_bytes()])),
    );
    Ok(Secret::new(Value::Object(jwk).to_string().into_bytes()))
}

/// 32 bytes that look random, and are made of a name.
pub(super) fn seed(name: &str) -> Result<[u8; 32], String> {
    // 43 characters of base64url.
    let text = digest::of("tollgate stand-in", &[name.as_bytes()]);
    text.as_bytes()
        .first_chunk()
        .copied()
        .ok_or_else(|| "a digest is too short".to_owned())
}

/// The secret of this name: long enough for every algorithm.
pub(crate) fn secret(name: &str) -> Secret<Vec<u8>> {
    let half = |which: &[u8]| digest::of("tollgate stand-in secret", &[name.as_bytes(), which]);
    Secret::new([half(b"1"), half(b"2")].concat().into_bytes())
}

fn code<M: Mac + KeyInit>(name: &str, message: &str) -> Result<Vec<u8>, String> {
    let mut mac = <M as KeyInit>::new_from_slice(secret(name).expose()).map_err(|why| why.to_string())?;
    mac.update(message.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}
