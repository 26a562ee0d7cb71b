//! What is brought along for a local world, and the policy for this machine that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use tollgate::policy::compile;
use tollgate::policy::issuer::{Issuer, Vouching};
use tollgate::policy::site::Site;
use tollgate::policy::site::route::{Action, Route};
use tollgate::policy::source::Source;
use tollgate::upstream::send::Endpoint;

use super::issuers::{self, PlayedKeys, check_keys_brought, keys_are_brought, make_up_secrets, secret_names};
use super::{LocalService, WorldOptions, all_problems, places, signers, unix_s};
use crate::google::Google;
use crate::identity_provider::IdentityProvider;
use crate::local_stores::LocalStores;

/// A name that the policy does not have is a slip of the pen, and would be ignored in silence.
pub(super) fn check_names(options: &WorldOptions, site: &Site) -> anyhow::Result<()> {
    check_keys_brought(options, site)?;
    let places = places(site);
    if let Some(name) = options
        .services
        .keys()
        .find(|name| places.iter().all(|(place, _)| place != *name))
    {
        let places: Vec<&str> = places.iter().map(|(place, _)| place.as_str()).collect();
        bail!(
            "a URL is given for `{name}`, but the policy's services are: {}",
            places.join(", ")
        );
    }
    for (name, url) in &options.services {
        let endpoint = Endpoint::parse(url).map_err(|why| anyhow::anyhow!("--service {name}: {why}"))?;
        if endpoint.tls() && options.iam && options.google.is_none() {
            bail!(
                "--service {name}: the played IAM check speaks http only to the service behind it; add --no-iam for https"
            );
        }
    }
    let used: BTreeSet<&str> = secrets_used(site);
    if let Some(name) = options.secrets.keys().find(|name| !used.contains(name.as_str())) {
        let used: Vec<&str> = used.into_iter().collect();
        bail!(
            "a secret is given as `{name}`, but the policy uses only: {}",
            used.join(", ")
        );
    }
    let identity = site.settings().workload_identity.as_ref();
    if let Some(identity) = identity.filter(|identity| options.secrets.contains_key(&identity.key)) {
        signers::public_half(identity, &options.secrets)?;
    }
    Ok(())
}

/// Viceroy hands WebSockets over to backends of its configuration only, and the gateway's are made as requests come.
pub(super) fn without_websockets(site: &Site) -> Option<String> {
    let opens = |route: &&Route| matches!(&route.action, Action::Forward(forward) if forward.websocket);
    let route = site.parts().routes.iter().find(opens)?;
    let path = route.path.text();
    Some(format!(
        "Viceroy can't hand WebSockets over, so they end in its 500 here, as on the route {path}"
    ))
}

/// The names of all secrets that a policy uses.
fn secrets_used(site: &Site) -> BTreeSet<&str> {
    let invokers = site.parts().services.values();
    let invoker_keys = invokers.filter_map(|service| service.invoker_key.as_deref());
    let signing_keys = signers::secret_names(site);
    invoker_keys.chain(secret_names(site)).chain(signing_keys).collect()
}

/// The issuers whose tokens are verified with published keys, and whose keys were not brought, with their names.
pub(super) fn without_keys<'s>(
    options: &'s WorldOptions,
    site: &'s Site,
) -> impl Iterator<Item = (&'s str, &'s Issuer)> {
    let issuers = site.settings().issuers.iter();
    let missing = issuers
        .filter(|(_, issuer)| matches!(issuer.vouching, Vouching::Keys(_)) && !keys_are_brought(options, site, issuer));
    missing.map(|(name, issuer)| (name.as_str(), issuer))
}

pub(super) fn brought_keys(
    options: &WorldOptions,
    site: &Site,
    stores: &mut LocalStores,
) -> anyhow::Result<Vec<String>> {
    let mut notes = Vec::new();
    for (name, jwks) in &options.keys {
        if let Some(issuer) = site.settings().issuers.get(name) {
            let left_out = stores.add_keys(&issuer.issuer, jwks, None, unix_s())?;
            notes.extend(
                left_out
                    .into_iter()
                    .map(|why| format!("issuer {name}: {why}; left out")),
            );
        }
    }
    Ok(notes)
}

/// The secrets that were brought. With `--google` the invokers' keys ask there.
pub(super) fn brought_secrets(options: &WorldOptions, site: &Site) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut secrets = options.secrets.clone();
    let Some(base) = &options.google else {
        return Ok(secrets);
    };
    Endpoint::parse(base).map_err(|why| anyhow::anyhow!("--google: {why}"))?;
    for service in site.parts().services.values() {
        let Some(key) = &service.invoker_key else {
            continue;
        };
        if let Some(brought) = secrets.get_mut(key) {
            *brought =
                with_token_uri(brought, base).with_context(|| format!("the secret `{key}` is not a key file"))?;
        }
    }
    Ok(secrets)
}

/// The secrets that were brought, for each invoker without one a key that our own Google knows, what issuers are verified
/// with, and what the gateway signs with.
pub(super) fn secrets(
    options: &WorldOptions,
    site: &Site,
    google: Option<&Google>,
) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut secrets = brought_secrets(options, site)?;
    make_up_secrets(site, &mut secrets);
    signers::make_up_keys(site, google, &mut secrets)?;
    if let Some(google) = google {
        signers::register(site, google, &secrets)?;
    }
    for (name, service) in &site.parts().services {
        let Some(key) = service.invoker_key.as_ref().filter(|key| !secrets.contains_key(*key)) else {
            continue;
        };
        let Some(google) = google else {
            bail!(
                "the service {name} needs the key of {}; with --google, bring it with --secret {key}=KEYFILE.json",
                service.invoker
            );
        };
        let file = google.service_account(&service.invoker)?;
        secrets.insert(key.clone(), file.to_string().into_bytes());
    }
    Ok(secrets)
}

/// A service account's key file, for a token endpoint that stands elsewhere.
fn with_token_uri(file: &[u8], base: &str) -> anyhow::Result<Vec<u8>> {
    let mut file: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(file)?;
    file.insert(
        "token_uri".to_owned(),
        format!("{}/token", base.trim_end_matches('/')).into(),
    );
    Ok(serde_json::to_vec(&file)?)
}

/// Where everything is on this machine.
pub(super) struct Here<'w> {
    /// The services that were brought.
    pub(super) brought: &'w BTreeMap<String, String>,
    /// The services that run here; they stand before those that were brought.
    pub(super) running: &'w BTreeMap<String, LocalService>,
    /// Google's base, unless it is Google itself.
    pub(super) google: Option<&'w str>,
    /// Who plays issuers.
    pub(super) played: Option<(&'w IdentityProvider, PlayedKeys)>,
}

/// The policy for this machine: services, Google and issuers where they are reached here, and audiences as they were.
pub(super) fn localised(mut source: Source, site: &Site, here: &Here<'_>) -> anyhow::Result<Site> {
    if let (Some(identity), Some(google)) = (&mut source.gateway.workload_identity, here.google) {
        identity.sts = Some(google.to_owned());
        identity.iam_credentials = Some(google.to_owned());
    }
    for (name, service) in &mut source.services {
        service.audience = site
            .parts()
            .services
            .get(name)
            .map(|compiled| compiled.audience.clone());
        let url = |place: &str| {
            let local = here.running.get(place).and_then(LocalService::url);
            local.or_else(|| here.brought.get(place).cloned())
        };
        if let Some(url) = url(name) {
            service.url = Some(url);
        }
        for region in &mut service.regions {
            if let Some(url) = url(&format!("{name}/{}", region.name)) {
                region.url = url;
            }
        }
        for (revision, written) in &mut service.revisions {
            if let Some(url) = url(&format!("{name}@{revision}")) {
                (written.tag, written.url) = (None, Some(url));
            }
        }
    }
    for host in ["127.0.0.1", "localhost"] {
        if !source.gateway.hosts.iter().any(|named| named == host) {
            source.gateway.hosts.push(host.to_owned());
        }
    }
    let site = compile::compile(&source, &compile::Unread::new()).map_err(all_problems)?;
    let mut parts = site.parts().clone();
    if let Some((provider, played_keys)) = here.played {
        issuers::localised(&mut parts.settings.issuers, provider, played_keys)?;
    }
    Site::try_from(parts).map_err(anyhow::Error::msg)
}
