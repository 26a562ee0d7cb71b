//! `tollgate compile`: a policy, made ready for the stores.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tollgate_devstack::local_stores::LocalStores;
use tollgate_devstack::world::unix_s;

use crate::diagnostics::compiled_or_shown;
use crate::named;

/// Compile a policy and issuers' keys into the entries of the config stores `tollgate` and `tollgate_keys`
///
/// Nothing is changed for this machine: what is written is what is published. docs/deploy.md says how.
#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// The policy
    policy: PathBuf,
    /// An issuer's keys, a JSON Web Key Set, by the policy's name of the issuer
    #[arg(long, value_name = "ISSUER=JWKS.json", value_parser = named)]
    keys: Vec<(String, String)>,
    /// Where the stores' entries are written, as tollgate.json and tollgate_keys.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Compile {
    pub(crate) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let (_, site) = compiled_or_shown(&self.policy)?;
        let mut stores = LocalStores::default();
        stores.activate(&site)?;
        for (name, path) in &self.keys {
            let issuer = site.settings().issuers.get(name);
            let issuer = issuer.with_context(|| format!("the policy has no [issuers.{name}]"))?;
            let jwks = fs::read_to_string(path).with_context(|| format!("can't read {path}"))?;
            for why in stores.add_keys(&issuer.issuer, &jwks, None, unix_s())? {
                writeln!(out, "note: issuer {name}: {why}; left out")?;
            }
        }
        fs::create_dir_all(&self.out).with_context(|| format!("can't make the folder {}", self.out.display()))?;
        stores.write_config_stores(&self.out)?;
        writeln!(
            out,
            "wrote {} and {} entries to {}",
            stores.policy.len(),
            stores.keys.len(),
            self.out.display()
        )?;
        Ok(())
    }
}
