//! The way of a permitted request to its service and of the response back.
//!
//! Promises: a [`Permit`] is needed, and a Google token is got first; if there is none, nothing is sent. One send, no
//! retry. What goes out is the canonical target with the firewall's headers; bodies stream both ways untouched.

use std::net::IpAddr;

use crate::{
    host::{Host, SendFault},
    policy::{decide::Permit, site::Service},
    rejection::Rejection,
    request::CanonicalRequest,
    upstream::{
        google::GoogleToken,
        headers::{Told, request_edits, response_edits},
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

/// Sends a permitted request to the service of that name.
///
/// # Errors
/// [`Rejection::Misconfigured`] when nothing was sent, else [`Rejection::UpstreamRefused`], [`Rejection::UpstreamTimeout`] or [`Rejection::UpstreamReset`].
pub async fn forward<H: Host>(
    host: &H,
    permit: &Permit<'_>,
    request: &CanonicalRequest,
    original: H::Request,
    (name, service): (&str, &Service),
    google_token: &GoogleToken,
    client: Client<'_>,
) -> Result<Forwarded<H::Response>, Rejection> {
    let destination = service.destination(name);
    let told = Told {
        permit,
        google_token: &google_token.token,
        client: client.address,
        request_id: client.request_id,
        host: destination.endpoint.host_header(),
    };
    let outbound = Outbound {
        edits: request_edits(request, &told),
        target: request.target(),
        destination,
    };
    let inbound = host.forward(original, &outbound).await.map_err(|fault| match fault {
        SendFault::NotSent(why) => Rejection::Misconfigured(why),
        SendFault::Refused(why) => Rejection::UpstreamRefused(why),
        SendFault::Timeout(why) => Rejection::UpstreamTimeout(why),
        SendFault::Reset(why) => Rejection::UpstreamReset(why),
    })?;
    let edits = response_edits(&inbound.header_names, &inbound.connection, client.request_id);
    Ok(Forwarded { inbound, edits })
}
