//! `alg`, which the key decides and not the token (RFC 8725 sections 2.1, 3.1 and 3.2).

use serde_json::{Value, json};
use tollgate::policy::issuer::HmacAlgorithm::{Hs256, Hs384, Hs512};
use tollgate_devstack::signing::Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};

use crate::tokens::{
    Group,
    bench::{Bench, secret},
    edit::{parts, with_header},
    passes, refused,
};

/// A good token with this `alg` and no signature, or with its old one.
fn unsigned(bench: &Bench, alg: &str, with_signature: bool) -> String {
    let token = bench.token().build();
    let header = json!({ "alg": alg, "kid": bench.key(Es256).kid() });
    let token = with_header(&token, header.to_string());
    let [header, claims, _] = parts(&token);
    match with_signature {
        true => token,
        false => format!("{header}.{claims}."),
    }
}

/// With an HMAC, where the key that `kid` names is for RS256.
fn confused(bench: &Bench, secret: impl Into<Vec<u8>>) -> String {
    bench.with(Rs256).hmac(Hs256, secret).build()
}

fn member(jwk: &Value, name: &str) -> String {
    jwk[name].as_str().expect("text").to_owned()
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("RS256", |bench| bench.with(Rs256).build()),
        ("RS384", |bench| bench.with(Rs384).build()),
        ("RS512", |bench| bench.with(Rs512).build()),
        ("PS256", |bench| bench.with(Ps256).build()),
        ("PS384", |bench| bench.with(Ps384).build()),
        ("PS512", |bench| bench.with(Ps512).build()),
        ("ES256", |bench| bench.with(Es256).build()),
        ("ES384", |bench| bench.with(Es384).build()),
        ("EdDSA", |bench| bench.with(EdDsa).build()),
        ("EdDSA under the name that RFC 9864 gives", |bench| {
            bench.with(EdDsa).header("alg", "Ed25519").build()
        }),
        ("HS256", |bench| bench.shared(Hs256).build()),
        ("HS384", |bench| bench.shared(Hs384).build()),
        ("HS512", |bench| bench.shared(Hs512).build()),
        ("a kid beside an HMAC", |bench| {
            bench.shared(Hs256).header("kid", "x").build()
        }),
        ("RS256 with a key that names no algorithm", |bench| {
            bench.with(Rs256).header("kid", "plain-rsa").build()
        }),
    ]),
    refused(
        "algorithm-not-allowed",
        &[
            ("alg none", |bench| unsigned(bench, "none", false)),
            ("alg None", |bench| unsigned(bench, "None", false)),
            ("alg nOnE", |bench| unsigned(bench, "nOnE", false)),
            ("alg NONE", |bench| unsigned(bench, "NONE", false)),
            ("alg none with a signature", |bench| unsigned(bench, "none", true)),
            ("alg none, rightly signed", |bench| {
                bench.token().header("alg", "none").build()
            }),
            ("an empty alg", |bench| bench.token().header("alg", "").build()),
            ("alg in lower case", |bench| {
                bench.token().header("alg", "es256").build()
            }),
            ("a space after alg", |bench| {
                bench.token().header("alg", "ES256 ").build()
            }),
            ("NUL after alg", |bench| bench.token().header("alg", "ES256\0").build()),
            ("alg ES512", |bench| bench.token().header("alg", "ES512").build()),
            ("alg ES256K", |bench| bench.token().header("alg", "ES256K").build()),
            ("alg Ed448", |bench| bench.with(EdDsa).header("alg", "Ed448").build()),
            ("alg RS1", |bench| bench.with(Rs256).header("alg", "RS1").build()),
            ("alg of key encryption", |bench| {
                bench.with(Rs256).header("alg", "RSA-OAEP").build()
            }),
            ("alg dir", |bench| bench.token().header("alg", "dir").build()),
            ("RS384 with a key for RS256", |bench| {
                bench.with(Rs384).header("kid", bench.key(Rs256).kid()).build()
            }),
            ("RS512 with a key for RS256", |bench| {
                bench.with(Rs512).header("kid", bench.key(Rs256).kid()).build()
            }),
            ("PS256 with a key for RS256", |bench| {
                bench.with(Ps256).header("kid", bench.key(Rs256).kid()).build()
            }),
            ("RS256 with a key for PS256", |bench| {
                bench.with(Rs256).header("kid", bench.key(Ps256).kid()).build()
            }),
            ("PS512 with a key for PS256", |bench| {
                bench.with(Ps512).header("kid", bench.key(Ps256).kid()).build()
            }),
            ("RS512 with a key that names no algorithm", |bench| {
                bench.with(Rs512).header("kid", "plain-rsa").build()
            }),
            ("PS256 with a key that names no algorithm", |bench| {
                bench.with(Ps256).header("kid", "plain-rsa").build()
            }),
            ("ES384 with a P-256 key", |bench| {
                bench.token().header("alg", "ES384").build()
            }),
            ("ES256 with a P-384 key", |bench| {
                bench.with(Es384).header("alg", "ES256").build()
            }),
            ("EdDSA with a P-256 key", |bench| {
                bench.token().header("alg", "EdDSA").build()
            }),
            ("ES256 with an Ed25519 key", |bench| {
                bench.with(EdDsa).header("alg", "ES256").build()
            }),
            ("RS256 with a P-256 key", |bench| {
                bench.token().header("alg", "RS256").build()
            }),
            ("ES256 with an RSA key", |bench| {
                bench.with(Rs256).header("alg", "ES256").build()
            }),
            ("HMAC with the public key's PEM", |bench| {
                confused(bench, bench.key(Rs256).public_pem())
            }),
            ("HMAC with the public key's PEM, trimmed", |bench| {
                confused(bench, bench.key(Rs256).public_pem().trim())
            }),
            ("HMAC with the modulus", |bench| {
                confused(bench, member(&bench.key(Rs256).public_jwk(), "n"))
            }),
            ("HMAC with the public JWK", |bench| {
                confused(bench, bench.key(Rs256).public_jwk().to_string())
            }),
            ("HMAC with a point's coordinate", |bench| {
                let x = member(&bench.key(Es256).public_jwk(), "x");
                bench.token().hmac(Hs256, x).build()
            }),
            ("HMAC with another issuer's secret", |bench| {
                bench.token().hmac(Hs256, secret(256)).build()
            }),
            ("HMAC with nothing", |bench| confused(bench, "")),
            ("HMAC with a key set's symmetric key", |bench| {
                let token = bench.token().hmac(Hs256, "secret");
                token.header("kid", "symmetric").build()
            }),
            ("HS512 where the secret is for HS256", |bench| {
                bench.shared(Hs256).hmac(Hs512, secret(256)).build()
            }),
            ("HS256 where the secret is for HS512", |bench| {
                bench.shared(Hs512).hmac(Hs256, secret(512)).build()
            }),
            ("ES256 where a secret is shared", |bench| {
                bench.shared(Hs256).by(bench.key(Es256)).build()
            }),
            ("alg none where a secret is shared", |bench| {
                bench.shared(Hs256).header("alg", "none").build()
            }),
        ],
    ),
    refused(
        "signature-invalid",
        &[
            ("PS256 said, RS256 done", |bench| {
                bench.with(Ps256).signed_by(bench.key(Rs256)).build()
            }),
            ("RS256 said, PS256 done", |bench| {
                bench.with(Rs256).signed_by(bench.key(Ps256)).build()
            }),
            ("RS256 said, RS512 done", |bench| {
                bench.with(Rs256).signed_by(bench.key(Rs512)).build()
            }),
            ("PS384 said, PS256 done", |bench| {
                bench.with(Ps384).signed_by(bench.key(Ps256)).build()
            }),
            ("PS512 said, PS384 done", |bench| {
                bench.with(Ps512).signed_by(bench.key(Ps384)).build()
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("no alg", |bench| bench.token().without_header("alg").build()),
            ("alg is null", |bench| bench.token().header("alg", Value::Null).build()),
            ("alg is a number", |bench| bench.token().header("alg", 256).build()),
            ("alg is a list", |bench| {
                bench.token().header("alg", json!(["ES256"])).build()
            }),
        ],
    ),
];
