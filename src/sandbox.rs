//! What one sandbox remembers between requests.
//!
//! Promises: everything here is found by name (a version, a key id, a token's own bytes) and bounded in number and
//! age, so nothing of one request can be seen by another that does not bring the same name. Nothing depends on a
//! sandbox being reused: an empty one gives the same answers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    identity::{claims::Claims, credential::Token, keys::StoredKey, verify::Verified},
    policy::site::{Service, Site},
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

/// A site and its version.
#[derive(Debug)]
pub struct Versioned {
    /// The version.
    pub version: String,
    /// The site.
    pub site: Site,
}

/// The memory of one sandbox.
#[derive(Debug)]
pub struct Sandbox {
    site: Mutex<Option<Arc<Versioned>>>,
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
            site: Mutex::new(None),
            keys: Mutex::new(Bounded::new(KEYS_MAX)),
            tokens: Mutex::new(Bounded::new(TOKENS_MAX)),
            google: Mutex::new(Bounded::new(GOOGLE_TOKENS_MAX)),
        }
    }
}

impl Sandbox {
    /// The site of this version, if it is the one that was read last.
    pub fn site(&self, version: &str) -> Option<Arc<Versioned>> {
        held(&self.site)
            .as_ref()
            .filter(|kept| kept.version == version)
            .cloned()
    }

    /// Keeps a site in place of the one before.
    pub fn keep_site(&self, site: Versioned) -> Arc<Versioned> {
        let site = Arc::new(site);
        *held(&self.site) = Some(Arc::clone(&site));
        site
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
        held(&self.keys)
            .entries
            .retain(|kept| kept.kid != kid || kept.issuer != issuer);
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
        held(&self.tokens).replace(|old| old.token.same_bytes(token), kept);
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

/// The lock is never held across a wait, and what it guards is whole after each statement, so a poisoned one is as
/// good as another.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tail(token: &Token) -> [u8; 8] {
    token.expose().as_bytes().last_chunk().copied().unwrap_or_default()
}

/// A list that forgets its oldest entry when it is full.
#[derive(Debug)]
struct Bounded<T> {
    entries: VecDeque<T>,
    entries_max: usize,
}

impl<T> Bounded<T> {
    fn new(entries_max: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            entries_max,
        }
    }

    fn find(&self, matches: impl FnMut(&&T) -> bool) -> Option<&T> {
        self.entries.iter().rev().find(matches)
    }

    /// Adds an entry, and drops those that it replaces.
    fn replace(&mut self, mut replaced: impl FnMut(&T) -> bool, entry: T) {
        self.entries.retain(|old| !replaced(old));
        if self.entries.len() >= self.entries_max {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::claims::tests::claims,
        upstream::send::{Endpoint, Timeouts},
    };

    fn service(invoker: &str, audience: &str) -> Service {
        Service {
            endpoint: Endpoint::parse("https://a.example").unwrap(),
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
        assert_eq!(held(&sandbox.google).entries.len(), GOOGLE_TOKENS_MAX);
    }
}
