//! The home in memory: maps for stores and cache, a clock that stands still, and one answer for each outside host.

use std::net::IpAddr;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use serde::Serialize;
use tollgate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Endpoint, Inbound, Outbound, Reply},
};
use tollgate_scenario::{Response, World};

/// How much was asked.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Calls {
    look_ups: u32,
    secrets: u32,
    state: u32,
    cache_operations: u32,
    sends: u32,
}

/// The headers of a request, names in lower case.
pub(crate) type Headers = Vec<(String, String)>;

/// All that the gateway may ask of a platform.
pub(crate) struct Memory {
    unix_ms: u64,
    policy: HashMap<String, String>,
    keys: HashMap<String, String>,
    secrets: HashMap<String, Vec<u8>>,
    state: HashMap<String, Vec<u8>>,
    outside: HashMap<String, Response>,
    cache: RefCell<HashMap<String, Vec<u8>>>,
    pub(crate) calls: Cell<Calls>,
}

impl Memory {
    pub(crate) fn new(world: &World) -> Self {
        let store = |wanted: ConfigStore| {
            let entries = world.config.iter().filter(|(store, ..)| store == wanted.name());
            entries
                .map(|(_, entry, value)| (entry.clone(), value.clone()))
                .collect()
        };
        Self {
            unix_ms: world.unix_ms,
            policy: store(ConfigStore::Policy),
            keys: store(ConfigStore::Keys),
            secrets: bytes(&world.secrets),
            state: bytes(&world.state),
            outside: world.outside.iter().cloned().collect(),
            cache: RefCell::default(),
            calls: Cell::default(),
        }
    }

    fn note(&self, count: impl FnOnce(&mut Calls) -> &mut u32) {
        let mut calls = self.calls.get();
        *count(&mut calls) += 1;
        self.calls.set(calls);
    }

    fn answer(&self, endpoint: &Endpoint, target: &str) -> Result<&Response, SendFault> {
        let host = endpoint.host_header();
        let there = || self.outside.get(&format!("{host}{target}"));
        let answer = self.outside.get(&host).or_else(there);
        answer.ok_or_else(|| SendFault::Refused("nobody is there".to_owned()))
    }

    fn kept(&self, key: &CacheKey) -> Option<Secret<Vec<u8>>> {
        self.cache.borrow().get(&key.0).cloned().map(Secret::new)
    }

    fn keep(&self, key: &str, value: &Secret<Vec<u8>>) {
        self.note(|calls| &mut calls.cache_operations);
        self.cache.borrow_mut().insert(key.to_owned(), value.expose().clone());
    }
}

fn bytes(entries: &[(String, String)]) -> HashMap<String, Vec<u8>> {
    let entries = entries.iter();
    entries
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect()
}

impl Host for Memory {
    type Request = Headers;
    type Response = ();
    type Turn = String;

    fn now(&self) -> WallClock {
        WallClock { unix_ms: self.unix_ms }
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

    fn header_values(&self, request: &Headers, name: &str) -> Vec<Secret<Vec<u8>>> {
        let values = request.iter().filter(|(sent, _)| sent == name);
        values
            .map(|(_, value)| Secret::new(value.clone().into_bytes()))
            .collect()
    }

    fn client_certificate(&self, _: &Headers) -> Option<Vec<u8>> {
        None
    }

    async fn config(&self, store: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault> {
        self.note(|calls| &mut calls.look_ups);
        let entries = match store {
            ConfigStore::Policy => &self.policy,
            ConfigStore::Keys => &self.keys,
        };
        Ok(entries.get(entry).cloned())
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        self.note(|calls| &mut calls.secrets);
        Ok(self.secrets.get(name).cloned().map(Secret::new))
    }

    async fn state(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        self.note(|calls| &mut calls.state);
        Ok(self.state.get(key).cloned().map(Secret::new))
    }

    async fn recall(&self, key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        self.note(|calls| &mut calls.cache_operations);
        Ok(self.kept(key))
    }

    async fn remember(
        &self,
        key: &CacheKey,
        value: &Secret<Vec<u8>>,
        _: Freshness,
        _: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        self.keep(&key.0, value);
        Ok(())
    }

    async fn recall_or_turn(&self, key: &CacheKey) -> Result<Found<String>, CacheFault> {
        self.note(|calls| &mut calls.cache_operations);
        let turn = || Found::Nothing(key.0.clone());
        Ok(self.kept(key).map_or_else(turn, Found::Value))
    }

    async fn fill(
        &self,
        turn: String,
        value: &Secret<Vec<u8>>,
        _: Freshness,
        _: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        self.keep(&turn, value);
        Ok(())
    }

    async fn call(&self, call: &Call) -> Result<Reply, SendFault> {
        self.note(|calls| &mut calls.sends);
        let answer = self.answer(&call.destination.endpoint, &call.target)?;
        Ok(Reply {
            status: answer.status,
            body: Secret::new(answer.body.clone().into_bytes()),
        })
    }

    async fn forward(&self, _: &mut Headers, outbound: &Outbound) -> Result<Inbound<()>, SendFault> {
        self.note(|calls| &mut calls.sends);
        let answer = self.answer(&outbound.destination.endpoint, &outbound.target)?;
        Ok(Inbound {
            status: answer.status,
            header_names: answer.headers.iter().map(|(name, _)| name.clone()).collect(),
            connection: Vec::new(),
            response: (),
        })
    }

    fn can_repeat(&self, _: &Headers) -> bool {
        false
    }

    async fn hand_over(&self, _: Headers, _: &Outbound) -> Result<(), SendFault> {
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
