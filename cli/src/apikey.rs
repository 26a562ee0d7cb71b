//! `tollgate apikey`: keys for callers that have no tokens, made, listed and revoked.
//!
//! Promises: a key is shown once, when it is made. What is stored is named by its hash, so that nobody who reads the
//! store has a key.

mod create;
mod list;
mod revoke;

use std::{collections::BTreeMap, io::Write};

use clap::{Args, Subcommand};
use tollgate::identity::api_key::Record;

use crate::stores::Entries;

/// What the names of API keys' entries begin with, as [`ApiKey::entry`](tollgate::identity::api_key::ApiKey::entry) makes
/// them.
const ENTRIES: &str = "apikey.";

/// Make, list and revoke API keys
#[derive(Debug, Args)]
pub(crate) struct ApiKeys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Create),
    List(list::List),
    Revoke(revoke::Revoke),
}

impl ApiKeys {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        match &self.command {
            Command::Create(create) => create.run(out),
            Command::List(list) => list.run(out),
            Command::Revoke(revoke) => revoke.run(out),
        }
    }
}

/// The records of all API keys, by the names of their entries.
///
/// # Errors
/// If one can't be read.
fn records(state: &Entries) -> anyhow::Result<BTreeMap<String, Record>> {
    let entries = state.iter().filter(|(name, _)| name.starts_with(ENTRIES));
    let record = |(name, value): (&String, &String)| {
        let record = Record::read(value.as_bytes());
        let record = record.map_err(|why| anyhow::anyhow!("the entry {name} is no API key's record: {why}"))?;
        Ok((name.clone(), record))
    };
    entries.map(record).collect()
}
