//! The site: a compiled policy.
//!
//! Promises: a [`Site`] is valid by construction. Every name that one part uses is there, paths and URLs are parsed,
//! routes stand in order of precedence and no two compete. The edge runs it in [`crate::policy::pages`].

pub mod route;
pub mod service;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::{
    host_pattern::HostPattern,
    issuer::{ISSUERS_MAX, Issuer, Vouching},
    site::{
        route::{Action, Allow, Place, Route},
        service::Service,
    },
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
    /// Where any route takes a credential, besides `Authorization`. None of these reaches a service, whichever route the
    /// request takes: a browser sends its cookies everywhere.
    pub credentials: Vec<Place>,
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
