//! base64url in its one form (RFC 7515 section 2, RFC 4648 section 3.5).

use crate::tokens::{
    Group,
    bench::Bench,
    edit::{parts, with_spare_bit},
    refused,
};

/// A token whose parts all have spare bits, and letters that are written otherwise in plain base64.
fn telling(bench: &Bench) -> String {
    let tokens = (0..1_000).map(|number| {
        let header = "?".repeat(number % 3 + 6);
        let claim = ">".repeat(number / 3 % 3 + 6);
        bench.token().header("x", header).claim("x", claim).build()
    });
    let is_telling = |token: &String| {
        let parts = parts(token);
        parts
            .iter()
            .all(|part| part.len() % 4 != 0 && part.contains(['-', '_']))
    };
    tokens.into_iter().find(is_telling).expect("a telling token")
}

/// The token with one of its parts changed.
fn changed(bench: &Bench, part: usize, change: fn(&str) -> String) -> String {
    let token = telling(bench);
    let mut parts = parts(&token).map(str::to_owned);
    let before = parts[part].clone();
    parts[part] = change(&before);
    assert_ne!(before, parts[part], "nothing was changed");
    parts.join(".")
}

fn plain(part: &str) -> String {
    part.replace('-', "+").replace('_', "/")
}

fn padded(part: &str) -> String {
    format!("{part}{}", "=".repeat(4 - part.len() % 4))
}

fn lengthened(part: &str) -> String {
    // One letter alone holds six bits, which are no byte.
    let (whole, _) = part.split_at(part.len() / 4 * 4);
    format!("{whole}A")
}

fn parted(part: &str) -> String {
    let (one, other) = part.split_at(4);
    format!("{one} {other}")
}

fn starred(part: &str) -> String {
    part.replacen(['-', '_'], "*", 1)
}

pub(super) const GROUPS: &[Group] = &[refused(
    "token-malformed",
    &[
        ("header in plain base64", |bench| changed(bench, 0, plain)),
        ("claims in plain base64", |bench| changed(bench, 1, plain)),
        ("signature in plain base64", |bench| changed(bench, 2, plain)),
        ("padding after the header", |bench| changed(bench, 0, padded)),
        ("padding after the claims", |bench| changed(bench, 1, padded)),
        ("padding after the signature", |bench| changed(bench, 2, padded)),
        ("a spare bit in the header", |bench| changed(bench, 0, with_spare_bit)),
        ("a spare bit in the claims", |bench| changed(bench, 1, with_spare_bit)),
        ("a spare bit in the signature", |bench| {
            changed(bench, 2, with_spare_bit)
        }),
        ("six bits alone in the header", |bench| changed(bench, 0, lengthened)),
        ("six bits alone in the claims", |bench| changed(bench, 1, lengthened)),
        ("six bits alone in the signature", |bench| changed(bench, 2, lengthened)),
        ("a space in the header", |bench| changed(bench, 0, parted)),
        ("a space in the signature", |bench| changed(bench, 2, parted)),
        ("a letter of no alphabet in the claims", |bench| {
            changed(bench, 1, starred)
        }),
        ("a letter of no alphabet in the signature", |bench| {
            changed(bench, 2, starred)
        }),
    ],
)];
