//! Checking what a workload shows of itself at the Security Token Service (Google's "Configure Workload Identity
//! Federation with other identity providers", section "Prepare your external identity provider").
//!
//! Promises that whoever gets an [`Admitted`] has shown a fresh RS256 or ES256 token of the provider's issuer, by a key
//! that was uploaded for it. Every refusal is in the words that Google's service uses, as far as they are known.

use serde_json::Value;

use super::federation::Provider;
use crate::oauth::Refusal;
use crate::signing::{Algorithm, signature_only, verify};

/// How far clocks may differ.
pub(super) const LEEWAY_S: i64 = 60;
/// How long a subject token may live at most.
pub(super) const LIFETIME_MAX_S: i64 = 86_400;
/// The longest `google.subject`, in bytes.
pub(super) const SUBJECT_BYTES_MAX: usize = 127;

/// Who was let in, and until when the token vouches for it, in Unix seconds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) principal: String,
    pub(super) expires_at: i64,
}

/// Checks everything about a subject token at this time.
pub(super) fn check(token: &str, provider: &Provider, now: i64) -> Result<Admitted, Refusal> {
    let claims = authenticate(token, provider)?;
    if claims.get("iss").and_then(Value::as_str) != Some(provider.issuer.as_str()) {
        let said = claims.get("iss").and_then(Value::as_str).unwrap_or("null");
        return Err(invalid_grant(format!(
            "The issuer in ID Token {said} does not match the expected one in config: {}.",
            provider.issuer
        )));
    }
    let audiences = texts(claims.get("aud"));
    if !audiences
        .iter()
        .any(|audience| provider.audiences.iter().any(|allowed| allowed == audience))
    {
        return Err(wrong_audience(&audiences.join(", ")));
    }
    let expires_at = check_times(&claims, now)?;
    match claims.get("sub").and_then(Value::as_str) {
        None | Some("") => Err(Refusal::bad_request(
            "invalid_request",
            "The mapped attribute google.subject is empty.",
        )),
        Some(subject) if subject.len() > SUBJECT_BYTES_MAX => Err(Refusal::bad_request(
            "invalid_request",
            "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute \
             mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.",
        )),
        Some(subject) => Ok(Admitted {
            principal: provider.principal(subject),
            expires_at,
        }),
    }
}

pub(super) fn wrong_audience(said: &str) -> Refusal {
    invalid_grant(format!(
        "The audience in ID Token [{said}] does not match the expected audience."
    ))
}

/// A key that is not there sends Google to the issuer, which for uploaded keys is nowhere.
fn authenticate(token: &str, provider: &Provider) -> Result<Value, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid_grant("Unable to parse the ID Token."))?;
    let algorithm = [Algorithm::Rs256, Algorithm::Es256]
        .into_iter()
        .find(|algorithm| algorithm.is(header.alg))
        .ok_or_else(|| invalid_grant("Unable to verify the ID Token signature."))?;
    if header.kid.is_none_or(|kid| provider.keys.find(&kid).is_none()) {
        return Err(invalid_grant("Error connecting to the given credential's issuer."));
    }
    verify(token, &provider.keys, &signature_only(algorithm))
        .map_err(|_| invalid_grant("Unable to verify the ID Token signature."))
}

/// When the token expires.
fn check_times(claims: &Value, now: i64) -> Result<i64, Refusal> {
    let time = |name| claims.get(name).and_then(Value::as_i64);
    let issued_at = time("iat");
    let stale = || {
        let said = issued_at.map_or_else(|| "null".to_owned(), |time| time.to_string());
        invalid_grant(format!("ID Token issued at {said} is stale to sign-in."))
    };
    let (Some(issued_at), Some(expires_at)) = (issued_at, time("exp")) else {
        return Err(stale());
    };
    let in_time = issued_at <= now.saturating_add(LEEWAY_S) && expires_at > now.saturating_sub(LEEWAY_S);
    let short_lived = expires_at.saturating_sub(issued_at) <= LIFETIME_MAX_S;
    if in_time && short_lived {
        Ok(expires_at)
    } else {
        Err(stale())
    }
}

fn invalid_grant(description: impl Into<String>) -> Refusal {
    Refusal::bad_request("invalid_grant", description)
}

/// A text or a list of texts, as `aud` is (RFC 7519 section 4.1.3).
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
