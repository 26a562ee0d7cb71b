//! `aud`: one text or a list of texts, compared byte by byte (RFC 7519 section 4.1.3).

use serde_json::{Value, json};

use crate::tokens::{Group, bench::Bench, passes, refused};

fn meant_for(bench: &Bench, audience: impl Into<Value>) -> String {
    bench.token().claim("aud", audience).build()
}

/// A list of so many audiences, with ours at the end.
fn many(count: usize) -> Value {
    let others = (1..count).map(|number| format!("a{number}"));
    let all: Vec<_> = others.chain(["api://orders".to_owned()]).collect();
    all.into()
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("the issuer's other audience", |bench| {
            meant_for(bench, "https://api.example.com")
        }),
        ("a list of one audience", |bench| {
            meant_for(bench, json!(["api://orders"]))
        }),
        ("one audience of several", |bench| {
            meant_for(bench, json!(["x", "", "api://orders"]))
        }),
        ("an audience twice in the list", |bench| {
            meant_for(bench, json!(["api://orders", "x", "api://orders"]))
        }),
        ("256 audiences", |bench| meant_for(bench, many(256))),
    ]),
    refused(
        "audience-wrong",
        &[
            ("another audience", |bench| meant_for(bench, "api://else")),
            ("no audience", |bench| bench.token().without("aud").build()),
            ("an empty audience", |bench| meant_for(bench, "")),
            ("an empty list of audiences", |bench| meant_for(bench, json!([]))),
            ("a list of other audiences", |bench| meant_for(bench, json!(["x", "y"]))),
            ("audience in another case", |bench| meant_for(bench, "API://orders")),
            ("audience with a slash at the end", |bench| {
                meant_for(bench, "api://orders/")
            }),
            ("audience that begins alike", |bench| meant_for(bench, "api://orders2")),
            ("audience cut short", |bench| meant_for(bench, "api://order")),
            ("a space before the audience", |bench| meant_for(bench, " api://orders")),
            ("audiences with a space between", |bench| {
                meant_for(bench, "x api://orders")
            }),
            ("audiences with a comma between", |bench| {
                meant_for(bench, "x,api://orders")
            }),
            ("a star for an audience", |bench| meant_for(bench, "*")),
            ("the audience of another issuer", |bench| {
                bench.of_partner().claim("aud", "https://api.example.com").build()
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("audience is a number", |bench| meant_for(bench, 7)),
            ("audience is null", |bench| meant_for(bench, Value::Null)),
            ("audience is true", |bench| meant_for(bench, true)),
            ("audience is an object", |bench| {
                meant_for(bench, json!({ "api://orders": 1 }))
            }),
            ("a number among the audiences", |bench| {
                meant_for(bench, json!(["api://orders", 7]))
            }),
            ("null among the audiences", |bench| {
                meant_for(bench, json!(["api://orders", null]))
            }),
            ("a list among the audiences", |bench| {
                meant_for(bench, json!([["api://orders"]]))
            }),
            ("257 audiences", |bench| meant_for(bench, many(257))),
        ],
    ),
];
