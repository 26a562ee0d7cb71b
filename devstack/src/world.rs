//! The whole local world around one gateway: who vouches for callers, Google, Cloud Run, services, and Viceroy.
//!
//! Promises: a policy runs as it is written. Only where things are reached is changed: a service's URL becomes an
//! address on this machine while its audience stays what it was, and the gateway also answers for `127.0.0.1` and
//! `localhost`. What the caller of [`World::start`] does not bring is played: issuers without keys by the development
//! identity provider, Google by our own endpoints, services by the sample service behind Cloud Run's front end.

mod brought;
mod issuers;
mod options;
mod signers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tollgate::host::ConfigStore;
use tollgate::policy::active::ACTIVE_ENTRY;
use tollgate::policy::compile;
use tollgate::policy::problem::Problem;
use tollgate::policy::site::Site;
use tollgate::policy::site::service::Service;
use tollgate::policy::source::Source;
use tollgate::policy::text;

use crate::cloud_run::{CloudRun, CloudRunService};
use crate::google::Google;
use crate::identity_provider::IdentityProvider;
use crate::local_stores::LocalStores;
use crate::sample_service::SampleService;
use crate::tokens::Issuer;
use crate::viceroy::{Viceroy, ViceroyOptions};
use brought::{Here, brought_keys, brought_secrets, check_names, localised, secrets, without_keys, without_websockets};

pub use issuers::{PlayedKeys, SOME_TENANT};
pub use options::WorldOptions;

/// A service of the local world.
#[derive(Debug)]
pub struct LocalService {
    /// The front end, unless the service is reached directly.
    pub cloud_run: Option<CloudRun>,
    /// The sample service, unless another was brought.
    pub sample: Option<SampleService>,
}

impl LocalService {
    /// Where it is reached; none if it was brought and stands behind no front end.
    fn url(&self) -> Option<String> {
        let front_end = self.cloud_run.as_ref().map(CloudRun::url);
        front_end.or_else(|| self.sample.as_ref().map(SampleService::url))
    }
}

/// A running world. Dropping it ends all of it.
#[derive(Debug)]
pub struct World {
    /// The gateway.
    pub gateway: Viceroy,
    /// The identity provider, for issuers without keys of their own.
    pub provider: IdentityProvider,
    /// Google, unless another was brought.
    pub google: Option<Google>,
    /// The services by the policy's names, with revisions and regions as in [`WorldOptions::services`].
    pub services: BTreeMap<String, LocalService>,
    /// What was left out or changed and should be known, in words.
    pub notes: Vec<String>,
    played_keys: PlayedKeys,
    brought: BTreeMap<String, String>,
    google_url: Option<String>,
    site: Site,
    folder: TempDir,
}

impl World {
    /// Starts everything and waits until the gateway listens.
    ///
    /// # Errors
    /// What is wrong with the policy, or what could not be started.
    pub async fn start(wasm: PathBuf, options: WorldOptions) -> anyhow::Result<Self> {
        let (source, site) = read_policy(&options.policy)?;
        check_names(&options, &site)?;
        let mut stores = LocalStores::default();
        let mut notes = brought_keys(&options, &site, &mut stores)?;
        let google = match &options.google {
            None => Some(Google::start().await?),
            Some(_) => None,
        };
        let services = start_services(&options, &site, google.as_ref()).await?;
        stores.secrets = secrets(&options, &site, google.as_ref())?;
        let provider = issuers::play(&options, &site, &stores.secrets).await?;
        issuers::store_keys(&options, &site, &provider, &mut stores)?;
        stores.add_brought(&options.key_entries, &options.state);
        notes.extend(without_websockets(&site));
        notes.push("the gateway also answers for the hosts 127.0.0.1 and localhost here".to_owned());
        let played = Some((&provider, options.played_keys));
        let google_url = google.as_ref().map(Google::url).or(options.google);
        let here = Here {
            brought: &options.services,
            running: &services,
            google: google_url.as_deref(),
            played,
        };
        stores.activate(&localised(source, &site, &here)?)?;
        let folder = tempfile::Builder::new().prefix("tollgate-").tempdir()?;
        let config = stores.write(folder.path())?;
        let gateway = Viceroy::start(ViceroyOptions {
            wasm,
            config,
            addr: options.addr,
            log: options.log,
        })
        .await?;
        Ok(Self {
            gateway,
            provider,
            google,
            services,
            notes,
            played_keys: options.played_keys,
            brought: options.services,
            google_url,
            site,
            folder,
        })
    }

    /// The folder with the stores' files, which may be edited while the gateway runs.
    #[must_use]
    pub fn stores(&self) -> &Path {
        self.folder.path()
    }

    /// Adds another policy to the store while the gateway runs, without putting it in force, and gives its version. Its
    /// issuers and services are those of the policy that the world was started with.
    ///
    /// # Errors
    /// What is wrong with the policy, or with the store's file.
    pub fn add_policy(&self, policy: &str) -> anyhow::Result<String> {
        let (source, site) = read_policy(policy)?;
        let mut stores = LocalStores::default();
        let here = Here {
            brought: &self.brought,
            running: &self.services,
            google: self.google_url.as_deref(),
            played: Some((&self.provider, self.played_keys)),
        };
        let version = stores.add(&localised(source, &site, &here)?)?;
        for (name, text) in &stores.policy {
            self.put(name, Some(text))?;
        }
        Ok(version)
    }

    /// Puts another policy in force while the gateway runs, and gives its version.
    ///
    /// # Errors
    /// As [`World::add_policy`].
    pub fn enforce(&self, policy: &str) -> anyhow::Result<String> {
        let version = self.add_policy(policy)?;
        self.put(ACTIVE_ENTRY, Some(&version))?;
        Ok(version)
    }

    /// Writes one entry of the store `tollgate`, or takes it out.
    ///
    /// # Errors
    /// If the store's file can't be read or written.
    pub fn put(&self, entry: &str, value: Option<&str>) -> anyhow::Result<()> {
        LocalStores::edit(self.folder.path(), ConfigStore::Policy, |entries| match value {
            Some(value) => {
                entries.insert(entry.to_owned(), value.to_owned());
            }
            None => {
                entries.remove(entry);
            }
        })
    }

    /// Lets the played services verify from now on what the gateway says of callers. They fetch its keys from it, and
    /// these requests are in its log like any.
    pub fn verify_assertions(&self) {
        signers::introduce(&self.site, &self.gateway.url(), &self.services);
    }

    /// The issuer that the identity provider plays under the policy's name.
    ///
    /// # Errors
    /// If it plays none of that name.
    pub fn issuer(&self, name: &str) -> anyhow::Result<&Issuer> {
        self.provider
            .issuer(name)
            .with_context(|| format!("the identity provider plays no issuer {name}"))
    }

    /// The service of that name.
    ///
    /// # Errors
    /// If there is none.
    pub fn service(&self, name: &str) -> anyhow::Result<&LocalService> {
        self.services
            .get(name)
            .with_context(|| format!("there is no service {name}"))
    }

    /// Cloud Run's front end of that service, region or revision.
    ///
    /// # Errors
    /// If there is none.
    pub fn cloud_run(&self, name: &str) -> anyhow::Result<&CloudRun> {
        let front_end = self.service(name)?.cloud_run.as_ref();
        front_end.with_context(|| format!("the service {name} has no front end"))
    }

    /// The sample service of that name.
    ///
    /// # Errors
    /// If there is none.
    pub fn sample(&self, name: &str) -> anyhow::Result<&SampleService> {
        self.service(name)?
            .sample
            .as_ref()
            .with_context(|| format!("the service {name} is not ours"))
    }
}

/// Writes what [`World::start`] would serve as files for `viceroy` or `fastly compute serve`, with nothing played: keys
/// and secrets are those that are brought, and services are where the options or the policy say.
///
/// # Errors
/// What is wrong with the policy or missing, or a file that can't be written.
pub fn emit(options: &WorldOptions, folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, site) = read_policy(&options.policy)?;
    check_names(options, &site)?;
    let mut stores = LocalStores::default();
    brought_keys(options, &site, &mut stores)?;
    let without_keys: Vec<&str> = without_keys(options, &site).map(|(name, _)| name).collect();
    if !without_keys.is_empty() {
        bail!(
            "no keys for {}; bring them with --keys NAME=JWKS.json",
            without_keys.join(", ")
        );
    }
    stores.add_brought(&options.key_entries, &options.state);
    stores.secrets = brought_secrets(options, &site)?;
    let here = Here {
        brought: &options.services,
        running: &BTreeMap::new(),
        google: options.google.as_deref(),
        played: None,
    };
    stores.activate(&localised(source, &site, &here)?)?;
    stores.write(folder)
}

/// Reads and compiles a policy's text.
///
/// # Errors
/// All problems of the policy, each on a line.
pub fn read_policy(text: &str) -> anyhow::Result<(Source, Site)> {
    let site = compile::compile_text(text).map_err(all_problems)?;
    Ok((text::read(text).source, site))
}

fn all_problems(problems: Vec<Problem>) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    anyhow::anyhow!("the policy does not compile:\n{}", lines.join("\n"))
}

async fn start_services(
    options: &WorldOptions,
    site: &Site,
    google: Option<&Google>,
) -> anyhow::Result<BTreeMap<String, LocalService>> {
    let mut services = BTreeMap::new();
    for (name, service) in places(site) {
        let (upstream, sample) = match options.services.get(&name) {
            Some(url) => (url.trim_end_matches('/').to_owned(), None),
            None => {
                let sample = SampleService::start(&name).await?;
                (sample.url(), Some(sample))
            }
        };
        let cloud_run = match google {
            Some(google) if options.iam => {
                let front_end = CloudRunService {
                    audiences: vec![service.audience.clone()],
                    invokers: vec![service.invoker.clone()],
                    upstream,
                    google_keys: google.jwks(),
                };
                Some(CloudRun::start(front_end).await?)
            }
            _ => None,
        };
        services.insert(name, LocalService { cloud_run, sample });
    }
    Ok(services)
}

/// Whether what is brought has the names that the policy has, and URLs that can be used; as [`World::start`] finds it, before
/// anything is built for it.
///
/// # Errors
/// What is wrong with it, or with the policy.
pub fn check(options: &WorldOptions) -> anyhow::Result<()> {
    let (_, site) = read_policy(&options.policy)?;
    check_names(options, &site)
}

/// Everywhere that requests may go: each service, each of its revisions, and each region that the policy names.
fn places(site: &Site) -> Vec<(String, &Service)> {
    let mut places = Vec::new();
    for (name, service) in &site.parts().services {
        let regions = service.regions.iter().filter(|region| !region.name.is_empty());
        let regions: Vec<_> = regions
            .map(|region| (format!("{name}/{}", region.name), service))
            .collect();
        if regions.is_empty() {
            places.push((name.clone(), service));
        }
        places.extend(regions);
        let revisions = service.revisions.iter();
        places.extend(revisions.map(|revision| (format!("{name}@{}", revision.name), service)));
    }
    places
}

/// Now, in Unix seconds.
#[must_use]
pub fn unix_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests;
