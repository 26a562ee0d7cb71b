//! `cargo versus`: the gateway beside other programs, in ratios.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser;
use tollgate_devstack::edge_program::Build;
use tollgate_yardstick::versus::{self, Options};

/// Measures the gateway beside other programs and prints the ratios.
///
/// Under one pinned Viceroy: an empty program, a bare pass-through, and a plain handler that parses its policy and keys
/// and verifies the token on every request. Natively, if they are installed: HAProxy, which verifies the token too, and
/// nginx, which only passes on. All are alive at the same time and are driven one at a time, in a new order each round;
/// a ratio compares measurements of the same round. The requests, the token and the origin are the same for all.
///
/// What is missing is built or installed first: Viceroy (some 8 minutes on two cores), the load generator oha (some 4) and the
/// programs. Then nine rounds of fourteen cases take some 5 minutes. Leave the machine alone meanwhile.
///
/// With TOLLGATE_BUILD=wide the programs are built with wide arithmetic. TOLLGATE_VICEROY and TOLLGATE_OHA name programs
/// to use in place of the pinned ones.
#[derive(Debug, Parser)]
#[command(name = "cargo versus", version)]
struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// How long each case is driven in a round, in seconds
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Over how many connections, each with one request under way
    #[arg(long, default_value_t = 8)]
    connections: u32,
    /// The seed of the orders
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One round of half a second a case: shows that everything works, and measures nothing
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    quick: bool,
    /// Writes everything that was measured as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(arguments.rounds > 0, "--rounds must be at least 1");
    ensure!(arguments.seconds > 0.0, "--seconds must be more than 0");
    ensure!(arguments.connections > 0, "--connections must be at least 1");
    let (rounds, seconds, warm_up_s) = if arguments.quick {
        (1, 0.5, 0.3)
    } else {
        (arguments.rounds, arguments.seconds, 1.0)
    };
    let options = Options {
        rounds,
        seconds,
        warm_up_s,
        connections: arguments.connections,
        seed: arguments.seed,
    };
    let results = versus::run(Build::from_env()?, options).await?;
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&results)?;
        std::fs::write(file, text).with_context(|| format!("can't write {}", file.display()))?;
    }
    write!(io::stdout(), "{results}")?;
    Ok(())
}
