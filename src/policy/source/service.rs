//! `[services.NAME]` as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::source::{duration::Milliseconds, rule::Wanted};

/// A Cloud Run service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Where the service is reached: an origin, `https` and without path; plain `http` for this machine only. Left out
    /// where `regions` says it.
    #[schemars(example = &"https://orders-123456789.europe-west1.run.app")]
    pub url: Option<String>,
    /// The service account that IAM lets in.
    #[schemars(example = &"edge@my-project.iam.gserviceaccount.com")]
    pub invoker: String,
    /// The secret that holds the invoker's key file; the invoker's e-mail with `.` for `@` unless said otherwise. With
    /// `[gateway.workload_identity]` no key is needed, and one is used only where it is named here.
    #[schemars(example = &"edge-key")]
    pub invoker_key: Option<String>,
    /// What IAM asks for in `aud`: the service's URL, or a custom audience. Needed where there are several regions,
    /// since a custom audience is what their services share.
    #[schemars(example = &"https://orders.example.com")]
    pub audience: Option<String>,
    /// How long to wait.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "first_byte": "5s" }))]
    pub timeouts: Timeouts,
    /// The regions that the service runs in, the preferred first.
    #[serde(default)]
    #[schemars(example = serde_json::json!([{ "name": "europe-west1", "url": "https://orders-123456789.europe-west1.run.app" }]))]
    pub regions: Vec<Region>,
    /// All attempts for one request together, until the answer begins. As long as `timeouts.first_byte` where that is more
    /// and this is not written.
    #[schemars(example = &"20s", extend("default" = "30s"))]
    pub deadline: Option<Milliseconds>,
    /// How often a request is tried again.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "attempts": 3 }))]
    pub retries: Retries,
    /// When an endpoint that fails is left alone.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "failures": 5, "open": "5s" }))]
    pub breaker: Breaker,
    /// The longest body of a request, in bytes; a longer one is refused with 413. Cloud Run takes 32 MiB by HTTP/1.
    #[schemars(example = 1_048_576, extend("default" = 33_554_432))]
    pub request_bytes_max: Option<u64>,
    /// The cookie by which callers without a subject always get the same revision; their address unless said otherwise.
    #[schemars(example = &"session")]
    pub sticky_cookie: Option<String>,
    /// The signed statement about the caller, where `[gateway.assertions]` makes such.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "claims": ["tenant", "email"] }))]
    pub assertion: Assertion,
    /// Headers that the service gets, and the claim that each tells.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "x-tenant": "tenant" }))]
    pub claim_headers: BTreeMap<String, String>,
    /// Tagged revisions that some callers get, by a name of your choice.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "next": { "tag": "next", "percent": 5 } }))]
    pub revisions: BTreeMap<String, Revision>,
}

/// How long to wait for a service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// For the connection.
    #[schemars(example = &"500ms", extend("default" = "1s"))]
    pub connect: Option<Milliseconds>,
    /// From the connection to the first byte of the answer.
    #[schemars(example = &"5s", extend("default" = "15s"))]
    pub first_byte: Option<Milliseconds>,
    /// Between two parts of the answer.
    #[schemars(example = &"30s", extend("default" = "10s"))]
    pub between_bytes: Option<Milliseconds>,
}

/// How often a request is tried again. Tried again are requests with an idempotent method (RFC 9110 section 9.2.2), and
/// others only where nothing of them was sent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retries {
    /// The most times that a request is sent, all regions together; 1 for no retries.
    #[schemars(range(min = 1, max = 4), example = 3, extend("default" = 2))]
    pub attempts: Option<u8>,
    /// The most retries for the service in ten seconds at one point of presence, so that they do not add to what ails it.
    #[schemars(example = 50, extend("default" = 100))]
    pub budget: Option<u32>,
}

/// When an endpoint that fails is left alone.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// After so many failures in a row at one point of presence, where the row lasts two seconds; 0 for never.
    #[schemars(example = 5, extend("default" = 10))]
    pub failures: Option<u32>,
    /// For how long, until one request tries it again.
    #[schemars(example = &"5s", extend("default" = "10s"))]
    pub open: Option<Milliseconds>,
}

/// The signed statement about the caller.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// Whether the service gets one.
    #[schemars(example = false, extend("default" = true))]
    pub send: Option<bool>,
    /// Its `aud`; the service's own audience unless said otherwise.
    #[schemars(example = &"https://orders.example.com")]
    pub audience: Option<String>,
    /// The claims of the caller's token that it repeats.
    #[serde(default)]
    #[schemars(example = vec!["tenant", "email"])]
    pub claims: Vec<String>,
}

/// One region of a service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The region's name; the knob `drain_region` names it.
    #[schemars(example = &"europe-west1")]
    pub name: String,
    /// Where the service is reached in this region: an origin.
    #[schemars(example = &"https://orders-123456789.europe-west1.run.app")]
    pub url: String,
}

/// A tagged revision of a service. A caller gets it who asks for it by `header`, else whose `claims` fit, else who falls
/// into `percent`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The revision's traffic tag; it is reached at `https://TAG---HOST` (Cloud Run, traffic tags).
    #[schemars(example = &"next")]
    pub tag: Option<String>,
    /// Where the revision is reached, in place of `tag`: an origin. For this machine, or for a URL that has no tag.
    #[schemars(example = &"https://orders-next-123456789.europe-west1.run.app")]
    pub url: Option<String>,
    /// How many of a hundred callers get it, the same caller always: by subject, else by the service's `sticky_cookie`, else
    /// by address. The knob `canary_percent` changes it without a deploy.
    #[schemars(range(min = 0, max = 100), example = 5)]
    pub percent: Option<u8>,
    /// The header that asks for it, with its value.
    #[schemars(example = &"x-orders-revision: next")]
    pub header: Option<String>,
    /// Claims that all must fit, as in a route's `allow`.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "plan": "beta" }))]
    pub claims: BTreeMap<String, Wanted>,
}
