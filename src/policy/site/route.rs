//! A route as the edge runs it: which requests, for whom, and what happens.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    policy::{host_pattern::HostPattern, rule::Rule, target::TargetTemplate, template::PathTemplate, wanted::Test},
    request::relaxation::Relaxation,
};

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The hosts; empty means all that the gateway answers for.
    pub hosts: Vec<HostPattern>,
    /// The paths.
    pub path: PathTemplate,
    /// The methods; empty means all.
    pub methods: Vec<String>,
    /// What else a request must have.
    pub when: When,
    /// Forms of paths that this route takes and others refuse.
    pub relax: Vec<Relaxation>,
    /// Who may.
    pub allow: Allow,
    /// Where a credential may stand; empty means `Authorization` alone.
    pub credentials: Vec<Place>,
    /// What happens then.
    pub action: Action,
    /// Changes to the headers of the answer.
    pub response_headers: Headers,
}

/// What else a request must have for a route to take it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct When {
    /// Headers that all must fit; names in lower case.
    pub headers: Vec<Test>,
    /// Query parameters that all must fit.
    pub query: Vec<Test>,
}

/// Changes to headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Headers {
    /// Names to remove, lower-case.
    pub remove: Vec<String>,
    /// Names, lower-case, and the one value of each.
    pub set: Vec<(String, String)>,
}

/// Where a credential may stand in a request. Never in the query, which ends in logs and histories.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// `Authorization` with the scheme `Bearer` or `DPoP`.
    Authorization,
    /// The header of this name, lower-case; its value is the credential.
    Header(String),
    /// The cookie of this name; its value is the credential.
    Cookie(String),
}

/// Who may use a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Allow {
    /// Everybody; no credential is looked at.
    Anyone,
    /// A verified caller who meets at least one rule.
    OneOf(Vec<Rule>),
}

/// What happens to a permitted request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// It goes to a service.
    Forward(Forward),
    /// It is answered at the edge.
    Respond(Respond),
    /// The client is sent elsewhere.
    Redirect(Redirect),
    /// It is answered with the public keys of the gateway's assertions.
    AssertionKeys,
}

/// How a request goes to a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Forward {
    /// The policy's name of the service.
    pub service: String,
    /// Whether the service also gets the caller's own `Authorization`.
    pub authorization: bool,
    /// The path that the service gets in place of the request's own.
    pub rewrite: Option<TargetTemplate>,
    /// Changes to the headers of the request.
    pub request_headers: Headers,
    /// Whether the client gets the bodies of the service's 5xx answers.
    pub pass_errors: bool,
    /// Whether a request for a WebSocket is handed over to the service.
    pub websocket: bool,
}

/// A fixed answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Respond {
    /// The HTTP status, 200 to 599.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// Where a client is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Redirect {
    /// The HTTP status.
    pub status: u16,
    /// The origin; none for the host that was asked.
    pub origin: Option<String>,
    /// The path.
    pub path: TargetTemplate,
    /// Whether the query goes along.
    pub keep_query: bool,
}

/// How closely a route names a host. The order is the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostRank {
    /// By name.
    Exact,
    /// By `*.`.
    Pattern,
    /// Not at all.
    Any,
}

impl Route {
    /// How logs name the route: methods, host if it names one, and path, as in `GET /v1/orders/{id}`.
    #[must_use]
    pub fn name(&self) -> String {
        let methods = match self.methods.is_empty() {
            true => "*".to_owned(),
            false => self.methods.join(","),
        };
        let hosts: Vec<String> = self.hosts.iter().map(HostPattern::text).collect();
        format!("{methods} {}{}", hosts.join(","), self.path.text())
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

    /// How closely the route names this host; `None` if it does not take it.
    #[must_use]
    pub fn rank(&self, host: &str) -> Option<HostRank> {
        if self.hosts.is_empty() {
            return Some(HostRank::Any);
        }
        let taking = self.hosts.iter().filter(|pattern| pattern.takes(host));
        taking.map(rank_of).min()
    }

    /// Which of two routes that take the same host equally closely goes first: by path (literal before `{name}` before
    /// `{name...}`, from the left), then one that names methods before one that takes all, then the one with more
    /// conditions. `Equal` for routes that compete unless their methods or conditions exclude each other.
    #[must_use]
    pub fn precedence_at_host(&self, other: &Self) -> Ordering {
        self.path
            .precedence(&other.path)
            .then(self.methods.is_empty().cmp(&other.methods.is_empty()))
            .then(other.when.count().cmp(&self.when.count()))
    }

    /// The order in which routes are listed: [`Self::precedence_at_host`] within how closely they name hosts.
    #[must_use]
    pub fn precedence(&self, other: &Self) -> Ordering {
        self.listed_rank()
            .cmp(&other.listed_rank())
            .then_with(|| self.precedence_at_host(other))
    }

    /// The one order in which a policy's routes are listed: by precedence, and where that leaves it open, by what they say.
    #[must_use]
    pub fn listed_before(&self, other: &Self) -> Ordering {
        self.precedence(other)
            .then_with(|| self.name().cmp(&other.name()))
            .then_with(|| format!("{self:?}").cmp(&format!("{other:?}")))
    }

    fn listed_rank(&self) -> HostRank {
        self.hosts.iter().map(rank_of).min().unwrap_or(HostRank::Any)
    }
}

impl When {
    /// How many conditions there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.headers.len().saturating_add(self.query.len())
    }

    /// Whether no request can meet both.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let exclusive = |own: &[Test], others: &[Test]| {
            own.iter().any(|test| {
                let same = others.iter().filter(|other| other.name == test.name);
                same.into_iter().any(|other| test.wanted.excludes(&other.wanted))
            })
        };
        exclusive(&self.headers, &other.headers) || exclusive(&self.query, &other.query)
    }
}

/// How closely a pattern names a host.
#[must_use]
pub fn rank_of(pattern: &HostPattern) -> HostRank {
    match pattern {
        HostPattern::Exact(_) => HostRank::Exact,
        HostPattern::OneLabelBefore(_) => HostRank::Pattern,
    }
}
