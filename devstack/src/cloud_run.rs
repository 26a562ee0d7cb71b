//! The front end of a private Cloud Run service: IAM's check, then the container.
//!
//! Promises that the container is reached only with an ID token of Google's, for this service, from an account that may
//! invoke it (Google's "Authenticating service-to-service"), and that the container sees what it would see in
//! production: the token without its signature, the caller's own `Authorization` untouched, every other field and the
//! raw target as they were sent. Bodies stream both ways.
//! Refuses like the real one: 403 without a token or without the role, 401 for a token that does not hold. Answers carry
//! what Google's front end adds, and can be told to come as from a service that has too few instances.
//! Connection fields such as `Connection` pass too, unlike in production, so that a test sees what the gateway sent.

mod admission;
mod passage;
mod scaling;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use axum::extract::{Request, State};
use axum::http::header::{ALT_SVC, SERVER};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;

use crate::server::{Connection, Server};
use admission::Door;
use passage::Passage;
use scaling::Instances;

pub use scaling::Scaling;

/// A private service.
#[derive(Debug, Clone)]
pub struct CloudRunService {
    /// What `aud` may be: the service's URL and its custom audiences.
    pub audiences: Vec<String>,
    /// The accounts with `roles/run.invoker`, by email.
    pub invokers: Vec<String>,
    /// Where the container is: `http://ADDRESS:PORT`.
    pub upstream: String,
    /// Google's public keys, a JSON Web Key Set.
    pub google_keys: Value,
}

/// A running front end.
#[derive(Debug)]
pub struct CloudRun {
    server: Server,
    front_end: Arc<FrontEnd>,
}

#[derive(Debug)]
struct FrontEnd {
    door: Door,
    passage: Passage,
    instances: Instances,
    admitted: AtomicU64,
    refused: AtomicU64,
}

impl CloudRun {
    /// Starts the front end of this service.
    ///
    /// # Errors
    ///
    /// If the container's URL or the key set cannot be used, or no port can be had.
    pub async fn start(service: CloudRunService) -> anyhow::Result<Self> {
        let container = container(&service.upstream)?;
        let keys: JwkSet = serde_json::from_value(service.google_keys).context("google_keys is not a key set")?;
        let front_end = Arc::new(FrontEnd {
            door: Door {
                audiences: service.audiences,
                invokers: service.invokers,
                keys,
            },
            passage: Passage::to(container),
            instances: Instances::default(),
            admitted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&front_end));
        Ok(Self {
            server: Server::start(router).await?,
            front_end,
        })
    }

    /// Where it is, without a slash at the end. An audience is a name and need not be this URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// How many requests IAM let in.
    #[must_use]
    pub fn admitted(&self) -> u64 {
        self.front_end.admitted.load(Ordering::Relaxed)
    }

    /// How many requests IAM refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.front_end.refused.load(Ordering::Relaxed)
    }

    /// What instances there are from now on.
    pub fn set_scaling(&self, scaling: Scaling) {
        self.front_end.instances.set(scaling);
    }

    /// Refuses connections from now on.
    pub async fn stop(&self) {
        self.server.stop().await;
    }

    /// Comes back on the same port.
    ///
    /// # Errors
    ///
    /// If the port has been taken.
    pub async fn resume(&self) -> anyhow::Result<()> {
        self.server.resume().await
    }
}

async fn receive(
    State(front_end): State<Arc<FrontEnd>>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let mut response = front_end.answer(request, &connection).await;
    add_google_fields(response.headers_mut());
    response
}

impl FrontEnd {
    async fn answer(&self, mut request: Request, connection: &Connection) -> Response {
        match self.door.admit(request.headers()) {
            Ok(admission) => {
                self.admitted.fetch_add(1, Ordering::Relaxed);
                if let Err(none) = self.instances.wait().await {
                    return none;
                }
                admission.mark(request.headers_mut());
                self.passage.forward(request, connection.peer()).await
            }
            Err(refusal) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                refusal.answer(request.uri().path()).into_response()
            }
        }
    }
}

/// What every answer of Google's front end says, whatever the container said there.
fn add_google_fields(headers: &mut HeaderMap) {
    headers.insert(SERVER, HeaderValue::from_static("Google Frontend"));
    headers.insert(
        ALT_SVC,
        HeaderValue::from_static(r#"h3=":443"; ma=2592000,h3-29=":443"; ma=2592000"#),
    );
}

fn container(url: &str) -> anyhow::Result<Authority> {
    let uri: Uri = url.parse().with_context(|| format!("{url} is not a URL"))?;
    let parts = uri.into_parts();
    let is_http = parts.scheme.as_ref().is_some_and(|scheme| scheme.as_str() == "http");
    parts
        .authority
        .filter(|_| is_http)
        .with_context(|| format!("{url} is not http://ADDRESS:PORT"))
}

#[cfg(test)]
mod tests;
