//! What the introspection endpoint tells, and to whom.

use super::*;

async fn opaque() -> IdentityProvider {
    let opaque = Issuer::new("opaque", OKTA, "api://orders").expect("an issuer");
    // Each character of these means something in a form.
    let opaque = opaque.introspected_by("ed ge+", "s3:cr&t=%20");
    IdentityProvider::start(vec![opaque]).await.expect("start")
}

fn asking(provider: &IdentityProvider, token: &str) -> RequestBuilder {
    Client::new()
        .post(provider.introspection_url("opaque"))
        .form(&[("token", token), ("token_type_hint", "access_token")])
}

const RIGHT: (&str, &str) = ("ed+ge%2B", "s3%3Acr%26t%3D%2520");

#[tokio::test]
async fn the_client_is_told_what_a_token_stands_for() {
    let provider = opaque().await;
    let issuer = provider.issuer("opaque").expect("opaque");
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "orders:read"),
        ("subject", "u7"),
    ];
    let request = Client::new()
        .post(provider.token_url("opaque"))
        .basic_auth("demo", Some("demo-secret"));
    let given: Value = request
        .form(&form)
        .send()
        .await
        .expect("post")
        .json()
        .await
        .expect("json");
    let token = given["access_token"].as_str().expect("a token");
    assert!(!token.contains('.'), "{token}");
    let ask = async |token: &str| -> Value {
        let answer = asking(&provider, token)
            .basic_auth(RIGHT.0, Some(RIGHT.1))
            .send()
            .await
            .expect("post");
        assert_eq!(
            (answer.status(), &answer.headers()["cache-control"]),
            (StatusCode::OK, &"no-store".parse().expect("text"))
        );
        answer.json().await.expect("json")
    };
    let told = ask(token).await;
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!("u7")));
    assert_eq!(
        (&told["scope"], &told["client_id"]),
        (&json!("orders:read"), &json!("demo"))
    );
    assert_eq!(ask("guess").await, json!({ "active": false }));
    issuer.revoke_opaque(token);
    assert_eq!(ask(token).await, json!({ "active": false }));
    assert_eq!(provider.asked("opaque", Endpoint::Introspection), 3);
    assert_eq!(provider.asked("opaque", Endpoint::Token), 1);
}

#[tokio::test]
async fn nobody_else_is_told_anything() {
    let provider = opaque().await;
    let token = provider
        .issuer("opaque")
        .expect("opaque")
        .token()
        .build()
        .expect("a token");
    for (name, client, secret) in [
        ("wrong secret", RIGHT.0, "s3"),
        ("wrong client", "demo", RIGHT.1),
        ("not encoded", "ed ge+", "s3:cr&t=%20"),
        ("empty", "", ""),
    ] {
        let request = asking(&provider, &token).basic_auth(client, Some(secret));
        let challenge = assert_refused(name, request, 401, "invalid_client").await;
        assert!(challenge.expect("a challenge").starts_with("Basic "), "{name}");
    }
    assert_refused("nobody", asking(&provider, &token), 401, "invalid_client").await;
    let bearer = asking(&provider, &token).bearer_auth(&token);
    assert_refused("bearer", bearer, 401, "invalid_client").await;
    let no_token = Client::new()
        .post(provider.introspection_url("opaque"))
        .form(&[("x", "y")]);
    let no_token = no_token.basic_auth(RIGHT.0, Some(RIGHT.1));
    assert_refused("no token", no_token, 400, "invalid_request").await;
    let secret_in_form = [
        ("token", token.as_str()),
        ("client_id", "ed ge+"),
        ("client_secret", "s3:cr&t=%20"),
    ];
    let in_form = Client::new()
        .post(provider.introspection_url("opaque"))
        .form(&secret_in_form);
    assert_refused("in the form", in_form, 401, "invalid_client").await;
}
