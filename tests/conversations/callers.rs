//! Callers with credentials of other kinds than a bearer JWT in `Authorization`: what passes, what is refused, and what the
//! service gets.

use serde_json::{Value, json};
use tollgate::identity::api_key::ApiKey;
use tollgate_devstack::{dpop::Client, signing::Algorithm};

use crate::world::{
    Exchange, Part, World,
    message::{Request, values},
    outside::{Answer, posted},
    record::{Event, calls, sent},
    sample::{self, NOW, text, token},
};

pub(super) const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]

    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["api://orders"]
    dpop_nonce = "nonces"

    [issuers.partners]
    api_keys = true

    [issuers.opaque]
    issuer = "https://opaque.example"
    audience = ["api://orders"]
    introspection = { url = "https://opaque.example/introspect", client = "edge", secret = "opaque-client" }

    [services.orders]
    url = "https://orders-1.europe-west1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"

    [[routes]]
    path = "/default"
    allow = [{ issuer = ["okta", "opaque", "partners"] }]
    respond = { status = 200 }

    [[routes]]
    path = "/places"
    credential = ["authorization", { header = "x-api-key" }, { cookie = "session" }]
    allow = [{ issuer = ["okta", "partners"] }]
    to = "orders"
"#;

pub(super) fn world() -> World {
    let world = sample::world();
    sample::enforce(&world, POLICY);
    world.put_secret("nonces", "n".repeat(40));
    world.put_secret("opaque-client", "a secret of the gateway's own");
    world
}

pub(super) fn get(path: &str) -> Request {
    Request::new("GET", path)
}

/// A status with the log's word for where the claims came from, or with the code.
pub(super) fn outcome(exchange: &Exchange) -> String {
    let what = &exchange.log["tollgate"];
    let word = what["code"].as_str().or(what["claims"].as_str()).unwrap_or_default();
    format!("{} {word}", exchange.delivered.status)
}

pub(super) fn asks(world: &World, request: &Request) -> String {
    outcome(&world.exchange(request))
}

#[test]
fn credentials_stay_at_the_edge() {
    let world = world();
    let jwt = text(token());
    for (name, request, cookie) in [
        (
            "in Authorization",
            get("/places").bearer(&jwt).header("cookie", "a=1; b=2"),
            Some("a=1; b=2"),
        ),
        (
            "in a header",
            get("/places").header("X-Api-Key", &jwt).header("cookie", "a=1"),
            Some("a=1"),
        ),
        (
            "in a cookie",
            get("/places").header("cookie", &format!("a=1; session={jwt}; b=2")),
            Some("a=1; b=2"),
        ),
        (
            "in the only cookie",
            get("/places").header("cookie", &format!("session={jwt}")),
            None,
        ),
    ] {
        let exchange = world.exchange(&request);
        assert_eq!(exchange.delivered.status, 200, "{name}: {}", exchange.line);
        let sent = sent(&exchange.events).next().expect("a message to the service");
        let cookies = values(&sent.headers, "cookie");
        assert_eq!(cookies, Vec::from_iter(cookie), "{name}");
        for (header, value) in &sent.headers {
            assert!(!value.contains(&jwt), "{name}: {header}");
        }
        for gone in ["x-api-key", "authorization", "dpop"] {
            assert!(values(&sent.headers, gone).is_empty(), "{name}: {gone}");
        }
    }
    let both = get("/places").bearer(&jwt).header("x-api-key", &jwt);
    assert_eq!(asks(&world, &both), "400 credentials-several");
    let query = Request::new("GET", &format!("/default?access_token={jwt}"));
    assert_eq!(asks(&world, &query), "401 credential-missing");
}

fn record(key: &ApiKey, more: &Value) -> String {
    let mut record = json!({
        "id": key.id(), "issuer": "partners", "owner": "acme", "scopes": ["orders:read"], "created_at": NOW - 10,
    });
    let members = record.as_object_mut().expect("an object");
    members.extend(more.as_object().cloned().unwrap_or_default());
    record.to_string()
}

#[test]
fn api_keys_are_looked_up_once_in_a_while() {
    let world = world();
    let key = ApiKey::from_random([7; 32]);
    let request = get("/default").bearer(key.text().expose());
    assert_eq!(asks(&world, &request), "401 api-key-unknown");
    world.put_state(&key.entry(), record(&key, &json!({})));
    let exchange = world.exchange(&request);
    assert_eq!(outcome(&exchange), "200 stored");
    assert_eq!(exchange.log["tollgate"]["caller"]["subject"], "acme");
    assert_eq!(exchange.log["tollgate"]["caller"]["client"], key.id().as_str());
    let looked_up = |exchange: &Exchange| exchange.events.iter().any(|event| matches!(event, Event::State(_)));
    assert!(looked_up(&exchange));
    let again = world.exchange(&request);
    assert_eq!((outcome(&again), looked_up(&again)), ("200 sandbox".to_owned(), false));
    world.new_sandbox();
    assert_eq!(asks(&world, &request), "200 pop");
    world.put_state(&key.entry(), record(&key, &json!({ "revoked_at": NOW })));
    world.pass_s(29);
    assert_eq!(asks(&world, &request), "200 sandbox", "thirty seconds are not over");
    world.pass_s(1);
    assert_eq!(asks(&world, &request), "401 api-key-unknown", "revoked");
    world.break_part(Part::StateStore);
    assert_eq!(
        asks(&world, &request),
        "503 misconfigured",
        "a store that fails lets nobody in"
    );
}

#[test]
fn opaque_tokens_are_asked_about() {
    let world = world();
    let url = "https://opaque.example/introspect";
    let request = get("/default").bearer("opaque-token-1");
    world.answer(url, Answer::json(&json!({ "active": false })));
    assert_eq!(asks(&world, &request), "401 token-inactive");
    let good = get("/default").bearer("opaque-token-2");
    let answer = json!({ "active": true, "aud": "api://orders", "sub": "u1", "exp": NOW + 600 });
    world.answer(url, Answer::json(&answer));
    let exchange = world.exchange(&good);
    assert_eq!(outcome(&exchange), "200 introspected");
    let asked: Vec<Option<&str>> = calls(&exchange.events).map(|call| posted(call, "token")).collect();
    assert_eq!(asked, [Some("opaque-token-2")]);
    assert_eq!(asks(&world, &good), "200 sandbox");
    world.new_sandbox();
    assert_eq!(asks(&world, &good), "200 pop");
    world.answer(url, Answer::Refuses);
    assert_eq!(
        asks(&world, &get("/default").bearer("opaque-token-3")),
        "503 introspection-unavailable"
    );
    assert_eq!(asks(&world, &good), "200 sandbox", "what is remembered goes on");
    world.pass_s(60);
    assert_eq!(
        asks(&world, &good),
        "503 introspection-unavailable",
        "after a minute it is asked again"
    );
    assert_eq!(
        asks(&world, &get("/default").bearer("a.b.c")),
        "503 introspection-unavailable",
        "no JSON, so opaque"
    );
    assert_eq!(
        asks(&world, &get("/default").bearer(&text(token()))),
        "200 verified",
        "a JWT is not"
    );
}

#[test]
fn a_proof_is_asked_for_each_request() {
    let world = world();
    let client = Client::new(Algorithm::Es256).expect("a client");
    let bound = text(token().bound_to(client.jkt()));
    let url = "https://api.example.com/default";
    let with = |nonce: Option<&str>| {
        let proof = client.proving("GET", url).token(&bound).claim("iat", NOW);
        let proof = nonce.into_iter().fold(proof, |proof, nonce| proof.nonce(nonce));
        proof.build().expect("a proof")
    };
    let request = |proof: &str| {
        get("/default")
            .header("authorization", &format!("DPoP {bound}"))
            .header("dpop", proof)
    };
    assert_eq!(asks(&world, &get("/default").bearer(&bound)), "401 dpop-proof-missing");
    let unproven = get("/default").header("authorization", &format!("DPoP {bound}"));
    assert_eq!(asks(&world, &unproven), "401 dpop-proof-missing");
    let refused = world.exchange(&request(&with(None)));
    assert_eq!(outcome(&refused), "401 dpop-nonce-needed");
    let nonce = refused.delivered.values("dpop-nonce").concat();
    let proof = with(Some(&nonce));
    assert_eq!(asks(&world, &request(&proof)), "200 sandbox");
    assert_eq!(asks(&world, &request(&proof)), "401 dpop-proof-replayed");
    world.new_sandbox();
    assert_eq!(
        asks(&world, &request(&proof)),
        "401 dpop-proof-replayed",
        "in another sandbox too"
    );
    assert_eq!(
        asks(&world, &request(&with(Some(&nonce)))),
        "200 sandbox",
        "another proof"
    );
    let elsewhere = client
        .proving("POST", url)
        .token(&bound)
        .claim("iat", NOW)
        .nonce(&nonce);
    let spoiled = world.exchange(&request(&elsewhere.build().expect("a proof")));
    assert_eq!(outcome(&spoiled), "401 dpop-proof-invalid");
    assert_eq!(spoiled.log["tollgate"]["problems"], json!(["the DPoP proof: dpop-htm"]));
    let unbound = get("/default").header("authorization", &format!("DPoP {}", text(token())));
    assert_eq!(asks(&world, &unbound), "401 token-not-bound");
}

#[test]
fn a_certificate_is_asked_for_each_request() {
    let world = world();
    // SHA-256 of the bytes below, in base64url.
    const THUMBPRINT: &str = "gazXYhQPppKhQoItL75NxvVLyqUB9oqzflru0Lr-TZk";
    let der = b"a certificate";
    let bound = text(token().bound_to_certificate(THUMBPRINT));
    let request = get("/default").bearer(&bound);
    assert_eq!(asks(&world, &request.clone().certificate(der)), "200 verified");
    assert_eq!(asks(&world, &request), "401 certificate-wrong");
    assert_eq!(
        asks(&world, &request.clone().certificate(b"another")),
        "401 certificate-wrong"
    );
    assert_eq!(asks(&world, &request.certificate(der)), "200 sandbox");
}

/// A browser sends a cookie to every path of the host, and a script a header; no service may get the credential in it.
#[test]
fn credentials_do_not_reach_services_of_other_routes() {
    let world = world();
    let more = "\n[[routes]]\npath = \"/landing\"\nallow = \"anyone\"\nto = \"orders\"\n\
                [[routes]]\npath = \"/api\"\nallow = [{ issuer = [\"okta\"] }]\nto = \"orders\"\n";
    sample::enforce(&world, &format!("{POLICY}{more}"));
    let jwt = text(token());
    for request in [
        get("/landing").header("cookie", &format!("a=1; session={jwt}")),
        get("/landing").header("x-api-key", &jwt),
        get("/api").bearer(&jwt).header("cookie", &format!("session={jwt}")),
    ] {
        let exchange = world.exchange(&request);
        let sent = sent(&exchange.events).next().expect("a message to the service");
        assert!(
            sent.headers.iter().all(|(_, value)| !value.contains(&jwt)),
            "{}",
            request.target
        );
    }
}

/// What was once a JWT is another issuer's secret, however it is spoiled.
#[test]
fn spoiled_tokens_are_shown_to_no_other_issuer() {
    let world = world();
    let good = text(token());
    let (header, rest) = good.split_once('.').expect("a header");
    let (message, _) = good.rsplit_once('.').expect("a signature");
    let (cut, _) = header.split_at(header.len() - 1);
    for (name, spoiled) in [
        ("a part more", format!("{good}.x")),
        ("without its signature", message.to_owned()),
        ("a header cut short", format!("{cut}.{rest}")),
        ("a long header", format!("{header}{}.{rest}", "A".repeat(4_000))),
        ("padding", format!("{header}==.{rest}")),
    ] {
        let exchange = world.exchange(&get("/default").bearer(&spoiled));
        assert_eq!(calls(&exchange.events).count(), 0, "{name}");
        assert_eq!(exchange.delivered.status, 401, "{name}");
    }
}
