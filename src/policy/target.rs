//! Targets that are made of a request's own path: `rewrite` and `redirect`.
//!
//! Promises: what a template took goes into the new path percent-encoded in the one canonical way, so it can neither
//! end the path nor add a segment that was not there. A target that could not be canonical is refused when the policy
//! compiles.

use serde::{Deserialize, Serialize};

use crate::{
    policy::{template::PathTemplate, wanted::Captures},
    request::{
        Ambiguity,
        path::{CanonicalPath, encode_segment},
    },
};

/// A path made of texts and of what a path template took.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetTemplate {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Piece {
    /// Text in canonical form.
    Text(String),
    /// What `{name}` took.
    Captured(String),
}

impl TargetTemplate {
    /// Reads a path such as `/internal/orders/{id}`. A `{name}` stands for a whole segment; one of a `{name...}` for
    /// all that it took.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| format!("the path `{text}` does not begin with `/`"))?;
        let mut pieces = Vec::new();
        let mut literal = String::new();
        for segment in rest.split('/') {
            literal.push('/');
            match segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
                Some(name) => {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                    pieces.push(Piece::Captured(name.trim_end_matches("...").to_owned()));
                }
                None if segment.contains(['{', '}']) => {
                    return Err(format!(
                        "`{segment}` mixes text with braces: a segment is text or one `{{name}}`"
                    ));
                }
                None => literal.push_str(segment),
            }
        }
        pieces.push(Piece::Text(literal));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        for piece in &mut pieces {
            if let Piece::Text(text) = piece {
                *text = canonical(text)?;
            }
        }
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }

    /// The target as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that it uses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Captured(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// Whether a name stands last, and nowhere else: the only place for one that may have taken nothing or slashes.
    #[must_use]
    pub fn ends_with(&self, name: &str) -> bool {
        let is_last = matches!(self.pieces.last(), Some(Piece::Captured(last)) if last == name);
        is_last && self.names().filter(|used| *used == name).count() == 1
    }

    /// The path, in canonical form.
    ///
    /// # Errors
    /// [`Ambiguity::DoubleSlash`] where it would begin with two slashes, which a browser takes for another host.
    pub fn fill(&self, captures: &Captures) -> Result<String, Ambiguity> {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Captured(name) => path.push_str(captures.get(name).unwrap_or_default()),
            }
        }
        match path.starts_with("//") {
            true => Err(Ambiguity::DoubleSlash),
            false => Ok(path),
        }
    }
}

/// Text between captures in canonical form. It may end with the slash before a capture.
fn canonical(text: &str) -> Result<String, String> {
    if text.contains(['?', '#']) {
        return Err("a path has no query and no fragment here; the request's own query goes along".to_owned());
    }
    let path = CanonicalPath::parse(text).and_then(|path| path.refused_unless(&[]).map(|()| path));
    match path {
        Ok(path) => Ok(path.text().to_owned()),
        Err(why) => Err(format!("`{text}` is no canonical path ({})", why.word())),
    }
}

/// What the names of `template` took of `path`, as [`TargetTemplate::fill`] needs it: percent-encoded.
#[must_use]
pub fn encoded_captures(template: &PathTemplate, path: &CanonicalPath) -> Captures {
    template.captures(path, |segments| {
        let encoded: Vec<String> = segments.iter().map(|segment| encode_segment(segment)).collect();
        encoded.join("/")
    })
}

impl TryFrom<String> for TargetTemplate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<TargetTemplate> for String {
    fn from(target: TargetTemplate) -> Self {
        target.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_filled_with_what_was_taken() {
        for (template, path, target, expected) in [
            ("/v1/orders/{id}", "/v1/orders/7", "/internal/{id}", "/internal/7"),
            ("/v1/{a}/{b}", "/v1/x/y", "/{b}/{a}", "/y/x"),
            ("/files/{rest...}", "/files/a/b%20c", "/{rest}", "/a/b%20c"),
            ("/files/{rest...}", "/files/", "/x/{rest...}", "/x/"),
            ("/v1/{id}", "/v1/a%3Fb", "/{id}/end", "/a%3Fb/end"),
            ("/v1/{id}", "/v1/7", "/fixed", "/fixed"),
            ("/v1/{id}", "/v1/7", "/a b/", "/a%20b/"),
        ] {
            let path = CanonicalPath::parse(path).unwrap();
            let captures = encoded_captures(&PathTemplate::parse(template).unwrap(), &path);
            let filled = TargetTemplate::parse(target).unwrap().fill(&captures).unwrap();
            assert_eq!(filled, expected, "{template} {target}");
            assert_eq!(CanonicalPath::parse(&filled).unwrap().text(), filled);
        }
    }

    #[test]
    fn malformed_targets_are_refused() {
        for text in ["", "a", "/a?b", "/a#b", "/a{b}", "/{a", "/../x", "//x", "/a//b"] {
            assert!(TargetTemplate::parse(text).is_err(), "{text}");
        }
    }
}
