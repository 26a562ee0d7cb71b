//! What came of it, as data and as text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::flat::{Flatness, GROWTH_MAX};
use super::generator::Latency;
use crate::versus::machine::{Machine, Versions};

/// A whole run of `cargo open-loop`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// When it began, RFC 3339.
    pub date: String,
    /// On what.
    pub machine: Machine,
    /// With what.
    pub versions: Versions,
    /// Over how many connections at a rate.
    pub connections: u32,
    /// What was driven.
    pub subjects: Vec<Subject>,
    /// The long run, if there was one.
    pub long: Option<Long>,
}

/// One request of the gateway's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Answers a second with 8 connections that are always busy.
    pub capacity_per_s: f64,
    /// The rates.
    pub steps: Vec<Step>,
}

/// One rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// How many requests were due a second.
    pub rate_per_s: f64,
    /// How many were answered.
    pub answers: u64,
    /// How many were answered a second; less than were due if the gateway did not keep up.
    pub achieved_per_s: f64,
    /// From the moment that a request was due to its answer's end.
    pub latency: Latency,
}

/// A long run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Long {
    /// What was driven.
    pub name: String,
    /// How many requests were due a second.
    pub rate_per_s: f64,
    /// The windows in the order of time.
    pub windows: Vec<Window>,
    /// What became of the 99th percentile of the latency, in microseconds.
    pub p99_us: Flatness,
    /// What became of Viceroy's memory in KiB, where the system tells.
    pub resident_kib: Option<Flatness>,
}

/// A part of a long run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// When it began, in seconds since the load did.
    pub start_s: f64,
    /// How many answers were asked for in it.
    pub answers: usize,
    /// Their latencies.
    pub latency: Latency,
    /// What Viceroy's process held at its end, in KiB.
    pub resident_kib: Option<u64>,
}

const LATENCIES: &str = "       p50       p90       p99     p99.9       max";

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = &self.machine;
        writeln!(
            f,
            "{}, {} cores, {} MiB; load before: {}",
            machine.cpu, machine.cores, machine.memory_mib, machine.load
        )?;
        let versions: Vec<_> = self.versions.values().map(String::as_str).collect();
        writeln!(
            f,
            "{}\n{}, {} connections",
            versions.join("; "),
            self.date,
            self.connections
        )?;
        writeln!(f, "latencies in ms, from the moment that a request was due")?;
        for subject in &self.subjects {
            writeln!(f, "\n{}: {:.0} a second at most", subject.name, subject.capacity_per_s)?;
            writeln!(f, "     due/s  answered/s{LATENCIES}")?;
            for step in &subject.steps {
                writeln!(
                    f,
                    "  {:>8.0}  {:>10.0}{}",
                    step.rate_per_s,
                    step.achieved_per_s,
                    columns(&step.latency)
                )?;
            }
        }
        self.long.as_ref().map_or(Ok(()), |long| write!(f, "\n{long}"))
    }
}

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} at {:.0} a second", self.name, self.rate_per_s)?;
        writeln!(f, "    from s     answers{LATENCIES}    RSS MiB")?;
        for window in &self.windows {
            let resident_mib = window
                .resident_kib
                .map_or_else(|| "-".to_owned(), |kib| (kib / 1_024).to_string());
            writeln!(
                f,
                "  {:>8.0}  {:>10}{} {resident_mib:>10}",
                window.start_s,
                window.answers,
                columns(&window.latency)
            )?;
        }
        writeln!(f, "  p99:    {}", verdict(&self.p99_us))?;
        match &self.resident_kib {
            Some(resident) => writeln!(f, "  memory: {}", verdict(resident)),
            None => writeln!(f, "  memory: this system does not tell"),
        }
    }
}

fn columns(latency: &Latency) -> String {
    let all_us = [
        latency.p50_us,
        latency.p90_us,
        latency.p99_us,
        latency.p999_us,
        latency.max_us,
    ];
    all_us.map(|us| format!("{:>10.2}", us / 1_000.0)).concat()
}

fn verdict(flatness: &Flatness) -> String {
    format!(
        "{}: the last third's median is {:+.1} % from the first's (flat is at most {:+.0} %); slope {:+.1} a minute",
        if flatness.flat { "flat" } else { "NOT flat" },
        flatness.growth * 100.0,
        GROWTH_MAX * 100.0,
        flatness.slope_per_min
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_names_the_criterion() {
        let mut flatness = Flatness::of(&[(0.0, 100.0), (60.0, 100.0), (120.0, 120.0)]).expect("three points");
        assert_eq!(
            verdict(&flatness),
            "NOT flat: the last third's median is +20.0 % from the first's (flat is at most +10 %); slope +10.0 a minute"
        );
        flatness.flat = true;
        assert!(verdict(&flatness).starts_with("flat: "));
    }

    #[test]
    fn latencies_are_shown_in_milliseconds() {
        let latency = Latency {
            p50_us: 1_234.0,
            ..Latency::default()
        };
        assert_eq!(columns(&latency), "      1.23      0.00      0.00      0.00      0.00");
        assert_eq!(columns(&latency).len(), LATENCIES.len());
    }
}
