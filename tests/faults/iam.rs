//! Cloud Run's own check of the gateway's token.

use tollgate_devstack::faults::script::{IAM_401, IAM_403, say};

use super::row::{Client, Log, ROW, Row, answered, network};

const fn denied(status: u64) -> Log {
    Log {
        status: Some(status),
        ..network("upstream-denied", 1)
    }
}

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "wrong-audience",
        fails: "the token's audience is not one of the service's: IAM says 401",
        service: "locked",
        client: Client::Refusal(502, "upstream-denied"),
        log: denied(401),
        sent: &[],
        besides: "see docs/deploy.md; the real check refuses here",
        ..ROW
    },
    Row {
        name: "not-invoker",
        fails: "the invoker may not invoke the service: IAM says 403",
        service: "stranger",
        client: Client::Refusal(502, "upstream-denied"),
        log: denied(403),
        sent: &[],
        besides: "see docs/deploy.md, \"If Cloud Run says 403\"; the real check refuses here",
        ..ROW
    },
    Row {
        name: "token-expired-there",
        fails: "Google's clock is ahead of ours, so the token has expired there: IAM says 401",
        acts: &[&[IAM_401]],
        client: Client::Refusal(502, "upstream-denied"),
        log: denied(401),
        besides: "the client is not told 401, since its own token is good",
        ..ROW
    },
    Row {
        name: "denied-there",
        fails: "IAM says 403",
        acts: &[&[IAM_403]],
        client: Client::Refusal(502, "upstream-denied"),
        log: denied(403),
        besides: "the same",
        ..ROW
    },
    Row {
        name: "app-401",
        fails: "nothing: the service itself says 401",
        acts: &[&[say(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"app\"\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlogin",
        )]],
        client: Client::Passed(401, "login"),
        headers: &[("www-authenticate", "Bearer realm=\"app\"")],
        log: answered(401, 1),
        besides: "that is its word to the client",
        ..ROW
    },
    Row {
        name: "app-403",
        fails: "nothing: the service itself says 403",
        acts: &[&[say(
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
        )]],
        client: Client::Passed(403, "no"),
        log: answered(403, 1),
        besides: "the same",
        ..ROW
    },
];
