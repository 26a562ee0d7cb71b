//! `iss`, compared byte by byte, and the tenant within it (RFC 7519 section 4.1.1).

use serde_json::{Value, json};

use crate::tokens::{
    Group,
    bench::{Bench, OKTA, TENANT},
    passes, refused,
};

fn issued_by(bench: &Bench, iss: impl Into<Value>) -> String {
    bench.token().claim("iss", iss).build()
}

fn in_tenant(bench: &Bench, iss: &str, tenant: impl Into<Value>) -> String {
    bench.of(iss).claim("tid", tenant).build()
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("iss with escaped slashes", |bench| {
            let iss = r#""https:\/\/okta\u002eexample""#;
            bench.token().claim_text("iss", iss).build()
        }),
        ("a tenant that is named", |bench| bench.of_tenant().build()),
        ("any tenant where all are taken", |bench| {
            in_tenant(bench, "https://anywhere.example/t-1/", "t-1")
        }),
        ("a tid where there are no tenants", |bench| {
            bench.token().claim("tid", 7).build()
        }),
    ]),
    refused(
        "issuer-unknown",
        &[
            ("another iss", |bench| issued_by(bench, "https://evil.example")),
            ("no iss", |bench| bench.token().without("iss").build()),
            ("an empty iss", |bench| issued_by(bench, "")),
            ("iss in another case", |bench| issued_by(bench, "https://OKTA.example")),
            ("iss with a slash at the end", |bench| {
                issued_by(bench, format!("{OKTA}/"))
            }),
            ("iss with a path", |bench| {
                issued_by(bench, format!("{OKTA}/oauth2/default"))
            }),
            ("iss with a port", |bench| issued_by(bench, format!("{OKTA}:443"))),
            ("iss with a dot at the end", |bench| {
                issued_by(bench, format!("{OKTA}."))
            }),
            ("iss over http", |bench| issued_by(bench, "http://okta.example")),
            ("iss without a scheme", |bench| issued_by(bench, "okta.example")),
            ("iss with a user", |bench| {
                issued_by(bench, "https://okta.example@evil.example")
            }),
            ("iss that begins alike", |bench| {
                issued_by(bench, "https://okta.example.evil.example")
            }),
            ("iss cut short", |bench| issued_by(bench, "https://okta.exampl")),
            ("a space before iss", |bench| issued_by(bench, format!(" {OKTA}"))),
            ("NUL after iss", |bench| issued_by(bench, format!("{OKTA}\0"))),
            ("the policy's name of the issuer", |bench| issued_by(bench, "okta")),
            ("a tenant that is not named", |bench| {
                let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
                in_tenant(bench, &format!("https://entra.example/{tenant}/v2.0"), tenant)
            }),
            ("tid of another tenant", |bench| {
                bench
                    .of_tenant()
                    .claim("tid", "9188040d-6c67-4c5b-b112-36a304b66dad")
                    .build()
            }),
            ("iss of another tenant", |bench| {
                let iss = "https://entra.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
                in_tenant(bench, iss, TENANT)
            }),
            ("no tid", |bench| bench.of_tenant().without("tid").build()),
            ("tid in another case", |bench| {
                bench.of_tenant().claim("tid", TENANT.to_uppercase()).build()
            }),
            ("tid is a number", |bench| bench.of_tenant().claim("tid", 7).build()),
            ("tid is a list", |bench| {
                bench.of_tenant().claim("tid", json!([TENANT])).build()
            }),
            ("the template itself", |bench| {
                in_tenant(bench, "https://entra.example/{tenant}/v2.0", "{tenant}")
            }),
            ("the template itself where all are taken", |bench| {
                in_tenant(bench, "https://anywhere.example/{tenant}/", "{tenant}")
            }),
            ("a star for a tenant", |bench| {
                in_tenant(bench, "https://anywhere.example/*/", "*")
            }),
            ("a path for a tenant", |bench| {
                in_tenant(bench, "https://anywhere.example/a/b/", "a/b")
            }),
            ("dots for a tenant", |bench| {
                in_tenant(bench, "https://anywhere.example/../", "..")
            }),
            ("an empty tenant", |bench| {
                in_tenant(bench, "https://anywhere.example//", "")
            }),
            ("a query for a tenant", |bench| {
                in_tenant(bench, "https://anywhere.example/t?x=/", "t?x=")
            }),
            ("a long tenant", |bench| {
                let tenant = "t".repeat(300);
                in_tenant(bench, &format!("https://anywhere.example/{tenant}/"), tenant)
            }),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("iss is a number", |bench| issued_by(bench, 1)),
            ("iss is a list", |bench| issued_by(bench, json!([OKTA]))),
            ("iss is an object", |bench| issued_by(bench, json!({ "url": OKTA }))),
            ("iss is true", |bench| issued_by(bench, true)),
        ],
    ),
    refused(
        "issuer-not-allowed",
        &[("an issuer for whom there is no rule", |bench| {
            bench.of("https://elsewhere.example").build()
        })],
    ),
];
