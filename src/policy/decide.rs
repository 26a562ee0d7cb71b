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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::claims::tests::claims, policy::compile::compile_text};

    /// The first route of a policy with this `allow`.
    fn route(allow: &str) -> Route {
        let policy = format!(
            "gateway.hosts = [\"a.example\"]\n\
             issuers.okta = {{ issuer = \"https://okta.example\", audience = [\"a\"] }}\n\
             issuers.other = {{ issuer = \"https://other.example\", audience = [\"a\"] }}\n\
             routes = [{{ path = \"/\", allow = {allow}, respond = {{ status = 200 }} }}]\n"
        );
        compile_text(&policy).unwrap().parts().routes[0].clone()
    }

    /// A caller whom `okta` vouches for.
    fn caller(scopes: &[&str]) -> Caller {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        Caller::Known(Arc::new(Verified::for_tests(Claims { scopes, ..claims() })))
    }

    #[test]
    fn routes_admit_whom_they_name_and_nobody_else() {
        let missing = |scopes: &[&str]| {
            Err(Rejection::ScopeMissing {
                scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            })
        };
        let (any, one) = (r#"[{ issuer = "okta" }]"#, r#"[{ issuer = "okta", scopes = ["a"] }]"#);
        let both = r#"[{ issuer = "okta", scopes = ["a", "b"] }]"#;
        let either = r#"[{ issuer = "okta", scopes = ["a"] }, { issuer = "okta", scopes = ["b"] }]"#;
        let (other, mixed) = (
            r#"[{ issuer = "other" }]"#,
            r#"[{ issuer = "other" }, { issuer = "okta", scopes = ["a"] }]"#,
        );
        for (name, allow, caller, expected) in [
            ("public, nobody", "\"anyone\"", Caller::Anyone, Ok(())),
            ("public, somebody", "\"anyone\"", caller(&[]), Ok(())),
            ("nobody", any, Caller::Anyone, Err(Rejection::CredentialMissing)),
            ("any of the issuer", any, caller(&[]), Ok(())),
            ("one scope", one, caller(&["b", "a"]), Ok(())),
            ("no scope", one, caller(&[]), missing(&["a"])),
            ("scope that begins so", one, caller(&["ab"]), missing(&["a"])),
            ("scope in another case", one, caller(&["A"]), missing(&["a"])),
            ("both scopes", both, caller(&["a", "b"]), Ok(())),
            ("one of both", both, caller(&["a"]), missing(&["a", "b"])),
            ("either, the first", either, caller(&["a"]), Ok(())),
            ("either, the second", either, caller(&["b"]), Ok(())),
            ("neither: the first is told", either, caller(&["c"]), missing(&["a"])),
            (
                "another issuer's rule",
                other,
                caller(&["a"]),
                Err(Rejection::IssuerNotAllowed),
            ),
            (
                "another issuer's rule is no way in",
                mixed,
                caller(&[]),
                missing(&["a"]),
            ),
            ("the own rule among others", mixed, caller(&["a"]), Ok(())),
        ] {
            assert_eq!(decide(&route(allow), caller).map(drop), expected, "{name}");
        }
    }

    #[test]
    fn a_permit_tells_whom_it_is_for() {
        let (public, private) = (route("\"anyone\""), route(r#"[{ issuer = "okta" }]"#));
        let permit = decide(&private, caller(&[])).unwrap();
        assert_eq!(permit.claims().and_then(|claims| claims.subject.as_deref()), Some("u1"));
        assert_eq!(permit.route(), &private);
        assert_eq!(decide(&public, Caller::Anyone).unwrap().claims(), None);
    }
}
