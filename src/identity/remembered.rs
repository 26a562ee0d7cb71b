//! What came of tokens before: in the sandbox's memory, then in the POP's cache.
//!
//! Promises: an entry's name holds everything that the verification depended on (the whole token, the key and the version
//! of the policy, which names the issuer), its life is the least of the token's expiry and the policy's cap, and the
//! token's times are checked again at each use. Refusals are remembered where they can't change, for a minute at most. The
//! cache never holds a token, neither in a key nor in a value.
//!
//! A cache that fails is a miss: the token is verified again. Whether a token was revoked is asked each time
//! ([`crate::identity::revocation`]).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    digest,
    host::{CacheKey, Freshness, Host, SurrogateKey},
    identity::{
        claims::Claims,
        credential::Token,
        means::Means,
        outcome::{Ground, Outcome, Remembered},
        verify::Verified,
    },
    policy::issuer::Issuer,
    rejection::TokenRefusal,
    sandbox::{Sandbox, policies::Versioned},
    secret::Secret,
    time::UnixSeconds,
};

/// How long a refusal is remembered at most, in seconds.
pub const REFUSED_S_MAX: u64 = 60;

/// The value in the POP's cache. The time goes with it, so that a sandbox which takes it over does not begin a new life.
#[derive(Serialize, Deserialize)]
struct Kept<C> {
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<C>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<TokenRefusal>,
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
    /// The key that the token names, as the issuer has it now.
    pub ground: &'a Ground,
}

impl Basis<'_> {
    /// The name of the POP's cache entry.
    fn cache_key(&self) -> CacheKey {
        let parts = [
            self.versioned.version.as_bytes(),
            self.token_digest.as_bytes(),
            self.ground.issuer_name.as_bytes(),
            self.ground.key.text().as_bytes(),
        ];
        CacheKey(digest::of("tollgate claims 3", &parts))
    }
}

/// What remembered claims are purged by: their issuer, and their subject.
#[must_use]
pub fn purged_by(claims: &Claims) -> Vec<SurrogateKey> {
    let issuer = claims.issuer_name.as_str();
    let subject = claims.subject.as_ref().map(|subject| subject_key(issuer, subject));
    std::iter::once(issuer_key(issuer)).chain(subject).collect()
}

/// The surrogate key of all that is remembered of an issuer, by the policy's name.
#[must_use]
pub fn issuer_key(issuer_name: &str) -> SurrogateKey {
    SurrogateKey(digest::of("tollgate issuer", &[issuer_name.as_bytes()]))
}

/// The surrogate key of all that is remembered of an issuer's subject.
#[must_use]
pub fn subject_key(issuer_name: &str, subject: &str) -> SurrogateKey {
    let parts = [issuer_name.as_bytes(), subject.as_bytes()];
    SurrogateKey(digest::of("tollgate subject", &parts))
}

/// Looks in the sandbox's memory. What is found counts only while its ground is the key that the issuer has.
pub fn in_sandbox(sandbox: &Sandbox, versioned: &Versioned, token: &Token, now: UnixSeconds) -> Option<Remembered> {
    let kept = sandbox.token(&versioned.version, token, now);
    kept.filter(|kept| match &kept.outcome {
        Outcome::Known(claims) => still_good(claims.get(), versioned, now),
        Outcome::Refused(_) => true,
    })
}

/// Looks in the POP's cache, and keeps what is found in the sandbox's memory.
///
/// # Errors
/// What the cache said against being read, for the log.
pub async fn in_pop<H: Host>(means: Means<'_, H>, basis: Basis<'_>) -> Result<Option<Outcome>, String> {
    let recalled = means.host.recall(&basis.cache_key()).await;
    let Some(value) = recalled.map_err(|fault| fault.0)? else {
        return Ok(None);
    };
    let kept: Kept<Claims> =
        serde_json::from_slice(value.expose()).map_err(|_| "the cached claims are malformed".to_owned())?;
    if kept.until <= means.now {
        return Ok(None);
    }
    let outcome = match (kept.claims, kept.refused) {
        (Some(claims), None) => {
            let is_good = claims.token_digest == basis.token_digest && still_good(&claims, basis.versioned, means.now);
            is_good.then(|| Outcome::Known(Arc::new(Verified::remembered(claims))))
        }
        (None, Some(refusal)) => Some(Outcome::Refused(refusal)),
        _ => return Err("the cached claims are malformed".to_owned()),
    };
    if let Some(outcome) = &outcome {
        keep(means.sandbox, basis, outcome, kept.until);
    }
    Ok(outcome)
}

/// Keeps what came of a token in the sandbox's memory.
pub fn keep(sandbox: &Sandbox, basis: Basis<'_>, outcome: &Outcome, until: UnixSeconds) {
    let remembered = Remembered {
        outcome: outcome.clone(),
        ground: Some(basis.ground.clone()),
    };
    sandbox.keep_token(&basis.versioned.version, basis.token, remembered, until);
}

/// Gives what came of a token to the POP's cache.
///
/// # Errors
/// What the cache said against being written, for the log.
pub async fn remember<H: Host>(
    means: Means<'_, H>,
    basis: Basis<'_>,
    outcome: &Outcome,
    life_s: u64,
) -> Result<(), String> {
    let (claims, refused) = match outcome {
        Outcome::Known(claims) => (Some(claims.get()), None),
        Outcome::Refused(refusal) => (None, Some(*refusal)),
    };
    let until = means.now.plus_s(life_s);
    let kept = Kept { claims, refused, until };
    let value = Secret::new(serde_json::to_vec(&kept).map_err(|why| why.to_string())?);
    let freshness = Freshness {
        fresh_s: life_s,
        stale_s: 0,
    };
    let purged_by = match outcome {
        Outcome::Known(claims) => purged_by(claims.get()),
        Outcome::Refused(_) => vec![issuer_key(&basis.ground.issuer_name)],
    };
    let written = means
        .host
        .remember(&basis.cache_key(), &value, freshness, &purged_by)
        .await;
    written.map_err(|fault| fault.0)
}

/// How long an outcome is remembered: the least of what is left until expiry and the policy's cap, in seconds.
#[must_use]
pub fn life_s(outcome: &Outcome, versioned: &Versioned, now: UnixSeconds) -> u64 {
    let cap_s = versioned.index.settings().remember_s;
    match outcome {
        Outcome::Known(claims) => now.until_s(claims.get().expires_at).min(cap_s),
        Outcome::Refused(_) => REFUSED_S_MAX.min(cap_s),
    }
}

fn still_good(claims: &Claims, versioned: &Versioned, now: UnixSeconds) -> bool {
    let issuer: Option<&Issuer> = versioned.index.settings().issuers.get(&claims.issuer_name);
    issuer.is_some_and(|issuer| claims.check_times(now, issuer.leeway_s).is_ok())
}
