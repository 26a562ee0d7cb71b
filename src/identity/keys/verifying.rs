//! A key that verifies: one interface over the libraries that do the arithmetic.
//!
//! Promises: a key verifies one algorithm, given by its type, its `alg` and its curve, and its one form of signature.
//! A public key of RSA is taken by `rsa`, of P-256 by `p256`, of P-384 by `p384`, of Ed25519 by `ed25519-dalek`; a
//! shared secret by `hmac`, and it never comes out of a JWK.
//!
//! Refuses: unknown types and curves, RSA keys below 2,048 or above 8,192 bits or with an exponent that is even, below
//! 3 or above 2^32, points off the curve, Ed25519 keys of small order or not in their one canonical form, and secrets
//! that are shorter than their hash.

use std::{fmt, ops::RangeInclusive, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use rsa::{
    BoxedUint, RsaPublicKey, pkcs1v15, pss,
    sha2::{Digest, Sha256, Sha384, Sha512},
    signature::Verifier,
};

use crate::{
    identity::{algorithm::Algorithm, keys::jwk::Jwk},
    policy::issuer::HmacAlgorithm,
};

/// The sizes of RSA keys that are taken.
const RSA_BITS: RangeInclusive<usize> = 2_048..=8_192;

/// The exponents that are taken, as far as they are odd. A larger one is only slow.
const RSA_EXPONENTS: RangeInclusive<u64> = 3..=1 << 32;

/// What stands in the tenant's place in the `issuer` of a key that is for all tenants of Microsoft Entra.
const TENANT_OF_KEY: &str = "{tenantid}";

/// A key that verifies tokens with one algorithm. Its `Debug` text shows the algorithm only.
#[derive(Clone)]
pub struct VerifyingKey {
    backend: Arc<Backend>,
    /// The only issuer whose tokens it verifies, if its key set says one.
    issuer: Option<String>,
}

enum Backend {
    Rs256(pkcs1v15::VerifyingKey<Sha256>),
    Rs384(pkcs1v15::VerifyingKey<Sha384>),
    Rs512(pkcs1v15::VerifyingKey<Sha512>),
    Ps256(pss::VerifyingKey<Sha256>),
    Ps384(pss::VerifyingKey<Sha384>),
    Ps512(pss::VerifyingKey<Sha512>),
    Es256(p256::ecdsa::VerifyingKey),
    Es384(p384::ecdsa::VerifyingKey),
    EdDsa(ed25519_dalek::VerifyingKey),
    Hs256(Hmac<Sha256>),
    Hs384(Hmac<Sha384>),
    Hs512(Hmac<Sha512>),
}

impl VerifyingKey {
    /// Reads one public JWK whose `kid` must be the one that was asked for.
    ///
    /// # Errors
    /// Why the key can't be used.
    pub fn from_jwk(text: &str, kid: &str) -> Result<Self, String> {
        let jwk = Jwk::read(text)?;
        match jwk.text("kid")? == Some(kid) {
            true => Self::of(&jwk, Algorithm::Rs256),
            false => Err("the key's `kid` is not the one it is stored for".to_owned()),
        }
    }

    /// Reads the public JWK that a DPoP proof brings (RFC 9449 section 4.2), and gives its thumbprint (RFC 7638, SHA-256
    /// in base64url). The client chose key and algorithm together, so an RSA key that names none is for the proof's own.
    ///
    /// # Errors
    /// Why the key can't be used.
    pub fn from_proof_jwk(json: &str, algorithm: Algorithm) -> Result<(Self, String), String> {
        let jwk = Jwk::read(json)?;
        let key = Self::of(&jwk, algorithm)?;
        // Section 3.2 of RFC 7638: the members that make the key, by name, without anything between.
        let members: &[&str] = match jwk.needed("kty")? {
            "RSA" => &["e", "kty", "n"],
            "EC" => &["crv", "kty", "x", "y"],
            _ => &["crv", "kty", "x"],
        };
        let mut written = Vec::new();
        for name in members {
            // None has anything to escape: names of types and curves that are known, and base64url.
            written.push(format!("\"{name}\":\"{}\"", jwk.needed(name)?));
        }
        let hash = Sha256::digest(format!("{{{}}}", written.join(",")));
        Ok((key, URL_SAFE_NO_PAD.encode(hash)))
    }

    /// The key of a secret that is shared with an issuer.
    ///
    /// # Errors
    /// If the secret is shorter than the hash (RFC 7518 section 3.2).
    pub fn shared(secret: &[u8], algorithm: HmacAlgorithm) -> Result<Self, String> {
        let (hash_bytes, backend) = match algorithm {
            HmacAlgorithm::Hs256 => (32, Hmac::new_from_slice(secret).map(Backend::Hs256)),
            HmacAlgorithm::Hs384 => (48, Hmac::new_from_slice(secret).map(Backend::Hs384)),
            HmacAlgorithm::Hs512 => (64, Hmac::new_from_slice(secret).map(Backend::Hs512)),
        };
        if secret.len() < hash_bytes {
            return Err(format!(
                "the secret has fewer than {hash_bytes} bytes, which its algorithm needs"
            ));
        }
        let backend = backend.map_err(|_| "the secret can't be used".to_owned())?;
        Ok(Self::new(backend, None))
    }

    /// The one algorithm that this key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match *self.backend {
            Backend::Rs256(_) => Algorithm::Rs256,
            Backend::Rs384(_) => Algorithm::Rs384,
            Backend::Rs512(_) => Algorithm::Rs512,
            Backend::Ps256(_) => Algorithm::Ps256,
            Backend::Ps384(_) => Algorithm::Ps384,
            Backend::Ps512(_) => Algorithm::Ps512,
            Backend::Es256(_) => Algorithm::Es256,
            Backend::Es384(_) => Algorithm::Es384,
            Backend::EdDsa(_) => Algorithm::EdDsa,
            Backend::Hs256(_) => Algorithm::Hs256,
            Backend::Hs384(_) => Algorithm::Hs384,
            Backend::Hs512(_) => Algorithm::Hs512,
        }
    }

    /// Whether `signature` is this key's signature of `message`, in the one form that its algorithm has (RFC 7518
    /// sections 3.2 to 3.5, RFC 8037 section 3.1).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &*self.backend {
            Backend::Rs256(key) => pkcs1(key, message, signature),
            Backend::Rs384(key) => pkcs1(key, message, signature),
            Backend::Rs512(key) => pkcs1(key, message, signature),
            Backend::Ps256(key) => probabilistic(key, message, signature),
            Backend::Ps384(key) => probabilistic(key, message, signature),
            Backend::Ps512(key) => probabilistic(key, message, signature),
            // Twice the order's bytes, and both numbers between zero and the order, or there is no signature.
            Backend::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Backend::Es384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            // Strict: `S` below the group's order, and no point of small order.
            Backend::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Backend::Hs256(key) => authentic(key, message, signature),
            Backend::Hs384(key) => authentic(key, message, signature),
            Backend::Hs512(key) => authentic(key, message, signature),
        }
    }

    /// Whether the key may vouch for tokens that say this `iss` and `tid`. Keys of Microsoft Entra say in `issuer` whose
    /// tokens they sign, so that one tenant's key signs for no other.
    #[must_use]
    pub fn is_for(&self, issuer: &str, tenant: Option<&str>) -> bool {
        let Some(own) = &self.issuer else {
            return true;
        };
        match own.split_once(TENANT_OF_KEY) {
            None => own == issuer,
            Some((before, after)) => tenant.is_some_and(|tenant| {
                let rest = issuer.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                rest == Some(tenant)
            }),
        }
    }

    fn new(backend: Backend, issuer: Option<String>) -> Self {
        Self {
            backend: Arc::new(backend),
            issuer,
        }
    }

    /// The key that a JWK is, whatever its `kid`. `unnamed` is what an RSA key is for that does not say it.
    pub(super) fn of(jwk: &Jwk<'_>, unnamed: Algorithm) -> Result<Self, String> {
        let backend = match (jwk.needed("kty")?, jwk.text("crv")?) {
            ("RSA", None) => rsa(jwk, unnamed)?,
            ("EC", Some("P-256")) => Backend::Es256(p256(jwk)?),
            ("EC", Some("P-384")) => Backend::Es384(p384(jwk)?),
            ("OKP", Some("Ed25519")) => Backend::EdDsa(ed25519(jwk)?),
            _ => return Err("the key's type or curve is not supported: RSA, P-256, P-384 and Ed25519 are".to_owned()),
        };
        let key = Self::new(backend, jwk.text("issuer")?.map(str::to_owned));
        match jwk.algorithm()? {
            Some(named) if named != key.algorithm() => Err(format!(
                "the key's `alg` is {}, which its type and curve are not for",
                named.name()
            )),
            _ => Ok(key),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({})", self.algorithm().name())
    }
}

/// As long as the modulus and below it, or it fails (RFC 8017 section 8.2.2).
fn pkcs1<D: Digest>(key: &pkcs1v15::VerifyingKey<D>, message: &[u8], signature: &[u8]) -> bool {
    pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// The same for RFC 8017 section 8.1.2. The salt is as long as the hash, and both hashes are one.
fn probabilistic<D>(key: &pss::VerifyingKey<D>, message: &[u8], signature: &[u8]) -> bool
where
    D: Digest,
    pss::VerifyingKey<D>: Verifier<pss::Signature>,
{
    pss::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// The whole hash, compared in constant time.
fn authentic<M: Mac + Clone>(key: &M, message: &[u8], signature: &[u8]) -> bool {
    key.clone().chain_update(message).verify_slice(signature).is_ok()
}

fn rsa(jwk: &Jwk<'_>, unnamed: Algorithm) -> Result<Backend, String> {
    let (modulus, exponent) = (jwk.bytes("n")?, jwk.bytes("e")?);
    let (modulus, exponent) = (without_leading_zeros(&modulus), without_leading_zeros(&exponent));
    let leading_zero_bits = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = (modulus.len() * 8).saturating_sub(leading_zero_bits);
    if !RSA_BITS.contains(&bits) {
        return Err(format!("the RSA key has {bits} bits; 2,048 to 8,192 are taken"));
    }
    let number = exponent
        .iter()
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    if exponent.len() > 5 || !RSA_EXPONENTS.contains(&number) || number.is_multiple_of(2) {
        return Err("the RSA key's exponent is even, below 3 or above 2^32".to_owned());
    }
    let key = RsaPublicKey::new_with_size_limits(
        BoxedUint::from_be_slice_vartime(modulus),
        BoxedUint::from_be_slice_vartime(exponent),
        RSA_BITS,
    );
    let key = key.map_err(|_| "the RSA key is not valid".to_owned())?;
    // A key is for one algorithm (RFC 8725 section 3.1), and an RSA key could do six. Where an issuer's does not say which,
    // it is RS256: the only one that OpenID Connect Core (section 15.1) has every provider sign with, and what those that leave
    // `alg` out do sign with.
    match jwk.algorithm()?.unwrap_or(unnamed) {
        Algorithm::Rs256 => Ok(Backend::Rs256(pkcs1v15::VerifyingKey::new(key))),
        Algorithm::Rs384 => Ok(Backend::Rs384(pkcs1v15::VerifyingKey::new(key))),
        Algorithm::Rs512 => Ok(Backend::Rs512(pkcs1v15::VerifyingKey::new(key))),
        Algorithm::Ps256 => Ok(Backend::Ps256(pss::VerifyingKey::new(key))),
        Algorithm::Ps384 => Ok(Backend::Ps384(pss::VerifyingKey::new(key))),
        Algorithm::Ps512 => Ok(Backend::Ps512(pss::VerifyingKey::new(key))),
        other => Err(format!("the key's `alg` is {}, which RSA is not for", other.name())),
    }
}

fn p256(jwk: &Jwk<'_>) -> Result<p256::ecdsa::VerifyingKey, String> {
    p256::ecdsa::VerifyingKey::from_sec1_bytes(&point(jwk, 32)?)
        .map_err(|_| "the P-256 key is not a point of the curve".to_owned())
}

fn p384(jwk: &Jwk<'_>) -> Result<p384::ecdsa::VerifyingKey, String> {
    p384::ecdsa::VerifyingKey::from_sec1_bytes(&point(jwk, 48)?)
        .map_err(|_| "the P-384 key is not a point of the curve".to_owned())
}

/// An uncompressed point is 04, x and y (SEC 1 section 2.3.3), each as long as the field (RFC 7518 section 6.2.1.2).
fn point(jwk: &Jwk<'_>, coordinate_bytes: usize) -> Result<Vec<u8>, String> {
    let (x, y) = (jwk.bytes("x")?, jwk.bytes("y")?);
    match x.len() == coordinate_bytes && y.len() == coordinate_bytes {
        true => Ok([&[4_u8], x.as_slice(), y.as_slice()].concat()),
        false => Err(format!("the key's coordinates are not {coordinate_bytes} bytes each")),
    }
}

fn ed25519(jwk: &Jwk<'_>) -> Result<ed25519_dalek::VerifyingKey, String> {
    <[u8; 32]>::try_from(jwk.bytes("x")?.as_slice())
        .ok()
        .and_then(|x| ed25519_dalek::VerifyingKey::from_bytes(&x).ok())
        // The library takes points of small order, and coordinates that were not reduced (RFC 8032 section 5.1.3).
        .filter(|key| !key.is_weak() && key.to_edwards().compress().as_bytes() == key.as_bytes())
        .ok_or_else(|| "the Ed25519 key is not valid".to_owned())
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
