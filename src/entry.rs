//! The log entry: one JSON object a request, whatever way it ended.
//!
//! Promises: every field is typed and named here; names are Cloud Logging's own where it has them. There is no field
//! that could hold a token, a cookie, a key, a query or a header that the client chose: a path is logged in canonical
//! form, a token by its digest.

use serde::Serialize;

use crate::{identity::claims::Claims, rejection::Rejection, time::WallClock};

/// About how long a text that a caller chose may be in an entry, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// Where a request was answered or died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// At the edge: a refusal, or an answer of our own.
    Edge,
    /// On the way to the service.
    Network,
    /// In the service.
    Service,
}

/// One log entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// When the request came, RFC 3339.
    pub time: String,
    /// `INFO`, `NOTICE` for refusals, `WARNING` for a 5xx of the service, `ERROR` for faults of ours or on the way.
    pub severity: &'static str,
    /// One line for people.
    pub message: String,
    /// The request as Cloud Logging shows it.
    #[serde(rename = "httpRequest")]
    pub http_request: HttpRequest,
    /// The trace as Cloud Logging links it: `projects/<project>/traces/<id>`, or the bare id without a project.
    #[serde(rename = "logging.googleapis.com/trace", skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// What the gateway did.
    pub tollgate: Tollgate,
}

/// `httpRequest` (Cloud Logging, `LogEntry.HttpRequest`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    /// The method; absent if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_method: Option<String>,
    /// Scheme, host and canonical path, without query; `https` as on the platform. Cut after some 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_url: Option<String>,
    /// The declared length of the request's body in bytes, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_size: Option<String>,
    /// The status that the client got.
    pub status: u16,
    /// The client's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// The whole time at the edge, as in `0.012345s`.
    pub latency: String,
}

/// What the gateway decided, for whom, and how long each step took.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tollgate {
    /// The identifier that the client also got, in `X-Request-Id`.
    pub request_id: String,
    /// The point of presence.
    pub pop: String,
    /// The version of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// `respond`, `redirect`, `forward` or `refuse`.
    pub decision: &'static str,
    /// The code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<LoggedCaller>,
    /// Where the claims came from: `verified`, `pop` or `sandbox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<&'static str>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The revision of the service, if it is not the one that all get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The region of the service, if the policy names any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What the candidate policy would have done, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Shadow>,
    /// Where the Google token came from: `minted`, `pop`, `sandbox` or `pop-while-google-fails`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_token: Option<&'static str>,
    /// How many times the request was sent upstream.
    pub attempts: u8,
    /// The status that the service gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// Where the request was answered or died.
    pub ended: Option<Ended>,
    /// How long each step took, in microseconds.
    pub steps_us: Steps,
    /// What is wrong, in words that only a log may tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// What a policy that is not in force would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shadow {
    /// Its version.
    pub policy: String,
    /// Its route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Its decision, in the words of [`Tollgate::decision`].
    pub decision: &'static str,
    /// The code of its refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Where the request would have gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// The caller, as far as a log may know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedCaller {
    /// The policy's name of the issuer.
    pub issuer: String,
    /// `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The client that asked for the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The `kid` of the key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The beginning of the token's SHA-256.
    pub token: String,
}

impl From<&Claims> for LoggedCaller {
    fn from(claims: &Claims) -> Self {
        Self {
            issuer: claims.issuer_name.clone(),
            subject: claims.subject.clone().map(bounded),
            client: claims.client.clone().map(bounded),
            key: claims.kid.clone(),
            token: claims.token_digest.chars().take(16).collect(),
        }
    }
}

/// A text that a caller chose, cut where it would make the entry too long for a log.
#[must_use]
pub fn bounded(mut text: String) -> String {
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= TEXT_BYTES_MAX);
    if let Some(end) = end {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// How long each step took, in microseconds; absent for a step that was not reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Steps {
    /// Reading the policy in force and finding the route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<u64>,
    /// Finding out who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identify: Option<u64>,
    /// Getting the Google token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google_token: Option<u64>,
    /// From sending to the head of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<u64>,
    /// All together, until the answer was handed to the platform.
    pub total: u64,
}

impl Entry {
    /// An entry for a request that has just come.
    #[must_use]
    pub fn begin(now: WallClock, request_id: &str, pop: &str, remote_ip: Option<String>) -> Self {
        Self {
            time: now.rfc3339(),
            severity: "INFO",
            message: String::new(),
            http_request: HttpRequest {
                remote_ip,
                ..HttpRequest::default()
            },
            trace: None,
            tollgate: Tollgate {
                request_id: request_id.to_owned(),
                pop: pop.to_owned(),
                decision: "refuse",
                ..Tollgate::default()
            },
        }
    }

    /// Notes a refusal.
    pub fn refuse(&mut self, rejection: &Rejection) {
        let verdict = rejection.verdict();
        self.severity = verdict.severity;
        self.tollgate.decision = "refuse";
        self.tollgate.code = Some(verdict.code);
        self.tollgate.problems.extend(rejection.cause().map(str::to_owned));
        self.tollgate.ended = Some(match rejection {
            Rejection::UpstreamRefused(_) | Rejection::UpstreamTimeout(_) | Rejection::UpstreamReset(_) => {
                Ended::Network
            }
            _ => Ended::Edge,
        });
    }

    /// Completes the entry with what the client got and how long it took.
    pub fn finish(&mut self, status: u16, total_us: u64) {
        self.http_request.status = status;
        self.http_request.latency = format!("{}.{:06}s", total_us / 1_000_000, total_us % 1_000_000);
        self.tollgate.steps_us.total = total_us;
        let method = self.http_request.request_method.as_deref().unwrap_or("?");
        let url = self.http_request.request_url.as_deref().unwrap_or("?");
        let outcome = self.tollgate.code.unwrap_or(self.tollgate.decision);
        self.message = format!("{method} {url} {status} {outcome}");
    }

    /// The entry as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|_| String::from("{\"severity\":\"ERROR\",\"message\":\"log entry\"}"))
    }
}

#[cfg(test)]
mod tests;
