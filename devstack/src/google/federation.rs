//! Workload identity federation: the providers of pools, who was let in, and what they may do.
//!
//! Promises that a provider is one that Google takes (Google's "Manage workload identity pool providers"): its issuer is
//! https, and its keys are RSA or P-256.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use serde_json::Value;

use crate::tokens::random_text;

/// Where Google's own resources have their names.
const IAM: &str = "//iam.googleapis.com/";

/// A provider of a workload identity pool, with uploaded keys.
#[derive(Debug, Clone)]
pub struct WorkloadIdentityProvider {
    /// Its resource name: `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
    pub name: String,
    /// What `iss` must be.
    pub issuer: String,
    /// The issuer's public keys, a JSON Web Key Set.
    pub jwks: Value,
    /// What `aud` may be; if empty, the provider's own name behind `https://iam.googleapis.com/` or `//iam.googleapis.com/`.
    pub allowed_audiences: Vec<String>,
}

/// A registered provider.
#[derive(Debug)]
pub(super) struct Provider {
    name: String,
    pub(super) issuer: String,
    pub(super) keys: JwkSet,
    pub(super) audiences: Vec<String>,
}

/// All that is known of pools.
#[derive(Debug, Default)]
pub(super) struct Federation {
    /// By what a request's `audience` calls them.
    providers: BTreeMap<String, Provider>,
    /// Principals and the accounts that they may have ID tokens made for.
    grants: BTreeSet<(String, String)>,
    tokens: BTreeMap<String, Federated>,
}

/// Who holds a federated access token, and until when, in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Federated {
    pub(super) principal: String,
    pub(super) expires_at: i64,
}

impl Federation {
    pub(super) fn add(&mut self, provider: WorkloadIdentityProvider) -> anyhow::Result<()> {
        if pool_of(&provider.name).is_none() {
            bail!("`{}` is no provider's resource name", provider.name);
        }
        if !provider.issuer.starts_with("https://") {
            bail!("Invalid OIDC issuer URI. The scheme must be https.");
        }
        let keys: JwkSet = serde_json::from_value(provider.jwks).context("jwks is not a key set")?;
        if !keys.keys.iter().all(is_taken) {
            bail!("Invalid JWKs. Only RSA, EC key types are supported.");
        }
        let audiences = match provider.allowed_audiences {
            named if !named.is_empty() => named,
            _ => vec![
                format!("https:{IAM}{}", provider.name),
                format!("{IAM}{}", provider.name),
            ],
        };
        let registered = Provider {
            issuer: provider.issuer,
            keys,
            audiences,
            name: provider.name,
        };
        self.providers.insert(format!("{IAM}{}", registered.name), registered);
        Ok(())
    }

    pub(super) fn grant(&mut self, provider: &str, subject: &str, account: &str) -> anyhow::Result<()> {
        let pool = pool_of(provider).with_context(|| format!("`{provider}` is no provider's resource name"))?;
        self.grants.insert((principal(pool, subject), account.to_owned()));
        Ok(())
    }

    /// The provider that a request's `audience` names.
    pub(super) fn provider(&self, audience: &str) -> Option<&Provider> {
        self.providers.get(audience)
    }

    /// Gives an access token to a subject that a provider vouches for.
    pub(super) fn admit(&mut self, principal: String, expires_at: i64) -> String {
        let token = format!("ya29.d.{}", random_text());
        self.tokens.insert(token.clone(), Federated { principal, expires_at });
        token
    }

    /// Who holds this access token.
    pub(super) fn holder(&self, token: &str) -> Option<&Federated> {
        self.tokens.get(token)
    }

    /// Whether the principal has the role `roles/iam.workloadIdentityUser` on the account.
    pub(super) fn may_mint(&self, principal: &str, account: &str) -> bool {
        self.grants.contains(&(principal.to_owned(), account.to_owned()))
    }
}

impl Provider {
    /// What IAM calls a subject of the provider's pool.
    pub(super) fn principal(&self, subject: &str) -> String {
        principal(pool_of(&self.name).unwrap_or_default(), subject)
    }
}

/// `principal://iam.googleapis.com/…/workloadIdentityPools/POOL/subject/SUBJECT`.
fn principal(pool: &str, subject: &str) -> String {
    format!("principal:{IAM}{pool}/subject/{subject}")
}

fn pool_of(provider: &str) -> Option<&str> {
    let (pool, name) = provider.split_once("/providers/")?;
    let whole = pool.starts_with("projects/") && pool.contains("/locations/global/workloadIdentityPools/");
    (whole && !name.is_empty()).then_some(pool)
}

fn is_taken(key: &Jwk) -> bool {
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => true,
        AlgorithmParameters::EllipticCurve(key) => key.curve == EllipticCurve::P256,
        _ => false,
    }
}
