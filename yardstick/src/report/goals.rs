//! The goals, and whether they are reached.
//!
//! Promises that each figure is computed from what was measured, and that a goal without a measurement is neither
//! reached nor missed.

use crate::{budget::Counts, counted::Count};

use super::{Measured, measured::CountedBuild, quantity::float};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Guest instructions.
    Instructions,
    /// Bytes.
    Bytes,
    /// Calls.
    Calls,
    /// How many times another figure.
    Times,
}

/// One goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// What is limited.
    pub what: String,
    /// What the figure counts.
    pub unit: Unit,
    /// The most that it may be.
    pub at_most: f64,
    /// What was measured, if it was.
    pub figure: Option<f64>,
}

impl Goal {
    /// Whether it is reached; unknown without a measurement.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        self.figure.map(|figure| figure <= self.at_most)
    }
}

/// Scenarios with the most instructions that the whole program may need in the portable build.
const PORTABLE: [(&str, f64); 6] = [
    ("forwarded/google-token-in-sandbox/reused", 180_000.0),
    ("remembered/sandbox/reused", 60_000.0),
    ("remembered/pop/fresh", 150_000.0),
    ("verified/rs256/fresh", 9_500_000.0),
    ("verified/es256/fresh", 13_000_000.0),
    ("verified/eddsa/fresh", 2_600_000.0),
];

/// The same in the wide build.
const WIDE: [(&str, f64); 3] = [
    ("verified/rs256/fresh", 2_800_000.0),
    ("verified/es256/fresh", 4_800_000.0),
    ("verified/eddsa/fresh", 1_300_000.0),
];

const ROUTING_INSTRUCTIONS_MAX: f64 = 30_000.0;
/// How many times the cost under ten routes that under ten thousand may be.
const ROUTES_GROWTH_MAX: f64 = 1.02;
const LOOK_UPS_MAX: f64 = 4.0;
const WASM_BYTES_MAX: f64 = 1_000_000.0;
/// How many times a bare pass-through's time a forwarded request may take.
const FORWARDED_TIMES_MAX: f64 = 1.15;

/// All goals.
#[must_use]
pub fn all(measured: &Measured) -> Vec<Goal> {
    let counts = measured.counts.as_ref();
    let portable = counts.map(|counts| &counts.portable);
    let wide = counts.and_then(|counts| counts.wide.as_ref());
    let mut goals: Vec<Goal> = PORTABLE.iter().map(|limit| of_program(limit, "", portable)).collect();
    goals.extend(WIDE.iter().map(|limit| of_program(limit, ", wide build", wide)));
    let scenarios = portable.map(|build| &build.scenarios);
    goals.extend(of_routes(scenarios));
    let look_ups = scenarios.map(|scenarios| scenarios.values().map(|count| count.look_ups).max().unwrap_or_default());
    goals.push(Goal {
        what: "config-store look-ups, the most of any scenario".to_owned(),
        unit: Unit::Calls,
        at_most: LOOK_UPS_MAX,
        figure: look_ups.map(f64::from),
    });
    goals.push(Goal {
        what: "size of the program as shipped".to_owned(),
        unit: Unit::Bytes,
        at_most: WASM_BYTES_MAX,
        figure: portable.map(|build| float(build.wasm_bytes)),
    });
    goals.push(Goal {
        what: "time for a forwarded answer, everything remembered ÷ bare pass-through".to_owned(),
        unit: Unit::Times,
        at_most: FORWARDED_TIMES_MAX,
        figure: forwarded_times(measured),
    });
    goals
}

fn of_program((scenario, at_most): &(&str, f64), build_note: &str, build: Option<&CountedBuild>) -> Goal {
    Goal {
        what: format!("`{scenario}`{build_note}"),
        unit: Unit::Instructions,
        at_most: *at_most,
        figure: build.and_then(|build| Some(float(build.scenarios.get(*scenario)?.program))),
    }
}

/// Policy and routing: the library's cost of a public answer from a fresh sandbox.
fn of_routes(scenarios: Option<&Counts>) -> [Goal; 2] {
    let fresh = |count: &Count| float(count.library);
    let of = |name: &str| scenarios.and_then(|scenarios| scenarios.get(name)).map(fresh);
    let routes = scenarios.map(|scenarios| {
        let named = |name: &&String| name.starts_with("routes/") && name.ends_with("/fresh");
        scenarios
            .iter()
            .filter(|(name, _)| named(name))
            .map(|(_, count)| fresh(count))
            .fold(0.0, f64::max)
    });
    let all_else = of("public/reused");
    [
        Goal {
            what: "policy read and routing at any size: the library in `routes/…/fresh` at its largest, less all else that it does (`public/reused`)"
                .to_owned(),
            unit: Unit::Instructions,
            at_most: ROUTING_INSTRUCTIONS_MAX,
            figure: routes
                .filter(|most| *most > 0.0)
                .zip(all_else)
                .map(|(most, all_else)| most - all_else),
        },
        Goal {
            what: "the library in `routes/10000/fresh` ÷ `routes/10/fresh`".to_owned(),
            unit: Unit::Times,
            at_most: ROUTES_GROWTH_MAX,
            figure: of("routes/10000/fresh")
                .zip(of("routes/10/fresh"))
                .map(|(many, few)| many / few),
        },
    ]
}

fn forwarded_times(measured: &Measured) -> Option<f64> {
    let ratios = &measured.versus.as_ref()?.ratios;
    let ratio = ratios
        .iter()
        .find(|ratio| (ratio.case.as_str(), ratio.base.as_str()) == ("gateway, forwarded", "pass-through"));
    Some(ratio?.time.median)
}

#[cfg(test)]
mod tests {
    use crate::report::measured::Counted;

    use super::*;

    fn counted(scenarios: &[(&str, u64, u64)]) -> Measured {
        let count = |(name, program, library): &(&str, u64, u64)| {
            let count = Count {
                program: *program,
                library: *library,
                look_ups: 3,
                secrets: 0,
                state: 0,
                cache_operations: 0,
                sends: 0,
                log_writes: 1,
            };
            ((*name).to_owned(), count)
        };
        let portable = CountedBuild {
            versions: std::collections::BTreeMap::new(),
            wasm_bytes: 1_000_001,
            scenarios: scenarios.iter().map(count).collect(),
        };
        Measured {
            counts: Some(Counted {
                date: String::new(),
                portable,
                wide: None,
                comparisons: Vec::new(),
            }),
            ..Measured::default()
        }
    }

    fn judged(measured: &Measured) -> Vec<(String, Option<bool>)> {
        all(measured)
            .into_iter()
            .map(|goal| (goal.what.clone(), goal.is_reached()))
            .collect()
    }

    #[test]
    fn nothing_measured_reaches_and_misses_nothing() {
        let judged = judged(&Measured::default());
        assert_eq!(judged.len(), 14);
        assert!(judged.iter().all(|(_, reached)| reached.is_none()));
    }

    #[test]
    fn figures_decide() {
        let judged = judged(&counted(&[
            ("remembered/sandbox/reused", 60_000, 1),
            ("remembered/pop/fresh", 150_001, 1),
            ("routes/10/fresh", 1, 20_000),
            ("routes/10000/fresh", 1, 20_500),
            ("public/reused", 1, 500),
        ]));
        let of = |what: &str| {
            judged
                .iter()
                .find(|(name, _)| name.starts_with(what))
                .and_then(|(_, reached)| *reached)
        };
        for (what, reached) in [
            ("`remembered/sandbox/reused`", Some(true)),
            ("`remembered/pop/fresh`", Some(false)),
            ("`verified/rs256/fresh`", None),
            ("policy read and routing", Some(true)),
            ("the library in `routes/10000/fresh`", Some(false)),
            ("config-store look-ups", Some(true)),
            ("size of the program", Some(false)),
            ("time for a forwarded answer", None),
        ] {
            assert_eq!(of(what), reached, "{what}");
        }
    }
}
