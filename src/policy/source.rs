//! The policy as people write it: types that mirror the text, and refuse what they do not know.
//!
//! Promises: a key that is not listed here is an error that names the keys there are. Nothing is checked yet that needs
//! more than one place of the text; [`crate::policy::compile`] does that.

use std::collections::BTreeMap;

use serde::{Deserialize, de::Deserializer};

/// A whole policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The gateway itself.
    pub gateway: Gateway,
    /// Who may vouch for a caller.
    #[serde(default)]
    pub issuers: BTreeMap<String, Issuer>,
    /// The Cloud Run services.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Which requests go where, and for whom.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// `[gateway]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The hosts that the gateway answers for.
    pub hosts: Vec<String>,
    /// The Google Cloud project whose Cloud Logging gets the edge's log.
    pub project: Option<String>,
    /// How long verified claims are remembered at most; 5 minutes unless said otherwise.
    pub remember: Option<Seconds>,
}

/// `[issuers.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The audiences of which a token must name one.
    pub audience: Vec<String>,
    /// How far clocks may differ; 60 seconds unless said otherwise.
    pub leeway: Option<Seconds>,
}

/// `[services.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The service's URL, an origin.
    pub url: String,
    /// The service account that IAM lets in.
    pub invoker: String,
    /// The secret that holds the invoker's key; the invoker's e-mail with `.` for `@` unless said otherwise.
    pub invoker_key: Option<String>,
    /// The audience that IAM asks for; `url` unless said otherwise.
    pub audience: Option<String>,
    /// How long to wait.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// `timeouts` of a service.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// For the connection; 1 s.
    pub connect: Option<Milliseconds>,
    /// To the first byte; 15 s.
    pub first_byte: Option<Milliseconds>,
    /// Between bytes; 10 s.
    pub between_bytes: Option<Milliseconds>,
}

/// `[[routes]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The path template.
    pub path: String,
    /// The methods; all where absent.
    pub methods: Option<Vec<String>>,
    /// Who may.
    pub allow: Option<Allow>,
    /// The service that it goes to.
    pub to: Option<String>,
    /// Whether the service gets the caller's own `Authorization`; `false` unless said otherwise.
    #[serde(default)]
    pub forward_authorization: bool,
    /// The answer that is given at the edge.
    pub respond: Option<Respond>,
}

/// `allow` of a route: `"anyone"`, or a list of rules.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "`allow` is \"anyone\" or a list such as [{ issuer = \"okta\", scopes = [\"orders:read\"] }]"
)]
pub enum Allow {
    /// A word; only `anyone` has a meaning.
    Word(String),
    /// Rules of which a caller must meet one.
    Rules(Vec<Rule>),
}

/// One rule of `allow`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The name of an issuer of this policy.
    pub issuer: String,
    /// Scopes, all of which the token must have.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// `respond` of a route.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// The HTTP status.
    pub status: u16,
    /// The media type; `text/plain; charset=utf-8` unless said otherwise.
    pub content_type: Option<String>,
    /// The body; empty unless said otherwise.
    #[serde(default)]
    pub body: String,
}

/// A duration in whole seconds, written as in `"10s"` or `"5m"`.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub u64);

/// A duration in milliseconds, written as in `"500ms"` or `"15s"`; at most ten minutes.
#[derive(Debug, Clone, Copy)]
pub struct Milliseconds(pub u32);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let duration = duration(deserializer)?;
        if duration.subsec_nanos() != 0 || duration.as_secs() > 86_400 {
            return Err(serde::de::Error::custom(
                "give whole seconds up to a day, as in \"60s\" or \"5m\"",
            ));
        }
        Ok(Self(duration.as_secs()))
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let milliseconds = duration(deserializer)?.as_millis();
        match u32::try_from(milliseconds) {
            Ok(milliseconds @ 1..=600_000) => Ok(Self(milliseconds)),
            _ => Err(serde::de::Error::custom(
                "give 1 ms to 10 minutes, as in \"500ms\" or \"15s\"",
            )),
        }
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<std::time::Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|why| serde::de::Error::custom(format!("`{text}` is no duration: {why}")))
}
