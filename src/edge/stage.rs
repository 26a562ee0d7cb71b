//! How far the request under way has come, for whoever must answer if the SDK panics ([`super::last_words`]).

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far a request has come. There is never more than one in a sandbox.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    /// There is none, or it has its answer and its log entry.
    Idle,
    /// It is being read.
    Reading,
    /// It is being handled.
    Handling,
    /// A config store is being read for it.
    Store(&'static str),
    /// It has an outcome, which is on its way to the client.
    Sending,
}

static UNDER_WAY: Mutex<(Stage, String)> = Mutex::new((Stage::Idle, String::new()));

/// A request has come.
pub(super) fn begin(request_id: &str) {
    *under_way() = (Stage::Reading, request_id.to_owned());
}

/// It has come this far.
pub(super) fn enter(stage: Stage) {
    under_way().0 = stage;
}

/// How far it has come, and its identifier. Nobody answers for it after this.
pub(super) fn take() -> (Stage, String) {
    std::mem::replace(&mut *under_way(), (Stage::Idle, String::new()))
}

fn under_way() -> MutexGuard<'static, (Stage, String)> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}
