//! The gateway's instructions beside those of the comparison programs.

use crate::{
    report::{comparisons::Compared, measured::Counted, quantity::whole},
    scenario::State,
    scenarios::comparisons::Work,
};

use super::markdown::{NOTHING, table};

const INTRO: &str = "\
The same requests to other programs on the same in-memory platform: an empty one, a bare pass-through, and a plain handler
(`naive`) that parses its policy and keys and verifies the token on each request. The gateway also writes a log entry, reads its
policy's pointer and sends a Google identity; the others do not.

";

/// A row: the program in words, and where its two figures come from.
enum Row {
    /// A comparison program by name.
    Other(&'static str, &'static str),
    /// The gateway's scenarios for a fresh sandbox and for one in use.
    Gateway(&'static str, &'static str, &'static str),
}

/// What is asked, and the programs.
const TABLE: [(Work, &str, &[Row]); 4] = [
    (
        Work::Answered,
        "answered to anyone",
        &[
            Row::Other("empty, with the SDK's own `main`", "empty"),
            Row::Other("empty, with the gateway's loop", "empty-reused"),
            Row::Gateway("**gateway**", "public/fresh", "public/reused"),
        ],
    ),
    (
        Work::Identified,
        "answered to a caller",
        &[
            Row::Other("naive", "naive"),
            Row::Gateway(
                "**gateway**, token seen first",
                "verified/rs256/fresh",
                "verified/rs256/reused",
            ),
            Row::Gateway(
                "**gateway**, claims remembered",
                "remembered/pop/fresh",
                "remembered/sandbox/reused",
            ),
        ],
    ),
    (
        Work::Forwarded,
        "forwarded for anyone",
        &[
            Row::Other("pass-through", "pass-through"),
            Row::Gateway("**gateway**", "", "forwarded/public/reused"),
        ],
    ),
    (
        Work::IdentifiedForwarded,
        "forwarded for a caller",
        &[
            Row::Other("naive", "naive"),
            Row::Gateway("**gateway**, nothing known", "forwarded/everything-first/fresh", ""),
            Row::Gateway(
                "**gateway**, everything remembered",
                "forwarded/google-token-in-pop/fresh",
                "forwarded/google-token-in-sandbox/reused",
            ),
        ],
    ),
];

pub(super) fn text(counts: &Counted) -> String {
    let mut rows = Vec::new();
    for (work, words, programs) in &TABLE {
        for program in *programs {
            let (name, fresh, reused) = figures(counts, *work, program);
            let figure = |count: Option<u64>| count.map_or_else(|| NOTHING.to_owned(), whole);
            rows.push(vec![
                (*words).to_owned(),
                name.to_owned(),
                figure(fresh),
                figure(reused),
            ]);
        }
    }
    let heads = ["request", "program", "fresh sandbox", "sandbox in use"];
    format!("{INTRO}{}", table(2, &heads, &rows))
}

fn figures<'a>(counts: &Counted, work: Work, row: &'a Row) -> (&'a str, Option<u64>, Option<u64>) {
    match row {
        Row::Other(name, program) => {
            let of = |sandbox| {
                let is_it =
                    |one: &&Compared| (one.program.as_str(), one.work, one.sandbox) == (*program, work, sandbox);
                counts.comparisons.iter().find(is_it).map(|one| one.instructions)
            };
            (name, of(State::Fresh), of(State::Reused))
        }
        Row::Gateway(name, fresh, reused) => {
            let of = |scenario: &str| counts.portable.scenarios.get(scenario).map(|count| count.program);
            (name, of(fresh), of(reused))
        }
    }
}
