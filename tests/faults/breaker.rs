//! A breaker from its opening to its closing: `{ failures = 3, open = "2s" }`, and one attempt a request.

use tollgate_devstack::faults::script::Step;

use super::row::{Before, Client, Log, ROW, Row, edge, network};

const RESET: &[Step] = &[Step::Body, Step::Reset];
const BREAKING: Row = Row {
    service: "breaking",
    ..ROW
};
const OPEN: Log = Log {
    breaker: Some("open"),
    ..edge("ERROR", "upstream-overloaded")
};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "breaker-counts",
        fails: "the service fails for the second time in a row",
        before: &[Before::Asked(1)],
        acts: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 1),
        besides: "failures are counted for each endpoint and POP",
        ..BREAKING
    },
    Row {
        name: "breaker-opens",
        fails: "the service has failed `breaker.failures` times in a row",
        // A row counts once it has lasted two seconds, and a sandbox may go on for one with what it knew before.
        before: &[Before::Wait(2_100), Before::Asked(1), Before::Wait(1_100)],
        acts: &[RESET],
        client: Client::Refusal(503, "upstream-overloaded"),
        headers: &[("retry-after", "1")],
        log: OPEN,
        sent: &[],
        besides: "it is left alone for `breaker.open`; where there is another region, that one is asked",
        ..BREAKING
    },
    Row {
        name: "breaker-probe-fails",
        fails: "it still fails after `breaker.open`",
        before: &[Before::Wait(1_300)],
        acts: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: Log {
            breaker: Some("half-open"),
            ..network("upstream-refused", 1)
        },
        besides: "one request has tried it",
        ..BREAKING
    },
    Row {
        name: "breaker-stays-open",
        fails: "that request has failed",
        before: &[Before::Wait(1_100)],
        client: Client::Refusal(503, "upstream-overloaded"),
        log: OPEN,
        sent: &[],
        besides: "it is left alone for twice as long",
        ..BREAKING
    },
    Row {
        name: "breaker-half-open",
        fails: "nothing, any more, after `breaker.open`",
        before: &[Before::Wait(3_200)],
        log: Log {
            breaker: Some("half-open"),
            ..ROW.log
        },
        besides: "one request has tried it, and went well",
        ..BREAKING
    },
    Row {
        name: "breaker-closed",
        fails: "nothing, any more: that request went well, a moment ago",
        before: &[Before::Wait(2_200)],
        besides: "all requests go to it again",
        ..BREAKING
    },
];
