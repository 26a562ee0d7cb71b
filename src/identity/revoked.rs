//! Whether a caller's token was revoked.
//!
//! Promises: for every caller, remembered or not, and for every kind of credential. Who revokes nothing pays one look-up
//! of the config store a sandbox and [`TUNING_AGE_S_MAX`] seconds. Where the knob asks for it, the KV store is read once
//! for a token and once for its subject, and the answer, "not revoked" too, is remembered [`ANSWER_AGE_S_MAX`] seconds
//! in the sandbox and [`POP_AGE_S_MAX`] at the POP.
//!
//! So a revocation is effective 30 seconds after it can be read: 10 until a sandbox looks at the knob again, if that did
//! not have the KV store asked before; 10 that the POP remembers; and 10 that a sandbox does. An issuer's epoch is in the
//! knob alone: 10 seconds.
//!
//! | what is missing or malformed | with a knob that was good in this sandbox | without |
//! | --- | --- | --- |
//! | the knob, or its store | that knob goes on, reported once a sandbox | [`Rejection::RevocationUnavailable`] |
//! | no entry `revoked` at all | nothing is revoked | the same |
//! | the KV store, or one of its entries | [`Rejection::RevocationUnavailable`] | the same |
//! | the POP's cache | each sandbox asks for itself | the same |
//!
//! [`TUNING_AGE_S_MAX`]: crate::sandbox::policies::TUNING_AGE_S_MAX
//! [`ANSWER_AGE_S_MAX`]: crate::sandbox::revocations::ANSWER_AGE_S_MAX

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{
    host::{CacheKey, ConfigStore, Freshness, Host, STATE_STORE},
    identity::{
        claims::Claims,
        origin::Cache,
        revocation::{Entries, Knob, REVOKED_ENTRY, Records, read_record},
    },
    rejection::Rejection,
    sandbox::{Sandbox, policies::is_fresh},
    secret::Secret,
    time::UnixSeconds,
};

/// How long the POP remembers what the KV store said of a caller, in seconds.
pub const POP_AGE_S_MAX: u64 = 10;

/// Checks that neither the token, nor its subject, nor its issuer's tokens of that age were revoked. `iss` is the issuer's
/// as the policy writes it.
///
/// # Errors
/// [`TokenRefusal::Revoked`], or [`Rejection::RevocationUnavailable`] where that can't be found out.
///
/// [`TokenRefusal::Revoked`]: crate::rejection::TokenRefusal::Revoked
pub async fn check<H: Host>(
    (host, cache): (&H, Cache),
    sandbox: &Sandbox,
    (iss, claims): (&str, &Claims),
    now: UnixSeconds,
    problems: &mut Vec<String>,
) -> Result<(), Rejection> {
    let knob = knob(host, sandbox, now, problems).await?;
    knob.check((iss, claims))?;
    let entries = knob.entries((iss, claims));
    if entries.is_empty() {
        return Ok(());
    }
    let name = entries.name();
    let records = match sandbox.revocation_records(&name, now) {
        Some(records) => records,
        None => {
            let records = records((host, cache), (&name, &entries), problems).await?;
            sandbox.keep_revocation_records(&name, records, now);
            records
        }
    };
    Ok(records.check(claims, now)?)
}

/// The knob, looked up anew where the sandbox's is old.
async fn knob<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    now: UnixSeconds,
    problems: &mut Vec<String>,
) -> Result<Arc<Knob>, Rejection> {
    let kept = sandbox.revocation_knob();
    if let Some((knob, read_at)) = &kept
        && is_fresh(*read_at, now)
    {
        return Ok(Arc::clone(knob));
    }
    let entry = host.config(ConfigStore::Policy, REVOKED_ENTRY).await;
    let read = entry.map_err(|fault| fault.0).and_then(|entry| match entry {
        None => Ok(Knob::default()),
        Some(text) => Knob::read(&text),
    });
    let knob = match (read, kept) {
        (Ok(knob), _) => Arc::new(knob),
        (Err(why), Some((knob, _))) => {
            if sandbox.is_news(&why) {
                problems.push(format!("{why}; what was revoked before goes on"));
            }
            knob
        }
        (Err(why), None) => return Err(Rejection::RevocationUnavailable(why)),
    };
    sandbox.keep_revocation_knob(&knob, now);
    Ok(knob)
}

/// What the POP remembers of the KV store, else what that says now.
async fn records<H: Host>(
    (host, cache): (&H, Cache),
    (name, entries): (&str, &Entries),
    problems: &mut Vec<String>,
) -> Result<Records, Rejection> {
    if cache == Cache::LeftAlone {
        return read(host, entries).await;
    }
    let key = CacheKey(name.to_owned());
    match host.recall(&key).await {
        Ok(Some(value)) => match serde_json::from_slice(value.expose()) {
            Ok(records) => return Ok(records),
            Err(_) => problems.push("the cached answer about revocations is malformed".to_owned()),
        },
        Ok(None) => {}
        Err(fault) => problems.push(fault.0),
    }
    let records = read(host, entries).await?;
    let value = serde_json::to_vec(&records).map_err(|why| Rejection::RevocationUnavailable(why.to_string()))?;
    let freshness = Freshness {
        fresh_s: POP_AGE_S_MAX,
        stale_s: 0,
    };
    let remembered = host.remember(&key, &Secret::new(value), freshness, &[]).await;
    problems.extend(remembered.err().map(|fault| fault.0));
    Ok(records)
}

async fn read<H: Host>(host: &H, entries: &Entries) -> Result<Records, Rejection> {
    Ok(Records {
        token: record(host, ("a token", entries.token.as_deref())).await?,
        subject: record(host, ("a subject", entries.subject.as_deref())).await?,
    })
}

async fn record<H: Host, T: DeserializeOwned>(
    host: &H,
    (about, entry): (&str, Option<&str>),
) -> Result<Option<T>, Rejection> {
    let Some(entry) = entry else {
        return Ok(None);
    };
    let stored = host.state(entry).await;
    let Some(stored) = stored.map_err(|fault| Rejection::RevocationUnavailable(fault.0))? else {
        return Ok(None);
    };
    let unusable = |why: String| {
        Rejection::RevocationUnavailable(format!(
            "the revocation of {about} in the KV store `{STATE_STORE}` (`{entry}`) can't be used: {why}"
        ))
    };
    read_record(stored.expose()).map(Some).map_err(unusable)
}

#[cfg(test)]
mod tests;
