//! Tollgate's library: everything that the gateway decides, on every platform that it runs on.
//!
//! The library knows no platform. It is given a request as plain data, asks the world for what it needs through
//! [`host::Host`], and gives back an answer and a log entry. `src/main.rs` and `src/edge/` are the one home that it
//! has today: Fastly Compute.
//!
//! # The map
//!
//! | layer | modules | may do |
//! | --- | --- | --- |
//! | 4 order | [`gateway`] | knows the order of the steps, and nothing else does |
//! | 3 areas | [`policy::active`], [`identity::identify`], [`identity::remembered`], [`identity::introspected`], [`identity::api_keys`], [`identity::revoked`], [`upstream::google`], [`upstream::mint`], [`upstream::forward`] | ask the host |
//! | 2 host | [`host`], [`sandbox`] | say what the world does for us, and hold what one sandbox remembers |
//! | 1 decisions | [`request`], [`policy`], [`identity`], [`upstream`], [`answer`], [`entry`], [`rejection`] | compute, without I/O, clock or randomness |
//! | 0 leaves | [`time`], [`secret`], [`digest`], [`json`] | stand alone |
//!
//! `docs/architecture.md` holds the whole table; a test reads it and checks that imports point only downward.
//!
//! # What always holds
//!
//! - Nothing is forwarded without a [`policy::decide::Permit`], and only [`policy::decide::decide`] makes one.
//! - Nothing is a claim before its signature is verified: [`identity::verify::Verified`] is made only there.
//! - There is one canonical request; what the client sent is not reachable past [`request`].
//! - Every refusal is a [`rejection::Rejection`], and one exhaustive match turns it into an answer.
//! - Secrets and tokens have no text form: [`secret::Secret`].

pub mod answer;
pub mod digest;
pub mod entry;
pub mod gateway;
pub mod host;
pub mod identity;
pub mod json;
pub mod policy;
pub mod rejection;
pub mod request;
pub mod sandbox;
pub mod secret;
pub mod time;
pub mod upstream;
