//! `cargo crosscheck`: what other JWT libraries make and refuse, beside what the gateway does.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use serde_json::json;
use tollgate::{identity::algorithm::Algorithm, time::UnixSeconds};
use tollgate_crosscheck::{
    asserted::Asserted,
    forge::{AUDIENCE, Forge, ISSUER},
    gateway,
    peers::{PEERS, Peers},
    question::{Made, Question},
    spoiled::{self, Row},
    verdicts::{Compared, table},
    verifiers::{self, Outcome},
};

/// Compares verdicts on tokens with JWT libraries in other languages.
///
/// The npm package jose and the Python packages PyJWT and jwcrypto make tokens, which the gateway must take; then all of
/// them judge tokens with one thing spoiled. Ends with 1 if a peer refuses what the gateway takes, or if a peer takes
/// what the gateway refuses and the table does not say so. Needs node with npm, and python3; the peers are installed
/// once, beside what cargo builds.
#[derive(Debug, Parser)]
#[command(name = "cargo crosscheck", version)]
struct Options {
    /// Have the peers make tokens that are good until the year 2100, for tests/peers/tokens.json
    #[arg(long)]
    write: bool,

    /// Another program to ask about assertions, with the interface of the `check` programs in examples/verifiers
    #[arg(long, value_name = "PROGRAM")]
    verifier: Vec<PathBuf>,
}

/// The first second of the year 2100.
const YEAR_2100: u64 = 4_102_444_800;

fn main() -> ExitCode {
    let options = Options::parse();
    let mut out = io::stdout();
    match run(&options, &mut out) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<bool> {
    let peers = Peers::installed(&folder()?, &mut |line| {
        let _ = writeln!(io::stderr(), "crosscheck: {line}");
    })?;
    let now = UnixSeconds(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    if options.write {
        return write(&peers, now, out);
    }
    let taken = check_made(&peers.made(&algorithms(), &claims(now, now.0 + 600))?, now)?;
    writeln!(
        out,
        "{taken} tokens made by {}: the gateway takes all.\n",
        PEERS.join(", ")
    )?;
    let rows = spoiled::rows(&Forge::new()?, now)?;
    let as_told = compare(&peers, &rows, now, out)?;
    Ok(verify(&peers, &options.verifier, now, out)? && as_told)
}

/// What the example verifiers say of assertions; whether they are right.
fn verify(peers: &Peers, others: &[PathBuf], now: UnixSeconds, out: &mut impl Write) -> anyhow::Result<bool> {
    let asserted = Asserted::new(now)?;
    let asked = verifiers::asked(peers, &asserted, others)?;
    writeln!(
        out,
        "\n{} assertions, by the verifiers in examples/verifiers:",
        asserted.rows.len()
    )?;
    let mut is_right = true;
    for (verifier, outcome) in &asked {
        match outcome {
            Outcome::Right => writeln!(out, "  {verifier}: right about all")?,
            Outcome::Parsed(why) => writeln!(out, "  {verifier}: NOT RUN, its text was parsed; {why}")?,
            Outcome::NotRun(why) => writeln!(out, "  {verifier}: NOT RUN; {why}")?,
            Outcome::Wrong(wrong) => {
                is_right = false;
                for wrong in wrong {
                    writeln!(out, "  WRONG {verifier}: {wrong}")?;
                }
            }
        }
    }
    Ok(is_right)
}

/// Everybody's verdict on every row; whether they are as the table says.
fn compare(peers: &Peers, rows: &[Row], now: UnixSeconds, out: &mut impl Write) -> anyhow::Result<bool> {
    let questions: Vec<&Question> = rows.iter().map(|row| &row.question).collect();
    let theirs = peers.verdicts(&questions)?;
    let compared: Vec<Compared<'_>> = rows
        .iter()
        .zip(theirs)
        .map(|(row, theirs)| Compared::new(row, gateway::judge(&row.question, now), theirs))
        .collect();
    writeln!(out, "{}", table(&compared))?;
    let differences: Vec<String> = compared.iter().flat_map(Compared::differences).collect();
    for difference in &differences {
        writeln!(out, "DIFFERENT {difference}")?;
    }
    let stricter = compared.iter().filter(|row| row.is_stricter()).count();
    writeln!(
        out,
        "{} tokens judged; the gateway is stricter than some peer with {stricter}; {} verdicts are not as the table says.",
        rows.len(),
        differences.len()
    )?;
    Ok(differences.is_empty())
}

fn write(peers: &Peers, now: UnixSeconds, out: &mut impl Write) -> anyhow::Result<bool> {
    let made = peers.made(&algorithms(), &claims(now, YEAR_2100))?;
    check_made(&made, now)?;
    let file = repository().join("tests/peers/tokens.json");
    let text = serde_json::to_string_pretty(&made)? + "\n";
    fs::write(&file, text).with_context(|| format!("{} can't be written", file.display()))?;
    writeln!(out, "tests/peers/tokens.json now holds {} tokens.", made.len())?;
    Ok(true)
}

/// How many there are: one by each peer for each algorithm, and the gateway takes them.
fn check_made(made: &[Made], now: UnixSeconds) -> anyhow::Result<usize> {
    for peer in PEERS {
        for algorithm in algorithms() {
            let mut its = made
                .iter()
                .filter(|made| made.peer == peer && made.question.algorithm == algorithm);
            let (Some(made), None) = (its.next(), its.next()) else {
                anyhow::bail!("{peer} did not make one token with {algorithm}");
            };
            let verdict = gateway::judge(&made.question, now);
            ensure!(verdict.is_ok(), "the gateway refuses {peer}'s {algorithm}: {verdict:?}");
        }
    }
    Ok(made.len())
}

fn algorithms() -> Vec<&'static str> {
    Algorithm::ALL.into_iter().map(Algorithm::name).collect()
}

fn claims(now: UnixSeconds, expires_at: u64) -> serde_json::Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "scope": "orders:read", "name": "Łódź 🗝",
        "jti": "1", "iat": now.0, "nbf": now.0, "exp": expires_at,
    })
}

/// Where the peers are installed: in cargo's target folder, from which this program runs.
fn folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("this program can't be found")?;
    let target = program
        .ancestors()
        .nth(2)
        .context("this program is not in a target folder")?;
    Ok(target.join("crosscheck"))
}

fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}
