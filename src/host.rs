//! The complete list of what the world does for the gateway.
//!
//! Promises: the library reaches no clock, store, cache or network but through [`Host`]; the log entry is what it gives back. A platform is a type
//! that implements it. The calls are `async` and generic: on Fastly each is ready at once, elsewhere they really wait.
//! The order and the number of calls are the library's; a home adds none of its own.

use std::net::IpAddr;

use crate::{
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Inbound, Outbound, Reply},
};

/// Config stores, by what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigStore {
    /// `tollgate`: the pointer `active` and the pages of policies.
    Policy,
    /// `tollgate_keys`: one JWK an entry.
    Keys,
}

impl ConfigStore {
    /// The store's name on every platform.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "tollgate",
            Self::Keys => "tollgate_keys",
        }
    }
}

/// The KV store with revocations and API keys, on every platform.
pub const STATE_STORE: &str = "tollgate_state";

/// The secret store's name on every platform.
pub const SECRET_STORE: &str = "tollgate_secrets";

/// A store that could not be opened or read. The text names the store and what the platform said; never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFault(pub String);

/// A cache operation that the platform refused. The text never holds a key or a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheFault(pub String);

/// A message that could not be sent or answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFault {
    /// Nothing was sent: the platform takes no such destination, or the target is not in canonical form.
    NotSent(String),
    /// No connection: refused, unroutable, name unknown, TLS not agreed. Nothing was sent.
    Refused(String),
    /// No connection in time. Nothing was sent.
    ConnectTimeout(String),
    /// The platform says only that it failed: perhaps nothing was sent, perhaps all.
    Unclear(String),
    /// No answer in time.
    Timeout(String),
    /// The connection broke, or what came was not HTTP or too large.
    Reset(String),
    /// The client's body is longer than the service takes.
    BodyTooLarge,
    /// The client's body broke off.
    ClientBroke(String),
}

impl SendFault {
    /// Whether it is certain that nothing of the request was sent, so that it may be sent elsewhere whatever its method.
    #[must_use]
    pub fn nothing_sent(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Refused(_) | Self::ConnectTimeout(_))
    }

    /// What went wrong with a call to `name`, in words for the log.
    #[must_use]
    pub fn of(&self, name: &str) -> String {
        match self {
            Self::NotSent(why) => format!("{name} could not be asked: {why}"),
            Self::Refused(why) | Self::Unclear(why) => format!("{name} could not be reached: {why}"),
            Self::ConnectTimeout(why) | Self::Timeout(why) => format!("{name} did not answer in time: {why}"),
            Self::Reset(why) | Self::ClientBroke(why) => format!("{name} broke off: {why}"),
            Self::BodyTooLarge => format!("{name} could not be asked: the body is too long"),
        }
    }
}

/// The name of a cache entry: a digest, since keys are made from tokens and identities.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(pub String);

/// A name by which cache entries are purged together, on Fastly a surrogate key: a digest, as a [`CacheKey`] is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SurrogateKey(pub String);

/// How long a cache entry may be used, in seconds from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Used without question.
    pub fresh_s: u64,
    /// After that: used still, while one caller gets the turn to renew it.
    pub stale_s: u64,
}

/// What a cache lookup found when the caller is ready to fill the entry.
#[derive(Debug)]
pub enum Found<T> {
    /// A fresh value, or a stale one that somebody else is renewing.
    Value(Secret<Vec<u8>>),
    /// A stale value; it's this caller's turn to renew it.
    Stale(Secret<Vec<u8>>, T),
    /// Nothing; it's this caller's turn to fill it. Others wait for it.
    Nothing(T),
    /// Nothing, and who has the turn takes too long.
    Busy,
}

/// What the world does for the gateway.
#[expect(
    async_fn_in_trait,
    reason = "one home runs on one thread; a Send bound would shut out the others"
)]
pub trait Host {
    /// The client's request as the platform holds it; what is not edited is passed on untouched, body included.
    type Request;
    /// A service's response as the platform holds it; its body streams.
    type Response;
    /// The turn to fill one cache entry; dropping it gives the turn to the next.
    type Turn;

    /// The wall clock.
    fn now(&self) -> WallClock;
    /// A clock that never goes back, in microseconds from any start.
    fn stopwatch_us(&self) -> u64;
    /// Where this runs: the point of presence, for the log.
    fn pop(&self) -> &str;

    /// The country that an address is in, as two upper-case letters (ISO 3166-1); `None` where that is not known.
    fn country(&self, address: IpAddr) -> Option<String>;
    /// All values of a header of the client's request, by its lower-case name.
    fn header_values(&self, request: &Self::Request, name: &str) -> Vec<Secret<Vec<u8>>>;

    /// The client's TLS certificate in DER, where the connection has one and the client proved that it has the key.
    fn client_certificate(&self, request: &Self::Request) -> Option<Vec<u8>>;

    /// One entry of a config store. One look-up.
    async fn config(&self, store: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault>;
    /// One entry of the secret store.
    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault>;

    /// One entry of the KV store [`STATE_STORE`].
    async fn state(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault>;

    /// Reads the POP's cache.
    async fn recall(&self, key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault>;
    /// Writes to the POP's cache.
    async fn remember(
        &self,
        key: &CacheKey,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        purged_by: &[SurrogateKey],
    ) -> Result<(), CacheFault>;
    /// Reads the POP's cache, waiting while another caller fills the entry, and takes the turn where there is one.
    async fn recall_or_turn(&self, key: &CacheKey) -> Result<Found<Self::Turn>, CacheFault>;
    /// Fills the entry whose turn was taken.
    async fn fill(
        &self,
        turn: Self::Turn,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        purged_by: &[SurrogateKey],
    ) -> Result<(), CacheFault>;

    /// Sends a small request of our own and reads the small answer whole.
    async fn call(&self, call: &Call) -> Result<Reply, SendFault>;
    /// Sends the client's request on, with its edits, and gives the response once its head is there. Where
    /// [`Outbound::repeatable`] says so, what a repetition needs is kept.
    ///
    /// A body streams through; one that turns out to be longer than [`Outbound::body_bytes_max`] is broken off.
    async fn forward(
        &self,
        request: &mut Self::Request,
        outbound: &Outbound,
    ) -> Result<Inbound<Self::Response>, SendFault>;
    /// Whether the request could be sent once more: it has not been sent, or had no body, or its body was kept.
    fn can_repeat(&self, request: &Self::Request) -> bool;
    /// Hands a request for a WebSocket over to the service, for good: the platform answers the client.
    async fn hand_over(&self, request: Self::Request, outbound: &Outbound) -> Result<(), SendFault>;

    /// All values of a header of a service's response, by its lower-case name.
    fn response_values(&self, response: &Self::Response, name: &str) -> Vec<Secret<Vec<u8>>>;
    /// The beginning of a response's body, up to so many bytes; the response keeps its body whole. Fewer bytes mean that
    /// there are no more.
    async fn peek(&self, response: &mut Self::Response, bytes_max: usize) -> Result<Secret<Vec<u8>>, SendFault>;
    /// Waits.
    async fn pause(&self, ms: u32);
}
