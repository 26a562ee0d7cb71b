//! The keys that inputs are verified with. Those whose private half is known here sign as well.

use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa;
use serde_json::{Value, json};
use sha2::Sha256;
use tollgate::{identity::keys::VerifyingKey, policy::issuer::HmacAlgorithm};

use super::encoded;

/// The secret of every key for HMAC; long enough for all three.
pub const SECRET: &[u8] = b"sixty-four bytes that whoever makes up tokens here knows as well";

/// The `kid` of every key.
pub const KID: &str = "k1";

/// The modulus of RFC 7515 appendix A.2.1.
const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-\
                       SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-\
                       UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2et\
                       hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

fn ed25519() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[7; 32])
}

fn p256() -> ecdsa::SigningKey {
    ecdsa::SigningKey::from_slice(&[7; 32]).expect("a number below the order")
}

/// The public key that goes with [`sign_eddsa`].
#[must_use]
pub fn ed25519_jwk() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": KID, "x": encoded(ed25519().verifying_key().as_bytes()) })
}

/// The public key that goes with [`sign_es256`].
#[must_use]
pub fn p256_jwk() -> Value {
    let point = p256().verifying_key().to_sec1_point(false);
    let (x, y) = (point.x().expect("not infinity"), point.y().expect("not infinity"));
    json!({ "kty": "EC", "crv": "P-256", "kid": KID, "x": encoded(x), "y": encoded(y) })
}

/// The base point of P-384 (FIPS 186-4 section D.1.2.4).
#[must_use]
pub fn p384_jwk() -> Value {
    json!({
        "kty": "EC", "crv": "P-384", "kid": KID,
        "x": "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3",
        "y": "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f",
    })
}

/// A key of RSA that says which algorithm it is for.
#[must_use]
pub fn rsa_jwk(alg: &str) -> Value {
    json!({ "kty": "RSA", "alg": alg, "kid": KID, "n": MODULUS, "e": "AQAB" })
}

/// One key of each algorithm.
#[must_use]
pub fn one_of_each() -> Vec<VerifyingKey> {
    let mut jwks: Vec<Value> = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
        .map(rsa_jwk)
        .to_vec();
    jwks.extend([p256_jwk(), p384_jwk(), ed25519_jwk()]);
    let published = jwks.iter().map(|jwk| VerifyingKey::from_jwk(&jwk.to_string(), KID));
    let shared = [HmacAlgorithm::Hs256, HmacAlgorithm::Hs384, HmacAlgorithm::Hs512];
    let shared = shared.map(|algorithm| VerifyingKey::shared(SECRET, algorithm));
    published
        .chain(shared)
        .map(|key| key.expect("a key that can be used"))
        .collect()
}

/// The message with its signature for HS256, as the third part.
#[must_use]
pub fn sign_hs256(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("every length will do");
    mac.update(message.as_bytes());
    format!("{message}.{}", encoded(mac.finalize().into_bytes()))
}

/// The message with its signature for EdDSA, as the third part.
#[must_use]
pub fn sign_eddsa(message: &str) -> String {
    format!("{message}.{}", encoded(ed25519().sign(message.as_bytes()).to_bytes()))
}

/// The message with its signature for ES256, as the third part.
#[must_use]
pub fn sign_es256(message: &str) -> String {
    let signature: ecdsa::Signature = p256().sign(message.as_bytes());
    format!("{message}.{}", encoded(signature.to_bytes()))
}
