//! The way of a permitted request to its service, with the gateway's own identity.
//!
//! Promises: without a Google token nothing is sent, nor for a request that the service can't take. What was tried and what
//! came of it stands in the entry, whatever the end.

use std::borrow::Cow;

use crate::{
    entry::{Ended, Entry},
    gateway::judge::Judged,
    host::Host,
    policy::site::service::Service,
    rejection::Rejection,
    request::{CanonicalRequest, Head, trace::Trace},
    sandbox::Sandbox,
    secret::Secret,
    time::WallClock,
    upstream::{
        answered,
        assertion::{self, Known},
        attempts::Course,
        forward::{self, Client, Forwarded, Ready},
        google::{self, GoogleToken},
        pick::Picked,
    },
};

/// A request that goes to a service.
pub(super) struct Onward<'a, H: Host> {
    pub(super) host: &'a H,
    pub(super) sandbox: &'a Sandbox,
    pub(super) head: &'a Head,
    pub(super) now: WallClock,
    /// When the request came, by the host's stopwatch.
    pub(super) began_us: u64,
    pub(super) entry: &'a mut Entry,
}

/// What a request takes along.
struct Luggage {
    google_token: GoogleToken,
    of_caller: Vec<(Cow<'static, str>, Secret<String>)>,
    request_id: String,
    trace: Trace,
}

impl<H: Host> Onward<'_, H> {
    /// Gets what the service asks for, and sends the request.
    pub(super) async fn forward(
        mut self,
        judged: &Judged,
        target: &Picked,
        request: &CanonicalRequest,
        mut original: H::Request,
    ) -> Result<Forwarded<H::Response>, Rejection> {
        let luggage = self.luggage(judged, target, request).await?;
        let started = self.host.stopwatch_us();
        let ready = luggage.ready((self.head, self.began_us), judged, target, request);
        let mut course = Course::default();
        let forwarded = forward::forward((self.host, self.sandbox), ready, &mut original, &mut course).await;
        self.entry.tollgate.steps_us.upstream = Some(self.since(started));
        note_course(self.entry, target, course);
        let forwarded = answered::judged(self.host, &judged.permit, forwarded?).await?;
        note_response(self.entry, forwarded.inbound.status);
        Ok(forwarded)
    }

    /// Hands a request for a WebSocket over: once, since nobody knows what the service has seen of it.
    pub(super) async fn hand_over(
        mut self,
        judged: &Judged,
        target: &Picked,
        request: &CanonicalRequest,
        original: H::Request,
    ) -> Result<(), Rejection> {
        let luggage = self.luggage(judged, target, request).await?;
        let ready = luggage.ready((self.head, self.began_us), judged, target, request);
        let mut course = Course::default();
        let handed_over = forward::hand_over((self.host, self.sandbox), ready, original, &mut course).await;
        note_course(self.entry, target, course);
        handed_over?;
        let told = &mut self.entry.tollgate;
        told.decision = "forward";
        // Where it ends, nobody here ever learns.
        told.handed_over = true;
        Ok(())
    }

    async fn luggage(
        &mut self,
        judged: &Judged,
        target: &Picked,
        request: &CanonicalRequest,
    ) -> Result<Luggage, Rejection> {
        note_target(self.entry, target);
        let service = judged.permit.service();
        let service =
            service.ok_or_else(|| Rejection::Misconfigured(format!("there is no service {}", target.service)))?;
        let bytes_max = service.request_bytes_max;
        if request.content_length().is_some_and(|bytes| bytes > bytes_max) {
            return Err(Rejection::BodyTooLarge { bytes_max });
        }
        let assertions = judged.versioned.index.settings().assertions.as_ref();
        let now = self.now.seconds();
        let signer = assertion::signer(self.host, self.sandbox, assertions, &judged.permit, now).await?;
        let google_token = self.google_token(judged, service).await?;
        // An assertion is short-lived, and Google may have taken its time.
        let known = Known {
            request_id: &self.entry.tollgate.request_id,
            platform_id: &self.head.request_id,
        };
        let of_caller = assertion::of_caller(self.host, signer.as_ref(), &judged.permit, known)?;
        Ok(Luggage {
            of_caller,
            google_token,
            request_id: self.entry.tollgate.request_id.clone(),
            trace: self.entry.own_trace(),
        })
    }

    async fn google_token(&mut self, judged: &Judged, service: &Service) -> Result<GoogleToken, Rejection> {
        let identity = judged.versioned.index.settings().workload_identity.as_ref();
        let started = self.host.stopwatch_us();
        let google_token = google::id_token(self.host, self.sandbox, service, identity, self.now.seconds()).await;
        self.entry.tollgate.steps_us.google_token = Some(self.since(started));
        let google_token = google_token?;
        self.entry.tollgate.google_token = Some(google_token.source.word());
        self.entry.tollgate.problems.extend(google_token.problem.clone());
        Ok(google_token)
    }

    fn since(&self, started_us: u64) -> u64 {
        self.host.stopwatch_us().saturating_sub(started_us)
    }
}

impl Luggage {
    fn ready<'a>(
        &'a self,
        (head, began_us): (&'a Head, u64),
        judged: &'a Judged,
        target: &'a Picked,
        request: &'a CanonicalRequest,
    ) -> Ready<'a> {
        Ready {
            permit: &judged.permit,
            request,
            target,
            credentials: &judged.credentials,
            google_token: &self.google_token,
            client: Client {
                address: head.client,
                request_id: &self.request_id,
                platform_id: &head.request_id,
                trace: &self.trace,
                of_caller: &self.of_caller,
            },
            began_us,
        }
    }
}

fn note_target(entry: &mut Entry, target: &Picked) {
    let told = &mut entry.tollgate;
    told.service = Some(target.service.clone());
    told.revision.clone_from(&target.revision);
    told.region.clone_from(&target.first.region);
}

fn note_course(entry: &mut Entry, target: &Picked, course: Course) {
    let told = &mut entry.tollgate;
    let asked = course.at.and_then(|at| target.places().nth(at));
    told.region = asked.and_then(|place| place.region.clone());
    told.attempts = course.attempts;
    told.tries = course.tries;
    told.upstream_status = course.status;
    told.breaker = course.breaker;
    told.problems.extend(course.problems);
}

fn note_response(entry: &mut Entry, status: u16) {
    entry.tollgate.decision = "forward";
    entry.tollgate.ended = Some(Ended::Service);
    if status >= 500 {
        entry.severity = "WARNING";
    }
}
