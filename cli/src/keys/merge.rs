//! What a fetched key set does to the keys that are stored.
//!
//! Promises: pure. A key that is missing from the issuer's set is not taken away at once: tokens that it signed may be in
//! use, and a set may be wrong for a moment. It goes when a later fetch misses it too, after a time of grace. An issuer
//! always keeps at least one key. A key that the issuer now publishes in a form that must not be used, with private
//! parts for instance, is taken away at once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tollgate::identity::keys::{KEYS_PER_ISSUER_MAX, StoredKeys, index_entry, key_entry};

use crate::stores::Entries;

/// The longest value of a config store, in characters (Fastly's config-store limits).
const VALUE_CHARS_MAX: usize = 8_000;

/// When keys that went missing are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// At once.
    Now,
    /// When they were missing before, this many seconds ago or longer.
    After(u64),
}

/// Since when which keys of an issuer are missing from its set, by key id, in Unix seconds.
pub(crate) type Missing = BTreeMap<String, u64>;

/// A key set as it was fetched and judged.
#[derive(Debug)]
pub(crate) struct Judged {
    /// What of it would be stored.
    pub(crate) keys: StoredKeys,
    /// The ids of all keys that are in it, of those too that were judged and left out.
    pub(crate) published: BTreeSet<String>,
}

/// What is done to an issuer's keys. Key ids are as the issuer wrote them: not fit for a terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Keys that were not stored.
    pub(crate) new: Vec<String>,
    /// Keys that are stored as they were.
    pub(crate) kept: Vec<String>,
    /// Keys of which another was stored under the same id.
    pub(crate) changed: Vec<String>,
    /// Keys that are missing from the set and stay for now, each with the time since when.
    pub(crate) missing: Missing,
    /// Keys that are taken away.
    pub(crate) removed: Vec<String>,
    /// Why other keys of the set were left out.
    pub(crate) left_out: Vec<String>,
    #[serde(skip)]
    pub(super) put: Vec<(String, String)>,
    #[serde(skip)]
    pub(super) take: Vec<String>,
}

impl Change {
    /// Carries it out.
    pub(crate) fn apply(&self, store: &mut Entries) {
        for name in &self.take {
            store.remove(name);
        }
        store.extend(self.put.iter().cloned());
    }

    /// How many keys the issuer has then.
    pub(crate) fn keys(&self) -> usize {
        self.new.len() + self.kept.len() + self.changed.len() + self.missing.len()
    }
}

/// What to do with the keys of `issuer`, of which `fetched` is the set as it would be stored.
///
/// # Errors
/// If what is stored can't be understood, or the set can't be stored.
pub(crate) fn merge(
    issuer: &str,
    store: &Entries,
    missing: &Missing,
    fetched: Judged,
    removal: Removal,
    now_s: u64,
) -> Result<Change, String> {
    let index_name = index_entry(issuer);
    let before = match store.get(&index_name) {
        Some(index) => {
            kids(index).ok_or("the stored index of its keys can't be read; remove the entry and sync again")?
        }
        None => Vec::new(),
    };
    let Judged { keys, published } = fetched;
    let mut put = keys.entries;
    let (_, index) = put
        .iter_mut()
        .find(|(name, _)| *name == index_name)
        .ok_or("its keys have no index")?;
    let present = kids(index).ok_or("its keys have no index")?;
    let mut change = Change {
        left_out: keys.left_out,
        ..Change::default()
    };
    for kid in before.iter().filter(|kid| !present.contains(kid)) {
        let is_due = match (removal, missing.get(kid)) {
            // It is there and was left out: the issuer does not miss it, it must not be used.
            _ if published.contains(kid) => true,
            (Removal::Now, _) => true,
            (Removal::After(grace_s), Some(since_s)) => now_s.saturating_sub(*since_s) >= grace_s,
            (Removal::After(_), None) => false,
        };
        if is_due {
            change.take.push(key_entry(issuer, kid));
            change.removed.push(kid.clone());
        } else {
            let since_s = missing.get(kid).copied().unwrap_or(now_s);
            change.missing.insert(kid.clone(), since_s);
        }
    }
    *index = with_kids(index, present.iter().chain(change.missing.keys()))?;
    if put.iter().any(|(_, value)| value.chars().count() > VALUE_CHARS_MAX) {
        return Err(format!(
            "a key, or the list of its key ids, is longer than the {VALUE_CHARS_MAX} characters that a config store takes"
        ));
    }
    for kid in present {
        let name = key_entry(issuer, &kid);
        let stored = put.iter().find(|(put, _)| *put == name).map(|(_, value)| value);
        match store.get(&name) {
            None => change.new.push(kid),
            Some(before) if stored.is_some_and(|stored| jwk(stored) == jwk(before)) => change.kept.push(kid),
            Some(_) => change.changed.push(kid),
        }
    }
    change.put = put;
    Ok(change)
}

/// The ids of all keys of a set, as far as keys of it are judged. A key without one is in no store.
pub(crate) fn published(jwks: &str) -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct KeySet {
        keys: Vec<Value>,
    }
    let keys = serde_json::from_str(jwks).map_or_else(|_| Vec::new(), |set: KeySet| set.keys);
    let judged = keys.iter().take(KEYS_PER_ISSUER_MAX);
    judged
        .filter_map(|key| key.get("kid")?.as_str().map(str::to_owned))
        .collect()
}

/// The key of an entry, without when and where it was fetched: that is another at each fetch, and the key is the same.
fn jwk(entry: &str) -> Value {
    let Ok(mut read) = serde_json::from_str::<Value>(entry) else {
        return Value::String(entry.to_owned());
    };
    let mut jwk = read.get_mut("jwk").map(Value::take).unwrap_or(read);
    if let Some(members) = jwk.as_object_mut() {
        members.retain(|name, _| !name.starts_with("tollgate_"));
    }
    jwk
}

/// The key ids of an index entry. Its other members are the library's affair.
fn kids(index: &str) -> Option<Vec<String>> {
    let index: Value = serde_json::from_str(index).ok()?;
    let kids = index.get("kids")?.as_array()?;
    kids.iter().map(|kid| kid.as_str().map(str::to_owned)).collect()
}

fn with_kids<'k>(index: &str, kids: impl Iterator<Item = &'k String>) -> Result<String, String> {
    let mut index: Value = serde_json::from_str(index).map_err(|why| why.to_string())?;
    if let Some(members) = index.as_object_mut() {
        members.insert("kids".to_owned(), json!(kids.collect::<Vec<_>>()));
    }
    Ok(index.to_string())
}

#[cfg(test)]
mod tests;
