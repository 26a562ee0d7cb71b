//! Members that come twice: two parsers may each take another of them (RFC 7519 section 4).

use jwt_simple::algorithms::{Ed25519KeyPair, EdDSAKeyPairLike as _};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Value, json};

use super::*;

/// Claims written in this order, with members that may come twice.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Members(Vec<(String, Value)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    let pair = Ed25519KeyPair::generate().with_key_id("twice");
    let public = VerifyingKey::EdDsa(Box::new(pair.public_key()));
    let judged = |twice: Option<(&str, Value)>| {
        let once = [
            ("iss", json!(ISSUER)),
            ("sub", json!("u1")),
            ("aud", json!("api://orders")),
            ("exp", json!(NOW + 300)),
            ("nbf", json!(NOW)),
            ("iat", json!(NOW)),
            ("scope", json!("orders:read")),
        ];
        let members = once
            .into_iter()
            .chain(twice)
            .map(|(name, value)| (name.to_owned(), value));
        let claims = JWTClaims {
            issued_at: None,
            expires_at: None,
            invalid_before: None,
            issuer: None,
            subject: None,
            audiences: None,
            jwt_id: None,
            nonce: None,
            custom: Members(members.collect()),
        };
        judge_with(&pair.sign(claims).unwrap(), |kid| {
            (kid == "twice").then(|| public.clone())
        })
        .map(drop)
    };
    assert_eq!(judged(None), Ok(()));
    for (name, value) in [
        ("iss", json!(ISSUER)),
        ("sub", json!("admin")),
        ("aud", json!("api://else")),
        ("exp", json!(u32::MAX)),
        ("nbf", json!(0)),
        ("iat", json!(0)),
        ("scope", json!("admin")),
    ] {
        assert_eq!(judged(Some((name, value))), Err(TokenRefusal::Malformed), "{name}");
    }
}
