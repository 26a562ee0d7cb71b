//! What is wrong with a policy, where, and how to mend it.
//!
//! Promises: one form for every problem, whether the text, a key or the meaning is at fault, so that all of them can be
//! shown together. A problem knows its place as a path; where that is in the text, only the text knows.

use std::{fmt, ops::Range};

/// Something in a policy that must be mended before it compiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key it is about, as in `routes[2].allow[0].scopes`; empty where the text itself is at fault.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it; empty where `what` says it.
    pub mend: String,
    /// The bytes of the text that it is about.
    pub span: Option<Range<usize>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(formatter, "{}: ", self.place)?;
        }
        self.what.fmt(formatter)?;
        if !self.mend.is_empty() {
            write!(formatter, "; {}", self.mend)?;
        }
        Ok(())
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one, by its place.
    pub fn add(&mut self, place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Problem {
            place: place.into(),
            what: what.into(),
            mend: mend.into(),
            span: None,
        });
    }

    /// The good value; or `None`, and the reason is a problem.
    pub fn take<T>(&mut self, place: impl Into<String>, result: Result<T, String>, mend: &str) -> Option<T> {
        result.map_err(|what| self.add(place, what, mend)).ok()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
