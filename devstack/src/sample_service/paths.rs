//! What the service answers, path by path.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Json, Router};
use futures_util::stream;
use serde_json::json;
use tokio::time::sleep;

use super::account::Account;
use super::streamed;
use crate::server::Connection;

pub(super) fn router() -> Router {
    Router::new()
        .route("/status/{code}", any(status))
        .route("/slow/{ms}", any(slow))
        .route("/stream/{chunks}/{ms}", any(stream_chunks))
        .route("/set-cookie", any(set_cookie))
        .route("/drop", any(drop_connection))
        .merge(streamed::router())
        .fallback(tell)
}

async fn tell(Extension(Account(account)): Extension<Account>) -> Response {
    Json(account).into_response()
}

/// Answers with any final status.
async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(status) if status.is_informational() => StatusCode::BAD_REQUEST.into_response(),
        // These have no body (RFC 9110 sections 15.3.5 and 15.4.5).
        Ok(status @ (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)) => status.into_response(),
        Ok(status) => (status, Json(json!({ "status": code }))).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Tells as always, but late.
async fn slow(Path(ms): Path<u64>, Extension(Account(account)): Extension<Account>) -> Response {
    sleep(Duration::from_millis(ms)).await;
    Json(account).into_response()
}

/// One line at once, and each further one after a pause.
async fn stream_chunks(Path((chunks, ms)): Path<(u32, u64)>) -> Response {
    let lines = stream::unfold(0, move |line| async move {
        if line == chunks {
            return None;
        }
        if line > 0 {
            sleep(Duration::from_millis(ms)).await;
        }
        Some((Ok::<_, Infallible>(Bytes::from(format!("chunk {line}\n"))), line + 1))
    });
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(lines)).into_response()
}

/// Tells as always, and sets a cookie.
async fn set_cookie(Extension(Account(account)): Extension<Account>) -> Response {
    ([(SET_COOKIE, "sample=1; Path=/; HttpOnly")], Json(account)).into_response()
}

/// Closes the connection without an answer.
async fn drop_connection(Extension(connection): Extension<Connection>) -> Response {
    connection.hang_up();
    pending().await
}
