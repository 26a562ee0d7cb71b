//! API keys: what one looks like, and what is stored of it.
//!
//! Promises: a key is never stored. Its entry in the KV store is named by a digest of it, so it is found in one look-up
//! whatever the number of keys, and who reads the store can't use what they find: 32 random bytes are not guessed from
//! their digest. A text whose form or checksum is wrong is no key, and nothing is looked up for it.
//!
//! ```text
//! tgk_ <43 characters: 32 random bytes in base64url> <6 characters: the beginning of a digest of them>
//! ```
//!
//! The prefix is for people and for scanners that look for leaked secrets; the checksum finds typing errors, and is no
//! protection.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    digest,
    identity::{
        claims::{Claims, Confirmation},
        credential::Token,
    },
    policy::issuer::Issuer,
    rejection::TokenRefusal,
    secret::Secret,
    time::UnixSeconds,
};

/// What every key begins with.
pub const PREFIX: &str = "tgk_";

/// How long what is stored of a key is believed, in seconds: a key that is revoked or changed in the store counts so
/// within this time, in every memory.
pub const BELIEVED_S: u64 = 30;

/// The longest record that is read, in bytes.
pub const RECORD_BYTES_MAX: usize = 4_096;

/// The most scopes of one key.
pub const SCOPES_MAX: usize = 64;

/// The most limits of one key.
pub const LIMITS_MAX: usize = 8;

/// How many characters the checksum has.
const CHECKSUM_CHARACTERS: usize = 6;

/// How many characters of a digest name a key in public.
const ID_CHARACTERS: usize = 12;

/// An API key whose form is right. Whether there is such a key is for the store to say.
#[derive(Debug, Clone)]
pub struct ApiKey(Secret<[u8; 32]>);

/// What is stored of a key, as JSON in the entry [`ApiKey::entry`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The key's public name, [`ApiKey::id`].
    pub id: String,
    /// The policy's name of the issuer that the key is of.
    pub issuer: String,
    /// Who uses it: the subject of its claims.
    pub owner: String,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it ends; never without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixSeconds>,
    /// How often it may be used. Nothing enforces this yet: it is stored with the key, so that keys that are made
    /// today have their limits when there is something that counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<UnixSeconds>,
}

/// How often a key may be used. Not enforced yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The most requests in one window.
    pub requests: u32,
    /// How long a window is, in seconds.
    pub window_s: u32,
}

impl ApiKey {
    /// The key that these random bytes make.
    #[must_use]
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(Secret::new(random))
    }

    /// The key that a credential is; `None` for what is none by its form or its checksum.
    #[must_use]
    pub fn parse(token: &Token) -> Option<Self> {
        let random = token.expose().strip_prefix(PREFIX)?;
        let (random, _) = random.split_at_checked(random.len().checked_sub(CHECKSUM_CHARACTERS)?)?;
        let random = URL_SAFE_NO_PAD.decode(random).ok()?;
        let key = Self::from_random(random.try_into().ok()?);
        // One text a key: whatever else decodes to the same bytes, or has another checksum, is none.
        key.text().same_bytes(token).then_some(key)
    }

    /// The key as its owner sends it.
    #[must_use]
    pub fn text(&self) -> Secret<String> {
        let random = URL_SAFE_NO_PAD.encode(self.0.expose());
        Secret::new(format!("{PREFIX}{random}{}", self.checksum()))
    }

    /// The name of its entry in the KV store.
    #[must_use]
    pub fn entry(&self) -> String {
        format!("apikey.{}", digest::of("tollgate api key", &[self.0.expose()]))
    }

    /// Its public name, for logs and lists. The key can't be told from it, nor its entry.
    #[must_use]
    pub fn id(&self) -> String {
        let name = digest::of("tollgate api key id", &[self.0.expose()]);
        format!("key_{}", first(&name, ID_CHARACTERS))
    }

    fn checksum(&self) -> String {
        let sum = digest::of("tollgate api key checksum", &[self.0.expose()]);
        first(&sum, CHECKSUM_CHARACTERS)
    }
}

impl Record {
    /// Reads what is stored.
    ///
    /// # Errors
    /// What is wrong with it, without any of its text.
    pub fn read(stored: &[u8]) -> Result<Self, String> {
        if stored.len() > RECORD_BYTES_MAX || !stored.trim_ascii_start().starts_with(b"{") {
            return Err(format!("it is no JSON object of at most {RECORD_BYTES_MAX} bytes"));
        }
        let record: Self = serde_json::from_slice(stored)
            .map_err(|why| format!("it is malformed (line {}, column {})", why.line(), why.column()))?;
        record.check()?;
        Ok(record)
    }

    /// Checks what the types leave open. For who writes a record too.
    ///
    /// # Errors
    /// What is out of bounds.
    pub fn check(&self) -> Result<(), String> {
        if self.scopes.len() > SCOPES_MAX || self.limits.len() > LIMITS_MAX {
            return Err(format!("it has more than {SCOPES_MAX} scopes or {LIMITS_MAX} limits"));
        }
        if self.owner.is_empty() || self.scopes.iter().any(|scope| scope.is_empty() || scope.contains(' ')) {
            return Err("it has no owner, or a scope that is empty or has a space".to_owned());
        }
        match self.limits.iter().all(|limit| limit.requests > 0 && limit.window_s > 0) {
            true => Ok(()),
            false => Err("it has a limit of nothing, or in no time".to_owned()),
        }
    }

    /// Whether the key is good for nothing any more.
    #[must_use]
    pub fn is_over(&self, now: UnixSeconds) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|end| end <= now)
    }

    /// What the key says of its owner, for [`BELIEVED_S`] seconds and no longer than the key lasts. So whoever
    /// remembers these claims until they expire looks at the store again in time, and a key that never ends needs no
    /// time without end.
    ///
    /// The key's public name is both client and token id: rules can ask for it, and it can be revoked by it.
    ///
    /// # Errors
    /// [`TokenRefusal::ApiKeyUnknown`] if the key has expired, was revoked, or is of another issuer; and
    /// [`TokenRefusal::IssuerClaimWrong`] where the issuer asks for claims, since a key has none.
    pub fn claims(
        &self,
        (issuer_name, issuer): (&str, &Issuer),
        token_digest: &str,
        now: UnixSeconds,
    ) -> Result<Claims, TokenRefusal> {
        if self.issuer != issuer_name || self.is_over(now) {
            return Err(TokenRefusal::ApiKeyUnknown);
        }
        if !issuer.claims.is_empty() {
            return Err(TokenRefusal::IssuerClaimWrong);
        }
        let believed_until = now.plus_s(BELIEVED_S);
        let mut scopes = self.scopes.clone();
        scopes.sort_unstable();
        Ok(Claims {
            issuer_name: issuer_name.to_owned(),
            issuer: issuer.issuer.clone(),
            subject: Some(self.owner.clone()),
            audience: Vec::new(),
            expires_at: self.expires_at.map_or(believed_until, |end| end.min(believed_until)),
            not_before: None,
            issued_at: Some(self.created_at),
            client: Some(self.id.clone()),
            scopes,
            roles: Vec::new(),
            groups: Vec::new(),
            asked: Vec::new(),
            token_id: Some(self.id.clone()),
            confirmation: Confirmation::default(),
            kid: None,
            token_digest: token_digest.to_owned(),
        })
    }
}

fn first(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

#[cfg(test)]
mod tests;
