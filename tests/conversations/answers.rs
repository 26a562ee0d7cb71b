//! Answers that need no caller: public routes, and requests that lead nowhere.

use super::book::Book;
use crate::world::{message::Request, sample};

#[test]
fn answers_without_a_caller() {
    let world = sample::world();
    let mut book = Book::open("answers");
    let get = |target| Request::new("GET", target);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    book.row("public route", "200 respond", &world, &get("/healthz"));
    book.row(
        "public route with a trace",
        "200 respond",
        &world,
        &get("/healthz").header("traceparent", trace),
    );
    book.row(
        "HEAD of a public route",
        "200 respond",
        &world,
        &Request::new("HEAD", "/healthz"),
    );
    book.row(
        "a bad token on a public route is not looked at",
        "200 respond",
        &world,
        &get("/healthz").bearer("x"),
    );
    book.row(
        "host with a port and in capitals",
        "200 respond",
        &world,
        &get("/healthz").host("API.example.com:8443"),
    );
    book.row("unknown path", "404 route-unknown", &world, &get("/nowhere"));
    book.row(
        "unknown path for a browser",
        "404 route-unknown",
        &world,
        &get("/nowhere").header("accept", "text/html"),
    );
    book.row(
        "HEAD of an unknown path",
        "404 route-unknown",
        &world,
        &Request::new("HEAD", "/nowhere"),
    );
    book.row(
        "unknown host",
        "404 route-unknown",
        &world,
        &get("/healthz").host("other.example.com"),
    );
    book.row("path in another case", "404 route-unknown", &world, &get("/Healthz"));
    book.row("slash at the end", "404 route-unknown", &world, &get("/healthz/"));
    book.row(
        "wrong method",
        "405 method-not-allowed",
        &world,
        &Request::new("POST", "/healthz").body("x"),
    );
    book.row(
        "wrong method, one of one",
        "405 method-not-allowed",
        &world,
        &get("/v1/orders"),
    );
    book.close();
}

#[test]
fn requests_that_can_be_read_in_two_ways() {
    let world = sample::world();
    let mut book = Book::open("ambiguous");
    let get = |target| Request::new("GET", target);
    let refused = "400 request-ambiguous";

    book.row("dot segments", refused, &world, &get("/public/../v1/orders/7"));
    book.row(
        "encoded dot segments",
        refused,
        &world,
        &get("/public/%2e%2E/v1/orders/7"),
    );
    book.row("encoded slash", refused, &world, &get("/public/a%2fv1"));
    book.row(
        "dot dot before an encoded slash",
        refused,
        &world,
        &get("/public/..%2fv1"),
    );
    book.row("double slash", refused, &world, &get("//healthz"));
    book.row("backslash", refused, &world, &get("/public\\x"));
    book.row("path parameter", refused, &world, &get("/healthz;x=1"));
    book.row(
        "two hosts",
        refused,
        &world,
        &get("/healthz").header("Host", "other.example.com"),
    );
    book.row("no host", refused, &world, &get("/healthz").host(""));
    book.row(
        "two lengths",
        refused,
        &world,
        &Request::new("POST", "/v1/orders")
            .body("x")
            .header("content-length", "2"),
    );
    book.row(
        "method in small letters",
        refused,
        &world,
        &Request::new("get", "/healthz"),
    );
    book.row(
        "for a browser",
        refused,
        &world,
        &get("//healthz").header("accept", "text/html"),
    );
    book.row(
        "two credentials",
        refused,
        &world,
        &get("/v1/whoami").bearer("a").header("Authorization", "Basic YTpi"),
    );
    book.close();
}
