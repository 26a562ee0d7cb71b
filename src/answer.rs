//! What the gateway answers by itself: fixed answers and redirects of the policy, and refusals.

pub mod refused;

use std::borrow::Cow;

use crate::{
    policy::{
        decide::Permit,
        site::route::{Action, Redirect, Respond},
        target::encoded_captures,
    },
    request::{Ambiguity, CanonicalRequest},
};

/// An answer made at the edge, whole and small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body; not sent in answer to `HEAD`.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header of this answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The answer that the permitted route gives by itself, if it does.
///
/// # Errors
/// Where a redirect made of the request's path would lead to another host.
pub fn own(permit: &Permit, request: &CanonicalRequest, request_id: &str) -> Result<Option<Answer>, Ambiguity> {
    let route = permit.route();
    let mut answer = match &route.action {
        Action::Forward(_) | Action::AssertionKeys => return Ok(None),
        Action::Respond(respond) => fixed(respond),
        Action::Redirect(redirect) => {
            let path = redirect.path.fill(&encoded_captures(&route.path, request.path()))?;
            redirected(redirect, &path, request)
        }
    };
    answer.headers.extend([
        ("x-content-type-options".into(), "nosniff".to_owned()),
        ("x-request-id".into(), request_id.to_owned()),
    ]);
    let own = &route.response_headers;
    let edited = |name: &str| own.remove.iter().any(|own| own == name) || own.set.iter().any(|(own, _)| own == name);
    answer.headers.retain(|(name, _)| !edited(name));
    let set = own.set.iter();
    answer
        .headers
        .extend(set.map(|(name, value)| (Cow::Owned(name.clone()), value.clone())));
    Ok(Some(answer))
}

fn fixed(respond: &Respond) -> Answer {
    Answer {
        status: respond.status,
        headers: vec![("content-type".into(), respond.content_type.clone())],
        body: respond.body.clone().into_bytes(),
    }
}

fn redirected(redirect: &Redirect, path: &str, request: &CanonicalRequest) -> Answer {
    let origin = redirect.origin.as_deref().unwrap_or_default();
    let location = match request.query().filter(|_| redirect.keep_query) {
        Some(query) => format!("{origin}{path}?{query}"),
        None => format!("{origin}{path}"),
    };
    Answer {
        status: redirect.status,
        headers: vec![("location".into(), location)],
        body: Vec::new(),
    }
}
