//! One mint: an assertion signed with the invoker's key, traded at Google for an ID token.
//!
//! Promises: what Google answers is bounded in size and time, and is checked for audience and expiry before it is used.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::{
    host::{Host, SendFault},
    policy::site::service::Service,
    rejection::Rejection,
    secret::Secret,
    time::UnixSeconds,
    upstream::{
        send::{Ask, Call, Destination, Timeouts},
        service_account::ServiceAccount,
    },
};

/// A token is not used in its last seconds, which it may spend on the way.
pub const UNUSED_S: u64 = 30;

/// The longest answer of Google that is read, in bytes.
const REPLY_BYTES_MAX: usize = 16_384;

/// How long Google may take.
const TIMEOUTS: Timeouts = Timeouts {
    connect_ms: 1_000,
    first_byte_ms: 3_000,
    between_bytes_ms: 1_000,
};

/// A token that can be used now.
#[derive(Debug)]
pub struct Good {
    /// The token.
    pub token: Secret<String>,
    /// When it expires.
    pub expires_at: UnixSeconds,
}

/// Asks Google for an ID token for the service's invoker and audience.
///
/// # Errors
/// [`Rejection::Misconfigured`] when the secret can't be used, [`Rejection::UpstreamIdentityUnavailable`] when Google
/// gives no good token.
pub async fn mint<H: Host>(host: &H, service: &Service, now: UnixSeconds) -> Result<Good, Rejection> {
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
            SendFault::NotSent(why) => format!("Google could not be asked: {why}"),
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
        ask: Ask::Form(vec![
            (
                "grant_type",
                Secret::new("urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
            ),
            ("assertion", assertion),
        ]),
        authorization: None,
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
