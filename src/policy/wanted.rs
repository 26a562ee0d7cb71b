//! What a value must be: the one small language that rules ask claims in, and routes headers and query parameters.
//!
//! Promises: every test asks that something is there and fits. There is no "is not", so a caller who leaves something
//! out never passes where they would have failed with it.

use serde::{Deserialize, Serialize};

/// A single value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wanted {
    /// It equals this, in type and value.
    Equal(Scalar),
    /// It equals one of these.
    OneOf(Vec<Scalar>),
    /// It is a text that begins so.
    Prefix(String),
    /// It is a text that equals what the path template's `{name}` took.
    Captured(String),
    /// It is there.
    Exists,
}

/// A test of the value of that name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Test {
    /// The name: of a header in lower case, of a query parameter, or the path of a claim.
    pub name: String,
    /// What it must be.
    pub wanted: Wanted,
}

/// What a path template's names took of one path, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures(pub Vec<(String, String)>);

impl Captures {
    /// What `{name}` took.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(captured, _)| captured == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Wanted {
    /// Whether one of `values` fits. Something that is there without a value that could be compared, such as an object,
    /// is an empty list.
    #[must_use]
    pub fn fits(&self, values: &[Scalar], captures: &Captures) -> bool {
        match self {
            Self::Exists => true,
            Self::Equal(wanted) => values.contains(wanted),
            Self::OneOf(wanted) => values.iter().any(|value| wanted.contains(value)),
            Self::Prefix(prefix) => texts(values).any(|text| text.starts_with(prefix)),
            Self::Captured(name) => {
                let captured = captures.get(name);
                captured.is_some_and(|captured| texts(values).any(|text| text == captured))
            }
        }
    }

    /// Whether a single text fits.
    #[must_use]
    pub fn fits_text(&self, text: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Equal(wanted) => is_text(wanted, text),
            Self::OneOf(wanted) => wanted.iter().any(|wanted| is_text(wanted, text)),
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Captured(_) => false,
        }
    }

    /// Whether no single text can fit both.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let is_out = |scalar: &Scalar, by: &Self| matches!(scalar, Scalar::Text(text) if !by.fits_text(text));
        match (self, other) {
            (Self::Equal(one), by) | (by, Self::Equal(one)) => is_out(one, by),
            (Self::OneOf(several), by) | (by, Self::OneOf(several)) => several.iter().all(|one| is_out(one, by)),
            _ => false,
        }
    }

    /// In words, for tables and explanations.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Exists => "is there".to_owned(),
            Self::Equal(scalar) => format!("= {}", scalar.words()),
            Self::OneOf(scalars) => {
                let words: Vec<_> = scalars.iter().map(Scalar::words).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Prefix(prefix) => format!("begins with `{prefix}`"),
            Self::Captured(name) => format!("= {{{name}}} of the path"),
        }
    }
}

impl Scalar {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Text(text) => format!("`{text}`"),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

fn texts(values: &[Scalar]) -> impl Iterator<Item = &str> {
    values.iter().filter_map(|value| match value {
        Scalar::Text(text) => Some(text.as_str()),
        Scalar::Number(_) | Scalar::Flag(_) => None,
    })
}

fn is_text(scalar: &Scalar, text: &str) -> bool {
    matches!(scalar, Scalar::Text(wanted) if wanted == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Scalar {
        Scalar::Text(text.to_owned())
    }

    #[test]
    fn values_fit_by_type_and_value() {
        let captures = Captures(vec![("tenant".to_owned(), "acme".to_owned())]);
        let gold = || Wanted::Equal(text("gold"));
        for (name, wanted, values, fits) in [
            ("equal", gold(), vec![text("gold")], true),
            ("another case", gold(), vec![text("Gold")], false),
            ("one item of a list", gold(), vec![text("a"), text("gold")], true),
            ("an object", gold(), vec![], false),
            (
                "a number is no text",
                Wanted::Equal(text("1")),
                vec![Scalar::Number(1)],
                false,
            ),
            (
                "number",
                Wanted::Equal(Scalar::Number(1)),
                vec![Scalar::Number(1)],
                true,
            ),
            ("yes", Wanted::Equal(Scalar::Flag(true)), vec![Scalar::Flag(true)], true),
            (
                "no is not yes",
                Wanted::Equal(Scalar::Flag(true)),
                vec![Scalar::Flag(false)],
                false,
            ),
            (
                "one of",
                Wanted::OneOf(vec![text("a"), text("b")]),
                vec![text("b")],
                true,
            ),
            ("none of", Wanted::OneOf(vec![text("a")]), vec![text("b")], false),
            ("prefix", Wanted::Prefix("ur".to_owned()), vec![text("urn")], true),
            (
                "prefix of a number",
                Wanted::Prefix("1".to_owned()),
                vec![Scalar::Number(1)],
                false,
            ),
            ("there, whatever it is", Wanted::Exists, vec![], true),
            (
                "of the path",
                Wanted::Captured("tenant".to_owned()),
                vec![text("acme")],
                true,
            ),
            (
                "not of the path",
                Wanted::Captured("tenant".to_owned()),
                vec![text("other")],
                false,
            ),
            (
                "of no such name",
                Wanted::Captured("x".to_owned()),
                vec![text("acme")],
                false,
            ),
        ] {
            assert_eq!(wanted.fits(&values, &captures), fits, "{name}");
        }
    }

    #[test]
    fn only_what_no_text_can_fit_is_exclusive() {
        let (a, b) = (Wanted::Equal(text("a")), Wanted::Equal(text("b")));
        let ab = Wanted::OneOf(vec![text("a"), text("b")]);
        let (prefix, exists) = (Wanted::Prefix("b".to_owned()), Wanted::Exists);
        for (one, other, exclusive) in [
            (&a, &b, true),
            (&a, &a, false),
            (&a, &ab, false),
            (&a, &prefix, true),
            (&b, &prefix, false),
            (&a, &exists, false),
            (&prefix, &exists, false),
        ] {
            assert_eq!(one.excludes(other), exclusive, "{one:?} {other:?}");
            assert_eq!(other.excludes(one), exclusive, "{other:?} {one:?}");
        }
    }
}
