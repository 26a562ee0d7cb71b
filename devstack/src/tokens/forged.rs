//! Forgeries, each by one well-known trick (RFC 8725 section 2).

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use tollgate::policy::issuer::HmacAlgorithm;

use super::TokenBuilder;
use crate::signing::{Algorithm, encoded};

/// The token with one bit of its signature turned over.
///
/// # Errors
///
/// If it is not a compact JWS.
pub fn tampered_signature(token: &str) -> anyhow::Result<String> {
    let [header, claims, signature] = parts(token)?;
    let mut bytes = URL_SAFE_NO_PAD.decode(signature)?;
    *bytes.first_mut().context("the signature is empty")? ^= 1;
    Ok(format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The token with another value for one claim, under the old signature.
///
/// # Errors
///
/// If it is not a compact JWS with a JSON object for claims.
pub fn tampered_claims(token: &str, claim: &str, value: impl Into<Value>) -> anyhow::Result<String> {
    let [header, claims, signature] = parts(token)?;
    let mut claims: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    claims.insert(claim.to_owned(), value.into());
    Ok(format!("{header}.{}.{signature}", encoded(&Value::Object(claims))))
}

/// The token as an unsecured one: `alg` is `none`, the signature empty (RFC 7519 section 6).
///
/// # Errors
///
/// If it is not a compact JWS with a JSON object for a header.
pub fn unsigned(token: &str) -> anyhow::Result<String> {
    let [header, claims, _] = parts(token)?;
    let mut header: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
    header.insert("alg".to_owned(), "none".into());
    Ok(format!("{}.{claims}.", encoded(&Value::Object(header))))
}

/// The token signed with HS256, with the issuer's public RSA key (its PEM text) for a secret; `kid` stays.
/// A verifier that lets the token choose the algorithm takes it (RFC 8725 section 2.1).
///
/// # Errors
///
/// If the cryptographic library fails.
pub fn hmac_with_public_key(token: TokenBuilder<'_>) -> anyhow::Result<String> {
    let secret = token.issuer.key(Algorithm::Rs256).public_pem();
    token
        .header("alg", "HS256")
        .hmac_under(HmacAlgorithm::Hs256, secret)
        .build()
}

pub(super) fn parts(token: &str) -> anyhow::Result<[&str; 3]> {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().ok().context("a compact JWS has three parts")
}
