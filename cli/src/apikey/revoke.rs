//! `tollgate apikey revoke`: an end to one API key.

use std::{io::Write, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use tollgate::{identity::api_key::PREFIX, time::UnixSeconds};

use super::records;
use crate::{
    format::printable,
    moment,
    stores::{self, Entries, STATE, Stores},
};

/// Revoke an API key by its id, which `tollgate apikey list` shows
///
/// The record stays, so that the list tells when the key was revoked. A key can't be made good again: make a new one.
/// A gateway refuses it within 30 seconds of the record being in its KV store. `tollgate serve` reads the stores when it
/// starts.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tollgate apikey revoke key_q8Xo2mT_9aLk")]
pub(super) struct Revoke {
    /// The key's id
    id: String,
    /// The folder with the stores' contents
    #[arg(long, value_name = "DIR", default_value = stores::FOLDER)]
    stores: PathBuf,
}

impl Revoke {
    pub(super) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let id = &self.id;
        anyhow::ensure!(
            !id.starts_with(PREFIX),
            "that is a key, not a key's id; it now stands in your shell's history. `tollgate apikey list` shows the ids"
        );
        let locked = Stores::at(&self.stores).lock()?;
        let mut state: Entries = locked.stores().read(STATE)?;
        let found = records(&state)?.into_iter().find(|(_, record)| record.id == *id);
        let (entry, mut record) =
            found.with_context(|| format!("no API key has the id `{id}`; `tollgate apikey list` shows all"))?;
        if let Some(at) = record.revoked_at {
            writeln!(out, "API key {id} was revoked at {} already", moment::shown(at.0))?;
            return Ok(());
        }
        record.revoked_at = Some(UnixSeconds(moment::unix_s()));
        state.insert(entry, serde_json::to_string(&record)?);
        locked.write(STATE, &state)?;
        writeln!(
            out,
            "revoked API key {id} of {}; wrote {}",
            printable(&record.owner),
            locked.stores().path(STATE).display()
        )?;
        Ok(())
    }
}
