//! Bodies of any length and any end, both ways: whole and unchanged, or broken for whoever gets them, and the log says
//! where.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tollgate_devstack::world::{World, WorldOptions};

use super::load::most_mib;
use super::support::gateway::{alone, own};
use super::support::http::{Ask, HOST};
use super::support::origin::Origin;
use super::support::wire::{Came, head, message, send};

const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    [services.origin]
    url = "https://origin-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    timeouts = { first_byte = "10s", between_bytes = "700ms" }
    request_bytes_max = BYTES_MAX
    [[routes]]
    path = "/o/{rest...}"
    allow = "anyone"
    to = "origin"
"#;

const HUNDRED_MIB: usize = 100 << 20;

/// Runs a test before a service of its own that takes bodies of so many bytes.
fn with_origin(bytes_max: usize, test: impl AsyncFnOnce(&World, &Origin)) {
    let mut options = WorldOptions::new(POLICY.replace("BYTES_MAX", &bytes_max.to_string()));
    options.iam = false;
    let mut origin = None;
    alone(async { origin = Some(Origin::start().await) });
    let origin = origin.expect("a service");
    options.services.insert("origin".to_owned(), origin.url());
    own(options, async |world| test(world, &origin).await);
}

/// The log entry of the request for this path.
async fn entry(world: &World, path: &str) -> Value {
    let ends = |entry: &Value| {
        let url = entry["httpRequest"]["requestUrl"].as_str();
        url.is_some_and(|url| url.ends_with(path))
    };
    let found = world.gateway.wait_for_log(ends, Duration::from_secs(20)).await;
    found.unwrap_or_else(|| panic!("no log entry for {path}"))
}

async fn get(world: &World, method: &str, path: &str) -> Came {
    let stream = Ask::new(method, path).open(world.gateway.addr()).await;
    let mut stream = BufReader::new(stream);
    match method {
        "HEAD" => {
            let head = head(&mut stream).await;
            let more = stream.fill_buf().await.map_or(0, <[u8]>::len);
            assert_eq!(more, 0, "{path}: a body for HEAD");
            let (bytes, whole, right, text) = (0, true, true, String::new());
            Came {
                head,
                bytes,
                whole,
                right,
                text,
            }
        }
        _ => message(&mut stream).await,
    }
}

/// Begins a chunked upload.
async fn chunked(world: &World, path: &str) -> TcpStream {
    let ask = Ask::bare("POST", path).header("Host", HOST);
    ask.header("Transfer-Encoding", "chunked")
        .open(world.gateway.addr())
        .await
}

async fn put(world: &World, path: &str, length: usize, is_chunked: bool) -> Came {
    let mut stream = match is_chunked {
        true => chunked(world, path).await,
        false => {
            let ask = Ask::bare("PUT", path).header("Host", HOST);
            ask.header("Content-Length", length.to_string())
                .open(world.gateway.addr())
                .await
        }
    };
    assert!(
        send(&mut stream, 0, length, is_chunked).await,
        "{path}: nobody takes the body"
    );
    if is_chunked {
        stream.write_all(b"0\r\n\r\n").await.expect("the end");
    }
    message(&mut BufReader::new(stream)).await
}

#[test]
fn a_hundred_mebibytes_pass_both_ways_in_little_memory() {
    with_origin(HUNDRED_MIB, async |world, _| {
        let told = format!("{HUNDRED_MIB} true");
        for (path, is_chunked) in [("/o/count/chunks", true), ("/o/count/length", false)] {
            let came = put(world, path, HUNDRED_MIB, is_chunked).await;
            assert_eq!(
                (came.status(), came.whole, came.text.as_str()),
                (200, true, told.as_str()),
                "{path}"
            );
        }
        for path in ["/o/down/104857600", "/o/down/chunked/104857600"] {
            let came = get(world, "GET", path).await;
            assert_eq!(
                (came.status(), came.bytes, came.whole, came.right),
                (200, HUNDRED_MIB, true, true),
                "{path}"
            );
            let length = (!path.contains("chunked")).then_some("104857600");
            assert_eq!(came.header("content-length"), length, "{path}");
            let entry = entry(world, path).await;
            assert_eq!(
                (&entry["severity"], &entry["tollgate"]["ended"]),
                (&json!("INFO"), &json!("service"))
            );
            assert_eq!(entry["tollgate"].get("response_bytes"), None, "the platform gave it");
        }
        // Viceroy tells of a sandbox at its end, which comes after a few requests or some seconds.
        let mut most = 0.0;
        for _ in 0..100 {
            assert_eq!(get(world, "GET", "/o/down/1").await.bytes, 1);
            most = most_mib(&world.gateway);
            if most > 0.0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(most > 0.0 && most < 16.0, "{most} MiB of memory");
    });
}

#[test]
fn a_body_keeps_its_length_and_the_log_tells_it() {
    with_origin(1_000, async |world, _| {
        for (path, bytes) in [
            ("/o/down/0", 0_usize),
            ("/o/down/1", 1),
            ("/o/down/65536", 65_536),
            ("/o/down/3000000", 3_000_000),
            ("/o/down/chunked/0", 0),
            ("/o/down/chunked/3000000", 3_000_000),
        ] {
            let came = get(world, "GET", path).await;
            assert_eq!(
                (came.status(), came.bytes, came.whole, came.right),
                (200, bytes, true, true),
                "{path}"
            );
            let length = (!path.contains("chunked")).then(|| bytes.to_string());
            assert_eq!(came.header("content-length"), length.as_deref(), "{path}");
            let entry = entry(world, path).await;
            assert_eq!(entry["tollgate"]["response_bytes"], bytes, "{path}");
        }
        let came = get(world, "HEAD", "/o/head").await;
        assert_eq!((came.status(), came.header("content-length")), (200, Some("1234")));
        assert_eq!(entry(world, "/o/head").await["tollgate"]["response_bytes"], 0);
    });
}

#[test]
fn a_response_that_breaks_off_is_broken_for_the_client_and_in_the_log() {
    with_origin(1_000, async |world, _| {
        for path in [
            "/o/cut/70000",
            "/o/cut/chunked/70000",
            "/o/stall/70000",
            "/o/stall/chunked/70000",
        ] {
            let began = Instant::now();
            let came = get(world, "GET", path).await;
            let took = began.elapsed();
            // What was on its way when the stream broke may be lost.
            assert!(came.bytes <= 70_000, "{path}");
            assert_eq!((came.status(), came.whole, came.right), (200, false, true), "{path}");
            let entry = entry(world, path).await;
            let told = &entry["tollgate"];
            assert_eq!(
                (&entry["severity"], &told["ended"]),
                (&json!("ERROR"), &json!("network")),
                "{path}"
            );
            assert_eq!(
                (&told["upstream_status"], &told["response_bytes"]),
                (&json!(200), &json!(70_000)),
                "{path}"
            );
            let problem = told["problems"][0].as_str().expect("a problem");
            assert!(problem.starts_with("response-broken: "), "{path}: {problem}");
            let waited = took >= Duration::from_millis(600);
            assert_eq!(waited, path.contains("stall"), "{path}: {took:?}");
            assert!(took < Duration::from_secs(10), "{path}: {took:?}");
        }
    });
}

#[test]
fn events_arrive_one_by_one() {
    with_origin(1_000, async |world, _| {
        let stream = Ask::get("/o/events").open(world.gateway.addr()).await;
        let (mut stream, began) = (BufReader::new(stream), Instant::now());
        let head = head(&mut stream).await;
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        let mut came = Vec::new();
        let mut line = String::new();
        while let Ok(1..) = stream.read_line(&mut line).await {
            if line.starts_with("data: ") {
                came.push(began.elapsed());
            }
            line.clear();
        }
        assert_eq!(came.len(), 4);
        for (number, pair) in came.windows(2).enumerate() {
            let apart = pair[1].saturating_sub(pair[0]);
            assert!(
                apart >= Duration::from_millis(150),
                "event {number} came {apart:?} before the next"
            );
        }
        let entry = entry(world, "/o/events").await;
        assert_eq!(entry["tollgate"].get("response_bytes"), None, "the platform gave them");
        assert_eq!(entry["tollgate"]["ended"], "service");
    });
}

#[test]
fn a_client_that_goes_away_is_told_in_the_log() {
    with_origin(1_000, async |world, _| {
        let path = "/o/down/chunked/30000000";
        let stream = Ask::get(path).open(world.gateway.addr()).await;
        let mut stream = BufReader::new(stream);
        assert!(head(&mut stream).await.contains(" 200 "));
        drop(stream);
        let entry = entry(world, path).await;
        let told = &entry["tollgate"];
        assert_eq!(
            (&entry["severity"], &told["ended"]),
            (&json!("NOTICE"), &json!("network")),
            "{entry}"
        );
        assert_eq!(told["problems"], json!(["client-left: the client went away"]));
        assert!(
            told["response_bytes"].as_u64().is_some_and(|bytes| bytes < 30_000_000),
            "{entry}"
        );
    });
}

#[test]
fn a_body_that_must_not_reach_the_service_whole_reaches_it_broken() {
    with_origin(200_000, async |world, origin| {
        let came = put(world, "/o/count/fits", 200_000, true).await;
        assert_eq!(
            (came.status(), came.text.as_str()),
            (200, "200000 true"),
            "just short enough"
        );

        let path = "/o/count/long";
        let mut stream = chunked(world, path).await;
        assert!(send(&mut stream, 0, 150_000, true).await);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(send(&mut stream, 150_000, 150_000, true).await);
        stream.write_all(b"0\r\n\r\n").await.expect("the end");
        let came = message(&mut BufReader::new(stream)).await;
        assert_eq!(came.status(), 413, "{}", came.text);
        assert!(came.text.contains("body-too-large"), "{}", came.text);
        let at_origin = origin.received(path).await;
        assert!(!at_origin.whole && at_origin.right, "{at_origin:?}");
        assert!((1..=200_000).contains(&at_origin.bytes), "{at_origin:?}");
        let told = entry(world, path).await;
        assert_eq!(
            (&told["httpRequest"]["status"], &told["tollgate"]["code"]),
            (&json!(413), &json!("body-too-large"))
        );

        let path = "/o/count/broken";
        let mut stream = chunked(world, path).await;
        assert!(send(&mut stream, 0, 100_000, true).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(stream);
        let at_origin = origin.received(path).await;
        assert!(!at_origin.whole && at_origin.right, "{at_origin:?}");
        let told = entry(world, path).await;
        assert_eq!(told["tollgate"]["ended"], "network", "{told}");
        let came = get(world, "GET", "/o/down/1").await;
        assert_eq!(came.bytes, 1, "the gateway goes on");
    });
}

#[test]
fn an_early_answer_comes_while_the_body_is_being_sent() {
    with_origin(HUNDRED_MIB, async |world, origin| {
        let path = "/o/early/150000";
        let stream = chunked(world, path).await;
        let (from, mut to) = stream.into_split();
        // It never ends by itself.
        let sending = tokio::spawn(async move {
            let chunk = [b"2710\r\n".as_slice(), &[b'x'; 10_000], b"\r\n"].concat();
            while to.write_all(&chunk).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let came = message(&mut BufReader::new(from)).await;
        assert_eq!(
            (came.status(), came.bytes, came.whole, came.right),
            (200, 200_000, true, true)
        );
        sending.abort();
        let told = entry(world, path).await;
        assert_eq!(
            (&told["severity"], &told["tollgate"]["ended"]),
            (&json!("INFO"), &json!("service")),
            "{told}"
        );
        assert!(
            !origin.received(path).await.whole,
            "the rest of the request is not made up"
        );
    });
}

/// A client that sends slowly is no failure of the service, and holds no turn to try it.
#[test]
fn a_slow_client_neither_opens_a_breaker_nor_keeps_it_open() {
    let policy = POLICY
        .replace("BYTES_MAX", "1000000")
        .replace(r#"first_byte = "10s""#, r#"first_byte = "500ms""#)
        .replace(
            "request_bytes_max",
            "retries = { attempts = 1 }\n breaker = { failures = 1, open = \"1s\" }\n request_bytes_max",
        );
    let mut options = WorldOptions::new(policy);
    options.iam = false;
    let mut origin = None;
    alone(async { origin = Some(Origin::start().await) });
    let origin = origin.expect("a service");
    options.services.insert("origin".to_owned(), origin.url());
    own(options, async |world| {
        let mut seen = Vec::new();
        assert_eq!(
            get(world, "GET", "/o/down/1").await.status(),
            200,
            "the service is well"
        );
        let mut slow = chunked(world, "/o/count/slow").await;
        assert!(send(&mut slow, 0, 1_000, true).await);
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let _ = send(&mut slow, 1_000, 1_000, true).await;
        let _ = slow.write_all(b"0\r\n\r\n").await;
        // Here the time to the first byte runs from connecting, so it ends in the client's own slowness.
        assert_eq!(message(&mut BufReader::new(slow)).await.status(), 504);
        tokio::time::sleep(Duration::from_millis(100)).await;
        seen.push(("another, at once", get(world, "GET", "/o/down/2").await.status()));
        tokio::time::sleep(Duration::from_millis(2_200)).await;
        let mut holds = chunked(world, "/o/count/holds").await;
        assert!(send(&mut holds, 0, 1_000, true).await);
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            seen.push((
                "another, while one holds",
                get(world, "GET", "/o/down/3").await.status(),
            ));
        }
        drop(holds);
        tokio::time::sleep(Duration::from_millis(300)).await;
        seen.push((
            "another, once it is gone",
            get(world, "GET", "/o/down/4").await.status(),
        ));
        assert!(seen.iter().all(|(_, status)| *status == 200), "{seen:?}");
    });
}

/// What breaks off after the platform has the rest of the stream.
#[test]
fn a_long_response_that_breaks_off_is_broken_for_the_client() {
    with_origin(1_000, async |world, _| {
        for path in [
            "/o/cut/40000000",
            "/o/cut/chunked/40000000",
            "/o/stall/40000000",
            "/o/stall/chunked/40000000",
        ] {
            let came = get(world, "GET", path).await;
            assert_eq!((came.status(), came.whole, came.right), (200, false, true), "{path}");
            let entry = entry(world, path).await;
            println!("{path}: {} bytes, {}", came.bytes, entry["tollgate"]);
        }
    });
}

/// A repetition is what came, header by header.
#[test]
fn a_repetition_is_the_same_message() {
    use tollgate_devstack::faults::script::{Plan, Step};
    use tollgate_devstack::faults::{Book, FaultyService};
    const TURNS: &[&[Step]] = &[&[Step::Body, Step::Reset], &[Step::Echo]];
    let book = Book::default();
    let mut service = None;
    alone(async { service = FaultyService::start("origin", book.clone()).await.ok() });
    let service = service.expect("a service");
    let paths = ["/o/get", "/o/put", "/o/empty"];
    for path in paths {
        service.plan(path, Plan::turns(TURNS));
    }
    let mut options = WorldOptions::new(POLICY.replace("BYTES_MAX", "1000000"));
    options.iam = false;
    options.services.insert("origin".to_owned(), service.url());
    own(options, async |world| {
        let many = |ask: Ask| {
            let ask = ask
                .header("X-A", "1")
                .header("X-B", b"\xff\xfe")
                .header("X-A", "2, 3")
                .header("X-C", "");
            ask.header("X-A", "")
                .header("Cookie", "a=1")
                .header("Cookie", "b=2")
                .header("X-Forwarded-For", "6.6.6.6")
        };
        many(Ask::get(paths[0])).send(world.gateway.addr()).await;
        many(Ask::new("PUT", paths[1]).body("12345"))
            .send(world.gateway.addr())
            .await;
        many(Ask::new("PUT", paths[2]).body(""))
            .send(world.gateway.addr())
            .await;
        for path in paths {
            let seen = book.seen_at(path);
            let [first, second] = seen.as_slice() else {
                panic!("{path}: {seen:?}")
            };
            println!("{path}\n{first:?}\n{second:?}");
            let sorted = |seen: &tollgate_devstack::faults::Seen| {
                let mut headers = seen.headers.clone();
                headers.sort_by(|a, b| a.0.cmp(&b.0));
                headers
            };
            assert_eq!(sorted(first), sorted(second), "{path}");
            assert_eq!((&first.method, &first.body), (&second.method, &second.body), "{path}");
        }
    });
}
