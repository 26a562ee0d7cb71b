//! Issuers' keys: how one is read, what it verifies, and how they are stored.
//!
//! Promises: a key pins its algorithm; the token's header has no say (RFC 8725 section 3.1). What can't be used is left
//! out with the reason, one key at a time.

mod jwk;
mod stored;
mod verifying;

pub use stored::{
    Fetched, KEYS_PER_ISSUER_MAX, KeyIndex, StoredKey, StoredKeys, UsableKeys, entries, index_entry, key_entry, usable,
};
pub use verifying::VerifyingKey;

#[cfg(test)]
mod tests;
