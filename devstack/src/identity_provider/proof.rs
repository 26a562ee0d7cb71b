//! Checking the DPoP proof of a request for a token (RFC 9449 section 4.3).
//!
//! Promises that whoever gets a token bound to a key has just shown that they hold it, once for each proof.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use jsonwebtoken::{DecodingKey, Header};
use serde_json::Value;

use crate::dpop::PROOF_TYPE;
use crate::oauth::Refusal;
use crate::signing::{Algorithm, signature_only, thumbprint};

/// How far `iat` may lie from now, in seconds.
const LEEWAY_S: i64 = 60;

/// The proofs that were taken, with the time from which they would be too old anyway.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<BTreeMap<String, i64>>);

impl Seen {
    /// Whether this `jti` is new.
    fn is_first(&self, jti: &str, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, until| *until >= now);
        let until = now.saturating_add(2 * LEEWAY_S);
        seen.insert(jti.to_owned(), until).is_none()
    }
}

/// The thumbprint of the key that the request's proof was made with; `None` for a request without proof.
pub(super) fn proven(headers: &HeaderMap, url: &str, seen: &Seen, now: i64) -> Result<Option<String>, Refusal> {
    let mut proofs = headers.get_all("dpop").iter();
    let proof = match (proofs.next(), proofs.next()) {
        (None, _) => return Ok(None),
        (Some(proof), None) => proof.to_str().map_err(|_| refusal("the proof is no text"))?,
        (Some(_), Some(_)) => return Err(refusal("there are two proofs")),
    };
    let header = jsonwebtoken::decode_header(proof).map_err(|_| refusal("the proof is no JWT"))?;
    let (claims, jkt) = signed_claims(proof, &header)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("htm") != "POST" || text("htu") != url {
        return Err(refusal("the proof is for another request"));
    }
    let issued_at = claims.get("iat").and_then(Value::as_i64);
    if issued_at.is_none_or(|at| at.abs_diff(now) > LEEWAY_S.unsigned_abs()) {
        return Err(refusal("the proof is not fresh"));
    }
    match text("jti") {
        "" => Err(refusal("the proof has no jti")),
        jti if seen.is_first(jti, now) => Ok(Some(jkt)),
        _ => Err(refusal("the proof was used before")),
    }
}

/// Steps 4 to 7: the type, an asymmetric algorithm, and the signature with the public key that the header has.
fn signed_claims(proof: &str, header: &Header) -> Result<(Value, String), Refusal> {
    if header.typ.as_deref() != Some(PROOF_TYPE) {
        return Err(refusal("the proof's type is not dpop+jwt"));
    }
    let algorithm = Algorithm::EVERY
        .into_iter()
        .find(|algorithm| algorithm.is(header.alg))
        .ok_or_else(|| refusal("the proof's algorithm is not asymmetric"))?;
    let jwk = header.jwk.as_ref().ok_or_else(|| refusal("the proof has no key"))?;
    let jkt = serde_json::to_value(jwk)
        .map_err(anyhow::Error::from)
        .and_then(|jwk| thumbprint(&jwk));
    let jkt = jkt.map_err(|_| refusal("the proof's key is none"))?;
    let key = DecodingKey::from_jwk(jwk).map_err(|_| refusal("the proof's key is none"))?;
    let decoded = jsonwebtoken::decode(proof, &key, &signature_only(algorithm));
    let claims = decoded.map_err(|_| refusal("the proof's signature is wrong"))?.claims;
    Ok((claims, jkt))
}

fn refusal(description: &str) -> Refusal {
    Refusal::bad_request("invalid_dpop_proof", description)
}
