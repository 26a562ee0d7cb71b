//! Verification, in the order of RFC 7519 section 7.2 and RFC 8725 section 3.
//!
//! Promises: a [`Verified`] is made here and nowhere else: by [`verify`], or from what [`verify`] gave before and the
//! gateway remembered. The steps:
//!
//! 1. The token has three parts and a JSON header that names an accepted algorithm ([`crate::identity::token`]).
//! 2. The key was found by issuer and `kid`; its algorithm is the header's, or the token is refused.
//! 3. The signature verifies over the bytes that came.
//! 4. Only now the payload is read: `iss`, `aud`, `exp` (required), `nbf`, `iat`.
//!
//! Left out: encrypted tokens (refused as malformed in step 1), nested tokens, and replay checks by `jti`.

use jwt_simple::{
    JWTError,
    prelude::{
        Audiences, Duration, ECDSAP256PublicKeyLike, EdDSAPublicKeyLike, JWTClaims, RSAPublicKeyLike, UnixTimeStamp,
        VerificationOptions,
    },
};
use serde::Deserialize;

use crate::{
    digest,
    identity::{
        claims::Claims,
        credential::{TOKEN_BYTES_MAX, Token},
        keys::VerifyingKey,
        token::Unverified,
    },
    policy::site::Issuer,
    rejection::TokenRefusal,
    time::UnixSeconds,
};

/// The most scopes and audiences that are taken from one token.
const LIST_ITEMS_MAX: usize = 256;

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

    /// As if it had been verified, for tests of what comes after.
    #[cfg(test)]
    pub(crate) fn for_tests(value: T) -> Self {
        Self(value)
    }
}

/// The claims that the library does not name.
#[derive(Deserialize)]
struct OtherClaims {
    client_id: Option<String>,
    azp: Option<String>,
    cid: Option<String>,
    scope: Option<String>,
    scp: Option<OneOrMore>,
}

/// `scp` is a list at some providers and spaced text at others.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    Text(String),
    List(Vec<String>),
}

/// Verifies a token, given with its digest, with the key that its header named and whose issuer's rules are `issuer`.
///
/// # Errors
/// The first step that failed.
pub fn verify(
    (token, token_digest): (&Token, &str),
    unverified: &Unverified,
    key: &VerifyingKey,
    (issuer_name, issuer): (&str, &Issuer),
    now: UnixSeconds,
) -> Result<Verified<Claims>, TokenRefusal> {
    if key.algorithm() != unverified.algorithm {
        return Err(TokenRefusal::AlgorithmNotAllowed);
    }
    let signed = signed_claims(token, key)?;
    let issuer_text = signed.issuer.ok_or(TokenRefusal::IssuerUnknown)?;
    if issuer_text != issuer.issuer {
        return Err(TokenRefusal::IssuerUnknown);
    }
    let claims = Claims {
        issuer_name: issuer_name.to_owned(),
        issuer: issuer_text,
        subject: signed.subject,
        audience: audience(signed.audiences)?,
        expires_at: signed.expires_at.map(seconds).ok_or(TokenRefusal::ExpiryMissing)?,
        not_before: signed.invalid_before.map(seconds),
        issued_at: signed.issued_at.map(seconds),
        client: signed.custom.client_id.or(signed.custom.azp).or(signed.custom.cid),
        scopes: scopes(signed.custom.scope, signed.custom.scp)?,
        kid: unverified.unverified_kid.clone(),
        token_digest: token_digest.to_owned(),
    };
    claims.check_audience(issuer)?;
    claims.check_times(now, issuer.leeway_s)?;
    Ok(Verified(claims))
}

/// The digest that stands for a token in logs and cache keys.
#[must_use]
pub fn token_digest(token: &Token) -> String {
    digest::of("tollgate token", &[token.expose().as_bytes()])
}

/// Step 3 and the parsing of step 4, by `jwt-simple`.
fn signed_claims(token: &Token, key: &VerifyingKey) -> Result<JWTClaims<OtherClaims>, TokenRefusal> {
    // The library's own checks of time can't fail with these options: they have no separate refusals for what we tell
    // apart, and remembered claims need the same checks again. `Claims::check_times` makes them, with our clock.
    let options = VerificationOptions {
        accept_future: true,
        artificial_time: Some(UnixTimeStamp::from_secs(0)),
        time_tolerance: Some(Duration::from_secs(0)),
        max_token_length: Some(TOKEN_BYTES_MAX),
        ..VerificationOptions::default()
    };
    let text = token.expose();
    let result = match key {
        VerifyingKey::Rs256(key) => key.verify_token(text, Some(options)),
        VerifyingKey::Es256(key) => key.verify_token(text, Some(options)),
        VerifyingKey::EdDsa(key) => key.verify_token(text, Some(options)),
    };
    result.map_err(|why| match why.downcast_ref::<JWTError>() {
        Some(JWTError::InvalidSignature | JWTError::InvalidAuthenticationTag) => TokenRefusal::SignatureInvalid,
        Some(JWTError::AlgorithmMismatch) => TokenRefusal::AlgorithmNotAllowed,
        Some(JWTError::NotJWT) => TokenRefusal::TypeNotAllowed,
        Some(JWTError::TokenTooLong) => TokenRefusal::TooLong,
        // A signature of the wrong length is an error of the curve's own library.
        Some(_) => TokenRefusal::Malformed,
        None if why.is::<serde_json::Error>() => TokenRefusal::Malformed,
        None => TokenRefusal::SignatureInvalid,
    })
}

fn seconds(time: UnixTimeStamp) -> UnixSeconds {
    UnixSeconds(time.as_secs())
}

fn audience(audiences: Option<Audiences>) -> Result<Vec<String>, TokenRefusal> {
    let list: Vec<String> = match audiences {
        None => Vec::new(),
        Some(Audiences::AsString(one)) => vec![one],
        Some(Audiences::AsSet(set)) => set.into_iter().collect(),
    };
    bounded(list)
}

fn scopes(scope: Option<String>, scp: Option<OneOrMore>) -> Result<Vec<String>, TokenRefusal> {
    let spaced = |text: String| {
        text.split(' ')
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect()
    };
    bounded(match (scope, scp) {
        (Some(text), _) | (None, Some(OneOrMore::Text(text))) => spaced(text),
        (None, Some(OneOrMore::List(list))) => list,
        (None, None) => Vec::new(),
    })
}

fn bounded(mut list: Vec<String>) -> Result<Vec<String>, TokenRefusal> {
    if list.len() > LIST_ITEMS_MAX {
        return Err(TokenRefusal::Malformed);
    }
    list.sort_unstable();
    Ok(list)
}

#[cfg(test)]
mod tests;
