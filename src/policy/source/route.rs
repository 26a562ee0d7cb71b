//! `[[routes]]` as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::source::rule::{Allow, Wanted};

/// A route: which requests, for whom, and what happens. Exactly one of `to`, `respond` and `redirect` says what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Where the route stands among the routes of the text, from 0. Not written; it places what is said about the route.
    #[serde(skip)]
    #[schemars(skip)]
    pub at: usize,
    /// The hosts of the route, of those in `gateway.hosts`; all of them unless said otherwise.
    #[schemars(example = vec!["admin.example.com"])]
    pub hosts: Option<Vec<String>>,
    /// The path template. `{name}` takes one segment; a final `{name...}` takes all that is left.
    #[schemars(example = &"/v1/orders/{id}")]
    pub path: String,
    /// The methods, upper-case; all unless said otherwise. `GET` takes `HEAD` too.
    #[schemars(example = vec!["GET", "POST"])]
    pub methods: Option<Vec<String>>,
    /// What else the request must have for the route to take it.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "headers": { "x-api-version": "2" } }))]
    pub when: When,
    /// Forms of paths that are refused elsewhere and that this route takes: `encoded-slash`, `backslash`,
    /// `double-slash`, `path-parameter`. What each risks is in `docs/canonical.md`.
    #[serde(default)]
    #[schemars(example = vec!["encoded-slash"])]
    pub relax: Vec<String>,
    /// Who may: `"anyone"`, or rules of which a caller must meet one. Required: a route without `allow` does not compile.
    #[schemars(example = serde_json::json!([{ "issuer": "okta", "scopes": ["orders:read"] }]))]
    pub allow: Option<Allow>,
    /// Where a caller's credential may stand: `"authorization"`, a header, a cookie, or a list of these. It must come in
    /// exactly one of them, and is never taken from the query.
    #[schemars(example = serde_json::json!({ "header": "x-api-key" }), extend("default" = "authorization"))]
    pub credential: Option<Credential>,
    /// The service that it goes to, by the policy's name.
    #[schemars(example = &"orders")]
    pub to: Option<String>,
    /// With `to`: the path that the service gets in place of the request's own. `{name}` stands for what the template's
    /// `{name}` took. The query stays.
    #[schemars(example = &"/internal/orders/{id}")]
    pub rewrite: Option<String>,
    /// With `to`: headers that are changed on the way to the service.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "set": { "x-api": "orders" }, "remove": ["x-debug"] }))]
    pub request_headers: Headers,
    /// Headers that are changed on the way to the client.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "remove": ["x-powered-by"] }))]
    pub response_headers: Headers,
    /// With `to`: whether the service also gets the caller's own `Authorization`.
    #[serde(default)]
    #[schemars(example = true)]
    pub forward_authorization: bool,
    /// With `to`: whether the client gets the bodies of the service's 5xx answers. Otherwise a problem document with the
    /// request's identifier stands in their place; the status stays.
    #[serde(default)]
    #[schemars(example = true)]
    pub pass_errors: bool,
    /// With `to`: whether a request to open a WebSocket is handed over to the service. Otherwise it is refused.
    #[serde(default)]
    #[schemars(example = true)]
    pub websocket: bool,
    /// The answer that is given at the edge.
    #[schemars(example = serde_json::json!({ "status": 200, "body": "ok" }))]
    pub respond: Option<Respond>,
    /// Where the client is sent instead.
    #[schemars(example = serde_json::json!({ "to": "/v2/{rest}" }))]
    pub redirect: Option<Redirect>,
}

/// Where a credential may stand: one place, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "\"authorization\", { header = \"...\" }, { cookie = \"...\" }, or a list of these"
)]
pub enum Credential {
    /// Several. It stands first, since a struct can be read from a list too.
    Several(Vec<CredentialPlace>),
    /// One place.
    One(CredentialPlace),
}

/// A place where a credential may stand.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "\"authorization\", { header = \"...\" } or { cookie = \"...\" }"
)]
pub enum CredentialPlace {
    /// A word; only `"authorization"` has a meaning: `Authorization` with the scheme `Bearer` or `DPoP`.
    Word(String),
    /// A header or a cookie.
    Named(NamedPlace),
}

/// A header or a cookie whose value is the credential. Exactly one key is given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedPlace {
    /// The header's name.
    #[schemars(example = &"x-api-key")]
    pub header: Option<String>,
    /// The cookie's name, with regard to case.
    #[schemars(example = &"__Host-session")]
    pub cookie: Option<String>,
}

/// What else a request must have for a route to take it. A header or parameter that is asked for here and comes twice
/// makes the request ambiguous (400).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Headers, by name, that all must fit.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "x-api-version": "2" }))]
    pub headers: BTreeMap<String, Wanted>,
    /// Query parameters, by name, that all must fit.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "format": { "one_of": ["csv", "json"] } }))]
    pub query: BTreeMap<String, Wanted>,
}

/// Headers that are changed: first all in `remove` go, then all in `set` are set to exactly one value.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// Names and values to set.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "x-api": "orders" }))]
    pub set: BTreeMap<String, String>,
    /// Names to remove.
    #[serde(default)]
    #[schemars(example = vec!["x-debug"])]
    pub remove: Vec<String>,
}

/// A fixed answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// The HTTP status, 200 to 599.
    #[schemars(range(min = 200, max = 599), example = 200)]
    pub status: u16,
    /// The media type.
    #[schemars(example = &"application/json", extend("default" = "text/plain; charset=utf-8"))]
    pub content_type: Option<String>,
    /// The body; at most 2,048 bytes.
    #[serde(default)]
    #[schemars(example = &"ok")]
    pub body: String,
}

/// A redirect.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// Where to: a path, or an `https` origin with a path. `{name}` stands for what the template's `{name}` took.
    #[schemars(example = &"https://www.example.com/docs/{rest}")]
    pub to: String,
    /// The HTTP status: 301, 302, 303, 307 or 308.
    #[schemars(example = 301, extend("default" = 308))]
    pub status: Option<u16>,
    /// Whether the query goes along.
    #[schemars(example = false, extend("default" = true))]
    pub keep_query: Option<bool>,
}
