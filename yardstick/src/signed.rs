//! Keys and tokens that are the same in every run.
//!
//! Promises: keys come from fixed seeds and signatures take no randomness, so the bytes that the gateway reads, and with
//! them the instructions that it needs, never change between runs. The keys are worthless: anyone can make them.

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer as _;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey as RsaSigningKey,
    pkcs8::{AssociatedOid, EncodePrivateKey as _, LineEnding},
    pss::SigningKey as PssSigningKey,
    sha2::{Digest, Sha256, Sha384, Sha512, digest::FixedOutputReset},
    signature::{RandomizedSigner as _, SignatureEncoding as _, Signer as _},
    traits::PublicKeyParts as _,
};
use serde_json::{Value, json};
use tollgate::policy::issuer::HmacAlgorithm;
use tollgate_devstack::signing::{Algorithm, sign_hmac};

/// The private keys of one issuer, one an algorithm; the RSA key is the invoker's too.
pub struct Keys {
    rsa: RsaPrivateKey,
    p256: p256::ecdsa::SigningKey,
    p384: p384::ecdsa::SigningKey,
    ed25519: ed25519_dalek::SigningKey,
}

impl Keys {
    /// Makes the keys. The RSA key takes a noticeable part of a second.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            rsa: RsaPrivateKey::new(&mut ChaCha20Rng::seed_from_u64(2_048), 2_048).context("no RSA key")?,
            p256: p256::ecdsa::SigningKey::from_slice(&[0x56; 32]).context("no P-256 key")?,
            p384: p384::ecdsa::SigningKey::from_slice(&[0x38; 48]).context("no P-384 key")?,
            ed25519: ed25519_dalek::SigningKey::from_bytes(&[0x19; 32]),
        })
    }

    /// The public half as a JSON Web Key under a name (RFC 7517 section 4).
    #[must_use]
    pub fn jwk(&self, algorithm: Algorithm, kid: &str) -> Value {
        let base64url = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => json!({
                "kty": "RSA", "kid": kid, "alg": algorithm.jws_name(), "use": "sig",
                "n": base64url(&self.rsa.n().to_bytes_be()), "e": base64url(&self.rsa.e().to_bytes_be()),
            }),
            Algorithm::Es256 => {
                let point = self.p256.verifying_key().to_sec1_point(false);
                let coordinate = |bytes: Option<&p256::FieldBytes>| bytes.map(|bytes| base64url(bytes));
                json!({
                    "kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig",
                    "x": coordinate(point.x()), "y": coordinate(point.y()),
                })
            }
            Algorithm::Es384 => {
                let point = self.p384.verifying_key().to_sec1_point(false);
                let coordinate = |bytes: Option<&p384::FieldBytes>| bytes.map(|bytes| base64url(bytes));
                json!({
                    "kty": "EC", "crv": "P-384", "kid": kid, "alg": "ES384", "use": "sig",
                    "x": coordinate(point.x()), "y": coordinate(point.y()),
                })
            }
            Algorithm::EdDsa => json!({
                "kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "use": "sig",
                "x": base64url(self.ed25519.verifying_key().as_bytes()),
            }),
        }
    }

    /// A compact JWS of these claims (RFC 7515 section 7.1).
    #[must_use]
    pub fn token(&self, algorithm: Algorithm, kid: &str, claims: &Value) -> String {
        self.sign(
            algorithm,
            &json!({ "alg": algorithm.jws_name(), "kid": kid, "typ": "JWT" }),
            claims,
        )
    }

    /// A DPoP proof with these claims (RFC 9449 section 4.2).
    #[must_use]
    pub fn proof(&self, algorithm: Algorithm, claims: &Value) -> String {
        let mut jwk = self.jwk(algorithm, "");
        if let Some(members) = jwk.as_object_mut() {
            members.retain(|name, _| !["kid", "use", "alg"].contains(&name.as_str()));
        }
        self.sign(
            algorithm,
            &json!({ "alg": algorithm.jws_name(), "typ": "dpop+jwt", "jwk": jwk }),
            claims,
        )
    }

    /// A token with HS256 under a secret (RFC 7518 section 3.2).
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn shared(&self, secret: &[u8], claims: &Value) -> anyhow::Result<String> {
        let header = json!({ "alg": "HS256", "typ": "JWT" });
        sign_hmac(HmacAlgorithm::Hs256, secret, header.to_string(), claims.to_string())
    }

    fn sign(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
        let signed = encoded(header, claims);
        let signature = match algorithm {
            Algorithm::Rs256 => self.pkcs1v15::<Sha256>(&signed),
            Algorithm::Rs384 => self.pkcs1v15::<Sha384>(&signed),
            Algorithm::Rs512 => self.pkcs1v15::<Sha512>(&signed),
            Algorithm::Ps256 => self.pss::<Sha256>(&signed),
            Algorithm::Ps384 => self.pss::<Sha384>(&signed),
            Algorithm::Ps512 => self.pss::<Sha512>(&signed),
            Algorithm::Es384 => {
                let signature: p384::ecdsa::Signature = self.p384.sign(signed.as_bytes());
                signature.to_bytes().to_vec()
            }
            Algorithm::Es256 => {
                let signature: p256::ecdsa::Signature = self.p256.sign(signed.as_bytes());
                signature.to_bytes().to_vec()
            }
            Algorithm::EdDsa => self.ed25519.sign(signed.as_bytes()).to_bytes().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn pkcs1v15<D: Digest + AssociatedOid>(&self, message: &str) -> Vec<u8> {
        let key = RsaSigningKey::<D>::new(self.rsa.clone());
        key.sign(message.as_bytes()).to_vec()
    }

    /// The salt is the same in every run, and so are the bytes.
    fn pss<D: Digest + FixedOutputReset>(&self, message: &str) -> Vec<u8> {
        let key = PssSigningKey::<D>::new(self.rsa.clone());
        let mut salts = ChaCha20Rng::seed_from_u64(2_048);
        key.sign_with_rng(&mut salts, message.as_bytes()).to_vec()
    }

    /// The RSA key in PKCS #8 between PEM lines, as in a service account's key file.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub fn rsa_pem(&self) -> anyhow::Result<String> {
        Ok(self.rsa.to_pkcs8_pem(LineEnding::LF).context("no PEM")?.to_string())
    }
}

/// What a signature is made over (RFC 7515 section 5.1).
fn encoded(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_makes_the_same_tokens() {
        let claims = json!({ "sub": "u1" });
        let (one, other) = (Keys::new().unwrap(), Keys::new().unwrap());
        for algorithm in Algorithm::ALL {
            assert_eq!(one.token(algorithm, "k", &claims), other.token(algorithm, "k", &claims));
            assert_eq!(one.jwk(algorithm, "k"), other.jwk(algorithm, "k"));
        }
    }
}
