//! The header firewall on the way back: what a client may hear of a service, and from whom.
//!
//! Promises: a client gets nothing that speaks to the platform or tells what runs behind the gateway, no header that only
//! the gateway says, and one `X-Request-Id`. What is removed goes in every spelling, as in requests.
//!
//! | header | what happens, and why |
//! | --- | --- |
//! | `strict-transport-security` | passes: to drop it would weaken the browser; what it binds the host to is true, since the platform serves TLS alone |
//! | `public-key-pins` | goes: the certificates are the edge's, and a wrong pin shuts browsers out for months |
//! | `clear-site-data` | goes: it clears what all services of the host, and the sign-in, have stored; a route that ends a session sets it itself |
//! | `service-worker-allowed` | goes: a script of one service could answer for the paths of all |
//! | `nel`, `report-to`, `reporting-endpoints` | go: they send reports about the whole host, for as long as they say, where one service wants them |
//! | `dpop-nonce` | goes: the proofs are the gateway's to ask for, and a service's nonce would spoil the next one |
//! | `x-compress-hint` | goes: it tells the platform to compress, not the client |
//! | `server-timing` | passes: a service writes it for its clients; neither Google nor the gateway adds to it |
//! | `set-cookie` | passes, also where its name is that of a credential: a service that signs people in gives them theirs so |
//! | `content-length` | passes: the body is the service's, byte by byte, and an answer to `HEAD` has nothing else |

use crate::{
    policy::site::route::Headers,
    request::spelling::fold,
    secret::Secret,
    upstream::{
        headers::{is_between_hops, is_named, is_removed, policy_set},
        send::HeaderEdits,
    },
};

/// Names that no client gets, as [`fold`] gives them.
const REMOVED_NAMES: &[&str] = &[
    "alt-svc",
    "authorization",
    "clear-site-data",
    "dpop-nonce",
    "nel",
    "public-key-pins",
    "public-key-pins-report-only",
    "report-to",
    "reporting-endpoints",
    "server",
    "service-worker-allowed",
    "traceparent",
    "traceresponse",
    "tracestate",
    "via",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-compress-hint",
    "x-powered-by",
    "x-request-id",
    "x-served-by",
    "x-serverless-authorization",
    "x-timer",
];

/// Beginnings of names that no client gets, as [`fold`] gives them.
const REMOVED_PREFIXES: &[&str] = &[
    "fastly-",
    "surrogate-",
    "x-appengine-",
    "x-cache",
    "x-cloud-",
    "x-envoy-",
    "x-fastly-",
    "x-goog-",
    "x-tollgate-",
];

/// The edits that turn a service's response into the client's.
#[must_use]
pub fn response_edits(
    (header_names, connection): (&[String], &[String]),
    own: &Headers,
    request_id: &str,
) -> HeaderEdits {
    let named: Vec<String> = connection
        .iter()
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let removed = |name: &&String| {
        let folded = fold(name);
        // Ours is set in place of this one.
        let ours = *name == "x-request-id";
        (is_never_told(&folded) && !ours)
            || is_between_hops(&folded)
            || is_named(&named, name)
            || is_removed(own, &folded)
    };
    let remove = header_names.iter().filter(removed).cloned().collect();
    let request_id = ("x-request-id".into(), Secret::new(request_id.to_owned()));
    HeaderEdits {
        remove,
        set: std::iter::once(request_id).chain(policy_set(own)).collect(),
    }
}

fn is_never_told(folded: &str) -> bool {
    REMOVED_NAMES.binary_search(&folded).is_ok() || REMOVED_PREFIXES.iter().any(|prefix| folded.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn set(edits: &HeaderEdits) -> Vec<(&str, &str)> {
        let set = edits.set.iter();
        set.map(|(name, value)| (&**name, value.expose().as_str())).collect()
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(REMOVED_NAMES.is_sorted() && REMOVED_PREFIXES.is_sorted());
    }

    #[test]
    fn what_is_not_for_the_client_goes_in_every_spelling() {
        for name in [
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "transfer-encoding",
            "upgrade",
            "surrogate-key",
            "surrogate-control",
            "surrogate_key",
            "x-tollgate-subject",
            "x_tollgate_subject",
            "x-serverless-authorization",
            "authorization",
            "server",
            "x-powered-by",
            "x.powered.by",
            "via",
            "x-cloud-trace-context",
            "traceparent",
            "tracestate",
            "x-served-by",
            "x-cache",
            "x-cache-hits",
            "x-timer",
            "fastly-restarts",
            "x-goog-hash",
            "x-appengine-resource-usage",
            "x-envoy-upstream-service-time",
            "x_request_id",
            "alt-svc",
            "public-key-pins",
            "clear-site-data",
            "clear_site_data",
            "dpop-nonce",
            "nel",
            "report-to",
            "reporting-endpoints",
            "service-worker-allowed",
            "x-compress-hint",
            "x_compress_hint",
            "x-hop",
        ] {
            let connection = names(&["close", "X-Hop, content-length"]);
            let edits = response_edits((&names(&[name, "x-kept"]), &connection), &Headers::default(), "r1");
            assert_eq!(edits.remove, [name]);
            assert_eq!(set(&edits), [("x-request-id", "r1")]);
        }
    }

    #[test]
    fn what_is_the_services_own_stays() {
        let kept = names(&[
            "content-type",
            "content-length",
            "content-encoding",
            "set-cookie",
            "strict-transport-security",
            "server-timing",
            "www-authenticate",
            "authentication-info",
            "location",
            "cache-control",
            "age",
            "date",
            "vary",
            "x-request-id",
            "x-frame-options",
            "content-security-policy",
            "access-control-allow-origin",
            "x-goog",
            "servers",
        ]);
        let edits = response_edits((&kept, &names(&["content-length"])), &Headers::default(), "r1");
        assert_eq!(edits.remove, [""; 0]);
    }

    #[test]
    fn a_route_removes_and_sets_last() {
        let own = Headers {
            remove: names(&["x-debug"]),
            set: vec![
                ("server".to_owned(), "ours".to_owned()),
                ("cache-control".to_owned(), "no-store".to_owned()),
            ],
        };
        let sent = names(&["server", "x_debug", "cache-control", "content-type"]);
        let edits = response_edits((&sent, &[]), &own, "r1");
        assert_eq!(edits.remove, ["server", "x_debug", "cache-control"]);
        assert_eq!(
            set(&edits),
            [
                ("x-request-id", "r1"),
                ("server", "ours"),
                ("cache-control", "no-store")
            ]
        );
    }
}
