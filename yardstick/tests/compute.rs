//! The gateway as it is shipped, on the in-memory Fastly Compute.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

use std::{sync::LazyLock, time::Instant};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    identity::keys,
    policy::{compile::compile_text, pages::compiled},
};
use tollgate_devstack::{
    edge_program::{Build, build, build_program},
    signing::{Algorithm, SigningKey},
    tokens::Issuer,
};
use tollgate_yardstick::{
    compute::{Passage, Pop, Program, serve, stack_at},
    scenario::{Request, Response, World},
};

/// 2026-11-21T08:00:00Z.
const NOW: u64 = 1_795_248_000;

const ISSUER: &str = "https://okta.example";

const SERVICE: &str = "orders-1.europe-west1.run.app";

const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    project = "my-project"

    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["api://orders"]

    [services.orders]
    url = "https://orders-1.europe-west1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"

    [[routes]]
    path = "/healthz"
    methods = ["GET"]
    allow = "anyone"
    respond = { status = 200, body = "ok" }

    [[routes]]
    path = "/v1/whoami"
    methods = ["GET"]
    allow = [{ issuer = "okta" }]
    respond = { status = 200, content_type = "application/json", body = "{}" }

    [[routes]]
    path = "/v1/orders"
    methods = ["POST"]
    allow = [{ issuer = "okta", scopes = ["orders:write"] }]
    to = "orders"
"#;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let wasm = runtime.block_on(build(Build::Portable)).unwrap();
    let started = Instant::now();
    let program = Program::load(&wasm).unwrap();
    eprintln!("compiled in {:?}", started.elapsed());
    program
});

static OKTA: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("okta", ISSUER, "api://orders").unwrap());

fn world() -> World {
    let compiled = compiled(&compile_text(POLICY).unwrap()).unwrap();
    let pointer = ("active".to_owned(), compiled.version);
    let entries = compiled.entries.into_iter().chain([pointer]);
    let mut config: Vec<_> = entries
        .map(|(entry, value)| ("tollgate".to_owned(), entry, value))
        .collect();
    let stored = keys::entries(ISSUER, &OKTA.jwks().to_string(), NOW, None).unwrap();
    let stored = stored.entries.into_iter();
    config.extend(stored.map(|(entry, value)| ("tollgate_keys".to_owned(), entry, value)));
    let invoker_key = SigningKey::generate(Algorithm::Rs256, "google-1").unwrap();
    let key_file = json!({
        "type": "service_account",
        "client_email": "edge@my-project.iam.gserviceaccount.com",
        "private_key_id": invoker_key.kid(),
        "private_key": invoker_key.private_pem(),
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    World {
        unix_ms: NOW * 1_000,
        config,
        secrets: vec![(
            "edge.my-project.iam.gserviceaccount.com".to_owned(),
            key_file.to_string(),
        )],
        outside: vec![
            (SERVICE.to_owned(), response(201, "text/plain", "made")),
            (
                "oauth2.googleapis.com".to_owned(),
                response(200, "application/json", &google_token()),
            ),
        ],
        ..World::default()
    }
}

fn response(status: u16, content_type: &str, body: &str) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.to_owned(),
    }
}

fn google_token() -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "RS256", "kid": "google", "typ": "JWT" }));
    let claims = part(json!({
        "aud": format!("https://{SERVICE}"), "iss": "https://accounts.google.com", "iat": NOW, "exp": NOW + 3_600,
    }));
    json!({ "id_token": format!("{header}.{claims}.R09PR0xF") }).to_string()
}

/// A token that is valid for five minutes.
fn token(algorithm: Algorithm) -> String {
    let token = OKTA.token().algorithm(algorithm).scope("orders:write");
    let token = token.claim("iat", NOW).claim("nbf", NOW).claim("exp", NOW + 300);
    token.build().unwrap()
}

fn request(method: &str, target: &str, token: Option<&str>, body: &str) -> Request {
    let mut headers = vec![
        ("host".to_owned(), "api.example.com".to_owned()),
        ("user-agent".to_owned(), "test".to_owned()),
    ];
    headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        headers.push(("content-length".to_owned(), body.len().to_string()));
    }
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: body.to_owned(),
    }
}

fn healthz() -> Request {
    request("GET", "/healthz", None, "")
}

fn entry(passage: &Passage) -> Value {
    assert_eq!(passage.log.len(), 1);
    serde_json::from_str(&passage.log[0]).unwrap()
}

fn counts(what: &str, passages: &[Passage]) -> Vec<u64> {
    let counts: Vec<u64> = passages.iter().map(|passage| passage.instructions).collect();
    let calls: Vec<u32> = passages
        .iter()
        .map(|passage| passage.host_calls.values().sum())
        .collect();
    eprintln!(
        "{what}: instructions {counts:?}, host calls {calls:?}, {:?}",
        passages[0].calls
    );
    counts
}

#[test]
fn a_request_is_answered_and_logged() {
    let passages = serve(&PROGRAM, &mut Pop::new(&world()), &[healthz()]).unwrap();
    assert_eq!(passages.len(), 1);
    let passage = &passages[0];
    assert_eq!((passage.response.status, passage.response.body.as_str()), (200, "ok"));
    assert!(entry(passage)["tollgate"].is_object(), "{}", passage.log[0]);
    assert_eq!((passage.calls.log_writes, passage.calls.sends), (1, 0));
    assert!(passage.memory_bytes >= 1 << 20);
    assert!(passage.sent.is_empty());
}

#[test]
fn the_second_request_of_a_sandbox_is_cheaper() {
    let twice = [healthz(), healthz()];
    let passages = serve(&PROGRAM, &mut Pop::new(&world()), &twice).unwrap();
    let counts = counts("healthz", &passages);
    assert!(counts[1] < counts[0]);
    assert_eq!(passages[0].response.body, passages[1].response.body);
}

#[test]
fn counts_are_the_same_in_every_run() {
    let world = world();
    let token = token(Algorithm::Es256);
    let requests = [healthz(), request("GET", "/v1/whoami", Some(&token), ""), healthz()];
    let first = serve(&PROGRAM, &mut Pop::new(&world), &requests).unwrap();
    let second = serve(&PROGRAM, &mut Pop::new(&world), &requests).unwrap();
    assert_eq!(first, second);
}

#[test]
fn claims_are_verified_then_remembered() {
    let world = world();
    for algorithm in Algorithm::ALL {
        let mut pop = Pop::new(&world);
        let token = token(algorithm);
        let whoami = request("GET", "/v1/whoami", Some(&token), "");
        let first = serve(&PROGRAM, &mut pop, &[whoami.clone(), whoami.clone()]).unwrap();
        let other = serve(&PROGRAM, &mut pop, std::slice::from_ref(&whoami)).unwrap();
        let all = [first, other].concat();
        counts(&format!("whoami {algorithm:?}: verified, sandbox, POP"), &all);
        let from: Vec<Value> = all
            .iter()
            .map(|passage| entry(passage)["tollgate"]["claims"].clone())
            .collect();
        assert_eq!(from, ["verified", "sandbox", "pop"], "{algorithm:?}");
        assert_eq!(
            all.iter().map(|passage| passage.response.status).collect::<Vec<_>>(),
            [200; 3]
        );
        pop.let_pass(600_000);
        let late = serve(&PROGRAM, &mut pop, &[whoami]).unwrap();
        assert_eq!(late[0].response.status, 401, "expired");
    }
}

#[test]
fn a_request_is_forwarded_with_who_sends_it() {
    let world = world();
    let mut pop = Pop::new(&world);
    let token = token(Algorithm::Es256);
    let order = request("POST", "/v1/orders?dry=1", Some(&token), r#"{"item":7}"#);
    let first = serve(&PROGRAM, &mut pop, &[order.clone(), order.clone()]).unwrap();
    let other = serve(&PROGRAM, &mut pop, &[order]).unwrap();
    let all = [first, other].concat();
    counts("POST forwarded: nothing known, sandbox, POP", &all);
    for passage in &all {
        assert_eq!((passage.response.status, passage.response.body.as_str()), (201, "made"));
    }
    let hosts: Vec<_> = all[0].sent.iter().map(|sent| sent.headers[0].1.as_str()).collect();
    assert_eq!(hosts, ["oauth2.googleapis.com", SERVICE]);
    assert_eq!([all[1].sent.len(), all[2].sent.len()], [1, 1]);
    let sent = all[0].sent.last().unwrap();
    assert_eq!(
        (sent.method.as_str(), sent.target.as_str()),
        ("POST", "/v1/orders?dry=1")
    );
    assert_eq!(sent.body, r#"{"item":7}"#);
    let header = |name: &str| {
        let found = sent.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("x-tollgate-issuer"), Some(ISSUER));
    assert_eq!(header("x-tollgate-subject"), Some("u1"));
    assert_eq!(header("x-tollgate-scopes"), Some("orders:write"));
}

#[test]
fn a_host_that_is_not_there_refuses() {
    let mut world = world();
    world.outside.retain(|(host, _)| host != SERVICE);
    let order = request("POST", "/v1/orders", Some(&token(Algorithm::EdDsa)), "{}");
    let passages = serve(&PROGRAM, &mut Pop::new(&world), &[order]).unwrap();
    assert!(passages[0].response.status >= 502, "{:?}", passages[0]);
}

#[test]
fn a_profile_tells_where_the_program_is() {
    let pop = Pop::new(&world());
    let twice = [healthz(), healthz()];
    let whole = serve(&PROGRAM, &mut pop.clone(), &twice).unwrap();
    for (number, passage) in whole.iter().enumerate() {
        let stack = stack_at(&PROGRAM, &pop, &twice, number, passage.instructions / 2).unwrap();
        let stack = stack.expect("the program is underway");
        assert!(stack.len() > 1);
        let beyond = stack_at(&PROGRAM, &pop, &twice, number, passage.instructions + 1_000).unwrap();
        assert_eq!(beyond, None);
    }
    assert!(stack_at(&PROGRAM, &pop, &twice, 2, 1).is_err());
}

#[test]
fn a_program_for_one_request_serves_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let wasm = runtime.block_on(build_program(Build::Portable, "tollgate-comparisons", "empty"));
    let program = Program::load(&wasm.unwrap()).unwrap();
    let mut pop = Pop::new(&World::default());
    let passages = serve(&program, &mut pop, &[healthz()]).unwrap();
    counts("empty", &passages);
    assert_eq!(
        (passages[0].response.status, passages[0].response.body.as_str()),
        (200, "ok")
    );
    let why = serve(&program, &mut pop, &[healthz(), healthz()]).unwrap_err();
    assert!(format!("{why:#}").contains("1 of 2"), "{why:#}");
}

#[test]
fn what_cannot_be_served_is_refused() {
    let pop = || Pop::new(&world());
    assert!(serve(&PROGRAM, &mut pop(), &[]).is_err());
    let mut hostless = healthz();
    hostless.headers.clear();
    assert!(serve(&PROGRAM, &mut pop(), &[hostless]).is_err());
    assert!(Program::load(std::path::Path::new("/nowhere.wasm")).is_err());
}
