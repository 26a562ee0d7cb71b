//! The way of a permitted request to its service and of the response back.
//!
//! Promises: a [`Permit`] is needed, and a Google token is got first; if there is none, nothing is sent. What goes out is the
//! canonical target with the firewall's headers; bodies stream both ways untouched. [`Attempts`] says how often.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    host::{Host, SendFault},
    identity::presented::other_cookies,
    policy::{
        decide::Permit,
        site::{
            route::{Action, Forward, Place},
            service::Service,
        },
        target::encoded_captures,
    },
    rejection::Rejection,
    request::{Ambiguity, CanonicalRequest, TARGET_BYTES_MAX, trace::Trace},
    sandbox::Sandbox,
    secret::Secret,
    upstream::{
        attempt,
        attempts::{Attempts, Course},
        google::GoogleToken,
        headers::{Told, request_edits},
        pick::Picked,
        response::response_edits,
        send::{Destination, HeaderEdits, Inbound, Outbound},
    },
};

/// What identifies one request to the service and in the log.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's identifier.
    pub request_id: &'a str,
    /// The platform's identifier for it, which no client chooses.
    pub platform_id: &'a str,
    /// The trace that the request belongs to.
    pub trace: &'a Trace,
    /// What else the service hears of the caller.
    pub of_caller: &'a [(Cow<'static, str>, Secret<String>)],
}

/// A service's response and the edits that it needs on its way to the client.
#[derive(Debug)]
pub struct Forwarded<R> {
    /// The response.
    pub inbound: Inbound<R>,
    /// The edits.
    pub edits: HeaderEdits,
}

/// A permitted request with all that it needs on its way.
#[derive(Debug, Clone, Copy)]
pub struct Ready<'a> {
    /// The permit.
    pub permit: &'a Permit,
    /// The request.
    pub request: &'a CanonicalRequest,
    /// Where it may go.
    pub target: &'a Picked,
    /// Where the policy's routes take credentials, which no service gets.
    pub credentials: &'a [Place],
    /// The gateway's own identity.
    pub google_token: &'a GoogleToken,
    /// What identifies it.
    pub client: Client<'a>,
    /// When it came, by the host's stopwatch.
    pub began_us: u64,
}

/// Sends a permitted request where it was decided that it goes.
///
/// # Errors
/// [`Rejection::Misconfigured`] or [`Rejection::RequestAmbiguous`] when nothing was sent, else as [`Attempts::send`].
pub async fn forward<H: Host>(
    (host, sandbox): (&H, &Sandbox),
    ready: Ready<'_>,
    original: &mut H::Request,
    course: &mut Course,
) -> Result<Forwarded<H::Response>, Rejection> {
    let service = ready.service()?;
    let message = ready.message(host, original)?;
    let attempts = ready.attempts((host, sandbox), service);
    let outbound = |destination: &Destination| ready.outbound(&message, (destination, service), false);
    let inbound = attempts.send(original, outbound, course).await?;
    let named = (inbound.header_names.as_slice(), inbound.connection.as_slice());
    let edits = response_edits(named, &ready.permit.route().response_headers, ready.client.request_id);
    Ok(Forwarded { inbound, edits })
}

/// Hands a permitted request for a WebSocket over to the service, with the same edits: to the first place that is not left
/// alone. There is no second try, and nobody learns how it went. That the
/// platform keeps none of the client's own headers in their place is known before.
///
/// # Errors
/// As [`forward`].
pub async fn hand_over<H: Host>(
    (host, sandbox): (&H, &Sandbox),
    ready: Ready<'_>,
    original: H::Request,
    course: &mut Course,
) -> Result<(), Rejection> {
    let service = ready.service()?;
    let message = ready.message(host, &original)?;
    let place = ready.attempts((host, sandbox), service).first(course).await?;
    let outbound = ready.outbound(&message, (&place.destination, service), true);
    let handed_over = host.hand_over(original, &outbound).await;
    course.attempts = u8::from(!matches!(handed_over, Err(SendFault::NotSent(_))));
    handed_over.map_err(|fault| attempt::rejection(fault, service.request_bytes_max))
}

/// What is the same in every attempt.
struct Message {
    target: String,
    cookies: Option<Secret<String>>,
}

impl<'a> Ready<'a> {
    fn attempts<H: Host>(&self, (host, sandbox): (&'a H, &'a Sandbox), service: &'a Service) -> Attempts<'a, H> {
        Attempts {
            host,
            sandbox,
            service,
            picked: self.target,
            idempotent: attempt::is_idempotent(self.request.method(), self.request.header_names()),
            bodiless: !self.request.may_have_body(),
            request_id: self.client.platform_id,
            began_us: self.began_us,
        }
    }

    fn service(&self) -> Result<&Service, Rejection> {
        let service = self.permit.service();
        service.ok_or_else(|| Rejection::Misconfigured(format!("there is no service {}", self.target.service)))
    }

    fn message<H: Host>(&self, host: &H, original: &H::Request) -> Result<Message, Ambiguity> {
        Ok(Message {
            target: rewritten(self.permit, self.request)?,
            cookies: cookies(host, self.credentials, original),
        })
    }

    /// The message to one of the service's places.
    fn outbound(
        &self,
        message: &Message,
        (destination, service): (&Destination, &Service),
        websocket: bool,
    ) -> Outbound {
        let told = Told {
            permit: self.permit,
            google_token: &self.google_token.token,
            client: self.client.address,
            request_id: self.client.request_id,
            trace: self.client.trace,
            of_caller: self.client.of_caller,
            websocket,
            host: destination.endpoint.host_header(),
            credentials: self.credentials,
            cookies: message.cookies.clone(),
        };
        Outbound {
            edits: request_edits(self.request, &told),
            target: message.target.clone(),
            destination: destination.clone(),
            body_bytes_max: service.request_bytes_max,
            repeatable: false,
        }
    }
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
