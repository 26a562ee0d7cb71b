//! The in-memory world as a home of the gateway.

use std::collections::VecDeque;

use tollgate::{
    host::{CacheFault, CacheKey, ConfigStore, Found, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    time::WallClock,
    upstream::send::{Call, Inbound, Outbound, Reply},
};

use super::{
    INSIDE, Part, Service, World,
    cache::{Known, Turn},
    message::{Request, Response, edit},
    record::{Event, Sent},
};

/// Headers that the platform hands over as the client sent them, whatever is asked (Viceroy 0.22, `handoff.rs`).
const AS_SENT: &[&str] = &[
    "cdn-loop",
    "connection",
    "content-length",
    "content-range",
    "expect",
    "fastly-ff",
    "proxy-authenticate",
    "proxy-authorization",
    "pushpin-route",
    "sec-websocket-key",
    "sec-websocket-version",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl World {
    fn store<T>(&self, part: Part, value: T) -> Result<T, StoreFault> {
        if self.is_broken(part) {
            return Err(StoreFault(format!("{INSIDE} {part:?}")));
        }
        Ok(value)
    }

    fn note_sent(&self, original: &Request, outbound: &Outbound) {
        let mut headers = original.headers.clone();
        edit(&mut headers, &outbound.edits);
        self.note(Event::Forward(Sent {
            destination: outbound.destination.clone(),
            method: original.method.clone(),
            target: outbound.target.clone(),
            headers,
            body: original.body.clone(),
            repeatable: outbound.repeatable,
            debug: format!("{outbound:?}"),
        }));
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

    fn stopwatch_us(&self) -> u64 {
        self.stopwatch_us.get()
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
        self.pass_ms(self.recall_ms.get());
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
        let nobody = || Err(SendFault::Refused(format!("{INSIDE}: nobody is there")));
        self.pass_ms(self.google.borrow().takes_ms);
        let answered = self.google.borrow_mut().answer(call, self.unix_ms.get() / 1_000);
        answered.unwrap_or_else(nobody)
    }

    async fn forward(&self, original: &mut Request, outbound: &Outbound) -> Result<Inbound<Response>, SendFault> {
        self.note_sent(original, outbound);
        let origin = outbound.destination.endpoint.origin();
        let scripted = self.scripts.borrow_mut().get_mut(&origin).and_then(VecDeque::pop_front);
        let mut service = scripted.unwrap_or_else(|| self.service.borrow().clone());
        if let Service::After(ms, then) = service {
            self.pass_ms(ms);
            service = *then;
        }
        match service {
            Service::Fails(fault) => Err(fault),
            Service::Answers(response) => Ok(Inbound {
                status: response.status,
                header_names: response.header_names(),
                connection: response.values("connection"),
                response,
            }),
            Service::After(..) => panic!("a service waits twice"),
        }
    }

    fn can_repeat(&self, request: &Request) -> bool {
        request.body.is_empty() || !self.bodies_are_long.get()
    }

    async fn hand_over(&self, original: Request, outbound: &Outbound) -> Result<(), SendFault> {
        let mut edits = outbound.edits.clone();
        edits.remove.retain(|name| !AS_SENT.contains(&&**name));
        edits.set.retain(|(name, _)| !AS_SENT.contains(&&**name));
        self.note_sent(
            &original,
            &Outbound {
                edits,
                ..outbound.clone()
            },
        );
        match &*self.service.borrow() {
            Service::Fails(fault) => Err(fault.clone()),
            Service::Answers(_) | Service::After(..) => Ok(()),
        }
    }

    fn response_values(&self, response: &Response, name: &str) -> Vec<Secret<Vec<u8>>> {
        let values = response.values(name).into_iter();
        values.map(|value| Secret::new(value.into_bytes())).collect()
    }

    async fn peek(&self, response: &mut Response, bytes_max: usize) -> Result<Secret<Vec<u8>>, SendFault> {
        Ok(Secret::new(response.body.iter().take(bytes_max).copied().collect()))
    }

    async fn pause(&self, ms: u32) {
        self.note(Event::Pause(ms));
        self.pass_ms(ms.into());
    }
}
