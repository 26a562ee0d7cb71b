//! What one sandbox remembers between requests.
//!
//! Promises: everything here is found by name (a version, a key id, a token's own bytes) and bounded in number and
//! age, so nothing of one request can be seen by another that does not bring the same name. Nothing depends on a
//! sandbox being reused: an empty one gives the same answers, but for stores that have gone bad, where what was good
//! before goes on ([`crate::policy::active`]).

mod bounded;
pub mod breakers;
pub mod policies;
pub mod revocations;
pub mod signing;
mod tokens;

use std::sync::{Arc, Mutex};

use crate::{
    identity::{
        credential::Token,
        keys::StoredKey,
        outcome::Remembered,
        revocation::{Knob, Records},
    },
    policy::{
        site::service::Service,
        tuning::{Candidate, Knobs},
    },
    sandbox::{
        bounded::{Bounded, held},
        breakers::Breakers,
        policies::{Policies, Versioned},
        revocations::Revocations,
        signing::SigningKeys,
        tokens::Tokens,
    },
    secret::Secret,
    time::UnixSeconds,
    upstream::{breaker::state::State, send::Endpoint, signing_key::SigningKey},
};

/// The most issuers' keys that are remembered.
pub const KEYS_MAX: usize = 32;

/// How long a key is used before it is looked up again, in seconds. A withdrawn key is trusted no longer than this, and
/// neither are claims that were verified with it.
pub const KEY_AGE_S_MAX: u64 = 60;

/// The most Google tokens that are remembered.
pub const GOOGLE_TOKENS_MAX: usize = 32;

/// The memory of one sandbox.
#[derive(Debug)]
pub struct Sandbox {
    policies: Mutex<Policies>,
    keys: Mutex<Bounded<KeyMemory>>,
    tokens: Mutex<Tokens>,
    google: Mutex<Bounded<GoogleMemory>>,
    revocations: Mutex<Revocations>,
    breakers: Mutex<Breakers>,
    signing: Mutex<SigningKeys>,
}

#[derive(Debug)]
struct KeyMemory {
    issuer: String,
    kid: String,
    key: Arc<StoredKey>,
    read_at: UnixSeconds,
}

#[derive(Debug)]
struct GoogleMemory {
    invoker: String,
    audience: String,
    token: Secret<String>,
    until: UnixSeconds,
}

impl GoogleMemory {
    fn is_for(&self, service: &Service) -> bool {
        self.audience == service.audience && self.invoker == service.invoker
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            policies: Mutex::new(Policies::default()),
            keys: Mutex::new(Bounded::new(KEYS_MAX)),
            tokens: Mutex::new(Tokens::default()),
            google: Mutex::new(Bounded::new(GOOGLE_TOKENS_MAX)),
            revocations: Mutex::new(Revocations::default()),
            breakers: Mutex::new(Breakers::default()),
            signing: Mutex::new(SigningKeys::default()),
        }
    }
}

impl Sandbox {
    /// The policy of this version, if it was read not long ago.
    pub fn policy(&self, version: &str) -> Option<Arc<Versioned>> {
        held(&self.policies).of(version)
    }

    /// Keeps a policy whose index was read.
    pub fn keep_policy(&self, versioned: Versioned) -> Arc<Versioned> {
        held(&self.policies).keep(versioned)
    }

    /// The last policy in force of which index and a page were good.
    pub fn good_policy(&self) -> Option<Arc<Versioned>> {
        held(&self.policies).good()
    }

    /// The policy that is good, if the POP was not told of it yet. It counts as told from now on.
    pub fn good_to_remember(&self) -> Option<Arc<Versioned>> {
        held(&self.policies).good_to_remember()
    }

    /// Notes that a policy in force is good.
    pub fn found_good(&self, versioned: &Arc<Versioned>) {
        held(&self.policies).found_good(versioned);
    }

    /// The candidate, or that there is none, if that was looked up not long before `now`.
    pub fn candidate(&self, now: UnixSeconds) -> Option<Option<Candidate>> {
        held(&self.policies).candidate(now)
    }

    /// Keeps what was looked up of a candidate at `now`.
    pub fn keep_candidate(&self, candidate: Option<Candidate>, now: UnixSeconds) {
        held(&self.policies).keep_candidate(candidate, now);
    }

    /// The knobs of a service, and when they were read.
    pub fn knobs(&self, service: &str) -> Option<(Arc<Knobs>, UnixSeconds)> {
        held(&self.policies).knobs(service)
    }

    /// Keeps the knobs of a service that were read at `now`.
    pub fn keep_knobs(&self, service: &str, knobs: &Arc<Knobs>, now: UnixSeconds) {
        held(&self.policies).keep_knobs(service, knobs, now);
    }

    /// Whether a problem of a store is to be reported: once a sandbox, so that a mistake does not fill the log.
    pub fn is_news(&self, problem: &str) -> bool {
        held(&self.policies).is_news(problem)
    }

    /// A key that was read less than `age_s_max` seconds before `now`.
    pub fn key(&self, issuer: &str, kid: &str, now: UnixSeconds, age_s_max: u64) -> Option<Arc<StoredKey>> {
        let fresh = |kept: &&KeyMemory| {
            kept.kid == kid && kept.issuer == issuer && now >= kept.read_at && kept.read_at.until_s(now) < age_s_max
        };
        held(&self.keys).find(fresh).map(|kept| Arc::clone(&kept.key))
    }

    /// Keeps a key that was read at `now`.
    pub fn keep_key(&self, issuer: &str, kid: &str, key: StoredKey, now: UnixSeconds) -> Arc<StoredKey> {
        let key = Arc::new(key);
        let kept = KeyMemory {
            issuer: issuer.to_owned(),
            kid: kid.to_owned(),
            key: Arc::clone(&key),
            read_at: now,
        };
        held(&self.keys).replace(|old| old.kid == kid && old.issuer == issuer, kept);
        key
    }

    /// Forgets a key, so that one that was mended is read at once.
    pub fn forget_key(&self, issuer: &str, kid: &str) {
        held(&self.keys).forget(|kept| kept.kid == kid && kept.issuer == issuer);
    }

    /// What came of a token under this version of the policy.
    pub fn token(&self, version: &str, token: &Token, now: UnixSeconds) -> Option<Remembered> {
        held(&self.tokens).of(version, token, now)
    }

    /// Keeps what came of a token until a time.
    pub fn keep_token(&self, version: &str, token: &Token, remembered: Remembered, until: UnixSeconds) {
        held(&self.tokens).keep(version, token, remembered, until);
    }

    /// The Google token for a service's invoker and audience, while it is fresh.
    pub fn google_token(&self, service: &Service, now: UnixSeconds) -> Option<Secret<String>> {
        held(&self.google)
            .find(|kept| kept.until > now && kept.is_for(service))
            .map(|kept| kept.token.clone())
    }

    /// Keeps a Google token for a service's invoker and audience until a time.
    pub fn keep_google_token(&self, service: &Service, token: &Secret<String>, until: UnixSeconds) {
        let kept = GoogleMemory {
            invoker: service.invoker.clone(),
            audience: service.audience.clone(),
            token: token.clone(),
            until,
        };
        held(&self.google).replace(|old| old.is_for(service), kept);
    }

    /// Whether an endpoint is left alone, if that was read not long before `now_us`.
    pub fn breaker(&self, service: &str, endpoint: &Endpoint, now_us: u64) -> Option<State> {
        held(&self.breakers).state(service, endpoint, now_us)
    }

    /// Keeps what was read at `now_us` of whether an endpoint is left alone.
    pub fn keep_breaker(&self, service: &str, endpoint: &Endpoint, state: State, now_us: u64) {
        held(&self.breakers).keep(service, endpoint, state, now_us);
    }

    /// The signing key in the secret of this name, if it was read not long before `now`.
    pub fn signing_key(&self, name: &str, now: UnixSeconds) -> Option<Arc<SigningKey>> {
        held(&self.signing).of(name, now)
    }

    /// Keeps a signing key that was read at `now`.
    pub fn keep_signing_key(&self, name: &str, key: SigningKey, now: UnixSeconds) -> Arc<SigningKey> {
        held(&self.signing).keep(name, key, now)
    }

    /// The knob `revoked`, and when it was read.
    pub fn revocation_knob(&self) -> Option<(Arc<Knob>, UnixSeconds)> {
        held(&self.revocations).knob()
    }

    /// Keeps the knob `revoked` that was read at `now`.
    pub fn keep_revocation_knob(&self, knob: &Arc<Knob>, now: UnixSeconds) {
        held(&self.revocations).keep_knob(knob, now);
    }

    /// What the KV store said under this name not long before `now`.
    pub fn revocation_records(&self, name: &str, now: UnixSeconds) -> Option<Records> {
        held(&self.revocations).records(name, now)
    }

    /// Keeps what the KV store said under this name at `now`.
    pub fn keep_revocation_records(&self, name: &str, records: Records, now: UnixSeconds) {
        held(&self.revocations).keep_records(name, records, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::send::Endpoint;

    fn service(invoker: &str, audience: &str) -> Service {
        Service {
            audience: audience.to_owned(),
            ..Service::at(Endpoint::parse("https://a.example").unwrap(), invoker)
        }
    }

    #[test]
    fn google_tokens_are_found_by_invoker_and_audience_until_their_time() {
        let sandbox = Sandbox::default();
        sandbox.keep_google_token(&service("i", "a"), &Secret::new("t".to_owned()), UnixSeconds(10));
        for (name, invoker, audience, now, found) in [
            ("the same", "i", "a", 9, true),
            ("later", "i", "a", 10, false),
            ("other audience", "i", "b", 9, false),
            ("other invoker", "j", "a", 9, false),
            ("the two changed about", "a", "i", 9, false),
        ] {
            let token = sandbox.google_token(&service(invoker, audience), UnixSeconds(now));
            assert_eq!(token.is_some(), found, "{name}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let sandbox = Sandbox::default();
        for number in 0..GOOGLE_TOKENS_MAX + 1 {
            let service = service("i", &number.to_string());
            sandbox.keep_google_token(&service, &Secret::new("t".to_owned()), UnixSeconds(10));
        }
        let found = |audience| sandbox.google_token(&service("i", audience), UnixSeconds(1)).is_some();
        assert!(!found("0"), "the oldest is forgotten");
        assert!(found("1"));
        assert_eq!(held(&sandbox.google).len(), GOOGLE_TOKENS_MAX);
    }
}
