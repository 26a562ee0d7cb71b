//! A Google service account's key, and the assertion that is signed with it.
//!
//! Promises: the private key has no text form, and nothing of the key file reaches an error message.
//! The exchange is Google's "JWT bearer grant" for ID tokens (RFC 7523; the claim `target_audience` is Google's own).

use std::ops::RangeInclusive;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use getrandom::SysRng;
use rsa::{
    BoxedUint, RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::DecodePrivateKey,
    sha2::Sha256,
    signature::{RandomizedSigner, SignatureEncoding},
    traits::PublicKeyParts,
};
use serde::Deserialize;
use serde_json::json;

use crate::{secret::Secret, time::UnixSeconds, upstream::send::Endpoint};

/// The audience of every assertion: Google's token endpoint by its public name, wherever it is reached.
pub const GOOGLE_TOKEN_AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// How long an assertion is valid, in seconds. Google takes up to an hour; it is used at once.
const ASSERTION_LIFE_S: u64 = 300;

/// The sizes of keys that are taken: a larger one is slow to sign with, and Google gives none.
const RSA_BITS: RangeInclusive<usize> = 2_048..=4_096;

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
        let key = RsaPrivateKey::from_pkcs8_pem(self.private_key.expose().trim())
            .ok()
            .filter(|key| {
                RSA_BITS.contains(&(key.n().bits_vartime() as usize)) && *key.e() == BoxedUint::from(65_537_u32)
            })
            .ok_or("its `private_key` is not an RSA key in PKCS #8")?;
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id });
        let claims = json!({
            "iat": now.0,
            "exp": now.plus_s(ASSERTION_LIFE_S).0,
            "iss": self.email,
            "sub": self.email,
            "aud": GOOGLE_TOKEN_AUDIENCE,
            "target_audience": target_audience,
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        // Random numbers blind the private key's arithmetic against who measures its time (RUSTSEC-2023-0071). The
        // signature is the same whatever they are, and is checked with the public key before it is given out.
        let signature = SigningKey::<Sha256>::new(key)
            .try_sign_with_rng(&mut SysRng, message.as_bytes())
            .map_err(|_| "its `private_key` can't sign")?;
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        Ok(Secret::new(format!("{message}.{signature}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tollgate_devstack::signing::{Algorithm, SigningKey};

    use super::*;
    use crate::identity::keys::VerifyingKey;

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
        let parts: Vec<_> = assertion.expose().split('.').collect();
        let part = |at: usize| URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
        let public = VerifyingKey::from_jwk(&key.public_jwk().to_string(), "k1").unwrap();
        assert_eq!(parts.len(), 3);
        assert!(public.verifies(format!("{}.{}", parts[0], parts[1]).as_bytes(), &part(2)));
        assert_eq!(
            serde_json::from_slice::<Value>(&part(0)).unwrap(),
            json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" })
        );
        assert_eq!(
            serde_json::from_slice::<Value>(&part(1)).unwrap(),
            json!({
                "iss": INVOKER, "sub": INVOKER, "aud": "https://oauth2.googleapis.com/token",
                "iat": 1_000, "exp": 1_300, "target_audience": "https://orders.run.app",
            })
        );
        // Blinding changes nothing that can be seen.
        let again = account.assertion("https://orders.run.app", UnixSeconds(1_000)).unwrap();
        assert!(again.same_bytes(&assertion));
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
