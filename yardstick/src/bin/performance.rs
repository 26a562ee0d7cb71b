//! `cargo performance`: measures everything and writes docs/performance.md.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::ensure;
use clap::Parser;
use tollgate_devstack::nested_cargo::repository;
use tollgate_yardstick::report::{
    Measured, Rendered,
    measure::{Part, Plan, measure},
};

/// Measures everything, and writes docs/performance.md, its plots and docs/performance/measured.json.
///
/// Counted are instructions and calls of all scenarios in the portable build, and in the wide one if its toolchain can
/// be had; the comparison programs; and profiles of four scenarios by function. Measured in time are the gateway beside
/// other programs (as `cargo versus` does) and under load (as `cargo open-loop` does, and against concurrency).
///
/// What is missing is built or installed first: Viceroy (some 8 minutes on two cores), the load generator oha (some 4)
/// and the programs. Then it takes some half an hour. Leave the machine alone meanwhile. Each part is written as soon as
/// it is measured, so after a break `--keep` takes up where it ended.
///
/// Times are of the portable build, or with TOLLGATE_BUILD=wide of the wide one; counts are of both at any time.
#[derive(Debug, Parser)]
#[command(name = "cargo performance", version)]
struct Arguments {
    /// Only write the page and the plots again, from docs/performance/measured.json
    #[arg(long, conflicts_with_all = ["keep", "quick", "rounds", "rates", "long_s", "stops"])]
    render: bool,
    /// Keep this part of docs/performance/measured.json instead of measuring it; may be given several times
    #[arg(long, value_name = "PART")]
    keep: Vec<Part>,
    /// As short as can be: shows that everything works, and measures nothing
    #[arg(long)]
    quick: bool,
    /// How many rounds beside other programs [default: 9]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Rates under load in requests a second, as in 200,400,800 [default: shares of the capacity]
    #[arg(long, value_delimiter = ',', value_name = "RATES")]
    rates: Vec<f64>,
    /// How long the long run under load is, in seconds; 0 for none [default: 300]
    #[arg(long, value_name = "SECONDS")]
    long_s: Option<f64>,
    /// How often each profiled request is stopped [default: 400]
    #[arg(long, value_name = "N")]
    stops: Option<u32>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let repository = repository()?;
    let before = Measured::read(&repository)?;
    if arguments.render {
        Rendered::of(&before)?.write(&repository)?;
    } else {
        let plan = plan(arguments)?;
        let save = |measured: &Measured| {
            let written = measured.write(&repository)?;
            Rendered::of(&written)?.write(&repository)
        };
        let measured = measure(before, &plan, save).await?;
        save(&measured)?;
    }
    writeln!(io::stdout(), "docs/performance.md is written.")?;
    Ok(())
}

fn plan(arguments: Arguments) -> anyhow::Result<Plan> {
    let mut plan = if arguments.quick {
        Plan::quick()
    } else {
        Plan::thorough()
    };
    plan.keep = arguments.keep;
    plan.versus.rounds = arguments.rounds.unwrap_or(plan.versus.rounds);
    plan.load.long_s = arguments.long_s.unwrap_or(plan.load.long_s);
    plan.load.rates_per_s = arguments.rates;
    plan.stops = arguments.stops.unwrap_or(plan.stops);
    ensure!(plan.versus.rounds > 0, "--rounds must be at least 1");
    ensure!(
        plan.load.rates_per_s.iter().all(|rate| *rate > 0.0),
        "--rates must be more than 0"
    );
    ensure!(plan.stops > 0, "--stops must be at least 1");
    ensure!(
        plan.load.long_s == 0.0 || plan.load.long_s >= 3.0 * plan.load.window_s,
        "--long-s must be 0 or at least {}",
        3.0 * plan.load.window_s
    );
    Ok(plan)
}
