//! The caller's claims, and what an issuer's tokens must have (RFC 7519 section 4.1, RFC 9068 section 2.2).

use serde_json::{Value, json};

use crate::tokens::{Group, bench::Bench, passes, refused};

fn subject(bench: &Bench, subject: impl Into<Value>) -> String {
    bench.token().claim("sub", subject).build()
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("no subject", |bench| bench.token().without("sub").build()),
        ("an empty subject", |bench| subject(bench, "")),
        ("a subject with a line end", |bench| {
            subject(bench, "u1\r\nX-Tollgate-Issuer: root")
        }),
        ("a subject with NUL", |bench| subject(bench, "u1\0")),
        ("a subject of all scripts", |bench| {
            subject(bench, "jürgen@例え.example, \"🦀\"")
        }),
        ("a long subject", |bench| subject(bench, "u".repeat(500))),
        ("a token's id", |bench| bench.token().claim("jti", "t-1").build()),
        ("a nonce", |bench| bench.token().claim("nonce", "n-1").build()),
        ("client_id beside azp and cid", |bench| {
            let token = bench.token().claim("client_id", "app");
            token.claim("azp", "other").claim("cid", "third").build()
        }),
        ("an address as an object", |bench| {
            bench.token().claim("address", json!({ "country": "NZ" })).build()
        }),
        ("null where nobody reads", |bench| {
            bench.token().claim("name", Value::Null).build()
        }),
        // Seven are there already.
        ("256 claims", |bench| bench.token().more_claims(249).build()),
    ]),
    refused(
        "token-malformed",
        &[
            ("subject is a number", |bench| subject(bench, 1)),
            ("subject is null", |bench| subject(bench, Value::Null)),
            ("subject is true", |bench| subject(bench, true)),
            ("subject is a list", |bench| subject(bench, json!(["u1"]))),
            ("subject is an object", |bench| subject(bench, json!({ "id": "u1" }))),
            ("jti is a number", |bench| bench.token().claim("jti", 1).build()),
            ("jti is null", |bench| bench.token().claim("jti", Value::Null).build()),
            ("jti is a list", |bench| {
                bench.token().claim("jti", json!(["t-1"])).build()
            }),
            ("client_id is a number", |bench| {
                bench.token().claim("client_id", 1).build()
            }),
            ("azp is a list", |bench| {
                bench.token().claim("azp", json!(["app"])).build()
            }),
            ("cid is an object", |bench| {
                bench.token().claim("cid", json!({})).build()
            }),
            ("257 claims", |bench| bench.token().more_claims(250).build()),
            ("400 claims more", |bench| bench.token().more_claims(400).build()),
        ],
    ),
    refused(
        "issuer-claim-wrong",
        &[
            ("without what a partner's tokens must say", |bench| {
                bench.of_partner().without("token_use").build()
            }),
            ("another use", |bench| {
                bench.of_partner().claim("token_use", "id").build()
            }),
            ("the use in another case", |bench| {
                bench.of_partner().claim("token_use", "Access").build()
            }),
            ("the use is a number", |bench| {
                bench.of_partner().claim("token_use", 1).build()
            }),
            ("the use is null", |bench| {
                bench.of_partner().claim("token_use", Value::Null).build()
            }),
            ("the use is an object", |bench| {
                bench.of_partner().claim("token_use", json!({ "access": true })).build()
            }),
        ],
    ),
];
