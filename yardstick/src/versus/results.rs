//! What was measured, as data and as a table.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::case::{Group, Substrate};
use super::machine::{Machine, Versions};
use super::statistics::Spread;

/// A whole comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// When it began, RFC 3339.
    pub date: String,
    /// On what.
    pub machine: Machine,
    /// With what.
    pub versions: Versions,
    /// How many rounds.
    pub rounds: usize,
    /// How long each case was driven in a round, in seconds.
    pub seconds: f64,
    /// Over how many connections, each with one request under way.
    pub connections: u32,
    /// The seed of the orders.
    pub seed: u64,
    /// The cases.
    pub cases: Vec<CaseResult>,
    /// The ratios.
    pub ratios: Vec<Ratio>,
    /// What is missing or must be known to read the figures.
    pub notes: Vec<String>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// What it may be compared with.
    pub group: Group,
    /// What ran it.
    pub substrate: Substrate,
    /// Answers in all rounds.
    pub answers: u64,
    /// Answers a second.
    pub rate_per_s: Spread,
    /// The median latency of a round, in microseconds.
    pub latency_us: Spread,
    /// Processor time of the server's process for an answer, in microseconds; unknown for the origin, and where the
    /// system does not tell.
    pub cpu_us: Option<Spread>,
    /// How many of the gateway's last log entries of each round had their claims from where.
    pub claims: BTreeMap<String, u64>,
}

/// How many times another case's cost one case has. Below 1 is less.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The case.
    pub case: String,
    /// What it is compared with.
    pub base: String,
    /// Time for an answer with all connections busy: the ratio of the rates, the other way round.
    pub time: Spread,
    /// Median latency.
    pub latency: Spread,
    /// Processor time of the servers' processes for an answer.
    pub cpu: Option<Spread>,
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = &self.machine;
        writeln!(
            f,
            "{}, {} cores, {} MiB; load before: {}",
            machine.cpu, machine.cores, machine.memory_mib, machine.load
        )?;
        let versions: Vec<_> = self.versions.values().map(String::as_str).collect();
        writeln!(f, "{}", versions.join("; "))?;
        writeln!(
            f,
            "{}: {} rounds of {} s a case, {} connections, seed {}",
            self.date, self.rounds, self.seconds, self.connections, self.seed
        )?;
        for (group, title) in [
            (Group::Edge, "answered at the edge"),
            (Group::Forwarded, "forwarded to an origin on this machine"),
        ] {
            writeln!(
                f,
                "\n{title:<40} {:>24} {:>24} {:>16}",
                "answers/s (quartiles)", "latency µs (quartiles)", "CPU µs an answer"
            )?;
            for case in self.cases.iter().filter(|case| case.group == group) {
                let name = match case.substrate {
                    Substrate::Sandbox => case.name.clone(),
                    Substrate::Native => format!("{} [native]", case.name),
                };
                writeln!(
                    f,
                    "  {name:<38} {:>24} {:>24} {:>16}",
                    whole(&case.rate_per_s),
                    whole(&case.latency_us),
                    case.cpu_us
                        .map_or_else(|| "-".to_owned(), |cpu| format!("{:.0}", cpu.median))
                )?;
            }
        }
        writeln!(
            f,
            "\n{:<55} {:>19} {:>19} {:>19}",
            "ratio, round by round (quartiles)", "time", "median latency", "CPU"
        )?;
        for ratio in &self.ratios {
            writeln!(
                f,
                "  {:<53} {:>19} {:>19} {:>19}",
                format!("{} / {}", ratio.case, ratio.base),
                fraction(&ratio.time),
                fraction(&ratio.latency),
                ratio.cpu.as_ref().map_or_else(|| "-".to_owned(), fraction)
            )?;
        }
        let mut notes = String::new();
        for note in &self.notes {
            write!(notes, "\n- {note}")?;
        }
        writeln!(f, "{notes}")
    }
}

fn whole(spread: &Spread) -> String {
    format!("{:.0} ({:.0}–{:.0})", spread.median, spread.p25, spread.p75)
}

fn fraction(spread: &Spread) -> String {
    format!("{:.2} ({:.2}–{:.2})", spread.median, spread.p25, spread.p75)
}
