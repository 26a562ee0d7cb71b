//! The stand-in: what the gateway asks of the world, answered from memory.
//!
//! Promises: the stores hold what would be published, and what verifies whoever the stand-in vouches for. The clock
//! stands at the asked time, an address is in the asked country, caches remember nothing, and nothing is sent: what would
//! go to a service is kept to be looked at, and answered with an empty 200. An issuer is asked about the one opaque token
//! that was made here, and about no other.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use tollgate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    time::WallClock,
    upstream::send::{Ask, Call, Inbound, Outbound, Reply},
};

use crate::voucher;

/// What stands for Google's ID token. It is none, and stands in nothing that is told.
pub(crate) const GOOGLE_TOKEN: &str = "stand-in-google-token";

/// The request as the platform would hold it. It may hold a token, so it has no text form.
#[derive(Clone)]
pub(crate) struct Message {
    /// Names in lower case, and values, in order of arrival.
    pub(crate) headers: Vec<(String, String)>,
}

/// What verifies a credential that was made here.
#[derive(Default)]
pub(crate) struct Backing {
    /// Entries of the config store for keys.
    pub(crate) keys: BTreeMap<String, String>,
    /// The names of the secrets that are there; each is made of its name.
    pub(crate) secrets: BTreeSet<String>,
    /// Entries of the KV store.
    pub(crate) state: BTreeMap<String, String>,
    /// An opaque token, and what its issuer says of it.
    pub(crate) introspected: Option<(Secret<String>, Secret<Vec<u8>>)>,
    /// The client's certificate in DER.
    pub(crate) certificate: Option<Vec<u8>>,
}

/// A host in memory.
pub(crate) struct StandIn<'r> {
    pub(crate) policy: &'r BTreeMap<String, String>,
    pub(crate) keys: BTreeMap<String, String>,
    /// What verifies whoever the stand-in itself vouches for.
    pub(crate) own: Backing,
    /// The secrets with the keys that the gateway signs with; each key is made of its secret's name.
    pub(crate) signing: Vec<String>,
    /// What the KV store holds.
    pub(crate) state: &'r BTreeMap<String, String>,
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

    fn client_certificate(&self, _: &Message) -> Option<Vec<u8>> {
        self.own.certificate.clone()
    }

    async fn config(&self, store: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault> {
        Ok(match store {
            ConfigStore::Policy => self.policy.get(entry).cloned(),
            ConfigStore::Keys => self.own.keys.get(entry).or_else(|| self.keys.get(entry)).cloned(),
        })
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        if self.signing.iter().any(|signing| signing == name) {
            return voucher::private_jwk(name).map(Some).map_err(StoreFault);
        }
        Ok(self.own.secrets.contains(name).then(|| voucher::secret(name)))
    }

    async fn state(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        let value = self.own.state.get(key).or_else(|| self.state.get(key));
        Ok(value.map(|value| Secret::new(value.clone().into_bytes())))
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

    async fn recall_or_turn(&self, _: &CacheKey) -> Result<Found<()>, CacheFault> {
        Ok(Found::Nothing(()))
    }

    async fn fill(&self, (): (), _: &Secret<Vec<u8>>, _: Freshness, _: &[SurrogateKey]) -> Result<(), CacheFault> {
        Ok(())
    }

    async fn call(&self, call: &Call) -> Result<Reply, SendFault> {
        if let (Some((token, says)), Ask::Form(form)) = (&self.own.introspected, &call.ask)
            && form
                .iter()
                .any(|(name, value)| *name == "token" && value.same_bytes(token))
        {
            return Ok(Reply {
                status: 200,
                body: says.clone(),
            });
        }
        Err(SendFault::NotSent("offline, nothing is called".to_owned()))
    }

    async fn forward(&self, _: &mut Message, outbound: &Outbound) -> Result<Inbound<()>, SendFault> {
        self.sent.replace(Some(outbound.clone()));
        Ok(Inbound {
            status: 200,
            header_names: Vec::new(),
            connection: Vec::new(),
            response: (),
        })
    }

    fn can_repeat(&self, _: &Message) -> bool {
        false
    }

    async fn hand_over(&self, mut request: Message, outbound: &Outbound) -> Result<(), SendFault> {
        self.forward(&mut request, outbound).await.map(drop)
    }

    fn response_values(&self, (): &(), _: &str) -> Vec<Secret<Vec<u8>>> {
        Vec::new()
    }

    async fn peek(&self, (): &mut (), _: usize) -> Result<Secret<Vec<u8>>, SendFault> {
        Ok(Secret::new(Vec::new()))
    }

    async fn pause(&self, _: u32) {}
}
