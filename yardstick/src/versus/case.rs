//! A case: one server, one request, and what must come of it.
//!
//! Promises that a case is checked before it is measured: status, body, that a server which verifies tokens refuses a
//! forged one, and for the gateway its own log entry.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_devstack::tokens::tampered_signature;
use tollgate_devstack::viceroy::Viceroy;

use crate::load::generator::Target;

/// Which cases may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Answered where the request arrived.
    Edge,
    /// Answered by the origin behind it.
    Forwarded,
}

/// What runs the server's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substrate {
    /// WebAssembly in a sandbox, under Viceroy.
    Sandbox,
    /// Native code without a sandbox.
    Native,
}

/// Where the gateway must have its claims from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claims {
    /// It is not the gateway, or nobody is identified.
    None,
    /// From the sandbox's memory or the POP's cache.
    Remembered,
    /// From the token, whose signature was verified for this very request.
    Verified,
}

impl Claims {
    /// Whether the log entry's `tollgate.claims` may be this.
    #[must_use]
    pub fn takes(self, logged: Option<&str>) -> bool {
        match self {
            Self::None => logged.is_none(),
            Self::Remembered => matches!(logged, Some("sandbox" | "pop")),
            Self::Verified => logged == Some("verified"),
        }
    }
}

/// One thing that is measured.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name in tables and ratios.
    pub name: &'static str,
    /// What it may be compared with.
    pub group: Group,
    /// What runs it.
    pub substrate: Substrate,
    /// The server among those that run.
    pub server: &'static str,
    /// What is asked.
    pub target: Target,
    /// The body of every answer.
    pub body: &'static str,
    /// Where the gateway's claims come from.
    pub claims: Claims,
    /// Whether the server must refuse a token with another signature.
    pub verifies: bool,
}

/// The status of every answer.
pub const STATUS: u16 = 200;

/// The status for a forged token.
const REFUSED: u16 = 401;
const LOG_LIMIT: Duration = Duration::from_secs(5);

impl Case {
    /// Asks once and looks at everything. `gateway` is the server, if it is the gateway.
    ///
    /// # Errors
    /// If anything is not as it must be.
    pub async fn check(&self, client: &reqwest::Client, gateway: Option<&Viceroy>) -> anyhow::Result<()> {
        let response = self.ask(client, self.target.bearer.as_deref()).await?;
        let status = response.status().as_u16();
        let id = response.headers().get("x-request-id").cloned();
        let body = response.text().await?;
        ensure!(
            status == STATUS && body == self.body,
            "{STATUS} `{}` was expected, and {status} `{body}` came",
            self.body
        );
        if let (true, Some(token)) = (self.verifies, &self.target.bearer) {
            let status = self.ask(client, Some(&tampered_signature(token)?)).await?.status();
            ensure!(
                status.as_u16() == REFUSED,
                "a forged token must be {REFUSED}, and {status} came"
            );
        }
        let Some(gateway) = gateway else { return Ok(()) };
        let id = id.context("the answer has no X-Request-Id")?;
        let id = id.to_str()?;
        let entry = gateway
            .wait_for_log(|entry| text(entry, "/tollgate/request_id") == Some(id), LOG_LIMIT)
            .await
            .with_context(|| format!("the gateway did not log the request {id}"))?;
        let claims = text(&entry, "/tollgate/claims");
        ensure!(
            self.claims.takes(claims),
            "{:?} claims were expected, and the log says {claims:?}",
            self.claims
        );
        Ok(())
    }

    async fn ask(&self, client: &reqwest::Client, bearer: Option<&str>) -> reqwest::Result<reqwest::Response> {
        let mut request = client.get(&self.target.url);
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        request.send().await
    }
}

/// A text in a log entry.
#[must_use]
pub fn text<'a>(entry: &'a Value, pointer: &str) -> Option<&'a str> {
    entry.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_told_apart() {
        for (claims, taken) in [
            (Claims::None, [true, false, false, false]),
            (Claims::Remembered, [false, true, true, false]),
            (Claims::Verified, [false, false, false, true]),
        ] {
            let takes = [None, Some("sandbox"), Some("pop"), Some("verified")].map(|logged| claims.takes(logged));
            assert_eq!(takes, taken, "{claims:?}");
        }
    }
}
