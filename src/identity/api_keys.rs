//! API keys in the KV store.
//!
//! Promises: one read of the store, whatever the number of keys and issuers, and none for what is no key by its form.
//! The name that is read is a digest of the whole key, so neither the time it takes nor what comes back tells how near
//! a guess was.
//!
//! | what is found | what happens |
//! | --- | --- |
//! | no entry, or one that has expired or was revoked | [`TokenRefusal::ApiKeyUnknown`] |
//! | an entry that is malformed, or of another key | [`Rejection::Misconfigured`] |
//! | no store | [`Rejection::Misconfigured`] |

use std::collections::BTreeMap;

use crate::{
    host::{Host, STATE_STORE},
    identity::{
        api_key::{ApiKey, Record},
        claims::Claims,
    },
    policy::issuer::{Issuer, Vouching},
    rejection::{Rejection, TokenRefusal},
    time::UnixSeconds,
};

/// What an API key says of its owner. `issuers` are those of the policy, by name; the key's record says of which it is.
///
/// # Errors
/// As the module says.
pub async fn look_up<H: Host>(
    host: &H,
    issuers: &BTreeMap<String, Issuer>,
    (key, token_digest): (&ApiKey, &str),
    now: UnixSeconds,
) -> Result<Claims, Rejection> {
    let takes_keys = |issuer: &Issuer| matches!(issuer.vouching, Vouching::ApiKeys);
    if !issuers.values().any(takes_keys) {
        return Err(TokenRefusal::ApiKeyUnknown.into());
    }
    let stored = host.state(&key.entry()).await;
    let stored = stored.map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let stored = stored.ok_or(TokenRefusal::ApiKeyUnknown)?;
    let unusable = |why: &str| {
        let id = key.id();
        Rejection::Misconfigured(format!(
            "the record of the API key {id} in the KV store `{STATE_STORE}` can't be used: {why}"
        ))
    };
    let record = Record::read(stored.expose()).map_err(|why| unusable(&why))?;
    if record.id != key.id() {
        return Err(unusable("it is of another key"));
    }
    let issuer = issuers.get_key_value(&record.issuer);
    let (name, issuer) = issuer
        .filter(|(_, issuer)| takes_keys(issuer))
        .ok_or(TokenRefusal::ApiKeyUnknown)?;
    Ok(record.claims((name, issuer), token_digest, now)?)
}

#[cfg(test)]
mod tests;
