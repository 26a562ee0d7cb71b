//! The header firewall on the way in: what a service may hear of a caller, and from whom.
//!
//! Promises: a header that says who is asking, where from, or for what other path or method reaches a service only if
//! the gateway set it, exactly once. A client's own is removed in every spelling: letter case, `_`, `.` or any other
//! mark in place of `-` (CGI-like servers fold them all to `_`), repeated, or named in `Connection` so that the next hop
//! would drop ours.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    identity::claims::Claims,
    policy::{
        decide::Permit,
        site::route::{Action, Headers, Place},
    },
    request::{CanonicalRequest, spelling::fold, trace::Trace},
    secret::Secret,
    upstream::{
        claim_headers::{header_text, scopes_text},
        meanings::{has_meaning, says_who},
        send::HeaderEdits,
    },
};

/// Headers between two hops only (RFC 9110 section 7.6.1), and what goes with them.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Names that a client may not send to a service, as [`fold`] gives them: those that servers, frameworks and other
/// gateways are known to trust. No such list is ever complete; what a service may rely on is what this gateway sets.
const RESERVED_NAMES: &[&str] = &[
    "client-ip",
    "forwarded",
    "front-end-https",
    "path-info",
    "proxy",
    "proxy-client-ip",
    "script-name",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-authenticated",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-email",
    "x-forwarded",
    "x-groups",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-http-path-override",
    "x-jwt-assertion",
    "x-method-override",
    "x-middleware-subrequest",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-request-id",
    "x-rewrite-url",
    "x-roles",
    "x-scheme",
    "x-serverless-authorization",
    "x-url-scheme",
    "x-user",
    "x-username",
];

/// Beginnings of names that a client may not send to a service, as [`fold`] gives them.
const RESERVED_PREFIXES: &[&str] = &[
    "cf-access-",
    "cf-connecting-",
    "client-cert",
    "fastly-",
    "remote-",
    "ssl-client-",
    "tailscale-",
    "x-amzn-oidc-",
    "x-apigateway-",
    "x-appengine-",
    "x-auth-",
    "x-authenticated-",
    "x-authentik-",
    "x-client-cert",
    "x-cloud-",
    "x-consumer-",
    "x-credential-",
    "x-endpoint-",
    "x-envoy-",
    "x-forwarded-",
    "x-goog-",
    "x-ms-client-principal",
    "x-ms-token-",
    "x-original-",
    "x-pomerium-",
    "x-remote-",
    "x-ssl-",
    "x-tollgate-",
    "x-user-",
    "x-vouch-",
    "x-webauth-",
];

/// Headers of a response that speak to the platform, not to the client.
const PLATFORM_ONLY: &[&str] = &["surrogate-control", "surrogate-key"];

/// What the gateway tells a service about one request.
#[derive(Debug)]
pub struct Told<'a> {
    /// The permit, with the caller.
    pub permit: &'a Permit,
    /// The Google ID token for the service's IAM check.
    pub google_token: &'a Secret<String>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The request's identifier.
    pub request_id: &'a str,
    /// The trace that the request belongs to.
    pub trace: &'a Trace,
    /// Whether the connection is handed over to become a WebSocket.
    pub websocket: bool,
    /// What else the service hears of the caller: the assertion, and claims as headers.
    pub of_caller: &'a [(Cow<'static, str>, Secret<String>)],
    /// The service's own host, for `Host`.
    pub host: String,
    /// Where the policy's routes take credentials besides `Authorization`.
    pub credentials: &'a [Place],
    /// The client's cookies without those that hold a credential, where some route takes one from a cookie.
    pub cookies: Option<Secret<String>>,
}

/// The edits that turn a client's request into the service's.
#[must_use]
pub fn request_edits(request: &CanonicalRequest, told: &Told<'_>) -> HeaderEdits {
    let forward = match &told.permit.route().action {
        Action::Forward(forward) => Some(forward),
        Action::Respond(_) | Action::Redirect(_) | Action::AssertionKeys => None,
    };
    let keep_authorization = forward.is_some_and(|forward| forward.authorization);
    let own = forward.map(|forward| &forward.request_headers);
    let claims = told
        .permit
        .service()
        .map_or(&[][..], |service| &service.told.claim_headers);
    let tells_claim = |folded: &str| claims.iter().any(|(name, _)| fold(name) == folded);
    let removed = |name: &&String| {
        let folded = fold(name);
        let own_authorization = folded == "authorization" && !(keep_authorization && *name == "authorization");
        // Ours is set in place of the one; the other goes with a trace that is continued.
        let trace = folded == "traceparent" || (folded == "tracestate" && !request.offered().trace_state);
        own_authorization
            || trace
            || is_reserved(&folded)
            || (folded == "dpop" && !keep_authorization)
            || (folded == "cookie" && told.cookies.is_some())
            || is_credential(told.credentials, &folded)
            || is_between_hops(&folded)
            || tells_claim(&folded)
            || is_named(request.connection_names(), name)
            || own.is_some_and(|own| is_removed(own, &folded))
    };
    let remove = request.header_names().iter().filter(removed).cloned().collect();
    let mut set = set(request, told);
    // A header that tells a claim says nothing else, and nothing at all where the token lacks the claim.
    let own = own.into_iter().flat_map(policy_set);
    set.extend(own.filter(|(name, _)| !tells_claim(&fold(name))));
    HeaderEdits { remove, set }
}

/// Whether a credential stands in a header: it is for the gateway, and whoever has it could use it there.
fn is_credential(places: &[Place], folded: &str) -> bool {
    let named = |place: &Place| matches!(place, Place::Header(name) if fold(name) == folded);
    places.iter().any(named)
}

/// Whether the policy removes a header, in any spelling that a server could take for it. What it sets goes first too, so
/// that a client's own in another spelling does not stand beside it.
pub(super) fn is_removed(own: &Headers, folded: &str) -> bool {
    let named = |name: &String| fold(name) == folded;
    own.remove.iter().any(named) || own.set.iter().any(|(name, _)| named(name))
}

/// What the policy sets.
pub(super) fn policy_set(own: &Headers) -> impl Iterator<Item = (Cow<'static, str>, Secret<String>)> {
    let set = own.set.iter();
    set.map(|(name, value)| (Cow::Owned(name.clone()), Secret::new(value.clone())))
}

/// Whether a policy may set or remove a header, given in lower case. It may not touch what says who is asking, what
/// belongs to the connection or the message, or what the gateway answers for.
#[must_use]
pub fn may_be_edited(name: &str) -> bool {
    const OWN: &[&str] = &[
        "authorization",
        "traceparent",
        "tracestate",
        "cookie2",
        "www-authenticate",
        "date",
    ];
    let folded = fold(name);
    let taken = [HOP_BY_HOP, MESSAGE, PLATFORM_ONLY, OWN];
    !is_reserved(&folded) && !taken.iter().any(|list| list.contains(&&*folded))
}

/// Whether a policy may set a header, given in lower case, to a claim: one that says who is asking and nothing else, or one
/// that means nothing to anybody but the service. A claim's value may be what its owner wrote, so it must not stand where
/// it would choose another path, address, cookie or cache. A client's own never passes.
#[must_use]
pub fn may_tell_a_claim(name: &str) -> bool {
    let folded = fold(name);
    !has_meaning(&folded) && (says_who(&folded) || may_be_edited(name))
}

fn set(request: &CanonicalRequest, told: &Told<'_>) -> Vec<(Cow<'static, str>, Secret<String>)> {
    let mut set = vec![
        ("host", told.host.clone()),
        (
            "x-serverless-authorization",
            format!("Bearer {}", told.google_token.expose()),
        ),
        ("x-forwarded-host", request.host().to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
        ("x-request-id", told.request_id.to_owned()),
        ("traceparent", told.trace.traceparent()),
        ("x-cloud-trace-context", told.trace.cloud_trace_context()),
    ];
    if told.websocket {
        // What the client said besides is for its own hop; the service hears of one protocol.
        set.push(("connection", "Upgrade".to_owned()));
        set.push(("upgrade", "websocket".to_owned()));
    }
    set.extend(told.client.map(|address| ("x-forwarded-for", address.to_string())));
    let cookies = told.cookies.as_ref().map(Secret::expose);
    set.extend(
        cookies
            .filter(|text| !text.is_empty())
            .map(|text| ("cookie", text.clone())),
    );
    if let Some(claims) = told.permit.claims() {
        set.extend(identity(claims));
    }
    let set = set.into_iter();
    set.map(|(name, value)| (Cow::Borrowed(name), Secret::new(value)))
        .chain(told.of_caller.iter().cloned())
        .collect()
}

/// The caller, as every service hears of them. Without a signed assertion a service may believe it because nobody but the
/// gateway's invoker passes IAM.
fn identity(claims: &Claims) -> impl Iterator<Item = (&'static str, String)> {
    [
        ("x-tollgate-issuer", Some(header_text(&claims.issuer))),
        ("x-tollgate-subject", claims.subject.as_deref().map(header_text)),
        ("x-tollgate-client", claims.client.as_deref().map(header_text)),
        ("x-tollgate-scopes", scopes_text(&claims.scopes)),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
}

/// Headers that carry the message itself and stay, even where `Connection` names them.
const MESSAGE: &[&str] = &["host", "content-length", "content-type", "content-encoding"];

/// Whether `Connection` names a header that is not the message itself.
pub(super) fn is_named(connection_names: &[String], name: &str) -> bool {
    connection_names.iter().any(|named| named == name) && !MESSAGE.contains(&name)
}

/// Whether a name, as [`fold`] gives it, is for one hop alone.
pub(super) fn is_between_hops(folded: &str) -> bool {
    HOP_BY_HOP.contains(&folded)
}

/// Both lists are sorted, and no prefix begins with another, so the only one that a name can begin with is the last that
/// does not come after it.
fn is_reserved(folded: &str) -> bool {
    let up_to = RESERVED_PREFIXES.partition_point(|prefix| *prefix <= folded);
    let nearest = RESERVED_PREFIXES.get(..up_to).and_then(<[_]>::last);
    RESERVED_NAMES.binary_search(&folded).is_ok() || nearest.is_some_and(|prefix| folded.starts_with(prefix))
}

#[cfg(test)]
mod tests;
