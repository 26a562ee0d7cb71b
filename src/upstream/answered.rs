//! A service's answer, judged before it goes to the client.
//!
//! Promises: of a body only as much is read as Google's own pages are long, and only where one could be in it; what was
//! read stays in the response.

use crate::{
    host::Host,
    policy::{
        decide::Permit,
        site::route::{Action, Forward},
    },
    rejection::Rejection,
    secret::Secret,
    upstream::{
        attempt,
        forward::Forwarded,
        verdict::{Answered, BEGINNING_BYTES_MAX, needs_beginning, passes},
    },
};

/// The answer, if it goes to the client as it is.
///
/// # Errors
/// As [`passes`] says, and as [`attempt::rejection`] says where the service breaks off while the beginning is read.
pub async fn judged<H: Host>(
    host: &H,
    permit: &Permit,
    mut forwarded: Forwarded<H::Response>,
) -> Result<Forwarded<H::Response>, Rejection> {
    let status = forwarded.inbound.status;
    if matches!(status, 200..=400) {
        return Ok(forwarded);
    }
    let values = |name: &str| host.response_values(&forwarded.inbound.response, name);
    let [content_type, challenges, retry_after] = ["content-type", "www-authenticate", "retry-after"].map(values);
    let content_type = slices(&content_type);
    let beginning = match needs_beginning(status, &content_type) {
        true => host.peek(&mut forwarded.inbound.response, BEGINNING_BYTES_MAX).await,
        false => Ok(Secret::new(Vec::new())),
    };
    let body_bytes_max = permit.service().map_or(0, |service| service.request_bytes_max);
    let beginning = beginning.map_err(|fault| attempt::rejection(fault, body_bytes_max))?;
    let answered = Answered {
        status,
        content_type: &content_type,
        challenges: &slices(&challenges),
        retry_after: &slices(&retry_after),
        beginning: beginning.expose(),
    };
    passes(&answered, passes_errors(permit)).map(|()| forwarded)
}

fn slices(values: &[Secret<Vec<u8>>]) -> Vec<&[u8]> {
    values.iter().map(|value| value.expose().as_slice()).collect()
}

fn passes_errors(permit: &Permit) -> bool {
    matches!(
        &permit.route().action,
        Action::Forward(Forward { pass_errors: true, .. })
    )
}
