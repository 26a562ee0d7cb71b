//! One measurement of one case.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde_json::Value;

use super::case::{Case, Claims, STATUS, text};
use super::field::Field;
use crate::load::generator::{Generator, Pace, count};
use crate::load::process;

/// What one round gave for one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// How many answers came.
    pub answers: u64,
    /// How many a second.
    pub rate_per_s: f64,
    /// Their median latency in microseconds.
    pub latency_us: f64,
    /// Processor time of the server's process for an answer, in microseconds, where it is known.
    pub cpu_us: Option<f64>,
    /// Where the gateway's claims came from, in its last log entries.
    pub claims: BTreeMap<String, u64>,
}

/// Of a hundred requests, how many may have their claims from elsewhere: a sandbox that has just begun remembers nothing.
const OTHER_CLAIMS_PERCENT_MAX: u64 = 5;

/// Drives one case once.
///
/// # Errors
/// If an answer is wrong, or if the gateway's claims came from elsewhere than they must.
pub async fn measure(field: &Field, generator: &Generator, case: &Case, pace: Pace) -> anyhow::Result<Measured> {
    let pid = field.pid(case.server);
    let before = pid.and_then(process::cpu_us);
    let driven = generator.drive(&case.target, pace).await?;
    let after = pid.and_then(process::cpu_us);
    driven.expect_only(STATUS)?;
    let answers = driven.answers();
    let claims = field
        .gateway_of(case)
        .map(|gateway| claims_in(&gateway.log_lines(), answers))
        .unwrap_or_default();
    if case.claims != Claims::None {
        expect_claims(case.claims, &claims)?;
    }
    Ok(Measured {
        answers,
        rate_per_s: driven.rate_per_s(),
        latency_us: driven.latency.p50_us,
        cpu_us: before
            .zip(after)
            .map(|(before, after)| count(after.saturating_sub(before)) / count(answers)),
        claims,
    })
}

/// Counts where the claims came from in the last entries of a log, at most that many.
fn claims_in(lines: &[String], entries: u64) -> BTreeMap<String, u64> {
    let entries = usize::try_from(entries).unwrap_or(usize::MAX);
    let mut claims = BTreeMap::new();
    let last = lines.iter().rev().take(entries);
    for entry in last.filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let Some(from) = text(&entry, "/tollgate/claims") {
            *claims.entry(from.to_owned()).or_default() += 1;
        }
    }
    claims
}

fn expect_claims(expected: Claims, found: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let all: u64 = found.values().sum();
    let others: u64 = found
        .iter()
        .filter(|(from, _)| !expected.takes(Some(from)))
        .map(|(_, entries)| *entries)
        .sum();
    ensure!(
        all > 0 && others * 100 <= all * OTHER_CLAIMS_PERCENT_MAX,
        "{expected:?} claims were expected, and the log says {found:?}"
    );
    Ok(())
}

/// The processor times of all rounds, if all are known.
#[must_use]
pub fn cpu_of(rounds: &[Measured]) -> Option<Vec<f64>> {
    rounds.iter().map(|round| round.cpu_us).collect()
}

/// Where the claims came from in all rounds.
#[must_use]
pub fn claims_of(rounds: &[Measured]) -> BTreeMap<String, u64> {
    let mut claims = BTreeMap::new();
    for (from, entries) in rounds.iter().flat_map(|round| &round.claims) {
        *claims.entry(from.clone()).or_default() += entries;
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(claims: &[&str]) -> Vec<String> {
        let entry = |from: &&str| format!("{{\"tollgate\":{{\"claims\":\"{from}\"}}}}");
        claims.iter().map(entry).collect()
    }

    #[test]
    fn only_the_last_entries_are_counted() {
        let mut lines = log(&["verified", "pop", "sandbox"]);
        lines.push("no JSON".to_owned());
        lines.extend(log(&["sandbox"]));
        let counted = claims_in(&lines, 4);
        assert_eq!(
            counted,
            BTreeMap::from([("pop".to_owned(), 1), ("sandbox".to_owned(), 2)])
        );
    }

    #[test]
    fn a_few_claims_may_come_from_elsewhere() {
        let found =
            |sandbox, verified| BTreeMap::from([("sandbox".to_owned(), sandbox), ("verified".to_owned(), verified)]);
        expect_claims(Claims::Remembered, &found(95, 5)).expect("five of a hundred");
        expect_claims(Claims::Remembered, &found(94, 6)).expect_err("six of a hundred");
        expect_claims(Claims::Verified, &found(6, 94)).expect_err("six of a hundred");
        expect_claims(Claims::Remembered, &BTreeMap::new()).expect_err("no log");
    }
}
