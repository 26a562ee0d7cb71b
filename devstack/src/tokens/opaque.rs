//! Opaque tokens: texts that say nothing, and what their issuer tells about them (RFC 7662).
//!
//! Promises that only the one client which the issuer knows is told, and of a token that was never given out, has expired
//! or was revoked nothing but that it is not active.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use tollgate::secret::Secret;

use super::random_text;

/// The opaque tokens that an issuer gave out. Clones are one book.
#[derive(Debug, Clone)]
pub(super) struct Given {
    client: String,
    secret: Secret<Vec<u8>>,
    tokens: Arc<Mutex<BTreeMap<String, Map<String, Value>>>>,
}

impl Default for Given {
    /// Told to a client that nobody can be.
    fn default() -> Self {
        Self::told_to(random_text(), random_text().into_bytes())
    }
}

impl Given {
    pub(super) fn told_to(client: String, secret: Vec<u8>) -> Self {
        Self {
            client,
            secret: Secret::new(secret),
            tokens: Arc::default(),
        }
    }

    pub(super) fn is_told(&self, client: &str, secret: &str) -> bool {
        let right_secret = self.secret.same_bytes(&Secret::new(secret.as_bytes().to_vec()));
        client == self.client && right_secret
    }

    pub(super) fn give(&self, claims: Map<String, Value>) -> String {
        let token = random_text();
        self.tokens().insert(token.clone(), claims);
        token
    }

    pub(super) fn revoke(&self, token: &str) -> bool {
        self.tokens().remove(token).is_some()
    }

    /// RFC 7662 section 2.2.
    pub(super) fn tell(&self, token: &str, now: i64) -> Value {
        let tokens = self.tokens();
        let in_force = |claims: &&Map<String, Value>| {
            let time = |claim, otherwise| claims.get(claim).and_then(Value::as_i64).unwrap_or(otherwise);
            time("nbf", i64::MIN) <= now && now < time("exp", i64::MAX)
        };
        match tokens.get(token).filter(in_force) {
            Some(claims) => {
                let mut told = claims.clone();
                // A test may say otherwise.
                told.entry("active").or_insert(Value::Bool(true));
                Value::Object(told)
            }
            None => json!({ "active": false }),
        }
    }

    fn tokens(&self) -> MutexGuard<'_, BTreeMap<String, Map<String, Value>>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
