//! Methods, framing, sizes and versions: odd messages are refused or harmless, and none ends the program.

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tollgate_devstack::world::World;

use super::support::gateway::{Gateway, probe, shared, token};
use super::support::http::{Ask, HOST};

#[test]
fn methods_that_must_not_pass_are_refused() {
    shared(|world| async move {
        for method in ["TRACE", "get", "Get", "M-SEARCH", "GET1", "_", &"A".repeat(40)] {
            let (answer, entry) = world
                .refused(Ask::new(method, "/open/a"), 400, "request-ambiguous")
                .await;
            assert_eq!(answer.json()["reason"], "method", "{method}");
            assert!(
                entry["httpRequest"].get("requestMethod").is_none(),
                "{method}: not logged as it came"
            );
        }
        for target in ["/open/a", "api.example.com:443", "*"] {
            let answer = Ask::new("CONNECT", target).try_send(world.gateway.addr()).await;
            assert!(answer.is_none_or(|answer| answer.status == 400), "CONNECT {target}");
        }
        for method in ["PROPFIND", "PATCH", "OPTIONS", "QUERY"] {
            let probe = probe();
            assert_eq!(
                world
                    .ask(Ask::new(method, "/open/a").header("X-Probe", &probe))
                    .await
                    .status,
                200,
                "{method}"
            );
            assert_eq!(world.received("sample", &probe)[0].method, method);
        }
    });
}

#[test]
fn a_known_path_tells_its_methods() {
    shared(|world| async move {
        for method in ["POST", "PATCH", "OPTIONS"] {
            let ask = Ask::new(method, "/v1/orders/7").bearer(&token(world));
            let (answer, _) = world.refused(ask, 405, "method-not-allowed").await;
            assert_eq!(answer.header("allow"), Some("DELETE, GET, HEAD, PUT"));
        }
        for header in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
            let (probe, token) = (probe(), token(world));
            let ask = Ask::get("/v1/orders/7")
                .bearer(&token)
                .header(header, "DELETE")
                .header("X-Probe", &probe);
            assert_eq!(world.ask(ask).await.status, 200, "{header}");
            let received = &world.received("sample", &probe)[0];
            assert_eq!(
                (received.method.as_str(), received.header(&header.to_lowercase())),
                ("GET", None)
            );
        }
    });
}

/// `*` is a target for `OPTIONS` to a server, of which the program sees only the host. It is no path of the policy.
#[test]
fn the_asterisk_is_no_path() {
    shared(|world| async move {
        for method in ["OPTIONS", "GET", "HEAD"] {
            for host in [HOST, "127.0.0.1", "evil.example"] {
                let ask = Ask::bare(method, "*")
                    .header("Host", host)
                    .header("Connection", "close");
                let answer = world.ask(ask).await;
                assert!(matches!(answer.status, 400 | 404), "{method} {host}: {}", answer.status);
            }
        }
    });
}

#[test]
fn framing_that_two_parsers_read_differently_is_refused() {
    shared(|world| async move {
        let smuggled = "GET /open/smuggled HTTP/1.1\r\nHost: api.example.com\r\n\r\n";
        for (name, framing, body) in [
            (
                "length, then chunked",
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "0\r\n\r\n",
            ),
            ("two lengths", "Content-Length: 2\r\nContent-Length: 3", "abc"),
            ("list of lengths", "Content-Length: 3, 4", "abc"),
            ("length with a sign", "Content-Length: +3", "abc"),
            ("length in hex", "Content-Length: 0x3", "abc"),
            ("length below zero", "Content-Length: -3", "abc"),
            ("endless length", "Content-Length: 99999999999999999999", "abc"),
            ("unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\n"),
            ("identity", "Transfer-Encoding: identity", "abc"),
            ("chunked is not last", "Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
            ("space before the colon", "Transfer-Encoding : chunked", "0\r\n\r\n"),
            ("folded line", "X-A: 1\r\n Transfer-Encoding: chunked", "0\r\n\r\n"),
            (
                "chunk size is no number",
                "Transfer-Encoding: chunked",
                "zz\r\nabc\r\n0\r\n\r\n",
            ),
            (
                "chunk size too large",
                "Transfer-Encoding: chunked",
                "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
            ),
        ] {
            let probe = probe();
            let raw = format!(
                "POST /open/a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nX-Probe: {probe}\r\n{framing}\r\n\r\n{body}{smuggled}"
            );
            let status = Ask::raw(raw)
                .try_send(world.gateway.addr())
                .await
                .map(|answer| answer.status);
            // A broken chunk shows only while the body is on its way to the service.
            assert!(matches!(status, Some(400 | 502) | None), "{name}: {status:?}");
            assert!(
                world
                    .received("sample", &probe)
                    .iter()
                    .all(|request| request.body.is_empty()),
                "{name}"
            );
        }
        let targets: Vec<_> = world.sample("sample").expect("it").received();
        assert!(
            targets.iter().all(|request| request.target != "/open/smuggled"),
            "a request was smuggled"
        );
    });
}

#[test]
fn framing_that_is_clear_passes() {
    shared(|world| async move {
        for (name, framing, body, received) in [
            ("length", "Content-Length: 3", "abc", "abc"),
            (
                "the same length twice",
                "Content-Length: 3\r\nContent-Length: 3",
                "abc",
                "abc",
            ),
            (
                "chunked",
                "Transfer-Encoding: chunked",
                "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
                "abc",
            ),
            (
                "chunked, then a length",
                "Transfer-Encoding: chunked\r\nContent-Length: 9",
                "3\r\nabc\r\n0\r\n\r\n",
                "abc",
            ),
            (
                "with a trailer",
                "Transfer-Encoding: chunked",
                "3;x=y\r\nabc\r\n0\r\nX-Tollgate-Subject: root\r\n\r\n",
                "abc",
            ),
            (
                "expecting to continue",
                "Expect: 100-continue\r\nContent-Length: 3",
                "abc",
                "abc",
            ),
        ] {
            let probe = probe();
            let raw = format!(
                "POST /open/a HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nX-Probe: {probe}\r\n{framing}\r\n\r\n{body}"
            );
            Ask::raw(raw).send(world.gateway.addr()).await;
            let at_service = world.received("sample", &probe);
            assert_eq!(at_service.len(), 1, "{name}");
            assert_eq!(String::from_utf8_lossy(&at_service[0].body), received, "{name}");
            assert!(at_service[0].header("x-tollgate-subject").is_none(), "{name}");
        }
    });
}

#[test]
fn headers_of_any_size_and_text_end_no_program() {
    shared(|world| async move {
        let big = "a".repeat(60_000);
        let many = (0..80).fold(Ask::get("/open/a"), |ask, number| {
            ask.header(&format!("X-H{number}"), "1")
        });
        let too_many = (0..150).fold(Ask::get("/open/a"), |ask, number| {
            ask.header(&format!("X-H{number}"), "1")
        });
        let order = || Ask::get("/v1/orders/7");
        for (name, ask, status) in [
            ("60 KB value", Ask::get("/open/a").header("X-A", &big), 200),
            ("60 KB name", Ask::get("/open/a").header(&big, "1"), 200),
            ("80 headers", many, 200),
            ("150 headers, which Viceroy refuses", too_many, 431),
            ("60 KB token", order().bearer(&big), 401),
            ("300 KB token", order().bearer(&"a".repeat(300_000)), 401),
            (
                "value that is not UTF-8",
                Ask::get("/open/a").header("X-A", b"\xff\xfe"),
                200,
            ),
            (
                "Accept that is not UTF-8",
                Ask::get("/open/a").header("Accept", b"\xff"),
                200,
            ),
            (
                "traceparent that is not UTF-8",
                Ask::get("/open/a").header("Traceparent", b"\xff"),
                200,
            ),
            (
                "cookie that is not UTF-8",
                Ask::get("/open/a").header("Cookie", b"a=\xff"),
                200,
            ),
            (
                "Authorization that is not UTF-8",
                order().header("Authorization", b"Bearer \xff"),
                400,
            ),
            ("two Authorizations", order().bearer("a").bearer("b"), 400),
            ("the same twice", order().bearer("a").bearer("a"), 400),
            (
                "30,000 names in Connection",
                Ask::get("/open/a").header("Connection", "a,".repeat(30_000)),
                400,
            ),
            (
                "control character in a name",
                Ask::get("/open/a").header("X\u{1}A", "1"),
                400,
            ),
            ("empty name", Ask::get("/open/a").header("", "1"), 400),
            ("NUL in a value", Ask::get("/open/a").header("X-A", "a\0b"), 400),
        ] {
            let answer = world.ask(ask).await;
            assert_eq!(answer.status, status, "{name}: {}", answer.text());
        }
    });
}

#[test]
fn old_versions_and_other_upgrades_are_plain_requests() {
    shared(|world| async move {
        for (name, line) in [
            ("HTTP/0.9", "GET /open/a\r\n"),
            ("HTTP/2 as text", "GET /open/a HTTP/2.0\r\n"),
            ("HTTP/1.2", "GET /open/a HTTP/1.2\r\n"),
        ] {
            let answer = Ask::raw(format!("{line}Host: {HOST}\r\n\r\n"))
                .try_send(world.gateway.addr())
                .await;
            assert!(answer.is_none_or(|answer| answer.status == 400), "{name}");
        }
        let old = Ask::raw(format!("GET /open/a HTTP/1.0\r\nHost: {HOST}\r\n")).header("Connection", "close");
        assert_eq!(world.ask(old).await.status, 200);
        let websocket = Ask::get("/open/a")
            .header("Connection", "Upgrade")
            .header("Upgrade", "WebSocket");
        world.refused(websocket, 501, "upgrade-not-allowed").await;
        for upgrade in ["h2c", "TLS/1.0"] {
            let probe = probe();
            let ask = Ask::get("/open/a")
                .header("Connection", "Upgrade")
                .header("Upgrade", upgrade);
            assert_eq!(world.ask(ask.header("X-Probe", &probe)).await.status, 200, "{upgrade}");
            assert_eq!(world.received("sample", &probe)[0].header("upgrade"), None, "{upgrade}");
        }
    });
}

/// In HTTP/2 the host stands in `:authority` alone.
#[test]
fn http2_with_prior_knowledge_is_the_same_gateway() {
    shared(|world| async move {
        let token = token(world);
        for (authority, path, status, code) in [
            (HOST, "/open/a", 200, None),
            ("api.example.com:8443", "/open/a", 200, None),
            ("evil.example", "/open/a", 404, Some("route-unknown")),
            (HOST, "/open//a", 400, Some("request-ambiguous")),
            (HOST, "/open/x/../private/a", 401, Some("credential-missing")),
            (HOST, "/v1/orders/7", 401, Some("credential-missing")),
        ] {
            let (found, body) = over_http2(world, authority, path, None).await;
            assert_eq!(
                (found, body["code"].as_str()),
                (status, code),
                "{authority} {path}: {body}"
            );
        }
        let (status, body) = over_http2(world, HOST, "/v1/orders/7", Some(&token)).await;
        assert_eq!((status, &body["caller"]["subject"]), (200, &json!("u1")));
    });
}

async fn over_http2(world: &World, authority: &str, path: &str, token: Option<&str>) -> (u16, Value) {
    let stream = TcpStream::connect(world.gateway.addr())
        .await
        .expect("the gateway listens");
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let mut request = hyper::Request::get(format!("http://{authority}{path}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    drop(sender);
    connection.abort();
    let text = String::from_utf8_lossy(&body);
    assert!(!text.contains("wasm backtrace"), "{text}");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
