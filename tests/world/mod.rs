//! An in-memory world: all that the gateway may ask of a platform, in maps, with clocks that stand still unless a
//! test, a pause or a scripted answer moves them.
//!
//! A [`World`] implements [`tollgate::host::Host`]. Stores, the POP's cache, Google, issuers and the services do as they are
//! told, or fail as they are told ([`World::break_part`]), and everything that was asked of them is written down
//! ([`record`]). Every future is ready at once, so one poll drives a conversation. A test puts a request in with
//! [`World::exchange`] and gets back what the client got, what went out, and the log entry.
//!
//! Promises: nothing here knows what the gateway should do. The world holds no policy, key or token but those that a
//! test puts in ([`sample`] has a set to begin with).

pub(crate) mod cache;
pub(crate) mod federation;
pub(crate) mod google;
mod host;
pub(crate) mod message;
pub(crate) mod outside;
pub(crate) mod record;
pub(crate) mod sample;
pub(crate) mod signers;

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet, VecDeque},
    pin::pin,
    task::{Context, Poll, Waker},
};

use serde_json::Value;
use tollgate::{
    gateway::{Outcome, afterwards, handle},
    host::{ConfigStore, SendFault},
    request::CanonicalRequest,
    sandbox::Sandbox,
};

use self::{
    cache::Cache,
    google::Google,
    message::{Request, Response},
    outside::{Answer, Outside},
    record::Event,
};

/// The text in every scripted fault. It may stand in the log and nowhere else.
pub(crate) const INSIDE: &str = "INSIDE-10.0.0.7";

/// The request identifier that the platform gives.
pub(crate) const REQUEST_ID: &str = "req-1";

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    PolicyStore,
    KeysStore,
    SecretStore,
    StateStore,
    Recall,
    Remember,
    RecallOrTurn,
    Fill,
}

/// A POP, its stores, and what lies behind it.
#[derive(Debug, Default)]
pub(crate) struct World {
    unix_ms: Cell<u64>,
    stopwatch_us: Cell<u64>,
    config: RefCell<HashMap<(ConfigStore, String), String>>,
    secrets: RefCell<HashMap<String, Vec<u8>>>,
    state: RefCell<HashMap<String, Vec<u8>>>,
    /// The countries of addresses.
    pub(crate) countries: RefCell<HashMap<std::net::IpAddr, String>>,
    broken: RefCell<HashSet<Part>>,
    sandbox: RefCell<Sandbox>,
    /// The POP's cache.
    pub(crate) cache: RefCell<Cache>,
    /// Google's endpoints.
    pub(crate) google: RefCell<Google>,
    outside: RefCell<Outside>,
    /// What every service answers, where nothing is scripted.
    pub(crate) service: RefCell<Service>,
    /// What services answer next, by their origins.
    scripts: RefCell<HashMap<String, VecDeque<Service>>>,
    /// Whether bodies are too long to be kept for a repetition.
    pub(crate) bodies_are_long: Cell<bool>,
    events: RefCell<Vec<Event>>,
    pub(crate) recall_ms: Cell<u64>,
}

/// What a service answers, or how reaching it fails.
#[derive(Debug, Clone)]
pub(crate) enum Service {
    Answers(Response),
    Fails(SendFault),
    /// Does so after so many milliseconds.
    After(u64, Box<Service>),
}

impl Service {
    /// Takes so many milliseconds for it.
    pub(crate) fn after_ms(self, ms: u64) -> Self {
        Self::After(ms, Box::new(self))
    }
}

impl Default for Service {
    fn default() -> Self {
        Self::Answers(Response::new(200, &[("content-type", "text/plain")], "hello"))
    }
}

/// One request and all that came of it.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// What the client got.
    pub(crate) delivered: Response,
    /// The log entry.
    pub(crate) log: Value,
    /// The log entry as it was written.
    pub(crate) line: String,
    /// What was asked of the world, in order.
    pub(crate) events: Vec<Event>,
    /// The `Debug` text of all that the gateway held.
    pub(crate) debug: String,
}

impl World {
    /// Sets the clock, in seconds since 1970.
    pub(crate) fn set_clock_s(&self, seconds: u64) {
        self.unix_ms.set(seconds * 1_000);
    }

    /// Moves the clock on.
    pub(crate) fn pass_s(&self, seconds: u64) {
        self.pass_ms(seconds * 1_000);
    }

    /// Moves the clock and the stopwatch on, in milliseconds.
    pub(crate) fn pass_ms(&self, ms: u64) {
        self.unix_ms.set(self.unix_ms.get() + ms);
        self.stopwatch_us.set(self.stopwatch_us.get() + ms * 1_000);
    }

    /// Says what a service answers next at an origin, one after the other.
    pub(crate) fn script(&self, origin: &str, next: impl IntoIterator<Item = Service>) {
        let mut scripts = self.scripts.borrow_mut();
        scripts.entry(origin.to_owned()).or_default().extend(next);
    }

    /// How much of all scripts is left.
    pub(crate) fn scripted(&self) -> usize {
        self.scripts.borrow().values().map(VecDeque::len).sum()
    }

    pub(crate) fn swap_sandbox(&self, other: &mut Sandbox) {
        std::mem::swap(&mut *self.sandbox.borrow_mut(), other);
    }

    pub(crate) fn unscript(&self) {
        self.scripts.borrow_mut().clear();
    }

    /// Another sandbox, which remembers nothing, at the same POP.
    pub(crate) fn new_sandbox(&self) {
        self.sandbox.replace(Sandbox::default());
    }

    /// Puts an entry into a config store.
    pub(crate) fn put(&self, store: ConfigStore, entry: impl Into<String>, value: impl Into<String>) {
        self.config.borrow_mut().insert((store, entry.into()), value.into());
    }

    /// What an entry of a config store holds.
    pub(crate) fn get(&self, store: ConfigStore, entry: &str) -> String {
        self.config.borrow()[&(store, entry.to_owned())].clone()
    }

    /// Takes an entry out of a config store.
    pub(crate) fn take(&self, store: ConfigStore, entry: &str) {
        self.config.borrow_mut().remove(&(store, entry.to_owned()));
    }

    /// Puts a secret into the secret store.
    pub(crate) fn put_secret(&self, name: &str, value: impl Into<Vec<u8>>) {
        self.secrets.borrow_mut().insert(name.to_owned(), value.into());
    }

    /// Takes a secret out of the secret store.
    pub(crate) fn take_secret(&self, name: &str) {
        self.secrets.borrow_mut().remove(name);
    }

    /// Puts an entry into the state store.
    pub(crate) fn put_state(&self, key: &str, value: impl Into<Vec<u8>>) {
        self.state.borrow_mut().insert(key.to_owned(), value.into());
    }

    /// Takes an entry out of the state store.
    pub(crate) fn take_state(&self, key: &str) {
        self.state.borrow_mut().remove(key);
    }

    /// Says what an address outside answers from now on. The URL is whole: origin, path and query.
    pub(crate) fn answer(&self, url: &str, answer: Answer) {
        self.outside.borrow_mut().put(url, answer);
    }

    /// Makes a part of the platform fail from now on.
    pub(crate) fn break_part(&self, part: Part) {
        self.broken.borrow_mut().insert(part);
    }

    /// Makes a part of the platform work again.
    pub(crate) fn mend_part(&self, part: Part) {
        self.broken.borrow_mut().remove(&part);
    }

    /// Lets a request come in, and drives it to its end.
    pub(crate) fn exchange(&self, request: &Request) -> Exchange {
        self.exchange_as(REQUEST_ID, request)
    }

    /// The same, where the platform gives it this identifier.
    pub(crate) fn exchange_as(&self, request_id: &str, request: &Request) -> Exchange {
        self.events.take();
        let head = request.head(request_id);
        let sandbox = self.sandbox.borrow();
        let (outcome, mut entry) = ready(handle(self, &sandbox, &head, request.clone()));
        ready(afterwards(self, &sandbox));
        let canonical = CanonicalRequest::new(&head);
        let debug = format!("{outcome:?} {entry:?} {head:?} {canonical:?} {sandbox:?}");
        entry.finish(outcome.status(), 0);
        let delivered = match outcome {
            Outcome::Answered(answer) => Response {
                status: answer.status,
                headers: answer
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.clone()))
                    .collect(),
                body: if request.method == "HEAD" {
                    Vec::new()
                } else {
                    answer.body
                },
            },
            Outcome::HandedOver => Response {
                status: 101,
                headers: Vec::new(),
                body: Vec::new(),
            },
            Outcome::Forwarded(forwarded) => {
                let mut response = forwarded.inbound.response;
                message::edit(&mut response.headers, &forwarded.edits);
                response
            }
        };
        let line = entry.line();
        Exchange {
            delivered,
            log: serde_json::from_str(&line).expect("a log line is JSON"),
            line,
            events: self.events.take(),
            debug,
        }
    }

    /// What was asked outside of an exchange, in order.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        self.events.take()
    }

    fn note(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    fn is_broken(&self, part: Part) -> bool {
        self.broken.borrow().contains(&part)
    }
}

/// What a future gives that never waits.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a call of the in-memory world is ready at once"),
    }
}
