//! Requests for a WebSocket: handed over where the route says so, refused elsewhere.

use tollgate::host::SendFault;

use super::book::Book;
use crate::world::{
    INSIDE, Service, World,
    message::Request,
    record::sent,
    sample::{self, POLICY, text, token},
};

fn world() -> World {
    let more = r#"
    [[routes]]
    path = "/live/{room}"
    allow = [{ issuer = "okta" }]
    to = "orders"
    websocket = true

    [[routes]]
    path = "/chat/{room}"
    allow = [{ issuer = "okta" }]
    credential = ["authorization", { cookie = "session" }]
    to = "orders"
    websocket = true
    "#;
    let world = sample::world();
    let policy = POLICY.replacen("[gateway]", "[gateway]\norigin = \"https://www.example.com\"", 1);
    sample::enforce(&world, &format!("{policy}{more}"));
    world
}

fn handshake(method: &str, target: &str) -> Request {
    Request::new(method, target)
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "WebSocket")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "chat")
}

#[test]
fn websockets_are_handed_over_where_the_route_says_so() {
    let world = world();
    let mut book = Book::open("websockets");
    let live = |method| handshake(method, "/live/1").bearer(&text(token()));
    book.row("handed over", "101 forward", &world, &live("GET"));
    book.row(
        "a plain request there",
        "200 forward",
        &world,
        &Request::new("GET", "/live/1").bearer(&text(token())),
    );
    book.row(
        "nobody asks for it",
        "401 credential-missing",
        &world,
        &handshake("GET", "/live/1"),
    );
    let refused = "501 upgrade-not-allowed";
    book.row("another method", refused, &world, &live("POST"));
    book.row(
        "with a body",
        refused,
        &world,
        &live("GET").body("GET /admin HTTP/1.1\r\n\r\n"),
    );
    book.row(
        "with a body in parts",
        refused,
        &world,
        &live("GET").header("transfer-encoding", "chunked"),
    );
    book.row("another route", refused, &world, &handshake("GET", "/public/a"));
    book.row("a fixed answer", refused, &world, &handshake("GET", "/healthz"));
    let other = Request::new("GET", "/live/1").bearer(&text(token()));
    let other = other
        .header("connection", "Upgrade, HTTP2-Settings")
        .header("upgrade", "h2c");
    book.row(
        "another protocol is not passed on",
        "200 forward",
        &world,
        &other.header("http2-settings", "AAMAAABkAAQAAP__"),
    );
    world
        .service
        .replace(Service::Fails(SendFault::Refused(INSIDE.to_owned())));
    book.row(
        "the service can't be reached",
        "502 upstream-refused",
        &world,
        &live("GET"),
    );
    world
        .service
        .replace(Service::Fails(SendFault::NotSent(INSIDE.to_owned())));
    book.row(
        "the platform hands nothing over",
        "503 misconfigured",
        &world,
        &live("GET"),
    );
    book.close();
}

/// The platform hands these over as the client sent them, whatever is asked.
#[test]
fn what_the_platform_would_hand_over_unread_is_refused() {
    let world = world();
    let plain = || {
        Request::new("GET", "/live/1")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-version", "13")
            .bearer(&text(token()))
    };
    let with = |connection: &str, upgrade: &str| plain().header("connection", connection).header("upgrade", upgrade);
    let well = || with("Upgrade", "websocket");
    for (name, request, status) in [
        ("nothing else", well(), 101),
        ("keep-alive", with("Keep-Alive, upgrade", "websocket"), 101),
        ("CDN-Loop, which passes always", well().header("cdn-loop", "a"), 101),
        (
            "a header of ours in Connection",
            with("Upgrade, X-Tollgate-Subject", "websocket"),
            501,
        ),
        (
            "the address in Connection",
            with("Upgrade, X-Forwarded-For", "websocket"),
            501,
        ),
        (
            "any other in a second Connection",
            well().header("connection", "x-other"),
            501,
        ),
        ("several protocols", with("Upgrade", "h2c, websocket"), 501),
        ("several Upgrade", well().header("upgrade", "h2c"), 501),
        ("Fastly-FF", well().header("fastly-ff", "forged"), 501),
        (
            "Proxy-Authorization",
            well().header("proxy-authorization", "Basic eA=="),
            501,
        ),
        ("Proxy-Authenticate", well().header("proxy-authenticate", "Basic"), 501),
        ("Pushpin-Route", well().header("pushpin-route", "a"), 501),
        ("TE", well().header("te", "trailers"), 501),
        ("Trailer", well().header("trailer", "x-a"), 501),
        ("Expect", well().header("expect", "100-continue"), 501),
        ("Content-Range", well().header("content-range", "bytes 0-1/2"), 501),
    ] {
        let exchange = world.exchange(&request);
        assert_eq!(exchange.delivered.status, status, "{name}: {}", exchange.line);
        assert_eq!(sent(&exchange.events).count(), usize::from(status == 101), "{name}");
    }
}

/// RFC 6455 section 10.2.
#[test]
fn a_cookie_opens_no_websocket_for_pages_of_others() {
    let world = world();
    let cookie = format!("session={}", text(token()));
    let by_cookie = || handshake("GET", "/chat/1").header("cookie", &cookie);
    for (name, request, status, code) in [
        (
            "its own host",
            by_cookie().header("origin", "https://api.example.com"),
            101,
            None,
        ),
        (
            "the gateway's own origin",
            by_cookie().header("origin", "https://www.example.com"),
            101,
            None,
        ),
        ("no origin", by_cookie(), 403, Some("origin-not-allowed")),
        (
            "another",
            by_cookie().header("origin", "https://evil.example"),
            403,
            Some("origin-not-allowed"),
        ),
        (
            "none that it may tell",
            by_cookie().header("origin", "null"),
            403,
            Some("origin-not-allowed"),
        ),
        (
            "without TLS",
            by_cookie().header("origin", "http://api.example.com"),
            403,
            Some("origin-not-allowed"),
        ),
        (
            "another port",
            by_cookie().header("origin", "https://api.example.com:8443"),
            403,
            Some("origin-not-allowed"),
        ),
        (
            "one that begins so",
            by_cookie().header("origin", "https://api.example.com.evil.example"),
            403,
            Some("origin-not-allowed"),
        ),
        (
            "two",
            by_cookie()
                .header("origin", "https://api.example.com")
                .header("origin", "https://evil.example"),
            400,
            Some("request-ambiguous"),
        ),
        (
            "a route that takes no cookie",
            handshake("GET", "/live/1")
                .bearer(&text(token()))
                .header("origin", "https://evil.example"),
            101,
            None,
        ),
        (
            "no WebSocket",
            Request::new("GET", "/chat/1").header("cookie", &cookie),
            200,
            None,
        ),
    ] {
        let exchange = world.exchange(&request);
        assert_eq!(exchange.delivered.status, status, "{name}: {}", exchange.line);
        let line: serde_json::Value = serde_json::from_str(&exchange.line).expect("a line of JSON");
        assert_eq!(line["tollgate"]["code"].as_str(), code, "{name}");
        assert_eq!(sent(&exchange.events).count(), usize::from(code.is_none()), "{name}");
    }
}
