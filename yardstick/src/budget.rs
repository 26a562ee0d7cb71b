//! The budget: what each scenario may cost, in `budget.toml`.
//!
//! Promises that a scenario over its budget is named, and that neither a scenario without a budget nor a budget without
//! a scenario goes unnoticed. Instructions may exceed the budget by 2 %, so that a compiler's mood is no fault; calls to
//! the world by none.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::counted::Count;

/// How far instructions may exceed their budget, in per cent.
pub const TOLERANCE_PER_CENT: u64 = 2;

/// What each scenario may cost, by its name, in both builds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The build for every runtime.
    #[serde(default)]
    pub portable: Counts,
    /// The build with wide arithmetic.
    #[serde(default)]
    pub wide: Counts,
}

/// Counts by the scenario's name.
pub type Counts = BTreeMap<String, Count>;

/// One reason to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// A count is over its budget.
    Over {
        /// The scenario.
        scenario: String,
        /// What was counted.
        what: &'static str,
        /// What it may cost.
        budget: u64,
        /// What it costs.
        count: u64,
    },
    /// A scenario has no budget.
    NoBudget(String),
    /// A budget has no scenario.
    NoScenario(String),
}

impl std::fmt::Display for Breach {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Over {
                scenario,
                what,
                budget,
                count,
            } => {
                let more = count.saturating_sub(*budget);
                let per_cent = more.saturating_mul(1_000) / (*budget).max(1);
                let (whole, tenth) = (per_cent / 10, per_cent % 10);
                write!(
                    formatter,
                    "{scenario}: {what} {count}, {whole}.{tenth} % over the budget of {budget}"
                )
            }
            Self::NoBudget(scenario) => write!(
                formatter,
                "{scenario}: has no budget; run `cargo budget --write` and commit budget.toml"
            ),
            Self::NoScenario(scenario) => write!(
                formatter,
                "{scenario}: is in budget.toml but is no scenario; run `cargo budget --write` and commit budget.toml"
            ),
        }
    }
}

/// Compares what was counted with the budget.
#[must_use]
pub fn breaches(counts: &Counts, budget: &Counts) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (scenario, count) in counts {
        match budget.get(scenario) {
            Some(budget) => breaches.extend(over(scenario, count, budget)),
            None => breaches.push(Breach::NoBudget(scenario.clone())),
        }
    }
    let gone = budget.keys().filter(|scenario| !counts.contains_key(*scenario));
    breaches.extend(gone.cloned().map(Breach::NoScenario));
    breaches
}

/// How many scenarios need over [`TOLERANCE_PER_CENT`] fewer instructions than their budget, which would hide it if they
/// grew again.
#[must_use]
pub fn far_below(counts: &Counts, budget: &Counts) -> usize {
    let below =
        |count: u64, budget: u64| count < budget.saturating_sub(budget.saturating_mul(TOLERANCE_PER_CENT) / 100);
    let pairs = counts
        .iter()
        .filter_map(|(name, count)| Some((count, budget.get(name)?)));
    pairs
        .filter(|(count, budget)| below(count.program, budget.program) || below(count.library, budget.library))
        .count()
}

fn over(scenario: &str, count: &Count, budget: &Count) -> Vec<Breach> {
    let tolerated = |budget: u64| budget.saturating_add(budget.saturating_mul(TOLERANCE_PER_CENT) / 100);
    let instructions = [
        ("instructions of the program", count.program, budget.program),
        ("instructions of the library", count.library, budget.library),
    ]
    .map(|(what, count, budget)| (what, count, budget, tolerated(budget)));
    let calls = [
        ("look-ups", count.look_ups, budget.look_ups),
        ("secrets read", count.secrets, budget.secrets),
        ("state look-ups", count.state, budget.state),
        ("cache operations", count.cache_operations, budget.cache_operations),
        ("sends", count.sends, budget.sends),
        ("log entries", count.log_writes, budget.log_writes),
    ]
    .map(|(what, count, budget)| (what, u64::from(count), u64::from(budget), u64::from(budget)));
    instructions
        .into_iter()
        .chain(calls)
        .filter(|(_, count, _, allowed)| count > allowed)
        .map(|(what, count, budget, _)| Breach::Over {
            scenario: scenario.to_owned(),
            what,
            budget,
            count,
        })
        .collect()
}

impl Budget {
    /// Reads `budget.toml`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        toml::from_str(text).context("budget.toml can't be read")
    }

    /// The text of `budget.toml`: a line a scenario.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# What each scenario may cost: guest instructions (Wasmtime's fuel; `program`: as shipped, `library`: alone), and\n\
             # calls to the world. `cargo budget` compares; `cargo budget --write` writes this file anew.\n",
        );
        for (name, counts) in [("portable", &self.portable), ("wide", &self.wide)] {
            // Writing to a string can't fail.
            let _ = writeln!(text, "\n[{name}]");
            for (scenario, count) in counts {
                let _ = writeln!(
                    text,
                    "\"{scenario}\" = {{ program = {}, library = {}, look_ups = {}, secrets = {}, state = {}, cache_operations = {}, \
                     sends = {}, log_writes = {} }}",
                    count.program,
                    count.library,
                    count.look_ups,
                    count.secrets,
                    count.state,
                    count.cache_operations,
                    count.sends,
                    count.log_writes
                );
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: Count = Count {
        program: 1_000,
        library: 100,
        look_ups: 3,
        secrets: 0,
        state: 0,
        cache_operations: 1,
        sends: 1,
        log_writes: 1,
    };

    fn counts(entries: &[(&str, Count)]) -> Counts {
        entries
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    }

    fn told(counted: Count) -> Vec<String> {
        let breaches = breaches(&counts(&[("a/b", counted)]), &counts(&[("a/b", COUNT)]));
        breaches.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_per_cent_are_tolerated_and_no_call_more() {
        for (name, counted, expected) in [
            ("the same", COUNT, vec![]),
            (
                "less",
                Count {
                    program: 1,
                    look_ups: 0,
                    ..COUNT
                },
                vec![],
            ),
            (
                "2 % more",
                Count {
                    program: 1_020,
                    library: 102,
                    ..COUNT
                },
                vec![],
            ),
            (
                "2.1 % more",
                Count {
                    program: 1_021,
                    ..COUNT
                },
                vec!["a/b: instructions of the program 1021, 2.1 % over the budget of 1000"],
            ),
            (
                "the library alone",
                Count { library: 150, ..COUNT },
                vec!["a/b: instructions of the library 150, 50.0 % over the budget of 100"],
            ),
            (
                "a call more",
                Count {
                    look_ups: 4,
                    log_writes: 2,
                    ..COUNT
                },
                vec![
                    "a/b: look-ups 4, 33.3 % over the budget of 3",
                    "a/b: log entries 2, 100.0 % over the budget of 1",
                ],
            ),
        ] {
            assert_eq!(told(counted), expected, "{name}");
        }
    }

    #[test]
    fn what_costs_much_less_is_noticed() {
        let table = [(980, 0), (979, 1)].map(|(program, far)| (Count { program, ..COUNT }, far));
        for (counted, far) in table {
            let counted = counts(&[("a/b", counted), ("new", COUNT)]);
            assert_eq!(far_below(&counted, &counts(&[("a/b", COUNT)])), far);
        }
    }

    #[test]
    fn scenarios_and_budgets_must_be_the_same() {
        let found = breaches(&counts(&[("new", COUNT)]), &counts(&[("old", COUNT)]));
        assert_eq!(
            found,
            [Breach::NoBudget("new".to_owned()), Breach::NoScenario("old".to_owned())]
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let budget = Budget {
            portable: counts(&[("a/b", COUNT), ("c", COUNT)]),
            wide: counts(&[("a/b", Count { program: 7, ..COUNT })]),
        };
        assert_eq!(Budget::read(&budget.text()).unwrap(), budget);
    }
}
