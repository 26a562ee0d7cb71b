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

#[cfg(test)]
mod tests {
    use jwt_simple::prelude::{RS256PublicKey, RSAPublicKeyLike as _, VerificationOptions};
    use serde_json::{Value, json};
    use tollgate_devstack::signing::{Algorithm, SigningKey};

    use super::*;

    const INVOKER: &str = "edge@p.iam.gserviceaccount.com";

    fn file(private_key: &str) -> Value {
        json!({
            "type": "service_account", "client_email": INVOKER, "private_key_id": "k1", "private_key": private_key,
            "token_uri": "https://oauth2.googleapis.com/token", "universe_domain": "googleapis.com",
        })
    }

    fn read(file: &Value) -> Result<ServiceAccount, String> {
        ServiceAccount::from_key_file(&Secret::new(file.to_string().into_bytes()), INVOKER)
    }

    #[test]
    fn the_assertion_is_what_google_asks_for() {
        let key = SigningKey::generate(Algorithm::Rs256, "k1").unwrap();
        let account = read(&file(&key.private_pem())).unwrap();
        let (endpoint, target) = account.token_endpoint();
        assert_eq!(
            (endpoint.origin().as_str(), target),
            ("https://oauth2.googleapis.com", "/token")
        );

        let assertion = account.assertion("https://orders.run.app", UnixSeconds(1_000)).unwrap();
        let public = RS256PublicKey::from_pem(&key.public_pem()).unwrap();
        let options = VerificationOptions {
            artificial_time: Some(UnixTimeStamp::from_secs(1_000)),
            required_key_id: Some("k1".to_owned()),
            ..VerificationOptions::default()
        };
        let claims: JWTClaims<TargetAudience> = public.verify_token(assertion.expose(), Some(options)).unwrap();
        assert_eq!(
            (claims.issuer.as_deref(), claims.subject.as_deref()),
            (Some(INVOKER), Some(INVOKER))
        );
        assert_eq!(
            claims.audiences,
            Some(Audiences::AsString("https://oauth2.googleapis.com/token".to_owned()))
        );
        let times = [claims.issued_at, claims.expires_at].map(|time| time.map(|time| time.as_secs()));
        assert_eq!(times, [Some(1_000), Some(1_300)]);
        assert_eq!(claims.custom.target_audience, "https://orders.run.app");
    }

    #[test]
    fn unfit_key_files_are_refused_without_a_word_of_them() {
        let with = |name: &str, value: Value| {
            let mut file = file("pem-with-a-secret");
            file[name] = value;
            file.to_string()
        };
        for (name, text) in [
            ("no JSON", "secret".to_owned()),
            ("a list", "[\"secret\"]".to_owned()),
            (
                "another account",
                with("client_email", json!("secret@p.iam.gserviceaccount.com")),
            ),
            ("no account", with("client_email", Value::Null)),
            ("no key id", with("private_key_id", json!({ "secret": 1 }))),
            ("key of the wrong type", with("private_key", json!(["secret"]))),
            (
                "endpoint without TLS",
                with("token_uri", json!("http://secret.example/token")),
            ),
            (
                "endpoint with a password",
                with("token_uri", json!("https://u:secret@a.example/token")),
            ),
            ("endpoint that is none", with("token_uri", json!("secret"))),
        ] {
            let why = ServiceAccount::from_key_file(&Secret::new(text.into_bytes()), INVOKER).err();
            let why = why.unwrap_or_else(|| panic!("{name} is taken"));
            assert!(!why.contains("secret"), "{name}: {why}");
        }
    }

    #[test]
    fn keys_that_cannot_sign_are_told_without_a_word_of_them() {
        let elliptic = SigningKey::generate(Algorithm::Es256, "k1").unwrap().private_pem();
        let rsa = SigningKey::generate(Algorithm::Rs256, "k1").unwrap().private_pem();
        let cut: String = rsa.lines().take(5).collect();
        for (name, pem) in [
            ("no PEM", "secret"),
            ("empty", ""),
            ("another type", &elliptic),
            ("cut off", &cut),
        ] {
            let why = read(&file(pem)).unwrap().assertion("a", UnixSeconds(0)).err();
            assert_eq!(
                why.as_deref(),
                Some("its `private_key` is not an RSA key in PKCS #8"),
                "{name}"
            );
        }
    }

    #[test]
    fn without_an_endpoint_it_is_googles() {
        let mut file = file("");
        file["token_uri"] = Value::Null;
        let account = read(&file).unwrap();
        assert_eq!(account.token_endpoint().0.origin(), "https://oauth2.googleapis.com");
    }
}
