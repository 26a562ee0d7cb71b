//! What a sandbox remembers of endpoints: whether they are left alone.

use crate::{
    sandbox::bounded::Bounded,
    upstream::{breaker::state::State, send::Endpoint},
};

/// The most endpoints of which is remembered whether they are left alone.
pub const ENDPOINTS_MAX: usize = 64;

/// How long that is remembered, in microseconds. So long a sandbox may go on asking what others have left alone.
pub const STATE_AGE_US_MAX: u64 = 1_000_000;

/// The endpoints that a sandbox knows.
#[derive(Debug)]
pub(super) struct Breakers(Bounded<Kept>);

#[derive(Debug)]
struct Kept {
    service: String,
    endpoint: Endpoint,
    state: State,
    read_at_us: u64,
}

impl Default for Breakers {
    fn default() -> Self {
        Self(Bounded::new(ENDPOINTS_MAX))
    }
}

impl Kept {
    fn is_of(&self, service: &str, endpoint: &Endpoint) -> bool {
        self.endpoint == *endpoint && self.service == service
    }
}

impl Breakers {
    pub(super) fn state(&self, service: &str, endpoint: &Endpoint, now_us: u64) -> Option<State> {
        let is_fresh = |kept: &Kept| {
            let age_us = now_us.checked_sub(kept.read_at_us);
            age_us.is_some_and(|age_us| age_us < STATE_AGE_US_MAX)
        };
        let kept = self.0.find(|kept| kept.is_of(service, endpoint) && is_fresh(kept));
        kept.map(|kept| kept.state)
    }

    pub(super) fn keep(&mut self, service: &str, endpoint: &Endpoint, state: State, now_us: u64) {
        let kept = Kept {
            service: service.to_owned(),
            endpoint: endpoint.clone(),
            state,
            read_at_us: now_us,
        };
        self.0.replace(|old| old.is_of(service, endpoint), kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_service_and_endpoint_for_a_second() {
        let endpoint = |origin: &str| Endpoint::parse(origin).unwrap();
        let (here, there) = (endpoint("https://a.example"), endpoint("https://b.example"));
        let state = State::Closed {
            failures: 2,
            since_ms: 0,
        };
        let mut breakers = Breakers::default();
        breakers.keep("orders", &here, state, 5);
        for (name, service, endpoint, now_us, found) in [
            ("at once", "orders", &here, 5, true),
            ("in its last moment", "orders", &here, 1_000_004, true),
            ("after a second", "orders", &here, 1_000_005, false),
            ("by a clock that went back", "orders", &here, 4, false),
            ("another service", "stock", &here, 5, false),
            ("another endpoint", "orders", &there, 5, false),
        ] {
            assert_eq!(
                breakers.state(service, endpoint, now_us),
                found.then_some(state),
                "{name}"
            );
        }
        for number in 0..ENDPOINTS_MAX {
            breakers.keep(&number.to_string(), &here, state, 5);
        }
        assert_eq!(breakers.state("orders", &here, 5), None, "the oldest is forgotten");
        assert_eq!(breakers.0.len(), ENDPOINTS_MAX);
    }
}
