//! The decision: a pure function from route and caller to a permit or a refusal.
//!
//! Promises: only [`decide`] makes a [`Permit`], and everything that answers or forwards asks for one. A route that is
//! not public admits no caller whose claims were not verified, and there is no third way between the two.

use std::sync::Arc;

use crate::{
    identity::{claims::Claims, verify::Verified},
    policy::site::{Allow, Route, Rule},
    rejection::Rejection,
};

/// Who asks.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody in particular: no credential was looked at.
    Anyone,
    /// Someone whose claims are verified.
    Known(Arc<Verified<Claims>>),
}

/// The right to let one request through on one route. Made by [`decide`] and nowhere else.
#[derive(Debug)]
pub struct Permit<'s> {
    route: &'s Route,
    caller: Caller,
}

impl<'s> Permit<'s> {
    /// The route that permits.
    #[must_use]
    pub fn route(&self) -> &'s Route {
        self.route
    }

    /// The caller's verified claims; `None` on a public route.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match &self.caller {
            Caller::Anyone => None,
            Caller::Known(claims) => Some(claims.get()),
        }
    }
}

/// Decides whether `caller` may use `route`.
///
/// # Errors
/// [`Rejection::CredentialMissing`] where the route needs a caller and there is none, [`Rejection::IssuerNotAllowed`]
/// where no rule is for the caller's issuer, else [`Rejection::ScopeMissing`] with the scopes of the first rule that is.
pub fn decide(route: &Route, caller: Caller) -> Result<Permit<'_>, Rejection> {
    match (&route.allow, &caller) {
        (Allow::Anyone, _) => Ok(Permit { route, caller }),
        (Allow::OneOf(_), Caller::Anyone) => Err(Rejection::CredentialMissing),
        (Allow::OneOf(rules), Caller::Known(claims)) => match refusal(rules, claims.get()) {
            None => Ok(Permit { route, caller }),
            Some(rejection) => Err(rejection),
        },
    }
}

fn refusal(rules: &[Rule], claims: &Claims) -> Option<Rejection> {
    let mut nearest: Option<&Rule> = None;
    for rule in rules.iter().filter(|rule| rule.issuer == claims.issuer_name) {
        if rule.scopes.iter().all(|scope| claims.scopes.contains(scope)) {
            return None;
        }
        nearest = nearest.or(Some(rule));
    }
    Some(match nearest {
        Some(rule) => Rejection::ScopeMissing {
            scopes: rule.scopes.clone(),
        },
        None => Rejection::IssuerNotAllowed,
    })
}
