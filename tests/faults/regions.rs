//! A service in two regions, the first of which, or both, fail.

use tollgate_devstack::faults::script::{NO_INSTANCE, RATE_EXCEEDED, Step, say};

use super::row::{Client, Log, POST, PUT, ROW, Row, answered, masked, network, tried};

const RESET: &[Step] = &[Step::Body, Step::Reset];
const ECHO: &[Step] = &[Step::Echo];
const UNAVAILABLE: &[Step] = &[
    Step::Body,
    say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"),
];
const REGIONS: Row = Row {
    service: "regions",
    ..ROW
};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "region-down",
        fails: "the first region breaks off",
        acts: &[RESET],
        log: tried(answered(200, 2), "us", &["eu upstream-refused", "us 200"]),
        sent: &["eu: GET", "us: GET"],
        besides: "the second answers; `region` in the log names it, and `tries` has both",
        ..REGIONS
    },
    Row {
        name: "region-503",
        fails: "the first region answers 503",
        acts: &[UNAVAILABLE],
        log: tried(answered(200, 2), "us", &["eu 503", "us 200"]),
        sent: &["eu: GET", "us: GET"],
        besides: "the same",
        ..REGIONS
    },
    Row {
        name: "region-put",
        fails: "the first region breaks off, for a `PUT`",
        ask: PUT,
        acts: &[RESET],
        log: tried(answered(200, 2), "us", &["eu upstream-refused", "us 200"]),
        sent: &["eu: PUT 5 bytes", "us: PUT 5 bytes"],
        besides: "the same body goes to the second",
        ..REGIONS
    },
    Row {
        name: "region-post",
        fails: "the first region breaks off, for a `POST`",
        ask: POST,
        acts: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: tried(network("upstream-refused", 1), "eu", &["eu upstream-refused"]),
        sent: &["eu: POST 5 bytes"],
        besides: "it may have done what was asked, so the second is not asked",
        ..REGIONS
    },
    Row {
        name: "region-post-503",
        fails: "the first region answers 503, for a `POST`",
        ask: POST,
        acts: &[UNAVAILABLE],
        client: Client::Refusal(503, "upstream-failed"),
        log: tried(masked(503, 1), "eu", &["eu 503"]),
        sent: &["eu: POST 5 bytes"],
        besides: "the same",
        ..REGIONS
    },
    Row {
        name: "region-full",
        fails: "the first region has no instance (429 of Cloud Run)",
        acts: &[&[RATE_EXCEEDED]],
        log: tried(answered(200, 2), "us", &["eu 429", "us 200"]),
        sent: &["eu: GET", "us: GET"],
        besides: "the second is asked at once",
        ..REGIONS
    },
    Row {
        name: "regions-down",
        fails: "all regions break off",
        acts: &[RESET],
        second: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: tried(
            network("upstream-refused", 2),
            "us",
            &["eu upstream-refused", "us upstream-refused"],
        ),
        sent: &["eu: GET", "us: GET"],
        ..REGIONS
    },
    Row {
        name: "regions-503",
        fails: "one region breaks off, the other answers 503 by its front end",
        acts: &[RESET],
        second: &[&[NO_INSTANCE]],
        client: Client::Refusal(503, "upstream-overloaded"),
        log: tried(
            Log {
                status: Some(503),
                ended: "service",
                ..network("upstream-overloaded", 2)
            },
            "us",
            &["eu upstream-refused", "us 503"],
        ),
        sent: &["eu: GET", "us: GET"],
        besides: "the last answer counts",
        ..REGIONS
    },
    Row {
        name: "regions-well",
        fails: "nothing, any more: the first region is back",
        acts: &[ECHO],
        log: tried(ROW.log, "eu", &[]),
        sent: &["eu: GET"],
        ..REGIONS
    },
];
