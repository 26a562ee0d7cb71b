//! What `tollgate serve` takes from the folder: issuers' keys, what is revoked, and API keys.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use tollgate::{
    host::ConfigStore,
    identity::keys::{KeyIndex, index_entry, key_entry},
    policy::site::Site,
};
use tollgate_devstack::local_stores::LocalStores;

use super::{Entries, KEYS, KNOBS, STATE, Stores};

/// What a local world is given.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// Entries of `tollgate_keys`, by the policy's name of the issuer: its index and its keys.
    keys: BTreeMap<String, Entries>,
    /// Entries of `tollgate` besides policies.
    knobs: Entries,
    /// Entries of `tollgate_state`.
    pub(crate) state: Entries,
}

impl Served {
    /// Reads what the folder has, of keys those of the policy's issuers that are not `brought`.
    ///
    /// # Errors
    /// If a file can't be understood, or an issuer's keys are not whole.
    pub(crate) fn read(stores: &Stores, site: &Site, brought: impl Fn(&str) -> bool) -> anyhow::Result<Self> {
        let stored: Entries = stores.read(KEYS)?;
        let issuers = &site.settings().issuers;
        // Issuers of one `iss` have one set of keys between them.
        let brought: Vec<&str> = issuers
            .iter()
            .filter(|(name, _)| brought(name))
            .map(|(_, issuer)| issuer.issuer.as_str())
            .collect();
        let mut keys = BTreeMap::new();
        for (name, issuer) in issuers
            .iter()
            .filter(|(_, issuer)| !brought.contains(&issuer.issuer.as_str()))
        {
            let of_issuer = keys_of(&issuer.issuer, &stored)
                .with_context(|| format!("the stored keys of {name}; `tollgate keys sync` fetches them anew"))?;
            if let Some(of_issuer) = of_issuer {
                keys.insert(name.clone(), of_issuer);
            }
        }
        Ok(Self {
            keys,
            knobs: stores.read(KNOBS)?,
            state: stores.read(STATE)?,
        })
    }

    /// The entries of `tollgate_keys`: with the times at which keys were really fetched.
    pub(crate) fn key_entries(&self) -> Entries {
        self.keys
            .values()
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Lays the knobs into the config store that a gateway reads, over those that are there.
    ///
    /// # Errors
    /// If the store's file can't be read or written.
    pub(crate) fn lay(&self, folder: &Path) -> anyhow::Result<()> {
        if !self.knobs.is_empty() {
            LocalStores::edit(folder, ConfigStore::Policy, |entries| {
                entries.extend(self.knobs.clone())
            })?;
        }
        Ok(())
    }

    /// What was taken, in words; none if there was nothing.
    pub(crate) fn note(&self) -> Option<String> {
        if self.keys.is_empty() && self.knobs.is_empty() && self.state.is_empty() {
            return None;
        }
        let issuers: Vec<_> = self.keys.keys().map(String::as_str).collect();
        let keys = match issuers.is_empty() {
            true => "no keys".to_owned(),
            false => format!("the keys of {}", issuers.join(", ")),
        };
        let (knobs, state) = (self.knobs.len(), self.state.len());
        Some(format!("{keys}, {knobs} knobs, {state} entries of state"))
    }
}

/// The index and the keys of an issuer; none if it has no index.
fn keys_of(issuer: &str, stored: &Entries) -> anyhow::Result<Option<Entries>> {
    let index_name = index_entry(issuer);
    let Some(text) = stored.get(&index_name) else {
        return Ok(None);
    };
    let index: KeyIndex = serde_json::from_str(text).context("their index can't be read")?;
    let mut entries = Entries::from([(index_name, text.clone())]);
    for kid in &index.kids {
        let name = key_entry(issuer, kid);
        let key = stored.get(&name).context("a key of the index is missing")?;
        entries.insert(name, key.clone());
    }
    Ok(Some(entries))
}
