//! What a service is told of the caller besides the headers that every service gets: a signed assertion, and claims as
//! headers.
//!
//! Promises: an assertion is for one service and one request, and is valid for two minutes at most and never longer than
//! the caller's own token. No claim of the caller's can stand where the gateway's own stand: those that are repeated are
//! members of `claims`, by the paths that the policy names. Where it can't be made, nothing is sent.
//!
//! | claim | what it is |
//! | --- | --- |
//! | `iss` | the gateway's public origin |
//! | `aud` | the service's audience |
//! | `sub` | the caller's subject, where the token has one |
//! | `caller_iss` | the issuer of the caller's token; a subject is unique at its issuer only |
//! | `client_id` | the client, where it is known (RFC 8693 section 4.3) |
//! | `scope` | the scopes, where there are some (RFC 8693 section 4.2), written as in `X-Tollgate-Scopes` |
//! | `iat`, `exp` | when it was made and how long it is valid |
//! | `jti` | another for every assertion |
//! | `request_id` | the request's identifier, which finds the log entry |
//! | `claims` | the mapped claims that the token has: a list of values each |

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value, json};

use crate::{
    digest,
    host::Host,
    identity::claims::Claims,
    policy::{
        decide::Permit,
        site::{
            Assertions,
            service::{AssertionTo, ToldOfCaller},
        },
        wanted::Scalar,
    },
    rejection::Rejection,
    sandbox::Sandbox,
    secret::Secret,
    time::{UnixSeconds, WallClock},
    upstream::{
        assertion_keys::signing_key,
        claim_headers::{VALUE_BYTES_MAX, scopes_text, values_text},
        signing_key::SigningKey,
    },
};

/// The header that an assertion is sent in.
pub const HEADER: &str = "x-tollgate-assertion";

/// Headers with their values, each set once.
pub type ToldHeaders = Vec<(Cow<'static, str>, Secret<String>)>;

/// What assertions are signed with, and what the policy says of them.
#[derive(Debug)]
pub struct Signer<'a> {
    assertions: &'a Assertions,
    key: Arc<SigningKey>,
}

/// What one request is known by.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its identifier, which may be the client's.
    pub request_id: &'a str,
    /// The platform's identifier for it, which no client chooses.
    pub platform_id: &'a str,
}

/// The signer, where the service of `permit` gets an assertion about a caller. It is asked for before anything is sent.
///
/// # Errors
/// [`Rejection::Misconfigured`] if the key can't be used.
pub async fn signer<'a, H: Host>(
    host: &H,
    sandbox: &Sandbox,
    assertions: Option<&'a Assertions>,
    permit: &Permit,
    now: UnixSeconds,
) -> Result<Option<Signer<'a>>, Rejection> {
    let asked = permit.service().is_some_and(|service| service.told.assertion.is_some());
    if !asked || permit.claims().is_none() {
        return Ok(None);
    }
    let why = "an assertion is asked for, and no key is named to make it";
    let assertions = assertions.ok_or_else(|| Rejection::Misconfigured(why.to_owned()))?;
    let first = assertions.keys.first().map(String::as_str).unwrap_or_default();
    let key = signing_key(host, sandbox, first, now).await?;
    Ok(Some(Signer { assertions, key }))
}

/// What the service of `permit` hears of its caller as of now; nothing where there is no caller.
///
/// # Errors
/// [`Rejection::Misconfigured`] if a value is longer than [`VALUE_BYTES_MAX`].
pub fn of_caller<H: Host>(
    host: &H,
    signer: Option<&Signer<'_>>,
    permit: &Permit,
    known: Known<'_>,
) -> Result<ToldHeaders, Rejection> {
    let (Some(service), Some(caller)) = (permit.service(), permit.claims()) else {
        return Ok(Vec::new());
    };
    let mut told = claim_headers(&service.told, caller);
    if let (Some(to), Some(signer)) = (&service.told.assertion, signer) {
        let now = host.now();
        let this = This {
            request_id: known.request_id,
            id: &id(caller, to, (known, now, host.stopwatch_us())),
            now: now.seconds(),
        };
        told.push((
            HEADER.into(),
            signed(&signer.key, (signer.assertions, to), caller, this),
        ));
    }
    match told.iter().find(|(_, value)| value.expose().len() > VALUE_BYTES_MAX) {
        Some((name, _)) => Err(Rejection::Misconfigured(format!(
            "`{name}` would be longer than {VALUE_BYTES_MAX} bytes; tell the service fewer claims"
        ))),
        None => Ok(told),
    }
}

/// What one assertion is made for.
#[derive(Debug, Clone, Copy)]
pub struct This<'a> {
    /// The request's identifier.
    pub request_id: &'a str,
    /// Its own: `jti`.
    pub id: &'a str,
    /// Now.
    pub now: UnixSeconds,
}

/// An assertion about `caller`.
#[must_use]
pub fn signed(
    key: &SigningKey,
    (assertions, to): (&Assertions, &AssertionTo),
    caller: &Claims,
    this: This<'_>,
) -> Secret<String> {
    key.sign(&claims(assertions, to, caller, this))
}

fn claims(assertions: &Assertions, to: &AssertionTo, caller: &Claims, this: This<'_>) -> Value {
    let until = this.now.plus_s(assertions.ttl_s).min(caller.expires_at);
    let mut claims = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        claims.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("iss", Some(json!(assertions.issuer)));
    add("aud", Some(json!(to.audience)));
    add("sub", caller.subject.as_ref().map(|subject| json!(subject)));
    add("caller_iss", Some(json!(caller.issuer)));
    add("client_id", caller.client.as_ref().map(|client| json!(client)));
    add("scope", scopes_text(&caller.scopes).map(|scopes| json!(scopes)));
    add("iat", Some(json!(this.now.0)));
    add("exp", Some(json!(until.0)));
    add("jti", Some(json!(this.id)));
    add("request_id", Some(json!(this.request_id)));
    add("claims", (!to.claims.is_empty()).then(|| repeated(to, caller)));
    Value::Object(claims)
}

/// The claims of the token that the policy names, by its names.
fn repeated(to: &AssertionTo, caller: &Claims) -> Value {
    let found = to.claims.iter().filter_map(|name| {
        let values: Vec<Value> = caller.asked(name)?.iter().map(value).collect();
        Some((name.clone(), Value::Array(values)))
    });
    Value::Object(found.collect())
}

fn value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Text(text) => json!(text),
        Scalar::Number(number) => json!(number),
        Scalar::Flag(flag) => json!(flag),
    }
}

/// Another for every assertion. The platform's identifier is in it, since a client may send one request's own again, and
/// at the same time.
fn id(caller: &Claims, to: &AssertionTo, (known, now, since_start_us): (Known<'_>, WallClock, u64)) -> String {
    digest::of(
        "tollgate assertion 2",
        &[
            known.platform_id.as_bytes(),
            known.request_id.as_bytes(),
            caller.token_digest.as_bytes(),
            to.audience.as_bytes(),
            &now.unix_ms.to_be_bytes(),
            &since_start_us.to_be_bytes(),
        ],
    )
}

fn claim_headers(told: &ToldOfCaller, caller: &Claims) -> ToldHeaders {
    let headers = told.claim_headers.iter().filter_map(|(name, claim)| {
        let text = values_text(caller.asked(claim)?)?;
        Some((Cow::Owned(name.clone()), Secret::new(text)))
    });
    headers.collect()
}

#[cfg(test)]
mod tests;
