//! The Security Token Service: a workload's own token in, a federated access token out (RFC 8693; Google's "Security
//! Token Service API", method `token`).

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Failure;
use super::api::garbage;
use super::endpoint::{Endpoint, unavailable};
use super::subject_token::{check, wrong_audience};
use crate::oauth::{NOT_STORED, Refusal};
use crate::tokens::now;

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SUBJECT_TOKEN_TYPES: [&str; 2] = [
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:id_token",
];
const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/iam",
];

/// How long a federated access token lives at most.
const TOKEN_LIFETIME_MAX_S: i64 = 3600;

/// RFC 8693 section 2.1.
#[derive(Debug, Deserialize)]
pub(super) struct ExchangeRequest {
    grant_type: Option<String>,
    audience: Option<String>,
    scope: Option<String>,
    requested_token_type: Option<String>,
    subject_token: Option<String>,
    subject_token_type: Option<String>,
}

pub(super) async fn exchange(
    State(endpoint): State<Arc<Endpoint>>,
    form: Result<Form<ExchangeRequest>, FormRejection>,
) -> Result<Response, Refusal> {
    let failure = endpoint.sts.begin().await;
    match failure {
        Some(Failure::Unavailable) => return Err(unavailable()),
        Some(Failure::Garbage) => return Ok(garbage()),
        Some(Failure::Denied) => {
            let denied = "The given credential is rejected by the attribute condition.";
            return Err(Refusal::bad_request("unauthorized_client", denied));
        }
        Some(Failure::WrongAudience) => return Err(wrong_audience("https://another.example")),
        _ => {}
    }
    let Form(request) = form.map_err(|rejection| Refusal::bad_request("invalid_request", rejection.body_text()))?;
    let (audience, subject_token) = read(request)?;
    let mut federation = endpoint.federation();
    let provider = federation.provider(&audience).ok_or_else(|| no_provider(&audience))?;
    let now = now();
    let admitted = check(&subject_token, provider, now)?;
    // The token lives no longer than what it was given for.
    let lifetime_s = (admitted.expires_at - now).clamp(1, TOKEN_LIFETIME_MAX_S);
    let expires_at = match failure {
        Some(Failure::Expired) => now - 1,
        _ => now + lifetime_s,
    };
    let token = federation.admit(admitted.principal, expires_at);
    endpoint.sts.mint();
    let answer = json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": lifetime_s,
    });
    Ok((NOT_STORED, Json(answer)).into_response())
}

/// The audience and the subject token of a request that is in order.
fn read(request: ExchangeRequest) -> Result<(String, String), Refusal> {
    match request.grant_type.as_deref() {
        Some(TOKEN_EXCHANGE) => {}
        Some(other) => {
            let description = format!("Invalid grant_type: {other}");
            return Err(Refusal::bad_request("unsupported_grant_type", description));
        }
        None => return Err(invalid("grant_type", "is missing")),
    }
    if request.requested_token_type.as_deref() != Some(ACCESS_TOKEN) {
        return Err(invalid("requested_token_type", "must be an access token's"));
    }
    let is_taken = |kind: &str| SUBJECT_TOKEN_TYPES.contains(&kind);
    if !request.subject_token_type.as_deref().is_some_and(is_taken) {
        return Err(invalid("subject_token_type", "must be a JWT's or an ID token's"));
    }
    let is_known = |scopes: &str| scopes.split(' ').all(|scope| SCOPES.contains(&scope));
    if !request.scope.as_deref().is_some_and(is_known) {
        let description = "Invalid OAuth scope or ID token audience provided.";
        return Err(Refusal::bad_request("invalid_scope", description));
    }
    let audience = request.audience.ok_or_else(|| invalid("audience", "is missing"))?;
    let subject_token = request
        .subject_token
        .ok_or_else(|| invalid("subject_token", "is missing"))?;
    Ok((audience, subject_token))
}

/// Google tells a name that is no provider's from one whose provider is not there.
fn no_provider(audience: &str) -> Refusal {
    let is_name = audience.starts_with("//iam.googleapis.com/projects/") && audience.contains("/providers/");
    match is_name {
        true => Refusal::bad_request(
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid. This might either be because the \
             pool or provider is disabled or deleted or because it doesn't exist.",
        ),
        false => invalid(
            "audience",
            "This value should be the full resource name of the Identity Provider.",
        ),
    }
}

fn invalid(parameter: &str, why: &str) -> Refusal {
    Refusal::bad_request("invalid_request", format!("Invalid value for \"{parameter}\". {why}"))
}
