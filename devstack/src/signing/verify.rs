//! Checking signatures, for the servers that take tokens.

use anyhow::Context as _;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;

use super::Algorithm;

/// Checks a token's signature with the key that its `kid` names, and whatever claims `validation` asks for.
pub(crate) fn verify(token: &str, keys: &JwkSet, validation: &Validation) -> anyhow::Result<Value> {
    let kid = jsonwebtoken::decode_header(token)?
        .kid
        .context("the token names no key")?;
    let key = keys.find(&kid).context("the token's key is not in the set")?;
    Ok(jsonwebtoken::decode(token, &DecodingKey::from_jwk(key)?, validation)?.claims)
}

/// A validation that looks at the signature only.
pub(crate) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm.of_library());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}
