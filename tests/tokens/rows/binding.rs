//! `cnf`: tokens that are bound to a key or a certificate (RFC 7800, RFC 8705 section 3, RFC 9449 section 6). All come as
//! `Bearer`, over a connection without a client's certificate.

use serde_json::{Value, json};
use tollgate_devstack::signing::Algorithm;

use crate::tokens::{
    Group,
    bench::{Bench, THUMBPRINT},
    refused,
};

fn bound(bench: &Bench, confirmation: Value) -> String {
    bench.token().claim("cnf", confirmation).build()
}

/// A token of an issuer whose tokens must be bound.
fn of(bench: &Bench, name: &str, confirmation: Value) -> String {
    let iss = format!("https://{name}.example");
    bench.of(&iss).claim("cnf", confirmation).build()
}

pub(super) const GROUPS: &[Group] = &[
    refused(
        "dpop-proof-missing",
        &[
            ("bound to a key", |bench| bound(bench, json!({ "jkt": THUMBPRINT }))),
            ("bound to a key, as its issuer wants", |bench| {
                of(bench, "dpop", json!({ "jkt": THUMBPRINT }))
            }),
            ("bound to a key, where either will do", |bench| {
                of(bench, "either", json!({ "jkt": THUMBPRINT }))
            }),
        ],
    ),
    refused(
        "certificate-wrong",
        &[
            ("bound to a certificate", |bench| {
                bound(bench, json!({ "x5t#S256": THUMBPRINT }))
            }),
            ("bound to a certificate, as its issuer wants", |bench| {
                of(bench, "certificate", json!({ "x5t#S256": THUMBPRINT }))
            }),
            ("bound to a certificate, where either will do", |bench| {
                of(bench, "either", json!({ "x5t#S256": THUMBPRINT }))
            }),
        ],
    ),
    refused(
        "token-not-bound",
        &[
            ("bound to a key by name", |bench| bound(bench, json!({ "kid": "k1" }))),
            ("bound to a key that is there whole", |bench| {
                bound(bench, json!({ "jwk": bench.key(Algorithm::Es256).public_jwk() }))
            }),
            ("bound to an encrypted key", |bench| {
                bound(bench, json!({ "jwe": "a.b.c.d.e" }))
            }),
            ("bound to a key at a URL", |bench| {
                bound(bench, json!({ "jku": "https://evil.example" }))
            }),
            ("bound to a certificate by SHA-1", |bench| {
                bound(bench, json!({ "x5t": THUMBPRINT }))
            }),
            ("bound to nothing", |bench| bound(bench, json!({}))),
            ("not bound where a key is wanted", |bench| {
                bench.of("https://dpop.example").build()
            }),
            ("not bound where a certificate is wanted", |bench| {
                bench.of("https://certificate.example").build()
            }),
            ("not bound where either is wanted", |bench| {
                bench.of("https://either.example").build()
            }),
            ("bound to a certificate where a key is wanted", |bench| {
                of(bench, "dpop", json!({ "x5t#S256": THUMBPRINT }))
            }),
            ("bound to a key where a certificate is wanted", |bench| {
                of(bench, "certificate", json!({ "jkt": THUMBPRINT }))
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("cnf is null", |bench| bound(bench, Value::Null)),
            ("cnf is text", |bench| bound(bench, json!(THUMBPRINT))),
            ("cnf is a list", |bench| bound(bench, json!([{ "jkt": THUMBPRINT }]))),
            ("cnf is true", |bench| bound(bench, json!(true))),
            ("jkt is a number", |bench| bound(bench, json!({ "jkt": 1 }))),
            ("jkt is null", |bench| bound(bench, json!({ "jkt": null }))),
            ("x5t#S256 is a list", |bench| {
                bound(bench, json!({ "x5t#S256": [THUMBPRINT] }))
            }),
        ],
    ),
];
