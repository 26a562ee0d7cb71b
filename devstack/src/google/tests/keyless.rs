//! Workload identity federation: what the Security Token Service and the Service Account Credentials API take, what they
//! refuse in which words, and how they fail when they are told to.

use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::super::subject_token::{LEEWAY_S, LIFETIME_MAX_S, SUBJECT_BYTES_MAX};
use super::*;
use crate::signing::SigningKey;
use crate::tokens::{tampered_claims, tampered_signature, unsigned};

const PROVIDER: &str = "projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge";
const GATEWAY: &str = "https://api.example.com";
const STRANGER: &str = "stranger@local.iam.gserviceaccount.com";

struct World {
    google: Google,
    key: SigningKey,
}

impl World {
    async fn new() -> Self {
        let google = Google::start().await.expect("start");
        let key = SigningKey::generate(Algorithm::Es256, "edge-1").expect("a key");
        google.workload_identity(provider(&[&key], &[])).expect("a provider");
        google.keyless_account(EDGE);
        google.keyless_account(STRANGER);
        google.let_impersonate(PROVIDER, "tollgate", EDGE).expect("a grant");
        Self { google, key }
    }

    /// A good subject token but for one claim, which is left out where the value is null.
    fn token_with(&self, claim: &str, value: Value) -> String {
        let mut claims = json!({
            "iss": GATEWAY, "sub": "tollgate", "aud": format!("https://iam.googleapis.com/{PROVIDER}"),
            "iat": now(), "exp": now() + 300,
        });
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(claim)),
            value => claims[claim] = value,
        }
        sign(&self.key, &claims)
    }

    fn token(&self) -> String {
        self.token_with("sub", json!("tollgate"))
    }

    async fn exchange(&self, token: &str) -> (u16, Value) {
        let form = good_form(token);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.exchange_form(&form).await
    }

    async fn exchange_form(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/v1/token", self.google.url());
        answer(Client::new().post(url).form(form)).await
    }

    async fn federated(&self) -> String {
        let (status, told) = self.exchange(&self.token()).await;
        assert_eq!(status, 200, "{told}");
        told["access_token"].as_str().expect("a token").to_owned()
    }

    fn generate(&self, email: &str) -> RequestBuilder {
        let base = self.google.url();
        Client::new().post(format!("{base}/v1/projects/-/serviceAccounts/{email}:generateIdToken"))
    }

    async fn generate_as(&self, token: &str, email: &str, body: Value) -> (u16, Value) {
        answer(self.generate(email).bearer_auth(token).json(&body)).await
    }
}

fn provider(keys: &[&SigningKey], allowed_audiences: &[&str]) -> WorkloadIdentityProvider {
    let keys: Vec<Value> = keys.iter().map(|key| key.public_jwk()).collect();
    WorkloadIdentityProvider {
        name: PROVIDER.to_owned(),
        issuer: GATEWAY.to_owned(),
        jwks: json!({ "keys": keys }),
        allowed_audiences: allowed_audiences.iter().map(|text| (*text).to_owned()).collect(),
    }
}

fn sign(key: &SigningKey, claims: &Value) -> String {
    let header = json!({ "alg": key.algorithm().jws_name(), "typ": "JWT", "kid": key.kid() });
    key.sign(&header, claims).expect("a token")
}

fn good_form(token: &str) -> [(&'static str, String); 6] {
    [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange".to_owned(),
        ),
        ("audience", format!("//iam.googleapis.com/{PROVIDER}")),
        ("scope", "https://www.googleapis.com/auth/cloud-platform".to_owned()),
        (
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:access_token".to_owned(),
        ),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt".to_owned()),
        ("subject_token", token.to_owned()),
    ]
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn id_token_claims(google: &Google, told: &Value) -> Value {
    let keys: JwkSet = serde_json::from_value(google.jwks()).expect("keys");
    let token = told["token"].as_str().expect("a token");
    verify(token, &keys, &signature_only(Algorithm::Rs256)).expect("verified")
}

#[tokio::test]
async fn a_key_of_ones_own_earns_an_id_token() {
    let world = World::new().await;
    let (status, told) = world.exchange(&world.token()).await;
    assert_eq!(status, 200, "{told}");
    let token = told["access_token"].as_str().expect("a token");
    let lifetime_s = told["expires_in"].as_i64().expect("a number");
    assert!(
        (295..=300).contains(&lifetime_s),
        "as long as the subject token: {lifetime_s}"
    );
    assert_eq!(
        (&told["token_type"], &told["issued_token_type"]),
        (
            &json!("Bearer"),
            &json!("urn:ietf:params:oauth:token-type:access_token")
        )
    );
    let long = world.token_with("exp", json!(now() + LIFETIME_MAX_S));
    assert_eq!(world.exchange(&long).await.1["expires_in"], 3600);

    let body = json!({ "audience": ORDERS, "includeEmail": true });
    let (status, told) = world.generate_as(token, EDGE, body).await;
    assert_eq!(status, 200, "{told}");
    let claims = id_token_claims(&world.google, &told);
    let issued_at = claims["iat"].as_i64().expect("iat");
    let id = unique_id(EDGE);
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "aud": ORDERS, "azp": id, "sub": id, "email": EDGE, "email_verified": true,
            "iat": issued_at, "exp": issued_at + 3600,
        })
    );
    let (_, told) = world.generate_as(token, EDGE, json!({ "audience": ORDERS })).await;
    let claims = id_token_claims(&world.google, &told);
    assert_eq!((claims.get("email"), claims.get("email_verified")), (None, None));

    let google = &world.google;
    assert_eq!((google.sts().asked(), google.sts().minted()), (2, 2));
    assert_eq!(
        (google.iam_credentials().asked(), google.iam_credentials().minted()),
        (2, 2)
    );
    assert_eq!((google.asked(), google.minted()), (0, 0));
}

#[tokio::test]
async fn bad_subject_tokens_are_refused_in_googles_words() {
    const SIGNATURE: &str = "Unable to verify the ID Token signature.";
    const NO_KEY: &str = "Error connecting to the given credential's issuer.";
    const STALE: &str = "ID Token issued at ";
    const AUDIENCE: &str = "The audience in ID Token [";
    const ISSUER: &str = "The issuer in ID Token ";
    const LONG: &str = "The size of mapped attribute google.subject exceeds the 127 bytes limit.";

    let world = World::new().await;
    let good = world.token();
    let stranger = SigningKey::generate(Algorithm::Es256, "edge-1").expect("a key");
    let unknown = SigningKey::generate(Algorithm::Es256, "edge-2").expect("a key");
    let rsa = SigningKey::generate(Algorithm::Rs256, "edge-1").expect("a key");
    let ed = SigningKey::generate(Algorithm::EdDsa, "edge-1").expect("a key");
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(&good).expect("claims");
    let nameless = world.key.sign(&json!({ "alg": "ES256" }), &claims).expect("a token");
    let times = |iat: i64, exp: i64| {
        let mut claims = claims.clone();
        (claims["iat"], claims["exp"]) = (json!(now() + iat), json!(now() + exp));
        sign(&world.key, &claims)
    };
    let with = |claim: &str, value: Value| world.token_with(claim, value);
    let table = [
        ("nothing", String::new(), "Unable to parse the ID Token."),
        ("not a token", "a.b.c".to_owned(), "Unable to parse the ID Token."),
        (
            "signature tampered with",
            tampered_signature(&good).expect("it"),
            SIGNATURE,
        ),
        (
            "claims tampered with",
            tampered_claims(&good, "sub", "root").expect("it"),
            SIGNATURE,
        ),
        (
            "unsigned",
            unsigned(&good).expect("it"),
            "Unable to parse the ID Token.",
        ),
        ("another's key of the same name", sign(&stranger, &claims), SIGNATURE),
        ("another kind of key of the same name", sign(&rsa, &claims), SIGNATURE),
        ("an algorithm that Google does not take", sign(&ed, &claims), SIGNATURE),
        ("an unknown key", sign(&unknown, &claims), NO_KEY),
        ("no key named", nameless, NO_KEY),
        ("another issuer", with("iss", json!("https://evil.example")), ISSUER),
        (
            "the issuer with a slash",
            with("iss", json!("https://api.example.com/")),
            ISSUER,
        ),
        ("no issuer", with("iss", Value::Null), "The issuer in ID Token null "),
        (
            "another audience",
            with("aud", json!("https://iam.googleapis.com/x")),
            AUDIENCE,
        ),
        ("Google's own audience", with("aud", json!(TOKEN_AUDIENCE)), AUDIENCE),
        ("no audience", with("aud", Value::Null), "The audience in ID Token [] "),
        ("no issue time", with("iat", Value::Null), "ID Token issued at null "),
        ("no expiry", with("exp", Value::Null), STALE),
        ("expired", times(-600, -LEEWAY_S - 2), STALE),
        ("issued in the future", times(LEEWAY_S + 30, 600), STALE),
        ("too long-lived", times(0, LIFETIME_MAX_S + 1), STALE),
        (
            "no subject",
            with("sub", Value::Null),
            "The mapped attribute google.subject is empty.",
        ),
        (
            "a long subject",
            with("sub", json!("s".repeat(SUBJECT_BYTES_MAX + 1))),
            LONG,
        ),
    ];
    for (name, token, description) in table {
        let (status, told) = world.exchange(&token).await;
        assert_eq!(status, 400, "{name}");
        let said = told["error_description"].as_str().expect(name);
        assert!(said.starts_with(description), "{name}: {said}");
        let is_request = description == LONG || name == "no subject";
        let error = if is_request { "invalid_request" } else { "invalid_grant" };
        assert_eq!(told["error"], error, "{name}");
    }
    assert_eq!(world.google.sts().minted(), 0);
    let table = [
        (
            "the other default audience",
            with("aud", json!(format!("//iam.googleapis.com/{PROVIDER}"))),
        ),
        (
            "several audiences",
            with("aud", json!(["x", format!("https://iam.googleapis.com/{PROVIDER}")])),
        ),
        ("the longest subject", with("sub", json!("s".repeat(SUBJECT_BYTES_MAX)))),
        ("a clock that is a little fast", times(LEEWAY_S - 5, 600)),
        ("a clock that is a little slow", times(-600, 5 - LEEWAY_S)),
    ];
    for (name, token) in table {
        assert_eq!(world.exchange(&token).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn other_exchanges_are_refused() {
    let world = World::new().await;
    let elsewhere = format!("//iam.googleapis.com/{}", PROVIDER.replace("edge", "other"));
    let table = [
        ("grant_type", None, "invalid_request"),
        ("grant_type", Some(JWT_BEARER), "unsupported_grant_type"),
        ("audience", None, "invalid_request"),
        ("audience", Some(PROVIDER), "invalid_request"),
        ("audience", Some(elsewhere.as_str()), "invalid_target"),
        ("scope", None, "invalid_scope"),
        ("scope", Some(""), "invalid_scope"),
        ("scope", Some("openid"), "invalid_scope"),
        ("requested_token_type", None, "invalid_request"),
        (
            "requested_token_type",
            Some("urn:ietf:params:oauth:token-type:id_token"),
            "invalid_request",
        ),
        ("subject_token_type", None, "invalid_request"),
        (
            "subject_token_type",
            Some("urn:ietf:params:oauth:token-type:saml2"),
            "invalid_request",
        ),
        ("subject_token", None, "invalid_request"),
    ];
    let good = good_form(&world.token());
    for (field, value, error) in table {
        let kept = good.iter().filter(|(name, _)| *name != field);
        let form: Vec<_> = kept.map(|(name, value)| (*name, value.as_str())).collect();
        let form = [form, value.map(|value| (field, value)).into_iter().collect()].concat();
        let (status, told) = world.exchange_form(&form).await;
        assert_eq!((status, &told["error"]), (400, &json!(error)), "{field} {value:?}");
    }
    let json: std::collections::BTreeMap<_, _> = good.iter().cloned().collect();
    let url = format!("{}/v1/token", world.google.url());
    assert_eq!(
        answer(Client::new().post(url).json(&json)).await.1["error"],
        "invalid_request",
        "not a form"
    );
    assert_eq!(world.google.sts().minted(), 0);
}

#[tokio::test]
async fn id_tokens_are_refused_in_googles_words() {
    let world = World::new().await;
    let token = world.federated().await;
    let body = || json!({ "audience": ORDERS, "includeEmail": true });
    let denied = "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).";
    let invalid = "Request had invalid authentication credentials.";
    let nobody = "nobody@local.iam.gserviceaccount.com";
    let delegates = json!({ "audience": ORDERS, "delegates": ["projects/-/serviceAccounts/x"] });
    let cut = token.get(..20).expect("long").to_owned();
    let table = [
        ("an unknown token", cut, EDGE, body(), 401, "UNAUTHENTICATED", invalid),
        (
            "the subject token itself",
            world.token(),
            EDGE,
            body(),
            401,
            "UNAUTHENTICATED",
            invalid,
        ),
        (
            "no audience",
            token.clone(),
            EDGE,
            json!({}),
            400,
            "INVALID_ARGUMENT",
            "Request contains",
        ),
        (
            "an empty audience",
            token.clone(),
            EDGE,
            json!({ "audience": "" }),
            400,
            "INVALID_ARGUMENT",
            "Request",
        ),
        (
            "an unknown field",
            token.clone(),
            EDGE,
            json!({ "audiences": ORDERS }),
            400,
            "INVALID_ARGUMENT",
            "",
        ),
        (
            "an unknown account",
            token.clone(),
            nobody,
            body(),
            404,
            "NOT_FOUND",
            "Not found; Gaia id not found",
        ),
        (
            "an account without the role",
            token.clone(),
            STRANGER,
            body(),
            403,
            "PERMISSION_DENIED",
            denied,
        ),
        (
            "through another account",
            token.clone(),
            EDGE,
            delegates,
            403,
            "PERMISSION_DENIED",
            denied,
        ),
    ];
    for (name, token, email, body, code, status, message) in table {
        let (answered, told) = world.generate_as(&token, email, body).await;
        assert_eq!((answered, &told["error"]["code"]), (code, &json!(code)), "{name}");
        assert_eq!(told["error"]["status"], status, "{name}");
        let said = told["error"]["message"].as_str().expect(name);
        assert!(said.starts_with(message), "{name}: {said}");
    }
    let (status, told) = answer(world.generate(EDGE).json(&body())).await;
    assert_eq!((status, &told["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
    let (status, _) = answer(world.generate(EDGE).bearer_auth(&token).body("{")).await;
    assert_eq!(status, 400, "not JSON");

    let other = world.token_with("sub", json!("another-workload"));
    let other = world.exchange(&other).await.1["access_token"].clone();
    let (status, _) = world.generate_as(other.as_str().expect("a token"), EDGE, body()).await;
    assert_eq!(status, 403, "a subject without the role");
    assert_eq!(world.google.iam_credentials().minted(), 0);
}

#[tokio::test]
async fn each_api_fails_as_it_is_told() {
    let world = World::new().await;
    let google = &world.google;
    let token = world.federated().await;
    let mint = async || {
        let body = json!({ "audience": ORDERS, "includeEmail": true });
        world.generate_as(&token, EDGE, body).await
    };
    for (failure, sts, iam) in [
        (
            Failure::Unavailable,
            (503, "temporarily_unavailable"),
            (503, "UNAVAILABLE"),
        ),
        (Failure::Garbage, (200, ""), (200, "")),
        (
            Failure::Denied,
            (400, "unauthorized_client"),
            (403, "PERMISSION_DENIED"),
        ),
    ] {
        google.sts().set_failure(Some(failure));
        google.iam_credentials().set_failure(Some(failure));
        let (status, told) = world.exchange(&world.token()).await;
        assert_eq!((status, told["error"].as_str().unwrap_or_default()), sts, "{failure:?}");
        let (status, told) = mint().await;
        assert_eq!(
            (status, told["error"]["status"].as_str().unwrap_or_default()),
            iam,
            "{failure:?}"
        );
    }
    google.sts().set_failure(Some(Failure::Hang));
    google.iam_credentials().set_failure(Some(Failure::Hang));
    let limit = Duration::from_millis(100);
    tokio::time::timeout(limit, world.exchange(&world.token()))
        .await
        .expect_err("no answer");
    tokio::time::timeout(limit, mint()).await.expect_err("no answer");

    google.sts().set_failure(Some(Failure::Slow(50)));
    let began = Instant::now();
    world.federated().await;
    assert!(began.elapsed() >= Duration::from_millis(50));

    google.sts().set_failure(Some(Failure::WrongAudience));
    assert_eq!(world.exchange(&world.token()).await.1["error"], "invalid_grant");
    google.iam_credentials().set_failure(Some(Failure::WrongAudience));
    assert_ne!(id_token_claims(google, &mint().await.1)["aud"], ORDERS);
    google.iam_credentials().set_failure(Some(Failure::Expired));
    assert!(id_token_claims(google, &mint().await.1)["exp"].as_i64() < Some(now()));
    google.iam_credentials().set_failure(None);
    assert_eq!(mint().await.0, 200);

    google.sts().set_failure(Some(Failure::Expired));
    let expired = world.federated().await;
    let (status, _) = world.generate_as(&expired, EDGE, json!({ "audience": ORDERS })).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn providers_are_such_as_google_takes() {
    let world = World::new().await;
    let google = &world.google;
    let rsa = SigningKey::generate(Algorithm::Rs256, "rsa").expect("a key");
    let ed = SigningKey::generate(Algorithm::EdDsa, "ed").expect("a key");
    let p384 = SigningKey::generate(Algorithm::Es384, "p384").expect("a key");
    let base = || provider(&[&world.key], &[]);
    let table = [
        ("Ed25519", provider(&[&ed], &[])),
        ("P-384", provider(&[&world.key, &p384], &[])),
        (
            "http",
            WorkloadIdentityProvider {
                issuer: "http://api.example.com".to_owned(),
                ..base()
            },
        ),
        (
            "a pool's name",
            WorkloadIdentityProvider {
                name: "projects/1/x".to_owned(),
                ..base()
            },
        ),
        (
            "no keys",
            WorkloadIdentityProvider {
                jwks: json!([]),
                ..base()
            },
        ),
    ];
    for (name, provider) in table {
        google.workload_identity(provider).expect_err(name);
    }
    google
        .let_impersonate("tollgate", "s", EDGE)
        .expect_err("no provider's name");

    // Audiences that are named take the place of the provider's own name; two keys are one while the other is retired.
    google
        .workload_identity(provider(&[&rsa, &world.key], &["tollgate"]))
        .expect("a provider");
    assert_eq!(world.exchange(&world.token()).await.0, 400);
    let claims = json!({ "iss": GATEWAY, "sub": "tollgate", "aud": "tollgate", "iat": now(), "exp": now() + 60 });
    for key in [&rsa, &world.key] {
        assert_eq!(world.exchange(&sign(key, &claims)).await.0, 200, "{}", key.kid());
    }
}
