//! URLs that the SDK can't parse and that can't be known before it is asked for them.
//!
//! The SDK panics over such a URL and has no call that would not. Where the host stands in a `Host` header, the program
//! looks at that first (`hosts.rs`). Two ways are left, both seen under Viceroy only. They are refused and logged like
//! any other ambiguous request, and harm nobody else; only the sandbox ends.

use std::time::Duration;

use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{POLICY, alone, assert_no_secret, program, token};
use super::support::http::Ask;

#[test]
fn a_url_that_the_sdk_cannot_parse_harms_nobody_else() {
    alone(async {
        let world = World::start(program().await, WorldOptions::new(POLICY))
            .await
            .expect("a world");
        let token = token(&world);
        for host in ["api.example.com:80", "[::1]"] {
            let asterisk = Ask::bare("OPTIONS", "*")
                .header("Host", host)
                .header("Connection", "close")
                .bearer(&token);
            harmless(&world, &over_http1(&world, asterisk).await).await;
        }
        for authority in ["xn--", "a.1"] {
            harmless(&world, &over_http2(&world, authority, &token).await).await;
        }
        // While others are being served.
        let slow: Vec<_> = (0..8).map(|_| Ask::get("/stream/3/100")).collect();
        let all = join_all(slow.iter().map(|ask| ask.send(world.gateway.addr())));
        let (served, _) = tokio::join!(all, over_http2(&world, "xn--", &token));
        assert!(
            served
                .iter()
                .all(|answer| answer.text() == "chunk 0\nchunk 1\nchunk 2\n")
        );
        let lines = world.gateway.log_lines();
        lines.iter().for_each(|line| assert_no_secret(line));
        let refused = lines
            .iter()
            .filter(|line| line.contains("\"request-ambiguous\""))
            .count();
        assert_eq!(refused, 5, "one log entry for each: {lines:?}");
        let trapped = world
            .gateway
            .diagnostics()
            .iter()
            .any(|line| line.contains("wasm backtrace"));
        assert!(!trapped, "{:?}", world.gateway.diagnostics());
    });
}

async fn harmless(world: &World, answer: &str) {
    assert_no_secret(answer);
    assert!(answer.contains("\"code\":\"request-ambiguous\""), "{answer}");
    assert!(answer.contains("\"reason\":\"target-form\""), "{answer}");
    for _ in 0..3 {
        assert_eq!(Ask::get("/healthz").send(world.gateway.addr()).await.text(), "ok");
    }
}

async fn over_http1(world: &World, ask: Ask) -> String {
    let mut stream = ask.open(world.gateway.addr()).await;
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes))
        .await
        .expect("an end");
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn over_http2(world: &World, authority: &str, token: &str) -> String {
    let stream = TcpStream::connect(world.gateway.addr())
        .await
        .expect("the gateway listens");
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let request = hyper::Request::get(format!("http://{authority}/v1/orders/7"));
    let request = request
        .header("authorization", format!("Bearer {token}"))
        .body(Empty::<Bytes>::new());
    let answer = sender
        .send_request(request.expect("a request"))
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 400);
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    connection.abort();
    String::from_utf8_lossy(&body).into_owned()
}
