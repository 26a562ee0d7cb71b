//! The decision: a pure function from route and caller to a permit or a refusal.
//!
//! Promises: only [`decide`] makes a [`Permit`], and everything that answers or forwards asks for one. A route that is
//! not public admits no caller whose claims were not verified, and there is no third way between the two.

use std::{net::IpAddr, sync::Arc};

use crate::{
    identity::{claims::Claims, verify::Verified},
    policy::{
        pages::Found,
        rule::{Circumstances, Rule, Unmet},
        site::{
            route::{Allow, Route},
            service::Service,
        },
        wanted::Captures,
    },
    rejection::Rejection,
    time::UnixSeconds,
};

/// Who asks.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody in particular: no credential was looked at.
    Anyone,
    /// Someone whose claims are verified.
    Known(Arc<Verified<Claims>>),
}

/// From where and when it is asked, and for what of the path.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The country that the address is in, two upper-case letters; looked up only where a rule asks for countries.
    pub country: Option<&'a str>,
    /// Now.
    pub now: UnixSeconds,
    /// What the route's path template took, decoded.
    pub captures: &'a Captures,
}

/// The right to let one request through on one route. Made by [`decide`] and nowhere else.
#[derive(Debug)]
pub struct Permit {
    found: Arc<Found>,
    caller: Caller,
}

impl Permit {
    /// The route that permits.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.found.route
    }

    /// The service that the route goes to.
    #[must_use]
    pub fn service(&self) -> Option<&Service> {
        self.found.service.as_ref()
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
/// [`Rejection::CredentialMissing`] where the route needs a caller and there is none, else what the rule that the caller
/// came furthest with lacked; the first of those that they came equally far with.
pub fn decide(found: Arc<Found>, caller: Caller, scene: &Scene<'_>) -> Result<Permit, Rejection> {
    let refused = match (&found.route.allow, &caller) {
        (Allow::Anyone, _) => None,
        (Allow::OneOf(_), Caller::Anyone) => Some(Rejection::CredentialMissing),
        (Allow::OneOf(rules), Caller::Known(claims)) => refusal(rules, claims.get(), scene),
    };
    match refused {
        None => Ok(Permit { found, caller }),
        Some(rejection) => Err(rejection),
    }
}

fn refusal(rules: &[Rule], claims: &Claims, scene: &Scene<'_>) -> Option<Rejection> {
    let circumstances = Circumstances {
        claims,
        address: scene.address,
        country: scene.country,
        now: scene.now,
        captures: scene.captures,
    };
    let mut furthest: Option<(Unmet, &Rule)> = None;
    for rule in rules {
        let unmet = rule.unmet(&circumstances)?;
        if furthest.is_none_or(|(before, _)| unmet > before) {
            furthest = Some((unmet, rule));
        }
    }
    let told = furthest.map(|(unmet, rule)| rule.rejection(unmet));
    Some(told.unwrap_or(Rejection::IssuerNotAllowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::claims::tests::claims, policy::compile::compile_text};

    fn scene() -> Scene<'static> {
        const NOTHING: &Captures = &Captures(Vec::new());
        Scene {
            address: None,
            country: None,
            now: UnixSeconds(0),
            captures: NOTHING,
        }
    }

    /// The first route of a policy with this `allow`.
    fn route(allow: &str) -> Arc<Found> {
        let policy = format!(
            "gateway.hosts = [\"a.example\"]\n\
             issuers.okta = {{ issuer = \"https://okta.example\", audience = [\"a\"] }}\n\
             issuers.other = {{ issuer = \"https://other.example\", audience = [\"a\"] }}\n\
             routes = [{{ path = \"/\", allow = {allow}, respond = {{ status = 200 }} }}]\n"
        );
        let route = compile_text(&policy).unwrap().parts().routes[0].clone();
        Arc::new(Found { route, service: None })
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
            assert_eq!(decide(route(allow), caller, &scene()).map(drop), expected, "{name}");
        }
    }

    #[test]
    fn a_permit_tells_whom_it_is_for() {
        let (public, private) = (route("\"anyone\""), route(r#"[{ issuer = "okta" }]"#));
        let permit = decide(Arc::clone(&private), caller(&[]), &scene()).unwrap();
        assert_eq!(permit.claims().and_then(|claims| claims.subject.as_deref()), Some("u1"));
        assert_eq!(permit.route(), &private.route);
        assert_eq!(decide(public, Caller::Anyone, &scene()).unwrap().claims(), None);
    }
}
