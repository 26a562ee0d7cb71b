//! Paths whose bodies stream through: nothing of them is kept, however long they are.

use std::convert::Infallible;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Json, Router};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::time::sleep;

use super::account::Account;

const PIECE_BYTES: usize = 16 << 10;

/// What `/bytes/{n}` is made of.
static ZEROS: [u8; PIECE_BYTES] = [0; PIECE_BYTES];

/// Whether the request's body is left to the path that answers it.
pub(super) fn is_streamed(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    matches!(first, Some("echo-length" | "early" | "bytes" | "events"))
}

pub(super) fn router() -> Router {
    Router::new()
        .route("/echo-length", any(echo_length))
        .route("/early", any(early))
        .route("/bytes/{n}", any(bytes))
        .route("/events/{n}/{ms}", any(events))
}

/// How long the body was and what its SHA-256 is. A body that breaks off is answered 400, to whoever is left to hear it.
async fn echo_length(request: Request) -> Response {
    let mut pieces = request.into_body().into_data_stream();
    let (mut bytes, mut digest) = (0_usize, Context::new(&SHA256));
    while let Some(piece) = pieces.next().await {
        let Ok(piece) = piece else {
            return (StatusCode::BAD_REQUEST, Json(json!({ "bytes": bytes, "whole": false }))).into_response();
        };
        bytes += piece.len();
        digest.update(&piece);
    }
    let sha256: String = digest
        .finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Json(json!({ "bytes": bytes, "sha256": sha256, "whole": true })).into_response()
}

/// Answers while the body is still on its way, and reads none of it.
async fn early(Extension(Account(account)): Extension<Account>) -> Response {
    Json(account).into_response()
}

/// So many zero bytes.
async fn bytes(Path(n): Path<usize>) -> Response {
    let pieces = stream::unfold(n, |left| async move {
        let piece = ZEROS.get(..left.min(PIECE_BYTES))?;
        (!piece.is_empty()).then(|| (Ok::<_, Infallible>(Bytes::from_static(piece)), left - piece.len()))
    });
    ([(CONTENT_TYPE, "application/octet-stream")], Body::from_stream(pieces)).into_response()
}

/// So many server-sent events (WHATWG HTML section 9.2), the first at once and each further one after a pause.
async fn events(Path((n, ms)): Path<(u32, u64)>) -> Response {
    let events = stream::unfold(0, move |event| async move {
        if event == n {
            return None;
        }
        if event > 0 {
            sleep(Duration::from_millis(ms)).await;
        }
        let text = format!("id: {event}\ndata: event {event}\n\n");
        Some((Ok::<_, Infallible>(Bytes::from(text)), event + 1))
    });
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(events)).into_response()
}
