//! `exp`, `nbf` and `iat` (RFC 7519 sections 2 and 4.1.4 to 4.1.6), with the policy's leeway of a minute. Those near a limit are
//! half a minute away from it, since the real gateway has a clock that goes on.

use serde_json::{Value, json};

use crate::tokens::{Group, passes, refused};

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("expired within the leeway", |bench| {
            bench.token().at("exp", -25).build()
        }),
        ("not valid yet, within the leeway", |bench| {
            bench.token().at("nbf", 30).build()
        }),
        ("issued in the future, within the leeway", |bench| {
            bench.token().at("iat", 30).build()
        }),
        ("no nbf", |bench| bench.token().without("nbf").build()),
        ("no iat", |bench| bench.token().without("iat").build()),
        ("issued long ago", |bench| bench.token().at("iat", -100_000_000).build()),
        ("issued in 1970", |bench| bench.token().claim("iat", 0).build()),
        ("valid since 1970", |bench| bench.token().claim("nbf", 0).build()),
        ("expires in ten years", |bench| {
            bench.token().at("exp", 315_360_000).build()
        }),
        ("expires at the end of 9999", |bench| {
            bench.token().claim("exp", 253_402_300_799_u64).build()
        }),
        ("exp with a fraction", |bench| {
            bench.token().at_text("exp", 600, ".75").build()
        }),
        ("exp with an exponent", |bench| {
            bench.token().claim_text("exp", "4e9").build()
        }),
        ("exp with a fraction of zero", |bench| {
            bench.token().at_text("exp", 600, ".0").build()
        }),
        ("nbf with a fraction", |bench| {
            bench.token().at_text("nbf", -5, ".5").build()
        }),
        ("iat with a fraction", |bench| {
            bench.token().at_text("iat", -5, ".123456789").build()
        }),
    ]),
    refused(
        "token-expired",
        &[
            ("expired beyond the leeway", |bench| {
                bench.token().at("exp", -61).build()
            }),
            ("expired an hour ago", |bench| bench.token().at("exp", -3_600).build()),
            ("expired with a fraction", |bench| {
                bench.token().at_text("exp", -62, ".9").build()
            }),
            ("expired in 1970", |bench| bench.token().claim("exp", 0).build()),
            ("expired in 1970, with an exponent", |bench| {
                bench.token().claim_text("exp", "1e3").build()
            }),
            ("exp as minutes", |bench| {
                let minutes = bench.now / 60;
                bench.token().claim("exp", minutes + 100).build()
            }),
        ],
    ),
    refused(
        "expiry-missing",
        &[
            ("no exp", |bench| bench.token().without("exp").build()),
            ("exp in capitals", |bench| {
                bench.token().without("exp").at("EXP", 600).build()
            }),
            ("exp in the header alone", |bench| {
                let at = bench.now + 600;
                bench.token().without("exp").header("exp", at).build()
            }),
        ],
    ),
    refused(
        "token-not-yet-valid",
        &[
            ("not valid before ten minutes", |bench| {
                bench.token().at("nbf", 600).build()
            }),
            ("not valid before a fraction after two minutes", |bench| {
                bench.token().at_text("nbf", 120, ".5").build()
            }),
            ("not valid before the end of 9999", |bench| {
                bench.token().claim("nbf", 253_402_300_799_u64).build()
            }),
            ("issued in ten minutes", |bench| bench.token().at("iat", 600).build()),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("exp is text", |bench| {
                let at = (bench.now + 600).to_string();
                bench.token().claim("exp", at).build()
            }),
            ("exp is a date as text", |bench| {
                bench.token().claim("exp", "2099-01-01T00:00:00Z").build()
            }),
            ("exp is null", |bench| bench.token().claim("exp", Value::Null).build()),
            ("exp is true", |bench| bench.token().claim("exp", true).build()),
            ("exp is a list", |bench| {
                let at = bench.now + 600;
                bench.token().claim("exp", json!([at])).build()
            }),
            ("exp is an object", |bench| {
                bench.token().claim("exp", json!({})).build()
            }),
            ("exp is negative", |bench| bench.token().claim("exp", -1).build()),
            ("exp is a negative fraction", |bench| {
                bench.token().claim_text("exp", "-1.5").build()
            }),
            ("exp is NaN", |bench| bench.token().claim_text("exp", "NaN").build()),
            ("exp is Infinity", |bench| {
                bench.token().claim_text("exp", "Infinity").build()
            }),
            ("exp beyond all numbers", |bench| {
                bench.token().claim_text("exp", "1e400").build()
            }),
            ("exp is 1e300", |bench| bench.token().claim_text("exp", "1e300").build()),
            ("exp in hexadecimal", |bench| {
                bench.token().claim_text("exp", "0xFFFFFFFF").build()
            }),
            ("exp with a plus", |bench| {
                bench.token().claim_text("exp", "+4000000000").build()
            }),
            ("exp that begins with zero", |bench| {
                bench.token().claim_text("exp", "04000000000").build()
            }),
            ("exp in the year 10000", |bench| {
                bench.token().claim("exp", 253_402_300_800_u64).build()
            }),
            ("exp beyond 64 bits", |bench| {
                bench.token().claim_text("exp", "18446744073709551616").build()
            }),
            ("exp in milliseconds", |bench| {
                let milliseconds = (bench.now + 600) * 1_000;
                bench.token().claim("exp", milliseconds).build()
            }),
            ("nbf is text", |bench| bench.token().claim("nbf", "0").build()),
            ("nbf is null", |bench| bench.token().claim("nbf", Value::Null).build()),
            ("nbf is negative", |bench| bench.token().claim("nbf", -1).build()),
            ("iat is text", |bench| bench.token().claim("iat", "0").build()),
            ("iat is null", |bench| bench.token().claim("iat", Value::Null).build()),
            ("iat is a list", |bench| bench.token().claim("iat", json!([0])).build()),
        ],
    ),
];
