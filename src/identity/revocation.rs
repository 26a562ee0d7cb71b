//! What is revoked: all tokens of an issuer that are older than a time, one token, or a subject's tokens since a time.
//!
//! Promises: nothing here is taken in part. An entry that is malformed is an error, and who can't find out whether a
//! token is revoked does not let it pass.
//!
//! ```text
//! config store `tollgate`
//!   revoked                                      {"issuers": {"okta": 1795248000}, "tokens": true, "subjects": true}
//! KV store `tollgate_state`
//!   revoked.token.<digest of issuer and jti>     {"until": 1795251600}
//!   revoked.subject.<digest of issuer and sub>   {"since": 1795248000, "until": 1795334400}
//! ```
//!
//! The first is small and says whether the others are to be asked at all, so that who revokes nothing pays nothing. The
//! others have an end, after which every token that they are about has expired by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    digest,
    identity::claims::Claims,
    json::{Bounds, Json},
    rejection::TokenRefusal,
    time::UnixSeconds,
};

/// The entry of the config store `tollgate`.
pub const REVOKED_ENTRY: &str = "revoked";

/// The longest entry [`REVOKED_ENTRY`] that is read, in bytes: as much as a config-store value can hold.
pub const KNOB_BYTES_MAX: usize = 8_000;

/// The longest entry of the KV store that is read, in bytes.
const RECORD_BYTES_MAX: usize = 256;

/// The entry [`REVOKED_ENTRY`]; without it nothing is revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Knob {
    /// Epochs: tokens of the issuer, by its `iss` as the policy writes it, that were issued before are revoked.
    pub issuers: BTreeMap<String, UnixSeconds>,
    /// Whether single tokens are revoked, so that the KV store is asked about each.
    pub tokens: bool,
    /// Whether subjects are revoked, so that the KV store is asked about each.
    pub subjects: bool,
}

/// The entry [`token_entry`]: this token is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    /// The entry counts until then: not before the token's expiry and the issuer's leeway are over.
    pub until: UnixSeconds,
}

/// The entry [`subject_entry`]: the subject's tokens that were issued before `since` are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectRecord {
    /// Tokens that were issued before are revoked, and those that do not say when they were.
    pub since: UnixSeconds,
    /// The entry counts until then: not before the last of those tokens has expired.
    pub until: UnixSeconds,
}

/// What the KV store has to say of a caller. [`Entries`] names where it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenRecord>,
    /// Of its subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectRecord>,
}

/// The entries of the KV store that are about a caller, as far as the knob has them asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// About the token; none for one without `jti`.
    pub token: Option<String>,
    /// About its subject; none for a token without `sub`.
    pub subject: Option<String>,
}

/// The name of the entry about a token, by the `iss` of its issuer, as the policy writes it, and its `jti`. An API key's id
/// is its `jti`. What issuers are called in the policy does not count: a name may change, and two may have the same `iss`.
#[must_use]
pub fn token_entry(iss: &str, jti: &str) -> String {
    let name = digest::of("tollgate revoked token", &[iss.as_bytes(), jti.as_bytes()]);
    format!("revoked.token.{name}")
}

/// The name of the entry about a subject, likewise, and by its `sub`.
#[must_use]
pub fn subject_entry(iss: &str, sub: &str) -> String {
    let name = digest::of("tollgate revoked subject", &[iss.as_bytes(), sub.as_bytes()]);
    format!("revoked.subject.{name}")
}

impl Knob {
    /// Reads the entry.
    ///
    /// # Errors
    /// What is wrong with it. The text may quote it; it holds no secret.
    pub fn read(text: &str) -> Result<Self, String> {
        let fault = |why: &str| format!("the entry `{REVOKED_ENTRY}` of the config store `tollgate` {why}");
        if text.len() > KNOB_BYTES_MAX || !text.trim_start().starts_with('{') {
            return Err(fault(&format!("is no JSON object of at most {KNOB_BYTES_MAX} bytes")));
        }
        let malformed = |why: serde_json::Error| fault(&format!("is malformed: {why}"));
        // The strict reading first, in which nothing may come twice.
        Json::read(text, Bounds::CLAIMS).map_err(malformed)?;
        serde_json::from_str(text).map_err(malformed)
    }

    /// Whether the issuer's epoch is over the token. One that does not say when it was issued may be as old as any.
    ///
    /// # Errors
    /// [`TokenRefusal::Revoked`].
    pub fn check(&self, (iss, claims): (&str, &Claims)) -> Result<(), TokenRefusal> {
        match self.issuers.get(iss) {
            Some(epoch) if is_older(claims, *epoch) => Err(TokenRefusal::Revoked),
            _ => Ok(()),
        }
    }

    /// What is to be asked of the KV store about a caller.
    #[must_use]
    pub fn entries(&self, (iss, claims): (&str, &Claims)) -> Entries {
        let asked = |asked: bool, id: &Option<String>, entry: fn(&str, &str) -> String| {
            id.as_deref().filter(|_| asked).map(|id| entry(iss, id))
        };
        Entries {
            token: asked(self.tokens, &claims.token_id, token_entry),
            subject: asked(self.subjects, &claims.subject, subject_entry),
        }
    }
}

impl Entries {
    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.token.is_none() && self.subject.is_none()
    }

    /// The name under which the answer to all of them is remembered.
    #[must_use]
    pub fn name(&self) -> String {
        // An entry's own name begins with its kind, so none can stand for the other; nothing is no entry's name.
        let parts = [&self.token, &self.subject].map(|entry| entry.as_deref().unwrap_or_default().as_bytes());
        digest::of("tollgate revocation", &parts)
    }
}

impl Records {
    /// Whether the token or its subject is revoked.
    ///
    /// # Errors
    /// [`TokenRefusal::Revoked`].
    pub fn check(&self, claims: &Claims, now: UnixSeconds) -> Result<(), TokenRefusal> {
        let token = self.token.is_some_and(|record| now < record.until);
        let subject = self
            .subject
            .is_some_and(|record| now < record.until && is_older(claims, record.since));
        match token || subject {
            true => Err(TokenRefusal::Revoked),
            false => Ok(()),
        }
    }
}

/// Reads an entry of the KV store.
///
/// # Errors
/// What is wrong with it, without any of its text.
pub fn read_record<T: DeserializeOwned>(stored: &[u8]) -> Result<T, String> {
    if stored.len() > RECORD_BYTES_MAX || !stored.trim_ascii_start().starts_with(b"{") {
        return Err(format!("it is no JSON object of at most {RECORD_BYTES_MAX} bytes"));
    }
    serde_json::from_slice(stored)
        .map_err(|why| format!("it is malformed (line {}, column {})", why.line(), why.column()))
}

fn is_older(claims: &Claims, time: UnixSeconds) -> bool {
    claims.issued_at.is_none_or(|issued_at| issued_at < time)
}

#[cfg(test)]
mod tests;
