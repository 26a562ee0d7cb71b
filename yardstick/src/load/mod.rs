//! The gateway under a load that does not wait for it: `cargo open-loop`.
//!
//! Promises latencies that are corrected for coordinated omission: requests are due at a stated rate, and each latency
//! counts from the moment that its request was due. A long run is cut into windows, each with its latencies and with the
//! memory that Viceroy held at its end, and is judged by a stated criterion ([`flat`]).
//! Refuses to call a run good that lost requests or gave one wrong answer. What the guest holds of Viceroy's memory is
//! not known from outside; sandboxes end above 64 MiB.

pub mod flat;
pub mod generator;
pub mod long;
pub mod process;
pub mod results;

use anyhow::{Context as _, ensure};
use tollgate_devstack::edge_program::Build;

use crate::versus::case::STATUS;
use crate::versus::field::Field;
use crate::versus::machine::{Machine, date, versions};
use crate::versus::policies::{ORDER, WHOAMI};
use crate::versus::progress::say;
use generator::{Driven, Generator, Pace, Target, count};

pub use results::{Long, Results, Step, Subject, Window};

/// How to drive.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rates in requests a second; none for a quarter, a half and three quarters of the capacity.
    pub rates_per_s: Vec<f64>,
    /// How long at each rate, in seconds.
    pub seconds: f64,
    /// How long the long run is, in seconds; 0 for none.
    pub long_s: f64,
    /// How long a window of the long run is, in seconds.
    pub window_s: f64,
    /// Over how many connections at a rate.
    pub connections: u32,
}

/// Over how many connections the capacity is measured: as many as `cargo versus` has.
const CAPACITY_CONNECTIONS: u32 = 8;
const CAPACITY_S: f64 = 5.0;
const WARM_UP_S: f64 = 3.0;
const SHARES: [f64; 3] = [0.25, 0.5, 0.75];
/// The share of the capacity at which the long run is driven.
const LONG_SHARE: f64 = 0.5;

/// Builds the gateway, starts it and drives it.
///
/// # Errors
/// If something cannot be built or started, or if an answer is wrong or missing.
pub async fn run(build: Build, options: &Options) -> anyhow::Result<Results> {
    let machine = Machine::this();
    let date = date();
    let generator = Generator::ready().await?;
    let field = Field::gateway_alone(build).await?;
    let mut subjects = Vec::new();
    for (name, path) in [("answered at the edge", WHOAMI), ("forwarded", ORDER)] {
        let target = field.gateway_target(path)?;
        let subject = drive_subject(&generator, name, &target, options).await;
        subjects.push(subject.with_context(|| format!("the gateway, {name}"))?);
    }
    let long = match subjects.last() {
        Some(forwarded) if options.long_s > 0.0 => {
            let rate_per_s = (forwarded.capacity_per_s * LONG_SHARE).round();
            say(&format!("forwarded at {rate_per_s} a second for {} s", options.long_s));
            Some(long::drive(&field, &generator, &forwarded.name, rate_per_s, options).await?)
        }
        _ => None,
    };
    Ok(Results {
        date,
        machine,
        versions: versions(build, &[("oha", generator.program(), "--version")]),
        connections: options.connections,
        subjects,
        long,
    })
}

async fn drive_subject(
    generator: &Generator,
    name: &str,
    target: &Target,
    options: &Options,
) -> anyhow::Result<Subject> {
    say(&format!("{name}: warming up and measuring the capacity"));
    closed(generator, target, WARM_UP_S).await?;
    let capacity_per_s = closed(generator, target, CAPACITY_S).await?.rate_per_s();
    let mut steps = Vec::new();
    for rate_per_s in rates(options, capacity_per_s) {
        say(&format!("{name}: {rate_per_s} a second for {} s", options.seconds));
        let pace = Pace {
            seconds: options.seconds,
            connections: options.connections,
            rate_per_s: Some(rate_per_s),
        };
        let driven = generator.drive(target, pace).await?;
        driven.expect_only(STATUS)?;
        expect_all(driven.answers(), pace)?;
        steps.push(Step {
            rate_per_s,
            answers: driven.answers(),
            achieved_per_s: driven.rate_per_s(),
            latency: driven.latency,
        });
    }
    Ok(Subject {
        name: name.to_owned(),
        capacity_per_s,
        steps,
    })
}

async fn closed(generator: &Generator, target: &Target, seconds: f64) -> anyhow::Result<Driven> {
    let pace = Pace {
        seconds,
        connections: CAPACITY_CONNECTIONS,
        rate_per_s: None,
    };
    let driven = generator.drive(target, pace).await?;
    driven.expect_only(STATUS)?;
    Ok(driven)
}

/// The rates to drive at, whole numbers.
fn rates(options: &Options, capacity_per_s: f64) -> Vec<f64> {
    if options.rates_per_s.is_empty() {
        SHARES.map(|share| (capacity_per_s * share).round().max(1.0)).to_vec()
    } else {
        options.rates_per_s.clone()
    }
}

/// Refuses a load that lost requests.
fn expect_all(answers: u64, pace: Pace) -> anyhow::Result<()> {
    let due = pace.due().unwrap_or_default();
    ensure!(
        (count(answers) - due).abs() < 0.5,
        "{due:.0} requests were due and {answers} were answered: connections broke"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_shares_of_the_capacity_unless_given() {
        let mut options = Options {
            rates_per_s: Vec::new(),
            seconds: 1.0,
            long_s: 0.0,
            window_s: 1.0,
            connections: 8,
        };
        assert_eq!(rates(&options, 1_000.4), [250.0, 500.0, 750.0]);
        options.rates_per_s = vec![7.0];
        assert_eq!(rates(&options, 1_000.0), [7.0]);
    }

    #[test]
    fn a_load_that_lost_requests_is_refused() {
        let pace = Pace {
            seconds: 10.0,
            connections: 8,
            rate_per_s: Some(100.0),
        };
        expect_all(1_000, pace).expect("all came");
        expect_all(999, pace).expect_err("one is missing");
    }
}
