//! Keys come and go while the provider runs, by the issuer's methods and by hand.

use super::*;
use crate::signing::SigningKey;

fn kids(set: &Value) -> Vec<String> {
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

#[tokio::test]
async fn keys_come_and_go_on_a_running_server() {
    let provider = provider().await;
    let okta = provider.issuer("okta").expect("okta");
    let url = provider.jwks_url("okta");
    okta.add_key("new", Algorithm::Ps384).expect("a key");
    let at_first = ["okta-rs256-1", "okta-es256-1", "okta-eddsa-1", "new"];
    assert_eq!(kids(&fetch(url.clone()).await), at_first);
    let algorithms = &fetch(provider.discovery_url("okta")).await["id_token_signing_alg_values_supported"];
    assert_eq!(algorithms, &json!(["RS256", "PS384", "ES256", "EdDSA"]));
    okta.withdraw_key("okta-rs256-1");
    assert_eq!(kids(&fetch(url).await), at_first[1..]);
}

#[tokio::test]
async fn the_knobs_turn_by_hand() {
    let provider = provider().await;
    let okta = provider.issuer("okta").expect("okta");
    let turn = async |order: &str| {
        let url = format!("{}/{order}", provider.control_url("okta"));
        Client::new().post(url).send().await.expect("post").status().as_u16()
    };
    let token = async || -> Value {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "demo"),
            ("client_secret", "demo-secret"),
        ];
        let answer = Client::new()
            .post(provider.token_url("okta"))
            .form(&form)
            .send()
            .await
            .expect("post");
        answer.json().await.expect("json")
    };
    assert_eq!(turn("rotate").await, 200);
    assert_eq!(turn("rotate?algorithm=EdDSA").await, 200);
    let shown: Vec<_> = okta
        .published_keys()
        .iter()
        .map(SigningKey::kid)
        .map(str::to_owned)
        .collect();
    assert_eq!(shown[3..], ["okta-rs256-2", "okta-eddsa-3"]);
    let answer = token().await;
    let header = jsonwebtoken::decode_header(answer["access_token"].as_str().expect("a token")).expect("a header");
    assert_eq!(header.kid.as_deref(), Some("okta-rs256-2"), "the newest key signs");
    verified(okta, Algorithm::Rs256, &answer);

    for (order, status) in [
        ("withdraw?kid=okta-rs256-1", 200),
        ("withdraw?kid=okta-rs256-1", 404),
        ("withdraw", 404),
        ("withdraw?kid=okta-rs256-2", 200),
        ("revoke?token=x", 404),
        ("rotate?algorithm=HS256", 400),
        ("explode", 404),
    ] {
        assert_eq!(turn(order).await, status, "{order}");
    }
    assert_eq!(token().await["error"], "invalid_request", "no key is left to sign with");
    assert_eq!(turn("down").await, 200);
    for endpoint in Endpoint::ALL {
        let url = provider.endpoint_url("okta", endpoint);
        assert_eq!(reqwest::get(url).await.expect("get").status(), 503, "{endpoint:?}");
    }
    assert_eq!(turn("up").await, 200);
    assert_eq!(kids(&fetch(provider.jwks_url("okta")).await).len(), 3);
}

#[tokio::test]
async fn a_web_page_turns_nothing() {
    let provider = provider().await;
    let url = format!("{}/down", provider.control_url("okta"));
    let from_page = Client::new().post(&url).header("origin", "https://evil.example");
    assert_eq!(from_page.send().await.expect("post").status(), 403);
    assert_eq!(reqwest::get(&url).await.expect("get").status(), 405);
    assert_eq!(
        reqwest::get(provider.jwks_url("okta")).await.expect("get").status(),
        200
    );
}
