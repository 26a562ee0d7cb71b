//! How many instances there are, and what comes of it where there are too few (Google's "About instance autoscaling" and
//! "Troubleshoot Cloud Run issues", sections 429 and 503).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, sleep_until};

/// What instances there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scaling {
    /// Enough.
    #[default]
    Warm,
    /// None. The first request starts one, which takes so many milliseconds; whoever comes meanwhile waits for it too.
    ColdStart(u64),
    /// As many as there may be, all busy: 429.
    Overloaded,
    /// None that starts: 503, with `Retry-After` in seconds if there is a number.
    Unavailable(Option<u32>),
}

/// The instances of one service.
#[derive(Debug, Default)]
pub(super) struct Instances {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scaling: Scaling,
    /// When the instance that was started for somebody is ready.
    ready_at: Option<Instant>,
}

impl Instances {
    pub(super) fn set(&self, scaling: Scaling) {
        let ready_at = None;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State { scaling, ready_at };
    }

    /// Waits for an instance, or says that there is none.
    pub(super) async fn wait(&self) -> Result<(), Response> {
        let ready_at = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match state.scaling {
                Scaling::Warm => return Ok(()),
                Scaling::Overloaded => return Err(overloaded()),
                Scaling::Unavailable(retry_after_s) => return Err(unavailable(retry_after_s)),
                Scaling::ColdStart(ms) => *state
                    .ready_at
                    .get_or_insert_with(|| Instant::now() + Duration::from_millis(ms)),
            }
        };
        sleep_until(ready_at).await;
        Ok(())
    }
}

fn overloaded() -> Response {
    let html = [(CONTENT_TYPE, "text/html")];
    (StatusCode::TOO_MANY_REQUESTS, html, "Rate exceeded.").into_response()
}

fn unavailable(retry_after_s: Option<u32>) -> Response {
    let plain = [(CONTENT_TYPE, "text/plain")];
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, plain, "Service Unavailable").into_response();
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}
