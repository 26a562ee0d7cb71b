//! Tokens spoiled in one thing, and what each is refused for.
//!
//! The tokens are made by another JWT library than the one that verifies them.

mod bounds;
mod callers;
mod candidates;
mod claims;
mod signatures;
mod twice;

use std::sync::OnceLock;

use tollgate_devstack::{
    signing::Algorithm as SigningAlgorithm,
    tokens::{Issuer as Signer, TokenBuilder},
};

use super::*;
use crate::{
    identity::claims::{AskedClaim, Confirmation},
    policy::{issuer::Asked, wanted::Scalar},
    secret::Secret,
};

/// The time at which every token of these tests is judged.
const NOW: u64 = 1_000_000;

const ISSUER: &str = "https://okta.example/oauth2";

/// One change to a good token.
type Change = for<'a> fn(TokenBuilder<'a>) -> TokenBuilder<'a>;

fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(|| Signer::new("okta", ISSUER, "api://orders").unwrap())
}

/// A good token for 300 seconds from [`NOW`].
fn good(algorithm: SigningAlgorithm) -> TokenBuilder<'static> {
    let token = signer().token().algorithm(algorithm);
    token
        .claim("exp", NOW + 300)
        .claim("nbf", NOW)
        .claim("iat", NOW)
        .scope("orders:read")
}

/// What the gateway makes of a token, with the keys of the signer in its store.
fn judge(token: &str) -> Result<Claims, TokenRefusal> {
    judge_with(token, |kid| {
        let key = signer().keys().iter().find(|key| key.kid() == kid)?;
        VerifyingKey::from_jwk(&key.public_jwk().to_string(), kid).ok()
    })
}

fn judge_with(token: &str, stored: impl Fn(&str) -> Option<VerifyingKey>) -> Result<Claims, TokenRefusal> {
    let rules = Issuer {
        asked: [Asked::Roles, Asked::Claim("tenant.id".to_owned())].into(),
        ..Issuer::plain(ISSUER, &["api://orders", "api://other"])
    };
    let token = Secret::new(token.to_owned());
    let unverified = Unverified::read(&token)?;
    let kid = unverified.unverified_kid.as_deref().unwrap_or_default();
    let key = stored(kid).ok_or(TokenRefusal::KeyUnknown)?;
    let digest = token_digest(&token);
    verify(
        (&token, &digest),
        &unverified,
        &key,
        &[("okta", &rules)],
        UnixSeconds(NOW),
    )
    .map(|verified| verified.get().clone())
}

#[test]
fn a_good_token_gives_its_claims() {
    for algorithm in SigningAlgorithm::ALL {
        let token = good(algorithm)
            .claim("client_id", "app")
            .claim("jti", "t1")
            .claim("roles", serde_json::json!(["admin"]));
        let token = token
            .claim("groups", serde_json::json!(["staff"]))
            .claim("tenant", serde_json::json!({ "id": "acme" }));
        let text = token.build().unwrap();
        let claims = judge(&text).unwrap_or_else(|why| panic!("{algorithm:?}: {why:?}"));
        let expected = Claims {
            issuer_name: "okta".to_owned(),
            issuer: ISSUER.to_owned(),
            subject: Some("u1".to_owned()),
            audience: vec!["api://orders".to_owned()],
            expires_at: UnixSeconds(NOW + 300),
            not_before: Some(UnixSeconds(NOW)),
            issued_at: Some(UnixSeconds(NOW)),
            client: Some("app".to_owned()),
            scopes: vec!["orders:read".to_owned()],
            roles: vec!["admin".to_owned()],
            groups: Vec::new(),
            asked: vec![AskedClaim {
                name: "tenant.id".to_owned(),
                values: vec![Scalar::Text("acme".to_owned())],
            }],
            token_id: Some("t1".to_owned()),
            confirmation: Confirmation::default(),
            kid: Some(signer().key(algorithm).kid().to_owned()),
            token_digest: token_digest(&Secret::new(text)),
        };
        assert_eq!(claims, expected, "{algorithm:?}");
    }
}

/// Judges a table of changes, each made to a good token and then signed.
fn judge_all(table: &[(&str, Change, Result<(), TokenRefusal>)]) {
    for (name, change, expected) in table {
        let token = change(good(SigningAlgorithm::Es256)).build().unwrap();
        assert_eq!(judge(&token).map(drop), *expected, "{name}");
    }
}
