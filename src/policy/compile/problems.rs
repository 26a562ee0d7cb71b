//! What is wrong with a policy, and where.

use std::fmt;

/// Something in a policy that must be mended before it compiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key it is about, as in `routes[2].allow`; empty when the text is not TOML.
    pub place: String,
    /// What is wrong and how to mend it.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            self.text.fmt(formatter)
        } else {
            write!(formatter, "{}: {}", self.place, self.text)
        }
    }
}

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push(Problem {
            place: place.into(),
            text: text.into(),
        });
    }

    /// The good value, or `None` and a problem.
    pub(super) fn take<T>(&mut self, place: impl Into<String>, result: Result<T, String>) -> Option<T> {
        result.map_err(|text| self.add(place, text)).ok()
    }
}
