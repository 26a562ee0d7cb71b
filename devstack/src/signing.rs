//! Keys that sign and keys that check: RSA, ECDSA on P-256 and P-384, Ed25519, and HMAC (RFC 7518 section 3.1, RFC 8037).
//!
//! Promises keys that are fresh, and signatures over exactly the header and claims that were given, right or wrong:
//! a test can sign any nonsense. Checking finds the key by `kid` and takes no other.
//! Refuses to show a private key except through [`SigningKey::private_pem`] and
//! [`SigningKey::private_jwk`].

mod pair;
mod private_jwk;
mod verify;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use serde_json::Value;
use tollgate::policy::issuer::HmacAlgorithm;

use pair::{Kind, Pair};

pub(crate) use verify::{signature_only, verify};

/// How a key signs that has a public half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256; RSA keys have 2048 bits here.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Those that an issuer has published keys for unless it is told otherwise.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// Every one that there is.
    pub const EVERY: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name in a token's `alg` (RFC 7518 section 3.1, RFC 8037 section 3.1).
    #[must_use]
    pub const fn jws_name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this `alg`, spelled exactly so.
    #[must_use]
    pub fn named(jws_name: &str) -> Option<Self> {
        Self::EVERY
            .into_iter()
            .find(|algorithm| algorithm.jws_name() == jws_name)
    }

    /// Whether it is this one of the library's.
    pub(crate) fn is(self, other: jsonwebtoken::Algorithm) -> bool {
        self.of_library() == other
    }

    const fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs384 => jsonwebtoken::Algorithm::RS384,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Ps384 => jsonwebtoken::Algorithm::PS384,
            Self::Ps512 => jsonwebtoken::Algorithm::PS512,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }

    /// What keys it takes.
    const fn kind(self) -> Kind {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => Kind::Rsa,
            Self::Es256 => Kind::P256,
            Self::Es384 => Kind::P384,
            Self::EdDsa => Kind::Ed25519,
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
        Self::of(&Pair::generate(algorithm.kind())?, algorithm, kid.into())
    }

    /// The same key under another name and for another algorithm, as RSA keys serve for several.
    ///
    /// # Errors
    ///
    /// If the algorithm takes keys of another kind.
    pub fn also(&self, algorithm: Algorithm, kid: impl Into<String>) -> anyhow::Result<Self> {
        let pair = Pair {
            private_pem: self.private_pem.clone(),
            public_pem: self.public_pem.clone(),
        };
        Self::of(&pair, algorithm, kid.into())
    }

    fn of(pair: &Pair, algorithm: Algorithm, kid: String) -> anyhow::Result<Self> {
        let pem = pair.private_pem.as_bytes();
        let key = match algorithm.kind() {
            Kind::Rsa => EncodingKey::from_rsa_pem(pem),
            Kind::P256 | Kind::P384 => EncodingKey::from_ec_pem(pem),
            Kind::Ed25519 => EncodingKey::from_ed_pem(pem),
        }?;
        let public_jwk = public_half(&key, algorithm, &kid)?;
        Ok(Self {
            algorithm,
            kid,
            private_pem: pair.private_pem.clone(),
            public_pem: pair.public_pem.clone(),
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

    /// The private key as a JSON Web Key, for the gateway's secret store.
    ///
    /// # Errors
    ///
    /// If the key is neither for ES256 nor for EdDSA.
    pub fn private_jwk(&self) -> anyhow::Result<Value> {
        private_jwk::private_jwk(self)
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
        self.sign_text(header.to_string(), claims.to_string())
    }

    /// The same of any bytes, which need be no JSON.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn sign_text(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> anyhow::Result<String> {
        sign_with(&self.key, self.algorithm.of_library(), header.as_ref(), claims.as_ref())
    }

    /// The name that every public key has by itself (RFC 7638), with SHA-256.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn thumbprint(&self) -> anyhow::Result<String> {
        thumbprint(&self.public_jwk)
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

/// The thumbprint of a public key (RFC 7638) with SHA-256.
pub(crate) fn thumbprint(jwk: &Value) -> anyhow::Result<String> {
    let jwk: Jwk = serde_json::from_value(jwk.clone())?;
    Ok(jwk.thumbprint(ThumbprintHash::SHA256)?)
}

/// A compact JWS with an HMAC under this secret.
pub fn sign_hmac(
    algorithm: HmacAlgorithm,
    secret: &[u8],
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
) -> anyhow::Result<String> {
    let algorithm = match algorithm {
        HmacAlgorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        HmacAlgorithm::Hs384 => jsonwebtoken::Algorithm::HS384,
        HmacAlgorithm::Hs512 => jsonwebtoken::Algorithm::HS512,
    };
    sign_with(
        &EncodingKey::from_secret(secret),
        algorithm,
        header.as_ref(),
        claims.as_ref(),
    )
}

/// The name of an HMAC in a token's `alg` (RFC 7518 section 3.1).
#[must_use]
pub const fn hmac_name(algorithm: HmacAlgorithm) -> &'static str {
    match algorithm {
        HmacAlgorithm::Hs256 => "HS256",
        HmacAlgorithm::Hs384 => "HS384",
        HmacAlgorithm::Hs512 => "HS512",
    }
}

/// The base64url text of a JSON value, as the parts of a compact JWS have it (RFC 7515 section 3).
pub(crate) fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn sign_with(
    key: &EncodingKey,
    algorithm: jsonwebtoken::Algorithm,
    header: &[u8],
    claims: &[u8],
) -> anyhow::Result<String> {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
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
