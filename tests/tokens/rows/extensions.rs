//! Header members that change how a token is read, or carry or point to keys (RFC 7515 sections 4.1.2 to 4.1.11, RFC 7797).

use serde_json::{Value, json};
use tollgate_devstack::signing::Algorithm;

use crate::tokens::{Group, passes, refused};

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("jku is not looked at", |bench| {
            bench.token().header("jku", "https://evil.example/jwks").build()
        }),
        ("x5u is not looked at", |bench| {
            bench.token().header("x5u", "https://evil.example/chain").build()
        }),
        ("x5c is not looked at", |bench| {
            bench.token().header("x5c", json!(["AAAA"])).build()
        }),
        ("x5t is not looked at", |bench| {
            bench.token().header("x5t", "AAAA").build()
        }),
        ("x5t#S256 is not looked at", |bench| {
            bench.token().header("x5t#S256", "AAAA").build()
        }),
    ]),
    refused(
        "extension-not-supported",
        &[
            ("crit", |bench| bench.token().header("crit", json!(["exp"])).build()),
            ("crit names something unknown", |bench| {
                bench.token().header("crit", json!(["x"])).header("x", true).build()
            }),
            ("crit is empty", |bench| bench.token().header("crit", json!([])).build()),
            ("crit is null", |bench| {
                bench.token().header("crit", Value::Null).build()
            }),
            ("crit is a text", |bench| bench.token().header("crit", "exp").build()),
            ("crit is false", |bench| bench.token().header("crit", false).build()),
            ("b64 is false", |bench| bench.token().header("b64", false).build()),
            ("b64 is true", |bench| bench.token().header("b64", true).build()),
            ("b64 is null", |bench| bench.token().header("b64", Value::Null).build()),
            ("zip", |bench| bench.token().header("zip", "DEF").build()),
            ("b64 as RFC 7797 has it", |bench| {
                let token = bench.token().header("crit", json!(["b64"]));
                token.header("b64", false).build()
            }),
        ],
    ),
    // What tells a JWE from a JWS (RFC 7516 section 9).
    refused(
        "token-encrypted",
        &[("enc in a token of three parts", |bench| {
            bench.token().header("enc", "A256GCM").build()
        })],
    ),
    refused(
        "signature-invalid",
        &[
            ("a stranger's keys at jku", |bench| {
                let token = bench.token().signed_by(bench.stranger(Algorithm::Es256));
                token.header("jku", "https://evil.example/jwks").build()
            }),
            ("a stranger's certificate at x5u", |bench| {
                let token = bench.token().signed_by(bench.stranger(Algorithm::Es256));
                token.header("x5u", "https://evil.example/chain").build()
            }),
            ("a stranger's certificate in x5c", |bench| {
                let token = bench.token().signed_by(bench.stranger(Algorithm::Es256));
                token.header("x5c", json!(["MIIB"])).build()
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("a stranger's key in jwk", |bench| {
                let stranger = bench.stranger(Algorithm::Es256);
                bench
                    .token()
                    .signed_by(stranger)
                    .header("jwk", stranger.public_jwk())
                    .build()
            }),
            ("the right key in jwk", |bench| {
                let jwk = bench.key(Algorithm::Es256).public_jwk();
                bench.token().header("jwk", jwk).build()
            }),
            ("jku is a number", |bench| bench.token().header("jku", 1).build()),
            ("jku twice", |bench| {
                bench.token().header("jku", "a").header_too("jku", "b").build()
            }),
            ("x5u is a list", |bench| {
                bench.token().header("x5u", json!(["https://evil.example"])).build()
            }),
            ("x5c is a text", |bench| bench.token().header("x5c", "AAAA").build()),
            ("cty is a number", |bench| bench.token().header("cty", 1).build()),
        ],
    ),
];
