//! What oha says, read.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driven {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// What was no answer, by its reason.
    pub errors: BTreeMap<String, u64>,
    /// The latencies of all answers.
    pub latency: Latency,
}

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The median.
    pub p50_us: f64,
    /// Nine of ten are below.
    pub p90_us: f64,
    /// 99 of 100 are below.
    pub p99_us: f64,
    /// 999 of 1,000 are below.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it was asked for, in seconds since the load began.
    pub start_s: f64,
    /// Its latency in microseconds; with a rate, since the moment that the request was due.
    pub latency_us: f64,
    /// Its status.
    pub status: u16,
}

/// The part of oha's JSON that is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    summary: Summary,
    // Null where there is not one answer.
    latency_percentiles: BTreeMap<String, Option<f64>>,
    status_code_distribution: BTreeMap<u16, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Summary {
    total: f64,
    slowest: Option<f64>,
}

impl Driven {
    /// Reads oha's JSON.
    ///
    /// # Errors
    /// If it is something else, or tells of no answer.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let said: Said = serde_json::from_str(text).context("oha's JSON is not what version 1.16 writes")?;
        let errors = said.error_distribution;
        let percentile_us = |name: &str| {
            let seconds = said.latency_percentiles.get(name).copied().flatten();
            seconds
                .map(|seconds| seconds * 1e6)
                .with_context(|| format!("oha got no answer; it tells of {errors:?}"))
        };
        let latency = Latency {
            p50_us: percentile_us("p50")?,
            p90_us: percentile_us("p90")?,
            p99_us: percentile_us("p99")?,
            p999_us: percentile_us("p99.9")?,
            max_us: said.summary.slowest.context("oha tells no slowest answer")? * 1e6,
        };
        Ok(Self {
            seconds: said.summary.total,
            statuses: said.status_code_distribution,
            latency,
            errors,
        })
    }

    /// How many were answered.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Answers a second.
    #[must_use]
    pub fn rate_per_s(&self) -> f64 {
        count(self.answers()) / self.seconds
    }

    /// Refuses a load in which anything but this status came.
    ///
    /// # Errors
    /// If so, with all that came.
    pub fn expect_only(&self, status: u16) -> anyhow::Result<()> {
        let others: u64 = self
            .statuses
            .iter()
            .filter(|(found, _)| **found != status)
            .map(|(_, count)| *count)
            .sum();
        let broken: u64 = self.errors.values().sum();
        ensure!(
            others == 0 && broken == 0 && self.answers() > 0,
            "only {status} was expected; statuses {:?}, errors {:?}",
            self.statuses,
            self.errors
        );
        Ok(())
    }
}

impl Latency {
    /// The percentiles of these latencies in microseconds; zeros if there are none. An answer is at or below its
    /// percentile (nearest rank).
    #[must_use]
    pub fn of(mut latencies_us: Vec<f64>) -> Self {
        latencies_us.sort_by(f64::total_cmp);
        let at_permille = |permille: usize| {
            let rank = (latencies_us.len() * permille).div_ceil(1_000).max(1);
            latencies_us.get(rank - 1).copied().unwrap_or_default()
        };
        Self {
            p50_us: at_permille(500),
            p90_us: at_permille(900),
            p99_us: at_permille(990),
            p999_us: at_permille(999),
            max_us: at_permille(1_000),
        }
    }
}

impl Sample {
    const HEADER: &str = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status";

    /// Reads oha's CSV.
    ///
    /// # Errors
    /// If it is something else.
    pub fn parse_all(text: &str) -> anyhow::Result<Vec<Self>> {
        let mut lines = text.lines();
        ensure!(
            lines.next() == Some(Self::HEADER),
            "oha's CSV is not what version 1.16 writes"
        );
        lines
            .map(|line| Self::parse(line).with_context(|| format!("oha's CSV has the line `{line}`")))
            .collect()
    }

    fn parse(line: &str) -> anyhow::Result<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [start_s, _, _, _, duration_s, _, status] = *fields else {
            bail!("seven fields were expected")
        };
        Ok(Self {
            start_s: start_s.parse()?,
            latency_us: duration_s.parse::<f64>()? * 1e6,
            status: status.parse()?,
        })
    }
}

/// A count as a number to calculate with. Exact up to 2^32, which no load reaches.
#[must_use]
pub(crate) fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"{ "summary": { "successRate": 1.0, "total": 2.0, "slowest": 0.02, "fastest": 0.001,
        "average": 0.002, "requestsPerSec": 501.0, "totalData": 9, "sizePerRequest": 2, "sizePerSec": 1.5 },
        "latencyPercentiles": { "p10": 0.001, "p50": 0.0015, "p90": 0.003, "p99": 0.004, "p99.9": 0.01, "p99.99": null },
        "statusCodeDistribution": { "200": 998, "502": 2 }, "errorDistribution": { "connection closed": 1 } }"#;

    #[test]
    fn the_json_is_read() {
        let driven = Driven::parse(SAID).expect("a load");
        assert_eq!(driven.answers(), 1_000);
        assert_eq!(driven.rate_per_s(), 500.0);
        assert_eq!(driven.statuses, BTreeMap::from([(200, 998), (502, 2)]));
        let latency = [
            driven.latency.p50_us,
            driven.latency.p90_us,
            driven.latency.p99_us,
            driven.latency.p999_us,
            driven.latency.max_us,
        ];
        assert_eq!(latency, [1_500.0, 3_000.0, 4_000.0, 10_000.0, 20_000.0]);
    }

    #[test]
    fn one_wrong_status_or_error_spoils_a_load() {
        let mut driven = Driven::parse(SAID).expect("a load");
        let refusal = driven.expect_only(200).expect_err("502").to_string();
        assert!(
            refusal.contains("502: 2") && refusal.contains("connection closed"),
            "{refusal}"
        );
        driven.statuses.remove(&502);
        driven.expect_only(200).expect_err("an error");
        driven.errors.clear();
        driven.expect_only(200).expect("all right");
        driven.statuses.clear();
        driven.expect_only(200).expect_err("nothing");
    }

    #[test]
    fn a_load_without_answers_is_told_with_its_errors() {
        let text = r#"{ "summary": { "total": 1.0, "slowest": null }, "latencyPercentiles": { "p50": null },
            "statusCodeDistribution": {}, "errorDistribution": { "refused": 8 } }"#;
        let refusal = Driven::parse(text).expect_err("nothing came").to_string();
        assert!(refusal.contains("refused"), "{refusal}");
        Driven::parse("{}").expect_err("no JSON of oha's");
    }

    #[test]
    fn the_csv_is_read() {
        let text = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n\
            0.5,0.1,0.2,0.001,0.0025,2,200\n1.5,0,0,0.001,0.004,2,503\n";
        let samples = Sample::parse_all(text).expect("samples");
        let expected = [(0.5, 2_500.0, 200), (1.5, 4_000.0, 503)].map(|(start_s, latency_us, status)| Sample {
            start_s,
            latency_us,
            status,
        });
        assert_eq!(samples, expected);
        Sample::parse_all("").expect_err("no header");
        Sample::parse_all(&format!("{}\n1,2", Sample::HEADER)).expect_err("two fields");
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let latency = Latency::of((1..=1_000).rev().map(f64::from).collect());
        let all = [
            latency.p50_us,
            latency.p90_us,
            latency.p99_us,
            latency.p999_us,
            latency.max_us,
        ];
        assert_eq!(all, [500.0, 900.0, 990.0, 999.0, 1_000.0]);
        assert_eq!(Latency::of(vec![7.0]).p999_us, 7.0);
        assert_eq!(Latency::of(Vec::new()), Latency::default());
    }
}
