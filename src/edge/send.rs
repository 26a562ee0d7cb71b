//! Answers on their way to the client.

use fastly::{
    Response,
    http::{HeaderValue, StatusCode},
};
use tollgate::{answer::Answer, gateway::Outcome};

use crate::edge::edits::edit;

/// Gives the client what it gets. `bodiless` is for `HEAD`.
pub(super) fn send(outcome: Outcome<Response>, bodiless: bool) {
    match outcome {
        Outcome::Forwarded(forwarded) => {
            let mut response = forwarded.inbound.response;
            edit(&forwarded.edits, |name, value| match value {
                Some(value) => response.set_header(name, value),
                None => drop(response.remove_header(name)),
            });
            response.send_to_client();
        }
        Outcome::Answered(answer) => send_own(answer, bodiless),
    }
}

/// Gives the client an answer of our own.
pub(super) fn send_own(answer: Answer, bodiless: bool) {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::from_status(status);
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.set_header(*name, value);
        }
    }
    if !bodiless {
        response.set_body(answer.body);
    }
    response.send_to_client();
}
