//! The point of presence.
//!
//! Promises that two POPs share nothing, a clone neither.

use std::sync::Arc;

use super::cache::Cache;
use crate::scenario::{Response, World};

/// What outlives a sandbox: the world that it finds, and the POP's cache. A clone goes its own way.
#[derive(Debug, Clone)]
pub struct Pop {
    world: Arc<World>,
    /// How far the clock has been moved on, in milliseconds.
    passed_ms: u64,
    pub(super) cache: Cache,
}

impl Pop {
    /// A POP with an empty cache.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self {
            world: Arc::new(world.clone()),
            passed_ms: 0,
            cache: Cache::default(),
        }
    }

    /// Moves the clock on by this many milliseconds. Else it stands still.
    pub const fn let_pass(&mut self, ms: u64) {
        self.passed_ms = self.passed_ms.saturating_add(ms);
    }

    /// The wall clock, in milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(&self) -> u64 {
        self.world.unix_ms.saturating_add(self.passed_ms)
    }

    /// How far the clock has been moved on, in milliseconds.
    pub(super) const fn passed_ms(&self) -> u64 {
        self.passed_ms
    }

    /// Whether there is a config store of this name.
    pub(super) fn has_config_store(&self, store: &str) -> bool {
        self.world.config.iter().any(|(name, _, _)| name == store)
    }

    /// What an entry of a config store holds.
    pub(super) fn config(&self, store: &str, entry: &str) -> Option<&str> {
        let mut entries = self.world.config.iter();
        let found = entries.find(|(name, key, _)| name == store && key == entry);
        found.map(|(_, _, value)| value.as_str())
    }

    /// What a secret is.
    pub(super) fn secret(&self, name: &str) -> Option<&str> {
        let found = self.world.secrets.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What an entry of the KV store holds.
    pub(super) fn state(&self, key: &str) -> Option<&str> {
        let found = self.world.state.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// What a host answers, to everything or there.
    pub(super) fn outside(&self, host: &str, target: &str) -> Option<&Response> {
        let named = |wanted: &str| self.world.outside.iter().find(|(name, _)| name == wanted);
        let found = named(host).or_else(|| named(&format!("{host}{target}")));
        found.map(|(_, answer)| answer)
    }
}
