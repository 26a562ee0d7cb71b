//! The way of a permitted request to its service and of the response back.
//!
//! Promises: a [`Permit`] is needed, and a Google token is got first; if there is none, nothing is sent. One send, no
//! retry. What goes out is the canonical target with the firewall's headers; bodies stream both ways untouched.

use std::net::IpAddr;

use crate::{
    host::{Host, SendFault},
    identity::presented::other_cookies,
    policy::{
        decide::Permit,
        site::route::{Action, Forward, Place},
        target::encoded_captures,
    },
    rejection::Rejection,
    request::{Ambiguity, CanonicalRequest, TARGET_BYTES_MAX},
    secret::Secret,
    upstream::{
        google::GoogleToken,
        headers::{Told, request_edits, response_edits},
        pick::Picked,
        send::{HeaderEdits, Inbound, Outbound},
    },
};

/// What identifies one request to the service and in the log.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's identifier.
    pub request_id: &'a str,
}

/// A service's response and the edits that it needs on its way to the client.
#[derive(Debug)]
pub struct Forwarded<R> {
    /// The response.
    pub inbound: Inbound<R>,
    /// The edits.
    pub edits: HeaderEdits,
}

/// Sends a permitted request where it was decided that it goes.
///
/// # Errors
/// [`Rejection::Misconfigured`] or [`Rejection::RequestAmbiguous`] when nothing was sent, else [`Rejection::UpstreamRefused`], [`Rejection::UpstreamTimeout`] or [`Rejection::UpstreamReset`].
pub async fn forward<H: Host>(
    host: &H,
    permit: &Permit,
    request: &CanonicalRequest,
    original: H::Request,
    (target, credentials): (&Picked, &[Place]),
    google_token: &GoogleToken,
    client: Client<'_>,
) -> Result<Forwarded<H::Response>, Rejection> {
    let destination = target.destination.clone();
    let told = Told {
        permit,
        google_token: &google_token.token,
        client: client.address,
        request_id: client.request_id,
        host: destination.endpoint.host_header(),
        credentials,
        cookies: cookies(host, credentials, &original),
    };
    let outbound = Outbound {
        edits: request_edits(request, &told),
        target: rewritten(permit, request)?,
        destination,
    };
    let inbound = host.forward(original, &outbound).await.map_err(|fault| match fault {
        SendFault::NotSent(why) => Rejection::Misconfigured(why),
        SendFault::Refused(why) => Rejection::UpstreamRefused(why),
        SendFault::Timeout(why) => Rejection::UpstreamTimeout(why),
        SendFault::Reset(why) => Rejection::UpstreamReset(why),
    })?;
    let named = (inbound.header_names.as_slice(), inbound.connection.as_slice());
    let edits = response_edits(named, &permit.route().response_headers, client.request_id);
    Ok(Forwarded { inbound, edits })
}

/// The cookies that the service gets, where some of them may be credentials.
fn cookies<H: Host>(host: &H, places: &[Place], original: &H::Request) -> Option<Secret<String>> {
    let in_cookie = places.iter().any(|place| matches!(place, Place::Cookie(_)));
    in_cookie.then(|| other_cookies(&host.header_values(original, "cookie"), places))
}

/// The request's own target, or the one that the route puts in its place.
fn rewritten(permit: &Permit, request: &CanonicalRequest) -> Result<String, Ambiguity> {
    let route = permit.route();
    let Action::Forward(Forward {
        rewrite: Some(rewrite), ..
    }) = &route.action
    else {
        return Ok(request.target());
    };
    let mut target = rewrite.fill(&encoded_captures(&route.path, request.path()))?;
    if let Some(query) = request.query() {
        target.push('?');
        target.push_str(query);
    }
    match target.len() <= TARGET_BYTES_MAX {
        true => Ok(target),
        false => Err(Ambiguity::TargetTooLong),
    }
}
