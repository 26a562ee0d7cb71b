//! The gateway's own identity without a key of Google's: what Google is asked, and what comes of bad answers.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    host::{CacheKey, ConfigStore, Found, Host},
    upstream::{
        send::{Ask, Call},
        signing_key::{Curve, SigningKey},
    },
};

use super::book::Book;
use crate::world::{
    INSIDE, Part,
    federation::{FEDERATED, GENERATE_URL, STS_URL},
    message::Request,
    outside::{Answer, posted, url},
    ready,
    record::Event,
    sample::{self, INVOKER_KEY, NOW, PROVIDER, WORKLOAD_KEY, keyless_policy, keyless_world, text, token},
};

const AUDIENCE: &str = "https://orders-1.europe-west1.run.app";

const UNAVAILABLE: &str = "502 upstream-identity-unavailable";

fn order() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(token().claim("exp", NOW + 86_400)))
}

fn calls(events: &[Event]) -> Vec<&Call> {
    let calls = events.iter().filter_map(|event| match event {
        Event::Call(call) => Some(call),
        _ => None,
    });
    calls.collect()
}

/// The answer of `generateIdToken` with a token of these claims.
fn generated(claims: &Value) -> String {
    let [header, claims] = [&json!({ "alg": "RS256" }), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    json!({ "token": format!("{header}.{claims}.c2ln") }).to_string()
}

#[test]
fn what_google_is_asked() {
    let world = keyless_world();
    let exchange = world.exchange(&order());
    assert_eq!(exchange.delivered.status, 200, "{}", exchange.line);
    let calls = calls(&exchange.events);
    let [sts, generate] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(
        (url(sts).as_str(), sts.destination.name.as_str()),
        (STS_URL, "google_sts")
    );
    let Ask::Form(form) = &sts.ask else {
        panic!("{:?}", sts.ask);
    };
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.expose().as_str()))
        .collect();
    let pool = format!("//iam.googleapis.com/{PROVIDER}");
    let assertion = posted(sts, "subject_token").unwrap();
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("audience", pool.as_str()),
        ("scope", "https://www.googleapis.com/auth/cloud-platform"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", assertion),
    ];
    assert_eq!(form, expected);
    assert!(sts.authorization.is_none());
    let asserted = json!({
        "iss": "https://api.example.com", "sub": "tollgate", "aud": format!("https://iam.googleapis.com/{PROVIDER}"),
        "iat": NOW, "exp": NOW + 300,
    });
    assert_eq!(world.google.borrow().asserted, Some(asserted));

    let named = (url(generate), generate.destination.name.clone());
    assert_eq!(named, (GENERATE_URL.to_owned(), "google_iam_credentials".to_owned()));
    let bearer = generate.authorization.as_ref().map(|value| value.expose().clone());
    assert_eq!(bearer, Some(format!("Bearer {FEDERATED}0")));
    let Ask::Json(body) = &generate.ask else {
        panic!("{:?}", generate.ask);
    };
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({ "audience": AUDIENCE, "includeEmail": true }));
}

#[test]
fn the_whole_way_is_walked_once() {
    let mut book = Book::open("keyless");
    let world = keyless_world();
    book.row("minted without a key", "200 forward", &world, &order());
    book.row("the sandbox remembers", "200 forward", &world, &order());
    world.new_sandbox();
    book.row("the POP remembers", "200 forward", &world, &order());
    assert_eq!(world.google.borrow().federated.len(), 1);
    book.close();
}

/// A row for each way in which Google may fail. Nothing reaches the service, and nothing that is secret the log.
#[test]
fn google_fails_and_there_is_no_token() {
    let mut book = Book::open("keyless_failures");
    let oauth = r#"{"error":"invalid_grant","error_description":"INSIDE-10.0.0.7"}"#;
    let denied = r#"{"error":{"code":403,"message":"INSIDE-10.0.0.7","status":"PERMISSION_DENIED"}}"#;
    let unknown = r#"{"error":{"code":404,"message":"INSIDE-10.0.0.7","status":"NOT_FOUND"}}"#;
    let gives = |status: u16, body: &str| Answer::Gives(status, body.to_owned());
    let granted = |token: &str, kind: &str| Answer::json(&json!({ "access_token": token, "token_type": kind }));
    let other = json!({ "aud": "https://other.example", "exp": NOW + 3_600 });
    for (name, at, answer, calls_expected) in [
        ("the STS takes no connection", STS_URL, Answer::Refuses, 1),
        ("the STS is late", STS_URL, Answer::IsLate, 1),
        ("the STS breaks off", STS_URL, Answer::BreaksOff, 1),
        ("the STS refuses the assertion", STS_URL, gives(400, oauth), 1),
        ("the STS refuses the pool", STS_URL, gives(403, denied), 1),
        (
            "the STS is down",
            STS_URL,
            gives(503, "<html>INSIDE-10.0.0.7</html>"),
            1,
        ),
        ("the STS answers with garbage", STS_URL, Answer::GivesGarbage, 1),
        ("the STS answers too much", STS_URL, Answer::GivesTooMuch, 1),
        ("the STS answers without a token", STS_URL, gives(200, "{}"), 1),
        ("a token of another type", STS_URL, granted("a", "N_A"), 1),
        ("an empty token", STS_URL, granted("", "Bearer"), 1),
        (
            "a token that breaks a header",
            STS_URL,
            granted("a\r\nx: y", "Bearer"),
            1,
        ),
        ("a token that Google does not know", STS_URL, granted("a", "bearer"), 2),
        ("IAM takes no connection", GENERATE_URL, Answer::Refuses, 2),
        ("IAM is late", GENERATE_URL, Answer::IsLate, 2),
        ("IAM breaks off", GENERATE_URL, Answer::BreaksOff, 2),
        ("IAM denies it", GENERATE_URL, gives(403, denied), 2),
        ("IAM knows no such account", GENERATE_URL, gives(404, unknown), 2),
        ("IAM is down", GENERATE_URL, gives(500, ""), 2),
        ("IAM answers with garbage", GENERATE_URL, Answer::GivesGarbage, 2),
        ("IAM answers too much", GENERATE_URL, Answer::GivesTooMuch, 2),
        ("IAM answers without a token", GENERATE_URL, gives(200, "{}"), 2),
        (
            "a token for another audience",
            GENERATE_URL,
            gives(200, &generated(&other)),
            2,
        ),
        (
            "a token about to expire",
            GENERATE_URL,
            gives(200, &generated(&json!({ "aud": AUDIENCE, "exp": NOW + 30 }))),
            2,
        ),
        (
            "a token without an expiry",
            GENERATE_URL,
            gives(200, &generated(&json!({ "aud": AUDIENCE }))),
            2,
        ),
        (
            "a token that is none",
            GENERATE_URL,
            gives(200, r#"{"token":"INSIDE-10.0.0.7"}"#),
            2,
        ),
    ] {
        let failing = || {
            let world = keyless_world();
            world.answer(at, answer.clone());
            world
        };
        book.row(name, UNAVAILABLE, &failing(), &order());
        let exchange = failing().exchange(&order());
        let sent = exchange.events.iter().any(|event| matches!(event, Event::Forward(_)));
        let calls = calls(&exchange.events);
        assert_eq!((calls.len(), sent), (calls_expected, false), "{name}");
        let assertion = posted(calls[0], "subject_token").unwrap();
        for part in assertion.split('.').chain([FEDERATED]) {
            assert!(
                !exchange.line.contains(part) && !exchange.debug.contains(part),
                "{name}"
            );
        }
    }
    book.close();
}

#[test]
fn the_gateways_own_key() {
    let mut book = Book::open("keyless_key");
    let misconfigured = "503 misconfigured";
    let with = |secret: String| {
        let world = keyless_world();
        world.put_secret(WORKLOAD_KEY, secret);
        world
    };
    let key = |member: &str, value: Value| {
        let mut jwk: Value = serde_json::from_str(sample::workload_key().private_jwk().expose()).unwrap();
        jwk[member] = value;
        with(jwk.to_string())
    };
    let missing = keyless_world();
    missing.take_secret(WORKLOAD_KEY);
    let broken = keyless_world();
    broken.break_part(Part::SecretStore);
    let ed25519 = SigningKey::from_private("e1", Curve::Ed25519, [7; 32]).unwrap();
    for (name, world) in [
        ("missing", missing),
        ("store broken", broken),
        ("no JSON", with(INSIDE.to_owned())),
        ("public alone", with(sample::workload_key().public_jwk().to_string())),
        ("of Ed25519", with(ed25519.private_jwk().expose().clone())),
        ("of P-384", key("crv", json!("P-384"))),
        ("for encryption", key("use", json!("enc"))),
        ("of two keys", key("d", json!(URL_SAFE_NO_PAD.encode([8; 32])))),
        (
            "a service account's",
            with("{\"type\":\"service_account\",\"private_key_id\":\"k\"}".to_owned()),
        ),
    ] {
        book.row(name, misconfigured, &world, &order());
        assert_eq!(world.google.borrow().asserted, None, "{name}: Google was asked");
    }
    book.close();
}

#[test]
fn another_key_than_the_providers_is_refused_by_google() {
    let world = keyless_world();
    let other = SigningKey::from_private("edge-1", Curve::P256, [8; 32]).unwrap();
    world.put_secret(WORKLOAD_KEY, other.private_jwk().expose().clone());
    let exchange = world.exchange(&order());
    let problems = json!(["Google's STS answered 400 invalid_grant"]);
    assert_eq!(exchange.log["tollgate"]["problems"], problems);
}

/// Nobody asks Google while another of the POP's requests does.
#[test]
fn one_mint_at_a_time() {
    let world = keyless_world();
    let first = world.exchange(&order());
    let filled = first.events.iter().find_map(|event| match event {
        Event::Fill(name, _) => Some(name.clone()),
        _ => None,
    });
    let name = CacheKey(filled.expect("the token was remembered"));

    let world = keyless_world();
    let Ok(Found::Nothing(turn)) = ready(world.recall_or_turn(&name)) else {
        panic!("the turn is free");
    };
    let exchange = world.exchange(&order());
    assert_eq!(exchange.log["tollgate"]["code"], "upstream-identity-unavailable");
    assert!(calls(&exchange.events).is_empty());
    drop(turn);
    world.pass_s(1);
    assert_eq!(world.exchange(&order()).log["tollgate"]["google_token"], "minted");
}

#[test]
fn a_token_is_used_until_it_expires_while_google_is_down() {
    let world = keyless_world();
    world.exchange(&order());
    world.answer(STS_URL, Answer::status(503));
    for (name, after_s, expected) in [
        ("nearly due", 2_699, "pop"),
        ("past the latest renewal", 302, "pop-while-google-fails"),
        ("31 s before its end", 568, "pop-while-google-fails"),
    ] {
        world.pass_s(after_s);
        world.new_sandbox();
        let exchange = world.exchange(&order());
        assert_eq!(exchange.log["tollgate"]["google_token"], expected, "{name}");
    }
    world.pass_s(1);
    world.new_sandbox();
    let exchange = world.exchange(&order());
    assert_eq!(exchange.log["tollgate"]["code"], "upstream-identity-unavailable");
    world.answer(
        STS_URL,
        Answer::Gives(200, json!({ "access_token": "a", "token_type": "Bearer" }).to_string()),
    );
    let fine = generated(&json!({ "aud": AUDIENCE, "exp": NOW + 7_200 }));
    world.answer(GENERATE_URL, Answer::Gives(200, fine));
    world.pass_s(1);
    let again = world.exchange(&order());
    assert_eq!(
        again.log["tollgate"]["code"], "upstream-identity-unavailable",
        "for two seconds"
    );
    world.pass_s(1);
    assert_eq!(world.exchange(&order()).log["tollgate"]["google_token"], "minted");
}

/// A policy that changes the way is not held up by what became of the other way.
#[test]
fn no_way_is_told_of_anothers_failure() {
    let world = keyless_world();
    world.answer(STS_URL, Answer::Refuses);
    assert_eq!(world.exchange(&order()).delivered.status, 502);
    world.put_secret(INVOKER_KEY, sample::key_file().to_string());
    world.put(ConfigStore::Policy, "active", sample::version());
    assert_eq!(world.exchange(&order()).log["tollgate"]["google_token"], "minted");

    let world = sample::world();
    world.take_secret(INVOKER_KEY);
    assert_eq!(world.exchange(&order()).delivered.status, 503);
    sample::enforce(&world, &keyless_policy());
    world.put_secret(WORKLOAD_KEY, sample::workload_key().private_jwk().expose().clone());
    assert_eq!(world.exchange(&order()).log["tollgate"]["google_token"], "minted");
}

#[test]
fn a_service_that_names_a_key_goes_by_it() {
    let world = keyless_world();
    let named = keyless_policy().replace("    invoker = ", "    invoker_key = \"own-key\"\n    invoker = ");
    sample::enforce(&world, &named);
    world.put_secret("own-key", sample::key_file().to_string());
    let exchange = world.exchange(&order());
    assert_eq!(exchange.delivered.status, 200, "{}", exchange.line);
    let asked: Vec<String> = calls(&exchange.events).into_iter().map(url).collect();
    assert_eq!(asked, ["https://oauth2.googleapis.com/token"]);
}
