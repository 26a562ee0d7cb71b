//! `tollgate serve`: the real program under Viceroy, with a policy, keys and services of one's own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::Context as _;
use clap::Args;
use tokio::sync::mpsc::unbounded_channel;
use tollgate::policy::site::Site;
use tollgate_devstack::edge_program::{Build, build};
use tollgate_devstack::readable::readable;
use tollgate_devstack::stop;
use tollgate_devstack::viceroy::LogSink;
use tollgate_devstack::world::{World, WorldOptions, check, emit};

use crate::diagnostics::compiled_or_shown;
use crate::named;
use crate::stores::served::Served;
use crate::stores::{FOLDER, Stores};

/// Run the gateway on this machine: the program that is deployed, under Viceroy
///
/// What you do not bring is played: issuers without --keys by a development identity provider, Google without --google
/// by endpoints of our own, services without --service by one that tells what it received, behind Cloud Run's IAM check.
/// Keys that `tollgate keys sync` stored, API keys and revocations are taken from --stores when it starts, and only then.
/// Each played issuer can be told to publish a fresh key, to withdraw one and to be down: the lines at the start say how.
/// With --google, or with --no-iam, services are reached directly. TOLLGATE_BUILD=wide builds the program with wide
/// arithmetic.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tollgate serve --policy examples/demo.toml
  tollgate serve --policy policy.toml --keys okta=jwks.json --service orders=http://127.0.0.1:8080 --log gateway.log")]
pub(crate) struct Serve {
    /// The policy
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// An issuer's keys, a JSON Web Key Set, by the policy's name of the issuer
    #[arg(long, value_name = "ISSUER=JWKS.json", value_parser = named)]
    keys: Vec<(String, String)>,
    /// The folder with the stores' contents, as `tollgate keys sync`, `apikey` and `revoke` write it. An issuer's --keys go
    /// before its keys there. Without it, ./tollgate-stores if it is there
    #[arg(long, value_name = "DIR")]
    stores: Option<PathBuf>,
    /// Where a service really is, by the policy's name of it: an origin. A revision is named as in `orders@next`, a region
    /// as in `orders/europe-west1`. Behind the played IAM check it speaks http
    #[arg(long = "service", value_name = "NAME=URL", value_parser = named)]
    services: Vec<(String, String)>,
    /// A secret by name, such as the key file of a service's invoker or a key that the gateway signs with
    #[arg(long = "secret", value_name = "NAME=FILE", value_parser = named)]
    secrets: Vec<(String, String)>,
    /// Google's endpoints: URL/token is the token endpoint, URL/v1 what workload identity asks. Needs the invokers' keys,
    /// and the gateway's own for workload identity, as --secret
    #[arg(long, value_name = "URL")]
    google: Option<String>,
    /// Reach services directly, without Cloud Run's IAM check before them
    #[arg(long, conflicts_with = "emit")]
    no_iam: bool,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7676")]
    addr: SocketAddr,
    /// Append the gateway's log lines, JSON, to this file instead of showing them
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Run this program instead of building it from the source
    #[arg(long, value_name = "FILE")]
    wasm: Option<PathBuf>,
    /// Write fastly.toml and the stores' files to DIR, for `viceroy` or `fastly compute serve`, and end. Nothing is played:
    /// bring keys and secrets
    #[arg(long, value_name = "DIR", conflicts_with_all = ["log", "wasm"])]
    emit: Option<PathBuf>,
}

impl Serve {
    pub(crate) async fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let (sender, mut lines) = unbounded_channel();
        let (policy, site) = compiled_or_shown(&self.policy)?;
        let mut options = self.options(policy, LogSink::Sent(sender))?;
        let stored = self.stored(&site, &options)?;
        options.key_entries = stored.key_entries();
        options.state.clone_from(&stored.state);
        if let Some(folder) = &self.emit {
            emit(&options, folder)?;
            stored.lay(folder)?;
            let folder = folder.display();
            writeln!(
                out,
                "wrote {folder}/fastly.toml and the stores; run `cd {folder} && viceroy -C fastly.toml PROGRAM.wasm`"
            )?;
            writeln!(
                out,
                "PROGRAM.wasm is bin/main.wasm once `fastly compute build` has run in the repository"
            )?;
            return Ok(());
        }
        // A build takes minutes, and a slip of the pen should not take that long to be told.
        check(&options)?;
        let wasm = match &self.wasm {
            Some(wasm) => wasm.clone(),
            None => build(Build::from_env()?).await?,
        };
        let world = World::start(wasm, options).await?;
        stored.lay(world.stores())?;
        // Only now: a start that fails must not touch the log of a gateway that runs.
        let mut log = self.log.as_deref().map(log_file).transpose()?;
        describe(&world, &stored, out)?;
        // One wait for all rounds, so that no signal falls between two.
        let mut stop = pin!(stop::requested());
        loop {
            tokio::select! {
                line = lines.recv() => {
                    let Some(line) = line else {
                        anyhow::bail!("Viceroy ended by itself; its last words:\n{}", world.gateway.diagnostics().join("\n"));
                    };
                    match &mut log {
                        Some(log) => writeln!(log, "{line}")?,
                        None => writeln!(out, "{}", readable(&line))?,
                    }
                }
                stopped = &mut stop => return stopped,
            }
        }
    }

    /// What the stores' folder has. One that is named must be there; the usual one need not.
    fn stored(&self, site: &Site, options: &WorldOptions) -> anyhow::Result<Served> {
        let folder = self.stores.as_deref().unwrap_or(Path::new(FOLDER));
        if self.stores.is_some() && !folder.is_dir() {
            anyhow::bail!("there is no folder {}; `tollgate keys sync` makes it", folder.display());
        }
        Served::read(&Stores::at(folder), site, |name| options.keys.contains_key(name))
    }

    fn options(&self, policy: String, log: LogSink) -> anyhow::Result<WorldOptions> {
        let read_text = |(name, path): &(String, String)| -> anyhow::Result<(String, String)> {
            Ok((
                name.clone(),
                fs::read_to_string(path).with_context(|| format!("can't read {path}"))?,
            ))
        };
        let read_bytes = |(name, path): &(String, String)| -> anyhow::Result<(String, Vec<u8>)> {
            Ok((
                name.clone(),
                fs::read(path).with_context(|| format!("can't read {path}"))?,
            ))
        };
        Ok(WorldOptions {
            keys: once_each("--keys", self.keys.iter().map(read_text))?,
            services: once_each("--service", self.services.iter().cloned().map(Ok))?,
            secrets: once_each("--secret", self.secrets.iter().map(read_bytes))?,
            google: self.google.clone(),
            iam: !self.no_iam,
            addr: self.addr,
            log,
            ..WorldOptions::new(policy)
        })
    }
}

/// Collects what is given by name. A name that is given twice is a slip, and one of the two would be ignored in silence.
fn once_each<T>(
    option: &str,
    given: impl Iterator<Item = anyhow::Result<(String, T)>>,
) -> anyhow::Result<BTreeMap<String, T>> {
    let mut collected = BTreeMap::new();
    for pair in given {
        let (name, value) = pair?;
        anyhow::ensure!(!collected.contains_key(&name), "{option} is given twice for `{name}`");
        collected.insert(name, value);
    }
    Ok(collected)
}

fn describe(world: &World, stored: &Served, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "listening on {}", world.gateway.url())?;
    if let Some(taken) = stored.note() {
        writeln!(out, "note: taken from the stores' folder: {taken}")?;
    }
    for note in &world.notes {
        writeln!(out, "note: {note}")?;
    }
    for issuer in world.provider.issuers() {
        let url = world.provider.token_url(&issuer.name);
        writeln!(
            out,
            "tokens of {}: curl -s -u demo:demo-secret -d grant_type=client_credentials -d scope=SCOPE {url}",
            issuer.name
        )?;
        writeln!(
            out,
            "keys of {}: curl -X POST {}/rotate, /withdraw?kid=KID, /down or /up",
            issuer.name,
            world.provider.control_url(&issuer.name)
        )?;
    }
    for (name, service) in &world.services {
        if let Some(front_end) = &service.cloud_run {
            writeln!(
                out,
                "service {name}: behind Cloud Run's IAM check at {}",
                front_end.url()
            )?;
        }
        if let Some(sample) = &service.sample {
            writeln!(out, "service {name}: played, at {}", sample.url())?;
        }
    }
    writeln!(
        out,
        "stores: {}; edits of the config stores take effect with the next request",
        world.stores().display()
    )?;
    out.flush()?;
    Ok(())
}

fn log_file(path: &Path) -> anyhow::Result<fs::File> {
    let opened = fs::File::options().append(true).create(true).open(path);
    opened.with_context(|| format!("can't write {}", path.display()))
}
