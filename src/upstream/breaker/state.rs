//! Whether an endpoint is left alone: the transitions of a breaker.
//!
//! ```text
//! closed, n failures ─ as many in a row as the policy says ─► open ─ its time is over ─► one request tries (half-open)
//!    ▲  ▲────────────────────────── it goes well ──────────────────────────────────────────┤
//!    └─ a success takes n to 0     open again, twice as long, up to eight times ◄──── it fails
//! ```
//!
//! Promises: plain data. That only one request tries is the cache's doing ([`super`]). Failures count as a row only if they
//! last: within a second sandboxes do not know of one another's, so a success between them may not have been seen, and a
//! burst of one client's would close the endpoint for all.

use serde::{Deserialize, Serialize};

use crate::policy::site::service::Attempts;

/// An endpoint that fails again and again is left alone so many times as long as at first, at most.
const LONGER_MAX: u32 = 8;

/// How long a row of failures lasts at least, in milliseconds: until every sandbox that asks
/// the endpoint has read of it, and had time to see a success.
pub const ROW_MS_MIN: u64 = 2_000;

/// What is known of an endpoint at a POP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is asked.
    Closed {
        /// How often in a row it failed.
        failures: u32,
        /// When the first of them was, in milliseconds since 1970.
        since_ms: u64,
    },
    /// It is left alone.
    Open {
        /// For how long, in milliseconds.
        for_ms: u32,
        /// Until when, in milliseconds since 1970.
        until_ms: u64,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed {
            failures: 0,
            since_ms: 0,
        }
    }
}

/// What is so after one more failure; `None` if nothing changes. A failure of a request that was under way when the endpoint
/// came to be left alone changes nothing; one of the request that tried it does.
#[must_use]
pub fn after_failure(state: State, tried: bool, now_ms: u64, attempts: &Attempts) -> Option<State> {
    let for_ms = match state {
        State::Closed { failures, since_ms } => {
            let since_ms = if failures == 0 { now_ms } else { since_ms };
            let failures = failures.saturating_add(1);
            let lasts = attempts.failures_max == 1 || now_ms.saturating_sub(since_ms) >= ROW_MS_MIN;
            if failures < attempts.failures_max || !lasts {
                return Some(State::Closed { failures, since_ms });
            }
            attempts.open_ms
        }
        State::Open { .. } if !tried => return None,
        State::Open { for_ms, .. } => {
            let longest_ms = attempts.open_ms.saturating_mul(LONGER_MAX);
            for_ms.saturating_mul(2).clamp(attempts.open_ms, longest_ms)
        }
    };
    Some(State::Open {
        for_ms,
        until_ms: now_ms.saturating_add(for_ms.into()),
    })
}

/// What is so after a success; `None` if nothing changes.
#[must_use]
pub fn after_success(state: State, tried: bool) -> Option<State> {
    match state {
        State::Closed { failures: 0, .. } => None,
        State::Open { .. } if !tried => None,
        State::Closed { .. } | State::Open { .. } => Some(State::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_000_000;

    /// So many failures, the first of which was long ago.
    fn closed(failures: u32) -> State {
        State::Closed {
            failures,
            since_ms: if failures == 0 { 0 } else { NOW_MS - ROW_MS_MIN },
        }
    }

    /// So many failures, the first of which was so long ago.
    fn within(failures: u32, ms: u64) -> State {
        State::Closed {
            failures,
            since_ms: NOW_MS - ms,
        }
    }

    fn open(for_ms: u32) -> State {
        State::Open {
            for_ms,
            until_ms: NOW_MS + u64::from(for_ms),
        }
    }

    #[test]
    fn failures() {
        let attempts = Attempts {
            failures_max: 3,
            open_ms: 10_000,
            ..Attempts::default()
        };
        for (name, state, tried, expected) in [
            ("the first", closed(0), false, Some(within(1, 0))),
            ("a burst", within(7, 1_999), false, Some(within(8, 1_999))),
            ("that lasts", within(7, 2_000), false, Some(open(10_000))),
            ("the second", closed(1), false, Some(closed(2))),
            ("the third", closed(2), false, Some(open(10_000))),
            ("more than a new policy takes", closed(7), false, Some(open(10_000))),
            ("one that was under way", open(10_000), false, None),
            ("who tried it", open(10_000), true, Some(open(20_000))),
            ("again", open(20_000), true, Some(open(40_000))),
            ("and again", open(40_000), true, Some(open(80_000))),
            ("no longer than that", open(80_000), true, Some(open(80_000))),
            ("as an older policy had it", open(200_000), true, Some(open(80_000))),
            ("as a shorter one had it", open(1_000), true, Some(open(10_000))),
        ] {
            assert_eq!(after_failure(state, tried, NOW_MS, &attempts), expected, "{name}");
        }
        let at_once = Attempts {
            failures_max: 1,
            ..attempts
        };
        assert_eq!(after_failure(closed(0), false, NOW_MS, &at_once), Some(open(10_000)));
    }

    #[test]
    fn successes() {
        for (name, state, tried, expected) in [
            ("nothing to forget", closed(0), false, None),
            ("in a row no more", closed(2), false, Some(closed(0))),
            ("one that was under way", open(10_000), false, None),
            ("who tried it", open(10_000), true, Some(closed(0))),
        ] {
            assert_eq!(after_success(state, tried), expected, "{name}");
        }
    }
}
