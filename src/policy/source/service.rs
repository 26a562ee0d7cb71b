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
    /// The secret that holds the invoker's key file; the invoker's e-mail with `.` for `@` unless said otherwise.
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
    /// How many of a hundred callers get it, the same caller always: by subject, on public routes by address. The knob
    /// `canary_percent` changes it without a deploy.
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
