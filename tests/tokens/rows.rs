//! The rows, by what is spoiled in them.

mod algorithms;
mod audiences;
mod binding;
mod claims;
mod encoding;
mod extensions;
mod issuers;
mod json;
mod keys;
mod scopes;
mod shapes;
mod signatures;
mod sizes;
mod times;
mod types;

use super::Row;

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let groups = [
        algorithms::GROUPS,
        audiences::GROUPS,
        binding::GROUPS,
        claims::GROUPS,
        encoding::GROUPS,
        extensions::GROUPS,
        issuers::GROUPS,
        json::GROUPS,
        keys::GROUPS,
        scopes::GROUPS,
        shapes::GROUPS,
        signatures::GROUPS,
        sizes::GROUPS,
        times::GROUPS,
        types::GROUPS,
    ];
    let groups = groups.into_iter().flatten();
    let rows = groups.flat_map(|group| {
        group.tokens.iter().map(|&(name, token)| Row {
            name,
            token,
            expected: group.expected,
        })
    });
    rows.collect()
}
