//! What came of a token, and what that rests on.

use std::sync::Arc;

use crate::{
    identity::{claims::Claims, keys::StoredKey, origin::Source, verify::Verified},
    rejection::TokenRefusal,
};

/// What came of a token.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It says who asks.
    Known(Arc<Verified<Claims>>),
    /// It will never be good under this policy and key ([`TokenRefusal::is_final`]).
    Refused(TokenRefusal),
}

/// The key that an outcome rests on. It counts only while this is the key that the issuer has.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The policy's name of the issuer.
    pub issuer_name: String,
    /// The key's `kid`; empty for a shared secret.
    pub kid: String,
    /// The key.
    pub key: Arc<StoredKey>,
}

impl Ground {
    /// Whether `key` is the same.
    #[must_use]
    pub fn is(&self, key: &Arc<StoredKey>) -> bool {
        Arc::ptr_eq(&self.key, key) || self.key.text() == key.text()
    }
}

/// An outcome that is remembered.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The outcome.
    pub outcome: Outcome,
    /// What it rests on; none for what the issuer or the gateway's own store was asked about.
    pub ground: Option<Ground>,
}

/// A caller who is known.
#[derive(Debug, Clone)]
pub struct Known {
    /// The claims.
    pub claims: Arc<Verified<Claims>>,
    /// Where they came from.
    pub source: Source,
}
