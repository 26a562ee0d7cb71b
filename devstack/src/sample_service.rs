//! The container behind Cloud Run: an application that tells what it received.
//!
//! Promises that every request is recorded as it came, and answered with a JSON account of itself in which no token can
//! be used again: of each only the first twelve characters are shown. A few paths behave otherwise, for tests:
//! `/status/{code}`, `/slow/{ms}`, `/stream/{chunks}/{ms}`, `/set-cookie` and `/drop`; and `/echo-length`, `/early`,
//! `/bytes/{n}` and `/events/{n}/{ms}`, whose requests are recorded without their bodies, which may have any length.
//! A service that was given a [`Verifier`] tells what it makes of the gateway's assertion.
//! Refuses nothing: that is the gateway's and Cloud Run's task.

mod account;
mod paths;
mod streamed;
mod verifier;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use serde_json::{Value, json};

use crate::server::Server;

pub use verifier::Verifier;

/// Bodies above this are recorded as empty.
const BODY_BYTES_MAX: usize = 64 << 20;

/// One request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The request target: the raw path and query.
    pub target: String,
    /// All fields with their values, tokens in full. Names are in lower case; values of one name stand together.
    pub headers: Vec<(String, String)>,
    /// The body; empty on the paths that keep none.
    pub body: Vec<u8>,
}

impl Received {
    /// The first value of this field, whose name is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of this field, whose name is given in lower case.
    #[must_use]
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

/// A running service.
#[derive(Debug)]
pub struct SampleService {
    server: Server,
    service: Arc<Service>,
}

#[derive(Debug)]
struct Service {
    name: String,
    received: Mutex<Vec<Received>>,
    verifier: OnceLock<Verifier>,
}

impl SampleService {
    /// Starts a service with this name.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub async fn start(name: impl Into<String>) -> anyhow::Result<Self> {
        let service = Arc::new(Service {
            name: name.into(),
            received: Mutex::default(),
            verifier: OnceLock::new(),
        });
        let router = paths::router().layer(from_fn_with_state(Arc::clone(&service), record));
        Ok(Self {
            server: Server::start(router).await?,
            service,
        })
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Verifies assertions from now on. The first verifier that is given stays.
    pub fn verify_assertions(&self, verifier: Verifier) {
        let _ = self.service.verifier.set(verifier);
    }

    /// All requests so far, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.service.received().clone()
    }

    /// The latest request.
    #[must_use]
    pub fn last(&self) -> Option<Received> {
        self.service.received().last().cloned()
    }

    /// Forgets all requests so far.
    pub fn clear(&self) {
        self.service.received().clear();
    }

    /// Refuses connections from now on.
    pub async fn stop(&self) {
        self.server.stop().await;
    }

    /// Comes back on the same port. What was received is kept.
    ///
    /// # Errors
    ///
    /// If the port has been taken.
    pub async fn resume(&self) -> anyhow::Result<()> {
        self.server.resume().await
    }
}

impl Service {
    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the request's assertion says, if somebody said how it is verified.
    async fn assertion(&self, received: &Received) -> Value {
        let (Some(verifier), Some(assertion)) = (self.verifier.get(), received.header(verifier::HEADER)) else {
            return Value::Null;
        };
        match verifier.verify(assertion).await {
            Ok(claims) => json!({ "verified": true, "claims": claims }),
            Err(why) => json!({ "verified": false, "why": format!("{why:#}") }),
        }
    }
}

/// Every request passes here first. Its account is an extension for whatever answers it.
async fn record(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (kept, left) = match streamed::is_streamed(parts.uri.path()) {
        true => (Bytes::new(), body),
        // A body that broke off is recorded as empty: that the request reached the service matters more.
        false => {
            let kept = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
            (kept.clone(), Body::from(kept))
        }
    };
    let received = Received {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: kept.to_vec(),
    };
    let account = account::of(&service.name, &received, service.assertion(&received).await);
    service.received().push(received);
    let mut request = Request::from_parts(parts, left);
    request.extensions_mut().insert(account);
    next.run(request).await
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
