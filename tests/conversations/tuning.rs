//! What is changed without a new policy: knobs, and a candidate that is watched.

use serde_json::{Value, json};
use tollgate::host::ConfigStore;

use crate::world::{
    World,
    message::Request,
    record::Event,
    sample::{self, NOW, POLICY, text, token},
};

/// The sample policy with a revision and two regions.
fn policy() -> String {
    POLICY.replace(
        "    url = \"https://orders-1.europe-west1.run.app\"\n",
        "    audience = \"https://orders.example\"\n\
         regions = [{ name = \"north\", url = \"https://orders-north.run.app\" }, \
         { name = \"south\", url = \"https://orders-south.run.app\" }]\n\
         revisions.next = { tag = \"next\", header = \"x-revision: next\" }\n",
    )
}

fn world() -> World {
    let world = sample::world();
    sample::enforce(&world, &policy());
    world
}

fn order() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(token().claim("exp", NOW + 7_200)))
}

/// Where the request went; `None` if it went nowhere.
fn went_to(world: &World, request: &Request) -> Option<String> {
    let events = world.exchange(request).events;
    events.iter().find_map(|event| match event {
        Event::Forward(sent) => Some(sent.destination.endpoint.origin()),
        _ => None,
    })
}

fn tune(world: &World, knobs: &Value) {
    world.put(ConfigStore::Policy, "tune.orders", knobs.to_string());
    world.pass_s(10);
}

#[test]
fn knobs_count_within_ten_seconds() {
    let world = world();
    let at = |host: &str| Some(format!("https://{host}.run.app"));
    assert_eq!(went_to(&world, &order()), at("orders-north"));
    assert_eq!(
        went_to(&world, &order().header("x-revision", "next")),
        at("next---orders-north")
    );
    world.put(ConfigStore::Policy, "tune.orders", r#"{"drain_region":"north"}"#);
    world.pass_s(9);
    assert_eq!(went_to(&world, &order()), at("orders-north"), "not looked up yet");
    world.pass_s(1);
    assert_eq!(went_to(&world, &order()), at("orders-south"));
    tune(&world, &json!({ "canary_percent": { "next": 100 } }));
    assert_eq!(went_to(&world, &order()), at("next---orders-north"));
    tune(&world, &json!({ "maintenance": { "retry_after_s": 120 } }));
    let closed = world.exchange(&order());
    assert_eq!(closed.delivered.status, 503);
    assert_eq!(closed.delivered.values("retry-after"), ["120"]);
    assert_eq!(closed.log["tollgate"]["code"], "maintenance");
    assert_eq!(closed.log["severity"], "NOTICE");
    assert_eq!(
        world.exchange(&Request::new("GET", "/healthz")).delivered.status,
        200,
        "other routes go on"
    );
    assert_eq!(
        world.exchange(&Request::new("GET", "/v1/orders/7")).log["tollgate"]["code"],
        "credential-missing",
        "strangers are not told"
    );
    world.take(ConfigStore::Policy, "tune.orders");
    world.pass_s(10);
    assert_eq!(went_to(&world, &order()), at("orders-north"), "no entry, no knobs");
}

#[test]
fn tokens_from_before_the_epoch_are_refused() {
    let world = world();
    let issued_at = |time: u64| Request::new("GET", "/v1/orders/7").bearer(&text(token().claim("iat", time)));
    tune(&world, &json!({ "revoked_before": NOW }));
    for (name, request, code) in [
        ("before", issued_at(NOW - 1), json!("token-revoked")),
        ("at it", issued_at(NOW), Value::Null),
        (
            "not said when",
            Request::new("GET", "/v1/orders/7").bearer(&text(token().without("iat"))),
            json!("token-revoked"),
        ),
        ("public", Request::new("GET", "/public/x"), Value::Null),
        (
            "answered at the edge",
            Request::new("GET", "/v1/whoami").bearer(&text(token().claim("iat", NOW - 1))),
            Value::Null,
        ),
    ] {
        assert_eq!(world.exchange(&request).log["tollgate"]["code"], code, "{name}");
    }
}

#[test]
fn malformed_knobs_keep_the_last_good_ones_or_close() {
    let world = world();
    tune(&world, &json!({ "drain_region": "north" }));
    let south = Some("https://orders-south.run.app".to_owned());
    assert_eq!(went_to(&world, &order()), south);
    tune(&world, &json!({ "drain_region": "nowhere" }));
    let first = world.exchange(&order());
    assert!(first.line.contains("the knobs before go on"), "{}", first.line);
    tune(&world, &json!({ "drain_region": "nowhere" }));
    let second = world.exchange(&order());
    assert!(!second.line.contains("knobs"), "reported once: {}", second.line);
    assert_eq!(went_to(&world, &order()), south, "they go on");
    world.new_sandbox();
    let closed = world.exchange(&order());
    assert_eq!(closed.log["tollgate"]["code"], "misconfigured");
    assert_eq!(world.exchange(&Request::new("GET", "/healthz")).delivered.status, 200);
}

/// What the log says of the candidate.
fn shadow(world: &World, request: &Request) -> Value {
    world.exchange(request).log["tollgate"]["shadow"].clone()
}

fn propose(world: &World, policy: &str, percent: u8) -> String {
    let version = sample::add(world, policy);
    world.put(ConfigStore::Policy, "candidate", format!("{version} {percent}"));
    world.pass_s(10);
    version
}

#[test]
fn a_candidate_is_logged_where_it_differs() {
    let world = world();
    let stricter = policy().replace(r#"scopes = ["orders:read"] }"#, r#"scopes = ["orders:audit"] }"#);
    let version = propose(&world, &stricter, 100);
    assert_eq!(
        shadow(&world, &order()),
        json!({ "policy": version, "route": "GET /v1/orders/{id}", "decision": "refuse", "code": "scope-missing" })
    );
    for (name, request) in [
        ("the same", Request::new("GET", "/healthz")),
        ("refused alike", Request::new("GET", "/v1/orders/7")),
        ("unknown alike", Request::new("GET", "/x")),
        ("ambiguous alike", Request::new("GET", "/x%2Fy")),
        ("another host", Request::new("GET", "/healthz").host("other.example")),
    ] {
        assert_eq!(shadow(&world, &request), Value::Null, "{name}");
    }
    assert_eq!(
        world.exchange(&order()).delivered.status,
        200,
        "the one in force decides"
    );

    let moved = policy().replace("https://orders-north.run.app", "https://orders-east.run.app");
    let version = propose(&world, &moved, 100);
    assert_eq!(
        shadow(&world, &order()),
        json!({
            "policy": version, "route": "GET /v1/orders/{id}", "decision": "forward",
            "target": "orders at https://orders-east.run.app",
        })
    );
    propose(&world, &moved, 0);
    assert_eq!(shadow(&world, &order()), Value::Null, "no share");
    propose(&world, &policy(), 100);
    assert_eq!(shadow(&world, &order()), Value::Null, "the one in force itself");
    world.take(ConfigStore::Policy, "candidate");
    world.pass_s(10);
    assert_eq!(shadow(&world, &order()), Value::Null, "none");
}

#[test]
fn a_candidate_changes_nothing_but_the_log() {
    let (world, order) = (world(), order());
    for request in [order.clone(), Request::new("GET", "/healthz"), order.clone()] {
        world.exchange(&request);
    }
    let quiet = |events: &[Event]| -> Vec<String> {
        let kept = events.iter().filter(|event| !matches!(event, Event::Config(..)));
        // A trace that is begun depends on the clock, which goes on here.
        let timeless = kept.cloned().map(|mut event| {
            if let Event::Forward(sent) = &mut event {
                sent.headers.retain(|(name, _)| !name.contains("trace"));
            }
            event
        });
        timeless.map(|event| format!("{event:?}")).collect()
    };
    // What a sandbox knows of an endpoint is old then.
    world.pass_s(10);
    let before = world.exchange(&order);
    let stricter = policy().replace(
        r#"issuer = "https://okta.example""#,
        r#"issuer = "https://else.example""#,
    );
    propose(&world, &stricter, 100);
    for _ in 0..2 {
        world.pass_s(10);
        let watched = world.exchange(&order);
        assert_eq!(watched.log["tollgate"]["shadow"]["code"], "issuer-unknown");
        assert_eq!(
            watched.log["tollgate"]["claims"], "sandbox",
            "claims in force are not pushed out"
        );
        assert_eq!(quiet(&watched.events), quiet(&before.events));
    }
    for spoiled in ["rubbish", "aaaabbbbccccdddd 100"] {
        world.put(ConfigStore::Policy, "candidate", spoiled);
        world.pass_s(10);
        let first = world.exchange(&order);
        assert_eq!(first.delivered.status, 200);
        assert!(first.line.contains("problems"), "{spoiled}: {}", first.line);
        world.pass_s(10);
        assert!(!world.exchange(&order).line.contains("problems"), "{spoiled}: once");
    }
}
