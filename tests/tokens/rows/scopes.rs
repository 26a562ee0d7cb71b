//! `scope` and `scp` (RFC 8693 section 4.2, RFC 6749 section 3.3).

use serde_json::{Value, json};

use crate::tokens::{Group, bench::Bench, passes, refused};

fn scope(bench: &Bench, scope: impl Into<Value>) -> String {
    bench.token().claim("scope", scope).build()
}

/// No `scope` but `scp`.
fn scp(bench: &Bench, scp: impl Into<Value>) -> String {
    bench.token().without("scope").claim("scp", scp).build()
}

/// So many scopes, with the one that is asked for at the end.
fn many(count: usize) -> String {
    let others = (1..count).map(|number| format!("s{number}"));
    let all: Vec<_> = others.chain(["orders:read".to_owned()]).collect();
    all.join(" ")
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("one scope of several", |bench| {
            scope(bench, "openid orders:read profile")
        }),
        ("scopes with more spaces", |bench| {
            scope(bench, "  openid   orders:read ")
        }),
        ("a scope twice", |bench| scope(bench, "orders:read orders:read")),
        ("256 scopes", |bench| scope(bench, many(256))),
        ("scp as a list", |bench| scp(bench, json!(["openid", "orders:read"]))),
        ("scp as text", |bench| scp(bench, "openid orders:read")),
        ("scp beside scope", |bench| {
            bench.token().claim("scp", json!(["openid"])).build()
        }),
    ]),
    refused(
        "scope-missing",
        &[
            ("no scope", |bench| bench.token().without("scope").build()),
            ("an empty scope", |bench| scope(bench, "")),
            ("another scope", |bench| scope(bench, "orders:write")),
            ("a scope that begins alike", |bench| scope(bench, "orders:readall")),
            ("a scope cut short", |bench| scope(bench, "orders")),
            ("a scope in another case", |bench| scope(bench, "Orders:Read")),
            ("a star for a scope", |bench| scope(bench, "*")),
            ("scopes with commas between", |bench| scope(bench, "openid,orders:read")),
            ("scopes with a tab between", |bench| scope(bench, "openid\torders:read")),
            ("the scope in scp, another in scope", |bench| {
                let token = bench.token().claim("scope", "openid");
                token.claim("scp", json!(["orders:read"])).build()
            }),
            ("spaced text in scp's list", |bench| {
                scp(bench, json!(["openid orders:read"]))
            }),
            ("an empty list in scp", |bench| scp(bench, json!([]))),
            ("the scope in scopes", |bench| {
                bench.token().without("scope").claim("scopes", "orders:read").build()
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("scope is a list", |bench| scope(bench, json!(["orders:read"]))),
            ("scope is a number", |bench| scope(bench, 1)),
            ("scope is null", |bench| scope(bench, Value::Null)),
            ("scope is an object", |bench| {
                scope(bench, json!({ "orders:read": true }))
            }),
            ("257 scopes", |bench| scope(bench, many(257))),
            ("scp is a number", |bench| scp(bench, 1)),
            ("scp is null", |bench| scp(bench, Value::Null)),
            ("a number in scp", |bench| scp(bench, json!(["orders:read", 1]))),
            ("a number in scp beside scope", |bench| {
                bench.token().claim("scp", json!([1])).build()
            }),
        ],
    ),
];
