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
    /// The Google Cloud project whose Cloud Logging gets the edge's log; entries then name their trace in it.
    #[schemars(example = &"my-project")]
    pub project: Option<String>,
    /// How long verified claims are remembered at most; `"0s"` to verify each time, up to a day.
    #[schemars(example = &"5m", extend("default" = "5m"))]
    pub remember: Option<Seconds>,
    /// The gateway's own public origin: the issuer (`iss`) of what it signs.
    #[schemars(example = &"https://api.example.com")]
    pub origin: Option<String>,
    /// Whether a client's `X-Request-Id` is taken over where it is 16 to 64 letters, digits, `-` and `_`. The platform's
    /// own identifier is in the log in any case.
    #[schemars(example = false, extend("default" = true))]
    pub accept_request_id: Option<bool>,
    /// Signed statements about callers, for services; without this section none are made. Needs `origin`.
    #[schemars(example = serde_json::json!({ "keys": ["assertion-2026-11"] }))]
    pub assertions: Option<Assertions>,
    /// How the gateway becomes the services' invokers without a key of Google's. Services that name an `invoker_key` go
    /// by that key.
    #[schemars(example = serde_json::json!({ "provider": "projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge", "key": "workload-identity" }))]
    pub workload_identity: Option<WorkloadIdentity>,
}

/// The signed statements about callers that services get, in `X-Tollgate-Assertion`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertions {
    /// The secrets with the signing keys, as `tollgate keys create` makes them: one, or two while one takes the other's
    /// place. The first signs, all are published.
    #[schemars(example = vec!["assertion-2026-11"])]
    pub keys: Vec<String>,
    /// Where the gateway publishes their public keys.
    #[schemars(example = &"/.well-known/jwks.json", extend("default" = "/.well-known/jwks.json"))]
    pub path: Option<String>,
    /// How long one is valid, up to 120 s.
    #[schemars(example = &"60s", extend("default" = "60s"))]
    pub ttl: Option<Seconds>,
}

/// Workload identity federation: a key of one's own in place of a service account's.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadIdentity {
    /// The provider's resource name.
    #[schemars(example = &"projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge")]
    pub provider: String,
    /// The secret with the key that signs, as `tollgate keys create` makes it; of ES256, since Google takes no EdDSA.
    #[schemars(example = &"workload-identity")]
    pub key: String,
    /// The issuer that the provider was created with; `gateway.origin` unless said otherwise.
    #[schemars(example = &"https://api.example.com")]
    pub issuer: Option<String>,
    /// The subject, by which the pool's principal is named.
    #[schemars(example = &"tollgate", extend("default" = "tollgate"))]
    pub subject: Option<String>,
    /// Google's Security Token Service, where it is not at its public address.
    #[schemars(example = &"https://sts.googleapis.com", extend("default" = "https://sts.googleapis.com"))]
    pub sts: Option<String>,
    /// Google's Service Account Credentials API, likewise.
    #[schemars(example = &"https://iamcredentials.googleapis.com", extend("default" = "https://iamcredentials.googleapis.com"))]
    pub iam_credentials: Option<String>,
}
