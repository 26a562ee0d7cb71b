//! One row of the table of faults: the request, and what differs from what the row says.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;
use tollgate_devstack::faults::Seen;
use tollgate_devstack::world::{World, unix_s};

use super::bench::Bench;
use super::client::{Got, send};
use crate::edge::support::http::Answer;
use crate::faults::policy::{BY_KEY, KEYLESS};
use crate::faults::row::{Before, Body, Client, Row};

/// How long a request that must not come is waited for.
const LATE: Duration = Duration::from_millis(50);

const LOG_LIMIT: Duration = Duration::from_secs(10);

/// Runs a row, and gives all that is not as it says.
pub(super) async fn run(world: &World, bench: &Bench, row: &Row) -> Vec<String> {
    let path = format!("/{}/{}", row.service, row.name);
    let earlier = format!("{path}/before");
    bench.prepare(row, &[&path, &earlier]);
    for before in row.before {
        match before {
            Before::Asked(times) => {
                for _ in 0..*times {
                    send(world.gateway.addr(), &earlier, &row.ask, row.name).await;
                }
            }
            Before::Wait(ms) => sleep(Duration::from_millis(*ms)).await,
            Before::Window => {
                while unix_s() % 10 >= 7 {
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    let google_calls = bench.google_calls();
    let got = send(world.gateway.addr(), &path, &row.ask, row.name).await;
    let mut differences = Vec::new();
    if row.client != Client::Gone || got.is_some() {
        differences.extend(client(row, got.as_ref()).err());
    }
    let entry = log_entry(world, &path).await;
    match &entry {
        Some(entry) => differences.extend(log(row, entry)),
        None => differences.push("no log entry".to_owned()),
    }
    let sent = settled(bench, row, &path).await;
    if sent != row.sent {
        differences.push(format!("sent {sent:?}, not {:?}", row.sent));
    }
    if row.service.starts_with(BY_KEY) || row.service.starts_with(KEYLESS) {
        let google_calls = bench.google_calls() - google_calls;
        if google_calls != row.google_calls {
            let expected = row.google_calls;
            differences.push(format!("Google was asked {google_calls} times, not {expected}"));
        }
    }
    if !differences.is_empty()
        && let Some(entry) = &entry
    {
        differences.push(format!("the log says {} {}", entry["severity"], entry["tollgate"]));
    }
    differences
        .iter()
        .map(|difference| format!("{}: {difference}", row.name))
        .collect()
}

fn client(row: &Row, got: Option<&Got>) -> Result<(), String> {
    let Some(Got { answer, whole }) = got else {
        return Err("no answer".to_owned());
    };
    let told = || {
        let begin: String = answer.text().chars().take(200).collect();
        format!(
            "the client got {} {whole} {begin:?}, not {:?}",
            answer.status, row.client
        )
    };
    let broken = matches!(row.client, Client::Broken(_));
    let right = match row.client {
        Client::Refusal(status, code) => answer.status == status && code_of(answer).as_deref() == Some(code),
        Client::Passed(status, body) => answer.status == status && answer.text() == body,
        Client::Account => answer.status == 200 && is_account_of(answer, row),
        Client::Whole(bytes) => answer.status == 200 && answer.body.len() as u64 == bytes,
        Client::Broken(status) => answer.status == status,
        Client::Gone => false,
    };
    if !right || *whole == broken {
        return Err(told());
    }
    if answer.values("x-request-id").len() != 1 {
        return Err("not one request id".to_owned());
    }
    for (name, value) in row.headers {
        if answer.values(name) != [*value] {
            return Err(format!("{name} is {:?}, not {value}", answer.values(name)));
        }
    }
    // What a service that fails says of itself is not the client's.
    let inside = ["stack trace", "127.0.0.1", "Google Frontend"];
    let tells = inside.iter().find(|word| answer.text().contains(**word));
    match tells {
        Some(word) if matches!(row.client, Client::Refusal(..)) => Err(format!("the client was told {word}")),
        _ => Ok(()),
    }
}

/// The code of a problem document of ours.
fn code_of(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let ours = answer.header("content-type") == Some("application/problem+json")
        && answer.header("cache-control") == Some("no-store")
        && body["request_id"].as_str() == answer.header("x-request-id")
        && body["status"] == answer.status;
    body["code"].as_str().filter(|_| ours).map(str::to_owned)
}

/// Whether a service tells of this very request.
fn is_account_of(answer: &Answer, row: &Row) -> bool {
    let account: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let body_bytes = match row.ask.body {
        Body::None => 0,
        Body::Bytes(bytes) | Body::Chunked(bytes) | Body::Broken(bytes) => bytes,
    };
    account["probe"] == row.name && account["method"] == row.ask.method && account["body_bytes"] == body_bytes
}

fn log(row: &Row, entry: &Value) -> Vec<String> {
    let told = &entry["tollgate"];
    let expected = [
        ("severity", &entry["severity"], Value::from(row.log.severity)),
        ("code", &told["code"], row.log.code.into()),
        ("ended", &told["ended"], row.log.ended.into()),
        ("attempts", &told["attempts"], row.log.attempts.into()),
        ("upstream_status", &told["upstream_status"], row.log.status.into()),
        ("breaker", &told["breaker"], row.log.breaker.into()),
        ("region", &told["region"], row.log.region.into()),
    ];
    let wrong = expected.into_iter().filter(|(_, found, expected)| *found != expected);
    let mut differences: Vec<String> = wrong
        .map(|(name, found, expected)| format!("`{name}` in the log is {found}, not {expected}"))
        .collect();
    if row.service == "regions" {
        let tries: Vec<String> = told["tries"].as_array().into_iter().flatten().map(try_words).collect();
        if tries != row.log.tries {
            differences.push(format!("`tries` in the log is {tries:?}, not {:?}", row.log.tries));
        }
    }
    let status = match row.client {
        Client::Refusal(status, _) | Client::Passed(status, _) | Client::Broken(status) => Some(status),
        Client::Account | Client::Whole(_) => Some(200),
        Client::Gone => None,
    };
    if let Some(status) = status.filter(|status| entry["httpRequest"]["status"] != *status) {
        differences.push(format!(
            "the status in the log is {}, not {status}",
            entry["httpRequest"]["status"]
        ));
    }
    differences
}

/// One of the log's `tries`, as the row writes it.
fn try_words(one: &Value) -> String {
    let region = one["region"].as_str().unwrap_or("?");
    match one["status"].as_u64() {
        Some(status) => format!("{region} {status}"),
        None => format!("{region} {}", one["fault"].as_str().unwrap_or("?")),
    }
}

/// The entries of this path so far.
fn entries(world: &World, path: &str) -> Vec<Value> {
    let lines = world.gateway.log_lines();
    let entries = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_path = |entry: &Value| {
        let url = entry["httpRequest"]["requestUrl"].as_str();
        url.is_some_and(|url| url.ends_with(path))
    };
    entries.filter(of_path).collect()
}

/// The one entry of this path.
async fn log_entry(world: &World, path: &str) -> Option<Value> {
    let until = tokio::time::Instant::now() + LOG_LIMIT;
    while tokio::time::Instant::now() < until {
        let mut found = entries(world, path);
        assert!(found.len() < 2, "{path}: more than one entry for one request");
        if !found.is_empty() {
            return found.pop();
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}

/// What the services saw, as the row writes it. A request that was broken off may be noticed late, and so may one that
/// should not have come.
async fn settled(bench: &Bench, row: &Row, path: &str) -> Vec<String> {
    for _ in 0..50 {
        if seen(bench, row, path) == row.sent {
            sleep(LATE).await;
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    seen(bench, row, path)
}

fn seen(bench: &Bench, row: &Row, path: &str) -> Vec<String> {
    let seen = bench.book.seen_at(path);
    assert!(same_bodies(&seen), "{path}: a request was sent again with another body");
    seen.iter().map(|seen| words(row, seen)).collect()
}

fn same_bodies(seen: &[Seen]) -> bool {
    let mut whole = seen.iter().filter(|seen| seen.whole);
    let first = whole.next();
    whole.all(|seen| first.is_none_or(|first| first.body == seen.body))
}

fn words(row: &Row, seen: &Seen) -> String {
    let place = match row.service {
        "regions" => format!("{}: ", seen.service),
        _ => String::new(),
    };
    let body = match (seen.whole, seen.body_bytes) {
        (false, _) => " in part".to_owned(),
        (true, 0) => String::new(),
        (true, bytes) => format!(" {bytes} bytes"),
    };
    format!("{place}{}{body}", seen.method)
}
