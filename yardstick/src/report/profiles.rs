//! Profiles of the scenarios that matter most, by function and by part.
//!
//! Promises that both tables of a scenario come from the same stacks.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tollgate_devstack::edge_program::{Build, build_with_names};

use crate::{
    compute::Program,
    profile::{Profile, Stacks},
    scenarios,
    versus::{
        machine::{date, versions},
        progress::say,
    },
};

use super::{
    measured::{Profiled, ProfiledScenario},
    parts,
};

/// What is profiled, and what it shows.
pub const SCENARIOS: [(&str, &str); 4] = [
    (
        "forwarded/google-token-in-sandbox/reused",
        "forwarded, everything remembered",
    ),
    (
        "remembered/pop/fresh",
        "answered from a fresh sandbox, claims known to the POP",
    ),
    ("verified/rs256/fresh", "first verification (RS256) in a fresh sandbox"),
    ("forwarded/everything-first/fresh", "forwarded, nothing known yet"),
];

/// How many functions are kept.
const FUNCTIONS: usize = 25;

/// The stops that were in one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartShare {
    /// The part.
    pub part: String,
    /// How many.
    pub stops: u32,
}

/// Builds the program with names and profiles it, with that many stops a scenario.
///
/// # Errors
/// If it can't be built, or fails.
pub async fn measure(build: Build, stops: u32) -> anyhow::Result<Profiled> {
    let wasm = build_with_names(build).await?;
    let program = tokio::task::spawn_blocking(move || Program::load(&wasm)).await;
    let program = program.context("the compilation was broken off")??;
    let all = scenarios::all()?;
    let mut profiled = Vec::new();
    for (name, _) in SCENARIOS {
        say(&format!("profiling {name} with {stops} stops"));
        let scenario = all.iter().find(|scenario| scenario.name == name);
        let stacks = Stacks::of(
            &program,
            scenario.with_context(|| format!("no scenario {name}"))?,
            stops,
        )?;
        profiled.push(ProfiledScenario {
            by_function: largest(stacks.profile(name)),
            by_part: by_part(&stacks.stacks),
        });
    }
    Ok(Profiled {
        date: date(),
        versions: versions(build, &[]),
        scenarios: profiled,
    })
}

/// The functions with the largest shares, without those that are on nearly every stack and do next to nothing themselves.
fn largest(mut profile: Profile) -> Profile {
    let twentieth = profile.stops / 20;
    let nearly_all = profile.stops.saturating_sub(twentieth);
    profile
        .functions
        .retain(|share| share.own > twentieth || share.with_called < nearly_all);
    profile.functions.truncate(FUNCTIONS);
    profile
}

fn by_part(stacks: &[Vec<String>]) -> Vec<PartShare> {
    let mut parts: BTreeMap<&str, u32> = BTreeMap::new();
    for stack in stacks {
        *parts.entry(parts::of_stack(stack)).or_default() += 1;
    }
    let mut parts: Vec<PartShare> = parts
        .into_iter()
        .map(|(part, stops)| PartShare {
            part: part.to_owned(),
            stops,
        })
        .collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.stops));
    parts
}

#[cfg(test)]
mod tests {
    use crate::profile::Share;

    use super::*;

    #[test]
    fn runtime_frames_are_left_out_and_the_rest_is_cut() {
        let share = |function: &str, own, with_called| Share {
            function: function.to_owned(),
            own,
            with_called,
        };
        let mut functions = vec![share("main", 1, 100), share("handle", 6, 99), share("verify", 0, 60)];
        functions.extend((0..30).map(|at| share(&format!("f{at}"), 1, 1)));
        let profile = Profile {
            scenario: "a".to_owned(),
            instructions: 1_000,
            stops: 100,
            functions,
        };
        let kept = largest(profile).functions;
        let names: Vec<&str> = kept.iter().map(|share| share.function.as_str()).collect();
        assert_eq!(names.len(), FUNCTIONS);
        assert!(names.starts_with(&["handle", "verify", "f0"]));
    }

    #[test]
    fn parts_are_counted() {
        let stack = |name: &str| vec![name.to_owned()];
        let stacks = [
            stack("rsa::verify"),
            stack("memcpy"),
            stack("rsa::verify"),
            stack("_start"),
        ];
        let parts: Vec<_> = by_part(&stacks)
            .into_iter()
            .map(|part| (part.part, part.stops))
            .collect();
        let expected = [("signature", 2), ("allocation and copying", 1), ("rest", 1)];
        assert_eq!(parts, expected.map(|(part, stops)| (part.to_owned(), stops)));
    }
}
