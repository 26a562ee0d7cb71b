//! Claims that were verified before: in the sandbox's memory, then in the POP's cache.
//!
//! Promises: an entry's name holds everything that the verification depended on (the whole token, the stored key and the
//! version of the policy), its life is the least of the token's expiry and the policy's cap, and the token's times are checked
//! again at each use. The cache never holds a token, neither in a key nor in a value.
//!
//! A cache that fails is a miss: the token is verified again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    digest,
    host::{CacheKey, Freshness, Host},
    identity::{claims::Claims, credential::Token, keys::StoredKey, verify::Verified},
    policy::issuer::Issuer,
    sandbox::{KeptClaims, Sandbox, policies::Versioned},
    secret::Secret,
    time::UnixSeconds,
};

/// The value in the POP's cache. The time goes with it, so that a sandbox which takes it over does not begin a new life.
#[derive(Deserialize)]
struct Kept {
    claims: Claims,
    until: UnixSeconds,
}

/// [`Kept`] as it is written.
#[derive(Serialize)]
struct KeptRef<'a> {
    claims: &'a Claims,
    until: UnixSeconds,
}

/// What a verification depends on.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// The policy.
    pub versioned: &'a Versioned,
    /// The token.
    pub token: &'a Token,
    /// The token's digest.
    pub token_digest: &'a str,
    /// The key that the token names, as it is stored now.
    pub key: &'a Arc<StoredKey>,
    /// The name of the POP's cache entry, made of all these by [`cache_key`].
    pub cache_key: &'a CacheKey,
}

/// The name of the POP's cache entry.
#[must_use]
pub fn cache_key(versioned: &Versioned, token_digest: &str, key: &StoredKey) -> CacheKey {
    let parts = [
        versioned.version.as_bytes(),
        token_digest.as_bytes(),
        key.text().as_bytes(),
    ];
    CacheKey(digest::of("tollgate claims 2", &parts))
}

impl Basis<'_> {
    fn keep(&self, sandbox: &Sandbox, claims: &Arc<Verified<Claims>>, until: UnixSeconds) {
        let kept = KeptClaims {
            claims: Arc::clone(claims),
            key: Arc::clone(self.key),
        };
        sandbox.keep_claims(&self.versioned.version, self.token, kept, until);
    }
}

/// Looks in the sandbox's memory. What is found counts only while its key is the one that is stored.
pub fn in_sandbox(sandbox: &Sandbox, versioned: &Versioned, token: &Token, now: UnixSeconds) -> Option<KeptClaims> {
    let kept = sandbox.claims(&versioned.version, token, now);
    kept.filter(|kept| still_good(kept.claims.get(), versioned, now))
}

/// Looks in the POP's cache, and keeps what is found in the sandbox's memory.
///
/// # Errors
/// What the cache said against being read, for the log.
pub async fn in_pop<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    basis: Basis<'_>,
    now: UnixSeconds,
) -> Result<Option<Arc<Verified<Claims>>>, String> {
    let recalled = host.recall(basis.cache_key).await;
    let Some(value) = recalled.map_err(|fault| fault.0)? else {
        return Ok(None);
    };
    let kept: Kept =
        serde_json::from_slice(value.expose()).map_err(|_| "the cached claims are malformed".to_owned())?;
    let Kept { claims, until } = kept;
    if claims.token_digest != basis.token_digest || until <= now || !still_good(&claims, basis.versioned, now) {
        return Ok(None);
    }
    let verified = Arc::new(Verified::remembered(claims));
    basis.keep(sandbox, &verified, until);
    Ok(Some(verified))
}

/// Keeps claims that were just verified in the sandbox's memory, and tells for how many seconds.
pub fn keep(sandbox: &Sandbox, basis: Basis<'_>, verified: &Arc<Verified<Claims>>, now: UnixSeconds) -> u64 {
    let life_s = life_s(verified.get(), basis.versioned, now);
    if life_s > 0 {
        basis.keep(sandbox, verified, now.plus_s(life_s));
    }
    life_s
}

/// Gives claims that were just verified to the POP's cache.
///
/// # Errors
/// What the cache said against being written, for the log.
pub async fn remember<H: Host>(
    host: &H,
    basis: Basis<'_>,
    verified: &Verified<Claims>,
    (now, life_s): (UnixSeconds, u64),
) -> Result<(), String> {
    let (claims, until) = (verified.get(), now.plus_s(life_s));
    let value = serde_json::to_vec(&KeptRef { claims, until }).map_err(|why| why.to_string())?;
    let freshness = Freshness {
        fresh_s: life_s,
        stale_s: 0,
    };
    let written = host.remember(basis.cache_key, &Secret::new(value), freshness).await;
    written.map_err(|fault| fault.0)
}

/// The least of what is left until expiry and the policy's cap, in seconds.
fn life_s(claims: &Claims, versioned: &Versioned, now: UnixSeconds) -> u64 {
    now.until_s(claims.expires_at)
        .min(versioned.index.settings().remember_s)
}

fn still_good(claims: &Claims, versioned: &Versioned, now: UnixSeconds) -> bool {
    let issuer: Option<&Issuer> = versioned.index.settings().issuers.get(&claims.issuer_name);
    issuer.is_some_and(|issuer| issuer.issuer == claims.issuer && claims.check_times(now, issuer.leeway_s).is_ok())
}
