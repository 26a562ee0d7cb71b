//! The gateway's stores as files on this machine, and the configuration that shows them to Viceroy.
//!
//! Promises: what is written is what would be published: the same entries under the same names. The config stores are
//! read anew for each request, so an edited file takes effect at once, as on the platform. Secrets and the KV store are read
//! when Viceroy starts, and edits of them take effect with the next start.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use tollgate::host::{ConfigStore, SECRET_STORE, STATE_STORE};
use tollgate::identity::keys;
use tollgate::policy::active::ACTIVE_ENTRY;
use tollgate::policy::pages::compiled;
use tollgate::policy::site::Site;

/// The contents of the stores.
#[derive(Default)]
pub struct LocalStores {
    /// `tollgate`.
    pub policy: BTreeMap<String, String>,
    /// `tollgate_keys`.
    pub keys: BTreeMap<String, String>,
    /// `tollgate_secrets`; has no text form.
    pub secrets: BTreeMap<String, Vec<u8>>,
    /// `tollgate_state`.
    pub state: BTreeMap<String, String>,
}

impl LocalStores {
    /// Puts a policy in force.
    ///
    /// # Errors
    /// If it can't be laid out on pages.
    pub fn activate(&mut self, site: &Site) -> anyhow::Result<()> {
        let version = self.add(site)?;
        self.policy.insert(ACTIVE_ENTRY.to_owned(), version);
        Ok(())
    }

    /// Adds a policy's entries without putting it in force, and gives its version.
    ///
    /// # Errors
    /// If it can't be laid out on pages.
    pub fn add(&mut self, site: &Site) -> anyhow::Result<String> {
        let compiled = compiled(site).map_err(anyhow::Error::msg)?;
        self.policy.extend(compiled.entries);
        Ok(compiled.version)
    }

    /// Adds an issuer's keys, with the URL where the edge finds them anew, and gives the reasons why some were left out.
    ///
    /// # Errors
    /// If no key of the set can be used.
    pub fn add_keys(
        &mut self,
        issuer: &str,
        jwks: &str,
        jwks_uri: Option<&str>,
        fetched_at: u64,
    ) -> anyhow::Result<Vec<String>> {
        let stored = keys::entries(issuer, jwks, fetched_at, jwks_uri)
            .map_err(|why| anyhow::anyhow!("the keys of {issuer} can't be used: {why}"))?;
        self.keys.extend(stored.entries);
        Ok(stored.left_out)
    }

    /// Adds entries as they stand, over those that are there: of `tollgate_keys` and of `tollgate_state`.
    pub fn add_brought(&mut self, keys: &BTreeMap<String, String>, state: &BTreeMap<String, String>) {
        self.keys.extend(keys.clone());
        self.state.extend(state.clone());
    }

    /// Writes the stores and a `fastly.toml` that names them into `folder`, and gives back the path of the latter.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<std::path::PathBuf> {
        refuse_foreign(&folder.join("fastly.toml"))?;
        fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
        self.write_config_stores(folder)?;
        write_json(&folder.join(STATE_FILE), &self.state)?;
        let secrets = folder.join("secrets");
        fs::create_dir_all(&secrets)?;
        for (name, value) in &self.secrets {
            write(&secrets.join(name), value)?;
        }
        let manifest = folder.join("fastly.toml");
        write(&manifest, self.manifest()?.as_bytes())?;
        Ok(manifest)
    }

    /// Writes the config stores alone, over those that a running gateway reads.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn write_config_stores(&self, folder: &Path) -> anyhow::Result<()> {
        write_json(&folder.join(file(ConfigStore::Policy)), &self.policy)?;
        write_json(&folder.join(file(ConfigStore::Keys)), &self.keys)
    }

    /// Changes the entries of a config store that was written to `folder`. A gateway that runs sees either all of the
    /// change or nothing.
    ///
    /// # Errors
    /// If the file can't be read or written.
    pub fn edit(
        folder: &Path,
        store: ConfigStore,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> anyhow::Result<()> {
        let path = folder.join(file(store));
        let text = fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        let mut entries = serde_json::from_slice(&text).with_context(|| format!("{} is no store", path.display()))?;
        change(&mut entries);
        write_json(&path, &entries)
    }

    fn manifest(&self) -> anyhow::Result<String> {
        let store = |store: ConfigStore| json!({ "format": "json", "file": file(store) });
        let secrets: Vec<_> = self
            .secrets
            .keys()
            .map(|name| json!({ "key": name, "file": format!("secrets/{name}") }))
            .collect();
        let manifest = json!({
            "manifest_version": 3,
            "name": "tollgate",
            "language": "rust",
            "local_server": {
                "config_stores": {
                    ConfigStore::Policy.name(): store(ConfigStore::Policy),
                    ConfigStore::Keys.name(): store(ConfigStore::Keys),
                },
                "kv_stores": { STATE_STORE: { "format": "json", "file": STATE_FILE } },
                "secret_stores": { SECRET_STORE: secrets },
            },
        });
        Ok(format!("{OURS}\n{}", toml::to_string(&manifest)?))
    }
}

/// The file that holds the KV store.
pub const STATE_FILE: &str = "tollgate_state.json";

/// The first line of a `fastly.toml` that is written here, and so may be written again.
const OURS: &str = "# Written by `tollgate serve --emit`. File names are relative to this folder: run Viceroy in it.";

/// A `fastly.toml` that somebody else wrote holds a service's id, and more that is not here.
fn refuse_foreign(manifest: &Path) -> anyhow::Result<()> {
    match fs::read_to_string(manifest) {
        Ok(text) if !text.starts_with(OURS) => {
            bail!(
                "{} was not written by this command and is kept; choose another folder",
                manifest.display()
            )
        }
        _ => Ok(()),
    }
}

/// The file that holds a config store.
#[must_use]
pub fn file(store: ConfigStore) -> String {
    format!("{}.json", store.name())
}

fn write_json(path: &Path, entries: &BTreeMap<String, String>) -> anyhow::Result<()> {
    write(path, serde_json::to_string_pretty(entries)?.as_bytes())
}

/// Puts a file in place whole, so that a reader never sees half of it. Its owner alone can read it.
fn write(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().context("a file without folder")?;
    let mut whole = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut whole, contents)?;
    whole
        .persist(path)
        .with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(key: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn every_store_is_written_and_named() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut stores = LocalStores {
            policy: entries("active", "v1"),
            keys: entries("k", "made"),
            ..LocalStores::default()
        };
        stores.add_brought(&entries("k", "brought"), &entries("s", "revoked"));
        let manifest: toml::Table = toml::from_str(&fs::read_to_string(stores.write(folder.path())?)?)?;
        let named = manifest.get("local_server").and_then(toml::Value::as_table);
        let file = |kind: &str, store: &str| {
            let named = named.and_then(|named| named.get(kind)?.get(store)?.get("file")?.as_str());
            let text = fs::read_to_string(folder.path().join(named.unwrap_or_default()));
            serde_json::from_str::<BTreeMap<String, String>>(&text.unwrap_or_default()).ok()
        };
        assert_eq!(file("config_stores", "tollgate"), Some(entries("active", "v1")));
        assert_eq!(file("config_stores", "tollgate_keys"), Some(entries("k", "brought")));
        assert_eq!(file("kv_stores", "tollgate_state"), Some(entries("s", "revoked")));
        Ok(())
    }
}
