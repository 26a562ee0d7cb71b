//! The load generator: oha, pinned, as a child process.
//!
//! Promises that every answer is counted by its status, and that what is no answer (a connection that broke, a
//! timeout) is an error of its own. With a rate the load is open: requests are due at fixed times whether or not
//! earlier ones were answered, all of them are sent, and a latency counts from the moment that its request was due, so a
//! stall is seen by all the requests that it delayed (no coordinated omission).
//! Refuses to follow redirects.

mod answer;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;
use tollgate_devstack::tools::Tool;

pub(crate) use answer::count;
pub use answer::{Driven, Latency, Sample};

/// The load generator. Its default features, because it does not compile without TLS.
pub const OHA: Tool = Tool {
    title: "oha",
    what: "the load generator",
    name: "oha",
    version: "1.16.0",
    arguments: &[],
    minutes: 4,
    variable: "TOLLGATE_OHA",
};

/// What is asked, again and again.
#[derive(Debug, Clone)]
pub struct Target {
    /// The whole URL.
    pub url: String,
    /// The token of an `Authorization: Bearer` header.
    pub bearer: Option<String>,
}

/// How it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long; with a rate, until when requests are due.
    pub seconds: f64,
    /// Over how many connections. Without a rate, each has one request under way at any time.
    pub connections: u32,
    /// How many requests are due a second, all connections together.
    pub rate_per_s: Option<f64>,
}

impl Pace {
    /// How many requests are due in all, a whole number; with a rate only.
    #[must_use]
    pub fn due(&self) -> Option<f64> {
        Some((self.rate_per_s? * self.seconds).round().max(1.0))
    }
}

/// A load generator that is installed.
#[derive(Debug, Clone)]
pub struct Generator {
    program: PathBuf,
}

impl Generator {
    /// Finds oha, or installs it.
    ///
    /// # Errors
    /// If there is none and none can be installed.
    pub async fn ready() -> anyhow::Result<Self> {
        let program = OHA.installed().await?;
        Ok(Self { program })
    }

    /// Where it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Drives the target and gives back what came of it.
    ///
    /// # Errors
    /// If oha fails, or says what cannot be understood.
    pub async fn drive(&self, target: &Target, pace: Pace) -> anyhow::Result<Driven> {
        Driven::parse(&self.run(target, pace, "json").await?)
    }

    /// Drives the target and gives back every answer, in the order in which they were asked for. What was not answered
    /// is absent.
    ///
    /// # Errors
    /// If oha fails, or says what cannot be understood.
    pub async fn drive_each(&self, target: &Target, pace: Pace) -> anyhow::Result<Vec<Sample>> {
        Sample::parse_all(&self.run(target, pace, "csv").await?)
    }

    async fn run(&self, target: &Target, pace: Pace, format: &str) -> anyhow::Result<String> {
        let mut oha = Command::new(&self.program);
        oha.args(arguments(target, pace, format));
        oha.stdin(Stdio::null()).kill_on_drop(true);
        let output = oha
            .output()
            .await
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        ensure!(
            output.status.success(),
            "oha failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        String::from_utf8(output.stdout).context("oha's output is not text")
    }
}

fn arguments(target: &Target, pace: Pace, format: &str) -> Vec<String> {
    let mut arguments: Vec<String> = ["--no-tui", "--no-color", "--redirect", "0", "--output-format", format]
        .map(str::to_owned)
        .to_vec();
    arguments.extend(["-c".to_owned(), pace.connections.to_string()]);
    match pace.rate_per_s.zip(pace.due()) {
        // Ended by number, since an end by time would drop those that are due and not yet sent: the slowest of all.
        Some((rate, due)) => arguments.extend([
            "-n".to_owned(),
            format!("{due:.0}"),
            "-q".to_owned(),
            format!("{rate}"),
            "--latency-correction".to_owned(),
        ]),
        // Requests under way at the end are waited for: breaking them off would count as errors.
        None => {
            let duration = Duration::from_secs_f64(pace.seconds.max(0.0));
            arguments.extend(["-w".to_owned(), "-z".to_owned(), format!("{}ms", duration.as_millis())]);
        }
    }
    if let Some(token) = &target.bearer {
        arguments.extend(["-H".to_owned(), format!("Authorization: Bearer {token}")]);
    }
    arguments.push(target.url.clone());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(bearer: Option<&str>) -> Target {
        Target {
            url: "http://127.0.0.1:1/a".to_owned(),
            bearer: bearer.map(str::to_owned),
        }
    }

    #[test]
    fn a_closed_load_has_no_rate() {
        let pace = Pace {
            seconds: 0.5,
            connections: 8,
            rate_per_s: None,
        };
        assert_eq!(
            arguments(&target(None), pace, "json").join(" "),
            "--no-tui --no-color --redirect 0 --output-format json -c 8 -w -z 500ms http://127.0.0.1:1/a"
        );
    }

    #[test]
    fn an_open_load_is_corrected_for_coordinated_omission() {
        let pace = Pace {
            seconds: 60.0,
            connections: 32,
            rate_per_s: Some(200.0),
        };
        assert_eq!(
            arguments(&target(Some("t")), pace, "csv").join(" "),
            "--no-tui --no-color --redirect 0 --output-format csv -c 32 -n 12000 -q 200 --latency-correction \
             -H Authorization: Bearer t http://127.0.0.1:1/a"
        );
    }
}
