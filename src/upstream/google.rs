//! The gateway's own identity towards a service: a Google-signed ID token for its invoker and audience.
//!
//! Promises: one mint at a time a POP for an invoker and audience; a token is renewed before it expires and used until
//! it does while Google is down. Without a good token there is no request upstream.
//!
//! | what fails | what happens |
//! | --- | --- |
//! | the secret is missing or malformed | [`Rejection::Misconfigured`] |
//! | Google, with a token in the cache that is good still | that token, and another try in [`RETRY_S`] seconds |
//! | Google, with none | [`Rejection::UpstreamIdentityUnavailable`], remembered for [`NEGATIVE_S`] seconds |
//! | the POP's cache | each sandbox mints for itself |

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    digest,
    host::{CacheKey, Found, Freshness, Host, SendFault},
    policy::site::Service,
    rejection::Rejection,
    sandbox::Sandbox,
    secret::Secret,
    time::UnixSeconds,
    upstream::{
        send::{Call, Destination, Timeouts},
        service_account::ServiceAccount,
    },
};

/// A token is not used in its last seconds, which it may spend on the way.
pub const UNUSED_S: u64 = 30;

/// A token is renewed this long before it expires, in seconds.
pub const RENEWED_BEFORE_S: u64 = 600;

/// How long a renewal that failed is not tried again, in seconds.
pub const RETRY_S: u64 = 10;

/// How long a failure without a token to fall back on is remembered, in seconds.
pub const NEGATIVE_S: u64 = 2;

/// The longest answer of Google that is read, in bytes.
const REPLY_BYTES_MAX: usize = 16_384;

/// How long Google may take.
const TIMEOUTS: Timeouts = Timeouts {
    connect_ms: 1_000,
    first_byte_ms: 3_000,
    between_bytes_ms: 1_000,
};

/// A minted token with its expiry; both absent for a failure.
#[derive(Serialize, Deserialize)]
struct Minted {
    token: Option<String>,
    expires_at: UnixSeconds,
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

/// The ID token that IAM asks for at `service`.
///
/// # Errors
/// [`Rejection::Misconfigured`] or [`Rejection::UpstreamIdentityUnavailable`], as the module says.
pub async fn id_token<H: Host>(
    host: &H,
    sandbox: &Sandbox,
    service: &Service,
    now: UnixSeconds,
) -> Result<GoogleToken, Rejection> {
    let name = digest::of(
        "tollgate google 1",
        &[service.invoker.as_bytes(), service.audience.as_bytes()],
    );
    if let Some(token) = sandbox.google_token(&name, now) {
        return Ok(GoogleToken {
            token,
            source: Source::Sandbox,
            problem: None,
        });
    }
    let (minted, source, problem) = match host.recall_or_turn(&CacheKey(name.clone())).await {
        Ok(found) => from_pop(host, service, found, now).await?,
        Err(fault) => (mint(host, service, now).await?, Source::Minted, Some(fault.0)),
    };
    let until = UnixSeconds(minted.expires_at.0.saturating_sub(RENEWED_BEFORE_S));
    sandbox.keep_google_token(&name, &minted.token, until);
    Ok(GoogleToken {
        token: minted.token,
        source,
        problem,
    })
}

/// A token that can be used now.
struct Good {
    token: Secret<String>,
    expires_at: UnixSeconds,
}

async fn from_pop<H: Host>(
    host: &H,
    service: &Service,
    found: Found<H::Turn>,
    now: UnixSeconds,
) -> Result<(Good, Source, Option<String>), Rejection> {
    let (usable, turn) = match found {
        Found::Value(value) => {
            let unavailable = || Rejection::UpstreamIdentityUnavailable("Google failed moments ago".to_owned());
            return Ok((read(&value, now).ok_or_else(unavailable)?, Source::Pop, None));
        }
        Found::Stale(value, turn) => (read(&value, now), turn),
        Found::Nothing(turn) => (None, turn),
    };
    match (mint(host, service, now).await, usable) {
        (Ok(good), _) => {
            let fresh_s = now.until_s(good.expires_at).saturating_sub(RENEWED_BEFORE_S).max(1);
            let freshness = while_usable(&good, fresh_s, now);
            let problem = fill(host, turn, Some(&good.token), good.expires_at, freshness)
                .await
                .err();
            Ok((good, Source::Minted, problem))
        }
        (Err(rejection), Some(good)) => {
            let freshness = while_usable(&good, RETRY_S, now);
            let _ = fill(host, turn, Some(&good.token), good.expires_at, freshness).await;
            Ok((good, Source::PopWhileGoogleFails, rejection.cause().map(str::to_owned)))
        }
        (Err(rejection), None) => {
            // Without this, callers that wait for the turn would take it one after another and fail one by one.
            let freshness = Freshness {
                fresh_s: NEGATIVE_S,
                stale_s: 0,
            };
            let _ = fill(host, turn, None, now, freshness).await;
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

async fn fill<H: Host>(
    host: &H,
    turn: H::Turn,
    token: Option<&Secret<String>>,
    expires_at: UnixSeconds,
    freshness: Freshness,
) -> Result<(), String> {
    let minted = Minted {
        token: token.map(|token| token.expose().clone()),
        expires_at,
    };
    let value = serde_json::to_vec(&minted).map_err(|why| why.to_string())?;
    host.fill(turn, &Secret::new(value), freshness)
        .await
        .map_err(|fault| fault.0)
}

/// The cached token, if it is one and can be used still.
fn read(value: &Secret<Vec<u8>>, now: UnixSeconds) -> Option<Good> {
    let minted: Minted = serde_json::from_slice(value.expose()).ok()?;
    let token = Secret::new(minted.token?);
    (minted.expires_at > now.plus_s(UNUSED_S)).then_some(Good {
        token,
        expires_at: minted.expires_at,
    })
}

async fn mint<H: Host>(host: &H, service: &Service, now: UnixSeconds) -> Result<Good, Rejection> {
    let secret = &service.invoker_key;
    let misconfigured = |why: &str| Rejection::Misconfigured(format!("the secret `{secret}` can't be used: {why}"));
    let file = host
        .secret(secret)
        .await
        .map_err(|fault| Rejection::Misconfigured(fault.0))?;
    let file = file.ok_or_else(|| Rejection::Misconfigured(format!("the secret store has no secret `{secret}`")))?;
    let account = ServiceAccount::from_key_file(&file, &service.invoker).map_err(|why| misconfigured(&why))?;
    let assertion = account
        .assertion(&service.audience, now)
        .map_err(|why| misconfigured(&why))?;
    let reply = host.call(&token_call(&account, assertion)).await.map_err(|fault| {
        unavailable(&match fault {
            SendFault::Refused(why) => format!("Google could not be reached: {why}"),
            SendFault::Timeout(why) => format!("Google did not answer in time: {why}"),
            SendFault::Reset(why) => format!("Google broke off: {why}"),
        })
    })?;
    if reply.status != 200 {
        return Err(unavailable(&format!(
            "Google answered {}{}",
            reply.status,
            error_word(reply.body.expose())
        )));
    }
    good(reply.body.expose(), service, now).map_err(|why| unavailable(&format!("Google's answer can't be used: {why}")))
}

fn unavailable(why: &str) -> Rejection {
    Rejection::UpstreamIdentityUnavailable(why.to_owned())
}

fn token_call(account: &ServiceAccount, assertion: Secret<String>) -> Call {
    let (endpoint, target) = account.token_endpoint();
    Call {
        destination: Destination {
            name: "google_oauth2".to_owned(),
            endpoint: endpoint.clone(),
            timeouts: TIMEOUTS,
        },
        target: target.to_owned(),
        form: vec![
            (
                "grant_type",
                Secret::new("urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
            ),
            ("assertion", assertion),
        ],
        body_bytes_max: REPLY_BYTES_MAX,
    }
}

/// `error` of an OAuth error answer (RFC 6749 section 5.2), for the log; only the words that the RFC lets stand there.
fn error_word(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct OauthError {
        error: String,
    }
    let parsed = serde_json::from_slice::<OauthError>(body)
        .ok()
        .map(|answer| answer.error);
    let word =
        parsed.filter(|word| word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    word.map(|word| format!(" {word}")).unwrap_or_default()
}

/// Reads the ID token and what it says of itself. Its signature is Cloud Run's to check; that it came over a
/// connection to Google is what we rely on.
fn good(body: &[u8], service: &Service, now: UnixSeconds) -> Result<Good, String> {
    #[derive(Deserialize)]
    struct Answer {
        id_token: String,
    }
    #[derive(Deserialize)]
    struct Payload {
        aud: String,
        exp: UnixSeconds,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|_| "it holds no ID token")?;
    let payload = answer.id_token.split('.').nth(1).ok_or("the ID token has no payload")?;
    let payload = URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| "the ID token's payload is not base64url")?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| "the ID token says no audience or expiry")?;
    let header_safe = answer.id_token.bytes().all(|byte| byte.is_ascii_graphic());
    if payload.aud != service.audience || !header_safe {
        return Err("the ID token is for another audience".to_owned());
    }
    if payload.exp <= now.plus_s(UNUSED_S) {
        return Err("the ID token has expired".to_owned());
    }
    Ok(Good {
        token: Secret::new(answer.id_token),
        expires_at: payload.exp,
    })
}
