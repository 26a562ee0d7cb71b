//! Verification, in the order of RFC 7519 section 7.2 and RFC 8725 section 3.
//!
//! Promises: a [`Verified`] is made here and nowhere else: by [`verify`], or from what [`verify`] gave before and the
//! gateway remembered. The steps:
//!
//! 1. The token has three parts and a JSON header that names a known algorithm ([`crate::identity::token`]).
//! 2. One of the policy's issuers with this `iss` vouches with such an algorithm, and takes the token's type
//!    ([`check_candidates`]).
//! 3. The key was found by issuer and `kid`; its algorithm is the header's, or the token is refused.
//! 4. The signature verifies over the bytes that came ([`VerifyingKey::verifies`]).
//! 5. Only now the payload is read, once. The key may vouch for its issuer.
//! 6. The first issuer of the policy that takes the token whole wins: its type, `iss` and tenant, `aud`, the claims that
//!    all its tokens have, what they are bound to, `exp` (required), `nbf` and `iat`. None lends another what it lacks.
//!
//! Left out: encrypted tokens (refused in step 1), nested tokens, and replay checks by `jti`.

mod payload;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    digest,
    identity::{
        algorithm::Algorithm,
        asked::{asked, fits},
        claims::Claims,
        credential::{TOKEN_BYTES_MAX, Token},
        keys::VerifyingKey,
        token::{Unverified, decoded, parts},
        verify::payload::Signed,
    },
    json::{Bounds, Json},
    policy::issuer::{Bound, Issuer, Vouching},
    rejection::TokenRefusal,
    time::UnixSeconds,
};

/// A value that a verified signature stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// The value.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }

    /// Takes back what was verified before and remembered under a name that only the same token has.
    pub(in crate::identity) fn remembered(value: T) -> Self {
        Self(value)
    }

    /// Claims that the issuer itself, or the gateway's own store of API keys, told for the credential that was asked about.
    pub(in crate::identity) fn vouched(value: T) -> Self {
        Self(value)
    }

    /// As if it had been verified, for tests of what comes after.
    #[cfg(test)]
    pub(crate) fn for_tests(value: T) -> Self {
        Self(value)
    }
}

/// Checks, before anything is looked up, that one of the issuers with the token's `iss` could take it: `candidates` with
/// their policy names, as [`crate::policy::site::Settings::issuers_of`] gives them.
///
/// # Errors
/// [`TokenRefusal::IssuerUnknown`], [`TokenRefusal::AlgorithmNotAllowed`] or [`TokenRefusal::TypeNotAllowed`].
pub fn check_candidates(unverified: &Unverified, candidates: &[(&str, &Issuer)]) -> Result<(), TokenRefusal> {
    let mut furthest = None;
    for (_, issuer) in candidates {
        match check_header(unverified, issuer) {
            Ok(()) => return Ok(()),
            Err(refusal) => furthest = Some(further(furthest, refusal)),
        }
    }
    Err(furthest.map_or(TokenRefusal::IssuerUnknown, |(_, refusal)| refusal))
}

/// Verifies a token, given with its digest, with the key that its header named, for the first of `candidates` that takes
/// it whole: the policy's issuers with the token's `iss`, with their policy names. Those that vouch by a secret must all
/// have the one that `key` is made of.
///
/// # Errors
/// The first step that failed; where there are several candidates, for the one that came furthest.
pub fn verify(
    (token, token_digest): (&Token, &str),
    unverified: &Unverified,
    key: &VerifyingKey,
    candidates: &[(&str, &Issuer)],
    now: UnixSeconds,
) -> Result<Verified<Claims>, TokenRefusal> {
    check_candidates(unverified, candidates)?;
    if key.algorithm() != unverified.algorithm {
        return Err(TokenRefusal::AlgorithmNotAllowed);
    }
    let signed_text = signed_payload(token.expose(), key)?;
    let signed_payload = Json::read(&signed_text, Bounds::CLAIMS).map_err(|_| TokenRefusal::Malformed)?;
    let signed = Signed::read(&signed_payload)?;
    if !key.is_for(signed.issuer, signed.tenant) {
        return Err(TokenRefusal::KeyUnknown);
    }
    let mut furthest = None;
    for (name, issuer) in candidates {
        match taken(unverified, &signed, &signed_payload, issuer, now) {
            Ok(claims) => {
                return Ok(Verified(Claims {
                    issuer_name: (*name).to_owned(),
                    kid: unverified.unverified_kid.clone(),
                    token_digest: token_digest.to_owned(),
                    ..claims
                }));
            }
            Err(refusal) => furthest = Some(further(furthest, refusal)),
        }
    }
    Err(furthest.map_or(TokenRefusal::IssuerUnknown, |(_, refusal)| refusal))
}

/// The digest that stands for a token in logs and cache keys.
#[must_use]
pub fn token_digest(token: &Token) -> String {
    digest::of("tollgate token", &[token.expose().as_bytes()])
}

/// How far a token came with one issuer's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Algorithm,
    Type,
    Issuer,
    Audience,
    Claims,
    Bound,
    Times,
    Asked,
}

type Refusal = (Step, TokenRefusal);

/// Of two refusals the one that came further, and the first where neither did.
fn further(first: Option<Refusal>, second: Refusal) -> Refusal {
    match first {
        Some(first) if first.0 >= second.0 => first,
        _ => second,
    }
}

/// A secret never verifies for an issuer that publishes keys, nor a published key for one that shares a secret: who knows
/// the one would speak for the other (RFC 8725 section 2.1).
fn vouches_with(issuer: &Issuer, algorithm: Algorithm) -> bool {
    match &issuer.vouching {
        Vouching::Keys(_) => !algorithm.is_symmetric(),
        Vouching::Secret(secret) => Algorithm::from(secret.algorithm) == algorithm,
        Vouching::Introspection(_) | Vouching::ApiKeys => false,
    }
}

fn check_header(unverified: &Unverified, issuer: &Issuer) -> Result<(), Refusal> {
    if !vouches_with(issuer, unverified.algorithm) {
        return Err((Step::Algorithm, TokenRefusal::AlgorithmNotAllowed));
    }
    let checked = unverified.check_type(issuer.types);
    checked.map_err(|refusal| (Step::Type, refusal))
}

/// Step 4: the payload, decoded, with a signature that verifies behind it.
fn signed_payload(token: &str, key: &VerifyingKey) -> Result<String, TokenRefusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenRefusal::TooLong);
    }
    let (_, payload, signature) = parts(token)?;
    let (message, _) = token.rsplit_once('.').ok_or(TokenRefusal::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenRefusal::Malformed)?;
    match key.verifies(message.as_bytes(), &signature) {
        true => decoded(payload, TOKEN_BYTES_MAX),
        false => Err(TokenRefusal::SignatureInvalid),
    }
}

/// Step 6, for one issuer of the policy. The claims lack only what does not depend on it.
fn taken(
    unverified: &Unverified,
    signed: &Signed<'_>,
    payload: &Json<'_>,
    issuer: &Issuer,
    now: UnixSeconds,
) -> Result<Claims, Refusal> {
    let at = |step: Step| move |refusal: TokenRefusal| (step, refusal);
    check_header(unverified, issuer)?;
    if !issuer.takes(signed.issuer, signed.tenant) {
        return Err((Step::Issuer, TokenRefusal::IssuerUnknown));
    }
    if !signed.is_for(&issuer.audience) {
        return Err((Step::Audience, TokenRefusal::AudienceWrong));
    }
    for test in &issuer.claims {
        if !fits(payload, test).map_err(at(Step::Claims))? {
            return Err((Step::Claims, TokenRefusal::IssuerClaimWrong));
        }
    }
    check_bound(signed, issuer.bound).map_err(at(Step::Bound))?;
    let expires_at = signed.expires_at.ok_or((Step::Times, TokenRefusal::ExpiryMissing))?;
    let mut claims = signed.claims(expires_at);
    claims.check_times(now, issuer.leeway_s).map_err(at(Step::Times))?;
    if !issuer.asked.is_empty() {
        let asked = asked(payload, issuer).map_err(at(Step::Asked))?;
        (claims.roles, claims.groups, claims.asked) = (asked.roles, asked.groups, asked.others);
    }
    Ok(claims)
}

/// A token that says that it is bound must be bound in a way that can be checked; else it would pass as a bearer token,
/// which its issuer did not mean it to be (RFC 7800 section 3.1).
fn check_bound(signed: &Signed<'_>, asked: Option<Bound>) -> Result<(), TokenRefusal> {
    let (key, certificate) = (signed.key_thumbprint.is_some(), signed.certificate_thumbprint.is_some());
    let bound = match asked {
        None => !signed.is_bound || key || certificate,
        Some(Bound::Dpop) => key,
        Some(Bound::Certificate) => certificate,
        Some(Bound::Either) => key || certificate,
    };
    match bound {
        true => Ok(()),
        false => Err(TokenRefusal::NotBound),
    }
}

#[cfg(test)]
mod tests;
