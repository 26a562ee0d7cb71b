//! Keys as they are stored: one an entry, found by issuer and `kid`, so a token costs one look-up whatever the number
//! of keys. And key sets as issuers publish them, read (RFC 7517 section 5).
//!
//! Promises: of a set only public keys that can be used are taken, and of these only the members that make them; all
//! others are left out with the reason. Reasons name members, never values.

use std::{borrow::Cow, sync::OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    digest,
    identity::{
        algorithm::Algorithm,
        keys::{jwk::Jwk, verifying::VerifyingKey},
        token::KID_BYTES_MAX,
    },
    policy::issuer::HmacAlgorithm,
    secret::Secret,
    time::UnixSeconds,
};

/// The most keys that are taken from one issuer's key set.
pub const KEYS_PER_ISSUER_MAX: usize = 64;

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

/// The index entry of an issuer: when its keys were fetched, from where, and which there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyIndex {
    /// When the keys were fetched, in Unix seconds.
    pub fetched_at: u64,
    /// Where the keys came from; none if they were brought as a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The key ids.
    pub kids: Vec<String>,
}

/// The entry of a key: a JWK, when it was fetched and where. A JWK alone is taken too.
#[derive(Serialize, Deserialize)]
struct Entry<'t> {
    fetched_at: UnixSeconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<Cow<'t, str>>,
    #[serde(borrow)]
    jwk: &'t RawValue,
}

/// When and where a stored key was fetched, as far as its entry says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// When; 0 if nobody knows.
    pub at: UnixSeconds,
    /// Where.
    pub jwks_uri: Option<String>,
}

/// A key as it is stored, read only when a signature needs it.
#[derive(Debug)]
pub struct StoredKey {
    kid: String,
    text: String,
    fetched: Fetched,
    read: OnceLock<VerifyingKey>,
}

impl StoredKey {
    /// The entry `text`, found for `kid`.
    #[must_use]
    pub fn new(kid: &str, text: String) -> Self {
        let (text, fetched) = match serde_json::from_str::<Entry<'_>>(&text) {
            Ok(entry) => {
                let fetched = Fetched {
                    at: entry.fetched_at,
                    jwks_uri: entry.jwks_uri.map(Cow::into_owned),
                };
                (entry.jwk.get().to_owned(), fetched)
            }
            Err(_) => (text, Fetched::default()),
        };
        Self {
            kid: kid.to_owned(),
            text,
            fetched,
            read: OnceLock::new(),
        }
    }

    /// A secret that is shared with an issuer. Its text is a digest of it.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn shared(secret: &Secret<Vec<u8>>, algorithm: HmacAlgorithm) -> Result<Self, String> {
        let key = VerifyingKey::shared(secret.expose(), algorithm)?;
        let stored = Self::new("", digest::of("tollgate shared secret", &[secret.expose()]));
        let _ = stored.read.set(key);
        Ok(stored)
    }

    /// The JWK. What was verified with a key depends on it, and not on when it was fetched.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// When and where the key was fetched.
    #[must_use]
    pub fn fetched(&self) -> &Fetched {
        &self.fetched
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

/// An issuer's key set as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKeys {
    /// Config-store entries: names and values, the index last.
    pub entries: Vec<(String, String)>,
    /// Why other keys were left out, in words.
    pub left_out: Vec<String>,
}

/// The config-store entries for an issuer's key set that was fetched at `fetched_at`, in Unix seconds.
///
/// # Errors
/// Why the set can't be used at all; also when no key of it can.
pub fn entries(issuer: &str, jwks: &str, fetched_at: u64, jwks_uri: Option<&str>) -> Result<StoredKeys, String> {
    let (mut entries, mut kids) = (Vec::new(), Vec::new());
    let (keys, left_out) = read(jwks)?;
    for (kid, jwk) in keys {
        entries.push((key_entry(issuer, &kid), entry(&jwk, fetched_at, jwks_uri)?));
        kids.push(kid);
    }
    let index = KeyIndex {
        fetched_at,
        jwks_uri: jwks_uri.map(str::to_owned),
        kids,
    };
    let index = serde_json::to_string(&index).map_err(|why| why.to_string())?;
    entries.push((index_entry(issuer), index));
    Ok(StoredKeys { entries, left_out })
}

fn entry(jwk: &Jwk<'_>, fetched_at: u64, jwks_uri: Option<&str>) -> Result<String, String> {
    let jwk = RawValue::from_string(jwk.compact()?).map_err(|why| why.to_string())?;
    let entry = Entry {
        fetched_at: UnixSeconds(fetched_at),
        jwks_uri: jwks_uri.map(Cow::Borrowed),
        jwk: &jwk,
    };
    serde_json::to_string(&entry).map_err(|why| why.to_string())
}

/// The keys of a set that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableKeys {
    /// At least one: `kid`, and nothing but the members that make it, as compact JSON.
    pub keys: Vec<(String, String)>,
    /// Why others were left out, in words.
    pub left_out: Vec<String>,
}

/// The keys of a set that can be used.
///
/// # Errors
/// Why the set can't be used at all; also when no key of it can.
pub fn usable(jwks: &str) -> Result<UsableKeys, String> {
    let (keys, left_out) = read(jwks)?;
    let keys = keys.into_iter().map(|(kid, jwk)| Ok((kid, jwk.compact()?)));
    Ok(UsableKeys {
        keys: keys.collect::<Result<_, String>>()?,
        left_out,
    })
}

/// The usable keys of a set by `kid`, at least one, and why others were left out.
type Read<'t> = (Vec<(String, Jwk<'t>)>, Vec<String>);

fn read(jwks: &str) -> Result<Read<'_>, String> {
    let (mut keys, mut left_out) = (Vec::<(String, Jwk<'_>)>::new(), Vec::new());
    let set = keys_of(jwks)?;
    let more = set.len().saturating_sub(KEYS_PER_ISSUER_MAX);
    if more > 0 {
        left_out.push(format!("{more} keys after the first {KEYS_PER_ISSUER_MAX}"));
    }
    for (at, written) in set.into_iter().take(KEYS_PER_ISSUER_MAX).enumerate() {
        let found =
            usable_key(written.get()).and_then(|(kid, jwk, _)| match keys.iter().any(|(known, _)| *known == kid) {
                true => Err("the set has another key of this `kid`".to_owned()),
                false => Ok((kid, jwk)),
            });
        match found {
            Ok(key) => keys.push(key),
            Err(why) => left_out.push(format!("{}: {why}", called(written.get(), at))),
        }
    }
    match keys.is_empty() {
        true => Err(format!("no key of the set can be used: {}", left_out.join("; "))),
        false => Ok((keys, left_out)),
    }
}

/// One key of a set, if tokens can be verified with it.
fn usable_key(text: &str) -> Result<(String, Jwk<'_>, VerifyingKey), String> {
    let jwk = Jwk::read(text)?;
    let kid = jwk.needed("kid")?.to_owned();
    // No token that names such a key gets as far as a look-up.
    if kid.is_empty() || kid.len() > KID_BYTES_MAX {
        return Err(format!(
            "the key's `kid` is empty, or longer than {KID_BYTES_MAX} bytes"
        ));
    }
    let key = VerifyingKey::of(&jwk, Algorithm::Rs256)?;
    Ok((kid, jwk, key))
}

/// The keys of a set as they are written.
fn keys_of(jwks: &str) -> Result<Vec<&RawValue>, String> {
    #[derive(Deserialize)]
    struct KeySet<'t> {
        #[serde(borrow)]
        keys: Vec<&'t RawValue>,
    }
    // The parser would take a list for the members in their order.
    if !jwks.trim_ascii_start().starts_with('{') {
        return Err("not a JSON Web Key Set: no JSON object".to_owned());
    }
    let set: KeySet<'_> = serde_json::from_str(jwks).map_err(|why| {
        let (line, column) = (why.line(), why.column());
        format!("not a JSON Web Key Set (line {line}, column {column})")
    })?;
    match set.keys.is_empty() {
        true => Err("the set has no keys".to_owned()),
        false => Ok(set.keys),
    }
}

fn kid_of(text: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Named<'t> {
        #[serde(borrow)]
        kid: Option<Cow<'t, str>>,
    }
    let named: Named<'_> = serde_json::from_str(text).ok()?;
    named.kid
}

/// What a key is called in a problem.
fn called(text: &str, at: usize) -> String {
    match kid_of(text) {
        Some(kid) if !kid.is_empty() && kid.len() <= KID_BYTES_MAX => format!("key `{}`", kid.escape_debug()),
        _ => format!("key {} of the set", at + 1),
    }
}
