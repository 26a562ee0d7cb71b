//! The way from a request to a verified caller.
//!
//! Promises: at most three look-ups in stores (the key of remembered claims, the key that the token names, and the
//! issuer's index where a key is missing) and two cache operations. Nothing is fetched. What is missing or malformed in
//! a store is told apart from what is wrong with the token: the former is ours to mend (503), the latter the caller's
//! (401).

use std::sync::Arc;

use crate::{
    host::{ConfigStore, Host},
    identity::{
        claims::Claims,
        credential,
        keys::{StoredKey, index_entry, key_entry},
        remembered::{self, Basis},
        token::Unverified,
        verify::{Verified, token_digest, verify},
    },
    rejection::{Rejection, TokenRefusal},
    request::CanonicalRequest,
    sandbox::{Sandbox, policies::Versioned},
    time::UnixSeconds,
};

/// Where a caller's claims came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The sandbox's memory.
    Sandbox,
    /// The POP's cache.
    Pop,
    /// The signature was verified for this request.
    Verified,
}

impl Source {
    /// The word for it in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Pop => "pop",
            Self::Verified => "verified",
        }
    }
}

/// Whether the POP's cache is asked for claims, and given them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// It is.
    Used,
    /// It is not: what is looked at must leave no trace.
    LeftAlone,
}

/// A caller who is known.
#[derive(Debug)]
pub struct Identified {
    /// The claims.
    pub claims: Arc<Verified<Claims>>,
    /// Where they came from.
    pub source: Source,
    /// What went wrong without harm, for the log.
    pub problems: Vec<String>,
}

/// Finds out who asks.
///
/// # Errors
/// Why no caller is known: a refusal of the credential, or [`Rejection::Misconfigured`].
pub async fn identify<H: Host>(
    (host, cache): (&H, Cache),
    sandbox: &Sandbox,
    versioned: &Versioned,
    request: &CanonicalRequest,
    now: UnixSeconds,
) -> Result<Identified, Rejection> {
    let token = credential::bearer(request)?;
    if let Some(kept) = remembered::in_sandbox(sandbox, versioned, &token, now) {
        let claims = kept.claims.get();
        let stored = stored_key(host, sandbox, (&claims.issuer, &claims.kid), now).await?;
        if Arc::ptr_eq(&stored, &kept.key) || stored.text() == kept.key.text() {
            return Ok(Identified {
                claims: kept.claims,
                source: Source::Sandbox,
                problems: Vec::new(),
            });
        }
    }
    // Before anything is hashed or looked up: a token that no key could verify ends here.
    credential::check_form(&token)?;
    let unverified = Unverified::read(&token)?;
    let issuer = versioned
        .index
        .settings()
        .issuer(&unverified.unverified_issuer)
        .ok_or(TokenRefusal::IssuerUnknown)?;
    let key = stored_key(
        host,
        sandbox,
        (&unverified.unverified_issuer, &unverified.unverified_kid),
        now,
    )
    .await?;
    let token_digest = token_digest(&token);
    let basis = Basis {
        versioned,
        token: &token,
        token_digest: &token_digest,
        key: &key,
        cache_key: &remembered::cache_key(versioned, &token_digest, &key),
    };
    let mut problems = Vec::new();
    let in_pop = match cache {
        Cache::Used => remembered::in_pop(host, sandbox, basis, now).await,
        Cache::LeftAlone => Ok(None),
    };
    match in_pop {
        Ok(Some(claims)) => {
            return Ok(Identified {
                claims,
                source: Source::Pop,
                problems,
            });
        }
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    }
    let verifying = key.key().map_err(|why| {
        let Unverified {
            unverified_issuer,
            unverified_kid,
            ..
        } = &unverified;
        sandbox.forget_key(unverified_issuer, unverified_kid);
        Rejection::Misconfigured(format!("a stored key of {unverified_issuer} can't be used: {why}"))
    })?;
    let claims = Arc::new(verify((&token, &token_digest), &unverified, verifying, issuer, now)?);
    let life_s = remembered::keep(sandbox, basis, &claims, now);
    if cache == Cache::Used && life_s > 0 {
        let remembered = remembered::remember(host, basis, &claims, (now, life_s)).await;
        problems.extend(remembered.err());
    }
    Ok(Identified {
        claims,
        source: Source::Verified,
        problems,
    })
}

/// The key of that issuer and `kid` as it is stored, read anew at least every [`KEY_AGE_S_MAX`] seconds.
///
/// [`KEY_AGE_S_MAX`]: crate::sandbox::KEY_AGE_S_MAX
async fn stored_key<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    (issuer, kid): (&str, &str),
    now: UnixSeconds,
) -> Result<Arc<StoredKey>, Rejection> {
    if let Some(key) = sandbox.key(issuer, kid, now) {
        return Ok(key);
    }
    let entry = host.config(ConfigStore::Keys, &key_entry(issuer, kid)).await;
    match entry.map_err(|fault| Rejection::Misconfigured(fault.0))? {
        Some(jwk) => Ok(sandbox.keep_key(issuer, kid, StoredKey::new(kid, jwk), now)),
        None => Err(missing_key(host, issuer).await),
    }
}

/// A missing key is the token's fault if its issuer has others, and ours if it has none at all.
async fn missing_key<H: Host>(host: &H, issuer: &str) -> Rejection {
    match host.config(ConfigStore::Keys, &index_entry(issuer)).await {
        Ok(Some(_)) => TokenRefusal::KeyUnknown.into(),
        Ok(None) => Rejection::Misconfigured(format!("the config store `tollgate_keys` has no keys of {issuer}")),
        Err(fault) => Rejection::Misconfigured(fault.0),
    }
}
