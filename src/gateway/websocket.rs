//! Whether a request for a WebSocket is handed over.
//!
//! Promises: only where the route says so, and only what can be one: `GET` without a body (RFC 6455 section 4.1). Who asks
//! for one elsewhere is refused, since a plain answer to it would look like a service that is broken. Other protocols in
//! `Upgrade` are not refused and not passed on: the header is for one hop, which RFC 9110 section 7.8 lets a server ignore,
//! and `h2c` behind a gateway is a known way past its rules.
//!
//! Refuses what the firewall could not hold back: the platform hands some headers over as the client sent them, whatever
//! the edits say. Refuses a cookie as credential from pages of other origins, which may open WebSockets in a user's name
//! without asking (RFC 6455 section 10.2).

use crate::{
    policy::{
        decide::Permit,
        route::{Asked, header},
        site::route::{Action, Allow, Place, Route},
    },
    rejection::Rejection,
    request::CanonicalRequest,
};

/// Headers that the platform hands over as they came, and that no service may get so. The others are `Host`, which is the
/// destination's own, `Content-Length` and `Transfer-Encoding`, which a request without a body has no use for, those that
/// make a WebSocket, and `CDN-Loop`, which passes in all requests.
const AS_SENT: &[&str] = &[
    "content-range",
    "expect",
    "fastly-ff",
    "proxy-authenticate",
    "proxy-authorization",
    "pushpin-route",
    "te",
    "trailer",
];

/// Names that `Connection` may list. A service that has another there would drop a header that the gateway sets.
const IN_CONNECTION: &[&str] = &["keep-alive", "upgrade"];

/// Whether a permitted request is handed over. `origin` is the gateway's own, if the policy has one.
///
/// # Errors
/// [`Rejection::UpgradeNotAllowed`] where it asks for a WebSocket and there is none for it, and
/// [`Rejection::OriginNotAllowed`] where a page of another origin may use a cookie.
pub(super) fn is_handed_over(permit: &Permit, asked: &Asked<'_>, origin: Option<&str>) -> Result<bool, Rejection> {
    let request = asked.request;
    if !request.offered().websocket {
        return Ok(false);
    }
    let route = permit.route();
    let allowed = matches!(&route.action, Action::Forward(forward) if forward.websocket);
    if !allowed || request.method() != "GET" || request.has_body() || !is_plain(asked) {
        return Err(Rejection::UpgradeNotAllowed);
    }
    match !may_be_ambient(route) || is_same_origin(asked, origin)? {
        true => Ok(true),
        false => Err(Rejection::OriginNotAllowed),
    }
}

/// Whether nothing would reach the service that the firewall takes out, or take out what the gateway sets.
fn is_plain(asked: &Asked<'_>) -> bool {
    let request: &CanonicalRequest = asked.request;
    let sent = |name: &&str| request.header_names().iter().any(|sent| sent == name);
    let mut listed = request.connection_names().iter();
    let upgrade = (asked.headers)("upgrade");
    let one_protocol = matches!(upgrade.as_slice(), [one] if one.expose().eq_ignore_ascii_case(b"websocket"));
    one_protocol && listed.all(|name| IN_CONNECTION.contains(&name.as_str())) && !AS_SENT.iter().any(sent)
}

/// Whether a browser may have sent the credential without being asked to.
fn may_be_ambient(route: &Route) -> bool {
    let in_cookie = route.credentials.iter().any(|place| matches!(place, Place::Cookie(_)));
    in_cookie && route.allow != Allow::Anyone
}

/// Whether a page of the host that was asked, or of the gateway's own origin, is behind the request (RFC 6454 section 7).
fn is_same_origin(asked: &Asked<'_>, origin: Option<&str>) -> Result<bool, Rejection> {
    let Some(sent) = header("origin", asked)? else {
        return Ok(false);
    };
    let asked_host = format!("https://{}", asked.request.authority().text());
    Ok(*sent.expose() == asked_host || Some(sent.expose().as_str()) == origin)
}
