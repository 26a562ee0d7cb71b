//! The table of tokens against the real gateway, with everything that it remembers between them.
//!
//! Each token comes after a good one that the gateway remembers, and twice, so that the second time meets what is
//! remembered of the first. At the end the good one comes again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;
use tollgate_devstack::world::{World, WorldOptions, unix_s};

use super::support::gateway::{Gateway as _, own};
use super::support::http::{Answer, Ask};
use crate::tokens::Row;
use crate::tokens::bench::{Bench, POLICY, TARGET};
use crate::tokens::rows;

/// How many rows are under way at once.
const AT_A_TIME: usize = 8;

/// How long all of it may take. Tokens are made once, and those near a limit of time are half a minute away from it.
const LIMIT: Duration = Duration::from_secs(28);

/// How long the last log lines may take to arrive.
const LOG_LIMIT: Duration = Duration::from_secs(10);

#[test]
fn each_token_has_its_outcome_at_the_gateway() {
    let mut bench = Bench::at(unix_s());
    let mut options = WorldOptions::new(POLICY);
    options.keys = bench.key_sets();
    options.secrets = Bench::secrets();
    own(options, async |world| {
        // Made here, since the start of a world takes its time.
        bench.now = unix_s();
        let began = Instant::now();
        let good = bench.token().build();
        let mut told = vec![Told::new("the good token", (200, ""), &send(world, &good).await)];
        let tokens = rows().into_iter().map(|row| (row, (row.token)(&bench)));
        let tokens: Vec<_> = tokens.filter(|(_, token)| can_be_sent(token)).collect();
        let left_out = rows().len() - tokens.len();
        assert_eq!(left_out, 3, "three rows have what no header field can hold");
        let sent = stream::iter(&tokens).map(|(row, token)| around(world, &good, row, token));
        let sent: Vec<Vec<Told>> = sent.buffer_unordered(AT_A_TIME).collect().await;
        told.extend(sent.into_iter().flatten());
        told.push(Told::new(
            "the good token at the end",
            (200, ""),
            &send(world, &good).await,
        ));
        assert!(
            began.elapsed() < LIMIT,
            "{:?} for {} requests",
            began.elapsed(),
            told.len()
        );

        let wrong: Vec<&str> = told.iter().filter_map(|told| told.wrong.as_deref()).collect();
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
        let logged = logged(world, &told).await;
        for told in &told {
            assert_eq!(logged.get(&told.id), Some(&told.code), "{}: the log", told.name);
        }
    });
}

/// What became of one request.
struct Told {
    name: &'static str,
    /// The identifier of the request.
    id: String,
    /// The code in the answer; `None` where the service answered.
    code: Option<String>,
    /// What is not as expected, in words.
    wrong: Option<String>,
}

impl Told {
    fn new(name: &'static str, expected: (u16, &'static str), answer: &Answer) -> Self {
        let refused = answer.header("content-type") == Some("application/problem+json");
        let code = refused.then(|| answer.code());
        let found = (answer.status, code.as_deref().unwrap_or_default());
        Self {
            name,
            id: answer.header("x-request-id").unwrap_or_default().to_owned(),
            wrong: (found != expected).then(|| format!("{name}: {found:?}, not {expected:?}")),
            code,
        }
    }
}

/// A row, twice, after a token that is remembered.
async fn around(world: &World, good: &str, row: &Row, token: &str) -> Vec<Told> {
    vec![
        Told::new("the good token before", (200, ""), &send(world, good).await),
        Told::new(row.name, row.outcome(), &send(world, token).await),
        Told::new(row.name, row.outcome(), &send(world, token).await),
    ]
}

async fn send(world: &World, token: &str) -> Answer {
    world.ask(Ask::get(TARGET).bearer(token)).await
}

/// Whether a header field can hold this text (RFC 9110 section 5.5).
fn can_be_sent(token: &str) -> bool {
    token.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control())
}

/// The code in each log line, by the identifier of its request, once there is one for all that was told.
async fn logged(world: &World, told: &[Told]) -> HashMap<String, Option<String>> {
    let began = Instant::now();
    loop {
        let lines = world.gateway.log_lines();
        if lines.len() >= told.len() || began.elapsed() > LOG_LIMIT {
            return lines.iter().map(|line| id_and_code(line)).collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn id_and_code(line: &str) -> (String, Option<String>) {
    let entry: Value = serde_json::from_str(line).expect("a log line is JSON");
    let told = &entry["tollgate"];
    let id = told["request_id"].as_str().expect("an id").to_owned();
    (id, told["code"].as_str().map(str::to_owned))
}
