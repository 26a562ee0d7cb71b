//! Tollgate's home on Fastly Compute. The only folder that names the `fastly` crate.
//!
//! Promises: it carries out what the library asks and decides nothing. SDK calls are used in the form that can fail,
//! since a panic ends the sandbox; where the SDK has no such form, `last_words` answers.

mod backend;
mod cache;
mod deliver;
mod drive;
mod edits;
mod host;
mod last_words;
mod message;
mod original;
mod piece;
mod read;
mod report;
mod response;
mod send;
mod stage;
mod state;
mod upload;
mod ways;

use std::time::{Duration, Instant};

use fastly::{Request, http::serve::Serve};
use tollgate::{
    answer::refused::refused,
    entry::Entry,
    gateway::{afterwards, handle},
    host::Host,
    rejection::Rejection,
    request::Ambiguity,
    sandbox::Sandbox,
};

use crate::edge::{
    drive::ready,
    host::FastlyHost,
    original::Original,
    report::report,
    send::{send, send_own},
    stage::{Stage, enter},
};

/// Bounds of one sandbox. A fresh one is cheap; these keep whatever might grow from growing.
const REQUESTS_MAX: usize = 1_000;
const LIFETIME_MAX: Duration = Duration::from_secs(300);
const MEMORY_MIB_MAX: u32 = 64;
const IDLE_MAX: Duration = Duration::from_secs(10);

/// Serves requests until one of the sandbox's bounds is met.
pub(crate) fn serve() {
    last_words::install();
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
    stage::begin("none");
    let mut original = Original::new(request);
    let request_id = original.unsent().map_or_else(String::new, read::request_id);
    stage::begin(&request_id);
    let head = original.unsent().and_then(|request| read::head(request, &request_id));
    if let Some(head) = &head {
        original.note_length(head);
    }
    enter(Stage::Handling);
    let bodiless = head.as_ref().is_some_and(|head| head.method == "HEAD");
    let handled = head.as_ref().map(|head| ready(handle(host, sandbox, head, original)));
    enter(Stage::Sending);
    let (status, mut entry) = match handled {
        Some(Some((outcome, mut entry))) => {
            let status = outcome.status();
            if let Some(delivery) = send(host, outcome, bodiless) {
                entry.deliver(&delivery);
            }
            let _ = ready(afterwards(host, sandbox));
            (status, entry)
        }
        Some(None) => {
            // A host whose calls are all ready never comes here.
            let why = "a call of the host was not ready".to_owned();
            refuse(host, &request_id, &Rejection::Failed(why))
        }
        None => refuse(host, &request_id, &Rejection::RequestAmbiguous(Ambiguity::Headers)),
    };
    entry.finish(status, u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
    report(&entry);
    enter(Stage::Idle);
}

fn refuse(host: &FastlyHost, request_id: &str, rejection: &Rejection) -> (u16, Entry) {
    let mut entry = Entry::begin(host.now(), request_id, host.pop(), None);
    entry.refuse(rejection);
    let answer = refused(rejection, request_id, false);
    let status = answer.status;
    send_own(answer, false);
    (status, entry)
}
