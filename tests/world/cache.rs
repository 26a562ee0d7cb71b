//! The POP's cache: values that are fresh, then stale, then gone, and one turn a key to fill it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use tollgate::host::Freshness;

/// All entries, and the turns that are taken.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: BTreeMap<String, Entry>,
    taken: Rc<RefCell<HashSet<String>>>,
}

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    fresh_until_ms: u64,
    stale_until_ms: u64,
    purged_by: Vec<String>,
}

/// What is known under a key.
pub(crate) enum Known {
    Fresh(Vec<u8>),
    Stale(Vec<u8>),
    Nothing,
}

/// The turn to fill one entry; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Turn {
    key: String,
    taken: Rc<RefCell<HashSet<String>>>,
}

impl Turn {
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.taken.borrow_mut().remove(&self.key);
    }
}

impl Cache {
    /// What is known under a key at a time.
    pub(crate) fn known(&self, key: &str, now_ms: u64) -> Known {
        match self.entries.get(key) {
            Some(entry) if now_ms < entry.fresh_until_ms => Known::Fresh(entry.value.clone()),
            Some(entry) if now_ms < entry.stale_until_ms => Known::Stale(entry.value.clone()),
            _ => Known::Nothing,
        }
    }

    /// Keeps a value from a time on.
    pub(crate) fn keep(&mut self, key: &str, value: &[u8], freshness: Freshness, now_ms: u64) {
        let fresh_until_ms = now_ms + freshness.fresh_s * 1_000;
        let entry = Entry {
            value: value.to_vec(),
            fresh_until_ms,
            stale_until_ms: fresh_until_ms + freshness.stale_s * 1_000,
            purged_by: Vec::new(),
        };
        self.entries.insert(key.to_owned(), entry);
    }

    /// Gives an entry its surrogate keys.
    pub(crate) fn mark(&mut self, key: &str, purged_by: Vec<String>) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.purged_by = purged_by;
        }
    }

    /// Drops all entries with this surrogate key, as the platform does when it is told to.
    pub(crate) fn purge(&mut self, surrogate_key: &str) {
        self.entries
            .retain(|_, entry| entry.purged_by.iter().all(|key| key != surrogate_key));
    }

    /// The turn to fill an entry, unless somebody has it.
    pub(crate) fn turn(&self, key: &str) -> Option<Turn> {
        let free = self.taken.borrow_mut().insert(key.to_owned());
        free.then(|| Turn {
            key: key.to_owned(),
            taken: Rc::clone(&self.taken),
        })
    }

    /// All keys and values, for tests that look for what must not be there.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), entry.value.as_slice()))
    }

    /// Puts this in place of every value.
    pub(crate) fn overwrite(&mut self, value: &[u8]) {
        for entry in self.entries.values_mut() {
            entry.value = value.to_vec();
        }
    }
}
