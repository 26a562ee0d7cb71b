//! Turning the provider's knobs by hand, so that people can see what the gateway makes of it.
//!
//! Promises to change one issuer's keys or mood and to say what there is now. Refuses requests that a web page makes: the
//! server is on loopback, and so is the reader's browser.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Provider;
use super::mood::{Endpoint, Mood};
use crate::signing::{Algorithm, SigningKey};
use crate::tokens::Issuer;

/// The parameters, all optional.
#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    algorithm: Option<String>,
    kid: Option<String>,
    token: Option<String>,
}

/// `POST /NAME/control/DO`, where `DO` is `rotate`, `withdraw`, `revoke`, `down` or `up`.
pub(super) async fn control(
    State(provider): State<Provider>,
    Path((name, order)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(ORIGIN) {
        return (StatusCode::FORBIDDEN, "not from a web page\n").into_response();
    }
    let Some(issuer) = provider.issuer(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match order.as_str() {
        "rotate" => rotate(issuer, parameters.algorithm.as_deref()).await,
        "withdraw" => is_there(
            issuer.withdraw_key(parameters.kid.as_deref().unwrap_or_default()),
            issuer,
        ),
        "revoke" => is_there(
            issuer.revoke_opaque(parameters.token.as_deref().unwrap_or_default()),
            issuer,
        ),
        "down" => mood(&provider, issuer, Some(Mood::Unavailable)),
        "up" => mood(&provider, issuer, None),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A fresh key; the token endpoint signs with it from now on.
async fn rotate(issuer: &Issuer, algorithm: Option<&str>) -> Response {
    let algorithm = match algorithm {
        Some(name) => Algorithm::named(name),
        None => issuer.algorithm(),
    };
    let Some(algorithm) = algorithm else {
        return (
            StatusCode::BAD_REQUEST,
            "there is no such algorithm, or the issuer has no keys\n",
        )
            .into_response();
    };
    let issuer = issuer.clone();
    // Making an RSA key takes long, and other requests are waiting.
    match tokio::task::spawn_blocking(move || issuer.rotate(algorithm).map(|_| issuer)).await {
        Ok(Ok(issuer)) => state(&issuer),
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn mood(provider: &Provider, issuer: &Issuer, mood: Option<Mood>) -> Response {
    for endpoint in Endpoint::ALL {
        provider.moods.set(&issuer.name, endpoint, mood);
    }
    state(issuer)
}

fn is_there(was_there: bool, issuer: &Issuer) -> Response {
    match was_there {
        true => state(issuer),
        false => (StatusCode::NOT_FOUND, "there is none of that name\n").into_response(),
    }
}

fn state(issuer: &Issuer) -> Response {
    let keys = issuer.published_keys();
    let kids: Vec<&str> = keys.iter().map(SigningKey::kid).collect();
    Json(json!({ "issuer": issuer.issuer, "kids": kids })).into_response()
}
