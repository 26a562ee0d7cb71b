//! The canonical path: segments decoded once, and written again in one way.
//!
//! Promises: [`CanonicalPath::parse`] of a canonical text gives the same text (a fixed point), and the text holds
//! nothing that a URL parser would rewrite, so what is matched is what is sent. A form that some servers read in a
//! second way is noted, and passes only where a route grants it ([`CanonicalPath::needs`]).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::request::{ambiguity::Ambiguity, relaxation::Relaxation};

/// The most segments that a path may have.
pub const SEGMENTS_MAX: usize = 128;

/// What is written as `%XX` in a segment: all but `pchar` (RFC 3986 section 3.3), and `;` where it came encoded, since
/// some servers read a raw one as the start of a path parameter.
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

/// A path with one canonical form. It can be read in one way only where nothing is in [`CanonicalPath::needs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalPath {
    text: String,
    segments: Vec<String>,
    needs: Vec<Relaxation>,
}

impl CanonicalPath {
    /// Reads a path, decoding each segment once.
    ///
    /// # Errors
    /// The [`Ambiguity`] that no route can lift. What a route can lift is in [`CanonicalPath::needs`].
    pub fn parse(path: &str) -> Result<Self, Ambiguity> {
        let rest = path.strip_prefix('/').ok_or(Ambiguity::TargetForm)?;
        let mut canonical = Self {
            text: String::with_capacity(path.len()),
            segments: Vec::new(),
            needs: Vec::new(),
        };
        let mut pieces = rest.split('/').peekable();
        while let Some(piece) = pieces.next() {
            if canonical.segments.len() == SEGMENTS_MAX {
                return Err(Ambiguity::TargetTooLong);
            }
            canonical.text.push('/');
            if is_plain(piece) {
                canonical.text.push_str(piece);
                canonical.segments.push(piece.to_owned());
            } else if piece.is_empty() {
                if pieces.peek().is_some() {
                    canonical.need(Relaxation::DoubleSlash);
                }
                canonical.segments.push(String::new());
            } else {
                canonical.read(piece)?;
            }
        }
        canonical.needs.sort_unstable();
        Ok(canonical)
    }

    /// Reads a segment that is not plain. `;` goes on as it came, raw or encoded: for a server that knows path
    /// parameters only the raw one is a delimiter.
    fn read(&mut self, piece: &str) -> Result<(), Ambiguity> {
        if piece.contains('\\') {
            return Err(Ambiguity::Backslash);
        }
        let mut segment = String::with_capacity(piece.len());
        for (at, part) in piece.split(';').enumerate() {
            if at > 0 {
                self.need(Relaxation::PathParameter);
                self.text.push(';');
                segment.push(';');
            }
            let decoded = decode(part)?;
            self.text.extend(utf8_percent_encode(&decoded, ENCODED_IN_SEGMENT));
            segment.push_str(&decoded);
        }
        if holds_dot_segment(&segment) {
            return Err(Ambiguity::DotSegment);
        }
        if segment.contains('/') {
            self.need(Relaxation::EncodedSlash);
        }
        if segment.contains('\\') {
            self.need(Relaxation::Backslash);
        }
        self.segments.push(segment);
        Ok(())
    }

    fn need(&mut self, relaxation: Relaxation) {
        if !self.needs.contains(&relaxation) {
            self.needs.push(relaxation);
        }
    }

    /// What a route must grant for this path to pass, sorted, each once. Nothing for most paths.
    #[must_use]
    pub fn needs(&self) -> &[Relaxation] {
        &self.needs
    }

    /// Whether all that the path needs is granted.
    ///
    /// # Errors
    /// The refusal for the first need that is not granted.
    pub fn refused_unless(&self, granted: &[Relaxation]) -> Result<(), Ambiguity> {
        let missing = self.needs.iter().find(|need| !granted.contains(need));
        missing.map_or(Ok(()), |need| Err(need.ambiguity()))
    }

    /// The path as it is matched, logged and sent: percent-encoded in one way, beginning with `/`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The segments between slashes, decoded. A path that ends with `/` has an empty last segment; `/` has only it.
    /// One that is decoded may hold `/` or `\`, but only where [`CanonicalPath::needs`] says so.
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

/// A decoded segment, percent-encoded in the one canonical way.
#[must_use]
pub fn encode_segment(segment: &str) -> String {
    utf8_percent_encode(segment, ENCODED_IN_SEGMENT).to_string()
}

fn decode(part: &str) -> Result<Cow<'_, str>, Ambiguity> {
    check_percent_encoding(part)?;
    if !part.is_ascii() {
        return Err(Ambiguity::Text);
    }
    let decoded = percent_decode_str(part).decode_utf8().map_err(|_| Ambiguity::Text)?;
    if decoded.contains(|character: char| character.is_control()) {
        return Err(Ambiguity::ControlCharacter);
    }
    Ok(decoded)
}

/// Whether a server that decodes slashes or backslashes, or takes path parameters away, finds `.` or `..` in a decoded
/// segment and resolves it.
fn holds_dot_segment(segment: &str) -> bool {
    let mut pieces = segment.split(['/', '\\']);
    pieces.any(|piece| matches!(piece.split(';').next(), Some("." | "..")))
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
                assert_eq!((decoded.as_ref(), &written), (piece.as_str(), &piece));
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
            assert_eq!((parsed.text(), parsed.needs()), (canonical, &[] as &[_]), "{name}");
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
            ("dot dot before an encoded slash", "/..%2Fa", Ambiguity::DotSegment),
            ("dot dot after an encoded slash", "/a%2F%2e.", Ambiguity::DotSegment),
            ("dot between slashes of both kinds", "/a%5C.%2Fb", Ambiguity::DotSegment),
            ("dot dot after an encoded backslash", "/.%5C..", Ambiguity::DotSegment),
            ("dot dot with a parameter", "/..;/a", Ambiguity::DotSegment),
            ("dot with a parameter", "/a/.;x=1", Ambiguity::DotSegment),
            ("dot dot with an encoded parameter", "/..%3Bx", Ambiguity::DotSegment),
            (
                "dot dot after a parameter's slash",
                "/a;x%2F..;y",
                Ambiguity::DotSegment,
            ),
            (
                "dot dot with a parameter with a slash",
                "/..;x%2Fa",
                Ambiguity::DotSegment,
            ),
            ("backslash", "/a\\b", Ambiguity::Backslash),
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
        for deep in ["/a".repeat(SEGMENTS_MAX + 1), "/".repeat(SEGMENTS_MAX + 1)] {
            assert_eq!(CanonicalPath::parse(&deep), Err(Ambiguity::TargetTooLong));
        }
    }

    #[test]
    fn what_a_route_may_grant_has_one_form() {
        use Relaxation::{Backslash, DoubleSlash, EncodedSlash, PathParameter};
        for (raw, canonical, segments, needs) in [
            ("/a%2fb", "/a%2Fb", &["a/b"] as &[_], &[EncodedSlash] as &[_]),
            ("/%2F", "/%2F", &["/"], &[EncodedSlash]),
            ("/a%5cb", "/a%5Cb", &["a\\b"], &[Backslash]),
            ("//a", "//a", &["", "a"], &[DoubleSlash]),
            ("/a//b", "/a//b", &["a", "", "b"], &[DoubleSlash]),
            ("/a//", "/a//", &["a", "", ""], &[DoubleSlash]),
            ("//", "//", &["", ""], &[DoubleSlash]),
            ("/a;b=%63/d", "/a;b=c/d", &["a;b=c", "d"], &[PathParameter]),
            ("/a;%3b", "/a;%3B", &["a;;"], &[PathParameter]),
            ("/;", "/;", &[";"], &[PathParameter]),
            ("/a;..", "/a;..", &["a;.."], &[PathParameter]),
            ("/%2e%2E.%2Fa", "/...%2Fa", &[".../a"], &[EncodedSlash]),
            ("/%252e%252e%2f", "/%252e%252e%2F", &["%2e%2e/"], &[EncodedSlash]),
            (
                "/;//%5C/%2F/%2f",
                "/;//%5C/%2F/%2F",
                &[";", "", "\\", "/", "/"],
                &[EncodedSlash, Backslash, DoubleSlash, PathParameter],
            ),
        ] {
            let parsed = CanonicalPath::parse(raw).unwrap_or_else(|why| panic!("{raw}: {why:?}"));
            assert_eq!((parsed.text(), parsed.needs()), (canonical, needs), "{raw}");
            assert_eq!(parsed.segments(), segments, "{raw}");
            assert_eq!(CanonicalPath::parse(canonical).as_ref(), Ok(&parsed), "{raw}");
            assert_eq!(parsed.refused_unless(&Relaxation::ALL), Ok(()), "{raw}");
            for (at, need) in needs.iter().enumerate() {
                let refused = parsed.refused_unless(&needs[..at]);
                assert_eq!(refused, Err(need.ambiguity()), "{raw}");
            }
        }
    }
}
