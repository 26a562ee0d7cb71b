//! What came of a request, and the line that says why.

use serde_json::{Value, json};
use tollgate_offline::{Credential, Question};

use crate::{claims, question, rehearsal};

/// Credential, request, what else is so, what came of it, and lines that are told.
type Row<'r> = (&'r str, &'r str, Value, fn(&mut Question), &'r str, &'r [&'r str]);

#[test]
fn each_way_is_told() {
    let order = "GET https://api.example.com/orders/7";
    let nothing: fn(&mut Question) = |_| {};
    let okta = |more: Value| {
        let mut claims = json!({ "iss": "okta", "sub": "u1" });
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        claims
    };
    let reader = || okta(json!({ "scope": "orders:read", "tenant": "7" }));
    let rows: Vec<Row<'_>> = vec![
        (
            "admitted",
            order,
            reader(),
            nothing,
            "forward orders",
            &["> GET /orders/{id}", "      met"],
        ),
        (
            "nobody",
            order,
            Value::Null,
            nothing,
            "refuse credential-missing",
            &["401 Send a credential"],
        ),
        (
            "scope",
            order,
            okta(json!({ "scope": "orders:write" })),
            nothing,
            "refuse role-missing",
            &[
                "scopes: needs orders:read, has orders:write",
                "role: needs one of admin support, has none",
            ],
        ),
        (
            "claim of the path",
            order,
            okta(json!({ "scope": "orders:read", "tenant": ["8", 7] })),
            nothing,
            "refuse claim-not-allowed",
            &["claim tenant: needs = {id} of the path (`7`), has `8`, 7"],
        ),
        (
            "address",
            order,
            okta(json!({ "realm": { "roles": ["support"] } })),
            |question| question.from = None,
            "refuse address-not-allowed",
            &["roles support", "address: needs 203.0.113.0/24, is not known"],
        ),
        (
            "country",
            order,
            json!({ "iss": "https://partner.example", "azp": "shop" }),
            |question| question.country = Some("FR".to_owned()),
            "refuse country-not-allowed",
            &["from 203.0.113.9 (FR)", "country: needs DE, is FR"],
        ),
        (
            "hours",
            order,
            json!({ "iss": "partner", "client_id": "shop" }),
            |question| {
                question.country = Some("DE".to_owned());
                question.at.unix_ms += 36_000_000;
            },
            "refuse outside-hours",
            &["hours: needs from 08:00 to 18:00 UTC+00:00 on sat, it is 2026-11-21T18:00:00.000Z"],
        ),
        (
            "issuer",
            "GET https://a.tenants.example/orders/7",
            json!({ "iss": "partner" }),
            |question| question.headers.push(("X-Version".to_owned(), "2".to_owned())),
            "refuse issuer-not-allowed",
            &[
                "issuer: needs okta, is partner",
                "would take it too, and goes after the one that was found",
            ],
        ),
        (
            "revision by claim",
            order,
            okta(json!({ "scope": "orders:read", "tenant": "7", "beta": true })),
            nothing,
            "forward orders@next",
            &[
                "revision next: its claims fit the caller",
                "region west",
                "https://next---orders-1.west.run.app/orders/7",
            ],
        ),
        (
            "revision by header",
            order,
            reader(),
            |question| question.headers.push(("x-revision".to_owned(), "next".to_owned())),
            "forward orders@next",
            &[
                "revision next: the header x-revision asks for it",
                "kept     x-revision: next",
            ],
        ),
        (
            "rewritten",
            "GET /orders/a%20b?c=d",
            okta(json!({})),
            |question| question.headers.push(("x-version".to_owned(), "2".to_owned())),
            "forward orders",
            &[
                "https://api.example.com/orders/a%20b?c=d",
                "https://orders-1.west.run.app/v2/a%20b?c=d",
            ],
        ),
        (
            "header twice",
            order,
            reader(),
            |question| {
                let header = || ("x-version".to_owned(), "1".to_owned());
                question.headers.extend([header(), header()]);
            },
            "refuse request-ambiguous",
            &["can't be asked: repeated-header"],
        ),
        (
            "redirect",
            "GET https://api.example.com/orders/new",
            Value::Null,
            nothing,
            "redirect /orders",
            &["  308"],
        ),
        (
            "other host of the gateway",
            "GET https://a.tenants.example/orders/new",
            Value::Null,
            nothing,
            "refuse credential-missing",
            &["is of another host"],
        ),
        (
            "answer",
            "POST /x",
            Value::Null,
            nothing,
            "respond 204",
            &["> POST /{rest...}"],
        ),
        (
            "method",
            "PUT /x",
            Value::Null,
            nothing,
            "refuse method-not-allowed",
            &["does not take PUT", "allow: POST"],
        ),
        (
            "no such host",
            "GET https://a.example/orders/7",
            reader(),
            nothing,
            "refuse route-unknown",
            &["404 There"],
        ),
        (
            "ambiguous",
            "GET /orders/%2e%2e/x",
            reader(),
            nothing,
            "refuse request-ambiguous",
            &["for the log: dot-segment", "https://api.example.com/orders/%2e%2e/x"],
        ),
        (
            "ambiguous on this route",
            "GET /orders//7",
            reader(),
            nothing,
            "refuse request-ambiguous",
            &["double-slash"],
        ),
        (
            "expired",
            order,
            okta(json!({ "exp": 1_795_247_000 })),
            nothing,
            "refuse token-expired",
            &["401 The token has expired"],
        ),
    ];
    for (name, line, of_claims, more, came, told) in rows {
        let credential = if of_claims.is_null() {
            Credential::Nobody
        } else {
            claims(of_claims)
        };
        let mut question = question(line, credential);
        more(&mut question);
        let explanation = rehearsal().explain(&question).unwrap();
        let text = explanation.to_string();
        assert_eq!(explanation.decision.came, came, "{name}\n{text}");
        assert_eq!(rehearsal().ask(&question).unwrap().words(), came, "{name}");
        for line in told {
            assert!(text.contains(line), "{name}: {line}\n{text}");
        }
        serde_json::to_string(&explanation).unwrap();
    }
}

#[test]
fn knobs_are_seen() {
    let reader = || claims(json!({ "iss": "okta", "sub": "u1", "scope": "orders:read", "tenant": "7" }));
    for (name, entry, came, told) in [
        (
            "drained",
            r#"{"drain_region": "west"}"#,
            "forward orders",
            "https://orders-1.east.run.app/orders/7",
        ),
        (
            "closed",
            r#"{"maintenance": {"retry_after_s": 60}}"#,
            "refuse maintenance",
            "retry-after: 60",
        ),
        (
            "share",
            r#"{"canary_percent": {"next": 100}}"#,
            "forward orders@next",
            "the caller falls into its share",
        ),
        (
            "revoked",
            r#"{"revoked_before": 1795248001}"#,
            "refuse token-revoked",
            "401",
        ),
    ] {
        let mut rehearsal = rehearsal();
        rehearsal.tune("orders", entry).unwrap();
        let explanation = rehearsal.explain(&question("GET /orders/7", reader())).unwrap();
        assert_eq!(explanation.decision.came, came, "{name}");
        assert!(explanation.to_string().contains(told), "{name}\n{explanation}");
    }
    assert!(rehearsal().tune("orders", r#"{"drain_region": "north"}"#).is_err());
    assert!(rehearsal().tune("order", "{}").is_err());
}

#[test]
fn questions_that_nobody_could_ask_are_errors() {
    for (name, of_claims) in [
        ("no issuer, of two", json!({ "sub": "u1" })),
        ("no such issuer", json!({ "iss": "https://other.example" })),
    ] {
        assert!(
            rehearsal().explain(&question("GET /x", claims(of_claims))).is_err(),
            "{name}"
        );
    }
}
