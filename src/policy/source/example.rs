//! `[[examples]]` as it is written: a request, and what must come of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A test of the policy: a request, and what must come of it. `tollgate test` runs it through the gateway's own code.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Where the example stands in the text, from 0. Not written.
    #[serde(skip)]
    #[schemars(skip)]
    pub at: usize,
    /// What it shows, for the table.
    #[schemars(example = &"a reader sees one order")]
    pub name: Option<String>,
    /// Method and path, or method and URL; where no host is named, the first of `gateway.hosts` that is no `*.`.
    #[schemars(example = &"GET /v1/orders/7")]
    pub request: String,
    /// Headers of the request.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "x-api-version": "2" }))]
    pub headers: BTreeMap<String, String>,
    /// Who asks; nobody unless said otherwise.
    #[schemars(example = serde_json::json!({ "issuer": "okta", "scopes": ["orders:read"] }))]
    pub caller: Option<Caller>,
    /// The client's address.
    #[schemars(example = &"203.0.113.9")]
    pub from: Option<String>,
    /// The country that the address is in; without `from` it stands for an address there, 192.0.2.1.
    #[schemars(example = &"DE")]
    pub country: Option<String>,
    /// When, in UTC: RFC 3339, as in `2026-11-21T08:00:00Z`; now unless said otherwise.
    #[schemars(example = &"2026-11-21T08:00:00Z")]
    pub at_time: Option<String>,
    /// What must come of it: `forward SERVICE`, `forward SERVICE@REVISION`, `respond STATUS`, `redirect LOCATION` or
    /// `refuse CODE`.
    #[schemars(example = &"forward orders")]
    pub expect: String,
}

/// Who asks: what a good token of that issuer says.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// The issuer, by the policy's name.
    #[schemars(example = &"okta")]
    pub issuer: String,
    /// The claim `sub`.
    #[schemars(example = &"u1")]
    pub subject: Option<String>,
    /// The claim `client_id`.
    #[schemars(example = &"batch-exporter")]
    pub client: Option<String>,
    /// What the claim `scope` lists.
    #[serde(default)]
    #[schemars(example = vec!["orders:read"])]
    pub scopes: Vec<String>,
    /// Roles, in the claim that the issuer's `roles` names.
    #[serde(default)]
    #[schemars(example = vec!["admin"])]
    pub roles: Vec<String>,
    /// Groups, in the claim that the issuer's `groups` names.
    #[serde(default)]
    #[schemars(example = vec!["staff"])]
    pub groups: Vec<String>,
    /// Other claims, by name or by a path with dots between: texts, numbers, yes/no, or lists of these.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "org": { "tier": "gold" } }))]
    pub claims: BTreeMap<String, serde_json::Value>,
}
