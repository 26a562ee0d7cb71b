//! Good assertions, the key file, and failures on demand.

mod keyless;
mod refusals;

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm as Jws, EncodingKey, Header};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::accounts::unique_id;
use super::*;
use crate::signing::{Algorithm, signature_only, verify};
use crate::tokens::now;

const EDGE: &str = "edge@local.iam.gserviceaccount.com";
const ORDERS: &str = "https://orders-1.europe-west1.run.app";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn good_claims() -> Value {
    json!({
        "iss": EDGE,
        "sub": EDGE,
        "aud": TOKEN_AUDIENCE,
        "iat": now(),
        "exp": now() + 3600,
        "target_audience": ORDERS,
    })
}

/// Signs as a client does that has only the key file.
fn assertion(file: &Value, algorithm: Jws, claims: &Value) -> String {
    let text = |field: &str| file[field].as_str().expect("a text").to_owned();
    let header = Header {
        kid: Some(text("private_key_id")),
        ..Header::new(algorithm)
    };
    let key = EncodingKey::from_rsa_pem(text("private_key").as_bytes()).expect("a PKCS#8 key");
    jsonwebtoken::encode(&header, claims, &key).expect("a token")
}

async fn ask(google: &Google, assertion: &str) -> Response {
    post(google, &[("grant_type", JWT_BEARER), ("assertion", assertion)]).await
}

async fn post(google: &Google, form: &[(&str, &str)]) -> Response {
    Client::new()
        .post(google.token_url())
        .form(form)
        .send()
        .await
        .expect("an answer")
}

async fn claims(google: &Google, answer: Response) -> Value {
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.expect("json");
    let keys: JwkSet = serde_json::from_value(google.jwks()).expect("keys");
    verify(
        answer["id_token"].as_str().expect("a token"),
        &keys,
        &signature_only(Algorithm::Rs256),
    )
    .expect("verified")
}

#[tokio::test]
async fn a_good_assertion_earns_an_id_token() {
    let google = Google::start().await.expect("start");
    let file = google.service_account(EDGE).expect("an account");
    let second = google.service_account(EDGE).expect("a second key");
    assert_ne!(file["private_key_id"], second["private_key_id"]);
    for file in [&file, &second] {
        let token = claims(
            &google,
            ask(&google, &assertion(file, Jws::RS256, &good_claims())).await,
        )
        .await;
        let issued_at = token["iat"].as_i64().expect("iat");
        assert!((now() - 5..=now()).contains(&issued_at));
        let id = file["client_id"].clone();
        assert_eq!(
            token,
            json!({
                "iss": ISSUER, "aud": ORDERS, "azp": id, "sub": id, "email": EDGE, "email_verified": true,
                "iat": issued_at, "exp": issued_at + 3600,
            })
        );
    }
    google.set_token_lifetime_s(20);
    let token = claims(
        &google,
        ask(&google, &assertion(&file, Jws::RS256, &good_claims())).await,
    )
    .await;
    assert_eq!(
        token["exp"].as_i64().expect("exp") - token["iat"].as_i64().expect("iat"),
        20
    );
    assert_eq!((google.asked(), google.minted()), (3, 3));
}

#[tokio::test]
async fn the_key_file_is_a_whole_one() {
    let google = Google::start().await.expect("start");
    let file = google.service_account(EDGE).expect("an account");
    let mut fields: Vec<_> = file
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields.join(" "),
        "auth_provider_x509_cert_url auth_uri client_email client_id client_x509_cert_url private_key private_key_id \
         project_id token_uri type universe_domain"
    );
    assert_eq!(
        (&file["type"], &file["project_id"]),
        (&json!("service_account"), &json!("local"))
    );
    assert_eq!(
        (&file["client_email"], &file["token_uri"]),
        (&json!(EDGE), &json!(google.token_url()))
    );
    assert_eq!(file["client_id"], unique_id(EDGE));
    assert_ne!(unique_id(EDGE), unique_id("other@local.iam.gserviceaccount.com"));
    assert!(unique_id(EDGE).len() == 21 && unique_id(EDGE).bytes().all(|byte| byte.is_ascii_digit()));
    let certs: Value = reqwest::get(format!("{}/oauth2/v3/certs", google.url()))
        .await
        .expect("get")
        .json()
        .await
        .expect("json");
    assert_eq!(certs, google.jwks());
}

#[tokio::test]
async fn it_fails_as_it_is_told() {
    let google = Google::start().await.expect("start");
    let file = google.service_account(EDGE).expect("an account");
    let good = assertion(&file, Jws::RS256, &good_claims());

    google.set_failure(Some(Failure::Unavailable));
    let answer = ask(&google, &good).await;
    assert_eq!(answer.status(), 503);
    answer.json::<Value>().await.expect("json");

    google.set_failure(Some(Failure::Garbage));
    let answer = ask(&google, &good).await;
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.expect_err("not json");

    google.set_failure(Some(Failure::Hang));
    tokio::time::timeout(Duration::from_millis(100), ask(&google, &good))
        .await
        .expect_err("no answer");
    assert_eq!(google.minted(), 0);

    google.set_failure(Some(Failure::WrongAudience));
    assert_ne!(claims(&google, ask(&google, &good).await).await["aud"], ORDERS);

    google.stop().await;
    Client::new()
        .post(google.token_url())
        .send()
        .await
        .expect_err("nobody listens");
    google.set_failure(None);
    google.resume().await.expect("resume");
    assert_eq!(claims(&google, ask(&google, &good).await).await["aud"], ORDERS);
    assert_eq!((google.asked(), google.minted()), (5, 2));
}
