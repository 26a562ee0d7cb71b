//! The services behind the gateway: what is sent to them, under which identity, and how.

pub mod answered;
pub mod assertion;
pub mod assertion_keys;
pub mod attempt;
pub mod attempts;
pub mod breaker;
pub mod claim_headers;
pub mod delivery;
pub mod fault;
pub mod forward;
pub mod google;
pub mod headers;
pub mod meanings;
pub mod mint;
pub mod pick;
pub mod response;
pub mod retries;
pub mod send;
pub mod service_account;
pub mod signing_key;
pub mod verdict;
