//! Entries as they are written.

use serde_json::{Value, json};

use super::*;
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
        "tollgate": {
            "request_id": "r1", "pop": "AMS", "decision": "refuse", "attempts": 0, "ended": null,
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
