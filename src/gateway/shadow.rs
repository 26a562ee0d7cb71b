//! A candidate policy, watched beside the one in force.
//!
//! Promises: the candidate changes nothing but the log, and the log only where it would have decided otherwise: another
//! route, another outcome or another target. It asks nothing of the POP's cache and of no service; its own faults are
//! reported once a sandbox and compare nothing.

use crate::{
    entry::Shadow,
    gateway::judge::{Court, Judged, Noted, unrouted},
    host::Host,
    identity::origin::Cache,
    policy::{
        active::{self, NoRoute},
        site::route::Action,
    },
    rejection::{Rejection, TokenRefusal},
};

/// What came of a request, as far as two policies can differ in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) route: Option<String>,
    pub(super) decision: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) target: Option<String>,
}

impl Outcome {
    pub(super) fn of(route: Option<String>, judged: &Result<Judged, Rejection>) -> Self {
        let (decision, code, target) = match judged {
            Ok(judged) => {
                let target = judged.target.as_ref();
                let target =
                    target.map(|picked| format!("{} at {}", picked.word(), picked.first.destination.endpoint.origin()));
                (word(&judged.permit.route().action), None, target)
            }
            Err(rejection) => ("refuse", Some(rejection.verdict().code), None),
        };
        Self {
            route,
            decision,
            code,
            target,
        }
    }
}

/// The log's word for what a route does.
pub(super) fn word(action: &Action) -> &'static str {
    match action {
        Action::Forward(_) => "forward",
        Action::Respond(_) => "respond",
        Action::Redirect(_) => "redirect",
        Action::AssertionKeys => "respond",
    }
}

/// What the candidate would have done, if there is one that sees this request, and if that differs.
pub(super) async fn difference<H: Host>(
    court: Court<'_, H>,
    (in_force, outcome_in_force): (&str, impl FnOnce() -> Outcome),
    problems: &mut Vec<String>,
) -> Option<Shadow> {
    let candidate = active::candidate(court.host, court.sandbox, court.now, problems).await?;
    if candidate.version == in_force || !candidate.sees(&court.head.request_id) {
        return None;
    }
    let outcome = match outcome(court, &candidate.version).await {
        Ok(Some(outcome)) => outcome,
        Ok(None) => return None,
        Err(why) => {
            problems.extend(
                court
                    .sandbox
                    .is_news(&why)
                    .then(|| format!("{why}; the candidate is not compared")),
            );
            return None;
        }
    };
    let shadow = |outcome: Outcome| Shadow {
        policy: candidate.version.clone(),
        route: outcome.route,
        decision: outcome.decision,
        code: outcome.code,
        target: outcome.target,
    };
    let in_force = outcome_in_force();
    // Whether a proof was used before is not asked for a candidate, which would take it.
    let is_replayed = in_force.code == Some(TokenRefusal::ProofReplayed.verdict().code);
    (outcome != in_force && !is_replayed).then(|| shadow(outcome))
}

/// What the candidate makes of the request; `None` where it would have to ask an issuer, which is not done for it.
async fn outcome<H: Host>(court: Court<'_, H>, version: &str) -> Result<Option<Outcome>, String> {
    let court = Court {
        cache: Cache::LeftAlone,
        ..court
    };
    let versioned = active::of_version(court.host, court.sandbox, version).await?;
    let found = match active::route(court.host, &versioned, &court.asked).await {
        Ok(found) => found,
        Err(NoRoute::BadPage(why)) => return Err(why),
        Err(NoRoute::OtherHost) => {
            let rejection = unrouted(court.asked.request, Rejection::RouteUnknown);
            return Ok(Some(Outcome::of(None, &Err(rejection))));
        }
        Err(NoRoute::Refused(rejection)) => {
            let rejection = unrouted(court.asked.request, rejection);
            return Ok(Some(Outcome::of(None, &Err(rejection))));
        }
    };
    let judged = court.judge(&versioned, &found, &mut Noted::default()).await;
    Ok(match judged {
        Err(Rejection::IntrospectionUnavailable(_) | Rejection::IssuerKeysUnavailable(_)) => None,
        judged => Some(Outcome::of(Some(found.route.name()), &judged)),
    })
}
