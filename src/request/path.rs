//! The canonical path: segments decoded once, and written again in one way.
//!
//! Promises: [`CanonicalPath::parse`] of a canonical text gives the same text (a fixed point), and the text holds
//! nothing that a URL parser would rewrite, so what is matched is what is sent.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::request::ambiguity::Ambiguity;

/// The most segments that a path may have.
pub const SEGMENTS_MAX: usize = 128;

/// What is written as `%XX` in a segment: all but `pchar` (RFC 3986 section 3.3), and `;`, which some servers read as
/// the start of a path parameter.
const ENCODED_IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A path that can be read in one way only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalPath {
    text: String,
    segments: Vec<String>,
}

impl CanonicalPath {
    /// Reads a path, decoding each segment once.
    ///
    /// # Errors
    /// The [`Ambiguity`] that makes it readable in two ways.
    pub fn parse(path: &str) -> Result<Self, Ambiguity> {
        let rest = path.strip_prefix('/').ok_or(Ambiguity::TargetForm)?;
        let mut text = String::with_capacity(path.len());
        let mut segments = Vec::new();
        let mut pieces = rest.split('/').peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            if piece.is_empty() && !last {
                return Err(Ambiguity::DoubleSlash);
            }
            if segments.len() == SEGMENTS_MAX {
                return Err(Ambiguity::TargetTooLong);
            }
            text.push('/');
            if is_plain(piece) {
                text.push_str(piece);
                segments.push(piece.to_owned());
                continue;
            }
            let segment = decode(piece)?;
            text.extend(utf8_percent_encode(&segment, ENCODED_IN_SEGMENT));
            segments.push(segment);
        }
        Ok(Self { text, segments })
    }

    /// The path as it is matched, logged and sent: percent-encoded in one way, beginning with `/`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The segments between slashes, decoded. A path that ends with `/` has an empty last segment; `/` has only it.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

/// Whether a segment is one that every parser leaves as it is: letters, digits, `-`, `_` and `~`. Most are.
pub(crate) fn is_plain(piece: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    !piece.is_empty() && piece.bytes().all(plain)
}

fn decode(piece: &str) -> Result<String, Ambiguity> {
    check_percent_encoding(piece)?;
    if piece.contains(';') {
        return Err(Ambiguity::PathParameter);
    }
    if !piece.is_ascii() {
        return Err(Ambiguity::Text);
    }
    let decoded = percent_decode_str(piece).decode_utf8().map_err(|_| Ambiguity::Text)?;
    if decoded.contains('/') {
        return Err(Ambiguity::EncodedSlash);
    }
    if decoded.contains('\\') {
        return Err(Ambiguity::Backslash);
    }
    if decoded.contains(|character: char| character.is_control()) {
        return Err(Ambiguity::ControlCharacter);
    }
    if decoded == "." || decoded == ".." {
        return Err(Ambiguity::DotSegment);
    }
    Ok(decoded.into_owned())
}

/// Checks that two hexadecimal digits follow each `%`: a lenient decoder would keep a lone one as it is, and the next
/// parser might not.
pub(super) fn check_percent_encoding(text: &str) -> Result<(), Ambiguity> {
    let mut after_percent = text.split('%').skip(1);
    let well_formed = after_percent.all(|rest| {
        let mut digits = rest.bytes();
        let two = (digits.next(), digits.next());
        matches!(two, (Some(high), Some(low)) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    });
    if well_formed {
        Ok(())
    } else {
        Err(Ambiguity::PercentEncoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_segments_are_what_the_long_way_makes_of_them() {
        for character in (0..=0x7f).map(char::from) {
            let piece = format!("a{character}");
            if is_plain(&piece) {
                let decoded = decode(&piece).unwrap();
                let written: String = utf8_percent_encode(&decoded, ENCODED_IN_SEGMENT).collect();
                assert_eq!((&decoded, &written), (&piece, &piece));
            }
        }
        assert!(!is_plain("") && !is_plain("..") && !is_plain("ä"));
    }

    #[test]
    fn paths_are_written_in_one_way() {
        for (name, raw, canonical) in [
            ("root", "/", "/"),
            ("plain", "/v1/orders/7", "/v1/orders/7"),
            ("trailing slash is kept", "/v1/", "/v1/"),
            ("unreserved is decoded", "/%41%7e", "/A~"),
            ("hex is upper-case", "/%c3%a9", "/%C3%A9"),
            ("space", "/a%20b", "/a%20b"),
            ("percent stays encoded, once", "/%2525", "/%2525"),
            ("sub-delims stay", "/!$&'()*+,=:@", "/!$&'()*+,=:@"),
            ("encoded semicolon is data", "/a%3Bb", "/a%3Bb"),
            ("raw delimiters are encoded", "/a|b[c]", "/a%7Cb%5Bc%5D"),
            ("encoded question mark is data", "/a%3Fb", "/a%3Fb"),
            ("three dots are a name", "/...", "/..."),
        ] {
            let parsed = CanonicalPath::parse(raw).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            assert_eq!(parsed.text(), canonical, "{name}");
            assert_eq!(
                CanonicalPath::parse(canonical).as_ref(),
                Ok(&parsed),
                "{name}: a fixed point"
            );
        }
    }

    #[test]
    fn what_two_parsers_read_differently_is_refused() {
        for (name, raw, why) in [
            ("empty", "", Ambiguity::TargetForm),
            ("asterisk", "*", Ambiguity::TargetForm),
            ("dot", "/a/./b", Ambiguity::DotSegment),
            ("dot dot", "/a/../b", Ambiguity::DotSegment),
            ("encoded dot dot", "/a/%2e%2E/b", Ambiguity::DotSegment),
            ("half encoded dot dot", "/a/.%2e", Ambiguity::DotSegment),
            ("double slash", "//a", Ambiguity::DoubleSlash),
            ("double slash inside", "/a//b", Ambiguity::DoubleSlash),
            ("double slash at the end", "/a//", Ambiguity::DoubleSlash),
            ("backslash", "/a\\b", Ambiguity::Backslash),
            ("encoded backslash", "/a%5cb", Ambiguity::Backslash),
            ("encoded slash", "/a%2fb", Ambiguity::EncodedSlash),
            ("parameter", "/a;b=c/d", Ambiguity::PathParameter),
            ("NUL", "/a%00", Ambiguity::ControlCharacter),
            ("newline", "/a%0a", Ambiguity::ControlCharacter),
            ("DEL", "/a%7f", Ambiguity::ControlCharacter),
            ("C1 control", "/%C2%85", Ambiguity::ControlCharacter),
            ("lone percent", "/a%", Ambiguity::PercentEncoding),
            ("half a triplet", "/a%4", Ambiguity::PercentEncoding),
            ("no hex", "/a%zz", Ambiguity::PercentEncoding),
            ("sign is no hex", "/a%+1", Ambiguity::PercentEncoding),
            ("not UTF-8", "/%ff", Ambiguity::Text),
            ("overlong slash", "/%c0%af", Ambiguity::Text),
            ("raw UTF-8", "/é", Ambiguity::Text),
        ] {
            assert_eq!(CanonicalPath::parse(raw), Err(why), "{name}");
        }
        let deep = "/a".repeat(SEGMENTS_MAX + 1);
        assert_eq!(CanonicalPath::parse(&deep), Err(Ambiguity::TargetTooLong));
    }
}
