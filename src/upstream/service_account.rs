//! A Google service account's key, and the assertion that is signed with it.
//!
//! Promises: the private key has no text form, and nothing of the key file reaches an error message.
//! The exchange is Google's "JWT bearer grant" for ID tokens (RFC 7523; the claim `target_audience` is Google's own).

use jwt_simple::prelude::{Audiences, Duration, JWTClaims, RS256KeyPair, RSAKeyPairLike, UnixTimeStamp};
use serde::{Deserialize, Serialize};

use crate::{secret::Secret, time::UnixSeconds, upstream::send::Endpoint};

/// The audience of every assertion: Google's token endpoint by its public name, wherever it is reached.
pub const GOOGLE_TOKEN_AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// How long an assertion is valid, in seconds. Google takes up to an hour; it is used at once.
const ASSERTION_LIFE_S: u64 = 300;

/// A service account's key, as in the JSON file that Google gives out.
pub struct ServiceAccount {
    email: String,
    key_id: String,
    private_key: Secret<String>,
    endpoint: Endpoint,
    target: String,
}

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key_id: String,
    private_key: String,
    token_uri: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TargetAudience {
    target_audience: String,
}

impl ServiceAccount {
    /// Reads a key file, which must be the key of `invoker`.
    ///
    /// # Errors
    /// What is wrong, without any of the file's text.
    pub fn from_key_file(file: &Secret<Vec<u8>>, invoker: &str) -> Result<Self, String> {
        // The parser's own message could quote a value.
        let file: KeyFile = serde_json::from_slice(file.expose()).map_err(|why| {
            format!(
                "it is not a service account's key file (line {}, column {})",
                why.line(),
                why.column()
            )
        })?;
        if file.client_email != invoker {
            return Err("it is the key of another service account than the service's `invoker`".to_owned());
        }
        let token_uri = file.token_uri.as_deref().unwrap_or(GOOGLE_TOKEN_AUDIENCE);
        let (endpoint, target) =
            Endpoint::split(token_uri).map_err(|_| "its `token_uri` is not an https URL".to_owned())?;
        let (email, key_id, private_key) = (file.client_email, file.private_key_id, Secret::new(file.private_key));
        Ok(Self {
            email,
            key_id,
            private_key,
            endpoint,
            target,
        })
    }

    /// Google's token endpoint for this key.
    #[must_use]
    pub fn token_endpoint(&self) -> (&Endpoint, &str) {
        (&self.endpoint, &self.target)
    }

    /// Signs the assertion that asks for an ID token for `target_audience`.
    ///
    /// # Errors
    /// That the key can't sign; the text holds nothing of it.
    pub fn assertion(&self, target_audience: &str, now: UnixSeconds) -> Result<Secret<String>, String> {
        let key = RS256KeyPair::from_pem(self.private_key.expose())
            .map_err(|_| "its `private_key` is not an RSA key in PKCS #8".to_owned())?
            .with_key_id(&self.key_id);
        let claims = JWTClaims {
            issued_at: Some(UnixTimeStamp::from_secs(now.0)),
            expires_at: Some(UnixTimeStamp::from_secs(now.0) + Duration::from_secs(ASSERTION_LIFE_S)),
            invalid_before: None,
            issuer: Some(self.email.clone()),
            subject: Some(self.email.clone()),
            audiences: Some(Audiences::AsString(GOOGLE_TOKEN_AUDIENCE.to_owned())),
            jwt_id: None,
            nonce: None,
            custom: TargetAudience {
                target_audience: target_audience.to_owned(),
            },
        };
        key.sign(claims)
            .map(Secret::new)
            .map_err(|_| "its `private_key` can't sign".to_owned())
    }
}
