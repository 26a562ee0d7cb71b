//! The stand-in: what the gateway asks of the world, answered from memory.
//!
//! Promises: the stores hold what would be published, and the keys of whoever the stand-in vouches for. The clock stands
//! at the asked time, an address is in the asked country, caches remember nothing, and nothing is sent: what would go to
//! a service is kept to be looked at, and answered with an empty 200.

use std::{cell::RefCell, collections::BTreeMap, net::IpAddr};

use tollgate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault},
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Inbound, Outbound, Reply},
};

/// What stands for Google's ID token. It is none, and stands in nothing that is told.
pub(crate) const GOOGLE_TOKEN: &str = "stand-in-google-token";

/// The request as the platform would hold it. It may hold a token, so it has no text form.
#[derive(Clone)]
pub(crate) struct Message {
    /// Names in lower case, and values, in order of arrival.
    pub(crate) headers: Vec<(String, String)>,
}

/// A host in memory.
pub(crate) struct StandIn<'r> {
    pub(crate) policy: &'r BTreeMap<String, String>,
    pub(crate) keys: &'r BTreeMap<String, String>,
    /// The keys of whoever the stand-in itself vouches for.
    pub(crate) own_keys: BTreeMap<String, String>,
    pub(crate) now: WallClock,
    pub(crate) country: Option<String>,
    pub(crate) sent: RefCell<Option<Outbound>>,
}

impl Host for StandIn<'_> {
    type Request = Message;
    type Response = ();
    type Turn = ();

    fn now(&self) -> WallClock {
        self.now
    }

    /// Stands still: what a request costs here says nothing about the edge.
    fn stopwatch_us(&self) -> u64 {
        0
    }

    fn pop(&self) -> &str {
        "offline"
    }

    fn country(&self, _: IpAddr) -> Option<String> {
        self.country.clone()
    }

    fn header_values(&self, request: &Message, name: &str) -> Vec<Secret<Vec<u8>>> {
        let values = request.headers.iter().filter(|(found, _)| found == name);
        values
            .map(|(_, value)| Secret::new(value.clone().into_bytes()))
            .collect()
    }

    async fn config(&self, store: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault> {
        Ok(match store {
            ConfigStore::Policy => self.policy.get(entry).cloned(),
            ConfigStore::Keys => self.own_keys.get(entry).or_else(|| self.keys.get(entry)).cloned(),
        })
    }

    async fn secret(&self, _: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        Ok(None)
    }

    async fn recall(&self, _: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        Ok(None)
    }

    async fn remember(&self, _: &CacheKey, _: &Secret<Vec<u8>>, _: Freshness) -> Result<(), CacheFault> {
        Ok(())
    }

    async fn recall_or_turn(&self, _: &CacheKey) -> Result<Found<()>, CacheFault> {
        Ok(Found::Nothing(()))
    }

    async fn fill(&self, (): (), _: &Secret<Vec<u8>>, _: Freshness) -> Result<(), CacheFault> {
        Ok(())
    }

    async fn call(&self, _: &Call) -> Result<Reply, SendFault> {
        Err(SendFault::NotSent("offline, nothing is called".to_owned()))
    }

    async fn forward(&self, _: Message, outbound: &Outbound) -> Result<Inbound<()>, SendFault> {
        self.sent.replace(Some(outbound.clone()));
        Ok(Inbound {
            status: 200,
            header_names: Vec::new(),
            connection: Vec::new(),
            response: (),
        })
    }
}
