//! A load while a tenth of the calls to the service fail: 10,000 requests, 64 at a time. Each gets the answer to itself
//! or a refusal that is documented, none is lost, none is done twice that must not be, and memory stays flat.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;
use tokio::time::sleep;
use tollgate_devstack::faults::script::{Plan, Step, say};
use tollgate_devstack::faults::{Book, FaultyService, Seen};
use tollgate_devstack::viceroy::Viceroy;
use tollgate_devstack::world::WorldOptions;

use super::client::{Got, send};
use crate::edge::support::gateway::{alone, own};
use crate::faults::row::{Asked, Body, GET};

const REQUESTS: usize = 10_000;
const AT_A_TIME: usize = 64;
/// Those after which memory is looked at for the first time.
const WARM: usize = 2_000;
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "POST"];

const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    [services.shaky]
    url = "https://shaky-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    timeouts = { first_byte = "10s" }
    retries = { budget = 10_000 }
    [[routes]]
    path = "/shaky/{id}"
    allow = "anyone"
    to = "shaky"
"#;

const FAULTS: [&[Step]; 3] = [
    &[Step::Body, Step::Reset],
    &[
        Step::Body,
        say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"),
    ],
    &[Step::Body, say("220 smtp.example ESMTP\r\n\r\n")],
];

/// What became of a request.
struct Outcome {
    id: String,
    status: u16,
    answered: bool,
}

#[test]
fn ten_thousand_requests_while_a_tenth_of_the_calls_fail() {
    let book = Book::default();
    let mut service = None;
    alone(async { service = FaultyService::start("shaky", book.clone()).await.ok() });
    let service = service.expect("a service");
    let chance = Plan::Chance {
        percent: 10,
        scripts: FAULTS.iter().map(|steps| Cow::Borrowed(*steps)).collect(),
        seed: 6,
    };
    service.plan("*", chance);
    let mut options = WorldOptions::new(POLICY);
    options.iam = false;
    options.services.insert("shaky".to_owned(), service.url());
    own(options, async |world| {
        let gateway = &world.gateway;
        let mut outcomes = run(gateway, 0..WARM).await;
        let early = Memory::of(gateway);
        outcomes.extend(run(gateway, WARM..REQUESTS).await);
        let late = Memory::of(gateway);

        let entries = entries(gateway).await;
        let seen = by_probe(&book);
        let mut answered = BTreeMap::from([("GET", (0, 0)), ("PUT", (0, 0)), ("POST", (0, 0))]);
        for (number, outcome) in outcomes.iter().enumerate() {
            let entry = entries.get(&outcome.id).expect("a log entry for each");
            let (probe, method) = (probe(number), METHODS[number % METHODS.len()]);
            assert_eq!(entry["httpRequest"]["status"], outcome.status, "{probe}");
            let seen = seen.get(&probe).map_or(&[][..], Vec::as_slice);
            assert_eq!(entry["tollgate"]["attempts"], seen.len(), "{probe}: {entry}");
            let most = if method == "POST" { 1 } else { 2 };
            assert!(
                (1..=most).contains(&seen.len()),
                "{probe}: {method} was sent {} times",
                seen.len()
            );
            assert!(seen.iter().all(|seen| seen.whole), "{probe}: a part was sent");
            let (of, all) = answered.entry(method).or_default();
            *of += u32::from(outcome.answered);
            *all += 1;
        }
        assert_eq!(
            (outcomes.len(), entries.len(), seen.len()),
            (REQUESTS, REQUESTS, REQUESTS)
        );
        for (method, least, most) in [("GET", 97, 100), ("PUT", 97, 100), ("POST", 85, 95)] {
            let (of, all) = answered[method];
            assert!(
                (least * all..=most * all).contains(&(of * 100)),
                "{method}: {of} of {all} were answered"
            );
        }
        assert!(
            early.heap_mib > 0.0 && early.process_mib > 0.0,
            "nobody told how much is used: {early:?}"
        );
        assert!(late.heap_mib <= early.heap_mib * 1.1, "from {early:?} to {late:?}");
        assert!(
            late.process_mib <= early.process_mib * 1.15,
            "from {early:?} to {late:?}"
        );
    });
}

fn probe(number: usize) -> String {
    format!("load-{number}")
}

/// Sends these requests, and checks that each answer is the one to its own request or a refusal.
async fn run(gateway: &Viceroy, numbers: std::ops::Range<usize>) -> Vec<Outcome> {
    let one = async |number: usize| {
        let method = METHODS[number % METHODS.len()];
        let body_bytes = if method == "GET" { 0 } else { 1 + number % 3_000 };
        let asked = Asked {
            method,
            body: if method == "GET" {
                Body::None
            } else {
                Body::Bytes(body_bytes)
            },
            ..GET
        };
        let (probe, target) = (probe(number), format!("/shaky/{number}"));
        let got = send(gateway.addr(), &target, &asked, &probe).await;
        let Some(Got { answer, whole: true }) = got else {
            panic!("{probe}: no whole answer");
        };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|why| panic!("{probe}: {why}"));
        let answered = answer.status == 200;
        if answered {
            let told = (&body["probe"], &body["method"], &body["target"], &body["body_bytes"]);
            assert!(
                *told.0 == probe && *told.1 == method && *told.2 == target && *told.3 == body_bytes,
                "{probe} got another's answer: {body}"
            );
        } else {
            let code = body["code"].as_str().unwrap_or_default();
            let documented = [
                (502, "upstream-refused"),
                (502, "upstream-reset"),
                (503, "upstream-failed"),
                (503, "upstream-overloaded"),
            ];
            assert!(
                documented.contains(&(answer.status, code)),
                "{probe}: {} {body}",
                answer.status
            );
            assert_eq!(body["request_id"], answer.id(), "{probe}");
        }
        Outcome {
            id: answer.id().to_owned(),
            status: answer.status,
            answered,
        }
    };
    stream::iter(numbers).map(one).buffered(AT_A_TIME).collect().await
}

/// All log entries by the request's identifier, each of which may come once. The last may be on their way still.
async fn entries(gateway: &Viceroy) -> BTreeMap<String, Value> {
    for _ in 0..100 {
        if gateway.log_lines().len() >= REQUESTS {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let mut entries = BTreeMap::new();
    for line in gateway.log_lines() {
        let entry: Value = serde_json::from_str(&line).expect("a line of JSON");
        let id = entry["tollgate"]["request_id"].as_str().expect("an id").to_owned();
        assert!(entries.insert(id, entry).is_none(), "one line each: {line}");
    }
    entries
}

fn by_probe(book: &Book) -> BTreeMap<String, Vec<Seen>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for seen in book.seen() {
        let probe = seen.header("x-probe").expect("a probe").to_owned();
        found.entry(probe).or_default().push(seen);
    }
    found
}

/// What is used, in MiB.
#[derive(Debug)]
struct Memory {
    /// The largest heap of a sandbox, among those that Viceroy told of lately.
    heap_mib: f64,
    /// The resident memory of Viceroy's process; 0 where the system does not tell, which fails the test.
    process_mib: f64,
}

impl Memory {
    fn of(gateway: &Viceroy) -> Self {
        let told = gateway.diagnostics();
        let heaps = told
            .iter()
            .filter_map(|line| line.split_once("request completed using ")?.1.split_once(" MiB"))
            .filter_map(|(mib, _)| mib.trim().parse::<f64>().ok());
        let status = gateway
            .pid()
            .map(|pid| fs::read_to_string(format!("/proc/{pid}/status")));
        let status = status.and_then(Result::ok).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|size| size.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Self {
            heap_mib: heaps.fold(0.0, f64::max),
            process_mib: kib.unwrap_or(0.0) / 1_024.0,
        }
    }
}
