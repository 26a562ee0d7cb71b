//! The keys that the gateway signs with, as one sandbox remembers them.
//!
//! Promises: a key is found by the name of its secret, and for a minute. A secret that was put anew signs within that
//! time everywhere.

use std::sync::Arc;

use crate::{sandbox::bounded::Bounded, time::UnixSeconds, upstream::signing_key::SigningKey};

/// The most keys that are remembered: two while one takes the other's place, and as many of a policy that comes after.
pub const SIGNING_KEYS_MAX: usize = 4;

/// How long a key is used before it is read again, in seconds.
pub const SIGNING_KEY_AGE_S_MAX: u64 = 60;

/// Keys by the names of their secrets.
#[derive(Debug)]
pub(super) struct SigningKeys(Bounded<Kept>);

#[derive(Debug)]
struct Kept {
    name: String,
    key: Arc<SigningKey>,
    read_at: UnixSeconds,
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self(Bounded::new(SIGNING_KEYS_MAX))
    }
}

impl SigningKeys {
    pub(super) fn of(&self, name: &str, now: UnixSeconds) -> Option<Arc<SigningKey>> {
        let fresh = |kept: &&Kept| {
            kept.name == name && now >= kept.read_at && kept.read_at.until_s(now) < SIGNING_KEY_AGE_S_MAX
        };
        self.0.find(fresh).map(|kept| Arc::clone(&kept.key))
    }

    pub(super) fn keep(&mut self, name: &str, key: SigningKey, now: UnixSeconds) -> Arc<SigningKey> {
        let key = Arc::new(key);
        let kept = Kept {
            name: name.to_owned(),
            key: Arc::clone(&key),
            read_at: now,
        };
        self.0.replace(|old| old.name == name, kept);
        key
    }
}
