//! Private keys as JSON Web Keys (RFC 7518 section 6.2.2, RFC 8037 section 2), as the gateway's secrets hold them.

use anyhow::{Context as _, anyhow, bail};
use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Algorithm, SigningKey};

pub(super) fn private_jwk(key: &SigningKey) -> anyhow::Result<Value> {
    let pkcs8 = pem::parse(&key.private_pem)?;
    let unreadable = |_| anyhow!("a key of our own making can't be read");
    let d = match key.algorithm {
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.contents());
            let pair = pair.map_err(unreadable)?;
            let d: EcPrivateKeyBin<'_> = pair
                .private_key()
                .as_be_bytes()
                .map_err(|_| anyhow!("the key keeps its secret"))?;
            URL_SAFE_NO_PAD.encode(d.as_ref())
        }
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8.contents()).map_err(unreadable)?;
            let seed = pair.seed().map_err(|_| anyhow!("the key keeps its secret"))?;
            let d: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(|_| anyhow!("the key keeps its secret"))?;
            URL_SAFE_NO_PAD.encode(d.as_ref())
        }
        other => bail!("private keys for {} are not written as JSON Web Keys", other.jws_name()),
    };
    let mut jwk = key.public_jwk();
    let members = jwk.as_object_mut().context("a public key is an object")?;
    members.insert("d".to_owned(), d.into());
    Ok(jwk)
}
