//! Measuring everything, or what is not kept from before.
//!
//! Promises that what was measured is handed over after each part, so that a run that is broken off loses one part only.

use anyhow::Context as _;
use clap::ValueEnum;
use tollgate_devstack::edge_program::{Build, WideMissing, build};

use crate::{
    budget::Counts,
    counted::Programs,
    load, scenarios,
    versus::{
        self,
        machine::{date, versions},
        progress::say,
    },
};

use super::{
    Measured, comparisons, concurrency,
    measured::{Counted, CountedBuild, Loaded},
    profiles,
};

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Instructions and calls
    Counts,
    /// Where the instructions go
    Profiles,
    /// The gateway beside other programs
    Versus,
    /// The gateway under load
    Load,
}

/// How to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is kept from before.
    pub keep: Vec<Part>,
    /// How to compare in time.
    pub versus: versus::Options,
    /// How to load.
    pub load: load::Options,
    /// How long each number of connections is driven, in seconds.
    pub concurrency_s: f64,
    /// How often each profiled request is stopped.
    pub stops: u32,
}

impl Plan {
    /// As `cargo versus` and `cargo open-loop` measure unless they are told otherwise.
    #[must_use]
    pub const fn thorough() -> Self {
        Self {
            keep: Vec::new(),
            versus: versus::Options {
                rounds: 9,
                seconds: 2.0,
                warm_up_s: 1.0,
                connections: 8,
                seed: 1,
            },
            load: load::Options {
                rates_per_s: Vec::new(),
                seconds: 60.0,
                long_s: 300.0,
                window_s: 15.0,
                connections: 32,
            },
            concurrency_s: 3.0,
            stops: 400,
        }
    }

    /// As short as can be: shows that everything works.
    #[must_use]
    pub fn quick() -> Self {
        let mut plan = Self::thorough();
        plan.versus.rounds = 1;
        plan.versus.seconds = 0.5;
        plan.versus.warm_up_s = 0.3;
        plan.load.seconds = 2.0;
        plan.load.long_s = 6.0;
        plan.load.window_s = 2.0;
        plan.concurrency_s = 0.5;
        plan.stops = 40;
        plan
    }

    fn takes(&self, part: Part) -> bool {
        !self.keep.contains(&part)
    }
}

/// Measures what the plan takes, and hands over everything after each part.
///
/// # Errors
/// If something can't be built, started, or measured, or if it can't be handed over.
pub async fn measure(
    mut measured: Measured,
    plan: &Plan,
    mut done: impl FnMut(&Measured) -> anyhow::Result<()>,
) -> anyhow::Result<Measured> {
    // Counts and profiles are of the portable build whatever TOLLGATE_BUILD says; times are of the build that it names.
    let timed = Build::from_env()?;
    if plan.takes(Part::Counts) {
        measured.counts = Some(counts().await.context("the counts")?);
        done(&measured)?;
    }
    if plan.takes(Part::Profiles) {
        let profiled = profiles::measure(Build::Portable, plan.stops).await;
        measured.profiles = Some(profiled.context("the profiles")?);
        done(&measured)?;
    }
    if plan.takes(Part::Versus) {
        let results = versus::run(timed, plan.versus).await;
        measured.versus = Some(results.context("the comparison in time")?);
        done(&measured)?;
    }
    if plan.takes(Part::Load) {
        measured.load = Some(load(timed, plan).await.context("the load")?);
        done(&measured)?;
    }
    Ok(measured)
}

async fn counts() -> anyhow::Result<Counted> {
    let portable = count_build(Build::Portable).await?;
    let wide = match count_build(Build::Wide).await {
        Ok(counted) => Some(counted),
        // The reason names this machine's folders, so it is for whoever sits here and not for the page.
        Err(why) if why.downcast_ref::<WideMissing>().is_some() => {
            say(&format!("there is no wide build: {why:#}"));
            None
        }
        Err(why) => return Err(why),
    };
    Ok(Counted {
        date: date(),
        portable,
        wide,
        comparisons: comparisons::count(Build::Portable).await?,
    })
}

async fn count_build(kind: Build) -> anyhow::Result<CountedBuild> {
    say(&format!("counting all scenarios in the {kind:?} build"));
    let programs = Programs::build(kind).await?;
    let wasm = build(kind).await?;
    let mut counts = Counts::new();
    for scenario in scenarios::all()? {
        let count = programs.count(&scenario)?;
        counts.insert(scenario.name, count);
    }
    Ok(CountedBuild {
        versions: versions(kind, &[]),
        wasm_bytes: std::fs::metadata(wasm)?.len(),
        scenarios: counts,
    })
}

async fn load(build: Build, plan: &Plan) -> anyhow::Result<Loaded> {
    let concurrency = concurrency::measure(build, plan.concurrency_s).await?;
    let open_loop = load::run(build, &plan.load).await?;
    Ok(Loaded { open_loop, concurrency })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_not_measured() {
        let mut plan = Plan::quick();
        plan.keep = vec![Part::Versus, Part::Load];
        let taken = Part::value_variants().iter().filter(|part| plan.takes(**part));
        assert_eq!(taken.collect::<Vec<_>>(), [&Part::Counts, &Part::Profiles]);
    }

    #[tokio::test]
    async fn a_plan_that_keeps_everything_measures_nothing() {
        let mut plan = Plan::thorough();
        plan.keep = Part::value_variants().to_vec();
        let handed_over = |_: &Measured| anyhow::bail!("nothing is done");
        let kept = measure(Measured::default(), &plan, handed_over).await;
        assert_eq!(kept.ok(), Some(Measured::default()));
    }
}
