//! Who vouches for callers in a local world: played issuers, the secrets they share, and where the gateway reaches them.
//!
//! Promises that a played issuer's tokens are such as the policy takes, as they are. Issuers with one `iss` have one set
//! of keys at one address, as the policy demands of them. An address on this machine that the policy itself names is
//! somebody's own provider: its issuer is not played, and nothing about it is changed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tollgate::identity::keys::index_entry;
use tollgate::policy::claim_path;
use tollgate::policy::issuer::{ANY_TENANT, Issuer as Policy, TENANT, Vouching};
use tollgate::policy::site::Site;
use tollgate::policy::wanted::{Scalar, Wanted};
use tollgate::upstream::send::Endpoint;

use super::{WorldOptions, unix_s};
use crate::identity_provider::{self, IdentityProvider};
use crate::local_stores::LocalStores;
use crate::tokens::{Issuer, random_text};

/// The tenant of tokens whose issuer takes any.
pub const SOME_TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// Whether the keys of played issuers are in the key store when the gateway starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlayedKeys {
    /// They are, with the address where the edge finds them anew.
    #[default]
    Stored,
    /// They are not; the policy says where the edge finds them.
    LeftOut,
}

/// Plays the issuers that are neither brought nor reached on this machine already.
pub(super) async fn play(
    options: &WorldOptions,
    site: &Site,
    secrets: &BTreeMap<String, Vec<u8>>,
) -> anyhow::Result<IdentityProvider> {
    let mut played: Vec<Issuer> = Vec::new();
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, issuer) in &site.settings().issuers {
        if keys_are_brought(options, site, issuer) || !is_played(issuer) {
            continue;
        }
        let first = *first_of.entry(&issuer.issuer).or_insert(played.len());
        let player = player(name, issuer, secrets, played.get(first))?;
        played.push(player);
    }
    IdentityProvider::start(played).await
}

/// Whether an issuer's keys are brought along, under its own name or that of another with the same `iss`.
pub(super) fn keys_are_brought(options: &WorldOptions, site: &Site, issuer: &Policy) -> bool {
    let is_same = |name| {
        site.settings()
            .issuers
            .get(name)
            .is_some_and(|other| other.issuer == issuer.issuer)
    };
    options.keys.keys().any(is_same) || options.key_entries.contains_key(&index_entry(&issuer.issuer))
}

/// Puts the keys of the played issuers into the key store.
pub(super) fn store_keys(
    options: &WorldOptions,
    site: &Site,
    provider: &IdentityProvider,
    stores: &mut LocalStores,
) -> anyhow::Result<()> {
    if options.played_keys == PlayedKeys::LeftOut {
        return Ok(());
    }
    for (name, issuer) in &site.settings().issuers {
        if let (Some(player), Vouching::Keys(_)) = (provider.issuer(name), &issuer.vouching) {
            let (jwks, url) = (player.jwks().to_string(), provider.jwks_url(&player.keys_of));
            stores.add_keys(&issuer.issuer, &jwks, Some(&url), unix_s())?;
        }
    }
    Ok(())
}

/// The issuers with what the policy says about reaching them changed to where they are played.
pub(super) fn localised(
    issuers: &mut BTreeMap<String, Policy>,
    provider: &IdentityProvider,
    played_keys: PlayedKeys,
) -> anyhow::Result<()> {
    for (name, issuer) in issuers {
        let Some(player) = provider.issuer(name) else { continue };
        let here = |endpoint| {
            let url = provider.endpoint_url(&player.keys_of, endpoint);
            Endpoint::split(&url).map_err(|why| anyhow::anyhow!("the identity provider is nowhere: {why}"))
        };
        match &mut issuer.vouching {
            Vouching::Keys(source) if source.url.is_some() || played_keys == PlayedKeys::LeftOut => {
                source.url = Some(here(identity_provider::Endpoint::Keys)?);
            }
            Vouching::Introspection(introspection) => {
                (introspection.endpoint, introspection.target) = here(identity_provider::Endpoint::Introspection)?;
            }
            Vouching::Keys(_) | Vouching::Secret(_) | Vouching::ApiKeys => {}
        }
    }
    Ok(())
}

/// The names of the secrets that issuers are verified with.
pub(super) fn secret_names(site: &Site) -> BTreeSet<&str> {
    let issuers = site.settings().issuers.values();
    issuers
        .flat_map(|issuer| {
            let of_vouching = match &issuer.vouching {
                Vouching::Secret(shared) => Some(&shared.name),
                Vouching::Introspection(introspection) => Some(&introspection.secret),
                Vouching::Keys(_) | Vouching::ApiKeys => None,
            };
            of_vouching.into_iter().chain(&issuer.dpop_nonce)
        })
        .map(String::as_str)
        .collect()
}

/// Makes up the secrets that are not there yet.
pub(super) fn make_up_secrets(site: &Site, secrets: &mut BTreeMap<String, Vec<u8>>) {
    for name in secret_names(site) {
        let secret = || random_text().into_bytes();
        secrets.entry(name.to_owned()).or_insert_with(secret);
    }
}

/// Keys are only for issuers that have some.
pub(super) fn check_keys_brought(options: &WorldOptions, site: &Site) -> anyhow::Result<()> {
    for name in options.keys.keys() {
        match site.settings().issuers.get(name).map(|issuer| &issuer.vouching) {
            None => bail!("keys are given for `{name}`, but the policy has no [issuers.{name}]"),
            Some(Vouching::Keys(_)) => {}
            Some(_) => bail!("keys are given for `{name}`, but its credentials are not verified with published keys"),
        }
    }
    Ok(())
}

fn is_played(issuer: &Policy) -> bool {
    match &issuer.vouching {
        Vouching::Keys(source) => source.url.as_ref().is_none_or(|(endpoint, _)| endpoint.tls()),
        Vouching::Introspection(introspection) => introspection.endpoint.tls(),
        Vouching::Secret(_) => true,
        Vouching::ApiKeys => false,
    }
}

/// One issuer, `beside` the first with its `iss` if that is another.
fn player(
    name: &str,
    policy: &Policy,
    secrets: &BTreeMap<String, Vec<u8>>,
    beside: Option<&Issuer>,
) -> anyhow::Result<Issuer> {
    let secret = |name: &str| {
        secrets
            .get(name)
            .cloned()
            .with_context(|| format!("there is no secret {name}"))
    };
    let tenant = match policy.tenants.first().map(String::as_str) {
        Some(ANY_TENANT) => Some(SOME_TENANT),
        named => named,
    };
    let iss = policy.issuer.replace(TENANT, tenant.unwrap_or(TENANT));
    let audience = policy.audience.first().cloned().unwrap_or_default();
    let player = match beside {
        Some(first) => first.beside(name, iss, audience),
        None => Issuer::new(name, iss, audience)?,
    };
    let mut player = player.type_(match policy.types {
        types if types.jwt => Some("JWT"),
        types if types.at_jwt => Some("at+jwt"),
        _ => None,
    });
    if let Some(tenant) = tenant {
        player = player.always("tid", tenant);
    }
    for test in &policy.claims {
        if let Some(value) = fitting(&test.wanted) {
            player = player.always_at(claim_path::steps(&test.name), value);
        }
    }
    Ok(match &policy.vouching {
        Vouching::Keys(_) | Vouching::ApiKeys => player,
        Vouching::Secret(shared) => player.sharing(secret(&shared.name)?, shared.algorithm),
        Vouching::Introspection(introspection) => {
            player.introspected_by(introspection.client.as_str(), secret(&introspection.secret)?)
        }
    })
}

/// A value that is as it must be.
fn fitting(wanted: &Wanted) -> Option<Value> {
    let value = |scalar: &Scalar| match scalar {
        Scalar::Text(text) => Value::from(text.as_str()),
        Scalar::Number(number) => Value::from(*number),
        Scalar::Flag(flag) => Value::from(*flag),
    };
    match wanted {
        Wanted::Equal(scalar) => Some(value(scalar)),
        Wanted::OneOf(scalars) => scalars.first().map(value),
        Wanted::Prefix(prefix) => Some(Value::from(prefix.as_str())),
        Wanted::Exists => Some(Value::from("there")),
        // Depends on the request.
        Wanted::Captured(_) => None,
    }
}

#[cfg(test)]
mod tests;
