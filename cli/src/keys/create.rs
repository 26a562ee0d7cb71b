//! `tollgate keys create`: a key of the gateway's own, and the commands that put it where it belongs.
//!
//! Promises: the private key is written to one file that is its owner's alone, and nowhere else; a file that is there is
//! never written over. What is printed may be read by anybody.

mod files;
mod guide;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use getrandom::{SysRng, rand_core::TryRng as _};
use serde_json::json;
use tollgate::{
    policy::site::Site,
    upstream::signing_key::{Curve, PRIVATE_BYTES, SigningKey},
};

use crate::{
    diagnostics::compiled_or_shown,
    format::printable,
    keys::create::{
        files::{KeySet, write_private},
        guide::Guide,
    },
    moment,
};

/// The longest name of a secret, in characters.
const NAME_CHARS_MAX: usize = 255;

/// Make a key of the gateway's own, and print the commands that put it where it belongs
///
/// The private key goes to a file that only you can read, from there to Fastly's secret store, and then the file should
/// go. Nothing that is printed is secret, and nothing is sent anywhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  Call private services without a service account's key (workload identity federation):
    tollgate keys create --for workload-identity --policy policy.toml
  Sign what services are told about callers:
    tollgate keys create --for assertions --policy policy.toml
  Change a key: make a second one, whose public half is added to the same set:
    tollgate keys create --for workload-identity --policy policy.toml --name workload-identity-2 \\
      --jwks workload-identity.jwks.json")]
pub(super) struct Create {
    /// What the key is for
    #[arg(long = "for", value_name = "PURPOSE")]
    purpose: Purpose,
    /// The name of the secret; by default the one that the policy names, or else the purpose
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// What it signs by; Google takes no EdDSA
    #[arg(long, value_name = "ALG", default_value = "es256")]
    alg: Algorithm,
    /// The policy, from which the commands are filled in
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Where the private key is written; by default NAME.private.json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The public keys that Google gets, to which this one is added; by default NAME.jwks.json
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// To be a member of a workload identity pool of Google's
    WorkloadIdentity,
    /// To sign what services are told about callers
    Assertions,
}

/// What a key signs by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Algorithm {
    /// P-256
    Es256,
    /// Ed25519
    #[value(name = "eddsa")]
    EdDsa,
}

impl Create {
    pub(super) fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if (self.purpose, self.alg) == (Purpose::WorkloadIdentity, Algorithm::EdDsa) {
            bail!("Google takes no EdDSA signatures for workload identity; leave --alg out");
        }
        if self.purpose == Purpose::Assertions && self.jwks.is_some() {
            bail!("the gateway publishes the keys of assertions itself; leave --jwks out");
        }
        let site = self
            .policy
            .as_ref()
            .map(|policy| compiled_or_shown(policy))
            .transpose()?;
        let site = site.as_ref().map(|(_, site)| site);
        let name = self.secret_name(site)?;
        let private_path = self
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from(format!("{name}.private.json")));
        let key = self.made()?;

        let set_path = self
            .jwks
            .clone()
            .unwrap_or_else(|| PathBuf::from(format!("{name}.jwks.json")));
        let had_set = set_path.exists();
        if self.purpose == Purpose::WorkloadIdentity && is_one_file(&private_path, &set_path) {
            bail!("--out and --jwks are one file; the public keys go to Google, and the private one must not");
        }
        let set = match self.purpose {
            Purpose::WorkloadIdentity => Some(KeySet::read(&set_path)?.with(key.public_jwk())?),
            Purpose::Assertions => None,
        };
        write_private(&private_path, &key.private_jwk())?;
        if let Some(set) = &set
            && let Err(why) = set.write(&set_path)
        {
            // Nobody has its public half.
            let _ = std::fs::remove_file(&private_path);
            return Err(why);
        }

        let path = |path: &PathBuf| path.display().to_string();
        let algorithm = key.algorithm();
        writeln!(out, "# made the {algorithm} key {} for the secret {name}", key.kid())?;
        writeln!(
            out,
            "#   private: {} (yours alone; for the secret store, and then to be deleted)",
            printable(&path(&private_path))
        )?;
        if set.is_some() {
            writeln!(out, "#   public:  {} (for Google)", printable(&path(&set_path)))?;
        }
        let published = match set {
            Some(set) => set.json(),
            None => json!({ "keys": [key.public_jwk()] }),
        };
        writeln!(out, "\n{published:#}\n")?;
        let guide = Guide {
            site,
            name: &name,
            private: &path(&private_path),
            public: &path(&set_path),
            adds: had_set,
        };
        let text = match self.purpose {
            Purpose::WorkloadIdentity => guide.workload_identity(),
            Purpose::Assertions => guide.assertions(),
        };
        write!(out, "{text}")?;
        Ok(())
    }

    /// The policy's name for the secret, where it has one and no other is asked for.
    fn secret_name(&self, site: Option<&Site>) -> anyhow::Result<String> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let Some(settings) = site.map(Site::settings) else {
            return Ok(self.purpose.word().to_owned());
        };
        let named = match self.purpose {
            Purpose::WorkloadIdentity => settings.workload_identity.as_ref().map(|identity| identity.key.clone()),
            Purpose::Assertions => match settings
                .assertions
                .as_ref()
                .map(|assertions| assertions.keys.as_slice())
            {
                Some([_, _]) => bail!("the policy names two keys of assertions; say by --name which one this is"),
                keys => keys.and_then(<[String]>::first).cloned(),
            },
        };
        Ok(named.unwrap_or_else(|| self.purpose.word().to_owned()))
    }

    fn made(&self) -> anyhow::Result<SigningKey> {
        let curve = match self.alg {
            Algorithm::Es256 => Curve::P256,
            Algorithm::EdDsa => Curve::Ed25519,
        };
        let mut random = [0; 4];
        SysRng.try_fill_bytes(&mut random)?;
        let date = moment::shown(moment::unix_s());
        let date = date.get(..10).context("a date has ten characters")?;
        let kid = format!("{date}-{:08x}", u32::from_be_bytes(random));
        let mut private = [0; PRIVATE_BYTES];
        SysRng.try_fill_bytes(&mut private)?;
        SigningKey::from_private(&kid, curve, private).map_err(anyhow::Error::msg)
    }
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::WorkloadIdentity => "workload-identity",
            Self::Assertions => "assertions",
        }
    }
}

/// Whether two paths lead to one file, as far as can be told before they are there.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    one == other || whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// A name of a secret, as policies take it.
fn name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is no name of a secret; take up to {NAME_CHARS_MAX} letters, digits, `.`, `_`, `-`"
        )),
    }
}
