//! Services that refuse, fail or have no room, and what the client hears of it.

use super::book::Book;
use crate::world::{
    INSIDE, Service, World,
    message::{Request, Response},
    record::{Event, count},
    sample::{self, POLICY, text, token},
};

/// Cloud Run's own page for a caller without the role.
const FORBIDDEN: &str = "\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
    <title>403 Forbidden</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Forbidden</h1>\n\
    <h2>Your client does not have permission to get URL <code>/v1/orders/7</code> from this server.</h2>\n<h2></h2>\n\
    </body></html>\n";

/// Cloud Run's own page for a token that does not hold.
const UNAUTHORIZED: &str = "\n<html><head>\n<title>401 Unauthorized</title>\n</head>\n<body>\n<h1>Error: Unauthorized</h1>\n\
    <h2>Your client does not have permission to the requested URL <code>/v1/orders/7</code>.</h2>\n</body></html>\n";

const CHALLENGE: &str = r#"Bearer error="invalid_token" error_description="The access token could not be verified""#;
const HTML: (&str, &str) = ("content-type", "text/html; charset=UTF-8");
const JSON: (&str, &str) = ("content-type", "application/json");
const FRONT_END: (&str, &str) = ("server", "Google Frontend");

/// The sample policy with a route whose errors pass, and a service that takes ten bytes.
fn world() -> World {
    let more = r#"
    [services.small]
    url = "https://small-1.europe-west1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    request_bytes_max = 10

    [[routes]]
    path = "/errors/{rest...}"
    allow = "anyone"
    to = "orders"
    pass_errors = true

    [[routes]]
    path = "/small"
    allow = "anyone"
    to = "small"
    "#;
    let world = sample::world();
    sample::enforce(&world, &format!("{POLICY}{more}"));
    world
}

fn order() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(token()))
}

fn errors() -> Request {
    Request::new("GET", "/errors/a")
}

fn answers(world: &World, status: u16, headers: &[(&str, &str)], body: &str) {
    let answer = Response::new(status, headers, body);
    world.service.replace(Service::Answers(answer));
}

#[test]
fn cloud_runs_own_refusals() {
    let world = world();
    let mut book = Book::open("upstream_denied");
    answers(&world, 403, &[HTML, FRONT_END], FORBIDDEN);
    book.row("without the role", "502 upstream-denied", &world, &order());
    let page = order().header("accept", "text/html");
    book.row("without the role, for a browser", "502 upstream-denied", &world, &page);
    book.row("also where errors pass", "502 upstream-denied", &world, &errors());
    answers(
        &world,
        401,
        &[HTML, FRONT_END, ("www-authenticate", CHALLENGE)],
        UNAUTHORIZED,
    );
    book.row(
        "with a token that does not hold",
        "502 upstream-denied",
        &world,
        &order(),
    );
    answers(&world, 403, &[JSON, FRONT_END], "{\"error\":\"not yours\"}");
    book.row("the service says no itself", "403 forward", &world, &order());
    answers(&world, 403, &[HTML, FRONT_END], "<h1>Not yours</h1>");
    book.row("the service says no with a page", "403 forward", &world, &order());
    answers(
        &world,
        401,
        &[JSON, ("www-authenticate", CHALLENGE)],
        "{\"error\":\"who?\"}",
    );
    book.row("the service asks who it is itself", "401 forward", &world, &order());
    book.close();
}

#[test]
fn services_without_room() {
    let world = world();
    let mut book = Book::open("upstream_overloaded");
    let rate = "<html><head><title>429 Too Many Requests</title></head><h2>Rate exceeded.</h2></html>";
    answers(&world, 429, &[HTML, FRONT_END], rate);
    book.row("no instance", "503 upstream-overloaded", &world, &order());
    answers(&world, 429, &[HTML, FRONT_END, ("retry-after", "30")], rate);
    book.row("no instance, until then", "503 upstream-overloaded", &world, &errors());
    let not_ready = "<html><title>503 Server Error</title><h1>Error: Server Error</h1><h2>The service you requested is not available yet.<p>Please try again in \
                     30 seconds.</h2>";
    answers(&world, 503, &[HTML, FRONT_END], not_ready);
    book.row(
        "no instance that is ready",
        "503 upstream-overloaded",
        &world,
        &errors(),
    );
    answers(&world, 429, &[JSON, ("retry-after", "3")], "{\"error\":\"slow down\"}");
    book.row("the service has a limit of its own", "429 forward", &world, &order());
    book.close();
}

#[test]
fn services_that_fail() {
    let world = world();
    let mut book = Book::open("upstream_failed");
    let body = format!("panic at {INSIDE}");
    answers(
        &world,
        500,
        &[
            ("content-type", "text/plain"),
            ("x-powered-by", INSIDE),
            ("set-cookie", "a=1"),
        ],
        &body,
    );
    book.row(
        "its body is kept from the client",
        "500 upstream-failed",
        &world,
        &order(),
    );
    let page = order().header("accept", "text/html");
    book.row("for a browser", "500 upstream-failed", &world, &page);
    let head = Request::new("HEAD", "/v1/orders/7").bearer(&text(token()));
    book.row("to HEAD", "500 upstream-failed", &world, &head);
    answers(&world, 503, &[("retry-after", "7")], &body);
    book.row("it says when to come back", "503 upstream-failed", &world, &order());
    answers(&world, 503, &[("retry-after", "Sat, 21 Nov 2026 08:00:00 GMT")], &body);
    book.row("it says so in another form", "503 upstream-failed", &world, &order());
    answers(&world, 529, &[], &body);
    book.row("a status that few know", "529 upstream-failed", &world, &order());
    answers(&world, 777, &[], &body);
    book.row(
        "a status that HTTP does not have",
        "502 upstream-failed",
        &world,
        &errors(),
    );
    answers(&world, 103, &[], "");
    book.row(
        "an interim status in place of an answer",
        "502 upstream-reset",
        &world,
        &errors(),
    );
    answers(
        &world,
        500,
        &[JSON, ("retry-after", "7")],
        "{\"error\":\"for clients\"}",
    );
    book.row(
        "its body passes where the route says so",
        "500 forward",
        &world,
        &errors(),
    );
    book.close();
}

#[test]
fn bodies_that_are_too_long() {
    let world = world();
    let mut book = Book::open("body_too_large");
    let upload = |bytes: usize| Request::new("POST", "/small").body(&"a".repeat(bytes));
    let refused = |request: &Request| {
        let exchange = world.exchange(request);
        let minted = |event: &Event| matches!(event, Event::Call(_) | Event::Secret(_));
        assert!(!exchange.events.iter().any(minted), "nothing is minted for it");
        assert_eq!(count(&exchange.events).sends, 0, "nothing is sent");
    };
    refused(&upload(11));
    book.row("one byte too many", "413 body-too-large", &world, &upload(11));
    let page = upload(11).header("accept", "text/html");
    book.row("for a browser", "413 body-too-large", &world, &page);
    book.row("as long as it may be", "200 forward", &world, &upload(10));
    let head = Request::new("POST", "/public/a").header("content-length", "33554433");
    book.row("more than Cloud Run takes", "413 body-too-large", &world, &head);
    book.close();
}
