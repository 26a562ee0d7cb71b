//! Who is asking: from the credential in a request to claims that are verified.
//!
//! The way goes [`credential`] → [`token`] → [`keys`] → [`verify`]; [`remembered`] shortens it for a token that was
//! verified before, and [`identify`] walks it. An opaque token is told by its issuer ([`introspected`]), an API key by
//! the KV store ([`api_keys`]). Whatever it is, [`revoked`] has the last word.

pub mod algorithm;
pub mod api_key;
pub mod api_keys;
pub(crate) mod asked;
pub mod binding;
pub mod claims;
pub mod credential;
pub mod fetched;
pub mod identify;
pub mod introspected;
pub mod introspection;
pub mod issuer_keys;
pub mod keys;
pub mod means;
pub mod origin;
pub mod outcome;
pub mod presented;
pub mod proof;
pub mod remembered;
pub mod revocation;
pub mod revoked;
pub mod signed;
pub mod token;
pub mod verify;

#[cfg(test)]
mod tests;
