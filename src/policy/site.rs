//! The site: a compiled policy, as the edge runs it.
//!
//! Promises: a [`Site`] is valid by construction. Every name that one part uses is there, paths and URLs are parsed,
//! and routes stand in order of precedence. What can't be built so is refused when the page is read, so a malformed
//! page never half-works.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest,
    policy::template::PathTemplate,
    upstream::send::{Destination, Endpoint, Timeouts},
};

/// The most characters that one config-store value may have (Fastly, config store limits).
pub const PAGE_CHARACTERS_MAX: usize = 8_000;

/// The largest leeway, in seconds. A larger one would keep expired tokens alive.
pub const LEEWAY_S_MAX: u64 = 300;

/// The longest that claims are remembered, in seconds.
pub const REMEMBER_S_MAX: u64 = 86_400;

/// A compiled policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Site {
    parts: Parts,
}

/// What a site is made of. A `Site` is a `Parts` whose names are known to agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// The hosts that are answered for, lower-case and without port.
    pub hosts: Vec<String>,
    /// The Google Cloud project whose Cloud Logging nests the edge's entries under Cloud Run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// How long verified claims are remembered at most, in seconds.
    pub remember_s: u64,
    /// Who may vouch for a caller, by the policy's name.
    pub issuers: BTreeMap<String, Issuer>,
    /// The Cloud Run services, by the policy's name.
    pub services: BTreeMap<String, Service>,
    /// The routes, in order of precedence.
    pub routes: Vec<Route>,
}

/// Who may vouch for a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The `iss` of its tokens, compared byte by byte.
    pub issuer: String,
    /// The audiences of which a token must name at least one.
    pub audience: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway_s: u64,
}

/// A Cloud Run service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Where it is reached.
    pub endpoint: Endpoint,
    /// The audience that its IAM check asks for: its URL, or a custom audience.
    pub audience: String,
    /// The e-mail of the service account that IAM lets in.
    pub invoker: String,
    /// The secret that holds this account's key.
    pub invoker_key: String,
    /// How long to wait for it.
    pub timeouts: Timeouts,
}

impl Service {
    /// Where the service is reached, under its policy name.
    #[must_use]
    pub fn destination(&self, name: &str) -> Destination {
        Destination {
            name: name.to_owned(),
            endpoint: self.endpoint.clone(),
            timeouts: self.timeouts,
        }
    }
}

/// A route: which requests, for whom, and what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The paths.
    pub path: PathTemplate,
    /// The methods; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Who may.
    pub allow: Allow,
    /// What happens then.
    pub action: Action,
}

impl Route {
    /// How logs name the route: methods and path, as in `GET /v1/orders/{id}`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.methods.is_empty() {
            format!("* {}", self.path.text())
        } else {
            format!("{} {}", self.methods.join(","), self.path.text())
        }
    }

    /// Whether the route takes this method. One that takes `GET` takes `HEAD` (RFC 9110 section 9.3.2).
    #[must_use]
    pub fn takes_method(&self, method: &str) -> bool {
        self.methods.is_empty()
            || self
                .methods
                .iter()
                .any(|own| own == method || (own == "GET" && method == "HEAD"))
    }
}

/// Who may use a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allow {
    /// Everybody; no credential is looked at.
    Anyone,
    /// A verified caller who meets at least one rule.
    OneOf(Vec<Rule>),
}

/// What a caller must have. All parts must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The policy's name of the issuer that vouches.
    pub issuer: String,
    /// Scopes, all of which the token must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

/// What happens to a permitted request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It goes to a service.
    Forward {
        /// The policy's name of the service.
        service: String,
        /// Whether the service also gets the caller's own `Authorization`.
        authorization: bool,
    },
    /// It is answered at the edge.
    Respond {
        /// The HTTP status.
        status: u16,
        /// The media type.
        content_type: String,
        /// The body.
        body: String,
    },
}

/// A site with its version, as one config-store value.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    version: String,
    site: Site,
}

impl Site {
    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The issuer whose tokens say `iss`, with its policy name.
    #[must_use]
    pub fn issuer(&self, iss: &str) -> Option<(&str, &Issuer)> {
        self.parts
            .issuers
            .iter()
            .find(|(_, issuer)| issuer.issuer == iss)
            .map(|(name, issuer)| (name.as_str(), issuer))
    }

    /// The name of the entry that holds the page of `version`.
    #[must_use]
    pub fn page_entry(version: &str) -> String {
        format!("{version}.site")
    }

    /// The version, made from the content, and the page to store.
    ///
    /// # Errors
    /// Why the site can't be stored.
    pub fn to_page(&self) -> Result<(String, String), String> {
        let content = serde_json::to_string(self).map_err(|why| why.to_string())?;
        let version: String = digest::of("tollgate policy", &[content.as_bytes()])
            .chars()
            .take(16)
            .collect();
        let page = serde_json::to_string(&Page {
            version: version.clone(),
            site: self.clone(),
        })
        .map_err(|why| why.to_string())?;
        let characters = page.chars().count();
        if characters > PAGE_CHARACTERS_MAX {
            return Err(format!(
                "the compiled policy has {characters} characters and a config-store value holds {PAGE_CHARACTERS_MAX}; \
                 use fewer or shorter routes"
            ));
        }
        Ok((version, page))
    }

    /// Reads the page that was stored for `version`.
    ///
    /// # Errors
    /// What is wrong with the page. The text may quote it; a policy holds no secret.
    pub fn from_page(version: &str, text: &str) -> Result<Self, String> {
        let page: Page = serde_json::from_str(text).map_err(|why| format!("the policy page is malformed: {why}"))?;
        if page.version != version {
            return Err("the policy page is of another version than its entry's name says".to_owned());
        }
        Ok(page.site)
    }
}

impl TryFrom<Parts> for Site {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        for route in &parts.routes {
            if let Allow::OneOf(rules) = &route.allow
                && let Some(rule) = rules.iter().find(|rule| !parts.issuers.contains_key(&rule.issuer))
            {
                return Err(format!(
                    "the route {} names the unknown issuer {}",
                    route.name(),
                    rule.issuer
                ));
            }
            match &route.action {
                Action::Forward { service, .. } if !parts.services.contains_key(service) => {
                    return Err(format!(
                        "the route {} names the unknown service {service}",
                        route.name()
                    ));
                }
                Action::Respond { status, .. } if !(200..=599).contains(status) => {
                    return Err(format!("the route {} answers with the status {status}", route.name()));
                }
                Action::Forward { .. } | Action::Respond { .. } => {}
            }
        }
        let bounded =
            parts.remember_s <= REMEMBER_S_MAX && parts.issuers.values().all(|issuer| issuer.leeway_s <= LEEWAY_S_MAX);
        if !bounded {
            return Err("a leeway or the time that claims are remembered is too long".to_owned());
        }
        let in_order = parts
            .routes
            .is_sorted_by(|one, next| one.path.precedence(&next.path).is_le());
        if !in_order {
            return Err("the routes are not in order of precedence".to_owned());
        }
        if parts
            .issuers
            .values()
            .any(|issuer| issuer.audience.is_empty() || issuer.issuer.is_empty())
        {
            return Err("an issuer has no name or no audience".to_owned());
        }
        Ok(Self { parts })
    }
}

impl From<Site> for Parts {
    fn from(site: Site) -> Self {
        site.parts
    }
}
