//! Profiles: by part side by side, what the largest parts are, and by function.

use std::fmt::Write as _;

use crate::report::{
    measured::{Profiled, ProfiledScenario},
    profiles::{PartShare, SCENARIOS},
    quantity::{per_cent, whole},
};

use super::markdown::{NOTHING, code, table};

const INTRO: &str = "\
Each request was stopped at evenly spaced counts of instructions, and each time it was noted which function it was in. A stop
belongs to the part of the innermost function that is known: what the standard library does for JSON is JSON.

";

/// How many parts the list of the largest names.
const LARGEST: usize = 3;

pub(super) fn text(profiled: &Profiled) -> String {
    let mut text = format!(
        "{INTRO}{}\n{}",
        by_part(&profiled.scenarios),
        largest(&profiled.scenarios)
    );
    for scenario in &profiled.scenarios {
        let profile = &scenario.by_function;
        let rows: Vec<Vec<String>> = profile
            .functions
            .iter()
            .map(|share| {
                vec![
                    code(&share.function),
                    per_cent(share.with_called, profile.stops),
                    per_cent(share.own, profile.stops),
                ]
            })
            .collect();
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "\n### {}\n\n{}: {} instructions, {} stops.\n\n{}",
            title(&profile.scenario),
            code(&profile.scenario),
            whole(profile.instructions),
            profile.stops,
            table(1, &["function", "with what it calls", "alone"], &rows)
        );
    }
    text
}

fn title(scenario: &str) -> String {
    let words = SCENARIOS
        .iter()
        .find(|(name, _)| *name == scenario)
        .map_or(scenario, |(_, words)| *words);
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// All parts that one of the scenarios has, the largest of the first scenario first.
fn parts(scenarios: &[ProfiledScenario]) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    for share in scenarios.iter().flat_map(|scenario| &scenario.by_part) {
        if !parts.contains(&share.part.as_str()) {
            parts.push(&share.part);
        }
    }
    parts
}

fn by_part(scenarios: &[ProfiledScenario]) -> String {
    let row = |part: &str| {
        let share = |scenario: &ProfiledScenario| {
            let found = scenario.by_part.iter().find(|share| share.part == part);
            found.map_or_else(
                || NOTHING.to_owned(),
                |share| per_cent(share.stops, scenario.by_function.stops),
            )
        };
        let mut cells = vec![part.to_owned()];
        cells.extend(scenarios.iter().map(share));
        cells
    };
    let rows: Vec<Vec<String>> = parts(scenarios).into_iter().map(row).collect();
    let names: Vec<String> = scenarios
        .iter()
        .map(|scenario| code(&scenario.by_function.scenario))
        .collect();
    let mut heads = vec!["part"];
    heads.extend(names.iter().map(String::as_str));
    table(1, &heads, &rows)
}

/// The largest parts of each scenario, in a line each.
fn largest(scenarios: &[ProfiledScenario]) -> String {
    let line = |scenario: &ProfiledScenario| {
        let profile = &scenario.by_function;
        let share = |part: &PartShare| format!("{} {}", part.part, per_cent(part.stops, profile.stops));
        let parts: Vec<String> = scenario.by_part.iter().take(LARGEST).map(share).collect();
        let instructions = whole(profile.instructions);
        format!(
            "- {} ({instructions} instructions): {}\n",
            code(&profile.scenario),
            parts.join(", ")
        )
    };
    let lines: String = scenarios.iter().map(line).collect();
    format!("So the largest parts, and with them where less work would show most, are:\n\n{lines}")
}

#[cfg(test)]
mod tests {
    use crate::profile::{Profile, Share};

    use super::*;

    #[test]
    fn parts_stand_side_by_side() {
        let scenario = |name: &str, parts: &[(&str, u32)]| ProfiledScenario {
            by_function: Profile {
                scenario: name.to_owned(),
                instructions: 1_000,
                stops: 10,
                functions: vec![Share {
                    function: "f".to_owned(),
                    own: 1,
                    with_called: 2,
                }],
            },
            by_part: parts
                .iter()
                .map(|(part, stops)| PartShare {
                    part: (*part).to_owned(),
                    stops: *stops,
                })
                .collect(),
        };
        let scenarios = [
            scenario("a", &[("JSON", 9), ("rest", 1)]),
            scenario("b", &[("hashing", 5)]),
        ];
        let nothing = NOTHING;
        assert_eq!(
            by_part(&scenarios),
            format!(
                "| part | `a` | `b` |\n| --- | ---: | ---: |\n| JSON | 90.0\u{a0}% | {nothing} |\n| rest | 10.0\u{a0}% | {nothing} |\n\
                 | hashing | {nothing} | 50.0\u{a0}% |\n"
            )
        );
        assert!(largest(&scenarios).contains("- `a` (1\u{a0}000 instructions): JSON 90.0\u{a0}%, rest 10.0\u{a0}%\n"));
        assert_eq!(
            title("verified/rs256/fresh"),
            "First verification (RS256) in a fresh sandbox"
        );
    }
}
