//! How the identity provider fails when it is told to, and how often it was asked.
//!
//! Promises that a request is counted before anything else, so one that fails counts too.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{Extensions, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Provider;
use crate::server::Connection;

/// How large an answer is that is too large.
pub const HUGE_BYTES: usize = 16 << 20;

/// The query of the place that a redirect leads to, where the answer is right.
const MOVED: &str = "moved";

/// What an issuer answers at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// Its discovery document.
    Discovery,
    /// Its key set.
    Keys,
    /// Its token endpoint.
    Token,
    /// Its introspection endpoint.
    Introspection,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Discovery, Self::Keys, Self::Token, Self::Introspection];

    /// Its path below the issuer's name.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Discovery => ".well-known/openid-configuration",
            Self::Keys => "jwks.json",
            Self::Token => "token",
            Self::Introspection => "introspect",
        }
    }

    /// The issuer's name and the endpoint of a request's path.
    fn of(path: &str) -> Option<(&str, Self)> {
        let (name, rest) = path.strip_prefix('/')?.split_once('/')?;
        let endpoint = Self::ALL.into_iter().find(|endpoint| endpoint.path() == rest)?;
        Some((name, endpoint))
    }
}

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Answers 503.
    Unavailable,
    /// Answers 500.
    Broken,
    /// Takes the request and closes the connection.
    HangUp,
    /// Answers as ever, after this time.
    Slow(Duration),
    /// Answers 200 with a body that is not JSON.
    Garbage,
    /// Answers as ever with [`HUGE_BYTES`] of white space after it.
    Huge,
    /// Answers 200 with an empty key set; elsewhere with an empty object.
    Empty,
    /// Answers 302 with a place where the answer is right.
    Redirect,
}

/// Moods and counts, by issuer and endpoint.
#[derive(Debug, Default)]
pub(super) struct Moods(Mutex<ByEndpoint>);

/// How often each endpoint was asked, and its mood.
type ByEndpoint = BTreeMap<(String, Endpoint), (u64, Option<Mood>)>;

impl Moods {
    pub(super) fn asked(&self, name: &str, endpoint: Endpoint) -> u64 {
        let entries = self.entries();
        entries.get(&(name.to_owned(), endpoint)).map_or(0, |(asked, _)| *asked)
    }

    pub(super) fn set(&self, name: &str, endpoint: Endpoint, mood: Option<Mood>) {
        self.entries().entry((name.to_owned(), endpoint)).or_default().1 = mood;
    }

    /// Counts a request, and gives the mood that it meets.
    fn enter(&self, name: &str, endpoint: Endpoint) -> Option<Mood> {
        let mut entries = self.entries();
        let (asked, mood) = entries.entry((name.to_owned(), endpoint)).or_default();
        *asked = asked.saturating_add(1);
        *mood
    }

    fn entries(&self) -> MutexGuard<'_, ByEndpoint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets a request through to its endpoint, or fails as it should.
pub(super) async fn gate(State(provider): State<Provider>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some((name, endpoint)) = Endpoint::of(&path).filter(|(name, _)| provider.issuer(name).is_some()) else {
        return next.run(request).await;
    };
    let mood = provider.moods.enter(name, endpoint);
    let has_moved = request.uri().query() == Some(MOVED);
    match mood {
        None => next.run(request).await,
        Some(Mood::Redirect) if has_moved => next.run(request).await,
        Some(Mood::Redirect) => (StatusCode::FOUND, [(LOCATION, format!("{path}?{MOVED}"))]).into_response(),
        Some(Mood::Unavailable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Mood::Broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Mood::HangUp) => hang_up(request.extensions()).await,
        Some(Mood::Slow(time)) => {
            tokio::time::sleep(time).await;
            next.run(request).await
        }
        Some(Mood::Garbage) => json_text("<html>{\"keys\":"),
        Some(Mood::Empty) if endpoint == Endpoint::Keys => json_text(r#"{"keys":[]}"#),
        Some(Mood::Empty) => json_text("{}"),
        Some(Mood::Huge) => huge(next.run(request).await).await,
    }
}

async fn hang_up(extensions: &Extensions) -> Response {
    match extensions.get::<Connection>() {
        Some(connection) => {
            connection.hang_up();
            std::future::pending().await
        }
        // Not on a server of ours: no answer is the next best.
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn json_text(text: &'static str) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

/// White space after a JSON value is fine (RFC 8259 section 2), so only who bounds what they read notices.
async fn huge(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    let mut bytes = to_bytes(body, HUGE_BYTES).await.unwrap_or_default().to_vec();
    bytes.resize(bytes.len().saturating_add(HUGE_BYTES), b' ');
    Response::from_parts(head, Body::from(bytes))
}
