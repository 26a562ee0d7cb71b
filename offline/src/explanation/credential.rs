//! How the credential came: of which kind it is, where it stands, and what it is bound to.
//!
//! Promises: kind and place are told as the gateway finds them, with its own functions, also for a credential that it
//! refuses. What it is bound to is known only of one that is good.

use serde::Serialize;
use tollgate::{
    identity::{
        api_key,
        claims::Claims,
        presented::{Presented, Scheme},
        token::is_signed,
    },
    policy::site::route::Place,
};

/// How the credential came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// What it is, by its form: `a signed token`, `an opaque token`, `an API key`.
    pub kind: &'static str,
    /// Where it stands, as in `the header x-api-key`.
    pub place: String,
    /// What it is bound to, as in `a key of the client`; empty for what is good for whoever has it.
    pub bound_to: Vec<&'static str>,
}

impl Sent {
    pub(super) fn of((place, presented): &(Place, Presented), claims: Option<&Claims>) -> Self {
        let token = &presented.token;
        let kind = match token.expose() {
            text if text.starts_with(api_key::PREFIX) => "an API key",
            _ if is_signed(token) => "a signed token",
            _ => "an opaque token",
        };
        let place = match (place, presented.scheme) {
            (Place::Authorization, Scheme::Bearer) => "Authorization (Bearer)".to_owned(),
            (Place::Authorization, Scheme::Dpop) => "Authorization (DPoP)".to_owned(),
            (Place::Header(name), _) => format!("the header {name}"),
            (Place::Cookie(name), _) => format!("the cookie {name}"),
        };
        let cnf = claims.map(|claims| &claims.confirmation);
        let bound_to = [
            (cnf.is_some_and(|cnf| cnf.jkt.is_some()), "a key of the client"),
            (
                cnf.is_some_and(|cnf| cnf.x5t_s256.is_some()),
                "a certificate of the client",
            ),
        ];
        Self {
            kind,
            place,
            bound_to: bound_to
                .into_iter()
                .filter_map(|(is, what)| is.then_some(what))
                .collect(),
        }
    }

    /// As in `a signed token in Authorization (DPoP), bound to a key of the client`.
    pub(super) fn words(&self) -> String {
        let bound = match self.bound_to.is_empty() {
            true => String::new(),
            false => format!(", bound to {}", self.bound_to.join(" and ")),
        };
        format!("{} in {}{bound}", self.kind, self.place)
    }
}
