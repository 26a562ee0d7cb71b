//! What the names of headers mean to servers, frameworks and what stands between.
//!
//! Promises: no name is both one that says who is asking and one that a server acts upon. No such list is ever complete,
//! so a policy's author should choose a name of their own.

/// Names that say who is asking, and nothing that a server acts upon.
const IDENTITY_NAMES: &[&str] = &[
    "x-authenticated",
    "x-email",
    "x-groups",
    "x-roles",
    "x-user",
    "x-username",
];

/// Beginnings of such names.
const IDENTITY_PREFIXES: &[&str] = &[
    "remote-",
    "x-auth-",
    "x-authenticated-",
    "x-authentik-",
    "x-consumer-",
    "x-credential-",
    "x-remote-",
    "x-user-",
    "x-webauth-",
];

/// Names that have a meaning for servers, clients or what stands between (folded). A policy may set them
/// to a text of its own, and takes them neither for a credential nor for what a token says.
const MEANT_NAMES: &[&str] = &[
    "b3",
    "baggage",
    "cache-control",
    "cdn-loop",
    "cookie",
    "depth",
    "destination",
    "dpop",
    "early-data",
    "expect",
    "from",
    "http2-settings",
    "last-event-id",
    "max-forwards",
    "origin",
    "overwrite",
    "pragma",
    "prefer",
    "priority",
    "range",
    "referer",
    "remote-addr",
    "remote-host",
    "remote-port",
    "set-cookie",
    "set-cookie2",
    "uber-trace-id",
    "user-agent",
    "via",
    "x-remote-addr",
    "x-remote-host",
    "x-remote-ip",
    "x-remote-port",
    "x-requested-with",
];

/// Beginnings of such names.
const MEANT_PREFIXES: &[&str] = &[
    "accept",
    "access-control-",
    "cf-",
    "content-",
    "if-",
    "proxy-",
    "sec-",
    "x-accel-",
    "x-amz-",
    "x-amzn-",
    "x-arr-",
    "x-azure-",
    "x-b3-",
    "x-datadog-",
    "x-http-",
    "x-middleware-",
    "x-rewrite-",
    "x-sendfile",
];

/// Whether a name, as [`fold`] gives it, says who is asking.
///
/// [`fold`]: crate::request::spelling::fold
#[must_use]
pub fn says_who(folded: &str) -> bool {
    !has_meaning(folded) && (IDENTITY_NAMES.contains(&folded) || begins(IDENTITY_PREFIXES, folded))
}

/// Whether a name, as [`fold`] gives it, has a meaning besides who is asking.
///
/// [`fold`]: crate::request::spelling::fold
#[must_use]
pub fn has_meaning(folded: &str) -> bool {
    MEANT_NAMES.contains(&folded) || begins(MEANT_PREFIXES, folded) || folded.ends_with("client-ip")
}

fn begins(prefixes: &[&str], folded: &str) -> bool {
    prefixes.iter().any(|prefix| folded.starts_with(prefix))
}
