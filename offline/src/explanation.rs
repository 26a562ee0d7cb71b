//! Why a request came to what it came to.
//!
//! Promises: plain data, in the order of the gateway's own steps, for people ([`std::fmt::Display`]) and programs (JSON).
//! What came of the request is what the gateway did; what is told of routes, rules and revisions is asked of the same
//! functions that the gateway asks. Tokens stand in it as `<…>` only.

mod credential;
mod leaving;
mod routes;
mod rules;
mod text;
mod unmet;

use serde::Serialize;
use serde_json::Value;
use tollgate::{
    gateway::Outcome,
    identity::claims::Claims,
    policy::{
        pages::Found,
        rule::{Circumstances, Rule},
        site::route::Allow,
    },
    request::CanonicalRequest,
};

pub use crate::explanation::{
    credential::Sent,
    leaving::{Answer, Leaving},
    routes::{Looked, Routes},
    rules::Judged,
};

use crate::{
    entrance::Entrance,
    explanation::{leaving::leaving, routes::routes, rules::judged},
    question::Question,
    rehearsal::{Course, Rehearsal},
};

/// Why a request came to what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The request.
    pub request: Request,
    /// The routes that were looked at; none for a request that can't be read in one way.
    pub routes: Option<Routes>,
    /// The caller, where the route asks for one and the credential is good.
    pub caller: Option<Caller>,
    /// How the credential came, where the route asks for one and there is one.
    pub sent: Option<Sent>,
    /// What is to be said of the credential.
    pub note: Option<String>,
    /// The rules of the route, with what the caller lacks of each; none for a public route or an unknown caller.
    pub rules: Vec<Judged>,
    /// What came of it.
    pub decision: Decision,
    /// The request as it would leave, if it would.
    pub leaving: Option<Leaving>,
    /// What the client gets: the whole answer of the edge, or what the edge changes of the service's.
    pub answer: Answer,
}

/// The request in canonical form, and its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The canonical URL; as it was asked, where it has no canonical form.
    pub url: String,
    /// Why it can't be read in one way, in the gateway's word.
    pub ambiguous: Option<&'static str>,
    /// The client's address.
    pub from: Option<String>,
    /// The country that it is in.
    pub country: Option<String>,
    /// When, RFC 3339.
    pub at: String,
}

/// Who asks, as far as rules can ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    /// The policy's name of the issuer.
    pub issuer: String,
    /// `sub`.
    pub subject: Option<String>,
    /// The client that asked for the token.
    pub client: Option<String>,
    /// The scopes.
    pub scopes: Vec<String>,
    /// The roles, if any rule asks for roles.
    pub roles: Vec<String>,
    /// The groups, likewise.
    pub groups: Vec<String>,
    /// Other claims that rules or revisions ask for, by name, in words.
    pub claims: Vec<(String, String)>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// In the words of an example's `expect`.
    pub came: String,
    /// The route, by its name in the log.
    pub route: Option<String>,
    /// What the answer says of a refusal.
    pub detail: Option<String>,
    /// The status that the client gets.
    pub status: u16,
    /// What only the log tells.
    pub problems: Vec<String>,
}

impl Explanation {
    pub(crate) fn of(rehearsal: &Rehearsal, question: &Question, entrance: &Entrance<'_>, course: &Course) -> Self {
        let canonical = CanonicalRequest::new(&entrance.head);
        let read = canonical.as_ref().ok();
        let found = read.map(|request| (request, entrance.found(request)));
        let (mut claims, mut sent, mut rules) = (None, None, Vec::new());
        if let Some((request, Ok((versioned, found)))) = &found
            && let Allow::OneOf(of_route) = &found.route.allow
        {
            claims = entrance.claims(versioned, found, request);
            let presented = entrance.presented(found, request);
            sent = presented.map(|presented| Sent::of(&presented, claims.as_ref()));
            rules = claims
                .as_ref()
                .map(|claims| told(of_route, found, request, claims, question))
                .unwrap_or_default();
        }
        let route = found
            .as_ref()
            .and_then(|(_, found)| found.as_ref().ok())
            .map(|(_, found)| &**found);
        let ambiguous = canonical.as_ref().err().map(|ambiguity| ambiguity.word());
        Self {
            request: seen(question, entrance, read, ambiguous),
            routes: read.map(|request| routes(rehearsal.site(), entrance, request, route.map(|found| &found.route))),
            leaving: read
                .zip(course.sent.as_ref())
                .map(|(request, sent)| leaving(entrance, request, (route, claims.as_ref()), (course, sent))),
            caller: claims.as_ref().map(Caller::of),
            sent,
            note: course.note.clone(),
            rules,
            decision: Decision::of(course, entrance),
            answer: Answer::of(&course.outcome, route, entrance),
        }
    }

    /// Why it came to what it came to, on one line.
    #[must_use]
    pub fn reason(&self) -> String {
        let route = self
            .decision
            .route
            .as_deref()
            .map_or_else(|| "no route takes it".to_owned(), |route| format!("route {route}"));
        let unmet: Vec<&str> = self.rules.iter().filter_map(|rule| rule.unmet.as_deref()).collect();
        let met = self.rules.iter().any(|rule| rule.unmet.is_none());
        let mut told = vec![route];
        match (&self.request.ambiguous, met || unmet.is_empty()) {
            (Some(word), _) => told = vec![format!("the request is ambiguous: {word}")],
            (None, true) => told.extend(self.decision.detail.clone()),
            (None, false) => told.push(unmet.join("; or ")),
        }
        told.extend(self.decision.problems.iter().cloned());
        told.join(": ")
    }
}

fn told(
    rules: &[Rule],
    found: &Found,
    request: &CanonicalRequest,
    claims: &Claims,
    question: &Question,
) -> Vec<Judged> {
    let captures = found.route.path.captures(request.path(), |segments| segments.join("/"));
    let circumstances = Circumstances {
        claims,
        address: question.address(),
        country: question.country.as_deref(),
        now: question.at.seconds(),
        captures: &captures,
    };
    judged(rules, &circumstances)
}

fn seen(
    question: &Question,
    entrance: &Entrance<'_>,
    read: Option<&CanonicalRequest>,
    ambiguous: Option<&'static str>,
) -> Request {
    let asked = || {
        let host = entrance.message.headers.first().map(|(_, host)| host.as_str());
        format!("https://{}{}", host.unwrap_or_default(), question.target)
    };
    Request {
        method: question.method.clone(),
        url: entrance.shown(&read.map_or_else(asked, |request| {
            format!("https://{}{}", request.authority().text(), request.target())
        })),
        ambiguous,
        from: question.address().map(|address| address.to_string()),
        country: question.country.clone(),
        at: question.at.rfc3339(),
    }
}

impl Caller {
    fn of(claims: &Claims) -> Self {
        let others = claims.asked.iter();
        Self {
            issuer: claims.issuer_name.clone(),
            subject: claims.subject.clone(),
            client: claims.client.clone(),
            scopes: claims.scopes.clone(),
            roles: claims.roles.clone(),
            groups: claims.groups.clone(),
            claims: others
                .map(|claim| (claim.name.clone(), unmet::values(Some(&claim.values))))
                .collect(),
        }
    }
}

impl Decision {
    fn of(course: &Course, entrance: &Entrance<'_>) -> Self {
        let told = &course.entry.tollgate;
        let document = match (&course.outcome, told.code) {
            (Outcome::Answered(answer), Some(_)) => serde_json::from_slice::<Value>(&answer.body).ok(),
            _ => None,
        };
        Self {
            came: entrance.shown(&course.words()),
            route: told.route.clone(),
            detail: document.and_then(|document| Some(document.get("detail")?.as_str()?.to_owned())),
            status: course.outcome.status(),
            problems: told.problems.clone(),
        }
    }
}
