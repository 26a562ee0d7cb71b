//! What a world is started with.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::PlayedKeys;
use crate::viceroy::LogSink;

/// What to run, and what of the world is brought along.
#[derive(Debug)]
pub struct WorldOptions {
    /// The policy's text.
    pub policy: String,
    /// JSON Web Key Sets by the policy's issuer names.
    pub keys: BTreeMap<String, String>,
    /// Entries of the store `tollgate_keys`, over those that are made of `keys`. An issuer whose index is among them needs
    /// no keys from elsewhere.
    pub key_entries: BTreeMap<String, String>,
    /// Entries of the KV store `tollgate_state`.
    pub state: BTreeMap<String, String>,
    /// Whether the keys of issuers that are played are stored.
    pub played_keys: PlayedKeys,
    /// URLs of services on this machine by the policy's names: `orders`, a revision as `orders@next`, a region as
    /// `orders/europe-west1`.
    pub services: BTreeMap<String, String>,
    /// Secrets by name.
    pub secrets: BTreeMap<String, Vec<u8>>,
    /// The base of Google's endpoints: `<base>/token` is the token endpoint, `<base>/v1/…` what workload identity asks.
    pub google: Option<String>,
    /// Whether Cloud Run's front end stands before the services.
    pub iam: bool,
    /// Where the gateway listens.
    pub addr: SocketAddr,
    /// Who is told of each log line.
    pub log: LogSink,
}

impl WorldOptions {
    /// A policy in a world that is all played, on a free port.
    #[must_use]
    pub fn new(policy: impl Into<String>) -> Self {
        Self {
            policy: policy.into(),
            keys: BTreeMap::new(),
            key_entries: BTreeMap::new(),
            state: BTreeMap::new(),
            played_keys: PlayedKeys::default(),
            services: BTreeMap::new(),
            secrets: BTreeMap::new(),
            google: None,
            iam: true,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            log: LogSink::Kept,
        }
    }
}
