//! A small load: 2,000 requests, 32 at a time. No wrong answer, none lost, one log line each, and memory stays flat.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;
use tollgate_devstack::viceroy::Viceroy;
use tollgate_devstack::world::WorldOptions;

use super::support::gateway::{POLICY, own, reader};
use super::support::http::Ask;

const REQUESTS: usize = 2_000;
const AT_A_TIME: usize = 32;

#[test]
fn two_thousand_requests_are_all_answered_rightly() {
    own(WorldOptions::new(POLICY), async |world| {
        let tokens: Vec<String> = (0..50)
            .map(|number| {
                reader(world)
                    .subject(format!("user-{number}"))
                    .build()
                    .expect("a token")
            })
            .collect();
        let ask = |number: usize| {
            let user = number % tokens.len();
            let subject = format!("user-{user}");
            match number % 8 {
                0..=3 => (
                    Ask::get(format!("/v1/orders/{number}")).bearer(&tokens[user]),
                    200,
                    Some(subject),
                ),
                4 => (Ask::get("/healthz"), 200, None),
                5 => (Ask::get("/v1/orders/7").bearer("a.b.c"), 401, None),
                6 => (Ask::get("/nowhere"), 404, None),
                _ => (Ask::new("POST", "/open/a").body(vec![b'x'; number]), 200, None),
            }
        };
        let one = async |number: usize| {
            let (ask, status, subject) = ask(number);
            let answer = ask.send(world.gateway.addr()).await;
            assert_eq!(answer.status, status, "{number}: {}", answer.text());
            if let Some(subject) = subject {
                assert_eq!(answer.json()["caller"]["subject"], subject, "{number}");
            }
            answer.id().to_owned()
        };
        let warm: Vec<_> = stream::iter(0..400)
            .map(one)
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        let early_mib = most_mib(&world.gateway);
        let rest: Vec<_> = stream::iter(400..REQUESTS)
            .map(one)
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        let ids: BTreeSet<String> = warm.into_iter().chain(rest).collect();
        assert_eq!(ids.len(), REQUESTS, "each has an id of its own");

        let lines = all_lines(&world.gateway).await;
        assert_eq!(lines.len(), REQUESTS, "one line each");
        let logged: BTreeSet<String> = lines.iter().map(|line| id(line)).collect();
        assert_eq!(logged, ids);

        let late_mib = most_mib(&world.gateway);
        assert!(
            early_mib > 0.0 && late_mib <= early_mib * 1.1,
            "from {early_mib} to {late_mib} MiB a sandbox"
        );
        assert_eq!(world.google.as_ref().expect("it").minted(), 1);
    });
}

fn id(line: &str) -> String {
    let entry: Value = serde_json::from_str(line).expect("a line of JSON");
    entry["tollgate"]["request_id"].as_str().expect("an id").to_owned()
}

/// The lines of the last requests may be on their way still.
async fn all_lines(gateway: &Viceroy) -> Vec<String> {
    for _ in 0..100 {
        if gateway.log_lines().len() >= REQUESTS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    gateway.log_lines()
}

/// The largest heap of a sandbox, among those that Viceroy told of lately.
pub(super) fn most_mib(gateway: &Viceroy) -> f64 {
    let told = gateway.diagnostics();
    let sizes = told
        .iter()
        .filter_map(|line| line.split_once("request completed using ")?.1.split_once(" MiB"));
    sizes
        .filter_map(|(mib, _)| mib.trim().parse::<f64>().ok())
        .fold(0.0, f64::max)
}
