//! `tollgate keys`: issuers' keys, fetched, checked and stored; and keys of the gateway's own.

mod create;
mod discovery;
mod fetch;
mod merge;
mod report;
mod sync;

use std::{io::Write, process::ExitCode};

use clap::{Args, Subcommand};

/// Keep the keys of the policy's issuers, and make the gateway's own
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Create),
    Sync(sync::Sync),
}

impl Keys {
    pub(crate) async fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Create(create) => create.run(out).map(|()| ExitCode::SUCCESS),
            Command::Sync(sync) => sync.run(out).await,
        }
    }
}
