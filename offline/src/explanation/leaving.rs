//! What leaves the gateway: the request on its way to the service, and the answer on its way to the client.
//!
//! Promises: what is told is what the gateway handed to the host, with its edits applied in their order. Where a header
//! holds a token, `<…>` stands in its place.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::Value;
use tollgate::{
    gateway::Outcome,
    host::Host,
    identity::claims::Claims,
    policy::{
        pages::Found,
        route::{Asked, has_header},
        site::{
            route::Action,
            service::{Revision, Service},
        },
        wanted::{Captures, Test},
    },
    request::CanonicalRequest,
    upstream::{
        assertion,
        send::{HeaderEdits, Outbound},
    },
};

use crate::{entrance::Entrance, rehearsal::Course};

/// The request as it would leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaving {
    /// The service, by the policy's name.
    pub service: String,
    /// The revision, and why it is that one.
    pub revision: Option<(String, String)>,
    /// The region.
    pub region: Option<String>,
    /// What follows where that fails, and how Google's token is got; in words.
    pub then: Option<String>,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Headers that the gateway sets, each to this one value.
    pub set: Vec<(String, String)>,
    /// Headers of the client that go along untouched.
    pub kept: Vec<(String, String)>,
    /// Headers of the client that are removed.
    pub removed: Vec<String>,
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// An answer of the edge.
    Edge {
        /// The status.
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// The service's answer, with changes.
    Service {
        /// Headers that are set.
        set: Vec<(String, String)>,
        /// Headers that the policy removes.
        removed: Vec<String>,
    },
}

/// The request as it would leave.
pub(super) fn leaving(
    entrance: &Entrance<'_>,
    request: &CanonicalRequest,
    (found, claims): (Option<&Found>, Option<&Claims>),
    (course, sent): (&Course, &Outbound),
) -> Leaving {
    let told = &course.entry.tollgate;
    let service = found.and_then(|found| found.service.as_ref());
    let headers = |name: &str| entrance.host.header_values(&entrance.message, name);
    let asked = Asked {
        request,
        headers: &headers,
    };
    let revision = told.revision.as_ref().map(|name| {
        let revision = service.and_then(|service| service.revision(name));
        (
            name.clone(),
            revision
                .map(|revision| why(revision, &asked, claims))
                .unwrap_or_default(),
        )
    });
    let HeaderEdits { remove, set } = &sent.edits;
    let goes = |name: &String| remove.contains(name) || set.iter().any(|(own, _)| own == name);
    let trace = match request.offered().parent {
        Some(_) => "<the client's trace, with a new span>",
        None => "<a new trace>",
    };
    let shown = |name: &str, value: &str| match name {
        "traceparent" | "x-cloud-trace-context" => trace.to_owned(),
        _ => entrance.shown(&without_credential(name, value, service)),
    };
    let own = entrance.message.headers.iter().filter(|(name, _)| !goes(name));
    let is_handed_over = matches!(course.outcome, Outcome::HandedOver);
    // A WebSocket's `Connection` and `Upgrade` are set to what the client sent.
    let passes = |name: &str| is_handed_over && ["connection", "upgrade"].contains(&name);
    let set = set
        .iter()
        .map(|(name, value)| (name.to_string(), shown(name, value.expose())));
    Leaving {
        service: told.service.clone().unwrap_or_default(),
        revision,
        region: told.region.clone(),
        then: service.map(|service| then(service, told.region.as_deref(), is_handed_over)),
        method: request.method().to_owned(),
        url: entrance.shown(&format!("{}{}", sent.destination.endpoint.origin(), sent.target)),
        set: set.collect(),
        kept: own.map(|(name, value)| (name.clone(), shown(name, value))).collect(),
        removed: remove.iter().filter(|name| !passes(name)).cloned().collect(),
    }
}

/// What follows a failure, and whether Google's token comes without a key of Google's.
fn then(service: &Service, region: Option<&str>, is_handed_over: bool) -> String {
    let token = match service.invoker_key {
        Some(_) => "Google's token by a service account's key",
        None => "Google's token by workload identity",
    };
    if is_handed_over {
        return format!("handed over as a WebSocket, once; {token}");
    }
    let others = service.regions.iter().map(|other| other.name.as_str());
    let others: Vec<&str> = others
        .filter(|other| Some(*other) != region && !other.is_empty())
        .collect();
    let where_to = match others.is_empty() {
        true => String::new(),
        false => format!("{}; ", others.join(", ")),
    };
    let attempts = &service.attempts;
    let sends = match attempts.attempts_max {
        1 => "1 send".to_owned(),
        more => format!("{more} sends at most"),
    };
    format!("{where_to}{sends} within {} ms; {token}", attempts.deadline_ms)
}

impl Answer {
    pub(super) fn of(outcome: &Outcome<()>, found: Option<&Found>, entrance: &Entrance<'_>) -> Self {
        match outcome {
            Outcome::Answered(answer) => Self::Edge {
                status: answer.status,
                headers: answer
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), entrance.shown(value)))
                    .collect(),
                body: match found {
                    // Those here are made up.
                    Some(found) if found.route.action == Action::AssertionKeys => "<the public keys>".to_owned(),
                    _ => String::from_utf8_lossy(&answer.body).into_owned(),
                },
            },
            Outcome::HandedOver => Self::Service {
                set: Vec::new(),
                removed: Vec::new(),
            },
            Outcome::Forwarded(forwarded) => {
                let set = forwarded.edits.set.iter();
                Self::Service {
                    set: set
                        .map(|(name, value)| (name.to_string(), value.expose().clone()))
                        .collect(),
                    removed: found
                        .map(|found| found.route.response_headers.remove.clone())
                        .unwrap_or_default(),
                }
            }
        }
    }
}

/// Why a request that got this revision got it: the first of the reasons for which it could.
fn why(revision: &Revision, asked: &Asked<'_>, claims: Option<&Claims>) -> String {
    if let Some((name, value)) = &revision.header
        && has_header(name, |text| text == value, asked).is_ok_and(|has| has)
    {
        return format!("the header {name} asks for it");
    }
    let fits = |test: &Test| {
        let values = claims.and_then(|claims| claims.asked(&test.name));
        values.is_some_and(|values| test.wanted.fits(values, &Captures::default()))
    };
    match !revision.claims.is_empty() && revision.claims.iter().all(fits) {
        true => "its claims fit the caller".to_owned(),
        false => "the caller falls into its share".to_owned(),
    }
}

/// What an assertion says. Its identifier is another for each.
fn claims(assertion: &str) -> Option<Value> {
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    let mut claims: Value = serde_json::from_slice(&claims).ok()?;
    *claims.get_mut("jti")? = Value::from("<unique>");
    Some(claims)
}

/// A header's value, unless the header is one for credentials.
fn without_credential(name: &str, value: &str, service: Option<&Service>) -> String {
    let audience = service.map(|service| service.audience.as_str()).unwrap_or_default();
    match name {
        "x-serverless-authorization" => format!("Bearer <Google's ID token for {audience}>"),
        assertion::HEADER => claims(value).map_or_else(
            || "<the signed assertion>".to_owned(),
            |claims| format!("<signed {claims}>"),
        ),
        "authorization" => "<the caller's own>".to_owned(),
        "cookie" | "dpop" | "proxy-authorization" => "<as the client sent it>".to_owned(),
        _ => value.to_owned(),
    }
}
