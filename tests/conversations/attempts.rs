//! How often a request is sent, where, and when: what is tried again, and what never.

use tollgate::host::{ConfigStore, SendFault};

use super::book::Book;
use crate::world::{
    Exchange, INSIDE, Part, Service, World,
    message::{Request, Response},
    record::{Event, sent},
    sample::{self, text, token},
};

pub(super) const NORTH: &str = "https://orders-north.run.app";
pub(super) const SOUTH: &str = "https://orders-south.run.app";

const TWO_REGIONS: &str = r#"
    regions = [
      { name = "north", url = "https://orders-north.run.app" },
      { name = "south", url = "https://orders-south.run.app" },
    ]
    audience = "https://orders.example.com"
    revisions = { next = { tag = "next", header = "x-revision: next" } }
"#;

const ONE_REGION: &str = r#"
    url = "https://orders-north.run.app"
"#;

/// A world whose service has these regions and this besides.
pub(super) fn world_with(regions: &str, more: &str) -> World {
    let world = sample::world();
    let url = r#"url = "https://orders-1.europe-west1.run.app""#;
    sample::enforce(&world, &sample::POLICY.replace(url, &format!("{regions}\n{more}")));
    world
}

pub(super) fn two_regions(more: &str) -> World {
    world_with(TWO_REGIONS, more)
}

pub(super) fn one_region(more: &str) -> World {
    world_with(ONE_REGION, more)
}

pub(super) fn get() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(token()))
}

pub(super) fn post() -> Request {
    let token = token().scope("orders:read orders:write");
    Request::new("POST", "/v1/orders")
        .bearer(&text(token))
        .body("{\"item\":1}")
}

fn put() -> Request {
    Request::new("PUT", "/v1/raw")
        .bearer(&text(token()))
        .body("{\"item\":2}")
}

pub(super) fn fails(fault: fn(String) -> SendFault) -> Service {
    Service::Fails(fault(format!("{INSIDE}:443")))
}

pub(super) fn answers(status: u16, headers: &[(&str, &str)], body: &str) -> Service {
    Service::Answers(Response::new(status, headers, body))
}

fn own(status: u16) -> Service {
    answers(status, &[("content-type", "application/json")], "{}")
}

/// What Cloud Run's front end answers by itself.
fn front_end(status: u16, retry_after: Option<&str>, words: &str) -> Service {
    let mut headers = vec![
        ("content-type", "text/html; charset=UTF-8"),
        ("server", "Google Frontend"),
    ];
    headers.extend(retry_after.map(|value| ("retry-after", value)));
    answers(status, &headers, words)
}

/// What was done, as in `north, 83 ms, north in 1000`: where the request was sent, with the time to the first byte where that
/// is not all of it, and the pauses.
pub(super) fn course(exchange: &Exchange) -> String {
    let step = |event: &Event| match event {
        Event::Forward(sent) => {
            let host = sent.destination.endpoint.host().replace("orders-", "");
            let place = host.trim_end_matches(".run.app").to_owned();
            Some(match sent.destination.timeouts.first_byte_ms {
                2_000 => place,
                ms => format!("{place} in {ms}"),
            })
        }
        Event::Pause(ms) => Some(format!("{ms} ms")),
        _ => None,
    };
    exchange.events.iter().filter_map(step).collect::<Vec<_>>().join(", ")
}

/// One conversation with a world of its own.
struct Row {
    name: &'static str,
    world: World,
    request: Request,
    north: Vec<Service>,
    south: Vec<Service>,
    expected: &'static str,
    course: &'static str,
}

fn write(book: &'static str, rows: impl IntoIterator<Item = Row>) {
    let mut book = Book::open(book);
    for row in rows {
        row.world.script(NORTH, row.north);
        row.world.script(SOUTH, row.south);
        let exchange = book.exchange(row.name, row.expected, &row.world, &row.request);
        assert_eq!(course(&exchange), row.course, "{}", row.name);
        assert_eq!(row.world.scripted(), 0, "{}: all that was scripted came", row.name);
        for sent in sent(&exchange.events) {
            assert_eq!(sent.body, row.request.body, "{}: the same body each time", row.name);
        }
        let sends = sent(&exchange.events).count();
        let attempts = exchange.log["tollgate"]["attempts"].as_u64().unwrap();
        let unsent = row.expected.contains("misconfigured");
        assert_eq!(attempts, if unsent { 0 } else { sends as u64 }, "{}", row.name);
    }
    book.close();
}

/// Each fault and each answer, for a method that is idempotent and one that is not. There are two regions and two attempts.
#[test]
fn what_is_tried_again_and_what_never() {
    let row = |name, request: Request, north, expected, course: &'static str| Row {
        name,
        world: two_regions(""),
        request,
        north: vec![north],
        south: if course.contains("south") {
            vec![own(200)]
        } else {
            vec![]
        },
        expected,
        course,
    };
    let ok = "200 forward";
    let both = "north, south";
    let full = "Rate exceeded.";
    write(
        "attempts",
        [
            row("GET, no connection", get(), fails(SendFault::Refused), ok, both),
            row(
                "GET, no connection in time",
                get(),
                fails(SendFault::ConnectTimeout),
                ok,
                both,
            ),
            row("GET, no answer in time", get(), fails(SendFault::Timeout), ok, both),
            row("GET, broken off", get(), fails(SendFault::Reset), ok, both),
            row("GET, nobody can tell", get(), fails(SendFault::Unclear), ok, both),
            row(
                "GET, cannot be sent",
                get(),
                fails(SendFault::NotSent),
                "503 misconfigured",
                "north",
            ),
            row("GET, 502", get(), own(502), ok, both),
            row("GET, 503", get(), own(503), ok, both),
            row("GET, 504", get(), own(504), ok, both),
            row("GET, the service's own 429", get(), own(429), "429 forward", "north"),
            row(
                "GET, Cloud Run has no instance",
                get(),
                front_end(429, None, full),
                ok,
                both,
            ),
            row("GET, 500", get(), own(500), "500 upstream-failed", "north"),
            row("GET, 404", get(), own(404), "404 forward", "north"),
            row("PUT, broken off", put(), fails(SendFault::Reset), ok, both),
            row("POST, no connection", post(), fails(SendFault::Refused), ok, both),
            row(
                "POST, no connection in time",
                post(),
                fails(SendFault::ConnectTimeout),
                ok,
                both,
            ),
            row(
                "POST, no answer in time",
                post(),
                fails(SendFault::Timeout),
                "504 upstream-timeout",
                "north",
            ),
            row(
                "POST, broken off",
                post(),
                fails(SendFault::Reset),
                "502 upstream-reset",
                "north",
            ),
            row(
                "POST, nobody can tell",
                post(),
                fails(SendFault::Unclear),
                "502 upstream-refused",
                "north",
            ),
            row("POST, 502", post(), own(502), "502 upstream-failed", "north"),
            row("POST, 503", post(), own(503), "503 upstream-failed", "north"),
            row("POST, 504", post(), own(504), "504 upstream-failed", "north"),
            row("POST, the service's own 429", post(), own(429), "429 forward", "north"),
            row(
                "POST, Cloud Run has no instance",
                post(),
                front_end(429, None, full),
                "503 upstream-overloaded",
                "north",
            ),
            row(
                "POST, Cloud Run's 429 in other words",
                post(),
                front_end(429, None, "Too many."),
                "429 forward",
                "north",
            ),
            row(
                "POST, Cloud Run's 503, whatever its words",
                post(),
                front_end(503, Some("30"), full),
                "503 upstream-failed",
                "north",
            ),
            row(
                "PUT, the body is too long",
                put(),
                Service::Fails(SendFault::BodyTooLarge),
                "413 body-too-large",
                "north",
            ),
            row(
                "PUT, the client breaks off",
                put(),
                fails(SendFault::ClientBroke),
                "400 body-broken",
                "north",
            ),
        ],
    );
}

/// Where the next attempt goes.
#[test]
fn regions_stand_in_for_each_other() {
    let refused = || fails(SendFault::Refused);
    let row = |name, more: &str, request, (north, south), expected, course| Row {
        name,
        world: two_regions(more),
        request,
        north,
        south,
        expected,
        course,
    };
    let four = "retries = { attempts = 4 }";
    let long = two_regions("");
    long.bodies_are_long.set(true);
    let long_put = two_regions("");
    long_put.bodies_are_long.set(true);
    let drained = two_regions("");
    drained.put(ConfigStore::Policy, "tune.orders", r#"{"drain_region": "north"}"#);
    write(
        "failover",
        [
            row(
                "all regions down, each in its way",
                "",
                get(),
                (vec![refused()], vec![fails(SendFault::Timeout)]),
                "504 upstream-timeout",
                "north, south",
            ),
            row(
                "the last answers that it can't",
                "",
                get(),
                (vec![refused()], vec![own(503)]),
                "503 upstream-failed",
                "north, south",
            ),
            row(
                "round again, with time",
                four,
                get(),
                (vec![refused(), refused()], vec![refused(), own(200)]),
                "200 forward",
                "north, south, 83 ms, north, 154 ms, south",
            ),
            row(
                "one attempt only",
                "retries = { attempts = 1 }",
                get(),
                (vec![refused()], vec![]),
                "502 upstream-refused",
                "north",
            ),
            row(
                "a tag, in each region",
                "",
                get().header("x-revision", "next"),
                (vec![], vec![]),
                "200 forward",
                "next---north",
            ),
            Row {
                name: "one region only",
                world: one_region(""),
                request: post(),
                north: vec![refused(), own(200)],
                south: vec![],
                expected: "200 forward",
                course: "north, 83 ms, north",
            },
            Row {
                name: "the preferred one is drained",
                world: drained,
                request: get(),
                north: vec![],
                south: vec![refused(), own(200)],
                expected: "200 forward",
                course: "south, 83 ms, south",
            },
            Row {
                name: "a body that was too long to be kept",
                world: long,
                request: post(),
                north: vec![refused()],
                south: vec![],
                expected: "502 upstream-refused",
                course: "north",
            },
            Row {
                name: "the same, after an answer",
                world: long_put,
                request: put(),
                north: vec![own(503)],
                south: vec![],
                expected: "503 upstream-failed",
                course: "north",
            },
        ],
    );
}

/// `Retry-After`, and the deadline.
#[test]
fn time_is_given_and_time_runs_out() {
    let late = |ms| fails(SendFault::Timeout).after_ms(ms);
    let full = |after| front_end(429, Some(after), "Rate exceeded.");
    let asks = |after| answers(503, &[("retry-after", after)], "busy");
    let row = |name, world, north, south, expected, course| Row {
        name,
        world,
        request: get(),
        north,
        south,
        expected,
        course,
    };
    let one = || one_region("");
    write(
        "time",
        [
            row(
                "time that was asked for",
                one(),
                vec![asks("1"), own(200)],
                vec![],
                "200 forward",
                "north, 1000 ms, north",
            ),
            row(
                "more time than anyone waits",
                one(),
                vec![asks("3")],
                vec![],
                "503 upstream-failed",
                "north",
            ),
            row(
                "a date is not read",
                one(),
                vec![asks("Sat, 21 Nov 2026 08:00:01 GMT")],
                vec![],
                "503 upstream-failed",
                "north",
            ),
            row(
                "Cloud Run asks for more time than anyone waits",
                one(),
                vec![full("30")],
                vec![],
                "503 upstream-overloaded",
                "north",
            ),
            row(
                "another region need not wait",
                two_regions(""),
                vec![full("30")],
                vec![own(200)],
                "200 forward",
                "north, south",
            ),
            row(
                "back to the one that asked for time",
                two_regions("retries = { attempts = 3 }"),
                vec![asks("2"), own(200)],
                vec![fails(SendFault::Refused)],
                "200 forward",
                "north, south, 2000 ms, north",
            ),
            row(
                "past the one that asks for too much",
                two_regions("retries = { attempts = 4 }"),
                vec![asks("60")],
                vec![fails(SendFault::Refused), own(200)],
                "200 forward",
                "north, south, 83 ms, south",
            ),
            row(
                "asked for more than the deadline leaves",
                one_region("deadline = \"2s\""),
                vec![asks("2")],
                vec![],
                "503 upstream-failed",
                "north",
            ),
            row(
                "less time for the second attempt",
                two_regions("deadline = \"3s\""),
                vec![late(2_000)],
                vec![late(1_000)],
                "504 upstream-timeout",
                "north, south in 1000",
            ),
            row(
                "less time than a half",
                two_regions("deadline = \"3s\""),
                vec![late(2_400)],
                vec![own(200)],
                "200 forward",
                "north, south in 500",
            ),
            row(
                "the deadline is spent",
                two_regions("deadline = \"2s\""),
                vec![late(2_000)],
                vec![],
                "504 upstream-timeout",
                "north",
            ),
            row(
                "the deadline is spent, and there is an answer",
                two_regions("deadline = \"2s\""),
                vec![own(502).after_ms(1_900)],
                vec![],
                "502 upstream-failed",
                "north",
            ),
            row(
                "a deadline shorter than one attempt",
                one_region("deadline = \"1s\""),
                vec![late(1_000)],
                vec![],
                "504 upstream-timeout",
                "north in 1000",
            ),
        ],
    );
}

#[test]
fn retries_have_a_budget() {
    let mut book = Book::open("budget");
    let world = two_regions("retries = { attempts = 2, budget = 1 }");
    let mut row = |name, world: &World, expected, wanted| {
        world.script(NORTH, [fails(SendFault::Refused)]);
        let exchange = book.exchange(name, expected, world, &get());
        assert_eq!(course(&exchange), wanted, "{name}");
    };
    row("one retry is there", &world, "200 forward", "north, south");
    world.new_sandbox();
    row(
        "and no more, for the whole POP",
        &world,
        "502 upstream-refused",
        "north",
    );
    world.pass_s(10);
    row(
        "ten seconds later there is another",
        &world,
        "200 forward",
        "north, south",
    );
    let none = two_regions("retries = { budget = 0 }");
    row("a budget of none", &none, "502 upstream-refused", "north");
    let broken = two_regions("breaker = { failures = 0 }");
    broken.break_part(Part::Recall);
    row("the cache can't be read", &broken, "502 upstream-refused", "north");
    let broken = two_regions("breaker = { failures = 0 }");
    broken.break_part(Part::Remember);
    row("the cache can't be written", &broken, "502 upstream-refused", "north");
    book.close();
}

/// What a repetition needs is kept only where there may be one.
#[test]
fn nothing_is_kept_for_a_repetition_that_cannot_come() {
    for (attempts, expected) in [(1, vec![false]), (2, vec![true, false]), (3, vec![true, true, false])] {
        let world = two_regions(&format!("retries = {{ attempts = {attempts} }}"));
        world.service.replace(fails(SendFault::Refused));
        let exchange = world.exchange(&post());
        let kept: Vec<_> = sent(&exchange.events).map(|sent| sent.repeatable).collect();
        assert_eq!(kept, expected, "{attempts}");
    }
}

/// The deadline is the client's, whatever the time is spent on.
#[test]
fn the_deadline_counts_from_the_requests_beginning() {
    for (name, google_ms, expected, wanted) in [
        ("Google at once", 0, 200, "north, 83 ms, north"),
        ("Google is slow", 2_500, 504, "north in 500"),
        ("Google takes it all", 3_500, 504, ""),
    ] {
        let world = one_region("deadline = \"3s\"");
        world.google.borrow_mut().takes_ms = google_ms;
        world.script(NORTH, [fails(SendFault::Timeout).after_ms(500), own(200)]);
        let exchange = world.exchange(&get());
        assert_eq!(exchange.delivered.status, expected, "{name}: {}", exchange.line);
        assert_eq!(course(&exchange), wanted, "{name}");
    }
}
