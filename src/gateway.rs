//! The pipeline, top to bottom. The only place that knows the order of the steps.
//!
//! ```text
//! read ─► canonical ─► policy ─► route ─► identify ─► decide ─► answer at the edge
//!           400          503      404       401         403  └─► knobs ─► Google token ─► forward
//!                                 405                            503        502 503        502 504
//! ```
//!
//! Promises: every way out ends in one [`Answer`] or one response of a service, and one [`Entry`]. Identity is asked
//! for exactly where the route is not public; nothing goes on from a refusal. A candidate policy is compared after the
//! decision and before anything is sent, and changes nothing but the entry.

mod judge;
mod shadow;

use std::sync::Arc;

use crate::{
    answer::{Answer, own, refused::refused},
    entry::{Ended, Entry, LoggedCaller, bounded},
    gateway::{
        judge::{Court, Judged, Noted, unrouted},
        shadow::{Outcome as Compared, difference, word},
    },
    host::Host,
    identity::origin::Cache,
    policy::{
        active::{self, NoRoute},
        pages::Found,
        route::Asked,
    },
    rejection::Rejection,
    request::{CanonicalRequest, Head, wants_html},
    sandbox::{Sandbox, policies::Versioned},
    time::UnixSeconds,
    upstream::{
        forward::{Client, Forwarded, forward},
        google,
        pick::Picked,
    },
};

/// What the client gets.
#[derive(Debug)]
pub enum Outcome<R> {
    /// An answer of our own.
    Answered(Answer),
    /// A service's response with its edits.
    Forwarded(Forwarded<R>),
}

impl<R> Outcome<R> {
    /// The status that the client gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Answered(answer) => answer.status,
            Self::Forwarded(forwarded) => forwarded.inbound.status,
        }
    }
}

/// One request under way.
struct Passage<'a, H: Host> {
    host: &'a H,
    sandbox: &'a Sandbox,
    head: &'a Head,
    now: UnixSeconds,
    entry: Entry,
}

/// Handles one request: `head` is what the platform read of it, `original` the request itself.
///
/// The entry is complete but for the total time, which the caller knows once the answer is handed over.
pub async fn handle<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    head: &Head,
    original: H::Request,
) -> (Outcome<H::Response>, Entry) {
    let now = host.now();
    let entry = Entry::begin(
        now,
        &head.request_id,
        host.pop(),
        head.client.map(|address| address.to_string()),
    );
    let mut passage = Passage {
        host,
        sandbox,
        head,
        now: now.seconds(),
        entry,
    };
    let (result, readable) = match CanonicalRequest::new(head) {
        Ok(request) => (passage.pass(&request, original).await, true),
        Err(ambiguity) => (Err(ambiguity.into()), false),
    };
    let outcome = result.unwrap_or_else(|rejection| {
        passage.entry.refuse(&rejection);
        let html = readable && wants_html(head);
        Outcome::Answered(refused(&rejection, &head.request_id, html))
    });
    (outcome, passage.entry)
}

/// What is left to do when the client has its answer.
pub async fn afterwards<H: Host>(host: &H, sandbox: &Sandbox) {
    active::remember_good(host, sandbox).await;
}

impl<H: Host> Passage<'_, H> {
    async fn pass(
        &mut self,
        request: &CanonicalRequest,
        original: H::Request,
    ) -> Result<Outcome<H::Response>, Rejection> {
        self.note_request(request);
        let headers = |name: &str| self.host.header_values(&original, name);
        let certificate = || self.host.client_certificate(&original);
        let court = Court {
            host: self.host,
            sandbox: self.sandbox,
            head: self.head,
            asked: Asked {
                request,
                headers: &headers,
            },
            certificate: &certificate,
            now: self.now,
            cache: Cache::Used,
        };
        let judged = self.judge(court).await?;
        if let Some(answer) = own(&judged.permit, request, &self.head.request_id)? {
            self.entry.tollgate.decision = word(&judged.permit.route().action);
            self.entry.tollgate.ended = Some(Ended::Edge);
            return Ok(Outcome::Answered(answer));
        }
        let Some(target) = judged.target.as_ref() else {
            return Err(Rejection::Misconfigured(
                "the route neither answers nor forwards".to_owned(),
            ));
        };
        self.forward(&judged, target, request, original).await
    }

    /// Judges the request by the policy in force, and notes where a candidate would judge otherwise.
    async fn judge(&mut self, court: Court<'_, H>) -> Result<Judged, Rejection> {
        let started = self.host.stopwatch_us();
        let mut noted = Noted::default();
        let routed = self.route(court, &mut noted).await;
        self.entry.tollgate.steps_us.policy = Some(self.since(started));
        let (versioned, judged) = match routed {
            Ok((versioned, Ok(found))) => {
                self.entry.tollgate.route = Some(found.route.name());
                let judged = court.judge(&versioned, &found, &mut noted).await;
                (versioned, judged)
            }
            Ok((versioned, Err(rejection))) => (versioned, Err(rejection)),
            Err(rejection) => {
                self.entry.tollgate.problems.append(&mut noted.problems);
                return Err(rejection);
            }
        };
        self.note_caller(&mut noted);
        let in_force = || Compared::of(self.entry.tollgate.route.clone(), &judged);
        let mut problems = Vec::new();
        let shadow = difference(court, (&versioned.version, in_force), &mut problems).await;
        self.entry.tollgate.shadow = shadow;
        self.entry.tollgate.problems.append(&mut problems);
        judged
    }

    /// The policy in force and its route for the request, or its refusal where none takes it.
    async fn route(
        &mut self,
        court: Court<'_, H>,
        noted: &mut Noted,
    ) -> Result<(Arc<Versioned>, Result<Arc<Found>, Rejection>), Rejection> {
        let (mut versioned, mut is_named) = active::policy(self.host, self.sandbox, &mut noted.problems).await?;
        let mut routed = active::route(self.host, &versioned, &court.asked).await;
        if let Err(NoRoute::BadPage(why)) = routed {
            let problems = &mut noted.problems;
            versioned = active::instead(self.host, self.sandbox, Some(&versioned), why, problems).await?;
            is_named = false;
            routed = active::route(self.host, &versioned, &court.asked).await;
        }
        self.note_policy(&versioned, court.asked.request);
        let found = match routed {
            Ok(found) => Ok(found),
            Err(NoRoute::BadPage(why)) => return Err(Rejection::Misconfigured(why)),
            Err(NoRoute::OtherHost) => {
                let rejection = unrouted(court.asked.request, Rejection::RouteUnknown);
                return Ok((versioned, Err(rejection)));
            }
            Err(NoRoute::Refused(rejection)) => Err(unrouted(court.asked.request, rejection)),
        };
        // One that only goes on in another's place does not begin a new life by it.
        if is_named {
            self.sandbox.found_good(&versioned);
        }
        Ok((versioned, found))
    }

    async fn forward(
        &mut self,
        judged: &Judged,
        target: &Picked,
        request: &CanonicalRequest,
        original: H::Request,
    ) -> Result<Outcome<H::Response>, Rejection> {
        self.note_target(target);
        let service = judged.permit.service();
        let service =
            service.ok_or_else(|| Rejection::Misconfigured(format!("there is no service {}", target.service)))?;
        let started = self.host.stopwatch_us();
        let google_token = google::id_token(self.host, self.sandbox, service, self.now).await;
        self.entry.tollgate.steps_us.google_token = Some(self.since(started));
        let google_token = google_token?;
        self.entry.tollgate.google_token = Some(google_token.source.word());
        self.entry.tollgate.problems.extend(google_token.problem.clone());

        let started = self.host.stopwatch_us();
        let client = Client {
            address: self.head.client,
            request_id: &self.head.request_id,
        };
        let forwarded = forward(
            self.host,
            &judged.permit,
            request,
            original,
            (target, &judged.credentials),
            &google_token,
            client,
        )
        .await;
        self.entry.tollgate.steps_us.upstream = Some(self.since(started));
        let unsent = matches!(
            forwarded,
            Err(Rejection::Misconfigured(_) | Rejection::RequestAmbiguous(_))
        );
        self.entry.tollgate.attempts = u8::from(!unsent);
        let forwarded = forwarded?;
        self.note_response(forwarded.inbound.status);
        Ok(Outcome::Forwarded(forwarded))
    }

    fn note_request(&mut self, request: &CanonicalRequest) {
        let seen = &mut self.entry.http_request;
        seen.request_method = Some(request.method().to_owned());
        seen.request_url = Some(bounded(format!("https://{}{}", request.host(), request.path().text())));
        seen.request_size = request.content_length().map(|bytes| bytes.to_string());
        self.entry.trace = request.trace_id().map(str::to_owned);
    }

    fn note_policy(&mut self, versioned: &Versioned, request: &CanonicalRequest) {
        self.entry.tollgate.policy = Some(versioned.version.clone());
        if let (Some(project), Some(trace)) = (&versioned.index.settings().project, request.trace_id()) {
            self.entry.trace = Some(format!("projects/{project}/traces/{trace}"));
        }
    }

    fn note_caller(&mut self, noted: &mut Noted) {
        let told = &mut self.entry.tollgate;
        told.steps_us.identify = noted.identify_us;
        if let Some(known) = &noted.known {
            told.caller = Some(LoggedCaller::from(known.claims.get()));
            told.claims = Some(known.source.word());
        }
        told.problems.append(&mut noted.problems);
    }

    fn note_target(&mut self, target: &Picked) {
        let told = &mut self.entry.tollgate;
        told.service = Some(target.service.clone());
        told.revision.clone_from(&target.revision);
        told.region.clone_from(&target.region);
    }

    fn note_response(&mut self, status: u16) {
        self.entry.tollgate.decision = "forward";
        self.entry.tollgate.upstream_status = Some(status);
        self.entry.tollgate.ended = Some(Ended::Service);
        if status >= 500 {
            self.entry.severity = "WARNING";
        }
    }

    fn since(&self, started_us: u64) -> u64 {
        self.host.stopwatch_us().saturating_sub(started_us)
    }
}
