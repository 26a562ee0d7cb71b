//! Tokens that are signed well, whatever they say.
//!
//! Promises: header and payload are signed byte by byte as they are given, so what is spoiled in them is all that is
//! wrong. Keys are made anew for each forge. The library that signs shares no code with those that verify at the edge.

use anyhow::anyhow;
use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    error::Unspecified,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::question::Question;

/// The issuer of all forged tokens.
pub const ISSUER: &str = "https://issuer.example";
/// Their audience.
pub const AUDIENCE: &str = "api://orders";
/// The `kid` of every key.
pub const KID: &str = "k1";

/// The keys that a token may be signed with, and judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// RSA, PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// The same key, with SHA-512.
    Rs512,
    /// The same key, PSS with SHA-256.
    Ps256,
    /// P-256.
    Es256,
    /// The same key, with the signature in DER, as X.509 has it.
    Es256Der,
    /// P-384.
    Es384,
    /// Ed25519.
    EdDsa,
    /// A secret of 64 bytes, with SHA-256.
    Hs256,
    /// The same secret, with SHA-512.
    Hs512,
    /// The public RSA key's PEM text, taken for a secret.
    Hs256OfPem,
    /// A P-256 key that is not the issuer's.
    Stranger,
}

impl By {
    /// The `alg` of what it signs.
    #[must_use]
    pub const fn alg(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Es256 | Self::Es256Der | Self::Stranger => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 | Self::Hs256OfPem => "HS256",
            Self::Hs512 => "HS512",
        }
    }
}

/// One key of each type.
pub struct Forge {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p256_der: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    stranger: EcdsaKeyPair,
    secret: [u8; 64],
}

impl Forge {
    /// Makes the keys.
    ///
    /// # Errors
    /// If the library can't.
    pub fn new() -> anyhow::Result<Self> {
        Self::made().map_err(|_| anyhow!("no keys could be made"))
    }

    fn made() -> Result<Self, Unspecified> {
        let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let document = p256.to_pkcs8v1()?;
        let p256_der = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref());
        let mut secret = [0; 64];
        aws_lc_rs::rand::fill(&mut secret)?;
        Ok(Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048)?,
            p256_der: p256_der.map_err(|_| Unspecified)?,
            p256,
            p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?,
            ed25519: Ed25519KeyPair::generate()?,
            stranger: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
            secret,
        })
    }

    /// A compact JWS of exactly these texts.
    ///
    /// # Errors
    /// If the library can't sign.
    pub fn token(&self, by: By, header: &[u8], payload: &[u8]) -> anyhow::Result<String> {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        self.signed(by, &message)
    }

    /// This text with its signature after a dot.
    ///
    /// # Errors
    /// If the library can't sign.
    pub fn signed(&self, by: By, message: &str) -> anyhow::Result<String> {
        let signature = self
            .signature(by, message.as_bytes())
            .map_err(|_| anyhow!("{} could not be signed", by.alg()))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signature(&self, by: By, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let ecdsa = |key: &EcdsaKeyPair| Ok(key.sign(&SystemRandom::new(), message)?.as_ref().to_vec());
        let mac = |algorithm, secret: &[u8]| {
            hmac::sign(&hmac::Key::new(algorithm, secret), message)
                .as_ref()
                .to_vec()
        };
        match by {
            By::Rs256 => self.by_rsa(&RSA_PKCS1_SHA256, message),
            By::Rs512 => self.by_rsa(&RSA_PKCS1_SHA512, message),
            By::Ps256 => self.by_rsa(&RSA_PSS_SHA256, message),
            By::Es256 => ecdsa(&self.p256),
            By::Es256Der => ecdsa(&self.p256_der),
            By::Es384 => ecdsa(&self.p384),
            By::Stranger => ecdsa(&self.stranger),
            By::EdDsa => Ok(self.ed25519.sign(message).as_ref().to_vec()),
            By::Hs256 => Ok(mac(hmac::HMAC_SHA256, &self.secret)),
            By::Hs512 => Ok(mac(hmac::HMAC_SHA512, &self.secret)),
            By::Hs256OfPem => Ok(mac(hmac::HMAC_SHA256, self.rsa_pem()?.as_bytes())),
        }
    }

    fn by_rsa(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(padding, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    fn rsa_pem(&self) -> Result<String, Unspecified> {
        let der: PublicKeyX509Der<'_> = self.rsa.public_key().as_der()?;
        let text = STANDARD.encode(der.as_ref());
        Ok(format!(
            "-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
        ))
    }

    /// Whether `token` is one of the issuer's, whose key is the one of `by`.
    #[must_use]
    pub fn question(&self, by: By, token: String) -> Question {
        let secret = matches!(by, By::Hs256 | By::Hs512).then(|| URL_SAFE_NO_PAD.encode(self.secret));
        Question {
            token,
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            algorithm: by.alg().to_owned(),
            typ: "JWT".to_owned(),
            jwks: secret.is_none().then(|| json!({ "keys": [self.jwk(by)] })),
            secret,
        }
    }

    /// The public key, as its issuer would publish it.
    #[must_use]
    pub fn jwk(&self, by: By) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match by {
            By::Es256 | By::Es256Der => of_point("P-256", self.p256.public_key().as_ref()),
            By::Stranger => of_point("P-256", self.stranger.public_key().as_ref()),
            By::Es384 => of_point("P-384", self.p384.public_key().as_ref()),
            By::EdDsa => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(self.ed25519.public_key().as_ref()) }),
            By::Rs256 | By::Rs512 | By::Ps256 | By::Hs256 | By::Hs512 | By::Hs256OfPem => {
                let (n, e) = (self.rsa.public_key().modulus(), self.rsa.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": text(n), "e": text(e) })
            }
        };
        if let Some(members) = jwk.as_object_mut() {
            for (name, value) in [("kid", KID), ("alg", by.alg()), ("use", "sig")] {
                members.insert(name.to_owned(), json!(value));
            }
        }
        jwk
    }
}

/// An uncompressed point is 04, x and y (SEC 1 section 2.3.3).
fn of_point(curve: &str, point: &[u8]) -> Value {
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    json!({ "kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}
