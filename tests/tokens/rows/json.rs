//! Header and claims as JSON: one object each, in which nothing comes twice (RFC 7515 section 4, RFC 8725 section 2.6).

use serde_json::json;

use crate::tokens::{Group, passes, refused};

/// Lists in lists, so many of them.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Other bytes in the place of `@@`.
fn with_bytes(text: &str, bytes: &[u8]) -> Vec<u8> {
    let (before, after) = text.split_once("@@").expect("a place");
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

/// The values of an object's members in order.
fn values(text: &str) -> Vec<u8> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).expect("an object");
    json!(members.values().collect::<Vec<_>>()).to_string().into_bytes()
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("white space around the header's members", |bench| {
            bench.token().header_as(|text| format!(" \r\n{text}\t ").into()).build()
        }),
        ("white space around the claims", |bench| {
            bench.token().claims_as(|text| format!(" \r\n{text}\t ").into()).build()
        }),
        ("a name that is written with an escape", |bench| {
            let escaped = |text: String| text.replace("\"exp\"", "\"\\u0065xp\"").into_bytes();
            bench.token().claims_as(escaped).build()
        }),
        ("a header member that nobody knows", |bench| {
            bench.token().header("x", json!({ "y": [1, null, "z"] })).build()
        }),
        ("claims in claims", |bench| {
            bench.token().claim_text("x", &nested(8)).build()
        }),
        ("claims as deep as can be", |bench| {
            bench.token().claim_text("x", &nested(15)).build()
        }),
        ("the same name in two objects", |bench| {
            bench.token().claim("x", json!([{ "a": 1 }, { "a": 2 }])).build()
        }),
        ("a large number that nobody reads", |bench| {
            bench.token().claim_text("x", "1e300").build()
        }),
        ("a long number that nobody reads", |bench| {
            bench.token().claim_text("x", &"7".repeat(40)).build()
        }),
        ("letters of all scripts", |bench| {
            bench.token().claim("name", "Ζωή 李 🦀").build()
        }),
        ("a pair of surrogates", |bench| {
            bench.token().claim_text("name", r#""\ud83e\udd80""#).build()
        }),
    ]),
    refused(
        "token-malformed",
        &[
            ("header: a list", |bench| {
                bench.token().header_as(|_| b"[]".to_vec()).build()
            }),
            ("header: its members' values in a list", |bench| {
                bench.token().header_as(|text| values(&text)).build()
            }),
            ("header: null", |bench| {
                bench.token().header_as(|_| b"null".to_vec()).build()
            }),
            ("header: a text", |bench| {
                bench.token().header_as(|_| b"\"ES256\"".to_vec()).build()
            }),
            ("header: a number", |bench| {
                bench.token().header_as(|_| b"1".to_vec()).build()
            }),
            ("header: no members", |bench| {
                bench.token().header_as(|_| b"{}".to_vec()).build()
            }),
            ("header: no JSON", |bench| {
                bench.token().header_as(|_| b"alg=ES256".to_vec()).build()
            }),
            ("header: cut off", |bench| {
                bench
                    .token()
                    .header_as(|text| text.trim_end_matches('}').into())
                    .build()
            }),
            ("header: a comma too many", |bench| {
                bench.token().header_as(|text| text.replace('}', ",}").into()).build()
            }),
            ("header: a comment", |bench| {
                bench
                    .token()
                    .header_as(|text| text.replacen('{', "{/* */", 1).into())
                    .build()
            }),
            ("header: single quotes", |bench| {
                bench.token().header_as(|text| text.replace('"', "'").into()).build()
            }),
            ("header: two objects", |bench| {
                bench.token().header_as(|text| format!("{text}{text}").into()).build()
            }),
            ("header: NUL after it", |bench| {
                bench.token().header_as(|text| format!("{text}\0").into()).build()
            }),
            ("header: a byte order mark", |bench| {
                bench.token().header_as(|text| format!("\u{feff}{text}").into()).build()
            }),
            ("header: UTF-16", |bench| {
                let utf16 = |text: String| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
                bench.token().header_as(utf16).build()
            }),
            ("header: no UTF-8", |bench| {
                let token = bench.token().header("x", "@@");
                token.header_as(|text| with_bytes(&text, b"\xff")).build()
            }),
            ("header: deep", |bench| {
                bench.token().header_text("x", &nested(60)).build()
            }),
            ("header: very deep", |bench| {
                bench.token().header_text("x", &nested(900)).build()
            }),
            ("claims: a list", |bench| {
                bench.token().claims_as(|_| b"[]".to_vec()).build()
            }),
            ("claims: their values in a list", |bench| {
                bench.token().claims_as(|text| values(&text)).build()
            }),
            ("claims: null", |bench| {
                bench.token().claims_as(|_| b"null".to_vec()).build()
            }),
            ("claims: a text", |bench| {
                bench.token().claims_as(|_| b"\"u1\"".to_vec()).build()
            }),
            ("claims: no JSON", |bench| {
                bench.token().claims_as(|_| b"sub=u1".to_vec()).build()
            }),
            ("claims: cut off", |bench| {
                bench
                    .token()
                    .claims_as(|text| text.trim_end_matches('}').into())
                    .build()
            }),
            ("claims: two objects", |bench| {
                bench.token().claims_as(|text| format!("{text}{text}").into()).build()
            }),
            ("claims: NUL after them", |bench| {
                bench.token().claims_as(|text| format!("{text}\0").into()).build()
            }),
            ("claims: a byte order mark", |bench| {
                bench.token().claims_as(|text| format!("\u{feff}{text}").into()).build()
            }),
            ("claims: no UTF-8", |bench| {
                let token = bench.token().claim("sub", "@@");
                token.claims_as(|text| with_bytes(&text, b"\xff")).build()
            }),
            ("claims: no UTF-8 where nobody reads", |bench| {
                let token = bench.token().claim("x", "@@");
                token.claims_as(|text| with_bytes(&text, b"\xff")).build()
            }),
            ("claims: overlong UTF-8", |bench| {
                let token = bench.token().claim("sub", "@@");
                token.claims_as(|text| with_bytes(&text, b"\xc0\xaf")).build()
            }),
            ("claims: a surrogate in UTF-8", |bench| {
                let token = bench.token().claim("sub", "@@");
                token.claims_as(|text| with_bytes(&text, b"\xed\xa0\x80")).build()
            }),
            ("claims: a surrogate alone", |bench| {
                bench.token().claim_text("sub", r#""\ud83e""#).build()
            }),
            ("claims: a surrogate alone where nobody reads", |bench| {
                bench.token().claim_text("x", r#""\ud83e""#).build()
            }),
            ("claims: a line end in a text", |bench| {
                bench.token().claim_text("sub", "\"u\n1\"").build()
            }),
            ("claims: NUL in a text", |bench| {
                bench.token().claim_text("sub", "\"u\0z\"").build()
            }),
            ("claims: one level too deep", |bench| {
                bench.token().claim_text("x", &nested(16)).build()
            }),
            ("claims: deep", |bench| {
                bench.token().claim_text("x", &nested(60)).build()
            }),
            ("claims: very deep", |bench| {
                bench.token().claim_text("x", &nested(2_500)).build()
            }),
            ("claims: a number beyond all numbers", |bench| {
                bench.token().claim_text("x", "1e400").build()
            }),
            ("claims: NaN", |bench| bench.token().claim_text("x", "NaN").build()),
            ("claims: a number that begins with zero", |bench| {
                bench.token().claim_text("x", "007").build()
            }),
            ("alg twice", |bench| bench.token().header_too("alg", "none").build()),
            ("the same alg twice", |bench| {
                bench.token().header_too("alg", "ES256").build()
            }),
            ("kid twice", |bench| bench.token().header_too("kid", "x").build()),
            ("typ twice", |bench| bench.token().header_too("typ", "JWT").build()),
            ("a header member twice that nobody knows", |bench| {
                bench.token().header("x", 1).header_too("x", 2).build()
            }),
            ("a name twice inside the header", |bench| {
                bench.token().header_text("x", r#"{"a":1,"a":2}"#).build()
            }),
            ("iss twice", |bench| {
                bench.token().claim_too("iss", "https://evil.example").build()
            }),
            ("sub twice", |bench| bench.token().claim_too("sub", "root").build()),
            ("exp twice", |bench| {
                bench.token().claim_too("exp", 4_000_000_000_u64).build()
            }),
            ("exp twice, once with an escape", |bench| {
                let escaped = |text: String| text.replacen('{', "{\"\\u0065xp\":4000000000,", 1).into_bytes();
                bench.token().claims_as(escaped).build()
            }),
            ("aud twice", |bench| bench.token().claim_too("aud", "x").build()),
            ("scope twice", |bench| bench.token().claim_too("scope", "admin").build()),
            ("a claim twice that nobody reads", |bench| {
                bench.token().claim("x", 1).claim_too("x", 1).build()
            }),
            ("a name twice inside a claim", |bench| {
                bench.token().claim_text("x", r#"{"a":1,"a":2}"#).build()
            }),
            ("a name twice inside a list of a claim", |bench| {
                bench
                    .token()
                    .claim_text("x", r#"[0,{"b":[{"a":1,"c":0,"a":1}]}]"#)
                    .build()
            }),
        ],
    ),
];
