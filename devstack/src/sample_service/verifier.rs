//! How a service believes what the gateway says of a caller: it verifies the assertion with the keys that the gateway
//! publishes.
//!
//! Promises that what it takes was signed with ES256 or EdDSA by a key that the gateway publishes, names the issuer and the
//! audience that were given, has not expired and lives for two minutes at most.
//! Keys are fetched when one is met that is not known, and once a second at most.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use jsonwebtoken::Validation;
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use tokio::sync::Mutex;
use tollgate::policy::site::ASSERTION_TTL_S_MAX;

use crate::signing::verify;

/// The header that assertions come in.
pub(super) const HEADER: &str = "x-tollgate-assertion";

/// The shortest time between two fetches.
const FETCH_AGAIN: Duration = Duration::from_secs(1);

/// Verifies the assertions that one service gets.
#[derive(Debug)]
pub struct Verifier {
    keys_url: String,
    validation: Validation,
    fetched: Mutex<Option<Fetched>>,
}

#[derive(Debug)]
struct Fetched {
    at: Instant,
    keys: JwkSet,
}

impl Verifier {
    /// A verifier for assertions of this issuer for this audience, with the keys that are found at the URL.
    #[must_use]
    pub fn new(keys_url: impl Into<String>, issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::default();
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.leeway = 0;
        Self {
            keys_url: keys_url.into(),
            validation,
            fetched: Mutex::new(None),
        }
    }

    /// The claims of an assertion that holds.
    ///
    /// # Errors
    /// Why it does not, or why the keys can't be had.
    pub async fn verify(&self, assertion: &str) -> anyhow::Result<Value> {
        let header = jsonwebtoken::decode_header(assertion)?;
        let algorithm = match header.alg {
            taken @ (jsonwebtoken::Algorithm::ES256 | jsonwebtoken::Algorithm::EdDSA) => taken,
            _ => bail!("assertions are signed with ES256 or EdDSA"),
        };
        let keys = self
            .keys(header.kid.as_deref().context("the assertion names no key")?)
            .await?;
        let mut validation = self.validation.clone();
        validation.algorithms = vec![algorithm];
        let claims = verify(assertion, &keys, &validation)?;
        let time = |name: &str| claims.get(name).and_then(Value::as_u64);
        match (time("iat"), time("exp")) {
            (Some(iat), Some(exp)) if exp.saturating_sub(iat) <= ASSERTION_TTL_S_MAX => Ok(claims),
            _ => bail!("the assertion says not when it was made, or lives too long"),
        }
    }

    /// The published keys, with this one among them if it is there at all.
    async fn keys(&self, kid: &str) -> anyhow::Result<JwkSet> {
        let mut fetched = self.fetched.lock().await;
        if let Some(fetched) = &*fetched
            && (fetched.keys.find(kid).is_some() || fetched.at.elapsed() < FETCH_AGAIN)
        {
            return Ok(fetched.keys.clone());
        }
        let answer = reqwest::get(&self.keys_url).await?.error_for_status()?;
        let keys: JwkSet = answer.json().await?;
        *fetched = Some(Fetched {
            at: Instant::now(),
            keys: keys.clone(),
        });
        Ok(keys)
    }
}
