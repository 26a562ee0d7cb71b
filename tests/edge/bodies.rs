//! Bodies stream both ways, whole and unchanged, and the service's status is the client's.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::gateway::{Gateway, probe, shared, token};
use super::support::http::{Ask, HOST};
use super::support::services::{NOISE_BYTES, noise};

#[test]
fn a_response_arrives_piece_by_piece() {
    shared(|world| async move {
        let mut stream = Ask::get("/stream/4/400").open(world.gateway.addr()).await;
        let began = Instant::now();
        let (mut seen, mut piece, mut first) = (Vec::new(), [0; 4096], None);
        loop {
            let bytes = stream.read(&mut piece).await.expect("the answer goes on");
            if bytes == 0 {
                break;
            }
            seen.extend_from_slice(&piece[..bytes]);
            if first.is_none() && seen.windows(7).any(|text| text == b"chunk 0") {
                first = Some(began.elapsed());
            }
        }
        let (first, all) = (first.expect("the first piece"), began.elapsed());
        assert!(all >= Duration::from_millis(1_200), "three pauses of 400 ms: {all:?}");
        assert!(
            first + Duration::from_millis(700) < all,
            "the first piece came after {first:?} of {all:?}"
        );
        assert!(String::from_utf8_lossy(&seen).contains("chunk 3"));
    });
}

#[test]
fn a_request_of_chunks_streams_too() {
    shared(|world| async move {
        let probe = probe();
        let head = Ask::new("POST", "/bodies/a")
            .bearer(&token(world))
            .header("X-Probe", &probe);
        let mut stream = head
            .header("Transfer-Encoding", "chunked")
            .open(world.gateway.addr())
            .await;
        let mut sent = Vec::new();
        for round in 0..3_u8 {
            let chunk = vec![b'a' + round; 1_000];
            stream.write_all(b"3e8\r\n").await.expect("a chunk");
            stream
                .write_all(&[chunk.as_slice(), b"\r\n"].concat())
                .await
                .expect("a chunk");
            sent.extend(chunk);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stream.write_all(b"0\r\n\r\n").await.expect("the end");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(world.received("bodies", &probe)[0].body, sent);
    });
}

#[test]
fn five_mebibytes_pass_unchanged_both_ways() {
    shared(|world| async move {
        let down = world.ask(Ask::get("/literal/noise")).await;
        assert_eq!((down.status, down.body.len()), (200, NOISE_BYTES));
        assert!(down.body == noise(), "five MiB were changed on the way down");

        let probe = probe();
        let up = Ask::new("PUT", "/bodies/up")
            .bearer(&token(world))
            .header("X-Probe", &probe)
            .body(noise());
        let answer = world.ask(up).await;
        assert_eq!(answer.json()["body_bytes"], NOISE_BYTES);
        let received = world.received("bodies", &probe);
        assert!(received[0].body == noise(), "five MiB were changed on the way up");
        assert_eq!(
            world.log(&answer).await["httpRequest"]["requestSize"],
            NOISE_BYTES.to_string()
        );
        world.sample("bodies").expect("it").clear();

        let zeros = world.ask(Ask::get("/bytes/5242880")).await;
        assert!(zeros.body.len() == 5 << 20 && zeros.body.iter().all(|byte| *byte == 0));
    });
}

#[test]
fn the_services_status_is_the_clients() {
    shared(|world| async move {
        for status in [
            200, 201, 202, 204, 301, 304, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504,
        ] {
            let answer = world.ask(Ask::get(format!("/status/{status}"))).await;
            assert_eq!(answer.status, status);
            let entry = world.log(&answer).await;
            let told = &entry["tollgate"];
            assert_eq!(
                (&told["ended"], &told["upstream_status"]),
                (&json!("service"), &json!(status)),
                "{status}"
            );
            // A failure keeps its status, and its body is not for the client.
            let (decision, code) = match status {
                500.. => ("refuse", Some(&json!("upstream-failed"))),
                _ => ("forward", None),
            };
            assert_eq!(
                (&told["decision"], told.get("code")),
                (&json!(decision), code),
                "{status}"
            );
            let severity = if status >= 500 { "WARNING" } else { "INFO" };
            assert_eq!(entry["severity"], severity, "{status}");
            if status == 204 || status == 304 {
                assert!(answer.body.is_empty(), "{status}");
            }
        }
    });
}

#[test]
fn head_is_get_without_a_body() {
    shared(|world| async move {
        let probe = probe();
        let token = token(world);
        let service = world
            .ask(
                Ask::new("HEAD", "/v1/orders/7")
                    .bearer(&token)
                    .header("X-Probe", &probe),
            )
            .await;
        assert_eq!((service.status, service.body.len()), (200, 0));
        assert_eq!(world.received("sample", &probe)[0].method, "HEAD");
        let edge = world.ask(Ask::new("HEAD", "/healthz")).await;
        assert_eq!((edge.status, edge.body.len()), (200, 0));
        let refused = world.ask(Ask::new("HEAD", "/v1/orders/7")).await;
        assert_eq!((refused.status, refused.body.len()), (401, 0));
        assert_eq!(world.log(&refused).await["tollgate"]["code"], "credential-missing");
    });
}

/// What a refused request has for a body must not be read as the next request on the connection.
#[test]
fn a_refused_body_is_not_the_next_request() {
    shared(|world| async move {
        let hidden = format!("GET /open/hidden HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
        let first = Ask::bare("POST", "/v1/orders/7").header("Host", HOST).body(&hidden);
        let mut stream = first.open(world.gateway.addr()).await;
        let second = format!("GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
        stream.write_all(second.as_bytes()).await.expect("the second request");
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.expect("two answers");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
        assert!(answers.contains("HTTP/1.1 405") && answers.ends_with("ok"), "{answers}");
        let received = world.sample("sample").expect("it").received();
        assert!(received.iter().all(|request| request.target != "/open/hidden"));
    });
}

#[test]
fn a_client_that_goes_away_harms_nobody() {
    shared(|world| async move {
        for _ in 0..5 {
            let stream = Ask::get("/stream/50/20").open(world.gateway.addr()).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
            drop(stream);
        }
        let chunked = Ask::new("POST", "/bodies/a")
            .bearer(&token(world))
            .header("Transfer-Encoding", "chunked");
        let mut stream = chunked.open(world.gateway.addr()).await;
        stream.write_all(b"5\r\nhel").await.expect("half a chunk");
        drop(stream);
        assert_eq!(world.ask(Ask::get("/healthz")).await.text(), "ok");
    });
}
