//! Google, where the gateway gets its tokens: with a service account's key, and without one.
//!
//! Each row has a service of its own, named after it, since a token is remembered.

use tollgate_devstack::faults::script::{Step, say};

use super::row::{Client, Google, Log, ROW, Row, edge};

const NO_IDENTITY: Client = Client::Refusal(502, "upstream-identity-unavailable");
const UNSENT: Log = edge("ERROR", "upstream-identity-unavailable");

const DOWN: &[Step] = &[Step::Reset];
const UNAVAILABLE: &[Step] = &[say(
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 38\r\nConnection: close\r\n\r\n\
     {\"error\":{\"code\":503,\"status\":\"DOWN\"}} ",
)];
const REFUSES: &[Step] = &[say(
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 70\r\nConnection: close\r\n\r\n\
     {\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\"}\n",
)];
const FORBIDS: &[Step] = &[say(
    "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
     {\"error\":{\"code\":403,\"message\":\"Permission 'iam.serviceAccounts.getOpenIdToken' denied\",\
     \"status\":\"PERMISSION_DENIED\"}}",
)];
const GARBAGE: &[Step] = &[say(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!DOCTYPE html><title>Sorry</title>",
)];
const NO_TOKEN: &[Step] = &[say(
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
     {\"id_token\":\"a.b.c\",\"token\":\"a.b.c\",\"access_token\":7}",
)];
const HANGS: &[Step] = &[Step::Stall];

/// Google's fault, and nothing sent.
const fn unsent(name: &'static str, fails: &'static str, google: Google) -> Row {
    Row {
        name,
        fails,
        service: name,
        google,
        google_calls: match google {
            Google::Well | Google::Iam(_) => 2,
            Google::Token(_) | Google::Sts(_) => 1,
        },
        client: NO_IDENTITY,
        log: UNSENT,
        sent: &[],
        besides: "not asked again for 2 s",
        ..ROW
    }
}

pub(super) const KEY_ROWS: &[Row] = &[
    unsent("key-down", "Google's token endpoint breaks off", Google::Token(&[DOWN])),
    unsent(
        "key-unavailable",
        "Google's token endpoint answers 503",
        Google::Token(&[UNAVAILABLE]),
    ),
    unsent(
        "key-refused",
        "Google's token endpoint refuses the service account's key (400)",
        Google::Token(&[REFUSES]),
    ),
    unsent(
        "key-garbage",
        "Google's token endpoint answers with what is no JSON",
        Google::Token(&[GARBAGE]),
    ),
    unsent(
        "key-malformed",
        "Google's token endpoint gives a malformed token",
        Google::Token(&[NO_TOKEN]),
    ),
    unsent(
        "key-hangs",
        "Google's token endpoint never answers",
        Google::Token(&[HANGS]),
    ),
    Row {
        client: Client::Account,
        log: ROW.log,
        sent: &["GET"],
        besides: "the request waits for it",
        ..unsent(
            "key-slow",
            "Google's token endpoint takes a second",
            Google::Token(&[&[Step::Wait(1_000), PASS]]),
        )
    },
];

pub(super) const KEYLESS_ROWS: &[Row] = &[
    unsent(
        "keyless-sts-down",
        "Google's Security Token Service breaks off",
        Google::Sts(&[DOWN]),
    ),
    unsent(
        "keyless-sts-unavailable",
        "Google's Security Token Service answers 503",
        Google::Sts(&[UNAVAILABLE]),
    ),
    unsent(
        "keyless-sts-refused",
        "Google's Security Token Service refuses the gateway's assertion (400)",
        Google::Sts(&[REFUSES]),
    ),
    unsent(
        "keyless-sts-garbage",
        "Google's Security Token Service answers with what is no JSON",
        Google::Sts(&[GARBAGE]),
    ),
    unsent(
        "keyless-sts-malformed",
        "Google's Security Token Service gives a malformed token",
        Google::Sts(&[NO_TOKEN]),
    ),
    unsent(
        "keyless-sts-hangs",
        "Google's Security Token Service never answers",
        Google::Sts(&[HANGS]),
    ),
    Row {
        client: Client::Account,
        log: ROW.log,
        google_calls: 2,
        sent: &["GET"],
        besides: "the request waits for it",
        ..unsent(
            "keyless-sts-slow",
            "Google's Security Token Service takes a second",
            Google::Sts(&[&[Step::Wait(1_000), PASS]]),
        )
    },
    unsent(
        "keyless-iam-down",
        "Google's Service Account Credentials API breaks off",
        Google::Iam(&[DOWN]),
    ),
    unsent(
        "keyless-iam-forbidden",
        "Google's Service Account Credentials API lets the gateway's principal not in (403)",
        Google::Iam(&[FORBIDS]),
    ),
    unsent(
        "keyless-iam-malformed",
        "Google's Service Account Credentials API gives a malformed token",
        Google::Iam(&[NO_TOKEN]),
    ),
    Row {
        client: Client::Account,
        log: ROW.log,
        sent: &["GET"],
        besides: "",
        ..unsent("keyless-well", "nothing: the way without a key", Google::Well)
    },
];

/// Stands for what Google says when it is well; who runs the table puts it in.
pub(crate) const PASS: Step = Step::Fill(u64::MAX);
