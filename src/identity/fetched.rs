//! An issuer's key set as a POP last fetched it, and which key is trusted of what is known.
//!
//! Promises, for an issuer whose key set may be fetched:
//!
//! - The newest good set counts, be it the config store's or the POP's. A key that it does not have is not trusted.
//! - A set is fetched again when it is older than `refresh_s`; for an unknown `kid`, `unknown_s` after the last try.
//! - While the issuer fails, the last good set counts until it is `age_s_max` old, and then no more.

use serde::{Deserialize, Serialize};

use crate::{
    identity::keys::{self, UsableKeys},
    policy::issuer::KeySource,
    time::UnixSeconds,
    upstream::send::{Ask, Call, Destination, Endpoint, Reply, Timeouts},
};

/// The longest key set that is read, in bytes. Certificates, which are left out of what is kept, make most of some.
pub const SET_BYTES_MAX: usize = 262_144;

/// The longest set that is kept, in bytes.
const KEPT_BYTES_MAX: usize = 60_000;

/// How far the clock that wrote a time may be ahead, in seconds. A time further on is not believed.
const AHEAD_S_MAX: u64 = 300;

/// How long an issuer may take.
const TIMEOUTS: Timeouts = Timeouts {
    connect_ms: 1_000,
    first_byte_ms: 3_000,
    between_bytes_ms: 1_000,
};

/// A key set as it is kept at the POP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedKeys {
    /// The keys that can be used: `kid` and JWK.
    pub keys: Vec<(String, String)>,
    /// When they were fetched; 0 if they never were.
    pub fetched_at: UnixSeconds,
    /// When that was last tried.
    pub tried_at: UnixSeconds,
}

impl FetchedKeys {
    /// Reads what [`Self::bytes`] wrote.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// The bytes that are kept.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// The set after a fetch that brought `keys`, or failed.
    #[must_use]
    pub fn after(self, fetched: Option<Vec<(String, String)>>, now: UnixSeconds) -> Self {
        match fetched {
            Some(keys) => Self {
                keys,
                fetched_at: now,
                tried_at: now,
            },
            None => Self { tried_at: now, ..self },
        }
    }

    fn key(&self, kid: &str) -> Option<&str> {
        let found = self.keys.iter().find(|(own, _)| own == kid);
        found.map(|(_, jwk)| jwk.as_str())
    }
}

/// What the config store has of an issuer's set, as far as the choice needs it.
#[derive(Debug, Clone, Copy)]
pub struct InStore<'a> {
    /// The key that is asked for, if it is among them: a JWK.
    pub jwk: Option<&'a str>,
    /// When the set was fetched.
    pub fetched_at: UnixSeconds,
}

/// Which key is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trusted<'a> {
    /// This one: a JWK.
    Key(&'a str),
    /// None: the newest good set does not have it.
    Unknown,
    /// Nobody knows: there is no set that is not too old.
    NoSet,
}

/// What is known of one key of an issuer, besides what the POP has.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the config store has; none if it has nothing of the issuer.
    pub stored: Option<InStore<'a>>,
    /// What the policy says of the issuer's keys.
    pub source: &'a KeySource,
    /// The key that is asked for.
    pub kid: &'a str,
}

impl<'a> Known<'a> {
    /// Which key is trusted, with the set that the POP has.
    #[must_use]
    pub fn trusted<'s>(&self, fetched: Option<&'s FetchedKeys>, now: UnixSeconds) -> Trusted<'s>
    where
        'a: 's,
    {
        match self.newest(fetched, now) {
            (_, Some(age_s)) if age_s >= u64::from(self.source.age_s_max) => Trusted::NoSet,
            (_, None) => Trusted::NoSet,
            (Some(jwk), _) => Trusted::Key(jwk),
            (None, _) => Trusted::Unknown,
        }
    }

    /// Whether the set is to be fetched.
    #[must_use]
    pub fn is_due(&self, fetched: Option<&FetchedKeys>, now: UnixSeconds) -> bool {
        let (refresh_s, unknown_s) = (u64::from(self.source.refresh_s), u64::from(self.source.unknown_s));
        let tried_s = fetched.and_then(|set| age_s(set.tried_at, now));
        let (key, age_s) = self.newest(fetched, now);
        let is_old = age_s.is_none_or(|age_s| age_s >= refresh_s);
        let may_retry = tried_s.is_none_or(|tried_s| tried_s >= refresh_s.min(unknown_s));
        let may_search = tried_s.is_none_or(|tried_s| tried_s >= unknown_s);
        (is_old && may_retry) || (key.is_none() && may_search)
    }

    /// The key in the newest set, and that set's age; no age if there is no set.
    fn newest<'s>(&self, fetched: Option<&'s FetchedKeys>, now: UnixSeconds) -> (Option<&'s str>, Option<u64>)
    where
        'a: 's,
    {
        let of_stored = |stored: InStore<'_>| age_s(stored.fetched_at, now).unwrap_or(u64::MAX);
        let of_fetched = fetched.and_then(|set| Some((set, age_s(set.fetched_at, now)?)));
        match (self.stored, of_fetched) {
            (Some(stored), None) => (stored.jwk, Some(of_stored(stored))),
            // Of two of the same age the one that has the key; else a set that was just fetched for it would not count.
            (Some(stored), Some((_, age_s)))
                if of_stored(stored) < age_s || (of_stored(stored) == age_s && stored.jwk.is_some()) =>
            {
                (stored.jwk, Some(of_stored(stored)))
            }
            (_, Some((set, age_s))) => (set.key(self.kid), Some(age_s)),
            (None, None) => (None, None),
        }
    }
}

/// How long ago that was; `None` for never, and for a time that is too far in the future.
fn age_s(at: UnixSeconds, now: UnixSeconds) -> Option<u64> {
    (at.0 > 0 && at <= now.plus_s(AHEAD_S_MAX)).then(|| at.until_s(now))
}

/// The request for a key set.
#[must_use]
pub fn call((endpoint, target): (&Endpoint, &str)) -> Call {
    Call {
        destination: Destination {
            name: "issuer_keys".to_owned(),
            endpoint: endpoint.clone(),
            timeouts: TIMEOUTS,
        },
        target: target.to_owned(),
        ask: Ask::Get,
        authorization: None,
        body_bytes_max: SET_BYTES_MAX,
    }
}

/// The keys of an answer that can be used.
///
/// # Errors
/// Why the answer is no key set that can be used.
pub fn finish(reply: &Reply) -> Result<UsableKeys, String> {
    if reply.status != 200 {
        return Err(format!("it answered {}", reply.status));
    }
    let text = std::str::from_utf8(reply.body.expose()).map_err(|_| "its answer is no text")?;
    let usable = keys::usable(text)?;
    let bytes: usize = usable.keys.iter().map(|(kid, jwk)| kid.len() + jwk.len()).sum();
    match bytes <= KEPT_BYTES_MAX {
        true => Ok(usable),
        false => Err(format!("its keys are longer than {KEPT_BYTES_MAX} bytes")),
    }
}

#[cfg(test)]
mod tests;
