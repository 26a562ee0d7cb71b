//! Discovery, keys, tokens and refusals over HTTP.

mod bound;
mod failing;
mod rotation;
mod told;

use jsonwebtoken::jwk::JwkSet;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::*;
use crate::signing::{signature_only, verify};
use crate::tokens::now;

const OKTA: &str = "https://example.okta.com/oauth2/default";

async fn provider() -> IdentityProvider {
    let okta = Issuer::new("okta", OKTA, "api://orders").expect("an issuer");
    let partner = Issuer::new("partner", "https://partner.example", "api://orders").expect("an issuer");
    IdentityProvider::start(vec![okta, partner]).await.expect("start")
}

async fn fetch(url: String) -> Value {
    reqwest::get(url).await.expect("get").json().await.expect("json")
}

fn verified(issuer: &Issuer, algorithm: Algorithm, answer: &Value) -> Value {
    let keys: JwkSet = serde_json::from_value(issuer.jwks()).expect("keys");
    verify(
        answer["access_token"].as_str().expect("a token"),
        &keys,
        &signature_only(algorithm),
    )
    .expect("it verifies")
}

#[tokio::test]
async fn discovery_leads_to_the_keys_and_the_token_endpoint() {
    let provider = provider().await;
    let found = fetch(provider.discovery_url("okta")).await;
    assert_eq!(found["issuer"], OKTA);
    assert_eq!(found["jwks_uri"], provider.jwks_url("okta"));
    assert_eq!(found["token_endpoint"], provider.token_url("okta"));
    let okta = provider.issuer("okta").expect("okta");
    assert_eq!(fetch(provider.jwks_url("okta")).await, okta.jwks());
    assert_ne!(fetch(provider.jwks_url("partner")).await, okta.jwks());
    assert!(provider.issuer("nobody").is_none());
    assert_eq!(provider.issuers().len(), 2);
    for url in [provider.discovery_url("nobody"), provider.jwks_url("nobody")] {
        assert_eq!(reqwest::get(url).await.expect("get").status(), 404);
    }
}

#[tokio::test]
async fn the_client_gets_a_token_for_what_it_asks() {
    let provider = provider().await;
    let okta = provider.issuer("okta").expect("okta");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "demo"),
        ("client_secret", "demo-secret"),
    ];
    let plain = Client::new()
        .post(provider.token_url("okta"))
        .form(&form)
        .send()
        .await
        .expect("post");
    assert_eq!(plain.status(), 200);
    assert_eq!(plain.headers()["cache-control"], "no-store");
    let plain: Value = plain.json().await.expect("json");
    assert_eq!(
        (&plain["token_type"], &plain["expires_in"]),
        (&json!("Bearer"), &json!(300))
    );
    assert_eq!(plain.get("scope"), None);
    let claims = verified(okta, Algorithm::Rs256, &plain);
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"]),
        (&json!(OKTA), &json!("demo"), &json!("api://orders"))
    );

    for algorithm in Algorithm::ALL {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "orders:read orders:write"),
            ("audience", "api://other"),
            ("subject", "u7"),
            ("algorithm", algorithm.jws_name()),
            ("expires_in", "-30"),
        ];
        let request = Client::new()
            .post(provider.token_url("okta"))
            .basic_auth("demo", Some("demo-secret"));
        let answer: Value = request
            .form(&form)
            .send()
            .await
            .expect("post")
            .json()
            .await
            .expect("json");
        assert_eq!(answer["scope"], "orders:read orders:write");
        let claims = verified(okta, algorithm, &answer);
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("u7"), &json!("api://other")));
        assert_eq!(claims["scope"], "orders:read orders:write");
        assert!(claims["exp"].as_i64().expect("exp") <= now() - 30);
    }
}

#[tokio::test]
async fn bad_requests_are_refused_in_the_words_of_the_rfc() {
    let provider = provider().await;
    let demo = "client_id=demo&client_secret=demo-secret";
    let good = format!("grant_type=client_credentials&{demo}");
    let table = [
        ("no grant", demo.to_owned(), 400, "invalid_request"),
        (
            "another grant",
            format!("grant_type=password&{demo}"),
            400,
            "unsupported_grant_type",
        ),
        (
            "no client",
            "grant_type=client_credentials".to_owned(),
            401,
            "invalid_client",
        ),
        (
            "no secret",
            "grant_type=client_credentials&client_id=demo".to_owned(),
            401,
            "invalid_client",
        ),
        (
            "wrong secret",
            good.replace("demo-secret", "guess"),
            401,
            "invalid_client",
        ),
        (
            "unknown client",
            good.replace("id=demo", "id=else"),
            401,
            "invalid_client",
        ),
        (
            "a field twice",
            format!("{good}&scope=a&scope=b"),
            400,
            "invalid_request",
        ),
        (
            "unknown algorithm",
            format!("{good}&algorithm=HS256"),
            400,
            "invalid_request",
        ),
        (
            "lifetime not a number",
            format!("{good}&expires_in=soon"),
            400,
            "invalid_request",
        ),
        ("nothing", String::new(), 401, "invalid_client"),
    ];
    for (name, body, status, error) in table {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let request = Client::new()
            .post(provider.token_url("okta"))
            .header(form.0, form.1)
            .body(body);
        assert_refused(name, request, status, error).await;
    }
    let post = || Client::new().post(provider.token_url("okta"));
    assert_refused(
        "not a form",
        post().header("content-type", "text/plain").body(good.clone()),
        400,
        "invalid_request",
    )
    .await;
    let form = [("grant_type", "client_credentials"), ("client_secret", "demo-secret")];
    assert_refused(
        "two ways",
        post().basic_auth("demo", Some("demo-secret")).form(&form),
        400,
        "invalid_request",
    )
    .await;
    let form = [("grant_type", "client_credentials")];
    let challenged = assert_refused(
        "basic",
        post().basic_auth("demo", Some("x")).form(&form),
        401,
        "invalid_client",
    )
    .await;
    assert!(challenged.expect("a challenge").starts_with("Basic "));
}

async fn assert_refused(name: &str, request: RequestBuilder, status: u16, error: &str) -> Option<String> {
    let answer = request.send().await.expect(name);
    assert_eq!(answer.status(), status, "{name}");
    assert_eq!(answer.headers()["cache-control"], "no-store", "{name}");
    let challenge = answer
        .headers()
        .get("www-authenticate")
        .map(|value| value.to_str().expect("text").to_owned());
    let body: Value = answer.json().await.expect("json");
    assert_eq!(body["error"], error, "{name}");
    assert!(body.get("access_token").is_none(), "{name}");
    challenge
}

#[tokio::test]
async fn names_are_plain_and_distinct() {
    for names in [vec!["a", "a"], vec![""], vec!["a/b"], vec!["a b"]] {
        let issuers = names
            .iter()
            .map(|name| Issuer::new(*name, OKTA, "x").expect("an issuer"))
            .collect();
        IdentityProvider::start(issuers).await.expect_err("a bad name");
    }
}

#[tokio::test]
async fn stopped_it_is_gone_and_resumed_it_has_the_same_keys() {
    let provider = provider().await;
    let before = fetch(provider.jwks_url("okta")).await;
    provider.stop().await;
    reqwest::get(provider.jwks_url("okta"))
        .await
        .expect_err("nobody listens");
    provider.resume().await.expect("resume");
    assert_eq!(fetch(provider.jwks_url("okta")).await, before);
}
