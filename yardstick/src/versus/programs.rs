//! Programs of this repository under Viceroy, each in a process of its own.
//!
//! Promises that all have their config stores in the same form: in Viceroy's memory, since on the platform none is read
//! from a file on each request.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;
use tollgate_devstack::google::Google;
use tollgate_devstack::local_stores::LocalStores;
use tollgate_devstack::tokens::Issuer;
use tollgate_devstack::viceroy::{LogSink, Viceroy, ViceroyOptions};
use tollgate_devstack::world::{read_policy, unix_s};
use toml::{Table, Value};

/// A program that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Running {
    /// Viceroy with the program.
    pub viceroy: Viceroy,
    /// Viceroy reads its secrets from here.
    _folder: TempDir,
}

/// The gateway with this policy, which has one issuer and one service.
///
/// # Errors
/// What is wrong with the policy, or what could not be started.
pub async fn gateway(wasm: PathBuf, policy: &str, issuer: &Issuer, google: &Google) -> anyhow::Result<Running> {
    let (_, site) = read_policy(policy)?;
    let mut stores = LocalStores::default();
    stores.add_keys(&issuer.issuer, &issuer.jwks().to_string(), None, unix_s())?;
    for service in site.parts().services.values() {
        let Some(key) = &service.invoker_key else {
            continue;
        };
        let file = google.service_account(&service.invoker)?;
        stores.secrets.insert(key.clone(), file.to_string().into_bytes());
    }
    stores.activate(&site)?;
    let folder = folder()?;
    let manifest = stores.write(folder.path())?;
    let mut text: Table = std::fs::read_to_string(&manifest)?.parse()?;
    let config_stores = text
        .get_mut("local_server")
        .and_then(|server| server.get_mut("config_stores")?.as_table_mut())
        .context("the manifest has no config stores")?;
    for (name, entries) in [("tollgate", &stores.policy), ("tollgate_keys", &stores.keys)] {
        config_stores.insert(name.to_owned(), in_memory(entries));
    }
    start(wasm, folder, &manifest, text).await
}

/// A comparison program with these entries in its config store.
///
/// # Errors
/// If it cannot be started.
pub async fn comparison(wasm: PathBuf, entries: &BTreeMap<String, String>) -> anyhow::Result<Running> {
    let folder = folder()?;
    let manifest = folder.path().join("fastly.toml");
    let text: Table = "manifest_version = 3\nname = \"comparison\"\nlanguage = \"rust\"".parse()?;
    let stores = table([("comparison", in_memory(entries))]);
    let mut text = text;
    text.insert("local_server".to_owned(), table([("config_stores", stores)]));
    start(wasm, folder, &manifest, text).await
}

async fn start(wasm: PathBuf, folder: TempDir, manifest: &Path, text: Table) -> anyhow::Result<Running> {
    std::fs::write(manifest, toml::to_string(&text)?)?;
    let viceroy = Viceroy::start(ViceroyOptions {
        wasm,
        config: manifest.to_path_buf(),
        addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        log: LogSink::Kept,
    })
    .await?;
    Ok(Running {
        viceroy,
        _folder: folder,
    })
}

fn folder() -> anyhow::Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("tollgate-versus-").tempdir()?)
}

fn in_memory(entries: &BTreeMap<String, String>) -> Value {
    let contents: Table = entries
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect();
    let format = Value::String("inline-toml".to_owned());
    table([("format", format), ("contents", Value::Table(contents))])
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(
        entries
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_in_memory_is_as_viceroy_reads_it() {
        let entries = BTreeMap::from([("a.b".to_owned(), "{\"c\":1}".to_owned())]);
        let text = toml::to_string(&table([("comparison", in_memory(&entries))])).expect("TOML");
        assert_eq!(
            text,
            "[comparison]\nformat = \"inline-toml\"\n\n[comparison.contents]\n\"a.b\" = '{\"c\":1}'\n"
        );
    }
}
