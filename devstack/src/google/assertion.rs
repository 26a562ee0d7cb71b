//! Checking a service account's assertion (RFC 7523 section 3; Google's "Using OAuth 2.0 for Server to Server
//! Applications", sections "Forming the JWT claim set" and "JWT error codes").
//!
//! Promises that whoever gets a [`Grant`] has shown a fresh RS256 assertion by a registered account's own key.
//! Every refusal is in the words that Google's endpoint uses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::TOKEN_AUDIENCE;
use super::accounts::Account;
use crate::oauth::Refusal;
use crate::signing::{Algorithm, signature_only, verify};

/// How far `iat` may lie in the future.
pub(super) const LEEWAY_S: i64 = 60;
/// How long an assertion may live at most.
pub(super) const LIFETIME_MAX_S: i64 = 3600;

/// What an assertion has earned: an ID token for this audience.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) email: String,
    pub(super) target_audience: String,
}

/// Checks everything about an assertion at this time.
pub(super) fn check(assertion: &str, accounts: &BTreeMap<String, Account>, now: i64) -> Result<Grant, Refusal> {
    let (email, claims) = authenticate(assertion, accounts)?;
    check_times(&claims, now)?;
    if text(&claims, "aud") != Some(TOKEN_AUDIENCE) {
        return Err(invalid_grant("Invalid JWT: Failed audience check."));
    }
    match text(&claims, "target_audience") {
        Some(audience) if !audience.is_empty() => Ok(Grant {
            email,
            target_audience: audience.to_owned(),
        }),
        _ => Err(Refusal::bad_request(
            "invalid_scope",
            "Invalid OAuth scope or ID token audience provided.",
        )),
    }
}

/// The account is named by the claims and the key by the header, so both are read before the signature is known to be
/// good; nothing else is.
fn authenticate(assertion: &str, accounts: &BTreeMap<String, Account>) -> Result<(String, Value), Refusal> {
    let unverified: Value = jsonwebtoken::dangerous::insecure_decode_claims(assertion)
        .map_err(|_| invalid_grant("Invalid JWT Signature."))?;
    let email = text(&unverified, "iss").unwrap_or_default();
    let account = accounts
        .get(email)
        .ok_or_else(|| invalid_grant("Invalid grant: account not found"))?;
    let claims = verify(assertion, &account.keys, &signature_only(Algorithm::Rs256))
        .map_err(|_| invalid_grant("Invalid JWT Signature."))?;
    Ok((email.to_owned(), claims))
}

fn check_times(claims: &Value, now: i64) -> Result<(), Refusal> {
    let time = |name| claims.get(name).and_then(Value::as_i64);
    let Some(issued_at) = time("iat") else {
        return Err(invalid_grant("Invalid JWT: iat (issued at) is not set."));
    };
    let Some(expires_at) = time("exp") else {
        return Err(invalid_grant("Invalid JWT: exp (expiration time) is not set."));
    };
    let not_from_the_future = issued_at <= now.saturating_add(LEEWAY_S);
    let not_over = expires_at > now;
    let short_lived = expires_at.saturating_sub(issued_at) <= LIFETIME_MAX_S;
    if not_from_the_future && not_over && short_lived {
        return Ok(());
    }
    Err(invalid_grant(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat \
         and exp values in the JWT claim.",
    ))
}

fn invalid_grant(description: &str) -> Refusal {
    Refusal::bad_request("invalid_grant", description)
}

fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
