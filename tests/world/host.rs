//! The in-memory world as a home of the gateway.

use tollgate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Inbound, Outbound, Reply},
};

use super::{
    INSIDE, Part, Service, World,
    cache::{Known, Turn},
    google,
    message::{Request, Response, edit},
    outside,
    record::{Event, Sent},
};

impl World {
    fn store<T>(&self, part: Part, value: T) -> Result<T, StoreFault> {
        if self.is_broken(part) {
            return Err(StoreFault(format!("{INSIDE} {part:?}")));
        }
        Ok(value)
    }

    fn cache_works(&self, part: Part) -> Result<(), CacheFault> {
        if self.is_broken(part) {
            return Err(CacheFault(format!("{INSIDE} {part:?}")));
        }
        Ok(())
    }
}

impl Host for World {
    type Request = Request;
    type Response = Response;
    type Turn = Turn;

    fn now(&self) -> WallClock {
        WallClock {
            unix_ms: self.unix_ms.get(),
        }
    }

    /// Stands still, so that log entries can be compared whole.
    fn stopwatch_us(&self) -> u64 {
        0
    }

    fn pop(&self) -> &str {
        "MEM"
    }

    fn country(&self, address: std::net::IpAddr) -> Option<String> {
        self.countries.borrow().get(&address).cloned()
    }

    fn header_values(&self, request: &Request, name: &str) -> Vec<Secret<Vec<u8>>> {
        let values = request
            .headers
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.map(|(_, value)| Secret::new(value.clone().into())).collect()
    }

    fn client_certificate(&self, request: &Request) -> Option<Vec<u8>> {
        request.certificate.clone()
    }

    async fn config(&self, store: ConfigStore, entry: &str) -> Result<Option<String>, StoreFault> {
        self.note(Event::Config(store, entry.to_owned()));
        let part = match store {
            ConfigStore::Policy => Part::PolicyStore,
            ConfigStore::Keys => Part::KeysStore,
        };
        self.store(part, self.config.borrow().get(&(store, entry.to_owned())).cloned())
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        self.note(Event::Secret(name.to_owned()));
        self.store(
            Part::SecretStore,
            self.secrets.borrow().get(name).cloned().map(Secret::new),
        )
    }

    async fn state(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        self.note(Event::State(key.to_owned()));
        self.store(Part::StateStore, self.state.borrow().get(key).cloned().map(Secret::new))
    }

    async fn recall(&self, key: &CacheKey) -> Result<Option<Secret<Vec<u8>>>, CacheFault> {
        self.note(Event::Recall(key.0.clone()));
        self.cache_works(Part::Recall)?;
        Ok(match self.cache.borrow().known(&key.0, self.unix_ms.get()) {
            Known::Fresh(value) => Some(Secret::new(value)),
            Known::Stale(_) | Known::Nothing => None,
        })
    }

    async fn remember(
        &self,
        key: &CacheKey,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        purged_by: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        let surrogate_keys: Vec<String> = purged_by.iter().map(|key| key.0.clone()).collect();
        self.note(Event::Remember(key.0.clone(), freshness, surrogate_keys.clone()));
        self.cache_works(Part::Remember)?;
        let mut cache = self.cache.borrow_mut();
        cache.keep(&key.0, value.expose(), freshness, self.unix_ms.get());
        cache.mark(&key.0, surrogate_keys);
        Ok(())
    }

    async fn recall_or_turn(&self, key: &CacheKey) -> Result<Found<Turn>, CacheFault> {
        self.note(Event::RecallOrTurn(key.0.clone()));
        self.cache_works(Part::RecallOrTurn)?;
        let cache = self.cache.borrow();
        match cache.known(&key.0, self.unix_ms.get()) {
            Known::Fresh(value) => Ok(Found::Value(Secret::new(value))),
            Known::Stale(value) => Ok(match cache.turn(&key.0) {
                Some(turn) => Found::Stale(Secret::new(value), turn),
                None => Found::Value(Secret::new(value)),
            }),
            Known::Nothing => {
                // Nobody waits here, so a turn that is taken is one that takes too long.
                Ok(cache.turn(&key.0).map_or(Found::Busy, Found::Nothing))
            }
        }
    }

    async fn fill(
        &self,
        turn: Turn,
        value: &Secret<Vec<u8>>,
        freshness: Freshness,
        purged_by: &[SurrogateKey],
    ) -> Result<(), CacheFault> {
        self.note(Event::Fill(turn.key().to_owned(), freshness));
        self.cache_works(Part::Fill)?;
        let mut cache = self.cache.borrow_mut();
        cache.keep(turn.key(), value.expose(), freshness, self.unix_ms.get());
        cache.mark(turn.key(), purged_by.iter().map(|key| key.0.clone()).collect());
        Ok(())
    }

    async fn call(&self, call: &Call) -> Result<Reply, SendFault> {
        self.note(Event::Call(call.clone()));
        if let Some(answered) = self.outside.borrow().answer(call) {
            return answered;
        }
        if outside::url(call) != google::TOKEN_URL {
            return Err(SendFault::Refused(format!("{INSIDE}: nobody is there")));
        }
        self.google.borrow_mut().answer(call, self.unix_ms.get() / 1_000)
    }

    async fn forward(&self, original: Request, outbound: &Outbound) -> Result<Inbound<Response>, SendFault> {
        let mut headers = original.headers;
        edit(&mut headers, &outbound.edits);
        self.note(Event::Forward(Sent {
            destination: outbound.destination.clone(),
            method: original.method,
            target: outbound.target.clone(),
            headers,
            body: original.body,
            debug: format!("{outbound:?}"),
        }));
        match &*self.service.borrow() {
            Service::Fails(fault) => Err(fault.clone()),
            Service::Answers(response) => Ok(Inbound {
                status: response.status,
                header_names: response.header_names(),
                connection: response.values("connection"),
                response: response.clone(),
            }),
        }
    }
}
