//! The key that a token names, wherever it is kept: the sandbox's memory, the config store, the POP's cache, the issuer.
//!
//! Promises: at most two look-ups in stores, two operations of the POP's cache and one fetch. At a POP one request at a
//! time fetches; the others use what is there. Which key is trusted is decided in [`crate::identity::fetched`].
//!
//! | what fails | what happens |
//! | --- | --- |
//! | the config store, or the secret store for a shared secret | [`Rejection::Misconfigured`] |
//! | the issuer, or its answer can't be used | the last good keys, up to `age_s_max`; another try in `unknown_s` |
//! | the same, and there are none | [`Rejection::IssuerKeysUnavailable`] |
//! | the POP's cache | the config store's keys, up to `age_s_max`; nothing is fetched |

use std::{borrow::Cow, sync::Arc};

use crate::{
    digest,
    host::{CacheKey, ConfigStore, Found, Freshness, Host},
    identity::{
        fetched::{FetchedKeys, InStore, Known, Trusted, call, finish},
        keys::{Fetched, KeyIndex, StoredKey, UsableKeys, index_entry, key_entry},
        means::Means,
        origin::Cache,
    },
    policy::issuer::{Issuer, KeySource, SharedSecret, Vouching},
    rejection::{Rejection, TokenRefusal},
    sandbox::KEY_AGE_S_MAX,
    secret::Secret,
    time::UnixSeconds,
    upstream::send::Endpoint,
};

/// The key `kid` of an issuer, with which its tokens are verified.
///
/// With [`Cache::LeftAlone`] nothing is fetched and nothing kept: a candidate must not bring a key into force. Where the
/// issuer would have to be asked, nobody knows, which is [`Rejection::IssuerKeysUnavailable`].
///
/// # Errors
/// [`TokenRefusal::KeyUnknown`], or a [`Rejection`] as the module says.
pub async fn key<H: Host>(
    means: Means<'_, H>,
    issuer: &Issuer,
    kid: &str,
    problems: &mut Vec<String>,
) -> Result<Arc<StoredKey>, Rejection> {
    match &issuer.vouching {
        Vouching::Keys(source) => {
            let age_s_max = match source.fetch {
                true => KEY_AGE_S_MAX.min(u64::from(source.refresh_s)),
                false => KEY_AGE_S_MAX,
            };
            let kept_as = kept_as(issuer);
            if let Some(key) = means.sandbox.key(&kept_as, kid, means.now, age_s_max) {
                return Ok(key);
            }
            let key = published(means, (&issuer.issuer, kid), source, problems).await?;
            Ok(match means.cache {
                Cache::Used => means.sandbox.keep_key(&kept_as, kid, key, means.now),
                Cache::LeftAlone => Arc::new(key),
            })
        }
        Vouching::Secret(secret) => shared(means, secret).await,
        Vouching::Introspection(_) | Vouching::ApiKeys => Err(TokenRefusal::AlgorithmNotAllowed.into()),
    }
}

/// Forgets a key that can't be used, so that one that was mended is read at once.
pub fn forget<H: Host>(means: Means<'_, H>, issuer: &Issuer, kid: &str) {
    means.sandbox.forget_key(&kept_as(issuer), kid);
}

/// What an issuer's keys are kept under: another place to fetch them from is another set.
fn kept_as(issuer: &Issuer) -> Cow<'_, str> {
    match &issuer.vouching {
        Vouching::Keys(KeySource {
            url: Some((endpoint, target)),
            ..
        }) => Cow::Owned(format!("{} {}{target}", issuer.issuer, endpoint.origin())),
        _ => Cow::Borrowed(&issuer.issuer),
    }
}

async fn published<H: Host>(
    means: Means<'_, H>,
    (issuer, kid): (&str, &str),
    source: &KeySource,
    problems: &mut Vec<String>,
) -> Result<StoredKey, Rejection> {
    let entry = means.host.config(ConfigStore::Keys, &key_entry(issuer, kid)).await;
    let entry = entry.map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let stored = entry.map(|entry| StoredKey::new(kid, entry));
    if let Some(key) = stored.as_ref().map(StoredKey::fetched) {
        let is_fresh = key.at <= means.now && key.at.until_s(means.now) < u64::from(source.refresh_s);
        // Where nobody says from where the key could be fetched, it serves as it is stored.
        let is_ours = source.url.is_none() && key.jwks_uri.is_none();
        if !source.fetch || is_ours || (is_fresh && is_from(source, key)) {
            return stored.ok_or_else(|| TokenRefusal::KeyUnknown.into());
        }
    }
    // The index tells since when the store has which set, whether it has any, and where it came from.
    let index = index(means.host, (issuer, source), problems).await?;
    let found = index.jwks_uri.as_deref().and_then(|uri| Endpoint::split(uri).ok());
    let Some(place) = source.url.clone().or(found).filter(|_| source.fetch) else {
        return Err(TokenRefusal::KeyUnknown.into());
    };
    // A key that is older than the set beside it is kept only until all have noticed that it is gone.
    let in_set = stored
        .as_ref()
        .filter(|key| key.fetched().at >= index.at && is_from(source, key.fetched()));
    let index_at = if is_from(source, &index) {
        index.at
    } else {
        UnixSeconds(0)
    };
    let in_store = InStore {
        jwk: in_set.map(StoredKey::text),
        fetched_at: in_set.map_or(index_at, |key| key.fetched().at),
    };
    trusted(means, (issuer, kid), source, (&place, in_store), problems).await
}

/// Whether what is stored came from where the policy says; what was stored from elsewhere is another set. What was brought as
/// a file is the policy's own.
fn is_from(source: &KeySource, stored: &Fetched) -> bool {
    match (&source.url, stored.jwks_uri.as_deref()) {
        (Some(place), Some(uri)) => Endpoint::split(uri).as_ref() == Ok(place),
        _ => true,
    }
}

/// The key of the newest set, the store's or the POP's, after a fetch if one is due.
async fn trusted<H: Host>(
    means: Means<'_, H>,
    (issuer, kid): (&str, &str),
    source: &KeySource,
    (place, in_store): (&(Endpoint, String), InStore<'_>),
    problems: &mut Vec<String>,
) -> Result<StoredKey, Rejection> {
    let known = Known {
        stored: Some(in_store),
        source,
        kid,
    };
    let (set, was_asked) = match (known.is_due(None, means.now), means.cache) {
        (false, _) => (None, true),
        (true, Cache::Used) => newest(means, issuer, known, place, problems).await,
        (true, Cache::LeftAlone) => return Err(no_keys(issuer, "nobody is asked for them now")),
    };
    match known.trusted(set.as_ref(), means.now) {
        Trusted::Key(jwk) => Ok(StoredKey::new(kid, jwk.to_owned())),
        Trusted::Unknown if was_asked => Err(TokenRefusal::KeyUnknown.into()),
        Trusted::Unknown => Err(no_keys(issuer, "it is not known whether there is a newer set")),
        Trusted::NoSet => Err(no_keys(issuer, "those that are known are too old")),
    }
}

fn no_keys(issuer: &str, why: &str) -> Rejection {
    Rejection::IssuerKeysUnavailable(format!("there are no keys of {issuer}: {why}"))
}

/// When an issuer's keys were stored, and where they came from. A key that is not stored is the token's fault if the
/// issuer has others, and ours if it has none and the policy does not say where they are.
async fn index<H: Host>(
    host: &H,
    (issuer, source): (&str, &KeySource),
    problems: &mut Vec<String>,
) -> Result<Fetched, Rejection> {
    let entry = host.config(ConfigStore::Keys, &index_entry(issuer)).await;
    let why = match entry.map_err(|fault| Rejection::Misconfigured(fault.0))? {
        Some(entry) => match serde_json::from_str::<KeyIndex>(&entry) {
            Ok(index) => {
                return Ok(Fetched {
                    at: UnixSeconds(index.fetched_at),
                    jwks_uri: index.jwks_uri,
                });
            }
            Err(_) => format!("the index of the keys of {issuer} is malformed"),
        },
        None => format!("the config store `tollgate_keys` has no keys of {issuer}"),
    };
    match source.fetch && source.url.is_some() {
        true => {
            problems.extend(why.ends_with("malformed").then_some(why));
            Ok(Fetched::default())
        }
        false => Err(Rejection::Misconfigured(why)),
    }
}

/// The set that the POP has, after a fetch if one is due and nobody else is at it; and whether the POP could be asked.
async fn newest<H: Host>(
    means: Means<'_, H>,
    issuer: &str,
    known: Known<'_>,
    url: &(Endpoint, String),
    problems: &mut Vec<String>,
) -> (Option<FetchedKeys>, bool) {
    let mut was_asked = true;
    let (kept, turn) = match means.host.recall_or_turn(&cache_key(issuer, url)).await {
        Ok(Found::Value(value)) => (FetchedKeys::read(value.expose()), None),
        Ok(Found::Stale(value, turn)) => (FetchedKeys::read(value.expose()), Some(turn)),
        Ok(Found::Nothing(turn)) => (None, Some(turn)),
        Ok(Found::Busy) => {
            was_asked = false;
            (None, None)
        }
        Err(fault) => {
            was_asked = false;
            problems.push(fault.0);
            (None, None)
        }
    };
    let Some(turn) = turn.filter(|_| known.is_due(kept.as_ref(), means.now)) else {
        // A turn that is dropped goes to the next who needs it.
        return (kept, was_asked);
    };
    let (keys, news) = match fetch(means.host, url).await {
        Ok(UsableKeys { keys, left_out }) => (Some(keys), left_out),
        Err(why) => (None, vec![why]),
    };
    let news = news
        .into_iter()
        .map(|why| format!("the keys of {issuer} at {}: {why}", url.0.origin()));
    problems.extend(news.filter(|why| means.sandbox.is_news(why)));
    let set = kept.unwrap_or_default().after(keys, means.now);
    let value = Secret::new(set.bytes());
    let filled = means.host.fill(turn, &value, freshness(known.source), &[]).await;
    problems.extend(filled.err().map(|fault| fault.0));
    (Some(set), true)
}

fn cache_key(issuer: &str, (endpoint, target): &(Endpoint, String)) -> CacheKey {
    let origin = endpoint.origin();
    let name = [issuer.as_bytes(), origin.as_bytes(), target.as_bytes()];
    CacheKey(digest::of("tollgate issuer keys", &name))
}

/// The turn to fetch is offered again as soon as a fetch may be due.
fn freshness(source: &KeySource) -> Freshness {
    Freshness {
        fresh_s: u64::from(source.refresh_s.min(source.unknown_s)),
        stale_s: u64::from(source.age_s_max),
    }
}

async fn fetch<H: Host>(host: &H, (endpoint, target): &(Endpoint, String)) -> Result<UsableKeys, String> {
    let reply = host
        .call(&call((endpoint, target)))
        .await
        .map_err(|fault| fault.of("it"))?;
    finish(&reply)
}

/// The secret that is shared with an issuer, read anew at least every [`KEY_AGE_S_MAX`] seconds.
async fn shared<H: Host>(means: Means<'_, H>, secret: &SharedSecret) -> Result<Arc<StoredKey>, Rejection> {
    let SharedSecret { name, algorithm } = secret;
    // No issuer's name begins so, and no two secrets or algorithms share a name.
    let kept_as = format!("secret {algorithm:?} {name}");
    if let Some(key) = means.sandbox.key(&kept_as, "", means.now, KEY_AGE_S_MAX) {
        return Ok(key);
    }
    let misconfigured = |why: String| Rejection::Misconfigured(format!("the secret `{name}` can't be used: {why}"));
    let bytes = means.host.secret(name).await;
    let bytes = bytes.map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let bytes = bytes.ok_or_else(|| Rejection::Misconfigured(format!("the secret store has no secret `{name}`")))?;
    let key = StoredKey::shared(&bytes, *algorithm).map_err(misconfigured)?;
    Ok(match means.cache {
        Cache::Used => means.sandbox.keep_key(&kept_as, "", key, means.now),
        Cache::LeftAlone => Arc::new(key),
    })
}
