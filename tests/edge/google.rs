//! The gateway's own identity: minted once, renewed in time, never used after its end, and without it nothing is sent.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;
use tollgate_devstack::google::{Failure, Google};
use tollgate_devstack::sample_service::Received;
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{Gateway, own};
use super::support::http::Ask;

/// A policy with one public service for each name, each with an invoker of its own.
fn policy(names: &[&str]) -> String {
    let services = names.iter().map(|name| {
        format!(
            "[services.{name}]\nurl = \"https://{name}-1.run.app\"\ninvoker = \"{name}@p.iam.gserviceaccount.com\"\n\
             [[routes]]\npath = \"/{name}/{{rest...}}\"\nallow = \"anyone\"\nto = \"{name}\"\n"
        )
    });
    services.fold(
        "[gateway]\nhosts = [\"api.example.com\"]\n".to_owned(),
        |policy, service| policy + &service,
    )
}

fn google(world: &World) -> &Google {
    world.google.as_ref().expect("our own Google")
}

/// Nothing of a request came even to the front end of the service.
fn assert_nothing_sent(world: &World, name: &str) {
    let service = world.service(name).expect("it");
    let front_end = service.cloud_run.as_ref().expect("a front end");
    assert_eq!(
        (front_end.admitted(), front_end.refused()),
        (0, 0),
        "{name}: something was sent"
    );
    assert!(service.sample.as_ref().expect("it").received().is_empty(), "{name}");
}

async fn unavailable(world: &World, name: &str) -> Value {
    let ask = Ask::get(format!("/{name}/a"));
    let (answer, entry) = world.refused(ask, 502, "upstream-identity-unavailable").await;
    assert_eq!(
        (&entry["tollgate"]["ended"], &entry["severity"]),
        (&json!("edge"), &json!("ERROR")),
        "{name}"
    );
    assert!(
        !answer.text().contains("Google") && !answer.text().contains("iam.gserviceaccount"),
        "{name}"
    );
    assert_nothing_sent(world, name);
    entry
}

#[test]
fn many_first_requests_cause_one_mint() {
    own(WorldOptions::new(policy(&["one", "two"])), async |world| {
        let asks: Vec<_> = (0..30).map(|_| Ask::get("/one/a")).collect();
        let answers = join_all(asks.iter().map(|ask| ask.send(world.gateway.addr()))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!((google(world).asked(), google(world).minted()), (1, 1));
        let mut sources = Vec::new();
        for answer in &answers {
            sources.push(world.log(answer).await["tollgate"]["google_token"].clone());
        }
        assert_eq!(
            sources.iter().filter(|source| **source == json!("minted")).count(),
            1,
            "{sources:?}"
        );
        assert_eq!(
            world.ask(Ask::get("/two/a")).await.json()["invoker"],
            "two@p.iam.gserviceaccount.com"
        );
        assert_eq!(google(world).asked(), 2, "each invoker has a token of its own");
    });
}

#[test]
fn without_googles_token_nothing_is_sent() {
    let names = ["cached", "unavailable", "hang", "garbage", "audience", "dead"];
    own(WorldOptions::new(policy(&names)), async |world| {
        assert_eq!(world.ask(Ask::get("/cached/a")).await.status, 200);
        for (name, failure) in [
            ("unavailable", Failure::Unavailable),
            ("garbage", Failure::Garbage),
            ("audience", Failure::WrongAudience),
        ] {
            google(world).set_failure(Some(failure));
            let entry = unavailable(world, name).await;
            assert!(
                entry["tollgate"]["problems"][0]
                    .as_str()
                    .expect("a cause")
                    .contains("Google"),
                "{entry}"
            );
            let asked = google(world).asked();
            let again = unavailable(world, name).await;
            assert_eq!(
                again["tollgate"]["problems"],
                json!(["Google failed moments ago"]),
                "{name}"
            );
            assert_eq!(
                google(world).asked(),
                asked,
                "{name}: Google is not asked again at once"
            );
            assert_eq!(
                world.ask(Ask::get("/cached/a")).await.status,
                200,
                "{name}: the cached token still serves"
            );
        }

        google(world).set_failure(Some(Failure::Hang));
        let (began, asked) = (Instant::now(), google(world).asked());
        join_all((0..10).map(|_| unavailable(world, "hang"))).await;
        let took = began.elapsed();
        assert!(
            took < Duration::from_secs(6),
            "ten callers wait together, not one after another: {took:?}"
        );
        assert_eq!(google(world).asked(), asked + 1);

        google(world).set_failure(None);
        google(world).stop().await;
        unavailable(world, "dead").await;
        assert_eq!(
            world.ask(Ask::get("/cached/b")).await.status,
            200,
            "the cached token still serves"
        );

        google(world).resume().await.expect("its port");
        sleep(Duration::from_millis(2_200)).await;
        for name in names {
            assert_eq!(
                world.ask(Ask::get(format!("/{name}/b"))).await.status,
                200,
                "{name}: Google is back"
            );
        }
    });
}

#[test]
fn short_lived_tokens_are_renewed_and_never_used_after_their_end() {
    own(WorldOptions::new(policy(&["short", "shorter"])), async |world| {
        // Tokens are not used in their last 30 s, so these serve for four seconds, and are renewed after one.
        google(world).set_token_lifetime_s(34);
        let source = async || {
            let answer = world.ask(Ask::get("/short/a")).await;
            let entry = world.log(&answer).await;
            (
                answer.status,
                entry["tollgate"]["google_token"].as_str().map(str::to_owned),
            )
        };
        let is = |found: (u16, Option<String>), source: &str| assert_eq!(found, (200, Some(source.to_owned())));
        is(source().await, "minted");
        is(source().await, "pop");
        sleep(Duration::from_millis(1_500)).await;
        is(source().await, "minted");

        google(world).set_failure(Some(Failure::Unavailable));
        sleep(Duration::from_millis(1_500)).await;
        is(source().await, "pop-while-google-fails");
        sleep(Duration::from_millis(4_000)).await;
        let sent_before = world.sample("short").expect("it").received().len();
        world
            .refused(Ask::get("/short/a"), 502, "upstream-identity-unavailable")
            .await;
        let received = world.sample("short").expect("it").received();
        assert_eq!(
            (received.len(), sent_before),
            (4, 4),
            "nothing was sent with an old token"
        );
        assert!(
            received.iter().all(|request| life_left_s(request) > 20),
            "a token was sent in its last seconds"
        );

        google(world).set_failure(None);
        google(world).set_token_lifetime_s(25);
        let entry = unavailable(world, "shorter").await;
        assert_eq!(
            entry["tollgate"]["problems"],
            json!(["Google's answer can't be used: the ID token has expired"])
        );
    });
}

/// What is left now of the life of the token that a request came with.
fn life_left_s(request: &Received) -> i64 {
    let token = request.header("x-serverless-authorization").expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    claims["exp"].as_i64().expect("an expiry") - i64::try_from(now).expect("a time")
}
