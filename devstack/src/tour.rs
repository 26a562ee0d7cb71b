//! The tour: what the gateway promises, tried one by one in a running world.
//!
//! Promises: each stop sends a real request with a real token, and compares status, code, the fields of the log entry
//! that finds it by request id, and what the service received. One stop that fails fails the tour.

mod stops;

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::world::World;

/// One thing to try.
#[derive(Debug, Default)]
pub struct Stop {
    /// What is tried, for people.
    pub title: &'static str,
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub path: &'static str,
    /// The bearer token.
    pub token: Option<String>,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// The status that must come.
    pub status: u16,
    /// What must be found in the answer's JSON body and in the log entry: JSON pointers and values.
    pub answer: Vec<(&'static str, Value)>,
    /// The same for the log entry.
    pub log: Vec<(&'static str, Value)>,
    /// Whether the request goes to this URL instead of the gateway; then there is no log entry.
    pub elsewhere: Option<String>,
}

/// What became of the tour.
#[derive(Debug)]
pub struct Report {
    /// How many stops there were.
    pub stops: usize,
    /// The stops that failed, with the reason.
    pub failed: Vec<String>,
}

/// Walks the tour in a world that was started with `examples/demo.toml`.
///
/// # Errors
/// If the world itself breaks down. A promise that is not kept is in the report instead.
pub async fn walk(world: &World, out: &mut impl Write) -> anyhow::Result<Report> {
    let mut guide = Guide {
        world,
        client: reqwest::Client::new(),
        report: Report {
            stops: 0,
            failed: Vec::new(),
        },
        out,
    };
    stops::walk(&mut guide).await?;
    Ok(guide.report)
}

/// Walks from stop to stop and keeps the score.
struct Guide<'a, W> {
    world: &'a World,
    client: reqwest::Client,
    report: Report,
    out: &'a mut W,
}

impl<W: Write> Guide<'_, W> {
    /// Writes a heading.
    fn heading(&mut self, text: &str) -> anyhow::Result<()> {
        writeln!(self.out, "\n{text}")?;
        Ok(())
    }

    /// Tries one stop and says how it went.
    async fn visit(&mut self, stop: Stop) -> anyhow::Result<()> {
        self.report.stops += 1;
        let failures = self.attempt(&stop).await.unwrap_or_else(|why| vec![format!("{why:#}")]);
        let code = stop
            .log
            .iter()
            .find(|(pointer, _)| *pointer == "/tollgate/code")
            .and_then(|(_, code)| code.as_str());
        let outcome = format!("{} {}", stop.status, code.unwrap_or_default());
        if failures.is_empty() {
            writeln!(self.out, "  ok    {:<62} {outcome}", stop.title)?;
            return Ok(());
        }
        writeln!(self.out, "  FAIL  {:<62} {outcome}", stop.title)?;
        for failure in failures {
            writeln!(self.out, "        {failure}")?;
            self.report.failed.push(format!("{}: {failure}", stop.title));
        }
        Ok(())
    }

    /// Notes a promise that is not about one answer.
    fn promise(&mut self, title: &str, kept: bool, otherwise: &str) -> anyhow::Result<()> {
        self.report.stops += 1;
        writeln!(self.out, "  {}  {title}", if kept { "ok  " } else { "FAIL" })?;
        if !kept {
            self.report.failed.push(format!("{title}: {otherwise}"));
        }
        Ok(())
    }

    async fn attempt(&self, stop: &Stop) -> anyhow::Result<Vec<String>> {
        let base = stop.elsewhere.clone().unwrap_or_else(|| self.world.gateway.url());
        let method = reqwest::Method::from_bytes(stop.method.as_bytes())?;
        let mut request = self
            .client
            .request(method, format!("{base}{}", stop.path))
            .timeout(Duration::from_secs(20));
        if let Some(token) = &stop.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &stop.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.context("no answer came")?;
        let status = response.status().as_u16();
        let id = response
            .headers()
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let body = response.text().await?;
        let mut failures = Vec::new();
        if status != stop.status {
            failures.push(format!("the status is {status}; the body: {body}"));
        }
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        failures.extend(differences("answer", &answer, &stop.answer));
        if stop.elsewhere.is_none() {
            let id = id.context("the answer has no X-Request-Id")?;
            let entry = self
                .world
                .gateway
                .wait_for_log(|entry| has_id(entry, &id), Duration::from_secs(5))
                .await;
            let entry = entry.with_context(|| format!("there is no log entry for {id}"))?;
            failures.extend(differences("log", &entry, &stop.log));
        }
        Ok(failures)
    }
}

fn has_id(entry: &Value, id: &str) -> bool {
    entry.pointer("/tollgate/request_id").and_then(Value::as_str) == Some(id)
}

fn differences(what: &str, found: &Value, expected: &[(&'static str, Value)]) -> Vec<String> {
    expected
        .iter()
        .filter(|(pointer, value)| found.pointer(pointer).unwrap_or(&Value::Null) != value)
        .map(|(pointer, value)| {
            format!(
                "{what} {pointer} is {}, not {value}",
                found.pointer(pointer).unwrap_or(&Value::Null)
            )
        })
        .collect()
}
