//! Path templates: `/v1/orders/{id}` and `/files/{rest...}`.
//!
//! Promises: a template is matched segment by segment against the canonical path, never by a regular expression.
//! `{name}` takes exactly one segment that is not empty; a final `{name...}` takes one segment or more, where the last
//! may be empty, so that `/files/{rest...}` takes `/files/` but not `/files`.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    policy::wanted::Captures,
    request::path::{CanonicalPath, encode_segment, is_plain},
};

/// A template that is known to be well-formed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathTemplate {
    text: String,
    parts: Vec<Part>,
}

/// One segment of a template. The order is the order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// This segment, decoded.
    Literal(String),
    /// One segment that is not empty: `{name}`.
    One,
    /// All that is left, one segment or more: `{name...}`.
    Rest,
}

impl PathTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| format!("the path `{text}` does not begin with `/`"))?;
        let pieces: Vec<&str> = rest.split('/').collect();
        let last = pieces.len();
        let parts: Vec<Part> = pieces
            .iter()
            .enumerate()
            .map(|(at, piece)| part(piece, at + 1 == last))
            .collect::<Result<_, _>>()?;
        let template = Self {
            text: canonical_text(&pieces, &parts),
            parts,
        };
        let twice = template
            .names()
            .enumerate()
            .find(|(at, name)| template.names().take(*at).any(|earlier| earlier == *name));
        match twice {
            Some((_, name)) => Err(format!("`{{{name}}}` stands twice; give each its own name")),
            None => Ok(template),
        }
    }

    /// The parts, from the left.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names in braces, from the left.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.text
            .split('/')
            .filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| name.trim_end_matches("..."))
    }

    /// The name of a final `{name...}`.
    #[must_use]
    pub fn rest_name(&self) -> Option<&str> {
        match self.parts.last() {
            Some(Part::Rest) => self.names().last(),
            _ => None,
        }
    }

    /// What each name took of a path that the template takes; `written` makes one text of the segments that a name took.
    #[must_use]
    pub fn captures(&self, path: &CanonicalPath, written: impl Fn(&[String]) -> String) -> Captures {
        let mut names = self.names();
        let mut captures = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            let end = match part {
                Part::Literal(_) => continue,
                Part::One => at + 1,
                Part::Rest => path.segments().len(),
            };
            if let (Some(name), Some(taken)) = (names.next(), path.segments().get(at..end)) {
                captures.push((name.to_owned(), written(taken)));
            }
        }
        Captures(captures)
    }

    /// The template in its one spelling: literals percent-encoded as in canonical paths, so it is visible ASCII.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the template takes this path.
    #[must_use]
    pub fn takes(&self, path: &CanonicalPath) -> bool {
        let mut segments = path.segments().iter();
        for part in &self.parts {
            match (part, segments.next()) {
                (Part::Literal(literal), Some(segment)) if literal == segment => {}
                (Part::One, Some(segment)) if !segment.is_empty() => {}
                (Part::Rest, Some(_)) => return true,
                _ => return false,
            }
        }
        segments.next().is_none()
    }

    /// Which of two templates that take the same path goes first: literal before `{name}` before `{name...}`, from the
    /// left. `Equal` is for templates that take the same paths.
    #[must_use]
    pub fn precedence(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

fn canonical_text(pieces: &[&str], parts: &[Part]) -> String {
    let mut text = String::new();
    for (piece, part) in pieces.iter().zip(parts) {
        text.push('/');
        match part {
            Part::Literal(literal) if !is_plain(literal) => {
                // A bare asterisk is a mistake where templates are read.
                text.push_str(&encode_segment(literal).replace('*', "%2A"));
            }
            _ => text.push_str(piece),
        }
    }
    text
}

fn part(piece: &str, last: bool) -> Result<Part, String> {
    let Some(inner) = piece.strip_prefix('{') else {
        return literal(piece, last);
    };
    let inner = inner
        .strip_suffix('}')
        .ok_or_else(|| format!("`{piece}` has no closing brace"))?;
    let (name, rest) = match inner.strip_suffix("...") {
        Some(name) => (name, true),
        None => (inner, false),
    };
    let well_named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !well_named {
        return Err(format!(
            "`{piece}` is not a name in braces: use letters, digits and `_`"
        ));
    }
    match (rest, last) {
        (true, false) => Err(format!("`{piece}` takes all that is left, so it can only stand last")),
        (true, true) => Ok(Part::Rest),
        (false, _) => Ok(Part::One),
    }
}

fn literal(piece: &str, last: bool) -> Result<Part, String> {
    if is_plain(piece) {
        return Ok(Part::Literal(piece.to_owned()));
    }
    if piece.contains(['{', '}', '*', '?', '#']) {
        return Err(format!(
            "`{piece}` mixes text with `{{`, `}}`, `*`, `?` or `#`: a segment is text or one `{{name}}`"
        ));
    }
    if piece.is_empty() && !last {
        return Err("the path has an empty segment (`//`)".to_owned());
    }
    let canonical = CanonicalPath::parse(&format!("/{piece}"));
    // What a route grants is for `{name}` and `{name...}`: a literal is compared decoded, where a form has no meaning.
    let canonical = canonical.and_then(|path| path.refused_unless(&[]).map(|()| path));
    let canonical = canonical.map_err(|why| {
        format!(
            "`{piece}` could never match, since requests with it are refused ({})",
            why.word()
        )
    })?;
    canonical
        .segments()
        .first()
        .cloned()
        .map(Part::Literal)
        .ok_or_else(|| "the path is empty".to_owned())
}

impl TryFrom<String> for PathTemplate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<PathTemplate> for String {
    fn from(template: PathTemplate) -> Self {
        template.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_paths() {
        for (template, path, taken) in [
            ("/", "/", true),
            ("/", "/a", false),
            ("/v1/orders", "/v1/orders", true),
            ("/v1/orders", "/v1/orders/", false),
            ("/v1/orders", "/v1/Orders", false),
            ("/v1/orders/", "/v1/orders/", true),
            ("/v1/orders/{id}", "/v1/orders/7", true),
            ("/v1/orders/{id}", "/v1/orders/", false),
            ("/v1/orders/{id}", "/v1/orders/7/items", false),
            ("/v1/{a}/x", "/v1/y/x", true),
            ("/files/{rest...}", "/files/", true),
            ("/files/{rest...}", "/files/a/b", true),
            ("/files/{rest...}", "/files", false),
            ("/a%20b", "/a%20b", true),
            ("/a b", "/a%20b", true),
        ] {
            let path = CanonicalPath::parse(path).unwrap();
            assert_eq!(
                PathTemplate::parse(template).unwrap().takes(&path),
                taken,
                "{template} on {}",
                path.text()
            );
        }
    }

    #[test]
    fn literal_goes_before_template_before_rest() {
        let order = ["/a/b", "/a/{id}", "/a/{rest...}", "/b", "/{x}/b", "/{rest...}"];
        for (at, earlier) in order.iter().enumerate() {
            for later in &order[at + 1..] {
                let (earlier, later) = (
                    PathTemplate::parse(earlier).unwrap(),
                    PathTemplate::parse(later).unwrap(),
                );
                assert_eq!(
                    earlier.precedence(&later),
                    Ordering::Less,
                    "{} before {}",
                    earlier.text,
                    later.text
                );
            }
        }
        let same = PathTemplate::parse("/a/{x}")
            .unwrap()
            .precedence(&PathTemplate::parse("/a/{y}").unwrap());
        assert_eq!(same, Ordering::Equal);
    }

    #[test]
    fn malformed_templates_are_refused() {
        for text in [
            "",
            "a",
            "//",
            "/a//b",
            "/{",
            "/{}",
            "/{a-b}",
            "/{a...}/b",
            "/a{b}",
            "/*",
            "/a?b",
            "/../a",
            "/a%2fb",
            "/a%5Cb",
            "/a;b",
            "/..%3Bb",
            "/{a}/{a}",
        ] {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
    }
}
