//! The pipeline, top to bottom. The only place that knows the order of the steps.
//!
//! ```text
//! read ─► canonical ─► policy ─► route ─► identify ─► decide ─► answer at the edge
//!           400          503      404       401         403  └─► Google token ─► forward
//!                                 405                               502 503        502 504
//! ```
//!
//! Promises: every way out ends in one [`Answer`] or one response of a service, and one [`Entry`]. Identity is asked
//! for exactly where the route is not public; nothing goes on from a refusal.

use crate::{
    answer::{Answer, fixed, refused::refused},
    entry::{Ended, Entry, LoggedCaller, bounded},
    host::Host,
    identity::identify::identify,
    policy::{
        active,
        decide::{Caller, Permit, decide},
        route,
        site::{Action, Allow, Route},
    },
    rejection::Rejection,
    request::{CanonicalRequest, Head, wants_html},
    sandbox::{Sandbox, Versioned},
    time::UnixSeconds,
    upstream::{
        forward::{Client, Forwarded, forward},
        google,
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
    // No route grants a relaxation yet.
    let canonical = CanonicalRequest::new(head).and_then(|request| request.refused_unless(&[]).map(|()| request));
    let (result, readable) = match canonical {
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

impl<H: Host> Passage<'_, H> {
    async fn pass(
        &mut self,
        request: &CanonicalRequest,
        original: H::Request,
    ) -> Result<Outcome<H::Response>, Rejection> {
        self.note_request(request);
        let started = self.host.stopwatch_us();
        let versioned = active::site(self.host, self.sandbox).await?;
        self.note_site(&versioned, request);
        let route = route::find(&versioned.site, request)?;
        self.entry.tollgate.route = Some(route.name());
        self.entry.tollgate.steps_us.policy = Some(self.since(started));

        let caller = self.caller(&versioned, route, request).await?;
        let permit = decide(route, caller)?;
        if let Some(answer) = fixed(&permit, &self.head.request_id) {
            self.entry.tollgate.decision = "respond";
            self.entry.tollgate.ended = Some(Ended::Edge);
            return Ok(Outcome::Answered(answer));
        }
        self.forward(&versioned, &permit, request, original).await
    }

    /// Nobody on a public route, where credentials are not looked at; else a caller who is known.
    async fn caller(
        &mut self,
        versioned: &Versioned,
        route: &Route,
        request: &CanonicalRequest,
    ) -> Result<Caller, Rejection> {
        if route.allow == Allow::Anyone {
            return Ok(Caller::Anyone);
        }
        let started = self.host.stopwatch_us();
        let identified = identify(self.host, self.sandbox, versioned, request, self.now).await;
        self.entry.tollgate.steps_us.identify = Some(self.since(started));
        let identified = identified?;
        self.entry.tollgate.caller = Some(LoggedCaller::from(identified.claims.get()));
        self.entry.tollgate.claims = Some(identified.source.word());
        self.entry.tollgate.problems.extend(identified.problems);
        Ok(Caller::Known(identified.claims))
    }

    async fn forward(
        &mut self,
        versioned: &Versioned,
        permit: &Permit<'_>,
        request: &CanonicalRequest,
        original: H::Request,
    ) -> Result<Outcome<H::Response>, Rejection> {
        let Action::Forward { service: name, .. } = &permit.route().action else {
            return Err(Rejection::Misconfigured(
                "the route neither answers nor forwards".to_owned(),
            ));
        };
        let service = versioned.site.parts().services.get(name);
        let service = service.ok_or_else(|| Rejection::Misconfigured(format!("there is no service {name}")))?;
        self.entry.tollgate.service = Some(name.clone());

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
            permit,
            request,
            original,
            (name, service),
            &google_token,
            client,
        )
        .await;
        self.entry.tollgate.steps_us.upstream = Some(self.since(started));
        self.entry.tollgate.attempts = u8::from(!matches!(forwarded, Err(Rejection::Misconfigured(_))));
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

    fn note_site(&mut self, versioned: &Versioned, request: &CanonicalRequest) {
        self.entry.tollgate.policy = Some(versioned.version.clone());
        if let (Some(project), Some(trace)) = (&versioned.site.parts().project, request.trace_id()) {
            self.entry.trace = Some(format!("projects/{project}/traces/{trace}"));
        }
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
