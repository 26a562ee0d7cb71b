//! Connections that are refused, late, silent or broken.

use tollgate_devstack::faults::script::{Step, say};

use super::row::{Before, Body, Client, GET, Log, POST, PUT, ROW, Row, network};

const LATE: &[Step] = &[Step::Body, Step::Wait(1_500), Step::Echo];
const RESET: &[Step] = &[Step::Body, Step::Reset];
const GARBAGE: &[Step] = &[Step::Body, say("220 smtp.example ESMTP\r\n\r\n")];
const CLOSE: &[Step] = &[Step::Body];
const ECHO: &[Step] = &[Step::Echo];

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "refused-get",
        fails: "the service refuses connections, for a method that may be repeated",
        service: "refused",
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 2),
        sent: &[],
        besides: "it is asked once more; where there is another region, that one is asked. Nobody is there who could count",
        ..ROW
    },
    Row {
        name: "refused-post",
        fails: "the same, for another method",
        service: "refused",
        ask: POST,
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 1),
        sent: &[],
        besides: "Viceroy does not say that nothing was sent, so it is not sent again; Fastly does, and it is. Nobody is there who could count",
        ..ROW
    },
    Row {
        name: "slow-connect",
        fails: "the service takes no connection in time",
        service: "full",
        client: Client::Refusal(504, "upstream-timeout"),
        log: network("upstream-timeout", 2),
        sent: &[],
        besides: "Viceroy knows no `connect` and ends it with `first_byte`. Nobody is there who could count",
        ..ROW
    },
    Row {
        name: "slow-first-byte",
        fails: "the first byte of the answer is later than `first_byte`",
        acts: &[LATE],
        client: Client::Refusal(504, "upstream-timeout"),
        log: network("upstream-timeout", 2),
        sent: &["GET", "GET"],
        besides: "a repetition, since the method allows it",
        ..ROW
    },
    Row {
        name: "slow-once",
        fails: "the same, once",
        acts: &[LATE, ECHO],
        log: Log { attempts: 2, ..ROW.log },
        sent: &["GET", "GET"],
        besides: "the client does not notice, but for the time",
        ..ROW
    },
    Row {
        name: "slow-post",
        fails: "the same, for a method that may not be repeated",
        ask: POST,
        acts: &[LATE],
        client: Client::Refusal(504, "upstream-timeout"),
        log: network("upstream-timeout", 1),
        sent: &["POST 5 bytes"],
        besides: "the service may have done what was asked, so it is not asked again",
        ..ROW
    },
    Row {
        name: "reset-get",
        fails: "the connection is reset before the answer",
        acts: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 2),
        sent: &["GET", "GET"],
        besides: "Viceroy has one word for this and a refused connection; on Fastly it is `upstream-reset`",
        ..ROW
    },
    Row {
        name: "reset-post",
        fails: "the same, for a method that may not be repeated",
        ask: POST,
        acts: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 1),
        sent: &["POST 5 bytes"],
        besides: "never sent twice",
        ..ROW
    },
    Row {
        name: "put-repeated",
        fails: "the same, once, for a method that may be repeated with its body",
        ask: PUT,
        acts: &[RESET, ECHO],
        log: Log { attempts: 2, ..ROW.log },
        sent: &["PUT 5 bytes", "PUT 5 bytes"],
        besides: "the same body is sent again",
        ..ROW
    },
    Row {
        name: "garbage",
        fails: "the service speaks no HTTP",
        acts: &[GARBAGE],
        client: Client::Refusal(502, "upstream-reset"),
        log: network("upstream-reset", 2),
        sent: &["GET", "GET"],
        besides: "nothing of it reaches the client",
        ..ROW
    },
    Row {
        name: "closed",
        fails: "the service closes the connection without an answer",
        acts: &[CLOSE],
        client: Client::Refusal(502, "upstream-reset"),
        log: network("upstream-reset", 2),
        sent: &["GET", "GET"],
        ..ROW
    },
    Row {
        name: "cold-start",
        fails: "the service starts for three seconds, within `first_byte`",
        service: "cold",
        acts: &[&[Step::Wait(3_000), Step::Echo]],
        besides: "nothing: the client waits",
        ..ROW
    },
    Row {
        name: "deadline",
        fails: "the service says nothing, and `deadline` ends before its `retries` do",
        service: "late",
        acts: &[&[Step::Stall]],
        client: Client::Refusal(504, "upstream-timeout"),
        log: network("upstream-timeout", 2),
        sent: &["GET", "GET"],
        besides: "the last attempt gets what is left of the time",
        ..ROW
    },
    Row {
        name: "budget",
        fails: "the service resets connections, and its `retries.budget` is spent",
        service: "thrifty",
        before: &[Before::Window, Before::Asked(1)],
        acts: &[RESET],
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 1),
        besides: "retries do not add to what ails the service",
        ..ROW
    },
    Row {
        name: "chunked-put",
        fails: "the connection is reset, and the request's body came in chunks",
        ask: super::row::Asked {
            body: Body::Chunked(5),
            ..PUT
        },
        acts: &[RESET, ECHO],
        client: Client::Refusal(502, "upstream-refused"),
        log: network("upstream-refused", 1),
        sent: &["PUT 5 bytes"],
        besides: "a body of unknown length is not kept, so it can't be sent again",
        ..ROW
    },
    Row {
        name: "once-then-well",
        fails: "nothing, any more: the service is back",
        ask: GET,
        besides: "no memory of the faults above, since the breaker is off here",
        ..ROW
    },
];
