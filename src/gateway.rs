//! The pipeline, top to bottom. The only place that knows the order of the steps.
//!
//! ```text
//! read ─► canonical ─► policy ─► route ─► identify ─► decide ─► answer at the edge
//!           400          503      400 404   401 503     403  │    501
//!                                 405                        └► knobs ─► Google token ─► assertion ─► attempts ─► judge
//!                                                               401 503  413 502 503     503          400 413     502 503
//!                                                                                                     502 503 504 5xx
//! ```
//!
//! Promises: every way out ends in one [`Answer`], one response of a service, or one hand-over of a WebSocket, of
//! which the gateway sees nothing more; and in one [`Entry`]. Identity is asked for exactly where the route is not
//! public; nothing goes on from a refusal. A candidate policy is compared after the decision and before anything is
//! sent, and changes nothing but the entry.

mod forwarding;
mod judge;
pub mod outcome;
mod shadow;
mod websocket;

use std::sync::Arc;

pub use crate::gateway::outcome::Outcome;

use crate::{
    answer::{Answer, own, refused::refused},
    entry::{Ended, Entry, LoggedCaller, bounded},
    gateway::{
        forwarding::Onward,
        judge::{Court, Judged, Noted, unrouted},
        shadow::{Outcome as Compared, difference, word},
    },
    host::Host,
    identity::origin::Cache,
    policy::{
        active::{self, NoRoute},
        pages::Found,
        route::Asked,
        site::route::Action,
    },
    rejection::Rejection,
    request::{CanonicalRequest, Head, wants_html},
    sandbox::{Sandbox, policies::Versioned},
    time::WallClock,
    upstream::assertion_keys,
};

/// One request under way.
struct Passage<'a, H: Host> {
    host: &'a H,
    sandbox: &'a Sandbox,
    head: &'a Head,
    now: WallClock,
    /// When the request came, by the host's stopwatch.
    began_us: u64,
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
        now,
        began_us: host.stopwatch_us(),
        entry,
    };
    let (result, readable) = match CanonicalRequest::new(head) {
        Ok(request) => (passage.pass(&request, original).await, true),
        Err(ambiguity) => (Err(ambiguity.into()), false),
    };
    let outcome = result.unwrap_or_else(|rejection| {
        passage.entry.refuse(&rejection);
        let html = readable && wants_html(head);
        Outcome::Answered(refused(&rejection, &passage.entry.tollgate.request_id, html))
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
            now: self.now.seconds(),
            cache: Cache::Used,
        };
        let judged = self.judge(court).await?;
        let origin = judged.versioned.index.settings().origin.as_deref();
        let websocket = websocket::is_handed_over(&judged.permit, &court.asked, origin)?;
        let own = match judged.permit.route().action {
            Action::AssertionKeys => Some(self.assertion_keys(&judged).await?),
            _ => own(&judged.permit, request, &self.entry.tollgate.request_id)?,
        };
        if let Some(answer) = own {
            self.entry.tollgate.decision = word(&judged.permit.route().action);
            self.entry.tollgate.ended = Some(Ended::Edge);
            return Ok(Outcome::Answered(answer));
        }
        let Some(target) = judged.target.as_ref() else {
            return Err(Rejection::Misconfigured(
                "the route neither answers nor forwards".to_owned(),
            ));
        };
        let onward = Onward {
            host: self.host,
            sandbox: self.sandbox,
            head: self.head,
            now: self.now,
            began_us: self.began_us,
            entry: &mut self.entry,
        };
        if websocket {
            onward.hand_over(&judged, target, request, original).await?;
            return Ok(Outcome::HandedOver);
        }
        let forwarded = onward.forward(&judged, target, request, original).await?;
        Ok(Outcome::Forwarded(forwarded))
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

    /// The public keys of assertions.
    async fn assertion_keys(&mut self, judged: &Judged) -> Result<Answer, Rejection> {
        let why = "keys of assertions are asked for, and the policy names none";
        let assertions = judged.versioned.index.settings().assertions.as_ref();
        let assertions = assertions.ok_or_else(|| Rejection::Misconfigured(why.to_owned()))?;
        let told = &mut self.entry.tollgate;
        let asked = (told.request_id.as_str(), self.now.seconds());
        assertion_keys::published(self.host, self.sandbox, assertions, asked, &mut told.problems).await
    }

    fn note_request(&mut self, request: &CanonicalRequest) {
        let seen = &mut self.entry.http_request;
        seen.request_method = Some(request.method().to_owned());
        seen.request_url = Some(bounded(format!("https://{}{}", request.host(), request.path().text())));
        seen.request_size = request.content_length().map(|bytes| bytes.to_string());
        if let Some(parent) = request.offered().parent {
            self.entry.continue_trace(parent);
        }
    }

    fn note_policy(&mut self, versioned: &Versioned, request: &CanonicalRequest) {
        self.entry.tollgate.policy = Some(versioned.version.clone());
        let settings = versioned.index.settings();
        if let Some(project) = &settings.project {
            self.entry.keep_trace_in(project);
        }
        if let Some(request_id) = request
            .offered()
            .request_id
            .as_deref()
            .filter(|_| settings.accept_request_id)
        {
            self.entry.take_over(request_id);
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

    fn since(&self, started_us: u64) -> u64 {
        self.host.stopwatch_us().saturating_sub(started_us)
    }
}
