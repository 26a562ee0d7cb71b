//! One of Google's APIs as a server that can fail: what it was told to do wrong, and what it counts.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Answers 503 with a JSON error.
    Unavailable,
    /// Takes the request and never answers.
    Hang,
    /// Answers well, after so many milliseconds.
    Slow(u64),
    /// Answers 200 with a body that is not JSON.
    Garbage,
    /// Refuses whoever asks: 400, and 403 by the Service Account Credentials API.
    Denied,
    /// Gives a good token, but for another audience than was asked for. The Security Token Service refuses the audience
    /// instead: its tokens have none.
    WrongAudience,
    /// Gives a token that has expired already. The Security Token Service says that it lives, and only the next API
    /// knows better.
    Expired,
}

/// One API.
#[derive(Debug, Default)]
pub struct Api {
    failure: Mutex<Option<Failure>>,
    asked: AtomicU64,
    minted: AtomicU64,
}

impl Api {
    /// How it fails from now on; `None` for not at all.
    pub fn set_failure(&self, failure: Option<Failure>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// How many times it was asked for a token, with or without success.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// How many tokens it has given.
    #[must_use]
    pub fn minted(&self) -> u64 {
        self.minted.load(Ordering::Relaxed)
    }

    /// Counts a request and waits as it was told to. The other ways to fail are the answer's affair.
    pub(super) async fn begin(&self) -> Option<Failure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let failure = *self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(Failure::Hang) => pending().await,
            Some(Failure::Slow(ms)) => sleep(Duration::from_millis(ms)).await,
            _ => {}
        }
        failure
    }

    /// Counts a token.
    pub(super) fn mint(&self) {
        self.minted.fetch_add(1, Ordering::Relaxed);
    }
}

/// A page where JSON was asked for.
pub(super) fn garbage() -> Response {
    (
        [(CONTENT_TYPE, "text/html; charset=UTF-8")],
        "<!DOCTYPE html><title>Sorry</title>",
    )
        .into_response()
}
