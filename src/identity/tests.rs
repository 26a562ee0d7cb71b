//! A small world in memory for the tests of what asks a host: stores, a cache with a clock, and one peer.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use futures_util::FutureExt;

use crate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    time::{UnixSeconds, WallClock},
    upstream::send::{Call, Inbound, Outbound, Reply},
};

/// A part of the world that is out of order, or a turn that another has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Config,
    Secrets,
    State,
    Cache,
    Turn,
}

/// The world.
#[derive(Debug, Default)]
pub(super) struct Stub {
    pub(super) config: RefCell<BTreeMap<String, String>>,
    pub(super) secrets: RefCell<BTreeMap<String, String>>,
    pub(super) state: RefCell<BTreeMap<String, String>>,
    /// What the peer answers; it can't be reached without.
    pub(super) answer: RefCell<Option<(u16, String)>>,
    pub(super) now_s: Cell<u64>,
    pub(super) calls: RefCell<Vec<Call>>,
    cache: RefCell<BTreeMap<String, (Vec<u8>, u64)>>,
    broken: RefCell<BTreeSet<Part>>,
    done: RefCell<Vec<String>>,
}

impl Stub {
    pub(super) fn at(now_s: u64) -> Self {
        let stub = Self::default();
        stub.now_s.set(now_s);
        stub
    }

    pub(super) fn now(&self) -> UnixSeconds {
        UnixSeconds(self.now_s.get())
    }

    pub(super) fn pass_s(&self, seconds: u64) {
        self.now_s.set(self.now_s.get() + seconds);
    }

    pub(super) fn break_part(&self, part: Part) {
        self.broken.borrow_mut().insert(part);
    }

    pub(super) fn mend(&self, part: Part) {
        self.broken.borrow_mut().remove(&part);
    }

    /// What was asked of the world since the last time, in words.
    pub(super) fn done(&self) -> Vec<String> {
        self.done.take()
    }

    /// All names and values of the cache, as text.
    pub(super) fn cache_text(&self) -> String {
        let cache = self.cache.borrow();
        let texts = cache
            .iter()
            .map(|(name, (value, _))| format!("{name} {}\n", String::from_utf8_lossy(value)));
        texts.collect()
    }

    /// Puts this in place of every value of the cache.
    pub(super) fn spoil_cache(&self, value: &str) {
        for (kept, _) in self.cache.borrow_mut().values_mut() {
            *kept = value.as_bytes().to_vec();
        }
    }

    fn note(&self, what: String) {
        self.done.borrow_mut().push(what);
    }

    fn store<T>(&self, part: Part, value: T) -> Result<T, StoreFault> {
        match self.broken.borrow().contains(&part) {
            true => Err(StoreFault(format!("{part:?} is broken"))),
            false => Ok(value),
        }
    }

    fn cached(&self, key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        self.cache_works()?;
        let cache = self.cache.borrow();
        let fresh = cache.get(&key.0).filter(|(_, until_s)| self.now_s.get() < *until_s);
        Ok(fresh.map(|(value, _)| Secret::new(value.clone())))
    }

    fn keep(&self, name: String, value: &Secret<Vec<u8>>, freshness: Freshness) -> Result<(), CacheFault> {
        self.cache_works()?;
        let until_s = self.now_s.get() + freshness.fresh_s;
        self.cache.borrow_mut().insert(name, (value.expose().clone(), until_s));
        Ok(())
    }

    fn cache_works(&self) -> Result<(), CacheFault> {
        match self.broken.borrow().contains(&Part::Cache) {
            true => Err(CacheFault("the cache is broken".to_owned())),
            false => Ok(()),
        }
    }
}

/// Runs what is ready at once, as everything here is.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the stub never waits")
}

impl Host for Stub {
    type Request = ();
    type Response = ();
    type Turn = String;

    fn now(&self) -> WallClock {
        WallClock {
            unix_ms: self.now_s.get() * 1_000,
        }
    }

    fn stopwatch_us(&self) -> u64 {
        0
    }

    fn pop(&self) -> &str {
        "MEM"
    }

    fn country(&self, _: IpAddr) -> Option<String> {
        None
    }

    fn header_values(&self, (): &(), _: &str) -> Vec<Secret<Vec<u8>>> {
        Vec::new()
    }

    fn client_certificate(&self, (): &()) -> Option<Vec<u8>> {
        None
    }

    async fn config(&self, _: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault> {
        self.note(format!("config {entry}"));
        self.store(Part::Config, self.config.borrow().get(entry).cloned())
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        self.note(format!("secret {name}"));
        let secret = self.secrets.borrow().get(name).cloned();
        self.store(Part::Secrets, secret.map(|secret| Secret::new(secret.into_bytes())))
    }

    async fn state(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        // The kind of the entry, without its digest.
        self.note(format!("state {}", key.rsplit_once('.').map_or(key, |(kind, _)| kind)));
        let value = self.state.borrow().get(key).cloned();
        self.store(Part::State, value.map(|value| Secret::new(value.into_bytes())))
    }

    async fn recall(&self, key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        self.note("recall".to_owned());
        self.cached(key)
    }

    async fn remember(
        &self,
        key: &CacheKey,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        _: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        self.note(format!("remember {}", freshness.fresh_s));
        self.keep(key.0.clone(), value, freshness)
    }

    async fn recall_or_turn(&self, key: &CacheKey) -> Result<Found<String>, CacheFault> {
        self.note("turn".to_owned());
        let cached = self.cached(key)?;
        let taken = self.broken.borrow().contains(&Part::Turn);
        Ok(match (cached, taken) {
            (Some(value), _) => Found::Value(value),
            (None, true) => Found::Busy,
            (None, false) => Found::Nothing(key.0.clone()),
        })
    }

    async fn fill(
        &self,
        turn: String,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        _: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        self.note(format!("fill {}", freshness.fresh_s));
        self.keep(turn, value, freshness)
    }

    async fn call(&self, call: &Call) -> Result<Reply, SendFault> {
        self.note("call".to_owned());
        self.calls.borrow_mut().push(call.clone());
        match &*self.answer.borrow() {
            None => Err(SendFault::Refused("nobody is there".to_owned())),
            Some((status, body)) => Ok(Reply {
                status: *status,
                body: Secret::new(body.clone().into_bytes()),
            }),
        }
    }

    async fn forward(&self, (): &mut (), _: &Outbound) -> Result<Inbound<()>, SendFault> {
        Err(SendFault::NotSent("nothing is forwarded here".to_owned()))
    }

    fn can_repeat(&self, (): &()) -> bool {
        false
    }

    async fn hand_over(&self, (): (), _: &Outbound) -> Result<(), SendFault> {
        Err(SendFault::NotSent("nothing is handed over here".to_owned()))
    }

    fn response_values(&self, (): &(), _: &str) -> Vec<Secret<Vec<u8>>> {
        Vec::new()
    }

    async fn peek(&self, (): &mut (), _: usize) -> Result<Secret<Vec<u8>>, SendFault> {
        Ok(Secret::new(Vec::new()))
    }

    async fn pause(&self, _: u32) {}
}
