//! What is counted.

use std::collections::BTreeMap;

use crate::scenario::{Request, Response};

/// What one request cost and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The program's WebAssembly instructions. For a sandbox's first request from the start of the program until it
    /// asks for the next request or ends; for a later one from the moment that it is given.
    pub instructions: u64,
    /// How often each host call was made, as `module.function`.
    pub host_calls: BTreeMap<String, u32>,
    /// The host calls that reach out of the sandbox.
    pub calls: Calls,
    /// What the client got.
    pub response: Response,
    /// The log entries.
    pub log: Vec<String>,
    /// What was sent to the outside, in order. `host` comes first among the headers.
    pub sent: Vec<Request>,
    /// The size of the program's memory at the end, in bytes.
    pub memory_bytes: u64,
}

/// Host calls that reach out of the sandbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Look-ups in config stores, with or without success. One that is repeated with a longer buffer counts once.
    pub look_ups: u32,
    /// Look-ups in the secret store, with or without success.
    pub secrets: u32,
    /// Look-ups in the KV store, with or without success.
    pub state: u32,
    /// Look-ups, transactions and insertions of the POP's cache.
    pub cache_operations: u32,
    /// Requests to the outside, with or without an answer.
    pub sends: u32,
    /// Log entries.
    pub log_writes: u32,
}

/// A passage under way.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The fuel that was left when it began.
    pub(super) fuel: u64,
    host_calls: BTreeMap<(&'static str, &'static str), u32>,
    pub(super) calls: Calls,
    /// What the client gets: the head, and the body as far as it has come.
    pub(super) answer: Option<Answer>,
    pub(super) log: Vec<String>,
    pub(super) sent: Vec<Request>,
}

/// What the client gets.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether the body is still being written.
    pub(super) open: bool,
}

impl Tally {
    /// Begins with this much fuel left.
    pub(super) fn begin(fuel: u64) -> Self {
        Self {
            fuel,
            ..Self::default()
        }
    }

    /// One more host call.
    pub(super) fn host_call(&mut self, module: &'static str, name: &'static str) {
        let count = self.host_calls.entry((module, name)).or_default();
        *count = count.saturating_add(1);
    }

    /// Ends with this much fuel left. `None` if the client has got no whole answer.
    pub(super) fn end(self, fuel: u64, memory_bytes: u64) -> Option<Passage> {
        let answer = self.answer.filter(|answer| !answer.open)?;
        let host_calls = self.host_calls.into_iter();
        Some(Passage {
            instructions: self.fuel.saturating_sub(fuel),
            host_calls: host_calls
                .map(|((module, name), count)| (format!("{module}.{name}"), count))
                .collect(),
            calls: self.calls,
            response: Response {
                status: answer.status,
                headers: answer.headers,
                body: text(&answer.body),
            },
            log: self.log,
            sent: self.sent,
            memory_bytes,
        })
    }
}

/// Bytes as text. What is not UTF-8 becomes replacement characters.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Adds one.
pub(super) const fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}
