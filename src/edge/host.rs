//! What Fastly Compute does for the gateway.

use std::{
    cell::{RefCell, RefMut},
    net::IpAddr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use fastly::{
    cache::core::Transaction, compute_runtime, geo::geo_lookup, handle::config_store::ConfigStoreHandle,
    secret_store::SecretStore,
};
use tollgate::{
    host::{
        CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SECRET_STORE, SendFault, StoreFault, SurrogateKey,
    },
    policy::pages::PAGE_CHARACTERS_MAX,
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Destination, Inbound, Outbound, Reply},
};

use crate::edge::{
    cache,
    edits::Values,
    message,
    original::Original,
    piece::Piece,
    read,
    response::Response,
    stage::{Stage, enter},
    state::State,
    ways::Ways,
};

/// How much room a config-store value is given, in bytes: all that one may have, so that a page is read by one call. The
/// SDK's usual way begins with 256 bytes and asks once more for what is longer.
const VALUE_BYTES: usize = PAGE_CHARACTERS_MAX;

/// Fastly Compute. Every call is ready at once.
pub(crate) struct FastlyHost {
    started: Instant,
    pop: &'static str,
    ways: Ways,
    values: Values,
    state: State,
    piece: RefCell<Piece>,
}

impl FastlyHost {
    pub(crate) fn new(started: Instant) -> Self {
        Self {
            started,
            pop: compute_runtime::pop(),
            ways: Ways::default(),
            values: Values::default(),
            state: State::default(),
            piece: RefCell::default(),
        }
    }

    /// The buffer for what passes of bodies.
    pub(super) fn piece(&self) -> RefMut<'_, Piece> {
        self.piece.borrow_mut()
    }

    /// A way that was refused may be one that the platform has dropped.
    fn forget_if_refused(&self, destination: &Destination, fault: Option<&SendFault>) {
        if let Some(SendFault::Refused(_) | SendFault::Unclear(_)) = fault {
            self.ways.forget(destination);
        }
    }
}

impl Host for FastlyHost {
    type Request = Original;
    type Response = Response;
    type Turn = Transaction;

    fn now(&self) -> WallClock {
        // A clock that is before 1970 is broken; at the end of time every token has expired.
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(|since| since.as_millis());
        WallClock {
            unix_ms: since_epoch
                .ok()
                .and_then(|ms| u64::try_from(ms).ok())
                .unwrap_or(u64::MAX),
        }
    }

    fn stopwatch_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn pop(&self) -> &str {
        self.pop
    }

    fn country(&self, address: IpAddr) -> Option<String> {
        let country = geo_lookup(address)?.country_code().to_ascii_uppercase();
        // The platform's word for "not known" is two asterisks or nothing.
        (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(country)
    }

    fn header_values(&self, request: &Original, name: &str) -> Vec<Secret<Vec<u8>>> {
        request.values(name)
    }

    fn client_certificate(&self, request: &Original) -> Option<Vec<u8>> {
        read::client_certificate(request.unsent()?)
    }

    async fn config(&self, store: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault> {
        let name = store.name();
        // The SDK panics over a store that the platform can't read.
        enter(Stage::Store(name));
        let read = ConfigStoreHandle::open(name)
            .map_err(|why| why.to_string())
            .and_then(|store| store.get(entry, VALUE_BYTES).map_err(|why| why.to_string()));
        enter(Stage::Handling);
        read.map_err(|why| StoreFault(format!("config store {name}: {why}")))
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        let fault = |why: &dyn std::fmt::Display| StoreFault(format!("secret store {SECRET_STORE}: {why}"));
        let store = SecretStore::open(SECRET_STORE).map_err(|why| fault(&why))?;
        let Some(secret) = store.try_get(name).map_err(|why| fault(&why))? else {
            return Ok(None);
        };
        let plaintext = secret.try_plaintext().map_err(|why| fault(&why))?;
        Ok(Some(Secret::new(plaintext.to_vec())))
    }

    async fn state(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        self.state.get(key)
    }

    async fn recall(&self, key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        cache::recall(key)
    }

    async fn remember(
        &self,
        key: &CacheKey,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        purged_by: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        cache::remember(key, value, freshness, purged_by)
    }

    async fn recall_or_turn(&self, key: &CacheKey) -> Result<Found<Transaction>, CacheFault> {
        cache::recall_or_turn(key)
    }

    async fn fill(
        &self,
        turn: Transaction,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        purged_by: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        cache::fill(turn, value, freshness, purged_by)
    }

    async fn call(&self, call: &Call) -> Result<Reply, SendFault> {
        let way = self.ways.to(&call.destination)?;
        let replied = message::call(call, &way);
        self.forget_if_refused(&call.destination, replied.as_ref().err());
        replied
    }

    async fn forward(&self, request: &mut Original, outbound: &Outbound) -> Result<Inbound<Response>, SendFault> {
        let way = self.ways.to(&outbound.destination)?;
        let forwarded = message::forward(request, outbound, (&way, &self.values), &mut self.piece());
        self.forget_if_refused(&outbound.destination, forwarded.as_ref().err());
        forwarded
    }

    fn can_repeat(&self, request: &Original) -> bool {
        request.can_repeat()
    }

    async fn hand_over(&self, request: Original, outbound: &Outbound) -> Result<(), SendFault> {
        let way = self.ways.to(&outbound.destination)?;
        message::hand_over(request, outbound, &way, &self.values)
    }

    fn response_values(&self, response: &Response, name: &str) -> Vec<Secret<Vec<u8>>> {
        read::response_values(&response.head, name)
    }

    async fn peek(&self, response: &mut Response, bytes_max: usize) -> Result<Secret<Vec<u8>>, SendFault> {
        message::peek(response, bytes_max, &mut self.piece())
    }

    async fn pause(&self, ms: u32) {
        std::thread::sleep(Duration::from_millis(ms.into()));
    }
}
