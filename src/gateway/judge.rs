//! The judgement on a request: who asks, whether they may, and where it goes.
//!
//! Promises: the same steps for the policy in force and for a candidate that is only watched. Nothing here is sent.

use std::sync::Arc;

use crate::{
    host::Host,
    identity::{
        binding,
        claims::Claims,
        identify::{Identified, identify},
        means::Means,
        origin::Cache,
        outcome::Known,
        presented::Presented,
        revoked,
        verify::Verified,
    },
    policy::{
        active,
        decide::{Caller, Permit, Scene, decide},
        issuer::Issuer,
        pages::Found,
        route::Asked,
        rule::Rule,
        site::{
            route::{Action, Allow, Place, Route},
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
    /// The client's certificate, read only where a token is bound to one.
    pub(super) certificate: &'a dyn Fn() -> Option<Vec<u8>>,
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
    /// Where the policy's routes take credentials, which no service gets.
    pub(super) credentials: Vec<Place>,
    /// The policy by which it was judged.
    pub(super) versioned: Arc<Versioned>,
}

/// What was learned on the way, whatever the end.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) known: Option<Known>,
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
        versioned: &Arc<Versioned>,
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
            (Action::Respond(_) | Action::Redirect(_) | Action::AssertionKeys, _) => None,
        };
        let settings = versioned.index.settings();
        Ok(Judged {
            permit,
            target,
            versioned: Arc::clone(versioned),
            credentials: settings.credentials.clone(),
        })
    }

    /// Nobody on a public route, where credentials are not looked at; else a caller who is known.
    async fn caller(&self, versioned: &Versioned, route: &Route, noted: &mut Noted) -> Result<Caller, Rejection> {
        if route.allow == Allow::Anyone {
            return Ok(Caller::Anyone);
        }
        let started = self.host.stopwatch_us();
        let known = self.known(versioned, route, noted).await;
        noted.identify_us = Some(self.host.stopwatch_us().saturating_sub(started));
        Ok(Caller::Known(known?))
    }

    /// The caller whom a credential makes known, if it is used as it must be and was not revoked.
    async fn known(
        &self,
        versioned: &Versioned,
        route: &Route,
        noted: &mut Noted,
    ) -> Result<Arc<Verified<Claims>>, Rejection> {
        let means = Means {
            host: self.host,
            cache: self.cache,
            sandbox: self.sandbox,
            now: self.now,
        };
        let places = route.credentials.as_slice();
        let identified = identify(means, versioned, (&self.asked, places), &mut noted.problems).await?;
        let Identified { known, presented } = identified;
        let claims = Arc::clone(&known.claims);
        noted.known = Some(known);
        let issuer = versioned.index.settings().issuers.get(&claims.get().issuer_name);
        let issuer = issuer.ok_or(TokenRefusal::IssuerUnknown)?;
        self.check_binding(issuer, (&presented, &claims), noted).await?;
        let seen = (self.host, self.cache);
        let told = (issuer.issuer.as_str(), claims.get());
        revoked::check(seen, self.sandbox, told, self.now, &mut noted.problems).await?;
        Ok(claims)
    }

    /// Whether who sent the token may hold it, asked anew for each request.
    async fn check_binding(
        &self,
        issuer: &Issuer,
        (presented, claims): (&Presented, &Verified<Claims>),
        noted: &mut Noted,
    ) -> Result<(), Rejection> {
        let confirmation = &claims.get().confirmation;
        let names = self.asked.request.header_names();
        let proofs = match confirmation.jkt.is_some() && names.iter().any(|name| name == binding::PROOF_HEADER) {
            true => (self.asked.headers)(binding::PROOF_HEADER),
            false => Vec::new(),
        };
        let certificate = match confirmation.x5t_s256 {
            Some(_) => (self.certificate)(),
            None => None,
        };
        let sent = binding::Sent {
            scheme: presented.scheme,
            token: &presented.token,
            proofs: &proofs,
            certificate: certificate.as_deref(),
            request: self.asked.request,
        };
        let checked = binding::check((self.host, self.cache), &sent, (claims, issuer), self.now).await;
        checked.map_err(|refused| {
            noted
                .problems
                .extend(refused.word.map(|word| format!("the DPoP proof: {word}")));
            refused.rejection
        })
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
