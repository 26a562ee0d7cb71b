//! Answers that say that the service, or what stands before it, failed.

use tollgate_devstack::faults::script::{NO_INSTANCE, RATE_EXCEEDED, Step, say};

use super::row::{Client, Log, POST, ROW, Row, answered, masked};

const FAILED: Step = say(
    "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nX-Powered-By: app\r\n\
     Content-Length: 11\r\nConnection: close\r\n\r\nstack trace",
);
const BAD_GATEWAY: Step = say("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad");
const UNAVAILABLE: Step = say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
const BACK_IN_7: Step =
    say("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
const LATE: Step = say("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate");
const TEAPOT: Step =
    say("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 9\r\nContent-Length: 5\r\nConnection: close\r\n\r\nquota");

const BARE_TEAPOT: Step = say("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 5\r\nConnection: close\r\n\r\nquota");

const OVERLOADED: Log = Log {
    severity: "ERROR",
    code: Some("upstream-overloaded"),
    ..ROW.log
};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "500",
        fails: "the service answers 500",
        acts: &[&[FAILED]],
        client: Client::Refusal(500, "upstream-failed"),
        log: masked(500, 1),
        besides: "its body stays with us; not asked again, since it would do the same",
        ..ROW
    },
    Row {
        name: "passed/500",
        fails: "the same, on a route with `pass_errors`",
        acts: &[&[FAILED]],
        client: Client::Passed(500, "stack trace"),
        log: answered(500, 1),
        ..ROW
    },
    Row {
        name: "502",
        fails: "the service answers 502",
        acts: &[&[BAD_GATEWAY]],
        client: Client::Refusal(502, "upstream-failed"),
        log: masked(502, 2),
        sent: &["GET", "GET"],
        ..ROW
    },
    Row {
        name: "503",
        fails: "the service answers 503 without `Retry-After`",
        acts: &[&[UNAVAILABLE]],
        client: Client::Refusal(503, "upstream-failed"),
        log: masked(503, 2),
        sent: &["GET", "GET"],
        ..ROW
    },
    Row {
        name: "503-once",
        fails: "the same, once",
        acts: &[&[UNAVAILABLE], &[Step::Echo]],
        log: answered(200, 2),
        sent: &["GET", "GET"],
        besides: "the client does not notice",
        ..ROW
    },
    Row {
        name: "503-post",
        fails: "the same, for a method that may not be repeated",
        ask: POST,
        acts: &[&[Step::Body, UNAVAILABLE], &[Step::Echo]],
        client: Client::Refusal(503, "upstream-failed"),
        log: masked(503, 1),
        sent: &["POST 5 bytes"],
        ..ROW
    },
    Row {
        name: "503-retry-after",
        fails: "the service answers 503 with `Retry-After: 7`",
        acts: &[&[BACK_IN_7]],
        client: Client::Refusal(503, "upstream-failed"),
        headers: &[("retry-after", "7")],
        log: masked(503, 1),
        besides: "not asked again before that; the client gets the same `Retry-After`",
        ..ROW
    },
    Row {
        name: "504",
        fails: "the service answers 504",
        acts: &[&[LATE]],
        client: Client::Refusal(504, "upstream-failed"),
        log: masked(504, 2),
        sent: &["GET", "GET"],
        ..ROW
    },
    Row {
        name: "429-app",
        fails: "the service itself answers 429",
        acts: &[&[TEAPOT]],
        client: Client::Passed(429, "quota"),
        headers: &[("retry-after", "9")],
        log: answered(429, 1),
        besides: "that is its word to the client",
        ..ROW
    },
    Row {
        name: "429-app-bare",
        fails: "the same, without `Retry-After`",
        acts: &[&[BARE_TEAPOT], &[Step::Echo]],
        client: Client::Passed(429, "quota"),
        log: answered(429, 1),
        besides: "the same",
        ..ROW
    },
    Row {
        name: "429-app-post",
        fails: "the same, for a `POST`",
        ask: POST,
        acts: &[&[Step::Body, BARE_TEAPOT], &[Step::Echo]],
        client: Client::Passed(429, "quota"),
        log: answered(429, 1),
        sent: &["POST 5 bytes"],
        besides: "the same",
        ..ROW
    },
    Row {
        name: "429-get",
        fails: "Cloud Run has no instance for the request: 429 of its front end",
        acts: &[&[RATE_EXCEEDED]],
        client: Client::Refusal(503, "upstream-overloaded"),
        log: Log {
            status: Some(429),
            attempts: 2,
            ..OVERLOADED
        },
        sent: &["GET", "GET"],
        besides: "asked once more after a moment",
        ..ROW
    },
    Row {
        name: "429-post",
        fails: "the same, for a `POST`",
        ask: POST,
        acts: &[&[Step::Body, RATE_EXCEEDED], &[Step::Echo]],
        client: Client::Refusal(503, "upstream-overloaded"),
        log: Log {
            status: Some(429),
            attempts: 1,
            ..OVERLOADED
        },
        sent: &["POST 5 bytes"],
        besides: "it was sent, so it is not sent again",
        ..ROW
    },
    Row {
        name: "503-front-end",
        fails: "Cloud Run finds no instance, or loses it: 503 of its front end",
        acts: &[&[NO_INSTANCE], &[Step::Echo]],
        log: answered(200, 2),
        sent: &["GET", "GET"],
        besides: "asked once more",
        ..ROW
    },
];
