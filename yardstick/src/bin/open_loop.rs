//! `cargo open-loop`: the gateway under a load that does not wait for it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser;
use tollgate_devstack::edge_program::Build;
use tollgate_yardstick::load::{self, Options};

/// Drives the gateway at stated rates and prints latencies that are corrected for coordinated omission.
///
/// The gateway runs under the pinned Viceroy before an origin on this machine, with one token whose claims it remembers.
/// First its capacity is measured with 8 connections that are always busy; then requests are due at fixed times, at a
/// quarter, a half and three quarters of that unless --rates says otherwise. A latency counts from the moment that its
/// request was due. At last comes a long run at half the capacity, in windows, with the memory that Viceroy holds: it
/// is flat if the last third's median is at most 10 % above the first third's.
///
/// What is missing is built or installed first: Viceroy (some 8 minutes on two cores), the load generator oha (some 4) and the
/// gateway. Then it takes some 12 minutes. Leave the machine alone meanwhile.
#[derive(Debug, Parser)]
#[command(name = "cargo open-loop", version)]
struct Arguments {
    /// Rates in requests a second, as in 200,400,800
    #[arg(long, value_delimiter = ',', value_name = "RATES")]
    rates: Vec<f64>,
    /// How long at each rate, in seconds
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// How long the long run is, in seconds; 0 for none
    #[arg(long, default_value_t = 300.0)]
    long_s: f64,
    /// How long a window of the long run is, in seconds
    #[arg(long, default_value_t = 15.0)]
    window_s: f64,
    /// Over how many connections at a rate
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// Writes everything that was measured as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// Gives whether memory and latency stayed flat, where that was asked.
async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    ensure!(arguments.seconds > 0.0, "--seconds must be more than 0");
    ensure!(arguments.window_s > 0.0, "--window-s must be more than 0");
    ensure!(
        arguments.long_s == 0.0 || arguments.long_s >= 3.0 * arguments.window_s,
        "--long-s must be 0 or at least three windows"
    );
    ensure!(arguments.connections > 0, "--connections must be at least 1");
    ensure!(
        arguments.rates.iter().all(|rate| *rate > 0.0),
        "--rates must be more than 0"
    );
    let options = Options {
        rates_per_s: arguments.rates,
        seconds: arguments.seconds,
        long_s: arguments.long_s,
        window_s: arguments.window_s,
        connections: arguments.connections,
    };
    let results = load::run(Build::from_env()?, &options).await?;
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&results)?;
        std::fs::write(file, text).with_context(|| format!("can't write {}", file.display()))?;
    }
    write!(io::stdout(), "{results}")?;
    let long = results.long.as_ref();
    Ok(long.is_none_or(|long| long.p99_us.flat && long.resident_kib.as_ref().is_none_or(|resident| resident.flat)))
}
