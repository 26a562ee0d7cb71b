//! `kid`, and which keys it may name (RFC 7515 section 4.1.4, RFC 7517 section 4).

use serde_json::{Value, json};
use tollgate_devstack::signing::Algorithm::{EdDsa, Es256, Rs256};

use crate::tokens::{
    Group,
    bench::{Bench, NEUTRAL_POINT, OKTA},
    edit::with_signature,
    refused,
};

fn named(bench: &Bench, kid: impl Into<Value>) -> String {
    bench.token().header("kid", kid).build()
}

pub(super) const GROUPS: &[Group] = &[
    refused(
        "key-unknown",
        &[
            ("unknown kid", |bench| named(bench, "okta-es256-2")),
            ("no kid", |bench| bench.token().without_header("kid").build()),
            ("an empty kid", |bench| named(bench, "")),
            ("kid in another case", |bench| named(bench, "OKTA-ES256-1")),
            ("a space after kid", |bench| named(bench, "okta-es256-1 ")),
            ("NUL after kid", |bench| named(bench, "okta-es256-1\0")),
            ("NUL alone", |bench| named(bench, "\0")),
            ("a path", |bench| named(bench, "../../../../dev/null")),
            ("the store's own entry", |bench| named(bench, "active")),
            ("SQL", |bench| named(bench, "x' UNION SELECT 'secret' -- ")),
            ("a command", |bench| named(bench, "x|/usr/bin/id")),
            ("a URL", |bench| named(bench, "https://evil.example/key")),
            ("a prototype", |bench| named(bench, "__proto__")),
            ("a line end in kid", |bench| named(bench, "okta-es256-1\r\nx: y")),
            ("no ASCII in kid", |bench| named(bench, "schlüssel-🔑")),
            ("a long kid", |bench| named(bench, "k".repeat(300))),
            ("a withdrawn key", |bench| bench.token().by(&bench.withdrawn).build()),
            ("a key for encryption", |bench| named(bench, "for-encryption")),
            ("a key for signing alone", |bench| named(bench, "for-signing")),
            ("a point off the curve", |bench| named(bench, "off-the-curve")),
            ("a symmetric key", |bench| named(bench, "symmetric")),
            ("an even exponent", |bench| {
                bench.with(Rs256).header("kid", "even-exponent").build()
            }),
            ("a key of small order, and a signature that fits", |bench| {
                let token = bench.with(EdDsa).header("kid", "small-order").build();
                with_signature(&token, |_| small_order_signature())
            }),
            ("another issuer's key", |bench| bench.token().by(&bench.partner).build()),
            ("a key of Okta's for another issuer", |bench| {
                bench.of_partner().by(bench.key(Es256)).build()
            }),
            ("another issuer's name over Okta's key", |bench| {
                bench.token().claim("iss", "https://elsewhere.example").build()
            }),
            ("Okta's name over another issuer's key", |bench| bench.of(OKTA).build()),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("kid is a number", |bench| named(bench, 1)),
            ("kid is null", |bench| named(bench, Value::Null)),
            ("kid is a list", |bench| named(bench, json!(["okta-es256-1"]))),
            ("kid is an object", |bench| named(bench, json!({ "$ne": "" }))),
        ],
    ),
];

/// `R` is the neutral point and `S` zero: right for every message where the key is the neutral point too.
fn small_order_signature() -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let point = URL_SAFE_NO_PAD.decode(NEUTRAL_POINT).expect("base64url");
    [point, vec![0; 32]].concat()
}
