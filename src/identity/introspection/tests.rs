//! Tests of the question to an issuer.

mod answers;

use super::*;
use crate::{policy::issuer::Vouching, rejection::TokenRefusal, upstream::send::Endpoint};

pub(in crate::identity) fn introspection(remember_s: u32) -> Introspection {
    Introspection {
        endpoint: Endpoint::parse("https://idp.example").unwrap(),
        target: "/oauth2/introspect?v=1".to_owned(),
        client: "edge gateway".to_owned(),
        secret: "okta-client".to_owned(),
        remember_s,
    }
}

pub(in crate::identity) fn issuer(introspection: &Introspection) -> Issuer {
    Issuer {
        vouching: Vouching::Introspection(introspection.clone()),
        ..Issuer::plain("https://idp.example", &["api://orders"])
    }
}

#[test]
fn the_question_is_this_message() {
    let introspection = introspection(60);
    let issuer = issuer(&introspection);
    let question = Question {
        issuer_name: "okta",
        issuer: &issuer,
        introspection: &introspection,
        token_digest: "digest",
    };
    let token = Secret::new("mF_9.B5f-4.1JqM".to_owned());
    // "edge+gateway:" and the secret, form-encoded each.
    for (name, secret, expected) in [
        ("plain", "secret", "edge+gateway:secret"),
        ("a line end is none of it", "secret\r\n", "edge+gateway:secret"),
        ("only one", "secret\n\n", "edge+gateway:secret%0A"),
        ("a colon", "a:b", "edge+gateway:a%3Ab"),
        ("what forms encode", "p&=%+ ä~", "edge+gateway:p%26%3D%25%2B+%C3%A4%7E"),
    ] {
        let secret = Secret::new(secret.as_bytes().to_vec());
        let call = call(question, &token, &secret).unwrap();
        let expected_authorization = format!("Basic {}", STANDARD.encode(expected));
        let authorization = call.authorization.as_ref().map(|value| value.expose().as_str());
        assert_eq!(authorization, Some(expected_authorization.as_str()), "{name}");
        let Ask::Form(form) = &call.ask else {
            panic!("{name}: no form");
        };
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.expose().as_str()))
            .collect();
        assert_eq!(
            form,
            [("token", "mF_9.B5f-4.1JqM"), ("token_type_hint", "access_token")],
            "{name}"
        );
        assert_eq!(call.target, "/oauth2/introspect?v=1");
        assert_eq!(
            call.destination,
            Destination {
                name: "okta_introspection".to_owned(),
                endpoint: Endpoint::parse("https://idp.example").unwrap(),
                timeouts: Timeouts {
                    connect_ms: 1_000,
                    first_byte_ms: 3_000,
                    between_bytes_ms: 1_000
                },
            }
        );
        assert_eq!(call.body_bytes_max, 65_536);
        let debug = format!("{call:?}");
        assert!(!debug.contains("mF_9") && !debug.contains("Basic"), "{debug}");
    }
    for empty in ["", "\n"] {
        let empty = Secret::new(empty.as_bytes().to_vec());
        let told = call(question, &token, &empty).map(|_| ());
        let expected = Rejection::Misconfigured("the secret `okta-client` is empty".to_owned());
        assert_eq!(told, Err(expected));
    }
}
