//! What one sandbox remembers between requests.
//!
//! Promises: everything here is found by name (a version, a key id, a token's own bytes) and bounded in number and
//! age, so nothing of one request can be seen by another that does not bring the same name. Nothing depends on a
//! sandbox being reused: an empty one gives the same answers, but for stores that have gone bad, where what was good
//! before goes on ([`crate::policy::active`]).

mod bounded;
pub mod policies;

use std::sync::{Arc, Mutex};

use crate::{
    identity::{claims::Claims, credential::Token, keys::StoredKey, verify::Verified},
    policy::{
        site::service::Service,
        tuning::{Candidate, Knobs},
    },
    sandbox::{
        bounded::{Bounded, held},
        policies::{Policies, Versioned},
    },
    secret::Secret,
    time::UnixSeconds,
};

/// The most tokens whose claims are remembered.
pub const TOKENS_MAX: usize = 64;

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
    tokens: Mutex<Bounded<TokenMemory>>,
    google: Mutex<Bounded<GoogleMemory>>,
}

#[derive(Debug)]
struct KeyMemory {
    issuer: String,
    kid: String,
    key: Arc<StoredKey>,
    read_at: UnixSeconds,
}

#[derive(Debug)]
struct TokenMemory {
    version: String,
    tail: [u8; 8],
    token: Token,
    claims: Arc<Verified<Claims>>,
    key: Arc<StoredKey>,
    until: UnixSeconds,
}

/// Claims that are kept, and the key that verified them.
#[derive(Debug, Clone)]
pub struct KeptClaims {
    /// The claims.
    pub claims: Arc<Verified<Claims>>,
    /// The key.
    pub key: Arc<StoredKey>,
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
            tokens: Mutex::new(Bounded::new(TOKENS_MAX)),
            google: Mutex::new(Bounded::new(GOOGLE_TOKENS_MAX)),
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

    /// A key that was read not long before `now`.
    pub fn key(&self, issuer: &str, kid: &str, now: UnixSeconds) -> Option<Arc<StoredKey>> {
        let fresh = |kept: &&KeyMemory| {
            kept.kid == kid && kept.issuer == issuer && now >= kept.read_at && kept.read_at.until_s(now) < KEY_AGE_S_MAX
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

    /// The claims of a token that was verified under this version of the policy.
    ///
    /// The eight last bytes are compared first, so that most kept tokens cost one comparison of a word; then all bytes
    /// in constant time.
    pub fn claims(&self, version: &str, token: &Token, now: UnixSeconds) -> Option<KeptClaims> {
        let tail = tail(token);
        let same = |kept: &&TokenMemory| {
            kept.tail == tail && kept.until > now && kept.version == version && kept.token.same_bytes(token)
        };
        let tokens = held(&self.tokens);
        let kept = tokens.find(same)?;
        Some(KeptClaims {
            claims: Arc::clone(&kept.claims),
            key: Arc::clone(&kept.key),
        })
    }

    /// Keeps the claims of a token until a time.
    pub fn keep_claims(&self, version: &str, token: &Token, kept: KeptClaims, until: UnixSeconds) {
        let kept = TokenMemory {
            version: version.to_owned(),
            tail: tail(token),
            token: token.clone(),
            claims: kept.claims,
            key: kept.key,
            until,
        };
        held(&self.tokens).replace(|old| old.version == version && old.token.same_bytes(token), kept);
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
}

fn tail(token: &Token) -> [u8; 8] {
    token.expose().as_bytes().last_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::claims::tests::claims,
        policy::site::service::{Region, Regions},
        upstream::send::{Endpoint, Timeouts},
    };

    fn service(invoker: &str, audience: &str) -> Service {
        Service {
            regions: Regions {
                first: Region {
                    name: String::new(),
                    endpoint: Endpoint::parse("https://a.example").unwrap(),
                },
                others: Vec::new(),
            },
            revisions: Vec::new(),
            audience: audience.to_owned(),
            invoker: invoker.to_owned(),
            invoker_key: String::new(),
            timeouts: Timeouts::default(),
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
    fn claims_are_found_by_version_and_whole_token() {
        let sandbox = Sandbox::default();
        let token = |text: &str| Secret::new(text.to_owned());
        let claims = Arc::new(Verified::for_tests(claims()));
        let key = Arc::new(StoredKey::new("k1", String::new()));
        sandbox.keep_claims(
            "v1",
            &token("head.payload.signature"),
            KeptClaims { claims, key },
            UnixSeconds(10),
        );
        for (name, version, text, now, found) in [
            ("the same", "v1", "head.payload.signature", 9, true),
            ("later", "v1", "head.payload.signature", 10, false),
            ("other policy", "v2", "head.payload.signature", 9, false),
            ("same tail", "v1", "hEad.payload.signature", 9, false),
            ("shorter", "v1", "ead.payload.signature", 9, false),
            ("short", "v1", "a", 9, false),
        ] {
            assert_eq!(
                sandbox.claims(version, &token(text), UnixSeconds(now)).is_some(),
                found,
                "{name}"
            );
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
