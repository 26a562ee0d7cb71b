//! What the token endpoints of the local world have in common: how they say no (RFC 6749 section 5.2).

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal of a token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// 400, or 401 for a client that is not who it says.
    pub(crate) status: StatusCode,
    /// One of the words of RFC 6749 section 5.2.
    pub(crate) error: &'static str,
    /// A sentence for people.
    pub(crate) description: String,
}

impl Refusal {
    /// A refusal with status 400.
    pub(crate) fn bad_request(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description: description.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        (self.status, NOT_STORED, Json(body)).into_response()
    }
}

/// No cache may keep what a token endpoint answers (RFC 6749 section 5.1).
pub(crate) const NOT_STORED: [(axum::http::HeaderName, &str); 2] = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
