//! The gateway's own identity without a key of Google's, through the real program: minted once, and every step may fail.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;
use tollgate_devstack::google::{Failure, Google};
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{Gateway, own};
use super::support::http::Ask;

/// A policy with one public service for each name, each with an invoker of its own and none with a key.
fn policy(names: &[&str]) -> String {
    let services = names.iter().map(|name| {
        format!(
            "[services.{name}]\nurl = \"https://{name}-1.run.app\"\ninvoker = \"{name}@p.iam.gserviceaccount.com\"\n\
             [[routes]]\npath = \"/{name}/{{rest...}}\"\nallow = \"anyone\"\nto = \"{name}\"\n"
        )
    });
    let gateway = "[gateway]\nhosts = [\"api.example.com\"]\norigin = \"https://api.example.com\"\n\
                   [gateway.workload_identity]\n\
                   provider = \"projects/1/locations/global/workloadIdentityPools/tollgate/providers/edge\"\n\
                   key = \"workload-identity\"\n";
    services.fold(gateway.to_owned(), |policy, service| policy + &service)
}

fn google(world: &World) -> &Google {
    world.google.as_ref().expect("our own Google")
}

/// How often the Security Token Service and the other API were asked.
fn asked(world: &World) -> (u64, u64) {
    (google(world).sts().asked(), google(world).iam_credentials().asked())
}

async fn problem(world: &World, name: &str) -> Value {
    let ask = Ask::get(format!("/{name}/a"));
    let (answer, entry) = world.refused(ask, 502, "upstream-identity-unavailable").await;
    assert!(!answer.text().contains("Google"), "{name}: {}", answer.text());
    let sample = world.service(name).expect("it").sample.as_ref().expect("it");
    assert!(sample.received().is_empty(), "{name}: something was sent");
    entry["tollgate"]["problems"][0].clone()
}

#[test]
fn many_first_requests_cause_one_mint_without_a_key() {
    own(WorldOptions::new(policy(&["one", "two"])), async |world| {
        let asks: Vec<_> = (0..30).map(|_| Ask::get("/one/a")).collect();
        let answers = join_all(asks.iter().map(|ask| ask.send(world.gateway.addr()))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(asked(world), (1, 1));
        assert_eq!(google(world).minted(), 0, "no key of Google's was used");
        let invoker = world.ask(Ask::get("/two/a")).await.json()["invoker"].clone();
        assert_eq!(invoker, "two@p.iam.gserviceaccount.com");
        assert_eq!(asked(world), (2, 2), "each invoker has a token of its own");
    });
}

#[test]
fn each_step_may_fail_and_nothing_is_sent() {
    let sts_rows = [
        (
            "a",
            Failure::Unavailable,
            "Google's STS answered 503 temporarily_unavailable",
        ),
        ("b", Failure::Denied, "Google's STS answered 400 unauthorized_client"),
        ("c", Failure::WrongAudience, "Google's STS answered 400 invalid_grant"),
        (
            "d",
            Failure::Garbage,
            "Google's STS's answer can't be used: it holds no access token",
        ),
        // The access token is no good at the next step.
        (
            "e",
            Failure::Expired,
            "Google's generateIdToken answered 401 UNAUTHENTICATED",
        ),
    ];
    let iam_rows = [
        (
            "f",
            Failure::Unavailable,
            "Google's generateIdToken answered 503 UNAVAILABLE",
        ),
        (
            "g",
            Failure::Denied,
            "Google's generateIdToken answered 403 PERMISSION_DENIED",
        ),
        (
            "h",
            Failure::WrongAudience,
            "Google's generateIdToken's answer can't be used: the ID token is for another audience",
        ),
        (
            "i",
            Failure::Garbage,
            "Google's generateIdToken's answer can't be used: it holds no ID token",
        ),
        (
            "j",
            Failure::Expired,
            "Google's generateIdToken's answer can't be used: the ID token has expired",
        ),
    ];
    let names: Vec<&str> = sts_rows.iter().chain(&iam_rows).map(|(name, ..)| *name).collect();
    let all = [&names[..], &["cached", "late"]].concat();
    own(WorldOptions::new(policy(&all)), async |world| {
        assert_eq!(world.ask(Ask::get("/cached/a")).await.status, 200);
        let google = google(world);
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        for (name, failure, why) in sts_rows {
            google.sts().set_failure(Some(failure));
            found.push(problem(world, name).await);
            expected.push(json!(why));
        }
        google.sts().set_failure(None);
        for (name, failure, why) in iam_rows {
            google.iam_credentials().set_failure(Some(failure));
            found.push(problem(world, name).await);
            expected.push(json!(why));
        }
        google.iam_credentials().set_failure(None);
        assert_eq!(found, expected);

        google.sts().set_failure(Some(Failure::Hang));
        let (began, before) = (Instant::now(), asked(world));
        join_all((0..10).map(|_| problem(world, "late"))).await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(6), "ten callers wait together: {took:?}");
        assert_eq!(asked(world), (before.0 + 1, before.1));
        assert_eq!(
            world.ask(Ask::get("/cached/b")).await.status,
            200,
            "the cached token still serves"
        );

        google.sts().set_failure(None);
        sleep(Duration::from_millis(2_200)).await;
        for name in all {
            let status = world.ask(Ask::get(format!("/{name}/b"))).await.status;
            assert_eq!(status, 200, "{name}: Google is back");
        }
    });
}
