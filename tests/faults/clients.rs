//! Clients that break off, go away, or ask for what the route does not have.

use tollgate_devstack::faults::script::{Step, say};

use super::row::{Asked, Body, Client, GET, Log, POST, ROW, Row, edge};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "client-breaks-off",
        fails: "the client breaks off its own body",
        ask: Asked {
            body: Body::Broken(5),
            ..POST
        },
        client: Client::Gone,
        log: Log {
            severity: "NOTICE",
            code: Some("body-broken"),
            ended: "network",
            attempts: 1,
            status: None,
            breaker: None,
            region: None,
            tries: &[],
        },
        sent: &["POST in part"],
        besides: "the request to the service breaks off too, and is not repeated",
        ..ROW
    },
    Row {
        name: "client-goes-away",
        fails: "the client goes away during the answer",
        ask: Asked {
            leaves_after: Some(1_000),
            ..GET
        },
        acts: &[&[
            say("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\nConnection: close\r\n\r\n"),
            Step::Fill(4_000_000),
            Step::Wait(300),
            Step::Fill(4_000_000),
        ]],
        client: Client::Gone,
        log: Log {
            severity: "NOTICE",
            ended: "network",
            ..ROW.log
        },
        besides: "`response_bytes` in the log tells how far it came",
        ..ROW
    },
    Row {
        name: "websocket-not-here",
        fails: "the client asks for a WebSocket on a route without `websocket = true`",
        ask: Asked {
            headers: &[
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ],
            ..GET
        },
        client: Client::Refusal(501, "upgrade-not-allowed"),
        log: edge("NOTICE", "upgrade-not-allowed"),
        sent: &[],
        besides: "nothing is sent",
        ..ROW
    },
];
