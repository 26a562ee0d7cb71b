//! What `tollgate explain` says of a request is what the edge does with it.
//!
//! Requests are made of a small vocabulary, so that most come near a rule: with and without tokens that lack one thing,
//! for hosts, methods, paths, headers and parameters of the policy and beside it. Each is asked of the offline engine and
//! of the program under Viceroy; route, decision, code and target must be the same.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tollgate::policy::compile::compile_text;
use tollgate::secret::Secret;
use tollgate::time::WallClock;
use tollgate_devstack::world::{World, WorldOptions, unix_s};
use tollgate_offline::{Credential, Question, Rehearsal};

use super::live::POLICY;
use super::support::gateway::{Gateway, own};
use super::support::http::Ask;

/// How many requests are compared.
const REQUESTS: usize = 300;

#[derive(Debug, Clone)]
struct Asked {
    method: &'static str,
    host: &'static str,
    target: String,
    headers: Vec<(&'static str, &'static str)>,
    caller: Option<Caller>,
}

/// What of a good token is there.
#[derive(Debug, Clone)]
struct Caller {
    role: Option<&'static str>,
    tenant: Option<&'static str>,
    audience: &'static str,
    expired: bool,
}

fn requests() -> impl Strategy<Value = Asked> {
    let method = prop_oneof![12 => Just("GET"), 1 => Just("HEAD"), 1 => Just("POST"), 1 => Just("get")];
    let host = prop::sample::select(vec![
        "API.example.com:8080",
        "x.tenants.example.com",
        "x.y.tenants.example.com",
        "other.example",
    ]);
    let host = prop_oneof![5 => Just("api.example.com"), 1 => host];
    let segment = prop::sample::select(vec![
        "v1",
        "orders",
        "7",
        "beta",
        "x",
        "",
        "a%20b",
        "a%2Fb",
        "a;b",
        "%C3%A9",
        "%ff",
        "from-abroad",
        "at-home",
    ]);
    let likely = prop::sample::select(vec![
        "/v1/orders/7",
        "/v1/orders/8",
        "/beta/x",
        "/from-abroad",
        "/at-home",
        "/",
    ]);
    let random = prop::collection::vec(segment, 1..4).prop_map(|segments| format!("/{}", segments.join("/")));
    let path = prop_oneof![4 => likely.prop_map(str::to_owned), 1 => random];
    let query = prop::sample::select(vec!["?v=2", "?v=1", "?v=2&v=2", "?x=%zz"]);
    let query = prop_oneof![4 => Just(""), 1 => query];
    let header = prop::sample::select(vec![
        ("X-Beta", "on"),
        ("X-Beta", "off"),
        ("X-Revision", "next"),
        ("X-Other", "1"),
    ]);
    let headers = prop::collection::vec(header, 0..3);
    let caller = (
        prop::option::weighted(0.9, prop::sample::select(vec!["reader", "reader", "writer"])),
        prop::option::weighted(0.9, prop::sample::select(vec!["acme", "acme", "other"])),
        prop::sample::select(vec!["api://orders", "api://orders", "api://orders", "api://other"]),
        prop::bool::weighted(0.05),
    );
    let caller = caller.prop_map(|(role, tenant, audience, expired)| Caller {
        role,
        tenant,
        audience,
        expired,
    });
    (method, host, path, query, headers, prop::option::weighted(0.7, caller)).prop_map(
        |(method, host, path, query, headers, caller)| Asked {
            method,
            host,
            target: format!("{path}{query}"),
            headers,
            caller,
        },
    )
}

fn token(world: &World, caller: &Caller) -> String {
    let mut token = world
        .issuer("okta")
        .expect("okta")
        .token()
        .claim("aud", caller.audience);
    if let Some(role) = caller.role {
        token = token.claim("realm_access", json!({ "roles": [role] }));
    }
    if let Some(tenant) = caller.tenant {
        token = token.claim("tenant", json!({ "id": tenant }));
    }
    if caller.expired {
        token = token.expires_in(-300);
    }
    token.build().expect("a token")
}

/// What a log entry says of the decision. Regions and revisions have other places here, but the same names.
fn decision(entry: &Value) -> Value {
    let told = &entry["tollgate"];
    let of = |name: &str| told[name].clone();
    json!([
        of("route"),
        of("decision"),
        of("code"),
        of("service"),
        of("revision"),
        of("region"),
        of("caller"),
        entry["httpRequest"]["status"]
    ])
}

#[test]
fn the_offline_engine_and_the_edge_decide_alike() {
    own(WorldOptions::new(POLICY), async |world| {
        let site = compile_text(POLICY).expect("a policy");
        let mut rehearsal = Rehearsal::new(site).expect("pages");
        let jwks = world.issuer("okta").expect("okta").jwks().to_string();
        rehearsal.add_keys("okta", &jwks).expect("keys");
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let mut seen = std::collections::BTreeMap::<String, usize>::new();
        for _ in 0..REQUESTS {
            let asked = requests().new_tree(&mut runner).expect("a request").current();
            let token = asked.caller.as_ref().map(|caller| token(world, caller));
            let mut ask = Ask::raw(format!("{} {} HTTP/1.1\r\n", asked.method, asked.target))
                .header("Host", asked.host)
                .header("Connection", "close");
            for (name, value) in &asked.headers {
                ask = ask.header(name, value);
            }
            if let Some(token) = &token {
                ask = ask.bearer(token);
            }
            let answer = world.ask(ask).await;
            let edge = decision(&world.log(&answer).await);
            let question = Question {
                method: asked.method.to_owned(),
                host: Some(asked.host.to_owned()),
                target: asked.target.clone(),
                headers: asked
                    .headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                credential: token.map_or(Credential::Nobody, |token| Credential::Token(Secret::new(token))),
                from: Some([127, 0, 0, 1].into()),
                country: None,
                at: WallClock {
                    unix_ms: unix_s() * 1_000,
                },
            };
            let course = rehearsal.ask(&question).expect("a course");
            let offline = decision(&serde_json::from_str(&course.entry.line()).expect("an entry"));
            assert_eq!(offline, edge, "{asked:?}");
            *seen.entry(format!("{} {}", edge[1], edge[2])).or_default() += 1;
        }
        // The vocabulary must keep coming near the rules.
        assert!(
            seen.len() > 10 && seen.keys().any(|outcome| outcome.contains("forward")),
            "{seen:?}"
        );
    });
}
