//! `tollgate keys`: issuers' keys, fetched, checked and stored.

mod discovery;
mod fetch;
mod merge;
mod report;
mod sync;

use std::{io::Write, process::ExitCode};

use clap::{Args, Subcommand};

/// Keep the keys of the policy's issuers
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Sync(sync::Sync),
}

impl Keys {
    pub(crate) async fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Sync(sync) => sync.run(out).await,
        }
    }
}
