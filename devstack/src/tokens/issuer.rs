//! Somebody who vouches for callers: with keys that come and go, with a shared secret, or by being asked.
//!
//! Promises that keys may be added and withdrawn, and opaque tokens given out and revoked, while a server shows them:
//! clones share all that changes. Several may speak with one `iss`, and then have the same keys ([`Issuer::beside`]).

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::ensure;
use serde_json::{Map, Value, json};
use tollgate::policy::issuer::HmacAlgorithm;
use tollgate::secret::Secret;

use super::opaque::Given;
use super::{TokenBuilder, random_text};
use crate::signing::{Algorithm, SigningKey};

/// Somebody who vouches for callers, with one key for each algorithm.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Its name in the local world and in the path of its endpoints.
    pub name: String,
    /// What stands in `iss`. It may be a URL that belongs to somebody else.
    pub issuer: String,
    /// What stands in `aud` unless a token says otherwise.
    pub audience: String,
    /// The name that its keys are published under: its own, or of the first with its `iss`.
    pub keys_of: String,
    pub(super) way: Way,
    pub(super) type_: Option<String>,
    pub(super) always: Map<String, Value>,
    pub(super) secret: Secret<Vec<u8>>,
    pub(super) given: Given,
    keys: Arc<[SigningKey; 9]>,
    published: Arc<Mutex<Vec<SigningKey>>>,
    kids_made: Arc<AtomicU32>,
}

/// How an issuer's tokens are made unless they are told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Signed with its key for this algorithm.
    Signed(Algorithm),
    /// With an HMAC under its secret.
    Shared(HmacAlgorithm),
    /// As a text that only the issuer understands.
    Opaque,
}

impl Issuer {
    /// An issuer with fresh keys, one for every algorithm, of which those of [`Algorithm::ALL`] are published. Their kids
    /// are as in `NAME-rs256-1`. All RSA keys are one key.
    ///
    /// # Errors
    ///
    /// If the cryptographic library fails.
    pub fn new(
        name: impl Into<String>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> anyhow::Result<Self> {
        let name = name.into();
        let keys = keys(&name)?;
        let issuer = Self {
            keys_of: name.clone(),
            name,
            issuer: issuer.into(),
            audience: audience.into(),
            way: Way::Signed(Algorithm::Rs256),
            type_: Some("JWT".to_owned()),
            always: Map::new(),
            secret: Secret::new(random_text().into_bytes()),
            given: Given::default(),
            keys: Arc::new(keys),
            published: Arc::default(),
            kids_made: Arc::new(AtomicU32::new(1)),
        };
        Ok(issuer.with(&Algorithm::ALL))
    }

    /// Another of the same provider, whose `iss` is the same or another tenant's: their keys are the same, now and later,
    /// and what else its tokens say is its own.
    #[must_use]
    pub fn beside(&self, name: impl Into<String>, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            issuer: issuer.into(),
            audience: audience.into(),
            always: Map::new(),
            given: Given::default(),
            ..self.clone()
        }
    }

    /// Publishes its keys for exactly these algorithms, of which the first is its tokens' own.
    #[must_use]
    pub fn with(mut self, algorithms: &[Algorithm]) -> Self {
        if let Some(first) = algorithms.first() {
            self.way = Way::Signed(*first);
        }
        let published = algorithms
            .iter()
            .map(|algorithm| self.key(*algorithm).clone())
            .collect();
        *self.published() = published;
        self
    }

    /// Shares this secret with those who verify its tokens, and publishes no keys.
    #[must_use]
    pub fn sharing(mut self, secret: impl Into<Vec<u8>>, algorithm: HmacAlgorithm) -> Self {
        self.secret = Secret::new(secret.into());
        self = self.with(&[]);
        self.way = Way::Shared(algorithm);
        self
    }

    /// Gives out opaque tokens, and tells about them (RFC 7662) to this client. Publishes no keys.
    #[must_use]
    pub fn introspected_by(mut self, client: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        self = self.with(&[]);
        self.way = Way::Opaque;
        self.given = Given::told_to(client.into(), secret.into());
        self
    }

    /// The `typ` of its tokens unless they say otherwise; `None` for none at all.
    #[must_use]
    pub fn type_(mut self, type_: Option<&str>) -> Self {
        self.type_ = type_.map(str::to_owned);
        self
    }

    /// A claim that its tokens have unless they say otherwise.
    #[must_use]
    pub fn always(mut self, claim: impl Into<String>, value: impl Into<Value>) -> Self {
        self.always.insert(claim.into(), value.into());
        self
    }

    /// The same for a claim in objects, each within the one before.
    #[must_use]
    pub fn always_at<'a>(mut self, steps: impl Iterator<Item = &'a str>, value: impl Into<Value>) -> Self {
        put(&mut self.always, steps, value.into());
        self
    }

    /// Its own keys, one for every algorithm, whether they are published or not.
    #[must_use]
    pub fn keys(&self) -> &[SigningKey] {
        &*self.keys
    }

    /// The keys that it publishes now.
    #[must_use]
    pub fn published_keys(&self) -> Vec<SigningKey> {
        self.published().clone()
    }

    /// Its own key for this algorithm, whether it is published or not.
    #[must_use]
    pub fn key(&self, algorithm: Algorithm) -> &SigningKey {
        let [rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, ed_dsa] = &*self.keys;
        match algorithm {
            Algorithm::Rs256 => rs256,
            Algorithm::Rs384 => rs384,
            Algorithm::Rs512 => rs512,
            Algorithm::Ps256 => ps256,
            Algorithm::Ps384 => ps384,
            Algorithm::Ps512 => ps512,
            Algorithm::Es256 => es256,
            Algorithm::Es384 => es384,
            Algorithm::EdDsa => ed_dsa,
        }
    }

    /// The key for this algorithm that was published last.
    #[must_use]
    pub fn newest_key(&self, algorithm: Algorithm) -> Option<SigningKey> {
        let published = self.published();
        let mut newest_first = published.iter().rev();
        newest_first.find(|key| key.algorithm() == algorithm).cloned()
    }

    /// The algorithm of its tokens unless they say otherwise; `None` if they are not signed with a key.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        match self.way {
            Way::Signed(algorithm) => Some(algorithm),
            Way::Shared(_) | Way::Opaque => None,
        }
    }

    /// Publishes a fresh key from now on.
    ///
    /// # Errors
    ///
    /// If a key of this name is published, or the cryptographic library fails.
    pub fn add_key(&self, kid: impl Into<String>, algorithm: Algorithm) -> anyhow::Result<SigningKey> {
        // Made before the keys are locked: it takes long, and requests are waiting.
        let key = SigningKey::generate(algorithm, kid)?;
        let mut published = self.published();
        ensure!(
            published.iter().all(|other| other.kid() != key.kid()),
            "the key {} is there already",
            key.kid()
        );
        published.push(key.clone());
        Ok(key)
    }

    /// Publishes a fresh key under the next name in the row `NAME-rs256-1`, `NAME-rs256-2`.
    ///
    /// # Errors
    ///
    /// As [`Issuer::add_key`].
    pub fn rotate(&self, algorithm: Algorithm) -> anyhow::Result<SigningKey> {
        let number = self.kids_made.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.add_key(kid(&self.keys_of, algorithm, number), algorithm)
    }

    /// Publishes the key of this name no longer. Whether it was there.
    pub fn withdraw_key(&self, kid: &str) -> bool {
        let mut published = self.published();
        let before = published.len();
        published.retain(|key| key.kid() != kid);
        published.len() < before
    }

    /// The public keys that it publishes now as a JSON Web Key Set (RFC 7517 section 5).
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.published().iter().map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// The beginning of a token. Built as it is, it is valid, for subject `u1` and five minutes from now: RS256, unless the
    /// issuer was made otherwise.
    pub fn token(&self) -> TokenBuilder<'_> {
        TokenBuilder::new(self)
    }

    /// A text that stands for exactly these claims until [`Issuer::revoke_opaque`].
    #[must_use]
    pub fn opaque_token(&self, claims: Map<String, Value>) -> String {
        self.given.give(claims)
    }

    /// The text stands for nothing any more. Whether it stood for something.
    pub fn revoke_opaque(&self, token: &str) -> bool {
        self.given.revoke(token)
    }

    /// Whether this client may ask about tokens.
    #[must_use]
    pub(crate) fn is_told(&self, client: &str, secret: &str) -> bool {
        self.given.is_told(client, secret)
    }

    /// What there is to say about a token (RFC 7662 section 2.2).
    #[must_use]
    pub(crate) fn told_about(&self, token: &str, now: i64) -> Value {
        self.given.tell(token, now)
    }

    fn published(&self) -> MutexGuard<'_, Vec<SigningKey>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keys(name: &str) -> anyhow::Result<[SigningKey; 9]> {
    let kid = |algorithm| kid(name, algorithm, 1);
    let fresh = |algorithm| SigningKey::generate(algorithm, kid(algorithm));
    let rs256 = fresh(Algorithm::Rs256)?;
    let also = |algorithm| rs256.also(algorithm, kid(algorithm));
    Ok([
        rs256.clone(),
        also(Algorithm::Rs384)?,
        also(Algorithm::Rs512)?,
        also(Algorithm::Ps256)?,
        also(Algorithm::Ps384)?,
        also(Algorithm::Ps512)?,
        fresh(Algorithm::Es256)?,
        fresh(Algorithm::Es384)?,
        fresh(Algorithm::EdDsa)?,
    ])
}

fn kid(name: &str, algorithm: Algorithm, number: u32) -> String {
    format!("{name}-{}-{number}", algorithm.jws_name().to_ascii_lowercase())
}

/// Puts a value into nested objects, where these steps lead.
fn put<'a>(claims: &mut Map<String, Value>, mut steps: impl Iterator<Item = &'a str>, value: Value) {
    let Some(mut name) = steps.next() else { return };
    let mut inside = claims;
    for next in steps {
        let nested = inside.entry(name).or_insert_with(|| Value::Object(Map::new()));
        if !nested.is_object() {
            *nested = Value::Object(Map::new());
        }
        let Some(object) = nested.as_object_mut() else { return };
        (inside, name) = (object, next);
    }
    inside.insert(name.to_owned(), value);
}
