//! What the container receives, and that bodies stream.

use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::World;

#[tokio::test]
async fn target_and_fields_pass_as_they_were_sent() {
    let world = World::new().await;
    let target = "/a/../b//%2e%2F;x\\{}?q=1&&q=%zz&?";
    let request = format!(
        "PUT {target} HTTP/1.1\r\nHost: orders.example\r\nX-Serverless-Authorization: Bearer {}\r\nX-Twice: 1\r\n\
         Connection: close\r\nX-Twice: 2\r\nX-Forwarded-For: 203.0.113.7\r\ntraceparent: 00-{}-{}-01\r\n\
         Content-Length: 4\r\n\r\nbody",
        world.token(),
        "a".repeat(32),
        "b".repeat(16),
    );
    let mut stream = TcpStream::connect(world.addr()).await.expect("connect");
    stream.write_all(request.as_bytes()).await.expect("write");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    let seen = world.container.last().expect("a request");
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str(), seen.body.as_slice()),
        ("PUT", target, &b"body"[..])
    );
    let table = [
        ("host", vec!["orders.example"]),
        ("x-twice", vec!["1", "2"]),
        ("connection", vec!["close"]),
        ("x-forwarded-for", vec!["203.0.113.7, 127.0.0.1"]),
        ("x-forwarded-proto", vec!["https"]),
    ];
    for (name, values) in table {
        assert_eq!(seen.header_values(name), values, "{name}");
    }
    let parent = format!("00-{}-{}-01", "a".repeat(32), "b".repeat(16));
    assert_eq!(seen.header_values("traceparent"), [parent]);
    assert!(
        seen.header("x-cloud-trace-context")
            .expect("a trace")
            .starts_with(&format!("{}/", "a".repeat(32)))
    );
}

#[tokio::test]
async fn a_request_without_a_trace_gets_one() {
    let world = World::new().await;
    world.get("/a").bearer_auth(world.token()).send().await.expect("get");
    let seen = world.container.last().expect("a request");
    let parent = seen.header("traceparent").expect("traceparent");
    let [version, trace, span, flags] = parent.split('-').collect::<Vec<_>>().try_into().expect("four parts");
    assert_eq!((version, trace.len(), span.len(), flags), ("00", 32, 16, "01"));
    let google = seen.header("x-cloud-trace-context").expect("x-cloud-trace-context");
    assert!(google.starts_with(trace) && google.ends_with(";o=1"), "{google}");
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let world = World::new().await;
    let mut answer = world
        .get("/stream/3/200")
        .bearer_auth(world.token())
        .send()
        .await
        .expect("get");
    let first = answer.chunk().await.expect("a chunk").expect("a chunk");
    let then = Instant::now();
    assert_eq!(&first[..], b"chunk 0\n");
    assert_eq!(answer.text().await.expect("the rest"), "chunk 1\nchunk 2\n");
    assert!(
        then.elapsed() >= Duration::from_millis(300),
        "the first chunk waited for the others"
    );

    let large = vec![7; 3 << 20];
    let url = format!("{}/upload", world.cloud_run.url());
    let sent = Client::new()
        .post(url)
        .bearer_auth(world.token())
        .body(large.clone())
        .send()
        .await
        .expect("post");
    assert_eq!(sent.json::<Value>().await.expect("json")["body_bytes"], 3 << 20);
    assert_eq!(world.container.last().expect("a request").body, large);
}
