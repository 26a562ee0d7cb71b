//! `typ` (RFC 7515 section 4.1.9, RFC 8725 section 3.11, RFC 9068 section 2.1).

use serde_json::{Value, json};

use crate::tokens::{Group, passes, refused};

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("typ JWT", |bench| bench.token().header("typ", "JWT").build()),
        ("typ jwt", |bench| bench.token().header("typ", "jwt").build()),
        ("typ at+jwt", |bench| bench.token().header("typ", "at+jwt").build()),
        ("typ AT+JWT", |bench| bench.token().header("typ", "AT+JWT").build()),
        ("typ application/at+jwt", |bench| {
            bench.token().header("typ", "application/at+jwt").build()
        }),
        ("no typ", |bench| bench.token().without_header("typ").build()),
        ("the one typ of an issuer, with the claim that it asks for", |bench| {
            bench.of_partner().build()
        }),
    ]),
    refused(
        "type-not-allowed",
        &[
            ("typ of a logout token", |bench| {
                bench.token().header("typ", "logout+jwt").build()
            }),
            ("typ of a DPoP proof", |bench| {
                bench.token().header("typ", "dpop+jwt").build()
            }),
            ("typ of a security event", |bench| {
                bench.token().header("typ", "secevent+jwt").build()
            }),
            ("typ of a request", |bench| {
                bench.token().header("typ", "oauth-authz-req+jwt").build()
            }),
            ("typ of a key binding", |bench| {
                bench.token().header("typ", "kb+jwt").build()
            }),
            ("typ JWS", |bench| bench.token().header("typ", "JWS").build()),
            ("typ JOSE", |bench| bench.token().header("typ", "JOSE").build()),
            ("an empty typ", |bench| bench.token().header("typ", "").build()),
            ("a space after typ", |bench| bench.token().header("typ", "JWT ").build()),
            ("a parameter after typ", |bench| {
                bench.token().header("typ", "at+jwt; v=1").build()
            }),
            ("NUL after typ", |bench| bench.token().header("typ", "JWT\0").build()),
            ("a typ that the issuer does not take", |bench| {
                bench.of_partner().header("typ", "JWT").build()
            }),
            ("no typ where the issuer takes one", |bench| {
                bench.of_partner().without_header("typ").build()
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("typ is a number", |bench| bench.token().header("typ", 1).build()),
            ("typ is null", |bench| bench.token().header("typ", Value::Null).build()),
            ("typ is a list", |bench| {
                bench.token().header("typ", json!(["JWT"])).build()
            }),
        ],
    ),
];
