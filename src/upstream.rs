//! The services behind the gateway: what is sent to them, under which identity, and how.

pub mod forward;
pub mod google;
pub mod headers;
pub mod mint;
pub mod pick;
pub mod send;
pub mod service_account;
