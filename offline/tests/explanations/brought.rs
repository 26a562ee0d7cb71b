//! Tokens of every kind that are brought: what can be checked of them here, and what is said of the rest.

use serde_json::{Value, json};
use tollgate::secret::Secret;
use tollgate_offline::{Credential, Question};

use super::{
    credentials::{explained, rehearsal},
    tokens::{jwks, token as token_of},
};
use crate::NOW;

#[test]
fn what_was_brought_and_can_not_be_checked_is_said() {
    let token = |header: Value, iss: &str, more: Value| {
        let mut payload = json!({ "iss": iss, "aud": "api://a", "scope": "a", "exp": 1_795_248_300 });
        payload
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        token_of(&header, &payload)
    };
    let (eddsa, hs256) = (json!({ "alg": "EdDSA", "kid": "k1" }), json!({ "alg": "HS256" }));
    let key = "tgk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let asked = "no issuer is asked about an opaque token here: describe who has it with --claims";
    let bound =
        |how: &str| format!("signature, and whether the client has what the token is bound to, not checked: {how}");
    let jkt = json!({ "cnf": { "jkt": "x" } });
    let x5t = json!({ "cnf": { "x5t#S256": "x" } });
    let rows: [(&str, String, &str, Option<String>); 9] = [
        (
            "shared secret",
            token(hs256.clone(), "https://hs256.example", json!({})),
            "forward orders",
            Some("signature not checked: the secret s256 is not known here".to_owned()),
        ),
        (
            "a secret where there are keys",
            token(hs256.clone(), "https://untyped.example", json!({})),
            "refuse algorithm-not-allowed",
            None,
        ),
        (
            "a key where there is a secret",
            token(eddsa.clone(), "https://hs256.example", json!({})),
            "refuse algorithm-not-allowed",
            None,
        ),
        (
            "tenant",
            token(eddsa.clone(), "https://tenants.example/bb/v2", json!({ "tid": "bb" })),
            "forward orders",
            Some("signature not checked: give --keys tenants=JWKS.json to check it".to_owned()),
        ),
        (
            "bound to a key",
            token(eddsa.clone(), "https://dpop.example", jkt),
            "forward orders",
            Some(bound("give --keys dpop=JWKS.json to check it")),
        ),
        (
            "bound to a certificate",
            token(eddsa.clone(), "https://certificate.example", x5t),
            "forward orders",
            Some(bound("give --keys certificate=JWKS.json to check it")),
        ),
        (
            "bound to nothing",
            token(eddsa.clone(), "https://dpop.example", json!({})),
            "refuse token-not-bound",
            Some("signature not checked: give --keys dpop=JWKS.json to check it".to_owned()),
        ),
        (
            "opaque",
            "some-opaque-token".to_owned(),
            "refuse introspection-unavailable",
            Some(asked.to_owned()),
        ),
        ("no API key", key.to_owned(), "refuse api-key-unknown", None),
    ];
    for (name, token, came, note) in rows {
        let explanation = explained("GET /x/1", Credential::Token(Secret::new(token.clone())), &[]);
        assert_eq!(explanation.decision.came, came, "{name}: {explanation}");
        assert_eq!(explanation.note, note, "{name}");
        assert!(!explanation.to_string().contains(&token), "{name}");
    }
}

#[test]
fn with_keys_what_a_token_is_bound_to_is_asked_for() {
    let mut rehearsal = rehearsal();
    for issuer in ["tenants", "dpop", "certificate", "either"] {
        rehearsal.add_keys(issuer, &jwks()).unwrap();
    }
    let header = json!({ "alg": "EdDSA", "kid": "k1" });
    let of_key = "the token is bound to a key of its client: give its proof with --header 'dpop: PROOF'";
    let of_key_and_nonce =
        "the token is bound to a key of its client, whose proof needs a nonce; the secret nonces is not known here";
    let of_certificate = "the token is bound to a certificate of its client, of which there is none here";
    for (name, more, came, note) in [
        // Its policy says where its keys are, and nothing is fetched.
        (
            "not bound",
            json!({ "iss": "https://tenants.example/aa/v2", "tid": "aa" }),
            "forward orders",
            None,
        ),
        (
            "key",
            json!({ "iss": "https://either.example", "cnf": { "jkt": "x" } }),
            "refuse dpop-proof-missing",
            Some(of_key),
        ),
        (
            "key, and nonces",
            json!({ "iss": "https://dpop.example", "cnf": { "jkt": "x" } }),
            "refuse dpop-proof-missing",
            Some(of_key_and_nonce),
        ),
        (
            "certificate",
            json!({ "iss": "https://certificate.example", "cnf": { "x5t#S256": "x" } }),
            "refuse certificate-wrong",
            Some(of_certificate),
        ),
    ] {
        let mut payload = json!({ "aud": "api://a", "scope": "a", "exp": 1_795_248_300 });
        payload
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let token = token_of(&header, &payload);
        let question = Question {
            credential: Credential::Token(Secret::new(token)),
            ..Question::new("GET /x/1", NOW).unwrap()
        };
        let explanation = rehearsal.explain(&question).unwrap();
        assert_eq!(explanation.decision.came, came, "{name}: {explanation}");
        assert_eq!(explanation.note.as_deref(), note, "{name}");
    }
}
