//! The site: a compiled policy.
//!
//! Promises: a [`Site`] is valid by construction. Every name that one part uses is there, paths and URLs are parsed,
//! routes stand in order of precedence and no two compete. The edge runs it in [`crate::policy::pages`].

pub mod route;
pub mod service;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    policy::{
        host_pattern::HostPattern,
        issuer::{ISSUERS_MAX, Issuer, Vouching},
        site::{
            route::{Action, Allow, Place, Route},
            service::Service,
        },
    },
    upstream::send::Endpoint,
};

/// The longest that claims are remembered, in seconds.
pub const REMEMBER_S_MAX: u64 = 86_400;

/// A compiled policy, whole. The edge never sees it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    parts: Parts,
}

/// What a site is made of. A `Site` is a `Parts` whose names are known to agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The gateway itself, and who may vouch.
    pub settings: Settings,
    /// The Cloud Run services, by the policy's name.
    pub services: BTreeMap<String, Service>,
    /// The routes, in order of precedence.
    pub routes: Vec<Route>,
}

/// What holds for all routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The hosts that are answered for.
    pub hosts: Vec<HostPattern>,
    /// The Google Cloud project whose Cloud Logging nests the edge's entries under Cloud Run's.
    pub project: Option<String>,
    /// How long verified claims are remembered at most, in seconds.
    pub remember_s: u64,
    /// Who may vouch for a caller, by the policy's name.
    pub issuers: BTreeMap<String, Issuer>,
    /// The gateway's own public origin, which is the issuer of what it signs.
    pub origin: Option<String>,
    /// Whether a client's well-formed `X-Request-Id` is taken over.
    pub accept_request_id: bool,
    /// The assertions that services get about callers.
    pub assertions: Option<Assertions>,
    /// How the gateway becomes an invoker without a key of Google's.
    pub workload_identity: Option<WorkloadIdentity>,
    /// Where any route takes a credential, besides `Authorization`. None of these reaches a service, whichever route the
    /// request takes: a browser sends its cookies everywhere.
    pub credentials: Vec<Place>,
}

/// The longest that an assertion is valid, in seconds.
pub const ASSERTION_TTL_S_MAX: u64 = 120;

/// The signed statements about callers that services get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertions {
    /// Their `iss`: the gateway's public origin.
    pub issuer: String,
    /// The secrets with the keys, one or two: the first signs, all are published.
    pub keys: Vec<String>,
    /// How long one is valid, in seconds; at most [`ASSERTION_TTL_S_MAX`].
    pub ttl_s: u64,
}

/// Workload identity federation (Google Cloud IAM): the gateway signs who it is, Google's Security Token Service takes
/// that for a token of a pool's member, and this member may have ID tokens made for invokers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadIdentity {
    /// The provider's resource name: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
    pub provider: String,
    /// The secret with the key that signs.
    pub key: String,
    /// The `iss` that the provider was created with.
    pub issuer: String,
    /// The `sub`, which the pool's principal is named by.
    pub subject: String,
    /// Where the Security Token Service is: `https://sts.googleapis.com`.
    pub sts: Endpoint,
    /// Where the Service Account Credentials API is: `https://iamcredentials.googleapis.com`.
    pub iam_credentials: Endpoint,
}

impl Settings {
    /// The issuers whose tokens may say this `iss` and `tid`, with their policy names, in the order of these. Several may
    /// differ in audience, claims or how they vouch.
    #[must_use]
    pub fn issuers_of(&self, iss: &str, tenant: Option<&str>) -> Vec<(&str, &Issuer)> {
        self.issuers
            .iter()
            .filter(|(_, issuer)| issuer.takes(iss, tenant))
            .map(|(name, issuer)| (name.as_str(), issuer))
            .collect()
    }

    /// Whether the gateway answers for this host.
    #[must_use]
    pub fn answers_for(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| pattern.takes(host))
    }

    /// Checks what the types leave open.
    ///
    /// # Errors
    /// What is out of bounds.
    pub fn check(&self) -> Result<(), String> {
        if self.hosts.is_empty() {
            return Err("there is no host".to_owned());
        }
        if self.remember_s > REMEMBER_S_MAX {
            return Err("the time that claims are remembered is too long".to_owned());
        }
        if self.issuers.len() > ISSUERS_MAX {
            return Err(format!("there are more than {ISSUERS_MAX} issuers"));
        }
        let asked = |issuer: &&Issuer| matches!(issuer.vouching, Vouching::Introspection(_));
        if self.issuers.values().filter(asked).count() > 1 {
            return Err("more than one issuer is asked about opaque tokens".to_owned());
        }
        self.issuers.values().try_for_each(Issuer::check)
    }
}

impl Site {
    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What holds for all routes.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }
}

impl TryFrom<Parts> for Site {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        parts.settings.check()?;
        for route in &parts.routes {
            if let Allow::OneOf(rules) = &route.allow
                && let Some(issuer) = rules
                    .iter()
                    .flat_map(|rule| &rule.issuers)
                    .find(|issuer| !parts.settings.issuers.contains_key(*issuer))
            {
                return Err(format!("the route {} names the unknown issuer {issuer}", route.name()));
            }
            if let Action::Forward(forward) = &route.action
                && !parts.services.contains_key(&forward.service)
            {
                return Err(format!(
                    "the route {} names the unknown service {}",
                    route.name(),
                    forward.service
                ));
            }
        }
        if !parts.routes.is_sorted_by(|one, next| one.precedence(next).is_le()) {
            return Err("the routes are not in order of precedence".to_owned());
        }
        Ok(Self { parts })
    }
}
