//! Fresh key pairs.

use anyhow::anyhow;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use pem::{EncodeConfig, LineEnding, Pem};

use super::Algorithm;

/// Both halves between PEM lines: PKCS#8 and `SubjectPublicKeyInfo`.
pub(super) struct Pair {
    pub(super) private_pem: String,
    pub(super) public_pem: String,
}

impl Pair {
    pub(super) fn generate(algorithm: Algorithm) -> anyhow::Result<Self> {
        let made = match algorithm {
            Algorithm::Rs256 => rsa(),
            Algorithm::Es256 => ecdsa(),
            Algorithm::EdDsa => ed25519(),
        };
        let Der { private, public } = made.map_err(|_| anyhow!("no {} key could be made", algorithm.jws_name()))?;
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

fn ecdsa() -> Result<Der, Unspecified> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
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
