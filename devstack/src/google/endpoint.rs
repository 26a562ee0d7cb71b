//! The endpoint itself: its requests, its answers and its memory.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::accounts::{Account, new_key, unique_id};
use super::assertion::{Grant, check};
use super::{Failure, ISSUER};
use crate::oauth::{NOT_STORED, Refusal};
use crate::signing::SigningKey;
use crate::tokens::now;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_LIFETIME_S: u64 = 3600;

/// What the endpoint knows and counts.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) key: SigningKey,
    pub(super) failure: Mutex<Option<Failure>>,
    pub(super) token_lifetime_s: AtomicU64,
    pub(super) asked: AtomicU64,
    pub(super) minted: AtomicU64,
    accounts: Mutex<BTreeMap<String, Account>>,
}

impl Endpoint {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            key: new_key()?,
            failure: Mutex::new(None),
            token_lifetime_s: AtomicU64::new(TOKEN_LIFETIME_S),
            asked: AtomicU64::new(0),
            minted: AtomicU64::new(0),
            accounts: Mutex::new(BTreeMap::new()),
        })
    }

    pub(super) fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self) -> Option<Failure> {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An ID token as Google's: the claims and their meaning are those of OpenID Connect Core section 2.
    fn mint(&self, grant: &Grant, audience: &str) -> anyhow::Result<String> {
        let id = unique_id(&grant.email);
        let issued_at = now();
        let lifetime_s = i64::try_from(self.token_lifetime_s.load(Ordering::Relaxed))?;
        let header = json!({ "alg": "RS256", "kid": self.key.kid(), "typ": "JWT" });
        let claims = json!({
            "aud": audience,
            "azp": id,
            "email": grant.email,
            "email_verified": true,
            "exp": issued_at.saturating_add(lifetime_s),
            "iat": issued_at,
            "iss": ISSUER,
            "sub": id,
        });
        let token = self.key.sign(&header, &claims)?;
        self.minted.fetch_add(1, Ordering::Relaxed);
        Ok(token)
    }
}

pub(super) fn router(endpoint: &Arc<Endpoint>) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/oauth2/v3/certs", get(certs))
        .with_state(Arc::clone(endpoint))
}

async fn certs(State(endpoint): State<Arc<Endpoint>>) -> Response {
    Json(json!({ "keys": [endpoint.key.public_jwk()] })).into_response()
}

/// RFC 7523 section 2.1.
#[derive(Debug, Deserialize)]
struct TokenRequest {
    grant_type: Option<String>,
    assertion: Option<String>,
}

async fn token(
    State(endpoint): State<Arc<Endpoint>>,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Response, Refusal> {
    endpoint.asked.fetch_add(1, Ordering::Relaxed);
    let failure = endpoint.failure();
    match failure {
        Some(Failure::Hang) => return pending().await,
        Some(Failure::Unavailable) => return Err(unavailable()),
        Some(Failure::Garbage) => return Ok(garbage()),
        Some(Failure::WrongAudience) | None => {}
    }
    let Form(request) = form.map_err(|rejection| Refusal::bad_request("invalid_request", rejection.body_text()))?;
    let grant = check(&assertion(request)?, &endpoint.accounts(), now())?;
    let audience = match failure {
        Some(Failure::WrongAudience) => "https://another-service.example",
        _ => grant.target_audience.as_str(),
    };
    let id_token = endpoint.mint(&grant, audience).map_err(|error| internal(&error))?;
    Ok((NOT_STORED, Json(json!({ "id_token": id_token }))).into_response())
}

fn assertion(request: TokenRequest) -> Result<String, Refusal> {
    match request.grant_type.as_deref() {
        Some(JWT_BEARER) => {}
        Some(other) => {
            return Err(Refusal::bad_request(
                "unsupported_grant_type",
                format!("Invalid grant_type: {other}"),
            ));
        }
        None => {
            return Err(Refusal::bad_request(
                "invalid_request",
                "Required parameter is missing: grant_type",
            ));
        }
    }
    let missing = || Refusal::bad_request("invalid_request", "Required parameter is missing: assertion");
    request.assertion.ok_or_else(missing)
}

fn unavailable() -> Refusal {
    let description = "The service is currently unavailable.".to_owned();
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "temporarily_unavailable",
        description,
    }
}

fn internal(error: &anyhow::Error) -> Refusal {
    let description = error.to_string();
    Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "internal_failure",
        description,
    }
}

fn garbage() -> Response {
    (
        [(CONTENT_TYPE, "text/html; charset=UTF-8")],
        "<!DOCTYPE html><title>Sorry</title>",
    )
        .into_response()
}
