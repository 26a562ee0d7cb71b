//! A service believes only what the gateway signed for it.

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::*;
use crate::server::Server;
use crate::signing::{Algorithm, SigningKey};
use crate::tokens::{now, tampered_claims};

const GATEWAY: &str = "https://api.example.com";
const ORDERS: &str = "https://orders.example.com";

#[tokio::test]
async fn a_service_believes_what_the_gateway_signed_for_it() {
    let es256 = SigningKey::generate(Algorithm::Es256, "a1").expect("a key");
    let eddsa = SigningKey::generate(Algorithm::EdDsa, "a2").expect("a key");
    let rs256 = SigningKey::generate(Algorithm::Rs256, "a3").expect("a key");
    let stranger = SigningKey::generate(Algorithm::Es256, "a1").expect("a key");
    let keys = json!({ "keys": [es256.public_jwk(), eddsa.public_jwk(), rs256.public_jwk()] });
    let gateway = Server::start(Router::new().route("/keys", get(async move || Json(keys)))).await;
    let gateway = gateway.expect("a gateway");
    let service = start().await;
    let keys_url = format!("{}/keys", gateway.url());
    service.verify_assertions(Verifier::new(keys_url, GATEWAY, ORDERS));

    let claims = |claim: &str, value: Value| {
        let mut claims = json!({ "iss": GATEWAY, "aud": ORDERS, "sub": "u1", "iat": now(), "exp": now() + 60 });
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(claim)),
            value => claims[claim] = value,
        }
        claims
    };
    let sign = |key: &SigningKey, claims: &Value| {
        let header = json!({ "alg": key.algorithm().jws_name(), "kid": key.kid() });
        key.sign(&header, claims).expect("a token")
    };
    let good = claims("sub", json!("u1"));
    let table = [
        ("ES256", sign(&es256, &good), true),
        ("EdDSA", sign(&eddsa, &good), true),
        ("RS256", sign(&rs256, &good), false),
        ("another's key", sign(&stranger, &good), false),
        (
            "tampered with",
            tampered_claims(&sign(&es256, &good), "sub", "root").expect("it"),
            false,
        ),
        (
            "for another service",
            sign(&es256, &claims("aud", json!("https://x"))),
            false,
        ),
        (
            "of another gateway",
            sign(&es256, &claims("iss", json!("https://x"))),
            false,
        ),
        ("expired", sign(&es256, &claims("exp", json!(now() - 1))), false),
        ("without expiry", sign(&es256, &claims("exp", Value::Null)), false),
        ("without issue time", sign(&es256, &claims("iat", Value::Null)), false),
        ("long-lived", sign(&es256, &claims("exp", json!(now() + 121))), false),
        ("no token", "hello".to_owned(), false),
    ];
    for (name, assertion, verified) in table {
        let request = Client::new()
            .get(service.url())
            .header("x-tollgate-assertion", assertion);
        let told: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(told["assertion"]["verified"], verified, "{name}: {}", told["assertion"]);
        let subject = told["assertion"]["claims"]["sub"].as_str();
        assert_eq!(subject, verified.then_some("u1"), "{name}");
    }
    let told: Value = reqwest::get(service.url())
        .await
        .expect("get")
        .json()
        .await
        .expect("JSON");
    assert_eq!(told["assertion"], Value::Null);
}
