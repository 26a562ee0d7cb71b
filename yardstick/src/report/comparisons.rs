//! What the comparison programs cost on the in-memory platform.
//!
//! Refuses a program that answers anything but 200: its count would be worth nothing.

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use tollgate_devstack::edge_program::{Build, build_program};

use crate::{
    compute::Program,
    counted::passage,
    scenario::State,
    scenarios::comparisons::{self, Work},
    versus::progress::say,
};

/// One program at one work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// The program, in the package `tollgate-comparisons`.
    pub program: String,
    /// What it did.
    pub work: Work,
    /// The sandbox that it found.
    pub sandbox: State,
    /// Guest instructions.
    pub instructions: u64,
    /// Look-ups in config stores.
    pub look_ups: u32,
    /// Messages sent to the outside.
    pub sends: u32,
}

/// Builds all of them and counts.
///
/// # Errors
/// If a program can't be built, fails, or answers something else.
pub async fn count(build: Build) -> anyhow::Result<Vec<Compared>> {
    let mut compared = Vec::new();
    for program in comparisons::PROGRAMS {
        say(&format!("counting the comparison program {program}"));
        let wasm = build_program(build, "tollgate-comparisons", program).await?;
        let loaded = tokio::task::spawn_blocking(move || Program::load(&wasm)).await;
        let loaded = loaded.context("the compilation was broken off")??;
        for comparison in comparisons::of(program)? {
            let scenario = &comparison.scenario;
            let passage = passage(&loaded, scenario).with_context(|| format!("the scenario {}", scenario.name))?;
            ensure!(
                passage.response.status == scenario.expected.status,
                "{} answered {}: {}",
                scenario.name,
                passage.response.status,
                passage.response.body
            );
            compared.push(Compared {
                program: program.to_owned(),
                work: comparison.work,
                sandbox: scenario.sandbox,
                instructions: passage.instructions,
                look_ups: passage.calls.look_ups,
                sends: passage.calls.sends,
            });
        }
    }
    Ok(compared)
}
