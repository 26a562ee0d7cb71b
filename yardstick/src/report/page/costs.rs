//! Costs of the main scenarios, and the goals.

use crate::{
    counted::Count,
    report::{
        Measured,
        goals::{self, Goal, Unit},
        measured::Counted,
        quantity::whole,
    },
};

use super::markdown::{NOTHING, code, table};

/// The main scenarios in words.
const MAIN: [(&str, &str); 15] = [
    ("public/reused", "answered to anyone"),
    ("public/fresh", "the same, fresh sandbox"),
    ("refused/no-token/reused", "refused: no token"),
    ("refused/expired/reused", "refused: token expired"),
    ("refused/bad-signature/reused", "refused: bad signature"),
    ("remembered/sandbox/reused", "answered, claims remembered"),
    (
        "remembered/pop/fresh",
        "the same, fresh sandbox: claims from the POP's cache",
    ),
    (
        "verified/rs256/fresh",
        "answered, token seen first (RS256), fresh sandbox",
    ),
    ("verified/es256/fresh", "the same, ES256"),
    ("verified/eddsa/fresh", "the same, EdDSA"),
    ("forwarded/public/reused", "forwarded for anyone"),
    (
        "forwarded/google-token-in-sandbox/reused",
        "forwarded, everything remembered",
    ),
    (
        "forwarded/google-token-in-pop/fresh",
        "the same, fresh sandbox: all from the POP's cache",
    ),
    ("forwarded/google-token-minted/reused", "forwarded, Google token minted"),
    (
        "forwarded/everything-first/fresh",
        "forwarded, nothing known, fresh sandbox",
    ),
];

const COSTS_INTRO: &str = "\
Guest instructions of one request, from its arrival until the program asks for the next: of the whole program as shipped, and of the library alone
with a home in memory, so without SDK and host calls. *Fresh* is a request that finds a new sandbox and pays for its start; all
others find one in use. Every scenario is in [measured.json](performance/measured.json), and what each may cost is in
[budget.toml](../budget.toml), which `cargo budget` checks.

";

pub(super) const GROWTH: &str = "\
The same work in larger and larger worlds. Routes, issuers and keys are what an operator adds; claims and headers are what a
request brings.
";

pub(super) fn of_requests(counts: &Counted) -> String {
    let rows: Vec<Vec<String>> = MAIN
        .iter()
        .filter_map(|(name, words)| {
            let count = counts.portable.scenarios.get(*name)?;
            let wide = counts.wide.as_ref().and_then(|build| build.scenarios.get(*name));
            let mut cells = vec![format!("{words}<br>{}", code(name))];
            cells.extend([whole(count.program), whole(count.library)]);
            cells.push(wide.map_or_else(|| NOTHING.to_owned(), |wide| whole(wide.program)));
            cells.extend(calls(count).map(|calls| calls.to_string()));
            Some(cells)
        })
        .collect();
    let heads = [
        "request",
        "program",
        "library",
        "program, wide build",
        "config look-ups",
        "secrets",
        "cache",
        "sends",
    ];
    let bytes = whole(counts.portable.wasm_bytes);
    let wide = counts
        .wide
        .as_ref()
        .map(|build| format!("; in the wide build {} bytes", whole(build.wasm_bytes)));
    format!(
        "{COSTS_INTRO}{}\nThe program as shipped has {bytes} bytes{}.\n",
        table(1, &heads, &rows),
        wide.unwrap_or_default()
    )
}

const fn calls(count: &Count) -> [u32; 4] {
    [count.look_ups, count.secrets, count.cache_operations, count.sends]
}

pub(super) fn against_goals(measured: &Measured) -> String {
    let goals = goals::all(measured);
    let judged = |verdict| goals.iter().filter(|goal| goal.is_reached() == verdict).count();
    let rows: Vec<Vec<String>> = goals.iter().map(row).collect();
    format!(
        "Reached: {} of {}; not reached: {}; not measured: {}. Instructions are the whole program's, in the portable build, where \
         nothing else is said.\n\n{}",
        judged(Some(true)),
        goals.len(),
        judged(Some(false)),
        judged(None),
        table(1, &["goal", "at most", "measured", "reached"], &rows)
    )
}

fn row(goal: &Goal) -> Vec<String> {
    let reached = match goal.is_reached() {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => NOTHING,
    };
    let figure = goal
        .figure
        .map_or_else(|| "not measured".to_owned(), |figure| value(figure, goal.unit));
    vec![
        goal.what.clone(),
        value(goal.at_most, goal.unit),
        figure,
        reached.to_owned(),
    ]
}

fn value(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Times => format!("{number:.3} ×"),
        Unit::Calls => format!("{number:.0}"),
        Unit::Instructions => grouped(number),
        Unit::Bytes => format!("{} bytes", grouped(number)),
    }
}

/// A count that was made a number to calculate with.
fn grouped(number: f64) -> String {
    whole(number.round().max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_told_with_their_units() {
        for (unit, at_most, figure, cells) in [
            (Unit::Times, 1.15, Some(1.2), ["1.150 ×", "1.200 ×", "**no**"]),
            (
                Unit::Bytes,
                1_000_000.0,
                Some(5.0),
                ["1\u{a0}000\u{a0}000 bytes", "5 bytes", "yes"],
            ),
            (Unit::Calls, 4.0, None, ["4", "not measured", NOTHING]),
        ] {
            let goal = Goal {
                what: "a".to_owned(),
                unit,
                at_most,
                figure,
            };
            assert_eq!(row(&goal).get(1..), Some(&cells.map(str::to_owned)[..]));
        }
    }
}
