//! The gateway's own identity towards a service: a Google-signed ID token for its invoker and audience.
//!
//! Promises: one mint at a time a POP for an invoker and audience; a token is renewed before it expires and used until
//! it does while Google is down. Without a good token there is no request upstream.
//!
//! | what fails | what happens |
//! | --- | --- |
//! | the secret is missing or malformed | [`Rejection::Misconfigured`] |
//! | Google, with a token in the cache that is good still | that token, and another try in [`RETRY_S`] seconds |
//! | Google, slowly, while this request waits for another's turn | [`Rejection::UpstreamIdentityUnavailable`] |
//! | Google, with none | [`Rejection::UpstreamIdentityUnavailable`], remembered for [`NEGATIVE_S`] seconds |
//! | the POP's cache | each sandbox mints for itself |

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use crate::{
    host::{Found, Freshness, Host},
    policy::site::{WorkloadIdentity, service::Service},
    rejection::Rejection,
    sandbox::Sandbox,
    secret::Secret,
    time::UnixSeconds,
    upstream::mint::{Good, UNUSED_S, Way, mint},
};

/// A token is renewed this long before it expires at the least, in seconds.
pub const RENEWED_BEFORE_S: u64 = 600;

/// By how much longer at the most, in seconds. POPs that got their tokens at the same time, as after a deploy, would
/// else ask Google for the next at the same time for ever.
pub const RENEWAL_SPREAD_S: u64 = 300;

/// How long a renewal that failed is not tried again, in seconds.
pub const RETRY_S: u64 = 10;

/// How long a failure without a token to fall back on is remembered, in seconds.
pub const NEGATIVE_S: u64 = 2;

/// What the POP's cache holds for an invoker and audience.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cached {
    /// A token and its expiry.
    Token(String, UnixSeconds),
    /// Google failed.
    GoogleFailed,
    /// The secret can't be used, and why; in words that hold nothing of it.
    Misconfigured(String),
}

/// Where a Google token came from, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The sandbox's memory.
    Sandbox,
    /// The POP's cache.
    Pop,
    /// Google, for this request.
    Minted,
    /// The POP's cache, past the time of renewal, since Google failed.
    PopWhileGoogleFails,
}

impl Source {
    /// The word for it in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Pop => "pop",
            Self::Minted => "minted",
            Self::PopWhileGoogleFails => "pop-while-google-fails",
        }
    }
}

/// A good token for a service.
#[derive(Debug)]
pub struct GoogleToken {
    /// The token.
    pub token: Secret<String>,
    /// Where it came from.
    pub source: Source,
    /// What went wrong without harm, for the log.
    pub problem: Option<String>,
}

/// The ID token that IAM asks for at `service`. `identity` is the policy's, for services that name no key.
///
/// # Errors
/// [`Rejection::Misconfigured`] or [`Rejection::UpstreamIdentityUnavailable`], as the module says.
pub async fn id_token<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    service: &Service,
    identity: Option<&WorkloadIdentity>,
    now: UnixSeconds,
) -> Result<GoogleToken, Rejection> {
    if let Some(token) = sandbox.google_token(service, now) {
        return Ok(GoogleToken {
            token,
            source: Source::Sandbox,
            problem: None,
        });
    }
    let way = Way::of(service, identity)?;
    let (minted, source, problem) = match host.recall_or_turn(&way.cache_key(service)).await {
        Ok(found) => from_pop(host, service, way, found, now).await?,
        Err(fault) => (mint(host, service, way, now).await?, Source::Minted, Some(fault.0)),
    };
    let until = renewed_at(host.pop(), service, minted.expires_at);
    sandbox.keep_google_token(service, &minted.token, until);
    Ok(GoogleToken {
        token: minted.token,
        source,
        problem,
    })
}

/// When the token for a service is due for renewal at a POP. The same for all of the POP's sandboxes, and as good as
/// random among POPs, services, and the renewals of one.
#[must_use]
pub fn renewed_at(pop: &str, service: &Service, expires_at: UnixSeconds) -> UnixSeconds {
    let of_pop = XxHash64::oneshot(expires_at.0, pop.as_bytes());
    let of_invoker = XxHash64::oneshot(of_pop, service.invoker.as_bytes());
    let spread_s = XxHash64::oneshot(of_invoker, service.audience.as_bytes()) % (RENEWAL_SPREAD_S + 1);
    UnixSeconds(expires_at.0.saturating_sub(RENEWED_BEFORE_S + spread_s))
}

async fn from_pop<H: Host>(
    host: &H,
    service: &Service,
    way: Way<'_>,
    found: Found<H::Turn>,
    now: UnixSeconds,
) -> Result<(Good, Source, Option<String>), Rejection> {
    let (usable, turn) = match found {
        Found::Value(value) => return Ok((read(&value, now)?, Source::Pop, None)),
        Found::Busy => return Err(unavailable("another request still waits for Google".to_owned())),
        Found::Stale(value, turn) => (read(&value, now).ok(), turn),
        Found::Nothing(turn) => (None, turn),
    };
    match (mint(host, service, way, now).await, usable) {
        (Ok(good), _) => {
            let fresh_s = now.until_s(renewed_at(host.pop(), service, good.expires_at)).max(1);
            let problem = fill(host, turn, &good.cached(), while_usable(&good, fresh_s, now))
                .await
                .err();
            Ok((good, Source::Minted, problem))
        }
        (Err(rejection), Some(good)) => {
            let _ = fill(host, turn, &good.cached(), while_usable(&good, RETRY_S, now)).await;
            Ok((good, Source::PopWhileGoogleFails, rejection.cause().map(str::to_owned)))
        }
        (Err(rejection), None) => {
            // Without this, callers that wait for the turn would take it one after another and fail one by one.
            let failure = match &rejection {
                Rejection::Misconfigured(why) => Cached::Misconfigured(why.clone()),
                _ => Cached::GoogleFailed,
            };
            let freshness = Freshness {
                fresh_s: NEGATIVE_S,
                stale_s: 0,
            };
            let _ = fill(host, turn, &failure, freshness).await;
            Err(rejection)
        }
    }
}

/// Fresh for `fresh_s` at most, and gone when the token can't be used any more: an entry that outlives its token would
/// stand in for a failure of Google's.
fn while_usable(good: &Good, fresh_s: u64, now: UnixSeconds) -> Freshness {
    let usable_s = now.plus_s(UNUSED_S).until_s(good.expires_at);
    let fresh_s = fresh_s.min(usable_s);
    Freshness {
        fresh_s,
        stale_s: usable_s - fresh_s,
    }
}

async fn fill<H: Host>(host: &H, turn: H::Turn, cached: &Cached, freshness: Freshness) -> Result<(), String> {
    let value = serde_json::to_vec(cached).map_err(|why| why.to_string())?;
    let filled = host.fill(turn, &Secret::new(value), freshness, &[]).await;
    filled.map_err(|fault| fault.0)
}

impl Good {
    fn cached(&self) -> Cached {
        Cached::Token(self.token.expose().clone(), self.expires_at)
    }
}

/// The cached token, if it can be used still, else the failure that is remembered in its place.
fn read(value: &Secret<Vec<u8>>, now: UnixSeconds) -> Result<Good, Rejection> {
    match serde_json::from_slice(value.expose()) {
        Ok(Cached::Token(token, expires_at)) if expires_at > now.plus_s(UNUSED_S) => Ok(Good {
            token: Secret::new(token),
            expires_at,
        }),
        Ok(Cached::Misconfigured(why)) => Err(Rejection::Misconfigured(why)),
        Ok(Cached::Token(..)) => Err(unavailable("the token in the cache has expired".to_owned())),
        Ok(Cached::GoogleFailed) => Err(unavailable("Google failed moments ago".to_owned())),
        Err(_) => Err(unavailable("the token in the cache is malformed".to_owned())),
    }
}

fn unavailable(why: String) -> Rejection {
    Rejection::UpstreamIdentityUnavailable(why)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::upstream::send::Endpoint;

    fn service(invoker: &str, audience: &str) -> Service {
        Service {
            audience: audience.to_owned(),
            ..Service::at(Endpoint::parse("https://a.example").unwrap(), invoker)
        }
    }

    #[test]
    fn renewal_is_early_and_spread_out() {
        let end = UnixSeconds(1_795_251_600);
        let before_s = |pop: &str, invoker: &str, audience: &str, end: UnixSeconds| {
            renewed_at(pop, &service(invoker, audience), end).until_s(end)
        };
        let plain = before_s("FRA", "i", "a", end);
        assert_eq!(before_s("FRA", "i", "a", end), plain, "all sandboxes of a POP agree");
        for (name, other) in [
            ("another POP", before_s("AMS", "i", "a", end)),
            ("another invoker", before_s("FRA", "j", "a", end)),
            ("another audience", before_s("FRA", "i", "b", end)),
            ("the next token", before_s("FRA", "i", "a", end.plus_s(1))),
        ] {
            assert_ne!(other, plain, "{name}");
        }
        let pops: Vec<u64> = (0..1_000)
            .map(|pop| before_s(&format!("P{pop}"), "i", "a", end))
            .collect();
        let allowed = RENEWED_BEFORE_S..=RENEWED_BEFORE_S + RENEWAL_SPREAD_S;
        assert!(pops.iter().all(|before_s| allowed.contains(before_s)));
        let seconds = pops.iter().collect::<BTreeSet<_>>().len();
        assert!(seconds > 250, "a thousand POPs ask in {seconds} different seconds");
        let busiest = pops
            .iter()
            .map(|one| pops.iter().filter(|other| *other == one).count())
            .max();
        assert!(busiest < Some(15), "{busiest:?} POPs ask in one second");
    }

    #[test]
    fn a_token_without_much_life_is_due_at_once() {
        assert_eq!(renewed_at("FRA", &service("i", "a"), UnixSeconds(500)), UnixSeconds(0));
    }
}
