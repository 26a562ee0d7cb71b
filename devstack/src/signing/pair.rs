//! Fresh key pairs.

use anyhow::anyhow;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use pem::{EncodeConfig, LineEnding, Pem};

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// RSA with 2048 bits.
    Rsa,
    /// A point on P-256.
    P256,
    /// A point on P-384.
    P384,
    /// A point on Edwards25519.
    Ed25519,
}

/// Both halves between PEM lines: PKCS#8 and `SubjectPublicKeyInfo`.
pub(super) struct Pair {
    pub(super) private_pem: String,
    pub(super) public_pem: String,
}

impl Pair {
    pub(super) fn generate(kind: Kind) -> anyhow::Result<Self> {
        let made = match kind {
            Kind::Rsa => rsa(),
            Kind::P256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Kind::P384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Kind::Ed25519 => ed25519(),
        };
        let Der { private, public } = made.map_err(|_| anyhow!("no key could be made: {kind:?}"))?;
        Ok(Self {
            private_pem: pem("PRIVATE KEY", private),
            public_pem: pem("PUBLIC KEY", public),
        })
    }
}

/// Both halves in DER.
struct Der {
    private: Vec<u8>,
    public: Vec<u8>,
}

fn rsa() -> Result<Der, Unspecified> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)?.as_ref().to_vec();
    Ok(Der {
        private,
        public: public_der(pair.public_key())?,
    })
}

fn ecdsa(curve: &'static EcdsaSigningAlgorithm) -> Result<Der, Unspecified> {
    let pair = EcdsaKeyPair::generate(curve)?;
    Ok(Der {
        private: pair.to_pkcs8v1()?.as_ref().to_vec(),
        public: public_der(pair.public_key())?,
    })
}

fn ed25519() -> Result<Der, Unspecified> {
    let pair = Ed25519KeyPair::generate()?;
    Ok(Der {
        private: pair.to_pkcs8v1()?.as_ref().to_vec(),
        public: public_der(pair.public_key())?,
    })
}

fn public_der(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Result<Vec<u8>, Unspecified> {
    Ok(key.as_der()?.as_ref().to_vec())
}

fn pem(label: &str, der: Vec<u8>) -> String {
    pem::encode_config(
        &Pem::new(label, der),
        EncodeConfig::new().set_line_ending(LineEnding::LF),
    )
}
