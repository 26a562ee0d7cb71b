//! The judgement on a request: who asks, whether they may, and where it goes.
//!
//! Promises: the same steps for the policy in force and for a candidate that is only watched. Nothing here is sent.

use std::sync::Arc;

use crate::{
    host::Host,
    identity::identify::{Cache, Identified, identify},
    policy::{
        active,
        decide::{Caller, Permit, Scene, decide},
        pages::Found,
        route::Asked,
        rule::Rule,
        site::{
            route::{Action, Allow, Route},
            service::Service,
        },
        tuning::Knobs,
        wanted::{Captures, Test, Wanted},
    },
    rejection::{Rejection, TokenRefusal},
    request::{CanonicalRequest, Head},
    sandbox::{Sandbox, policies::Versioned},
    time::UnixSeconds,
    upstream::pick::{self, Picked, pick},
};

/// What a request is judged by.
pub(super) struct Court<'a, H: Host> {
    pub(super) host: &'a H,
    pub(super) sandbox: &'a Sandbox,
    pub(super) head: &'a Head,
    pub(super) asked: Asked<'a>,
    pub(super) now: UnixSeconds,
    /// Whether the POP's cache may be asked.
    pub(super) cache: Cache,
}

/// What a permitted request leads to.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) permit: Permit,
    /// Where it goes; `None` for what is answered at the edge.
    pub(super) target: Option<Picked>,
}

/// What was learned on the way, whatever the end.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) identified: Option<Identified>,
    pub(super) identify_us: Option<u64>,
    pub(super) problems: Vec<String>,
}

impl<H: Host> Clone for Court<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Host> Copy for Court<'_, H> {}

impl<H: Host> Court<'_, H> {
    /// Judges a request that a route takes.
    pub(super) async fn judge(
        &self,
        versioned: &Versioned,
        found: &Arc<Found>,
        noted: &mut Noted,
    ) -> Result<Judged, Rejection> {
        let route = &found.route;
        self.asked.request.refused_unless(&route.relax)?;
        let caller = self.caller(versioned, route, noted).await?;
        let captures = match asks_captures(route) {
            true => route
                .path
                .captures(self.asked.request.path(), |segments| segments.join("/")),
            false => Captures::default(),
        };
        let country = match (asks_country(route), self.head.client) {
            (true, Some(address)) => self.host.country(address),
            _ => None,
        };
        let scene = Scene {
            address: self.head.client,
            country: country.as_deref(),
            now: self.now,
            captures: &captures,
        };
        let permit = decide(Arc::clone(found), caller, &scene)?;
        let target = match (&route.action, &found.service) {
            (Action::Forward(forward), Some(service)) => {
                Some(self.target((&forward.service, service), &permit, noted).await?)
            }
            (Action::Forward(forward), None) => {
                return Err(Rejection::Misconfigured(format!(
                    "there is no service {}",
                    forward.service
                )));
            }
            (Action::Respond(_) | Action::Redirect(_), _) => None,
        };
        Ok(Judged { permit, target })
    }

    /// Nobody on a public route, where credentials are not looked at; else a caller who is known.
    async fn caller(&self, versioned: &Versioned, route: &Route, noted: &mut Noted) -> Result<Caller, Rejection> {
        if route.allow == Allow::Anyone {
            return Ok(Caller::Anyone);
        }
        let started = self.host.stopwatch_us();
        let identified = identify(
            (self.host, self.cache),
            self.sandbox,
            versioned,
            self.asked.request,
            self.now,
        )
        .await;
        noted.identify_us = Some(self.host.stopwatch_us().saturating_sub(started));
        let identified = identified?;
        let claims = Arc::clone(&identified.claims);
        noted.identified = Some(identified);
        Ok(Caller::Known(claims))
    }

    /// Where a permitted request goes, by the service's knobs.
    async fn target(
        &self,
        (name, service): (&str, &Service),
        permit: &Permit,
        noted: &mut Noted,
    ) -> Result<Picked, Rejection> {
        let service_named = (name, service);
        let knobs = match self.cache {
            Cache::Used => active::knobs(self.host, self.sandbox, service_named, self.now, &mut noted.problems).await?,
            Cache::LeftAlone => active::knobs_of_candidate(self.host, self.sandbox, service_named, self.now).await,
        };
        check_revocation(&knobs, permit)?;
        if let Some(maintenance) = knobs.maintenance {
            return Err(Rejection::Maintenance {
                retry_after_s: maintenance.retry_after_s,
            });
        }
        let client = pick::Client {
            claims: permit.claims(),
            address: self.head.client,
        };
        Ok(pick((name, service), &knobs, &self.asked, client)?)
    }
}

/// The refusal where no route was found. What is ambiguous for all routes is told so, and not that there is none.
pub(super) fn unrouted(request: &CanonicalRequest, rejection: Rejection) -> Rejection {
    request.refused_unless(&[]).map_or_else(Rejection::from, |()| rejection)
}

/// A token that does not say when it was issued may be as old as any.
fn check_revocation(knobs: &Knobs, permit: &Permit) -> Result<(), TokenRefusal> {
    match (knobs.revoked_before, permit.claims()) {
        (Some(epoch), Some(claims)) if claims.issued_at.is_none_or(|issued_at| issued_at < epoch) => {
            Err(TokenRefusal::Revoked)
        }
        _ => Ok(()),
    }
}

fn asks_country(route: &Route) -> bool {
    has_rule(route, |rule| !rule.countries.is_empty())
}

fn asks_captures(route: &Route) -> bool {
    let asks = |test: &Test| matches!(test.wanted, Wanted::Captured(_));
    has_rule(route, |rule| rule.claims.iter().any(asks))
}

fn has_rule(route: &Route, asks: impl Fn(&Rule) -> bool) -> bool {
    match &route.allow {
        Allow::Anyone => false,
        Allow::OneOf(rules) => rules.iter().any(asks),
    }
}
