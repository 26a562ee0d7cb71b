//! Places: paths such as `routes[2].allow[0].scopes`, and where in the text they are.
//!
//! Promises: a place is written the same by whoever names it, and a place that is not in the text leads to the nearest
//! that is. What spans many lines is shown by its key or header.

use std::{fmt, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A path, step by step; written out only when there is something to say about it.
#[derive(Clone, Copy)]
pub(super) enum Place<'up> {
    /// The whole text.
    Root,
    /// What is under a key.
    Key(&'up Place<'up>, &'up str),
    /// An item of a list.
    Item(&'up Place<'up>, usize),
}

impl Place<'_> {
    /// The last key on the path.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Root => "",
            Self::Key(_, name) => name,
            Self::Item(list, _) => list.name(),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, name) => name.fmt(formatter),
            Self::Key(table, name) => write!(formatter, "{table}.{name}"),
            Self::Item(list, at) => write!(formatter, "{list}[{at}]"),
        }
    }
}

/// What to underline of a value: the key where the value has several lines.
pub(super) fn shown(text: &str, key: Range<usize>, value: Range<usize>) -> Range<usize> {
    match text.get(value.clone()) {
        Some(lines) if !lines.is_empty() && !lines.contains('\n') => value,
        _ => key,
    }
}

/// Where a place is, or the nearest above it that is in the text.
pub(super) fn span(text: &str, tree: &DeTable<'_>, place: &str) -> Option<Range<usize>> {
    let (mut table, mut rest, mut found) = (tree, place, None);
    while let Some((key, mut value, mut after)) = entry(table, rest) {
        let mut span = shown(text, key, value.span());
        while let (Some((at, past)), DeValue::Array(items)) = (item(after), value.get_ref()) {
            let Some(inner) = items.get(at) else { return Some(span) };
            span = shown(text, span, inner.span());
            (value, after) = (inner, past);
        }
        found = Some(span);
        match (after.strip_prefix('.'), value.get_ref()) {
            (Some(past), DeValue::Table(inner)) => (table, rest) = (inner, past),
            _ => break,
        }
    }
    found
}

/// The span of the key that a path begins with, its value, and the rest of the path. A name may hold dots itself, so
/// the longest that fits is meant.
fn entry<'tree, 'place>(
    table: &'tree DeTable<'_>,
    place: &'place str,
) -> Option<(Range<usize>, &'tree Spanned<DeValue<'tree>>, &'place str)> {
    table
        .iter()
        .filter_map(|(key, value)| Some((key.span(), value, place.strip_prefix(key.get_ref().as_ref())?)))
        .filter(|(_, _, after)| after.is_empty() || after.starts_with(['.', '[']))
        .min_by_key(|(_, _, after)| after.len())
}

/// `[3].rest` as 3 and `.rest`.
fn item(place: &str) -> Option<(usize, &str)> {
    let (at, after) = place.strip_prefix('[')?.split_once(']')?;
    Some((at.parse().ok()?, after))
}

/// The places above one, from the nearest.
pub(super) fn above(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(up(place), |place| up(place))
}

fn up(place: &str) -> Option<&str> {
    place.get(..place.rfind(['.', '['])?)
}
