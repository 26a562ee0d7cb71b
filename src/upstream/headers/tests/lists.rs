//! The lists of names, and what a policy may touch.

use super::super::*;

/// What is searched in order, and what [`is_reserved`] searches by halves, are the same.
#[test]
fn reserved_names_are_found_as_in_a_list() {
    assert!(RESERVED_NAMES.is_sorted() && RESERVED_PREFIXES.is_sorted());
    for prefix in RESERVED_PREFIXES {
        let begins = |other: &&&str| other.starts_with(prefix);
        assert_eq!(RESERVED_PREFIXES.iter().filter(begins).count(), 1, "{prefix}");
    }
    let in_list =
        |name: &str| RESERVED_NAMES.contains(&name) || RESERVED_PREFIXES.iter().any(|one| name.starts_with(one));
    for name in RESERVED_NAMES.iter().chain(RESERVED_PREFIXES) {
        let shorter = name.get(..name.len() - 1).unwrap();
        for tried in [
            (*name).to_owned(),
            shorter.to_owned(),
            format!("{name}a"),
            format!("{name}-z"),
            format!("{shorter}!"),
            format!("{shorter}~"),
        ] {
            assert_eq!(is_reserved(&tried), in_list(&tried), "{tried}");
        }
    }
}

#[test]
fn a_policy_edits_no_header_of_ours() {
    for (name, may) in [
        ("x-env", true),
        ("cache-control", true),
        ("accept", true),
        ("host", false),
        ("content-length", false),
        ("connection", false),
        ("authorization", false),
        ("x-serverless-authorization", false),
        ("x_forwarded_for", false),
        ("x-tollgate-subject", false),
        ("traceparent", false),
        ("surrogate-key", false),
        ("x-request-id", false),
    ] {
        assert_eq!(may_be_edited(name), may, "{name}");
    }
}

/// Claims may be told where they say who is asking, or where nobody but the service knows the name.
#[test]
fn a_claim_is_told_where_it_does_nothing_else() {
    for name in [
        "x-user",
        "x-user-email",
        "x-user-roles",
        "x-username",
        "x-email",
        "x-groups",
        "x-roles",
        "x-auth-request-user",
        "x-authenticated",
        "x-authenticated-userid",
        "x-authentik-username",
        "remote-user",
        "remote-groups",
        "x-remote-user",
        "x-webauth-user",
        "x-consumer-username",
        "x-credential-identifier",
        "x-tenant",
        "tenant",
        "x-plan",
        "x-office",
        "x-acme-scheme",
    ] {
        assert!(may_tell_a_claim(name), "{name}");
        assert!(is_reserved(name) || !says_who(name), "{name}: a client could send it");
    }
    for name in [
        "host",
        "content-length",
        "content-type",
        "content-md5",
        "authorization",
        "connection",
        "te",
        "upgrade",
        "transfer-encoding",
        "x-forwarded-for",
        "x-forwarded-user",
        "x-forwarded",
        "forwarded",
        "cookie",
        "cookie2",
        "set-cookie",
        "dpop",
        "range",
        "expect",
        "origin",
        "referer",
        "via",
        "x-http-method",
        "x-http-method-override",
        "x_http_method_override",
        "x-http-path-override",
        "x-method-override",
        "x-original-url",
        "x-original-host",
        "x-rewrite-url",
        "x-rewrite-path",
        "x-middleware-subrequest",
        "x-middleware-rewrite",
        "x-host",
        "x-scheme",
        "x-url-scheme",
        "client-ip",
        "true-client-ip",
        "x-client-ip",
        "x-azure-clientip",
        "x-real-client-ip",
        "x-real-ip",
        "remote-addr",
        "remote_addr",
        "x-remote-addr",
        "x-remote-ip",
        "cf-connecting-ip",
        "cf-ray",
        "cf-access-jwt-assertion",
        "x-envoy-original-path",
        "proxy",
        "proxy-user",
        "script-name",
        "path-info",
        "sec-websocket-protocol",
        "sec-fetch-site",
        "accept",
        "accept-encoding",
        "if-match",
        "if-none-match",
        "cache-control",
        "cdn-loop",
        "max-forwards",
        "traceparent",
        "tracestate",
        "baggage",
        "b3",
        "x-b3-traceid",
        "x-amzn-trace-id",
        "x-cloud-trace-context",
        "x-request-id",
        "x-serverless-authorization",
        "x-tollgate-subject",
        "x-goog-iap-jwt-assertion",
        "fastly-client-ip",
        "x-requested-with",
        "client-cert",
        "ssl-client-verify",
        "x-jwt-assertion",
    ] {
        assert!(!may_tell_a_claim(name), "{name}");
    }
}
