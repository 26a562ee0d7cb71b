//! Google's ways to an ID token that Cloud Run takes.
//!
//! | way | in | out |
//! | --- | --- | --- |
//! | `POST /token` | an assertion signed with a service account's key | the account's ID token |
//! | `POST /v1/token` | an assertion signed with a key of one's own (workload identity federation) | a federated access token |
//! | `POST /v1/projects/-/serviceAccounts/EMAIL:generateIdToken` | that access token | the account's ID token |
//!
//! Promises to check each as Google does (Google's "Using OAuth 2.0 for Server to Server Applications", section
//! HTTP/REST, and "Workload Identity Federation"; RFC 7523 section 3, RFC 8693) and to answer a bad one in Google's words.
//! Each can be told to fail in the ways that an API fails.
//! Refuses every other grant, and assertions of service accounts that ask for an access token: the gateway never needs one.

mod accounts;
mod api;
mod assertion;
mod endpoint;
mod federation;
mod iam_credentials;
mod sts;
mod subject_token;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::server::Server;
use accounts::{key_file, new_key};
use endpoint::Endpoint;

pub use api::{Api, Failure};
pub use federation::WorkloadIdentityProvider;

/// What an assertion's `aud` must be, whatever URL it is posted to.
pub const TOKEN_AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// The issuer of Google's ID tokens.
pub const ISSUER: &str = "https://accounts.google.com";

/// Google, running.
#[derive(Debug)]
pub struct Google {
    server: Server,
    endpoint: Arc<Endpoint>,
}

impl Google {
    /// Starts it with a fresh key, no accounts and no pools.
    ///
    /// # Errors
    ///
    /// If no key can be made or no port can be had.
    pub async fn start() -> anyhow::Result<Self> {
        let endpoint = Arc::new(Endpoint::new()?);
        let server = Server::start(endpoint::router(&endpoint)).await?;
        Ok(Self { server, endpoint })
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Where assertions are posted to.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("{}/token", self.url())
    }

    /// Registers a service account, or gives a registered one a further key, and returns the key file as Google's
    /// console lets it be downloaded, except that `token_uri` is this endpoint.
    ///
    /// # Errors
    ///
    /// If no key can be made.
    pub fn service_account(&self, email: &str) -> anyhow::Result<Value> {
        // Made before the accounts are locked: it takes long, and requests are waiting.
        let key = new_key()?;
        self.endpoint
            .accounts()
            .entry(email.to_owned())
            .or_default()
            .add_key(&key)?;
        Ok(key_file(email, &key, &self.token_url()))
    }

    /// Registers a service account without a key.
    pub fn keyless_account(&self, email: &str) {
        self.endpoint.accounts().entry(email.to_owned()).or_default();
    }

    /// Creates a provider of a workload identity pool, or replaces the one of that name.
    ///
    /// # Errors
    ///
    /// If Google would not take it: a name that is none, an issuer that is not https, or a key that is neither RSA nor P-256.
    pub fn workload_identity(&self, provider: WorkloadIdentityProvider) -> anyhow::Result<()> {
        self.endpoint.federation().add(provider)
    }

    /// Lets a subject of a provider's pool have ID tokens made for an account (`roles/iam.workloadIdentityUser`).
    ///
    /// # Errors
    ///
    /// If the provider's name is none.
    pub fn let_impersonate(&self, provider: &str, subject: &str, account: &str) -> anyhow::Result<()> {
        self.endpoint.federation().grant(provider, subject, account)
    }

    /// The Security Token Service, which is reached at this server's [`url`](Self::url).
    #[must_use]
    pub fn sts(&self) -> &Api {
        &self.endpoint.sts
    }

    /// The Service Account Credentials API, which is reached there too.
    #[must_use]
    pub fn iam_credentials(&self) -> &Api {
        &self.endpoint.iam_credentials
    }

    /// Google's public keys, as `GET /oauth2/v3/certs` has them.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.endpoint.key.public_jwk()] })
    }

    /// Signs any header and claims with Google's own key, for tokens that Google would not make.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn sign(&self, header: &Value, claims: &Value) -> anyhow::Result<String> {
        self.endpoint.key.sign(header, claims)
    }

    /// How the token endpoint fails from now on; `None` for not at all.
    pub fn set_failure(&self, failure: Option<Failure>) {
        self.endpoint.token.set_failure(failure);
    }

    /// How long ID tokens are valid from now on. Google's live for 3600 s.
    pub fn set_token_lifetime_s(&self, seconds: u64) {
        self.endpoint.token_lifetime_s.store(seconds, Ordering::Relaxed);
    }

    /// How many times the token endpoint was asked for a token, with or without success.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.endpoint.token.asked()
    }

    /// How many ID tokens it has minted.
    #[must_use]
    pub fn minted(&self) -> u64 {
        self.endpoint.token.minted()
    }

    /// Refuses connections from now on.
    pub async fn stop(&self) {
        self.server.stop().await;
    }

    /// Comes back on the same port, with the same accounts and keys.
    ///
    /// # Errors
    ///
    /// If the port has been taken.
    pub async fn resume(&self) -> anyhow::Result<()> {
        self.server.resume().await
    }
}

#[cfg(test)]
mod tests;
