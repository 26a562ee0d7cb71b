//! How large a token may be.

use tollgate::identity::credential::TOKEN_BYTES_MAX;

use crate::tokens::{Group, bench::Bench, passes, refused};

/// A good token of exactly so many bytes.
fn of_length(bench: &Bench, length: usize) -> String {
    let padded = |header: usize, claims: usize| {
        let token = bench.token().header("x", "h".repeat(header));
        token.claim("x", "c".repeat(claims)).build()
    };
    // Three bytes are four letters; the rest is found by trying.
    let left = length.saturating_sub(padded(0, 0).len()) / 4 * 3;
    let tries = (0..3).flat_map(|header| (left.saturating_sub(6)..left + 6).map(move |claims| (header, claims)));
    let mut tokens = tries.map(|(header, claims)| padded(header, claims));
    tokens
        .find(|token| token.len() == length)
        .expect("a token of that length")
}

/// A JSON text, brought to a length with spaces at its end.
fn spaced(text: &str, length: usize) -> Vec<u8> {
    format!("{text:<length$}").into_bytes()
}

pub(super) const GROUPS: &[Group] = &[
    passes(&[
        ("as long as can be", |bench| of_length(bench, TOKEN_BYTES_MAX)),
        ("a header as long as can be", |bench| {
            bench.token().header_as(|text| spaced(&text, 2_048)).build()
        }),
        ("30 header members more", |bench| {
            let names = (0..30).map(|number| format!("h{number}"));
            names.fold(bench.token(), |token, name| token.header(&name, 0)).build()
        }),
    ]),
    refused(
        "token-too-long",
        &[
            ("a byte too long", |bench| of_length(bench, TOKEN_BYTES_MAX + 1)),
            ("twice too long", |bench| {
                bench.token().claim("x", "c".repeat(12_000)).build()
            }),
            ("letters without end", |_| "a".repeat(TOKEN_BYTES_MAX + 1)),
        ],
    ),
    refused(
        "token-malformed",
        &[
            ("a header that is a byte too long", |bench| {
                bench.token().header_as(|text| spaced(&text, 2_049)).build()
            }),
            ("a header of 3,000 bytes", |bench| {
                bench.token().header("x", "h".repeat(2_900)).build()
            }),
            ("150 header members more", |bench| {
                let names = (0..150).map(|number| format!("h{number}"));
                names.fold(bench.token(), |token, name| token.header(&name, 0)).build()
            }),
            ("letters as long as can be", |_| "a".repeat(TOKEN_BYTES_MAX)),
            ("dots as long as can be", |_| ".".repeat(TOKEN_BYTES_MAX)),
        ],
    ),
];
