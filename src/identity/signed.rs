//! A signed token's way to claims: what was remembered, else the key that it names and its signature.
//!
//! Promises: a token costs one verification at a POP for as long as it is remembered; a refusal that can't change is
//! remembered too, one for an unknown key never. What was remembered counts only while its key is the issuer's.

use std::sync::Arc;

use crate::{
    host::Host,
    identity::{
        credential::Token,
        issuer_keys,
        keys::{StoredKey, VerifyingKey},
        means::Means,
        origin::{Cache, Source},
        outcome::{Ground, Known, Outcome, Remembered},
        remembered::{self, Basis},
        token::Unverified,
        verify::{check_candidates, token_digest, verify},
    },
    policy::issuer::Issuer,
    rejection::{Rejection, TokenRefusal},
    sandbox::policies::Versioned,
};

/// What is remembered of a token in the sandbox, if it still counts.
///
/// # Errors
/// The refusal that is remembered.
pub async fn remembered<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    token: &Token,
    problems: &mut Vec<String>,
) -> Result<Option<Known>, Rejection> {
    let Some(Remembered { outcome, ground }) = remembered::in_sandbox(means.sandbox, versioned, token, means.now)
    else {
        return Ok(None);
    };
    if let Some(ground) = &ground {
        let Some(issuer) = versioned.index.settings().issuers.get(&ground.issuer_name) else {
            return Ok(None);
        };
        let key = issuer_keys::key(means, issuer, &ground.kid, problems).await?;
        if !ground.is(&key) {
            return Ok(None);
        }
    }
    known(outcome, Source::Sandbox).map(Some)
}

/// Who a signed token says that asks. `candidates` are the policy's issuers of that `iss`, at least one; their keys come
/// from the same source.
///
/// # Errors
/// Why nobody is known by it.
pub async fn verified<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    (token, unverified): (&Token, &Unverified),
    candidates: &[(&str, &Issuer)],
    problems: &mut Vec<String>,
) -> Result<Known, Rejection> {
    check_candidates(unverified, candidates)?;
    let (issuer_name, issuer) = candidates.first().ok_or(TokenRefusal::IssuerUnknown)?;
    // The key is the first one's, so none may take it that vouches by another.
    let alike = candidates.iter().filter(|(_, other)| other.vouching == issuer.vouching);
    let alike: Vec<(&str, &Issuer)> = alike.copied().collect();
    let kid = unverified.key_of(issuer)?;
    let ground = Ground {
        issuer_name: (*issuer_name).to_owned(),
        kid: kid.to_owned(),
        key: issuer_keys::key(means, issuer, kid, problems).await?,
    };
    let token_digest = token_digest(token);
    let basis = Basis {
        versioned,
        token,
        token_digest: &token_digest,
        ground: &ground,
    };
    if means.cache == Cache::Used {
        match remembered::in_pop(means, basis).await {
            Ok(Some(outcome)) => return known(outcome, Source::Pop),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    let verifying = usable(means, &ground, issuer)?;
    let outcome = match verify((token, &token_digest), unverified, verifying, &alike, means.now) {
        Ok(claims) => Outcome::Known(Arc::new(claims)),
        // Of several issuers one may say no for ever and another for now; the signature is the same for all.
        Err(refusal) if refusal.is_final() && (alike.len() == 1 || refusal == TokenRefusal::SignatureInvalid) => {
            Outcome::Refused(refusal)
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let life_s = remembered::life_s(&outcome, versioned, means.now);
    if life_s > 0 {
        remembered::keep(means.sandbox, basis, &outcome, means.now.plus_s(life_s));
        if means.cache == Cache::Used {
            let written = remembered::remember(means, basis, &outcome, life_s).await;
            problems.extend(written.err());
        }
    }
    known(outcome, Source::Verified)
}

fn known(outcome: Outcome, source: Source) -> Result<Known, Rejection> {
    match outcome {
        Outcome::Known(claims) => Ok(Known { claims, source }),
        Outcome::Refused(refusal) => Err(refusal.into()),
    }
}

/// The key, ready to verify. One that can't be used is forgotten, so that one that was mended is read at once.
fn usable<'g, H: Host>(
    means: Means<'_, H>,
    ground: &'g Ground,
    issuer: &Issuer,
) -> Result<&'g VerifyingKey, Rejection> {
    let key: &'g Arc<StoredKey> = &ground.key;
    key.key().map_err(|why| {
        issuer_keys::forget(means, issuer, &ground.kid);
        Rejection::Misconfigured(format!("a stored key of {} can't be used: {why}", issuer.issuer))
    })
}
