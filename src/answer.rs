//! What the gateway answers by itself: fixed answers of the policy, and refusals.

pub mod refused;

use crate::policy::{decide::Permit, site::Action};

/// An answer made at the edge, whole and small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; not sent in answer to `HEAD`.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header of this answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The fixed answer that the permitted route gives, if it gives one.
#[must_use]
pub fn fixed(permit: &Permit<'_>, request_id: &str) -> Option<Answer> {
    match &permit.route().action {
        Action::Forward { .. } => None,
        Action::Respond {
            status,
            content_type,
            body,
        } => Some(Answer {
            status: *status,
            headers: vec![
                ("content-type", content_type.clone()),
                ("x-content-type-options", "nosniff".to_owned()),
                ("x-request-id", request_id.to_owned()),
            ],
            body: body.clone().into_bytes(),
        }),
    }
}
