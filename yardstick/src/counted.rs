//! One scenario, counted twice: the whole program on the in-memory platform, and the library alone.
//!
//! Promises that a count is worth something: what came of the request is what the scenario expects, and both programs
//! asked the same of the world.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_devstack::edge_program::{Build, build, build_program};

use crate::{
    compute::{self, Passage, Pop, Program},
    library::Library,
    scenario::{Expected, Scenario, State},
};

/// What one request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Guest instructions (Wasmtime's fuel) of the whole program as it is shipped: from the request's arrival, or in a
    /// fresh sandbox from the program's start, until the program asks for the next request.
    pub program: u64,
    /// Guest instructions of the library alone, with a home in memory.
    pub library: u64,
    /// Look-ups in config stores.
    pub look_ups: u32,
    /// Look-ups in the secret store.
    pub secrets: u32,
    /// Look-ups in the KV store. What was counted before there was one says nothing of it.
    #[serde(default)]
    pub state: u32,
    /// Reads and writes of the POP's cache.
    pub cache_operations: u32,
    /// Messages sent to the outside.
    pub sends: u32,
    /// Log entries.
    pub log_writes: u32,
}

/// Both programs, compiled.
pub struct Programs {
    whole: Program,
    library: Library,
}

impl Programs {
    /// Builds and compiles both.
    ///
    /// # Errors
    /// If one can't be built.
    pub async fn build(kind: Build) -> anyhow::Result<Self> {
        let whole = build(kind).await?;
        let library = build_program(kind, "tollgate-in-memory", "in-memory").await?;
        Self::load(whole, library).await
    }

    async fn load(whole: PathBuf, library: PathBuf) -> anyhow::Result<Self> {
        let compiled = tokio::task::spawn_blocking(move || {
            anyhow::Ok(Self {
                whole: Program::load(&whole)?,
                library: Library::load(&library)?,
            })
        });
        compiled.await.context("the compilation was broken off")?
    }

    /// Counts one scenario.
    ///
    /// # Errors
    /// If a program fails, if something else comes of the request than is expected, or if the two programs disagree.
    pub fn count(&self, scenario: &Scenario) -> anyhow::Result<Count> {
        self.count_both(scenario)
            .with_context(|| format!("the scenario {}", scenario.name))
    }

    fn count_both(&self, scenario: &Scenario) -> anyhow::Result<Count> {
        let passage = passage(&self.whole, scenario)?;
        let [line] = passage.log.as_slice() else {
            bail!("the program wrote {} log entries", passage.log.len());
        };
        check(&scenario.expected, passage.response.status, line).context("the whole program")?;
        let run = self.library.run(scenario)?;
        check(&scenario.expected, run.report.status, &run.report.log).context("the library alone")?;
        let (calls, of_library) = (passage.calls, run.report.calls);
        let count = Count {
            program: passage.instructions,
            library: run.instructions,
            look_ups: calls.look_ups,
            secrets: calls.secrets,
            state: calls.state,
            cache_operations: calls.cache_operations,
            sends: calls.sends,
            log_writes: calls.log_writes,
        };
        let of_program = (
            calls.look_ups,
            calls.secrets,
            calls.state,
            calls.cache_operations,
            calls.sends,
        );
        let of_library = (
            of_library.look_ups,
            of_library.secrets,
            of_library.state,
            of_library.cache_operations,
            of_library.sends,
        );
        ensure!(
            of_program == of_library,
            "the whole program and the library alone asked differently of the world (look-ups, secrets, state, \
             cache operations, sends): {of_program:?} and {of_library:?}"
        );
        Ok(count)
    }
}

/// What the counted request of a scenario is to any program on the in-memory platform.
///
/// # Errors
/// If the program fails.
pub fn passage(program: &Program, scenario: &Scenario) -> anyhow::Result<Passage> {
    let (mut pop, requests) = arrange(program, scenario)?;
    let passages = compute::serve(program, &mut pop, &requests)?;
    passages.into_iter().next_back().context("nothing was served")
}

/// The POP as the counted sandbox finds it, and that sandbox's requests, of which the last is the counted one.
///
/// # Errors
/// If the program fails over what comes before.
pub fn arrange(program: &Program, scenario: &Scenario) -> anyhow::Result<(Pop, Vec<crate::scenario::Request>)> {
    let mut pop = Pop::new(&scenario.world);
    let mut requests = scenario.before.clone();
    if scenario.sandbox == State::Fresh && !requests.is_empty() {
        compute::serve(program, &mut pop, &requests)?;
        requests.clear();
    }
    requests.push(scenario.counted.clone());
    Ok((pop, requests))
}

fn check(expected: &Expected, status: u16, line: &str) -> anyhow::Result<()> {
    let entry: Value = serde_json::from_str(line).context("the log entry is not JSON")?;
    let word = |name: &str| entry.pointer(name).and_then(Value::as_str).map(str::to_owned);
    let came = Expected {
        status,
        claims: word("/tollgate/claims"),
        google_token: word("/tollgate/google_token"),
    };
    ensure!(came == *expected, "expected {expected:?}, but it was {came:?}: {line}");
    Ok(())
}
