//! What a sandbox remembers of revocations: the knob, and what the KV store said of callers.

use std::sync::Arc;

use crate::{
    identity::revocation::{Knob, Records},
    sandbox::bounded::Bounded,
    time::UnixSeconds,
};

/// The most callers of whom is remembered what the KV store said.
pub const ANSWERS_MAX: usize = 64;

/// How long that is remembered, in seconds.
pub const ANSWER_AGE_S_MAX: u64 = 10;

/// The revocations that a sandbox knows.
#[derive(Debug)]
pub(super) struct Revocations {
    knob: Option<(Arc<Knob>, UnixSeconds)>,
    answers: Bounded<(String, Records, UnixSeconds)>,
}

impl Default for Revocations {
    fn default() -> Self {
        Self {
            knob: None,
            answers: Bounded::new(ANSWERS_MAX),
        }
    }
}

impl Revocations {
    pub(super) fn knob(&self) -> Option<(Arc<Knob>, UnixSeconds)> {
        self.knob.clone()
    }

    pub(super) fn keep_knob(&mut self, knob: &Arc<Knob>, now: UnixSeconds) {
        self.knob = Some((Arc::clone(knob), now));
    }

    pub(super) fn records(&self, name: &str, now: UnixSeconds) -> Option<Records> {
        let fresh = |read_at: UnixSeconds| now >= read_at && read_at.until_s(now) < ANSWER_AGE_S_MAX;
        let kept = self.answers.find(|(kept, _, read_at)| kept == name && fresh(*read_at));
        kept.map(|(_, records, _)| *records)
    }

    pub(super) fn keep_records(&mut self, name: &str, records: Records, now: UnixSeconds) {
        let kept = (name.to_owned(), records, now);
        self.answers.replace(|(kept, _, _)| kept == name, kept);
    }
}
