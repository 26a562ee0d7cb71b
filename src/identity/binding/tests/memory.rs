//! A home in memory that has a clock, one secret and a cache, and notes what it is asked.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    net::IpAddr,
    pin::pin,
    task::{Context, Poll, Waker},
};

use crate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Inbound, Outbound, Reply},
};

/// What goes wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Trouble {
    #[default]
    Nowhere,
    SecretStore,
    Turn,
    Fill,
    /// Another request has the turn and keeps it.
    Busy,
}

#[derive(Default)]
pub(super) struct Memory {
    pub(super) now_s: Cell<u64>,
    /// The secret `nonces`.
    pub(super) secret: Option<Vec<u8>>,
    pub(super) trouble: Cell<Trouble>,
    /// Until which second an entry is fresh.
    entries: RefCell<HashMap<String, u64>>,
    /// What the cache was asked for: the names of entries, and how long those that were filled are fresh.
    pub(super) asked: RefCell<Vec<(String, Option<Freshness>)>>,
}

impl Memory {
    fn works(&self, unless: Trouble) -> Result<(), CacheFault> {
        match self.trouble.get() == unless {
            true => Err(CacheFault("the cache is closed".to_owned())),
            false => Ok(()),
        }
    }
}

/// What the future gives; nothing here waits.
pub(super) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

impl Host for Memory {
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

    async fn config(&self, _: ConfigStore, _: &str) -> Result<Option<String>, StoreFault> {
        Ok(None)
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        if self.trouble.get() == Trouble::SecretStore {
            return Err(StoreFault("the store is closed".to_owned()));
        }
        Ok(self.secret.clone().filter(|_| name == "nonces").map(Secret::new))
    }

    async fn state(&self, _: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        Ok(None)
    }

    async fn recall(&self, _: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        Ok(None)
    }

    async fn remember(
        &self,
        _: &CacheKey,
        _: &Secret<Vec<u8>>,
        _: Freshness,
        _: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        Ok(())
    }

    async fn recall_or_turn(&self, key: &CacheKey) -> Result<Found<String>, CacheFault> {
        self.asked.borrow_mut().push((key.0.clone(), None));
        self.works(Trouble::Turn)?;
        let fresh_until_s = self.entries.borrow().get(&key.0).copied();
        Ok(match fresh_until_s {
            _ if self.trouble.get() == Trouble::Busy => Found::Busy,
            Some(until_s) if self.now_s.get() < until_s => Found::Value(Secret::new(b"used".to_vec())),
            _ => Found::Nothing(key.0.clone()),
        })
    }

    async fn fill(
        &self,
        turn: String,
        _: &Secret<Vec<u8>>,
        freshness: Freshness,
        _: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        self.asked.borrow_mut().push((turn.clone(), Some(freshness)));
        self.works(Trouble::Fill)?;
        self.entries
            .borrow_mut()
            .insert(turn, self.now_s.get() + freshness.fresh_s);
        Ok(())
    }

    async fn call(&self, _: &Call) -> Result<Reply, SendFault> {
        Err(SendFault::NotSent("nobody is called here".to_owned()))
    }

    async fn forward(&self, (): &mut (), _: &Outbound) -> Result<Inbound<()>, SendFault> {
        Err(SendFault::NotSent("nothing is sent here".to_owned()))
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
