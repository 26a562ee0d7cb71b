//! What is changed while the gateway runs: routes of every kind, knobs, and a candidate. All by the store's file alone.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tollgate_devstack::signing::Algorithm;
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{Gateway, own, probe};
use super::support::http::{Answer, Ask};

pub(crate) const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com", "*.tenants.example.com"]

    [issuers.okta]
    issuer   = "https://example.okta.com"
    audience = ["api://orders"]
    roles    = "realm_access.roles"

    [services.orders]
    invoker  = "edge@my-project.iam.gserviceaccount.com"
    audience = "https://orders.example.com"
    regions  = [{ name = "north", url = "https://orders-north.run.app" }, { name = "south", url = "https://orders-south.run.app" }]
    revisions.next = { tag = "next", header = "x-revision: next" }

    [[routes]]
    path  = "/v1/orders/{id}"
    allow = [{ issuer = "okta", roles = ["reader"], claims = { "tenant.id" = "acme" } }]
    to    = "orders"
    rewrite = "/internal/{id}/view"
    request_headers  = { set = { x-env = "test" }, remove = ["x-debug"] }
    response_headers = { set = { cache-control = "no-store" } }

    [[routes]]
    path  = "/beta/{rest...}"
    when  = { headers = { x-beta = "on" }, query = { v = { prefix = "2" } } }
    allow = "anyone"
    respond = { status = 200, body = "beta" }

    [[routes]]
    path  = "/beta/{rest...}"
    allow = "anyone"
    respond = { status = 200, body = "plain" }

    [[routes]]
    hosts = ["*.tenants.example.com"]
    path  = "/{rest...}"
    allow = "anyone"
    redirect = { to = "https://www.example.com/t/{rest}" }

    [[routes]]
    path  = "/from-abroad"
    allow = [{ issuer = "okta", countries = ["ZZ"] }]
    respond = { status = 200 }

    [[routes]]
    path  = "/at-home"
    allow = [{ issuer = "okta", addresses = ["127.0.0.0/8"], hours = { from = "00:00", to = "24:00" } }]
    respond = { status = 200, body = "home" }
"#;

fn token(world: &World) -> String {
    let token = world.issuer("okta").expect("okta").token();
    let token = token
        .claim("realm_access", json!({ "roles": ["reader"] }))
        .claim("tenant", json!({ "id": "acme" }));
    token.build().expect("a token")
}

/// Asks for an order; gives the answer, its log entry, and the place that received it.
async fn order(world: &World, token: &str, more: &[(&str, &str)]) -> (Answer, Value, Option<&'static str>) {
    let probe = probe();
    let mut ask = Ask::get("/v1/orders/7?q=1").bearer(token).header("X-Probe", &probe);
    for (name, value) in more {
        ask = ask.header(name, value);
    }
    let answer = world.ask(ask).await;
    let entry = world.log(&answer).await;
    let received = |place: &&&str| !world.received(place, &probe).is_empty();
    let place = ["orders/north", "orders/south", "orders@next"]
        .iter()
        .find(received)
        .copied();
    (answer, entry, place)
}

/// A request for another host.
fn tenant(target: &str, host: &str) -> Ask {
    Ask::raw(format!("GET {target} HTTP/1.1\r\n"))
        .header("Host", host)
        .header("Connection", "close")
}

/// Knobs are looked up every ten seconds at least; sandboxes that begin look at once, and each serves six requests here.
async fn tuned(world: &World, knobs: Option<&str>) {
    world.put("tune.orders", knobs).expect("a store");
    tokio::time::sleep(std::time::Duration::from_millis(10_200)).await;
}

#[test]
fn routes_of_every_kind_work_on_the_platform() {
    own(WorldOptions::new(POLICY), async |world| {
        let token = token(world);
        let (answer, _, place) = order(world, &token, &[("X-Debug", "1"), ("X-Env", "mine")]).await;
        assert_eq!((answer.status, place), (200, Some("orders/north")), "{}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["target"], "/internal/7/view?q=1");
        let headers = answer.json()["headers"].clone();
        let of = |name: &str| {
            headers
                .as_array()
                .expect("a list")
                .iter()
                .filter(|header| header[0] == name)
                .count()
        };
        assert!(
            headers.as_array().expect("a list").contains(&json!(["x-env", "test"])),
            "{headers}"
        );
        assert_eq!((of("x-env"), of("x-debug")), (1, 0), "{headers}");
        for (name, ask, expected) in [
            (
                "both conditions",
                Ask::get("/beta/x?v=2.1").header("X-Beta", "on"),
                "beta",
            ),
            ("one of them", Ask::get("/beta/x?v=1").header("X-Beta", "on"), "plain"),
            ("none", Ask::get("/beta/x"), "plain"),
            ("from here", Ask::get("/at-home").bearer(&token), "home"),
        ] {
            assert_eq!(world.ask(ask).await.text(), expected, "{name}");
        }
        let twice = Ask::get("/beta/x?v=2&v=3").header("X-Beta", "on");
        let (answer, _) = world.refused(twice, 400, "request-ambiguous").await;
        assert_eq!(answer.json()["reason"], "repeated-parameter");
        let moved = world.ask(tenant("/a%20b/c?d", "x.tenants.example.com")).await;
        assert_eq!(moved.status, 308);
        assert_eq!(moved.header("location"), Some("https://www.example.com/t/a%20b/c?d"));
        world
            .refused(tenant("/a", "x.y.tenants.example.com"), 404, "route-unknown")
            .await;
        world
            .refused(Ask::get("/from-abroad").bearer(&token), 403, "country-not-allowed")
            .await;
        let stranger = world.issuer("okta").expect("okta").token().build().expect("a token");
        world
            .refused(Ask::get("/v1/orders/7").bearer(&stranger), 403, "role-missing")
            .await;
    });
}

#[test]
fn knobs_move_requests_without_a_new_policy() {
    own(WorldOptions::new(POLICY), async |world| {
        let token = token(world);
        let next = [("X-Revision", "next")];
        assert_eq!(order(world, &token, &next).await.2, Some("orders@next"), "asked for");
        tuned(world, Some(r#"{"drain_region":"north"}"#)).await;
        let (_, entry, place) = order(world, &token, &[]).await;
        assert_eq!(
            (place, &entry["tollgate"]["region"]),
            (Some("orders/south"), &json!("south"))
        );
        tuned(world, Some(r#"{"canary_percent":{"next":100}}"#)).await;
        let (_, entry, place) = order(world, &token, &[]).await;
        assert_eq!(
            (place, &entry["tollgate"]["revision"]),
            (Some("orders@next"), &json!("next"))
        );
        tuned(world, Some(r#"{"maintenance":{"retry_after_s":77}}"#)).await;
        let (answer, entry, place) = order(world, &token, &[]).await;
        assert_eq!((answer.status, place), (503, None));
        assert_eq!(answer.header("retry-after"), Some("77"));
        assert_eq!(entry["tollgate"]["code"], "maintenance");
        tuned(world, Some(r#"{"revoked_before":4102444800}"#)).await;
        assert_eq!(order(world, &token, &[]).await.0.code(), "token-revoked");
        tuned(world, None).await;
        assert_eq!(order(world, &token, &[]).await.2, Some("orders/north"));
    });
}

/// Which of these subjects get the revision, by their own tokens.
async fn side(world: &World, subjects: &[String]) -> Vec<bool> {
    let mut sides = Vec::new();
    for some in subjects.chunks(8) {
        let tokens = some.iter().map(|subject| {
            let token = world.issuer("okta").expect("okta").token().algorithm(Algorithm::Es256);
            let token = token.claim("realm_access", json!({ "roles": ["reader"] }));
            let token = token.claim("tenant", json!({ "id": "acme" })).subject(subject);
            token.build().expect("a token")
        });
        let asks: Vec<_> = tokens.map(|token| Ask::get("/v1/orders/7").bearer(&token)).collect();
        let answers = join_all(asks.into_iter().map(|ask| world.ask(ask))).await;
        sides.extend(answers.iter().map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["service"] == "orders@next"
        }));
    }
    sides
}

#[test]
fn a_canary_grows_by_its_knob_and_no_caller_changes_sides_back() {
    own(WorldOptions::new(POLICY), async |world| {
        let subjects: Vec<String> = (0..300).map(|subject| format!("subject-{subject}")).collect();
        assert!(side(world, &subjects).await.iter().all(|next| !next), "nobody yet");
        tuned(world, Some(r#"{"canary_percent":{"next":10}}"#)).await;
        let few = side(world, &subjects).await;
        assert_eq!(few, side(world, &subjects).await, "each stays where they are");
        tuned(world, Some(r#"{"canary_percent":{"next":50}}"#)).await;
        let half = side(world, &subjects).await;
        for ((subject, before), after) in subjects.iter().zip(&few).zip(&half) {
            assert!(!before || *after, "{subject} had it and lost it");
        }
        let percent = |sides: &[bool]| sides.iter().filter(|next| **next).count() * 100 / sides.len();
        // 300 subjects are few: within three standard deviations.
        let (few, half) = (percent(&few), percent(&half));
        assert!(
            (5..=15).contains(&few) && (41..=59).contains(&half),
            "{few} and {half} of a hundred"
        );
        tuned(world, None).await;
        assert!(
            side(world, &subjects[..24]).await.iter().all(|next| !next),
            "nobody any more"
        );
    });
}

#[test]
fn a_candidate_is_watched_and_then_put_in_force() {
    own(WorldOptions::new(POLICY), async |world| {
        let token = token(world);
        let stricter = POLICY.replace(r#"roles = ["reader"]"#, r#"roles = ["auditor"]"#);
        let version = world.add_policy(&stricter).expect("a policy");
        world
            .put("candidate", Some(&format!("{version} 100")))
            .expect("a store");
        let (answer, entry, _) = order(world, &token, &[]).await;
        assert_eq!(answer.status, 200, "the policy in force decides");
        assert_eq!(
            entry["tollgate"]["shadow"],
            json!({ "policy": version, "route": "* /v1/orders/{id}", "decision": "refuse", "code": "role-missing" })
        );
        world.put("active", Some(&version)).expect("a store");
        let (answer, entry, _) = order(world, &token, &[]).await;
        assert_eq!(
            (answer.code().as_str(), &entry["tollgate"]["policy"]),
            ("role-missing", &json!(version))
        );
        assert_eq!(entry["tollgate"]["shadow"], Value::Null);
    });
}
