//! Verifies Tollgate's assertions with the crate `jsonwebtoken`.

use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::Value;
use tokio::sync::Mutex;

/// Make one for the life of the process: it keeps the keys, and fetches them anew when they are old or one is unknown.
pub struct Verifier {
    /// Where the gateway publishes its keys.
    pub jwks_url: String,
    /// The gateway's public origin.
    pub issuer: String,
    /// Whom assertions must be for.
    pub audience: String,
    /// The keys, and when they were fetched.
    pub keys: Mutex<Option<(Instant, JwkSet)>>,
}

impl Verifier {
    /// Gives the claims. `token` is the value of `X-Tollgate-Assertion`.
    ///
    /// # Errors
    /// Why the assertion can't be believed.
    pub async fn verify(&self, token: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let header = decode_header(token)?;
        if !matches!(header.alg, Algorithm::ES256 | Algorithm::EdDSA) {
            return Err("another algorithm".into());
        }
        let key = self.key(header.kid.as_deref().ok_or("no kid")?).await?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        validation.leeway = 5;
        Ok(decode::<Value>(token, &key, &validation)?.claims)
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, Box<dyn std::error::Error>> {
        let mut kept = self.keys.lock().await;
        let fresh = kept.as_ref().filter(|(at, _)| at.elapsed() < Duration::from_secs(300));
        if fresh.is_none_or(|(_, keys)| keys.find(kid).is_none()) {
            let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build()?;
            let answer = client.get(&self.jwks_url).send().await?.error_for_status()?;
            let keys = answer.json().await?;
            *kept = Some((Instant::now(), keys));
        }
        let key = kept.as_ref().and_then(|(_, keys)| keys.find(kid));
        Ok(DecodingKey::from_jwk(key.ok_or("an unknown key")?)?)
    }
}
