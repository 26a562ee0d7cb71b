//! Answers that break off, are too large or too early, or whose framing is not right; and bodies that are too long.

use tollgate_devstack::faults::script::{Step, say};

use super::row::{Asked, Body, Client, Log, POST, ROW, Row, edge, network};

/// The head is there, so the status is sent; the rest can't be taken back.
const BROKEN: Log = Log {
    severity: "ERROR",
    code: None,
    ended: "network",
    ..ROW.log
};

const HALF: Step = say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf");
const HALF_CHUNKED: Step =
    say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nhalf\r\n10\r\npart");

macro_rules! ten {
    () => {
        "X: 1\r\nX: 2\r\nX: 3\r\nX: 4\r\nX: 5\r\nX: 6\r\nX: 7\r\nX: 8\r\nX: 9\r\nX: 0\r\n"
    };
}

/// Two hundred headers.
const MANY_HEADERS: Step = say(concat!(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n",
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    ten!(),
    "\r\nok"
));

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "stall-midway",
        fails: "the answer stalls midway for longer than `between_bytes`",
        acts: &[&[HALF, Step::Stall]],
        client: Client::Broken(200),
        log: BROKEN,
        besides: "the stream breaks, so nobody takes half an answer for a whole one; it is not asked for again",
        ..ROW
    },
    Row {
        name: "reset-midway",
        fails: "the connection is reset midway",
        acts: &[&[HALF, Step::Wait(100), Step::Reset]],
        client: Client::Broken(200),
        log: BROKEN,
        besides: "the same",
        ..ROW
    },
    Row {
        name: "close-midway",
        fails: "the connection is closed before `Content-Length` is reached",
        acts: &[&[HALF, Step::Wait(100)]],
        client: Client::Broken(200),
        log: BROKEN,
        besides: "the same",
        ..ROW
    },
    Row {
        name: "chunks-cut-off",
        fails: "the answer's chunks end without the last",
        acts: &[&[HALF_CHUNKED, Step::Wait(100)]],
        client: Client::Broken(200),
        log: BROKEN,
        besides: "the same",
        ..ROW
    },
    Row {
        name: "huge-header",
        fails: "one header of the answer has 2 MB",
        acts: &[&[
            say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\nX-Huge: "),
            Step::Fill(2_000_000),
            say("\r\n\r\nok"),
        ]],
        client: Client::Refusal(502, "upstream-reset"),
        log: network("upstream-reset", 2),
        sent: &["GET", "GET"],
        besides: "Viceroy takes heads of up to some 400 KB, Fastly fewer",
        ..ROW
    },
    Row {
        name: "many-headers",
        fails: "the answer has 200 headers",
        acts: &[&[Step::Body, MANY_HEADERS]],
        client: Client::Refusal(502, "upstream-reset"),
        log: network("upstream-reset", 2),
        sent: &["GET", "GET"],
        besides: "Viceroy takes 100",
        ..ROW
    },
    Row {
        name: "huge-answer",
        fails: "nothing: the answer has 40 MiB",
        acts: &[&[
            say("HTTP/1.1 200 OK\r\nContent-Length: 41943040\r\nConnection: close\r\n\r\n"),
            Step::Fill(40 << 20),
        ]],
        client: Client::Whole(40 << 20),
        besides: "it streams through",
        ..ROW
    },
    Row {
        name: "two-lengths",
        fails: "the answer has two lengths that differ",
        acts: &[&[say(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok!",
        )]],
        client: Client::Refusal(502, "upstream-reset"),
        log: network("upstream-reset", 2),
        sent: &["GET", "GET"],
        besides: "nobody can say where it ends (RFC 9112 section 6.3)",
        ..ROW
    },
    Row {
        name: "no-length",
        fails: "nothing: an answer of HTTP/1.0 ends with its connection",
        acts: &[&[say("HTTP/1.0 200 OK\r\n\r\nold")]],
        client: Client::Passed(200, "old"),
        ..ROW
    },
    Row {
        name: "body-without-right",
        fails: "an answer with 204 has a body all the same",
        acts: &[&[say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nsmuggled")]],
        client: Client::Passed(204, ""),
        log: Log {
            status: Some(204),
            ..ROW.log
        },
        besides: "the body is nobody's (RFC 9110 section 15.3.5)",
        ..ROW
    },
    Row {
        name: "interim-answer",
        fails: "nothing: an answer comes after one of the class 1xx",
        acts: &[&[
            say("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"),
            Step::Wait(50),
            say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"),
        ]],
        client: Client::Passed(200, "ok"),
        besides: "the first is left out",
        ..ROW
    },
    Row {
        name: "early-answer",
        fails: "the service answers while the body is still being sent to it",
        ask: Asked {
            // More than the buffers on the way hold.
            body: Body::Chunked(24 << 20),
            ..POST
        },
        acts: &[&[
            say("HTTP/1.1 409 Conflict\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly"),
            Step::Body,
        ]],
        client: Client::Passed(409, "early"),
        log: Log {
            status: Some(409),
            ..ROW.log
        },
        sent: &["POST in part"],
        besides: "the client gets the answer; the rest of its body is not read",
        ..ROW
    },
    Row {
        name: "early-answer-of-known-length",
        fails: "the same, where the body's length is declared, and more than is kept for a repetition",
        ask: Asked {
            body: Body::Bytes(1 << 20),
            ..POST
        },
        acts: &[&[
            say("HTTP/1.1 409 Conflict\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly"),
            Step::Body,
        ]],
        client: Client::Passed(409, "early"),
        log: Log {
            status: Some(409),
            ..ROW.log
        },
        sent: &["POST 1048576 bytes"],
        besides: "the same",
        ..ROW
    },
    Row {
        name: "too-long",
        fails: "the request's `Content-Length` is over the service's `request_bytes_max`",
        service: "small",
        ask: Asked {
            body: Body::Bytes(1_025),
            ..POST
        },
        client: Client::Refusal(413, "body-too-large"),
        log: edge("NOTICE", "body-too-large"),
        sent: &[],
        besides: "nothing is sent",
        ..ROW
    },
    Row {
        name: "just-short-enough",
        fails: "nothing: the request's body is as long as the service takes",
        service: "small",
        ask: Asked {
            body: Body::Bytes(1_024),
            ..POST
        },
        sent: &["POST 1024 bytes"],
        ..ROW
    },
    Row {
        name: "too-many-chunks",
        fails: "the request's chunks turn out to be longer than a service takes, here 1 MB",
        service: "roomy",
        ask: Asked {
            body: Body::Chunked(8_000_000),
            ..POST
        },
        client: Client::Refusal(413, "body-too-large"),
        log: Log {
            attempts: 1,
            ..edge("NOTICE", "body-too-large")
        },
        sent: &["POST in part"],
        besides: "the request to the service is broken off, so it never is a whole one",
        ..ROW
    },
    Row {
        name: "huge-request",
        fails: "the request has 33 MiB, more than Cloud Run takes over HTTP/1",
        ask: Asked {
            body: Body::Bytes(33 << 20),
            ..POST
        },
        client: Client::Refusal(413, "body-too-large"),
        log: edge("NOTICE", "body-too-large"),
        sent: &[],
        besides: "nothing is sent",
        ..ROW
    },
];
