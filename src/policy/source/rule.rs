//! `allow` of a route as it is written: who may.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Who may use a route: `"anyone"`, or rules of which a caller must meet one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "`allow` is \"anyone\" or a list such as [{ issuer = \"okta\", scopes = [\"orders:read\"] }]"
)]
pub enum Allow {
    /// A word; only `"anyone"` has a meaning: the route is public, and no credential is looked at.
    Word(String),
    /// Rules of which a caller must meet one.
    Rules(Vec<Rule>),
}

/// One rule: a caller must meet all that it asks.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The issuer that vouches for the caller, by the policy's name; or a list of issuers, any of which may.
    #[schemars(example = &"okta")]
    pub issuer: OneOrMore,
    /// Scopes, all of which the token must have, from the claim `scope`, else `scp`.
    #[schemars(example = vec!["orders:read"])]
    pub scopes: Option<Vec<String>>,
    /// Roles of which the caller must have one, from the claim that the issuer's `roles` names.
    #[schemars(example = vec!["admin", "support"])]
    pub roles: Option<Vec<String>>,
    /// Groups of which the caller must be in one, from the claim that the issuer's `groups` names.
    #[schemars(example = vec!["staff"])]
    pub groups: Option<Vec<String>>,
    /// Claims that all must fit: by name, or by a path into nested claims with dots between. Of a list, one item must.
    #[schemars(example = serde_json::json!({ "org.tier": { "one_of": ["gold", "silver"] }, "tenant": "{tenant}" }))]
    pub claims: Option<BTreeMap<String, Wanted>>,
    /// OAuth clients of which one must have asked for the token, from `client_id`, else `azp`, else `cid`.
    #[schemars(example = vec!["batch-exporter"])]
    pub clients: Option<Vec<String>>,
    /// Networks of which one the client's address must be in.
    #[schemars(example = vec!["203.0.113.0/24", "2001:db8::/32"])]
    pub addresses: Option<Vec<String>>,
    /// Countries of which the client's address must be in one: two-letter codes (ISO 3166-1).
    #[schemars(example = vec!["DE", "FR"])]
    pub countries: Option<Vec<String>>,
    /// When: a time of day, perhaps on some days only.
    #[schemars(example = serde_json::json!({ "from": "08:00", "to": "18:00", "days": ["mon", "tue"] }))]
    pub hours: Option<Hours>,
}

/// One text or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text, or a list of texts")]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl OneOrMore {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// What a value must be: a text, whole number or yes/no that it equals; or one of the tests. A text `"{name}"` stands
/// for what the path template's `{name}` took.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a text, whole number, true or false, or { one_of = [...] }, { prefix = \"...\" } or { exists = true }"
)]
pub enum Wanted {
    /// It equals this.
    Equal(Scalar),
    /// It passes this test.
    Test(Test),
}

/// A single value of a claim, header or query parameter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number; of claims only.
    Number(i64),
    /// Yes or no; of claims only.
    Flag(bool),
}

/// One test of a value. Exactly one key is given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// It equals one of these.
    #[schemars(example = vec!["gold", "silver"])]
    pub one_of: Option<Vec<Scalar>>,
    /// It is a text that begins so.
    #[schemars(example = &"urn:example:")]
    pub prefix: Option<String>,
    /// It is there at all; only `true` can be asked.
    #[schemars(example = true)]
    pub exists: Option<bool>,
}

/// A time of day. Where `to` is before `from`, it spans midnight and belongs to the day on which it begins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute, as in `"08:00"`.
    #[schemars(example = &"08:00")]
    pub from: String,
    /// The first minute after; `"24:00"` is the end of the day.
    #[schemars(example = &"18:00")]
    pub to: String,
    /// Days of the week: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`. All unless said otherwise.
    #[schemars(example = vec!["mon", "tue", "wed", "thu", "fri"])]
    pub days: Option<Vec<String>>,
    /// How far local time is ahead of UTC, as in `"+01:00"`. There is no daylight saving.
    #[schemars(example = &"+01:00", extend("default" = "+00:00"))]
    pub utc_offset: Option<String>,
}
