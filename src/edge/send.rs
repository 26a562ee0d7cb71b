//! Answers on their way to the client.

use std::io::Write;

use fastly::{
    handle::{BodyHandle, ResponseHandle},
    http::{HeaderValue, StatusCode},
};
use tollgate::{
    answer::Answer,
    gateway::Outcome,
    upstream::delivery::{Asked, Delivery, way},
};

use crate::edge::{
    deliver::deliver,
    edits::{Values, edit, header_name},
    host::FastlyHost,
    read::response_values,
    response::Response,
};

/// Gives the client what it gets, and tells how the body of a service's response came through. `bodiless` is for `HEAD`.
pub(super) fn send(host: &FastlyHost, outcome: Outcome<Response>, bodiless: bool) -> Option<Delivery> {
    match outcome {
        Outcome::Forwarded(forwarded) => {
            let inbound = forwarded.inbound;
            let mut response = inbound.response;
            let asked = Asked {
                head: bodiless,
                status: inbound.status,
                early: response.upload.is_some(),
            };
            let way = way(asked, &inbound.header_names, |name| {
                response_values(&response.head, name)
            });
            edit(&forwarded.edits, &Values::default(), |name, value| match value {
                Some(value) => response.head.insert_header(name, &value),
                None => drop(response.head.remove_header(name)),
            });
            return Some(deliver(response, way, &mut host.piece()));
        }
        Outcome::Answered(answer) => send_own(answer, bodiless),
        Outcome::HandedOver => {}
    }
    None
}

/// Gives the client an answer of our own.
pub(super) fn send_own(answer: Answer, bodiless: bool) {
    let mut head = ResponseHandle::new();
    head.set_status(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in &answer.headers {
        if let (Some(name), Ok(value)) = (header_name(name), HeaderValue::from_str(value)) {
            head.insert_header(&name, &value);
        }
    }
    let mut body = BodyHandle::new();
    if !bodiless {
        // It goes into the platform's memory, whole. If that fails, a status without a body is all that is left to say.
        let _ = body.write_all(&answer.body);
    }
    head.send_to_client(body);
}
