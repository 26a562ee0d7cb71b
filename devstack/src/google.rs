//! Google's OAuth token endpoint: a service account's assertion in, a Google-signed ID token out.
//!
//! Promises to check the assertion as Google does (Google's "Using OAuth 2.0 for Server to Server Applications",
//! section HTTP/REST; RFC 7523 section 3) and to answer a bad one in Google's words, and that the ID token is one that
//! Cloud Run takes. Can be told to fail in the ways that an endpoint fails.
//! Refuses every other grant, and assertions that ask for an access token: the gateway never needs one.

mod accounts;
mod assertion;
mod endpoint;

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use crate::server::Server;
use accounts::{key_file, new_key};
use endpoint::Endpoint;

/// What an assertion's `aud` must be, whatever URL it is posted to.
pub const TOKEN_AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// The issuer of Google's ID tokens.
pub const ISSUER: &str = "https://accounts.google.com";

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Answers 503 with a JSON error.
    Unavailable,
    /// Takes the request and never answers.
    Hang,
    /// Answers 200 with a body that is not JSON.
    Garbage,
    /// Mints a good token, but for another audience than was asked for.
    WrongAudience,
}

/// A running token endpoint.
#[derive(Debug)]
pub struct Google {
    server: Server,
    endpoint: Arc<Endpoint>,
}

impl Google {
    /// Starts the endpoint with a fresh key and no accounts.
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

    /// How the endpoint fails from now on; `None` for not at all.
    pub fn set_failure(&self, failure: Option<Failure>) {
        *self.endpoint.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// How long ID tokens are valid from now on. Google's live for 3600 s.
    pub fn set_token_lifetime_s(&self, seconds: u64) {
        self.endpoint.token_lifetime_s.store(seconds, Ordering::Relaxed);
    }

    /// How many times the endpoint was asked for a token, with or without success.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.endpoint.asked.load(Ordering::Relaxed)
    }

    /// How many ID tokens it has minted.
    #[must_use]
    pub fn minted(&self) -> u64 {
        self.endpoint.minted.load(Ordering::Relaxed)
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
