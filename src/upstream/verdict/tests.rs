//! The table of answers, and what each means.

use super::*;

const FORBIDDEN: &str = "\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
    <title>403 Forbidden</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Forbidden</h1>\n\
    <h2>Your client does not have permission to get URL <code>/</code> from this server.</h2>\n<h2></h2>\n</body></html>\n";
const UNAUTHORIZED: &str = "<html><head><title>401 Unauthorized</title></head><body><h1>Error: Unauthorized</h1>\
    <h2>Your client does not have permission to the requested URL <code>/</code>.</h2></body></html>";
const TOO_MANY: &str = "<html><head><title>429 Too Many Requests</title></head><body><h1>Error: Too Many Requests</h1>\
    <h2>Rate exceeded.</h2></body></html>";
const NOT_READY: &str = "<html><head><title>503 Server Error</title></head><body><h1>Error: Server Error</h1>\
    <h2>The service you requested is not available yet.<p>Please try again in 30 seconds.</h2></body></html>";
const CHALLENGE: &str = r#"Bearer error="invalid_token" error_description="The access token could not be verified""#;
const HTML: &str = "text/html; charset=UTF-8";

/// What comes of an answer: the code, or `passes`.
fn outcome(status: u16, content_type: &str, challenge: &str, body: &str, pass_errors: bool) -> &'static str {
    let challenges = [challenge.as_bytes()];
    let answered = Answered {
        status,
        content_type: &[content_type.as_bytes()],
        challenges: if challenge.is_empty() { &[] } else { &challenges },
        retry_after: &[],
        beginning: body.as_bytes(),
    };
    let passed = passes(&answered, pass_errors);
    passed.map_or_else(|rejection| rejection.verdict().code, |()| "passes")
}

#[test]
fn cloud_runs_refusals_are_told_from_the_services_own() {
    for (name, status, content_type, challenge, body, expected) in [
        ("no role", 403, HTML, "", FORBIDDEN, "upstream-denied"),
        ("bad token", 401, HTML, CHALLENGE, UNAUTHORIZED, "upstream-denied"),
        (
            "bad token, without challenge",
            401,
            HTML,
            "",
            UNAUTHORIZED,
            "upstream-denied",
        ),
        ("bad token, to HEAD", 401, HTML, CHALLENGE, "", "upstream-denied"),
        (
            "media type in capitals",
            403,
            "TEXT/HTML",
            "",
            FORBIDDEN,
            "upstream-denied",
        ),
        ("no role, to HEAD", 403, HTML, "", "", "passes"),
        (
            "the app's challenge with its page",
            401,
            HTML,
            CHALLENGE,
            "<h1>Sign in</h1>",
            "passes",
        ),
        (
            "the app's own token check",
            401,
            "application/json",
            CHALLENGE,
            "{}",
            "passes",
        ),
        ("the app's own page", 403, HTML, "", "<h1>Forbidden</h1>", "passes"),
        ("the app's own JSON", 403, "application/json", "", FORBIDDEN, "passes"),
        ("the words with another status", 404, HTML, "", FORBIDDEN, "passes"),
        ("the other words", 403, HTML, "", UNAUTHORIZED, "passes"),
        (
            "no role, with a doctype",
            403,
            HTML,
            "",
            &format!("<!doctype HTML>{}", FORBIDDEN.trim_start()),
            "upstream-denied",
        ),
        (
            "the sentence that somebody sent",
            403,
            HTML,
            "",
            "<html><head><title>403 Forbidden</title></head><h1>Forbidden</h1>No such note: \
             \"Your client does not have permission to get URL <code>\"</html>",
            "passes",
        ),
        (
            "the sentence under another title",
            403,
            HTML,
            "",
            &FORBIDDEN.replace("403 Forbidden", "Notes"),
            "passes",
        ),
        (
            "the page within another",
            403,
            HTML,
            "",
            &format!("<p>As was said:{FORBIDDEN}"),
            "passes",
        ),
        (
            "the sentence of a bad token that somebody sent",
            401,
            HTML,
            CHALLENGE,
            "<html><head><title>401 Unauthorized</title></head>Your client does not have permission to the requested \
             URL <code>/</code></html>",
            "passes",
        ),
        ("no instance", 429, HTML, "", TOO_MANY, "upstream-overloaded"),
        (
            "no instance, with lines around",
            429,
            HTML,
            "",
            "\n Rate exceeded.\n",
            "upstream-overloaded",
        ),
        (
            "the app's own page with the words",
            429,
            HTML,
            "",
            "<html><h1>429</h1>Your last comment was saved. Rate exceeded. Slow down</html>",
            "passes",
        ),
        (
            "the words, and more",
            429,
            HTML,
            "",
            "Rate exceeded. Your comment was saved.",
            "passes",
        ),
        (
            "another server's page",
            429,
            HTML,
            "",
            "<html><head><title>429 Too Many Requests</title></head><body>Rate exceeded.</body></html>",
            "passes",
        ),
        ("just the words", 429, HTML, "", "Rate exceeded.", "upstream-overloaded"),
        (
            "the app's own limit",
            429,
            "application/json",
            "",
            "Rate exceeded.",
            "passes",
        ),
        (
            "the app's own page of it",
            429,
            HTML,
            "",
            "<h1>Slow down</h1>",
            "passes",
        ),
        ("not ready", 503, HTML, "", NOT_READY, "upstream-overloaded"),
    ] {
        assert_eq!(outcome(status, content_type, challenge, body, true), expected, "{name}");
        assert_eq!(
            outcome(status, content_type, challenge, body, false),
            expected,
            "{name}"
        );
        assert!(
            expected == "passes" || needs_beginning(status, &[content_type.as_bytes()]),
            "{name}"
        );
    }
}

#[test]
fn a_services_own_503_is_no_want_of_an_instance() {
    let body = "<h2>The service you requested is not available yet.</h2>";
    for (pass_errors, expected) in [(true, "passes"), (false, "upstream-failed")] {
        assert_eq!(outcome(503, HTML, "", body, pass_errors), expected, "{pass_errors}");
    }
}

#[test]
fn errors_pass_where_the_route_says_so() {
    for (status, masked, passed) in [
        (200, "passes", "passes"),
        (304, "passes", "passes"),
        (499, "passes", "passes"),
        (500, "upstream-failed", "passes"),
        (502, "upstream-failed", "passes"),
        (503, "upstream-failed", "passes"),
        (599, "upstream-failed", "passes"),
        (600, "upstream-failed", "upstream-failed"),
        (999, "upstream-failed", "upstream-failed"),
        (101, "upstream-reset", "upstream-reset"),
        (0, "upstream-reset", "upstream-reset"),
    ] {
        assert_eq!(outcome(status, "text/plain", "", "", false), masked, "{status}");
        assert_eq!(outcome(status, "text/plain", "", "", true), passed, "{status}");
    }
}

#[test]
fn the_status_stays_where_http_has_it() {
    for (status, kept) in [(500, 500), (503, 503), (504, 504), (599, 599), (600, 502), (999, 502)] {
        let answered = Answered {
            status,
            content_type: &[],
            challenges: &[],
            retry_after: &[],
            beginning: b"",
        };
        let rejection = passes(&answered, false).unwrap_err();
        assert_eq!(rejection.verdict().status, kept);
    }
}

#[test]
fn retry_after_is_kept_in_seconds_of_a_day() {
    for (name, values, kept) in [
        ("none", vec![], None),
        ("seconds", vec!["7"], Some(7)),
        ("spaces", vec![" 30 "], Some(30)),
        ("a day", vec!["86400"], Some(86_400)),
        ("more than a day", vec!["86401"], None),
        ("zero", vec!["0"], None),
        ("a sign", vec!["+7"], None),
        ("a date", vec!["Sat, 21 Nov 2026 08:00:00 GMT"], None),
        ("two", vec!["7", "7"], None),
        ("too many digits", vec!["99999999999"], None),
        ("nothing", vec![""], None),
    ] {
        let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        assert_eq!(retry_after_s(&values), kept, "{name}");
    }
}
