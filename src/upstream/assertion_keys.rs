//! The keys of assertions: read from the secret store, and their public halves published.
//!
//! Promises: a sandbox uses a key for a minute ([`crate::sandbox::signing`]), then reads it anew. What is published holds no
//! private half. One key that can't be read does not keep the other from being published; what is missing then stands
//! in the log, and nobody may keep the set, so that it is whole again as soon as the key is.
//!
//! Refuses: keys that are missing or malformed, with [`Rejection::Misconfigured`].

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    answer::Answer, host::Host, policy::site::Assertions, rejection::Rejection, sandbox::Sandbox, time::UnixSeconds,
    upstream::signing_key::SigningKey,
};

/// How long a service may keep the published keys, in seconds. A new key has to be published for so long, and for
/// a minute, before it signs.
pub const PUBLISHED_S: u64 = 300;

/// The key in the secret of this name.
///
/// # Errors
/// [`Rejection::Misconfigured`].
pub async fn signing_key<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    name: &str,
    now: UnixSeconds,
) -> Result<Arc<SigningKey>, Rejection> {
    if let Some(key) = sandbox.signing_key(name, now) {
        return Ok(key);
    }
    let misconfigured = |why: String| Rejection::Misconfigured(format!("the signing key `{name}`: {why}"));
    let secret = host.secret(name).await.map_err(|fault| misconfigured(fault.0))?;
    let secret = secret.ok_or_else(|| misconfigured("there is no such secret".to_owned()))?;
    let key = SigningKey::from_secret(&secret).map_err(misconfigured)?;
    Ok(sandbox.keep_signing_key(name, key, now))
}

/// The public halves as a JWK Set (RFC 7517 section 5); what is left out of it goes to `problems`.
///
/// # Errors
/// [`Rejection::Misconfigured`] if no key can be read.
pub async fn published<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    assertions: &Assertions,
    (request_id, now): (&str, UnixSeconds),
    problems: &mut Vec<String>,
) -> Result<Answer, Rejection> {
    let mut found: Vec<Arc<SigningKey>> = Vec::new();
    let mut failed = None;
    for name in &assertions.keys {
        match signing_key(host, sandbox, name, now).await {
            // Whoever looks for a `kid` would get one of the two by chance; the one that signs comes first.
            Ok(key) if found.iter().any(|other| other.kid() == key.kid()) => {
                problems.push(format!("the signing key `{name}` has the `kid` of another"));
            }
            Ok(key) => found.push(key),
            Err(rejection) => {
                problems.extend(rejection.cause().map(str::to_owned));
                failed = Some(rejection);
            }
        }
    }
    match failed {
        Some(rejection) if found.is_empty() => {
            // The refusal itself tells the last cause.
            problems.pop();
            Err(rejection)
        }
        _ => {
            let is_whole = found.len() == assertions.keys.len();
            let keys: Vec<_> = found.iter().map(|key| &**key).collect();
            Ok(answer(&keys, is_whole, request_id))
        }
    }
}

/// The public halves of keys (RFC 7517 section 5).
#[must_use]
pub fn key_set(keys: &[&SigningKey]) -> Value {
    let keys: Vec<_> = keys.iter().map(|key| key.public_jwk()).collect();
    json!({ "keys": keys })
}

fn answer(keys: &[&SigningKey], is_whole: bool, request_id: &str) -> Answer {
    let kept = format!("public, max-age={PUBLISHED_S}");
    Answer {
        status: 200,
        headers: vec![
            // RFC 7517 section 8.5.1.
            ("content-type".into(), "application/jwk-set+json".to_owned()),
            (
                "cache-control".into(),
                if is_whole { kept } else { "no-store".to_owned() },
            ),
            ("x-content-type-options".into(), "nosniff".to_owned()),
            ("x-request-id".into(), request_id.to_owned()),
        ],
        body: key_set(keys).to_string().into_bytes(),
    }
}
