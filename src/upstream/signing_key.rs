//! A key that the gateway signs with: assertions for services, and who it is for Google.
//!
//! Promises: it is a private JWK (RFC 7517, RFC 8037) of P-256 or Ed25519 out of the secret store, as
//! `tollgate keys create` makes it; what is published of it is its public half, and the two halves are known to fit.
//! It has no text form, and nothing of the secret reaches an error.
//!
//! Refuses: other curves, a key that says it is for something else than signing or for another algorithm, and a `kid`
//! that is missing or no token of up to 128 visible characters.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::secret::Secret;

/// The longest `kid`, in bytes.
const KID_BYTES_MAX: usize = 128;

/// The length of a private key of either curve, in bytes.
pub const PRIVATE_BYTES: usize = 32;

/// What a key signs by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// ES256 (RFC 7518 section 3.4).
    P256,
    /// EdDSA (RFC 8037 section 3.1).
    Ed25519,
}

/// A key that signs. Its `Debug` text shows the `kid` only.
pub struct SigningKey {
    kid: String,
    private: Private,
}

enum Private {
    Es256(Box<p256::ecdsa::SigningKey>),
    EdDsa(Box<ed25519_dalek::SigningKey>),
}

#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    y: Option<String>,
    d: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl SigningKey {
    /// Reads a private JWK.
    ///
    /// # Errors
    /// What is wrong, without any of the secret's text.
    pub fn from_secret(secret: &Secret<Vec<u8>>) -> Result<Self, String> {
        // The parser's own message could quote a value.
        let jwk: PrivateJwk = serde_json::from_slice(secret.expose())
            .map_err(|why| format!("it is no private JWK (line {}, column {})", why.line(), why.column()))?;
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let curve = match (jwk.kty.as_str(), jwk.crv.as_str()) {
            ("EC", "P-256") => Curve::P256,
            ("OKP", "Ed25519") => Curve::Ed25519,
            _ => return Err("it is neither of P-256 nor of Ed25519".to_owned()),
        };
        let d = bytes(&jwk.d).and_then(|d| d.try_into().ok());
        let d = d.ok_or("its `d` is not 32 bytes in base64url")?;
        let key = Self::from_private(&jwk.kid, curve, d)?;
        let (x, y) = key.private.public();
        if bytes(&jwk.x) != Some(x) || jwk.y.as_deref().map(bytes) != y.map(Some) {
            return Err("its public half does not fit its private one".to_owned());
        }
        if jwk.usage.is_some_and(|usage| usage != "sig") {
            return Err("its `use` is not `sig`".to_owned());
        }
        if jwk.key_ops.is_some_and(|ops| !ops.iter().any(|op| op == "sign")) {
            return Err("its `key_ops` have no `sign`".to_owned());
        }
        // RFC 9864 names EdDSA by its curve.
        let names = match curve {
            Curve::P256 => ["ES256", "ES256"],
            Curve::Ed25519 => ["EdDSA", "Ed25519"],
        };
        match jwk.alg {
            Some(alg) if !names.contains(&alg.as_str()) => Err("its `alg` is not that of its curve".to_owned()),
            _ => Ok(key),
        }
    }

    /// The key with this private half. Any 32 random bytes are one of Ed25519, and all but one of 2^32 are one of P-256.
    ///
    /// # Errors
    /// That the `kid` is none, or the bytes are no private key of the curve; without any of them.
    pub fn from_private(kid: &str, curve: Curve, d: [u8; PRIVATE_BYTES]) -> Result<Self, String> {
        if !(1..=KID_BYTES_MAX).contains(&kid.len()) || !kid.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("its `kid` is not up to {KID_BYTES_MAX} visible characters"));
        }
        let private = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&d);
                Private::Es256(Box::new(key.map_err(|_| "its `d` is no private key of its curve")?))
            }
            Curve::Ed25519 => Private::EdDsa(Box::new(ed25519_dalek::SigningKey::from_bytes(&d))),
        };
        Ok(Self {
            kid: kid.to_owned(),
            private,
        })
    }

    /// The key's identifier.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm, as a JWT's header names it.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match &self.private {
            Private::Es256(_) => "ES256",
            Private::EdDsa(_) => "EdDSA",
        }
    }

    /// The public half as a JWK.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let (x, y) = self.private.public();
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), y.map(|y| URL_SAFE_NO_PAD.encode(y)));
        let (kid, alg) = (&self.kid, self.algorithm());
        match y {
            Some(y) => json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": alg }),
            None => json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig", "alg": alg }),
        }
    }

    /// Signs claims as a compact JWS (RFC 7515 section 3.1) with `typ` `JWT`.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> Secret<String> {
        let header = json!({ "alg": self.algorithm(), "typ": "JWT", "kid": self.kid });
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let mut token = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.private.signature(token.as_bytes()));
        token.push('.');
        token.push_str(&signature);
        Secret::new(token)
    }

    /// The whole key as a private JWK, as [`SigningKey::from_secret`] reads it: what the secret store gets.
    #[must_use]
    pub fn private_jwk(&self) -> Secret<String> {
        let mut jwk = self.public_jwk();
        if let Some(members) = jwk.as_object_mut() {
            let d = URL_SAFE_NO_PAD.encode(self.private.bytes());
            members.insert("d".to_owned(), Value::String(d));
        }
        Secret::new(jwk.to_string())
    }
}

impl Private {
    /// The signature: `R || S` of ES256 (RFC 7518 section 3.4), or EdDSA's own form.
    fn signature(&self, message: &[u8]) -> [u8; 64] {
        match self {
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().into()
            }
            Self::EdDsa(key) => key.sign(message).to_bytes(),
        }
    }

    fn bytes(&self) -> [u8; PRIVATE_BYTES] {
        match self {
            Self::Es256(key) => key.to_bytes().into(),
            Self::EdDsa(key) => key.to_bytes(),
        }
    }

    /// The public half: `x`, and `y` where there is one.
    fn public(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        match self {
            Self::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                (
                    point.x().map(|x| x.to_vec()).unwrap_or_default(),
                    point.y().map(|y| y.to_vec()),
                )
            }
            Self::EdDsa(key) => (key.verifying_key().to_bytes().to_vec(), None),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
