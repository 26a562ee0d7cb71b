//! How the attempts for a request went, as the log tells it.

use crate::{entry::Try, upstream::pick::Reached};

/// How the attempts went, for the log.
#[derive(Debug, Default)]
pub struct Course {
    /// How often the request was sent.
    pub attempts: u8,
    /// Which of the places was asked last, if any was.
    pub at: Option<usize>,
    /// Each attempt, where there was more than one or none went well.
    pub tries: Vec<Try>,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// The breaker of the endpoint that was asked last, unless it is closed.
    pub breaker: Option<&'static str>,
    /// What went wrong without harm.
    pub problems: Vec<String>,
}

impl Course {
    /// Notes a place that is left alone.
    pub(super) fn pass_over(&mut self, place: &Reached) {
        self.tries.push(Try {
            region: place.region.clone(),
            breaker: Some("open"),
            ..Try::default()
        });
    }

    /// Notes that the last attempt's failure was the last of a row.
    pub(super) fn opened(&mut self) {
        if let Some(last) = self.tries.last_mut() {
            last.breaker = Some("open");
        }
    }
}
