//! Google's memory, and its token endpoint for service accounts with a key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::accounts::{Account, new_key, unique_id};
use super::api::{Api, garbage};
use super::assertion::{Grant, check};
use super::federation::Federation;
use super::{Failure, ISSUER, iam_credentials, sts};
use crate::oauth::{NOT_STORED, Refusal};
use crate::signing::SigningKey;
use crate::tokens::now;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_LIFETIME_S: u64 = 3600;

/// What the endpoint knows and counts.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) key: SigningKey,
    pub(super) token_lifetime_s: AtomicU64,
    pub(super) token: Api,
    pub(super) sts: Api,
    pub(super) iam_credentials: Api,
    accounts: Mutex<BTreeMap<String, Account>>,
    federation: Mutex<Federation>,
}

impl Endpoint {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            key: new_key()?,
            token_lifetime_s: AtomicU64::new(TOKEN_LIFETIME_S),
            token: Api::default(),
            sts: Api::default(),
            iam_credentials: Api::default(),
            accounts: Mutex::default(),
            federation: Mutex::default(),
        })
    }

    pub(super) fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn federation(&self) -> MutexGuard<'_, Federation> {
        self.federation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An ID token as Google's: the claims and their meaning are those of OpenID Connect Core section 2.
    pub(super) fn id_token(
        &self,
        email: &str,
        audience: &str,
        with_email: bool,
        failure: Option<Failure>,
    ) -> anyhow::Result<String> {
        let id = unique_id(email);
        let lifetime_s = i64::try_from(self.token_lifetime_s.load(Ordering::Relaxed))?;
        let issued_at = match failure {
            Some(Failure::Expired) => now() - lifetime_s - 1,
            _ => now(),
        };
        let audience = match failure {
            Some(Failure::WrongAudience) => "https://another-service.example",
            _ => audience,
        };
        let header = json!({ "alg": "RS256", "kid": self.key.kid(), "typ": "JWT" });
        let mut claims = json!({
            "aud": audience,
            "azp": id,
            "exp": issued_at.saturating_add(lifetime_s),
            "iat": issued_at,
            "iss": ISSUER,
            "sub": id,
        });
        if let (true, Some(claims)) = (with_email, claims.as_object_mut()) {
            claims.insert("email".to_owned(), email.into());
            claims.insert("email_verified".to_owned(), true.into());
        }
        self.key.sign(&header, &claims)
    }
}

pub(super) fn router(endpoint: &Arc<Endpoint>) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/v1/token", post(sts::exchange))
        .route(
            "/v1/projects/-/serviceAccounts/{resource}",
            post(iam_credentials::generate),
        )
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
    let failure = endpoint.token.begin().await;
    match failure {
        Some(Failure::Unavailable) => return Err(unavailable()),
        Some(Failure::Garbage) => return Ok(garbage()),
        Some(Failure::Denied) => {
            let denied = "Invalid grant: account not found";
            return Err(Refusal::bad_request("invalid_grant", denied));
        }
        _ => {}
    }
    let Form(request) = form.map_err(|rejection| Refusal::bad_request("invalid_request", rejection.body_text()))?;
    let Grant { email, target_audience } = check(&assertion(request)?, &endpoint.accounts(), now())?;
    let id_token = endpoint.id_token(&email, &target_audience, true, failure);
    let id_token = id_token.map_err(|error| internal(&error))?;
    endpoint.token.mint();
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

pub(super) fn unavailable() -> Refusal {
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
