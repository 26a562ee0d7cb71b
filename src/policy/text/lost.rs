//! What the lines that are no TOML would have said.
//!
//! Promises: only guesses, which serve to keep quiet: a key is not missed where a line that could not be read begins
//! with it. Nothing is read by them.

use std::{collections::BTreeSet, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::policy::text::syntax::{Readable, is_header, line};

/// The places that could not be read.
pub(super) fn places(text: &str, tree: &DeTable<'_>, readable: &Readable) -> BTreeSet<String> {
    if readable.problems.is_empty() {
        return BTreeSet::new();
    }
    let mut tables = Vec::new();
    for (name, value) in tree {
        headed(text, name.get_ref().to_string(), value, &mut tables);
    }
    let mut places = BTreeSet::new();
    for lines in &readable.lost {
        let first = text.get(lines.clone()).unwrap_or_default();
        let key = first.split(['=', '\n']).next().unwrap_or_default().trim();
        let before = tables.iter().filter(|(_, start)| *start < lines.start);
        places.insert(match before.max_by_key(|(_, start)| *start) {
            Some((table, _)) => format!("{table}.{key}"),
            None => key.to_owned(),
        });
    }
    let spans = readable.problems.iter().filter_map(|problem| problem.span.as_ref());
    places.extend(spans.filter_map(|span| header(text.get(line(text, span.start))?)));
    places
}

/// The tables with a header of their own, and where it begins.
fn headed(text: &str, place: String, value: &Spanned<DeValue<'_>>, tables: &mut Vec<(String, usize)>) {
    let Range { start, .. } = value.span();
    match value.get_ref() {
        DeValue::Table(members) => {
            for (name, value) in members {
                headed(text, format!("{place}.{}", name.get_ref()), value, tables);
            }
            if text.get(start..).is_some_and(is_header) {
                tables.push((place, start));
            }
        }
        DeValue::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                headed(text, format!("{place}[{at}]"), item, tables);
            }
        }
        _ => {}
    }
}

/// The table that a faulty header names. One of many is not known by its name.
fn header(line: &str) -> Option<String> {
    let name = line.trim_start().strip_prefix('[')?;
    let name = name.split([']', '#']).next().unwrap_or_default().trim();
    (!name.starts_with('[')).then(|| name.to_owned())
}
