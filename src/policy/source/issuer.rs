//! `[issuers.NAME]` as it is written: who may vouch for a caller, and how that is verified.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::source::{
    duration::{Age, Seconds},
    rule::Wanted,
};

/// Who may vouch for a caller. Its tokens are JWTs that are signed with keys which it publishes, unless `secret`,
/// `introspection` or `api_keys` says otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// An issuer that is known, whose `issuer`, `keys`, `types` and required claims are filled in; the table is in
    /// "Presets" of `docs/policy.md`.
    #[schemars(example = &"google-pubsub")]
    pub preset: Option<String>,
    /// The `iss` of its tokens, compared byte by byte. With `tenants`, `{tenant}` stands for one. Needed unless `preset`
    /// or `api_keys` is there.
    #[schemars(example = &"https://example.okta.com/oauth2/default")]
    pub issuer: Option<String>,
    /// The tenants whose tokens are taken, where `issuer` has `{tenant}`; a token's `tid` must be the same one. `["*"]`
    /// takes all there are.
    #[schemars(example = vec!["72f988bf-86f1-41af-91ab-2d7cd011db47"])]
    pub tenants: Option<Vec<String>>,
    /// A token must name one of these in `aud`. Needed unless `api_keys` is there, or a preset that gives it.
    #[schemars(example = vec!["api://orders"])]
    pub audience: Option<Vec<String>>,
    /// With presets for services: the e-mails of the service accounts that are taken.
    #[schemars(example = vec!["push@my-project.iam.gserviceaccount.com"])]
    pub emails: Option<Vec<String>>,
    /// With presets for people: the Workspace or Cloud Identity domains whose accounts are taken.
    #[schemars(example = vec!["example.com"])]
    pub hosted_domains: Option<Vec<String>>,
    /// With the preset `firebase`: the project.
    #[schemars(example = &"my-project")]
    pub project: Option<String>,
    /// How far clocks may differ; at most 5 minutes.
    #[schemars(example = &"60s", extend("default" = "60s"))]
    pub leeway: Option<Seconds>,
    /// What a token's header may say in `typ`: `JWT`, `at+jwt`, or nothing, which is `absent`.
    #[schemars(example = vec!["at+jwt"], extend("default" = ["JWT", "at+jwt", "absent"]))]
    pub types: Option<Vec<String>>,
    /// Claims that all of its tokens must have, written as in a rule; one that does not is 401. `"{name}"` has no meaning
    /// here.
    #[schemars(example = serde_json::json!({ "token_use": "access" }))]
    pub claims: Option<BTreeMap<String, Wanted>>,
    /// The claim that lists a caller's roles: a name, or a path into nested claims with dots between. A name with
    /// `://` in it is one name, dots and all.
    #[schemars(example = &"realm_access.roles", extend("default" = "roles"))]
    pub roles: Option<String>,
    /// The claim that lists a caller's groups, written as for `roles`.
    #[schemars(example = &"https://example.com/groups", extend("default" = "groups"))]
    pub groups: Option<String>,
    /// Where its keys come from; `tollgate keys sync` finds it by discovery unless said otherwise.
    #[schemars(example = serde_json::json!({ "url": "https://id.example.com/jwks" }))]
    pub keys: Option<Keys>,
    /// For tokens with an HMAC (`HS256`): the secret that the gateway shares with the issuer.
    #[schemars(example = serde_json::json!({ "name": "partner-hmac" }))]
    pub secret: Option<SharedSecret>,
    /// For opaque tokens: where the issuer is asked about them (RFC 7662). One issuer of a policy may have it.
    #[schemars(example = serde_json::json!({
        "url": "https://id.example.com/introspect", "client": "tollgate", "secret": "id-client-secret"
    }))]
    pub introspection: Option<Introspection>,
    /// For API keys that `tollgate apikey create` made.
    #[serde(default)]
    #[schemars(example = true)]
    pub api_keys: bool,
    /// What all of its tokens must be bound to: `dpop` (RFC 9449), `certificate` (RFC 8705), or `either`. A token that is
    /// bound is held to it anyway.
    #[schemars(example = &"dpop")]
    pub bound: Option<String>,
    /// The secret of which nonces for DPoP proofs are made; none are asked for without.
    #[schemars(example = &"dpop-nonce")]
    pub dpop_nonce: Option<String>,
}

/// Where an issuer's keys come from, and how long they serve.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Where its key set is; unless said otherwise `tollgate keys sync` finds it by discovery, and the edge can't fetch
    /// before. `https`; plain `http` for this machine only.
    #[schemars(example = &"https://id.example.com/jwks")]
    pub url: Option<String>,
    /// Whether the edge may fetch the key set; `tollgate keys sync` stores it anyway.
    #[schemars(example = false, extend("default" = true))]
    pub fetch: Option<bool>,
    /// How old keys may be before they are fetched again, from 1 second to a day. A key that the issuer withdraws is trusted
    /// no longer than this, and what is remembered.
    #[schemars(example = &"15m", extend("default" = "5m"))]
    pub refresh: Option<Age>,
    /// How long after a fetch an unknown `kid` causes no other, from 1 second to an hour.
    #[schemars(example = &"30s", extend("default" = "1m"))]
    pub unknown: Option<Age>,
    /// How long the last good keys serve while the issuer can't be reached, a minute more than `refresh` (twice as
    /// much as one of less than a minute) to 30 days.
    #[schemars(example = &"7d", extend("default" = "24h"))]
    pub max_age: Option<Age>,
}

/// A secret that the gateway shares with an issuer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedSecret {
    /// Its name in the secret store.
    #[schemars(example = &"partner-hmac")]
    pub name: String,
    /// The one algorithm that it is for: `HS256`, `HS384` or `HS512`.
    #[schemars(example = &"HS512", extend("default" = "HS256"))]
    pub algorithm: Option<String>,
}

/// Where an issuer is asked about opaque tokens (RFC 7662).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Introspection {
    /// The endpoint: `https`; plain `http` for this machine only.
    #[schemars(example = &"https://id.example.com/introspect")]
    pub url: String,
    /// The client that the gateway is there.
    #[schemars(example = &"tollgate")]
    pub client: String,
    /// The name of the secret that the client proves itself by.
    #[schemars(example = &"id-client-secret")]
    pub secret: String,
    /// How long an answer is remembered at most, up to an hour; `"0s"` to ask each time.
    #[schemars(example = &"30s", extend("default" = "60s"))]
    pub remember: Option<Seconds>,
}
