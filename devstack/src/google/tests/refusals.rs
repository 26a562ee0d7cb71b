//! Every bad assertion and request, and what it is answered.

use jsonwebtoken::Algorithm as Jws;
use serde_json::{Value, json};

use super::super::assertion::{LEEWAY_S, LIFETIME_MAX_S};
use super::{EDGE, JWT_BEARER, ORDERS, ask, assertion, good_claims, post};
use crate::google::Google;
use crate::tokens::{now, tampered_claims, tampered_signature, unsigned};

#[tokio::test]
async fn bad_assertions_are_refused_in_googles_words() {
    const SIGNATURE: (&str, &str) = ("invalid_grant", "Invalid JWT Signature.");
    const AUDIENCE: (&str, &str) = ("invalid_grant", "Invalid JWT: Failed audience check.");
    const TIMES: (&str, &str) = (
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes)",
    );
    const SCOPE: (&str, &str) = ("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    const ACCOUNT: (&str, &str) = ("invalid_grant", "Invalid grant: account not found");

    let google = Google::start().await.expect("start");
    let file = google.service_account(EDGE).expect("an account");
    let neighbour = google
        .service_account("neighbour@local.iam.gserviceaccount.com")
        .expect("an account");
    let good = assertion(&file, Jws::RS256, &good_claims());
    let with = |claim: &str, value: Value| {
        let mut claims = good_claims();
        claims[claim] = value;
        assertion(&file, Jws::RS256, &claims)
    };
    let lived = |issued_in: i64, expires_in: i64| {
        let mut claims = good_claims();
        claims["iat"] = json!(now() + issued_in);
        claims["exp"] = json!(now() + expires_in);
        assertion(&file, Jws::RS256, &claims)
    };
    let mut renamed = file.clone();
    renamed["private_key_id"] = json!("0000000000000000000000000000000000000000");

    let table = [
        ("nothing", String::new(), SIGNATURE),
        ("not a token", "a.b.c".to_owned(), SIGNATURE),
        (
            "signature tampered with",
            tampered_signature(&good).expect("a token"),
            SIGNATURE,
        ),
        (
            "claims tampered with",
            tampered_claims(&good, "target_audience", "https://x").expect("a token"),
            SIGNATURE,
        ),
        ("unsigned", unsigned(&good).expect("a token"), SIGNATURE),
        (
            "another algorithm, same key",
            assertion(&file, Jws::PS256, &good_claims()),
            SIGNATURE,
        ),
        (
            "an unknown key",
            assertion(&renamed, Jws::RS256, &good_claims()),
            SIGNATURE,
        ),
        (
            "another account's key",
            assertion(&neighbour, Jws::RS256, &good_claims()),
            SIGNATURE,
        ),
        (
            "an unknown account",
            with("iss", json!("nobody@local.iam.gserviceaccount.com")),
            ACCOUNT,
        ),
        ("no account", with("iss", Value::Null), ACCOUNT),
        (
            "the endpoint's own URL as audience",
            with("aud", json!(google.token_url())),
            AUDIENCE,
        ),
        (
            "the old token URL as audience",
            with("aud", json!("https://www.googleapis.com/oauth2/v4/token")),
            AUDIENCE,
        ),
        ("no audience", with("aud", Value::Null), AUDIENCE),
        ("issued in the future", lived(LEEWAY_S + 30, 600), TIMES),
        ("expired", lived(-600, -1), TIMES),
        ("too long-lived", lived(0, LIFETIME_MAX_S + 1), TIMES),
        (
            "no issue time",
            with("iat", Value::Null),
            ("invalid_grant", "Invalid JWT: iat"),
        ),
        (
            "no expiry",
            with("exp", Value::Null),
            ("invalid_grant", "Invalid JWT: exp"),
        ),
        ("no target audience", with("target_audience", Value::Null), SCOPE),
        ("empty target audience", with("target_audience", json!("")), SCOPE),
        (
            "target audience not a text",
            with("target_audience", json!([ORDERS])),
            SCOPE,
        ),
    ];
    let asked = table.len();
    for (name, assertion, (error, description)) in table {
        let answer = ask(&google, &assertion).await;
        assert_eq!(answer.status(), 400, "{name}");
        let answer: Value = answer.json().await.expect(name);
        assert_eq!(answer["error"], error, "{name}");
        let said = answer["error_description"].as_str().expect(name);
        assert!(said.starts_with(description), "{name}: {said}");
    }
    assert_eq!((google.asked(), google.minted()), (asked as u64, 0));
    assert_eq!(
        ask(&google, &lived(LEEWAY_S - 5, 600)).await.status(),
        200,
        "a little in the future is no fault"
    );
}

#[tokio::test]
async fn other_requests_are_refused() {
    let google = Google::start().await.expect("start");
    type Form<'a> = &'a [(&'a str, &'a str)];
    let table: [(&str, Form<'_>, &str); 4] = [
        ("nothing", &[], "invalid_request"),
        ("no assertion", &[("grant_type", JWT_BEARER)], "invalid_request"),
        (
            "another grant",
            &[("grant_type", "refresh_token"), ("assertion", "x")],
            "unsupported_grant_type",
        ),
        (
            "twice",
            &[("grant_type", JWT_BEARER), ("assertion", "x"), ("assertion", "y")],
            "invalid_request",
        ),
    ];
    for (name, form, error) in table {
        let answer = post(&google, form).await;
        assert_eq!(answer.status(), 400, "{name}");
        assert_eq!(answer.json::<Value>().await.expect(name)["error"], error, "{name}");
    }
}
