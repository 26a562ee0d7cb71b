//! Tokens that are brought: verified with their issuer's keys, or signed anew and said to be.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tollgate::secret::Secret;
use tollgate_offline::{Credential, Explanation, Rehearsal};

use crate::{question, rehearsal};

pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn payload() -> Value {
    json!({
        "iss": "https://okta.example", "aud": "api://orders", "sub": "u1", "scope": "orders:read", "tenant": "7",
        "iat": 1_795_247_900, "exp": 1_795_248_300,
    })
}

pub(crate) fn token(header: &Value, payload: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encoded(header), encoded(payload));
    let signature = URL_SAFE_NO_PAD.encode(key().sign(message.as_bytes()).to_bytes());
    format!("{message}.{signature}")
}

pub(crate) fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" })
}

pub(crate) fn jwks() -> String {
    let x = URL_SAFE_NO_PAD.encode(key().verifying_key().to_bytes());
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": x }] }).to_string()
}

pub(crate) fn with_keys() -> Rehearsal {
    let mut rehearsal = rehearsal();
    assert_eq!(rehearsal.add_keys("okta", &jwks()).unwrap(), Vec::<String>::new());
    rehearsal
}

pub(crate) fn asked(rehearsal: &Rehearsal, token: String) -> Explanation {
    let credential = Credential::Token(Secret::new(token));
    rehearsal.explain(&question("GET /orders/7", credential)).unwrap()
}

#[test]
fn with_keys_signatures_are_checked_and_without_they_are_not() {
    let changed = |name: &str, value: Value| {
        let mut payload = payload();
        payload[name] = value;
        payload
    };
    let mut forged = token(&header(), &payload());
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    let (rs256, none) = (
        json!({ "alg": "RS256", "kid": "k9" }),
        json!({ "alg": "none", "kid": "k1" }),
    );
    let other = changed("iss", json!("https://other.example"));
    let partner = changed("iss", json!("https://partner.example"));
    for (name, token, with, without) in [
        (
            "good",
            token(&header(), &payload()),
            "forward orders",
            Some("forward orders"),
        ),
        ("forged", forged, "refuse signature-invalid", Some("forward orders")),
        (
            "another key",
            token(&rs256, &payload()),
            "refuse key-unknown",
            Some("forward orders"),
        ),
        (
            "expired",
            token(&header(), &changed("exp", json!(1_795_240_000))),
            "refuse token-expired",
            Some("refuse token-expired"),
        ),
        (
            "not signed",
            token(&none, &payload()),
            "refuse algorithm-not-allowed",
            None,
        ),
        (
            "no kid",
            token(&json!({ "alg": "EdDSA" }), &payload()),
            "refuse key-unknown",
            None,
        ),
        ("no JWT", "x".to_owned(), "refuse token-malformed", None),
        ("four parts", "a.b.c.d".to_owned(), "refuse token-malformed", None),
        (
            "unknown issuer",
            token(&header(), &other),
            "refuse issuer-unknown",
            None,
        ),
    ] {
        assert_eq!(
            asked(&with_keys(), token.clone()).decision.came,
            with,
            "{name}, with keys"
        );
        assert_eq!(asked(&with_keys(), token.clone()).note, None, "{name}, with keys");
        let explanation = asked(&rehearsal(), token);
        assert_eq!(explanation.decision.came, without.unwrap_or(with), "{name}, without");
        let note = without.map(|_| "signature not checked: give --keys okta=JWKS.json to check it");
        assert_eq!(explanation.note.as_deref(), note, "{name}, without");
    }
    let partner = asked(&with_keys(), token(&header(), &partner));
    assert_eq!(
        partner.decision.came, "refuse client-not-allowed",
        "another issuer's keys are none of its own"
    );
    assert!(partner.note.is_some());
}

#[test]
fn keys_that_can_not_be_used_are_errors() {
    assert!(rehearsal().add_keys("nobody", "{}").is_err());
    assert!(rehearsal().add_keys("okta", r#"{"keys":[]}"#).is_err());
}
