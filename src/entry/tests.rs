//! Entries as they are written.

use serde_json::{Value, json};

use super::*;
use crate::identity::claims::Claims;
use crate::{identity::claims::tests::claims, rejection::TokenRefusal};

fn begun() -> Entry {
    let now = WallClock {
        unix_ms: 1_795_248_000_042,
    };
    Entry::begin(now, "r1", "AMS", Some("203.0.113.9".to_owned()))
}

fn written(entry: &Entry) -> Value {
    serde_json::from_str(&entry.line()).unwrap()
}

#[test]
fn an_entry_that_nothing_was_read_of_is_whole() {
    let mut entry = begun();
    entry.finish(400, 1_234_567);
    let expected = json!({
        "time": "2026-11-21T08:00:00.042Z", "severity": "INFO", "message": "? ? 400 refuse",
        "httpRequest": { "status": 400, "remoteIp": "203.0.113.9", "latency": "1.234567s" },
        "logging.googleapis.com/trace": entry.own_trace().trace_id(),
        "logging.googleapis.com/spanId": entry.own_trace().span_id(),
        "logging.googleapis.com/trace_sampled": false,
        "tollgate": {
            "request_id": "r1", "pop": "AMS", "decision": "refuse", "attempts": 0,
            "steps_us": { "total": 1_234_567 },
        },
    });
    assert_eq!(written(&entry), expected);
}

#[test]
fn refusals_tell_where_the_request_died() {
    let cause = || "10.0.0.7".to_owned();
    for (rejection, severity, code, ended, problems) in [
        (Rejection::RouteUnknown, "NOTICE", "route-unknown", "edge", None),
        (
            Rejection::Token(TokenRefusal::Expired),
            "NOTICE",
            "token-expired",
            "edge",
            None,
        ),
        (
            Rejection::Misconfigured(cause()),
            "ERROR",
            "misconfigured",
            "edge",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamIdentityUnavailable(cause()),
            "ERROR",
            "upstream-identity-unavailable",
            "edge",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamRefused(cause()),
            "ERROR",
            "upstream-refused",
            "network",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamTimeout(cause()),
            "ERROR",
            "upstream-timeout",
            "network",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamReset(cause()),
            "ERROR",
            "upstream-reset",
            "network",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamDenied(cause()),
            "ERROR",
            "upstream-denied",
            "network",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamOverloaded {
                cause: cause(),
                retry_after_s: None,
            },
            "ERROR",
            "upstream-overloaded",
            "edge",
            Some("10.0.0.7"),
        ),
        (
            Rejection::UpstreamFailed {
                status: 500,
                retry_after_s: None,
            },
            "WARNING",
            "upstream-failed",
            "service",
            None,
        ),
        (
            Rejection::BodyTooLarge { bytes_max: 1 },
            "NOTICE",
            "body-too-large",
            "edge",
            None,
        ),
        (
            Rejection::UpgradeNotAllowed,
            "NOTICE",
            "upgrade-not-allowed",
            "edge",
            None,
        ),
    ] {
        let mut entry = begun();
        entry.refuse(&rejection);
        entry.finish(503, 1);
        let written = written(&entry);
        assert_eq!(written["severity"], severity, "{code}");
        assert_eq!(written["message"], format!("? ? 503 {code}"), "{code}");
        assert_eq!(written["tollgate"]["code"], code, "{code}");
        assert_eq!(written["tollgate"]["ended"], ended, "{code}");
        assert_eq!(written["tollgate"]["problems"][0].as_str(), problems, "{code}");
    }
}

#[test]
fn who_has_no_room_is_told_apart() {
    let mut entry = begun();
    entry.tollgate.upstream_status = Some(429);
    entry.refuse(&Rejection::UpstreamOverloaded {
        cause: String::new(),
        retry_after_s: None,
    });
    assert_eq!(
        entry.tollgate.ended,
        Some(Ended::Service),
        "an answer came, so it is the service's own"
    );
}

#[test]
fn a_trace_and_an_identifier_of_the_clients_are_taken_over() {
    let mut entry = begun();
    let span = entry.span_id.clone();
    let parent = Parent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
    entry.continue_trace(parent);
    entry.keep_trace_in("p");
    entry.take_over("r1");
    assert_eq!(entry.tollgate.platform_request_id, None, "it is the platform's own");
    entry.take_over("client-request-1");
    let written = written(&entry);
    assert_eq!(
        written["logging.googleapis.com/trace"],
        "projects/p/traces/0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(
        written["logging.googleapis.com/spanId"],
        json!(span),
        "the span is the gateway's own"
    );
    assert_eq!(written["logging.googleapis.com/trace_sampled"], true);
    assert_eq!(written["tollgate"]["request_id"], "client-request-1");
    assert_eq!(written["tollgate"]["platform_request_id"], "r1");
}

#[test]
fn one_entry_is_one_line() {
    let mut entry = begun();
    entry.tollgate.problems.push("two\nlines \"quoted\"".to_owned());
    entry.http_request.request_url = Some("a.example/\u{2028}".to_owned());
    entry.finish(200, 0);
    assert!(!entry.line().contains(['\n', '\r']));
    assert_eq!(written(&entry)["tollgate"]["problems"][0], "two\nlines \"quoted\"");
}

#[test]
fn a_caller_is_logged_with_the_beginning_of_the_digest_only() {
    let claims = Claims {
        token_digest: "0123456789abcdefghij".to_owned(),
        ..claims()
    };
    assert_eq!(
        serde_json::to_value(LoggedCaller::from(&claims)).unwrap(),
        json!({ "issuer": "okta", "subject": "u1", "key": "k1", "token": "0123456789abcdef" })
    );
}

#[test]
fn a_body_that_did_not_come_through_is_told() {
    let broke = Delivery::ServiceBroke {
        bytes: 7,
        why: "reset".to_owned(),
    };
    let left = Delivery::ClientLeft { bytes: 9 };
    for (name, delivery, severity, ended, bytes, problem) in [
        ("whole", Delivery::Whole(12), "INFO", "service", Some(12), None),
        ("left to the platform", Delivery::Left, "INFO", "service", None, None),
        (
            "the service broke",
            broke,
            "ERROR",
            "network",
            Some(7),
            Some("response-broken: reset"),
        ),
        (
            "the client left",
            left,
            "NOTICE",
            "network",
            Some(9),
            Some("client-left: the client went away"),
        ),
    ] {
        let mut entry = begun();
        entry.tollgate.ended = Some(Ended::Service);
        entry.deliver(&delivery);
        let written = written(&entry);
        let told = &written["tollgate"];
        assert_eq!(
            (&written["severity"], &told["ended"]),
            (&json!(severity), &json!(ended)),
            "{name}"
        );
        assert_eq!(
            told.get("response_bytes"),
            bytes.map(|bytes: u64| json!(bytes)).as_ref(),
            "{name}"
        );
        let problems = told.get("problems");
        assert_eq!(problems, problem.map(|problem| json!([problem])).as_ref(), "{name}");
    }
}
