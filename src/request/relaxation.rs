//! What a route may let pass that is refused everywhere else.
//!
//! Promises: each relaxation has one word, that of the refusal which it lifts. What no relaxation is here for (dot
//! segments, control characters, malformed encodings, and all that is not the path) is refused on every route.

use serde::{Deserialize, Serialize};

use crate::request::ambiguity::Ambiguity;

/// A form of the path that a route may grant. `docs/canonical.md` says what each risks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relaxation {
    /// An encoded slash, `%2F`, as text of one segment.
    EncodedSlash,
    /// An encoded backslash, `%5C`, as text of one segment.
    Backslash,
    /// Empty segments: `//`.
    DoubleSlash,
    /// `;` as it stands.
    PathParameter,
}

impl Relaxation {
    /// All that there are.
    pub const ALL: [Self; 4] = [
        Self::EncodedSlash,
        Self::Backslash,
        Self::DoubleSlash,
        Self::PathParameter,
    ];

    /// The word for it in a policy.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.ambiguity().word()
    }

    /// The relaxation of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relaxation| relaxation.word() == word)
    }

    /// The refusal where a route does not grant it.
    #[must_use]
    pub fn ambiguity(self) -> Ambiguity {
        match self {
            Self::EncodedSlash => Ambiguity::EncodedSlash,
            Self::Backslash => Ambiguity::Backslash,
            Self::DoubleSlash => Ambiguity::DoubleSlash,
            Self::PathParameter => Ambiguity::PathParameter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_word() {
        for relaxation in Relaxation::ALL {
            let word = relaxation.word();
            assert_eq!(Relaxation::from_word(word), Some(relaxation));
            assert_eq!(serde_json::to_value(relaxation).unwrap(), word);
            assert_eq!(
                serde_json::from_value::<Relaxation>(word.into()).unwrap(),
                relaxation,
                "{word}"
            );
        }
        assert_eq!(Relaxation::from_word("dot-segment"), None);
        assert!(Relaxation::ALL.is_sorted());
    }
}
