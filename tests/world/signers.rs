//! One signer for each algorithm that the gateway verifies, with keys that never change.
//!
//! The signatures are made by the libraries that verify them: what other libraries make of tokens is tested with the
//! local world's, which shares no code with the gateway.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use getrandom::{SysRng, rand_core::UnwrapErr};
use hmac::{Hmac, KeyInit, Mac};
use rsa::{
    BoxedUint, RsaPrivateKey, pkcs1v15, pss,
    sha2::{Sha256, Sha384, Sha512},
    signature::{RandomizedSigner, SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use tollgate::{
    identity::{algorithm::Algorithm, keys::VerifyingKey},
    policy::issuer::HmacAlgorithm,
};

/// The `kid` of every key.
pub(crate) const KID: &str = "k1";

/// The secret of all HMACs: as long as the longest hash.
pub(crate) const SECRET: [u8; 64] = [7; 64];

/// The primes of the key in RFC 7515 appendix A.2.1.
const P: &str = "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPG\
                 BY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
const Q: &str = "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-\
                 njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";

fn rsa_key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let number =
            |text| BoxedUint::from_be_slice_vartime(&URL_SAFE_NO_PAD.decode(text).expect("a key of the tests"));
        RsaPrivateKey::from_p_q(number(P), number(Q), BoxedUint::from(65_537_u32)).expect("a key of the tests")
    })
}

fn p256_key() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key of the tests")
}

fn p384_key() -> p384::ecdsa::SigningKey {
    p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a key of the tests")
}

fn ed25519_key() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[7; 32])
}

/// A signature in the form that tokens have.
pub(crate) fn signature(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let rsa = || rsa_key().clone();
    let salted = |signer: &dyn Fn(&mut UnwrapErr<SysRng>) -> pss::Signature| signer(&mut UnwrapErr(SysRng)).to_vec();
    match algorithm {
        Algorithm::Rs256 => pkcs1v15::SigningKey::<Sha256>::new(rsa()).sign(message).to_vec(),
        Algorithm::Rs384 => pkcs1v15::SigningKey::<Sha384>::new(rsa()).sign(message).to_vec(),
        Algorithm::Rs512 => pkcs1v15::SigningKey::<Sha512>::new(rsa()).sign(message).to_vec(),
        Algorithm::Ps256 => salted(&|rng| pss::SigningKey::<Sha256>::new(rsa()).sign_with_rng(rng, message)),
        Algorithm::Ps384 => salted(&|rng| pss::SigningKey::<Sha384>::new(rsa()).sign_with_rng(rng, message)),
        Algorithm::Ps512 => salted(&|rng| pss::SigningKey::<Sha512>::new(rsa()).sign_with_rng(rng, message)),
        Algorithm::Es256 => {
            let signature: p256::ecdsa::Signature = p256_key().sign(message);
            signature.to_bytes().to_vec()
        }
        Algorithm::Es384 => {
            let signature: p384::ecdsa::Signature = p384_key().sign(message);
            signature.to_bytes().to_vec()
        }
        Algorithm::EdDsa => ed25519_key().sign(message).to_bytes().to_vec(),
        Algorithm::Hs256 => hmac::<Hmac<Sha256>>(message),
        Algorithm::Hs384 => hmac::<Hmac<Sha384>>(message),
        Algorithm::Hs512 => hmac::<Hmac<Sha512>>(message),
    }
}

fn hmac<M: Mac + KeyInit>(message: &[u8]) -> Vec<u8> {
    let mac = <M as KeyInit>::new_from_slice(&SECRET).expect("a key of the tests");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// A compact JWS of exactly this header and payload.
pub(crate) fn token(algorithm: Algorithm, header: &Value, payload: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encoded(header), encoded(payload));
    let signature = URL_SAFE_NO_PAD.encode(signature(algorithm, message.as_bytes()));
    format!("{message}.{signature}")
}

/// The public key as JWK, or none for HMAC.
pub(crate) fn jwk(algorithm: Algorithm) -> Option<Value> {
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut jwk = match algorithm {
        Algorithm::Es256 => {
            let point = p256_key().verifying_key().to_sec1_point(false);
            json!({ "kty": "EC", "crv": "P-256", "x": encoded(point.x().expect("a key of the tests")), "y": encoded(point.y().expect("a key of the tests")) })
        }
        Algorithm::Es384 => {
            let point = p384_key().verifying_key().to_sec1_point(false);
            json!({ "kty": "EC", "crv": "P-384", "x": encoded(point.x().expect("a key of the tests")), "y": encoded(point.y().expect("a key of the tests")) })
        }
        Algorithm::EdDsa => {
            json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(ed25519_key().verifying_key().as_bytes()) })
        }
        symmetric if symmetric.is_symmetric() => return None,
        _ => json!({ "kty": "RSA", "e": "AQAB", "n": encoded(&rsa_key().n_bytes()) }),
    };
    jwk["kid"] = json!(KID);
    jwk["alg"] = json!(algorithm.name());
    Some(jwk)
}

/// The key that verifies.
pub(crate) fn verifying(algorithm: Algorithm) -> VerifyingKey {
    match jwk(algorithm) {
        Some(jwk) => VerifyingKey::from_jwk(&jwk.to_string(), KID).expect("a key of the tests"),
        None => {
            VerifyingKey::shared(&SECRET, shared(algorithm).expect("a key of the tests")).expect("a key of the tests")
        }
    }
}

/// The algorithm of a shared secret.
pub(crate) fn shared(algorithm: Algorithm) -> Option<HmacAlgorithm> {
    let all = [HmacAlgorithm::Hs256, HmacAlgorithm::Hs384, HmacAlgorithm::Hs512];
    all.into_iter().find(|shared| Algorithm::from(*shared) == algorithm)
}
