//! The gateway's own verdict, by the steps that it takes itself: form, header, candidates, key, verification.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tollgate::{
    identity::{
        algorithm::Algorithm,
        credential::{TOKEN_BYTES_MAX, check_form},
        keys::{VerifyingKey, usable},
        token::Unverified,
        verify::{check_candidates, token_digest, verify},
    },
    policy::issuer::{HmacAlgorithm, Issuer, SharedSecret, Types, Vouching},
    rejection::TokenRefusal,
    secret::Secret,
    time::UnixSeconds,
};

use crate::question::Question;

/// Judges a token at the time `now`.
///
/// # Errors
/// Why the gateway refuses it.
pub fn judge(question: &Question, now: UnixSeconds) -> Result<(), TokenRefusal> {
    if question.token.len() > TOKEN_BYTES_MAX {
        return Err(TokenRefusal::TooLong);
    }
    let token = Secret::new(question.token.clone());
    check_form(&token)?;
    let unverified = Unverified::read(&token)?;
    let issuer = issuer(question);
    if !issuer.takes(&unverified.unverified_issuer, unverified.unverified_tenant.as_deref()) {
        return Err(TokenRefusal::IssuerUnknown);
    }
    let candidates = [("peer", &issuer)];
    check_candidates(&unverified, &candidates)?;
    let key = key(question, unverified.unverified_kid.as_deref())?;
    let digest = token_digest(&token);
    verify((&token, &digest), &unverified, &key, &candidates, now).map(|_| ())
}

/// The issuer as a policy would have it.
fn issuer(question: &Question) -> Issuer {
    let plain = Issuer::plain(&question.issuer, &[&question.audience]);
    let vouching = match shared(&question.algorithm) {
        None => plain.vouching.clone(),
        Some(algorithm) => Vouching::Secret(SharedSecret {
            name: "shared".to_owned(),
            algorithm,
        }),
    };
    let types = Types {
        jwt: question.typ == "JWT",
        at_jwt: question.typ == "at+jwt",
        absent: false,
    };
    Issuer {
        types,
        vouching,
        ..plain
    }
}

fn key(question: &Question, kid: Option<&str>) -> Result<VerifyingKey, TokenRefusal> {
    let found = match (&question.secret, shared(&question.algorithm), &question.jwks, kid) {
        (Some(secret), Some(algorithm), None, _) => URL_SAFE_NO_PAD
            .decode(secret)
            .ok()
            .and_then(|secret| VerifyingKey::shared(&secret, algorithm).ok()),
        (None, None, Some(jwks), Some(kid)) => usable(&jwks.to_string())
            .ok()
            .and_then(|set| set.keys.into_iter().find(|(own, _)| own == kid))
            .and_then(|(own, jwk)| VerifyingKey::from_jwk(&jwk, &own).ok()),
        _ => None,
    };
    found.ok_or(TokenRefusal::KeyUnknown)
}

fn shared(algorithm: &str) -> Option<HmacAlgorithm> {
    let all = [HmacAlgorithm::Hs256, HmacAlgorithm::Hs384, HmacAlgorithm::Hs512];
    all.into_iter()
        .find(|shared| Algorithm::from(*shared).name() == algorithm)
}
