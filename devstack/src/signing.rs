//! Keys that sign and keys that check: RS256, ES256 and EdDSA with Ed25519 (RFC 7518 section 3.1, RFC 8037).
//!
//! Promises keys that are fresh, and signatures over exactly the header and claims that were given, right or wrong:
//! a test can sign any nonsense. Checking finds the key by `kid` and takes no other.
//! Refuses to show a private key except through [`SigningKey::private_pem`].

mod pair;
mod verify;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use serde_json::Value;

use pair::Pair;

pub(crate) use verify::{signature_only, verify};

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, a key of 2048 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name in a token's `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1).
    #[must_use]
    pub const fn jws_name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this `alg`, spelled exactly so.
    #[must_use]
    pub fn named(jws_name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.jws_name() == jws_name)
    }

    const fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// A private key with its name. Its `Debug` text shows the name and the algorithm only.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    kid: String,
    private_pem: String,
    public_pem: String,
    public_jwk: Value,
    key: EncodingKey,
}

impl SigningKey {
    /// A fresh key. An RSA key takes a noticeable part of a second.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn generate(algorithm: Algorithm, kid: impl Into<String>) -> anyhow::Result<Self> {
        let kid = kid.into();
        let Pair {
            private_pem,
            public_pem,
        } = Pair::generate(algorithm)?;
        let key = match algorithm {
            Algorithm::Rs256 => EncodingKey::from_rsa_pem(private_pem.as_bytes()),
            Algorithm::Es256 => EncodingKey::from_ec_pem(private_pem.as_bytes()),
            Algorithm::EdDsa => EncodingKey::from_ed_pem(private_pem.as_bytes()),
        }?;
        let public_jwk = public_half(&key, algorithm, &kid)?;
        Ok(Self {
            algorithm,
            kid,
            private_pem,
            public_pem,
            public_jwk,
            key,
        })
    }

    /// Its name.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half as a JSON Web Key (RFC 7517 section 4) with `kid`, `alg` and `use`.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        self.public_jwk.clone()
    }

    /// The private key in PKCS#8 (RFC 5958) between PEM lines (RFC 7468 section 10).
    #[must_use]
    pub fn private_pem(&self) -> String {
        self.private_pem.clone()
    }

    /// The public key as `SubjectPublicKeyInfo` between PEM lines (RFC 7468 section 13).
    #[must_use]
    pub fn public_pem(&self) -> String {
        self.public_pem.clone()
    }

    /// A compact JWS (RFC 7515 section 7.1) of exactly this header and these claims, even where the header tells lies.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn sign(&self, header: &Value, claims: &Value) -> anyhow::Result<String> {
        sign_with(&self.key, self.algorithm.of_library(), header, claims)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// A compact JWS with HS256 and this secret, for forgeries: nobody in the local world takes one.
pub(crate) fn sign_hs256(secret: &[u8], header: &Value, claims: &Value) -> anyhow::Result<String> {
    sign_with(
        &EncodingKey::from_secret(secret),
        jsonwebtoken::Algorithm::HS256,
        header,
        claims,
    )
}

/// The base64url text of a JSON value, as the parts of a compact JWS have it (RFC 7515 section 3).
pub(crate) fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn sign_with(
    key: &EncodingKey,
    algorithm: jsonwebtoken::Algorithm,
    header: &Value,
    claims: &Value,
) -> anyhow::Result<String> {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm)?;
    Ok(format!("{message}.{signature}"))
}

fn public_half(key: &EncodingKey, algorithm: Algorithm, kid: &str) -> anyhow::Result<Value> {
    let mut jwk = Jwk::from_encoding_key(key, algorithm.of_library())?;
    jwk.common.key_id = Some(kid.to_owned());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(serde_json::to_value(jwk)?)
}

#[cfg(test)]
mod tests;
