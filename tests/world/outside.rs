//! What lies outside beside Google and the services: issuers' documents, key sets and introspection endpoints.
//!
//! Promises: an address answers as a test has told it ([`super::World::answer`]), and nobody is at any other. An answer
//! that is longer than the call allows is the fault that every platform gives.

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate::{
    host::SendFault,
    secret::Secret,
    upstream::send::{Ask, Call, Reply},
};

use super::INSIDE;

/// What an address does when it is called.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Gives this status and body.
    Gives(u16, String),
    /// Gives what this makes of the call.
    Makes(fn(&Call) -> (u16, String)),
    /// Takes no connection.
    Refuses,
    /// Says nothing in time.
    IsLate,
    /// Breaks off.
    BreaksOff,
    /// Gives 200 and bytes that are no text.
    GivesGarbage,
    /// Gives 200 and one byte more than the call allows.
    GivesTooMuch,
}

impl Answer {
    /// 200 with JSON.
    pub(crate) fn json(body: &Value) -> Self {
        Self::Gives(200, body.to_string())
    }

    /// This status with an empty body.
    pub(crate) fn status(status: u16) -> Self {
        Self::Gives(status, String::new())
    }

    fn to(&self, call: &Call) -> Result<Reply, SendFault> {
        let (status, body) = match self {
            Self::Gives(status, body) => (*status, body.clone().into_bytes()),
            Self::Makes(make) => {
                let (status, body) = make(call);
                (status, body.into_bytes())
            }
            Self::Refuses => return Err(SendFault::Refused(INSIDE.to_owned())),
            Self::IsLate => return Err(SendFault::Timeout(INSIDE.to_owned())),
            Self::BreaksOff => return Err(SendFault::Reset(INSIDE.to_owned())),
            Self::GivesGarbage => (200, vec![0xff, 0x00, b'{', 0xc0]),
            Self::GivesTooMuch => (200, vec![b' '; call.body_bytes_max + 1]),
        };
        if body.len() > call.body_bytes_max {
            return Err(SendFault::Reset(format!("{INSIDE}: the answer is too long")));
        }
        Ok(Reply {
            status,
            body: Secret::new(body),
        })
    }
}

/// All addresses at which somebody is.
#[derive(Debug, Default)]
pub(crate) struct Outside(BTreeMap<String, Answer>);

impl Outside {
    pub(super) fn put(&mut self, url: &str, answer: Answer) {
        self.0.insert(url.to_owned(), answer);
    }

    /// The answer to a call; none if nobody was told what to say there.
    pub(super) fn answer(&self, call: &Call) -> Option<Result<Reply, SendFault>> {
        self.0.get(&url(call)).map(|answer| answer.to(call))
    }
}

/// Where a call goes: origin, path and query.
pub(crate) fn url(call: &Call) -> String {
    format!("{}{}", call.destination.endpoint.origin(), call.target)
}

/// A member of the form that a call posts.
pub(crate) fn posted<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    let Ask::Form(form) = &call.ask else {
        return None;
    };
    let member = form.iter().find(|(member, _)| *member == name);
    member.map(|(_, value)| value.expose().as_str())
}
