//! The log entry: one JSON object a request, whatever way it ended.
//!
//! Promises: every field is typed and named here; names are Cloud Logging's own where it has them. There is no field
//! that could hold a token, a cookie, a key, a query or a header that the client chose, but for the trace and the
//! identifier that it gives the request, of letters and digits: a path is logged in canonical form, a token by its digest.

mod caller;

use serde::Serialize;

pub use crate::entry::caller::{LoggedCaller, bounded};

use crate::{
    rejection::Rejection,
    request::trace::{Parent, Trace},
    time::WallClock,
    upstream::delivery::Delivery,
};

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
    #[serde(rename = "logging.googleapis.com/trace")]
    pub trace: String,
    /// The gateway's own span in it, 16 hexadecimal digits.
    #[serde(rename = "logging.googleapis.com/spanId")]
    pub span_id: String,
    /// Whether whoever began the trace records it.
    #[serde(rename = "logging.googleapis.com/trace_sampled")]
    pub trace_sampled: bool,
    /// What the gateway did.
    pub tollgate: Tollgate,
    #[serde(skip)]
    own_trace: Trace,
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
    /// How each attempt went, where there was more than one or none went well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
    /// The breaker of the endpoint that was asked last, unless it is closed: `open` or `half-open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<&'static str>,
    /// The bytes of the service's body that the client was given; absent where the platform gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_bytes: Option<u64>,
    /// The platform's identifier, where the client's is the request's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_request_id: Option<String>,
    /// Whether the connection was handed over to the service, to become a WebSocket.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub handed_over: bool,
    /// The status that the service gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_status: Option<u16>,
    /// Where the request was answered or died; absent for a connection that was handed over, whose end nobody here learns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// How long each step took, in microseconds.
    pub steps_us: Steps,
    /// What is wrong, in words that only a log may tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// One attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Try {
    /// The region, if the policy names any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The status, if an answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of what went wrong, if none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// The breaker of its endpoint, unless it was closed: `half-open` where this request tried it, `open` where it was left
    /// alone or this failure was the last of a row. One that was left alone has neither status nor fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<&'static str>,
    /// How long it took, in microseconds.
    pub us: u64,
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
    /// All together, until the answer was handed to the platform, with its body where that was copied.
    pub total: u64,
}

impl Entry {
    /// An entry for a request that has just come. Its trace is one that begins here, until the request says another.
    #[must_use]
    pub fn begin(now: WallClock, request_id: &str, pop: &str, remote_ip: Option<String>) -> Self {
        let trace = Trace::begin(now, request_id, pop);
        Self {
            time: now.rfc3339(),
            severity: "INFO",
            message: String::new(),
            http_request: HttpRequest {
                remote_ip,
                ..HttpRequest::default()
            },
            trace: trace.trace_id(),
            span_id: trace.span_id(),
            trace_sampled: trace.is_sampled(),
            tollgate: Tollgate {
                request_id: request_id.to_owned(),
                pop: pop.to_owned(),
                decision: "refuse",
                ..Tollgate::default()
            },
            own_trace: trace,
        }
    }

    /// The trace that the request belongs to.
    #[must_use]
    pub fn own_trace(&self) -> Trace {
        self.own_trace
    }

    /// Notes that the request belongs to a trace of the client's.
    pub fn continue_trace(&mut self, parent: Parent) {
        self.own_trace = self.own_trace.under(parent);
        self.trace = self.own_trace.trace_id();
        self.trace_sampled = self.own_trace.is_sampled();
    }

    /// Notes the Google Cloud project that keeps the trace.
    pub fn keep_trace_in(&mut self, project: &str) {
        self.trace = format!("projects/{project}/traces/{}", self.own_trace.trace_id());
    }

    /// Takes over the client's identifier for the request.
    pub fn take_over(&mut self, request_id: &str) {
        let told = &mut self.tollgate;
        if told.request_id != request_id {
            let platforms = std::mem::replace(&mut told.request_id, request_id.to_owned());
            told.platform_request_id = Some(platforms);
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
            Rejection::UpstreamRefused(_)
            | Rejection::UpstreamTimeout(_)
            | Rejection::UpstreamReset(_)
            | Rejection::ClientBroke(_)
            | Rejection::UpstreamDenied(_) => Ended::Network,
            Rejection::UpstreamFailed { .. } => Ended::Service,
            // Else the gateway leaves the service alone by itself.
            Rejection::UpstreamOverloaded { .. } if self.tollgate.upstream_status.is_some() => Ended::Service,
            _ => Ended::Edge,
        });
    }

    /// Notes how the body of the service's response came through.
    pub fn deliver(&mut self, delivery: &Delivery) {
        let (bytes, severity, problem) = match delivery {
            Delivery::Left => return,
            Delivery::Whole(bytes) => {
                self.tollgate.response_bytes = Some(*bytes);
                return;
            }
            Delivery::ServiceBroke { bytes, why } => (bytes, "ERROR", format!("response-broken: {why}")),
            Delivery::ClientLeft { bytes } => (bytes, "NOTICE", "client-left: the client went away".to_owned()),
        };
        self.tollgate.response_bytes = Some(*bytes);
        self.severity = severity;
        self.tollgate.ended = Some(Ended::Network);
        self.tollgate.problems.push(problem);
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
