//! Bodies of any length pass and are counted, and nothing of them is kept.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

const MIB: usize = 1 << 20;

/// Sends the head of a request, and gives the connection for what follows.
async fn open(service: &SampleService, head: &str) -> TcpStream {
    let addr = service.url().replace("http://", "");
    let mut stream = TcpStream::connect(&addr).await.expect("a connection");
    let head = format!("{head}\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("the head");
    stream
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("text")
}

fn told(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

#[tokio::test]
async fn a_body_is_counted_and_not_kept() {
    let service = start().await;
    let piece = vec![0_u8; MIB];
    for (mib, sha256) in [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (100, "20492a4d0d84f8beb1767f6616229f85d44c2827b64bdbfb260ee12fa1109e0e"),
    ] {
        let head = format!("POST /echo-length HTTP/1.1\r\nContent-Length: {}", mib * MIB);
        let mut stream = open(&service, &head).await;
        for _ in 0..mib {
            stream.write_all(&piece).await.expect("a piece");
        }
        let answer = read_all(&mut stream).await;
        let expected = json!({ "bytes": mib * MIB, "sha256": sha256, "whole": true });
        assert_eq!(told(&answer), expected);
        assert!(service.last().expect("recorded").body.is_empty());
    }
}

#[tokio::test]
async fn an_early_answer_waits_for_no_body() {
    let service = start().await;
    let mut stream = open(&service, "POST /early HTTP/1.1\r\nContent-Length: 1000").await;
    stream.write_all(b"only this").await.expect("a piece");
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(told(&answer)["target"], "/early");
}

#[tokio::test]
async fn long_answers_and_events_come_in_pieces() {
    let service = start().await;
    let get = async |path: &str| {
        reqwest::get(format!("{}{path}", service.url()))
            .await
            .expect("an answer")
    };
    let mut answer = get(&format!("/bytes/{}", 64 * MIB + 1)).await;
    let mut bytes = 0;
    while let Some(piece) = answer.chunk().await.expect("a piece") {
        bytes += piece.len();
    }
    assert_eq!(bytes, 64 * MIB + 1);

    let began = Instant::now();
    let mut answer = get("/events/3/100").await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let first = answer.chunk().await.expect("a piece").expect("an event");
    assert_eq!(first, "id: 0\ndata: event 0\n\n");
    assert!(began.elapsed() < Duration::from_millis(190), "it came at once");
    let rest = answer.text().await.expect("text");
    assert_eq!(rest, "id: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\n");
    assert!(began.elapsed() >= Duration::from_millis(200));
}
