//! Verification, in the order of RFC 7519 section 7.2 and RFC 8725 section 3.
//!
//! Promises: a [`Verified`] is made here and nowhere else: by [`verify`], or from what [`verify`] gave before and the
//! gateway remembered. The steps:
//!
//! 1. The token has three parts and a JSON header that names an accepted algorithm ([`crate::identity::token`]).
//! 2. The key was found by issuer and `kid`; its algorithm is the header's, or the token is refused.
//! 3. The signature verifies over the bytes that came ([`VerifyingKey::verifies`]).
//! 4. Only now the payload is read: `iss`, `aud`, `exp` (required), `nbf`, `iat`.
//!
//! Left out: encrypted tokens (refused as malformed in step 1), nested tokens, and replay checks by `jti`.

use std::{collections::BTreeSet, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use crate::{
    digest,
    identity::{
        asked::{AskedClaims, Json, asked},
        claims::Claims,
        credential::{TOKEN_BYTES_MAX, Token},
        keys::VerifyingKey,
        token::{Unverified, json},
    },
    policy::issuer::Issuer,
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

/// What is read of the payload. None of these may come twice; all others are passed over.
#[derive(Deserialize)]
struct Payload {
    iss: Option<String>,
    sub: Option<String>,
    #[serde(default, deserialize_with = "audience")]
    aud: Vec<String>,
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<UnixSeconds>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<UnixSeconds>,
    #[serde(default, deserialize_with = "seconds")]
    iat: Option<UnixSeconds>,
    client_id: Option<String>,
    azp: Option<String>,
    cid: Option<String>,
    scope: Option<String>,
    scp: Option<OneOrMore>,
    // Never used, but neither may come twice or be anything but text.
    #[serde(rename = "jti")]
    _jti: Option<String>,
    #[serde(rename = "nonce")]
    _nonce: Option<String>,
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
    let signed_payload = signed_payload(token.expose(), key)?;
    let signed: Payload = json(signed_payload, TOKEN_BYTES_MAX)?;
    let signed_asked = match issuer.asked.is_empty() {
        true => AskedClaims::default(),
        false => asked(&json::<Json>(signed_payload, TOKEN_BYTES_MAX)?, issuer)?,
    };
    let issuer_text = signed.iss.ok_or(TokenRefusal::IssuerUnknown)?;
    if issuer_text != issuer.issuer {
        return Err(TokenRefusal::IssuerUnknown);
    }
    let claims = Claims {
        issuer_name: issuer_name.to_owned(),
        issuer: issuer_text,
        subject: signed.sub,
        audience: bounded(signed.aud)?,
        expires_at: signed.exp.ok_or(TokenRefusal::ExpiryMissing)?,
        not_before: signed.nbf,
        issued_at: signed.iat,
        client: signed.client_id.or(signed.azp).or(signed.cid),
        scopes: scopes(signed.scope, signed.scp)?,
        roles: signed_asked.roles,
        groups: signed_asked.groups,
        asked: signed_asked.others,
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

/// Step 3: the payload as it came, with a signature that verifies behind it.
fn signed_payload<'t>(token: &'t str, key: &VerifyingKey) -> Result<&'t str, TokenRefusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenRefusal::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenRefusal::Malformed)?;
    let (_, payload) = message.split_once('.').ok_or(TokenRefusal::Malformed)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| TokenRefusal::SignatureInvalid)?;
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(TokenRefusal::SignatureInvalid);
    }
    Ok(payload)
}

/// A `NumericDate` (RFC 7519 section 2): whole seconds, where a fraction is cut off. `null` is not one.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UnixSeconds>, D::Error> {
    struct Seconds;
    impl Visitor<'_> for Seconds {
        type Value = UnixSeconds;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a time in seconds")
        }

        fn visit_u64<E: Error>(self, whole: u64) -> Result<UnixSeconds, E> {
            Ok(UnixSeconds(whole))
        }

        fn visit_f64<E: Error>(self, fraction: f64) -> Result<UnixSeconds, E> {
            Ok(UnixSeconds(fraction as u64))
        }
    }
    deserializer.deserialize_any(Seconds).map(Some)
}

/// One audience as text or several as a list, each once; `null` is neither.
fn audience<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Several(BTreeSet<String>),
    }
    Ok(match Audience::deserialize(deserializer)? {
        Audience::One(one) => vec![one],
        Audience::Several(several) => several.into_iter().collect(),
    })
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
