//! The Service Account Credentials API: a federated access token in, an ID token of the account out (Google's "Service
//! Account Credentials API", method `generateIdToken`).

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use headers::authorization::Bearer;
use headers::{Authorization, HeaderMapExt as _};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Failure;
use super::api::garbage;
use super::endpoint::Endpoint;
use crate::tokens::now;

/// The permission that `roles/iam.workloadIdentityUser` has.
const PERMISSION: &str = "iam.serviceAccounts.getOpenIdToken";

/// How Google's APIs say no (AIP-193).
#[derive(Debug)]
pub(super) struct ApiError {
    code: StatusCode,
    status: &'static str,
    message: String,
    details: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GenerateIdToken {
    audience: Option<String>,
    #[serde(default)]
    include_email: bool,
    #[serde(default)]
    delegates: Vec<String>,
}

/// `POST /v1/projects/-/serviceAccounts/EMAIL:generateIdToken`.
pub(super) async fn generate(
    State(endpoint): State<Arc<Endpoint>>,
    Path(resource): Path<String>,
    headers: HeaderMap,
    body: Result<Json<GenerateIdToken>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Some(email) = resource.strip_suffix(":generateIdToken") else {
        return Err(error(StatusCode::NOT_FOUND, "NOT_FOUND", "Method not found."));
    };
    let failure = endpoint.iam_credentials.begin().await;
    match failure {
        Some(Failure::Unavailable) => {
            let message = "The service is currently unavailable.";
            return Err(error(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message));
        }
        Some(Failure::Garbage) => return Ok(garbage()),
        Some(Failure::Denied) => return Err(denied()),
        _ => {}
    }
    let principal = principal(&endpoint, &headers)?;
    let Json(request) = body.map_err(|why| error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", why.body_text()))?;
    let audience = request
        .audience
        .filter(|audience| !audience.is_empty())
        .ok_or_else(|| {
            let message = "Request contains an invalid argument.";
            error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
        })?;
    if !endpoint.accounts().contains_key(email) {
        let message = format!("Not found; Gaia id not found for email {email}");
        return Err(error(StatusCode::NOT_FOUND, "NOT_FOUND", message));
    }
    // Nobody is let act through another account here.
    if !request.delegates.is_empty() || !endpoint.federation().may_mint(&principal, email) {
        return Err(denied());
    }
    let token = endpoint.id_token(email, &audience, request.include_email, failure);
    let token = token.map_err(|why| error(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", why.to_string()))?;
    endpoint.iam_credentials.mint();
    Ok(Json(json!({ "token": token })).into_response())
}

/// Who asks.
fn principal(endpoint: &Endpoint, headers: &HeaderMap) -> Result<String, ApiError> {
    let unauthenticated = |message| error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message);
    let Some(Authorization(bearer)) = headers.typed_get::<Authorization<Bearer>>() else {
        return Err(unauthenticated(
            "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or \
             other valid authentication credential.",
        ));
    };
    let federation = endpoint.federation();
    let holder = federation
        .holder(bearer.token())
        .filter(|holder| holder.expires_at > now());
    holder.map(|holder| holder.principal.clone()).ok_or_else(|| {
        unauthenticated(
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
             valid authentication credential.",
        )
    })
}

fn denied() -> ApiError {
    let message = format!("Permission '{PERMISSION}' denied on resource (or it may not exist).");
    ApiError {
        details: vec![json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "IAM_PERMISSION_DENIED",
            "domain": "iam.googleapis.com",
            "metadata": { "permission": PERMISSION },
        })],
        ..error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }
}

fn error(code: StatusCode, status: &'static str, message: impl Into<String>) -> ApiError {
    ApiError {
        code,
        status,
        message: message.into(),
        details: Vec::new(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code.as_u16(), "message": self.message, "status": self.status });
        if let (false, Some(error)) = (self.details.is_empty(), error.as_object_mut()) {
            error.insert("details".to_owned(), self.details.into());
        }
        (self.code, Json(json!({ "error": error }))).into_response()
    }
}
