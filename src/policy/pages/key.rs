//! How a route is found without looking at the others: by the texts of its path that stand at known places.
//!
//! A template's *shape* is what its segments are, whatever they say: `/v1/orders/{id}` is two texts and a name. Of all
//! templates of one shape at most one set of texts fits a request, so one hash finds it. Among the templates that take
//! one request, the order of shapes is the order of precedence: a text before a name before a rest, from the left.
//! There are few shapes in a policy, however many routes.
//!
//! A shape is written as `0`, `1` or `2` for a host by name, by `*.` or none, then `a`, `b` or `c` for each text, `{name}`
//! and `{name...}` of the path. Its order as text is the order of precedence.

use twox_hash::XxHash64;

use crate::policy::{
    host_pattern::after_first_label,
    site::route::{HostRank, Route},
    template::Part,
};

/// How many bits of the hash are kept. Anyone can compute which texts fall together, so what is found under a hash counts
/// only if it is of the shape that was looked for ([`is_of`]): else a text that was chosen well would bring a route of a
/// later shape to an earlier one. Tests keep so few bits that almost everything falls together.
const HASH_BITS: u32 = if cfg!(test) { 2 } else { 24 };

/// The hash under which a route of this shape would be that takes the request; `None` if none of the shape can.
pub(super) fn of_request(shape: &str, host: &str, segments: &[String]) -> Option<u32> {
    let (rank, letters) = shape.split_at_checked(1)?;
    let host = match rank {
        "0" => host,
        "1" => after_first_label(host)?,
        _ => "",
    };
    let fits = match letters.strip_suffix('c') {
        Some(before) => segments.len() > before.len(),
        None => segments.len() == letters.len(),
    };
    if !fits {
        return None;
    }
    let placed = || letters.bytes().zip(segments);
    if placed().any(|(letter, segment)| letter == b'b' && segment.is_empty()) {
        return None;
    }
    let texts = placed()
        .filter(|(letter, _)| *letter == b'a')
        .map(|(_, segment)| segment.as_str());
    Some(hash(shape, host, texts))
}

/// Whether a route that was found under a hash of this shape is of the shape, for this host.
pub(super) fn is_of(route: &Route, shape: &str, host: &str) -> bool {
    let rank = match route.rank(host) {
        Some(HostRank::Exact) => '0',
        Some(HostRank::Pattern) => '1',
        Some(HostRank::Any) => '2',
        None => return false,
    };
    let letters = route.path.parts().iter().map(letter);
    std::iter::once(rank).chain(letters).eq(shape.chars())
}

/// The letter of a segment in a shape.
pub(super) fn letter(part: &Part) -> char {
    match part {
        Part::Literal(_) => 'a',
        Part::One => 'b',
        Part::Rest => 'c',
    }
}

/// The hash of a shape, its host and the texts of its path.
pub(super) fn hash<'t>(shape: &str, host: &str, texts: impl Iterator<Item = &'t str>) -> u32 {
    let mut key = String::with_capacity(64);
    key.push_str(shape);
    key.push('\0');
    key.push_str(host);
    for text in texts {
        key.push('\0');
        key.push_str(text);
    }
    // The upper bits, which are the best mixed; they fit by the shift.
    u32::try_from(XxHash64::oneshot(0, key.as_bytes()) >> (64 - HASH_BITS)).unwrap_or_default()
}

/// Which of `buckets` a text at a place of the request falls into.
pub(super) fn bucket(text: Option<&str>, buckets: u32) -> u32 {
    let hash = match text {
        Some(text) => XxHash64::oneshot(1, text.as_bytes()),
        None => 0,
    };
    u32::try_from(hash % u64::from(buckets.max(1))).unwrap_or_default()
}
