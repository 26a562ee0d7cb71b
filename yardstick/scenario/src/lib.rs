//! A scenario: a world, what comes before, and the one request whose cost is counted.
//!
//! Promises plain data that can be written as JSON: the whole program and the library alone are given the same.

use serde::{Deserialize, Serialize};

/// One thing whose cost is counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scenario {
    /// The name in `budget.toml`: lower-case words joined by hyphens, with `/` between groups.
    pub name: String,
    /// What the gateway finds.
    pub world: World,
    /// Requests that come before, in a sandbox of their own or in the same one.
    pub before: Vec<Request>,
    /// Which sandbox the counted request meets.
    pub sandbox: State,
    /// The request that is counted.
    pub counted: Request,
    /// What must come of it; else the count is worth nothing.
    pub expected: Expected,
}

/// Which sandbox the counted request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// One that has served nothing. The POP's cache holds what the requests before left there.
    Fresh,
    /// The one that served the requests before.
    Reused,
}

/// What a platform holds and what the outside answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct World {
    /// The wall clock, in milliseconds since 1970. It stands still.
    pub unix_ms: u64,
    /// Config stores: store, entry, value.
    pub config: Vec<(String, String, String)>,
    /// The secret store `tollgate_secrets`: name, value.
    pub secrets: Vec<(String, String)>,
    /// The KV store `tollgate_state`: key, value.
    #[serde(default)]
    pub state: Vec<(String, String)>,
    /// What the outside answers: a host with port where it is not the scheme's own, and its answer to everything; or the
    /// same with path and query, and the answer there, for a host that does not answer to everything.
    pub outside: Vec<(String, Response)>,
}

/// A client's request, or one to the outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names (lower-case) and values in order; `host` among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names (lower-case) and values in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What must come of the counted request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The client's status.
    pub status: u16,
    /// The log entry's `tollgate.claims`: `sandbox`, `pop`, `verified`, or none.
    pub claims: Option<String>,
    /// The log entry's `tollgate.google_token`, or none.
    pub google_token: Option<String>,
}
