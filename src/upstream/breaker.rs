//! Endpoints that fail again and again, left alone for a while: a breaker for each, shared by all of a POP.
//!
//! Promises: while an endpoint is left alone nothing is sent to it, and when its time is over one request at the POP tries it
//! first. A sandbox remembers for a second what it read, so that requests that go well ask the cache for nothing.
//!
//! It is no exact count: what two requests count at the same moment may be counted once, and a count that nobody adds to is
//! forgotten in [`COUNTED_S`] seconds. A cache that fails, or holds what can't be read, leaves no endpoint alone.
//!
//! Two cache entries an endpoint: its [`State`], and a mark that is fresh as long as it is left alone. Once the mark is stale
//! the cache gives one request the turn to renew it, and this is the one that tries.

pub mod state;

use crate::{
    digest,
    host::{CacheKey, Found, Freshness, Host},
    policy::site::service::Attempts,
    sandbox::Sandbox,
    secret::Secret,
    upstream::{
        breaker::state::{State, after_failure, after_success},
        send::Endpoint,
    },
};

/// How long failures in a row are counted together, in seconds from the last.
pub const COUNTED_S: u64 = 60;

/// How long after its time an endpoint is still tried by one request alone, in seconds. After that it is as any other.
pub const TRIED_ALONE_S: u64 = 60;

/// How long the mark lasts after all is well, in seconds; longer than a sandbox remembers that it was not.
const WELL_S: u64 = 2;

/// One endpoint of a service.
#[derive(Debug)]
pub struct Breaker<'a, H: Host> {
    /// The world.
    pub host: &'a H,
    /// The sandbox's memory.
    pub sandbox: &'a Sandbox,
    /// The policy's name of the service.
    pub service: &'a str,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// When it is left alone.
    pub attempts: &'a Attempts,
}

/// Whether an endpoint may be asked.
#[derive(Debug)]
pub enum Stand<T> {
    /// As usual. What is known, unless nothing is.
    Closed(Option<State>),
    /// By this request, which tries it for all.
    HalfOpen(State, T),
    /// By this request too, since nobody has tried it for long.
    Late(State),
    /// Not now.
    Open {
        /// Until when, in milliseconds since 1970.
        until_ms: u64,
    },
}

impl<H: Host> Breaker<'_, H> {
    /// Whether the endpoint may be asked now. `bodiless` is whether the request has no body: only such a one may be the one
    /// that tries, since a client who sends its body slowly would have all others wait. Where none comes, those with a body
    /// go out after as long again.
    pub async fn stand(&self, bodiless: bool, problems: &mut Vec<String>) -> Stand<H::Turn> {
        if self.attempts.failures_max == 0 {
            return Stand::Closed(None);
        }
        let now_us = self.host.stopwatch_us();
        let state = match self.sandbox.breaker(self.service, self.endpoint, now_us) {
            Some(state) => state,
            None => match self.recalled(problems).await {
                Some(state) => state,
                None => return Stand::Closed(None),
            },
        };
        let State::Open { until_ms, for_ms } = state else {
            return Stand::Closed(Some(state));
        };
        if !bodiless {
            return match self.host.now().unix_ms >= until_ms.saturating_add(for_ms.into()) {
                true => Stand::Late(state),
                false => Stand::Open { until_ms },
            };
        }
        match self.host.recall_or_turn(&self.key("mark")).await {
            Ok(Found::Value(_) | Found::Busy) => Stand::Open { until_ms },
            Ok(Found::Stale(_, turn) | Found::Nothing(turn)) => Stand::HalfOpen(state, turn),
            Err(fault) => {
                problems.push(format!("the breaker can't be read: {}", fault.0));
                Stand::Closed(None)
            }
        }
    }

    /// Notes how asking it went. Gives whether it is left alone from now on.
    pub async fn settle(&self, stand: Stand<H::Turn>, went_well: bool, problems: &mut Vec<String>) -> bool {
        let tried = matches!(stand, Stand::HalfOpen(..) | Stand::Late(_));
        let (state, turn) = match stand {
            Stand::Closed(None) | Stand::Open { .. } => return false,
            Stand::Closed(Some(known)) if went_well && after_success(known, false).is_none() => return false,
            // Others may have counted while this request was under way.
            Stand::Closed(Some(_)) => match self.recalled(problems).await {
                Some(state) => (state, None),
                None => return false,
            },
            Stand::HalfOpen(state, turn) => (state, Some(turn)),
            Stand::Late(state) => (state, None),
        };
        let next = match went_well {
            true => after_success(state, tried),
            false => after_failure(state, tried, self.host.now().unix_ms, self.attempts),
        };
        let Some(next) = next else {
            return matches!(state, State::Open { .. });
        };
        match self.write(next, turn).await {
            Ok(()) => {
                let now_us = self.host.stopwatch_us();
                self.sandbox.keep_breaker(self.service, self.endpoint, next, now_us);
                matches!(next, State::Open { .. })
            }
            Err(why) => {
                problems.push(format!("the breaker can't be written: {why}"));
                false
            }
        }
    }

    /// What the POP knows; `None` where its cache fails.
    async fn recalled(&self, problems: &mut Vec<String>) -> Option<State> {
        let state = match self.host.recall(&self.key("state")).await {
            Ok(None) => State::default(),
            Ok(Some(value)) => serde_json::from_slice(value.expose()).unwrap_or_else(|_| {
                problems.push("the breaker's state in the cache is malformed".to_owned());
                State::default()
            }),
            Err(fault) => {
                problems.push(format!("the breaker can't be read: {}", fault.0));
                return None;
            }
        };
        let now_us = self.host.stopwatch_us();
        self.sandbox.keep_breaker(self.service, self.endpoint, state, now_us);
        Some(state)
    }

    /// The mark first: a state that says "left alone" without one would have all others wait for whoever tries.
    async fn write(&self, state: State, turn: Option<H::Turn>) -> Result<(), String> {
        let (of_mark, of_state) = match state {
            State::Closed { .. } => {
                let gone = Freshness {
                    fresh_s: WELL_S,
                    stale_s: 0,
                };
                (turn.is_some().then_some(gone), COUNTED_S)
            }
            State::Open { for_ms, .. } => {
                let open_s = u64::from(for_ms.div_ceil(1_000));
                let mark = Freshness {
                    fresh_s: open_s,
                    stale_s: TRIED_ALONE_S,
                };
                // No longer than the mark, for the same reason.
                (Some(mark), open_s + TRIED_ALONE_S - 1)
            }
        };
        let mark = Secret::new(b"left alone".to_vec());
        let marked = match (of_mark, turn) {
            (Some(freshness), Some(turn)) => self.host.fill(turn, &mark, freshness, &[]).await,
            (Some(freshness), None) => self.host.remember(&self.key("mark"), &mark, freshness, &[]).await,
            (None, _) => Ok(()),
        };
        marked.map_err(|fault| fault.0)?;
        let value = serde_json::to_vec(&state).map_err(|why| why.to_string())?;
        let freshness = Freshness {
            fresh_s: of_state,
            stale_s: 0,
        };
        let value = Secret::new(value);
        let written = self.host.remember(&self.key("state"), &value, freshness, &[]).await;
        written.map_err(|fault| fault.0)
    }

    /// An origin is one revision in one region.
    fn key(&self, what: &str) -> CacheKey {
        let origin = self.endpoint.origin();
        let parts = [what.as_bytes(), self.service.as_bytes(), origin.as_bytes()];
        CacheKey(digest::of("tollgate breaker 1", &parts))
    }
}
