//! Tollgate's home on Fastly Compute. The only folder that names the `fastly` crate.
//!
//! Promises: it carries out what the library asks and decides nothing. SDK calls are used in the form that can fail,
//! since a panic ends the sandbox and every request in it.

mod backend;
mod cache;
mod drive;
mod edits;
mod host;
mod message;
mod read;

use std::time::{Duration, Instant};

use fastly::{
    Request, Response,
    http::{HeaderValue, StatusCode, serve::Serve},
    log::Endpoint,
};
use tollgate::{
    entry::Entry,
    gateway::{Outcome, handle},
    sandbox::Sandbox,
};

use crate::edge::{drive::ready, edits::edit, host::FastlyHost};

/// The name of the log endpoint.
const LOG_ENDPOINT: &str = "tollgate";

/// Bounds of one sandbox. A fresh one is cheap; these keep whatever might grow from growing.
const REQUESTS_MAX: usize = 1_000;
const LIFETIME_MAX: Duration = Duration::from_secs(300);
const MEMORY_MIB_MAX: u32 = 64;
const IDLE_MAX: Duration = Duration::from_secs(10);

/// Serves requests until one of the sandbox's bounds is met.
pub(crate) fn serve() {
    let sandbox = Sandbox::default();
    let host = FastlyHost::new(Instant::now());
    let _ = Serve::new()
        .with_max_requests(REQUESTS_MAX)
        .with_max_lifetime(LIFETIME_MAX)
        .with_max_memory(MEMORY_MIB_MAX)
        .with_timeout(IDLE_MAX)
        .run(|request| serve_one(&host, &sandbox, request));
}

fn serve_one(host: &FastlyHost, sandbox: &Sandbox, request: Request) {
    let started = Instant::now();
    let head = read::head(&request);
    let bodiless = head.method == "HEAD";
    let Some((outcome, mut entry)) = ready(handle(host, sandbox, &head, request)) else {
        // A host whose calls are all ready never comes here; if one day it does, the client gets no detail.
        Response::from_status(StatusCode::INTERNAL_SERVER_ERROR).send_to_client();
        return;
    };
    let status = outcome.status();
    send(outcome, bodiless);
    entry.finish(status, u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
    report(&entry);
}

fn send(outcome: Outcome<Response>, bodiless: bool) {
    match outcome {
        Outcome::Forwarded(forwarded) => {
            let mut response = forwarded.inbound.response;
            edit(&forwarded.edits, |name, value| match value {
                Some(value) => response.set_header(name, value),
                None => drop(response.remove_header(name)),
            });
            response.send_to_client();
        }
        Outcome::Answered(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = Response::from_status(status);
            for (name, value) in &answer.headers {
                if let Ok(value) = HeaderValue::from_str(value) {
                    response.set_header(*name, value);
                }
            }
            if !bodiless {
                response.set_body(answer.body);
            }
            response.send_to_client();
        }
    }
}

fn report(entry: &Entry) {
    use std::io::Write;
    if let Ok(mut endpoint) = Endpoint::try_from_name(LOG_ENDPOINT) {
        // One write is one log line. A log that fails can't be reported in the log.
        let _ = endpoint.write_all(entry.line().as_bytes());
        let _ = endpoint.flush();
    }
}
