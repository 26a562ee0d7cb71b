//! JSON that is read in one way only.
//!
//! Promises: a member that comes twice, at any depth, is refused: two parsers could take the one or the other. Depth,
//! members and values are bounded while the text is read, so nothing is built that is not kept. Texts without escapes
//! are borrowed from what they were read of.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

/// Up to so many members every two are compared; above, they are put in order.
const MEMBERS_COMPARED_MAX: usize = 16;

/// How much of a text is read.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How deep lists and objects may lie in one another; the outermost is at 1.
    pub depth_max: usize,
    /// The most members that one object may have.
    pub members_max: usize,
    /// The most values in all.
    pub values_max: usize,
}

impl Bounds {
    /// For what was signed, or is our own.
    pub const CLAIMS: Self = Self {
        depth_max: 16,
        members_max: 256,
        values_max: 4_096,
    };

    /// For what nobody vouches for yet.
    pub const HEADER: Self = Self {
        depth_max: 8,
        members_max: 64,
        values_max: 256,
    };
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'t> {
    /// `null`.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number that is written with a fraction or an exponent, or too large for a whole one. Never infinite.
    Number(f64),
    /// A text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Self>),
    /// An object, in order.
    Object(Vec<(Cow<'t, str>, Self)>),
}

impl<'t> Json<'t> {
    /// Reads one value, and nothing after it.
    ///
    /// # Errors
    /// What is wrong, with line and column. Shows nothing of the values.
    pub fn read(text: &'t str, bounds: Bounds) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let left = Cell::new(bounds.values_max);
        let value = Reader {
            bounds,
            depth: 0,
            left: &left,
        }
        .deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }

    /// A member of an object; `None` if this is none, or has no such member.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text, if this is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'c> {
    bounds: Bounds,
    depth: usize,
    left: &'c Cell<usize>,
}

impl Reader<'_> {
    /// The reader for what lies inside, if it may.
    fn inside<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        match depth <= self.bounds.depth_max {
            true => Ok(Self { depth, ..self }),
            false => Err(E::custom("too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom("too many values"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(number).map_or(Json::Number(number as f64), Json::Whole))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let inside = self.inside()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let inside = self.inside()?;
        let mut object = Vec::new();
        while let Some(name) = members.next_key_seed(Name)? {
            if object.len() == self.bounds.members_max {
                return Err(A::Error::custom("too many members"));
            }
            object.push((name, members.next_value_seed(inside)?));
        }
        match has_twins(&object) {
            true => Err(A::Error::custom("a member comes twice")),
            false => Ok(Json::Object(object)),
        }
    }
}

/// Whether two members have the same name.
fn has_twins(members: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    if members.len() <= MEMBERS_COMPARED_MAX {
        let mut rest = members;
        while let Some(((name, _), others)) = rest.split_first() {
            if others.iter().any(|(other, _)| other == name) {
                return true;
            }
            rest = others;
        }
        return false;
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair.first() == pair.last())
}

/// Reads a member's name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Json<'_> {
        Json::Text(text.into())
    }

    #[test]
    fn values_are_what_they_are() {
        for (written, expected) in [
            ("null", Json::Null),
            (" true ", Json::Flag(true)),
            ("-7", Json::Whole(-7)),
            ("9223372036854775807", Json::Whole(i64::MAX)),
            ("9223372036854775808", Json::Number(9_223_372_036_854_775_808.0)),
            ("1.5", Json::Number(1.5)),
            ("1e3", Json::Number(1000.0)),
            (r#""a\u0062""#, text("ab")),
            (
                r#"[1,{"b":"x"}]"#,
                Json::List(vec![Json::Whole(1), Json::Object(vec![("b".into(), text("x"))])]),
            ),
        ] {
            assert_eq!(Json::read(written, Bounds::CLAIMS).unwrap(), expected, "{written}");
        }
        for wrong in [
            "",
            "{",
            "1 2",
            "{} {}",
            "[1,]",
            "01",
            "1e999",
            r#""\ud800""#,
            "\u{feff}{}",
            "{1:2}",
        ] {
            assert!(Json::read(wrong, Bounds::CLAIMS).is_err(), "{wrong}");
        }
    }

    #[test]
    fn members_that_come_twice_are_refused() {
        let many = |last: usize| {
            let members: Vec<_> = (0..40).chain([last]).map(|at| format!("\"m{at}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(Json::read(&many(40), Bounds::CLAIMS).is_ok());
        for twice in [
            r#"{"a":1,"a":2}"#.to_owned(),
            r#"{"a":1,"\u0061":2}"#.to_owned(),
            r#"{"a":{"b":1,"b":1}}"#.to_owned(),
            r#"{"a":[{"b":1,"c":2,"b":1}]}"#.to_owned(),
            many(0),
            many(17),
            many(39),
        ] {
            let why = Json::read(&twice, Bounds::CLAIMS).unwrap_err().to_string();
            assert!(why.starts_with("a member comes twice"), "{twice}: {why}");
        }
    }

    #[test]
    fn what_is_too_much_is_refused_at_the_bound() {
        let bounds = Bounds {
            depth_max: 3,
            members_max: 2,
            values_max: 5,
        };
        for (written, good) in [
            ("[[[1]]]", true),
            ("[[[[]]]]", false),
            (r#"{"a":[{"b":1}]}"#, true),
            (r#"{"a":[{"b":[]}]}"#, false),
            (r#"{"a":1,"b":2}"#, true),
            (r#"{"a":1,"b":2,"c":3}"#, false),
            ("[1,2,3,4]", true),
            ("[1,2,3,4,5]", false),
            ("[[1],[2]]", true),
            ("[[1],[2],[]]", false),
        ] {
            assert_eq!(Json::read(written, bounds).is_ok(), good, "{written}");
        }
    }
}
