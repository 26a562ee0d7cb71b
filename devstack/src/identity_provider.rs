//! The development identity provider: discovery, keys and tokens for any number of issuers, on one server.
//!
//! Promises real tokens for whoever knows the development client, for any subject and scope asked for, so that the
//! gateway can be tried with nothing else at hand. Answers and errors are those of RFC 6749 section 4.4 and 5.
//! A request with a DPoP proof gets a token bound to the proof's key (RFC 9449 section 5); an issuer of opaque tokens tells
//! about them (RFC 7662). Keys come and go while it runs, it fails as it is told to, and counts what it was asked.
//! Refuses every other client and grant. An issuer's `iss` need not be a URL of this server: it can play one that is
//! elsewhere in production, whose keys the gateway was given.

mod control;
mod grant;
mod introspection;
mod mood;
mod proof;

use std::sync::Arc;

use anyhow::ensure;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router, middleware};
use headers::authorization::Basic;
use headers::{Authorization, HeaderMapExt as _};
use serde_json::json;

use crate::oauth::{NOT_STORED, Refusal};
use crate::server::Server;
use crate::signing::Algorithm;
use crate::tokens::{Issuer, now};
use grant::{TokenRequest, grant};
use mood::Moods;
use proof::{Seen, proven};

pub use mood::{Endpoint, HUGE_BYTES, Mood};

/// The one client that is known here.
pub const CLIENT_ID: &str = "demo";
/// The client's secret. It is no secret.
pub const CLIENT_SECRET: &str = "demo-secret";

/// A running identity provider.
#[derive(Debug)]
pub struct IdentityProvider {
    server: Server,
    issuers: Arc<[Issuer]>,
    moods: Arc<Moods>,
}

impl IdentityProvider {
    /// Serves these issuers, each below a path that is its name.
    ///
    /// # Errors
    ///
    /// If two issuers have one name, a name is not made of letters, digits, `-` and `_`, or no port can be had.
    pub async fn start(issuers: Vec<Issuer>) -> anyhow::Result<Self> {
        ensure_distinct_names(&issuers)?;
        let issuers: Arc<[Issuer]> = issuers.into();
        let moods = Arc::default();
        let server = Server::start_with(|url| {
            router(Provider {
                url: url.into(),
                issuers: Arc::clone(&issuers),
                moods: Arc::clone(&moods),
                seen: Arc::default(),
            })
        })
        .await?;
        Ok(Self { server, issuers, moods })
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// All issuers.
    #[must_use]
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// The issuer with this name.
    #[must_use]
    pub fn issuer(&self, name: &str) -> Option<&Issuer> {
        find(&self.issuers, name)
    }

    /// Where an issuer answers.
    #[must_use]
    pub fn endpoint_url(&self, name: &str, endpoint: Endpoint) -> String {
        format!("{}/{name}/{}", self.url(), endpoint.path())
    }

    /// The URL of an issuer's discovery document.
    #[must_use]
    pub fn discovery_url(&self, name: &str) -> String {
        self.endpoint_url(name, Endpoint::Discovery)
    }

    /// The URL of an issuer's key set.
    #[must_use]
    pub fn jwks_url(&self, name: &str) -> String {
        self.endpoint_url(name, Endpoint::Keys)
    }

    /// The URL of an issuer's token endpoint.
    #[must_use]
    pub fn token_url(&self, name: &str) -> String {
        self.endpoint_url(name, Endpoint::Token)
    }

    /// The URL of an issuer's introspection endpoint.
    #[must_use]
    pub fn introspection_url(&self, name: &str) -> String {
        self.endpoint_url(name, Endpoint::Introspection)
    }

    /// Where an issuer's knobs are turned by hand, with `rotate`, `withdraw?kid=`, `revoke?token=`, `down` or `up` after it.
    #[must_use]
    pub fn control_url(&self, name: &str) -> String {
        format!("{}/{name}/control", self.url())
    }

    /// How many times an issuer was asked there, with or without success.
    #[must_use]
    pub fn asked(&self, name: &str, endpoint: Endpoint) -> u64 {
        self.moods.asked(name, endpoint)
    }

    /// How an issuer fails there from now on; `None` for not at all.
    pub fn set_mood(&self, name: &str, endpoint: Endpoint, mood: Option<Mood>) {
        self.moods.set(name, endpoint, mood);
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

#[derive(Debug, Clone)]
struct Provider {
    url: Arc<str>,
    issuers: Arc<[Issuer]>,
    moods: Arc<Moods>,
    seen: Arc<Seen>,
}

impl Provider {
    fn issuer(&self, name: &str) -> Option<&Issuer> {
        find(&self.issuers, name)
    }
}

fn router(provider: Provider) -> Router {
    let at = |endpoint: Endpoint| format!("/{{name}}/{}", endpoint.path());
    Router::new()
        .route(&at(Endpoint::Discovery), get(discovery))
        .route(&at(Endpoint::Keys), get(jwks))
        .route(&at(Endpoint::Token), post(token))
        .route(&at(Endpoint::Introspection), post(introspection::introspect))
        .layer(middleware::from_fn_with_state(provider.clone(), mood::gate))
        .route("/{name}/control/{order}", post(control::control))
        .with_state(provider)
}

/// OpenID Connect Discovery 1.0 section 3, without the endpoints that are not there (RFC 8414 section 2).
async fn discovery(State(provider): State<Provider>, Path(name): Path<String>) -> Response {
    let Some(issuer) = provider.issuer(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let at = |endpoint: Endpoint| format!("{}/{name}/{}", provider.url, endpoint.path());
    let has_key = |algorithm: &Algorithm| issuer.newest_key(*algorithm).is_some();
    let algorithms: Vec<_> = Algorithm::EVERY
        .into_iter()
        .filter(has_key)
        .map(Algorithm::jws_name)
        .collect();
    let proofs = Algorithm::EVERY.map(Algorithm::jws_name);
    Json(json!({
        "issuer": issuer.issuer,
        "jwks_uri": at(Endpoint::Keys),
        "token_endpoint": at(Endpoint::Token),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "introspection_endpoint": at(Endpoint::Introspection),
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": proofs,
    }))
    .into_response()
}

async fn jwks(State(provider): State<Provider>, Path(name): Path<String>) -> Response {
    provider.issuer(&name).map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |issuer| Json(issuer.jwks()).into_response(),
    )
}

async fn token(
    State(provider): State<Provider>,
    Path(name): Path<String>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let Some(issuer) = provider.issuer(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let basic = headers.typed_get::<Authorization<Basic>>();
    let refused_basic = basic.is_some();
    let granted = form
        .map_err(|rejection| Refusal::bad_request("invalid_request", rejection.body_text()))
        .and_then(|Form(request)| {
            let url = format!("{}/{name}/{}", provider.url, Endpoint::Token.path());
            let jkt = || proven(&headers, &url, &provider.seen, now());
            grant(issuer, basic.as_ref(), request, jkt)
        });
    match granted {
        Ok(answer) => (NOT_STORED, Json(answer)).into_response(),
        // A client that came with an Authorization header is told which scheme is taken (RFC 6749 section 5.2).
        Err(refusal) if refused_basic && refusal.status == StatusCode::UNAUTHORIZED => {
            ([(WWW_AUTHENTICATE, r#"Basic realm="tollgate development""#)], refusal).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn find<'a>(issuers: &'a [Issuer], name: &str) -> Option<&'a Issuer> {
    issuers.iter().find(|issuer| issuer.name == name)
}

fn ensure_distinct_names(issuers: &[Issuer]) -> anyhow::Result<()> {
    for (index, Issuer { name, .. }) in issuers.iter().enumerate() {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        ensure!(
            !name.is_empty() && name.chars().all(is_plain),
            "`{name}` is not a plain name for an issuer"
        );
        ensure!(
            !issuers.iter().skip(index + 1).any(|other| other.name == *name),
            "two issuers are called `{name}`"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
