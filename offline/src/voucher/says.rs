//! What a credential of an issuer says: what the policy asks of all of them, and what is said of the caller.
//!
//! Promises: what was said of the caller stands as it was said, also where no token of the issuer would pass with it. Only
//! what was left open is filled in, with the first value that the policy takes.

use serde_json::{Map, Value, json};
use tollgate::{
    policy::{
        claim_path,
        issuer::{ANY_TENANT, Issuer, TENANT},
        site::Settings,
        source::example::Caller,
        wanted::{Captures, Scalar, Wanted},
    },
    time::UnixSeconds,
};

use crate::voucher::Named;

/// How long a token that is made here is good, in seconds.
const LIFE_S: u64 = 300;

/// The tenant of tokens whose issuer takes any.
const SOME_TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// What a caller's credential says.
pub(super) fn of_caller(issuer: &Issuer, caller: &Caller, now: UnixSeconds) -> Result<Map<String, Value>, String> {
    let mut payload = policy_asks(issuer, now)?;
    let texts = [("sub", &caller.subject), ("client_id", &caller.client)];
    for (name, text) in texts {
        payload.extend(text.iter().map(|text| (name.to_owned(), json!(text))));
    }
    if !caller.scopes.is_empty() {
        payload.insert("scope".to_owned(), json!(caller.scopes.join(" ")));
    }
    for (path, texts) in [(&issuer.roles, &caller.roles), (&issuer.groups, &caller.groups)] {
        if !texts.is_empty() {
            put(&mut payload, path, json!(texts))?;
        }
    }
    for (path, value) in &caller.claims {
        put(&mut payload, path, value.clone())?;
    }
    Ok(with_issuer(payload, issuer))
}

/// What a credential of these claims says. An `iss` that is the policy's name of the issuer stands for what its tokens say.
pub(super) fn of_claims(
    (name, issuer): Named<'_>,
    claims: &Map<String, Value>,
    now: UnixSeconds,
) -> Result<Map<String, Value>, String> {
    let mut payload = policy_asks(issuer, now)?;
    payload.extend(claims.iter().map(|(name, value)| (name.clone(), value.clone())));
    match payload.get("iss").and_then(Value::as_str) {
        Some(iss) if iss != name => {
            if let (Some(tenant), false) = (tenant_in(issuer, iss).map(str::to_owned), claims.contains_key("tid")) {
                payload.insert("tid".to_owned(), json!(tenant));
            }
        }
        _ => {
            payload.remove("iss");
        }
    }
    Ok(with_issuer(payload, issuer))
}

/// The issuer that a name or an `iss` means; of several with that `iss` the first that could take the claims.
pub(super) fn meant<'s>(named: &str, claims: &Map<String, Value>, settings: &'s Settings) -> Option<Named<'s>> {
    if let Some((name, issuer)) = settings.issuers.get_key_value(named) {
        return Some((name, issuer));
    }
    let of_iss = |issuer: &Issuer| issuer.takes(named, tenant_in(issuer, named));
    let all = || settings.issuers.iter().filter(|(_, issuer)| of_iss(issuer));
    let fitting = all().find(|(_, issuer)| could_take(issuer, claims));
    fitting
        .or_else(|| all().next())
        .map(|(name, issuer)| (name.as_str(), issuer))
}

/// What all credentials of the issuer say, but for `iss`.
fn policy_asks(issuer: &Issuer, now: UnixSeconds) -> Result<Map<String, Value>, String> {
    let claims = [
        // The compiler saw to it that no token can be of two issuers with one `iss`.
        ("aud", json!(issuer.audience.first())),
        ("iat", json!(now.0)),
        ("exp", json!(now.plus_s(LIFE_S).0)),
    ];
    let mut payload = claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    for test in &issuer.claims {
        let is_met = at(&payload, &test.name).is_some_and(|value| fits(&test.wanted, value));
        if let Some(value) = fitting(&test.wanted).filter(|_| !is_met) {
            put(&mut payload, &test.name, value)?;
        }
    }
    Ok(payload)
}

/// Says the `iss`, unless it was said; and the tenant that is in it.
fn with_issuer(mut payload: Map<String, Value>, issuer: &Issuer) -> Map<String, Value> {
    let first = match issuer.tenants.first().map(String::as_str) {
        Some(ANY_TENANT) => Some(SOME_TENANT),
        named => named,
    };
    let iss = match first {
        None => issuer.issuer.clone(),
        Some(first) => {
            let tenant = payload.entry("tid").or_insert_with(|| json!(first));
            issuer.issuer.replace(TENANT, tenant.as_str().unwrap_or(first))
        }
    };
    payload.entry("iss").or_insert_with(|| json!(iss));
    payload
}

/// What stands in the tenant's place of an `iss`.
fn tenant_in<'i>(issuer: &Issuer, iss: &'i str) -> Option<&'i str> {
    let (before, after) = issuer.issuer.split_once(TENANT)?;
    iss.strip_prefix(before)?.strip_suffix(after)
}

/// Whether none of the claims is one with which the issuer's tokens are refused.
fn could_take(issuer: &Issuer, claims: &Map<String, Value>) -> bool {
    let audiences = claims.get("aud").map(scalars);
    let is_own = |audience: &Scalar| matches!(audience, Scalar::Text(text) if issuer.audience.contains(text));
    audiences.is_none_or(|audiences| audiences.iter().any(is_own))
        && issuer
            .claims
            .iter()
            .all(|test| at(claims, &test.name).is_none_or(|value| fits(&test.wanted, value)))
}

fn fits(wanted: &Wanted, value: &Value) -> bool {
    wanted.fits(&scalars(value), &Captures::default())
}

/// A value as far as it can be compared.
fn scalars(value: &Value) -> Vec<Scalar> {
    match value {
        Value::String(text) => vec![Scalar::Text(text.clone())],
        Value::Bool(flag) => vec![Scalar::Flag(*flag)],
        Value::Number(number) => number.as_i64().map(Scalar::Number).into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(scalars).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// A value that is as it must be.
fn fitting(wanted: &Wanted) -> Option<Value> {
    let value = |scalar: &Scalar| match scalar {
        Scalar::Text(text) => json!(text),
        Scalar::Number(number) => json!(number),
        Scalar::Flag(flag) => json!(flag),
    };
    match wanted {
        Wanted::Equal(scalar) => Some(value(scalar)),
        Wanted::OneOf(scalars) => scalars.first().map(value),
        Wanted::Prefix(prefix) => Some(json!(prefix)),
        Wanted::Exists => Some(json!("there")),
        // Depends on the request; no issuer asks for it.
        Wanted::Captured(_) => None,
    }
}

/// The claim where its path leads.
fn at<'p>(payload: &'p Map<String, Value>, path: &str) -> Option<&'p Value> {
    let mut steps = claim_path::steps(path);
    let first = payload.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

/// Puts a claim where its path leads.
fn put(payload: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), String> {
    let fault = || format!("the claim `{path}` leads into another that is no object");
    let steps: Vec<&str> = claim_path::steps(path).collect();
    let (last, inner) = steps.split_last().ok_or_else(fault)?;
    let mut object = payload;
    for step in inner {
        let member = object.entry((*step).to_owned()).or_insert_with(|| json!({}));
        object = member.as_object_mut().ok_or_else(fault)?;
    }
    object.insert((*last).to_owned(), value);
    Ok(())
}
