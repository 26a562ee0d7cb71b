//! The gateway beside others: `cargo versus`.
//!
//! Promises ratios rather than figures: all programs run under one pinned Viceroy at the same time, are driven one at a
//! time by the same load generator, in an order that is shuffled anew each round, and each is compared with what was
//! measured in the same round, so that a machine that is slow for a while is slow for both. Every case is checked before
//! it is measured, and one wrong status in a measurement is an error.
//! Refuses to say anything of the production platform: its hosts, networks and stores are others.

pub mod case;
pub mod field;
pub mod machine;
pub mod natives;
pub mod origin;
pub mod policies;
pub mod programs;
pub mod progress;
pub mod results;
pub mod round;
pub mod statistics;

use anyhow::Context as _;
use tollgate_devstack::edge_program::Build;

use crate::load::generator::{Generator, Pace};
use case::Case;
use field::Field;
use machine::{Machine, date, versions};
use progress::say;
use round::Measured;
use statistics::{Shuffle, Spread};

pub use results::{CaseResult, Ratio, Results};

/// How to measure.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many rounds.
    pub rounds: usize,
    /// How long each case is driven in a round, in seconds.
    pub seconds: f64,
    /// How long each case is driven before the first round, in seconds.
    pub warm_up_s: f64,
    /// Over how many connections.
    pub connections: u32,
    /// The seed of the orders.
    pub seed: u64,
}

/// What is compared with what.
const RATIOS: [(&str, &str); 15] = [
    ("gateway, public", "empty, sandbox reused"),
    ("gateway, remembered", "empty, sandbox reused"),
    ("gateway, verified", "empty, sandbox reused"),
    ("gateway, remembered", "empty, a sandbox a request"),
    ("gateway, verified", "gateway, remembered"),
    ("gateway, remembered", "naive"),
    ("gateway, verified", "naive"),
    ("naive, 1,000 routes", "naive"),
    ("gateway, remembered", "HAProxy, verified"),
    ("gateway, forwarded", "pass-through"),
    ("naive, forwarded", "pass-through"),
    ("gateway, forwarded", "naive, forwarded"),
    ("gateway, forwarded", "nginx, forwarded"),
    ("gateway, forwarded", "HAProxy, forwarded"),
    ("pass-through", "nginx, forwarded"),
];

/// Builds, starts, checks and measures everything.
///
/// # Errors
/// If something cannot be built or started, or if a case gives a wrong answer; the error names the case.
pub async fn run(build: Build, options: Options) -> anyhow::Result<Results> {
    let machine = Machine::this();
    let date = date();
    let generator = Generator::ready().await?;
    let field = Field::whole(build).await?;
    warm_up(&field, &generator, options).await?;
    let measured = measure(&field, &generator, options).await?;
    let mut programs = vec![("oha", generator.program(), "--version")];
    programs.extend(field.natives.iter().map(|(name, path)| (*name, path.as_path(), "-v")));
    let cases: Vec<CaseResult> = field
        .cases
        .iter()
        .zip(&measured)
        .map(|(case, rounds)| summary(case, rounds))
        .collect::<anyhow::Result<_>>()?;
    let mut notes = vec![
        "the load generator, the server and the origin share this machine's cores; CPU is the server's process alone"
            .to_owned(),
        "the gateway writes a log entry for each request, reads its policy pointer anew and sends a Google identity; \
         the others do not"
            .to_owned(),
    ];
    if field.natives.iter().any(|(name, _)| *name == "nginx") {
        notes.push("nginx runs in one thread, all others on all cores".to_owned());
    }
    notes.extend(origin_note(&cases));
    notes.extend(field.missing.iter().cloned());
    Ok(Results {
        date,
        machine,
        versions: versions(build, &programs),
        rounds: options.rounds,
        seconds: options.seconds,
        connections: options.connections,
        seed: options.seed,
        ratios: ratios(&field.cases, &measured),
        cases,
        notes,
    })
}

async fn warm_up(field: &Field, generator: &Generator, options: Options) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    for case in &field.cases {
        say(&format!("warming up and checking: {}", case.name));
        let pace = pace(options, options.warm_up_s);
        let checked = async {
            generator.drive(&case.target, pace).await?.expect_only(case::STATUS)?;
            case.check(&client, field.gateway_of(case)).await
        };
        checked.await.with_context(|| format!("the case `{}`", case.name))?;
    }
    Ok(())
}

async fn measure(field: &Field, generator: &Generator, options: Options) -> anyhow::Result<Vec<Vec<Measured>>> {
    let mut measured = vec![Vec::new(); field.cases.len()];
    let mut shuffle = Shuffle::new(options.seed);
    for round in 1..=options.rounds {
        say(&format!("round {round} of {}", options.rounds));
        for number in shuffle.order(field.cases.len()) {
            if let (Some(case), Some(of_case)) = (field.cases.get(number), measured.get_mut(number)) {
                let once = round::measure(field, generator, case, pace(options, options.seconds)).await;
                of_case.push(once.with_context(|| format!("the case `{}` in round {round}", case.name))?);
            }
        }
    }
    Ok(measured)
}

const fn pace(options: Options, seconds: f64) -> Pace {
    Pace {
        seconds,
        connections: options.connections,
        rate_per_s: None,
    }
}

fn summary(case: &Case, rounds: &[Measured]) -> anyhow::Result<CaseResult> {
    let spread = |value: fn(&Measured) -> f64| Spread::of(rounds.iter().map(value)).context("there was no round");
    Ok(CaseResult {
        name: case.name.to_owned(),
        group: case.group,
        substrate: case.substrate,
        answers: rounds.iter().map(|round| round.answers).sum(),
        rate_per_s: spread(|round| round.rate_per_s)?,
        latency_us: spread(|round| round.latency_us)?,
        cpu_us: round::cpu_of(rounds).and_then(Spread::of),
        claims: round::claims_of(rounds),
    })
}

/// The ratios of those cases that were measured.
fn ratios(cases: &[Case], measured: &[Vec<Measured>]) -> Vec<Ratio> {
    let rounds_of = |name: &str| {
        let at = cases.iter().position(|case| case.name == name)?;
        measured.get(at)
    };
    let ratio = |(name, base): &(&str, &str)| {
        let (case, of_base) = (rounds_of(name)?, rounds_of(base)?);
        let compare = |value: fn(&Measured) -> f64| {
            let values = |rounds: &[Measured]| rounds.iter().map(value).collect::<Vec<_>>();
            Spread::of_ratios(&values(case), &values(of_base))
        };
        Some(Ratio {
            case: (*name).to_owned(),
            base: (*base).to_owned(),
            time: compare(|round| 1.0 / round.rate_per_s)?,
            latency: compare(|round| round.latency_us)?,
            cpu: round::cpu_of(case)
                .zip(round::cpu_of(of_base))
                .and_then(|(of_case, of_base)| Spread::of_ratios(&of_case, &of_base)),
        })
    };
    RATIOS.iter().filter_map(ratio).collect()
}

/// Says how many times faster than the gateway the origin alone is, and whether that is enough.
fn origin_note(cases: &[CaseResult]) -> Option<String> {
    let rate = |name: &str| Some(cases.iter().find(|case| case.name == name)?.rate_per_s.median);
    let times = rate("origin alone")? / rate("pass-through")?;
    let verdict = if times >= 5.0 {
        "it is not what limits them"
    } else {
        "it takes part in what limits them"
    };
    Some(format!(
        "the origin alone answers {times:.1} times as often as the pass-through: {verdict}"
    ))
}

#[cfg(test)]
mod tests;
