//! Requests that reach a service, and services that do not answer.

use tollgate::host::SendFault;

use super::book::Book;
use crate::world::{
    INSIDE, Service, World,
    message::{Request, Response},
    sample::{self, text, token},
};

fn order(world: &World) -> Request {
    world.new_sandbox();
    Request::new("GET", "/v1/orders/7").bearer(&text(token()))
}

#[test]
fn requests_reach_their_service() {
    let world = sample::world();
    let mut book = Book::open("forwarding");
    let good = text(token().claim("client_id", "app").scope("orders:write orders:read"));
    let order = |target: &str| Request::new("GET", target).bearer(&good);

    let plain = order("/v1/orders/7")
        .header("accept", "application/json")
        .header("user-agent", "test/1");
    book.row("with a new Google token", "200 forward", &world, &plain);
    book.row("with the sandbox's Google token", "200 forward", &world, &plain);
    world.new_sandbox();
    book.row("with the POP's Google token", "200 forward", &world, &plain);

    let lying = order("/v1/orders/7")
        .header("X-Forwarded-For", "10.0.0.1")
        .header("X-Forwarded-For", "10.0.0.2")
        .header("X_Forwarded_Host", "evil.example")
        .header("X-Tollgate-Subject", "admin")
        .header("x.tollgate.subject", "admin")
        .header("X-Serverless-Authorization", "Bearer forged")
        .header("X-Goog-Authenticated-User-Email", "admin@example.com")
        .header("X-Original-URL", "/admin")
        .header("X-HTTP-Method-Override", "DELETE")
        .header("X-Request-Id", "mine")
        .header("Forwarded", "for=10.0.0.1")
        .header("Proxy-Authorization", "Basic YTpi")
        .header("Connection", "close, X-Serverless-Authorization, X-Thing, Host")
        .header("X-Thing", "hop")
        .header("TE", "trailers")
        .header("X-Kept", "kept")
        .header("Cookie", "session=kept");
    book.row("the caller lies about itself", "200 forward", &world, &lying);
    let odd = text(token().subject("jürgen 100%\r\nX-Admin: 1").without("client_id"));
    book.row(
        "a subject that is no header text",
        "200 forward",
        &world,
        &Request::new("GET", "/v1/orders/7").bearer(&odd),
    );
    let roomy = text(
        token()
            .subject(" admin ")
            .claim("client_id", "a b")
            .without("scope")
            .claim("scp", vec!["orders:read", "a b"]),
    );
    book.row(
        "claims with spaces",
        "200 forward",
        &world,
        &Request::new("GET", "/v1/orders/7").bearer(&roomy),
    );
    book.row(
        "query in canonical form",
        "200 forward",
        &world,
        &order("/v1/orders/%37?q=%c3%a9&b='x'&a[0]=%2F"),
    );
    book.row("an empty query stays", "200 forward", &world, &order("/v1/orders/7?"));
    book.row(
        "host with a port",
        "200 forward",
        &world,
        &order("/v1/orders/7").host("API.example.com:8443"),
    );
    book.row(
        "HEAD",
        "200 forward",
        &world,
        &Request::new("HEAD", "/v1/orders/7").bearer(&good),
    );
    let post = Request::new("POST", "/v1/orders")
        .bearer(&good)
        .header("content-type", "application/json");
    book.row("with a body", "200 forward", &world, &post.body("{\"item\":1}"));
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    book.row(
        "with a trace",
        "200 forward",
        &world,
        &order("/v1/orders/7").header("traceparent", trace),
    );
    book.row(
        "Authorization goes with it",
        "200 forward",
        &world,
        &Request::new("PUT", "/v1/raw").bearer(&good),
    );
    book.row("public", "200 forward", &world, &Request::new("GET", "/public/a/b"));
    book.row(
        "public, with a credential",
        "200 forward",
        &world,
        &Request::new("GET", "/public/a/b").bearer(&good),
    );
    book.close();
}

#[test]
fn responses_come_back() {
    let world = sample::world();
    let mut book = Book::open("responses");
    let answers = |status, headers: &[(&str, &str)]| {
        world
            .service
            .replace(Service::Answers(Response::new(status, headers, "body")));
    };
    answers(
        200,
        &[
            ("Content-Type", "text/plain"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("Connection", "close, X-Hop"),
            ("X-Hop", "1"),
            ("Keep-Alive", "timeout=5"),
            ("Surrogate-Key", "orders"),
            ("Surrogate-Control", "max-age=60"),
            ("X-Tollgate-Subject", "u1"),
            ("X-Serverless-Authorization", "Bearer x"),
            ("X-Request-Id", "theirs"),
            ("Server", "Google Frontend"),
            ("X_Powered_By", "Express"),
            ("Via", "1.1 google"),
            ("X-Cloud-Trace-Context", "1/2;o=0"),
            ("Traceparent", "00-1-2-00"),
            ("X-Served-By", "cache"),
            ("X-Cache-Hits", "1"),
            ("X-Goog-Hash", "crc32c=1"),
            ("Alt-Svc", "h3=\":443\""),
            ("Authorization", "Bearer theirs"),
            ("Strict-Transport-Security", "max-age=60"),
            ("Server-Timing", "db;dur=1"),
            ("ETag", "\"1\""),
        ],
    );
    book.row("headers are edited", "200 forward", &world, &order(&world));
    answers(404, &[]);
    book.row("not found there", "404 forward", &world, &order(&world));
    answers(302, &[("location", "/v1/orders/8")]);
    book.row("redirect", "302 forward", &world, &order(&world));
    answers(403, &[("www-authenticate", "Bearer error=\"insufficient_scope\"")]);
    book.row("refused by the service", "403 forward", &world, &order(&world));
    answers(500, &[]);
    book.row("failure there", "500 upstream-failed", &world, &order(&world));
    answers(503, &[("retry-after", "7")]);
    book.row("no room there", "503 upstream-failed", &world, &order(&world));
    book.close();
}

#[test]
fn services_that_do_not_answer() {
    let world = sample::world();
    let mut book = Book::open("unreachable");
    let fails = |fault: fn(String) -> SendFault| {
        world.service.replace(Service::Fails(fault(format!("{INSIDE}:443"))));
    };
    fails(SendFault::Refused);
    book.row("no connection", "502 upstream-refused", &world, &order(&world));
    let page = order(&world).header("accept", "text/html");
    book.row("no connection, for a browser", "502 upstream-refused", &world, &page);
    fails(SendFault::Timeout);
    book.row("no answer in time", "504 upstream-timeout", &world, &order(&world));
    fails(SendFault::Reset);
    book.row("connection broken", "502 upstream-reset", &world, &order(&world));
    book.close();
}
