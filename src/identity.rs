//! Who is asking: from the credential in a request to claims that are verified.
//!
//! The way goes [`credential`] → [`token`] → [`keys`] → [`verify`]; [`remembered`] shortens it for a token that was
//! verified before, and [`identify`] walks it.

pub(crate) mod asked;
pub mod claims;
pub mod credential;
pub mod identify;
pub mod keys;
pub mod remembered;
pub mod token;
pub mod verify;
