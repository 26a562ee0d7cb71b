//! What the gateway of a local world signs with: who it is for Google, and assertions about callers.
//!
//! Promises that each key that the policy names is there, and that Google knows the public half of the one that says who
//! the gateway is, under the issuer and the subject that the policy says.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use serde_json::json;
use tollgate::policy::site::route::{Action, Route};
use tollgate::policy::site::{Site, WorkloadIdentity};
use tollgate::secret::Secret;
use tollgate::upstream::signing_key;

use super::{LocalService, places};
use crate::google::{Google, WorkloadIdentityProvider};
use crate::sample_service::Verifier;
use crate::signing::{Algorithm, SigningKey};

/// The names of the secrets that the gateway signs with.
pub(super) fn secret_names(site: &Site) -> BTreeSet<&str> {
    let settings = site.settings();
    let assertions = settings.assertions.iter().flat_map(|assertions| &assertions.keys);
    let identity = settings.workload_identity.iter().map(|identity| &identity.key);
    assertions.chain(identity).map(String::as_str).collect()
}

/// Makes up the keys that are not there yet. With another Google than our own, the one that it must know is not made up.
pub(super) fn make_up_keys(
    site: &Site,
    google: Option<&Google>,
    secrets: &mut BTreeMap<String, Vec<u8>>,
) -> anyhow::Result<()> {
    let mut make_up = |name: &str, algorithm| -> anyhow::Result<()> {
        if !secrets.contains_key(name) {
            let key = SigningKey::generate(algorithm, name)?;
            secrets.insert(name.to_owned(), key.private_jwk()?.to_string().into_bytes());
        }
        Ok(())
    };
    let settings = site.settings();
    if let Some(identity) = settings.workload_identity.as_ref().filter(|_| google.is_some()) {
        make_up(&identity.key, Algorithm::Es256)?;
    }
    for name in settings.assertions.iter().flat_map(|assertions| &assertions.keys) {
        make_up(name, Algorithm::EdDsa)?;
    }
    if let Some(identity) = &settings.workload_identity
        && !secrets.contains_key(&identity.key)
        && let Some((name, _)) = keyless(site).next()
    {
        let key = &identity.key;
        bail!("the service {name} needs the gateway's own key; with --google, bring it with --secret {key}=KEY.json");
    }
    Ok(())
}

/// Tells Google who the gateway is, and lets it act for the invokers of services without a key.
pub(super) fn register(site: &Site, google: &Google, secrets: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let Some(identity) = &site.settings().workload_identity else {
        return Ok(());
    };
    let provider = WorkloadIdentityProvider {
        name: identity.provider.clone(),
        issuer: identity.issuer.clone(),
        jwks: json!({ "keys": [public_half(identity, secrets)?] }),
        allowed_audiences: Vec::new(),
    };
    google.workload_identity(provider).with_context(|| {
        format!(
            "the secret `{}`: Google does not take it for the policy's [gateway.workload_identity]",
            identity.key
        )
    })?;
    for (_, invoker) in keyless(site) {
        google.keyless_account(invoker);
        google.let_impersonate(&identity.provider, &identity.subject, invoker)?;
    }
    Ok(())
}

/// Tells each played service how it verifies what the gateway at this URL says of callers.
pub(super) fn introduce(site: &Site, gateway: &str, services: &BTreeMap<String, LocalService>) {
    let parts = site.parts();
    let publishes = |route: &&Route| route.action == Action::AssertionKeys;
    let keys = parts.routes.iter().find(publishes).map(|route| route.path.text());
    let (Some(assertions), Some(keys)) = (&parts.settings.assertions, keys) else {
        return;
    };
    for (place, service) in places(site) {
        let sample = services.get(&place).and_then(|service| service.sample.as_ref());
        if let (Some(sample), Some(to)) = (sample, &service.told.assertion) {
            let keys_url = format!("{gateway}{keys}");
            sample.verify_assertions(Verifier::new(keys_url, &assertions.issuer, &to.audience));
        }
    }
}

/// The public key that Google gets, where it takes such keys.
pub(super) fn public_half(
    identity: &WorkloadIdentity,
    secrets: &BTreeMap<String, Vec<u8>>,
) -> anyhow::Result<serde_json::Value> {
    let name = &identity.key;
    let secret = secrets
        .get(name)
        .with_context(|| format!("there is no secret {name}"))?;
    let key = signing_key::SigningKey::from_secret(&Secret::new(secret.clone()));
    let key = key.map_err(|why| anyhow::anyhow!("the secret `{name}` can't be used: {why}"))?;
    if key.algorithm() != "ES256" {
        bail!(
            "the secret `{name}`: Google takes no {} signatures for workload identity; make an ES256 key with `tollgate keys create`",
            key.algorithm()
        );
    }
    Ok(key.public_jwk())
}

/// The services without an invoker's key, and their invokers.
fn keyless(site: &Site) -> impl Iterator<Item = (&str, &str)> {
    let services = site.parts().services.iter();
    services
        .filter(|(_, service)| service.invoker_key.is_none())
        .map(|(name, service)| (name.as_str(), service.invoker.as_str()))
}
