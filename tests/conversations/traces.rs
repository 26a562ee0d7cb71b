//! Traces and identifiers that a client brings along, or not.

use serde_json::{Value, json};
use tollgate::host::ConfigStore;

use super::book::Book;
use crate::world::{
    message::{Request, values},
    record::sent,
    sample::{self, POLICY, text, token},
};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const CLIENT_ID: &str = "2f1c0a52-77aa-4c0e-9a39-2f2a4d6f1b10";

fn order() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(token()))
}

#[test]
fn traces_go_on() {
    let world = sample::world();
    let mut book = Book::open("traces");
    book.row("begun here", "200 forward", &world, &order());
    let sampled = order().header("traceparent", PARENT).header("tracestate", "a=1");
    book.row(
        "continued",
        "200 forward",
        &world,
        &sampled.clone().header("tracestate", "b=2"),
    );
    let later = PARENT.replacen("00", "01", 1) + "-more";
    let not_sampled = order().header("traceparent", &later.replace("-01-more", "-00-more"));
    book.row("continued, of a later version", "200 forward", &world, &not_sampled);
    let long = sampled.clone().header("tracestate", &"x".repeat(512));
    book.row("its state is too long", "200 forward", &world, &long);
    for (name, parent) in [
        (
            "one that is none",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ),
        ("one with a version that never will be", &PARENT.replacen("00", "ff", 1)),
    ] {
        let request = order().header("traceparent", parent).header("tracestate", "a=1");
        book.row(name, "200 forward", &world, &request);
    }
    let twice = sampled.clone().header("traceparent", PARENT);
    book.row("two", "200 forward", &world, &twice);
    let googles = order().header("x-cloud-trace-context", "0af7651916cd43dd8448eb211c80319c/1;o=1");
    book.row(
        "Google's own header is not the client's to send",
        "200 forward",
        &world,
        &googles,
    );
    let refused = Request::new("GET", "/v1/orders/7").header("traceparent", PARENT);
    book.row(
        "of a request that is refused",
        "401 credential-missing",
        &world,
        &refused,
    );
    let unread = Request::new("get", "/healthz").header("traceparent", PARENT);
    book.row(
        "of a request that can't be read",
        "400 request-ambiguous",
        &world,
        &unread,
    );
    book.close();
}

#[test]
fn identifiers_go_on() {
    let world = sample::world();
    let mut book = Book::open("request_ids");
    let with = |id: &str| order().header("x-request-id", id);
    book.row("the client's own", "200 forward", &world, &with(CLIENT_ID));
    book.row("too short", "200 forward", &world, &with("short"));
    book.row(
        "of other letters",
        "200 forward",
        &world,
        &with("<script>alert(1)</script>"),
    );
    book.row(
        "two",
        "200 forward",
        &world,
        &with(CLIENT_ID).header("x-request-id", CLIENT_ID),
    );
    let misspelt = order().header("x_request_id", CLIENT_ID);
    book.row("in another spelling", "200 forward", &world, &misspelt);
    let here = Request::new("GET", "/healthz").header("x-request-id", CLIENT_ID);
    book.row("answered at the edge", "200 respond", &world, &here);
    let refused = Request::new("GET", "/v1/orders/7").header("x-request-id", CLIENT_ID);
    book.row("refused", "401 credential-missing", &world, &refused);
    let before = Request::new("get", "/healthz").header("x-request-id", CLIENT_ID);
    book.row("before the policy was read", "400 request-ambiguous", &world, &before);
    let deaf = POLICY.replace("project = \"my-project\"", "accept_request_id = false");
    sample::enforce(&world, &deaf);
    book.row("the policy takes none", "200 forward", &world, &with(CLIENT_ID));
    book.close();
}

/// Who sees a candidate is drawn by the platform's identifier: a client must not choose.
#[test]
fn a_client_does_not_choose_whether_a_candidate_sees_it() {
    let world = sample::world();
    let stricter = POLICY.replace("\"/healthz\"", "\"/elsewhere\"");
    let version = sample::add(&world, &stricter);
    for percent in [0, 100] {
        world.put(ConfigStore::Policy, "candidate", format!("{version} {percent}"));
        world.pass_s(60);
        let seen = |request: &Request| world.exchange(request).log["tollgate"]["shadow"] != Value::Null;
        for id in 0..20 {
            let request = Request::new("GET", "/healthz");
            let chosen = request.clone().header("x-request-id", &format!("client-request-{id}"));
            assert_eq!(seen(&chosen), seen(&request), "{id} at {percent}");
        }
    }
    let some = |percent: u8| {
        world.put(ConfigStore::Policy, "candidate", format!("{version} {percent}"));
        world.pass_s(60);
        let seen = |id: u32| {
            let request = Request::new("GET", "/healthz").header("x-request-id", &format!("client-request-{id}"));
            world.exchange(&request).log["tollgate"]["shadow"] != Value::Null
        };
        (0..40).filter(|id| seen(*id)).count()
    };
    assert!(
        [0, 40].contains(&some(50)),
        "one platform's identifier is seen always or never"
    );
}

#[test]
fn what_is_told_of_a_trace_is_one_thing() {
    let world = sample::world();
    let exchange = world.exchange(&order().header("traceparent", PARENT));
    let upstream = sent(&exchange.events).next().unwrap();
    let span = exchange.log["logging.googleapis.com/spanId"].as_str().unwrap();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let decimal = u64::from_str_radix(span, 16).unwrap();
    assert_eq!(
        values(&upstream.headers, "traceparent"),
        [format!("00-{trace}-{span}-01")]
    );
    assert_eq!(
        values(&upstream.headers, "x-cloud-trace-context"),
        [format!("{trace}/{decimal};o=1")]
    );
    assert_eq!(
        exchange.log["logging.googleapis.com/trace"],
        json!(format!("projects/my-project/traces/{trace}"))
    );
}
