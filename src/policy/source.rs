//! The policy as people write it: types that mirror the text.
//!
//! Promises: these types are the one description of the text. What may be written is read off them: the JSON Schema
//! that editors complete by, the reference in `docs/policy.md`, and the check that refuses unknown keys and wrong types
//! ([`crate::policy::text`]). Doc comments here are what users read there. Nothing is checked yet that needs more than
//! one place of the text; [`crate::policy::compile`] does that.

pub mod duration;
pub mod example;
pub mod issuer;
pub mod route;
pub mod rule;
pub mod service;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::source::{duration::Seconds, example::Example, issuer::Issuer, route::Route, service::Service};

/// A Tollgate policy: who may reach what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The gateway itself.
    #[serde(default)]
    pub gateway: Gateway,
    /// Who may vouch for a caller, by a name of your choice.
    #[serde(default)]
    pub issuers: BTreeMap<String, Issuer>,
    /// The Cloud Run services, by a name of your choice.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Which requests go where, and for whom. The order in the file is no matter.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// What must come of which request; `tollgate test` runs them.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// The gateway itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The hosts that are answered for; requests for others are 404. `*.example.com` stands for every name with one
    /// label more.
    #[schemars(example = vec!["api.example.com", "*.tenants.example.com"])]
    pub hosts: Vec<String>,
    /// The Google Cloud project whose Cloud Logging gets the edge's log; entries of requests with a `traceparent` then
    /// name their trace in it.
    #[schemars(example = &"my-project")]
    pub project: Option<String>,
    /// How long verified claims are remembered at most; `"0s"` to verify each time, up to a day.
    #[schemars(example = &"5m", extend("default" = "5m"))]
    pub remember: Option<Seconds>,
}
