//! Waiting for whoever runs a program to stop it.
//!
//! Promises that Ctrl-C and the signal of service managers are the same good end, so that values are dropped and
//! folders with keys removed on either.

use anyhow::Context as _;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

/// Returns when this process is asked to stop.
///
/// # Errors
///
/// If the signals can't be waited for.
pub async fn requested() -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("can't wait for SIGTERM")?;
    tokio::select! {
        interrupted = ctrl_c() => interrupted.context("can't wait for Ctrl-C"),
        _ = terminated.recv() => Ok(()),
    }
}
