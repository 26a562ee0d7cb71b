//! `tollgate test`: a policy's own examples, run through the gateway's code.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use tollgate::time::WallClock;
use tollgate_offline::{Rehearsal, question::time};

use crate::{
    diagnostics::compiled_or_shown,
    explain::{now, tune},
    format::Format,
    named,
};

/// Run a policy's [[examples]] through the gateway's own code, and end with 1 if any of them comes to something else
///
/// Each example says who asks for what, and what must come of it. Nothing is sent, and neither keys nor secrets are needed:
/// callers get good credentials of this command's own making, of the kind that their issuer has in the policy. A policy
/// without examples fails too.
#[derive(Debug, Args)]
#[command(after_help = "An example, as the policy holds it:
  [[examples]]
  name    = \"a reader sees one order\"
  request = \"GET /v1/orders/7\"
  caller  = { issuer = \"okta\", subject = \"u1\", scopes = [\"orders:read\"] }
  expect  = \"forward orders\"

What may be expected: `forward SERVICE`, `forward SERVICE@REVISION`, `respond STATUS`, `redirect LOCATION` and
`refuse CODE`; docs/refusals.md lists the codes. Where one fails, `tollgate explain` tells more.")]
pub(crate) struct Test {
    /// The policy
    policy: PathBuf,
    /// The time of examples that name none, in UTC, as in 2026-11-21T08:00:00Z; now unless said otherwise
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<WallClock>,
    /// The knobs of a service, as its entry `tune.SERVICE` would hold them
    #[arg(long, value_name = "SERVICE=JSON", value_parser = named)]
    tune: Vec<(String, String)>,
    /// How the table is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

impl Test {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        let (text, site) = compiled_or_shown(&self.policy)?;
        let source = tollgate::policy::text::read(&text).source;
        let mut rehearsal = Rehearsal::new(site).map_err(anyhow::Error::msg)?;
        tune(&mut rehearsal, &self.tune)?;
        let table = rehearsal.examples(&source, self.at.unwrap_or_else(now));
        match self.format {
            Format::Human => table.write(out)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &table)?;
                writeln!(out)?;
            }
        }
        Ok(match table.passed() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}
