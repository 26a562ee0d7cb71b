//! Answers on their way to the client.

use std::io::Write;

use fastly::{
    handle::{BodyHandle, ResponseHandle},
    http::{HeaderValue, StatusCode},
};
use tollgate::{answer::Answer, gateway::Outcome};

use crate::edge::{
    edits::{Values, edit, header_name},
    message::Response,
};

/// Gives the client what it gets. `bodiless` is for `HEAD`.
pub(super) fn send(outcome: Outcome<Response>, bodiless: bool) {
    match outcome {
        Outcome::Forwarded(forwarded) => {
            let Response { mut head, body } = forwarded.inbound.response;
            edit(&forwarded.edits, &Values::default(), |name, value| match value {
                Some(value) => head.insert_header(name, &value),
                None => drop(head.remove_header(name)),
            });
            head.send_to_client(body);
        }
        Outcome::Answered(answer) => send_own(answer, bodiless),
    }
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
