//! The canonical query: checked, and written again in one way without being taken apart.
//!
//! Promises: what a parser might read in two ways is refused; what is left differs from what the client sent only in
//! how single characters are percent-encoded. Which characters are delimiters is not changed.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::request::{ambiguity::Ambiguity, path::check_percent_encoding};

/// A query that can be read in one way only, without its `?`.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalQuery {
    text: String,
}

impl fmt::Debug for CanonicalQuery {
    /// Without the text: people put tokens there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CanonicalQuery(…)")
    }
}

impl CanonicalQuery {
    /// Reads the part of a target after the first `?`.
    ///
    /// # Errors
    /// The [`Ambiguity`] that makes it readable in two ways.
    pub fn parse(query: &str) -> Result<Self, Ambiguity> {
        check_percent_encoding(query)?;
        if query.contains('\\') {
            return Err(Ambiguity::Backslash);
        }
        if !query.is_ascii() {
            return Err(Ambiguity::Text);
        }
        let decoded = percent_decode_str(query).decode_utf8().map_err(|_| Ambiguity::Text)?;
        if query.bytes().any(|byte| byte.is_ascii_control()) || decoded.contains('\0') {
            return Err(Ambiguity::ControlCharacter);
        }
        Ok(Self { text: rewrite(query) })
    }

    /// The query as it is sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Encodes what RFC 3986 section 3.4 does not let stand in a query (and `'`, which URL parsers encode), and writes
/// the hexadecimal digits of what is encoded already in upper case.
fn rewrite(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    let mut hex_digits_left = 0_u8;
    for character in query.chars() {
        match character {
            '%' => {
                hex_digits_left = 2;
                text.push('%');
            }
            _ if hex_digits_left > 0 => {
                hex_digits_left -= 1;
                text.push(character.to_ascii_uppercase());
            }
            ' ' => text.push_str("%20"),
            '"' => text.push_str("%22"),
            '\'' => text.push_str("%27"),
            '<' => text.push_str("%3C"),
            '>' => text.push_str("%3E"),
            '[' => text.push_str("%5B"),
            ']' => text.push_str("%5D"),
            '^' => text.push_str("%5E"),
            '`' => text.push_str("%60"),
            '{' => text.push_str("%7B"),
            '|' => text.push_str("%7C"),
            '}' => text.push_str("%7D"),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_written_in_one_way() {
        for (name, raw, canonical) in [
            ("empty", "", ""),
            ("pairs", "a=1&b=2", "a=1&b=2"),
            ("hex is upper-case", "a=%c3%a9", "a=%C3%A9"),
            ("encoded delimiter stays encoded", "a=%26b", "a=%26b"),
            ("second question mark", "a=b?c", "a=b?c"),
            ("quotes", "a='\"", "a=%27%22"),
            ("brackets", "a[0]=1", "a%5B0%5D=1"),
            ("slash and semicolon are data", "next=/a;b", "next=/a;b"),
        ] {
            let parsed = CanonicalQuery::parse(raw).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            assert_eq!(parsed.text(), canonical, "{name}");
            assert_eq!(
                CanonicalQuery::parse(canonical).as_ref(),
                Ok(&parsed),
                "{name}: a fixed point"
            );
        }
    }

    #[test]
    fn what_two_parsers_read_differently_is_refused() {
        for (name, raw, why) in [
            ("lone percent", "a=100%", Ambiguity::PercentEncoding),
            ("NUL", "a=%00", Ambiguity::ControlCharacter),
            ("raw newline", "a=\n", Ambiguity::ControlCharacter),
            ("backslash", "a=\\", Ambiguity::Backslash),
            ("not UTF-8", "a=%ff", Ambiguity::Text),
            ("raw UTF-8", "a=é", Ambiguity::Text),
        ] {
            assert_eq!(CanonicalQuery::parse(raw), Err(why), "{name}");
        }
    }
}
