//! What an assertion says, for how long, and what is told in headers.

use super::*;
use crate::identity::claims::{AskedClaim, tests::claims as caller};

fn assertions() -> Assertions {
    Assertions {
        issuer: "https://api.example.com".to_owned(),
        keys: vec!["k".to_owned()],
        ttl_s: 60,
    }
}

fn to(claims: &[&str]) -> AssertionTo {
    AssertionTo {
        audience: "https://orders.example".to_owned(),
        claims: claims.iter().map(|&claim| claim.to_owned()).collect(),
    }
}

fn made(caller: &Claims, to: &AssertionTo, now: u64) -> Value {
    let this = This {
        request_id: "r1",
        id: "j1",
        now: UnixSeconds(now),
    };
    claims(&assertions(), to, caller, this)
}

fn asked(name: &str, values: &[Scalar]) -> AskedClaim {
    AskedClaim {
        name: name.to_owned(),
        values: values.to_vec(),
    }
}

#[test]
fn an_assertion_says_who_asks_whom() {
    let full = Claims {
        client: Some("app".to_owned()),
        scopes: vec!["orders:read".to_owned(), "two words".to_owned()],
        ..caller()
    };
    let expected = json!({
        "iss": "https://api.example.com", "aud": "https://orders.example",
        "sub": "u1", "caller_iss": "https://okta.example", "client_id": "app",
        "scope": "orders:read two%20words",
        "iat": 600, "exp": 660, "jti": "j1", "request_id": "r1",
    });
    assert_eq!(made(&full, &to(&[]), 600), expected);
    let bare = Claims {
        subject: None,
        scopes: Vec::new(),
        ..caller()
    };
    let expected = json!({
        "iss": "https://api.example.com", "aud": "https://orders.example", "caller_iss": "https://okta.example",
        "iat": 600, "exp": 660, "jti": "j1", "request_id": "r1",
    });
    assert_eq!(made(&bare, &to(&[]), 600), expected);
}

#[test]
fn it_is_never_valid_longer_than_the_callers_token() {
    for (name, now, expires_at, expected) in [
        ("long before", 600, 1_000, 660),
        ("the token expires first", 970, 1_000, 1_000),
        ("in the leeway of a token that has expired", 1_020, 1_000, 1_000),
        ("a key that never expires", 600, u64::MAX, 660),
    ] {
        let caller = Claims {
            expires_at: UnixSeconds(expires_at),
            ..caller()
        };
        assert_eq!(made(&caller, &to(&[]), now)["exp"], expected, "{name}");
    }
}

#[test]
fn mapped_claims_keep_their_types_and_touch_nothing_else() {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let caller = Claims {
        asked: vec![
            asked("tenant", &[text("acme")]),
            asked(
                "realm_access.roles",
                &[text("admin"), Scalar::Number(7), Scalar::Flag(true)],
            ),
            asked("sub", &[text("somebody else")]),
            asked("iss", &[text("https://evil.example")]),
            asked("an.object", &[]),
            asked("unmapped", &[text("x")]),
        ],
        ..caller()
    };
    let names = ["tenant", "realm_access.roles", "sub", "iss", "an.object", "absent"];
    let made = made(&caller, &to(&names), 600);
    let expected = json!({
        "tenant": ["acme"], "realm_access.roles": ["admin", 7, true], "sub": ["somebody else"],
        "iss": ["https://evil.example"], "an.object": [],
    });
    assert_eq!(made["claims"], expected);
    assert_eq!(
        (&made["sub"], &made["iss"]),
        (&json!("u1"), &json!("https://api.example.com"))
    );
}

#[test]
fn every_assertion_has_an_id_of_its_own() {
    let at = |unix_ms| WallClock { unix_ms };
    let known = |platform_id, request_id| Known {
        request_id,
        platform_id,
    };
    let r1 = known("p1", "r1");
    let base = || id(&caller(), &to(&[]), (r1, at(1), 2));
    assert_eq!(base(), base());
    let another = Claims {
        token_digest: "e".to_owned(),
        ..caller()
    };
    let elsewhere = AssertionTo {
        audience: "https://other.example".to_owned(),
        ..to(&[])
    };
    for (name, other) in [
        ("request", id(&caller(), &to(&[]), (known("p1", "r2"), at(1), 2))),
        (
            "request of the same identifier",
            id(&caller(), &to(&[]), (known("p2", "r1"), at(1), 2)),
        ),
        ("time", id(&caller(), &to(&[]), (r1, at(2), 2))),
        ("microsecond", id(&caller(), &to(&[]), (r1, at(1), 3))),
        ("token", id(&another, &to(&[]), (r1, at(1), 2))),
        ("audience", id(&caller(), &elsewhere, (r1, at(1), 2))),
    ] {
        assert_ne!(base(), other, "another {name}");
    }
}

#[test]
fn claims_become_headers_where_the_token_has_them() {
    let told = ToldOfCaller {
        assertion: None,
        claim_headers: [("x-tenant", "tenant"), ("x-plan", "plan"), ("x-object", "object")]
            .map(|(name, claim)| (name.to_owned(), claim.to_owned()))
            .into(),
    };
    let caller = Claims {
        asked: vec![
            asked("tenant", &[Scalar::Text("a,b c".to_owned())]),
            asked("object", &[]),
        ],
        ..caller()
    };
    let headers = claim_headers(&told, &caller);
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (&**name, value.expose().as_str()))
        .collect();
    assert_eq!(headers, [("x-tenant", "a%2Cb%20c")]);
}
