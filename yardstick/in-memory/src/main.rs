//! The gateway's library at home in memory: one scenario, read from standard input, with marks around the request that
//! is counted.
//!
//! Promises: between the marks `begin` and `end` on standard output nothing runs but the library and the [`memory`]
//! home, whose calls cost about what any home must pay: finding a value and copying it. One empty pair of marks comes
//! before, so that the reader can take their own cost away. The last line says what came of the request.
//!
//! Refuses a scenario that it can't read, with a message and the exit status 1.

mod memory;

use std::{
    io::{Read, Write, stdin, stdout},
    pin::pin,
    process::ExitCode,
    task::{Context, Poll, Waker},
};

use serde::Serialize;
use tollgate::{
    gateway::{afterwards, handle},
    request::{HEADERS_READ, Head},
    sandbox::Sandbox,
    secret::Secret,
};
use tollgate_scenario::{Request, Scenario, State};

use crate::memory::{Calls, Headers, Memory};

/// What came of the counted request: the last line of standard output.
#[derive(Serialize)]
struct Report {
    status: u16,
    calls: Calls,
    /// The log entry, as it would be written.
    log: String,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing is left to do if even standard error is closed.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut text = String::new();
    stdin().read_to_string(&mut text).map_err(|why| why.to_string())?;
    let scenario: Scenario = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    let memory = Memory::new(&scenario.world);
    let mut sandbox = Sandbox::default();
    for request in &scenario.before {
        pass(&memory, &sandbox, &head(request), request.headers.clone())?;
    }
    if scenario.sandbox == State::Fresh {
        sandbox = Sandbox::default();
    }
    let head = head(&scenario.counted);
    let sent = scenario.counted.headers.clone();
    memory.calls.take();
    mark("begin")?;
    mark("end")?;
    mark("begin")?;
    let (status, log) = pass(&memory, &sandbox, &head, sent)?;
    mark("end")?;
    let report = Report {
        status,
        calls: memory.calls.take(),
        log,
    };
    mark(&serde_json::to_string(&report).map_err(|why| why.to_string())?)
}

/// What a platform reads of a request.
fn head(request: &Request) -> Head {
    let mut values = Vec::new();
    for read in HEADERS_READ {
        let sent = request.headers.iter().filter(|(name, _)| name == read);
        values.extend(sent.map(|(_, value)| (*read, Secret::new(value.clone().into_bytes()))));
    }
    Head {
        method: request.method.clone(),
        target: request.target.clone(),
        header_names: request.headers.iter().map(|(name, _)| name.clone()).collect(),
        values,
        client: Some([203, 0, 113, 9].into()),
        request_id: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

/// One request from its head to its log entry; gives the client's status too.
fn pass(memory: &Memory, sandbox: &Sandbox, head: &Head, sent: Headers) -> Result<(u16, String), String> {
    let future = async {
        let handled = handle(memory, sandbox, head, sent).await;
        afterwards(memory, sandbox).await;
        handled
    };
    let Poll::Ready((outcome, mut entry)) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        return Err("a call of the home in memory is ready at once".to_owned());
    };
    let status = outcome.status();
    entry.finish(status, 0);
    Ok((status, entry.line()))
}

/// A line that leaves at once.
fn mark(line: &str) -> Result<(), String> {
    let mut out = stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|why| why.to_string())
}
