//! `cargo budget`: what each scenario costs in guest instructions and calls to the world, against `budget.toml`.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser;
use tollgate_devstack::{edge_program::Build, nested_cargo::repository};
use tollgate_yardstick::{
    budget::{Budget, Counts, TOLERANCE_PER_CENT, breaches, far_below},
    counted::Programs,
    scenarios, table,
};

/// Counts what each scenario costs, and compares with budget.toml.
///
/// The gateway as it is shipped runs on an in-memory Fastly Compute, and its library alone with a home in memory;
/// both under Wasmtime, which counts instructions. The counts are the same in every run, however busy the machine is.
/// Ends with 1 and the scenario's name if one costs over 2 % more instructions than its budget, or any call more.
/// With TOLLGATE_BUILD=wide the programs are built with wide arithmetic.
#[derive(Debug, Parser)]
#[command(name = "cargo budget", version)]
struct Options {
    /// Write what was counted into budget.toml, as the new budget of this build
    #[arg(long, conflicts_with = "only")]
    write: bool,
    /// Count only scenarios whose name begins so, such as `verified/` (the others' budgets are left alone)
    #[arg(long, value_name = "PREFIX")]
    only: Option<String>,
    /// Also write all counts to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> anyhow::Result<bool> {
    let kind = Build::from_env()?;
    let wanted = options.only.as_deref().unwrap_or_default();
    let programs = Programs::build(kind).await?;
    let mut counts = Counts::new();
    let mut rows = Vec::new();
    for scenario in scenarios::all()? {
        if scenario.name.starts_with(wanted) {
            let count = programs.count(&scenario)?;
            rows.push((scenario.name.clone(), count));
            let twice = counts.insert(scenario.name.clone(), count);
            anyhow::ensure!(twice.is_none(), "there are two scenarios {}", scenario.name);
        }
    }
    anyhow::ensure!(!rows.is_empty(), "no scenario's name begins with `{wanted}`");

    let file = repository()?.join("budget.toml");
    let mut budget = match fs::read_to_string(&file) {
        Ok(text) => Budget::read(&text)?,
        Err(why) if why.kind() == io::ErrorKind::NotFound => Budget::default(),
        Err(why) => return Err(why).context("budget.toml can't be read"),
    };
    let of_build = match kind {
        Build::Portable => &mut budget.portable,
        Build::Wide => &mut budget.wide,
    };
    of_build.retain(|scenario, _| options.write || scenario.starts_with(wanted));
    let mut out = io::stdout().lock();
    writeln!(out, "{}", table::of_counts(&rows, of_build))?;
    if let Some(file) = &options.json {
        fs::write(file, serde_json::to_string_pretty(&counts)?).with_context(|| file.display().to_string())?;
    }
    if options.write {
        *of_build = counts;
        fs::write(&file, budget.text()).context("budget.toml can't be written")?;
        writeln!(out, "budget.toml now holds these counts.")?;
        return Ok(true);
    }
    let breaches = breaches(&counts, of_build);
    for breach in &breaches {
        writeln!(out, "OVER BUDGET {breach}")?;
    }
    let far_below = far_below(&counts, of_build);
    if far_below > 0 {
        writeln!(
            out,
            "{far_below} scenarios cost over {TOLERANCE_PER_CENT} % less than their budget: run `cargo budget --write` \
             and commit budget.toml, so that they stay so."
        )?;
    }
    if breaches.is_empty() {
        writeln!(out, "{} scenarios, all within their budget.", rows.len())?;
    }
    Ok(breaches.is_empty())
}
