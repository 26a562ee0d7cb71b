//! The way from a request to a verified caller.
//!
//! Promises: one credential, of one kind, which its form and the policy tell: nothing that a token says chooses how it is
//! verified, and what fails as one kind is not tried as another. What is missing or malformed in a store is told apart
//! from what is wrong with the token: the former is ours to mend (503), the latter the caller's (401).

use std::sync::Arc;

use crate::{
    digest,
    host::{CacheKey, Freshness, Host},
    identity::{
        api_key::{self, ApiKey},
        api_keys,
        claims::Claims,
        credential::{Token, check_form},
        introspected::introspected,
        introspection::Question,
        means::Means,
        origin::{Cache, Source},
        outcome::{Known, Outcome, Remembered},
        presented::{Presented, presented},
        signed,
        token::{Unverified, is_signed},
        verify::{Verified, token_digest},
    },
    policy::{
        issuer::{Introspection, Issuer, Vouching},
        route::Asked,
        site::{Settings, route::Place},
    },
    rejection::{Rejection, TokenRefusal},
    sandbox::policies::Versioned,
    secret::Secret,
    time::UnixSeconds,
};

/// A caller who is known, and the credential that made them so.
#[derive(Debug)]
pub struct Identified {
    /// Who it is.
    pub known: Known,
    /// The credential.
    pub presented: Presented,
}

/// Finds out who asks, by the credential at one of `places`.
///
/// # Errors
/// Why no caller is known: a refusal of the credential, or a fault of what it is verified with.
pub async fn identify<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    (asked, places): (&Asked<'_>, &[Place]),
    problems: &mut Vec<String>,
) -> Result<Identified, Rejection> {
    let presented = presented(asked, places)?;
    let known = known(means, versioned, &presented.token, problems).await?;
    Ok(Identified { known, presented })
}

async fn known<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    token: &Token,
    problems: &mut Vec<String>,
) -> Result<Known, Rejection> {
    if let Some(known) = signed::remembered(means, versioned, token, problems).await? {
        return Ok(known);
    }
    // Before anything is hashed or looked up: what no one could vouch for ends here.
    check_form(token)?;
    let settings = versioned.index.settings();
    match kind(token, settings)? {
        Kind::ApiKey(key) => of_api_key(means, versioned, (token, &key), problems).await,
        Kind::Opaque(issuer) => of_opaque(means, versioned, (token, issuer), problems).await,
        Kind::Signed(unverified) => {
            let candidates =
                settings.issuers_of(&unverified.unverified_issuer, unverified.unverified_tenant.as_deref());
            match candidates.first() {
                None => Err(TokenRefusal::IssuerUnknown.into()),
                Some((name, issuer)) => match &issuer.vouching {
                    // Its issuer wants to be asked, whatever the token looks like.
                    Vouching::Introspection(introspection) => {
                        of_opaque(means, versioned, (token, (name, issuer, introspection)), problems).await
                    }
                    _ => signed::verified(means, versioned, (token, &unverified), &candidates, problems).await,
                },
            }
        }
    }
}

/// What a token is, by its form.
enum Kind<'a> {
    ApiKey(ApiKey),
    Signed(Unverified),
    Opaque((&'a str, &'a Issuer, &'a Introspection)),
}

fn kind<'a>(token: &Token, settings: &'a Settings) -> Result<Kind<'a>, Rejection> {
    if token.expose().starts_with(api_key::PREFIX) {
        let key = ApiKey::parse(token).ok_or(TokenRefusal::ApiKeyUnknown)?;
        return Ok(Kind::ApiKey(key));
    }
    let mut introspecting = settings
        .issuers
        .iter()
        .filter_map(|(name, issuer)| match &issuer.vouching {
            Vouching::Introspection(introspection) => Some((name.as_str(), issuer, introspection)),
            Vouching::Keys(_) | Vouching::Secret(_) | Vouching::ApiKeys => None,
        });
    match introspecting.next() {
        Some(issuer) if !is_signed(token) => Ok(Kind::Opaque(issuer)),
        _ => Ok(Kind::Signed(Unverified::read(token)?)),
    }
}

async fn of_opaque<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    (token, (issuer_name, issuer, introspection)): (&Token, (&str, &Issuer, &Introspection)),
    problems: &mut Vec<String>,
) -> Result<Known, Rejection> {
    let token_digest = token_digest(token);
    let question = Question {
        issuer_name,
        issuer,
        introspection,
        token_digest: &token_digest,
    };
    let told = introspected(
        (means.host, means.cache),
        &versioned.version,
        (question, token),
        means.now,
    )
    .await?;
    problems.extend(told.problem);
    let claims = Arc::new(Verified::vouched(told.claims));
    keep(means, versioned, token, &claims, told.until);
    Ok(Known {
        claims,
        source: told.source,
    })
}

/// The owner of an API key: as the POP remembers them, else as the KV store has them.
async fn of_api_key<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    (token, key): (&Token, &ApiKey),
    problems: &mut Vec<String>,
) -> Result<Known, Rejection> {
    let token_digest = token_digest(token);
    let name = [versioned.version.as_bytes(), token_digest.as_bytes()];
    let name = CacheKey(digest::of("tollgate api key claims", &name));
    let in_pop = match means.cache {
        Cache::Used => means
            .host
            .recall(&name)
            .await
            .map_err(|fault| problems.push(fault.0))
            .ok()
            .flatten(),
        Cache::LeftAlone => None,
    };
    let remembered = in_pop.and_then(|value| serde_json::from_slice::<Claims>(value.expose()).ok());
    let life_s = api_key::BELIEVED_S.min(versioned.index.settings().remember_s);
    let (claims, source) = match remembered.filter(|claims| claims.expires_at > means.now) {
        Some(claims) => (Arc::new(Verified::remembered(claims)), Source::Pop),
        None => {
            let issuers = &versioned.index.settings().issuers;
            let claims = api_keys::look_up(means.host, issuers, (key, &token_digest), means.now).await?;
            let claims = Arc::new(Verified::vouched(claims));
            if means.cache == Cache::Used && life_s > 0 {
                problems.extend(remember(means.host, &name, claims.get(), life_s).await.err());
            }
            (claims, Source::Stored)
        }
    };
    keep(
        means,
        versioned,
        token,
        &claims,
        means.now.plus_s(life_s).min(claims.get().expires_at),
    );
    Ok(Known { claims, source })
}

async fn remember<H: Host>(host: &H, name: &CacheKey, claims: &Claims, life_s: u64) -> Result<(), String> {
    let value = Secret::new(serde_json::to_vec(claims).map_err(|why| why.to_string())?);
    let freshness = Freshness {
        fresh_s: life_s,
        stale_s: 0,
    };
    let purged_by = crate::identity::remembered::purged_by(claims);
    let written = host.remember(name, &value, freshness, &purged_by).await;
    written.map_err(|fault| fault.0)
}

/// Keeps claims that rest on no key in the sandbox's memory.
fn keep<H: Host>(
    means: Means<'_, H>,
    versioned: &Versioned,
    token: &Token,
    claims: &Arc<Verified<Claims>>,
    until: UnixSeconds,
) {
    if until > means.now {
        let remembered = Remembered {
            outcome: Outcome::Known(Arc::clone(claims)),
            ground: None,
        };
        means.sandbox.keep_token(&versioned.version, token, remembered, until);
    }
}
