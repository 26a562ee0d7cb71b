//! Issuers' keys: how they are stored, and how one is read.
//!
//! Promises: one public key an entry, found by issuer and `kid`, so a token costs one look-up whatever the number of
//! keys. A key pins its algorithm; the token's header has no say (RFC 8725 section 3.1).
//!
//! Refuses: keys with private parts, symmetric keys, keys for encryption, unknown types and curves, RSA keys below 2,048
//! or above 4,096 bits or with another exponent than 65,537, points off the curve, and Ed25519 keys of small order or not
//! in their one canonical form.

use std::{ops::RangeInclusive, sync::OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::{BoxedUint, RsaPublicKey, pkcs1v15, sha2::Sha256, signature::Verifier as _};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{digest, identity::token::Algorithm};

/// The most keys that are taken from one issuer's key set.
pub const KEYS_PER_ISSUER_MAX: usize = 64;

/// The sizes of RSA keys that are taken.
pub(crate) const RSA_BITS: RangeInclusive<usize> = 2_048..=4_096;

/// The one exponent that is taken, 65,537: what everyone uses, and neither small nor slow.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// The name of the entry that holds the key `kid` of `issuer`.
#[must_use]
pub fn key_entry(issuer: &str, kid: &str) -> String {
    digest::of("tollgate key", &[issuer.as_bytes(), kid.as_bytes()])
}

/// The name of the entry that tells whether any keys of `issuer` are stored.
#[must_use]
pub fn index_entry(issuer: &str) -> String {
    digest::of("tollgate key index", &[issuer.as_bytes()])
}

/// The index entry of an issuer: when its keys were fetched, and which there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyIndex {
    /// When the keys were fetched, in Unix seconds.
    pub fetched_at: u64,
    /// The key ids.
    pub kids: Vec<String>,
}

/// A key as it is stored, read only when a signature needs it.
#[derive(Debug)]
pub struct StoredKey {
    kid: String,
    text: String,
    read: OnceLock<VerifyingKey>,
}

impl StoredKey {
    /// The entry `text`, found for `kid`.
    #[must_use]
    pub fn new(kid: &str, text: String) -> Self {
        Self {
            kid: kid.to_owned(),
            text,
            read: OnceLock::new(),
        }
    }

    /// The stored text. What was verified with a key depends on it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn key(&self) -> Result<&VerifyingKey, String> {
        if let Some(key) = self.read.get() {
            return Ok(key);
        }
        let key = VerifyingKey::from_jwk(&self.text, &self.kid)?;
        Ok(self.read.get_or_init(|| key))
    }
}

/// A public key that verifies one issuer's tokens with one algorithm.
#[derive(Debug, Clone)]
pub enum VerifyingKey {
    /// For [`Algorithm::Rs256`].
    Rs256(Box<pkcs1v15::VerifyingKey<Sha256>>),
    /// For [`Algorithm::Es256`].
    Es256(Box<p256::ecdsa::VerifyingKey>),
    /// For [`Algorithm::EdDsa`].
    EdDsa(Box<ed25519_dalek::VerifyingKey>),
}

/// A JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

/// The members of a public key that are stored; all others, such as certificates, are left out.
const STORED_MEMBERS: &[&str] = &["kty", "kid", "alg", "use", "crv", "n", "e", "x", "y"];

impl VerifyingKey {
    /// Reads one public JWK whose `kid` must be the one that was asked for.
    ///
    /// # Errors
    /// Why the key can't be used.
    pub fn from_jwk(text: &str, kid: &str) -> Result<Self, String> {
        let jwk: Jwk = serde_json::from_str(text)
            .map_err(|why| format!("the key is no JWK (line {}, column {})", why.line(), why.column()))?;
        if jwk.kid.as_deref() != Some(kid) {
            return Err("the key's `kid` is not the one it is stored for".to_owned());
        }
        jwk.check_usage()?;
        let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) => Self::rsa(&jwk)?,
            ("EC", Some("P-256")) => Self::p256(&jwk)?,
            ("OKP", Some("Ed25519")) => Self::ed25519(&jwk)?,
            _ => return Err("the key's type or curve is not supported: RSA, P-256 and Ed25519 are".to_owned()),
        };
        match jwk.alg.as_deref() {
            None => Ok(key),
            Some(alg) if alg == key.algorithm_name() || (alg == "Ed25519" && key.algorithm() == Algorithm::EdDsa) => {
                Ok(key)
            }
            Some(_) => Err("the key's `alg` is not supported for its type: RS256, ES256 and EdDSA are".to_owned()),
        }
    }

    /// The one algorithm that this key verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rs256(_) => Algorithm::Rs256,
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    fn algorithm_name(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    /// Whether `signature` is this key's signature of `message`, in the one form that its algorithm has (RFC 7518
    /// sections 3.3 and 3.4, RFC 8037 section 3.1).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            // As long as the modulus and below it, or it fails (RFC 8017 section 8.2.2).
            Self::Rs256(key) => {
                pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            // 64 bytes, and both numbers between zero and the group's order, or there is no signature.
            Self::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            // Strict: `S` below the group's order, and no point of small order.
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }

    fn rsa(jwk: &Jwk) -> Result<Self, String> {
        let (modulus, exponent) = (member(jwk.n.as_ref(), "n")?, member(jwk.e.as_ref(), "e")?);
        let (modulus, exponent) = (without_leading_zeros(&modulus), without_leading_zeros(&exponent));
        let leading_zero_bits = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        let bits = (modulus.len() * 8).saturating_sub(leading_zero_bits);
        if !RSA_BITS.contains(&bits) {
            return Err(format!("the RSA key has {bits} bits; 2,048 to 4,096 are taken"));
        }
        if exponent != RSA_EXPONENT {
            return Err("the RSA key's exponent is not 65,537".to_owned());
        }
        let number = BoxedUint::from_be_slice_vartime;
        RsaPublicKey::new(number(modulus), number(exponent))
            .map(|key| Self::Rs256(Box::new(pkcs1v15::VerifyingKey::new(key))))
            .map_err(|_| "the RSA key is not valid".to_owned())
    }

    fn p256(jwk: &Jwk) -> Result<Self, String> {
        let (x, y) = (member(jwk.x.as_ref(), "x")?, member(jwk.y.as_ref(), "y")?);
        if x.len() != 32 || y.len() != 32 {
            return Err("the P-256 key's coordinates are not 32 bytes each".to_owned());
        }
        // SEC 1 section 2.3.3: an uncompressed point is 04, x and y.
        let point = [&[4_u8], x.as_slice(), y.as_slice()].concat();
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
            .map(|key| Self::Es256(Box::new(key)))
            .map_err(|_| "the P-256 key is not a point of the curve".to_owned())
    }

    fn ed25519(jwk: &Jwk) -> Result<Self, String> {
        let x = member(jwk.x.as_ref(), "x")?;
        <[u8; 32]>::try_from(x.as_slice())
            .ok()
            .and_then(|x| ed25519_dalek::VerifyingKey::from_bytes(&x).ok())
            // The library takes points of small order, and coordinates that were not reduced (RFC 8032 section 5.1.3).
            .filter(|key| !key.is_weak() && key.to_edwards().compress().as_bytes() == key.as_bytes())
            .map(|key| Self::EdDsa(Box::new(key)))
            .ok_or_else(|| "the Ed25519 key is not valid".to_owned())
    }
}

impl Jwk {
    fn check_usage(&self) -> Result<(), String> {
        let secret = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.k];
        if secret.iter().any(|member| member.is_some()) {
            return Err("the key has private or symmetric parts; only public keys belong here".to_owned());
        }
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err("the key's `use` is not `sig`".to_owned());
        }
        if self
            .key_ops
            .as_ref()
            .is_some_and(|operations| !operations.iter().any(|operation| operation == "verify"))
        {
            return Err("the key's `key_ops` do not name `verify`".to_owned());
        }
        Ok(())
    }
}

fn member(value: Option<&String>, name: &str) -> Result<Vec<u8>, String> {
    let text = value.ok_or_else(|| format!("the key has no `{name}`"))?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| format!("the key's `{name}` is not base64url"))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// An issuer's key set as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKeys {
    /// Config-store entries: names and values, the index last.
    pub entries: Vec<(String, String)>,
    /// Why other keys were left out, in words.
    pub left_out: Vec<String>,
}

/// The config-store entries for an issuer's key set (RFC 7517 section 5).
///
/// # Errors
/// Why the set can't be used at all; also when no key of it can.
pub fn entries(issuer: &str, jwks: &str, fetched_at: u64) -> Result<StoredKeys, String> {
    #[derive(Deserialize)]
    struct KeySet {
        keys: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    let set: KeySet = serde_json::from_str(jwks).map_err(|why| format!("not a JSON Web Key Set: {why}"))?;
    let (mut entries, mut kids, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    if set.keys.is_empty() {
        return Err("the set has no keys".to_owned());
    }
    let more = set.keys.len().saturating_sub(KEYS_PER_ISSUER_MAX);
    if more > 0 {
        left_out.push(format!("{more} keys after the first {KEYS_PER_ISSUER_MAX}"));
    }
    for mut jwk in set.keys.into_iter().take(KEYS_PER_ISSUER_MAX) {
        let kid = jwk
            .get("kid")
            .and_then(|kid| kid.as_str())
            .unwrap_or_default()
            .to_owned();
        let whole = serde_json::Value::Object(jwk.clone()).to_string();
        if let Err(why) = VerifyingKey::from_jwk(&whole, &kid) {
            left_out.push(format!("key `{kid}`: {why}"));
            continue;
        }
        if kids.contains(&kid) {
            left_out.push(format!("key `{kid}`: the set has another key of this `kid`"));
            continue;
        }
        jwk.retain(|name, _| STORED_MEMBERS.contains(&name.as_str()));
        entries.push((key_entry(issuer, &kid), serde_json::Value::Object(jwk).to_string()));
        kids.push(kid);
    }
    if kids.is_empty() {
        return Err(format!("no key of the set can be used: {}", left_out.join("; ")));
    }
    let index = serde_json::to_string(&KeyIndex { fetched_at, kids }).map_err(|why| why.to_string())?;
    entries.push((index_entry(issuer), index));
    Ok(StoredKeys { entries, left_out })
}

#[cfg(test)]
mod tests;
