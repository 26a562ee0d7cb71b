//! The table of whole requests: what is read, and what is refused.

use super::{trace::Parent, *};

fn head(method: &str, target: &str, values: &[(&'static str, &str)]) -> Head {
    Head {
        method: method.to_owned(),
        target: target.to_owned(),
        header_names: values.iter().map(|(name, _)| (*name).to_owned()).collect(),
        values: values
            .iter()
            .map(|(name, value)| (*name, Secret::new(value.as_bytes().to_vec())))
            .collect(),
        ..Head::default()
    }
}

#[test]
fn a_plain_request_is_read_whole() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let read = head(
        "POST",
        "/v1/%6Frders?a=%c3%a9",
        &[
            ("host", "API.example.com"),
            ("authorization", "Bearer abc"),
            ("accept", "text/html,*/*"),
            ("connection", "close, X-Thing"),
            ("content-length", "12"),
            ("traceparent", trace),
        ],
    );
    let request = CanonicalRequest::new(&read).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.host(), "api.example.com");
    assert_eq!(request.target(), "/v1/orders?a=%C3%A9");
    assert_eq!(request.authorization().unwrap().expose(), "Bearer abc");
    assert_eq!(request.connection_names(), ["close", "x-thing"]);
    assert_eq!(request.content_length(), Some(12));
    assert_eq!(
        request.offered().parent.map(Parent::trace_id),
        Some("0af7651916cd43dd8448eb211c80319c".to_owned())
    );
    assert!(wants_html(&read));
    assert!(!format!("{request:?}").contains("abc"), "no token in debug text");
}

#[test]
fn ambiguous_requests_are_refused() {
    let host = ("host", "a.example");
    for (name, method, target, values, why) in [
        ("lower-case method", "get", "/", vec![host], Ambiguity::Method),
        ("empty method", "", "/", vec![host], Ambiguity::Method),
        ("CONNECT", "CONNECT", "/", vec![host], Ambiguity::Method),
        ("TRACE", "TRACE", "/", vec![host], Ambiguity::Method),
        (
            "absolute form",
            "GET",
            "http://a.example/",
            vec![host],
            Ambiguity::TargetForm,
        ),
        ("asterisk form", "OPTIONS", "*", vec![host], Ambiguity::TargetForm),
        ("fragment", "GET", "/a#b", vec![host], Ambiguity::Fragment),
        ("no host", "GET", "/", vec![], Ambiguity::Host),
        ("two hosts", "GET", "/", vec![host, host], Ambiguity::Host),
        ("host that is no text", "GET", "/", vec![("host", "é")], Ambiguity::Host),
        (
            "two credentials",
            "GET",
            "/",
            vec![host, ("authorization", "Bearer a"), ("authorization", "Bearer b")],
            Ambiguity::Authorization,
        ),
        (
            "two lengths",
            "GET",
            "/",
            vec![host, ("content-length", "1"), ("content-length", "1")],
            Ambiguity::ContentLength,
        ),
        (
            "length list",
            "GET",
            "/",
            vec![host, ("content-length", "1, 1")],
            Ambiguity::ContentLength,
        ),
        (
            "signed length",
            "GET",
            "/",
            vec![host, ("content-length", "+1")],
            Ambiguity::ContentLength,
        ),
        (
            "other transfer coding",
            "POST",
            "/",
            vec![host, ("transfer-encoding", "gzip, chunked")],
            Ambiguity::TransferEncoding,
        ),
        (
            "two transfer codings",
            "POST",
            "/",
            vec![host, ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            Ambiguity::TransferEncoding,
        ),
        (
            "length and chunks",
            "POST",
            "/",
            vec![host, ("content-length", "1"), ("transfer-encoding", "chunked")],
            Ambiguity::ContentLength,
        ),
    ] {
        let refused = CanonicalRequest::new(&head(method, target, &values)).err();
        assert_eq!(refused, Some(why), "{name}");
    }
    let long = format!("/{}", "a".repeat(TARGET_BYTES_MAX));
    assert_eq!(
        CanonicalRequest::new(&head("GET", &long, &[host])).err(),
        Some(Ambiguity::TargetTooLong)
    );
}
